//! The outermost layer: when a call is over, for its caller, and what is told of it. Knows no cache and no network.

use std::{
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::future::BoxFuture;
use synthesizer_model::failure::{ErrorCode, Failure};
use tokio::time::Instant;
use tower::ServiceExt as _;
use tracing::Instrument as _;

use super::{
    exchange::{Call, CallCount},
    service::ServiceAnswer,
};
use crate::telemetry::events::{CallFinished, outcome as label_of};

/// Ends calls at their deadline, the service's own or the caller's, whichever comes first.
#[derive(Debug, Clone)]
pub(super) struct DeadlineLayer {
    pub(super) service: &'static str,
    pub(super) longest: Duration,
}

/// See [`DeadlineLayer`].
#[derive(Debug, Clone)]
pub(super) struct Deadline<S> {
    settings: DeadlineLayer,
    inner: S,
}

impl<S> tower::Layer<S> for DeadlineLayer {
    type Service = Deadline<S>;

    fn layer(&self, inner: S) -> Deadline<S> {
        Deadline {
            settings: self.clone(),
            inner,
        }
    }
}

impl<S> tower::Service<Call> for Deadline<S>
where
    S: tower::Service<Call, Response = ServiceAnswer, Error = Failure> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = ServiceAnswer;
    type Error = Failure;
    type Future = BoxFuture<'static, Result<ServiceAnswer, Failure>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut call: Call) -> Self::Future {
        let (inner, settings) = (self.inner.clone(), self.settings.clone());
        let started = Instant::now();
        call.deadline = call.deadline.min(started + settings.longest);
        let (deadline, cancellation) = (call.deadline, call.cancellation.clone());
        let ending = Ending {
            service: settings.service,
            started,
            count: call.count.clone(),
            outcome: label_of(ErrorCode::Cancelled),
        };
        let span = tracing::debug_span!("call", service = settings.service);
        let work = async move {
            let outcome = tokio::select! {
                biased;
                () = cancellation.cancelled() => Err(Failure::cancelled()),
                // The layers inside watch the deadline too, and know more of what was late: they are asked first.
                outcome = tokio::time::timeout_at(deadline, inner.oneshot(call)) => {
                    outcome.unwrap_or_else(|_| Err(late(settings.service, deadline - started)))
                }
            };
            ending.with(match &outcome {
                Ok(_) => "ok",
                Err(failure) => label_of(failure.code),
            });
            outcome
        };
        Box::pin(work.instrument(span))
    }
}

/// A call under way, whose end is told once; one that is dropped before it ended was cancelled.
#[derive(Debug)]
struct Ending {
    service: &'static str,
    started: Instant,
    count: Arc<CallCount>,
    outcome: &'static str,
}

impl Ending {
    /// Tells how it ended.
    fn with(mut self, outcome: &'static str) {
        self.outcome = outcome;
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        CallFinished {
            service: self.service,
            outcome: self.outcome,
            status: self.count.status(),
            duration: self.started.elapsed(),
            tries: self.count.tries(),
        }
        .emit();
    }
}

/// Makes the failure of a call to a service whose deadline passed.
pub(super) fn late(service: &str, after: Duration) -> Failure {
    Failure::new(
        ErrorCode::Timeout,
        format!("{service} did not answer within {} s", after.as_secs_f32()),
    )
}
