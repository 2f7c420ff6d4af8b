//! What the parts and the template ask of the project, as the solver is asked.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_model::{
    dependency::{Dependency, Ecosystem},
    ecmascript::{NpmNeed, NpmNeedKind},
    failure::Failure,
    resolution::{RepositoryRequirements, ResolutionRequest, RuntimeRequirement},
};
use synthesizer_synthesis::{families::npm::ranges_together, templates::Template};

use super::taking::Taken;

/// Makes the question whether all can be had together.
///
/// What modules import has to suit all of them in one version, since the project declares it once: it is asked for as peers are.
///
/// # Errors
/// `E_INTERNAL` when the template is not valid.
pub(super) fn request(
    taken: &[Taken],
    template: &Template,
    offline: bool,
) -> Result<ResolutionRequest, Failure> {
    let mut repositories: Vec<RepositoryRequirements> = taken.iter().map(of_source).collect();
    repositories.push(RepositoryRequirements {
        repository: format!("template {}", template.name),
        slug: "template".to_owned(),
        requirements: template
            .dependencies(Ecosystem::Npm)?
            .into_iter()
            .map(|dependency| Dependency {
                specifier: dependency.requirement,
                ..Dependency::new(Ecosystem::Npm, dependency.name, "template", 0)
            })
            .collect(),
        ..RepositoryRequirements::default()
    });
    Ok(ResolutionRequest {
        repositories,
        offline,
        ..ResolutionRequest::default()
    })
}

fn of_source(source: &Taken) -> RepositoryRequirements {
    let runtimes = source.closure.packages.iter().flat_map(|package| {
        package
            .engines
            .iter()
            .map(|(runtime, range)| RuntimeRequirement {
                runtime: runtime.clone(),
                specifier: range.clone(),
                manifest: format!("{}/package.json", package.folder)
                    .trim_start_matches('/')
                    .to_owned(),
                line: 0,
            })
    });
    RepositoryRequirements {
        repository: source.repository.clone(),
        slug: source.id.clone(),
        runtimes: runtimes.collect(),
        requirements: source
            .closure
            .needs
            .iter()
            .filter(|need| need.kind != NpmNeedKind::Optional)
            .map(requirement)
            .collect(),
        ..RepositoryRequirements::default()
    }
}

fn requirement(need: &NpmNeed) -> Dependency {
    let (manifest, line) = need
        .declared_at
        .clone()
        .unwrap_or_else(|| ("imports".to_owned(), 0));
    let (name, specifier, imported_as) = match need.range.strip_prefix("npm:") {
        Some(alias) => {
            let at = alias.rfind('@').filter(|at| *at > 0).unwrap_or(alias.len());
            (
                alias[..at].to_owned(),
                need.range.clone(),
                Some(need.name.clone()),
            )
        }
        None => (need.name.clone(), need.range.clone(), None),
    };
    Dependency {
        specifier,
        imported_as,
        group: (need.kind == NpmNeedKind::Required).then(|| "peer".to_owned()),
        ..Dependency::new(Ecosystem::Npm, name, manifest, line)
    }
}

/// Names the packages that are asked for in ranges which cannot be written as one: the project asks for the version that the solver found.
pub(super) fn without_one_range(taken: &[Taken]) -> BTreeSet<&str> {
    let mut asked: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for need in taken.iter().flat_map(|source| &source.closure.needs) {
        asked.entry(&need.name).or_default().insert(&need.range);
    }
    asked.retain(|_, ranges| ranges_together(ranges.iter().copied()).is_none());
    asked.into_keys().collect()
}

/// Gives the range of Node versions that all parts and the template run on.
///
/// # Errors
/// `E_INTERNAL` when the template is not valid.
pub(super) fn node_range(taken: &[Taken], template: &Template) -> Result<String, Failure> {
    let of_template = template.requires_node()?.unwrap_or_default();
    let of_sources = taken
        .iter()
        .flat_map(|source| &source.closure.packages)
        .filter_map(|package| package.engines.get("node").map(String::as_str));
    let together = ranges_together(of_sources.chain([of_template.as_str()]));
    Ok(together.filter(|range| range != "*").unwrap_or(of_template))
}
