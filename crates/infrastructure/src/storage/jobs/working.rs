//! The worker's side of the jobs in the state file: claiming, steps, being heard of, the end. What is written under a claim that was lost
//! has no effect.

use std::time::{Duration, SystemTime};

use serde_json::Value;
use sqlx::AssertSqlSafe;
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    job::JobStatus,
    tree::sha256_hex,
};

use super::{
    super::times::millis,
    artifact_files::{self, LARGEST_ARTIFACT, LARGEST_ROW, job_folder},
    record::{Artifact, Claim, ClaimedJob, End, JobRow, Tick, Wanted},
    rows::status_name,
    store::{SqliteJobStore, count, index, later, next, row, unread, unwritten},
    worker::Worker,
    writing::Writing,
};

/// The condition under which a worker changes a job.
const MINE: &str = "id = ?1 AND claim = ?2 AND status = 'running'";

impl SqliteJobStore {
    pub(super) async fn claim_now(
        &self,
        wanted: &Wanted,
        worker: &Worker,
        time: Duration,
    ) -> Result<Option<ClaimedJob>, Failure> {
        let pool = self.pool().await?;
        let now = self.clock.now();
        let mut writing = Writing::begin(pool).await.map_err(unwritten)?;
        let claimed = self.claim_in(&mut writing, wanted, worker, now, time).await;
        let Some((claim, row, found)) = claimed.map_err(unwritten)? else {
            return Ok(None);
        };
        writing.commit().await.map_err(unwritten)?;
        let mut artifacts: Vec<Option<Artifact>> = vec![None; row.steps.len()];
        let folder = job_folder(&self.folder, &row.id);
        for (step, hash, bytes, content) in found {
            let step = usize::try_from(step).unwrap_or(usize::MAX);
            let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
            let Some(place) = artifacts.get_mut(step) else {
                continue;
            };
            let content = content.or_else(|| artifact_files::read(&folder, step, &hash, bytes));
            *place = content
                .filter(|content| sha256_hex(content) == hash)
                .map(Artifact);
        }
        Ok(Some(ClaimedJob {
            claim,
            row,
            artifacts,
        }))
    }

    async fn claim_in(
        &self,
        writing: &mut Writing,
        wanted: &Wanted,
        worker: &Worker,
        now: SystemTime,
        time: Duration,
    ) -> Result<Option<(Claim, JobRow, Vec<ArtifactRow>)>, sqlx::Error> {
        if count(writing.connection(), "running").await? >= self.most_running {
            return Ok(None);
        }
        let id = match wanted {
            Wanted::Job(id) => Some(id.clone()),
            Wanted::Next => next(writing.connection(), now).await?,
        };
        let Some(id) = id else { return Ok(None) };
        let Some(claim) = take(writing, &id, worker, now, time).await? else {
            return Ok(None);
        };
        let Some(row) = row(writing.connection(), &id).await? else {
            return Ok(None);
        };
        let artifacts: Vec<ArtifactRow> = sqlx::query_as(
            "SELECT a.step, a.sha256, a.bytes, a.content FROM job_artifacts a JOIN job_steps s ON s.job = a.job AND s.number = a.step \
             WHERE a.job = ?1 AND s.status = 'done'",
        )
        .bind(&id)
        .fetch_all(writing.connection())
        .await?;
        Ok(Some((claim, row, artifacts)))
    }

    pub(super) async fn begin_step_now(
        &self,
        claim: &Claim,
        step: usize,
        progress: u8,
    ) -> Result<Tick, Failure> {
        let pool = self.pool().await?;
        let now = millis(self.clock.now());
        let mut writing = Writing::begin(pool).await.map_err(unwritten)?;
        let tick = tell_in(&mut writing, claim, now, progress, None).await;
        let tick = tick.map_err(unwritten)?;
        if tick == Tick::Lost {
            return Ok(tick);
        }
        // What is told from time to time may come after a later step has begun: that step stays the one that runs.
        sqlx::query(
            "UPDATE job_steps SET status = 'running', begun_at = ?3, ended_at = NULL, \
             attempt = (SELECT attempt FROM jobs WHERE id = ?1) WHERE job = ?1 AND number = ?2 \
             AND NOT EXISTS (SELECT 1 FROM job_steps AS later JOIN jobs ON jobs.id = later.job \
             WHERE later.job = ?1 AND later.number > ?2 AND later.attempt = jobs.attempt)",
        )
        .bind(&claim.job)
        .bind(index(step))
        .bind(now)
        .execute(writing.connection())
        .await
        .map_err(unwritten)?;
        // Steps follow each other: those before are over, whether they had something to keep or not.
        sqlx::query("UPDATE job_steps SET status = 'done', ended_at = ?3 WHERE job = ?1 AND number < ?2 AND status <> 'done'")
            .bind(&claim.job)
            .bind(index(step))
            .bind(now)
            .execute(writing.connection())
            .await
            .map_err(unwritten)?;
        writing.commit().await.map_err(unwritten)?;
        Ok(tick)
    }

