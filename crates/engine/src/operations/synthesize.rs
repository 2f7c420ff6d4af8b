//! `synthesize`: from a request to a placed, verified project, as a job.

use std::{path::PathBuf, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use synthesizer_infrastructure::{storage::jobs::Wanted as WantedJob, telemetry::tasks};
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    job::JobRecord,
    progress::{Progress, Unwatched},
    reference::Location,
    synthesis::{SynthesisRequest, SynthesisResult},
    verification::Level,
};
use synthesizer_synthesis::ProjectName;
use tokio_util::sync::CancellationToken;

use crate::{
    Call, Caller, Engine, families,
    jobs::{Attendance, NewWork, RunningJob},
    observing::observed,
    opening, paths,
    synthesis::{
        building,
        request::{self, Wanted},
    },
};

/// What kind of job it is.
const KIND: &str = "synthesis";

/// What to build and where.
#[derive(Debug, Clone, Serialize, Deserialize)]
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

/// A request as the job keeps it.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    /// Who asked, which decides what paths may be named.
    caller: Caller,
    #[serde(flatten)]
    request: SynthesizeRequest,
}

/// A request whose words were read.
pub(crate) struct Checked {
    pub(crate) request: SynthesizeRequest,
    pub(crate) name: ProjectName,
    pub(crate) wanted: Vec<Wanted>,
    /// The new project's folder: absolute, its links resolved.
    pub(crate) output: PathBuf,
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
        let checked = self.checked(call, request)?;
        let job = self
            .enter(
                call,
                &checked,
                Attendance::Attended,
                call.cancellation.child_token(),
            )
            .await?;
        let id = job.id().to_owned();
        let outcome = self.run_job(call, job, checked).await;
        outcome.map_err(|failure| with_way_on(failure, &id))
    }

    /// Starts building a project as a job of this process that outlives the call; gives its handle.
    ///
    /// # Errors
    /// What can be told at once: `E_ARGUMENT`, `E_PATH`, `E_URL`, `E_EXISTS`; `E_LIMIT` when too many jobs run.
    pub async fn start_synthesis(
        &self,
        call: &Call,
        request: SynthesizeRequest,
    ) -> Result<String, Failure> {
        let checked = self.checked(call, request)?;
        // The job table owns the work: it holds the token, is told of the end, and waits for it at shutdown.
        let job = self
            .enter(
                call,
                &checked,
                Attendance::Unattended,
                CancellationToken::new(),
            )
            .await?;
        let id = job.id().to_owned();
        let (engine, call) = (self.clone(), call.clone());
        tasks::spawn("synthesis", async move {
            // Whoever asked reads the outcome from the job.
            let _ = engine.run_job(&call, job, checked).await;
        });
        Ok(id)
    }

    /// Enters building a project as a job that waits for a worker; gives its handle. Who asks starts a worker for it now.
    ///
    /// # Errors
    /// As [`Self::start_synthesis`].
    pub async fn enqueue_synthesis(
        &self,
        call: &Call,
        request: SynthesizeRequest,
    ) -> Result<String, Failure> {
        let checked = self.checked(call, request)?;
        let work = new_work(call, &checked)?;
        self.jobs().enqueue(&work).await
    }

    /// Takes up a job that waits, and works on it to its end in a task of its own; gives its handle, or `None` when there is none.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn take_up(
        &self,
        wanted: WantedJob,
        cancellation: CancellationToken,
        watcher: Arc<dyn Progress>,
    ) -> Result<Option<String>, Failure> {
        let claimed = self
            .jobs()
            .claim(&wanted, building::STEPS, cancellation, Arc::clone(&watcher))
            .await?;
        let Some(job) = claimed else { return Ok(None) };
        let id = job.id().to_owned();
        let engine = self.clone();
        tasks::spawn("synthesis", async move { engine.go_on(job, watcher).await });
        Ok(Some(id))
    }

    /// Goes on with a job by what it keeps of its request.
    async fn go_on(&self, job: RunningJob, watcher: Arc<dyn Progress>) {
        let kept = job.request().cloned().map(serde_json::from_value::<Kept>);
        let Some(Ok(kept)) = kept else {
            let failure = Failure::internal("the request of the job cannot be read")
                .with_hint("another version of the program kept it; run the synthesis anew");
            return job.finish(Err::<&(), _>(&failure)).await;
        };
        let mut call = Call::new(kept.caller, watcher, job.cancellation());
        call.correlation_id = job.correlation_id().to_owned();
        call.owner = Arc::from(job.owner());
        let output = PathBuf::from(&kept.request.output);
        match self.read(&call, kept.request) {
            // Its links were resolved when it was asked for; one that came since would lead elsewhere.
            Ok(checked) if checked.output != output => {
                let failure = Failure::new(
                    ErrorCode::Path,
                    "the output folder leads elsewhere than when the synthesis was asked for",
                )
                .with_hint("run the synthesis anew");
                job.finish(Err::<&(), _>(&failure)).await;
            }
            Ok(checked) => drop(self.run_job(&call, job, checked).await),
            Err(failure) => job.finish(Err::<&(), _>(&failure)).await,
        }
    }

    /// Waits for a job, at most for the given time.
    ///
    /// # Errors
    /// `E_NOT_FOUND` for an unknown id.
    pub async fn wait_for(
        &self,
        call: &Call,
        synthesis_id: &str,
        at_most: Duration,
    ) -> Result<JobRecord, Failure> {
        self.jobs().wait(&call.owner, synthesis_id, at_most).await
    }

    async fn enter(
        &self,
        call: &Call,
        checked: &Checked,
        attendance: Attendance,
        cancellation: CancellationToken,
    ) -> Result<RunningJob, Failure> {
        let work = new_work(call, checked)?;
        let watcher = Arc::clone(&call.progress);
        self.jobs()
            .begin(&work, attendance, cancellation, watcher)
            .await
    }

    async fn run_job(
        &self,
        call: &Call,
        job: RunningJob,
        checked: Checked,
    ) -> Result<SynthesisResult, Failure> {
        let call = Call {
            progress: Arc::new(job.progress()),
            cancellation: job.cancellation(),
            steps: Some(job.steps()),
            ..call.clone()
        };
        let (id, steps) = (job.id().to_owned(), job.steps());
        // Apart from the caller's own state, which would be moved around with all of it.
        let work = Box::pin(building::build(self, &call, &steps, &id, checked));
        let work = self.bounded(&call, work);
        let outcome = observed(&call, "synthesize", async {
            let ready = opening::until_cancelled(&call, work).await?;
            // From here on it is not interrupted: the project is in place, or it is not.
            ready.place(&steps).await
        })
        .await;
        job.finish(outcome.as_ref()).await;
        outcome
    }

    /// Reads a new request, and refuses one whose output exists.
    fn checked(&self, call: &Call, request: SynthesizeRequest) -> Result<Checked, Failure> {
        let checked = self.read(call, request)?;
        if !checked.request.dry_run && checked.output.symlink_metadata().is_ok() {
            return Err(output_exists());
        }
        Ok(checked)
    }

    /// Checks what needs no repository.
    fn read(&self, call: &Call, request: SynthesizeRequest) -> Result<Checked, Failure> {
        if request.output.is_empty() {
            return Err(
                Failure::new(ErrorCode::Argument, "the output folder has no name")
                    .with_hint("name a folder that does not exist yet"),
            );
        }
        let mut request = SynthesizeRequest {
            request: request::completed(request.request)?,
            ..request
        };
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
        // Another process may go on with it, from another folder.
        if let Some(absolute) = output.to_str() {
            absolute.clone_into(&mut request.output);
        }
        Ok(Checked {
            request,
            name,
            wanted,
            output,
        })
    }
}

