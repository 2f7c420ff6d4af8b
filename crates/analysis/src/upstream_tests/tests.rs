//! Tests of which tests of a source come along with a closure, and what they bring.

use synthesizer_model::{component::Closure, dependency::Ecosystem, progress::Unwatched};

use super::*;
use crate::{closure::Taker, memory_tree::MemoryTree};

fn found(files: &[(&str, &str)], component: &str) -> UpstreamTests {
    let tree = MemoryTree::of_files(
        files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())),
    );
    let source = PythonSource::read(&tree, Some("pkg"), &Unwatched).expect("not cancelled");
    let taker = Taker::new(&tree, &source);
    let selection = taker.select(component).expect(component);
    let selection = without_tests(&tree, &source, &selection);
    let closure: Closure = taker.take(&[selection]);
    let mut plugin = Dependency::new(Ecosystem::Python, "pytest-mock", "pyproject.toml", 1);
    plugin.group = Some("dev".to_owned());
    find(&tree, &source, &closure, &[plugin])
}

const PKG: &[(&str, &str)] = &[
    (
        "src/pkg/__init__.py",
        "from .app import App\nfrom .a import A\n",
    ),
    ("src/pkg/a.py", "class A: ...\n"),
    ("src/pkg/app.py", "class App: ...\n"),
];

/// Checks the paths of what comes along when `pkg.a` is taken, and the kinds of findings.
fn check(files: &[(&str, &str)], paths: &[&str], kinds: &[&str]) -> UpstreamTests {
    let all: Vec<(&str, &str)> = PKG.iter().chain(files).copied().collect();
    let tests = found(&all, "pkg.a");
    let found: Vec<&str> = tests.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(found, paths, "{:?}", tests.findings);
    let found: Vec<&str> = tests.findings.iter().map(|one| one.kind.as_str()).collect();
    assert_eq!(found, kinds, "{:?}", tests.findings);
    tests
}

#[test]
fn a_test_comes_along_when_it_lacks_nothing_at_once() {
    check(
        &[
            ("tests/test_a.py", "from pkg.a import A\nimport pytest\n"),
            (
                "tests/test_both.py",
                "from pkg.a import A\nfrom pkg.app import App\n",
            ),
            ("tests/test_other.py", "from pkg.app import App\n"),
            (
                "tests/test_top.py",
                "import pkg\nfrom pkg import a\npkg.a.A\n",
            ),
        ],
        &["tests/test_a.py", "tests/test_top.py"],
        &["test-left-out"],
    );
    check(
        &[(
            "tests/test_a.py",
            "from pkg.a import A\ndef test():\n    from pkg import App\n    import pkg.app\n",
        )],
        &[],
        &["test-left-out"],
    );
    check(
        &[(
            "tests/test_a.py",
            "from pkg.a import A\ntry:\n    import pkg.app\nexcept ImportError:\n    pass\n",
        )],
        &["tests/test_a.py"],
        &[],
    );
    check(
        &[(
            "tests/test_a.py",
            "import pkg\nimport pkg.a\ndef test():\n    pkg.App()\ndef test_a():\n    pkg.a\n",
        )],
        &["tests/test_a.py"],
        &["test-cut"],
    );
    check(
        &[("tests/test_a.py", "from pkg.a import Gone\n")],
        &[],
        &["test-left-out"],
    );
}

#[test]
fn what_a_test_uses_comes_along() {
    let tests = check(
        &[
            ("tests/__init__.py", ""),
            ("tests/conftest.py", "import pytest\n"),
            ("tests/data/x.json", "{}"),
            ("tests/data/deep/y.txt", ""),
            ("tests/other/z.txt", ""),
            ("tests/helpers.py", "from tests.more import x\n"),
            ("tests/more.py", "import hypothesis\nx = 1\n"),
            ("tests/unused.py", ""),
            (
                "tests/unit/test_a.py",
                "from pkg.a import A\nfrom tests import helpers\nfrom ..more import x\nfrom pathlib import Path\nhere = Path(__file__).parent.parent / 'data'\ndef test(mocker): ...\n",
            ),
            ("tests/unit/__init__.py", ""),
        ],
        &[
            "tests/__init__.py",
            "tests/conftest.py",
            "tests/data/deep/y.txt",
            "tests/data/x.json",
            "tests/helpers.py",
            "tests/more.py",
            "tests/unit/__init__.py",
            "tests/unit/test_a.py",
        ],
        &[],
    );
    let test = tests.files.last().expect("one");
    assert_eq!(test.reason.to_string(), "tests pkg.a");
    assert_eq!(test.names["tests.helpers"], "tests/helpers.py");
    assert_eq!(test.names["tests.more"], "tests/more.py");
    assert_eq!(tests.plugins, ["pytest-mock"]);
    let external: Vec<&str> = tests
        .external
        .iter()
        .map(|one| one.module.as_str())
        .collect();
    assert_eq!(external, ["pytest", "hypothesis"]);
}