    pub(super) async fn finish_step_now(
        &self,
        claim: &Claim,
        step: usize,
        artifact: Option<&Artifact>,
        progress: u8,
    ) -> Result<Tick, Failure> {
        let pool = self.pool().await?;
        let now = millis(self.clock.now());
        // A large one is on the disk before the row that names it.
        let kept = artifact.map(|artifact| self.keep(claim, step, artifact));
        let kept = kept.transpose()?;
        let mut writing = Writing::begin(pool).await.map_err(unwritten)?;
        let tick = tell_in(&mut writing, claim, now, progress, None).await;
        let tick = tick.map_err(unwritten)?;
        if tick == Tick::Lost {
            return Ok(tick);
        }
        let done = finish_in(&mut writing, claim, step, kept, now).await;
        done.map_err(unwritten)?;
        writing.commit().await.map_err(unwritten)?;
        Ok(tick)
    }

    /// Gives hash, size and, of a small one, the content for the table; a large one is written to its file.
    fn keep<'a>(
        &self,
        claim: &Claim,
        step: usize,
        Artifact(content): &'a Artifact,
    ) -> Result<Kept<'a>, Failure> {
        if content.len() > LARGEST_ARTIFACT {
            let message = format!(
                "what a step found out has {} bytes; at most {LARGEST_ARTIFACT} are kept",
                content.len()
            );
            return Err(Failure::new(ErrorCode::Limit, message)
                .with_hint("take fewer repositories or components at once"));
        }
        if content.len() <= LARGEST_ROW {
            return Ok(Kept {
                sha256: sha256_hex(content),
                bytes: content.len(),
                content: Some(content),
            });
        }
        let folder = job_folder(&self.folder, &claim.job);
        Ok(Kept {
            sha256: artifact_files::write(&folder, step, content)?,
            bytes: content.len(),
            content: None,
        })
    }

    pub(super) async fn tell_now(
        &self,
        claim: &Claim,
        progress: u8,
        message: Option<&str>,
    ) -> Result<Tick, Failure> {
        let pool = self.pool().await?;
        let now = millis(self.clock.now());
        let mut writing = Writing::begin(pool).await.map_err(unwritten)?;
        let tick = tell_in(&mut writing, claim, now, progress, message).await;
        let tick = tick.map_err(unwritten)?;
        writing.commit().await.map_err(unwritten)?;
        Ok(tick)
    }

    pub(super) async fn ask_now(&self, claim: &Claim) -> Result<Tick, Failure> {
        let pool = self.pool().await?;
        let wanted: Option<bool> = sqlx::query_scalar(
            "SELECT cancel_requested FROM jobs WHERE id = ?1 AND claim = ?2 AND status = 'running'",
        )
        .bind(&claim.job)
        .bind(&claim.token)
        .fetch_optional(pool)
        .await
        .map_err(unread)?;
        Ok(tick(wanted))
    }

    pub(super) async fn end_now(&self, claim: &Claim, end: &End) -> Result<(), Failure> {
        let pool = self.pool().await?;
        let now = self.clock.now();
        let (status, result, error) = match end {
            End::Succeeded(result) => (JobStatus::Succeeded, Some(result), None),
            End::Failed(error) => (JobStatus::Failed, None, Some(error)),
            End::Cancelled(error) => (JobStatus::Cancelled, None, Some(error)),
            End::Parked => (JobStatus::Queued, None, None),
        };
        let mut writing = Writing::begin(pool).await.map_err(unwritten)?;
        // Who wanted it stopped was told so: another worker must not take it up.
        let stopped = match status {
            JobStatus::Queued => stopped(&mut writing, claim).await.map_err(unread)?,
            _ => None,
        };
        let (status, error) = match &stopped {
            Some(stopped) => (JobStatus::Cancelled, Some(stopped)),
            None => (status, error),
        };
        let ended = (status != JobStatus::Queued).then(|| millis(now));
        let statement = format!(
            "UPDATE jobs SET status = ?3, ended_at = ?4, result = ?5, error = ?6, claim = NULL, worker = NULL, \
             deadline_at = NULL, reserved_until = 0, unattended = unattended OR ?3 = 'queued', message = NULL, \
             progress = CASE WHEN ?3 = 'succeeded' THEN 100 ELSE progress END WHERE {MINE}"
        );
        sqlx::query(AssertSqlSafe(statement))
            .bind(&claim.job)
            .bind(&claim.token)
            .bind(status_name(status))
            .bind(ended)
            .bind(result.map(Value::to_string))
            .bind(error.map(Value::to_string))
            .execute(writing.connection())
            .await
            .map_err(unwritten)?;
        writing.commit().await.map_err(unwritten)?;
        if status == JobStatus::Succeeded {
            artifact_files::remove(&job_folder(&self.folder, &claim.job));
        }
        Ok(())
    }
}

