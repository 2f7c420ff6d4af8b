//! Who asks, under which correlation id, how they are told of progress and how they cancel.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use synthesizer_model::{failure::Failure, progress::Progress};
use tokio_util::sync::CancellationToken;

use crate::jobs::{Keep, Steps};

/// Where a call comes from; decides which local paths it may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Caller {
    /// The person at the terminal: any path they may access.
    CommandLine,
    /// An MCP client: only below `[paths] roots`.
    Mcp,
}

/// The circumstances of one call of an operation.
#[derive(Clone)]
pub struct Call {
    /// Follows the call through every layer.
    pub correlation_id: String,
    /// Who asks.
    pub caller: Caller,
    /// Is told of progress.
    pub progress: Arc<dyn Progress>,
    /// Stops the work.
    pub cancellation: CancellationToken,
    /// Whose jobs the call may see, and to whom those belong that it begins.
    pub owner: Arc<str>,
    /// The steps of the job that the call is work of.
    pub steps: Option<Steps>,
}

/// The owner of everything that is asked for on this machine itself.
pub const LOCAL_OWNER: &str = "local";

impl Call {
    /// Makes a call with a new correlation id.
    pub fn new(
        caller: Caller,
        progress: Arc<dyn Progress>,
        cancellation: CancellationToken,
    ) -> Self {
        Self {
            correlation_id: Self::new_correlation_id(),
            caller,
            progress,
            cancellation,
            owner: Arc::from(LOCAL_OWNER),
            steps: None,
        }
    }

    /// Does a step of the job that the call is work of, or gives what an earlier attempt found out by it; without a job just does the work.
    ///
    /// # Errors
    /// Those of the work, and of [`Steps::recorded`].
    pub(crate) async fn recorded<T: Serialize + serde::de::DeserializeOwned>(
        &self,
        step: &str,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        match &self.steps {
            Some(steps) => steps.recorded(step, Keep::UnlessSecret, work).await,
            None => work.await,
        }
    }

    /// Makes a correlation id that nobody else has.
    pub fn new_correlation_id() -> String {
        uuid::Uuid::now_v7().to_string()
    }

    /// Gives progress for work on a blocking thread, which also sees the cancellation.
    pub(crate) fn blocking_progress(&self) -> Arc<dyn Progress> {
        Arc::new(CancellableProgress {
            progress: Arc::clone(&self.progress),
            cancellation: self.cancellation.clone(),
            until: None,
        })
    }

    /// Gives progress as [`Self::blocking_progress`] does, which also sees when the time for reading is over.
    pub(crate) fn reading_progress(&self, time: Duration) -> Arc<dyn Progress> {
        Arc::new(CancellableProgress {
            progress: Arc::clone(&self.progress),
            cancellation: self.cancellation.clone(),
            until: Instant::now().checked_add(time),
        })
    }
}

struct CancellableProgress {
    progress: Arc<dyn Progress>,
    cancellation: CancellationToken,
    /// When the time for reading is over.
    until: Option<Instant>,
}

impl Progress for CancellableProgress {
    fn step(&self, percent: u8, message: &str) {
        self.progress.step(percent, message);
    }

    fn is_cancelled(&self) -> bool {
        self.cancellation.is_cancelled() || self.progress.is_cancelled()
    }

    fn time_is_up(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() >= until)
    }
}
