//! `resolve` over local folders: what cannot be together says who asks for what, what cannot be told says so.

use serde_json::{Value, json};

use crate::crafted::{assert_nothing_left, package, program};

/// Resolves two packages with the given lines below `[project]` and gives exit status and answer, and what people get to see.
fn resolve(first: &str, second: &str) -> (Value, String) {
    let program = program();
    package(&program, "first", first, &[("first.py", "")]);
    package(&program, "second", second, &[("second.py", "")]);
    let run = program.run(["resolve", "./first", "./second", "--json"]);
    let people = program.run(["resolve", "./first", "./second"]);
    assert_eq!(run.status, people.status, "{}", people.stderr);
    assert_nothing_left(&program);
    let mut answer = run.json();
    let resolution = answer["resolutions"][0].take();
    assert_eq!(resolution["ecosystem"], "python", "{}", run.stderr);
    (
        json!({ "exit": run.status, "resolution": resolution }),
        people.stdout,
    )
}

#[test]
fn two_pins_that_exclude_each_other_name_both_repositories() {
    let (answer, people) = resolve(
        "dependencies = [\"click==7.0\"]\n",
        "dependencies = [\n  \"click>=8.1\",\n]\n",
    );
    let resolution = &answer["resolution"];
    assert_eq!(answer["exit"], 1, "{answer:#}");
    assert_eq!(
        (&resolution["status"], &resolution["code"]),
        (&json!("unsatisfiable"), &json!("E_UNSATISFIABLE"))
    );
    assert_eq!(resolution["lock"], Value::Null);
    let expected = json!([{
        "what": "click",
        "repositories": ["./first", "./second"],
        "requirements": [
            { "repository": "./first", "specifier": "click==7.0", "manifest": "pyproject.toml", "line": 5 },
            { "repository": "./second", "specifier": "click>=8.1", "manifest": "pyproject.toml", "line": 6 },
        ],
    }]);
    assert_eq!(resolution["conflicts"], expected, "{answer:#}");
    let explanation = resolution["explanation"].as_str().expect("text");
    for text in [explanation, &people] {
        assert!(
            ["./first", "./second", "click==7.0", "click>=8.1"]
                .iter()
                .all(|part| text.contains(part)),
            "{text}"
        );
    }
}

#[test]
fn disjoint_python_versions_name_both_repositories() {
    let (answer, people) = resolve(
        "requires-python = \">=3.12\"\n",
        "requires-python = \"<3.10\"\n",
    );
    let resolution = &answer["resolution"];
    assert_eq!(
        (&answer["exit"], &resolution["status"]),
        (&json!(1), &json!("unsatisfiable")),
        "{answer:#}"
    );
    assert_eq!(resolution["conflicts"][0]["what"], "python", "{answer:#}");
    assert_eq!(
        resolution["conflicts"][0]["repositories"],
        json!(["./first", "./second"])
    );
    let explanation = resolution["explanation"].as_str().expect("text");
    for text in [explanation, &people] {
        assert!(
            ["./first", "./second", ">=3.12", "<3.10"]
                .iter()
                .all(|part| text.contains(part)),
            "{text}"
        );
    }
}

#[test]
fn a_dependency_without_a_wheel_is_unknown_and_named() {
    let (answer, people) = resolve(
        "dependencies = [\"docopt==0.6.2\"]\n",
        "dependencies = []\n",
    );
    let resolution = &answer["resolution"];
    // "It could not be told" is not the answer no.
    assert_eq!(
        (&answer["exit"], &resolution["status"]),
        (&json!(0), &json!("unknown")),
        "{answer:#}"
    );
    assert_eq!(resolution["code"], Value::Null);
    assert_eq!(resolution["conflicts"], json!([]));
    let explanation = resolution["explanation"].as_str().expect("text");
    for text in [explanation, &people] {
        assert!(text.contains("docopt") && text.contains("wheel"), "{text}");
    }
}

#[test]
fn what_fits_is_locked_with_who_asks_for_it() {
    let (answer, _) = resolve(
        "requires-python = \">=3.9\"\ndependencies = [\"click>=8.0,<8.1\"]\n",
        "dependencies = [\"click>=8.0.2\"]\n",
    );
    let resolution = &answer["resolution"];
    assert_eq!(
        (&answer["exit"], &resolution["status"]),
        (&json!(0), &json!("resolved")),
        "{answer:#}"
    );
    let click = resolution["packages"]
        .as_array()
        .expect("packages")
        .iter()
        .find(|package| package["name"] == "click");
    let click = click.unwrap_or_else(|| panic!("{answer:#}"));
    assert_eq!(
        (&click["version"], &click["required_by"]),
        (&json!("8.0.4"), &json!(["./first", "./second"])),
        "{click}"
    );
    let requirements = resolution["requirements_txt"].as_str().expect("text");
    assert!(requirements.contains("click==8.0.4"), "{requirements}");
    assert_eq!(resolution["lock"]["name"], "uv.lock");
    let lock: toml::Table =
        toml::from_str(resolution["lock"]["content"].as_str().expect("text")).expect("TOML");
    assert!(lock["package"].as_array().is_some_and(|packages| {
        packages
            .iter()
            .any(|package| package["name"].as_str() == Some("click"))
    }));
}
