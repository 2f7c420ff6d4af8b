//! Whether the packages that the taken ones need of registries can be had together.

use std::collections::HashSet;

use synthesizer_model::{
    dependency::{Dependency, Ecosystem},
    failure::Failure,
    resolution::{RepositoryRequirements, Resolution, ResolutionRequest},
};
use synthesizer_resolution::Effort;

use super::taking::Taken;
use crate::{Call, Engine};

impl Engine {
    /// Solves the needs of all sources together.
    pub(super) async fn solve_packages(
        &self,
        call: &Call,
        taken: &[Taken],
    ) -> Result<Resolution, Failure> {
        let request = ResolutionRequest {
            repositories: taken.iter().map(requirements).collect(),
            offline: self.config().offline,
            ..ResolutionRequest::default()
        };
        self.solve(call, Ecosystem::Cargo, &request, Effort::Lock)
            .await
    }
}

/// Gives what the taken packages of a source need of registries; what only their tests need is left to the lock.
fn requirements(taken: &Taken) -> RepositoryRequirements {
    let folders: HashSet<&str> = taken
        .closure
        .crates
        .iter()
        .map(|one| one.folder.as_str())
        .collect();
    let mut requirements = Vec::new();
    for one in &taken.closure.crates {
        let Some(project) = taken.project(&one.folder) else {
            continue;
        };
        let names = one.part.as_ref().map(|part| &part.names);
        let needed = project.dependencies.iter().filter(|dependency| {
            let key = dependency.imported_as.as_ref().unwrap_or(&dependency.name);
            let is_named = names.is_none_or(|names| names.contains(&key.replace('-', "_")));
            let is_build = dependency.group.as_deref() == Some("build");
            dependency.group.as_deref() != Some("dev")
                && (is_named || is_build)
                && !is_taken(dependency, &folders)
        });
        requirements.extend(needed.cloned());
    }
    RepositoryRequirements {
        repository: taken.repository.clone(),
        slug: taken.id.clone(),
        runtimes: taken.runtimes.clone(),
        requirements,
        ..RepositoryRequirements::default()
    }
}

fn is_taken(dependency: &Dependency, folders: &HashSet<&str>) -> bool {
    let path = dependency
        .url
        .as_deref()
        .and_then(|url| url.strip_prefix("path+"));
    path.is_some_and(|path| folders.contains(path.trim_end_matches('/')))
}
