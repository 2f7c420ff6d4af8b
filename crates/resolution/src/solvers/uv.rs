//! Python, solved by the `uv` program: one lock for several repositories, or for one generated project.
//!
//! Static metadata only: no build backend runs, nothing is installed, no interpreter is downloaded.

use std::path::Path;

use futures_util::future::BoxFuture;
use synthesizer_model::{
    dependency::{Dependency, Ecosystem},
    failure::{ErrorCode, Failure},
    resolution::{
        Conflict, DerivationStep, ImposedRequirement, LockFile, Resolution, ResolutionRequest,
        ResolutionStatus,
    },
    text::escape_untrusted,
};
use tokio_util::sync::CancellationToken;
use version_ranges::Ranges;

pub use super::uv_project::{LockProblem, ProjectLock, lock_project, locked_packages};
use super::{
    Effort, Solver, SolverDescription, SolverEnvironment, scratch_workspace,
    uv_answer::{self, Derivation, Refusal},
    uv_derivation,
    uv_interpreter::{self, Interpreter},
    uv_lock::{self, LockedSet},
    uv_program::UvProgram,
    uv_workspace::{self, Member, ROOT},
};
use crate::{
    explanation::{Party, certain_conflicts, conflicts, in_users_words, without_trivia},
    python_demands::{self, PythonDemand},
    python_range::{DEFAULT_LOWER_BOUND, PythonRange},
    requirement::SolverRequirement,
    shrinking::CONSTRAINT,
};

/// What is known of this solver without running it.
static DESCRIPTION: SolverDescription = SolverDescription {
    name: "uv",
    ecosystem: Ecosystem::Python,
    documentation: "https://docs.astral.sh/uv/concepts/resolution/",
    limits: "packages without wheels are not built, so sets that need one are unknown; direct references are solved by name",
};

/// The solver of Python.
#[derive(Debug, Clone, Copy)]
pub struct Uv;

impl Solver for Uv {
    fn description(&self) -> &'static SolverDescription {
        &DESCRIPTION
    }

    fn read_constraint(&self, text: &str) -> Result<Dependency, &'static str> {
        uv_workspace::read_constraint(text)
    }

    fn version<'a>(
        &'a self,
        environment: SolverEnvironment<'a>,
        cancellation: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<String, Failure>> {
        Box::pin(async move {
            UvProgram::new(environment, cancellation, true)
                .version()
                .await
        })
    }

    fn solve<'a>(
        &'a self,
        request: &'a ResolutionRequest,
        effort: Effort,
        environment: SolverEnvironment<'a>,
        cancellation: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Resolution, Failure>> {
        Box::pin(solve(request, effort, environment, cancellation))
    }
}

/// Finds one set of distributions that satisfies every repository of the request.
///
/// The answer is [`ResolutionStatus::Unsatisfiable`] with the repositories' own names, or [`ResolutionStatus::Unknown`]
/// when it depends on a package that has no wheel or (offline) is not in uv's cache. Without any lower bound on Python,
/// 3.9 is taken and a warning says so. Direct references (`name @ url`) of the repositories never reach uv: they are
/// solved by their names, each with a warning; what cannot be read as a requirement is left out, with a warning.
///
/// # Errors
/// `E_ARGUMENT` for a constraint or Python version that cannot be read, `E_UPSTREAM`, `E_AUTH`, `E_TIMEOUT`,
/// `E_CANCELLED`, `E_TOOL_MISSING`, `E_CONFIG`, `E_LIMIT`.
pub async fn resolve_python(
    request: &ResolutionRequest,
    environment: SolverEnvironment<'_>,
    cancellation: &CancellationToken,
) -> Result<Resolution, Failure> {
    let (version, answer) = tokio::join!(
        Uv.version(environment, cancellation),
        solve(request, Effort::Whole, environment, cancellation),
    );
    let solver = version?;
    Ok(Resolution { solver, ..answer? })
}

