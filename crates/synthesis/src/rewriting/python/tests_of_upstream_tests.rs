//! Tables for what only tests of a source have: modules beside them, views of packages, names in strings; and for examples of docstrings.

use std::collections::BTreeMap;

use synthesizer_model::{
    component::{ClosureFile, Reason},
    finding::Severity,
};

use super::{MovedFile, NewNames, TestNames, rewrite};
use crate::families::python::sample::{input, path, python_facts, request, source, source_file};

/// Rewrites a test of the package `pkg`, whose own file is not taken; `tests.helpers` moves along.
fn check(before: &str, after: &str, findings: &[&str]) {
    let sources = vec![source(
        "pkg",
        &[
            (
                "pkg/a.py",
                "import logging\nlog = logging.getLogger(__name__)\nclass A: ...\n",
            ),
            ("pkg/sub/__init__.py", ""),
        ],
        &["pkg/__init__.py"],
    )];
    let request = request(&sources);
    let input = input(&request, sources);
    let source = &input.sources[0];
    let names = NewNames::of(&input, source);
    let tests = TestNames {
        modules: BTreeMap::from([
            ("tests".to_owned(), "tests.pkg.tests".to_owned()),
            (
                "tests.helpers".to_owned(),
                "tests.pkg.tests.helpers".to_owned(),
            ),
            ("helpers".to_owned(), "tests.pkg.tests.helpers".to_owned()),
        ]),
        views: BTreeMap::from([("pkg".to_owned(), "tests.pkg._packages.pkg".to_owned())]),
        is_cut: false,
        above: BTreeMap::new(),
    };
    let file = ClosureFile {
        path: path("tests/test_a.py"),
        module: Some("tests.test_a".to_owned()),
        import_path: "tests/test_a.py".to_owned(),
        reason: Reason::Requested,
    };
    let facts = python_facts(before.as_bytes(), true);
    let rewritten = rewrite(&MovedFile {
        source,
        names: &names,
        file: &file,
        contents: &source_file(before.as_bytes()),
        facts: facts.as_ref(),
        package: "toolbox",
        tests: Some(&tests),
    });
    let text = std::str::from_utf8(&rewritten.contents).expect("UTF-8");
    assert_eq!(text, after, "{:?}", rewritten.findings);
    let kinds: Vec<&str> = rewritten
        .findings
        .iter()
        .map(|one| one.kind.as_str())
        .collect();
    assert_eq!(kinds, findings, "from {before:?}");
    assert!(
        rewritten
            .findings
            .iter()
            .all(|one| one.severity < Severity::Error)
    );
}

#[test]
fn what_lies_beside_a_test_moves_along() {
    check("from . import helpers\n", "from . import helpers\n", &[]);
    check("from .helpers import x\n", "from .helpers import x\n", &[]);
    check(
        "from tests.helpers import x\n",
        "from tests.pkg.tests.helpers import x\n",
        &[],
    );
    check(
        "import helpers\nhelpers.x\n",
        "import tests.pkg.tests.helpers as helpers\nhelpers.x\n",
        &[],
    );
}

#[test]
fn packages_without_their_file_are_seen_through_views() {
    check(
        "from pkg import A\nimport pkg.sub\npkg.sub\n",
        "from tests.pkg._packages.pkg import A\nimport tests.pkg._packages.pkg as pkg\npkg.sub\n",
        &[],
    );
    check(
        "import pkg as p\nfrom pkg.a import A\n",
        "import tests.pkg._packages.pkg as p\nfrom toolbox.pkg.a import A\n",
        &[],
    );
    check(
        "from pkg.gone import x\n",
        "from toolbox.pkg.gone import x\n",
        &["missing-module"],
    );
}

#[test]
fn names_in_strings_of_tests_follow_where_they_are_surely_names() {
    check(
        "mock.patch(\"pkg.a.A\")\n",
        "mock.patch(\"toolbox.pkg.a.A\")\n",
        &[],
    );
    check(
        "monkeypatch.setattr(\n    'pkg.a.A.x', 1)\n",
        "monkeypatch.setattr(\n    'toolbox.pkg.a.A.x', 1)\n",
        &[],
    );
    check(
        "run([python, '-m', 'pkg.a'])\npytest.importorskip('json.x')\n",
        "run([python, '-m', 'toolbox.pkg.a'])\npytest.importorskip('json.x')\n",
        &[],
    );
    check(
        "caplog.at_level(1, logger='pkg.a')\n",
        "caplog.at_level(1, logger='toolbox.pkg.a')\n",
        &[],
    );
    check(
        "assert x == 'pkg.a.A'\n",
        "assert x == 'pkg.a.A'\n",
        &["test-names-kept"],
    );
    check(
        "mock.patch('os.path.x')\n",
        "mock.patch('os.path.x')\n",
        &[],
    );
}

#[test]
fn texts_that_become_code_import_the_new_modules() {
    check(
        "x = \"__import__('pkg.a').a.A\"\n",
        "x = \"__import__('toolbox.pkg.a').pkg.a.A\"\n",
        &[],
    );
    check("__import__('json')\n", "__import__('json')\n", &[]);
}

#[test]
fn examples_of_docstrings_import_the_new_modules() {
    let text = "\"\"\"Doc.\n\n>>> from pkg.a import A\n>>> import pkg.a as b, json\n>>> import pkg.sub\n\"\"\"\n";
    let sources = vec![source(
        "pkg",
        &[("pkg/a.py", text), ("pkg/sub.py", "")],
        &["pkg/__init__.py"],
    )];
    let request = request(&sources);
    let input = input(&request, sources);
    let source = &input.sources[0];
    let file = &source.closure.files[0];
    let rewritten = rewrite(&MovedFile {
        source,
        names: &NewNames::of(&input, source),
        file,
        contents: &source.files[&file.path],
        facts: source.python.get(&file.path),
        package: "toolbox",
        tests: None,
    });
    let after = "\"\"\"Doc.\n\n>>> from toolbox.pkg.a import A\n>>> import toolbox.pkg.a as b, json\n>>> import pkg.sub\n\"\"\"\n";
    assert_eq!(
        std::str::from_utf8(&rewritten.contents).expect("UTF-8"),
        after
    );
    let found: Vec<(&str, Option<u32>)> = rewritten
        .findings
        .iter()
        .map(|one| (one.kind.as_str(), one.line))
        .collect();
    assert_eq!(found, [("doctest-import", Some(5))]);
}
