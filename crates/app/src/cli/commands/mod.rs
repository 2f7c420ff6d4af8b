//! The commands, one file each, and their list. Must not hold logic of a command.

mod analyze;
mod assemble;
mod breakers;
mod compat;
pub(super) mod completions;
mod doctor;
mod jobs;
mod level_argument;
pub(super) mod mcp;
mod platforms;
mod resolve;
mod search;
pub(super) mod serve;
mod status;
mod synthesize;
mod update;
mod verify;
mod worker;

use clap::Subcommand;
use synthesizer_model::Failure;

use super::{output::Answer, session::Session};

/// Every command.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Find repositories on all platforms at once
    Search(search::Arguments),
    /// Show what a repository is made of: dependencies, licenses, components
    Analyze(analyze::Arguments),
    /// Say whether repositories can live together: packages, runtimes, licenses, names
    Compat(compat::Arguments),
    /// Find one set of packages that satisfies all the repositories
    Resolve(resolve::Arguments),
    /// Build a new project out of parts of repositories
    Synthesize(synthesize::Arguments),
    /// Find the parts for an idea and build a project of them
    Assemble(assemble::Arguments),
    /// Move a synthesised project to newer sources, with your edits
    Update(update::Arguments),
    /// Check a synthesised project
    Verify(verify::Arguments),
    /// Show how far a synthesis is
    Status(status::Arguments),
    /// Show, stop and resume jobs
    Jobs(jobs::Arguments),
    /// Show which platforms are searched and how they are
    Platforms(platforms::Arguments),
    /// Show, reset or force open the circuit breakers of services
    Breakers(breakers::Arguments),
    /// Check that the programs and folders that are needed are there
    Doctor,
    /// Serve the Model Context Protocol on standard input and output
    Mcp(mcp::Arguments),
    /// Serve the Model Context Protocol over HTTP
    Serve(serve::Arguments),
    /// Take up jobs that wait
    Worker(worker::Arguments),
    /// Write a completion script for a shell
    Completions(completions::Arguments),
}

/// Runs a command that works with the engine.
pub(super) async fn run(command: &Command, session: &Session) -> Result<Answer, Failure> {
    match command {
        Command::Search(arguments) => search::run(arguments, session).await,
        Command::Platforms(arguments) => platforms::run(arguments, session).await,
        Command::Breakers(arguments) => breakers::run(arguments, session).await,
        Command::Analyze(arguments) => analyze::run(arguments, session).await,
        Command::Compat(arguments) => compat::run(arguments, session).await,
        Command::Resolve(arguments) => resolve::run(arguments, session).await,
        Command::Synthesize(arguments) => synthesize::run(arguments, session).await,
        Command::Assemble(arguments) => assemble::run(arguments, session).await,
        Command::Update(arguments) => update::run(arguments, session).await,
        Command::Verify(arguments) => verify::run(arguments, session).await,
        Command::Status(arguments) => status::run(arguments, session).await,
        Command::Jobs(arguments) => jobs::run(arguments, session).await,
        Command::Worker(arguments) => worker::run(arguments, session).await,
        Command::Doctor => doctor::run(session).await,
        Command::Mcp(_) | Command::Serve(_) | Command::Completions(_) => {
            Err(Failure::internal("this command does not run in a session"))
        }
    }
}
