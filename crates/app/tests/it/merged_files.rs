//! Files in which sources meet: what the project takes of their own, whose each line is, and that the same comes of it again.

use synthesizer_model::synthesis::LockedFile;
use synthesizer_testkit::program::Program;

use crate::{
    crafted::{self, folder, package, synthesized},
    project::Project,
    real_sets::with_tools,
};

fn locked<'l>(files: &'l [LockedFile], path: &str) -> &'l LockedFile {
    let file = files.iter().find(|file| file.path == path);
    file.unwrap_or_else(|| panic!("{path} is in the lock"))
}

fn lines(file: &LockedFile) -> Vec<(u32, u32, &str)> {
    let lines = file.lines.iter();
    lines
        .map(|line| (line.first, line.last, line.source.as_str()))
        .collect()
}

/// Every line that is not of the project itself stands in the source that the lock names, in some form.
fn assert_lines_are_of(project: &Project, path: &str, source: &str, texts: &[&str]) {
    let lock = project.lock();
    let file = locked(&lock.files, path);
    let text = project.text(path);
    let all: Vec<&str> = text.lines().collect();
    let own = file.lines.iter().filter(|line| line.source == source);
    let found: Vec<&str> = own
        .flat_map(|line| &all[line.first as usize - 1..line.last as usize])
        .copied()
        .collect();
    assert_eq!(found, texts, "{path} {source}");
}

fn verified(program: &Program) {
    program
        .run(["verify", "out", "--locked", "--level", "parse"])
        .expect_status(0);
}

#[test]
fn what_git_ignores_and_what_tests_need_comes_of_every_source() {
    let program = crafted::program();
    let options = "[tool.pytest.ini_options]\nmarkers = [\"slow: takes long\"]\nfilterwarnings = [\"ignore::UserWarning\"]\n";
    package(
        &program,
        "one",
        options,
        &[
            ("one/__init__.py", "ONE = 1\n"),
            (
                "tests/test_one.py",
                "import pytest\n\nimport one\n\n\n@pytest.mark.slow\ndef test_one():\n    assert one.ONE == 1\n",
            ),
            (
                ".gitignore",
                "# generated\n/one/made.py\n*.pyc\n__pycache__/\n",
            ),
        ],
    );
    package(
        &program,
        "two",
        "",
        &[
            ("src/two/__init__.py", "TWO = 2\n"),
            (".gitignore", "/src/two/data\n/docs\n!keep.me\n"),
        ],
    );
    package(
        &program,
        "three",
        "",
        &[
            ("three/__init__.py", ""),
            ("three/part.py", "THREE = 3\n"),
            (".gitignore", "never\n"),
        ],
    );
    let sources = ["./one", "./two", "./three#three.part"];
    let (answer, project) = synthesized(&program, &sources, &["--no-verify"]);
    assert_lines_are_of(
        &project,
        ".gitignore",
        "one",
        &[
            "# generated",
            "/src/fresh/one/made.py",
            "/src/fresh/**/*.pyc",
        ],
    );
    assert_lines_are_of(
        &project,
        ".gitignore",
        "two",
        &["/src/fresh/two/data", "!/src/fresh/**/keep.me"],
    );
    assert!(!project.text(".gitignore").contains("never"));
    let lock = project.lock();
    let manifest = locked(&lock.files, "pyproject.toml");
    assert!(!manifest.lines.is_empty());
    assert!(
        lines(manifest)
            .iter()
            .all(|(_, _, source)| *source == "one")
    );
    assert_eq!(manifest.license, "CC0-1.0 AND MIT");
    assert_eq!(manifest.transforms, ["generated", "merged"]);
    let text = project.text("pyproject.toml");
    let all: Vec<&str> = text.lines().collect();
    let slow = all
        .iter()
        .position(|line| line.contains("slow: takes long"));
    let slow = u32::try_from(slow.expect("the marker is there") + 1).expect("fits");
    let is_told = lines(manifest)
        .iter()
        .any(|(first, last, _)| (*first..=*last).contains(&slow));
    assert!(is_told, "{slow} in {:?}: {text}", manifest.lines);
    let planned = answer["plan"]["files"].as_array().expect("files");
    let planned = planned.iter().find(|file| file["path"] == ".gitignore");
    assert_eq!(
        planned.expect("is planned")["merged_from"],
        serde_json::json!(["one", "two"])
    );
    verified(&program);
}

#[test]
fn build_settings_of_a_source_count_for_its_own_crates() {
    let program = with_tools();
    let manifest = |name: &str, more: &str| {
        format!(
            "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\nlicense = \"MIT\"\n{more}"
        )
    };
    for (name, more) in [
        (
            "one",
            "[profile.dev]\nopt-level = 1\n[profile.release]\nlto = true\n",
        ),
        ("two", "[profile.dev]\nopt-level = 2\n"),
    ] {
        let manifest = manifest(name, more);
        let files = [
            ("Cargo.toml", manifest.as_str()),
            ("src/lib.rs", "//! One.\n"),
        ];
        folder(&program, name, &files);
    }
    let more = ["--ecosystem", "cargo", "--level", "install"];
    let (answer, project) = synthesized(&program, &["./one", "./two"], &more);
    let text = project.text("Cargo.toml");
    assert!(
        text.ends_with(
            "[profile.dev.package.one]\nopt-level = 1\n\n[profile.dev.package.two]\nopt-level = 2\n"
        ),
        "{text}"
    );
    let lock = project.lock();
    let found: Vec<&str> = lines(locked(&lock.files, "Cargo.toml"))
        .into_iter()
        .map(|(_, _, source)| source)
        .collect();
    assert_eq!(found, ["one", "two"]);
    let told = crafted::findings(&answer, "settings-not-taken");
    assert!(
        told.iter().any(|what| what.contains("release.lto")),
        "{told:?}"
    );
    assert_eq!(crafted::checks(&answer)["compile"], "passed", "{answer:#}");
    verified(&program);
}

#[test]
fn settings_of_test_runners_go_beside_their_tests() {
    let program = crafted::program();
    let manifest = r#"{"name": "one", "version": "1.0.0", "license": "MIT", "type": "module",
      "mocha": {"ui": "tdd", "require": "./setup.js"}, "devDependencies": {"mocha": "^10.0.0"},
      "scripts": {"test": "mocha"}}"#;
    folder(
        &program,
        "one",
        &[
            ("package.json", manifest),
            ("lib/one.js", "export const one = 1;\n"),
            (
                "test/one.test.js",
                "import assert from 'node:assert';\nimport { one } from '../lib/one.js';\nsuite('one', () => { test('is', () => assert.equal(one, 1)); });\n",
            ),
        ],
    );
    let more = ["--ecosystem", "npm", "--no-verify"];
    let (answer, project) = synthesized(&program, &["./one#lib/one.js"], &more);
    assert_lines_are_of(
        &project,
        "tests/one/package.json",
        "one",
        &["  \"mocha\": {", "    \"ui\": \"tdd\"", "  }"],
    );
    let told = crafted::findings(&answer, "settings-not-taken");
    assert!(
        told.iter().any(|what| what.contains("mocha.require")),
        "{told:?}"
    );
    verified(&program);
}
