//! JavaScript, solved by the `npm` program: one `package-lock.json` for several repositories as members of one workspace.
//!
//! Nothing is installed and no lifecycle script runs. npm does not try every combination: its "no" counts only where it is proven, by the
//! requirements themselves or by looking at every version that could stand in between; where another version may do, it is tried.

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;
use synthesizer_infrastructure::process::ChildOutput;
use synthesizer_model::{
    dependency::{Dependency, Ecosystem},
    failure::{ErrorCode, Failure},
    resolution::{LockFile, Resolution, ResolutionRequest, ResolutionStatus},
    text::escape_untrusted,
};
use tokio_util::sync::CancellationToken;

use super::{
    Effort, Solver, SolverDescription, SolverEnvironment,
    member_names::CONSTRAINT,
    npm_answer::{self, Clash, Refusal, Way},
    npm_clash::{Demand, Explained, Members, Side, demands},
    npm_lock::{self, LockedSet},
    npm_program::{NpmProgram, check_surroundings},
    npm_range::NpmRange,
    npm_workspace::{self, Workspace},
    scratch_workspace,
};

/// What is known of this solver without running it.
static DESCRIPTION: SolverDescription = SolverDescription {
    name: "npm",
    ecosystem: Ecosystem::Npm,
    documentation: "https://github.com/npm/cli/blob/latest/docs/lib/content/commands/npm-install.md",
    limits: "direct references are solved by name; overrides of the repositories are not applied; packages for other platforms are unknown",
};

/// How often the workspace is solved again without a direct reference that the registry does not have.
const MOST_LEFT_OUT: usize = 8;
/// How many other versions are tried where npm tries none.
const MOST_TRIES: usize = 3;
/// How many pairs of versions are compared.
const MOST_PAIRS: usize = 20_000;

/// The solver of JavaScript.
#[derive(Debug, Clone, Copy)]
pub struct Npm;

