//! `synthesizer worker`: takes up jobs that wait, until it is told to stop. Also starts one for a job that is detached.

use std::{ffi::OsString, time::Duration};

use clap::Args;
use serde_json::json;
use synthesizer_infrastructure::process;
use synthesizer_model::{
    ErrorCode, Failure,
    job::{JobRecord, JobStatus},
};

use crate::{
    answer::document,
    cli::{output::Answer, session::Session},
};

const EXAMPLES: &str = "\
Examples:
  synthesizer worker
  synthesizer worker --at-once 4

A worker takes up jobs that wait: those that a server or another worker parked at its end,
and those whose process was killed. At SIGTERM or SIGINT its own jobs go back to the queue
with what they had found out, and the exit status is 0.";

/// How long the jobs of a worker may take to stop when it ends.
const CLEANUP: Duration = Duration::from_secs(15);

/// How long it takes at most until a worker that was started has its job.
const START: Duration = Duration::from_secs(10);

/// How often it is looked whether it has.
const LOOK: Duration = Duration::from_millis(20);

/// The arguments of `worker`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// How many jobs to work on at once
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=256))]
    at_once: u16,
    /// Work on this job alone, apart from any terminal
    #[arg(long, value_name = "ID", hide = true, conflicts_with = "at_once")]
    job: Option<String>,
}

/// Runs the command.
pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<Answer, Failure> {
    let (engine, stop) = (&session.engine, &session.call.cancellation);
    match &arguments.job {
        Some(job) => {
            process::leave_terminal();
            engine.work_on(job, stop).await?;
        }
        None => {
            engine.jobs().recover().await?;
            tracing::info!("waiting for jobs");
            engine.take_jobs(usize::from(arguments.at_once), stop).await;
        }
    }
    engine.jobs().shut_down(CLEANUP).await;
    Ok(Answer {
        document: document(
            &json!({ "status": "stopped" }),
            &session.call.correlation_id,
        )?,
        text: String::new(),
        status: 0,
    })
}

/// Starts a worker of its own for a job that waits, and gives the job's record once the worker has it.
///
/// # Errors
/// `E_INTERNAL` when the worker cannot be started or ends at once; its log is in the job's folder.
pub(super) async fn detach(session: &Session, id: &str) -> Result<JobRecord, Failure> {
    let jobs = session.engine.jobs();
    let mut arguments: Vec<OsString> = session.worker_flags.clone();
    arguments.extend(["worker".into(), "--job".into(), id.into()]);
    let mut program = process::start_detached(&arguments, &jobs.folder(id).join("log"))?;
    let until = tokio::time::Instant::now() + START;
    loop {
        let ended = program.has_ended();
        let record = jobs.record(&session.call.owner, id).await?;
        if record.job_status != JobStatus::Queued || tokio::time::Instant::now() > until {
            return Ok(record);
        }
        if ended {
            let message = "the worker that was started for the job ended at once";
            let place = jobs.folder(id).join("log");
            return Err(Failure::new(ErrorCode::Internal, message)
                .with_hint(format!("its log is {}", place.display())));
        }
        tokio::time::sleep(LOOK).await;
    }
}
