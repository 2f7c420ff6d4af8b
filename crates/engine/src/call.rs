//! Who asks, under which correlation id, how they are told of progress and how they cancel.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use synthesizer_model::progress::Progress;
use tokio_util::sync::CancellationToken;

/// Where a call comes from; decides which local paths it may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
}

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
