//! All jobs of the data folder, and those that this process works on.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use synthesizer_infrastructure::{
    config::Config,
    project,
    storage::jobs::{
        ClaimedJob, JobStore, NewJob, Retention, Wanted, Worker, job_folder, job_store,
    },
};
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    job::JobRecord,
    progress::Progress,
};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::{
    records,
    running::{Handle, RunningJob, masked},
};
use crate::opening;

/// How long a job is left to the process that is started for it.
const RESERVED: Duration = Duration::from_secs(15);

/// How often a job of another process is looked at by who waits for it.
const LOOK: Duration = Duration::from_millis(100);

/// How many jobs are listed at most.
const MOST_LISTED: usize = 200;

/// All jobs of the data folder. Clones are the same.
#[derive(Clone)]
pub struct Jobs {
    shared: Arc<Shared>,
}

struct Shared {
    store: Arc<dyn JobStore>,
    data: PathBuf,
    cache: PathBuf,
    retention: Retention,
    /// The most time that one attempt may take.
    time: Duration,
    live: Mutex<BTreeMap<String, Handle>>,
    forgotten: AtomicBool,
    closing: OnceLock<CancellationToken>,
}

/// Who waits for a job that is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attendance {
    /// A person in front of this process: it ends with them.
    Attended,
    /// Nobody: this process works on it, and any other may go on with it.
    Unattended,
}

/// Work that is to be entered as a job.
#[derive(Debug, Clone)]
pub struct NewWork<'a> {
    /// Whose job it is.
    pub owner: &'a str,
    /// What kind of work it is.
    pub kind: &'static str,
    /// What was asked for.
    pub request: Value,
    /// The folder that it makes.
    pub target: Option<PathBuf>,
    /// The correlation id of the call.
    pub correlation_id: &'a str,
    /// Its steps, with their shares of the whole.
    pub steps: &'static [(&'static str, u32)],
}

impl NewWork<'_> {
    fn entered(&self, unattended: bool, reserved: Duration, time: Duration) -> NewJob {
        // What looks like a secret is not kept, and without it the job could not be done again.
        let kept = masked(&self.request) == self.request;
        NewJob {
            id: uuid::Uuid::new_v4().to_string(),
            owner: self.owner.to_owned(),
            kind: self.kind.to_owned(),
            request: kept.then(|| self.request.clone()),
            target: self.target.clone(),
            unattended,
            reserved,
            time,
            correlation_id: self.correlation_id.to_owned(),
            steps: self
                .steps
                .iter()
                .map(|(name, _)| (*name).to_owned())
                .collect(),
        }
    }
}

impl Jobs {
    /// Takes the jobs of a configuration; opens nothing yet.
    pub fn new(config: &Config) -> Self {
        Self::over(job_store(config), config)
    }

    /// Takes another store.
    pub(super) fn over(store: Arc<dyn JobStore>, config: &Config) -> Self {
        Self {
            shared: Arc::new(Shared {
                store,
                data: config.paths.data.clone(),
                cache: config.paths.cache.clone(),
                retention: Retention {
                    keep: config.jobs.keep,
                    keep_for: config.jobs.keep_for,
                },
                time: config.limits.synthesis_timeout,
                live: Mutex::default(),
                forgotten: AtomicBool::new(false),
                closing: OnceLock::new(),
            }),
        }
    }

    /// Enters a job that this process works on at once.
    ///
    /// # Errors
    /// `E_LIMIT` when too many jobs run; those of the store.
    pub async fn begin(
        &self,
        work: &NewWork<'_>,
        attendance: Attendance,
        cancellation: CancellationToken,
        watcher: Arc<dyn Progress>,
    ) -> Result<RunningJob, Failure> {
        self.recover().await?;
        let unattended = attendance == Attendance::Unattended;
        let job = work.entered(unattended, Duration::ZERO, self.shared.time);
        let claim = self
            .store()
            .create(&job, Some(Worker::of_this_process()))
            .await?;
        let row = self.store().find(work.owner, &job.id).await?;
        let (Some(claim), Some(row)) = (claim, row) else {
            return Err(Failure::internal("a job that was entered is not there"));
        };
        let artifacts = vec![None; row.steps.len()];
        let claimed = ClaimedJob {
            claim,
            row,
            artifacts,
        };
        Ok(self.start(claimed, work.steps, cancellation, watcher))
    }

