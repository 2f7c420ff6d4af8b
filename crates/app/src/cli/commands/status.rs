//! `synthesizer status`: how far a synthesis is.

use clap::Args;
use synthesizer_engine::operations::status::JobAction;
use synthesizer_model::Failure;

use super::jobs;
use crate::cli::{output::Answer, session::Session};

const EXAMPLES: &str = "\
Examples:
  synthesizer status 0190f3a2-7c1e-7000-8000-000000000000";

/// The arguments of `status`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The synthesis_id that a synthesis was given
    #[arg(value_name = "ID")]
    synthesis_id: String,
}

/// Runs the command.
pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<Answer, Failure> {
    let (call, id) = (&session.call, &arguments.synthesis_id);
    let record = session.engine.job(call, id, JobAction::Status).await?;
    jobs::shown(&record, session, false)
}
