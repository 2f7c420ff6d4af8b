//! Work that outlives the call: a record per job, kept in memory and mirrored as one file each, so that another process can ask.
//! Jobs themselves run in this process; a job whose process is gone is reported as failed.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};
use synthesizer_infrastructure::{clock, records::RecordFolder, telemetry::masking};
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    job::{JobRecord, JobStatus},
    progress::Progress,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How many finished jobs are remembered.
const REMEMBERED: usize = 200;

/// How many finished jobs are kept in memory; the records of the others are read from their files.
const KEPT_IN_MEMORY: usize = 20;

/// How many jobs run at once; each holds sources in memory and starts programs.
const MOST_RUNNING: usize = 16;

/// How often the file of a running job is written at most.
const MIRROR_INTERVAL: Duration = Duration::from_millis(200);

/// All jobs of this process, and the records of earlier ones.
#[derive(Clone)]
pub struct Jobs {
    live: Arc<Mutex<BTreeMap<String, LiveJob>>>,
    records: Arc<RecordFolder>,
}

struct LiveJob {
    state: watch::Sender<JobRecord>,
    cancellation: CancellationToken,
}

/// A record with the process that works on it.
#[derive(Serialize, Deserialize)]
struct StoredJob {
    process: u32,
    record: JobRecord,
}

impl Jobs {
    /// Makes the job table; its files lie below `data`.
    pub fn new(data: &Path) -> Self {
        let folder: PathBuf = data.join("jobs");
        Self {
            live: Arc::default(),
            records: Arc::new(RecordFolder::new(folder, REMEMBERED)),
        }
    }

    /// Enters a new job with its steps; gives its handle for the worker.
    ///
    /// # Errors
    /// `E_LIMIT` when too many jobs run.
    pub fn begin(
        &self,
        steps: &[&str],
        cancellation: CancellationToken,
    ) -> Result<RunningJob, Failure> {
        let id = uuid::Uuid::new_v4().to_string();
        let record = JobRecord {
            synthesis_id: id.clone(),
            job_status: JobStatus::Queued,
            progress: 0,
            current_step: None,
            steps_completed: Vec::new(),
            steps_remaining: steps.iter().map(|step| (*step).to_owned()).collect(),
            started_at: clock::rfc3339(SystemTime::now()),
            completed_at: None,
            result: None,
            error: None,
        };
        let (state, _) = watch::channel(record);
        let job = LiveJob {
            state: state.clone(),
            cancellation: cancellation.clone(),
        };
        self.admit(id.clone(), job)?;
        let mirror = Mirror {
            id,
            records: Arc::clone(&self.records),
            last: Mutex::new(None),
        };
        mirror.write(&state.borrow().clone(), true);
        Ok(RunningJob {
            state,
            cancellation,
            mirror: Arc::new(mirror),
        })
    }

    fn admit(&self, id: String, job: LiveJob) -> Result<(), Failure> {
        let mut live = self.lock();
        let running = live
            .values()
            .filter(|job| !job.state.borrow().job_status.is_final());
        if running.count() >= MOST_RUNNING {
            let failure = Failure::new(
                ErrorCode::Limit,
                format!("{MOST_RUNNING} jobs are running already"),
            );
            return Err(failure.with_hint("wait for one of them to end, or cancel one"));
        }
        live.insert(id, job);
        Ok(())
    }

    /// Gives the present record of a job.
    ///
    /// # Errors
    /// `E_NOT_FOUND` for an unknown handle.
    pub fn record(&self, id: &str) -> Result<JobRecord, Failure> {
        if let Some(job) = self.lock().get(id) {
            return Ok(job.state.borrow().clone());
        }
        let known = uuid::Uuid::parse_str(id)
            .ok()
            .and_then(|id| self.records.read::<StoredJob>(&id.to_string()));
        let Some(StoredJob {
            process,
            mut record,
        }) = known
        else {
            let failure = Failure::new(ErrorCode::NotFound, "there is no job with this id");
            return Err(failure.with_hint("the id is the synthesis_id of an earlier answer"));
        };
        if !record.job_status.is_final() && !self.records.is_alive(process) {
            let failure = Failure::internal("the process that worked on the job has ended");
            record.job_status = JobStatus::Failed;
            record.error = serde_json::to_value(failure).ok();
        }
        Ok(record)
    }

