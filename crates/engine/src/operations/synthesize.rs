//! `synthesize`: from a request to a placed, verified project, as a job.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use synthesizer_infrastructure::{
    project::{ProjectFile, Scratch, Staging},
    tools,
};
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    finding::{Finding, Severity},
    job::JobRecord,
    reference::Location,
    resolution::{Resolution, ResolutionStatus},
    synthesis::{
        LockedResolution, PlanSummary, PlannedFile, RequestedRepository, SynthesisRequest,
        SynthesisResult,
    },
    tree::{Origin, TreePath, sha256_hex},
    verification::{Level, Verification},
};
use synthesizer_resolution::LockProblem;
use synthesizer_synthesis::{
    OutputFile, ProjectName, SourceInput, Synthesis, SynthesisInput, templates,
};
use tokio_util::sync::CancellationToken;

use crate::{
    Call, Engine,
    jobs::{JobProgress, RunningJob},
    opening, paths,
    synthesis::{
        needs::Needs,
        readme::{self, SourceFacts},
        request::{self, Wanted},
        taking::{self, Opened, Taken},
    },
    verification::{ProjectText, Subject},
};

/// The steps of a synthesis, in order.
const STEPS: &[&str] = &[
    "fetching the repositories",
    "analysing",
    "resolving dependencies",
    "planning",
    "writing",
    "verifying",
    "placing",
];

/// What to build and where.
#[derive(Debug, Clone)]
pub struct SynthesizeRequest {
    /// The plan.
    pub request: SynthesisRequest,
    /// The new project's folder, as the caller wrote it.
    pub output: String,
    /// The folder that local repositories of the plan are relative to.
    pub base: PathBuf,
    /// Plan only; write nothing.
    pub dry_run: bool,
    /// How deep to verify; not at all when `None`.
    pub verify: Option<Level>,
    /// Place the project only when its verification passed.
    pub require_verified: bool,
}

impl Engine {
    /// Builds a project and waits for the end; cancelling the call cancels the work.
    ///
    /// # Errors
    /// Those of the repositories and of the request; `E_EXISTS` when the output exists. A failed verification and a conflict are answers.
    pub async fn synthesize(
        &self,
        call: &Call,
        request: SynthesizeRequest,
    ) -> Result<SynthesisResult, Failure> {
        let job = self.jobs().begin(STEPS, call.cancellation.child_token());
        let outcome = self.run_job(call, &job, request).await;
        job.finish(outcome.as_ref(), self.jobs());
        outcome
    }

    /// Starts building a project as a job that outlives the call.
    ///
    /// # Errors
    /// What can be told at once: `E_ARGUMENT`, `E_PATH`, `E_URL`, `E_EXISTS`.
    pub fn start_synthesis(
        &self,
        call: &Call,
        request: SynthesizeRequest,
    ) -> Result<String, Failure> {
        self.check_request(call, &request)?;
        let cancellation = CancellationToken::new();
        let job = self.jobs().begin(STEPS, cancellation.clone());
        let id = job.id().to_owned();
        let engine = self.clone();
        let call = Call {
            cancellation,
            ..call.clone()
        };
        // The job table owns the work: it holds the token, is told of the end, and waits for it at shutdown.
        tokio::spawn(async move {
            let outcome = engine.run_job(&call, &job, request).await;
            job.finish(outcome.as_ref(), engine.jobs());
        });
        Ok(id)
    }

    /// Waits for a job, at most for the given time.
    ///
    /// # Errors
    /// `E_NOT_FOUND` for an unknown id.
    pub async fn wait_for(
        &self,
        synthesis_id: &str,
        at_most: Duration,
    ) -> Result<JobRecord, Failure> {
        self.jobs().wait(synthesis_id, at_most).await
    }

    async fn run_job(
        &self,
        call: &Call,
        job: &RunningJob,
        request: SynthesizeRequest,
    ) -> Result<SynthesisResult, Failure> {
        let progress = JobProgress::new(job, Arc::clone(&call.progress));
        let call = Call {
            progress: Arc::new(progress),
            cancellation: job.cancellation(),
            ..call.clone()
        };
        let id = job.id().to_owned();
        let deadline = self.config().limits.synthesis_timeout;
        let work = self.build(&call, &id, request);
        tokio::select! {
            outcome = tokio::time::timeout(deadline, work) => match outcome {
                Ok(outcome) => outcome,
                Err(_) => {
                    call.cancellation.cancel();
                    let message = format!("the synthesis did not finish within {} s", deadline.as_secs());
                    Err(Failure::new(ErrorCode::Timeout, message).with_hint("raise limits.synthesis_timeout"))
                }
            },
            () = call.cancellation.cancelled() => Err(Failure::cancelled()),
        }
    }

