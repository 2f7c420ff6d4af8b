//! Start and orderly end of the server over HTTP: unready at the first signal, calls in flight finish, then it ends. Must not answer requests.

use std::{net::SocketAddr, time::Duration};

use synthesizer_engine::Engine;
use synthesizer_infrastructure::lifecycle::Lifecycle;
use synthesizer_model::{ErrorCode, Failure};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{admin, connections::Connections, mcp};
use crate::mcp::{Profile, ServerFactory, take_jobs};

/// The most connections to the administration listener at once.
const ADMIN_CONNECTIONS: usize = 64;

/// How long calls may take to answer, and all jobs together to clean up, after they were cancelled.
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
    let config = engine.config();
    let settings = config.server.clone();
    let main = listen("server.listen", settings.listen).await?;
    let administration = listen("admin.listen", config.admin.listen).await?;
    let (main_address, admin_address) = (address_of(&main)?, address_of(&administration)?);
    let lifecycle = Lifecycle::new();
    let (closing, sessions, end) = (
        CancellationToken::new(),
        CancellationToken::new(),
        CancellationToken::new(),
    );
    let factory = ServerFactory::new(engine.clone(), profile, lifecycle.clone());
    let main = Connections {
        name: "main",
        listener: main,
        most: settings.connections,
    };
    let main = main.serve(
        mcp::routes(
            factory,
            config,
            main_address.port(),
            lifecycle.clone(),
            sessions.clone(),
        ),
        closing.clone(),
    );
    let administration = Connections {
        name: "admin",
        listener: administration,
        most: ADMIN_CONNECTIONS,
    };
    let administration = administration.serve(
        admin::routes(engine.clone(), lifecycle.clone()),
        end.clone(),
    );
    lifecycle.ready();
    let mcp = format!("http://{main_address}/mcp");
    let administration_url = format!("http://{admin_address}");
    tracing::info!(%mcp, administration = %administration_url, "serving");

    engine.jobs().park_at(interrupted.clone());
    let taking = take_jobs(&engine, profile, interrupted.clone());
    interrupted.cancelled().await;
    // Before the line that says so.
    lifecycle.begin_drain();
    tracing::info!("stopping: no longer ready, calls in flight finish");
    let close = closed(lifecycle.clone(), closing);
    let drain = lifecycle.drain(settings.drain_delay, settings.shutdown_timeout);
    let (drained, ()) = tokio::join!(drain, close);
    // The cancelled ones still answer, with E_CANCELLED.
    let _ = tokio::time::timeout(CLEANUP, lifecycle.finished()).await;
    let (finished, cancelled) = (drained.finished, drained.cancelled);
    tracing::info!(finished, cancelled, "stopped: no call is in flight");
    sessions.cancel();
    if let Some(taking) = taking {
        // It ends with the token; a defect in it was reported.
        let _ = taking.await;
    }
    engine.jobs().shut_down(CLEANUP).await;
    end.cancel();
    for server in [main, administration] {
        finish(server).await;
    }
    Ok(())
}

/// Has nothing more accepted from when the lifecycle says so.
async fn closed(lifecycle: Lifecycle, closing: CancellationToken) {
    lifecycle.closing().await;
    closing.cancel();
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

/// Waits for the open connections of a server, and ends those that stay.
async fn finish(mut server: JoinHandle<()>) {
    if tokio::time::timeout(CONNECTIONS, &mut server)
        .await
        .is_err()
    {
        server.abort();
    }
}
