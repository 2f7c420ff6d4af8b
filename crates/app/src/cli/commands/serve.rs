//! `synthesizer serve`: serves the Model Context Protocol over HTTP, with an administration listener.

use clap::Args;
use synthesizer_engine::Engine;
use tokio_util::sync::CancellationToken;

use crate::{
    cli::{output::Output, session::new_correlation_id, signals},
    mcp::Profile,
    serve,
};

const EXAMPLES: &str = "\
Examples:
  synthesizer serve
  SYNTHESIZER__SERVER__LISTEN=127.0.0.1:9000 synthesizer serve --profile read-only
  curl -s http://127.0.0.1:8401/readyz

The protocol is at http://127.0.0.1:8400/mcp; /livez, /readyz, /healthz and /metrics are at
http://127.0.0.1:8401. Callers are not authenticated, so both listen on this machine alone.
Clients can name local folders only below paths.roots, which has no default here.
At SIGTERM or SIGINT /readyz turns unready, calls in flight finish, and the status is 0.";

/// The arguments of `serve`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Which tools to offer
    #[arg(long, value_enum, default_value_t = Profile::Standard)]
    profile: Profile,
}

/// Serves until a signal, and gives the exit status.
pub(in crate::cli) async fn run(arguments: &Arguments, engine: Engine, output: &Output) -> u8 {
    let stop = CancellationToken::new();
    signals::cancel_on_interruption(stop.clone());
    match serve::serve(engine, arguments.profile, stop).await {
        Ok(()) => 0,
        Err(failure) => output.failure(&failure, &new_correlation_id()),
    }
}