    /// Waits until the job has ended, at most for the given time; gives its record then.
    ///
    /// # Errors
    /// `E_NOT_FOUND` for an unknown handle.
    pub async fn wait(&self, id: &str, at_most: Duration) -> Result<JobRecord, Failure> {
        let receiver = self.lock().get(id).map(|job| job.state.subscribe());
        if let Some(mut receiver) = receiver {
            let ended = receiver.wait_for(|record| record.job_status.is_final());
            // Whether it ended or the time passed, the record tells.
            let _ = tokio::time::timeout(at_most, ended).await;
        }
        self.record(id)
    }

    /// Asks a job of this process to stop.
    ///
    /// # Errors
    /// `E_NOT_FOUND` for an unknown handle, `E_ARGUMENT` when another process works on it.
    pub fn cancel(&self, id: &str) -> Result<(), Failure> {
        if let Some(job) = self.lock().get(id) {
            job.cancellation.cancel();
            return Ok(());
        }
        let record = self.record(id)?;
        if record.job_status.is_final() {
            return Ok(());
        }
        let failure = Failure::new(ErrorCode::Argument, "the job belongs to another process");
        Err(failure
            .with_hint("interrupt that process; it stops its work and removes what it began"))
    }

    /// Asks every job of this process to stop and waits for their ends, at most for the given time.
    pub async fn shut_down(&self, at_most: Duration) {
        let receivers: Vec<_> = self
            .lock()
            .values()
            .map(|job| {
                job.cancellation.cancel();
                job.state.subscribe()
            })
            .collect();
        let ends = async {
            for mut receiver in receivers {
                // A sender that is gone has ended its job.
                let _ = receiver
                    .wait_for(|record| record.job_status.is_final())
                    .await;
            }
        };
        let _ = tokio::time::timeout(at_most, ends).await;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, LiveJob>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forget_oldest(&self) {
        let mut live = self.lock();
        while live.len() > KEPT_IN_MEMORY {
            let oldest = live
                .iter()
                .filter(|(_, job)| job.state.borrow().job_status.is_final())
                .min_by_key(|(_, job)| job.state.borrow().started_at.clone())
                .map(|(id, _)| id.clone());
            match oldest {
                Some(id) => live.remove(&id),
                None => return,
            };
        }
    }
}

/// Writes the record of one job to its file, masked, seldom while it runs and always at its end.
struct Mirror {
    id: String,
    records: Arc<RecordFolder>,
    last: Mutex<Option<SystemTime>>,
}

impl Mirror {
    fn write(&self, record: &JobRecord, now: bool) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let due = last.is_none_or(|last| {
            last.elapsed()
                .map_or(true, |elapsed| elapsed >= MIRROR_INTERVAL)
        });
        if !now && !due {
            return;
        }
        *last = Some(SystemTime::now());
        let stored = StoredJob {
            process: std::process::id(),
            record: record.clone(),
        };
        let written = serde_json::to_value(&stored)
            .map_err(std::io::Error::from)
            .and_then(|mut stored| {
                // The file outlives the answer, so it holds no more than that.
                masking::mask_json(&mut stored);
                self.records.write(&self.id, &stored)
            });
        if let Err(error) = written {
            tracing::warn!(error = %error, "cannot keep the record of a job");
        }
    }
}

/// The worker's side of a job. Dropping it unfinished fails the job.
pub struct RunningJob {
    state: watch::Sender<JobRecord>,
    cancellation: CancellationToken,
    mirror: Arc<Mirror>,
}

impl RunningJob {
    /// Gives the handle.
    pub fn id(&self) -> &str {
        &self.mirror.id
    }

    /// Gives the token that stops the job.
    pub fn cancellation(&self) -> CancellationToken {
        self.cancellation.clone()
    }

    /// Ends the job.
    pub fn finish(self, outcome: Result<&impl Serialize, &Failure>, jobs: &Jobs) {
        self.state.send_modify(|record| {
            record.completed_at = Some(clock::rfc3339(SystemTime::now()));
            match outcome {
                Ok(result) => {
                    record.job_status = JobStatus::Succeeded;
                    record.progress = 100;
                    record.steps_completed.extend(record.current_step.take());
                    record.steps_remaining.clear();
                    record.result = serde_json::to_value(result).ok();
                }
                Err(failure) => {
                    record.job_status = if failure.code == ErrorCode::Cancelled {
                        JobStatus::Cancelled
                    } else {
                        JobStatus::Failed
                    };
                    record.error = serde_json::to_value(failure).ok();
                }
            }
        });
        self.mirror.write(&self.state.borrow().clone(), true);
        jobs.forget_oldest();
    }
}

