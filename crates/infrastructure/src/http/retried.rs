//! Further tries around the guarded ones, within the service's budget. Every request here is a GET, which may be sent again.

use std::{
    sync::Arc,
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
    async fn with_tries(&self, fetch: Fetch) -> Result<Received, Failure> {
        let deadline = fetch.deadline;
        let attempt = |_| {
            let attempt = self.inner.clone().oneshot(fetch.clone());
            async move {
                let outcome = attempt.await;
                outcome.map_err(|trouble| failed_attempt(trouble, deadline))
            }
        };
        self.settings.retrier.run(deadline, attempt).await
    }
}

/// Says whether a limit of the service is short enough to be sat out.
fn is_worth_it(wait: Duration, deadline: Instant) -> bool {
    let left = deadline.saturating_duration_since(Instant::now());
    wait <= LONGEST_LIMIT_WAIT && wait.saturating_mul(2) <= left
}

fn failed_attempt(trouble: Trouble, deadline: Instant) -> FailedAttempt {
    let said = trouble.failure.retry_after_seconds.map(Duration::from_secs);
    let (retryable, retry_after) = match trouble.blame {
        Blame::Service => (true, said),
        Blame::Limit(wait) => (is_worth_it(wait, deadline), Some(wait)),
        Blame::Ours => (false, said),
    };
    FailedAttempt {
        failure: trouble.failure,
        retryable,
        retry_after,
    }
}
