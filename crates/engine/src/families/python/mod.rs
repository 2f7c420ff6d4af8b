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
    finding::{Finding, Severity},
    resolution::{Resolution, ResolutionStatus},
    synthesis::LockedResolution,
    tree::sha256_hex,
    verification::{Check, Level},
};
use synthesizer_resolution::LockProblem;
use synthesizer_synthesis::{ProjectName, Synthesis, templates::Template};

use super::{Family, Locked, Planned, Preparation, Prepared};
use crate::{
    Call, Engine, opening,
    synthesis::readme::SourceFacts,
    verification::{self, Subject},
};

use self::{needs::Needs, planning::PlanInput, taking::Taken};

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

    fn locked_packages(
        &self,
        project: &str,
        lock: &str,
    ) -> Result<Option<Vec<synthesizer_model::resolution::ResolvedPackage>>, Failure> {
        synthesizer_resolution::locked_packages(project, lock).map(Some)
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
    } = preparation;
    let progress = call.blocking_progress();
    let manner = taking::Manner {
        link: request.link,
        tests: request.tests,
    };
    let taken =
        opening::compute(move || taking::take_all(opened, manner, progress.as_ref())).await?;
    call.progress.step(40, "resolving dependencies");
    let mut needs = Vec::new();
    for source in &taken {
        needs.push(engine.needs_of(call, source).await?);
    }
    let solving = solve(engine, call, &taken, &mut needs, &template);
    let solved = call.recorded("resolving dependencies", solving).await?;
    if solved.status == ResolutionStatus::Unsatisfiable {
        return Ok(Prepared::Unsatisfiable(Box::new(solved)));
    }
    call.progress.step(55, "planning");
    let sources: Vec<SourceFacts> = taken.iter().map(planning::source_facts).collect();
    let input = PlanInput {
        request,
        template,
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

/// Solves the needs of all sources, and those of their tests as far as they do not stand in the way.
async fn solve(
    engine: &Engine,
    call: &Call,
    taken: &[Taken],
    needs: &mut [Needs],
    template: &Template,
) -> Result<Resolution, Failure> {
    let solved = engine.solve_needs(call, taken, needs, template).await?;
    let has_tests = needs.iter().any(|needs| !needs.of_tests.is_empty());
    if solved.status != ResolutionStatus::Unsatisfiable || !has_tests {
        return Ok(solved);
    }
    for needs in needs.iter_mut() {
        needs.of_tests = upstream_tests::without_bounds(&needs.of_tests);
    }
    let solved = engine.solve_needs(call, taken, needs, template).await?;
    let without = solved.status == ResolutionStatus::Unsatisfiable;
    for (taken, needs) in taken.iter().zip(needs.iter_mut()) {
        if needs.of_tests.is_empty() {
            continue;
        }
        let what = if without {
            needs.of_tests.clear();
            "the packages that the tests need cannot be together with those of the project; they are not declared"
        } else {
            "the packages that the tests need are declared without their source's bounds, which do not fit the project"
        };
        let finding = Finding::new(Severity::Warning, "test-dependencies-conflict", what);
        needs.findings.push(finding.of(&taken.id));
    }
    if without {
        return engine.solve_needs(call, taken, needs, template).await;
    }
    Ok(solved)
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
