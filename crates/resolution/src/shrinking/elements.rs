//! The parts of a request that can be left out, and what an answer names of them. Asks no solver.

use std::collections::HashSet;

use pep508_rs::MarkerTree;
use synthesizer_model::{
    dependency::{Dependency, Ecosystem},
    resolution::{ImposedRequirement, RepositoryRequirements, Resolution, ResolutionRequest},
    text::escape_untrusted,
};

use crate::{
    constraints::package_key,
    requirement::{conditions, read_text},
};

/// The name under which a user's own constraint takes part in a conflict.
pub(crate) const CONSTRAINT: &str = "constraint";
/// The name under which the user's choice of a Python version takes part in a conflict.
const PYTHON_VERSION: &str = "python_version";

/// How many conditions are combined into one marker: its normal form can double with every two of them.
const MOST_CONDITIONS: usize = 16;

/// One part of a request that can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Element {
    /// A requirement of a repository, by the index of both.
    Requirement {
        /// The repository.
        repository: usize,
        /// The requirement.
        requirement: usize,
    },
    /// A constraint of the user, by its index.
    Constraint(usize),
    /// The range of Python versions of a repository, by its index.
    Python(usize),
    /// The user's choice of one Python version.
    ChosenPython,
}

impl Element {
    /// Gives the repository's index.
    pub(crate) fn repository(self) -> Option<usize> {
        match self {
            Self::Requirement { repository, .. } | Self::Python(repository) => Some(repository),
            Self::Constraint(_) | Self::ChosenPython => None,
        }
    }
}

/// Lists the requirements and constraints of a request.
pub(super) fn all(request: &ResolutionRequest) -> Vec<Element> {
    let requirements = request
        .repositories
        .iter()
        .enumerate()
        .flat_map(|(repository, asked)| {
            (0..asked.requirements.len()).map(move |requirement| Element::Requirement {
                repository,
                requirement,
            })
        });
    requirements
        .chain((0..request.constraints.len()).map(Element::Constraint))
        .collect()
}

/// Gives the request with only the chosen requirements and constraints; ranges of Python versions stay.
///
/// Fewer of those would make the range wider, and so a solution harder to find.
pub(crate) fn restricted(request: &ResolutionRequest, chosen: &[Element]) -> ResolutionRequest {
    let chosen: HashSet<Element> = chosen.iter().copied().collect();
    let repositories = request
        .repositories
        .iter()
        .enumerate()
        .map(|(index, repository)| RepositoryRequirements {
            repository: repository.repository.clone(),
            slug: repository.slug.clone(),
            requires_python: repository.requires_python.clone(),
            runtimes: repository.runtimes.clone(),
            requirements: repository
                .requirements
                .iter()
                .enumerate()
                .filter(|(requirement, _)| {
                    chosen.contains(&Element::Requirement {
                        repository: index,
                        requirement: *requirement,
                    })
                })
                .map(|(_, dependency)| dependency.clone())
                .collect(),
        });
    let constraints = request
        .constraints
        .iter()
        .enumerate()
        .filter(|(index, _)| chosen.contains(&Element::Constraint(*index)))
        .map(|(_, constraint)| constraint.clone());
    ResolutionRequest {
        repositories: repositories.collect(),
        constraints: constraints.collect(),
        python_version: request.python_version.clone(),
        offline: request.offline,
    }
}

/// Gives a repository as the user named it, safe to show.
pub(crate) fn shown(request: &ResolutionRequest, repository: usize) -> String {
    let name = request.repositories.get(repository);
    name.map_or_else(String::new, |one| escape_untrusted(&one.repository))
}

/// Gives the requirement behind an element.
pub(crate) fn dependency(request: &ResolutionRequest, element: Element) -> Option<&Dependency> {
    let Element::Requirement {
        repository,
        requirement,
    } = element
    else {
        return None;
    };
    request
        .repositories
        .get(repository)?
        .requirements
        .get(requirement)
}

/// Gives the normalised name of the package that an element is about; `None` for ranges of Python versions.
pub(crate) fn package(request: &ResolutionRequest, element: Element) -> Option<String> {
    match element {
        Element::Requirement { .. } => dependency(request, element).map(package_key),
        Element::Constraint(index) => {
            let text = &request.constraints.get(index)?.requirement;
            Some(constraint_package(text))
        }
        Element::Python(_) | Element::ChosenPython => None,
    }
}

/// Gives the package of a constraint's text: what stands before its versions, in the form of any ecosystem.
fn constraint_package(text: &str) -> String {
    match read_text(text, None) {
        Ok(read) => read.name,
        Err(_) => {
            // `NAME@VERSIONS`, where a name of npm may begin with `@`.
            let scope = usize::from(text.starts_with('@'));
            let at = text[scope..].find('@').map_or(text.len(), |at| at + scope);
            text[..at].trim().to_owned()
        }
    }
}

/// Writes a requirement as its ecosystem's manifests do, with the name in front.
pub(crate) fn written(dependency: &Dependency) -> String {
    let text = match dependency.ecosystem {
        Ecosystem::Python => dependency.requirement(),
        Ecosystem::Cargo | Ecosystem::Npm | Ecosystem::Go | Ecosystem::Maven => {
            format!("{} {}", dependency.name, dependency.specifier)
        }
    };
    escape_untrusted(text.trim())
}

