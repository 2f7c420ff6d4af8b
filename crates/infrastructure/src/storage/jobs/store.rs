//! The jobs in the state file: the owner's side, and what is common. Every change is one transaction.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use futures_util::{FutureExt as _, future::BoxFuture};
use serde_json::Value;
use sqlx::{AssertSqlSafe, SqliteConnection, sqlite::SqlitePool};
use synthesizer_model::failure::{ErrorCode, Failure};

use super::{
    super::{
        database::Database,
        errors::failure,
        times::{Clock, millis},
    },
    record::{Artifact, Claim, ClaimedJob, End, JobRow, JobStore, NewJob, Retention, Tick, Wanted},
    retention,
    rows::{self, COLUMNS},
    worker::Worker,
    working,
    writing::Writing,
};
use crate::config::Config;

/// How long a worker of another container may be silent before its job is given to another.
const SILENCE: Duration = Duration::from_secs(60);

/// How many attempts may end with the death of their process before nobody tries again by himself.
const MOST_DEATHS: i64 = 3;

/// How many jobs are listed at most.
const MOST_LISTED: usize = 1_000;

const INSERT: &str = "INSERT INTO jobs (id, owner, kind, request, target, status, unattended, reserved_until, attempt, deaths, \
     progress, correlation_id, cancel_requested, created_at) VALUES (?1, ?2, ?3, ?4, ?5, 'queued', ?6, ?7, 0, 0, 0, ?8, 0, ?9)";

/// The jobs in the state file.
#[derive(Debug, Clone)]
pub struct SqliteJobStore {
    pub(super) database: Database,
    pub(super) folder: PathBuf,
    pub(super) clock: Clock,
    pub(super) most_running: usize,
    pub(super) most_queued: usize,
}

/// Gives the jobs of a configuration's state file. Nothing is opened before the first use.
pub fn job_store(config: &Config) -> Arc<dyn JobStore> {
    Arc::new(SqliteJobStore {
        database: Database::of(config),
        folder: config.paths.data.clone(),
        clock: Clock::system(),
        most_running: config.jobs.at_once,
        most_queued: config.jobs.queued,
    })
}

impl SqliteJobStore {
    pub(super) async fn pool(&self) -> Result<&SqlitePool, Failure> {
        self.database.pool().await
    }

    async fn create_now(
        &self,
        job: &NewJob,
        worker: Option<&Worker>,
    ) -> Result<Option<Claim>, Failure> {
        let pool = self.pool().await?;
        let now = self.clock.now();
        let mut writing = Writing::begin(pool).await.map_err(unwritten)?;
        self.refuse_too_many(&mut writing, worker.is_some()).await?;
        let inserted = self.insert(&mut writing, job, now).await;
        inserted.map_err(unwritten)?;
        let claim = match worker {
            None => None,
            Some(worker) => {
                let claim = working::take(&mut writing, &job.id, worker, now, job.time).await;
                claim.map_err(unwritten)?
            }
        };
        writing.commit().await.map_err(unwritten)?;
        Ok(claim)
    }

    async fn refuse_too_many(&self, writing: &mut Writing, runs: bool) -> Result<(), Failure> {
        let (status, most, hint) = match runs {
            true => (
                "running",
                self.most_running,
                "wait for one of them to end, or cancel one",
            ),
            false => (
                "queued",
                self.most_queued,
                "start a worker, or cancel some of them",
            ),
        };
        let count = count(writing.connection(), status).await.map_err(unread)?;
        if count < most {
            return Ok(());
        }
        let what = if runs { "are running" } else { "are waiting" };
        let message = format!("{most} jobs {what} already");
        Err(Failure::new(ErrorCode::Limit, message).with_hint(hint))
    }

