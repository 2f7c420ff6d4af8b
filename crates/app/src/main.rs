//! The `synthesizer` program: wires the command line to the engine and exits. Must not hold logic of its own.

mod answer;
mod cli;
mod mcp;
mod serve;
mod start;

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    start::install_cryptography();
    cli::run(std::env::args_os().collect())
}
