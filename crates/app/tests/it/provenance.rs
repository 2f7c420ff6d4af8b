//! What a project records of itself for tools of others: a bill of materials that its schema accepts, and licenses that `reuse` accepts.

use std::{fs, process::Command};

use serde_json::Value;
use synthesizer_testkit::scratch;

use crate::crafted::program;

/// Validates a bill of materials and prints what is wrong with it.
const VALIDATE: &str = "import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(sys.argv[1]).read())
sys.exit(str(error) if error else 0)
";

#[test]
fn tools_of_others_accept_what_a_project_records() {
    let program = program();
    let plan = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/toolbox.toml");
    let run = program.run([
        "synthesize",
        plan,
        "--output",
        "toolbox",
        "--no-verify",
        "--json",
    ]);
    let answer = run.expect_status(0).json();
    let project = program.work().join("toolbox");
    let bill: Value = serde_json::from_slice(
        &fs::read(project.join("sbom.cdx.json")).expect("a bill of materials"),
    )
    .expect("JSON");

    // Every file of a source is in the bill below its source, and every package of the lock is.
    let lock = fs::read_to_string(project.join("synthesis.lock")).expect("a lock");
    let lock: toml::Table = lock.parse().expect("TOML");
    let files = lock["file"].as_array().expect("files");
    let moved = files
        .iter()
        .filter(|file| file["source"].as_str() != Some("generated"));
    let components = bill["components"].as_array().expect("components");
    let listed: usize = components
        .iter()
        .filter_map(|one| one["components"].as_array())
        .map(Vec::len)
        .sum();
    assert_eq!(listed, moved.count());
    let purls: Vec<&str> = components
        .iter()
        .filter_map(|one| one["purl"].as_str())
        .collect();
    assert!(purls.contains(&"pkg:pypi/click@8.1.7"), "{purls:?}");
    assert!(
        purls
            .iter()
            .any(|one| one.starts_with("pkg:pypi/werkzeug@")),
        "{purls:?}"
    );
    assert_eq!(answer["status"], "succeeded");

    let tools = tools();
    let python = tools.join("bin/python");
    let validated = Command::new(&python)
        .args(["-I", "-c", VALIDATE])
        .arg(project.join("sbom.cdx.json"))
        .output()
        .expect("the validator runs");
    assert!(
        validated.status.success(),
        "{}",
        String::from_utf8_lossy(&validated.stderr)
    );
    let linted = Command::new(tools.join("bin/reuse"))
        .args(["--root", ".", "lint"])
        .current_dir(&project)
        .output()
        .expect("reuse runs");
    assert!(
        linted.status.success(),
        "{}",
        String::from_utf8_lossy(&linted.stdout)
    );
}

/// Installs the validators once, below Cargo's target folder.
fn tools() -> std::path::PathBuf {
    let folder = scratch::lasting_folder("provenance-tools");
    let done = folder.join("installed");
    if !done.is_file() {
        let run = |program: &std::path::Path, arguments: &[&str]| {
            let output = Command::new(program)
                .args(arguments)
                .output()
                .expect("it starts");
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
        };
        let place = folder.to_string_lossy().into_owned();
        run("python3".as_ref(), &["-m", "venv", &place]);
        run(
            &folder.join("bin/pip"),
            &[
                "install",
                "--quiet",
                "cyclonedx-python-lib[json-validation]==11.12.0",
                "reuse==6.2.0",
            ],
        );
        fs::write(done, "").expect("the folder can be written to");
    }
    folder
}
