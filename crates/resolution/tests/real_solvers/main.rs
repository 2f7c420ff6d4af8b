//! The real `cargo` and `npm` with the registries that the user's own configuration names: the network is the subject of these tests. What
//! programs do that hang, die or flood is tried with small scripts in their place.

mod cargo;
mod npm;
mod programs;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Duration,
};

use synthesizer_infrastructure::{
    config::{Tool, environment, variables_of},
    tools,
};
use synthesizer_model::{
    dependency::{Dependency, Ecosystem},
    failure::Failure,
    resolution::{RepositoryRequirements, Resolution, ResolutionRequest, RuntimeRequirement},
};
use synthesizer_resolution::{Solver, SolverEnvironment};
use tokio_util::sync::CancellationToken;

/// A solver's program with the user's configuration and a scratch folder.
struct Machine {
    program: PathBuf,
    variables: BTreeMap<String, String>,
    scratch: tempfile::TempDir,
    deadline: Duration,
}

impl Machine {
    fn new(tool: Tool) -> Self {
        let variables = variables_of(tool, &environment());
        let name = if tool == Tool::Npm { "npm" } else { "cargo" };
        Self {
            program: tools::find(name, &variables).expect("the program is installed"),
            variables,
            scratch: tempfile::tempdir().expect("a folder"),
            deadline: Duration::from_secs(120),
        }
    }

    fn set(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    async fn try_solve(
        &self,
        solver: &dyn Solver,
        request: &ResolutionRequest,
    ) -> Result<Resolution, Failure> {
        let environment = SolverEnvironment {
            program: &self.program,
            scratch: self.scratch.path(),
            variables: &self.variables,
            deadline: self.deadline,
            explanation_time: self.deadline,
        };
        let cancellation = CancellationToken::new();
        let effort = synthesizer_resolution::Effort::Whole;
        // As for an answer: a program that does not tell its version is not the one that is meant.
        let solver_version = solver.version(environment, &cancellation).await?;
        let answer = solver
            .solve(request, effort, environment, &cancellation)
            .await?;
        Ok(Resolution {
            solver: solver_version,
            ..answer
        })
    }

    async fn solve(&self, solver: &dyn Solver, request: &ResolutionRequest) -> Resolution {
        self.try_solve(solver, request).await.expect("an answer")
    }
}

/// Runs a program by hand in a folder.
#[expect(
    clippy::disallowed_methods,
    reason = "what the solver's own run is compared with"
)]
fn by_hand(program: &Path, folder: &Path, arguments: &[&str]) -> Output {
    Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("runs")
}

/// Makes a repository of requirements such as `serde ^1`, `peer: react ^17` and `optional: fsevents 2`.
fn repository(ecosystem: Ecosystem, name: &str, requirements: &[&str]) -> RepositoryRequirements {
    let dependency = |(text, line): (&&str, u32)| {
        let (group, text) = match text.split_once(": ") {
            Some((group, rest)) => (Some(group.to_owned()), rest),
            None => (None, *text),
        };
        let (package, specifier) = text.split_once(' ').unwrap_or((text, ""));
        let manifest = match ecosystem {
            Ecosystem::Npm => "package.json",
            _ => "Cargo.toml",
        };
        Dependency {
            specifier: specifier.to_owned(),
            group,
            ..Dependency::new(ecosystem, package, manifest, line)
        }
    };
    RepositoryRequirements {
        repository: format!("./{name}"),
        slug: name.to_owned(),
        requirements: requirements.iter().zip(1..).map(dependency).collect(),
        ..RepositoryRequirements::default()
    }
}

fn with_rust(mut repository: RepositoryRequirements, version: &str) -> RepositoryRequirements {
    repository.runtimes.push(RuntimeRequirement {
        runtime: "rust".to_owned(),
        specifier: version.to_owned(),
        manifest: "Cargo.toml".to_owned(),
        line: 4,
    });
    repository
}

fn request(repositories: Vec<RepositoryRequirements>) -> ResolutionRequest {
    ResolutionRequest {
        repositories,
        ..ResolutionRequest::default()
    }
}

/// Writes what a refusal says: the status, the conflicts and the explanation.
fn told(resolution: &Resolution) -> String {
    let mut told = format!("{:?}", resolution.status);
    for conflict in &resolution.conflicts {
        let requirements: Vec<String> = conflict
            .requirements
            .iter()
            .map(|one| format!("{} {} {}", one.repository, one.specifier, one.place()))
            .collect();
        told.push_str(&format!(
            "\n{}: {}",
            conflict.what,
            requirements.join(" | ")
        ));
    }
    told.push('\n');
    told.push_str(&resolution.explanation);
    told
}

fn versions_of<'a>(resolution: &'a Resolution, name: &str) -> Vec<&'a str> {
    let packages = resolution.packages.iter();
    packages
        .filter(|package| package.name == name)
        .map(|package| package.version.as_str())
        .collect()
}

fn lock_of(resolution: &Resolution) -> &str {
    let lock = resolution.lock.as_ref();
    &lock.expect("a lock").content
}