/// Gives an element with the place that imposes it.
pub(crate) fn imposed(request: &ResolutionRequest, element: Element) -> Option<ImposedRequirement> {
    Some(match element {
        Element::Requirement { repository, .. } => {
            let dependency = dependency(request, element)?;
            ImposedRequirement {
                repository: shown(request, repository),
                specifier: written(dependency),
                manifest: escape_untrusted(&dependency.manifest),
                line: dependency.line,
            }
        }
        Element::Constraint(index) => ImposedRequirement {
            repository: CONSTRAINT.to_owned(),
            specifier: escape_untrusted(&request.constraints.get(index)?.requirement),
            manifest: String::new(),
            line: 0,
        },
        Element::Python(repository) => {
            let of = request.repositories.get(repository)?;
            let (manifest, line) = python_place(of);
            let text = of.requires_python.as_deref().unwrap_or_default();
            ImposedRequirement {
                repository: shown(request, repository),
                specifier: escape_untrusted(text.trim()),
                manifest,
                line,
            }
        }
        Element::ChosenPython => ImposedRequirement {
            repository: PYTHON_VERSION.to_owned(),
            specifier: escape_untrusted(request.python_version.as_deref()?),
            manifest: String::new(),
            line: 0,
        },
    })
}

/// Gives manifest and line of a repository's range of Python versions; empty and 0 when they are not known.
fn python_place(repository: &RepositoryRequirements) -> (String, u32) {
    let text = repository.requires_python.as_deref().map(str::trim);
    let of_python = || {
        repository
            .runtimes
            .iter()
            .filter(|one| one.runtime == "python")
    };
    let place = of_python()
        .find(|one| Some(one.specifier.trim()) == text)
        .or_else(|| of_python().next());
    place.map_or_else(
        || (String::new(), 0),
        |place| (escape_untrusted(&place.manifest), place.line),
    )
}

/// Lists those of the given elements that an answer names, in its conflicts or its derivation.
pub(super) fn named(
    request: &ResolutionRequest,
    among: &[Element],
    answer: &Resolution,
) -> Vec<Element> {
    let mut places: HashSet<(&str, &str, u32)> = HashSet::new();
    let mut asked: HashSet<(&str, &str)> = HashSet::new();
    let mut packages: HashSet<&str> = HashSet::new();
    for conflict in &answer.conflicts {
        packages.insert(&conflict.what);
        for one in &conflict.requirements {
            places.insert((&one.repository, &one.manifest, one.line));
        }
    }
    for step in &answer.derivation {
        packages.insert(&step.package);
        if step.is_repository {
            asked.insert((&step.subject, &step.package));
        }
    }
    among
        .iter()
        .copied()
        .filter(|element| {
            let Some(package) = package(request, *element) else {
                return false;
            };
            match element.repository() {
                None => packages.contains(package.as_str()),
                Some(repository) => {
                    let place = imposed(request, *element);
                    let in_conflict = place.is_some_and(|one| {
                        places.contains(&(one.repository.as_str(), one.manifest.as_str(), one.line))
                    });
                    in_conflict || asked.contains(&(shown(request, repository).as_str(), &package))
                }
            }
        })
        .collect()
}

/// Gives where alone a set conflicts: where all conditions of the set hold, and in the part that it is known to conflict in alone.
///
/// Only for Python: the locks of other ecosystems are the same for every environment. Conditions that are too many to combine are left out.
pub(super) fn environment(
    request: &ResolutionRequest,
    elements: &[Element],
    part: Option<&str>,
) -> Option<String> {
    let mut common = MarkerTree::TRUE;
    let mut room = MOST_CONDITIONS;
    let mut add = |text: &str, extra: Option<&str>| {
        let needed = conditions(text) + 1;
        if needed <= room
            && let Ok(read) = read_text(&format!("x; {text}"), extra)
        {
            room -= needed;
            common.and(read.condition);
        }
    };
    let dependencies = elements
        .iter()
        .filter_map(|element| dependency(request, *element))
        .filter(|dependency| dependency.ecosystem == Ecosystem::Python);
    for dependency in dependencies {
        if let Some(text) = dependency.marker.as_deref() {
            add(text, dependency.group.as_deref());
        }
    }
    if let Some(part) = part {
        add(part, None);
    }
    if common.is_false() {
        return None;
    }
    common.try_to_string()
}

/// Reads a marker within bounds.
pub(super) fn marker(text: &str) -> Option<MarkerTree> {
    if conditions(text) >= MOST_CONDITIONS {
        return None;
    }
    let read = read_text(&format!("x; {text}"), None).ok()?;
    Some(read.condition)
}

/// Gives a request whose requirements hold outside of a part of the environments only; `None` when a condition cannot be read or combined.
pub(super) fn outside(request: &ResolutionRequest, part: &str) -> Option<ResolutionRequest> {
    let outside = marker(part)?.negate();
    let room = MOST_CONDITIONS.checked_sub(conditions(part) + 1)?;
    let mut limited = request.clone();
    let all = limited.repositories.iter_mut();
    for dependency in all.flat_map(|one| one.requirements.iter_mut()) {
        let mut condition = MarkerTree::TRUE;
        if let Some(text) = dependency.marker.as_deref() {
            if conditions(text) >= room {
                return None;
            }
            let read = read_text(&format!("x; {text}"), dependency.group.as_deref()).ok()?;
            condition = read.condition;
        }
        condition.and(outside.clone());
        dependency.marker = condition.try_to_string();
    }
    Some(limited)
}
