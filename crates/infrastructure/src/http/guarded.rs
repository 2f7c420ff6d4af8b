//! One guarded try: breaker asked, rate limit waited for, permit taken, request sent, outcome judged. Never tries twice.

use std::{
    fmt::Debug,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use futures_util::future::BoxFuture;
use http::StatusCode;
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    secret::MaskedUrl,
};
use tokio::time::Instant;
use tower::ServiceExt as _;
use url::Url;

use super::{
    deadline::late,
    exchange::{Blame, Fetch, Received, Trouble},
    known::Known,
    service::{AnswerHead, LimitReading},
};
use crate::{
    config::ServicePolicy,
    resilience::{Guard, Permit, Registry, Rejected, Turnstile, retry_after},
};

/// How long nothing is asked after a limit that does not say for how long.
const UNKNOWN_LIMIT: Duration = Duration::from_secs(60);
/// A try that had less time than this says nothing of the service when the time runs out.
const FAIR_TIME: Duration = Duration::from_millis(100);

/// What guards the tries of one service.
#[derive(Debug, Clone)]
pub(super) struct GuardedLayer {
    pub(super) service: &'static str,
    pub(super) registry: Registry,
    pub(super) guarding: Guarding,
    pub(super) turnstile: Option<Arc<Turnstile>>,
    pub(super) read_limits: fn(&AnswerHead<'_>) -> LimitReading,
    pub(super) known: Arc<Known>,
}

/// Which breaker and limit a try is under.
#[derive(Debug, Clone)]
pub(super) enum Guarding {
    /// Those of the service.
    Whole(Guard),
    /// Those of the host that is asked, which has them for itself alone, with this policy.
    ByHost(ServicePolicy),
}

/// Gives the guard of the host of a URL, as `KIND:HOST`.
pub(super) fn guard_of_host(
    registry: &Registry,
    kind: &str,
    url: &Url,
    policy: ServicePolicy,
) -> Guard {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => registry.guard(&format!("{kind}:{host}:{port}"), policy),
        None => registry.guard(&format!("{kind}:{host}"), policy),
    }
}

/// See [`GuardedLayer`].
#[derive(Debug, Clone)]
pub(super) struct Guarded<S> {
    settings: GuardedLayer,
    inner: S,
}

impl<S> tower::Layer<S> for GuardedLayer {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded {
            settings: self.clone(),
            inner,
        }
    }
}

impl<S> tower::Service<Fetch> for Guarded<S>
where
    S: tower::Service<Fetch, Response = Received, Error = Trouble> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Received;
    type Error = Trouble;
    type Future = BoxFuture<'static, Result<Received, Trouble>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Trouble>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, fetch: Fetch) -> Self::Future {
        let (settings, inner) = (self.settings.clone(), self.inner.clone());
        Box::pin(async move { settings.run(inner, fetch).await })
    }
}

impl GuardedLayer {
    async fn run<S>(&self, inner: S, fetch: Fetch) -> Result<Received, Trouble>
    where
        S: tower::Service<Fetch, Response = Received, Error = Trouble>,
    {
        let guard = self.guard_for(&fetch);
        let Guard {
            breaker, limiter, ..
        } = &guard;
        let rejected = |rejected: Rejected| Trouble::of_ours(rejected.into_failure(breaker.name()));
        let deadline = fetch.deadline;
        self.registry.synchronise().await;
        breaker.check().map_err(rejected)?;
        limiter.wait(deadline).await.map_err(Trouble::of_ours)?;
        // Held until the answer is whole: its service wants one connection at a time.
        let passage = match &self.turnstile {
            Some(turnstile) => Some(turnstile.pass(deadline).await.map_err(Trouble::of_ours)?),
            None => None,
        };
        let permit = breaker.acquire().map_err(rejected)?;
        fetch.count.sent();
        let started = Instant::now();
        let outcome = match tokio::time::timeout_at(deadline, inner.oneshot(fetch.clone())).await {
            Ok(outcome) => outcome.and_then(|received| self.judge(&fetch, received)),
            Err(_) if deadline - started < FAIR_TIME => {
                Err(Trouble::of_ours(late(self.service, started.elapsed())))
            }
            Err(_) => Err(Trouble::of_service(late(self.service, started.elapsed()))),
        };
        drop(passage);
        self.settle(&guard, permit, &outcome).await;
        outcome
    }

    fn guard_for(&self, fetch: &Fetch) -> Guard {
        match &self.guarding {
            Guarding::Whole(guard) => guard.clone(),
            Guarding::ByHost(policy) => {
                guard_of_host(&self.registry, self.service, &fetch.request.url, *policy)
            }
        }
    }

    /// Takes server errors and limits for what they are: no answers.
    fn judge(&self, fetch: &Fetch, received: Received) -> Result<Received, Trouble> {
        let head = AnswerHead {
            status: received.status,
            headers: &received.headers,
            now: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| since.as_secs()),
        };
        let reading = (self.read_limits)(&head);
        if let Some(quota) = reading.quota {
            self.known.quota(quota);
        }
        let asked = retry_after(head.headers, head.now);
        let plain =
            (head.status == StatusCode::TOO_MANY_REQUESTS).then(|| asked.unwrap_or(UNKNOWN_LIMIT));
        let status = head.status.as_u16();
        let shown = MaskedUrl::new(fetch.request.url.clone());
        let details = serde_json::json!({ "status": status });
        if let Some(wait) = reading.wait.or(plain) {
            let service = self.service;
            let mut failure = Failure::new(
                ErrorCode::RateLimited,
                format!(
                    "{service} limits the rate: too many requests to {shown} (status {status})"
                ),
            )
            .with_details(details);
            failure.retry_after_seconds = Some(wait.as_secs_f64().ceil() as u64);
            return Err(Trouble {
                failure,
                blame: Blame::Limit(wait),
            });
        }
        if head.status.is_server_error() {
            let message = format!("an unusual answer from {shown} (status {status})");
            let mut failure = Failure::new(ErrorCode::Upstream, message).with_details(details);
            failure.retry_after_seconds = asked.map(|wait| wait.as_secs());
            return Err(Trouble::of_service(failure));
        }
        Ok(received)
    }

    /// Tells the breaker, and the other processes what they should know.
    async fn settle(&self, guard: &Guard, permit: Permit, outcome: &Result<Received, Trouble>) {
        match outcome {
            // Every answer that is no limit and no server error shows that the service works, 404 too.
            Ok(_) => permit.succeed(),
            Err(trouble) => match trouble.blame {
                Blame::Service => permit.fail(),
                // An answer beyond our bound, or redirects that lead nowhere, are answers; anything else of ours says nothing, and the
                // permit goes back.
                Blame::Ours
                    if matches!(trouble.failure.code, ErrorCode::Limit | ErrorCode::Upstream) =>
                {
                    permit.ignore();
                }
                Blame::Ours => drop(permit),
                Blame::Limit(wait) => {
                    permit.limited();
                    guard.limiter.pause_for(wait);
                }
            },
        }
        if outcome.is_err() {
            self.registry.publish(guard.breaker.name()).await;
        }
    }
}
