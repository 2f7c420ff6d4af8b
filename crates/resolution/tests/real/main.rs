//! The real `uv` and the registry that the user's own configuration names: the network is the subject of these tests.

mod by_hand;
mod conflicts;
mod projects;
mod solutions;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::Duration,
};

use synthesizer_infrastructure::config;
use synthesizer_model::{
    dependency::{Dependency, Ecosystem},
    failure::{ErrorCode, Failure},
    resolution::{
        Conflict, Constraint, Relaxation, RepositoryRequirements, Resolution, ResolutionRequest,
        ResolutionStatus, RuntimeRequirement,
    },
};
use synthesizer_resolution::{
    LockProblem, ProjectLock, SolverEnvironment, lock_project, resolve, resolve_python,
    solvers::uv::Uv,
};
use tokio_util::sync::CancellationToken;

struct Machine {
    uv: PathBuf,
    variables: BTreeMap<String, String>,
    scratch: tempfile::TempDir,
}

impl Machine {
    fn new() -> Self {
        let variables = config::environment();
        let folders = variables
            .get("PATH")
            .map(|path| path.split(':').map(Path::new))
            .expect("a PATH");
        let uv = folders
            .map(|folder| folder.join("uv"))
            .find(|file| file.is_file())
            .expect("uv is installed");
        Self {
            uv,
            variables,
            scratch: tempfile::tempdir().expect("a folder"),
        }
    }

    fn environment(&self) -> SolverEnvironment<'_> {
        SolverEnvironment {
            program: &self.uv,
            scratch: self.scratch.path(),
            variables: &self.variables,
            deadline: Duration::from_secs(120),
            explanation_time: Duration::from_secs(120),
        }
    }
}

fn repository(
    name: &str,
    requires_python: Option<&str>,
    requirements: &[&str],
) -> RepositoryRequirements {
    let runtime = |range: &str| RuntimeRequirement {
        runtime: "python".to_owned(),
        specifier: range.to_owned(),
        manifest: "pyproject.toml".to_owned(),
        line: 90,
    };
    RepositoryRequirements {
        repository: name.to_owned(),
        slug: name.trim_start_matches("./").to_owned(),
        requires_python: requires_python.map(str::to_owned),
        runtimes: requires_python.map(runtime).into_iter().collect(),
        requirements: requirements
            .iter()
            .zip(1..)
            .map(|(text, line)| dependency(text, line))
            .collect(),
    }
}

fn dependency(text: &str, line: u32) -> Dependency {
    let (plain, marker) = match text.split_once("; ") {
        Some((plain, marker)) => (plain, Some(marker.to_owned())),
        None => (text, None),
    };
    let split = plain.find(['<', '>', '=', '!', '~']).unwrap_or(plain.len());
    Dependency {
        specifier: plain[split..].to_owned(),
        marker,
        ..Dependency::new(Ecosystem::Python, &plain[..split], "pyproject.toml", line)
    }
}

fn request(repositories: Vec<RepositoryRequirements>) -> ResolutionRequest {
    ResolutionRequest {
        repositories,
        ..ResolutionRequest::default()
    }
}

async fn attempt(request: &ResolutionRequest) -> Result<Resolution, Failure> {
    let machine = Machine::new();
    resolve_python(request, machine.environment(), &CancellationToken::new()).await
}

async fn resolve_all(repositories: Vec<RepositoryRequirements>) -> Resolution {
    attempt(&request(repositories)).await.expect("an answer")
}

fn names(resolution: &Resolution) -> Vec<&str> {
    resolution
        .packages
        .iter()
        .map(|package| package.name.as_str())
        .collect()
}

fn shown(conflicts: &[Conflict]) -> Vec<String> {
    let one = |conflict: &Conflict| {
        let requirements: Vec<String> = conflict
            .requirements
            .iter()
            .map(|one| {
                format!(
                    "{} {} {}:{}",
                    one.repository, one.specifier, one.manifest, one.line
                )
            })
            .collect();
        format!("{}: {}", conflict.what, requirements.join(" | "))
    };
    conflicts.iter().map(one).collect()
}
