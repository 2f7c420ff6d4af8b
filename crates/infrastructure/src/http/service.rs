//! Calls to one named service: what is asked, what comes back, and what is known of the service. Must not know any service by name.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use synthesizer_model::{
    discovery::Quota,
    failure::{ErrorCode, Failure},
    secret::Secret,
};
use tokio_util::sync::CancellationToken;
use tower::{ServiceBuilder, ServiceExt as _, util::BoxCloneSyncService};
use url::Url;

use super::{
    cached::CachedLayer,
    deadline::DeadlineLayer,
    door::{Credentials, Trust},
    exchange::{Call, Encoding},
    guarded::{GuardedLayer, Guarding},
    known::Known,
    retried::RetriedLayer,
    sent::{Outside, Sender},
};
use crate::{
    cache::CacheStore,
    config::ServicePolicy,
    resilience::{Guard, Registry, Retrier, RetryBudget, Turnstile},
    telemetry::events::introduce_service,
};

/// What the door must know of a service; one static value beside its client.
#[derive(Debug)]
pub struct ServiceDescriptor {
    /// The name in `[resilience.NAME]`, in metrics and in `breakers`.
    pub name: &'static str,
    /// How calls are guarded when the configuration says nothing.
    pub policy: fn() -> ServicePolicy,
    /// Reads the service's own limits from an answer.
    pub read_limits: fn(&AnswerHead<'_>) -> LimitReading,
    /// The least time between calls of all processes of this user together, which then also use one connection.
    pub distance_across_processes: Option<Duration>,
}

/// Status and headers of an answer, and when it came.
#[derive(Debug, Clone, Copy)]
pub struct AnswerHead<'a> {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// Seconds since 1970 by our own clock.
    pub now: u64,
}

/// What an answer says about the service's limits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LimitReading {
    /// What is left.
    pub quota: Option<Quota>,
    /// The answer is a refusal because of a limit: nothing may be asked for so long.
    pub wait: Option<Duration>,
}

/// How a call proves who asks. Sent to the authority of the URL alone, never along a redirect to another.
#[derive(Debug, Clone)]
pub enum Authorization {
    /// `Authorization: Bearer …`
    Bearer(Secret),
    /// `Authorization: Basic …`
    Basic(Credentials),
    /// A header of its own, such as `PRIVATE-TOKEN`.
    Header(HeaderName, Secret),
}

/// Whether an answer may be kept and used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Never.
    No,
    /// For so long without asking again; after that it is revalidated where the service gave an `ETag` or `Last-Modified`. With no time at
    /// all the service itself is asked every time, and no stale answer stands in for it.
    Fresh(Duration),
}

/// One GET to a service.
#[derive(Debug, Clone)]
pub struct ServiceRequest {
    /// What to get; user name and password in it are refused.
    pub url: Url,
    /// Why its host may be reached.
    pub trust: Trust,
    /// Further headers; `Authorization` is refused here.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Who asks.
    pub authorization: Option<Authorization>,
    /// The most bytes of the body that are read, after decompression.
    pub size_limit: u64,
    /// Whether the answer may be used again.
    pub keep: Keep,
}

/// Where an answer came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerOrigin {
    /// The service, just now; also one that it confirmed with 304.
    Service,
    /// The cache, still fresh.
    Cache {
        /// How old it is.
        age: Duration,
    },
    /// The cache, past its time, because the service is away or the network is off.
    Stale {
        /// How old it is.
        age: Duration,
    },
}

/// An answer: any status but limits, time-outs and server errors, which are failures.
#[derive(Debug, Clone)]
pub struct ServiceAnswer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    /// Where it came from in the end, after redirects.
    pub url: Url,
    /// Service or cache.
    pub origin: AnswerOrigin,
}

/// What is known of a service right now.
#[derive(Debug, Clone, Default)]
pub struct ServiceReport {
    /// The state of its breaker, such as `closed`; empty where each host has one.
    pub breaker: String,
    /// What is left of its limit, by its last answer.
    pub quota: Option<Quota>,
    /// Whether the last call was answered; `None` before the first.
    pub healthy: Option<bool>,
    /// The last failure.
    pub last_error: Option<Failure>,
    /// When that was, RFC 3339.
    pub last_error_at: Option<String>,
}

/// One service behind the door. Cheap to clone; clones share everything.
#[derive(Debug, Clone)]
pub struct Service {
    name: &'static str,
    stack: Stack,
    /// What guards all of it; `None` where each host has its own.
    guard: Option<Guard>,
    known: Arc<Known>,
}

/// The layers of one service, outside to inside: deadline, cache with single flight, tries, guard, sender.
type Stack = BoxCloneSyncService<Call, ServiceAnswer, Failure>;

