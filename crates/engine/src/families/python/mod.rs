//! Python: components down to a symbol, solved and locked by `uv`.

mod needs;
mod planning;
mod taking;

use futures_util::{FutureExt as _, future::BoxFuture};
use synthesizer_infrastructure::project::Scratch;
use synthesizer_model::{
    dependency::Ecosystem,
    failure::Failure,
    resolution::ResolutionStatus,
    synthesis::LockedResolution,
    tree::sha256_hex,
    verification::{Check, Level},
};
use synthesizer_resolution::LockProblem;
use synthesizer_synthesis::{ProjectName, Synthesis, templates};

use super::{Family, Locked, Planned, Preparation, Prepared};
use crate::{
    Call, Engine, opening,
    synthesis::readme::SourceFacts,
    verification::{self, Subject},
};

use self::planning::PlanInput;

/// The family.
pub(super) struct Python;

impl Family for Python {
    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Python
    }

    fn default_template(&self) -> &'static str {
        "python-default"
    }

    fn programs(&self) -> &'static [&'static str] {
        &["uv", "git"]
    }

    fn project_name(&self, name: &str) -> Result<ProjectName, Failure> {
        ProjectName::parse(name, synthesizer_analysis::standard_library::is_standard)
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
        verification::python::checks(engine, call, subject, level).boxed()
    }
}

async fn prepare(
    engine: &Engine,
    call: &Call,
    preparation: Preparation,
) -> Result<Prepared, Failure> {
    let Preparation {
        request,
        name,
        opened,
    } = preparation;
    let template = templates::find(&request.template, &request.ecosystem)?;
    let (link, progress) = (request.link, call.blocking_progress());
    let taken = opening::compute(move || taking::take_all(opened, link, progress.as_ref())).await?;
    call.progress.step(40, "resolving dependencies");
    let mut needs = Vec::new();
    for source in &taken {
        needs.push(engine.needs_of(call, source).await?);
    }
    let solved = engine.solve_needs(call, &taken, &needs, template).await?;
    if solved.status == ResolutionStatus::Unsatisfiable {
        return Ok(Prepared::Unsatisfiable(Box::new(solved)));
    }
    call.progress.step(55, "planning");
    let sources: Vec<SourceFacts> = taken.iter().map(planning::source_facts).collect();
    let input = PlanInput {
        request,
        name,
        taken,
        needs,
        solved,
    };
    let (synthesis, runtime) = opening::compute(move || input.plan()).await?;
    Ok(Prepared::Planned(Box::new(Planned {
        synthesis,
        sources,
        runtime,
    })))
}

/// Locks the project's own manifest with `uv`.
async fn lock(engine: &Engine, call: &Call, synthesis: &Synthesis) -> Result<Locked, Failure> {
    let manifest = synthesis
        .manifests
        .get("pyproject.toml")
        .ok_or_else(|| Failure::internal("the project has no pyproject.toml"))?;
    let scratch = Scratch::create(&engine.config().paths.cache)?;
    let uv = engine.uv(scratch.path())?;
    let answer =
        synthesizer_resolution::lock_project(manifest, uv.environment(), &call.cancellation).await;
    let warning = |text: String| Locked {
        warnings: vec![text],
        ..Locked::default()
    };
    match answer {
        Ok(lock) => Ok(Locked {
            resolution: Some(LockedResolution {
                ecosystem: Ecosystem::Python.as_str().to_owned(),
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