impl Solver for Npm {
    fn description(&self) -> &'static SolverDescription {
        &DESCRIPTION
    }

    fn read_constraint(&self, text: &str) -> Result<Dependency, &'static str> {
        npm_workspace::read_constraint(text)
    }

    fn version<'a>(
        &'a self,
        environment: SolverEnvironment<'a>,
        cancellation: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<String, Failure>> {
        Box::pin(async move {
            NpmProgram::new(environment, cancellation, true)
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

async fn solve(
    request: &ResolutionRequest,
    effort: Effort,
    environment: SolverEnvironment<'_>,
    cancellation: &CancellationToken,
) -> Result<Resolution, Failure> {
    let mut resolution = solve_versions(request, environment, cancellation).await?;
    if resolution.status == ResolutionStatus::Resolved && effort != Effort::Versions {
        let program = NpmProgram::new(environment, cancellation, request.offline);
        let (workspace, _) = npm_workspace::workspace(request)?;
        let names = workspace.members.into_iter().map(|one| one.name).collect();
        resolution.manifests =
            scratch_workspace::manifests(&program.workspace(), &["package.json"], names).await?;
    }
    Ok(resolution)
}

async fn solve_versions(
    request: &ResolutionRequest,
    environment: SolverEnvironment<'_>,
    cancellation: &CancellationToken,
) -> Result<Resolution, Failure> {
    let mut program = NpmProgram::new(environment, cancellation, request.offline);
    let (mut workspace, mut warnings) = npm_workspace::workspace(request)?;
    check_surroundings(&program.workspace()).await?;
    let mut resolution = Resolution::unanswered(Ecosystem::Npm, DESCRIPTION.name);
    let mut left_out = 0;
    loop {
        npm_workspace::write(&program.workspace(), &workspace).await?;
        let output = program.lock().await?;
        resolution.warnings.clone_from(&warnings);
        if output.success() {
            let (content, set) = locked(&program, &workspace).await?;
            return Ok(resolved(resolution, &workspace, content, set));
        }
        match read(&output, request.offline) {
            Refusal::Failed(failure) => return Err(failure),
            Refusal::Cache(_) if !program.own_cache && !request.offline => {
                warnings
                    .push("the cache of npm cannot be written, so that none was used".to_owned());
                program.own_cache = true;
            }
            Refusal::Cache(failure) => return Err(failure),
            Refusal::Unknown(reason) => return Ok(unknown(resolution, reason)),
            Refusal::Clash(clash) => {
                return contradiction(resolution, &program, workspace, &clash).await;
            }
            Refusal::Lack(package, range) => {
                let found = without(&mut workspace, &package, range.as_deref());
                let by_name_only = !found.is_empty();
                warnings.extend(found);
                left_out += usize::from(by_name_only);
                if left_out > MOST_LEFT_OUT {
                    let package = escape_untrusted(&package);
                    let reason = format!(
                        "{package} comes from a direct reference, and the registry does not have it"
                    );
                    return Ok(unknown(resolution, reason));
                }
                if !by_name_only {
                    let explained = Members::of(&workspace).lack(&package, range.as_deref());
                    return Ok(unsatisfiable(resolution, explained));
                }
            }
        }
    }
}

fn read(output: &ChildOutput, offline: bool) -> Refusal {
    npm_answer::read(&output.stdout_text(), &output.stderr_text(), offline)
}

/// Leaves requirements out that were to be solved by name and cannot be; gives a warning for each.
///
/// Nothing is left out when somebody else asks for the same thing of the registry.
fn without(workspace: &mut Workspace, package: &str, range: Option<&str>) -> Vec<String> {
    let asks =
        |name: &str, asked: &str| name == package && range.is_none_or(|range| asked == range);
    let all = || workspace.members.iter().flat_map(|one| &one.requirements);
    let mut asked = all().filter(|one| asks(&one.name, &one.range));
    if asked.any(|one| !one.by_name_only) {
        return Vec::new();
    }
    let mut warnings = Vec::new();
    for member in &mut workspace.members {
        let shown = member.shown.clone();
        member.requirements.retain(|one| {
            let stays = !asks(&one.name, &one.range);
            if !stays {
                warnings.push(format!(
                    "{shown}: the requirement `{}` ({}) was left out: it is a direct reference, and the registry does not have it",
                    one.imposed.specifier,
                    one.imposed.place()
                ));
            }
            stays
        });
    }
    warnings
}

/// Finds out whether a contradiction is one: proven, got around by another version, or not to be told.
async fn contradiction(
    resolution: Resolution,
    program: &NpmProgram<'_>,
    mut workspace: Workspace,
    clash: &Clash,
) -> Result<Resolution, Failure> {
    let members = Members::of(&workspace);
    let explained = members.clash(clash, true);
    let sides = (
        members.side(&clash.failing),
        members
            .against(clash)
            .into_iter()
            .map(|way| members.side(way))
            .collect::<Vec<Side>>(),
    );
    let undecided = members.clash(clash, false);
    let (failing_side, against) = sides;
    let wanted = package_of(&clash.failing).to_owned();
    let failing = demands_of(program, &failing_side, &wanted).await?;
    let mut tries: Vec<BTreeMap<String, String>> = Vec::new();
    for side in &against {
        let other = demands_of(program, side, &wanted).await?;
        let (Some(failing), Some(other)) = (&failing, &other) else {
            continue;
        };
        if failing.len().saturating_mul(other.len()) > MOST_PAIRS {
            continue;
        }
        let proven = failing
            .iter()
            .all(|one| other.iter().all(|another| one.contradicts(another)));
        if proven {
            return Ok(unsatisfiable(resolution, explained));
        }
        for (one, another) in compatible(failing, other) {
            let held: BTreeMap<String, String> =
                one.held.iter().chain(&another.held).cloned().collect();
            if !held.is_empty() && !tries.contains(&held) {
                tries.push(held);
            }
        }
    }
    for held in tries.into_iter().take(MOST_TRIES) {
        workspace.held = held;
        npm_workspace::write(&program.workspace(), &workspace).await?;
        let output = program.lock().await?;
        if !output.success() {
            continue;
        }
        let (content, set) = locked(program, &workspace).await?;
        // A version that is held is given to everybody, also to who asks for another one.
        if !set.passed_over.is_empty() {
            continue;
        }
        let versions: Vec<String> = workspace
            .held
            .iter()
            .map(|(name, version)| escape_untrusted(&format!("{name} {version}")))
            .collect();
        let mut resolution = resolution;
        resolution.warnings.push(format!(
            "npm by itself takes newer versions and finds no set; one was found with {} held by `overrides`",
            versions.join(" and ")
        ));
        return Ok(resolved(resolution, &workspace, content, set));
    }
    let reason = format!(
        "npm finds no version of {} that suits all, but does not try every combination",
        escape_untrusted(&wanted)
    );
    let mut answer = unknown(resolution, reason);
    answer.explanation = format!("{}\n{}", answer.explanation, undecided.explanation);
    answer.derivation = undecided.derivation;
    Ok(answer)
}

fn package_of(way: &Way) -> &str {
    way.first().map_or("", |edge| edge.package.as_str())
}

/// Gives pairs that one version may suit, the newest first; few, since each is solved.
fn compatible<'a>(
    failing: &'a [Demand],
    other: &'a [Demand],
) -> impl Iterator<Item = (&'a Demand, &'a Demand)> {
    let pairs = failing
        .iter()
        .flat_map(move |one| other.iter().map(move |another| (one, another)));
    pairs
        .filter(|(one, another)| !one.contradicts(another))
        .take(MOST_TRIES)
}

/// Gives everything that a side may ask for; `None` when that cannot be told.
async fn demands_of(
    program: &NpmProgram<'_>,
    side: &Side,
    wanted: &str,
) -> Result<Option<Vec<Demand>>, Failure> {
    Ok(match side {
        Side::Fixed(range) => NpmRange::parse(range).map(|range| {
            vec![Demand {
                held: None,
                range: Some(range),
            }]
        }),
        Side::Choice(package, range) => {
            let Some(read) = NpmRange::parse(range) else {
                return Ok(None);
            };
            // npm takes a range of all versions for a question about the latest one.
            let range = if read.is_any() { ">=0.0.0" } else { range };
            let output = program.view(package, range).await?;
            let whole = output.success() && !output.truncated;
            whole
                .then(|| demands(&output.stdout_text(), package, wanted))
                .flatten()
        }
        Side::Open => None,
    })
}

/// Reads the lock that npm has written.
async fn locked(
    program: &NpmProgram<'_>,
    workspace: &Workspace,
) -> Result<(String, LockedSet), Failure> {
    let content = program.read_lock().await?;
    let set = npm_lock::read(&content, &labels(workspace), CONSTRAINT)?;
    Ok((content, set))
}

fn labels(workspace: &Workspace) -> BTreeMap<String, String> {
    let members = workspace.members.iter();
    members
        .map(|member| (member.name.clone(), member.shown.clone()))
        .collect()
}

fn resolved(
    mut resolution: Resolution,
    workspace: &Workspace,
    content: String,
    set: LockedSet,
) -> Resolution {
    let labels = labels(workspace);
    for (member, key) in &set.missing {
        let shown = labels.get(member).map_or("", String::as_str);
        resolution.warnings.push(format!(
            "{shown}: npm left out `{}`, of which the registry has no version that will do",
            escape_untrusted(key)
        ));
    }
    resolution.warnings.extend(set.passed_over);
    let count = set.packages.len();
    let plural = if count == 1 { "" } else { "s" };
    Resolution {
        status: ResolutionStatus::Resolved,
        packages_resolved: count,
        packages: set.packages,
        lock: Some(LockFile {
            name: "package-lock.json".to_owned(),
            content,
        }),
        explanation: format!("One set of {count} package{plural} satisfies all requirements."),
        ..resolution
    }
}

fn unsatisfiable(resolution: Resolution, explained: Explained) -> Resolution {
    Resolution {
        status: ResolutionStatus::Unsatisfiable,
        code: Some(ErrorCode::Unsatisfiable),
        conflicts: vec![explained.conflict],
        derivation: explained.derivation,
        explanation: explained.explanation,
        ..resolution
    }
}

fn unknown(mut resolution: Resolution, reason: String) -> Resolution {
    resolution.explanation =
        format!("It cannot be told whether the requirements can be met: {reason}.");
    resolution.warnings.push(reason);
    Resolution {
        status: ResolutionStatus::Unknown,
        ..resolution
    }
}