    async fn insert(
        &self,
        writing: &mut Writing,
        job: &NewJob,
        now: SystemTime,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(INSERT)
            .bind(&job.id)
            .bind(&job.owner)
            .bind(&job.kind)
            .bind(job.request.as_ref().map(Value::to_string))
            .bind(
                job.target
                    .as_ref()
                    .map(|target| target.to_string_lossy().into_owned()),
            )
            .bind(job.unattended)
            .bind(later(now, job.reserved))
            .bind(&job.correlation_id)
            .bind(millis(now))
            .execute(writing.connection())
            .await?;
        for (number, name) in job.steps.iter().enumerate() {
            sqlx::query(
                "INSERT INTO job_steps (job, number, name, status) VALUES (?1, ?2, ?3, 'waiting')",
            )
            .bind(&job.id)
            .bind(index(number))
            .bind(name)
            .execute(writing.connection())
            .await?;
        }
        Ok(())
    }

    async fn find_now(&self, owner: &str, id: &str) -> Result<Option<JobRow>, Failure> {
        let Some(pool) = self.database.existing().await? else {
            return Ok(None);
        };
        let mut connection = pool.acquire().await.map_err(unread)?;
        let row = row(&mut connection, id).await.map_err(unread)?;
        Ok(row.filter(|row| row.owner == owner))
    }

    async fn list_now(&self, owner: &str, most: usize) -> Result<Vec<JobRow>, Failure> {
        let statement = format!(
            "SELECT {COLUMNS} FROM jobs WHERE owner = ?1 ORDER BY created_at DESC, id LIMIT ?2"
        );
        let most = index(most.min(MOST_LISTED));
        let mut jobs = self.rows(statement, owner, most).await?;
        if jobs.is_empty() {
            return Ok(jobs);
        }
        let pool = self.pool().await?;
        let mut connection = pool.acquire().await.map_err(unread)?;
        for job in &mut jobs {
            let steps = rows::steps(&mut connection, &job.id).await;
            job.steps = steps.map_err(unread)?;
        }
        Ok(jobs)
    }

    async fn abandoned_now(&self) -> Result<Vec<JobRow>, Failure> {
        let statement = format!("SELECT {COLUMNS} FROM jobs WHERE status = ?1 LIMIT ?2");
        let running = self.rows(statement, "running", i64::MAX).await?;
        let now = self.clock.now();
        let is_silent = |row: &JobRow| {
            let silence = row.seen_at.and_then(|seen| now.duration_since(seen).ok());
            silence.is_some_and(|silence| silence > SILENCE)
        };
        let gone =
            running
                .into_iter()
                .filter(|row| match row.worker.as_ref().map(Worker::is_alive) {
                    Some(Some(alive)) => !alive,
                    Some(None) => is_silent(row),
                    None => true,
                });
        Ok(gone.collect())
    }

    async fn rows(
        &self,
        statement: String,
        first: &str,
        second: i64,
    ) -> Result<Vec<JobRow>, Failure> {
        let Some(pool) = self.database.existing().await? else {
            return Ok(Vec::new());
        };
        let found = sqlx::query(AssertSqlSafe(statement))
            .bind(first)
            .bind(second)
            .fetch_all(pool)
            .await
            .map_err(unread)?;
        let rows: Result<_, _> = found.iter().map(rows::job).collect();
        rows.map_err(unread)
    }

    async fn has_waiting_now(&self) -> Result<bool, Failure> {
        let Some(pool) = self.database.existing().await? else {
            return Ok(false);
        };
        let mut connection = pool.acquire().await.map_err(unread)?;
        let next = next(&mut connection, self.clock.now()).await;
        Ok(next.map_err(unread)?.is_some())
    }

