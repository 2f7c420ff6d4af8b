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
