//! The rules of closure, placement and rewriting, each on a small package that is synthesised and then run.

use std::collections::BTreeMap;

use synthesizer_testkit::package_index::Package;

use crate::{
    crafted::{
        assert_nothing_left, assert_verified, checks, findings, folder, package,
        program_with_index, synthesize, synthesized,
    },
    oracle,
};

/// A package that reaches its own modules and data in every way that can be followed.
const SAMPLE: &[(&str, &str)] = &[
    (
        "src/sample/__init__.py",
        "raise RuntimeError('the parent was run')\n",
    ),
    ("src/sample/core.py", SAMPLE_CORE),
    ("src/sample/late.py", "VALUE = 'late'\n"),
    ("src/sample/data/table.csv", "a,b\n"),
    ("src/sample/data/unused.csv", "c,d\n"),
    (
        "src/sample/tools/__init__.py",
        "raise RuntimeError('the parent was run')\n",
    ),
    (
        "src/sample/tools/numbers.py",
        "from importlib import import_module\n\n\ndef double(number):\n    return 2 * number\n\n\ndef computed(name):\n    return import_module(name)\n",
    ),
    (
        "src/sample/tools/text.py",
        "class Word(str):\n    pass\n\n\ndef shout(word):\n    return Word(word.upper())\n",
    ),
    ("src/sample/tools/words.txt", "words\n"),
    ("src/sample/unused.py", "raise RuntimeError('not needed')\n"),
    ("LICENSE", "MIT License\n"),
];

const SAMPLE_CORE: &str = r#""""Uses sample.tools.text in many ways."""
import logging
import pkgutil
import sys
from importlib import import_module, metadata
from pathlib import Path

import sample.tools.text
import sample.tools.numbers as numbers

TABLE = Path(__file__).parent / "data/table.csv"
log = logging.getLogger("sample.core")


def run(word: "sample.tools.text.Word") -> "list[sample.tools.text.Word]":
    here: "sample.tools.text.Word" = sample.tools.text.shout(word)
    return [
        here,
        type(here).__module__,
        numbers.double(21),
        import_module("sample.late").VALUE,
        TABLE.read_text().strip(),
        pkgutil.get_data("sample.tools", "words.txt").decode().strip(),
        metadata.version("sample"),
        sys.modules["sample.tools.text"].__name__,
        "sample.tools.text stays in this text",
    ]


def shadowed(sample):
    return sample.tools
"#;

#[test]
fn moved_code_finds_its_modules_and_data_under_the_new_names() {
    let (_index, program) = program_with_index(Vec::new());
    let original = package(&program, "sample", "", SAMPLE);
    let (answer, project) = synthesized(&program, &["./sample#sample.core"], &[]);
    assert_verified(&answer);
    assert_nothing_left(&program);
    let moved: Vec<String> = project.moved().into_keys().collect();
    let expected = [
        "core.py",
        "data/table.csv",
        "late.py",
        "tools/numbers.py",
        "tools/text.py",
        "tools/words.txt",
    ];
    assert_eq!(
        moved,
        expected.map(|path| format!("src/fresh/sample/{path}"))
    );
    for parent in [
        "src/fresh/sample/__init__.py",
        "src/fresh/sample/tools/__init__.py",
    ] {
        assert_eq!(project.text(parent), "");
    }
    project.assert_committed();
    project.assert_recorded(&[("sample", &original)]);
    project.assert_portable(&program, &[]);
    assert_eq!(
        oracle::project(&project.source(), "fresh", &["sample"]).problems,
        [""; 0]
    );
    let printed = project.run_python(
        "import fresh.sample.core as core, json, typing, types\n\
         hints = typing.get_type_hints(core.run)\n\
         print(json.dumps([core.run('x'), hints['word'].__module__, hints['return'].__args__[0].__module__]))\n\
         print(core.shadowed(types.SimpleNamespace(tools='own')))\n",
    );
    let text = "fresh.sample.tools.text";
    let expected = format!(
        "[[\"X\", \"{text}\", 42, \"late\", \"a,b\", \"words\", \"1.2.3\", \"{text}\", \"sample.tools.text stays in this text\"], \
         \"{text}\", \"{text}\"]\nown\n"
    );
    assert_eq!(printed, expected);
    let line = |text: &str| {
        SAMPLE_CORE
            .lines()
            .position(|line| line.contains(text))
            .expect("it is there")
            + 1
    };
    let computed = findings(&answer, "computed-import");
    assert_eq!(computed.len(), 1, "{computed:?}");
    assert!(
        computed[0].starts_with("src/sample/tools/numbers.py:9 "),
        "{computed:?}"
    );
    let logger = findings(&answer, "logger-name");
    assert!(
        logger.len() == 1
            && logger[0].starts_with(&format!("src/sample/core.py:{} ", line("getLogger"))),
        "{logger:?}"
    );
}

