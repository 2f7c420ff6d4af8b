//! The first look at Python distributions: the versions of each package, intersected by environment and within the Pythons that suit all.

use std::collections::{BTreeMap, HashMap};

use pep440_rs::{Version, release_specifiers_to_ranges};
use pep508_rs::MarkerTree;
use synthesizer_model::{
    dependency::{Dependency, Ecosystem, normalize_distribution},
    resolution::{Conflict, ImposedRequirement, RepositoryRequirements},
};
use version_ranges::Ranges;

use super::{
    asked::{Asked, Package, by_package, conflict, named, shown},
    contradiction::{MOST_COMPARED, contradicting},
    look::FirstLook,
    python_environment::{self, Pythons},
    python_versions,
};
use crate::python_range::{DEFAULT_LOWER_BOUND, PythonRange, parse_specifiers};

/// The longest requirement that solvers are given, in bytes.
const LONGEST_REQUIREMENT: usize = 4_096;
/// Of one package, so many different markers are compared with each other.
const MOST_MARKERS: usize = 32;
/// The name under which the version that was asked for takes part in a conflict.
const CHOSEN: &str = "python_version";

/// Python distributions.
pub(super) struct Python;

impl FirstLook for Python {
    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Python
    }

    fn conflicts(
        &self,
        repositories: &[RepositoryRequirements],
        python_version: Option<&str>,
    ) -> Vec<Conflict> {
        let demands = demands(repositories, python_version);
        let common = demands.iter().fold(Ranges::full(), |common, demand| {
            common.intersection(&demand.pythons)
        });
        let mut reading = Reading::default();
        // Without any Python in common, packages are compared for all of them.
        let pythons = Pythons::new(with_lower_bound(&common));
        let mut found: Vec<Conflict> = match &pythons {
            Some(_) => Vec::new(),
            None => vec![without_python(repositories, &demands)],
        };
        let Some(pythons) = pythons.or_else(|| Pythons::new(Ranges::full())) else {
            return found;
        };
        for package in by_package(Ecosystem::Python, repositories, name) {
            let wanted = reading.wanted(&package);
            for (environment, positions) in contradictions(&wanted, &pythons, &mut reading) {
                let mut asked: Vec<Asked<'_>> = positions
                    .into_iter()
                    .filter_map(|position| wanted.get(position))
                    .flat_map(|wanted| wanted.asked.iter().copied())
                    .collect();
                asked.sort_by_key(|one| one.repository);
                let written = Dependency::requirement;
                found.push(conflict(
                    &package.name,
                    environment,
                    repositories,
                    &asked,
                    written,
                ));
            }
        }
        found
    }
}

/// A range of Pythons and who asks for it.
struct PythonDemand<'a> {
    /// The repository; `None` for the version that was asked for.
    repository: Option<usize>,
    text: &'a str,
    pythons: Ranges<Version>,
}

/// Collects what is asked of Python. As with the solver, what cannot be read asks for nothing.
fn demands<'a>(
    repositories: &'a [RepositoryRequirements],
    python_version: Option<&'a str>,
) -> Vec<PythonDemand<'a>> {
    let releases = |text: &str| Some(release_specifiers_to_ranges(parse_specifiers(text.trim())?));
    let mut demands: Vec<PythonDemand<'a>> = repositories
        .iter()
        .enumerate()
        .filter_map(|(index, repository)| {
            let text = repository.requires_python.as_deref()?;
            Some(PythonDemand {
                repository: Some(index),
                text,
                pythons: releases(text)?,
            })
        })
        .collect();
    let chosen = python_version.and_then(|text| {
        let range = PythonRange::of_version(text)?;
        Some((text, releases(&range.specifier())?))
    });
    if let Some((text, pythons)) = chosen {
        demands.push(PythonDemand {
            repository: None,
            text,
            pythons,
        });
    }
    demands
}

/// Takes the solver's lower bound where nobody gives one.
fn with_lower_bound(common: &Ranges<Version>) -> Ranges<Version> {
    let is_open = matches!(
        common.bounding_range(),
        Some((std::ops::Bound::Unbounded, _))
    );
    let bound = parse_specifiers(DEFAULT_LOWER_BOUND).map(release_specifiers_to_ranges);
    match bound.map(|bound| common.intersection(&bound)) {
        Some(bounded) if is_open && !bounded.is_empty() => bounded,
        _ => common.clone(),
    }
}

