//! The response cache with single flight: equal calls share one, fresh answers need none, stale ones stand in for a service that
//! is away. Lies outside of breaker and limits, so that what is kept costs neither.

use std::{
    fmt::Debug,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
    time::{Duration, SystemTime},
};

use futures_util::future::BoxFuture;
use http::StatusCode;
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    secret::MaskedUrl,
};
use tokio::time::Instant;
use tower::ServiceExt as _;

use super::{
    deadline::late,
    exchange::{Call, Fetch, Received, Validators},
    flight::{Flights, Passenger},
    kept::{Kept, entry_of, key_of},
    service::{AnswerOrigin, Keep, ServiceAnswer},
};
use crate::{cache::CacheStore, telemetry::events::CacheLooked};

/// The kind of the entries in the cache.
const KIND: &str = "http";
/// How often a caller with more time than the others joins their work before it gives up with them.
const MOST_FLIGHTS: usize = 4;
/// How much earlier than its caller the work gives up, so that the breaker has its verdict when the caller goes on.
const SETTLING: Duration = Duration::from_millis(10);

/// What the cache of one service works with.
#[derive(Debug, Clone)]
pub(super) struct CachedLayer {
    pub(super) service: &'static str,
    pub(super) store: Arc<dyn CacheStore>,
    pub(super) stale: Duration,
    pub(super) offline: bool,
}

/// What a flight shows before it lands: the kept answer that is past its time.
type Shown = OnceLock<Kept>;
type Outcome = Result<ServiceAnswer, Failure>;

/// See [`CachedLayer`].
#[derive(Debug, Clone)]
pub(super) struct Cached<S> {
    settings: CachedLayer,
    flights: Flights<String, Outcome, Shown>,
    inner: S,
}

impl<S> tower::Layer<S> for CachedLayer {
    type Service = Cached<S>;

    fn layer(&self, inner: S) -> Cached<S> {
        Cached {
            settings: self.clone(),
            flights: Flights::default(),
            inner,
        }
    }
}

impl<S> tower::Service<Call> for Cached<S>
where
    S: tower::Service<Fetch, Response = Received, Error = Failure> + Clone + Send + Sync + 'static,
    S::Future: Send,
{
    type Response = ServiceAnswer;
    type Error = Failure;
    type Future = BoxFuture<'static, Outcome>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: Call) -> Self::Future {
        let this = self.clone();
        Box::pin(async move {
            match call.request.keep {
                Keep::Fresh(wished) => this.shared(call, wished).await,
                Keep::No if this.settings.offline => Err(offline()),
                Keep::No => Ok(from_service(this.fetch(&call, None).await?)),
            }
        })
    }
}

