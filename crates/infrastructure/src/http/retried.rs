//! Further tries around the guarded ones, within the service's budget. Every request here is a GET, which may be sent again.

use std::{
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use futures_util::future::BoxFuture;
use synthesizer_model::failure::Failure;
use tokio::time::Instant;
use tower::ServiceExt as _;

use super::{
    exchange::{Blame, Fetch, Received, Trouble},
    known::Known,
};
use crate::resilience::{FailedAttempt, Retrier};

/// The longest wait for a limit that a caller is made to sit out; it must also leave as much time again for the call.
const LONGEST_LIMIT_WAIT: Duration = Duration::from_secs(10);

/// Tries again what may fare better.
#[derive(Debug, Clone)]
pub(super) struct RetriedLayer {
    pub(super) retrier: Retrier,
    pub(super) known: Arc<Known>,
}

/// See [`RetriedLayer`].
#[derive(Debug, Clone)]
pub(super) struct Retried<S> {
    settings: RetriedLayer,
    inner: S,
}

impl<S> tower::Layer<S> for RetriedLayer {
    type Service = Retried<S>;

    fn layer(&self, inner: S) -> Retried<S> {
        Retried {
            settings: self.clone(),
            inner,
        }
    }
}

impl<S> tower::Service<Fetch> for Retried<S>
where
    S: tower::Service<Fetch, Response = Received, Error = Trouble> + Clone + Send + Sync + 'static,
    S::Future: Send,
{
    type Response = Received;
    type Error = Failure;
    type Future = BoxFuture<'static, Result<Received, Failure>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, fetch: Fetch) -> Self::Future {
        let this = self.clone();
        Box::pin(async move {
            let outcome = this.with_tries(fetch).await;
            this.settings.known.ended(&outcome);
            outcome
        })
    }
}

impl<S> Retried<S>
where
    S: tower::Service<Fetch, Response = Received, Error = Trouble> + Clone + Send + Sync + 'static,
    S::Future: Send,
{
    /// Tries, and sits out one limit of the service when it is short; the limiter inside does the waiting.
    async fn with_tries(&self, fetch: Fetch) -> Result<Received, Failure> {
        let deadline = fetch.deadline;
        let limit: Mutex<Option<Duration>> = Mutex::default();
        let note = |found: Option<Duration>| {
            *limit.lock().unwrap_or_else(PoisonError::into_inner) = found;
        };
        let attempt = |_| {
            let attempt = self.inner.clone().oneshot(fetch.clone());
            async {
                attempt.await.map_err(|trouble| {
                    note(match trouble.blame {
                        Blame::Limit(wait) => Some(wait),
                        Blame::Service | Blame::Ours => None,
                    });
                    failed_attempt(trouble)
                })
            }
        };
        let outcome = self.settings.retrier.run(deadline, attempt).await;
        let asked = *limit.lock().unwrap_or_else(PoisonError::into_inner);
        match (outcome, asked) {
            (Err(_), Some(wait)) if is_worth_it(wait, deadline) => {
                self.settings.retrier.run(deadline, attempt).await
            }
            (outcome, _) => outcome,
        }
    }
}

fn is_worth_it(wait: Duration, deadline: Instant) -> bool {
    let left = deadline.saturating_duration_since(Instant::now());
    wait <= LONGEST_LIMIT_WAIT && wait.saturating_mul(2) <= left
}

fn failed_attempt(trouble: Trouble) -> FailedAttempt {
    let retry_after = trouble.failure.retry_after_seconds;
    FailedAttempt {
        retryable: trouble.blame == Blame::Service,
        retry_after: retry_after.map(Duration::from_secs),
        failure: trouble.failure,
    }
}
