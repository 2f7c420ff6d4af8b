//! The Model Context Protocol over streamable HTTP. Must not know any tool.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Extension, Json, Router,
    extract::{Request, State},
    http::{Method, StatusCode, Uri},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
};
use serde_json::json;
use synthesizer_infrastructure::{
    config::{Config, ServerSettings},
    lifecycle::Lifecycle,
};
use synthesizer_model::{ErrorCode, Failure};
use tokio_util::sync::CancellationToken;

use super::{
    body::{MOST_BYTES, RequestId, hold},
    gate::{CorrelationId, Gate, Refusal, allowed_hosts, pass},
};
use crate::mcp::ServerFactory;

/// The path of the protocol.
const ROUTE: &str = "/mcp";

/// The header that names a session.
const SESSION_HEADER: &str = "mcp-session-id";

/// How much longer than the longest call a session lives without any message: its calls must not end with it.
const IDLE: Duration = Duration::from_secs(60);

/// When a client that found too many sessions should come again, in seconds.
const RETRY_AFTER: u64 = 30;

#[derive(Clone)]
struct Sessions {
    manager: Arc<LocalSessionManager>,
    most: usize,
}

/// Gives the routes of the main listener, which is at `port`; `stop` ends every session.
pub(super) fn routes(
    factory: ServerFactory,
    config: &Config,
    port: u16,
    lifecycle: Lifecycle,
    stop: CancellationToken,
) -> Router {
    let settings = &config.server;
    let mut manager = LocalSessionManager::default();
    manager.session_config.keep_alive = Some(config.limits.synthesis_timeout + IDLE);
    let manager = Arc::new(manager);
    let service = StreamableHttpService::new(
        move || Ok(factory.server()),
        Arc::clone(&manager),
        protocol_settings(settings, port, stop),
    );
    let sessions = Sessions {
        manager,
        most: settings.sessions,
    };
    let gate = Gate::new("main", &[ROUTE], settings)
        .limited(settings)
        .open_to_pages(&allowed_origins(settings, port))
        .counted(lifecycle);
    Router::new()
        .route_service(ROUTE, service)
        .layer(middleware::from_fn_with_state(
            UnderWay::default(),
            one_at_a_time,
        ))
        .layer(middleware::from_fn_with_state(sessions, bound_sessions))
        .layer(middleware::from_fn_with_state(gate, pass))
}

/// The requests of sessions that are not answered yet, by session and id.
#[derive(Debug, Clone, Default)]
struct UnderWay(Arc<Mutex<HashSet<(String, String)>>>);

impl UnderWay {
    /// Takes a place for a request; there is one for each.
    fn take(&self, key: (String, String)) -> Option<Place> {
        let mut requests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        requests.insert(key.clone()).then(|| Place {
            requests: self.clone(),
            key,
        })
    }
}

/// The place of a request that is under way; free again when dropped.
struct Place {
    requests: UnderWay,
    key: (String, String),
}

impl Drop for Place {
    fn drop(&mut self) {
        let requests = self.requests.0.lock();
        requests
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.key);
    }
}

/// Refuses a request whose session has another one of the same id under way: one of the two would never be answered.
async fn one_at_a_time(
    State(under_way): State<UnderWay>,
    request: Request,
    next: Next,
) -> Response {
    let session = request.headers().get(SESSION_HEADER);
    let session = session.and_then(|session| session.to_str().ok());
    let id = request.extensions().get::<RequestId>();
    let (Some(session), Some(RequestId(id))) = (session, id) else {
        return next.run(request).await;
    };
    match under_way.take((session.to_owned(), id.to_string())) {
        Some(place) => hold(next.run(request).await, place),
        None => {
            let error = json!({ "code": -32600, "message": "a request with this id is under way" });
            let body = json!({ "jsonrpc": "2.0", "id": id, "error": error });
            (StatusCode::BAD_REQUEST, Json(body)).into_response()
        }
    }
}

fn protocol_settings(
    settings: &ServerSettings,
    port: u16,
    stop: CancellationToken,
) -> StreamableHttpServerConfig {
    let mut protocol = StreamableHttpServerConfig::default()
        .with_allowed_hosts(allowed_hosts(settings))
        .with_allowed_origins(allowed_origins(settings, port))
        .enforce_origin_validation()
        .with_cancellation_token(stop);
    protocol.max_request_body_bytes = MOST_BYTES;
    protocol
}

/// Gives the origins of web pages that may call: those of the settings, and the server's own.
fn allowed_origins(settings: &ServerSettings, port: u16) -> Vec<String> {
    let own = ["localhost", "127.0.0.1", "[::1]"].map(|host| format!("http://{host}:{port}"));
    let others = settings.allowed_origins.iter();
    others.map(|origin| with_port(origin)).chain(own).collect()
}

/// Names the port that an origin means without naming it; the protocol's library takes it for any port.
fn with_port(origin: &str) -> String {
    let parsed = origin.parse::<Uri>().ok();
    let scheme = parsed
        .filter(|uri| {
            uri.authority()
                .is_some_and(|authority| authority.port().is_none())
        })
        .and_then(|uri| uri.scheme_str().map(str::to_ascii_lowercase));
    let origin = origin.trim_end_matches('/');
    match scheme.as_deref() {
        Some("https") if !origin.ends_with(":*") => format!("{origin}:443"),
        Some("http") if !origin.ends_with(":*") => format!("{origin}:80"),
        _ => origin.to_owned(),
    }
}

/// Refuses to begin another session when there are too many.
async fn bound_sessions(
    State(sessions): State<Sessions>,
    Extension(CorrelationId(id)): Extension<CorrelationId>,
    request: Request,
    next: Next,
) -> Response {
    let begins =
        request.method() == Method::POST && !request.headers().contains_key(SESSION_HEADER);
    if begins && sessions.manager.sessions.read().await.len() >= sessions.most {
        let mut failure = Failure::new(ErrorCode::Limit, "there are too many sessions")
            .with_hint("end sessions that are not used any more with DELETE");
        failure.retry_after_seconds = Some(RETRY_AFTER);
        return Refusal(StatusCode::SERVICE_UNAVAILABLE, failure).response(&id);
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_means_one_port() {
        let check = |origin: &str, expected: &str| assert_eq!(with_port(origin), expected);
        check("https://a.example", "https://a.example:443");
        check("HTTP://a.example/", "HTTP://a.example:80");
        check("https://a.example:8443", "https://a.example:8443");
        check("https://a.example:*", "https://a.example:*");
        check("http://[::1]", "http://[::1]:80");
        check("null", "null");
        check("app://x", "app://x");
    }
}
