//! The first look from outside: tables of what contradicts and what does not, made-up registries solved by trying everything, hostile input.

mod cargo;
mod cargo_registries;
mod hostile;
mod npm;
mod npm_registries;
mod python;
mod python_registries;

use synthesizer_model::{
    dependency::{Dependency, Ecosystem},
    resolution::{Conflict, RepositoryRequirements},
};
use synthesizer_resolution::first_look;

/// A repository with some requirements.
fn repository(name: &str, requirements: Vec<Dependency>) -> RepositoryRequirements {
    RepositoryRequirements {
        repository: name.to_owned(),
        slug: name.to_owned(),
        requirements,
        ..RepositoryRequirements::default()
    }
}

/// A requirement at line 1 of `manifest`.
fn asks(ecosystem: Ecosystem, name: &str, specifier: &str) -> Dependency {
    Dependency {
        specifier: specifier.to_owned(),
        ..Dependency::new(ecosystem, name, "manifest", 1)
    }
}

/// Writes a conflict on one line.
fn told(conflict: &Conflict) -> String {
    let environment = match &conflict.environment {
        Some(environment) => format!(" where {environment}"),
        None => String::new(),
    };
    let requirements: Vec<String> = conflict
        .requirements
        .iter()
        .map(|one| format!("{} {}", one.repository, one.specifier))
        .collect();
    format!(
        "{}{environment}: {}",
        conflict.what,
        requirements.join(", ")
    )
}

/// Looks, and writes what was found, one line a conflict.
fn look(
    ecosystem: Ecosystem,
    repositories: &[RepositoryRequirements],
    python_version: Option<&str>,
) -> Vec<String> {
    first_look::conflicts(ecosystem, repositories, python_version)
        .iter()
        .map(told)
        .collect()
}
