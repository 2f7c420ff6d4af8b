//! `synthesizer mcp`: serves the Model Context Protocol on standard input and output.

use clap::Args;
use synthesizer_engine::Engine;
use tokio_util::sync::CancellationToken;

use crate::{
    cli::{output::Output, session::new_correlation_id, signals},
    mcp::{self, Profile},
};

const EXAMPLES: &str = "\
Examples:
  synthesizer mcp
  synthesizer mcp --profile read-only

Standard output carries protocol messages and nothing else; logs go to standard error.
Local folders that a client names must lie below the configured roots, by default the working
directory.
The server ends at the end of its input, on SIGTERM and on SIGINT, with status 0.";

/// The arguments of `mcp`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Which tools to offer
    #[arg(long, value_enum, default_value_t = Profile::Standard)]
    profile: Profile,
}

/// Serves until the end of input or a signal, and gives the exit status.
pub(in crate::cli) async fn run(arguments: &Arguments, engine: Engine, output: &Output) -> u8 {
    let stop = CancellationToken::new();
    signals::cancel_on_interruption(stop.clone());
    match mcp::serve(engine, arguments.profile, stop).await {
        Ok(()) => 0,
        Err(failure) => output.failure_text(&failure, &new_correlation_id()),
    }
}
