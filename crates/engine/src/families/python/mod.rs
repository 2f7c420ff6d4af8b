//! Python: components down to a symbol, solved and locked by `uv`.

mod needs;
mod planning;
mod taking;
mod upstream_tests;

use futures_util::{FutureExt as _, future::BoxFuture};
use synthesizer_infrastructure::project::Scratch;
use synthesizer_model::{
    dependency::Ecosystem,
    failure::Failure,
    resolution::ResolvedPackage,
    synthesis::LockedResolution,
    tree::sha256_hex,
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

use self::{needs::Needs, planning::PlanInput};

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

    fn locked_packages(&self, project: &str, lock: &str) -> Result<Vec<ResolvedPackage>, Failure> {
        synthesizer_resolution::locked_packages(project, lock)
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
        template,
        name,
        opened,
        solved: known,
    } = preparation;
    let progress = call.blocking_progress();
    let manner = taking::Manner {
        link: request.link,
        tests: request.tests,
    };
    let taken =
        opening::compute(move || taking::take_all(opened, manner, progress.as_ref())).await?;
    call.progress.step(40, "resolving dependencies");
    let answer = match known {
        Some(solved) => Answer::Solved(solved),
        None => {
            let asking = engine.ask(call, &taken, &template);
            call.recorded("resolving dependencies", asking).await?
        }
    };
    let solved = match answer {
        Answer::Unsatisfiable(resolution) => return Ok(Prepared::Unsatisfiable(resolution)),
        Answer::Solved(solved) => solved,
    };
    let needs: Vec<Needs> = taken
        .iter()
        .map(|source| needs::needs_of(source, &solved))
        .collect();
    call.progress.step(55, "planning");
    let sources: Vec<SourceFacts> = taken.iter().map(planning::source_facts).collect();
    let input = PlanInput {
        request,
        template,
        name,
        taken,
        needs,
        solved: solved.clone(),
    };
    let (synthesis, runtime) = opening::compute(move || input.plan()).await?;
    Ok(Prepared::Planned(Box::new(Planned {
        synthesis,
        sources,
        runtime,
        solved,
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
