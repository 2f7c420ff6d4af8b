//! Requirements sorted by package, and a conflict made of some of them. Reads no version.

use std::collections::{BTreeSet, HashMap, hash_map::Entry};

use synthesizer_model::{
    dependency::{Dependency, Ecosystem},
    resolution::{Conflict, ImposedRequirement, RepositoryRequirements},
    text::escape_untrusted,
};

/// As many requirements of one repository as the solvers take.
const MOST_REQUIREMENTS: usize = 5_000;
/// The longest text that is shown, in characters.
const LONGEST_SHOWN: usize = 300;

/// One requirement and who asks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// Which of the repositories.
    pub(super) repository: usize,
    /// The requirement.
    pub(super) dependency: &'a Dependency,
}

/// A package and everything that is asked of it, in the order of the repositories.
#[derive(Debug)]
pub(super) struct Package<'a> {
    /// The name, normalised.
    pub(super) name: String,
    /// What is asked.
    pub(super) asked: Vec<Asked<'a>>,
}

/// Sorts the requirements of one ecosystem by package; direct references are left out, since any version will do.
///
/// `normalize` gives `None` for what is no name of a package.
pub(super) fn by_package<'a>(
    ecosystem: Ecosystem,
    repositories: &'a [RepositoryRequirements],
    normalize: impl Fn(&str) -> Option<String>,
) -> Vec<Package<'a>> {
    let mut packages: Vec<Package<'a>> = Vec::new();
    let mut by_written: HashMap<&'a str, Option<usize>> = HashMap::new();
    let mut by_name: HashMap<String, usize> = HashMap::new();
    for (repository, requirements) in repositories.iter().enumerate() {
        for dependency in requirements.requirements.iter().take(MOST_REQUIREMENTS) {
            if dependency.ecosystem != ecosystem || dependency.url.is_some() {
                continue;
            }
            let index = match by_written.entry(&dependency.name) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(vacant) => {
                    let name = normalize(&dependency.name);
                    *vacant.insert(name.map(|name| {
                        *by_name.entry(name).or_insert_with_key(|name| {
                            packages.push(Package {
                                name: name.clone(),
                                asked: Vec::new(),
                            });
                            packages.len() - 1
                        })
                    }))
                }
            };
            if let Some(package) = index.and_then(|index| packages.get_mut(index)) {
                package.asked.push(Asked {
                    repository,
                    dependency,
                });
            }
        }
    }
    packages.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    packages
}

/// Makes a conflict of requirements, in the order given; `write` gives a requirement as people write it.
pub(super) fn conflict(
    what: &str,
    environment: Option<String>,
    repositories: &[RepositoryRequirements],
    asked: &[Asked<'_>],
    write: impl Fn(&Dependency) -> String,
) -> Conflict {
    let impose = |one: &Asked<'_>| ImposedRequirement {
        repository: named(repositories, one.repository),
        specifier: shown(&write(one.dependency)),
        manifest: shown(&one.dependency.manifest),
        line: one.dependency.line,
    };
    let parties: BTreeSet<usize> = asked.iter().map(|one| one.repository).collect();
    Conflict {
        what: shown(what),
        environment: environment.map(|text| shown(&text)),
        repositories: parties
            .into_iter()
            .map(|index| named(repositories, index))
            .collect(),
        requirements: asked.iter().map(impose).collect(),
    }
}

/// Gives a repository as the user named it, safe to show.
pub(super) fn named(repositories: &[RepositoryRequirements], index: usize) -> String {
    repositories
        .get(index)
        .map(|repository| escape_untrusted(&repository.repository))
        .unwrap_or_default()
}

/// Gives a text as results may show it.
pub(super) fn shown(text: &str) -> String {
    match text.char_indices().nth(LONGEST_SHOWN) {
        Some((end, _)) => escape_untrusted(text.get(..end).unwrap_or_default()),
        None => escape_untrusted(text),
    }
}
