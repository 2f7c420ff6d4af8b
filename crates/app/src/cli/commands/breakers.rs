//! `synthesizer breakers`: the circuit breakers of the services that are called.

use clap::{Args, Subcommand};
use synthesizer_engine::operations::breakers::{BreakerAction, BreakersAnswer};
use synthesizer_model::Failure;

use crate::{
    answer::document,
    cli::{
        output::{Answer, Page},
        session::Session,
    },
};

const EXAMPLES: &str = "\
Examples:
  synthesizer breakers list
  synthesizer breakers open github
  synthesizer breakers reset github

A breaker opens by itself after failures and lets a call through again later. One that is forced
open stays so until it is reset. All processes that share the data folder obey within a second.";

/// The arguments of `breakers`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show every breaker
    List,
    /// Close a breaker and forget its failures
    Reset {
        /// The service's name, as list shows it
        name: String,
    },
    /// Let no call of a service through until it is reset
    Open {
        /// The service's name, as list shows it
        name: String,
    },
}

/// Runs the command.
pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<Answer, Failure> {
    let action = match &arguments.action {
        Action::List => BreakerAction::List,
        Action::Reset { name } => BreakerAction::Reset(name.clone()),
        Action::Open { name } => BreakerAction::ForceOpen(name.clone()),
    };
    let answer = session.engine.breakers(&session.call, action).await?;
    Ok(Answer {
        document: document(&answer, &session.call.correlation_id)?,
        text: render(&answer),
        status: 0,
    })
}

fn render(answer: &BreakersAnswer) -> String {
    let mut page = Page::default();
    let share = |rate: Option<f64>| {
        rate.map(|rate| format!("{:.0} %", rate * 100.0))
            .unwrap_or_default()
    };
    let rows = answer
        .breakers
        .iter()
        .map(|breaker| {
            vec![
                breaker.name.clone(),
                breaker.state.clone(),
                share(breaker.failure_rate),
                share(breaker.slow_rate),
                breaker.not_permitted.to_string(),
                breaker
                    .retry_after_seconds
                    .map(|seconds| format!("in {seconds} s"))
                    .unwrap_or_default(),
                breaker.reason.clone().unwrap_or_default(),
            ]
        })
        .collect();
    let columns = [
        "service", "state", "failures", "slow", "refused", "next try", "reason",
    ];
    page.table("Breakers", &columns, rows);
    page.into_text()
}
