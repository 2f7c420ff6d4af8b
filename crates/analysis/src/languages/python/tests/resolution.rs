//! Where imports lead, in trees in memory; each row is an importing file with its text and what its imports come to.

use synthesizer_model::{
    code::{CodeFacts, ImportForm},
    dependency::{Dependency, Ecosystem},
    project::{Project, ProjectRole},
    source_file::FileRole,
    tree::SourceTree,
};

use super::super::{Python, code_facts, parse};
use crate::{
    languages::{Language, Resolved, SourceFile, SourceFiles},
    memory_tree::MemoryTree,
};

fn project(folder: &str, name: &str, asks: &[&str]) -> Project {
    let dependencies = asks
        .iter()
        .map(|asked| Dependency::new(Ecosystem::Python, *asked, "pyproject.toml", 1))
        .collect();
    let facts = synthesizer_model::analysis::ProjectFacts {
        name: Some(name.to_owned()),
        ..Default::default()
    };
    Project {
        folder: folder.to_owned(),
        ecosystem: Ecosystem::Python,
        role: ProjectRole::Root,
        manifests: Vec::new(),
        workspace: None,
        facts,
        targets: Vec::new(),
        dependencies,
        extras: Vec::new(),
        runtimes: std::collections::BTreeMap::new(),
        license: None,
        license_as_written: None,
        license_files: Vec::new(),
        private: false,
    }
}

/// Shows what the imports of the first file come to.
fn resolved(files: &[(&str, &str)], projects: &[Project]) -> Vec<String> {
    let tree = MemoryTree::of_texts(files.iter().copied());
    let facts: Vec<Option<CodeFacts>> = tree
        .entries()
        .iter()
        .map(|entry| {
            let text = files.iter().find(|(path, _)| *path == entry.path.as_str());
            let is_python = entry.path.as_str().ends_with(".py");
            text.filter(|_| is_python)
                .map(|(_, text)| code_facts(&parse(text)))
        })
        .collect();
    let sources = tree
        .entries()
        .iter()
        .zip(&facts)
        .map(|(entry, code)| SourceFile {
            path: &entry.path,
            language: code.as_ref().map(|_| "Python"),
            role: FileRole::Source,
            code: code.as_ref(),
        });
    let sources = SourceFiles::new(&tree, sources.collect(), projects);
    let resolver = Python.resolver(&sources);
    let from = sources.index(files[0].0).expect("the first file is there");
    let code = sources.file(from).code.expect("the first file is Python");
    let shown = code.imports.iter().map(|import| {
        let resolved = match resolver.resolve(from, import) {
            Resolved::Files(files) => {
                let paths = files.iter().map(|file| sources.file(*file).path.as_str());
                paths.collect::<Vec<_>>().join("+")
            }
            Resolved::StandardLibrary => "standard".to_owned(),
            Resolved::External(name) => format!("<{name}>"),
            Resolved::Unresolved(_) => "?".to_owned(),
            Resolved::Nothing => "-".to_owned(),
        };
        match import.form {
            ImportForm::Static => resolved,
            form => format!("{form:?} {resolved}"),
        }
    });
    shown.collect()
}

fn check(files: &[(&str, &str)], expected: &[&str]) {
    let projects = [project("", "x", &["requests", "Pillow"])];
    assert_eq!(resolved(files, &projects), expected, "{files:?}");
}

#[test]
fn names_lead_to_modules_or_to_their_packages() {
    check(
        &[
            (
                "src/x/a.py",
                "import x.b.c\nimport x.b\nfrom x import b\nfrom x import name, b\nfrom x.b import *\nfrom x.b.c import f\nimport x.gone\nfrom x.gone import y\n",
            ),
            ("src/x/__init__.py", ""),
            ("src/x/b/__init__.py", ""),
            ("src/x/b/c.py", ""),
        ],
        &[
            "src/x/b/c.py",
            "src/x/b/__init__.py",
            "src/x/b/__init__.py",
            "src/x/__init__.py+src/x/b/__init__.py",
            "src/x/b/__init__.py",
            "src/x/b/c.py",
            "src/x/__init__.py",
            "?",
        ],
    );
}

#[test]
fn relative_names_lead_by_place() {
    check(
        &[
            (
                "x/b/c.py",
                "from . import d\nfrom .d import f\nfrom .. import a, name\nfrom ..a import f\nfrom ... import up\nfrom .... import out\nfrom . import gone\nfrom .gone import y\n",
            ),
            ("x/__init__.py", ""),
            ("x/a.py", ""),
            ("x/b/__init__.py", ""),
            ("x/b/d.py", ""),
        ],
        &[
            "x/b/d.py",
            "x/b/d.py",
            "x/a.py+x/__init__.py",
            "x/a.py",
            "?",
            "?",
            "x/b/__init__.py",
            "?",
        ],
    );
    check(
        &[
            ("x/__init__.py", "from . import name\nfrom .a import f\n"),
            ("x/a.py", ""),
        ],
        &["-", "x/a.py"],
    );
    check(&[("run.py", "from .a import f\n"), ("a.py", "")], &["a.py"]);
}

