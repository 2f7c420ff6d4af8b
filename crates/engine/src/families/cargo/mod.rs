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
    resolution::{ResolutionStatus, ResolvedPackage},
    synthesis::{LockedResolution, Solved},
    tree::{TreePath, sha256_hex},
    verification::{Check, Level},
};
use synthesizer_resolution::LockProblem;
use synthesizer_synthesis::{ProjectName, Synthesis};

use super::{Answer, Family, Locked, Planned, Preparation, Prepared};
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

    fn locked_packages(&self, _project: &str, lock: &str) -> Result<Vec<ResolvedPackage>, Failure> {
        synthesizer_resolution::locked_workspace_packages(lock)
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
        solved: known,
    } = preparation;
    let (with_tests, progress) = (request.tests, call.blocking_progress());
    let taking = move || taking::take_all(opened, with_tests, progress.as_ref());
    let taken = opening::compute(taking).await?;
    call.progress.step(40, "resolving dependencies");
    let is_new = known.is_none();
    let answer = match known {
        Some(solved) => Answer::Solved(solved),
        None => {
            let solving = solve(engine, call, &taken);
            call.recorded("resolving dependencies", solving).await?
        }
    };
    let solved = match answer {
        Answer::Unsatisfiable(resolution) => return Ok(Prepared::Unsatisfiable(resolution)),
        Answer::Solved(solved) => solved,
    };
    call.progress.step(55, "planning");
    let sources: Vec<SourceFacts> = taken.iter().map(planning::source_facts).collect();
    let parts: Vec<String> = taken.iter().flat_map(taking::Taken::parts).collect();
    let notes = solved.notes.clone();
    let planning = move || planning::plan(&request, &template, name, taken, &notes);
    let (synthesis, rust) = opening::compute(planning).await?;
    // What was planned before was compiled then.
    if is_new && !parts.is_empty() {
        engine.check_parts(call, &synthesis, &parts).await?;
    }
    Ok(Prepared::Planned(Box::new(Planned {
        synthesis,
        sources,
        runtime: rust.map_or_else(String::new, |version| format!(">={version}")),
        solved,
    })))
}

async fn solve(engine: &Engine, call: &Call, taken: &[taking::Taken]) -> Result<Answer, Failure> {
    let resolution = engine.solve_packages(call, taken).await?;
    if resolution.status == ResolutionStatus::Unsatisfiable {
        return Ok(Answer::Unsatisfiable(Box::new(resolution)));
    }
    Ok(Answer::Solved(Solved {
        notes: resolution.warnings,
        ..Solved::default()
    }))
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
