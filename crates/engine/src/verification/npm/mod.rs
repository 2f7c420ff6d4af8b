//! Checks of a JavaScript project: it parses, its imports resolve, its lock installs without a script of anybody; in the sandbox its types
//! are checked, its modules are imported and its tests run.

mod installing;
mod node;
mod runner;
mod tests_report;
mod text;

use std::sync::Arc;

use synthesizer_model::{
    failure::Failure,
    verification::{Check, Level, Outcome},
};

use self::text::NpmText;
use super::{
    Subject, not_run,
    stages::{self, OF_NPM},
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
    stages::begin(call, OF_NPM, level, "reading the project's code");
    let (files, progress) = (Arc::clone(&subject.files), call.blocking_progress());
    let text = opening::compute(move || NpmText::new(&files, progress.as_ref())).await?;
    let mut checks = text.check();
    let broken = checks.iter().any(|check| check.result == Outcome::Failed);
    if level >= Level::Install {
        if broken {
            checks.push(not_run("install", "the text of the project is broken"));
            checks.push(not_run("import", "the text of the project is broken"));
        } else {
            checks.extend(installing::checks(engine, call, &subject, &text, level).await?);
        }
    }
    Ok(checks)
}