async fn solve(
    request: &ResolutionRequest,
    effort: Effort,
    environment: SolverEnvironment<'_>,
    cancellation: &CancellationToken,
) -> Result<Resolution, Failure> {
    let constraints = uv_workspace::constraints(&request.constraints)?;
    let (members, mut warnings) = uv_workspace::members(request)?;
    let demands = python_demands::read(request, &mut warnings)?;
    let mut program = UvProgram::new(environment, cancellation, request.offline);
    let mut resolution = Resolution::unanswered(Ecosystem::Python, DESCRIPTION.name);
    if let Some(parties) = python_demands::contradiction(&demands) {
        resolution.warnings = warnings;
        return Ok(disjoint_pythons(resolution, request, &parties));
    }
    let common = python_demands::intersection(&demands);
    let (range, is_bounded) = python_demands::with_lower_bound(common);
    if is_bounded {
        warnings.push(format!(
            "no repository says from which Python on it runs; {DEFAULT_LOWER_BOUND} was taken"
        ));
    }
    let directory = program.scratch().join("workspace");
    uv_workspace::write(&directory, &members, &range.specifier(), &constraints).await?;
    let outcome = lock(&mut program, &directory, &range, &mut warnings).await?;
    resolution.warnings = warnings;
    match outcome {
        Outcome::Locked => {
            let content = program.read_lock(&directory).await?;
            let set = uv_lock::read(&content, &uv_workspace::labels(&members), &[ROOT])?;
            if effort == Effort::Versions {
                return Ok(resolved(resolution, set, None, None));
            }
            let selection = ["--all-packages", "--no-emit-workspace"];
            let requirements_txt = match effort {
                Effort::Whole => Some(program.export(&directory, &selection).await?),
                Effort::Lock | Effort::Versions => None,
            };
            let names = members.iter().map(|member| member.name.clone()).collect();
            resolution.manifests =
                scratch_workspace::manifests(&directory, &["pyproject.toml"], names).await?;
            let lock = LockFile {
                name: "uv.lock".to_owned(),
                content,
            };
            Ok(resolved(resolution, set, Some(lock), requirements_txt))
        }
        Outcome::Unsatisfiable(derivation) => Ok(unsatisfiable(
            resolution,
            derivation,
            &members,
            &constraints,
        )),
        Outcome::Unknown(derivation, reasons) => {
            // What the repositories themselves ask of Python is known without a set.
            resolution.requires_python = Some(range.specifier());
            Ok(unknown(resolution, derivation, reasons, &members))
        }
    }
}

/// How an attempt to lock ended.
pub(super) enum Outcome {
    Locked,
    Unsatisfiable(Derivation),
    Unknown(Derivation, Vec<String>),
}

/// Locks a folder's project or workspace, with an interpreter of our choice where uv finds none by itself.
pub(super) async fn lock(
    program: &mut UvProgram<'_>,
    directory: &Path,
    range: &PythonRange,
    warnings: &mut Vec<String>,
) -> Result<Outcome, Failure> {
    // Where uv had to be told an interpreter a moment ago, its own search would take long and fail again.
    if program.interpreter.is_none() && uv_interpreter::is_known(program) {
        choose_interpreter(program, range, warnings).await?;
    }
    loop {
        let output = program.lock(directory).await?;
        if output.success() {
            return Ok(Outcome::Locked);
        }
        match uv_answer::read(&output.stderr_text(), program.is_offline()) {
            Refusal::Unsatisfiable(derivation) => return Ok(Outcome::Unsatisfiable(derivation)),
            Refusal::Unknown(derivation, reasons) => {
                return Ok(Outcome::Unknown(derivation, reasons));
            }
            Refusal::Failed(failure) => return Err(failure),
            Refusal::Interpreter if program.interpreter.is_none() => {
                choose_interpreter(program, range, warnings).await?;
            }
            Refusal::Interpreter => {
                let message = format!("uv accepts no installed Python for {}", range.specifier());
                return Err(
                    Failure::new(ErrorCode::ToolMissing, message).with_hint(format!(
                        "install a Python that satisfies {}",
                        range.specifier()
                    )),
                );
            }
        }
    }
}

async fn choose_interpreter(
    program: &mut UvProgram<'_>,
    range: &PythonRange,
    warnings: &mut Vec<String>,
) -> Result<(), Failure> {
    program.interpreter = Some(match uv_interpreter::provide(program, range).await? {
        Interpreter::Installed(path) => path,
        Interpreter::StandIn(path) => {
            warnings.push(format!(
                "no installed Python satisfies {}; the set was solved for it all the same, but cannot be installed here",
                range.specifier()
            ));
            path
        }
    });
    Ok(())
}

fn disjoint_pythons(
    resolution: Resolution,
    request: &ResolutionRequest,
    parties: &[&PythonDemand],
) -> Resolution {
    let sentences: Vec<String> = parties
        .iter()
        .map(|demand| match demand.repository {
            None => format!("{} was asked for", demand.shown),
            Some(_) => format!("{} needs Python {}", demand.shown, demand.text),
        })
        .collect();
    let repositories = parties.iter().filter(|demand| demand.repository.is_some());
    let conflict = Conflict {
        what: "python".to_owned(),
        environment: None,
        repositories: repositories.map(|demand| demand.shown.clone()).collect(),
        requirements: parties
            .iter()
            .map(|demand| demand.imposed(request))
            .collect(),
    };
    let derivation = parties.iter().map(|demand| DerivationStep {
        subject: demand.shown.clone(),
        is_repository: demand.repository.is_some(),
        package: "python".to_owned(),
        versions: demand.text.clone(),
        environment: None,
    });
    Resolution {
        status: ResolutionStatus::Unsatisfiable,
        code: Some(ErrorCode::Unsatisfiable),
        explanation: format!(
            "{}, and no version of Python satisfies that.",
            sentences.join(" and ")
        ),
        derivation: derivation.collect(),
        conflicts: vec![conflict],
        ..resolution
    }
}

fn resolved(
    resolution: Resolution,
    set: LockedSet,
    lock: Option<LockFile>,
    requirements_txt: Option<String>,
) -> Resolution {
    let count = set.packages.len();
    let plural = if count == 1 { "" } else { "s" };
    Resolution {
        status: ResolutionStatus::Resolved,
        packages_resolved: count,
        packages: set.packages,
        lock,
        requirements_txt,
        requires_python: set.requires_python,
        explanation: format!("One set of {count} package{plural} satisfies all requirements."),
        ..resolution
    }
}