/// Gives the error object of a job that is worked on and that somebody wants stopped.
async fn stopped(writing: &mut Writing, claim: &Claim) -> Result<Option<Value>, sqlx::Error> {
    let statement = format!("SELECT cancel_requested FROM jobs WHERE {MINE}");
    let wanted: Option<bool> = sqlx::query_scalar(AssertSqlSafe(statement))
        .bind(&claim.job)
        .bind(&claim.token)
        .fetch_optional(writing.connection())
        .await?;
    let error = || serde_json::to_value(Failure::cancelled()).unwrap_or_default();
    Ok((wanted == Some(true)).then(error))
}

/// An artifact's row: step, hash, size, content where it is in the table.
type ArtifactRow = (i64, String, i64, Option<Vec<u8>>);

/// An artifact as its row has it.
struct Kept<'a> {
    sha256: String,
    bytes: usize,
    content: Option<&'a [u8]>,
}

async fn finish_in(
    writing: &mut Writing,
    claim: &Claim,
    step: usize,
    kept: Option<Kept<'_>>,
    now: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM job_artifacts WHERE job = ?1 AND step = ?2")
        .bind(&claim.job)
        .bind(index(step))
        .execute(writing.connection())
        .await?;
    if let Some(kept) = kept {
        sqlx::query("INSERT INTO job_artifacts (job, step, sha256, bytes, content) VALUES (?1, ?2, ?3, ?4, ?5)")
            .bind(&claim.job)
            .bind(index(step))
            .bind(kept.sha256)
            .bind(index(kept.bytes))
            .bind(kept.content)
            .execute(writing.connection())
            .await?;
    }
    sqlx::query(
        "UPDATE job_steps SET status = 'done', ended_at = ?3 WHERE job = ?1 AND number = ?2",
    )
    .bind(&claim.job)
    .bind(index(step))
    .bind(now)
    .execute(writing.connection())
    .await?;
    Ok(())
}

async fn tell_in(
    writing: &mut Writing,
    claim: &Claim,
    now: i64,
    progress: u8,
    message: Option<&str>,
) -> Result<Tick, sqlx::Error> {
    let statement = format!(
        "UPDATE jobs SET seen_at = ?3, progress = max(progress, ?4), message = ?5 WHERE {MINE} RETURNING cancel_requested"
    );
    let wanted: Option<bool> = sqlx::query_scalar(AssertSqlSafe(statement))
        .bind(&claim.job)
        .bind(&claim.token)
        .bind(now)
        .bind(i64::from(progress))
        .bind(message)
        .fetch_optional(writing.connection())
        .await?;
    Ok(tick(wanted))
}

fn tick(cancel_requested: Option<bool>) -> Tick {
    match cancel_requested {
        None => Tick::Lost,
        Some(true) => Tick::Cancel,
        Some(false) => Tick::Go,
    }
}

/// Gives a queued job to a worker.
pub(super) async fn take(
    writing: &mut Writing,
    id: &str,
    worker: &Worker,
    now: SystemTime,
    time: Duration,
) -> Result<Option<Claim>, sqlx::Error> {
    let claim = Claim {
        job: id.to_owned(),
        token: uuid::Uuid::new_v4().to_string(),
    };
    let taken = sqlx::query(
        "UPDATE jobs SET status = 'running', attempt = attempt + 1, claim = ?2, worker = ?3, seen_at = ?4, deadline_at = ?5, \
         started_at = coalesce(started_at, ?4), ended_at = NULL, error = NULL, cancel_requested = 0 \
         WHERE id = ?1 AND status = 'queued'",
    )
    .bind(id)
    .bind(&claim.token)
    .bind(worker.to_string())
    .bind(millis(now))
    .bind(later(now, time))
    .execute(writing.connection())
    .await?;
    Ok((taken.rows_affected() == 1).then_some(claim))
}
