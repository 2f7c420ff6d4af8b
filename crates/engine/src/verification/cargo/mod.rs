//! Checks of a Rust project: it reads, its lock fits and its packages are there, it compiles and its tests pass in the sandbox.

mod building;
mod text;
mod toolchain;

use std::sync::Arc;

use synthesizer_model::{
    failure::Failure,
    verification::{Check, Level, Outcome},
};

use super::{
    Subject, not_run,
    stages::{self, OF_CARGO},
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
    stages::begin(call, OF_CARGO, level, "reading the project's code");
    let (files, progress) = (Arc::clone(&subject.files), call.blocking_progress());
    let mut checks = opening::compute(move || text::checks(&files, progress.as_ref())).await?;
    let broken = checks.iter().any(|check| check.result == Outcome::Failed);
    if level >= Level::Install {
        if broken {
            checks.push(not_run("packages", "the text of the project is broken"));
            checks.push(not_run("compile", "the text of the project is broken"));
        } else {
            checks.extend(engine.build_checks(call, &subject, level).await?);
        }
    }
    Ok(checks)
}
