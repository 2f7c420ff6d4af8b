//! Every template of the program gives a project that passes its own lint, type check and tests at once: `scripts/check-templates` makes each
//! of real packages and runs the commands that its descriptor names, and for one of each ecosystem the upstream tests of what is taken. The
//! programs that they need are those of `scripts/setup`; where one is missing the test fails and names it.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;
use serde_json::json;
use synthesizer_testkit::program::Program;

use crate::{
    crafted::{folder, package, program, synthesize, synthesized},
    real_sets::with_tools,
};

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
        assert_eq!(verdict, "ok", "{template} for {ecosystem}: {told}");
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
fn a_template_of_the_settings_is_named_and_pinned() {
    let program = program();
    let [wares, _] = user_template(&program, DESCRIPTOR);
    let templates = program.work();
    let config = format!("[synthesis]\ntemplates = \"{}\"\n", templates.display());
    let program = program.with_config(&config);
    let (_, project) = synthesized(&program, &[wares], &["--template", "mine", "--no-verify"]);
    let lock = project.lock();
    assert_eq!(lock.project.template, "mine");
    let pinned = lock.project.template_hash.clone().expect("is pinned");
    assert_eq!(pinned.len(), 64);
    project.assert_portable(&program, &[]);
    let verify = ["verify", "out", "--locked", "--level", "parse", "--json"];
    program.run(verify).expect_status(0);

    // The template says something else now: what was made is no longer made of it.
    folder(&program, "mine", &[("init.py", "\"\"\"Other\"\"\"\n")]);
    let answer = program.run(verify).json();
    let checks = answer["verification"]["checks"].as_array().expect("checks");
    let recreated = checks.iter().find(|check| check["name"] == "recreated");
    let recreated = recreated.expect("is told");
    assert_ne!(recreated["result"], "passed", "{recreated}");
    let detail = recreated["detail"].as_str().expect("text");
    assert!(detail.contains("template is not what it was"), "{detail}");

    // The folder has another name than its template.
    let texts = [
        ("template.toml", DESCRIPTOR),
        ("part.toml", ""),
        ("init.py", ""),
    ];
    folder(&program, "other", &texts);
    let run = synthesize(
        &program,
        &[wares],
        &["--template", "other", "--no-verify", "--dry-run"],
    );
    let answer = run.expect_status(2).json();
    assert_eq!(answer["error"]["code"], "E_ARGUMENT", "{answer}");
}

#[test]
fn a_template_of_rust_need_not_say_which_rust() {
    let program = with_tools();
    let manifest = "[package]\nname = \"old\"\nversion = \"0.1.0\"\nedition = \"2018\"\nrust-version = \"1.36\"\nlicense = \"MIT\"\n";
    folder(
        &program,
        "old",
        &[("Cargo.toml", manifest), ("src/lib.rs", "//! Old.\n")],
    );
    let descriptor = "name = \"mine\"\ndescription = \"Mine\"\necosystems = [\"cargo\"]\n[[file]]\npath = \"HELLO\"\ntext = \"hello\"\nreason = \"mine\"\n[[file]]\npath = \"src/lib.rs\"\ntext = \"top\"\nreason = \"mine\"\n";
    let files = [
        ("template.toml", descriptor),
        ("hello", "hello {{ name }}\n"),
        ("top", "//! The top.\n"),
    ];
    folder(&program, "mine", &files);
    let more = [
        "--template",
        "./mine",
        "--ecosystem",
        "cargo",
        "--no-verify",
    ];
    let (_, project) = synthesized(&program, &["./old"], &more);
    assert_eq!(project.text("HELLO"), "hello fresh\n");
    assert!(
        project
            .text("Cargo.toml")
            .contains("rust-version = \"1.85\"\n")
    );
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