impl Service {
    /// Builds the layers of a service; `by_host` gives each host a breaker and a limit of its own.
    pub(super) fn new(
        descriptor: &'static ServiceDescriptor,
        outside: &Arc<Outside>,
        registry: &Registry,
        store: &Arc<dyn CacheStore>,
        by_host: bool,
    ) -> Self {
        let name = descriptor.name;
        let config = &outside.config;
        let mut own = (descriptor.policy)();
        if own.deadline == ServicePolicy::default().deadline {
            own.deadline = config.limits.http_timeout;
        }
        let policy = config.resilience.policy(name, own);
        introduce_service(name, if policy.breaker { "closed" } else { "disabled" });
        let guard = (!by_host).then(|| registry.guard(name, policy));
        let guarding = guard
            .clone()
            .map_or(Guarding::ByHost(policy), Guarding::Whole);
        let budget = guard
            .as_ref()
            .map_or_else(|| RetryBudget::new(&policy), |guard| guard.budget.clone());
        let known = Arc::new(Known::new(name));
        let turnstile = descriptor
            .distance_across_processes
            .map(|distance| Arc::new(Turnstile::new(&config.paths.data, name, distance)));
        let stack = ServiceBuilder::new()
            .layer(DeadlineLayer {
                service: name,
                longest: policy.deadline,
            })
            .layer(CachedLayer {
                service: name,
                store: Arc::clone(store),
                stale: config.cache.stale,
                offline: config.offline,
            })
            .layer(RetriedLayer {
                retrier: Retrier::new(name, policy, budget),
                known: Arc::clone(&known),
            })
            .layer(GuardedLayer {
                service: name,
                registry: registry.clone(),
                guarding,
                turnstile,
                read_limits: descriptor.read_limits,
                known: Arc::clone(&known),
            })
            .service(Sender::new(Arc::clone(outside)));
        Self {
            name,
            stack: BoxCloneSyncService::new(stack),
            guard,
            known,
        }
    }

    /// Gives the service's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Asks the service, within its policy and at most until `deadline`.
    ///
    /// # Errors
    /// `E_OFFLINE` (nothing cached), `E_CIRCUIT_OPEN` and `E_RATE_LIMITED` with `retry_after_seconds`, `E_TIMEOUT`, `E_UPSTREAM`
    /// (also for 5xx after the last try), `E_FORBIDDEN`, `E_URL`, `E_LIMIT`, `E_CANCELLED`. Every other status is an answer.
    pub async fn call(
        &self,
        request: ServiceRequest,
        deadline: tokio::time::Instant,
        cancellation: &CancellationToken,
    ) -> Result<ServiceAnswer, Failure> {
        check_request(&request)?;
        self.send(request, Encoding::Gzip, deadline, cancellation)
            .await
    }

    /// Asks for a file whose bytes count: nothing is unpacked on the way.
    pub(super) async fn file(
        &self,
        request: ServiceRequest,
        deadline: tokio::time::Instant,
        cancellation: &CancellationToken,
    ) -> Result<ServiceAnswer, Failure> {
        self.send(request, Encoding::AsIs, deadline, cancellation)
            .await
    }

    async fn send(
        &self,
        request: ServiceRequest,
        encoding: Encoding,
        deadline: tokio::time::Instant,
        cancellation: &CancellationToken,
    ) -> Result<ServiceAnswer, Failure> {
        let call = Call {
            request: Arc::new(request),
            encoding,
            deadline,
            cancellation: cancellation.clone(),
            count: Arc::default(),
        };
        self.stack.clone().oneshot(call).await
    }

    /// Gives until when the service asked not to be called; may be past.
    pub fn paused_until(&self) -> Option<SystemTime> {
        self.guard.as_ref()?.limiter.paused_until()
    }

    /// Says what is known of the service.
    pub fn report(&self) -> ServiceReport {
        let breaker = self
            .guard
            .as_ref()
            .map(|guard| guard.breaker.status().state);
        self.known.report(&breaker.unwrap_or_default())
    }
}

/// Refuses what would carry credentials past the rules for them.
fn check_request(request: &ServiceRequest) -> Result<(), Failure> {
    if !request.url.username().is_empty() || request.url.password().is_some() {
        return Err(Failure::new(
            ErrorCode::Url,
            "user name and password do not belong into the URL",
        )
        .with_hint("configure the credentials of the service instead"));
    }
    let secret = [
        http::header::AUTHORIZATION,
        http::header::PROXY_AUTHORIZATION,
        http::header::COOKIE,
    ];
    let carries = |(name, _): &(HeaderName, HeaderValue)| secret.contains(name);
    if request.headers.iter().any(carries) {
        return Err(Failure::internal(
            "credentials were given as a plain header",
        ));
    }
    Ok(())
}

impl ServiceAnswer {
    /// Refuses every status but 2xx.
    ///
    /// # Errors
    /// `E_NOT_FOUND` (404, 410, 451), `E_AUTH` (401, 403), `E_QUERY` (400, 422), `E_UPSTREAM` (anything else), with the status in the details.
    pub fn require_success(self) -> Result<Self, Failure> {
        let (code, what) = match self.status.as_u16() {
            200..=299 => return Ok(self),
            404 | 410 | 451 => (ErrorCode::NotFound, "there is nothing there"),
            401 | 403 => (ErrorCode::Authentication, "the service refuses the call"),
            400 | 422 => (
                ErrorCode::Query,
                "the service does not understand the question",
            ),
            _ => (ErrorCode::Upstream, "the service gave an unusual answer"),
        };
        let status = self.status.as_u16();
        Err(Failure::new(code, format!("{what} (status {status})"))
            .with_details(serde_json::json!({ "status": status })))
    }
}