    /// Checks what needs no repository.
    fn check_request(
        &self,
        call: &Call,
        request: &SynthesizeRequest,
    ) -> Result<(ProjectName, Vec<Wanted>, PathBuf), Failure> {
        let name = ProjectName::parse(
            &request.request.name,
            synthesizer_analysis::standard_library::is_standard,
        )?;
        let wanted = request::read(&request.request)?;
        for source in &wanted {
            if let Location::Local(written) = &source.location {
                paths::permitted(self.config(), call.caller, &request.base, written)?;
            }
        }
        let base = &self.config().paths.working_directory;
        let output = paths::permitted(self.config(), call.caller, base, &request.output)?;
        if !request.dry_run && output.symlink_metadata().is_ok() {
            return Err(Failure::new(ErrorCode::Exists, "the output folder exists")
                .with_hint("name a folder that does not exist yet"));
        }
        Ok((name, wanted, output))
    }

    async fn build(
        &self,
        call: &Call,
        id: &str,
        request: SynthesizeRequest,
    ) -> Result<SynthesisResult, Failure> {
        let (name, wanted, output) = self.check_request(call, &request)?;
        let template = templates::find(&request.request.template, &request.request.ecosystem)?;
        call.progress.step(2, STEPS[0]);
        let locations: Vec<Location> = wanted
            .iter()
            .map(|source| source.location.clone())
            .collect();
        let trees = self.open_all(call, &locations, &request.base).await?;
        call.progress.step(25, STEPS[1]);
        let repositories: Vec<RequestedRepository> =
            wanted.iter().map(Wanted::as_requested).collect();
        let opened = wanted
            .into_iter()
            .zip(trees)
            .map(|(wanted, tree)| {
                let origin =
                    portable_origin(tree.origin(), &wanted.location, &request.base, &output);
                Opened {
                    wanted,
                    tree,
                    origin,
                }
            })
            .collect();
        let (link, progress) = (request.request.link, call.blocking_progress());
        let taken =
            opening::compute(move || taking::take_all(opened, link, progress.as_ref())).await?;
        call.progress.step(40, STEPS[2]);
        let mut needs = Vec::new();
        for source in &taken {
            needs.push(self.needs_of(call, source).await?);
        }
        let solved = self.solve_needs(call, &taken, &needs, template).await?;
        if solved.status == ResolutionStatus::Unsatisfiable {
            return Ok(unsatisfiable(id, solved, taken.len()));
        }
        call.progress.step(55, STEPS[3]);
        let sources: Vec<SourceFacts> = taken.iter().map(source_facts).collect();
        let merged = merged_request(&request.request, &repositories);
        let plan_input = PlanInput {
            request: merged.clone(),
            name,
            taken,
            needs,
            solved,
        };
        let (synthesis, requires_python) = opening::compute(move || plan_input.plan()).await?;
        refuse_errors(&synthesis.findings)?;
        let readme = readme::write(&synthesis, &merged, &sources, &requires_python);
        let built = self.complete(call, synthesis, &merged, readme).await?;
        let mut result = built.result(id, &sources);
        if request.dry_run {
            result.status = "planned".to_owned();
            result.next_steps = vec![
                "run the same without --dry-run (dry_run: false) to write the project".to_owned(),
            ];
            return Ok(result);
        }
        self.place(call, &request, &output, built, result).await
    }

