//! Programs that are missing, hang, die, flood their output or answer nonsense, in the place of both solvers.

use std::{os::unix::fs::PermissionsExt as _, time::Duration};

use synthesizer_infrastructure::config::Tool;
use synthesizer_model::{
    dependency::Ecosystem,
    failure::{ErrorCode, Failure},
    resolution::Resolution,
};
use synthesizer_resolution::{
    Solver,
    solvers::{cargo::Cargo, npm::Npm},
};

use super::{Machine, repository, request};

/// Solves with a script in the place of both programs: it tells a version, then does what is given.
async fn check(script: &str, expected: ErrorCode) {
    for (solver, ecosystem, version) in [
        (&Cargo as &dyn Solver, Ecosystem::Cargo, "cargo 1.95.0"),
        (&Npm, Ecosystem::Npm, "11.0.0"),
    ] {
        let version = format!("case \"$*\" in *--version*) echo {version}; exit;; esac");
        let answer = solve_with(&format!("{version}\n{script}"), solver, ecosystem).await;
        let failure = answer.expect_err("fails");
        assert_eq!(failure.code, expected, "{ecosystem} {script} {failure:?}");
    }
}

async fn solve_with(
    script: &str,
    solver: &dyn Solver,
    ecosystem: Ecosystem,
) -> Result<Resolution, Failure> {
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("program");
    std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).expect("a file");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("a mode");
    let mut machine = Machine::new(Tool::Cargo);
    machine.program = program;
    machine.deadline = Duration::from_millis(1_500);
    let repositories = vec![repository(ecosystem, "a", &["x 1"])];
    machine.try_solve(solver, &request(repositories)).await
}

#[tokio::test]
async fn a_program_that_hangs_is_ended() {
    check("exec tail -f /dev/null", ErrorCode::Timeout).await;
    check("tail -f /dev/null & wait", ErrorCode::Timeout).await;
}

#[tokio::test]
async fn a_program_that_floods_its_output_is_ended() {
    check("exec yes error: é", ErrorCode::Timeout).await;
    check("exec yes error: é >&2", ErrorCode::Timeout).await;
    let much = "head -c 40000000 /dev/zero | tr '\\0' x";
    check(&format!("{much}; {much} >&2; exit 1"), ErrorCode::Internal).await;
}

#[tokio::test]
async fn a_program_that_dies_or_says_nothing_is_a_failure() {
    check("kill -9 $$", ErrorCode::Upstream).await;
    check("exit 1", ErrorCode::Internal).await;
    // It says that it is done, but there is no lock.
    check("exit 0", ErrorCode::Internal).await;
    check(
        "echo '{\"error\": 3}'; echo error: >&2; exit 1",
        ErrorCode::Internal,
    )
    .await;
}

#[tokio::test]
async fn a_program_that_is_missing_or_none_is_a_missing_tool() {
    for (solver, ecosystem) in [
        (&Cargo as &dyn Solver, Ecosystem::Cargo),
        (&Npm, Ecosystem::Npm),
    ] {
        for script in ["echo something else", "exit 1", "echo cargo 1.60.0"] {
            let failure = solve_with(script, solver, ecosystem)
                .await
                .expect_err("fails");
            assert_eq!(failure.code, ErrorCode::ToolMissing, "{failure:?}");
            assert!(failure.hint.is_some());
        }
        let mut machine = Machine::new(Tool::Cargo);
        machine.program = machine.scratch.path().join("nowhere");
        let asked = request(vec![repository(ecosystem, "a", &["x 1"])]);
        let failure = machine.try_solve(solver, &asked).await.expect_err("fails");
        assert_eq!(failure.code, ErrorCode::ToolMissing, "{failure:?}");
        assert!(failure.hint.is_some());
    }
}