#[test]
fn other_names_are_standard_or_of_distributions() {
    check(
        &[
            (
                "x/a.py",
                "import os.path\nfrom __future__ import annotations\nimport requests.adapters\nfrom PIL import Image\nimport yaml\nimport unheard_of.sub\n",
            ),
            ("x/__init__.py", ""),
        ],
        &[
            "standard",
            "standard",
            "<requests>",
            "<Pillow>",
            "<PyYAML>",
            "<unheard_of>",
        ],
    );
    // A folder without a file of its own may be shared with other distributions.
    check(
        &[
            (
                "google/cloud/x/a.py",
                "from google.cloud import x\nfrom google.cloud import storage\nfrom google.cloud.x import a\n",
            ),
            ("google/cloud/x/__init__.py", ""),
        ],
        &["google/cloud/x/__init__.py", "<google-cloud-storage>", "-"],
    );
}

#[test]
fn scripts_and_tests_see_what_lies_beside_them() {
    check(
        &[
            (
                "scripts/run.py",
                "import helper\nimport x\nimport random\nimport logging\n",
            ),
            ("scripts/helper.py", ""),
            ("scripts/random.py", ""),
            ("x/__init__.py", ""),
            ("x/logging.py", ""),
        ],
        &[
            "scripts/helper.py",
            "x/__init__.py",
            "scripts/random.py",
            "standard",
        ],
    );
    check(
        &[
            (
                "tests/unit/pkg/test_a.py",
                "from pkg import util\nfrom conftest import y\n",
            ),
            ("tests/unit/pkg/__init__.py", ""),
            ("tests/unit/pkg/util.py", ""),
            ("tests/unit/conftest.py", ""),
        ],
        &["tests/unit/pkg/util.py", "tests/unit/conftest.py"],
    );
}

#[test]
fn compiled_modules_lead_to_what_they_are_built_from() {
    check(
        &[
            (
                "x/a.py",
                "from . import _fast\nfrom x._fast import f\nfrom x import _speed\nfrom x.typed import T\n",
            ),
            ("x/__init__.py", ""),
            ("x/_fast.pyx", ""),
            ("x/_speed.c", ""),
            ("x/typed.py", ""),
            ("x/typed.pyi", ""),
        ],
        &["x/_fast.pyx", "x/_fast.pyx", "x/_speed.c", "x/typed.py"],
    );
}

#[test]
fn packages_of_one_tree_see_each_other_unless_they_ask_for_another() {
    let projects = [
        project("", "root", &[]),
        project("packages/a", "a", &["b", "helper"]),
        project("packages/b", "b", &[]),
        project("other", "other", &[]),
    ];
    let files = [
        (
            "packages/a/src/a/__init__.py",
            "import b\nimport helper\nimport app.main\nimport c\n",
        ),
        ("packages/b/b/__init__.py", ""),
        ("other/helper.py", ""),
        ("packages/a/app/__init__.py", ""),
        ("packages/a/app/main.py", ""),
    ];
    assert_eq!(
        resolved(&files, &projects),
        [
            "packages/b/b/__init__.py",
            "<helper>",
            "packages/a/app/main.py",
            "<c>"
        ]
    );
}

#[test]
fn names_in_strings_and_data_files_lead_somewhere_too() {
    check(
        &[
            (
                "x/a.py",
                "import importlib\nimportlib.import_module('x.b')\nimportlib.import_module('.b', package='x')\nimportlib.import_module(f())\nopen('data/w.txt')\nopen('gone.txt')\n",
            ),
            ("x/__init__.py", ""),
            ("x/b.py", ""),
            ("x/data/w.txt", ""),
        ],
        &[
            "standard",
            "Dynamic x/b.py",
            "Dynamic x/b.py",
            "Computed ?",
            "Resource x/data/w.txt",
            "Resource -",
        ],
    );
}

#[test]
fn hostile_imports_are_resolved_soon() {
    let deep = format!("from {} import x\n", ".".repeat(5_000));
    let long = format!("import {}\n", ["a"; 20_000].join("."));
    let many: String = (0..20_000)
        .map(|number| format!("from .m{number} import x\n"))
        .collect();
    let started = std::time::Instant::now();
    for text in [deep, long, many] {
        drop(resolved(&[("x/a.py", &text), ("x/__init__.py", "")], &[]));
    }
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
}
