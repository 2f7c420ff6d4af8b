//! Which component of which repository answers a capability, and why. By names, descriptions and facts; each reason is one that can be checked.

use synthesizer_model::component::{Component, ComponentKind};

use super::Capability;

/// A component of a repository that was found for a capability.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    /// The component's id.
    pub(crate) component: String,
    /// The ecosystem or language that it belongs to.
    pub(crate) ecosystem: String,
    /// 0 to 1; more is better.
    pub(crate) score: f64,
    /// What speaks for and against it, one short sentence each.
    pub(crate) reasons: Vec<String>,
}

/// What words that are found count, how well it stands alone, and how well the repository was ranked.
const WEIGHTS: [f64; 3] = [0.6, 0.25, 0.15];

/// What a component loses whose license is not known: it may not be copied before somebody found out.
const UNKNOWN_LICENSE: f64 = 0.5;

/// Chooses the component that answers a capability best; `None` when no word of it is found in any.
///
/// `rank` is how well the platforms ranked the repository, 0 to 1.
pub(crate) fn choose(
    capability: &Capability,
    components: &[Component],
    ecosystem: Option<&str>,
    rank: f64,
) -> Option<Offer> {
    let possible = components
        .iter()
        .filter(|component| ecosystem.is_none_or(|wanted| component.language == wanted))
        .filter(|component| !component.files.is_empty() || component.file_count > 0);
    let mut best: Option<Offer> = None;
    for component in possible {
        let Some(offer) = offer(capability, component, rank) else {
            continue;
        };
        let better = best.as_ref().is_none_or(|known| {
            offer
                .score
                .total_cmp(&known.score)
                .then_with(|| known.component.cmp(&offer.component))
                .is_gt()
        });
        if better {
            best = Some(offer);
        }
    }
    best
}

#[expect(clippy::cast_precision_loss, reason = "counts of words are small")]
fn offer(capability: &Capability, component: &Component, rank: f64) -> Option<Offer> {
    let name = component.name.to_lowercase();
    let id = component.id.to_lowercase();
    let description = component
        .description
        .as_deref()
        .unwrap_or_default()
        .to_lowercase();
    let offered: Vec<String> = component
        .public_api
        .iter()
        .map(|one| one.to_lowercase())
        .collect();
    let mut points = 0.0;
    let mut found: Vec<&str> = Vec::new();
    for word in &capability.words {
        let stem = stem(word);
        let place = if name.contains(stem) {
            1.0
        } else if id.contains(stem) || offered.iter().any(|one| one.contains(stem)) {
            0.8
        } else if description.contains(stem) {
            0.6
        } else {
            continue;
        };
        points += place;
        found.push(word);
    }
    if found.is_empty() {
        return None;
    }
    let share = points / capability.words.len().max(1) as f64;
    let reuse = component.reuse.as_ref().map_or(0.0, |reuse| reuse.score);
    let parts = [share, reuse, rank.clamp(0.0, 1.0)];
    let mut score: f64 = parts
        .iter()
        .zip(WEIGHTS)
        .map(|(part, weight)| part * weight)
        .sum();
    let mut reasons = vec![format!(
        "has {} of the words {}: {}",
        found.len(),
        capability.words.join(", "),
        found.join(", ")
    )];
    if let Some(reuse) = &component.reuse {
        reasons.extend(reuse.reasons.iter().take(3).cloned());
    }
    match &component.license {
        Some(license) => reasons.push(format!("is under {license}")),
        None => {
            score *= UNKNOWN_LICENSE;
            reasons.push("its license is not known".to_owned());
        }
    }
    // A whole package answers what its parts answer; the part is what was asked for.
    if matches!(
        component.kind,
        ComponentKind::Package | ComponentKind::Crate | ComponentKind::NpmPackage
    ) {
        score *= 0.95;
    }
    Some(Offer {
        component: component.id.clone(),
        ecosystem: component.language.clone(),
        score: (score * 1000.0).round() / 1000.0,
        reasons,
    })
}

/// Takes the usual endings of English words off, so that `formats` finds `formatting`.
fn stem(word: &str) -> &str {
    let endings = ["ings", "ing", "ers", "er", "ed", "es", "s"];
    let stem = endings
        .iter()
        .find_map(|ending| word.strip_suffix(ending).filter(|stem| stem.len() >= 3));
    stem.unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use synthesizer_model::component::Reuse;

    use super::*;

    fn component(id: &str, license: Option<&str>, reuse: f64) -> Component {
        Component {
            id: id.to_owned(),
            name: id.rsplit('.').next().unwrap_or(id).to_owned(),
            kind: ComponentKind::Module,
            path: id.replace('.', "/"),
            language: "python".to_owned(),
            files: vec!["x.py".to_owned()],
            file_count: 1,
            resources: Vec::new(),
            cycle: Vec::new(),
            entry_points: Vec::new(),
            internal_dependencies: Vec::new(),
            internal_dependency_count: 0,
            external_dependencies: Vec::new(),
            lines_of_code: 1,
            license: license.map(str::to_owned),
            public_api_count: 1,
            documented_share: None,
            description: None,
            public_api: Vec::new(),
            reuse: Some(Reuse {
                score: reuse,
                rank: 1,
                reasons: Vec::new(),
            }),
        }
    }

    fn chosen(words: &str, components: &[Component]) -> Option<String> {
        let words = words.split(' ').map(str::to_owned).collect();
        choose(&Capability { words }, components, Some("python"), 0.5).map(|offer| offer.component)
    }

    #[test]
    fn the_component_with_most_of_the_words_is_chosen() {
        let components = [
            component("click.core", Some("MIT"), 0.9),
            component("click.formatting", Some("MIT"), 0.5),
        ];
        assert_eq!(
            chosen("formats help", &components).as_deref(),
            Some("click.formatting")
        );
        assert_eq!(chosen("sends mail", &components), None);
    }

    #[test]
    fn an_unknown_license_and_another_ecosystem_speak_against_a_component() {
        let components = [
            component("a.retry", None, 0.9),
            component("b.retry", Some("MIT"), 0.5),
        ];
        assert_eq!(chosen("retry", &components).as_deref(), Some("b.retry"));
        let words = vec!["retry".to_owned()];
        assert!(choose(&Capability { words }, &components, Some("cargo"), 1.0).is_none());
    }

    #[test]
    fn equal_components_are_ordered_by_name() {
        let components = [
            component("b.retry", Some("MIT"), 0.5),
            component("a.retry", Some("MIT"), 0.5),
        ];
        assert_eq!(chosen("retry", &components).as_deref(), Some("a.retry"));
    }
}
