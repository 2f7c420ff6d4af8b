//! Runs a project's tests in the sandbox and counts how they ended. The counts come from a process that untrusted code shares.

use std::collections::BTreeMap;

use serde::Deserialize;
use synthesizer_infrastructure::sandbox::{Sandbox, SandboxOutcome};
use synthesizer_model::{failure::Failure, text::escape_untrusted, verification::Check};

use super::{
    node::Node,
    runner::{member_folders, reason, with_building},
    text::NpmText,
};
use crate::{
    Call,
    verification::{failed, list, not_run, passed},
};

/// The program that runs inside.
const PROGRAM: &str = include_str!("tests_runner.mjs");
/// The most files with tests that one run takes.
const MOST_FILES: usize = 1_000;
/// How long one file or group may run, in seconds.
const SECONDS: u64 = 120;

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Line {
    Ran {
        file: String,
        passed: u64,
        failed: u64,
        skipped: u64,
        why: String,
    },
    Built {
        error: String,
    },
    End,
}

/// Runs the tests.
///
/// # Errors
/// `E_CANCELLED`, `E_INTERNAL`.
pub(super) async fn run(
    call: &Call,
    text: &NpmText,
    builds: bool,
    node: &Node,
    sandbox: &Sandbox,
) -> Result<Check, Failure> {
    let mut groups: BTreeMap<(String, &str), Vec<&str>> = BTreeMap::new();
    let mut unrunnable = Vec::new();
    for test in text.project.tests.iter().take(MOST_FILES) {
        let typed = test.path.ends_with(".ts") || test.path.ends_with(".mts");
        let reads_types = test.runner == "vitest" || builds && test.runner == "node";
        if typed && !reads_types || test.runner == "ava" {
            unrunnable.push(test.path.clone());
            continue;
        }
        let group = (folder(&test.path), test.runner.as_str());
        groups.entry(group).or_default().push(&test.path);
    }
    if groups.is_empty() {
        return Ok(not_run(
            "tests",
            match unrunnable.len() {
                0 => "the project has no test".to_owned(),
                count => format!("{count} tests need a runner that is not there"),
            },
        ));
    }
    let groups: Vec<serde_json::Value> = groups
        .into_iter()
        .map(|((cwd, runner), files)| {
            serde_json::json!({ "cwd": cwd, "runner": runner, "files": files })
        })
        .collect();
    let nonce = uuid::Uuid::new_v4().simple().to_string();
    let request = serde_json::json!({
        "nonce": nonce,
        "groups": groups,
        "build": builds,
        "members": member_folders(text),
        "seconds": SECONDS,
    });
    let program = with_building(PROGRAM);
    let mut run = node.run([
        "--input-type=module",
        "--no-warnings",
        "-e",
        program.as_str(),
    ]);
    run.input = request.to_string().into_bytes();
    let outcome = sandbox.run(run, &call.cancellation).await?;
    Ok(check(&outcome, &nonce, unrunnable.len()))
}

/// Gives the folder in which a test expects to run: that of its package, or the project's.
fn folder(path: &str) -> String {
    let mut parts = path.split('/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(top @ ("packages" | "tests")), Some(name), Some(_)) => format!("{top}/{name}"),
        _ => String::new(),
    }
}

fn check(outcome: &SandboxOutcome, nonce: &str, unrunnable: usize) -> Check {
    let said = String::from_utf8_lossy(&outcome.stdout);
    let (mut good, mut bad, mut skips) = (0_u64, 0_u64, 0_u64);
    let mut failures = Vec::new();
    let mut ended = false;
    let lines = said
        .lines()
        .filter_map(|line| serde_json::from_str(line.strip_prefix(nonce)?).ok());
    for line in lines {
        match line {
            Line::Ran {
                file,
                passed,
                failed,
                skipped,
                why,
            } => {
                good = good.saturating_add(passed);
                bad = bad.saturating_add(failed);
                skips = skips.saturating_add(skipped);
                if failed > 0 {
                    failures.push(format!("{file}: {why}"));
                }
            }
            Line::Built { error } => failures.push(format!("the compiler said: {error}")),
            Line::End => ended = true,
        }
    }
    if let Some(kill) = outcome.killed {
        failures.insert(0, format!("stopped: {}", reason(kill)));
    } else if !ended {
        let errors = String::from_utf8_lossy(&outcome.stderr);
        let last: String = errors
            .lines()
            .next_back()
            .unwrap_or("no output")
            .chars()
            .take(300)
            .collect();
        failures.insert(
            0,
            format!(
                "the tests ended without a report: {}",
                escape_untrusted(&last)
            ),
        );
    }
    let mut counts = format!("{good} passed, {bad} failed, {skips} skipped");
    if unrunnable > 0 {
        counts.push_str(&format!(", {unrunnable} files without a runner"));
    }
    let whole = ended && outcome.killed.is_none();
    if whole && bad == 0 && good > 0 {
        passed("tests", counts)
    } else if whole && bad == 0 {
        not_run("tests", format!("no test ran: {counts}"))
    } else {
        failed("tests", format!("{counts}: {}", list(failures)))
    }
}

#[cfg(test)]
mod tests {
    use synthesizer_model::verification::Outcome;

    use super::*;

    #[test]
    fn a_report_is_counted() {
        let check_report = |stdout: &str, expected: Outcome, detail: &str| {
            let outcome = SandboxOutcome {
                status: Some(0),
                stdout: stdout.as_bytes().to_vec(),
                stderr: Vec::new(),
                truncated: false,
                killed: None,
            };
            let found = check(&outcome, "N", 0);
            assert_eq!((found.result, found.detail.as_str()), (expected, detail));
        };
        let ran = |passed: u64, failed: u64| {
            format!(
                "N{{\"kind\":\"ran\",\"file\":\"f\",\"passed\":{passed},\"failed\":{failed},\"skipped\":0,\"why\":\"w\"}}\n"
            )
        };
        let end = "N{\"kind\":\"end\"}\n";
        check_report(
            &format!("{}{end}", ran(2, 0)),
            Outcome::Passed,
            "2 passed, 0 failed, 0 skipped",
        );
        check_report(
            &format!("{}{end}", ran(2, 1)),
            Outcome::Failed,
            "2 passed, 1 failed, 0 skipped: f: w",
        );
        check_report(
            end,
            Outcome::NotRun,
            "no test ran: 0 passed, 0 failed, 0 skipped",
        );
        check_report(
            &ran(2, 0),
            Outcome::Failed,
            "2 passed, 0 failed, 0 skipped: the tests ended without a report: no output",
        );
    }

    #[test]
    fn tests_run_in_the_folder_of_their_package() {
        assert_eq!(folder("packages/a/test/b.js"), "packages/a");
        assert_eq!(folder("tests/a/test/b.js"), "tests/a");
        assert_eq!(folder("test/components.test.ts"), "");
    }
}
