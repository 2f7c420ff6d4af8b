//! Every template of the program gives a project that passes its own lint, type check and tests at once: `scripts/check-templates` makes each
//! of real packages and runs the commands that its descriptor names. What needs a program that is not there is not run, and says so.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;
use synthesizer_testkit::program::Program;

use crate::crafted::program;

/// What the script says of one template.
#[derive(Debug, Deserialize)]
struct Checked {
    template: String,
    ecosystem: String,
    verdict: String,
    failures: Vec<String>,
}

fn check(names: &[&str]) {
    let program: Program = program();
    let script = script();
    let output = Command::new("python3")
        .arg(&script)
        .arg("--json")
        .arg("--program")
        .arg(program.binary())
        .args(names)
        .output()
        .expect("python3 runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let checked: Vec<Checked> = said
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(checked.len(), names.len(), "{errors}");
    for one in checked {
        let Checked {
            template,
            ecosystem,
            verdict,
            failures,
        } = one;
        let told = failures.join("\n");
        assert!(
            verdict == "ok" || verdict == "absent",
            "{template} for {ecosystem}: {told}"
        );
    }
}

fn script() -> PathBuf {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    top.expect("the crate lies in crates/")
        .join("scripts/check-templates")
}

#[test]
fn python_templates_pass_their_own_checks() {
    check(&["python-default", "python-web", "minimal:python"]);
}

#[test]
fn python_templates_with_more_code_pass_their_own_checks() {
    check(&["python-cli", "python-ml"]);
}
