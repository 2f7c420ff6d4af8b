//! The Model Context Protocol over streamable HTTP. Must not know any tool.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Router,
    extract::{Request, State},
    http::{Method, StatusCode},
    middleware::{self, Next},
    response::Response,
};
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
};
use synthesizer_infrastructure::{
    config::{Config, ServerSettings},
    lifecycle::Lifecycle,
};
use synthesizer_model::{ErrorCode, Failure};
use tokio_util::sync::CancellationToken;

use super::{
    body::MOST_BYTES,
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

/// Gives the routes of the main listener; `stop` ends every session.
pub(super) fn routes(
    factory: ServerFactory,
    config: &Config,
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
        protocol_settings(settings, stop),
    );
    let sessions = Sessions {
        manager,
        most: settings.sessions,
    };
    let gate = Gate::new("main", &[ROUTE], settings)
        .limited(settings)
        .counted(lifecycle);
    Router::new()
        .route_service(ROUTE, service)
        .layer(middleware::from_fn_with_state(sessions, bound_sessions))
        .layer(middleware::from_fn_with_state(gate, pass))
}

fn protocol_settings(
    settings: &ServerSettings,
    stop: CancellationToken,
) -> StreamableHttpServerConfig {
    let mut protocol = StreamableHttpServerConfig::default()
        .with_allowed_hosts(allowed_hosts(settings))
        .with_allowed_origins(settings.allowed_origins.clone())
        .enforce_origin_validation()
        .with_cancellation_token(stop);
    protocol.max_request_body_bytes = MOST_BYTES;
    protocol
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
