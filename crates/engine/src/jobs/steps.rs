//! The steps of a running job: one that an earlier attempt did is not done again, its finding is given back.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use serde::{Serialize, de::DeserializeOwned};
use synthesizer_infrastructure::{
    storage::jobs::{Artifact, Claim, JobStore, Tick},
    telemetry::masking,
};
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    progress::Progress,
};
use tokio_util::sync::CancellationToken;

use super::progress::Meter;

/// How what a step found out is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Not at all where it holds what looks like a secret; the step is then done again by a later attempt.
    UnlessSecret,
    /// As it is: it is what the job places for its owner.
    AsItIs,
}

/// The steps of one attempt at a job. Clones are the same.
#[derive(Clone)]
pub struct Steps(Arc<Attempt>);

struct Attempt {
    store: Arc<dyn JobStore>,
    claim: Claim,
    meter: Meter,
    known: Mutex<BTreeMap<usize, Artifact>>,
    cancellation: CancellationToken,
    lost: AtomicBool,
    number: u32,
    watcher: Arc<dyn Progress>,
}

impl Steps {
    pub(super) fn new(
        store: Arc<dyn JobStore>,
        claim: Claim,
        meter: Meter,
        known: BTreeMap<usize, Artifact>,
        cancellation: CancellationToken,
        number: u32,
        watcher: Arc<dyn Progress>,
    ) -> Self {
        Self(Arc::new(Attempt {
            store,
            claim,
            meter,
            known: Mutex::new(known),
            cancellation,
            lost: AtomicBool::new(false),
            number,
            watcher,
        }))
    }

    /// Says whether an earlier attempt has worked on the job.
    pub fn is_resumed(&self) -> bool {
        self.0.number > 1
    }

    /// Gives what an earlier attempt found out by a step, once.
    pub fn known<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let step = self.0.meter.number(name)?;
        let known = self.taken(step)?;
        self.0.meter.finish(step);
        Some(known)
    }

    /// Does a step, or gives what an earlier attempt found out by it. That it is done and what it found out are recorded together.
    ///
    /// # Errors
    /// Those of the work; `E_CANCELLED` when the job was stopped, or given to another worker; those of the store, such as a full disk.
    ///
    /// # Example
    /// ```ignore
    /// let pins: Vec<Pin> = steps.recorded("fetching", Keep::UnlessSecret, fetch(request)).await?;
    /// ```
    pub async fn recorded<T: Serialize + DeserializeOwned>(
        &self,
        name: &str,
        keep: Keep,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        if let Some(known) = self.known(name) {
            return Ok(known);
        }
        let step = self.begin(name).await?;
        let found = work.await?;
        self.finish(step, artifact(&found, keep)?.as_ref()).await?;
        Ok(found)
    }

    /// Does a step whose effect does not outlive its process, again in each attempt, and records what it found out.
    ///
    /// # Errors
    /// As [`Self::recorded`]; `E_INTERNAL` when an earlier attempt found out something else, because then the job does not do the same again.
    pub async fn repeated<T, Found>(
        &self,
        name: &str,
        work: impl Future<Output = Result<(T, Found), Failure>>,
    ) -> Result<(T, Found), Failure>
    where
        Found: Serialize + DeserializeOwned + PartialEq,
    {
        let known: Option<Found> = self.known(name);
        let step = self.begin(name).await?;
        let (outcome, found) = work.await?;
        if known.is_some_and(|known| known != found) {
            return Err(Failure::internal(format!(
                "the resumed job found something else than before by {name}"
            )));
        }
        let artifact = artifact(&found, Keep::UnlessSecret)?;
        self.finish(step, artifact.as_ref()).await?;
        Ok((outcome, found))
    }

    /// Does a step that cannot be taken back: once its work is done it is done, whatever can be recorded, and whoever wants it stopped.
    ///
    /// # Errors
    /// `E_CANCELLED` before the work begins; those of the work.
    pub async fn last<T>(
        &self,
        name: &str,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let step = self.begin(name).await?;
        let done = work.await?;
        if let Err(failure) = self.finish(step, None).await {
            tracing::warn!(%failure, "the last step of a job was done and could not be recorded");
        }
        Ok(done)
    }

    /// Notes that a step is begun, and gives its number.
    async fn begin(&self, name: &str) -> Result<usize, Failure> {
        let attempt = &*self.0;
        let Some(step) = attempt.meter.number(name) else {
            return Err(Failure::internal("a step that the job does not have"));
        };
        let whole = attempt.meter.begin(step);
        attempt.watcher.step(whole, name);
        let told = attempt
            .store
            .begin_step(&attempt.claim, step, whole)
            .await?;
        self.obey(told)?;
        Ok(step)
    }

    async fn finish(&self, step: usize, artifact: Option<&Artifact>) -> Result<(), Failure> {
        let attempt = &*self.0;
        let whole = attempt.meter.finish(step);
        let finishing = attempt
            .store
            .finish_step(&attempt.claim, step, artifact, whole);
        // That it was stopped meanwhile is heard at the next step, or by the worker's heart.
        finishing.await.map(|_| ())
    }

    /// Says whether the job was given to another worker.
    pub(super) fn is_lost(&self) -> bool {
        self.0.lost.load(Ordering::Relaxed)
    }

    /// Does what the table says: a job that was stopped or lost is cancelled.
    pub(super) fn obey(&self, tick: Tick) -> Result<(), Failure> {
        match tick {
            Tick::Go => return Ok(()),
            Tick::Cancel => {}
            Tick::Lost => self.0.lost.store(true, Ordering::Relaxed),
        }
        self.0.cancellation.cancel();
        Err(Failure::cancelled())
    }

    /// Takes what is known of a step; what cannot be read was written by another version, and the step is done again.
    fn taken<T: DeserializeOwned>(&self, step: usize) -> Option<T> {
        let Artifact(content) = self.artifacts().remove(&step)?;
        serde_json::from_slice(&content).ok()
    }

    fn artifacts(&self) -> std::sync::MutexGuard<'_, BTreeMap<usize, Artifact>> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn artifact<T: Serialize>(found: &T, keep: Keep) -> Result<Option<Artifact>, Failure> {
    let unwritable =
        |error| Failure::internal(format!("what a step found out has no JSON form: {error}"));
    if keep == Keep::UnlessSecret {
        let value = serde_json::to_value(found).map_err(unwritable)?;
        let mut masked = value.clone();
        masking::mask_json(&mut masked);
        if masked != value {
            return Ok(None);
        }
    }
    let content = serde_json::to_vec(found).map_err(unwritable)?;
    if content.len() > synthesizer_infrastructure::storage::jobs::LARGEST_ARTIFACT {
        // The step can be done again; what cannot be kept is no reason to fail.
        return Ok(None);
    }
    Ok(Some(Artifact(content)))
}

/// Makes the failure of a job that cannot be resumed because a source is no longer what it was.
pub(crate) fn changed_since(what: &str) -> Failure {
    Failure::new(
        ErrorCode::Incompatible,
        format!("{what} is no longer what it was when the job began"),
    )
    .with_hint("run the synthesis anew; a resumed job reads exactly what it read before")
}
