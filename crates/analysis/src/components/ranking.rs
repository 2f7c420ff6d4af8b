//! How well a component can be taken by itself. Comparable within one repository; says why.

use std::collections::BTreeMap;

use synthesizer_model::component::{Component, ComponentKind, Reuse};

/// What is known of a component's place in its repository.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    /// How many files are its own.
    pub(super) own: usize,
    /// How many files of the project's own code import it.
    pub(super) users: usize,
    /// How many test files import it.
    pub(super) tests: usize,
}

/// The shares of a score: how little it brings along, how few packages it needs, how much it offers, how well it is documented, tested
/// and used.
const WEIGHTS: [f64; 6] = [0.3, 0.15, 0.2, 0.15, 0.1, 0.1];

/// Scores components and ranks those of each kind.
pub(super) fn rank(components: &mut [Component], places: &[Place]) {
    for (component, place) in components.iter_mut().zip(places) {
        component.reuse = Some(score(component, *place));
    }
    let mut by_kind: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, component) in components.iter().enumerate() {
        by_kind
            .entry(component.kind.as_str())
            .or_default()
            .push(index);
    }
    let score_of =
        |component: &Component| component.reuse.as_ref().map_or(0.0, |reuse| reuse.score);
    let mut ranks = vec![0; components.len()];
    for indices in by_kind.values_mut() {
        indices.sort_by(|left, right| {
            let (left, right) = (&components[*left], &components[*right]);
            score_of(right)
                .total_cmp(&score_of(left))
                .then_with(|| left.id.cmp(&right.id))
        });
        for (place, index) in indices.iter().enumerate() {
            ranks[*index] = place + 1;
        }
    }
    for (component, rank) in components.iter_mut().zip(ranks) {
        if let Some(reuse) = &mut component.reuse {
            reuse.rank = rank;
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn score(component: &Component, place: Place) -> Reuse {
    let brought = component.file_count.saturating_sub(place.own);
    let packages = component.external_dependencies.len();
    let parts = [
        1.0 / (1.0 + 0.15 * brought as f64),
        1.0 / (1.0 + 0.5 * packages as f64),
        1.0 - 1.0 / (1.0 + 0.3 * component.public_api_count as f64),
        component.documented_share.unwrap_or(0.0),
        if place.tests > 0 { 1.0 } else { 0.0 },
        1.0 - 1.0 / (1.0 + 0.2 * place.users as f64),
    ];
    let score: f64 = parts
        .iter()
        .zip(WEIGHTS)
        .map(|(part, weight)| part * weight)
        .sum();
    let mut reasons = vec![
        match brought {
            0 => "brings nothing else along".to_owned(),
            1 => "brings 1 more file along".to_owned(),
            more => format!("brings {more} more files along"),
        },
        match packages {
            0 => "needs no package from elsewhere".to_owned(),
            1 => "needs 1 package from elsewhere".to_owned(),
            more => format!("needs {more} packages from elsewhere"),
        },
    ];
    reasons.push(match component.public_api_count {
        0 => "offers no public symbol".to_owned(),
        1 => "offers 1 public symbol".to_owned(),
        more => format!("offers {more} public symbols"),
    });
    if let Some(share) = component.documented_share {
        reasons.push(format!(
            "{:.0} % of its public symbols are documented",
            share * 100.0
        ));
    }
    reasons.push(match place.tests {
        0 => "no test imports it".to_owned(),
        1 => "1 test file imports it".to_owned(),
        more => format!("{more} test files import it"),
    });
    if place.users > 0 {
        reasons.push(format!("{} files of the project import it", place.users));
    }
    if !component.cycle.is_empty() {
        reasons.push(format!(
            "imports {} others in a circle",
            component.cycle.len()
        ));
    }
    Reuse {
        score: (score * 1000.0).round() / 1000.0,
        rank: 0,
        reasons,
    }
}

/// Gives the place of a kind in lists: whole packages first, then their parts.
pub(super) fn order(kind: ComponentKind) -> usize {
    match kind {
        ComponentKind::Crate | ComponentKind::NpmPackage => 0,
        ComponentKind::WorkspaceMember => 1,
        ComponentKind::Package => 2,
        ComponentKind::Module => 3,
        ComponentKind::Class => 4,
        ComponentKind::Function => 5,
    }
}
