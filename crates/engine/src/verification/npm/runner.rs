//! Imports a project's modules in the sandbox and reads what the program inside reports. Its lines come from a process that untrusted code
//! shares.

use std::collections::BTreeSet;

use serde::Deserialize;
use synthesizer_infrastructure::sandbox::{Kill, Sandbox, SandboxOutcome};
use synthesizer_model::{failure::Failure, verification::Check};

use super::{node::Node, text::NpmText};
use crate::{
    Call,
    verification::{failed, list, not_run, passed},
};

/// The program that runs inside.
const PROGRAM: &str = include_str!("runner.mjs");
/// The part of it that builds what has to be built.
const BUILDING: &str = include_str!("building.mjs");
/// The most modules that one run imports.
const MOST_MODULES: usize = 5_000;

/// Puts the part that builds into a program.
pub(super) fn with_building(program: &str) -> String {
    program.replace("//BUILDING", BUILDING)
}

/// Gives the folders of the workspace's members as far as the text tells them.
pub(super) fn member_folders(text: &NpmText) -> Vec<String> {
    let tests = text.project.tests.iter().filter_map(|test| {
        let rest = test.path.strip_prefix("packages/")?;
        let name = rest.split('/').next()?;
        Some(format!("packages/{name}"))
    });
    let folders: BTreeSet<String> = tests.collect();
    folders.into_iter().collect()
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Line {
    Begin { module: String },
    Imported { module: String },
    Failed { module: String, error: String },
    Built { error: String },
    End,
}

/// Imports every module.
///
/// # Errors
/// `E_CANCELLED`, `E_INTERNAL`.
pub(super) async fn import(
    call: &Call,
    text: &NpmText,
    builds: bool,
    node: &Node,
    sandbox: &Sandbox,
) -> Result<Check, Failure> {
    let project = &text.project;
    let is_typed = |path: &&String| {
        [".ts", ".mts", ".cts"]
            .iter()
            .any(|suffix| path.ends_with(suffix))
    };
    let files: Vec<&String> = project
        .modules
        .iter()
        .filter(|path| builds || !is_typed(path))
        .take(MOST_MODULES)
        .collect();
    let left = project.modules.len() - files.len();
    let modules: Vec<String> = files
        .iter()
        .copied()
        .chain(&project.members)
        .cloned()
        .collect();
    if modules.is_empty() {
        return Ok(not_run(
            "import",
            "the project has no module that can be imported as it is",
        ));
    }
    let nonce = uuid::Uuid::new_v4().simple().to_string();
    let request = serde_json::json!({
        "nonce": nonce,
        "files": files,
        "packages": project.members,
        "build": builds,
        "members": member_folders(text),
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
    Ok(check(&outcome, &nonce, &modules, left))
}

fn check(outcome: &SandboxOutcome, nonce: &str, modules: &[String], left: usize) -> Check {
    let stdout = String::from_utf8_lossy(&outcome.stdout);
    let mut imported = BTreeSet::new();
    let mut failures = Vec::new();
    let mut last = None;
    let mut ended = false;
    let lines = stdout
        .lines()
        .filter_map(|line| serde_json::from_str(line.strip_prefix(nonce)?).ok());
    for line in lines {
        match line {
            Line::Begin { module } => last = Some(module),
            Line::Imported { module } => {
                imported.insert(module);
            }
            Line::Failed { module, error } => failures.push(format!("{module}: {error}")),
            Line::Built { error } => failures.push(format!("the compiler said: {error}")),
            Line::End => ended = true,
        }
    }
    let missing = modules
        .iter()
        .filter(|module| !imported.contains(*module))
        .count();
    if let Some(kill) = outcome.killed {
        let during = last.map_or_else(
            || "at the start".to_owned(),
            |module| format!("importing {module}"),
        );
        failures.insert(0, format!("stopped {during}: {}", reason(kill)));
    } else if !ended {
        let during = last.unwrap_or_else(|| "the first module".to_owned());
        let said = String::from_utf8_lossy(&outcome.stderr);
        let said: String = said
            .lines()
            .next_back()
            .unwrap_or("")
            .chars()
            .take(200)
            .collect();
        failures.insert(0, format!("the process ended importing {during} {said}"));
    }
    if missing == 0 && ended && outcome.killed.is_none() {
        let mut detail = format!("{} modules import in the sandbox", modules.len());
        if left > 0 {
            detail.push_str(&format!(
                "; {left} that have to be compiled were not imported"
            ));
        }
        passed("import", detail)
    } else {
        let text = list(failures);
        failed(
            "import",
            format!(
                "{missing} of {} modules did not import: {text}",
                modules.len()
            ),
        )
    }
}

/// Says which bound ended a run.
pub(super) fn reason(kill: Kill) -> &'static str {
    match kill {
        Kill::Timeout => "it ran longer than the limit",
        Kill::Memory => "it used more memory than the limit",
        Kill::Processes => "it started more processes than the limit",
        Kill::Output => "it wrote more output than the limit",
    }
}

#[cfg(test)]
mod tests {
    use synthesizer_model::verification::Outcome;

    use super::*;

    fn check_report(stdout: &str, killed: Option<Kill>, expected: Outcome) {
        let outcome = SandboxOutcome {
            status: Some(0),
            stdout: stdout.as_bytes().to_vec(),
            stderr: Vec::new(),
            truncated: false,
            killed,
        };
        let modules = ["a".to_owned(), "b".to_owned()];
        let found = check(&outcome, "N", &modules, 0);
        assert_eq!(found.result, expected, "{stdout}: {found:?}");
    }

    #[test]
    fn only_a_full_report_passes() {
        let a = "N{\"kind\":\"imported\",\"module\":\"a\"}\n";
        let b = "N{\"kind\":\"imported\",\"module\":\"b\"}\n";
        let end = "N{\"kind\":\"end\"}\n";
        check_report(&format!("{a}{b}{end}"), None, Outcome::Passed);
        check_report(&format!("{a}{end}"), None, Outcome::Failed);
        check_report(&format!("{a}{b}"), None, Outcome::Failed);
        check_report(
            &format!("{a}{b}{end}"),
            Some(Kill::Timeout),
            Outcome::Failed,
        );
        check_report("{\"kind\":\"end\"}\n", None, Outcome::Failed);
        let failed = "N{\"kind\":\"failed\",\"module\":\"b\",\"error\":\"E\"}\n";
        check_report(&format!("{a}{failed}{end}"), None, Outcome::Failed);
    }
}
