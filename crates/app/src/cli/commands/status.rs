//! `synthesizer status`: how far a synthesis is.

use clap::Args;
use synthesizer_engine::operations::status::JobAction;
use synthesizer_model::{
    Failure,
    job::{JobRecord, JobStatus},
};

use crate::{
    answer::document,
    cli::{
        output::{Answer, Page},
        session::Session,
    },
};

const EXAMPLES: &str = "\
Examples:
  synthesizer status 0190f3a2-7c1e-7000-8000-000000000000";

/// The arguments of `status`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The synthesis_id that a synthesis was given
    #[arg(value_name = "ID")]
    synthesis_id: String,
}

/// Runs the command.
pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<Answer, Failure> {
    let record = session
        .engine
        .job(&arguments.synthesis_id, JobAction::Status)
        .await?;
    Ok(Answer {
        document: document(&record, &session.call.correlation_id)?,
        text: render(&record),
        status: 0,
    })
}

fn render(record: &JobRecord) -> String {
    let mut page = Page::default();
    page.heading(&format!("Synthesis {}", record.synthesis_id));
    let status = match record.job_status {
        JobStatus::Queued => "queued",
        JobStatus::Running => "running",
        JobStatus::Succeeded => "succeeded",
        JobStatus::Failed => "failed",
        JobStatus::Cancelled => "cancelled",
    };
    page.verdict(record.job_status != JobStatus::Failed, status);
    page.fact("progress", Some(&format!("{} %", record.progress)));
    page.fact("now", record.current_step.as_deref());
    page.fact("done", Some(&record.steps_completed.join(", ")));
    page.fact("to come", Some(&record.steps_remaining.join(", ")));
    page.fact("started", Some(&record.started_at));
    page.fact("ended", record.completed_at.as_deref());
    for (name, value, field) in [
        ("project", &record.result, "project_path"),
        ("error", &record.error, "message"),
        ("hint", &record.error, "hint"),
    ] {
        let text = value.as_ref().and_then(|value| value.get(field)?.as_str());
        page.fact(name, text);
    }
    page.into_text()
}