    /// Adds what only a solver and the whole plan can tell: the lock, the README, the provenance lock.
    async fn complete(
        &self,
        call: &Call,
        synthesis: Synthesis,
        request: &SynthesisRequest,
        readme: String,
    ) -> Result<Built, Failure> {
        let scratch = Scratch::create(&self.config().paths.cache)?;
        let uv = self.uv(scratch.path())?;
        let mut warnings: Vec<String> = Vec::new();
        let mut additional = Vec::new();
        let mut resolution = None;
        match synthesizer_resolution::lock_project(
            &synthesis.pyproject,
            uv.environment(),
            &call.cancellation,
        )
        .await
        {
            Ok(lock) => {
                resolution = Some(LockedResolution {
                    ecosystem: request.ecosystem.clone(),
                    solver: lock.solver,
                    lock: lock.lock.name.clone(),
                    sha256: sha256_hex(lock.lock.content.as_bytes()),
                });
                additional.push((lock.lock.name, lock.lock.content));
                warnings.extend(lock.warnings);
            }
            Err(LockProblem::Failure(failure)) => return Err(failure),
            Err(LockProblem::Unsatisfiable { explanation }) => {
                warnings.push(format!(
                    "the project's requirements could not be locked: {explanation}"
                ));
            }
            Err(LockProblem::Unknown { reasons, .. }) => {
                warnings.push(format!(
                    "the project was not locked: {}",
                    reasons.join("; ")
                ));
            }
        }
        additional.push(("README.md".to_owned(), readme));
        let files = additional
            .into_iter()
            .map(|(path, text)| {
                let path = TreePath::new(&path).expect("a plain file name");
                (path, Bytes::from(text), "generated".to_owned())
            })
            .collect();
        let (mut plan, imports, packages) = (
            synthesis.plan.clone(),
            synthesis.imports.clone(),
            synthesis.packages.len(),
        );
        let files = synthesizer_synthesis::finish(synthesis, files, resolution);
        plan_added_files(&mut plan, &files);
        Ok(Built {
            files,
            plan,
            imports,
            packages,
            warnings,
        })
    }

    /// Writes, verifies and places.
    async fn place(
        &self,
        call: &Call,
        request: &SynthesizeRequest,
        output: &Path,
        built: Built,
        mut result: SynthesisResult,
    ) -> Result<SynthesisResult, Failure> {
        call.progress.step(65, STEPS[4]);
        let staging = Staging::create(output)?;
        let files: Vec<ProjectFile> = built.files.iter().map(project_file).collect();
        let staging = opening::compute(move || staging.write(&files).map(|()| staging)).await?;
        if let Some(level) = request.verify {
            call.progress.step(70, STEPS[5]);
            let contents: Vec<(String, Vec<u8>)> = built
                .files
                .iter()
                .map(|file| (file.path.to_string(), file.contents.to_vec()))
                .collect();
            let progress = call.blocking_progress();
            let text =
                opening::compute(move || ProjectText::new(contents, progress.as_ref())).await?;
            let subject = Subject {
                folder: staging.path(),
                text: &text,
            };
            result.verification = Some(self.verify_subject(call, subject, level).await?);
        }
        tell_verification(&mut result, request.verify);
        if request.require_verified && !fully_verified(result.verification.as_ref()) {
            result
                .warnings
                .push("the project was not placed, because it was not fully verified".to_owned());
            result.code = Some(ErrorCode::Verify);
            result.status = "verification_failed".to_owned();
            return Ok(result);
        }
        call.progress.step(97, STEPS[6]);
        let git = tools::find("git", &self.config().tool_environment)?;
        let message = format!("Synthesize {}", request.request.name);
        let tree = staging
            .commit_git(
                &git,
                &self.config().tool_environment,
                &message,
                &call.cancellation,
            )
            .await?;
        if call.cancellation.is_cancelled() {
            return Err(Failure::cancelled());
        }
        staging.place()?;
        result.tree = Some(tree);
        result.project_path = Some(output.to_string_lossy().into_owned());
        Ok(result)
    }
}

/// Adds the files to the plan that came to the project after it was made.
fn plan_added_files(plan: &mut PlanSummary, files: &[OutputFile]) {
    let planned: BTreeSet<TreePath> = plan.files.iter().map(|file| file.path.clone()).collect();
    for file in files.iter().filter(|file| !planned.contains(&file.path)) {
        let reason = match file.path.as_str() {
            "README.md" => "tells what the project is made of",
            "synthesis.lock" => "records where every file comes from",
            _ => "locks the packages",
        };
        plan.files.push(PlannedFile {
            path: file.path.clone(),
            origin: "generated".to_owned(),
            reason: reason.to_owned(),
        });
    }
    plan.files.sort_by(|one, other| one.path.cmp(&other.path));
}

