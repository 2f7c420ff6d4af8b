//! Rows of the jobs tables as values. What does not fit its type was not written by this program, and is an error.

use std::{path::PathBuf, str::FromStr as _};

use serde_json::Value;
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};
use synthesizer_model::job::JobStatus;

use super::{
    super::times::from_millis,
    record::{JobRow, StepRow, StepState},
    worker::Worker,
};

/// The columns of a job, for every statement that gives one.
pub(super) const COLUMNS: &str = "id, owner, kind, request, target, status, unattended, attempt, deaths, progress, message, \
     correlation_id, cancel_requested, created_at, started_at, ended_at, deadline_at, worker, claim, seen_at, result, error";

/// Gives how a status is written.
pub(super) const fn status_name(status: JobStatus) -> &'static str {
    match status {
        JobStatus::Queued => "queued",
        JobStatus::Running => "running",
        JobStatus::Succeeded => "succeeded",
        JobStatus::Failed => "failed",
        JobStatus::Cancelled => "cancelled",
    }
}

fn status(name: &str) -> Result<JobStatus, sqlx::Error> {
    match name {
        "queued" => Ok(JobStatus::Queued),
        "running" => Ok(JobStatus::Running),
        "succeeded" => Ok(JobStatus::Succeeded),
        "failed" => Ok(JobStatus::Failed),
        "cancelled" => Ok(JobStatus::Cancelled),
        _ => Err(foreign("a status that is none")),
    }
}

/// Reads a job without its steps.
pub(super) fn job(row: &SqliteRow) -> Result<JobRow, sqlx::Error> {
    let time = |column: &str| -> Result<_, sqlx::Error> {
        Ok(row.try_get::<Option<i64>, _>(column)?.map(from_millis))
    };
    let number = |column: &str| -> Result<u32, sqlx::Error> {
        let number: i64 = row.try_get(column)?;
        Ok(u32::try_from(number.max(0)).unwrap_or(u32::MAX))
    };
    let worker: Option<String> = row.try_get("worker")?;
    Ok(JobRow {
        id: row.try_get("id")?,
        owner: row.try_get("owner")?,
        kind: row.try_get("kind")?,
        request: json(row, "request")?,
        target: row
            .try_get::<Option<String>, _>("target")?
            .map(PathBuf::from),
        status: status(row.try_get("status")?)?,
        unattended: row.try_get("unattended")?,
        attempt: number("attempt")?,
        deaths: number("deaths")?,
        progress: u8::try_from(number("progress")?.min(100)).unwrap_or(100),
        message: row.try_get("message")?,
        correlation_id: row.try_get("correlation_id")?,
        cancel_requested: row.try_get("cancel_requested")?,
        created_at: from_millis(row.try_get("created_at")?),
        started_at: time("started_at")?,
        ended_at: time("ended_at")?,
        deadline_at: time("deadline_at")?,
        worker: worker.and_then(|worker| Worker::from_str(&worker).ok()),
        claim: row.try_get("claim")?,
        seen_at: time("seen_at")?,
        result: json(row, "result")?,
        error: json(row, "error")?,
        steps: Vec::new(),
    })
}

fn json(row: &SqliteRow, column: &str) -> Result<Option<Value>, sqlx::Error> {
    let text: Option<&str> = row.try_get(column)?;
    text.map(serde_json::from_str)
        .transpose()
        .map_err(|_| foreign("a text that is no JSON"))
}

/// Reads the steps of a job, in order.
pub(super) async fn steps(
    connection: &mut SqliteConnection,
    job: &str,
) -> Result<Vec<StepRow>, sqlx::Error> {
    type Columns = (String, String, Option<i64>, Option<i64>, Option<i64>);
    let rows: Vec<Columns> = sqlx::query_as(
        "SELECT name, status, begun_at, ended_at, attempt FROM job_steps WHERE job = ?1 ORDER BY number",
    )
    .bind(job)
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|(name, status, begun_at, ended_at, attempt)| {
            Ok(StepRow {
                name,
                state: match status.as_str() {
                    "waiting" => StepState::Waiting,
                    "running" => StepState::Running,
                    "done" => StepState::Done,
                    _ => return Err(foreign("a step's status that is none")),
                },
                begun_at: begun_at.map(from_millis),
                ended_at: ended_at.map(from_millis),
                attempt: attempt.and_then(|attempt| u32::try_from(attempt).ok()),
            })
        })
        .collect()
}

fn foreign(what: &str) -> sqlx::Error {
    sqlx::Error::Decode(what.into())
}
