//! Runs the project's tests in the sandbox and counts their outcomes, as the test runner itself tells them. The counts come from a process
//! that untrusted code shares.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use synthesizer_infrastructure::sandbox::{Kill, Sandbox, SandboxOutcome};
use synthesizer_model::{
    failure::Failure,
    text::escape_untrusted,
    verification::{Check, Outcome},
};

use super::environment::Environment;
use crate::{
    Call,
    verification::{failed, list, not_run, passed},
};

/// The program that runs inside.
const PROGRAM: &str = include_str!("tests_runner.py");

/// What the test runner tells.
#[derive(Debug, Default, Deserialize)]
struct Counts {
    status: i32,
    passed: u64,
    failed: u64,
    skipped: u64,
    errors: u64,
    expected_failures: u64,
    /// The first tests that failed, each with why.
    first: Vec<(String, String)>,
    /// The same counts by file.
    files: BTreeMap<String, BTreeMap<String, u64>>,
}

/// Runs the tests below `tests`.
///
/// # Errors
/// `E_CANCELLED`, `E_INTERNAL`.
pub(super) async fn run(
    call: &Call,
    project: &Path,
    environment: &Environment,
    sandbox: &Sandbox,
) -> Result<Check, Failure> {
    let nonce = uuid::Uuid::new_v4().simple().to_string();
    let request = serde_json::json!({
        "nonce": nonce,
        "path": ["/project/src"],
        "arguments": [
            "-q",
            "--no-header",
            "--tb=line",
            "-p",
            "no:cacheprovider",
            "--rootdir=/project",
        ],
    });
    let mut run = environment.run(project, ["-c", PROGRAM]);
    run.working_directory = PathBuf::from("/project");
    run.input = format!("{request}\n").into_bytes();
    let outcome = sandbox.run(run, &call.cancellation).await?;
    Ok(check(&outcome, &nonce))
}

/// Makes the check of a run.
fn check(outcome: &SandboxOutcome, nonce: &str) -> Check {
    let said = String::from_utf8_lossy(&outcome.stdout);
    let counts: Option<Counts> = said
        .lines()
        .rev()
        .find_map(|line| serde_json::from_str(line.strip_prefix(nonce)?).ok());
    let Some(counts) = counts else {
        let why = match outcome.killed {
            Some(Kill::Timeout) => "the tests ran longer than the limit".to_owned(),
            Some(kill) => format!("stopped by the sandbox: {kill:?}"),
            None => {
                let errors = String::from_utf8_lossy(&outcome.stderr);
                let last = |text: &str| {
                    let line = text.lines().rev().find(|line| !line.trim().is_empty());
                    line.map(|line| line.trim().chars().take(300).collect::<String>())
                };
                let last = last(&errors).or_else(|| last(&said));
                let last = last.unwrap_or_else(|| "no output".to_owned());
                format!("the test runner ended without a report: {last}")
            }
        };
        return failed("tests", escape_untrusted(&why));
    };
    let total = counts.passed + counts.failed + counts.errors;
    if total == 0 && counts.skipped == 0 && counts.expected_failures == 0 {
        return match counts.status {
            0 | 5 => not_run("tests", "the project has no test"),
            status => failed(
                "tests",
                format!("the test runner ended with status {status}"),
            ),
        };
    }
    let mut text = format!(
        "{} passed, {} failed, {} errors, {} skipped",
        counts.passed, counts.failed, counts.errors, counts.skipped
    );
    if counts.expected_failures > 0 {
        text.push_str(&format!(
            ", {} failed as expected",
            counts.expected_failures
        ));
    }
    text.push_str(&format!("; {} files", counts.files.len()));
    if counts.status == 0 {
        return passed("tests", text);
    }
    let first = counts
        .first
        .iter()
        .map(|(name, why)| format!("{name}: {why}"))
        .collect();
    Check {
        result: Outcome::Failed,
        ..failed("tests", format!("{text}; first: {}", list(first)))
    }
}

#[cfg(test)]
mod unit_tests {
    use super::*;

    fn of(stdout: &str, killed: Option<Kill>, result: Outcome, detail: &str) {
        let outcome = SandboxOutcome {
            status: Some(0),
            stdout: stdout.as_bytes().to_vec(),
            stderr: b"Traceback\nError: x\n".to_vec(),
            truncated: false,
            killed,
        };
        let check = check(&outcome, "N");
        assert_eq!((check.result, check.detail.as_str()), (result, detail));
    }

    #[test]
    fn outcomes_are_counted_as_the_runner_tells_them() {
        let line = |status: i32, passed: u64, failed: u64| {
            format!(
                "noise\nN{{\"status\":{status},\"passed\":{passed},\"failed\":{failed},\"skipped\":1,\"errors\":0,\"expected_failures\":0,\"first\":[[\"t.py::a\",\"why\"]],\"files\":{{\"t.py\":{{}}}}}}\n"
            )
        };
        of(
            &line(0, 2, 0),
            None,
            Outcome::Passed,
            "2 passed, 0 failed, 0 errors, 1 skipped; 1 files",
        );
        of(
            &line(1, 2, 1),
            None,
            Outcome::Failed,
            "2 passed, 1 failed, 0 errors, 1 skipped; 1 files; first: t.py::a: why",
        );
        of(
            "no report",
            None,
            Outcome::Failed,
            "the test runner ended without a report: Error: x",
        );
        of(
            "",
            Some(Kill::Timeout),
            Outcome::Failed,
            "the tests ran longer than the limit",
        );
    }
}
