//! The first look at JavaScript packages. Copies nest, so ordinary dependencies never contradict each other: only a range that no version fits
//! does, and peers, which must all be met by the one version that the combined project has at its top.
//!
//! What npm does with the peers of workspace members was measured with npm 11: a member's peer clashes with another member's peer, also where
//! one of the two is optional, and never with a member's own dependency, which takes the place of that member's peer of the same name.

use std::collections::{HashMap, HashSet};

use synthesizer_model::{
    dependency::{Dependency, Ecosystem},
    resolution::{Conflict, RepositoryRequirements},
};

use super::{
    asked::{Asked, Package, by_package, conflict},
    contradiction::contradicting,
    look::FirstLook,
    npm_range::NpmRange,
};

/// How many ranges of one package are compared.
const MOST_RANGES: usize = 64;

/// JavaScript packages.
pub(super) struct Npm;

impl FirstLook for Npm {
    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Npm
    }

    fn conflicts(
        &self,
        repositories: &[RepositoryRequirements],
        _python_version: Option<&str>,
    ) -> Vec<Conflict> {
        let name = |name: &str| Some(name.to_owned());
        let mut read: HashMap<&str, Option<NpmRange>> = HashMap::new();
        let mut found = Vec::new();
        for package in by_package(Ecosystem::Npm, repositories, name) {
            let mut tell = |asked: &[Asked<'_>]| {
                found.push(conflict(&package.name, None, repositories, asked, written));
            };
            for nothing in impossible(&package, &mut read) {
                tell(&nothing);
            }
            let peers = peers(&package, &mut read);
            let asked = clashing(&peers);
            if !asked.is_empty() {
                tell(&asked);
            }
        }
        found
    }
}

/// Gives the versions that a dependency allows; `None` for any, for a tag, and for what cannot be read.
fn range_of<'r, 'a>(
    dependency: &'a Dependency,
    read: &'r mut HashMap<&'a str, Option<NpmRange>>,
) -> Option<&'r NpmRange> {
    // A constraint has no comparators beside it; nor has a range of any version, which is read again for nothing.
    let text = dependency
        .parsed
        .as_deref()
        .unwrap_or(&dependency.specifier);
    read.entry(text)
        .or_insert_with(|| NpmRange::read(text))
        .as_ref()
}

fn is_peer(dependency: &Dependency) -> bool {
    dependency.group.as_deref() == Some("peer")
}

fn may_be_missing(dependency: &Dependency) -> bool {
    dependency.marker.as_deref() == Some("optional")
}

/// Gives requirements that no version fits, those with the same text together.
fn impossible<'a>(
    package: &Package<'a>,
    read: &mut HashMap<&'a str, Option<NpmRange>>,
) -> Vec<Vec<Asked<'a>>> {
    let mut found: Vec<(&str, Vec<Asked<'a>>)> = Vec::new();
    let mut positions: HashMap<&str, usize> = HashMap::new();
    for asked in &package.asked {
        let dependency = asked.dependency;
        let is_needed = !may_be_missing(dependency)
            && !is_peer(dependency)
            && !matches!(dependency.group.as_deref(), Some("optional" | "dev"));
        if !is_needed || !range_of(dependency, read).is_some_and(NpmRange::is_empty) {
            continue;
        }
        let text = dependency.specifier.as_str();
        let position = *positions.entry(text).or_insert_with(|| {
            found.push((text, Vec::new()));
            found.len() - 1
        });
        found[position].1.push(*asked);
    }
    found.into_iter().map(|(_, asked)| asked).collect()
}

/// The peers of one package.
#[derive(Default)]
struct Peers<'a> {
    /// The ranges of those that must be there, each with who asks.
    required: Vec<(NpmRange, Vec<Asked<'a>>)>,
    /// The ranges of those that may be missing.
    optional: Vec<(NpmRange, Vec<Asked<'a>>)>,
}

/// Collects the peers that npm looks at: of repositories that have no dependency of their own of the same name.
fn peers<'a>(package: &Package<'a>, read: &mut HashMap<&'a str, Option<NpmRange>>) -> Peers<'a> {
    let own: HashSet<usize> = package
        .asked
        .iter()
        .filter(|asked| !is_peer(asked.dependency))
        .map(|asked| asked.repository)
        .collect();
    let mut peers = Peers::default();
    let mut positions: HashMap<(&str, bool), usize> = HashMap::new();
    for asked in &package.asked {
        let dependency = asked.dependency;
        let counts = is_peer(dependency)
            && dependency.imported_as.is_none()
            && !own.contains(&asked.repository);
        if !counts {
            continue;
        }
        let (text, is_optional) = (dependency.specifier.as_str(), may_be_missing(dependency));
        let list = match is_optional {
            true => &mut peers.optional,
            false => &mut peers.required,
        };
        if let Some(position) = positions.get(&(text, is_optional)) {
            list[*position].1.push(*asked);
            continue;
        }
        let Some(range) = range_of(dependency, read) else {
            continue;
        };
        if list.len() < MOST_RANGES {
            positions.insert((text, is_optional), list.len());
            list.push((range.clone(), vec![*asked]));
        }
    }
    peers
}

/// Gives the peers that clash. Some of them must be there: what nobody needs is not installed, and clashes with nothing.
fn clashing<'a>(peers: &Peers<'a>) -> Vec<Asked<'a>> {
    let mut common: Option<NpmRange> = None;
    let mut taken: Vec<usize> = Vec::new();
    for (position, (range, _)) in peers.required.iter().enumerate() {
        let next = match &common {
            Some(common) => common.meet(range),
            None => range.clone(),
        };
        // Alternatives that multiply are not followed.
        if next.is_simple() {
            common = Some(next);
            taken.push(position);
        }
    }
    let Some(common) = common else {
        return Vec::new();
    };
    let required: Vec<NpmRange> = taken
        .iter()
        .map(|position| peers.required[*position].0.clone())
        .collect();
    let askers = |list: &[(NpmRange, Vec<Asked<'a>>)], position: usize| list[position].1.clone();
    let mut asked: Vec<Asked<'a>> = Vec::new();
    if common.is_empty() {
        let members = contradicting(&required, NpmRange::is_empty, meet_simply);
        for member in members {
            asked.extend(askers(&peers.required, taken[member]));
        }
    } else {
        for (range, askers_of_optional) in &peers.optional {
            if !common.meet(range).is_empty() {
                continue;
            }
            let clashes = |position: &usize| peers.required[*position].0.meet(range).is_empty();
            let some = taken.iter().any(clashes);
            for position in taken.iter().filter(|position| !some || clashes(position)) {
                asked.extend(askers(&peers.required, *position));
            }
            asked.extend(askers_of_optional.iter().copied());
        }
    }
    let mut met = HashSet::new();
    asked.retain(|one| met.insert(std::ptr::from_ref(one.dependency)));
    asked.sort_by_key(|one| one.repository);
    asked
}

/// What two ranges have in common; the first one where their alternatives multiply out of bounds.
fn meet_simply(one: &NpmRange, other: &NpmRange) -> NpmRange {
    let both = one.meet(other);
    if both.is_simple() { both } else { one.clone() }
}

fn written(dependency: &Dependency) -> String {
    format!("{}@{}", dependency.name, dependency.specifier)
}