/// Names the job in a failure whose cause may go away: what the job had found out is kept.
fn with_way_on(failure: Failure, id: &str) -> Failure {
    let may_pass = matches!(
        failure.code,
        ErrorCode::Limit
            | ErrorCode::Upstream
            | ErrorCode::Timeout
            | ErrorCode::RateLimited
            | ErrorCode::CircuitOpen
            | ErrorCode::Offline
            | ErrorCode::ToolMissing
    );
    if !may_pass {
        return failure;
    }
    let way = format!("`synthesizer jobs resume {id}` goes on with what was found out");
    let hint = match &failure.hint {
        Some(hint) => format!("{hint}; then {way}"),
        None => format!("when the cause is gone, {way}"),
    };
    failure.with_hint(hint)
}

/// The failure of an output that is there already.
pub(crate) fn output_exists() -> Failure {
    Failure::new(ErrorCode::Exists, "the output folder exists")
        .with_hint("name a folder that does not exist yet")
}

fn new_work<'a>(call: &'a Call, checked: &Checked) -> Result<NewWork<'a>, Failure> {
    let kept = Kept {
        caller: call.caller,
        request: checked.request.clone(),
    };
    let request = serde_json::to_value(&kept).map_err(|error| {
        Failure::new(
            ErrorCode::Path,
            format!("the request cannot be kept: {error}"),
        )
    })?;
    Ok(NewWork {
        owner: &call.owner,
        kind: KIND,
        request,
        target: (!checked.request.dry_run).then(|| checked.output.clone()),
        correlation_id: &call.correlation_id,
        steps: building::STEPS,
    })
}

/// Progress of work that nobody watches.
pub fn unwatched() -> Arc<dyn Progress> {
    Arc::new(Unwatched)
}
