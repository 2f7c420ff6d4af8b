//! `resolve`: one set of packages that suits every repository, or why there is none.

use serde::Serialize;
use synthesizer_analysis::manifests;
use synthesizer_model::{
    dependency::Ecosystem,
    failure::{ErrorCode, Failure},
    reference::RepositoryReference,
    resolution::{Constraint, RepositoryRequirements, Resolution, ResolutionRequest},
    tree::SourceTree,
};

use crate::{Call, Engine, observing::observed, opening};

/// What to resolve.
#[derive(Debug, Clone)]
pub struct ResolveRequest {
    /// The repositories.
    pub repositories: Vec<RepositoryReference>,
    /// Further requirements.
    pub constraints: Vec<String>,
    /// One Python version; the whole range that suits all when `None`.
    pub python_version: Option<String>,
    /// One ecosystem; every supported one when `None`.
    pub ecosystem: Option<Ecosystem>,
}

/// One resolution per ecosystem.
#[derive(Debug, Clone, Serialize)]
pub struct ResolveAnswer {
    /// The resolutions.
    pub resolutions: Vec<Resolution>,
    /// Follows the call.
    pub correlation_id: String,
}

impl Engine {
    /// Resolves the runtime requirements of all repositories together.
    ///
    /// # Errors
    /// Those of opening a repository, `E_ARGUMENT` for an ecosystem without a solver, `E_TOOL_MISSING` without `uv`. "No solution" is an answer.
    pub async fn resolve(
        &self,
        call: &Call,
        request: ResolveRequest,
    ) -> Result<ResolveAnswer, Failure> {
        observed(
            call,
            "resolve",
            self.bounded(call, self.run_resolution(call, request)),
        )
        .await
    }

    async fn run_resolution(
        &self,
        call: &Call,
        request: ResolveRequest,
    ) -> Result<ResolveAnswer, Failure> {
        if request.repositories.is_empty() {
            return Err(Failure::new(ErrorCode::Argument, "no repository is named"));
        }
        if let Some(ecosystem @ (Ecosystem::Cargo | Ecosystem::Npm)) = request.ecosystem {
            let name = if ecosystem == Ecosystem::Cargo {
                "cargo"
            } else {
                "npm"
            };
            return Err(Failure::new(
                ErrorCode::Argument,
                format!("there is no solver for {name} in this version"),
            )
            .with_hint("python is supported"));
        }
        call.progress.step(5, "fetching the repositories");
        let base = self.config().paths.working_directory.clone();
        let trees = self
            .open_all(call, &opening::locations(&request.repositories), &base)
            .await?;
        call.progress.step(50, "reading manifests");
        let mut repositories = Vec::new();
        let mut warnings = Vec::new();
        for (reference, tree) in request.repositories.iter().zip(trees) {
            let name = reference.location.to_string();
            let (requirements, problems) =
                opening::compute(move || Ok(requirements_of(name, tree.as_ref()))).await?;
            warnings.extend(problems);
            repositories.push(requirements);
        }
        call.progress.step(60, "solving");
        let request = ResolutionRequest {
            repositories,
            constraints: request
                .constraints
                .into_iter()
                .map(Constraint::beside)
                .collect(),
            python_version: request.python_version,
            offline: self.config().offline,
        };
        let mut resolution = self.solve_python(call, &request).await?;
        warnings.append(&mut resolution.warnings);
        resolution.warnings = warnings;
        Ok(ResolveAnswer {
            resolutions: vec![resolution],
            correlation_id: call.correlation_id.clone(),
        })
    }
}

fn requirements_of(
    repository: String,
    tree: &dyn SourceTree,
) -> (RepositoryRequirements, Vec<String>) {
    let (found, problems) = manifests::read_manifests(tree);
    let warnings = problems
        .iter()
        .map(|problem| format!("{repository}: {}: {}", problem.path, problem.what))
        .collect();
    let requirements = RepositoryRequirements {
        slug: tree.origin().slug.clone(),
        requires_python: found.project.requires_python,
        requirements: found
            .dependencies
            .into_iter()
            .filter(synthesizer_analysis::repository::is_runtime)
            .collect(),
        repository,
        ..RepositoryRequirements::default()
    };
    (requirements, warnings)
}
