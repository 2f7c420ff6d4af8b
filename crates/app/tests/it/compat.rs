//! `compat` and `check_compatibility` over local folders: verdicts of four sides, places, ways out that help, and answers without a solver.

use std::fs;

use serde_json::{Value, json};
use synthesizer_testkit::program::{Program, Run};

use crate::crafted::{assert_nothing_left, folder, program};

const GPL_2: &str = "GPL-2.0-only";

/// Writes a Python package with a license and more lines below `[project]`.
fn python(program: &Program, name: &str, license: &str, lines: &str) {
    let manifest = format!(
        "[project]\nname = \"{name}\"\nversion = \"1.2.3\"\nlicense = \"{license}\"\n{lines}"
    );
    let module = format!("{}.py", name.replace('-', "_"));
    folder(
        program,
        name,
        &[("pyproject.toml", &manifest), (&module, "")],
    );
}

fn compat(program: &Program, arguments: &[&str]) -> (Run, Value) {
    let run = program.run(
        ["compat"]
            .into_iter()
            .chain(arguments.iter().copied())
            .chain(["--json"]),
    );
    let answer = run.json();
    (run, answer)
}

fn verdicts(answer: &Value) -> [&str; 5] {
    let of = |name: &str| {
        answer["dimensions"][name]["verdict"]
            .as_str()
            .expect("a verdict")
    };
    [
        answer["verdict"].as_str().expect("a verdict"),
        of("dependencies"),
        of("runtime"),
        of("licenses"),
        of("names"),
    ]
}

#[test]
fn a_conflict_names_its_places_and_a_way_out_that_helps() {
    let program = program();
    python(
        &program,
        "first",
        "MIT",
        "dependencies = [\"click==7.0\"]\n",
    );
    python(
        &program,
        "second",
        "MIT",
        "dependencies = [\n  \"click>=8.1\",\n]\n",
    );
    let (run, answer) = compat(&program, &["./first", "./second"]);
    assert_eq!(run.status, Some(1), "{answer:#}");
    assert_eq!(
        verdicts(&answer),
        [
            "incompatible",
            "incompatible",
            "compatible",
            "compatible",
            "compatible"
        ],
        "{answer:#}"
    );
    assert_eq!(answer["code"], "E_INCOMPATIBLE");
    let finding = &answer["dimensions"]["dependencies"]["findings"][0];
    assert_eq!(
        finding["requirements"],
        json!([
            { "repository": "./first", "specifier": "click==7.0", "manifest": "pyproject.toml", "line": 5 },
            { "repository": "./second", "specifier": "click>=8.1", "manifest": "pyproject.toml", "line": 6 },
        ]),
        "{finding:#}"
    );
    assert!(finding["fix"].is_string(), "{finding:#}");
    let diagram = answer["diagram"].as_str().expect("a picture");
    assert!(diagram.starts_with("flowchart LR\n"), "{diagram}");
    let relaxations = answer["resolutions"][0]["relaxations"]
        .as_array()
        .expect("ways out");
    assert!(!relaxations.is_empty(), "{answer:#}");
    for option in 1..=relaxations.last().expect("one")["option"]
        .as_u64()
        .expect("a number")
    {
        let changes = relaxations
            .iter()
            .filter(|change| change["option"] == option);
        let mut arguments = vec!["./first", "./second"];
        for change in changes {
            let constraint = change["constraint"].as_str().expect("a constraint");
            arguments.extend(["--constraint", constraint]);
        }
        let (_, relaxed) = compat(&program, &arguments);
        assert_eq!(
            verdicts(&relaxed)[1],
            "compatible",
            "{arguments:?}: {relaxed:#}"
        );
    }
    assert_nothing_left(&program);
}

#[test]
fn ranges_of_python_without_overlap_are_told_once_and_a_way_out_helps() {
    let program = program();
    python(
        &program,
        "first",
        "MIT",
        "requires-python = \">=3.12\"\ndependencies = [\"click\"]\n",
    );
    python(
        &program,
        "second",
        "MIT",
        "requires-python = \">=3.8,<3.10\"\n",
    );
    let (run, answer) = compat(&program, &["./first", "./second"]);
    assert_eq!(run.status, Some(1), "{answer:#}");
    assert_eq!(
        verdicts(&answer),
        [
            "incompatible",
            "unknown",
            "incompatible",
            "compatible",
            "compatible"
        ],
        "{answer:#}"
    );
    let fix = &answer["dimensions"]["runtime"]["findings"][0]["fix"];
    let ways = answer["resolutions"][0]["relaxations"]
        .as_array()
        .expect("ways out");
    assert!(
        ways.iter().any(|way| fix.as_str().is_some_and(
            |fix| fix.contains(way["what"].as_str().expect("a text").trim_end_matches('.'))
        )),
        "{fix}: {ways:#?}"
    );
    for way in ways {
        let constraint = way["constraint"].as_str().expect("a constraint");
        let (run, relaxed) = compat(
            &program,
            &["./first", "./second", "--constraint", constraint],
        );
        assert_eq!(run.status, Some(0), "{constraint}: {relaxed:#}");
        assert_eq!(
            verdicts(&relaxed)[..3],
            ["compatible"; 3],
            "{constraint}: {relaxed:#}"
        );
    }
}

