//! Asks `oracle.py`, an independent reader of Python imports, and compares nothing itself.

use std::{collections::BTreeMap, path::Path, process::Command};

use serde::Deserialize;

const PROGRAM: &str = include_str!("oracle.py");

/// What taking modules brings, by the oracle.
#[derive(Debug, Deserialize)]
pub(crate) struct OracleClosure {
    /// Python files below the import root, sorted.
    pub(crate) files: Vec<String>,
    /// Top-level names from elsewhere, the standard library apart.
    pub(crate) external: BTreeMap<String, Kinds>,
}

/// What the oracle sees in a project.
#[derive(Debug, Deserialize)]
pub(crate) struct OracleProject {
    /// Imports that do not resolve or name an original package.
    pub(crate) problems: Vec<String>,
    /// Top-level names from elsewhere, the standard library apart.
    pub(crate) external: BTreeMap<String, Kinds>,
    /// Number of import statements.
    pub(crate) imports: usize,
}

/// Under which circumstances a name is imported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Kinds {
    pub(crate) type_checking: bool,
    pub(crate) guarded: bool,
    pub(crate) required: bool,
}

impl Kinds {
    /// Says whether a run can reach the import.
    pub(crate) fn runs(self) -> bool {
        self.guarded || self.required
    }
}

/// Gives what taking modules of an import root brings.
pub(crate) fn closure(root: &Path, modules: &[&str]) -> OracleClosure {
    ask(&[&["closure", &text(root)], modules].concat())
}

/// Reads every import of the package below `root`; the originals' names must not be imported.
pub(crate) fn project(root: &Path, package: &str, originals: &[&str]) -> OracleProject {
    ask(&[&["project", &text(root), package], originals].concat())
}

fn text(path: &Path) -> String {
    path.to_str().expect("test paths are UTF-8").to_owned()
}

fn ask<T: serde::de::DeserializeOwned>(arguments: &[&str]) -> T {
    let output = Command::new("python3")
        .args(["-I", "-B", "-c", PROGRAM])
        .args(arguments)
        .output()
        .expect("python3 is installed");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the oracle failed: {said}");
    serde_json::from_slice(&output.stdout).expect("the oracle prints JSON")
}

/// An oracle that never objects would prove nothing.
#[test]
fn the_oracle_sees_what_is_wrong() {
    let folder = tempfile::tempdir().expect("a folder");
    let package = folder.path().join("fresh");
    std::fs::create_dir(&package).expect("a folder");
    let text = "import click.core\nfrom . import good, bad\nfrom .good import VALUE, OTHER\n\n\ndef late():\n    import fresh.gone\n\n\nif TYPE_CHECKING:\n    from .lost import Type\ntry:\n    import speedy\nexcept ImportError:\n    import_module('click.types')\n";
    for (name, text) in [
        ("__init__.py", ""),
        ("good.py", "VALUE = 1\n"),
        ("user.py", text),
    ] {
        std::fs::write(package.join(name), text).expect("a file");
    }
    let seen = project(folder.path(), "fresh", &["click"]);
    let expected = [
        "fresh/user.py:1: imports the original click.core",
        "fresh/user.py:2: fresh has no bad",
        "fresh/user.py:3: fresh.good has no OTHER",
        "fresh/user.py:7: there is no fresh.gone",
        "fresh/user.py:11: there is no fresh.lost",
        "fresh/user.py:15: imports the original click.types by its name",
    ];
    assert_eq!(seen.problems, expected);
    let kinds = seen.external["speedy"];
    assert!(kinds.guarded && !kinds.required, "{kinds:?}");
}
