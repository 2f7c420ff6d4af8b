//! Rust: whole packages always, modules when the compiler takes them alone; solved and locked by `cargo`.

mod checking;
mod needs;
mod planning;
mod taking;

use futures_util::{FutureExt as _, future::BoxFuture};
use synthesizer_infrastructure::{config::Tool, project::Scratch};
use synthesizer_model::{
    dependency::Ecosystem,
    failure::Failure,
    resolution::ResolutionStatus,
    synthesis::LockedResolution,
    tree::{TreePath, sha256_hex},
    verification::{Check, Level},
};
use synthesizer_resolution::LockProblem;
use synthesizer_synthesis::{ProjectName, Synthesis};

use super::{Family, Locked, Planned, Preparation, Prepared};
use crate::{
    Call, Engine, opening,
    synthesis::readme::SourceFacts,
    verification::{self, Subject},
};

/// The family.
pub(super) struct Cargo;

impl Family for Cargo {
    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Cargo
    }

    fn default_template(&self) -> &'static str {
        "rust-workspace"
    }

    fn programs(&self) -> &'static [&'static str] {
        &["cargo", "git"]
    }

    fn project_name(&self, name: &str) -> Result<ProjectName, Failure> {
        ProjectName::for_cargo(name)
    }

    fn prepare<'a>(
        &'a self,
        engine: &'a Engine,
        call: &'a Call,
        preparation: Preparation,
    ) -> BoxFuture<'a, Result<Prepared, Failure>> {
        prepare(engine, call, preparation).boxed()
    }

    fn lock<'a>(
        &'a self,
        engine: &'a Engine,
        call: &'a Call,
        synthesis: &'a Synthesis,
    ) -> BoxFuture<'a, Result<Locked, Failure>> {
        lock(engine, call, synthesis).boxed()
    }

    fn verify<'a>(
        &'a self,
        engine: &'a Engine,
        call: &'a Call,
        subject: Subject,
        level: Level,
    ) -> BoxFuture<'a, Result<Vec<Check>, Failure>> {
        verification::cargo::checks(engine, call, subject, level).boxed()
    }
}

async fn prepare(
    engine: &Engine,
    call: &Call,
    preparation: Preparation,
) -> Result<Prepared, Failure> {
    let Preparation {
        request,
        template,
        name,
        opened,
    } = preparation;
    let (with_tests, progress) = (request.tests, call.blocking_progress());
    let taking = move || taking::take_all(opened, with_tests, progress.as_ref());
    let taken = opening::compute(taking).await?;
    call.progress.step(40, "resolving dependencies");
    let solving = engine.solve_packages(call, &taken);
    let solved = call.recorded("resolving dependencies", solving).await?;
    if solved.status == ResolutionStatus::Unsatisfiable {
        return Ok(Prepared::Unsatisfiable(Box::new(solved)));
    }
    call.progress.step(55, "planning");
    let sources: Vec<SourceFacts> = taken.iter().map(planning::source_facts).collect();
    let parts: Vec<String> = taken.iter().flat_map(taking::Taken::parts).collect();
    let planning = move || planning::plan(&request, &template, name, taken, &solved);
    let (synthesis, rust) = opening::compute(planning).await?;
    if !parts.is_empty() {
        engine.check_parts(call, &synthesis, &parts).await?;
    }
    Ok(Prepared::Planned(Box::new(Planned {
        synthesis,
        sources,
        runtime: rust.map_or_else(String::new, |version| format!(">={version}")),
    })))
}

/// Locks the planned workspace with `cargo`, which sees its manifests and no code.
pub(super) async fn lock(
    engine: &Engine,
    call: &Call,
    synthesis: &Synthesis,
) -> Result<Locked, Failure> {
    let scratch = Scratch::create(&engine.config().paths.cache)?;
    let cargo = engine.user_tool(Tool::Cargo, "cargo", scratch.path())?;
    let code: Vec<TreePath> = synthesis
        .files
        .iter()
        .filter(|file| file.path.as_str().ends_with(".rs"))
        .map(|file| file.path.clone())
        .collect();
    let locking = synthesizer_resolution::lock_workspace(
        &synthesis.manifests,
        &code,
        engine.config().offline,
        cargo.environment(),
        &call.cancellation,
    );
    let warning = |text: String| Locked {
        warnings: vec![text],
        ..Locked::default()
    };
    match locking.await {
        Ok(lock) => Ok(Locked {
            resolution: Some(LockedResolution {
                ecosystem: Ecosystem::Cargo.as_str().to_owned(),
                solver: lock.solver,
                lock: lock.lock.name.clone(),
                sha256: sha256_hex(lock.lock.content.as_bytes()),
            }),
            files: vec![(lock.lock.name, lock.lock.content)],
            packages: lock.packages,
            warnings: lock.warnings,
        }),
        Err(LockProblem::Failure(failure)) => Err(failure),
        Err(LockProblem::Unsatisfiable { explanation }) => Ok(warning(format!(
            "the project's requirements could not be locked: {explanation}"
        ))),
        Err(LockProblem::Unknown { reasons, .. }) => Ok(warning(format!(
            "the project was not locked: {}",
            reasons.join("; ")
        ))),
    }
}
