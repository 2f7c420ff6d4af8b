//! A progress bar on standard error for work that takes longer than a second. Must not write to standard output.

use std::{sync::Mutex, time::Duration};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use synthesizer_infrastructure::telemetry::tasks;
use synthesizer_model::progress::Progress;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::answer::show;

/// Work that ends sooner shows no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// Progress on a terminal; silent where there is none.
pub(super) struct TerminalProgress {
    bar: ProgressBar,
    appearance: Mutex<Option<JoinHandle<()>>>,
    cancellation: CancellationToken,
}

impl TerminalProgress {
    /// Makes a bar that appears after a second, if it may be visible at all.
    pub(super) fn new(visible: bool, cancellation: CancellationToken) -> Self {
        let bar = ProgressBar::with_draw_target(Some(100), ProgressDrawTarget::hidden());
        let style =
            ProgressStyle::with_template("{bar:24} {percent:>3} % {elapsed:>4}  {wide_msg}");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        let appearance = visible.then(|| {
            let bar = bar.clone();
            tasks::spawn("progress_bar", async move {
                tokio::time::sleep(PATIENCE).await;
                bar.set_draw_target(ProgressDrawTarget::stderr());
                bar.enable_steady_tick(Duration::from_millis(250));
            })
        });
        Self {
            bar,
            appearance: Mutex::new(appearance),
            cancellation,
        }
    }

    /// Takes the bar off the screen; it does not come back.
    pub(super) fn finish(&self) {
        let appearance = self
            .appearance
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .take();
        if let Some(appearance) = appearance {
            appearance.abort();
        }
        self.bar.finish_and_clear();
    }
}

impl Progress for TerminalProgress {
    fn step(&self, percent: u8, message: &str) {
        self.bar.set_position(u64::from(percent.min(100)));
        self.bar.set_message(show(message));
    }

    fn is_cancelled(&self) -> bool {
        self.cancellation.is_cancelled()
    }
}
