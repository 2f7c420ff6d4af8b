//! Start and orderly end of the server: at the end of input or a signal, work is cancelled and cleaned up. Must not answer requests.

use std::time::Duration;

use rmcp::{ServiceExt as _, service::ServerInitializeError};
use synthesizer_engine::Engine;
use synthesizer_infrastructure::{lifecycle::Lifecycle, telemetry::tasks};
use synthesizer_model::Failure;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{server::ServerFactory, stdio::Stdio};

/// How long all jobs together may take to clean up when the server ends.
const CLEANUP: Duration = Duration::from_secs(15);

/// How many jobs a server takes up by itself while it works on fewer.
const JOBS: usize = 2;

/// Which tools are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Profile {
    /// Tools that change nothing; a hard filter.
    ReadOnly,
    /// The usual tools.
    Standard,
    /// Every tool.
    Full,
}

impl Profile {
    /// Says whether a tool that changes something may be used.
    pub(super) const fn may_write(self) -> bool {
        !matches!(self, Self::ReadOnly)
    }
}

/// Serves on standard input and output until the end of input, a signal, or a client that went away.
///
/// # Errors
/// `E_INTERNAL` when the protocol's opening fails on our side.
pub(crate) async fn serve(
    engine: Engine,
    profile: Profile,
    stop: CancellationToken,
) -> Result<(), Failure> {
    engine.jobs().park_at(stop.clone());
    let taking = take_jobs(&engine, profile, stop.clone());
    let (reader, writer) = rmcp::transport::stdio_pipes();
    let transport = Stdio::new(reader, writer, stop.clone());
    let server = ServerFactory::new(engine.clone(), profile, Lifecycle::new()).server();
    let served = match server.serve_with_ct(transport, stop.clone()).await {
        Ok(running) => running
            .waiting()
            .await
            .map(|_reason| ())
            .map_err(|error| Failure::internal(format!("the server stopped: {error}"))),
        Err(
            ServerInitializeError::ConnectionClosed(_)
            | ServerInitializeError::Cancelled
            | ServerInitializeError::TransportError { .. },
        ) => Ok(()),
        Err(error) => Err(Failure::internal(format!(
            "the opening of the protocol failed: {error}"
        ))),
    };
    stop.cancel();
    if let Some(taking) = taking {
        // It ends with the token; a defect in it was reported.
        let _ = taking.await;
    }
    engine.jobs().shut_down(CLEANUP).await;
    served
}

/// Takes up jobs that wait beside answering, where the configuration lets a server do that and its clients may write.
pub(crate) fn take_jobs(
    engine: &Engine,
    profile: Profile,
    stop: CancellationToken,
) -> Option<JoinHandle<()>> {
    if !engine.config().jobs.take || !profile.may_write() {
        return None;
    }
    let engine = engine.clone();
    Some(tasks::spawn("take_jobs", async move {
        engine.take_jobs(JOBS, &stop).await;
    }))
}