impl Drop for RunningJob {
    fn drop(&mut self) {
        let unfinished = !self.state.borrow().job_status.is_final();
        if unfinished {
            self.state.send_modify(|record| {
                record.job_status = JobStatus::Failed;
                record.completed_at = Some(clock::rfc3339(SystemTime::now()));
                record.error =
                    serde_json::to_value(Failure::internal("the work ended without an answer"))
                        .ok();
            });
            self.mirror.write(&self.state.borrow().clone(), true);
        }
    }
}

/// Progress that goes to a job's record and to whoever watches the call.
pub struct JobProgress {
    state: watch::Sender<JobRecord>,
    cancellation: CancellationToken,
    watcher: Arc<dyn Progress>,
    mirror: Arc<Mirror>,
}

impl JobProgress {
    /// Makes the progress of a job.
    pub fn new(job: &RunningJob, watcher: Arc<dyn Progress>) -> Self {
        Self {
            state: job.state.clone(),
            cancellation: job.cancellation.clone(),
            watcher,
            mirror: Arc::clone(&job.mirror),
        }
    }
}

impl Progress for JobProgress {
    fn step(&self, percent: u8, message: &str) {
        self.state
            .send_modify(|record| advance(record, percent, message));
        self.mirror.write(&self.state.borrow().clone(), false);
        self.watcher.step(percent, message);
    }

    fn is_cancelled(&self) -> bool {
        self.cancellation.is_cancelled()
    }
}

/// Notes progress; a message that is one of the job's steps begins that step, and those before it are done.
fn advance(record: &mut JobRecord, percent: u8, message: &str) {
    record.job_status = JobStatus::Running;
    record.progress = record.progress.max(percent.min(100));
    if let Some(position) = record
        .steps_remaining
        .iter()
        .position(|step| step == message)
    {
        record.steps_completed.extend(record.current_step.take());
        let mut begun: Vec<String> = record.steps_remaining.drain(..=position).collect();
        record.current_step = begun.pop();
        record.steps_completed.extend(begun);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(jobs: &Jobs) -> Result<RunningJob, Failure> {
        jobs.begin(&["work"], CancellationToken::new())
    }

    #[test]
    fn only_so_many_jobs_run_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let jobs = Jobs::new(folder.path());
        let mut running: Vec<RunningJob> = (0..MOST_RUNNING)
            .map(|_| begin(&jobs).expect("admitted"))
            .collect();
        let refused = begin(&jobs).map(|_| ()).expect_err("one too many");
        assert_eq!(refused.code, ErrorCode::Limit);
        let last = running.pop().expect("a job");
        last.finish(Ok(&"done"), &jobs);
        begin(&jobs).expect("admitted again");
    }

    #[test]
    fn the_file_of_a_job_holds_no_secret() {
        let folder = tempfile::tempdir().expect("a folder");
        let jobs = Jobs::new(folder.path());
        let job = begin(&jobs).expect("admitted");
        let path = folder
            .path()
            .join("jobs")
            .join(format!("{}.json", job.id()));
        let failure = Failure::internal("cannot read https://me:hunter2@host.example/x");
        job.finish(Err::<&(), _>(&failure), &jobs);
        let text = std::fs::read_to_string(path).expect("a record");
        assert!(
            text.contains("https://****@host.example/x") && !text.contains("hunter2"),
            "{text}"
        );
    }

    #[test]
    fn a_job_that_is_not_in_memory_is_known_by_its_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let jobs = Jobs::new(folder.path());
        let mut ids = Vec::new();
        for number in 0..KEPT_IN_MEMORY + 5 {
            let job = begin(&jobs).expect("admitted");
            ids.push((job.id().to_owned(), number));
            job.finish(Ok(&number), &jobs);
        }
        assert_eq!(jobs.lock().len(), KEPT_IN_MEMORY);
        for (id, number) in ids {
            let record = jobs.record(&id).expect("known");
            assert_eq!(record.result, Some(serde_json::json!(number)));
        }
    }
}
