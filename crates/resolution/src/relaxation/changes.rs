//! Changes of a request: what becomes of a requirement, and the request with that. Must not solve.

use std::collections::BTreeSet;

use synthesizer_model::{
    dependency::{Dependency, Ecosystem},
    resolution::{Relaxation, RepositoryRequirements, Resolution, ResolutionRequest},
    text::escape_untrusted,
};

use super::dialect::Dialect;
use crate::{
    constraints::{INSTEAD, WITHOUT, package_key},
    shrinking::{CONSTRAINT, Element, imposed, written},
};

/// How many versions a sentence names.
const MOST_VERSIONS: usize = 4;

/// What becomes of an element.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Becomes {
    /// Another requirement.
    Requirement(Box<Dependency>),
    /// Another constraint of the user.
    Constraint(String),
    /// Another range of Python versions.
    Python(String),
    /// Another choice of one Python version.
    ChosenPython(String),
    /// Nothing.
    Gone,
}

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Change {
    /// What is changed.
    pub(super) element: Element,
    /// How much of a change it is, from 1.
    pub(super) severity: u8,
    /// What it becomes.
    pub(super) becomes: Becomes,
}

/// A request with changes, and where each of its parts was before them.
pub(super) struct Changed {
    pub(super) request: ResolutionRequest,
    requirements: Vec<Vec<usize>>,
    constraints: Vec<usize>,
}

impl Changed {
    /// Makes the changes. A requirement that a repository has twice, in two manifests or under two conditions, is changed everywhere.
    pub(super) fn new(request: &ResolutionRequest, changes: &[Change]) -> Self {
        let mut changed = request.clone();
        let mut gone: BTreeSet<Element> = BTreeSet::new();
        for change in changes {
            for element in group(request, change.element) {
                if change.becomes == Becomes::Gone {
                    gone.insert(element);
                } else {
                    put(&mut changed, request, element, &change.becomes);
                }
            }
        }
        let mut requirements: Vec<Vec<usize>> = Vec::new();
        for (repository, asked) in changed.repositories.iter_mut().enumerate() {
            let stays = |requirement: &usize| {
                !gone.contains(&Element::Requirement {
                    repository,
                    requirement: *requirement,
                })
            };
            let kept: Vec<usize> = (0..asked.requirements.len()).filter(stays).collect();
            if kept.len() < asked.requirements.len() {
                let all = &asked.requirements;
                asked.requirements = kept.iter().map(|index| all[*index].clone()).collect();
            }
            requirements.push(kept);
        }
        let stays = |index: &usize| !gone.contains(&Element::Constraint(*index));
        let constraints: Vec<usize> = (0..request.constraints.len()).filter(stays).collect();
        let all = std::mem::take(&mut changed.constraints);
        changed.constraints = constraints
            .iter()
            .map(|index| all[*index].clone())
            .collect();
        Self {
            request: changed,
            requirements,
            constraints,
        }
    }

    /// Gives the elements of the request before the changes as they are now, without those that are gone.
    pub(super) fn now(&self, elements: &[Element]) -> Vec<Element> {
        let place = |list: &[usize], wanted: usize| list.iter().position(|index| *index == wanted);
        elements
            .iter()
            .filter_map(|element| match *element {
                Element::Requirement {
                    repository,
                    requirement,
                } => Some(Element::Requirement {
                    repository,
                    requirement: place(self.requirements.get(repository)?, requirement)?,
                }),
                Element::Constraint(index) => {
                    Some(Element::Constraint(place(&self.constraints, index)?))
                }
                Element::Python(_) | Element::ChosenPython => Some(*element),
            })
            .collect()
    }

    /// Gives elements of the changed request as they were before.
    pub(super) fn before(&self, elements: &[Element]) -> Vec<Element> {
        elements
            .iter()
            .filter_map(|element| match *element {
                Element::Requirement {
                    repository,
                    requirement,
                } => Some(Element::Requirement {
                    repository,
                    requirement: *self.requirements.get(repository)?.get(requirement)?,
                }),
                Element::Constraint(index) => {
                    Some(Element::Constraint(*self.constraints.get(index)?))
                }
                Element::Python(_) | Element::ChosenPython => Some(*element),
            })
            .collect()
    }
}

