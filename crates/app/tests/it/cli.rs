//! The command line as people and programs see it: help, usage, errors, exit statuses, interruption, a reader that goes away.

use std::process::Command;

use insta::assert_snapshot;
use rustix::process::Signal;
use serde_json::{Value, json};
use synthesizer_testkit::program::{Program, Run};

use crate::{
    crafted::{assert_nothing_left, package, program},
    listener::{Answer, Scripted},
};

/// Snapshots a text with what differs from run to run hidden.
fn snapshot(program: &Program, name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    for (expression, replacement) in program.filters() {
        settings.add_filter(&expression, replacement);
    }
    settings.bind(|| assert_snapshot!(name, text));
}

fn error_of(run: &Run) -> Value {
    run.json()["error"].clone()
}

#[test]
fn every_command_explains_itself_with_examples() {
    let program = program();
    let top = program.run(["--help"]).expect_status(0);
    snapshot(&program, "help", &top.stdout);
    for command in [
        "analyze",
        "compat",
        "resolve",
        "synthesize",
        "assemble",
        "update",
        "jobs",
        "jobs list",
        "jobs show",
        "jobs cancel",
        "jobs resume",
        "worker",
        "verify",
        "status",
        "doctor",
        "mcp",
        "completions",
    ] {
        let words: Vec<&str> = command.split(' ').collect();
        assert!(
            top.stdout.contains(&format!("\n  {} ", words[0])),
            "{command} is listed"
        );
        let help = program.run(words.iter().copied().chain(["-h"]));
        let help = help.expect_status(0);
        assert_eq!(help.stderr, "");
        // The doctor is asked one thing only.
        assert!(
            command == "doctor" || help.stdout.contains("\nExamples:\n"),
            "{command}"
        );
        snapshot(&program, &format!("help-{}", words.join("-")), &help.stdout);
    }
    let version = program.run(["--version"]).expect_status(0);
    assert_eq!(
        version.stdout,
        format!("synthesizer {}\n", env!("CARGO_PKG_VERSION"))
    );
}

/// Makes a folder of programs that say their version and nothing else.
fn programs(program: &Program, names: &[&str]) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = program.world().join("programs");
    std::fs::create_dir(&folder).expect("a folder");
    for name in names {
        let place = folder.join(name);
        std::fs::write(&place, format!("#!/bin/sh\necho {name} 1.2.3\n")).expect("a file");
        std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o755)).expect("a mode");
    }
    folder
}

#[test]
fn the_doctor_tells_what_is_only_missed_from_what_is_needed() {
    let check = |names: &[&str], healthy: bool, expected: [(&str, &str); 4]| {
        let program = program();
        let folder = programs(&program, names);
        let program = program.with_env("PATH", folder);
        let run = program.run(["doctor", "--offline", "--json"]);
        let report = run.expect_status(i32::from(!healthy)).json();
        assert_eq!(report["healthy"], healthy, "{report:#}");
        for (name, detail) in expected {
            let checks = report["checks"].as_array().expect("checks");
            let found = checks.iter().find(|check| check["name"] == name);
            let found = found.unwrap_or_else(|| panic!("{name} is checked"));
            assert_eq!(found["detail"], detail, "{found:#}");
            let is_there = names.contains(&name);
            assert_eq!(found["status"], if is_there { "ok" } else { "missing" });
            assert_eq!(found["hint"].is_string(), !is_there, "{found:#}");
        }
    };
    let there = [
        (
            "git",
            "git 1.2.3; fetches repositories and commits new projects",
        ),
        ("uv", "uv 1.2.3; locates packages, resolves and installs"),
        (
            "npm",
            "npm 1.2.3; brings packages of npm and solves what they ask for",
        ),
        (
            "cargo",
            "cargo 1.2.3; brings crates and solves what they ask for",
        ),
    ];
    check(&["git", "uv", "npm", "cargo"], true, there);
    let [git, uv, ..] = there;
    let missed = [
        git,
        uv,
        (
            "npm",
            "the program npm is not installed; it brings packages of npm and solves what they ask for",
        ),
        (
            "cargo",
            "the program cargo is not installed; it brings crates and solves what they ask for",
        ),
    ];
    check(&["git", "uv"], true, missed);
    let needed = [
        (
            "git",
            "the program git is not installed; it fetches repositories and commits new projects",
        ),
        missed[1],
        missed[2],
        missed[3],
    ];
    check(&["uv"], false, needed);
}

#[test]
fn usage_errors_are_text_for_people_and_the_error_object_for_programs() {
    let program = program();
    let rows: [&[&str]; 7] = [
        &[],
        &["conjure"],
        &["analyze"],
        &["analyze", ".", "--no-such-flag"],
        &["synthesize"],
        &["synthesize", "plan.toml", "--repo", "."],
        &["verify", ".", "--level", "deepest"],
    ];
    for arguments in rows {
        let people = program.run(arguments).expect_status(2);
        assert_eq!(people.stdout, "", "{arguments:?}");
        assert!(
            people.stderr.contains("--help"),
            "{arguments:?}: {}",
            people.stderr
        );
        let programs = program
            .run([arguments, &["--json"]].concat())
            .expect_status(2);
        assert_eq!(programs.stderr, "", "{arguments:?}");
        let error = error_of(&programs);
        assert_eq!(error["code"], "E_ARGUMENT", "{arguments:?}");
        assert!(
            error["correlation_id"].is_string() && error["hint"].is_string(),
            "{error}"
        );
    }
}

