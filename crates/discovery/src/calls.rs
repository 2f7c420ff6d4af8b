//! One call of a platform client: in a task of its own, until a deadline, so that a client that hangs or breaks costs itself alone.

use std::{future::Future, time::Duration};

use synthesizer_infrastructure::telemetry::tasks;
use synthesizer_model::{ErrorCode, Failure};
use tokio::{
    task::JoinHandle,
    time::{Instant, timeout_at},
};
use tokio_util::sync::CancellationToken;

use crate::client::CallBounds;

/// The longest part of the time that is kept back, so that a client's own answer to a deadline still arrives.
const LONGEST_RESERVE: Duration = Duration::from_millis(250);

/// Until when a platform may work.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TimeBound {
    /// When nobody waits any more.
    pub(crate) deadline: Instant,
    /// How long that is in all; for messages, and for the part that is kept back.
    pub(crate) allowed: Duration,
}

impl TimeBound {
    /// Bounds work that begins now.
    pub(crate) fn from_now(allowed: Duration) -> Self {
        let now = Instant::now();
        Self {
            deadline: now.checked_add(allowed).unwrap_or(now),
            allowed,
        }
    }

    /// Says whether the time is over.
    pub(crate) fn is_over(self) -> bool {
        Instant::now() >= self.deadline
    }

    /// Gives the deadline of the client itself: a little earlier, so that it can still answer with what it has kept.
    fn of_client(self) -> Instant {
        let reserve = LONGEST_RESERVE.min(self.allowed / 20);
        self.deadline.checked_sub(reserve).unwrap_or(self.deadline)
    }
}

/// Runs the work of a client in a task of its own. The task ends with the deadline, the cancellation, or the caller.
///
/// # Errors
/// Those of the work; `E_TIMEOUT` past the deadline, `E_CANCELLED`, `E_INTERNAL` when the work panicked.
pub(crate) async fn bounded<T, Work>(
    platform: &'static str,
    time: TimeBound,
    cancellation: &CancellationToken,
    work: impl FnOnce(CallBounds) -> Work,
) -> Result<T, Failure>
where
    T: Send + 'static,
    Work: Future<Output = Result<T, Failure>> + Send + 'static,
{
    let token = cancellation.child_token();
    let bounds = CallBounds {
        deadline: time.of_client(),
        cancellation: token.clone(),
    };
    let mut task = OwnedTask(tasks::spawn("platform_call", work(bounds)));
    let outcome = tokio::select! {
        biased;
        () = cancellation.cancelled() => return Err(Failure::cancelled()),
        outcome = timeout_at(time.deadline, &mut task.0) => outcome,
    };
    match outcome {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => {
            tracing::error!(platform, %error, "a platform client broke");
            Err(Failure::internal(format!(
                "the client for {platform} broke"
            )))
        }
        Err(_) => {
            token.cancel();
            let seconds = time.allowed.as_secs_f32();
            Err(Failure::new(
                ErrorCode::Timeout,
                format!("{platform} had not answered after {seconds} s"),
            )
            .with_hint("ask again, or raise limits.search_timeout"))
        }
    }
}

/// Ends a task with the one who waits for it.
struct OwnedTask<T>(JoinHandle<T>);

impl<T> Drop for OwnedTask<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
