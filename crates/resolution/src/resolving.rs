//! One question to one solver, answered as fully as the time allows: first look, solver, smallest conflict, ways out.
//!
//! Must not know an ecosystem.

use std::{collections::HashSet, time::Instant};

use synthesizer_model::{
    dependency::{Dependency, Ecosystem},
    failure::{ErrorCode, Failure},
    resolution::{Conflict, Resolution, ResolutionRequest, ResolutionStatus},
    text::escape_untrusted,
};
use tokio_util::sync::CancellationToken;

use crate::{
    constraints, first_look,
    relaxation::ways_out,
    sentences::sentence,
    shrinking::{Tries, smallest_conflict},
    solvers::{Effort, SOLVERS, Solver, SolverEnvironment},
};

/// The solver's name in an answer that no solver gave.
const FIRST_LOOK: &str = "first look";

/// How many times as long as the solver took for its answer the smallest conflict and the ways out are looked for, where that is longer
/// than [`SolverEnvironment::explanation_time`] and not longer than one run of the solver may take.
const EXPLAINING_TIMES: u32 = 40;

/// Gives the solver of a family.
pub fn solver_of(ecosystem: Ecosystem) -> Option<&'static dyn Solver> {
    let mut solvers = SOLVERS.iter().copied();
    solvers.find(|solver| solver.description().ecosystem == ecosystem)
}

/// Finds one set of packages that satisfies all repositories; when there is none, the smallest set of requirements that cannot hold together,
/// and changes that were solved before they are offered.
///
/// # Errors
/// Those of [`Solver::solve`], and `E_ARGUMENT` for a constraint that cannot stand in place of what it names.
pub async fn resolve(
    solver: &dyn Solver,
    request: &ResolutionRequest,
    effort: Effort,
    environment: SolverEnvironment<'_>,
    cancellation: &CancellationToken,
) -> Result<Resolution, Failure> {
    let request = constraints::applied(request, solver)?;
    let direct = first_look(solver, &request);
    let begun = Instant::now();
    let (version, answer) = tokio::join!(
        solver.version(environment, cancellation),
        solver.solve(&request, effort, environment, cancellation),
    );
    // A program that does not tell its version is not the one that is meant; what it answered would say so less well.
    let solver_version = version?;
    let mut resolution = answer?;
    let took = begun.elapsed();
    resolution.solver = solver_version;
    match resolution.status {
        ResolutionStatus::Resolved => {
            if !direct.is_empty() {
                // A defect of the first look; the solver has shown a set.
                tracing::warn!(
                    conflicts = direct.len(),
                    "the first look sees conflicts where there is a set"
                );
            }
            let unused = without_effect(solver, &request, &resolution);
            resolution.warnings.extend(unused);
            return Ok(resolution);
        }
        ResolutionStatus::Unknown if direct.is_empty() => return Ok(resolution),
        ResolutionStatus::Unknown => contradicted(&mut resolution, &direct),
        ResolutionStatus::Unsatisfiable => {}
    }
    let by_speed = took.saturating_mul(EXPLAINING_TIMES);
    let explaining = SolverEnvironment {
        deadline: environment
            .explanation_time
            .max(by_speed.min(environment.deadline)),
        ..environment
    };
    let mut tries = Tries::new(solver, explaining, cancellation);
    tries.remember(&request, &resolution);
    if let Some(smallest) = smallest_conflict(&mut tries, &request).await? {
        let (relaxations, warnings) = ways_out(&mut tries, &request, &smallest).await?;
        resolution.conflicts = with_others(smallest.conflict(&request), direct);
        resolution.relaxations = relaxations;
        resolution.warnings.extend(warnings);
    } else if resolution.conflicts.is_empty() {
        resolution.conflicts = direct;
    }
    resolution.cut_short = tries.ended().is_some() || tries.unknown() > 0;
    Ok(resolution)
}

/// Tells which of the user's constraints are about packages that the set has not: they changed nothing.
fn without_effect(
    solver: &dyn Solver,
    request: &ResolutionRequest,
    resolution: &Resolution,
) -> Vec<String> {
    let ecosystem = solver.description().ecosystem;
    let key = |name: &str| constraints::package_key(&Dependency::new(ecosystem, name, "", 0));
    let there: HashSet<String> = resolution
        .packages
        .iter()
        .map(|package| key(&package.name))
        .collect();
    let unused = request.constraints.iter().filter(|constraint| {
        let wanted = solver.read_constraint(&constraint.requirement);
        wanted.is_ok_and(|wanted| !there.contains(&constraints::package_key(&wanted)))
    });
    unused
        .map(|constraint| {
            format!(
                "the constraint `{}` changed nothing: nobody needs that package",
                escape_untrusted(&constraint.requirement)
            )
        })
        .collect()
}

/// Answers without a solver's program, as far as that goes: with conflicts that need none to tell.
///
/// # Errors
/// The given failure, when the first look sees no conflict; `E_ARGUMENT` as in [`resolve`].
pub fn without_solver(
    solver: &dyn Solver,
    request: &ResolutionRequest,
    missing: Failure,
) -> Result<Resolution, Failure> {
    let request = constraints::applied(request, solver)?;
    let direct = first_look(solver, &request);
    if direct.is_empty() {
        return Err(missing);
    }
    let mut resolution = Resolution::unanswered(solver.description().ecosystem, FIRST_LOOK);
    contradicted(&mut resolution, &direct);
    resolution.conflicts = direct;
    let hint = missing
        .hint
        .map_or_else(String::new, |hint| format!("; {hint}"));
    resolution.warnings.push(format!(
        "{}, so only direct requirements were compared{hint}",
        missing.message
    ));
    Ok(resolution)
}

fn first_look(solver: &dyn Solver, request: &ResolutionRequest) -> Vec<Conflict> {
    first_look::conflicts(
        solver.description().ecosystem,
        &request.repositories,
        request.python_version.as_deref(),
    )
}

/// Turns an answer into "no" by what repositories ask for directly.
fn contradicted(resolution: &mut Resolution, direct: &[Conflict]) {
    resolution.status = ResolutionStatus::Unsatisfiable;
    resolution.code = Some(ErrorCode::Unsatisfiable);
    let sentences: Vec<String> = direct.iter().map(sentence).collect();
    let before = std::mem::take(&mut resolution.explanation);
    resolution.explanation = [sentences.join("\n"), before].join("\n").trim().to_owned();
}

/// Puts direct conflicts about other packages behind the smallest one.
fn with_others(smallest: Conflict, direct: Vec<Conflict>) -> Vec<Conflict> {
    let others: Vec<Conflict> = direct
        .into_iter()
        .filter(|other| other.what != smallest.what)
        .collect();
    [vec![smallest], others].concat()
}
