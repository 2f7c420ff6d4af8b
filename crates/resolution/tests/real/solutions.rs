//! Sets of packages, and the answers where there is none, as uv gives them.

use super::*;

#[tokio::test]
async fn a_contradiction_names_both_repositories() {
    let resolution = resolve_all(vec![
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
         So there is no set of packages for the combination."
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
    let resolution = resolve_all(vec![
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
        ["python: ./old <3.11 pyproject.toml:90 | ./new >=3.12 pyproject.toml:90"]
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
    let resolution = resolve_all(vec![repository("./a", Some(">=3.9"), &["docopt==0.6.2"])]).await;
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
    let resolution = resolve_all(vec![
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
    let resolution = resolve_all(vec![
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
    let chain = |name: &str| {
        let package = resolution
            .packages
            .iter()
            .find(|package| package.name == name);
        package
            .map(|package| package.chain.join(" > "))
            .unwrap_or_default()
    };
    assert_eq!(chain("flask"), "./web");
    assert_eq!(chain("itsdangerous"), "./sign");
    assert_eq!(chain("werkzeug"), "./web > flask 3.1.0");
    let lock = resolution.lock.expect("a lock");
    assert_eq!(lock.name, "uv.lock");
    assert!(lock.content.contains("name = \"repo-1-web\""));
}

#[tokio::test]
async fn a_repository_may_be_called_like_a_package_that_it_needs() {
    let resolution = resolve_all(vec![
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
    let resolution = resolve_all(vec![
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
    let resolution = resolve_all(vec![repository(
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
    let resolution = resolve_all(vec![repository(
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