fn unsatisfiable(
    mut resolution: Resolution,
    derivation: Derivation,
    members: &[Member<'_>],
    constraints: &[SolverRequirement],
) -> Resolution {
    resolution
        .warnings
        .extend(narrower_python(&derivation.hints));
    let mut steps = steps(&derivation, members);
    name_constraints(&mut steps, constraints);
    let mut conflicts = conflicts(&derivation.text, &parties(members), constraints);
    for conflict in &mut conflicts {
        let theirs = steps
            .iter()
            .filter(|step| step.is_repository && step.package == conflict.what);
        // That of the whole derivation is only the first in which uv found no solution.
        if derivation.environment.is_none() {
            conflict.environment = theirs.filter_map(|step| step.environment.clone()).next();
        }
    }
    Resolution {
        status: ResolutionStatus::Unsatisfiable,
        code: Some(ErrorCode::Unsatisfiable),
        conflicts,
        explanation: explain(&derivation, members),
        derivation: steps,
        ..resolution
    }
}

/// Names the user's constraints, which uv writes as requirements of whatever depends on the package.
fn name_constraints(steps: &mut Vec<DerivationStep>, constraints: &[SolverRequirement]) {
    let mut told: Vec<DerivationStep> = Vec::new();
    for mut step in std::mem::take(steps) {
        let versions = crate::python_range::parse_specifiers(&step.versions);
        let is_constraint = |one: &&SolverRequirement| {
            one.name == step.package
                && one.always.is_some()
                && versions.clone().map(Ranges::from) == one.always
        };
        if !step.is_repository
            && !step.versions.is_empty()
            && constraints.iter().any(|one| is_constraint(&one))
        {
            step.subject = CONSTRAINT.to_owned();
        }
        if !told.contains(&step) {
            told.push(step);
        }
    }
    *steps = told;
}

fn steps(derivation: &Derivation, members: &[Member<'_>]) -> Vec<DerivationStep> {
    uv_derivation::steps(
        &derivation.text,
        &uv_workspace::labels(members),
        derivation.environment.as_deref(),
    )
}

/// Answers "unknown", unless repositories contradict each other directly, which needs no wheel to tell.
fn unknown(
    mut resolution: Resolution,
    derivation: Derivation,
    reasons: Vec<String>,
    members: &[Member<'_>],
) -> Resolution {
    let certain = certain_conflicts(&parties(members));
    let mut explanation: Vec<String> = Vec::new();
    if certain.is_empty() {
        resolution.status = ResolutionStatus::Unknown;
        let reasons = reasons.join("; ");
        explanation.push(format!(
            "It cannot be told whether the requirements can be met: {reasons}."
        ));
    } else {
        resolution.status = ResolutionStatus::Unsatisfiable;
        resolution.code = Some(ErrorCode::Unsatisfiable);
        explanation.extend(certain.iter().map(contradiction));
    }
    if !derivation.text.is_empty() {
        explanation.push(explain(&derivation, members));
    }
    resolution.derivation = steps(&derivation, members);
    resolution.warnings.extend(reasons);
    Resolution {
        conflicts: certain,
        explanation: explanation.join("\n"),
        ..resolution
    }
}

fn contradiction(conflict: &Conflict) -> String {
    let parts: Vec<String> = conflict
        .requirements
        .iter()
        .map(|one| format!("{} needs {}", one.repository, one.specifier))
        .collect();
    format!(
        "{}; no version of {} satisfies that.",
        parts.join(" and "),
        conflict.what
    )
}

fn explain(derivation: &Derivation, members: &[Member<'_>]) -> String {
    let mut labels = uv_workspace::labels(members);
    labels.insert(ROOT.to_owned(), "the combination".to_owned());
    let text = in_users_words(&without_trivia(&derivation.text), &labels);
    match &derivation.environment {
        Some(environment) => format!("For the environments where {environment}:\n{text}"),
        None => text,
    }
}

/// Reads uv's suggestion of a narrower range of Python versions.
pub(super) fn narrower_python(hints: &[String]) -> Option<String> {
    let like = |hint: &String| {
        let (_, rest) = hint.split_once("`requires-python` value (like ")?;
        rest.split_once(')').map(|(range, _)| range.to_owned())
    };
    let range = hints.iter().find_map(like)?;
    Some(format!(
        "a narrower range of Python versions, like {range}, may have a solution"
    ))
}

fn parties<'a>(members: &'a [Member<'a>]) -> Vec<Party<'a>> {
    let impose = |member: &Member<'_>, dependency: &Dependency| ImposedRequirement {
        repository: member.shown(),
        specifier: escape_untrusted(&dependency.requirement()),
        manifest: escape_untrusted(&dependency.manifest),
        line: dependency.line,
    };
    members
        .iter()
        .map(|member| Party {
            member: &member.name,
            requirements: member
                .requirements
                .iter()
                .map(|(requirement, dependency)| (requirement, impose(member, dependency)))
                .collect(),
        })
        .collect()
}
