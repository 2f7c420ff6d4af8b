//! What moved JavaScript tests need of their source's test runner settings: how tests are written, how long they may take, where they run.
//!
//! They go beside the tests of that source, where the runner looks first, so that no source decides for another. What would load code is
//! not taken: it names files and packages that may not be there.

use serde_json::{Map, Value};
use synthesizer_model::finding::{Finding, Severity};

use super::merged::{MergeSource, finding, listed};

/// A test runner: its field in `package.json`, its own file, and the settings that are taken.
struct Runner {
    field: &'static str,
    file: &'static str,
    taken: &'static [&'static str],
}

const RUNNERS: &[Runner] = &[
    Runner {
        field: "mocha",
        file: ".mocharc.json",
        taken: &["async-only", "check-leaks", "checkLeaks", "timeout", "ui"],
    },
    Runner {
        field: "jest",
        file: "jest.config.json",
        taken: &["injectGlobals", "testEnvironment", "testTimeout"],
    },
];

/// Gives the part of a `package.json` with the settings of a source's runners, and what is not taken of them.
pub(super) fn confined(source: &MergeSource<'_>) -> (Option<String>, Vec<Finding>) {
    let Ok(Value::Object(document)) = serde_json::from_str(source.text) else {
        return (None, Vec::new());
    };
    let mut part = Map::new();
    let mut left = Vec::new();
    for runner in RUNNERS {
        let settings = match source.path {
            "package.json" => document.get(runner.field).and_then(Value::as_object),
            path if path == runner.file => Some(&document),
            _ => None,
        };
        let mut taken = Map::new();
        for (name, value) in settings.into_iter().flatten() {
            let is_plain = match value {
                Value::String(text) => is_word(text),
                Value::Bool(_) | Value::Number(_) => true,
                _ => false,
            };
            if is_plain && runner.taken.contains(&name.as_str()) {
                taken.insert(name.clone(), value.clone());
            } else {
                left.push(format!("{}.{name}", runner.field));
            }
        }
        if !taken.is_empty() {
            part.insert(runner.field.to_owned(), Value::Object(taken));
        }
    }
    let mut findings = Vec::new();
    if !left.is_empty() {
        let what = format!(
            "the settings {} of the test runner are not taken; add them to package.json beside its tests if they need them",
            listed(&left)
        );
        findings.push(finding(
            Severity::Info,
            "settings-not-taken",
            source,
            None,
            &what,
        ));
    }
    let part = (!part.is_empty()).then(|| Value::Object(part).to_string());
    (part, findings)
}

/// A name such as `tdd` or `node`, and a time such as `10s`; a path would name what may not be there.
fn is_word(text: &str) -> bool {
    let sign = |character: char| character.is_ascii_alphanumeric() || character == '-';
    !text.is_empty() && text.len() <= 40 && text.chars().all(sign)
}

/// Says whether a manifest makes modules of the files below it.
pub(super) fn is_module(manifest: &str) -> bool {
    serde_json::from_str::<Value>(manifest)
        .is_ok_and(|document| document.get("type").and_then(Value::as_str) == Some("module"))
}

/// Gives the manifest of a folder that has none yet and whose files stay of the same kind as before.
pub(super) fn beginning(is_module: bool) -> String {
    let kind = if is_module {
        ",\n  \"type\": \"module\""
    } else {
        ""
    };
    format!("{{\n  \"private\": true{kind}\n}}\n")
}

#[cfg(test)]
mod tests {
    use super::super::Extent;
    use super::*;

    fn check(path: &str, text: &str, expected: Option<&str>, told: usize) {
        let source = MergeSource {
            id: "x",
            path,
            text,
            extent: Extent::Component,
            folder: "",
        };
        let (part, findings) = confined(&source);
        assert_eq!(
            (part.as_deref(), findings.len()),
            (expected, told),
            "{text}"
        );
    }

    #[test]
    fn settings_that_load_nothing_are_taken() {
        check(
            "package.json",
            r#"{"mocha": {"ui": "tdd", "timeout": 5000, "require": ["./setup"]}, "ava": {}}"#,
            Some(r#"{"mocha":{"ui":"tdd","timeout":5000}}"#),
            1,
        );
        check(".mocharc.json", r#"{"ui": "./own-ui.js"}"#, None, 1);
        check(
            "jest.config.json",
            r#"{"testEnvironment": "node"}"#,
            Some(r#"{"jest":{"testEnvironment":"node"}}"#),
            0,
        );
        check("package.json", "{}", None, 0);
        check("package.json", "{", None, 0);
        check("other.json", r#"{"ui": "tdd"}"#, None, 0);
    }
}