/// Lists a requirement with all others of the repository that ask for the same.
pub(super) fn group(request: &ResolutionRequest, element: Element) -> Vec<Element> {
    let Element::Requirement {
        repository,
        requirement,
    } = element
    else {
        return vec![element];
    };
    let Some(all) = request
        .repositories
        .get(repository)
        .map(|one| &one.requirements)
    else {
        return Vec::new();
    };
    let Some(own) = all.get(requirement) else {
        return Vec::new();
    };
    let key = package_key(own);
    let same = |other: &Dependency| {
        other.specifier.trim() == own.specifier.trim()
            && other.extras == own.extras
            && package_key(other) == key
    };
    all.iter()
        .enumerate()
        .filter(|(_, other)| same(other))
        .map(|(requirement, _)| Element::Requirement {
            repository,
            requirement,
        })
        .collect()
}

fn put(
    changed: &mut ResolutionRequest,
    request: &ResolutionRequest,
    element: Element,
    becomes: &Becomes,
) {
    match (element, becomes) {
        (
            Element::Requirement {
                repository,
                requirement,
            },
            Becomes::Requirement(wanted),
        ) => {
            let asked = changed
                .repositories
                .get_mut(repository)
                .and_then(|one| one.requirements.get_mut(requirement));
            if let Some(asked) = asked {
                asked.specifier.clone_from(&wanted.specifier);
                asked.extras.clone_from(&wanted.extras);
                asked.parsed = None;
                asked.hashes.clear();
            }
        }
        (Element::Constraint(index), Becomes::Constraint(text)) => {
            if let Some(constraint) = changed.constraints.get_mut(index) {
                constraint.requirement.clone_from(text);
            }
        }
        (Element::Python(index), Becomes::Python(range)) => {
            if let Some(repository) = changed.repositories.get_mut(index) {
                repository.requires_python = Some(range.clone());
            }
        }
        (Element::ChosenPython, Becomes::ChosenPython(version)) => {
            changed.python_version = Some(version.clone());
        }
        _ => tracing::debug!(
            constraints = request.constraints.len(),
            "a change does not fit what it is about"
        ),
    }
}

/// Writes a way out: one entry for each place that is changed.
///
/// `answer` is what the solver says of the request with all `changes`.
pub(super) fn relaxations(
    request: &ResolutionRequest,
    option: u32,
    changes: &[Change],
    answer: &Resolution,
    dialect: &dyn Dialect,
) -> Vec<Relaxation> {
    let takes = takes(request, changes, answer);
    let mut written_out = Vec::new();
    for change in changes {
        for element in group(request, change.element) {
            let Some(place) = imposed(request, element) else {
                continue;
            };
            let becomes = becomes(request, element, &change.becomes);
            written_out.push(Relaxation {
                option,
                what: sentence(request, element, change, answer, dialect),
                requirement: place.specifier,
                repository: place.repository,
                manifest: place.manifest,
                line: place.line,
                becomes,
                constraint: constraint(request, element, change, dialect),
                takes: takes.clone(),
            });
        }
    }
    written_out
}

fn becomes(request: &ResolutionRequest, element: Element, becomes: &Becomes) -> Option<String> {
    match becomes {
        Becomes::Requirement(wanted) => {
            let marker = match element {
                Element::Requirement {
                    repository,
                    requirement,
                } => request
                    .repositories
                    .get(repository)
                    .and_then(|one| one.requirements.get(requirement))
                    .and_then(|own| own.marker.clone()),
                _ => None,
            };
            Some(written(&Dependency {
                marker,
                ..(**wanted).clone()
            }))
        }
        Becomes::Constraint(text) | Becomes::Python(text) | Becomes::ChosenPython(text) => {
            Some(escape_untrusted(text))
        }
        Becomes::Gone => None,
    }
}

/// Gives the text that has the same effect when it is passed as a constraint: it changes all that the repository asks of the package.
fn constraint(
    request: &ResolutionRequest,
    element: Element,
    change: &Change,
    dialect: &dyn Dialect,
) -> Option<String> {
    match (&change.becomes, element) {
        (Becomes::Constraint(text), _) => Some(escape_untrusted(text)),
        (Becomes::Requirement(wanted), Element::Requirement { repository, .. }) => {
            let of = request.repositories.get(repository)?;
            let own = crate::shrinking::dependency(request, element)?;
            let text = dialect.constraint(wanted);
            let text = match (is_whole(request, of, element), &own.marker) {
                (true, _) => text,
                // The condition tells it from what else the repository asks of the package.
                (false, Some(marker)) if own.ecosystem == Ecosystem::Python => {
                    format!("{text}; {marker}")
                }
                (false, _) => return None,
            };
            instead(request, of, &text)
        }
        (Becomes::Gone, Element::Requirement { repository, .. }) => {
            let of = request.repositories.get(repository)?;
            let own = crate::shrinking::dependency(request, element)?;
            // A name alone could be meant for any family.
            let text = format!("{}:{WITHOUT}{}", own.ecosystem, own.name);
            is_whole(request, of, element).then(|| instead(request, of, &text))?
        }
        (Becomes::Python(range), Element::Python(repository)) => {
            let of = request.repositories.get(repository)?;
            instead(request, of, &format!("python{range}"))
        }
        _ => None,
    }
}

