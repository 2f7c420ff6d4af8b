//! What every request passes on its way in: the allowed host names, the rate limit, its correlation id, and its count. Must not know any route's work.

use std::{num::NonZeroU32, sync::Arc, time::Instant};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter, clock::Clock as _};
use synthesizer_engine::Call;
use synthesizer_infrastructure::{
    config::ServerSettings,
    lifecycle::{InFlight, Lifecycle},
    telemetry::{correlation, events::RequestFinished},
};
use synthesizer_model::{ErrorCode, Failure};

use super::body;
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
    allowed_origins: Arc<Vec<String>>,
    limiter: Option<Arc<DefaultDirectRateLimiter>>,
    work: Option<Lifecycle>,
}

/// Why a request is not let in, with the status that says so.
#[derive(Debug)]
pub(super) struct Refusal(pub(super) StatusCode, pub(super) Failure);

impl Gate {
    /// Makes the gate of a listener; `routes` are the paths that are named in metrics.
    pub(super) fn new(
        listener: &'static str,
        routes: &'static [&'static str],
        settings: &ServerSettings,
    ) -> Self {
        Self {
            listener,
            routes,
            allowed_hosts: Arc::new(allowed_hosts(settings)),
            allowed_origins: Arc::default(),
            limiter: None,
            work: None,
        }
    }

    /// Lets in so many requests as the settings say.
    pub(super) fn limited(mut self, settings: &ServerSettings) -> Self {
        let burst = NonZeroU32::new(settings.burst).unwrap_or(NonZeroU32::MIN);
        self.limiter = NonZeroU32::new(settings.requests_per_minute).map(|rate| {
            let quota = Quota::per_minute(rate).allow_burst(burst);
            Arc::new(RateLimiter::direct(quota))
        });
        self
    }

    /// Lets in web pages of these origins; without this none is.
    pub(super) fn open_to_pages(mut self, origins: &[String]) -> Self {
        let origins = origins.iter().map(|origin| without_port(origin));
        self.allowed_origins = Arc::new(origins.collect());
        self
    }

    /// Counts what is posted as work in flight, from its head to the last byte of its answer.
    pub(super) fn counted(mut self, lifecycle: Lifecycle) -> Self {
        self.work = Some(lifecycle);
        self
    }

    /// Begins the work of a request, if it is any.
    fn begin(&self, request: &Request) -> Option<InFlight> {
        let lifecycle = self.work.as_ref()?;
        (request.method() == Method::POST).then(|| lifecycle.track())
    }

    fn route(&self, path: &str) -> &'static str {
        self.routes
            .iter()
            .find(|route| **route == path)
            .copied()
            .unwrap_or("other")
    }

    /// Refuses what must not come in.
    fn refuse(&self, headers: &HeaderMap) -> Option<Refusal> {
        if !self.is_allowed_host(headers) {
            let failure = Failure::new(
                ErrorCode::Forbidden,
                "the request is addressed to a host name that is not allowed",
            )
            .with_hint("add the name to server.allowed_hosts");
            return Some(Refusal(StatusCode::FORBIDDEN, failure));
        }
        // Before the limit, so that a page that somebody opens cannot use it up.
        if !self.is_allowed_page(headers) {
            let failure = Failure::new(
                ErrorCode::Forbidden,
                "the request comes from a web page that is not allowed",
            )
            .with_hint("add the page's origin to server.allowed_origins");
            return Some(Refusal(StatusCode::FORBIDDEN, failure));
        }
        let limiter = self.limiter.as_ref()?;
        let wait = limiter.check().err()?.wait_time_from(limiter.clock().now());
        let mut failure = Failure::new(ErrorCode::RateLimited, "too many requests");
        failure.retry_after_seconds = Some(wait.as_secs() + 1);
        Some(Refusal(StatusCode::TOO_MANY_REQUESTS, failure))
    }

    /// Browsers say on whose behalf they ask: by `Origin`, or for images and the like by `Sec-Fetch-Site` alone.
    fn is_allowed_page(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else {
            let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
            return !matches!(site, Some(b"cross-site" | b"same-site"));
        };
        // The port is looked at by the protocol's own check.
        let origin = origin.to_str().map(without_port).unwrap_or_default();
        self.allowed_origins.contains(&origin)
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

/// Gives scheme and host of an origin, in lower case.
fn without_port(origin: &str) -> String {
    let origin = origin.to_ascii_lowercase();
    match origin.rsplit_once(':') {
        Some((rest, port)) if port == "*" || port.bytes().all(|byte| byte.is_ascii_digit()) => {
            rest.to_owned()
        }
        _ => origin,
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

/// Lets a request through the gate and counts it, under the correlation id that came with it: in the message's `_meta`, else in the
/// header, else a new one.
pub(super) async fn pass(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let route = gate.route(request.uri().path());
    let work = gate.begin(&request);
    let id_of_header = correlation_id(request.headers());
    let entered = match gate.refuse(request.headers()) {
        Some(refusal) => Err(refusal),
        None => body::read_whole(request).await,
    };
    let (entered, id) = match entered {
        Ok((request, id)) => (Ok(request), id.unwrap_or(id_of_header)),
        Err(refusal) => (Err(refusal), id_of_header),
    };
    let answered = async {
        let mut response = match entered {
            Ok(mut request) => {
                request.extensions_mut().insert(CorrelationId(id.clone()));
                next.run(request).await
            }
            Err(refusal) => refusal.response(&id),
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
    };
    let response = correlation::scope(&id, answered).await;
    match work {
        Some(work) => body::hold(response, work),
        None => response,
    }
}

/// Takes the id that the client sent, when it is one, or makes a new one.
fn correlation_id(headers: &HeaderMap) -> String {
    headers
        .get(CORRELATION_HEADER)
        .and_then(|value| value.to_str().ok())
        .and_then(correlation::accept)
        .unwrap_or_else(Call::new_correlation_id)
}

impl Refusal {
    /// Gives the answer that says so.
    pub(super) fn response(&self, id: &str) -> Response {
        let Self(status, failure) = self;
        let body = compact_json(&error_document(failure, id));
        let kind = [(header::CONTENT_TYPE, "application/json")];
        let mut response = (*status, kind, Body::from(body)).into_response();
        if let Some(seconds) = failure.retry_after_seconds {
            let value = HeaderValue::from(seconds);
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
        response
    }
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
        Gate::new("main", &["/mcp"], &settings).limited(&settings)
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
    fn web_pages_are_refused_before_they_use_up_the_limit() {
        let settings = ServerSettings {
            allowed_origins: vec![
                "https://console.example:443".to_owned(),
                "http://localhost:*".to_owned(),
            ],
            requests_per_minute: 1,
            burst: 1,
            ..ServerSettings::default()
        };
        let gate = Gate::new("main", &[], &settings)
            .limited(&settings)
            .open_to_pages(&settings.allowed_origins);
        let asked = |name: &'static str, value: &str| {
            let mut headers = addressed("localhost");
            headers.insert(name, HeaderValue::from_str(value).expect("a header"));
            gate.refuse(&headers).map(|Refusal(status, _)| status)
        };
        for (name, value) in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("origin", "http://console.example"),
            ("sec-fetch-site", "cross-site"),
        ] {
            assert_eq!(
                asked(name, value),
                Some(StatusCode::FORBIDDEN),
                "{name}: {value}"
            );
        }
        assert_eq!(asked("origin", "https://console.example"), None);
        let limited = Some(StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(asked("origin", "http://localhost:3000"), limited);
        assert_eq!(asked("sec-fetch-site", "none"), limited);
    }

    #[test]
    fn past_the_burst_a_request_is_told_when_to_come_again() {
        let gate = gate(&[], 1, 3);
        let host = addressed("localhost");
        for _ in 0..3 {
            assert!(gate.refuse(&host).is_none());
        }
        let Refusal(status, failure) = gate.refuse(&host).expect("refused");
        assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
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