#[test]
fn a_destination_and_a_symbol_are_where_the_answer_says() {
    let (_index, program) = program_with_index(Vec::new());
    package(&program, "sample", "", SAMPLE);
    let repositories = [
        "./sample#sample.core=>vendor/inner",
        "./sample#sample.tools.text:shout",
    ];
    let (answer, project) = synthesized(&program, &repositories, &[]);
    assert_verified(&answer);
    let hints: BTreeMap<&str, &str> = answer["imports"]
        .as_array()
        .expect("imports")
        .iter()
        .map(|hint| {
            (
                hint["component"].as_str().expect("text"),
                hint["import_as"].as_str().expect("text"),
            )
        })
        .collect();
    let expected = [
        ("sample.core", "import fresh.vendor.inner.sample.core"),
        (
            "sample.tools.text:shout",
            "from fresh.sample.tools.text import shout",
        ),
    ];
    assert_eq!(hints, expected.into());
    for statement in hints.values() {
        project.run_python(statement);
    }
    // Two destinations are two copies that know nothing of each other.
    let copies = findings(&answer, "two-live-copies");
    assert!(
        copies.len() == 1 && copies[0].contains("sample"),
        "{copies:?}"
    );
}

#[test]
fn a_parent_whose_names_are_used_comes_along() {
    let (_index, program) = program_with_index(Vec::new());
    let files = [
        (
            "parent/__init__.py",
            "from .base import BASE\nLEVEL = BASE + 1\n",
        ),
        ("parent/base.py", "BASE = 1\n"),
        (
            "parent/user.py",
            "from . import LEVEL\nfrom parent import plain\nvalue = LEVEL + plain.ONE\n",
        ),
        ("parent/plain.py", "ONE = 1\n"),
        ("parent/other.py", "raise RuntimeError('not needed')\n"),
    ];
    package(&program, "parent", "", &files);
    let (answer, project) = synthesized(&program, &["./parent#parent.user"], &[]);
    assert_verified(&answer);
    let moved: Vec<String> = project.moved().into_keys().collect();
    assert_eq!(
        moved,
        ["__init__.py", "base.py", "plain.py", "user.py"]
            .map(|name| format!("src/fresh/parent/{name}"))
    );
    assert_eq!(
        project.run_python("import fresh.parent.user as user; print(user.value)"),
        "3\n"
    );
}

#[test]
fn a_package_without_init_files_stays_one() {
    let (_index, program) = program_with_index(Vec::new());
    let files = [
        (
            "src/space/part/module.py",
            "from space.other import NAME\nimport space.other\nVALUE = NAME + space.other.NAME\n",
        ),
        ("src/space/other.py", "NAME = 'n'\n"),
    ];
    package(&program, "space-part", "", &files);
    let (answer, project) = synthesized(&program, &["./space-part#space.part.module"], &[]);
    assert_verified(&answer);
    let python: Vec<String> = project
        .files()
        .into_keys()
        .filter(|path| path.starts_with("src/") && path.ends_with(".py"))
        .collect();
    let expected = ["__init__.py", "space/other.py", "space/part/module.py"];
    assert_eq!(python, expected.map(|path| format!("src/fresh/{path}")));
    assert_eq!(
        project.run_python("import fresh.space.part.module as module; print(module.VALUE)"),
        "nn\n"
    );
}