fn without_python(
    repositories: &[RepositoryRequirements],
    demands: &[PythonDemand<'_>],
) -> Conflict {
    let sets: Vec<Ranges<Version>> = demands
        .iter()
        .map(|demand| demand.pythons.clone())
        .collect();
    let members = contradicting(&sets, Ranges::is_empty, Ranges::intersection);
    let parties: Vec<&PythonDemand<'_>> = members
        .into_iter()
        .filter_map(|member| demands.get(member))
        .collect();
    let impose = |demand: &&PythonDemand<'_>| {
        let place = demand.repository.and_then(|index| {
            let runtimes = &repositories.get(index)?.runtimes;
            runtimes
                .iter()
                .find(|one| one.runtime == "python" && one.specifier.trim() == demand.text.trim())
        });
        ImposedRequirement {
            repository: match demand.repository {
                Some(index) => named(repositories, index),
                None => CHOSEN.to_owned(),
            },
            specifier: shown(demand.text.trim()),
            manifest: place
                .map(|place| shown(&place.manifest))
                .unwrap_or_default(),
            line: place.map_or(0, |place| place.line),
        }
    };
    Conflict {
        what: "python".to_owned(),
        environment: None,
        repositories: parties
            .iter()
            .filter_map(|demand| demand.repository)
            .map(|index| named(repositories, index))
            .collect(),
        requirements: parties.iter().map(impose).collect(),
    }
}

/// Normalises a name; `None` for what PEP 508 does not take for one, and for what could be a member of the solver's scratch workspace.
fn name(written: &str) -> Option<String> {
    let is_edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = written.as_bytes();
    let is_name = is_edge(bytes.first())
        && is_edge(bytes.last())
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    let normalized = is_name.then(|| normalize_distribution(written))?;
    let is_member = normalized
        .strip_prefix("repo-")
        .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()));
    (!is_member && normalized != "synthesizer-resolution").then_some(normalized)
}

/// What several requirements with the same text want.
struct Wanted<'a> {
    versions: Ranges<Version>,
    /// The marker, and the extra that it is asked for with; `None` without a marker.
    condition: Option<Condition<'a>>,
    asked: Vec<Asked<'a>>,
}

/// A marker as written, and the extra taken as asked for.
type Condition<'a> = (&'a str, Option<&'a str>);

/// Texts that were read, each once.
#[derive(Default)]
struct Reading<'a> {
    versions: HashMap<&'a str, Option<Ranges<Version>>>,
    markers: HashMap<Condition<'a>, Option<MarkerTree>>,
}