impl<S> Cached<S>
where
    S: tower::Service<Fetch, Response = Received, Error = Failure> + Clone + Send + Sync + 'static,
    S::Future: Send,
{
    /// Joins or starts the work on this question and waits for it, each caller for as long as it wants to.
    async fn shared(self, call: Call, wished: Duration) -> Outcome {
        let key = key_of(self.settings.service, &call.request);
        let started = Instant::now();
        let mut flights = 0;
        loop {
            flights += 1;
            let (this, asked, its_key) = (self.clone(), call.clone(), key.clone());
            let mut passenger =
                self.flights
                    .join(&key, call.deadline, panicked, move |shown| async move {
                        this.refresh(&asked, &its_key, wished, &shown).await
                    });
            let outcome = tokio::time::timeout_at(call.deadline, passenger.outcome()).await;
            let outcome = match outcome {
                Ok(Some(outcome)) => outcome,
                Ok(None) => Err(Failure::cancelled()),
                Err(_) => Err(late(self.settings.service, call.deadline - started)),
            };
            match outcome {
                Err(failure)
                    if flights < MOST_FLIGHTS && ran_out_of_time(&failure, &passenger, &call) => {}
                Err(failure) => return self.stale(failure, &passenger.shown),
                Ok(answer) => return Ok(answer),
            }
        }
    }

    /// Gives the fresh answer that is kept, or asks the service and keeps what it says.
    async fn refresh(&self, call: &Call, key: &str, wished: Duration, shown: &Shown) -> Outcome {
        let store = &self.settings.store;
        let now = SystemTime::now();
        let kept = store.get(KIND, key).await;
        let kept = kept.and_then(|entry| Kept::read(&entry, now));
        CacheLooked {
            layer: "any",
            kind: KIND,
            result: match &kept {
                Some(kept) if kept.is_fresh(now) => "hit",
                Some(_) => "stale",
                None => "miss",
            },
        }
        .emit();
        // A caller that wants nothing kept wants to know how the service is: what is kept may only be confirmed.
        if let Some(kept) = kept.as_ref().filter(|_| !wished.is_zero()) {
            if kept.is_fresh(now) {
                let age = kept.age(now);
                return Ok(answered(kept.answer.clone(), AnswerOrigin::Cache { age }));
            }
            let _ = shown.set(kept.clone());
        }
        if self.settings.offline {
            return Err(offline());
        }
        let answer = self.ask(call, kept.as_ref()).await?;
        let now = SystemTime::now();
        match entry_of(&call.request, &answer, wished, self.settings.stale, now) {
            Some(entry) => store.put(KIND, key, entry).await,
            None if kept.is_some() => store.remove(KIND, key).await,
            None => {}
        }
        Ok(from_service(answer))
    }

    /// Asks the service, to confirm what is kept where that is possible.
    async fn ask(&self, call: &Call, kept: Option<&Kept>) -> Result<Received, Failure> {
        let validators = kept.and_then(Kept::validators).map(Arc::new);
        let answer = self.fetch(call, validators.clone()).await?;
        if answer.status != StatusCode::NOT_MODIFIED {
            return Ok(answer);
        }
        if let (Some(kept), Some(validators)) = (kept, validators)
            && validators.url == answer.url
        {
            return Ok(kept.confirmed_by(&answer.headers));
        }
        // A confirmation of something that we do not have.
        let answer = self.fetch(call, None).await?;
        if answer.status != StatusCode::NOT_MODIFIED {
            return Ok(answer);
        }
        let shown = MaskedUrl::new(call.request.url.clone());
        Err(Failure::new(
            ErrorCode::Upstream,
            format!("{shown} confirms an answer that it never gave (status 304)"),
        ))
    }

    async fn fetch(
        &self,
        call: &Call,
        validators: Option<Arc<Validators>>,
    ) -> Result<Received, Failure> {
        let fetch = Fetch {
            request: Arc::clone(&call.request),
            encoding: call.encoding,
            deadline: before(call.deadline),
            validators,
            count: Arc::clone(&call.count),
        };
        self.inner.clone().oneshot(fetch).await
    }

    /// Gives the kept answer in place of a failure that says nothing of the question itself.
    fn stale(&self, failure: Failure, shown: &Shown) -> Outcome {
        let away = matches!(
            failure.code,
            ErrorCode::Upstream
                | ErrorCode::Timeout
                | ErrorCode::RateLimited
                | ErrorCode::CircuitOpen
                | ErrorCode::Offline
        );
        let Some(kept) = shown.get().filter(|_| away) else {
            return Err(failure);
        };
        let age = kept.age(SystemTime::now());
        tracing::debug!(
            service = self.settings.service,
            code = failure.code.as_str(),
            age_seconds = age.as_secs(),
            "a stale answer is used"
        );
        Ok(answered(kept.answer.clone(), AnswerOrigin::Stale { age }))
    }
}

/// Says whether others gave up only because they had less time than this caller.
fn ran_out_of_time(
    failure: &Failure,
    passenger: &Passenger<String, Outcome, Shown>,
    call: &Call,
) -> bool {
    !passenger.leads
        && passenger.deadline < call.deadline
        && Instant::now() < call.deadline
        && matches!(failure.code, ErrorCode::Timeout | ErrorCode::RateLimited)
}

/// Gives the deadline of the work for a caller: a little earlier, and never by more than a twentieth of what is left.
fn before(deadline: Instant) -> Instant {
    let left = deadline.saturating_duration_since(Instant::now());
    deadline - SETTLING.min(left / 20)
}

fn panicked() -> Outcome {
    Err(Failure::internal("a call to a service ended in a panic"))
}

pub(super) fn offline() -> Failure {
    Failure::new(
        ErrorCode::Offline,
        "the network is switched off and the answer is not cached",
    )
    .with_hint("run it once without --offline")
}

fn from_service(answer: Received) -> ServiceAnswer {
    answered(answer, AnswerOrigin::Service)
}

fn answered(answer: Received, origin: AnswerOrigin) -> ServiceAnswer {
    ServiceAnswer {
        status: answer.status,
        headers: answer.headers,
        body: answer.body,
        url: answer.url,
        origin,
    }
}