#[test]
fn a_constraint_that_changes_nothing_is_told() {
    let program = program();
    python(&program, "first", "MIT", "dependencies = [\"click>=8\"]\n");
    let run = program.run(["resolve", "./first", "--constraint", "attrs>=20", "--json"]);
    let answer = run.expect_status(0).json();
    let warnings = answer["resolutions"][0]["warnings"].to_string();
    assert!(
        warnings.contains("`attrs>=20` changed nothing"),
        "{warnings}"
    );
}

#[test]
fn people_get_one_page_with_every_pair() {
    let program = program();
    python(
        &program,
        "first",
        "MIT",
        "dependencies = [\"click==7.0\"]\n",
    );
    python(
        &program,
        "second",
        "Apache-2.0",
        "dependencies = [\"click>=8.1\"]\n",
    );
    python(&program, "third", "MIT", "");
    let run = program.run(["compat", "./first", "./second", "./third"]);
    assert_eq!(run.status, Some(1), "{}", run.stderr);
    for part in [
        "incompatible",
        "no D",
        "ok",
        "./first: click==7.0 at pyproject.toml:5",
        "--constraint './",
        "flowchart LR",
        "no legal advice",
    ] {
        assert!(run.stdout.contains(part), "{part} is not in {}", run.stdout);
    }
}

#[test]
fn licenses_decide_by_themselves() {
    let check = |first: &str,
                 second: &str,
                 outbound: Option<&str>,
                 expected: &str,
                 possible: Option<&str>| {
        let program = program();
        python(&program, "first", first, "");
        python(&program, "second", second, "");
        let mut arguments = vec!["./first", "./second"];
        arguments.extend(outbound.map(|_| "--outbound-license"));
        arguments.extend(outbound);
        let (run, answer) = compat(&program, &arguments);
        let found = verdicts(&answer)[3];
        assert_eq!(
            found, expected,
            "{first} and {second} under {outbound:?}: {answer:#}"
        );
        assert_eq!(run.status, Some(i32::from(expected == "incompatible")));
        if let Some(possible) = possible {
            let all = answer["possible_outbound_licenses"]
                .as_array()
                .expect("licenses");
            assert!(all.iter().any(|one| one == possible), "{answer:#}");
        }
    };
    check("MIT", "Apache-2.0", None, "compatible", Some("Apache-2.0"));
    check("MIT", "GPL-3.0-only", Some("MIT"), "incompatible", None);
    check(GPL_2, "Apache-2.0", None, "incompatible", None);
    check("MIT", "LicenseRef-Own", None, "unknown", None);
}

#[test]
fn bad_arguments_are_refused_with_a_hint() {
    let program = program();
    python(&program, "first", "MIT", "dependencies = [\"six\"]\n");
    python(&program, "second", "MIT", "");
    let check = |arguments: &[&str], part: &str| {
        let (run, answer) = compat(&program, arguments);
        assert_eq!(run.status, Some(2), "{answer:#}");
        assert_eq!(answer["error"]["code"], "E_ARGUMENT", "{answer:#}");
        let message = answer["error"]["message"].as_str().expect("a message");
        assert!(message.contains(part), "{message}");
        assert!(answer["error"]["hint"].is_string(), "{answer:#}");
    };
    let both = ["./first", "./second"];
    check(
        &[&both[..], &["--constraint", "six @ https://host.example/x"]].concat(),
        "direct reference",
    );
    check(&["./first", "./second", "./first"], "named twice");
    check(
        &[&both[..], &["--constraint", "python>=3.10"]].concat(),
        "needs the repository that it is for",
    );
    check(
        &[&both[..], &["--constraint", "./third :: six"]].concat(),
        "no repository of that name",
    );
    check(
        &[&both[..], &["--constraint", "./second :: six"]].concat(),
        "does not ask for that package",
    );
    check(
        &[&both[..], &["--outbound-license", "MITT"]].concat(),
        "MITT",
    );
    check(
        &[&both[..], &["--python", "three"]].concat(),
        "not a Python version",
    );
}

