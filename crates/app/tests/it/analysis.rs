//! What `analyze` tells of a real package, compared with its manifest as the test reads it.

use std::collections::BTreeSet;

use serde_json::Value;
use synthesizer_testkit::published::fetch_source;

use crate::crafted::{assert_nothing_left, program};

#[test]
fn flask_has_its_own_dependencies_and_no_others() {
    let program = program();
    let answer = program
        .run(["analyze", "pypi:flask@3.1.0", "--json"])
        .expect_status(0)
        .json();
    assert_nothing_left(&program);
    let folder = tempfile::tempdir().expect("a folder");
    let original = fetch_source("flask", "3.1.0", folder.path());
    let manifest = std::fs::read_to_string(original.join("pyproject.toml")).expect("the manifest");
    let line_of = |text: &str| {
        let found = manifest.lines().position(|line| line.contains(text));
        found.unwrap_or_else(|| panic!("the manifest has {text}")) + 1
    };
    let direct = answer["dependencies"]["direct"].as_array().expect("direct");
    let in_group = |group: Option<&str>| {
        let mut found: Vec<(String, u64)> = direct
            .iter()
            .filter(|dependency| dependency["group"].as_str() == group)
            .map(|dependency| {
                assert_eq!(
                    (&dependency["manifest"], &dependency["ecosystem"]),
                    (&Value::from("pyproject.toml"), &Value::from("python")),
                    "{dependency}"
                );
                let marker = dependency["marker"]
                    .as_str()
                    .map_or_else(String::new, |marker| format!("; {marker}"));
                let text = format!(
                    "{}{}{marker}",
                    dependency["name"].as_str().expect("text"),
                    dependency["specifier"].as_str().expect("text")
                );
                (text, dependency["line"].as_u64().expect("a line"))
            })
            .collect();
        found.sort();
        found
    };
    let expected = |texts: &[&str]| {
        let mut expected: Vec<(String, u64)> = texts
            .iter()
            .map(|text| ((*text).to_owned(), line_of(&format!("\"{text}\"")) as u64))
            .collect();
        expected.sort();
        expected
    };
    let runtime = [
        "Werkzeug>=3.1",
        "Jinja2>=3.1.2",
        "itsdangerous>=2.2",
        "click>=8.1.3",
        "blinker>=1.9",
        "importlib-metadata>=3.6; python_version < '3.10'",
    ];
    assert_eq!(in_group(None), expected(&runtime));
    assert_eq!(in_group(Some("async")), expected(&["asgiref>=3.2"]));
    assert_eq!(in_group(Some("dotenv")), expected(&["python-dotenv"]));
    let summary = &answer["dependencies"]["summary"];
    assert_eq!(
        (&summary["direct_count"], &summary["optional_count"]),
        (&Value::from(6), &Value::from(2)),
        "{summary}"
    );
    assert_eq!(summary["conflict_count"], 0);
    let foreign: Vec<&Value> = direct
        .iter()
        .filter(|dependency| {
            let manifest = dependency["manifest"].as_str().expect("text");
            ["examples/", "docs/", "tests/"]
                .iter()
                .any(|folder| manifest.starts_with(folder))
        })
        .collect();
    assert_eq!(foreign, [&Value::Null; 0]);

    let transitive: BTreeSet<&str> = answer["dependencies"]["transitive"]
        .as_array()
        .expect("transitive")
        .iter()
        .filter_map(|package| package["name"].as_str())
        .collect();
    assert!(
        transitive.contains("markupsafe") && !transitive.contains("werkzeug"),
        "{transitive:?}"
    );
    assert_eq!(
        answer["licenses"]["detected"][0]["spdx"], "BSD-3-Clause",
        "{}",
        answer["licenses"]
    );
    assert_eq!(answer["repository"]["version"], "3.1.0");
    let components = answer["components"].as_array().expect("components");
    let tag = components
        .iter()
        .find(|component| component["id"] == "flask.json.tag")
        .expect("flask.json.tag");
    assert_eq!(tag["files"].as_array().map(Vec::len), Some(4), "{tag:#}");
    assert_eq!(
        tag["external_dependencies"],
        serde_json::json!(["markupsafe", "werkzeug"]),
        "{tag:#}"
    );
}
