//! Checks of a Python project: it parses, its imports resolve, its lock installs, its modules import and its tests pass in the sandbox.

mod environment;
mod install;
mod runner;
mod tests;
mod text;

use std::sync::Arc;

use synthesizer_model::{
    failure::Failure,
    verification::{Check, Level, Outcome},
};

use self::text::PythonText;
use super::{
    Subject, not_run,
    stages::{self, OF_PYTHON},
};
use crate::{Call, Engine, opening};

/// Checks a project up to a level.
///
/// # Errors
/// `E_CANCELLED`, `E_INTERNAL`.
pub(crate) async fn checks(
    engine: &Engine,
    call: &Call,
    subject: Subject,
    level: Level,
) -> Result<Vec<Check>, Failure> {
    stages::begin(call, OF_PYTHON, level, "reading the project's code");
    let (files, progress) = (Arc::clone(&subject.files), call.blocking_progress());
    let text = opening::compute(move || PythonText::new(&files, progress.as_ref())).await?;
    let mut checks = text.check();
    let broken = checks.iter().any(|check| check.result == Outcome::Failed);
    if level >= Level::Install {
        if broken {
            checks.push(not_run("install", "the text of the project is broken"));
            checks.push(not_run("import", "the text of the project is broken"));
        } else {
            checks.extend(engine.install_checks(call, &subject, &text, level).await?);
        }
    }
    Ok(checks)
}