#[test]
fn each_kind_of_failure_has_its_code_and_exit_status() {
    let program = program();
    package(&program, "sample", "", &[("sample.py", "value = 1\n")]);
    std::fs::create_dir(program.work().join("there")).expect("a folder");
    std::fs::write(
        program.work().join("bad.toml"),
        "[limits]\nfile_bytes = \"many\"\n",
    )
    .expect("a file");
    let rows: [(&[&str], i32, &str); 9] = [
        (&["analyze", "file:///etc/passwd"], 2, "E_URL"),
        (&["analyze", "./missing"], 4, "E_NOT_FOUND"),
        (&["analyze", "./sample#../x"], 5, "E_PATH"),
        (
            &["analyze", "./sample", "--config", "bad.toml"],
            2,
            "E_CONFIG",
        ),
        (
            &["analyze", "./sample", "--config", "missing.toml"],
            2,
            "E_CONFIG",
        ),
        (&["synthesize", "missing.toml"], 4, "E_NOT_FOUND"),
        (&["synthesize", "sample"], 5, "E_PATH"),
        (
            &[
                "synthesize",
                "--repo",
                "./sample",
                "--name",
                "fresh",
                "--output",
                "there",
            ],
            6,
            "E_EXISTS",
        ),
        (
            &["status", "00000000-0000-4000-8000-000000000000"],
            4,
            "E_NOT_FOUND",
        ),
    ];
    for (arguments, status, code) in rows {
        let programs = program
            .run([arguments, &["--json"]].concat())
            .expect_status(status);
        assert_eq!(error_of(&programs)["code"], code, "{arguments:?}");
        let people = program.run(arguments).expect_status(status);
        assert_eq!(people.stdout, "", "{arguments:?}");
        assert!(
            people.stderr.contains(&format!("error[{code}]: ")),
            "{arguments:?}: {}",
            people.stderr
        );
    }
    assert_nothing_left(&program);
}

#[test]
fn everything_wrong_with_a_plan_is_told_with_its_line() {
    let program = program();
    let plan = "nme = \"fresh\"\nlink = \"yes\"\n\n[[repository]]\nurls = \"./sample\"\ncomponents = \"sample\"\n";
    std::fs::write(program.work().join("plan.toml"), plan).expect("a file");
    let people = program.run(["synthesize", "plan.toml"]).expect_status(2);
    snapshot(&program, "plan-problems", &people.stderr);
    let problems =
        error_of(&program.run(["synthesize", "plan.toml", "--json"]))["details"]["problems"]
            .clone();
    let lines: Vec<&Value> = problems
        .as_array()
        .expect("a list")
        .iter()
        .map(|problem| &problem["line"])
        .collect();
    assert_eq!(lines, [1, 1, 2, 4, 5, 6]);
}

#[test]
fn an_analysis_is_one_document_or_a_page_for_people() {
    let program = program();
    let manifest = "description = \"A \\u001B[31msample\\u202E\"\ndependencies = [\"click>=8; python_version < '3.13'\"]\n";
    package(
        &program,
        "sample",
        manifest,
        &[
            ("sample/__init__.py", ""),
            (
                "sample/tool.py",
                "\"\"\"Does it.\"\"\"\n\nimport click\n\n\ndef run():\n    return click\n",
            ),
        ],
    );
    let arguments = ["analyze", "./sample", "--no-transitive", "--offline"];
    let people = program.run(arguments).expect_status(0);
    assert_eq!(people.stderr, "");
    snapshot(&program, "analysis", &people.stdout);
    let coloured = program
        .run(arguments.iter().chain(&["--color", "always"]))
        .expect_status(0);
    assert_ne!(coloured.stdout, people.stdout);
    assert!(
        !coloured.stdout.contains("\u{1b}[31msample"),
        "{}",
        coloured.stdout
    );
    let programs = program
        .run(arguments.iter().chain(&["--json"]))
        .expect_status(0);
    assert!(!programs.stdout.contains('\u{202e}'), "{}", programs.stdout);
    let document = programs.json();
    assert_eq!(
        document["repository"]["description"],
        "A \u{1b}[31msample\u{202e}"
    );
    assert!(document["correlation_id"].is_string());
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let program = program();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let status = Command::new(program.binary())
        .args(["completions", "bash"])
        .stdout(writer)
        .output()
        .expect("the program runs");
    assert_eq!(status.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&status.stderr), "");
}

#[test]
fn an_interruption_cancels_cleans_up_and_exits_with_130() {
    for signal in [Signal::INT, Signal::TERM] {
        let server = Scripted::start(|_| Answer::Silence);
        let program = program().with_config(&format!(
            "[network]\nallow_hosts = [\"{}\"]\n",
            server.authority()
        ));
        let repository = format!("http://{}/o/n", server.authority());
        let running = program.start(["analyze", "--json", &repository]);
        server.wait_for_silence();
        running.signal(signal);
        let run = running.finish().expect_status(130);
        assert_eq!(error_of(&run)["code"], json!("E_CANCELLED"));
        crate::mcp::assert_work_is_gone(&program);
    }
}
