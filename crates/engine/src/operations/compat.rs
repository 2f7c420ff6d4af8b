//! `compat`: whether repositories can live together: packages, runtimes, licenses, names.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::Serialize;
use synthesizer_analysis::{
    manifests::owned_names::owned_names,
    reading::Bounds,
    repository::{self, Options},
};
use synthesizer_model::{
    analysis::RepositoryAnalysis,
    compatibility::{Compatibility, OwnedName},
    dependency::Ecosystem,
    failure::{ErrorCode, Failure},
    license::Licenses,
    progress::Unwatched,
    reference::RepositoryReference,
    resolution::{Resolution, RuntimeRequirement},
    text::escape_untrusted,
};
use synthesizer_resolution::{
    Effort, constraints,
    licenses::{self, LicensedWork, WorkPart},
    names, runtimes,
    verdict::{self, Judged},
};

use crate::{Call, Engine, observing::observed, opening, requirements::ReadRepository};

/// How many different statements of single files are compared for each repository.
const MOST_STATEMENTS: usize = 20;

/// What to compare.
#[derive(Debug, Clone)]
pub struct CompatRequest {
    /// The repositories, two at least.
    pub repositories: Vec<RepositoryReference>,
    /// Further requirements, as for `resolve`.
    pub constraints: Vec<String>,
    /// One Python version; the whole range that suits all when `None`.
    pub python_version: Option<String>,
    /// The SPDX expression under which the combined work is to be passed on.
    pub outbound_license: Option<String>,
}

/// The verdict.
#[derive(Debug, Clone, Serialize)]
pub struct CompatAnswer {
    /// All of it.
    #[serde(flatten)]
    pub compatibility: Compatibility,
    /// Follows the call.
    pub correlation_id: String,
}

impl Engine {
    /// Says whether repositories can live together in one project.
    ///
    /// # Errors
    /// Those of opening a repository, `E_ARGUMENT` for less than two repositories, a license that SPDX does not know and a constraint that cannot
    /// be read. "No" and "unknown" are answers; a solver that fails or is missing leaves its family unknown.
    pub async fn compat(
        &self,
        call: &Call,
        request: CompatRequest,
    ) -> Result<CompatAnswer, Failure> {
        observed(
            call,
            "compat",
            self.bounded(call, self.run_compat(call, request)),
        )
        .await
    }

    async fn run_compat(
        &self,
        call: &Call,
        request: CompatRequest,
    ) -> Result<CompatAnswer, Failure> {
        check(&request)?;
        call.progress.step(5, "fetching the repositories");
        let (repositories, mut warnings) =
            self.read_repositories(call, &request.repositories).await?;
        let python_version = request.python_version.as_deref();
        let families = self.families(
            &repositories,
            &request.constraints,
            python_version,
            None,
            &mut warnings,
        )?;
        call.progress.step(80, "solving, and reading licenses");
        let solving = families.iter().map(|(ecosystem, request)| async move {
            match self.solve(call, *ecosystem, request, Effort::Lock).await {
                Ok(resolution) => Ok(Ok(resolution)),
                // Bad input and a caller who has gone end the call; a solver that fails leaves its family unknown.
                Err(failure) if ends_the_call(failure.code) => Err(failure),
                Err(failure) => {
                    tracing::warn!(
                        ecosystem = ecosystem.as_str(),
                        code = failure.code.as_str(),
                        message = failure.message,
                        "a solver failed; its family is unknown"
                    );
                    Ok(Err((*ecosystem, failure)))
                }
            }
        });
        let (resolutions, licensed) = tokio::try_join!(
            futures_util::future::try_join_all(solving),
            self.works_of(call, &repositories),
        )?;
        let works: Vec<LicensedWork> = licensed
            .into_iter()
            .chain(packages_of(&resolutions, &mut warnings))
            .collect();
        let outbound = request.outbound_license.as_deref();
        let licenses = licenses::judge(&works, outbound)?;
        let of_python = families
            .get(&Ecosystem::Python)
            .map_or(&[][..], |request| &request.constraints);
        let runtimes: Vec<(String, Vec<RuntimeRequirement>)> = repositories
            .iter()
            .map(|one| {
                let mut runtimes = one.runtimes();
                constraints::apply_to_runtimes(of_python, &one.name, &mut runtimes);
                (one.name.clone(), runtimes)
            })
            .collect();
        let owned: Vec<(String, Vec<OwnedName>)> = repositories
            .iter()
            .map(|one| (one.name.clone(), one.owned_names()))
            .collect();
        warnings.push(licenses.notice.clone());
        let compatibility = verdict::compose(Judged {
            repositories: repositories.into_iter().map(|one| one.name).collect(),
            resolutions,
            runtime: runtimes::judge(&runtimes, python_version).findings,
            licenses: licenses.findings,
            names: names::judge(&owned),
            possible_outbound_licenses: licenses.possible_outbound,
            warnings,
        });
        Ok(CompatAnswer {
            compatibility,
            correlation_id: call.correlation_id.clone(),
        })
    }

