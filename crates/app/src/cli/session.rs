//! What a command works with: the engine, one call with its progress and cancellation. Must not render.

use std::{ffi::OsString, sync::Arc};

use synthesizer_engine::{Call, Caller, Engine};
use synthesizer_infrastructure::{config, telemetry::correlation};
use synthesizer_model::progress::Progress;
use tokio_util::sync::CancellationToken;

use super::{GlobalOptions, output::Output, progress::TerminalProgress, signals};

/// One run of one command.
pub(super) struct Session {
    /// The use cases.
    pub(super) engine: Engine,
    /// The call that the command makes; cancelled by the first interruption.
    pub(super) call: Call,
    /// The global flags that a worker which this command starts has too.
    pub(super) worker_flags: Vec<OsString>,
    /// Whether the document is wanted, and not the text for people.
    pub(super) json: bool,
    progress: Arc<TerminalProgress>,
}

impl Session {
    /// Starts watching for interruptions and prepares the progress bar.
    pub(super) fn start(engine: Engine, output: &Output, globals: &GlobalOptions) -> Self {
        let cancellation = CancellationToken::new();
        signals::cancel_on_interruption(cancellation.clone());
        let visible = !globals.quiet && output.progress_is_visible();
        let progress = Arc::new(TerminalProgress::new(visible, cancellation.clone()));
        let watcher: Arc<dyn Progress> = progress.clone();
        let mut call = Call::new(Caller::CommandLine, watcher, cancellation);
        call.correlation_id = new_correlation_id();
        Self {
            json: output.is_json(),
            worker_flags: globals.worker_flags(),
            engine,
            call,
            progress,
        }
    }

    /// Takes the progress bar off the screen.
    pub(super) fn finish(&self) {
        self.progress.finish();
    }
}

/// Gives the correlation id of this run: that of the call which started it, else a new one.
pub(super) fn new_correlation_id() -> String {
    correlation::inherited(&config::environment()).unwrap_or_else(Call::new_correlation_id)
}