/// `alpha` uses `beta`, which is placed too.
const ALPHA: (&str, &str) = (
    "alpha.py",
    "from beta.tools import twice\nimport beta.tools as tools\n\n\ndef four():\n    return twice(tools.ONE + 1)\n",
);
const BETA: [(&str, &str); 3] = [
    ("beta/__init__.py", ""),
    (
        "beta/tools.py",
        "from .inner import ONE\n\n\ndef twice(number):\n    return 2 * number\n",
    ),
    ("beta/inner.py", "ONE = 1\n"),
];

#[test]
fn an_import_of_another_source_is_a_dependency_unless_linked() {
    let published = || {
        let files = BETA.map(|(path, text)| (path, text.as_bytes()));
        Package::new("beta", "2.0").with_wheel(&files, &[])
    };
    let write = |program: &_| {
        package(
            program,
            "alpha",
            "dependencies = [\"beta>=1.5\"]\n",
            &[ALPHA],
        );
        package(program, "beta", "", &BETA);
    };
    let repositories = ["./alpha", "./beta#beta.inner"];

    let (_index, program) = program_with_index(vec![published()]);
    write(&program);
    let (answer, project) = synthesized(&program, &repositories, &[]);
    assert_verified(&answer);
    assert_eq!(project.dependencies(), ["beta>=1.5"]);
    assert_eq!(project.text("src/fresh/alpha.py"), ALPHA.1);
    let copies = findings(&answer, "two-live-copies");
    assert!(
        copies.len() == 1 && copies[0].contains("beta"),
        "{copies:?}"
    );
    assert!(
        answer["warnings"].to_string().contains("beta"),
        "{}",
        answer["warnings"]
    );

    let (index, program) = program_with_index(vec![published()]);
    write(&program);
    let (answer, project) = synthesized(&program, &repositories, &["--link"]);
    assert_verified(&answer);
    assert_eq!(project.dependencies(), [""; 0]);
    assert_eq!(findings(&answer, "two-live-copies"), [""; 0]);
    assert_eq!(
        project.run_python("import fresh.alpha as alpha; print(alpha.four())"),
        "4\n"
    );
    let asked_for_beta = index
        .requests()
        .iter()
        .any(|request| request.target.contains("beta"));
    assert!(!asked_for_beta, "{:?}", index.requests());
}

#[test]
fn a_guarded_import_becomes_an_extra_and_is_told() {
    let speedy = Package::new("speedy", "2.1").with_wheel(&[("speedy.py", b"fast = True\n")], &[]);
    let (_index, program) = program_with_index(vec![speedy]);
    let text = "try:\n    import speedy\nexcept ImportError:\n    speedy = None\ntry:\n    import nobody_has_this\nexcept ImportError:\n    nobody_has_this = None\n";
    let manifest = "[project.optional-dependencies]\nfast = [\"speedy>=2\"]\n";
    package(&program, "guarded", manifest, &[("guarded.py", text)]);
    let (answer, project) = synthesized(&program, &["./guarded"], &[]);
    assert_verified(&answer);
    assert_eq!(project.dependencies(), [""; 0]);
    assert_eq!(
        project.extras(),
        [("speedy".to_owned(), vec!["speedy>=2".to_owned()])].into()
    );
    let told = findings(&answer, "optional-import");
    assert!(
        told.len() == 1 && told[0].starts_with("guarded.py:2 ") && told[0].contains("speedy"),
        "{told:?}"
    );
    let unknown = findings(&answer, "unknown-distribution");
    assert!(
        unknown.len() == 1
            && unknown[0].starts_with("guarded.py:6 ")
            && unknown[0].contains("nobody_has_this"),
        "{unknown:?}"
    );
}