    async fn put_back_now(&self, row: &JobRow, error: &Value) -> Result<(), Failure> {
        let pool = self.pool().await?;
        let now = millis(self.clock.now());
        let statement = "UPDATE jobs SET deaths = deaths + 1, claim = NULL, worker = NULL, deadline_at = NULL, reserved_until = 0, \
             status = CASE WHEN cancel_requested THEN 'cancelled' WHEN unattended AND request IS NOT NULL AND deaths + 1 < ?3 \
             THEN 'queued' ELSE 'failed' END, \
             ended_at = CASE WHEN NOT cancel_requested AND unattended AND request IS NOT NULL AND deaths + 1 < ?3 THEN NULL ELSE ?4 END, \
             error = CASE WHEN NOT cancel_requested AND unattended AND request IS NOT NULL AND deaths + 1 < ?3 THEN NULL ELSE ?5 END \
             WHERE id = ?1 AND claim IS ?2 AND status = 'running'";
        let mut writing = Writing::begin(pool).await.map_err(unwritten)?;
        sqlx::query(statement)
            .bind(&row.id)
            .bind(&row.claim)
            .bind(MOST_DEATHS)
            .bind(now)
            .bind(error.to_string())
            .execute(writing.connection())
            .await
            .map_err(unwritten)?;
        writing.commit().await.map_err(unwritten)
    }

    async fn request_cancel_now(
        &self,
        owner: &str,
        id: &str,
        error: &Value,
    ) -> Result<bool, Failure> {
        let Some(pool) = self.database.existing().await? else {
            return Ok(false);
        };
        let now = millis(self.clock.now());
        let statement = "UPDATE jobs SET cancel_requested = status = 'running', \
             ended_at = CASE status WHEN 'queued' THEN ?3 ELSE ended_at END, \
             error = CASE status WHEN 'queued' THEN ?4 ELSE error END, \
             status = CASE status WHEN 'queued' THEN 'cancelled' ELSE status END WHERE id = ?1 AND owner = ?2";
        let mut writing = Writing::begin(pool).await.map_err(unwritten)?;
        let changed = sqlx::query(statement)
            .bind(id)
            .bind(owner)
            .bind(now)
            .bind(error.to_string())
            .execute(writing.connection())
            .await
            .map_err(unwritten)?;
        writing.commit().await.map_err(unwritten)?;
        Ok(changed.rows_affected() > 0)
    }

    async fn requeue_now(
        &self,
        owner: &str,
        id: &str,
        reserved: Duration,
    ) -> Result<bool, Failure> {
        let Some(pool) = self.database.existing().await? else {
            return Ok(false);
        };
        let until = later(self.clock.now(), reserved);
        let statement = "UPDATE jobs SET status = 'queued', unattended = 1, reserved_until = ?3, deaths = 0, cancel_requested = 0, \
             ended_at = NULL, error = NULL WHERE id = ?1 AND owner = ?2 AND request IS NOT NULL \
             AND status IN ('failed', 'cancelled', 'queued')";
        let mut writing = Writing::begin(pool).await.map_err(unwritten)?;
        let changed = sqlx::query(statement)
            .bind(id)
            .bind(owner)
            .bind(until)
            .execute(writing.connection())
            .await
            .map_err(unwritten)?;
        writing.commit().await.map_err(unwritten)?;
        Ok(changed.rows_affected() > 0)
    }

    async fn forget_now(&self, retention: &Retention) -> Result<(), Failure> {
        let Some(pool) = self.database.existing().await? else {
            return Ok(());
        };
        retention::forget(pool, &self.folder, retention, self.clock.now())
            .await
            .map_err(unwritten)
    }
}

pub(super) async fn next(
    connection: &mut SqliteConnection,
    now: SystemTime,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT id FROM jobs WHERE status = 'queued' AND unattended AND request IS NOT NULL AND reserved_until <= ?1 \
         ORDER BY created_at, id LIMIT 1",
    )
    .bind(millis(now))
    .fetch_optional(connection)
    .await
}

