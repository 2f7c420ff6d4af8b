//! `resolve --output`: what is written is a workspace that each family's own program takes as it is, with the lock that goes with it.

use std::{path::Path, process::Command};

use crate::{crafted::folder, real_sets::with_tools};

/// Runs a program of the user's in a folder and checks that it is content.
fn check(folder: &Path, program: &str, arguments: &[&str]) {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
}

#[test]
fn the_written_workspaces_are_locked_for_the_families_own_programs() {
    let program = with_tools();
    folder(
        &program,
        "first",
        &[
            (
                "pyproject.toml",
                "[project]\nname = \"first\"\nversion = \"1\"\nrequires-python = \">=3.9\"\ndependencies = [\"click>=8.0,<8.1\"]\n",
            ),
            (
                "package.json",
                "{\"name\": \"first\", \"version\": \"1.0.0\", \"dependencies\": {\"ms\": \"^2.1.0\"}}\n",
            ),
        ],
    );
    folder(
        &program,
        "second",
        &[
            (
                "pyproject.toml",
                "[project]\nname = \"second\"\nversion = \"1\"\ndependencies = [\"click\"]\n",
            ),
            (
                "Cargo.toml",
                "[package]\nname = \"second\"\nversion = \"1.0.0\"\nedition = \"2021\"\n[dependencies]\nitoa = \"1\"\n",
            ),
            ("src/lib.rs", ""),
        ],
    );
    let arguments = ["resolve", "./first", "./second", "--output", "out"];
    let run = program.run(arguments).expect_status(0);
    let out = program.work().join("out");
    for file in [
        "uv.lock",
        "requirements.txt",
        "Cargo.lock",
        "package-lock.json",
        "package.json",
    ] {
        assert!(out.join(file).is_file(), "{file}: {}", run.stdout);
    }
    check(&out, "uv", &["lock", "--check", "--no-build"]);
    check(
        &out,
        "cargo",
        &["metadata", "--locked", "--format-version", "1", "--no-deps"],
    );
    check(&out, "cargo", &["tree", "--locked", "--workspace"]);
    check(
        &out,
        "npm",
        &[
            "ci",
            "--dry-run",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
        ],
    );
    // Nothing is written over.
    let run = program.run(arguments).expect_status(6);
    assert!(run.stderr.contains("exists already"), "{}", run.stderr);
}