#[test]
fn fixtures_that_cannot_come_along_hold_back_the_tests_that_use_them() {
    check(
        &[
            (
                "tests/conftest.py",
                "import pytest\nfrom pkg import App\n@pytest.fixture\ndef app():\n    return App()\n@pytest.fixture\ndef two(): ...\n",
            ),
            ("tests/test_a.py", "from pkg.a import A\n"),
            (
                "tests/test_b.py",
                "from pkg.a import A\ndef test(app): ...\n",
            ),
            (
                "tests/test_c.py",
                "from pkg.a import A\ndef test(app): ...\ndef test_two(two): ...\n",
            ),
        ],
        &["tests/conftest.py", "tests/test_a.py", "tests/test_c.py"],
        &["test-support-cut", "test-left-out", "test-cut"],
    );
    check(
        &[
            (
                "tests/conftest.py",
                "import pkg\ndef pytest_configure(config):\n    pkg.App\n",
            ),
            ("tests/test_a.py", "from pkg.a import A\n"),
        ],
        &["tests/test_a.py"],
        &["test-support-left-out"],
    );
    check(
        &[
            (
                "tests/helpers.py",
                "from pkg.app import App\nfrom pkg.app import *\n",
            ),
            ("tests/test_a.py", "from pkg.a import A\nimport helpers\n"),
            (
                "tests/test_b.py",
                "from pkg.a import A\nimport helpers\ndef test_a(): helpers.x\ndef test_b(): A\n",
            ),
        ],
        &["tests/test_b.py"],
        &["test-left-out", "test-cut"],
    );
}

#[test]
fn tests_inside_the_package_leave_it() {
    let files = [
        ("pkg/__init__.py", ""),
        ("pkg/a.py", "class A: ...\n"),
        ("pkg/tests/__init__.py", ""),
        ("pkg/tests/helpers.py", ""),
        (
            "pkg/tests/test_a.py",
            "from ..a import A\nfrom .helpers import x\n",
        ),
    ];
    let tests = found(&files, "pkg");
    let found: Vec<(&str, Option<&str>)> = tests
        .files
        .iter()
        .map(|file| (file.path.as_str(), file.module.as_deref()))
        .collect();
    assert_eq!(
        found,
        [
            ("pkg/tests/__init__.py", Some("pkg.tests")),
            ("pkg/tests/helpers.py", Some("pkg.tests.helpers")),
            ("pkg/tests/test_a.py", Some("pkg.tests.test_a")),
        ]
    );
    assert_eq!(
        tests.files[2].names["pkg.tests.helpers"],
        "pkg/tests/helpers.py"
    );
}

#[test]
fn names_that_a_package_has_of_taken_modules_are_enough() {
    let tests = check(
        &[
            ("tests/test_a.py", "from pkg import A\n"),
            ("tests/test_b.py", "import pkg\ndef test():\n    pkg.A\n"),
            (
                "tests/test_c.py",
                "import pkg as p\ndef test():\n    p.A, p.App\n",
            ),
            ("tests/test_d.py", "import pkg\ndef test():\n    pkg.App\n"),
        ],
        &["tests/test_a.py", "tests/test_b.py"],
        &["test-left-out"],
    );
    let of = |name: &str| ViewedName::Of {
        module: "pkg.a".to_owned(),
        name: name.to_owned(),
    };
    assert_eq!(
        tests.views["pkg"],
        BTreeMap::from([
            ("A".to_owned(), of("A")),
            ("a".to_owned(), ViewedName::Module("pkg.a".to_owned())),
        ])
    );
    assert_eq!(tests.files[0].views, ["pkg"]);
}
