//! Every template of the program gives a project that passes its own lint, type check and tests at once: `scripts/check-templates` makes each
//! of real packages and runs the commands that its descriptor names. What needs a program that is not there is not run, and says so.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;
use serde_json::json;
use synthesizer_testkit::program::Program;

use crate::crafted::{folder, package, program, synthesize, synthesized};

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
    let output = Command::new("python3")
        .arg(script())
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

#[test]
fn rust_templates_pass_their_own_checks() {
    check(&["rust-workspace", "rust-cli", "minimal:cargo"]);
}

#[test]
fn npm_templates_pass_their_own_checks() {
    check(&["node-typescript", "minimal:npm"]);
}

const DESCRIPTOR: &str = r#"
name = "mine"
description = "A template of a user"
ecosystems = ["python"]

[requires]
python = ">=3.9"

[[command]]
name = "greet"
run = "echo {{ name }}"

[[part]]
path = "pyproject.toml"
text = "part.toml"

[[file]]
path = "src/{{ package }}/__init__.py"
text = "init.py"
reason = "of the user"
keeps-placed = true
"#;

/// Writes a package to take and a template of a user; gives their references.
fn user_template(program: &Program, descriptor: &str) -> [&'static str; 2] {
    package(
        program,
        "wares",
        "",
        &[("wares/__init__.py", ""), ("wares/one.py", "ONE = 1\n")],
    );
    folder(
        program,
        "mine",
        &[
            ("template.toml", descriptor),
            (
                "part.toml",
                "[tool.mine]\nplaced = [\"{% for path in placed %}{{ path }}{% endfor %}\"]\n",
            ),
            ("init.py", "\"\"\"{{ title }}\"\"\"\n"),
        ],
    );
    ["./wares#wares.one", "./mine"]
}

#[test]
fn a_folder_of_the_user_is_a_template_and_the_project_names_it_from_itself() {
    let program = program();
    let [wares, mine] = user_template(&program, DESCRIPTOR);
    let (_, project) = synthesized(&program, &[wares], &["--template", mine, "--no-verify"]);
    assert_eq!(
        project.text("src/fresh/__init__.py"),
        "\"\"\"Parts of wares 1.2.3.\"\"\"\n"
    );
    let manifest = project.text("pyproject.toml");
    assert!(
        manifest.ends_with("[tool.mine]\nplaced = [\"src/fresh/wares\"]\n"),
        "{manifest}"
    );
    assert!(project.text("README.md").contains("echo fresh\n"));
    assert_eq!(project.lock().project.template, "../mine");
    project.assert_portable(&program, &[]);
    program
        .run(["verify", "out", "--locked", "--level", "parse", "--json"])
        .expect_status(0);
}

#[test]
fn a_template_that_is_no_folder_of_texts_is_refused() {
    let check = |template: &str, descriptor: &str, status: i32, code: &str| {
        let program = program();
        let [wares, _] = user_template(&program, descriptor);
        let run = synthesize(
            &program,
            &[wares],
            &["--template", template, "--no-verify", "--dry-run"],
        );
        let answer = run.expect_status(status).json();
        assert_eq!(answer["error"]["code"], code, "{template}: {answer}");
    };
    let replaced = |from: &str, to: &str| DESCRIPTOR.replace(from, to);
    check("rails", DESCRIPTOR, 2, "E_ARGUMENT");
    check("./nothing", DESCRIPTOR, 4, "E_NOT_FOUND");
    check("./wares", DESCRIPTOR, 4, "E_NOT_FOUND");
    check("./mine/part.toml", DESCRIPTOR, 5, "E_PATH");
    check("./mi\nne", DESCRIPTOR, 5, "E_PATH");
    check("./mine", "name = 1", 2, "E_ARGUMENT");
    check("./mine", &replaced("python\"]", "npm\"]"), 2, "E_ARGUMENT");
    check(
        "./mine",
        &replaced("\"init.py", "\"../init.py"),
        2,
        "E_ARGUMENT",
    );
    check("./mine", &replaced("src/{{ package }}", ".."), 5, "E_PATH");
    check(
        "./mine",
        &replaced("src/{{ package }}/__init__.py", ".git/config"),
        5,
        "E_PATH",
    );
    check(
        "./mine",
        &replaced("{{ package }}", "{{ secret }}"),
        2,
        "E_ARGUMENT",
    );
    check(
        "./mine",
        &replaced("\"mine\"", "\"minimal\""),
        2,
        "E_ARGUMENT",
    );
}

#[test]
fn over_mcp_a_template_outside_the_roots_cannot_be_named() {
    let program = program();
    user_template(&program, DESCRIPTOR);
    let mut client = program.mcp([] as [&str; 0]);
    client.initialize();
    let outside = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::symlink(outside.path(), program.work().join("link")).expect("a link");
    for template in [
        "../mine",
        "/etc",
        "./mine/../../x",
        "~/mine",
        "./link",
        "%2e%2e/mine",
    ] {
        let result = client.call_tool(
            "synthesize_project",
            json!({
                "project_name": "fresh",
                "repositories": [{ "repo_url": "./wares", "components": ["wares.one"] }],
                "output_path": "./out",
                "template": template,
                "dry_run": true,
            }),
        );
        assert_eq!(
            result["structuredContent"]["error"]["code"], "E_PATH",
            "{template}: {result}"
        );
    }
}
