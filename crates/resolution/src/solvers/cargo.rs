//! Rust, solved by the `cargo` program: one `Cargo.lock` for several repositories as members of one virtual workspace.
//!
//! Nothing is compiled and no build script runs. Cargo tries every combination, so its "no" is a proof; its search prefers versions that suit
//! the oldest Rust that a repository names but does not insist on them.

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;
use synthesizer_model::{
    dependency::{Dependency, Ecosystem},
    failure::{ErrorCode, Failure},
    resolution::{LockFile, Resolution, ResolutionRequest, ResolutionStatus},
    text::escape_untrusted,
};
use tokio_util::sync::CancellationToken;

use super::{
    Effort, Solver, SolverDescription, SolverEnvironment,
    cargo_answer::{self, Refusal},
    cargo_explanation::{Explained, Members},
    cargo_lock,
    cargo_program::CargoProgram,
    cargo_workspace::{self, Member},
    scratch_workspace,
};

/// What is known of this solver without running it.
static DESCRIPTION: SolverDescription = SolverDescription {
    name: "cargo",
    ecosystem: Ecosystem::Cargo,
    documentation: "https://doc.rust-lang.org/cargo/reference/resolver.html",
    limits: "direct references are solved by name; patches and replacements are not applied; dev-dependencies are left out",
};

/// How often the workspace is solved again without a direct reference that the registry does not have.
const MOST_ATTEMPTS: usize = 8;
/// How many packages that need a newer Rust are named.
const MOST_NAMED: usize = 20;

/// The solver of Rust.
#[derive(Debug, Clone, Copy)]
pub struct Cargo;