    /// Enters a job that waits for a worker, reserved for one that is started for it now; gives its handle.
    ///
    /// # Errors
    /// `E_LIMIT` when too many jobs wait, `E_ARGUMENT` for a request that must not be kept; those of the store.
    pub async fn enqueue(&self, work: &NewWork<'_>) -> Result<String, Failure> {
        self.recover().await?;
        let job = work.entered(true, RESERVED, self.shared.time);
        if job.request.is_none() {
            return Err(not_kept());
        }
        self.store().create(&job, None).await?;
        Ok(job.id)
    }

    /// Takes up a job that waits; `None` when there is none, or another worker was faster.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn claim(
        &self,
        wanted: &Wanted,
        steps: &'static [(&'static str, u32)],
        cancellation: CancellationToken,
        watcher: Arc<dyn Progress>,
    ) -> Result<Option<RunningJob>, Failure> {
        let worker = Worker::of_this_process();
        let claimed = self.store().claim(wanted, worker, self.shared.time).await?;
        Ok(claimed.map(|claimed| self.start(claimed, steps, cancellation, watcher)))
    }

    fn start(
        &self,
        claimed: ClaimedJob,
        steps: &'static [(&'static str, u32)],
        cancellation: CancellationToken,
        watcher: Arc<dyn Progress>,
    ) -> RunningJob {
        let weight = |name: &str| {
            let share = steps.iter().find(|(known, _)| *known == name);
            share.map_or(1, |(_, weight)| *weight)
        };
        let job = RunningJob::start(
            claimed,
            Arc::clone(self.store()),
            weight,
            cancellation,
            watcher,
        );
        let mut live = self.live();
        live.retain(|_, handle| !handle.ended.is_cancelled());
        live.insert(job.id().to_owned(), job.handle());
        job
    }

    /// Gives the present record of an owner's job.
    ///
    /// # Errors
    /// `E_NOT_FOUND` for an unknown handle, and for another owner's; those of the store.
    pub async fn record(&self, owner: &str, id: &str) -> Result<JobRecord, Failure> {
        let row = self.store().find(owner, &canonical(id)?).await?;
        row.map(records::record).ok_or_else(unknown)
    }

    /// Gives the newest jobs of an owner.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn list(&self, owner: &str) -> Result<Vec<JobRecord>, Failure> {
        self.recover().await?;
        let rows = self.store().list(owner, MOST_LISTED).await?;
        Ok(rows.into_iter().map(records::record).collect())
    }

    /// Waits until a job has ended, at most for the given time; gives its record then.
    ///
    /// # Errors
    /// As [`Self::record`].
    pub async fn wait(
        &self,
        owner: &str,
        id: &str,
        at_most: Duration,
    ) -> Result<JobRecord, Failure> {
        let until = Instant::now() + at_most;
        loop {
            let record = self.record(owner, id).await?;
            if record.job_status.is_final() || Instant::now() >= until {
                return Ok(record);
            }
            let ended = self.live().get(id).map(|handle| handle.ended.clone());
            match ended {
                Some(ended) if !ended.is_cancelled() => {
                    // Whether it ended or the time passed, the record tells.
                    let _ = tokio::time::timeout_at(until, ended.cancelled()).await;
                }
                _ => sleep(LOOK.min(until - Instant::now())).await,
            }
        }
    }

    /// Asks a job to stop, whichever process works on it.
    ///
    /// # Errors
    /// As [`Self::record`].
    pub async fn cancel(&self, owner: &str, id: &str) -> Result<(), Failure> {
        self.recover().await?;
        let id = canonical(id)?;
        let error = masked(&Failure::cancelled());
        if !self.store().request_cancel(owner, &id, &error).await? {
            return Err(unknown());
        }
        if let Some(handle) = self.live().get(&id) {
            handle.cancellation.cancel();
        }
        Ok(())
    }

    /// Puts a job that failed, was cancelled or waits into the queue, reserved for who asks.
    ///
    /// # Errors
    /// As [`Self::record`]; `E_ARGUMENT` when it runs, has succeeded, or its request was not kept.
    pub async fn requeue(&self, owner: &str, id: &str) -> Result<(), Failure> {
        self.recover().await?;
        let id = canonical(id)?;
        if self.store().requeue(owner, &id, RESERVED).await? {
            return Ok(());
        }
        let record = self.record(owner, &id).await?;
        match record.job_status.is_final() && !record.resumable {
            true if record.result.is_none() => Err(not_kept()),
            _ => Err(Failure::new(
                ErrorCode::Argument,
                "the job is being worked on, or has succeeded",
            )),
        }
    }

    /// Says whether a job waits that any worker may take.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn has_waiting(&self) -> Result<bool, Failure> {
        self.store().has_waiting().await
    }

    /// Gives how many jobs this process works on.
    pub fn running_here(&self) -> usize {
        let live = self.live();
        live.values()
            .filter(|handle| !handle.ended.is_cancelled())
            .count()
    }

    /// Waits until this process has no more to do with a job.
    pub async fn ended_here(&self, id: &str) {
        let ended = self.live().get(id).map(|handle| handle.ended.clone());
        if let Some(ended) = ended {
            ended.cancelled().await;
        }
    }

    /// Names the token by which this process ends: from then on, that a call ends is no wish to stop its job.
    pub fn park_at(&self, end: CancellationToken) {
        // The first one counts: a process ends once.
        let _ = self.shared.closing.set(end);
    }

    /// Says whether this process ends.
    pub fn is_closing(&self) -> bool {
        let closing = self.shared.closing.get();
        closing.is_some_and(CancellationToken::is_cancelled)
    }

    /// Gives the folder of a job: its log.
    pub fn folder(&self, id: &str) -> PathBuf {
        job_folder(&self.shared.data, id)
    }

    /// Ends the work of this process on every job and waits for that, at most for the given time. What may go on without who asked for it
    /// goes back to the queue, the rest is cancelled.
    pub async fn shut_down(&self, at_most: Duration) {
        let handles: Vec<Handle> = self.live().values().cloned().collect();
        for handle in &handles {
            handle.parking.store(handle.unattended, Ordering::Relaxed);
            handle.cancellation.cancel();
        }
        let ends = async {
            for handle in &handles {
                handle.ended.cancelled().await;
            }
        };
        // What is not done then is found as abandoned at the next start.
        let _ = tokio::time::timeout(at_most, ends).await;
    }

    pub(super) fn store(&self) -> &Arc<dyn JobStore> {
        &self.shared.store
    }

    pub(super) fn cache(&self) -> &Path {
        &self.shared.cache
    }

    /// Forgets old jobs, and removes what was left in the cache by processes that had no job, once in the life of this process.
    pub(super) async fn forget_once(&self) -> Result<(), Failure> {
        if self.shared.forgotten.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        let cache = self.cache().to_owned();
        let removing = opening::compute(move || {
            project::remove_scratch_left_behind(&cache);
            Ok(())
        });
        removing.await?;
        self.store().forget(&self.shared.retention).await
    }

    fn live(&self) -> MutexGuard<'_, BTreeMap<String, Handle>> {
        self.shared
            .live
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits until a job has ended, however long that takes.
///
/// # Errors
/// As [`Jobs::record`].
pub(crate) async fn until_ended(jobs: &Jobs, owner: &str, id: &str) -> Result<JobRecord, Failure> {
    loop {
        let record = jobs.wait(owner, id, Duration::from_secs(3600)).await?;
        if record.job_status.is_final() {
            return Ok(record);
        }
    }
}

/// Reads a handle; what is none is as unknown as one that nobody has.
fn canonical(id: &str) -> Result<String, Failure> {
    let read = uuid::Uuid::parse_str(id).map_err(|_| unknown())?;
    Ok(read.to_string())
}

fn unknown() -> Failure {
    Failure::new(ErrorCode::NotFound, "there is no job with this id")
        .with_hint("the id is the synthesis_id of an earlier answer")
}

fn not_kept() -> Failure {
    Failure::new(
        ErrorCode::Argument,
        "the request holds what looks like a secret, so it is not kept and the job cannot go on without this process",
    )
    .with_hint("run the synthesis in the foreground")
}
