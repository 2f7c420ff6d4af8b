//! The first look at Rust crates. Cargo takes at most one version of a crate from each range of compatible versions (1.x, 0.7.x, 0.0.3), over
//! all targets and features of a workspace at once: so 1.x and 2.x live together, and `cfg(…)` keeps nothing apart.
//!
//! Source: the Cargo book, "Dependency Resolution", "Version-incompatibility hazards".

use std::collections::{BTreeMap, BTreeSet, HashMap};

use synthesizer_model::{
    dependency::{Dependency, Ecosystem},
    resolution::{Conflict, RepositoryRequirements},
};

use super::{
    asked::{Asked, Package, by_package, conflict},
    contradiction::contradicting,
    look::FirstLook,
    version_set::{Numbers, VersionSet},
};

/// A requirement that spans more ranges of compatible versions than this is free to choose.
const MOST_CHOICES: usize = 16;
/// For so many requirements without a choice the others are looked up that take it.
const MOST_BLAMED: usize = 64;

/// Rust crates.
pub(super) struct Cargo;

impl FirstLook for Cargo {
    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Cargo
    }

    fn conflicts(
        &self,
        repositories: &[RepositoryRequirements],
        _python_version: Option<&str>,
    ) -> Vec<Conflict> {
        let name = |name: &str| Some(name.to_owned());
        let mut read: HashMap<&str, Option<VersionSet>> = HashMap::new();
        let mut found = Vec::new();
        for package in by_package(Ecosystem::Cargo, repositories, name) {
            let wanted = wanted(&package, &mut read);
            for positions in contradictions(&wanted) {
                let mut asked: Vec<Asked<'_>> = positions
                    .iter()
                    .filter_map(|position| wanted.get(*position))
                    .flat_map(|wanted| wanted.asked.iter().copied())
                    .collect();
                asked.sort_by_key(|one| one.repository);
                found.push(conflict(&package.name, None, repositories, &asked, written));
            }
        }
        found
    }
}

/// What several requirements with the same text want.
struct Wanted<'a> {
    set: VersionSet,
    asked: Vec<Asked<'a>>,
}

/// Reads each text once; none when there is nothing that could contradict.
fn wanted<'a>(
    package: &Package<'a>,
    read: &mut HashMap<&'a str, Option<VersionSet>>,
) -> Vec<Wanted<'a>> {
    let mut positions: HashMap<&str, usize> = HashMap::new();
    let mut wanted: Vec<Wanted<'a>> = Vec::new();
    for asked in &package.asked {
        let dependency = asked.dependency;
        let text = dependency.specifier.as_str();
        // Requirements for development never meet those of another repository.
        if text.is_empty() || dependency.group.as_deref() == Some("dev") {
            continue;
        }
        if let Some(position) = positions.get(text) {
            wanted[*position].asked.push(*asked);
            continue;
        }
        let set = read
            .entry(text)
            .or_insert_with(|| VersionSet::of_cargo(text));
        if let Some(set) = set {
            positions.insert(text, wanted.len());
            wanted.push(Wanted {
                set: set.clone(),
                asked: vec![*asked],
            });
        }
    }
    wanted
}

/// A range of compatible versions: its first release, and the first one after it.
type Bucket = (Numbers, Option<Numbers>);

/// Everything that is asked of one crate, by where it can be met.
#[derive(Default)]
struct Places {
    /// Positions of the requirements that only one range of compatible versions can meet.
    bound: BTreeMap<Bucket, Vec<usize>>,
    /// What those of one range have in common; absent where they contradict each other.
    common: BTreeMap<Bucket, VersionSet>,
    /// Positions of those that may choose, with their choices.
    free: Vec<(usize, Vec<Bucket>)>,
}

/// Gives sets of positions that contradict each other.
fn contradictions(wanted: &[Wanted<'_>]) -> Vec<Vec<usize>> {
    let mut found: Vec<Vec<usize>> = Vec::new();
    let mut places = Places::default();
    for (position, one) in wanted.iter().enumerate() {
        if one.set.is_empty() {
            found.push(vec![position]);
            continue;
        }
        match buckets(&one.set).as_deref() {
            Some([bucket]) => places.bound.entry(*bucket).or_default().push(position),
            Some(choices) => places.free.push((position, choices.to_vec())),
            None => {}
        }
    }
    for (bucket, positions) in &places.bound {
        let sets: Vec<VersionSet> = positions
            .iter()
            .map(|position| wanted[*position].set.clone())
            .collect();
        let whole = sets.iter().cloned().reduce(|whole, set| whole.meet(&set));
        match whole {
            Some(whole) if !whole.is_empty() => {
                places.common.insert(*bucket, whole);
            }
            _ => {
                let members = contradicting(&sets, VersionSet::is_empty, VersionSet::meet);
                found.push(members.into_iter().map(|index| positions[index]).collect());
            }
        }
    }
    found.extend(without_choice(wanted, &places));
    found
}

/// Gives the requirements that may choose and have no choice left, with those that take it from them.
fn without_choice(wanted: &[Wanted<'_>], places: &Places) -> Option<Vec<usize>> {
    let mut members: BTreeSet<usize> = BTreeSet::new();
    let mut blamed = 0;
    for (position, choices) in &places.free {
        let set = &wanted[*position].set;
        let is_open = |bucket: &Bucket| {
            let part = set.part(bucket.0, bucket.1);
            match places.common.get(bucket) {
                Some(taken) => !taken.meet(&part).is_empty(),
                // A range that contradicts itself is told already, and might be open without one of its parties.
                None => places.bound.contains_key(bucket) || !part.is_empty(),
            }
        };
        if choices.iter().any(is_open) {
            continue;
        }
        members.insert(*position);
        blamed += 1;
        if blamed <= MOST_BLAMED {
            let others = choices.iter().filter_map(|bucket| places.bound.get(bucket));
            members.extend(others.flatten());
        }
    }
    (!members.is_empty()).then(|| members.into_iter().collect())
}

/// Gives the ranges of compatible versions that a set reaches into; `None` when they are too many to tell.
fn buckets(set: &VersionSet) -> Option<Vec<Bucket>> {
    let (first, end) = set.releases();
    let mut buckets: Vec<Bucket> = set.with_pre_releases().map(bucket_of).collect();
    let mut start = first;
    loop {
        if end.is_some_and(|end| end <= start) {
            break;
        }
        let bucket = bucket_of(start);
        buckets.push(bucket);
        if buckets.len() > MOST_CHOICES {
            return None;
        }
        match bucket.1 {
            Some(next) => start = next,
            None => break,
        }
    }
    buckets.sort_unstable();
    buckets.dedup();
    Some(buckets)
}

fn bucket_of([major, minor, patch]: Numbers) -> Bucket {
    match (major, minor) {
        (0, 0) => ([0, 0, patch], patch.checked_add(1).map(|next| [0, 0, next])),
        (0, _) => ([0, minor, 0], minor.checked_add(1).map(|next| [0, next, 0])),
        _ => ([major, 0, 0], major.checked_add(1).map(|next| [next, 0, 0])),
    }
}

fn written(dependency: &Dependency) -> String {
    format!("{} {}", dependency.name, dependency.specifier)
}
