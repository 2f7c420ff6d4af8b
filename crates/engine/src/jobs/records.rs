//! A job as people and programs see it. Makes values only.

use synthesizer_infrastructure::{
    clock,
    storage::jobs::{JobRow, StepState},
};
use synthesizer_model::job::{JobRecord, JobStatus};

/// Gives what is shown of a job.
pub(super) fn record(row: JobRow) -> JobRecord {
    let resumable = row.request.is_some()
        && matches!(
            row.status,
            JobStatus::Queued | JobStatus::Failed | JobStatus::Cancelled
        );
    let (mut current, mut completed, mut remaining) = (None, Vec::new(), Vec::new());
    for step in row.steps {
        match step.state {
            StepState::Done => completed.push(step.name),
            StepState::Running if row.status == JobStatus::Running && current.is_none() => {
                current = Some(step.name);
            }
            StepState::Running | StepState::Waiting => remaining.push(step.name),
        }
    }
    if row.status == JobStatus::Succeeded {
        // What was not needed, such as a verification that nobody asked for, is not to come either.
        remaining.clear();
    }
    JobRecord {
        synthesis_id: row.id,
        job_status: row.status,
        progress: row.progress,
        current_step: current,
        steps_completed: completed,
        steps_remaining: remaining,
        started_at: clock::rfc3339(row.started_at.unwrap_or(row.created_at)),
        completed_at: row.ended_at.map(clock::rfc3339),
        attempt: row.attempt,
        resumable,
        project: row
            .target
            .map(|target| target.to_string_lossy().into_owned()),
        result: row.result,
        error: row.error,
    }
}
