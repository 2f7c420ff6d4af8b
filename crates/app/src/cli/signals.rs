//! SIGINT and SIGTERM: the first cancels and lets the work clean up, the second ends the program and those that it has started at once.

use synthesizer_infrastructure::{storage::jobs, telemetry::tasks};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The exit status of an interrupted program.
const INTERRUPTED: i32 = 130;

/// Cancels the token on the first signal; exits on the second. The task lives as long as the program.
pub(super) fn cancel_on_interruption(token: CancellationToken) {
    let signals = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    );
    let (Ok(interrupt), Ok(terminate)) = signals else {
        tracing::warn!("cannot watch for signals; an interruption will not clean up");
        return;
    };
    tasks::spawn("signals", watch(interrupt, terminate, token));
}

async fn watch(mut interrupt: Signal, mut terminate: Signal, token: CancellationToken) {
    for first in [true, false] {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        if first {
            token.cancel();
        } else {
            // What is left of files, the next start removes; programs would go on until then.
            jobs::end_own_programs();
            std::process::exit(INTERRUPTED);
        }
    }
}
