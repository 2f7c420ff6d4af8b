//! `synthesizer jobs`: work that outlives the call that asked for it.

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use synthesizer_engine::operations::status::JobAction;
use synthesizer_model::{
    ErrorCode, Failure,
    job::{JobRecord, JobStatus},
};

use super::worker;
use crate::{
    answer::document,
    cli::{
        output::{Answer, Page},
        session::Session,
    },
};

const EXAMPLES: &str = "\
Examples:
  synthesizer jobs list
  synthesizer jobs show 0190f3a2-7c1e-7000-8000-000000000000
  synthesizer jobs resume 0190f3a2-7c1e-7000-8000-000000000000 --detach

ID is the synthesis_id that `synthesize --detach` prints. A job that was killed, failed or was
cancelled can be resumed: what its steps had found out is kept, and it reads exactly what it
had read. A job that is cancelled ends within a second and leaves nothing behind, whichever
process works on it.";

const LIST_EXAMPLES: &str = "\
Examples:
  synthesizer jobs list
  synthesizer jobs list --json

The newest 200 of this user; `jobs show ID` tells more of one.";

const SHOW_EXAMPLES: &str = "\
Examples:
  synthesizer jobs show 0190f3a2-7c1e-7000-8000-000000000000

Steps that are done and to come, how far it is, and how it ended. The same as `status ID`.";

const CANCEL_EXAMPLES: &str = "\
Examples:
  synthesizer jobs cancel 0190f3a2-7c1e-7000-8000-000000000000

It ends within a second, whichever process works on it, and leaves nothing behind.
`jobs resume ID` goes on with it later.";

const RESUME_EXAMPLES: &str = "\
Examples:
  synthesizer jobs resume 0190f3a2-7c1e-7000-8000-000000000000
  synthesizer jobs resume 0190f3a2-7c1e-7000-8000-000000000000 --detach

For a job that failed, was cancelled, was parked or whose process was killed. It goes on
behind the last step that was recorded. The exit status is the outcome of the job.";

/// The arguments of `jobs`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show the newest jobs
    #[command(after_help = LIST_EXAMPLES)]
    List,
    /// Show how far a job is
    #[command(after_help = SHOW_EXAMPLES)]
    Show {
        /// The synthesis_id that it was given
        id: String,
    },
    /// Stop a job
    #[command(after_help = CANCEL_EXAMPLES)]
    Cancel {
        /// The synthesis_id that it was given
        id: String,
    },
    /// Go on with a job
    #[command(after_help = RESUME_EXAMPLES)]
    Resume {
        /// The synthesis_id that it was given
        id: String,
        /// Only start it; it goes on when this command has ended
        #[arg(long)]
        detach: bool,
    },
}

/// Runs the command.
pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<Answer, Failure> {
    let act = |id: String, action| async move {
        let call = &session.call;
        session.engine.job(call, &id, action).await
    };
    let record = match &arguments.action {
        Action::List => return list(session).await,
        Action::Show { id } => act(id.clone(), JobAction::Status).await?,
        Action::Cancel { id } => {
            let before = act(id.clone(), JobAction::Status).await?;
            if before.job_status.is_final() {
                return not_cancelled(&before, session);
            }
            act(id.clone(), JobAction::Cancel).await?
        }
        Action::Resume { id, detach: false } => {
            session.engine.resume_attended(&session.call, id).await?
        }
        Action::Resume { id, detach: true } => {
            session.engine.requeue_job(&session.call, id).await?;
            worker::detach(session, id).await?
        }
    };
    let resumed = matches!(arguments.action, Action::Resume { detach: false, .. });
    shown(&record, session, resumed)
}

/// Shows a job that had ended before it was to be cancelled.
fn not_cancelled(record: &JobRecord, session: &Session) -> Result<Answer, Failure> {
    const NOTE: &str = "nothing was cancelled: the job had ended before";
    let mut answer = shown(record, session, false)?;
    if let Value::Object(fields) = &mut answer.document {
        fields.insert("note".to_owned(), json!(NOTE));
    }
    let mut page = Page::default();
    page.line(NOTE);
    answer.text = format!("{}{}", page.into_text(), answer.text);
    Ok(answer)
}