impl<'a> Reading<'a> {
    /// Gives what is wanted of a package; nothing when its texts alone show that nothing contradicts.
    fn wanted(&mut self, package: &Package<'a>) -> Vec<Wanted<'a>> {
        let mut specifiers = package
            .asked
            .iter()
            .map(|asked| asked.dependency.specifier.as_str())
            .filter(|specifier| !specifier.is_empty());
        let first = specifiers.next();
        let is_one = specifiers.all(|specifier| Some(specifier) == first);
        let can_contradict = match first {
            None => false,
            // One comparison alone is always possible, but for `<0`.
            Some(only) if is_one => only.contains([',', '<']),
            Some(_) => true,
        };
        if !can_contradict {
            return Vec::new();
        }
        let mut positions: HashMap<(&str, Option<Condition<'a>>), usize> = HashMap::new();
        let mut wanted: Vec<Wanted<'a>> = Vec::new();
        for asked in &package.asked {
            let dependency = asked.dependency;
            let specifier = dependency.specifier.as_str();
            let condition = dependency
                .marker
                .as_deref()
                .map(|marker| (marker, dependency.group.as_deref()));
            if specifier.is_empty() || length(dependency) > LONGEST_REQUIREMENT {
                continue;
            }
            if let Some(position) = positions.get(&(specifier, condition)) {
                wanted[*position].asked.push(*asked);
                continue;
            }
            let versions = self
                .versions
                .entry(specifier)
                .or_insert_with(|| python_versions::read(specifier));
            if let Some(versions) = versions {
                positions.insert((specifier, condition), wanted.len());
                wanted.push(Wanted {
                    versions: versions.clone(),
                    condition,
                    asked: vec![*asked],
                });
            }
        }
        wanted
    }

    /// Gives where a requirement holds; `None` when that cannot be told.
    fn marker(&mut self, condition: Option<Condition<'a>>) -> Option<MarkerTree> {
        let Some((text, extra)) = condition else {
            return Some(MarkerTree::TRUE);
        };
        self.markers
            .entry((text, extra))
            .or_insert_with(|| python_environment::read(text, extra))
            .clone()
    }
}

/// How long the requirement is when it is written out, about.
fn length(dependency: &Dependency) -> usize {
    let extras: usize = dependency.extras.iter().map(|extra| extra.len() + 1).sum();
    let marker = dependency.marker.as_deref().map_or(0, str::len);
    dependency.name.len() + dependency.specifier.len() + extras + marker + 4
}

/// Gives positions of requirements that contradict each other, by where they do (`None`: everywhere).
fn contradictions<'a>(
    wanted: &[Wanted<'a>],
    pythons: &Pythons,
    reading: &mut Reading<'a>,
) -> BTreeMap<Option<String>, Vec<usize>> {
    if !is_suspicious(wanted) {
        return BTreeMap::new();
    }
    let markers = Markers::read(wanted, reading);
    let mut found: BTreeMap<Option<String>, Vec<usize>> = BTreeMap::new();
    // Those with the same marker hold together.
    for (index, positions) in markers.users.iter().enumerate() {
        let sets: Vec<Ranges<Version>> = versions_of(wanted, positions);
        let members = contradicting(&sets, Ranges::is_empty, bounded_meet);
        if members.is_empty() {
            continue;
        }
        if let Some(environment) = markers.place(index, index, pythons) {
            let members = members.into_iter().map(|member| positions[member]);
            found.entry(environment).or_default().extend(members);
        }
    }
    // Those with different markers hold together where both do.
    for first in 0..markers.trees.len() {
        for second in first + 1..markers.trees.len() {
            let clashing = markers.clashing(wanted, first, second);
            if clashing.is_empty() {
                continue;
            }
            if let Some(environment) = markers.place(first, second, pythons) {
                found.entry(environment).or_default().extend(clashing);
            }
        }
    }
    for positions in found.values_mut() {
        positions.sort_unstable();
        positions.dedup();
    }
    found
}

/// Says whether there would be no version if all held everywhere: where there is one, nothing can contradict anywhere.
fn is_suspicious(wanted: &[Wanted<'_>]) -> bool {
    let mut common = Ranges::full();
    for one in wanted {
        match python_versions::meet(&common, &one.versions) {
            Some(both) if both.is_empty() => return true,
            Some(both) => common = both,
            // Too many pieces: this one is passed over.
            None => {}
        }
    }
    false
}

fn versions_of(wanted: &[Wanted<'_>], positions: &[usize]) -> Vec<Ranges<Version>> {
    positions
        .iter()
        .map(|position| wanted[*position].versions.clone())
        .collect()
}

fn bounded_meet(one: &Ranges<Version>, other: &Ranges<Version>) -> Ranges<Version> {
    python_versions::meet(one, other).unwrap_or_else(|| one.clone())
}

/// The different markers of one package.
#[derive(Default)]
struct Markers {
    trees: Vec<MarkerTree>,
    /// As written, for each.
    texts: Vec<String>,
    /// Positions of the requirements that have it, for each.
    users: Vec<Vec<usize>>,
}

impl Markers {
    fn read<'a>(wanted: &[Wanted<'a>], reading: &mut Reading<'a>) -> Self {
        let mut markers = Self::default();
        let mut known: HashMap<MarkerTree, usize> = HashMap::new();
        for (position, one) in wanted.iter().enumerate() {
            let Some(tree) = reading.marker(one.condition) else {
                continue;
            };
            let index = match known.get(&tree) {
                Some(index) => *index,
                None if markers.trees.len() == MOST_MARKERS => continue,
                None => {
                    known.insert(tree.clone(), markers.trees.len());
                    markers.trees.push(tree);
                    let text = one.condition.map_or("", |(text, _)| text);
                    markers.texts.push(text.trim().to_owned());
                    markers.users.push(Vec::new());
                    markers.trees.len() - 1
                }
            };
            markers.users[index].push(position);
        }
        markers
    }

    /// Gives where both hold at once: the inner value is `None` for everywhere, the outer one for nowhere.
    fn place(&self, first: usize, second: usize, pythons: &Pythons) -> Option<Option<String>> {
        let mut both = self.trees[first].clone();
        both.and(self.trees[second].clone());
        if !pythons.hold_somewhere(&both) {
            return None;
        }
        let written = || match (self.texts[first].as_str(), self.texts[second].as_str()) {
            ("", text) | (text, "") => text.to_owned(),
            (one, other) if one == other => one.to_owned(),
            (one, other) => format!("({one}) and ({other})"),
        };
        Some(pythons.told(&both, written))
    }

    /// Gives positions of requirements under one marker that contradict requirements under another.
    fn clashing(&self, wanted: &[Wanted<'_>], first: usize, second: usize) -> Vec<usize> {
        let (ones, others) = (&self.users[first], &self.users[second]);
        let (ones, others) = (
            &ones[..ones.len().min(MOST_COMPARED)],
            &others[..others.len().min(MOST_COMPARED)],
        );
        let mut clashing = Vec::new();
        for one in ones {
            let before = clashing.len();
            let clashes = |other: &&usize| {
                let (one, other) = (&wanted[*one].versions, &wanted[**other].versions);
                !one.is_empty() && !other.is_empty() && one.is_disjoint(other)
            };
            clashing.extend(others.iter().filter(clashes));
            if clashing.len() > before {
                clashing.push(*one);
            }
        }
        if !clashing.is_empty() {
            return clashing;
        }
        // No two of them, but perhaps several together; if those of one marker do, that is told there.
        let positions: Vec<usize> = ones.iter().chain(others).copied().collect();
        let members = contradicting(
            &versions_of(wanted, &positions),
            Ranges::is_empty,
            bounded_meet,
        );
        let members: Vec<usize> = members
            .into_iter()
            .map(|member| positions[member])
            .collect();
        let is_of_both = members.iter().any(|member| ones.contains(member))
            && members.iter().any(|member| others.contains(member));
        if is_of_both { members } else { Vec::new() }
    }
}
