//! The Model Context Protocol over streamable HTTP. Must not know any tool.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    http::{Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
};
use synthesizer_infrastructure::config::ServerSettings;
use tokio_util::sync::CancellationToken;

use super::gate::{Gate, allowed_hosts, pass};
use crate::mcp::ServerFactory;

/// The path of the protocol.
const ROUTE: &str = "/mcp";

/// The header that names a session.
const SESSION_HEADER: &str = "mcp-session-id";

#[derive(Clone)]
struct Sessions {
    manager: Arc<LocalSessionManager>,
    most: usize,
}

/// Gives the routes of the main listener; `stop` ends every session.
pub(super) fn routes(
    factory: ServerFactory,
    settings: &ServerSettings,
    stop: CancellationToken,
) -> Router {
    let manager = Arc::new(LocalSessionManager::default());
    let config = StreamableHttpServerConfig::default()
        .with_allowed_hosts(allowed_hosts(settings))
        .with_allowed_origins(settings.allowed_origins.clone())
        .enforce_origin_validation()
        .with_cancellation_token(stop);
    let service =
        StreamableHttpService::new(move || Ok(factory.server()), Arc::clone(&manager), config);
    let sessions = Sessions {
        manager,
        most: settings.sessions,
    };
    Router::new()
        .route_service(ROUTE, service)
        .layer(middleware::from_fn_with_state(sessions, bound_sessions))
        .layer(middleware::from_fn_with_state(
            Gate::new("main", &[ROUTE], settings, true),
            pass,
        ))
}

/// Refuses to begin another session when there are too many.
async fn bound_sessions(
    State(sessions): State<Sessions>,
    request: Request,
    next: Next,
) -> Response {
    let begins =
        request.method() == Method::POST && !request.headers().contains_key(SESSION_HEADER);
    if begins && sessions.manager.sessions.read().await.len() >= sessions.most {
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            [(header::RETRY_AFTER, "30")],
            "too many sessions\n",
        )
            .into_response();
    }
    next.run(request).await
}
