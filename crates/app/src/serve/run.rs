//! Start and orderly end of the server over HTTP: unready at the first signal, calls in flight finish, then it ends. Must not answer requests.

use std::{future::Future, net::SocketAddr, time::Duration};

use axum::{Router, serve::ListenerExt as _};
use synthesizer_engine::Engine;
use synthesizer_infrastructure::{lifecycle::Lifecycle, telemetry::tasks};
use synthesizer_model::{ErrorCode, Failure};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{admin, mcp};
use crate::mcp::{Profile, ServerFactory};

/// How long all jobs together may take to clean up after they were cancelled.
const CLEANUP: Duration = Duration::from_secs(15);

/// How long open connections may take to end when nothing is worked on any more.
const CONNECTIONS: Duration = Duration::from_secs(2);

/// Serves until a signal, and ends in order: unready at once, `server.drain_delay`, no new connections, calls in flight within
/// `server.shutdown_timeout`, then they are cancelled.
///
/// # Errors
/// `E_CONFIG` for an address that is not this machine's own or that cannot be listened on.
pub(crate) async fn serve(
    engine: Engine,
    profile: Profile,
    interrupted: CancellationToken,
) -> Result<(), Failure> {
    let settings = engine.config().server.clone();
    let main = listen("server.listen", settings.listen).await?;
    let administration = listen("admin.listen", engine.config().admin.listen).await?;
    let (main_address, admin_address) = (address_of(&main)?, address_of(&administration)?);
    let lifecycle = Lifecycle::new();
    let (sessions, end) = (CancellationToken::new(), CancellationToken::new());
    let factory = ServerFactory::new(engine.clone(), profile, lifecycle.clone());
    let main = spawn(
        main,
        mcp::routes(factory, &settings, sessions.clone()),
        closing(lifecycle.clone()),
    );
    let administration = spawn(
        administration,
        admin::routes(engine.clone(), lifecycle.clone()),
        end.clone().cancelled_owned(),
    );
    lifecycle.ready();
    let (mcp, administration_url) = (
        format!("http://{main_address}/mcp"),
        format!("http://{admin_address}"),
    );
    tracing::warn!(%mcp, administration = %administration_url, "serving");

    interrupted.cancelled().await;
    tracing::warn!("stopping: no longer ready");
    let drained = lifecycle
        .drain(settings.drain_delay, settings.shutdown_timeout)
        .await;
    let (finished, cancelled) = (drained.finished, drained.cancelled);
    tracing::warn!(finished, cancelled, "calls in flight have ended");
    sessions.cancel();
    engine.jobs().shut_down(CLEANUP).await;
    end.cancel();
    for server in [main, administration] {
        finish(server).await;
    }
    Ok(())
}

async fn listen(setting: &str, address: SocketAddr) -> Result<TcpListener, Failure> {
    if !address.ip().is_loopback() {
        let message = format!(
            "{setting} must be an address of this machine alone, such as 127.0.0.1:{}",
            address.port()
        );
        return Err(Failure::new(ErrorCode::Config, message)
            .with_hint("callers are not authenticated; put a proxy that does it in front"));
    }
    TcpListener::bind(address).await.map_err(|error| {
        let message = format!("cannot listen on {address} ({setting}): {error}");
        Failure::new(ErrorCode::Config, message).with_hint("is another server running there?")
    })
}

fn address_of(listener: &TcpListener) -> Result<SocketAddr, Failure> {
    listener
        .local_addr()
        .map_err(|error| Failure::internal(format!("the listener has no address: {error}")))
}

async fn closing(lifecycle: Lifecycle) {
    lifecycle.closing().await;
}

/// Serves the routes until `stop` is done; small answers must not wait for more (TCP_NODELAY).
fn spawn(
    listener: TcpListener,
    routes: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> JoinHandle<()> {
    let listener = listener.tap_io(|stream| {
        // A connection that refuses the option is only slower.
        let _ = stream.set_nodelay(true);
    });
    tasks::spawn("listener", async move {
        let served = axum::serve(listener, routes)
            .with_graceful_shutdown(stop)
            .await;
        if let Err(error) = served {
            tracing::error!(%error, "a listener failed");
        }
    })
}

/// Waits for the open connections of a server, and ends those that stay.
async fn finish(mut server: JoinHandle<()>) {
    if tokio::time::timeout(CONNECTIONS, &mut server)
        .await
        .is_err()
    {
        server.abort();
    }
}