#[test]
fn without_the_solver_what_needs_none_is_still_answered() {
    let program = program().with_env("PATH", "/nowhere");
    python(
        &program,
        "first",
        "MIT",
        "dependencies = [\"click==7.0\"]\n",
    );
    python(
        &program,
        "second",
        "MIT",
        "dependencies = [\"click>=8.1\"]\n",
    );
    python(&program, "third", "MIT", "dependencies = [\"click\"]\n");
    let (run, answer) = compat(&program, &["./first", "./second"]);
    assert_eq!(
        (run.status, verdicts(&answer)[1]),
        (Some(1), "incompatible"),
        "{answer:#}"
    );
    assert_eq!(answer["resolutions"][0]["solver"], "first look");
    let (run, answer) = compat(&program, &["./first", "./third"]);
    assert_eq!(
        (run.status, verdicts(&answer)[1]),
        (Some(0), "unknown"),
        "{answer:#}"
    );
    let finding = &answer["dimensions"]["dependencies"]["findings"][0];
    assert!(
        finding["fix"]
            .as_str()
            .is_some_and(|fix| fix.contains("pip install uv")),
        "{finding:#}"
    );
    let run = program.run(["resolve", "./first", "./third", "--json"]);
    assert_eq!(
        (run.status, &run.json()["error"]["code"]),
        (Some(7), &json!("E_TOOL_MISSING"))
    );
}

#[test]
fn a_kept_answer_serves_again_and_offline() {
    let program = program();
    python(
        &program,
        "first",
        "MIT",
        "requires-python = \">=3.9\"\ndependencies = [\"click>=8.0,<8.1\"]\n",
    );
    python(
        &program,
        "second",
        "MIT",
        "dependencies = [\"click>=8.0.2\"]\n",
    );
    let resolve = |more: &[&str]| {
        let arguments = ["resolve", "./first", "./second", "--json"];
        let run = program.run(arguments.into_iter().chain(more.iter().copied()));
        run.expect_status(0).json()["resolutions"][0].take()
    };
    let first = resolve(&[]);
    assert_eq!(first["kept_for_seconds"], Value::Null, "{first:#}");
    for more in [&[][..], &["--offline"]] {
        let mut again = resolve(more);
        assert!(again["kept_for_seconds"].is_u64(), "{again:#}");
        again
            .as_object_mut()
            .expect("an object")
            .remove("kept_for_seconds");
        assert_eq!(again, first);
    }
    // Another question is another answer.
    let manifest = program.work().join("second/pyproject.toml");
    let text = fs::read_to_string(&manifest)
        .expect("there")
        .replace(">=8.0.2", ">=8.0.1");
    fs::write(&manifest, text).expect("written");
    assert_eq!(resolve(&[])["kept_for_seconds"], Value::Null);
}

#[test]
fn clients_get_the_same_answer_in_a_page() {
    let program = program();
    python(
        &program,
        "first",
        GPL_2,
        "dependencies = [\"click==7.0\"]\n",
    );
    python(
        &program,
        "second",
        "Apache-2.0",
        "dependencies = [\"click>=8.1\"]\n",
    );
    let mut client = program.mcp([""; 0]);
    client.initialize();
    let result = client.call_tool(
        "check_compatibility",
        json!({ "repo_urls": ["./first", "./second"], "max_tokens": 2000 }),
    );
    assert_eq!(result["isError"], false, "{result:#}");
    let answer = &result["structuredContent"];
    assert_eq!(answer["verdict"], "incompatible", "{answer:#}");
    assert_eq!(verdicts(answer)[3], "incompatible", "{answer:#}");
    let steps = answer["next_steps"].to_string();
    assert!(steps.contains("constraints"), "{steps}");
    let text = result["content"][0]["text"].as_str().expect("a text");
    assert!(text.len() <= 6000, "{} bytes", text.len());
    let one = client.call_tool("check_compatibility", json!({ "repo_urls": ["./first"] }));
    assert_eq!(
        one["structuredContent"]["error"]["code"], "E_ARGUMENT",
        "{one:#}"
    );
    let unknown = client.call_tool(
        "check_compatibility",
        json!({ "repo_urls": ["./first", "./second"], "x": 1 }),
    );
    assert_eq!(
        unknown["structuredContent"]["error"]["code"], "E_ARGUMENT",
        "{unknown:#}"
    );
}