/// A project whose files are known.
struct Built {
    files: Vec<OutputFile>,
    plan: synthesizer_model::synthesis::PlanSummary,
    imports: Vec<synthesizer_model::synthesis::ImportHint>,
    packages: usize,
    warnings: Vec<String>,
}

impl Built {
    fn result(&self, id: &str, sources: &[SourceFacts]) -> SynthesisResult {
        let mut warnings = self.warnings.clone();
        let notable = self
            .plan
            .findings
            .iter()
            .filter(|finding| finding.severity >= Severity::Warning);
        warnings.extend(notable.map(sentence));
        SynthesisResult {
            synthesis_id: id.to_owned(),
            plan: self.plan.clone(),
            imports: self.imports.clone(),
            next_steps: vec![
                "uv sync".to_owned(),
                "uv run pytest".to_owned(),
                "read README.md, NOTICE and synthesis.lock".to_owned(),
            ],
            status: "succeeded".to_owned(),
            code: None,
            project_path: None,
            repositories_processed: sources.len(),
            components_extracted: sources.iter().map(|source| source.components).sum(),
            dependencies_merged: self.packages,
            files_created: self.files.len(),
            tree: None,
            verification: None,
            documentation: vec!["README.md".to_owned()],
            warnings,
        }
    }
}

/// What planning needs, moved to a thread that computes.
struct PlanInput {
    request: SynthesisRequest,
    name: ProjectName,
    taken: Vec<Taken>,
    needs: Vec<Needs>,
    solved: Resolution,
}

impl PlanInput {
    /// Gives the plan and the Python versions that it is for.
    fn plan(self) -> Result<(Synthesis, String), Failure> {
        let mut findings: Vec<Finding> = self
            .solved
            .warnings
            .iter()
            .map(|warning| Finding::new(Severity::Warning, "resolution", warning))
            .collect();
        let mut sources = Vec::new();
        for (taken, needs) in self.taken.into_iter().zip(self.needs) {
            findings.extend(needs.findings);
            sources.push(source_input(taken, needs.distributions));
        }
        let input = SynthesisInput {
            request: &self.request,
            project_name: self.name,
            sources,
            requires_python: self.solved.requires_python.unwrap_or_default(),
            findings,
        };
        let synthesis = synthesizer_synthesis::plan(&input)?;
        Ok((synthesis, input.requires_python))
    }
}

fn source_input(
    taken: Taken,
    needed: Vec<synthesizer_model::component::NeededDistribution>,
) -> SourceInput {
    let project = &taken.read.manifests.project;
    let version = project
        .version
        .clone()
        .or_else(|| taken.origin.version.clone());
    let license = taken.read.licenses.effective();
    SourceInput {
        distribution: project.name.clone().zip(version),
        marks_changes: license
            .as_deref()
            .is_some_and(synthesizer_analysis::licenses::requires_change_notice),
        license,
        original_packages: taken.read.python.graph.primary_top_levels(),
        id: taken.id,
        origin: taken.origin,
        destination: taken.destination,
        closure: taken.closure,
        files: taken.files,
        texts: taken.texts,
        needed,
        components: taken.components,
        linked_modules: taken.linked_modules,
    }
}

fn project_file(file: &OutputFile) -> ProjectFile {
    ProjectFile {
        path: file.path.clone(),
        contents: file.contents.clone(),
        executable: file.executable,
    }
}

/// Makes the origin of a local folder relative to the new project, so that no absolute path enters it.
fn portable_origin(origin: &Origin, location: &Location, base: &Path, output: &Path) -> Origin {
    let Location::Local(written) = location else {
        return origin.clone();
    };
    let source = base.join(written);
    let source = source.canonicalize().unwrap_or(source);
    Origin {
        url: relative(&source, output),
        ..origin.clone()
    }
}

/// Writes a path relative to a folder, with at least one `../`.
fn relative(path: &Path, folder: &Path) -> String {
    let common = path
        .components()
        .zip(folder.components())
        .take_while(|(left, right)| left == right)
        .count();
    let ups = folder.components().count() - common;
    let mut parts: Vec<String> = vec!["..".to_owned(); ups.max(1)];
    if ups == 0 {
        parts = vec![".".to_owned()];
    }
    parts.extend(
        path.components()
            .skip(common)
            .map(|part| part.as_os_str().to_string_lossy().into_owned()),
    );
    parts.join("/")
}

