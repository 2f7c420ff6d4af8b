//! The command line: flags, the list of commands, and the way from arguments to an exit status.
//!
//! Map:
//! - [`commands`]: one file per command; parses, calls one engine operation, renders
//! - [`run`](mod@run), [`session`]: from arguments to an exit status, and what a command works with
//! - [`output`], [`progress`], [`error`]: what a person or program gets to see
//! - [`plan_file`], [`repository_argument`]: the two ways to write a synthesis request
//! - [`signals`]: interruption by a person or the system

mod commands;
mod error;
mod output;
mod plan_file;
mod progress;
mod repository_argument;
mod run;
mod session;
mod signals;

pub(crate) use run::run;

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, Parser, ValueEnum};

const EXAMPLES: &str = "\
Examples:
  synthesizer search 'http client'
  synthesizer analyze pypi:flask@3.1.0
  synthesizer resolve pypi:flask@3.1.0 pypi:requests --output locked
  synthesizer synthesize --repo 'pypi:click@8.1.7#click.formatting' --name toolbox --output toolbox
  synthesizer verify toolbox
  synthesizer mcp

REPO is https://HOST/OWNER/NAME[@REV], github:OWNER/NAME[@REV], gitlab:GROUP/NAME, hf:OWNER/NAME,
pypi:NAME[@VERSION], or a local folder such as ./name; #COMPONENT names a part of it.

Exit status: 0 done, 1 done and the answer is no, 2 bad usage or input, 3 an upstream or the
network failed, 4 not found, 5 refused for safety or permission, 6 would overwrite, 7 a needed
program is missing, 70 internal error, 130 interrupted.";

/// Builds one new working project out of parts of several repositories, with the origin of every file on record.
#[derive(Debug, Parser)]
#[command(name = "synthesizer", version, after_help = EXAMPLES, max_term_width = 110)]
pub(crate) struct CommandLine {
    #[command(flatten)]
    globals: GlobalOptions,
    #[command(subcommand)]
    command: commands::Command,
}

/// Flags that every command takes.
#[derive(Debug, Clone, Args)]
struct GlobalOptions {
    /// Write one JSON document to standard output
    #[arg(long, global = true, help_heading = "Global options")]
    json: bool,
    /// Read the configuration from this file
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help_heading = "Global options"
    )]
    config: Option<PathBuf>,
    /// Answer from caches alone; reach no network
    #[arg(long, global = true, help_heading = "Global options")]
    offline: bool,
    /// Show no progress and log errors only
    #[arg(long, short, global = true, help_heading = "Global options")]
    quiet: bool,
    /// Log more; repeat for still more
    #[arg(long, short, global = true, action = clap::ArgAction::Count, help_heading = "Global options")]
    verbose: u8,
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, help_heading = "Global options")]
    color: Color,
}

impl GlobalOptions {
    /// Gives the flags that change what work does, for a program that is started to do it.
    fn worker_flags(&self) -> Vec<OsString> {
        let mut flags: Vec<OsString> = Vec::new();
        if let Some(config) = &self.config {
            flags.extend(["--config".into(), config.into()]);
        }
        if self.offline {
            flags.push("--offline".into());
        }
        flags.extend((0..self.verbose).map(|_| OsString::from("-v")));
        flags
    }
}

/// `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Color {
    /// On a terminal.
    Auto,
    /// Also into pipes and files.
    Always,
    /// Never.
    Never,
}
