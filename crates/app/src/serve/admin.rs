//! The administration listener: alive, ready, the state of external services, metrics. Must not change anything.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};
use synthesizer_engine::{Call, Caller, Engine};
use synthesizer_infrastructure::{
    lifecycle::Lifecycle,
    telemetry::{correlation, metrics},
};
use synthesizer_model::progress::Unwatched;
use tokio_util::sync::CancellationToken;

use super::gate::{Gate, pass};
use crate::answer::{document, error_document};

/// The paths that are named in metrics.
const ROUTES: &[&str] = &["/livez", "/readyz", "/healthz", "/metrics"];

/// What the Prometheus text format is called.
const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

#[derive(Clone)]
struct Administration {
    engine: Engine,
    lifecycle: Lifecycle,
}

/// Gives the routes of the administration listener.
pub(super) fn routes(engine: Engine, lifecycle: Lifecycle) -> Router {
    let gate = Gate::new("admin", ROUTES, &engine.config().server);
    Router::new()
        .route("/livez", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .route("/healthz", get(healthy))
        .route("/metrics", get(measured))
        .layer(middleware::from_fn_with_state(gate, pass))
        .with_state(Administration { engine, lifecycle })
}

async fn ready(State(administration): State<Administration>) -> Response {
    if administration.lifecycle.is_ready() {
        (StatusCode::OK, "ready\n").into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready\n").into_response()
    }
}

async fn measured(State(administration): State<Administration>) -> Response {
    administration.engine.measure_services().await;
    ([(header::CONTENT_TYPE, METRICS_TYPE)], metrics::render()).into_response()
}

/// Says how each external service is. Always 200: what is outside must not have this process restarted.
async fn healthy(State(administration): State<Administration>) -> Json<Value> {
    let mut call = Call::new(Caller::Mcp, Arc::new(Unwatched), CancellationToken::new());
    if let Some(id) = correlation::current() {
        call.correlation_id = id.to_string();
    }
    let check = !administration.engine.config().offline;
    let answer = match administration.engine.platforms(&call, check).await {
        Ok(answer) => document(&answer, &call.correlation_id),
        Err(failure) => Err(failure),
    };
    match answer {
        Ok(mut answer) => {
            let services = answer["platforms"].take();
            let failing = services.as_array().is_some_and(|services| {
                services
                    .iter()
                    .any(|service| service["enabled"] == true && service["healthy"] == false)
            });
            let status = if failing { "degraded" } else { "ok" };
            Json(
                json!({ "status": status, "services": services, "correlation_id": call.correlation_id }),
            )
        }
        Err(failure) => Json(error_document(&failure, &call.correlation_id)),
    }
}