impl Solver for Cargo {
    fn description(&self) -> &'static SolverDescription {
        &DESCRIPTION
    }

    fn read_constraint(&self, text: &str) -> Result<Dependency, &'static str> {
        cargo_workspace::read_constraint(text)
    }

    fn version<'a>(
        &'a self,
        environment: SolverEnvironment<'a>,
        cancellation: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<String, Failure>> {
        Box::pin(async move {
            CargoProgram::new(environment, cancellation, true)
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
    let program = CargoProgram::new(environment, cancellation, request.offline);
    let registries = program.registries().await;
    let (mut members, mut warnings) = cargo_workspace::members(request, &registries)?;
    let mut resolution = Resolution::unanswered(Ecosystem::Cargo, DESCRIPTION.name);
    let rust = oldest_rust(request, &mut warnings);
    let mut attempt = 0;
    loop {
        attempt += 1;
        cargo_workspace::write(&program.workspace(), &members, rust.as_deref()).await?;
        let output = program.lock().await?;
        let stderr = output.stderr_text();
        resolution.warnings.clone_from(&warnings);
        if output.success() {
            let content = program.read_lock().await?;
            resolution.warnings.extend(newer_rust(&stderr));
            if effort != Effort::Versions {
                let names = members.iter().map(|member| member.name.clone()).collect();
                let files = ["Cargo.toml", "lib.rs"];
                resolution.manifests =
                    scratch_workspace::manifests(&program.workspace(), &files, names).await?;
            }
            return resolved(resolution, content, &members);
        }
        let known = Members::of(&members);
        let explained = match cargo_answer::read(&stderr, request.offline) {
            Refusal::Failed(failure) => return Err(failure),
            Refusal::Unknown(reason) => return Ok(unknown(resolution, reason)),
            Refusal::Clash(clash) => known.clash(&clash),
            Refusal::Lack(lack) => match known.by_name_only(&lack) {
                None => known.lack(&lack),
                // The repository takes it from somewhere else, so that the registry lacks it says nothing.
                Some(_) if attempt == MOST_ATTEMPTS => {
                    let package = escape_untrusted(&lack.package);
                    let reason = format!(
                        "{package} comes from a direct reference, and the registry does not have it"
                    );
                    return Ok(unknown(resolution, reason));
                }
                Some((member, keys)) => {
                    warnings.extend(without(&mut members, &member, &keys));
                    continue;
                }
            },
        };
        return Ok(unsatisfiable(resolution, explained));
    }
}

/// Leaves requirements out that were to be solved by name and cannot be.
fn without(members: &mut [Member], name: &str, keys: &[String]) -> Vec<String> {
    let mut warnings = Vec::new();
    for member in members.iter_mut().filter(|member| member.name == name) {
        let shown = member.shown.clone();
        member.requirements.retain(|one| {
            let stays = !keys.contains(&one.key);
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

/// Gives the oldest Rust that a repository names, as a manifest's `rust-version`.
fn oldest_rust(request: &ResolutionRequest, warnings: &mut Vec<String>) -> Option<String> {
    let mut oldest: Option<(Vec<u32>, String)> = None;
    for repository in &request.repositories {
        let named = repository
            .runtimes
            .iter()
            .filter(|one| one.runtime == "rust");
        for runtime in named {
            let text = runtime.specifier.trim();
            let Some(numbers) = rust_version(text) else {
                let text: String = escape_untrusted(text).chars().take(120).collect();
                warnings.push(format!(
                    "{}: its Rust version `{text}` cannot be read and was left out",
                    escape_untrusted(&repository.repository)
                ));
                continue;
            };
            if oldest.as_ref().is_none_or(|(least, _)| numbers < *least) {
                oldest = Some((numbers, text.to_owned()));
            }
        }
    }
    if oldest.is_none() {
        warnings.push(
            "no repository says from which Rust on it builds; versions were preferred that suit the installed one"
                .to_owned(),
        );
    }
    oldest.map(|(_, text)| text)
}

/// Reads `1.70`, `1.70.0` or `1`, the only forms that a manifest may have.
fn rust_version(text: &str) -> Option<Vec<u32>> {
    let number = |part: &str| {
        let plain = part.len() <= 6 && part.bytes().all(|byte| byte.is_ascii_digit());
        let leading_zero = part.len() > 1 && part.starts_with('0');
        (plain && !leading_zero)
            .then(|| part.parse().ok())
            .flatten()
    };
    let numbers: Option<Vec<u32>> = text.split('.').take(4).map(number).collect();
    let mut numbers = numbers.filter(|numbers| numbers.len() <= 3)?;
    numbers.resize(3, 0);
    Some(numbers)
}

fn newer_rust(stderr: &str) -> Vec<String> {
    let all = cargo_answer::needing_newer_rust(stderr);
    let mut warnings: Vec<String> = all
        .iter()
        .take(MOST_NAMED)
        .map(|one| format!("{one}, which is newer than what a repository names"))
        .collect();
    if all.len() > MOST_NAMED {
        let more = all.len() - MOST_NAMED;
        warnings.push(format!("{more} more packages need a newer Rust"));
    }
    warnings
}

fn resolved(
    resolution: Resolution,
    content: String,
    members: &[Member],
) -> Result<Resolution, Failure> {
    let labels: BTreeMap<String, String> = members
        .iter()
        .map(|member| (member.name.clone(), member.shown.clone()))
        .collect();
    let packages = cargo_lock::read(&content, &labels)?;
    let count = packages.len();
    let plural = if count == 1 { "" } else { "s" };
    Ok(Resolution {
        status: ResolutionStatus::Resolved,
        packages_resolved: count,
        packages,
        lock: Some(LockFile {
            name: "Cargo.lock".to_owned(),
            content,
        }),
        explanation: format!("One set of {count} package{plural} satisfies all requirements."),
        ..resolution
    })
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

#[cfg(test)]
mod tests {
    use synthesizer_model::resolution::{RepositoryRequirements, RuntimeRequirement};

    use super::*;

    #[test]
    fn the_oldest_rust_counts() {
        let check = |texts: &[&str], expected: Option<&str>, warned: usize| {
            let repository = |text: &&str| RepositoryRequirements {
                repository: "./a".to_owned(),
                runtimes: vec![RuntimeRequirement {
                    runtime: "rust".to_owned(),
                    specifier: (*text).to_owned(),
                    manifest: "Cargo.toml".to_owned(),
                    line: 4,
                }],
                ..RepositoryRequirements::default()
            };
            let request = ResolutionRequest {
                repositories: texts.iter().map(repository).collect(),
                ..ResolutionRequest::default()
            };
            let mut warnings = Vec::new();
            let oldest = oldest_rust(&request, &mut warnings);
            assert_eq!((oldest.as_deref(), warnings.len()), (expected, warned));
        };
        check(&["1.70", "1.9", "1.70.1"], Some("1.9"), 0);
        check(&["1", "1.0.0"], Some("1"), 0);
        check(
            &["1.70\"\n[x]", "1.2.3.4", "1.-1", "1.99999999", "01.1"],
            None,
            6,
        );
        check(&[], None, 1);
    }
}
