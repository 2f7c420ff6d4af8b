//! `--level`: how deep a project is checked.

use clap::ValueEnum;
use synthesizer_model::verification::Level;

/// `--level`.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(super) enum LevelArgument {
    /// Every file parses and every internal import resolves.
    Parse,
    /// The lock installs and every module imports, in the sandbox.
    #[default]
    Install,
    /// The project's tests pass, in the sandbox.
    Test,
}

impl From<LevelArgument> for Level {
    fn from(argument: LevelArgument) -> Self {
        match argument {
            LevelArgument::Parse => Self::Parse,
            LevelArgument::Install => Self::Install,
            LevelArgument::Test => Self::Test,
        }
    }
}
