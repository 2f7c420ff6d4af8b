//! What was checked of a project, with what outcome, and what was not.

use serde::{Deserialize, Serialize};

/// How deep a verification goes; each level includes the ones before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Every file parses and every internal import resolves.
    Parse,
    /// The lock installs and every module imports, in the sandbox.
    Install,
    /// The project's tests pass, in the sandbox.
    Test,
}

/// The outcome of one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Held.
    Passed,
    /// Did not hold.
    Failed,
    /// Was not tried; the detail says why.
    NotRun,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// A stable name: `parse`, `imports-resolve`, `install`, `import`, `behaviour`, `tests`, `locked`.
    pub name: String,
    /// The outcome.
    pub result: Outcome,
    /// One sentence, or the first lines of the output.
    pub detail: String,
}

/// All checks of one project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// The level that was asked for.
    pub level: Level,
    /// The checks in the order they ran.
    pub checks: Vec<Check>,
}

impl Verification {
    /// Says whether any check failed.
    pub fn failed(&self) -> bool {
        self.checks
            .iter()
            .any(|check| check.result == Outcome::Failed)
    }

    /// Says whether any check was not run.
    pub fn incomplete(&self) -> bool {
        self.checks
            .iter()
            .any(|check| check.result == Outcome::NotRun)
    }
}
