//! `analyze`: what a repository is made of.

use std::time::Instant;

use synthesizer_analysis::{components, reading::Bounds, repository};
use synthesizer_infrastructure::project::Scratch;
use synthesizer_model::{
    analysis::{RepositoryAnalysis, TransitiveDependency},
    dependency::{Ecosystem, normalize_distribution},
    failure::Failure,
    finding::Problem,
    reference::RepositoryReference,
    resolution::{RepositoryRequirements, Resolution, ResolutionRequest, ResolutionStatus},
};

use crate::{Call, Engine, observing::observed, opening};

/// How much to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Packages and modules.
    Summary,
    /// Classes and functions too.
    Full,
}

/// What to analyse.
#[derive(Debug, Clone)]
pub struct AnalyzeRequest {
    /// The repository; with a component, that component alone is listed.
    pub repository: RepositoryReference,
    /// Resolve what the runtime dependencies bring.
    pub include_transitive: bool,
    /// List components.
    pub extract_components: bool,
    /// Keep the components that these words find.
    pub component_query: Option<String>,
    /// How much to list.
    pub detail: Detail,
}

impl Engine {
    /// Analyses a repository.
    ///
    /// # Errors
    /// Those of opening the repository. What could not be analysed is in `problems`.
    pub async fn analyze(
        &self,
        call: &Call,
        request: AnalyzeRequest,
    ) -> Result<RepositoryAnalysis, Failure> {
        observed(
            call,
            "analyze",
            self.bounded(call, self.run_analysis(call, request)),
        )
        .await
    }

    async fn run_analysis(
        &self,
        call: &Call,
        request: AnalyzeRequest,
    ) -> Result<RepositoryAnalysis, Failure> {
        let started = Instant::now();
        call.progress.step(5, "fetching the repository");
        let base = self.config().paths.working_directory.clone();
        let location = &request.repository.location;
        // At the same time, so that asking costs no time where fetching takes any.
        let (tree, platform) = futures_util::future::try_join(
            self.open(call, location, &base),
            self.platform_facts(call, location),
        )
        .await?;
        let options = repository::Options {
            components: request.extract_components,
            symbols: request.detail == Detail::Full
                || request
                    .repository
                    .component
                    .as_ref()
                    .is_some_and(|component| component.contains(':')),
            full: request.detail == Detail::Full,
            only: request.repository.component.clone(),
            platform: platform.facts.clone(),
        };
        let limits = &self.config().limits;
        let bounds = Bounds {
            parsed_bytes: usize::try_from(limits.parsed_bytes).unwrap_or(usize::MAX),
            files: limits.source_files,
        };
        let progress = call.reading_progress(limits.analysis_time);
        let facts = self.facts();
        let mut analysis = opening::compute_until_cancelled(call, move || {
            repository::analyze(
                tree.as_ref(),
                &options,
                facts.as_ref(),
                bounds,
                progress.as_ref(),
            )
        })
        .await?;
        platform.explain(&mut analysis);
        if request.include_transitive {
            call.progress.step(85, "resolving dependencies");
            self.add_transitive(call, &request, &mut analysis).await?;
        }
        if let Some(component) = &request.repository.component {
            analysis
                .components
                .retain(|known| known.id == *component || known.path == *component);
        }
        if let Some(query) = &request.component_query {
            analysis.components = components::find(analysis.components, query);
        }
        analysis.analysis_time_ms =
            u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(analysis)
    }

    /// Adds what a solver finds; a failure of it is a problem of the answer, not of the analysis.
    async fn add_transitive(
        &self,
        call: &Call,
        request: &AnalyzeRequest,
        analysis: &mut RepositoryAnalysis,
    ) -> Result<(), Failure> {
        let runtime: Vec<_> = analysis
            .dependencies
            .direct
            .iter()
            .filter(|dependency| repository::is_runtime(dependency) && dependency.member.is_none())
            .cloned()
            .collect();
        let transitive = &analysis.dependencies.transitive;
        let is_locked = transitive
            .iter()
            .any(|package| package.ecosystem == Ecosystem::Python);
        if runtime.is_empty() || is_locked {
            analysis.dependencies.summary.transitive_count = Some(transitive.len());
            return Ok(());
        }
        let resolution_request = ResolutionRequest {
            repositories: vec![RepositoryRequirements {
                repository: request.repository.location.to_string(),
                slug: "source".to_owned(),
                requires_python: analysis.requires_python.clone(),
                requirements: runtime,
                ..RepositoryRequirements::default()
            }],
            offline: self.config().offline,
            ..ResolutionRequest::default()
        };
        match self.solve_python(call, &resolution_request).await {
            Ok(resolution) if resolution.status == ResolutionStatus::Resolved => {
                fill_transitive(analysis, resolution)
            }
            Ok(resolution) => {
                if resolution.status == ResolutionStatus::Unsatisfiable {
                    analysis
                        .dependencies
                        .conflicts
                        .push(resolution.explanation.clone());
                    analysis.dependencies.summary.conflict_count =
                        resolution.conflicts.len().max(1);
                }
                analysis.problems.push(Problem::new(
                    "dependencies",
                    format!("not resolved: {}", resolution.explanation),
                ));
            }
            Err(failure) if failure.code == synthesizer_model::ErrorCode::Cancelled => {
                return Err(failure);
            }
            Err(failure) => {
                analysis.problems.push(Problem::new(
                    "dependencies",
                    format!("not resolved: {}", failure.message),
                ));
            }
        }
        Ok(())
    }

    /// Runs the Python solver in a scratch folder of its own.
    pub(crate) async fn solve_python(
        &self,
        call: &Call,
        request: &ResolutionRequest,
    ) -> Result<Resolution, Failure> {
        let scratch = Scratch::create(&self.config().paths.cache)?;
        let uv = self.uv(scratch.path())?;
        synthesizer_resolution::resolve_python(request, uv.environment(), &call.cancellation).await
    }
}

fn fill_transitive(analysis: &mut RepositoryAnalysis, resolution: Resolution) {
    let direct: Vec<String> = analysis
        .dependencies
        .direct
        .iter()
        .filter(|known| repository::is_runtime(known))
        .map(|known| normalize_distribution(&known.name))
        .collect();
    let added = resolution
        .packages
        .into_iter()
        .filter(|package| !direct.contains(&package.name))
        .map(|package| TransitiveDependency {
            name: package.name,
            version: package.version,
            required_by: package.required_by,
            ecosystem: Ecosystem::Python,
            known_from: "uv".to_owned(),
        });
    analysis.dependencies.transitive.extend(added);
    analysis.dependencies.summary.transitive_count = Some(analysis.dependencies.transitive.len());
}
