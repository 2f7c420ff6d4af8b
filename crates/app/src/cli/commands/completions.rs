//! `synthesizer completions`: a completion script for a shell.

use clap::{Args, CommandFactory as _};

use crate::cli::CommandLine;

const EXAMPLES: &str = "\
Examples:
  synthesizer completions bash > ~/.local/share/bash-completion/completions/synthesizer
  synthesizer completions fish > ~/.config/fish/completions/synthesizer.fish";

/// The arguments of `completions`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

/// Gives the script.
pub(in crate::cli) fn script(arguments: &Arguments) -> String {
    let mut script = Vec::new();
    let mut command = CommandLine::command();
    clap_complete::generate(arguments.shell, &mut command, "synthesizer", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}
