//! `resolve`: one set of packages per family that suits every repository, or why there is none.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use synthesizer_model::{
    dependency::Ecosystem,
    failure::{ErrorCode, Failure},
    reference::RepositoryReference,
    resolution::{Constraint, RepositoryRequirements, Resolution, ResolutionRequest},
};

use synthesizer_resolution::Effort;

use crate::{Call, Engine, observing::observed, requirements::ReadRepository};

/// What to resolve.
#[derive(Debug, Clone)]
pub struct ResolveRequest {
    /// The repositories.
    pub repositories: Vec<RepositoryReference>,
    /// Further requirements, as [`synthesizer_resolution::constraints::by_ecosystem`] reads them.
    pub constraints: Vec<String>,
    /// One Python version; the whole range that suits all when `None`.
    pub python_version: Option<String>,
    /// One ecosystem; every one that a repository has when `None`.
    pub ecosystem: Option<Ecosystem>,
    /// Give the set in pip's form too, which takes another run of the solver.
    pub requirements_txt: bool,
}

/// One resolution per ecosystem.
#[derive(Debug, Clone, Serialize)]
pub struct ResolveAnswer {
    /// The resolutions.
    pub resolutions: Vec<Resolution>,
    /// What to know about the whole.
    pub warnings: Vec<String>,
    /// Follows the call.
    pub correlation_id: String,
}

/// What all repositories of a call ask for, by family.
pub(crate) type Families = BTreeMap<Ecosystem, ResolutionRequest>;

impl Engine {
    /// Resolves what all repositories need to run, together, one family of packages after the other's own rules.
    ///
    /// # Errors
    /// Those of opening a repository, `E_ARGUMENT` for a family without a solver or a constraint that cannot be read, `E_TOOL_MISSING` without
    /// the solver's program. "No solution" is an answer.
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
        call.progress.step(5, "fetching the repositories");
        let (repositories, mut warnings) =
            self.read_repositories(call, &request.repositories).await?;
        let families = self.families(
            &repositories,
            &request.constraints,
            request.python_version.as_deref(),
            request.ecosystem,
            &mut warnings,
        )?;
        call.progress.step(80, "solving");
        let effort = if request.requirements_txt {
            Effort::Whole
        } else {
            Effort::Lock
        };
        let solving = families
            .iter()
            .map(|(ecosystem, request)| self.solve(call, *ecosystem, request, effort));
        let resolutions = futures_util::future::try_join_all(solving).await?;
        Ok(ResolveAnswer {
            resolutions,
            warnings,
            correlation_id: call.correlation_id.clone(),
        })
    }

    /// Sorts what repositories ask for by family, with the user's constraints; families that have no solver are told.
    pub(crate) fn families(
        &self,
        repositories: &[ReadRepository],
        constraints: &[String],
        python_version: Option<&str>,
        only: Option<Ecosystem>,
        warnings: &mut Vec<String>,
    ) -> Result<Families, Failure> {
        let mut by_family: BTreeMap<Ecosystem, Vec<RepositoryRequirements>> = BTreeMap::new();
        for repository in repositories {
            for (ecosystem, requirements) in repository.requirements() {
                by_family.entry(ecosystem).or_default().push(requirements);
            }
        }
        if let Some(only) = only {
            by_family.retain(|ecosystem, _| *ecosystem == only);
            // A family that was asked for is answered, though nothing is needed of it.
            by_family.entry(only).or_default();
        }
        by_family.retain(|ecosystem, _| {
            let has_solver = synthesizer_resolution::solver_of(*ecosystem).is_some();
            if !has_solver && only.is_none() {
                warnings.push(format!(
                    "there is no solver for {ecosystem}; its requirements were left out"
                ));
            }
            has_solver || only.is_some()
        });
        if by_family.is_empty() {
            // No manifest asks for anything: an empty Python set says so.
            by_family.insert(Ecosystem::Python, Vec::new());
        }
        let present: BTreeSet<Ecosystem> = by_family.keys().copied().collect();
        let names: Vec<String> = repositories.iter().map(|one| one.name.clone()).collect();
        let mut constraints =
            synthesizer_resolution::constraints::by_ecosystem(constraints, &names, &present)?;
        for (ecosystem, unused) in constraints
            .iter()
            .filter(|(known, _)| !present.contains(known))
        {
            let first = unused
                .first()
                .map_or("", |one: &Constraint| one.requirement.as_str());
            warnings.push(format!(
                "no repository has {ecosystem} requirements; `{first}` was left out"
            ));
        }
        let requests = by_family.into_iter().map(|(ecosystem, repositories)| {
            let request = ResolutionRequest {
                repositories,
                constraints: constraints.remove(&ecosystem).unwrap_or_default(),
                python_version: python_version
                    .filter(|_| ecosystem == Ecosystem::Python)
                    .map(str::to_owned),
                offline: self.config().offline,
            };
            (ecosystem, request)
        });
        Ok(requests.collect())
    }
}
