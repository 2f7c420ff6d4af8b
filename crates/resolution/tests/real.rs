//! The real `uv` and the registry that the user's own configuration names: the network is the subject of these tests.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use synthesizer_infrastructure::config;
use synthesizer_model::{
    dependency::{Dependency, Ecosystem},
    failure::{ErrorCode, Failure},
    resolution::{
        Conflict, Constraint, RepositoryRequirements, Resolution, ResolutionRequest,
        ResolutionStatus,
    },
};
use synthesizer_resolution::{
    LockProblem, ProjectLock, SolverEnvironment, lock_project, resolve_python,
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
        }
    }
}

fn repository(
    name: &str,
    requires_python: Option<&str>,
    requirements: &[&str],
) -> RepositoryRequirements {
    let dependency = |(index, text): (usize, &&str)| {
        let split = text.find(['<', '>', '=', '!', '~']).unwrap_or(text.len());
        let line = u32::try_from(index + 1).expect("a small number");
        let ecosystem = Ecosystem::Python;
        Dependency {
            specifier: text[split..].to_owned(),
            ..Dependency::new(ecosystem, &text[..split], "pyproject.toml", line)
        }
    };
    RepositoryRequirements {
        repository: name.to_owned(),
        slug: name.trim_start_matches("./").to_owned(),
        requires_python: requires_python.map(str::to_owned),
        requirements: requirements.iter().enumerate().map(dependency).collect(),
        ..RepositoryRequirements::default()
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

async fn resolve(repositories: Vec<RepositoryRequirements>) -> Resolution {
    attempt(&request(repositories)).await.expect("an answer")
}

async fn lock(pyproject: &str) -> Result<ProjectLock, LockProblem> {
    let machine = Machine::new();
    lock_project(pyproject, machine.environment(), &CancellationToken::new()).await
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

#[tokio::test]
async fn a_contradiction_names_both_repositories() {
    let resolution = resolve(vec![
        repository("./first", Some(">=3.9"), &["click==7.0"]),
        repository(
            "https://host.example/second",
            Some(">=3.9"),
            &["click>=8.1"],
        ),
    ])
    .await;
    assert_eq!(
        (resolution.status, resolution.code),
        (
            ResolutionStatus::Unsatisfiable,
            Some(ErrorCode::Unsatisfiable)
        )
    );
    assert_eq!(
        resolution.explanation,
        "Because ./first depends on click==7.0 and https://host.example/second depends on click>=8.1, we can conclude that ./first and https://host.example/second are incompatible.\n\
         And because the combination requires ./first and https://host.example/second, we can conclude that the combination's requirements are unsatisfiable."
    );
    assert_eq!(
        shown(&resolution.conflicts),
        [
            "click: ./first click==7.0 pyproject.toml:1 | https://host.example/second click>=8.1 pyproject.toml:1"
        ]
    );
    assert!(
        resolution.solver.starts_with("uv "),
        "{}",
        resolution.solver
    );
}

#[tokio::test]
async fn disjoint_pythons_name_both_repositories() {
    let resolution = resolve(vec![
        repository("./old", Some("<3.11"), &[]),
        repository("./middle", None, &[]),
        repository("./new", Some(">=3.12"), &[]),
    ])
    .await;
    assert_eq!(resolution.status, ResolutionStatus::Unsatisfiable);
    assert_eq!(
        resolution.explanation,
        "./old needs Python <3.11 and ./new needs Python >=3.12, and no version of Python satisfies that."
    );
    assert_eq!(
        shown(&resolution.conflicts),
        ["python: ./old <3.11 :0 | ./new >=3.12 :0"]
    );
    assert_eq!(resolution.conflicts[0].repositories, ["./old", "./new"]);
}

#[tokio::test]
async fn a_chosen_python_that_a_repository_refuses_is_a_contradiction() {
    let mut request = request(vec![repository("./new", Some(">=3.12"), &["itsdangerous"])]);
    request.python_version = Some("3.10".to_owned());
    let resolution = attempt(&request).await.expect("an answer");
    assert_eq!(
        resolution.explanation,
        "./new needs Python >=3.12 and the Python version 3.10 was asked for, and no version of Python satisfies that."
    );
    assert_eq!(resolution.conflicts[0].repositories, ["./new"]);
}

#[tokio::test]
async fn a_package_without_wheels_is_unknown_and_named() {
    let resolution = resolve(vec![repository("./a", Some(">=3.9"), &["docopt==0.6.2"])]).await;
    assert_eq!(
        (resolution.status, resolution.code),
        (ResolutionStatus::Unknown, None)
    );
    assert_eq!(
        resolution.warnings,
        ["docopt has no usable wheel, and nothing is built from source"]
    );
    assert!(
        resolution
            .explanation
            .contains("./a depends on docopt==0.6.2"),
        "{}",
        resolution.explanation
    );
    assert!(resolution.conflicts.is_empty());
}

#[tokio::test]
async fn a_direct_contradiction_is_found_beside_a_package_without_wheels() {
    let resolution = resolve(vec![
        repository("./a", Some(">=3.9"), &["docopt==0.6.2"]),
        repository("./b", Some(">=3.9"), &["docopt<0.6"]),
    ])
    .await;
    assert_eq!(
        resolution.status,
        ResolutionStatus::Unsatisfiable,
        "{}",
        resolution.explanation
    );
    assert_eq!(
        shown(&resolution.conflicts),
        ["docopt: ./a docopt==0.6.2 pyproject.toml:1 | ./b docopt<0.6 pyproject.toml:1"]
    );
}

#[tokio::test]
async fn a_solution_says_who_asks_for_each_package() {
    let resolution = resolve(vec![
        repository("./web", Some(">=3.10"), &["flask==3.1.0"]),
        repository("./sign", Some("<4"), &["ItsDangerous>=2.2"]),
    ])
    .await;
    assert_eq!(
        resolution.status,
        ResolutionStatus::Resolved,
        "{}",
        resolution.explanation
    );
    let required_by = |name: &str| {
        let package = resolution
            .packages
            .iter()
            .find(|package| package.name == name);
        package
            .map(|package| package.required_by.join(" "))
            .unwrap_or_default()
    };
    assert_eq!(required_by("itsdangerous"), "./sign flask");
    assert_eq!(required_by("flask"), "./web");
    assert_eq!(resolution.packages_resolved, resolution.packages.len());
    assert_eq!(resolution.requires_python.as_deref(), Some(">=3.10, <4"));
    let requirements = resolution.requirements_txt.expect("a list");
    assert!(
        requirements.lines().any(|line| line == "flask==3.1.0"),
        "{requirements}"
    );
    assert!(!requirements.contains("repo-"), "{requirements}");
    let lock = resolution.lock.expect("a lock");
    assert_eq!(lock.name, "uv.lock");
    assert!(lock.content.contains("name = \"repo-1-web\""));
}

#[tokio::test]
async fn a_repository_may_be_called_like_a_package_that_it_needs() {
    let resolution = resolve(vec![
        repository("./itsdangerous", Some(">=3.9"), &[]),
        repository("./b", Some(">=3.9"), &["itsdangerous==2.2.0"]),
    ])
    .await;
    assert_eq!(names(&resolution), ["itsdangerous"]);
    assert_eq!(resolution.packages[0].required_by, ["./b"]);
}

#[tokio::test]
async fn hostile_requirements_neither_break_the_rest_nor_reach_a_host() {
    let mut direct = repository("./b", Some(">=3.9"), &["itsdangerous"]);
    direct.requirements[0].url = Some("git+https://host.example/x".to_owned());
    let hostile = [
        "markupsafe",
        "x\"]\n[tool.uv]\nindex-url = \"https://host.example",
        "click @ https://127.0.0.1:1/click.whl",
    ];
    let resolution = resolve(vec![
        repository("./a\u{1b}[31m", Some(">=3.9\"\n[x]"), &hostile),
        direct,
    ])
    .await;
    assert_eq!(
        resolution.status,
        ResolutionStatus::Resolved,
        "{}",
        resolution.explanation
    );
    assert!(names(&resolution).contains(&"markupsafe"));
    assert_eq!(
        resolution.warnings,
        [
            "./a\\u{1b}[31m: the requirement `x\"]\\u{a}[tool.uv]\\u{a}index-url = \"https://host.example` (pyproject.toml:2) was left out: it is not a requirement by PEP 508",
            "./a\\u{1b}[31m asks for click by a direct reference (pyproject.toml:3); it was solved by its name alone, in any version",
            "./b asks for itsdangerous by a direct reference (pyproject.toml:1); it was solved by its name alone, in any version",
            "./a\\u{1b}[31m: its Python requirement `>=3.9\"\\u{a}[x]` cannot be read and was left out",
        ]
    );
}

#[tokio::test]
async fn a_python_that_is_not_installed_is_solved_for_with_a_warning() {
    let resolution = resolve(vec![repository(
        "./a",
        Some(">=3.30"),
        &["itsdangerous==2.2.0"],
    )])
    .await;
    assert_eq!(
        resolution.status,
        ResolutionStatus::Resolved,
        "{}",
        resolution.explanation
    );
    assert_eq!(resolution.requires_python.as_deref(), Some(">=3.30"));
    assert_eq!(
        resolution.warnings,
        [
            "no installed Python satisfies >=3.30; the set was solved for it all the same, but cannot be installed here"
        ]
    );
}

#[tokio::test]
async fn constraints_take_part() {
    let mut request = request(vec![repository("./a", Some(">=3.9"), &["click>=8.1"])]);
    request.constraints = vec![Constraint::beside("click<8")];
    let resolution = attempt(&request).await.expect("an answer");
    assert_eq!(
        shown(&resolution.conflicts),
        ["click: ./a click>=8.1 pyproject.toml:1 | constraint click<8 :0"]
    );
}

#[tokio::test]
async fn a_package_that_does_not_exist_cannot_be_had() {
    let resolution = resolve(vec![repository(
        "./a",
        Some(">=3.9"),
        &["synthesizer-no-such-package-7f3a"],
    )])
    .await;
    assert_eq!(resolution.status, ResolutionStatus::Unsatisfiable);
    assert_eq!(
        shown(&resolution.conflicts),
        ["synthesizer-no-such-package-7f3a: ./a synthesizer-no-such-package-7f3a pyproject.toml:1"]
    );
}

#[tokio::test]
async fn what_is_not_in_the_cache_is_unknown_offline() {
    let machine = Machine::new();
    let cache = tempfile::tempdir().expect("a folder");
    let mut variables = machine.variables.clone();
    variables.insert(
        "UV_CACHE_DIR".to_owned(),
        cache.path().display().to_string(),
    );
    let environment = SolverEnvironment {
        variables: &variables,
        ..machine.environment()
    };
    let mut request = request(vec![repository("./a", Some(">=3.9"), &["itsdangerous"])]);
    request.offline = true;
    let resolution = resolve_python(&request, environment, &CancellationToken::new())
        .await
        .expect("an answer");
    assert_eq!(
        resolution.status,
        ResolutionStatus::Unknown,
        "{}",
        resolution.explanation
    );
    assert_eq!(resolution.requires_python.as_deref(), Some(">=3.9"));
}

#[tokio::test]
async fn a_registry_that_cannot_be_reached_is_a_failure_without_its_address() {
    let machine = Machine::new();
    let cache = tempfile::tempdir().expect("a folder");
    let mut variables = machine.variables.clone();
    variables.insert(
        "UV_CACHE_DIR".to_owned(),
        cache.path().display().to_string(),
    );
    variables.insert(
        "UV_DEFAULT_INDEX".to_owned(),
        "http://user:word@127.0.0.1:9/simple".to_owned(),
    );
    variables.insert("UV_HTTP_RETRIES".to_owned(), "0".to_owned());
    let environment = SolverEnvironment {
        variables: &variables,
        ..machine.environment()
    };
    let request = request(vec![repository("./a", Some(">=3.9"), &["itsdangerous"])]);
    let failure = resolve_python(&request, environment, &CancellationToken::new())
        .await
        .expect_err("fails");
    assert_eq!(failure.code, ErrorCode::Upstream, "{}", failure.message);
    assert!(
        !failure.message.contains("127.0.0.1") && !failure.message.contains("word"),
        "{}",
        failure.message
    );
}

#[tokio::test]
async fn the_deadline_and_cancellation_hold() {
    let machine = Machine::new();
    let request = request(vec![repository("./a", Some(">=3.9"), &["itsdangerous"])]);
    let environment = SolverEnvironment {
        deadline: Duration::ZERO,
        ..machine.environment()
    };
    let late = resolve_python(&request, environment, &CancellationToken::new())
        .await
        .expect_err("late");
    let cancelled = CancellationToken::new();
    cancelled.cancel();
    let stopped = resolve_python(&request, machine.environment(), &cancelled)
        .await
        .expect_err("cancelled");
    assert_eq!(
        (late.code, stopped.code),
        (ErrorCode::Timeout, ErrorCode::Cancelled)
    );
}

const PROJECT: &str = r#"
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "Toolbox"
version = "0.1.0"
requires-python = ">=3.10"
readme = "README.md"
dependencies = ["markupsafe>=2"]

[project.optional-dependencies]
sign = ["itsdangerous>=2.2"]

[dependency-groups]
dev = ["iniconfig"]
"#;

#[tokio::test]
async fn a_static_project_is_locked_without_its_files() {
    let lock = lock(PROJECT).await.expect("a lock");
    let packages: Vec<String> = lock
        .packages
        .iter()
        .map(|one| format!("{} {:?}", one.name, one.required_by))
        .collect();
    assert_eq!(
        packages,
        [
            r#"iniconfig ["Toolbox (group dev)"]"#,
            r#"itsdangerous ["Toolbox[sign]"]"#,
            r#"markupsafe ["Toolbox"]"#
        ]
    );
    assert_eq!(
        lock.requirements_txt.lines().count(),
        1,
        "{}",
        lock.requirements_txt
    );
    assert!(lock.lock.content.contains("requires-python = \">=3.10\""));
    assert!(lock.warnings.is_empty(), "{:?}", lock.warnings);
}

#[tokio::test]
async fn a_project_whose_python_is_not_installed_is_locked_with_a_warning() {
    let lock = lock(
        &PROJECT
            .replace(">=3.10", ">=3.30")
            .replace("markupsafe>=2", "packaging"),
    )
    .await
    .expect("a lock");
    assert!(lock.lock.content.contains("requires-python = \">=3.30\""));
    assert_eq!(
        lock.warnings,
        [
            "no installed Python satisfies >=3.30; the set was solved for it all the same, but cannot be installed here"
        ]
    );
}

#[tokio::test]
async fn the_problems_of_a_project_are_told_apart() {
    let impossible =
        lock(&PROJECT.replace("\"markupsafe>=2\"", "\"click==7.0\", \"click>=8.1\"")).await;
    assert!(
        matches!(impossible, Err(LockProblem::Unsatisfiable { .. })),
        "{impossible:?}"
    );
    let unknown = lock(&PROJECT.replace("markupsafe>=2", "docopt==0.6.2")).await;
    let Err(LockProblem::Unknown { reasons, .. }) = unknown else {
        panic!("{unknown:?}")
    };
    assert_eq!(
        reasons,
        ["docopt has no usable wheel, and nothing is built from source"]
    );
}
