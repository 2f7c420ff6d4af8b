//! Upstream tests come along with what is taken, are rewritten and run, and can be left behind. The source is a folder; `uv` locks from the
//! user's own indexes.

use serde_json::Value;

use crate::crafted::{package, program, synthesize};

const FILES: &[(&str, &str)] = &[
    (
        "src/pkg/__init__.py",
        "from .app import App\nfrom .a import A\n",
    ),
    ("src/pkg/a.py", "class A:\n    value = 1\n"),
    ("src/pkg/app.py", "class App: ...\n"),
    ("tests/data/one.txt", "1"),
    (
        "tests/test_a.py",
        "from pathlib import Path\nfrom unittest import mock\nfrom pkg import A\n\n\
         def test_value():\n    assert A.value == int((Path(__file__).parent / \"data\" / \"one.txt\").read_text())\n\n\
         def test_patched():\n    with mock.patch(\"pkg.a.A.value\", 2):\n        assert A.value == 2\n",
    ),
    (
        "tests/test_app.py",
        "from pkg.app import App\nfrom pkg.a import A\n",
    ),
];

fn tests_of(answer: &Value) -> Vec<&str> {
    let files = answer["plan"]["files"].as_array().expect("files").iter();
    files
        .filter(|file| file["origin"] != "generated")
        .filter_map(|file| file["path"].as_str())
        .filter(|path| path.starts_with("tests/"))
        .collect()
}

#[test]
fn tests_of_what_is_taken_come_along_and_pass() {
    let program = program();
    package(&program, "pkg", "", FILES);
    let run = synthesize(&program, &["./pkg#pkg.a"], &["--level", "test"]);
    let answer = run.expect_status(0).json();
    assert_eq!(
        tests_of(&answer),
        ["tests/pkg/tests/data/one.txt", "tests/pkg/tests/test_a.py"]
    );
    let kinds = answer["plan"]["findings"].as_array().expect("findings");
    let left: Vec<&str> = kinds
        .iter()
        .filter(|finding| finding["kind"] == "test-left-out")
        .filter_map(|finding| finding["path"].as_str())
        .collect();
    assert_eq!(left, ["tests/test_app.py"]);
    let checks = answer["verification"]["checks"].as_array().expect("checks");
    let tests = checks.iter().find(|check| check["name"] == "tests");
    let tests = tests.expect("the tests were run");
    assert_eq!(tests["result"], "passed", "{tests}");
}

#[test]
fn tests_stay_behind_when_they_are_not_wanted() {
    let program = program();
    package(&program, "pkg", "", FILES);
    let run = synthesize(&program, &["./pkg#pkg.a"], &["--no-tests", "--dry-run"]);
    assert_eq!(tests_of(&run.expect_status(0).json()), Vec::<&str>::new());
}