/// Says whether the change is about all that the repository asks of the package.
fn is_whole(request: &ResolutionRequest, of: &RepositoryRequirements, element: Element) -> bool {
    let Some(own) = crate::shrinking::dependency(request, element) else {
        return false;
    };
    let key = package_key(own);
    let asked = of.requirements.iter().filter(|one| package_key(one) == key);
    asked.count() == group(request, element).len()
}

/// Writes a constraint in place of a repository's own; `None` when the repository's name cannot be passed back as it is.
fn instead(request: &ResolutionRequest, of: &RepositoryRequirements, text: &str) -> Option<String> {
    let same_name = request
        .repositories
        .iter()
        .filter(|one| one.repository == of.repository);
    let plain = escape_untrusted(&of.repository) == of.repository
        && !of.repository.contains(INSTEAD.trim());
    (plain && same_name.count() == 1)
        .then(|| format!("{}{INSTEAD}{}", of.repository, escape_untrusted(text)))
}

/// Lists the versions that were taken of the packages that the changes are about.
fn takes(request: &ResolutionRequest, changes: &[Change], answer: &Resolution) -> Vec<String> {
    let names: BTreeSet<String> = changes
        .iter()
        .filter_map(|change| crate::shrinking::package(request, change.element))
        .collect();
    answer
        .packages
        .iter()
        .filter(|package| names.contains(&package.name))
        .map(|package| escape_untrusted(&format!("{} {}", package.name, package.version)))
        .collect()
}

fn sentence(
    request: &ResolutionRequest,
    element: Element,
    change: &Change,
    answer: &Resolution,
    dialect: &dyn Dialect,
) -> String {
    let Some(place) = imposed(request, element) else {
        return String::new();
    };
    let (who, before) = (&place.repository, &place.specifier);
    let after = becomes(request, element, &change.becomes).unwrap_or_default();
    let own = crate::shrinking::dependency(request, element);
    match (&change.becomes, own) {
        (Becomes::Requirement(wanted), Some(own)) => {
            let name = escape_untrusted(&own.name);
            let dropped: Vec<String> = own
                .extras
                .iter()
                .filter(|extra| !wanted.extras.contains(extra))
                .map(|extra| escape_untrusted(extra))
                .collect();
            if !dropped.is_empty() {
                let plural = if dropped.len() == 1 { "" } else { "s" };
                return format!(
                    "{who} does without the {}{plural} {} of {name}: {before} becomes {after}",
                    dialect.extra(),
                    dropped.join(", ")
                );
            }
            let key = package_key(own);
            let taken = answer.packages.iter().filter(|package| package.name == key);
            let versions: Vec<String> = taken
                .take(MOST_VERSIONS)
                .map(|package| escape_untrusted(&package.version))
                .collect();
            match versions.is_empty() {
                false => format!(
                    "{who} may take {name} {}: {before} becomes {after}",
                    versions.join(" or ")
                ),
                true => {
                    format!("{who} may take other versions of {name}: {before} becomes {after}")
                }
            }
        }
        (Becomes::Python(_), _) if before.is_empty() => {
            format!("{who} says that it runs on Python {after} only")
        }
        (Becomes::Python(_), _) => {
            format!(
                "{who} runs on other versions of Python: its requires-python {before} becomes {after}"
            )
        }
        (Becomes::ChosenPython(_), _) => {
            format!("another version of Python is chosen: {before} becomes {after}")
        }
        (Becomes::Constraint(_), _) => format!("the {CONSTRAINT} {before} becomes {after}"),
        (Becomes::Gone, Some(own)) => {
            let name = escape_untrusted(&own.name);
            format!("{who} does without {name}: its requirement {before} goes")
        }
        _ => format!("the {CONSTRAINT} {before} goes"),
    }
}