    /// Reads the licenses of all repositories; what blobs say of themselves is known from other looks at them.
    async fn works_of(
        &self,
        call: &Call,
        repositories: &[ReadRepository],
    ) -> Result<Vec<LicensedWork>, Failure> {
        let mut works = Vec::new();
        for repository in repositories {
            let analysis = self.licenses_of(call, repository).await?;
            works.extend(works_of_repository(repository, &analysis.licenses));
        }
        Ok(works)
    }

    async fn licenses_of(
        &self,
        call: &Call,
        repository: &ReadRepository,
    ) -> Result<RepositoryAnalysis, Failure> {
        let limits = &self.config().limits;
        let bounds = Bounds {
            parsed_bytes: usize::try_from(limits.parsed_bytes).unwrap_or(usize::MAX),
            files: limits.source_files,
        };
        // Solvers work meanwhile and take longest: what is told is what is waited for.
        let quiet = Call {
            progress: Arc::new(Unwatched),
            ..call.clone()
        };
        let progress = quiet.reading_progress(limits.analysis_time);
        let facts = self.facts();
        let tree = Arc::clone(&repository.tree);
        opening::compute_until_cancelled(call, move || {
            repository::analyze(
                tree.as_ref(),
                &Options::default(),
                facts.as_ref(),
                bounds,
                progress.as_ref(),
            )
        })
        .await
    }
}

fn check(request: &CompatRequest) -> Result<(), Failure> {
    if request.repositories.len() < 2 {
        return Err(Failure::new(
            ErrorCode::Argument,
            "there is nothing to compare with one repository",
        )
        .with_hint("name two repositories or more"));
    }
    let mut named = BTreeSet::new();
    for reference in &request.repositories {
        let location = reference.location.to_string();
        if !named.insert(location.clone()) {
            return Err(Failure::new(
                ErrorCode::Argument,
                format!("{} is named twice", escape_untrusted(&location)),
            )
            .with_hint("name each repository once; two versions of one are two repositories"));
        }
    }
    Ok(())
}

const fn ends_the_call(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::Argument | ErrorCode::Cancelled)
}

impl ReadRepository {
    /// Lists the versions of languages and runtimes that its own packages ask for.
    fn runtimes(&self) -> Vec<RuntimeRequirement> {
        let families = self.requirements().into_values();
        families.flat_map(|family| family.runtimes).collect()
    }

    /// Lists the names that it brings along.
    fn owned_names(&self) -> Vec<OwnedName> {
        self.inventory
            .own()
            .flat_map(|project| owned_names(project, self.tree.as_ref()))
            .collect()
    }
}

/// Gives the repository's own license, and what single files state that it does not say.
fn works_of_repository(repository: &ReadRepository, licenses: &Licenses) -> Vec<LicensedWork> {
    let whole = licenses.effective();
    let declared_in = repository
        .inventory
        .roots()
        .find(|project| project.license.is_some())
        .and_then(|project| project.manifests.first().cloned());
    let place = declared_in
        .or_else(|| licenses.detected.first().map(|found| found.path.clone()))
        .unwrap_or_default();
    let work = |expression: Option<String>, manifest: String| LicensedWork {
        repository: repository.name.clone(),
        part: WorkPart::Source,
        expression,
        manifest,
        line: 0,
    };
    let mut works = vec![work(whole.clone(), place)];
    let others = licenses
        .stated
        .iter()
        .filter(|stated| Some(&stated.spdx) != whole.as_ref())
        .take(MOST_STATEMENTS);
    works.extend(others.map(|stated| work(Some(stated.spdx.clone()), stated.example.clone())));
    works
}

/// Gives the packages of which a lock tells the license; says of how many none is known.
fn packages_of(
    resolutions: &[Result<Resolution, (Ecosystem, Failure)>],
    warnings: &mut Vec<String>,
) -> Vec<LicensedWork> {
    let mut works = Vec::new();
    let mut unknown: BTreeMap<Ecosystem, usize> = BTreeMap::new();
    for resolution in resolutions.iter().filter_map(|known| known.as_ref().ok()) {
        for package in &resolution.packages {
            match &package.license {
                Some(license) => works.push(LicensedWork {
                    repository: package.chain.first().cloned().unwrap_or_default(),
                    part: WorkPart::Package(format!("{} {}", package.name, package.version)),
                    expression: Some(license.clone()),
                    manifest: String::new(),
                    line: 0,
                }),
                None => *unknown.entry(resolution.ecosystem).or_default() += 1,
            }
        }
    }
    for (ecosystem, count) in unknown {
        warnings.push(format!(
            "{ecosystem}: packages of the set whose license is not known and was not compared: {count}"
        ));
    }
    works
}
