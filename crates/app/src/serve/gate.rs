//! What every request passes on its way in: the allowed host names, the rate limit, its correlation id, and its count. Must not know any route's work.

use std::{num::NonZeroU32, sync::Arc, time::Instant};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter, clock::Clock as _};
use synthesizer_engine::Call;
use synthesizer_infrastructure::{
    config::ServerSettings,
    telemetry::{correlation, events::RequestFinished},
};
use synthesizer_model::{ErrorCode, Failure};

use crate::answer::{compact_json, error_document};

/// The header by which a correlation id comes in and goes out.
pub(super) const CORRELATION_HEADER: HeaderName = HeaderName::from_static("x-correlation-id");

/// The correlation id of the request that carries a message.
#[derive(Debug, Clone)]
pub(crate) struct CorrelationId(pub(crate) String);

/// What a listener lets in.
#[derive(Clone)]
pub(super) struct Gate {
    listener: &'static str,
    routes: &'static [&'static str],
    allowed_hosts: Arc<Vec<String>>,
    limiter: Option<Arc<DefaultDirectRateLimiter>>,
}

impl Gate {
    /// Makes the gate of a listener; `routes` are the paths that are named in metrics.
    pub(super) fn new(
        listener: &'static str,
        routes: &'static [&'static str],
        settings: &ServerSettings,
        limited: bool,
    ) -> Self {
        let rate = NonZeroU32::new(settings.requests_per_minute).filter(|_| limited);
        let burst = NonZeroU32::new(settings.burst).unwrap_or(NonZeroU32::MIN);
        let limiter = rate.map(|rate| {
            Arc::new(RateLimiter::direct(
                Quota::per_minute(rate).allow_burst(burst),
            ))
        });
        Self {
            listener,
            routes,
            allowed_hosts: Arc::new(allowed_hosts(settings)),
            limiter,
        }
    }

    fn route(&self, path: &str) -> &'static str {
        self.routes
            .iter()
            .find(|route| **route == path)
            .copied()
            .unwrap_or("other")
    }

    /// Refuses what must not come in.
    fn refuse(&self, headers: &HeaderMap) -> Option<Failure> {
        if !self.is_allowed_host(headers) {
            return Some(
                Failure::new(
                    ErrorCode::Forbidden,
                    "the request is addressed to a host name that is not allowed",
                )
                .with_hint("add the name to server.allowed_hosts"),
            );
        }
        let limiter = self.limiter.as_ref()?;
        let wait = limiter.check().err()?.wait_time_from(limiter.clock().now());
        let mut failure = Failure::new(ErrorCode::RateLimited, "too many requests");
        failure.retry_after_seconds = Some(wait.as_secs() + 1);
        Some(failure)
    }

    /// A web page that lets its name point here must not be answered (DNS rebinding).
    fn is_allowed_host(&self, headers: &HeaderMap) -> bool {
        let Some(host) = headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok())
        else {
            return false;
        };
        let host = host.to_ascii_lowercase();
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host.as_str(),
        };
        self.allowed_hosts
            .iter()
            .any(|allowed| *allowed == host || *allowed == name)
    }
}

/// Gives the host names that requests may be addressed to.
pub(super) fn allowed_hosts(settings: &ServerSettings) -> Vec<String> {
    let loopback = ["localhost", "127.0.0.1", "[::1]", "::1"];
    let own = settings
        .allowed_hosts
        .iter()
        .map(|host| host.to_ascii_lowercase());
    loopback.into_iter().map(str::to_owned).chain(own).collect()
}

/// Lets a request through the gate and counts it.
pub(super) async fn pass(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let route = gate.route(request.uri().path());
    let id = correlation_id(request.headers());
    request.extensions_mut().insert(CorrelationId(id.clone()));
    let mut response = match gate.refuse(request.headers()) {
        Some(failure) => refusal(&failure, &id),
        None => correlation::scope(&id, next.run(request)).await,
    };
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(CORRELATION_HEADER, value);
    }
    RequestFinished {
        listener: gate.listener,
        route,
        status: response.status().as_u16(),
        duration: started.elapsed(),
    }
    .emit();
    response
}

/// Takes the id that the client sent, when it is one, or makes a new one.
fn correlation_id(headers: &HeaderMap) -> String {
    headers
        .get(CORRELATION_HEADER)
        .and_then(|value| value.to_str().ok())
        .and_then(correlation::accept)
        .unwrap_or_else(Call::new_correlation_id)
}

fn refusal(failure: &Failure, id: &str) -> Response {
    let status = match failure.code {
        ErrorCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::FORBIDDEN,
    };
    let body = compact_json(&error_document(failure, id));
    let mut response = (
        status,
        [(header::CONTENT_TYPE, "application/json")],
        Body::from(body),
    )
        .into_response();
    if let Some(seconds) = failure.retry_after_seconds {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(hosts: &[&str], requests_per_minute: u32, burst: u32) -> Gate {
        let settings = ServerSettings {
            allowed_hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            requests_per_minute,
            burst,
            ..ServerSettings::default()
        };
        Gate::new("main", &["/mcp"], &settings, true)
    }

    fn addressed(host: &str) -> HeaderMap {
        let value = HeaderValue::from_str(host).expect("a header");
        HeaderMap::from_iter([(header::HOST, value)])
    }

    #[test]
    fn only_own_names_are_answered() {
        let gate = gate(&["mcp.corp.example", "other.example:8443"], 0, 1);
        for (host, expected) in [
            ("127.0.0.1:8400", true),
            ("LOCALHOST", true),
            ("[::1]:8400", true),
            ("mcp.corp.example:9", true),
            ("other.example:8443", true),
            ("other.example:80", false),
            ("127.0.0.1.evil.example", false),
            ("evil.example:8400", false),
            ("", false),
        ] {
            assert_eq!(gate.refuse(&addressed(host)).is_none(), expected, "{host}");
        }
        assert!(gate.refuse(&HeaderMap::new()).is_some());
    }

    #[test]
    fn past_the_burst_a_request_is_told_when_to_come_again() {
        let gate = gate(&[], 1, 3);
        let host = addressed("localhost");
        for _ in 0..3 {
            assert!(gate.refuse(&host).is_none());
        }
        let failure = gate.refuse(&host).expect("refused");
        assert_eq!(failure.code, ErrorCode::RateLimited);
        let seconds = failure.retry_after_seconds.expect("a time");
        assert!((1..=61).contains(&seconds), "{seconds}");
    }

    #[test]
    fn a_correlation_id_from_outside_is_checked() {
        let with = |value: &str| {
            let value = HeaderValue::from_bytes(value.as_bytes()).expect("a header");
            correlation_id(&HeaderMap::from_iter([(CORRELATION_HEADER, value)]))
        };
        assert_eq!(with("abc-1.2:3_4"), "abc-1.2:3_4");
        for refused in ["", "a b", "a\u{e9}", &"x".repeat(129)] {
            let made = with(refused);
            assert_ne!(made, refused);
            assert_eq!(made.len(), 36);
        }
    }
}