async fn list(session: &Session) -> Result<Answer, Failure> {
    let jobs = session.engine.list_jobs(&session.call).await?;
    let mut page = Page::default();
    let rows = jobs.iter().map(|job| {
        vec![
            job.synthesis_id.clone(),
            status_name(job.job_status).to_owned(),
            format!("{} %", job.progress),
            job.started_at.clone(),
            job.project.clone().unwrap_or_default(),
        ]
    });
    let columns = ["id", "status", "progress", "started", "project"];
    page.table("Jobs", &columns, rows.collect());
    if jobs.is_empty() {
        page.line("there are no jobs");
    }
    if jobs.iter().any(|job| job.job_status == JobStatus::Queued) {
        page.line(&format!(
            "queued: {NOBODY}; synthesizer jobs resume ID or synthesizer worker does"
        ));
    }
    // The list tells which there are; the result of each is its own.
    let jobs: Vec<JobRecord> = jobs
        .into_iter()
        .map(|job| JobRecord {
            result: None,
            ..job
        })
        .collect();
    Ok(Answer {
        document: document(&json!({ "jobs": jobs }), &session.call.correlation_id)?,
        text: page.into_text(),
        status: 0,
    })
}

/// Shows a job; one that was resumed here gives its own outcome as the exit status.
pub(super) fn shown(
    record: &JobRecord,
    session: &Session,
    is_outcome: bool,
) -> Result<Answer, Failure> {
    Ok(Answer {
        document: document(record, &session.call.correlation_id)?,
        text: render(record),
        status: if is_outcome { outcome(record) } else { 0 },
    })
}

fn outcome(record: &JobRecord) -> u8 {
    let told = match record.job_status {
        JobStatus::Queued | JobStatus::Running | JobStatus::Succeeded => &record.result,
        JobStatus::Failed | JobStatus::Cancelled => &record.error,
    };
    let code = told.as_ref().and_then(|told| told.get("code")?.as_str());
    let code = code.and_then(|code| serde_json::from_value::<ErrorCode>(json!(code)).ok());
    match (code, record.job_status) {
        (Some(code), _) => code.exit_status(),
        (None, JobStatus::Failed) => ErrorCode::Internal.exit_status(),
        (None, JobStatus::Cancelled) => ErrorCode::Cancelled.exit_status(),
        (None, _) => 0,
    }
}

/// Why a job stays in the queue.
const NOBODY: &str = "no process works on it";

const fn status_name(status: JobStatus) -> &'static str {
    match status {
        JobStatus::Queued => "queued",
        JobStatus::Running => "running",
        JobStatus::Succeeded => "succeeded",
        JobStatus::Failed => "failed",
        JobStatus::Cancelled => "cancelled",
    }
}

fn render(record: &JobRecord) -> String {
    let mut page = Page::default();
    page.heading(&format!("Synthesis {}", record.synthesis_id));
    page.verdict(
        record.job_status != JobStatus::Failed,
        status_name(record.job_status),
    );
    page.fact("progress", Some(&format!("{} %", record.progress)));
    page.fact("now", record.current_step.as_deref());
    page.fact("done", Some(&record.steps_completed.join(", ")));
    page.fact("to come", Some(&record.steps_remaining.join(", ")));
    page.fact("started", Some(&record.started_at));
    page.fact("ended", record.completed_at.as_deref());
    let attempt = (record.attempt > 1).then(|| record.attempt.to_string());
    page.fact("attempt", attempt.as_deref());
    for (name, value, field) in [
        ("project", &record.result, "project_path"),
        ("error", &record.error, "message"),
        ("hint", &record.error, "hint"),
    ] {
        let text = value.as_ref().and_then(|value| value.get(field)?.as_str());
        page.fact(name, text);
    }
    let command = format!("synthesizer jobs resume {}", record.synthesis_id);
    match record.job_status {
        JobStatus::Queued => {
            page.fact("why", Some(NOBODY));
            page.fact("go on", Some(&format!("{command}, or synthesizer worker")));
        }
        JobStatus::Failed | JobStatus::Cancelled if record.resumable => {
            page.fact("go on", Some(&command));
        }
        _ => {}
    }
    page.into_text()
}