#[test]
fn an_import_that_no_file_provides_stops_the_synthesis() {
    let (_index, program) = program_with_index(Vec::new());
    let files = [
        ("src/fast/__init__.py", ""),
        ("src/fast/core.py", "import math\nfrom ._speed import add\n"),
        ("src/fast/_speed.pyx", "def add(a, b): return a + b\n"),
        (
            "src/fast/lazy.py",
            "def add():\n    from . import _speed\n    return _speed.add\n",
        ),
        (
            "src/fast/careful.py",
            "try:\n    from ._speed import add\nexcept ImportError:\n    add = sum\n",
        ),
    ];
    package(&program, "fast", "", &files);
    for (component, place) in [
        ("fast.core", "src/fast/core.py:2"),
        ("fast.lazy", "src/fast/lazy.py:2"),
    ] {
        let run = synthesize(&program, &[&format!("./fast#{component}")], &[]).expect_status(1);
        let error = &run.json()["error"];
        assert_eq!(error["code"], "E_INCOMPATIBLE", "{error:#}");
        let message = error["message"].as_str().expect("text");
        assert!(
            message.contains(place) && message.contains("fast._speed"),
            "{message}"
        );
        assert!(!program.work().join("out").exists());
        assert_nothing_left(&program);
    }
    let (answer, project) = synthesized(&program, &["./fast#fast.careful"], &[]);
    assert_verified(&answer);
    assert_eq!(
        project.run_python("import fresh.fast.careful as careful; print(careful.add([1, 2]))"),
        "3\n"
    );
}

#[test]
fn a_failed_verification_is_an_answer_and_can_keep_the_project_back() {
    let (_index, program) = program_with_index(Vec::new());
    package(
        &program,
        "broken",
        "",
        &[("broken.py", "import json\nraise ValueError('on import')\n")],
    );
    let run = synthesize(&program, &["./broken"], &["--require-verified"]).expect_status(1);
    assert_eq!(
        (&run.json()["code"], &run.json()["project_path"]),
        (&"E_VERIFY".into(), &serde_json::Value::Null)
    );
    assert!(!program.work().join("out").exists());
    assert_nothing_left(&program);
    let run = synthesize(&program, &["./broken"], &[]).expect_status(1);
    let answer = run.json();
    assert_eq!(
        (&answer["code"], &answer["status"]),
        (&"E_VERIFY".into(), &"verification_failed".into())
    );
    let checks = checks(&answer);
    assert_eq!(
        (checks["parse"].as_str(), checks["import"].as_str()),
        ("passed", "failed")
    );
    let shown = answer["verification"].to_string();
    assert!(
        shown.contains("fresh.broken") && shown.contains("ValueError: on import"),
        "{shown}"
    );
    crate::project::Project::at(program.work().join("out")).assert_committed();
}

#[test]
fn a_dry_run_writes_nothing_and_an_unverified_project_says_so() {
    let (_index, program) = program_with_index(Vec::new());
    package(&program, "sample", "", SAMPLE);
    let run = synthesize(&program, &["./sample#sample.core"], &["--dry-run"]).expect_status(0);
    let planned = run.json();
    assert_eq!(
        (&planned["status"], &planned["project_path"]),
        (&"planned".into(), &serde_json::Value::Null)
    );
    assert!(!program.work().join("out").exists());
    let (answer, project) = synthesized(&program, &["./sample#sample.core"], &["--no-verify"]);
    assert_eq!(answer["verification"], serde_json::Value::Null);
    assert!(
        answer["warnings"].to_string().contains("not verified"),
        "{}",
        answer["warnings"]
    );
    let paths = |answer: &serde_json::Value| {
        let files = answer["plan"]["files"].as_array().expect("files").iter();
        files
            .map(|file| file["path"].as_str().expect("text").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(paths(&planned), paths(&answer));
    let mut there: Vec<String> = project.files().into_keys().collect();
    there.retain(|path| !paths(&answer).contains(path));
    assert_eq!(there, [""; 0], "files that no plan names");
}

#[test]
fn an_unknown_license_is_a_warning_and_unknown() {
    let (_index, program) = program_with_index(Vec::new());
    folder(&program, "bare", &[("bare.py", "value = 1\n")]);
    let (answer, project) = synthesized(&program, &["./bare"], &["--no-verify"]);
    let told = findings(&answer, "license-unknown");
    assert!(told.len() == 1 && told[0].contains("bare"), "{told:?}");
    let lock = project.lock();
    assert_eq!(lock.sources[0].license, "unknown");
    let file = lock
        .files
        .iter()
        .find(|file| file.source == "bare")
        .expect("the file is locked");
    assert_eq!(file.license, "unknown");
}
