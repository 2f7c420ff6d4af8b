//! `synthesize`: from a request to a placed, verified project, as a job.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use synthesizer_infrastructure::{
    project::{ProjectFile, Staging},
    telemetry::tasks,
    tools,
};
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    job::JobRecord,
    reference::Location,
    synthesis::{RequestedRepository, SynthesisRequest, SynthesisResult},
    verification::Level,
};
use synthesizer_synthesis::{OutputFile, ProjectName, templates};
use tokio_util::sync::CancellationToken;

use crate::{
    Call, Engine,
    families::{self, Planned, Preparation, Prepared},
    jobs::{JobProgress, RunningJob},
    observing::observed,
    opening, paths,
    synthesis::{
        answer::{self, Built},
        planning, readme,
        request::{self, Wanted},
    },
    verification::Subject,
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
        let request = completed(request)?;
        let job = self.jobs().begin(STEPS, call.cancellation.child_token())?;
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
        let request = completed(request)?;
        self.check_request(call, &request)?;
        let cancellation = CancellationToken::new();
        let job = self.jobs().begin(STEPS, cancellation.clone())?;
        let id = job.id().to_owned();
        let engine = self.clone();
        let call = Call {
            cancellation,
            ..call.clone()
        };
        // The job table owns the work: it holds the token, is told of the end, and waits for it at shutdown.
        tasks::spawn("synthesis", async move {
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
        let work = self.bounded(&call, self.build(&call, &id, request));
        observed(&call, "synthesize", async {
            tokio::select! {
                outcome = work => outcome,
                () = call.cancellation.cancelled() => Err(Failure::cancelled()),
            }
        })
        .await
    }

    /// Checks what needs no repository.
    fn check_request(
        &self,
        call: &Call,
        request: &SynthesizeRequest,
    ) -> Result<(ProjectName, Vec<Wanted>, PathBuf), Failure> {
        let family = families::family(&request.request.ecosystem)?;
        let name = family.project_name(&request.request.name)?;
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
        let family = families::family(&request.request.ecosystem)?;
        templates::find(&request.request.template, &request.request.ecosystem)?;
        // A missing program is told before the work, not after it.
        for program in family.programs() {
            tools::find(program, &self.config().tool_environment)?;
        }
        call.progress.step(2, STEPS[0]);
        let repositories: Vec<RequestedRepository> =
            wanted.iter().map(Wanted::as_requested).collect();
        let opened = self
            .open_sources(call, wanted, &request.base, &output)
            .await?;
        call.progress.step(25, STEPS[1]);
        let merged = planning::merged_request(&request.request, &repositories);
        let preparation = Preparation {
            request: merged.clone(),
            name,
            opened,
        };
        let planned = match family.prepare(self, call, preparation).await? {
            Prepared::Unsatisfiable(solved) => {
                return Ok(answer::unsatisfiable(id, *solved, repositories.len()));
            }
            Prepared::Planned(planned) => *planned,
        };
        let Planned {
            synthesis,
            sources,
            runtime,
        } = planned;
        answer::refuse_errors(&synthesis.findings)?;
        let readme = readme::write(&synthesis, &merged, &sources, &runtime);
        let built = self.complete(call, family, synthesis, readme).await?;
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
            let files = built.files.iter();
            let subject =
                Subject::new(files.map(|file| (file.path.to_string(), file.contents.to_vec())));
            result.verification = Some(self.verify_subject(call, subject, level).await?);
        }
        answer::tell_verification(&mut result, request.verify);
        if request.require_verified && !answer::fully_verified(result.verification.as_ref()) {
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

/// Names template and ecosystem of a request that leaves them open.
fn completed(request: SynthesizeRequest) -> Result<SynthesizeRequest, Failure> {
    Ok(SynthesizeRequest {
        request: request::completed(request.request)?,
        ..request
    })
}

fn project_file(file: &OutputFile) -> ProjectFile {
    ProjectFile {
        path: file.path.clone(),
        contents: file.contents.clone(),
        executable: file.executable,
    }
}