pub(super) async fn count(
    connection: &mut SqliteConnection,
    status: &str,
) -> Result<usize, sqlx::Error> {
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM jobs WHERE status = ?1")
        .bind(status)
        .fetch_one(connection)
        .await?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

pub(super) async fn row(
    connection: &mut SqliteConnection,
    id: &str,
) -> Result<Option<JobRow>, sqlx::Error> {
    let statement = format!("SELECT {COLUMNS} FROM jobs WHERE id = ?1");
    let found = sqlx::query(AssertSqlSafe(statement))
        .bind(id)
        .fetch_optional(&mut *connection)
        .await?;
    let Some(found) = found else { return Ok(None) };
    let mut row = rows::job(&found)?;
    row.steps = rows::steps(connection, id).await?;
    Ok(Some(row))
}

pub(super) fn index(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn later(now: SystemTime, time: Duration) -> i64 {
    now.checked_add(time).map_or(i64::MAX, millis)
}

pub(super) fn unread(error: sqlx::Error) -> Failure {
    failure("read the state file", &error)
}

pub(super) fn unwritten(error: sqlx::Error) -> Failure {
    failure("write the state file", &error)
}

impl JobStore for SqliteJobStore {
    fn create<'a>(
        &'a self,
        job: &'a NewJob,
        worker: Option<&'a Worker>,
    ) -> BoxFuture<'a, Result<Option<Claim>, Failure>> {
        self.create_now(job, worker).boxed()
    }

    fn claim<'a>(
        &'a self,
        wanted: &'a Wanted,
        worker: &'a Worker,
        time: Duration,
    ) -> BoxFuture<'a, Result<Option<ClaimedJob>, Failure>> {
        self.claim_now(wanted, worker, time).boxed()
    }

    fn begin_step<'a>(
        &'a self,
        claim: &'a Claim,
        step: usize,
        progress: u8,
    ) -> BoxFuture<'a, Result<Tick, Failure>> {
        self.begin_step_now(claim, step, progress).boxed()
    }

    fn finish_step<'a>(
        &'a self,
        claim: &'a Claim,
        step: usize,
        artifact: Option<&'a Artifact>,
        progress: u8,
    ) -> BoxFuture<'a, Result<Tick, Failure>> {
        self.finish_step_now(claim, step, artifact, progress)
            .boxed()
    }

    fn tell<'a>(
        &'a self,
        claim: &'a Claim,
        progress: u8,
        message: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Tick, Failure>> {
        self.tell_now(claim, progress, message).boxed()
    }

    fn ask<'a>(&'a self, claim: &'a Claim) -> BoxFuture<'a, Result<Tick, Failure>> {
        self.ask_now(claim).boxed()
    }

    fn end<'a>(&'a self, claim: &'a Claim, end: &'a End) -> BoxFuture<'a, Result<(), Failure>> {
        self.end_now(claim, end).boxed()
    }

    fn find<'a>(
        &'a self,
        owner: &'a str,
        id: &'a str,
    ) -> BoxFuture<'a, Result<Option<JobRow>, Failure>> {
        self.find_now(owner, id).boxed()
    }

    fn list<'a>(
        &'a self,
        owner: &'a str,
        most: usize,
    ) -> BoxFuture<'a, Result<Vec<JobRow>, Failure>> {
        self.list_now(owner, most).boxed()
    }

    fn abandoned(&self) -> BoxFuture<'_, Result<Vec<JobRow>, Failure>> {
        self.abandoned_now().boxed()
    }

    fn has_waiting(&self) -> BoxFuture<'_, Result<bool, Failure>> {
        self.has_waiting_now().boxed()
    }

    fn put_back<'a>(
        &'a self,
        row: &'a JobRow,
        error: &'a Value,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        self.put_back_now(row, error).boxed()
    }

    fn request_cancel<'a>(
        &'a self,
        owner: &'a str,
        id: &'a str,
        error: &'a Value,
    ) -> BoxFuture<'a, Result<bool, Failure>> {
        self.request_cancel_now(owner, id, error).boxed()
    }

    fn requeue<'a>(
        &'a self,
        owner: &'a str,
        id: &'a str,
        reserved: Duration,
    ) -> BoxFuture<'a, Result<bool, Failure>> {
        self.requeue_now(owner, id, reserved).boxed()
    }

    fn forget<'a>(&'a self, retention: &'a Retention) -> BoxFuture<'a, Result<(), Failure>> {
        self.forget_now(retention).boxed()
    }
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
