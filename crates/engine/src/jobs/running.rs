//! The worker's side of one job: it is heard of, it hears of cancellation, and its end is recorded.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde::Serialize;
use serde_json::Value;
use synthesizer_infrastructure::{
    storage::jobs::{ClaimedJob, End, JobStore},
    telemetry::{masking, tasks},
};
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    progress::Progress,
};
use tokio::{
    task::JoinHandle,
    time::{Instant, MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use super::{
    progress::{JobProgress, Meter, Share},
    steps::Steps,
};

/// How often a worker looks whether its job was stopped.
const LOOK: Duration = Duration::from_millis(150);

/// How long a worker with nothing to tell is silent.
const SILENCE: Duration = Duration::from_secs(2);

/// How often the end of a job is tried to be recorded, and the pause between.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(200);

/// A job that this process works on. Dropping it unfinished fails the job.
pub struct RunningJob {
    claimed: ClaimedJob,
    store: Arc<dyn JobStore>,
    meter: Meter,
    watcher: Arc<dyn Progress>,
    steps: Steps,
    cancellation: CancellationToken,
    parking: Arc<AtomicBool>,
    ended: CancellationToken,
    heart: JoinHandle<()>,
    finished: bool,
}

/// What the table of jobs keeps of one that runs in this process.
#[derive(Debug, Clone)]
pub(super) struct Handle {
    pub(super) cancellation: CancellationToken,
    /// Set before cancelling when the job is to go on later.
    pub(super) parking: Arc<AtomicBool>,
    /// Whether it may go on later without whoever asked for it.
    pub(super) unattended: bool,
    /// Cancelled at the end.
    pub(super) ended: CancellationToken,
}

impl RunningJob {
    /// Takes up a claimed job; `weights` are the shares of its steps.
    pub(super) fn start(
        mut claimed: ClaimedJob,
        store: Arc<dyn JobStore>,
        weights: impl Fn(&str) -> u32,
        cancellation: CancellationToken,
        watcher: Arc<dyn Progress>,
    ) -> Self {
        let shares = claimed.row.steps.iter().map(|step| Share {
            name: step.name.clone(),
            weight: weights(&step.name),
        });
        let meter = Meter::new(shares.collect());
        let known: BTreeMap<usize, _> = std::mem::take(&mut claimed.artifacts)
            .into_iter()
            .enumerate()
            .filter_map(|(step, artifact)| Some((step, artifact?)))
            .collect();
        let steps = Steps::new(
            Arc::clone(&store),
            claimed.claim.clone(),
            meter.clone(),
            known,
            cancellation.clone(),
            claimed.row.attempt,
            Arc::clone(&watcher),
        );
        let heart = tasks::spawn(
            "job_heart",
            beat(
                Arc::clone(&store),
                claimed.claim.clone(),
                meter.clone(),
                steps.clone(),
            ),
        );
        Self {
            claimed,
            store,
            meter,
            watcher,
            steps,
            cancellation,
            parking: Arc::default(),
            ended: CancellationToken::new(),
            heart,
            finished: false,
        }
    }

    pub(super) fn handle(&self) -> Handle {
        Handle {
            cancellation: self.cancellation.clone(),
            parking: Arc::clone(&self.parking),
            unattended: self.claimed.row.unattended,
            ended: self.ended.clone(),
        }
    }

    /// Gives the handle of the job.
    pub fn id(&self) -> &str {
        &self.claimed.claim.job
    }

    /// Gives what was asked for.
    pub fn request(&self) -> Option<&Value> {
        self.claimed.row.request.as_ref()
    }

    /// Gives whose job it is.
    pub fn owner(&self) -> &str {
        &self.claimed.row.owner
    }

    /// Gives the correlation id of the call that asked for it.
    pub fn correlation_id(&self) -> &str {
        &self.claimed.row.correlation_id
    }

    /// Gives the token that stops the job.
    pub fn cancellation(&self) -> CancellationToken {
        self.cancellation.clone()
    }

    /// Gives the steps.
    pub fn steps(&self) -> Steps {
        self.steps.clone()
    }

    /// Gives progress that goes to the job's record and to who watches it.
    pub fn progress(&self) -> JobProgress {
        JobProgress::new(
            self.meter.clone(),
            self.cancellation.clone(),
            Arc::clone(&self.watcher),
        )
    }

    /// Ends the attempt. A job that was stopped because the process ends goes back to the queue.
    pub async fn finish(mut self, outcome: Result<&impl Serialize, &Failure>) {
        self.finished = true;
        self.heart.abort();
        if self.steps.is_lost() {
            tracing::warn!(job = self.id(), "the job was given to another worker");
        } else {
            let parking = self.parking.load(Ordering::Relaxed);
            let end = end_of(outcome, parking);
            record_end(&self.store, &self.claimed, &end).await;
        }
        self.ended.cancel();
    }
}

impl Drop for RunningJob {
    fn drop(&mut self) {
        self.heart.abort();
        if self.finished || tokio::runtime::Handle::try_current().is_err() {
            self.ended.cancel();
            return;
        }
        let failure = Failure::internal("the work ended without an answer");
        let end = End::Failed(masked(&failure));
        let (store, claimed, ended) = (
            Arc::clone(&self.store),
            self.claimed.clone(),
            self.ended.clone(),
        );
        tasks::spawn("job_end", async move {
            record_end(&store, &claimed, &end).await;
            ended.cancel();
        });
    }
}

fn end_of(outcome: Result<&impl Serialize, &Failure>, parking: bool) -> End {
    match outcome {
        Ok(result) => End::Succeeded(masked(result)),
        Err(failure) if failure.code == ErrorCode::Cancelled && parking => End::Parked,
        Err(failure) if failure.code == ErrorCode::Cancelled => End::Cancelled(masked(failure)),
        Err(failure) => End::Failed(masked(failure)),
    }
}

/// Records the end, with patience: a disk that is full now may have room soon. A job whose end is lost is found as abandoned later.
async fn record_end(store: &Arc<dyn JobStore>, claimed: &ClaimedJob, end: &End) {
    for attempt in 1..=TRIES {
        match store.end(&claimed.claim, end).await {
            Ok(()) => return,
            Err(failure) if attempt == TRIES => {
                let job = claimed.claim.job.as_str();
                tracing::error!(job, %failure, "the end of a job could not be recorded");
            }
            Err(_) => tokio::time::sleep(PAUSE * attempt).await,
        }
    }
}

/// The record outlives the answer, so it holds no more secrets than that.
pub(super) fn masked(value: &impl Serialize) -> Value {
    let mut value = serde_json::to_value(value).unwrap_or_default();
    masking::mask_json(&mut value);
    value
}

/// Tells how far the job is, and hears whether it was stopped.
async fn beat(
    store: Arc<dyn JobStore>,
    claim: synthesizer_infrastructure::storage::jobs::Claim,
    meter: Meter,
    steps: Steps,
) {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = Instant::now();
    loop {
        looks.tick().await;
        let heard = match meter.news() {
            Some(news) => {
                for step in news.begun {
                    // Whether it holds is what the next line finds out.
                    let _ = store.begin_step(&claim, step, news.whole).await;
                }
                told = Instant::now();
                store
                    .tell(&claim, news.whole, news.message.as_deref())
                    .await
            }
            None if told.elapsed() >= SILENCE => {
                told = Instant::now();
                let (whole, message) = meter.now();
                store.tell(&claim, whole, message.as_deref()).await
            }
            None => store.ask(&claim).await,
        };
        match heard {
            Ok(tick) if steps.obey(tick).is_err() => return,
            Ok(_) => {}
            Err(failure) => tracing::debug!(%failure, "a job could not tell that it lives"),
        }
    }
}
