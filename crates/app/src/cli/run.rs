//! From arguments to an exit status: parses, starts the runtime, runs one command. Must not know what commands do.

use std::{ffi::OsString, process::ExitCode, time::Duration};

use clap::Parser as _;
use synthesizer_model::Failure;

use super::{
    CommandLine, GlobalOptions, commands,
    commands::Command,
    error,
    output::Output,
    session::{Session, new_correlation_id},
};
use crate::start::{self, StartOptions};

/// How long work may take to clean up after an interruption.
const CLEANUP: Duration = Duration::from_secs(20);

/// The stack of every thread that works: as large as that of the first usually is, on which commands run. A whole synthesis is one
/// piece of work, and a worker of jobs does it on another thread.
const STACK: usize = 8 << 20;

/// How long the end of the program waits for blocking reads.
const RUNTIME_END: Duration = Duration::from_millis(500);

/// Runs the program.
pub(crate) fn run(arguments: Vec<OsString>) -> ExitCode {
    let command_line = match CommandLine::try_parse_from(&arguments) {
        Ok(command_line) => command_line,
        Err(usage) => return ExitCode::from(error::report_usage(&usage, &arguments)),
    };
    let output = Output::new(&command_line.globals);
    let status = match tokio::runtime::Builder::new_multi_thread()
        .thread_stack_size(STACK)
        .enable_all()
        .build()
    {
        Ok(runtime) => {
            let status = runtime.block_on(dispatch(command_line, &output));
            runtime.shutdown_timeout(RUNTIME_END);
            status
        }
        Err(cause) => output.failure(
            &Failure::internal(format!("cannot start the runtime: {cause}")),
            &new_correlation_id(),
        ),
    };
    ExitCode::from(status)
}

async fn dispatch(command_line: CommandLine, output: &Output) -> u8 {
    let CommandLine { globals, command } = command_line;
    if let Command::Completions(arguments) = &command {
        return output.plain(&commands::completions::script(arguments));
    }
    let over_network = matches!(command, Command::Serve(_));
    let engine = match start::engine(&start_options(&globals, over_network)) {
        Ok(engine) => engine,
        // Standard output of the server belongs to the protocol.
        Err(failure) if matches!(command, Command::Mcp(_)) => {
            return output.failure_text(&failure, &new_correlation_id());
        }
        Err(failure) => return output.failure(&failure, &new_correlation_id()),
    };
    if let Command::Mcp(arguments) = &command {
        return commands::mcp::run(arguments, engine, output).await;
    }
    if let Command::Serve(arguments) = &command {
        return commands::serve::run(arguments, engine, output).await;
    }
    let session = Session::start(engine, output, &globals);
    let work = commands::run(&command, &session);
    let overdue = async {
        session.call.cancellation.cancelled().await;
        tokio::time::sleep(CLEANUP).await;
    };
    let outcome = tokio::select! {
        outcome = work => outcome,
        () = overdue => Err(Failure::cancelled()),
    };
    session.finish();
    match outcome {
        Ok(answer) => output.answer(&answer),
        Err(failure) => output.failure(&failure, &session.call.correlation_id),
    }
}

fn start_options(globals: &GlobalOptions, over_network: bool) -> StartOptions {
    StartOptions {
        over_network,
        config: globals.config.clone(),
        offline: globals.offline,
        verbosity: globals.verbose,
        quiet: globals.quiet,
    }
}