fn unsatisfiable(id: &str, solved: Resolution, repositories: usize) -> SynthesisResult {
    let findings = solved
        .conflicts
        .iter()
        .map(|conflict| {
            let imposed: Vec<String> = conflict
                .requirements
                .iter()
                .map(|one| {
                    format!(
                        "{} wants {} ({}:{})",
                        one.repository, one.specifier, one.manifest, one.line
                    )
                })
                .collect();
            Finding::new(
                Severity::Error,
                "conflict",
                format!("{}: {}", conflict.what, imposed.join("; ")),
            )
        })
        .collect();
    SynthesisResult {
        synthesis_id: id.to_owned(),
        plan: synthesizer_model::synthesis::PlanSummary {
            findings,
            ..Default::default()
        },
        imports: Vec::new(),
        next_steps: vec!["take other versions of the repositories, or fewer components".to_owned()],
        status: "unsatisfiable".to_owned(),
        code: Some(ErrorCode::Unsatisfiable),
        project_path: None,
        repositories_processed: repositories,
        components_extracted: 0,
        dependencies_merged: 0,
        files_created: 0,
        tree: None,
        verification: None,
        documentation: Vec::new(),
        warnings: vec![solved.explanation],
    }
}

fn fully_verified(verification: Option<&Verification>) -> bool {
    verification.is_some_and(|verification| !verification.failed() && !verification.incomplete())
}

fn tell_verification(result: &mut SynthesisResult, level: Option<Level>) {
    let Some(verification) = &result.verification else {
        if level.is_none() {
            result
                .warnings
                .push("the project was not verified, as asked".to_owned());
        }
        return;
    };
    for check in &verification.checks {
        if check.result == synthesizer_model::verification::Outcome::NotRun {
            result
                .warnings
                .push(format!("{} was not run: {}", check.name, check.detail));
        }
    }
    if verification.failed() {
        result.status = "verification_failed".to_owned();
        result.code = Some(ErrorCode::Verify);
    }
}

fn sentence(finding: &Finding) -> String {
    let place = match (&finding.source, &finding.path, finding.line) {
        (Some(source), Some(path), Some(line)) => format!("{source} {path}:{line}: "),
        (Some(source), Some(path), None) => format!("{source} {path}: "),
        (Some(source), None, _) => format!("{source}: "),
        (None, Some(path), _) => format!("{path}: "),
        (None, None, _) => String::new(),
    };
    format!("{place}{}", finding.what)
}

fn source_facts(taken: &Taken) -> SourceFacts {
    SourceFacts {
        id: taken.id.clone(),
        version: taken
            .origin
            .version
            .clone()
            .or_else(|| taken.read.manifests.project.version.clone()),
        components: taken.components.len(),
    }
}

/// The request with equal repositories merged, one for each source.
fn merged_request(
    request: &SynthesisRequest,
    repositories: &[RequestedRepository],
) -> SynthesisRequest {
    SynthesisRequest {
        repositories: repositories.to_vec(),
        ..request.clone()
    }
}

/// A plan with an error finding would not work.
fn refuse_errors(findings: &[Finding]) -> Result<(), Failure> {
    let errors: Vec<&Finding> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .collect();
    let Some(first) = errors.first() else {
        return Ok(());
    };
    let details =
        serde_json::json!({ "findings": serde_json::to_value(&errors).unwrap_or_default() });
    let failure = Failure::new(
        ErrorCode::Incompatible,
        format!("the project cannot be built: {}", sentence(first)),
    );
    Err(failure
        .with_hint("take other components; details lists every reason")
        .with_details(details))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_sources_are_named_relative_to_the_project() {
        let check = |path: &str, folder: &str, expected: &str| {
            assert_eq!(relative(Path::new(path), Path::new(folder)), expected);
        };
        check("/a/click", "/a/toolbox", "../click");
        check("/a/click", "/b/x/toolbox", "../../../a/click");
        check("/a", "/a/toolbox", "..");
        check("/a/toolbox/x", "/a/toolbox", "./x");
    }
}
