//! One package of a repository as its manifests declare it, and the packages that its lock files name. Knows no format.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    analysis::ProjectFacts,
    dependency::{Dependency, Ecosystem},
};

/// How a package stands to the repository that it lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProjectRole {
    /// It lies at the top.
    Root,
    /// The workspace of another package names it.
    Member,
    /// It lies below, and no workspace names it.
    Nested,
    /// It is an example or a benchmark by its place.
    Example,
    /// It belongs to tests by its place.
    Test,
    /// It belongs to the documentation by its place.
    Documentation,
    /// It is somebody else's, copied in.
    Vendored,
}

impl ProjectRole {
    /// Gives its name, as results write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Member => "member",
            Self::Nested => "nested",
            Self::Example => "example",
            Self::Test => "test",
            Self::Documentation => "documentation",
            Self::Vendored => "vendored",
        }
    }
}

impl std::fmt::Display for ProjectRole {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What a package offers to be run or imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// `lib`, `bin`, `example`, `test`, `bench`, `build-script`, `proc-macro`, `export`, `script`, `module`.
    pub kind: String,
    /// Its name: a crate's name, a binary's, a subpath of `exports` such as `./utils`.
    pub name: String,
    /// Its file, from the top of the tree, where the manifest or the ecosystem's rules tell.
    pub path: Option<String>,
}

/// One package of a repository.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Project {
    /// Its folder, from the top of the tree; empty for the top.
    pub folder: String,
    /// Its family.
    pub ecosystem: Ecosystem,
    /// How it stands to the repository.
    pub role: ProjectRole,
    /// Its manifests, from the top of the tree.
    pub manifests: Vec<String>,
    /// The folder of the workspace that it is a member of.
    pub workspace: Option<String>,
    /// Name, version and so on.
    pub facts: ProjectFacts,
    /// What it offers.
    pub targets: Vec<Target>,
    /// What it asks for.
    pub dependencies: Vec<Dependency>,
    /// Names of its extras (Python), features (Cargo), as written.
    pub extras: Vec<String>,
    /// Versions of the language or runtime that it asks for, as written: `python`, `rust`, `edition`, `node`, `npm`, `go`, `java`.
    pub runtimes: BTreeMap<String, String>,
    /// The license that it declares, as an SPDX expression where SPDX knows it.
    pub license: Option<String>,
    /// The license as it is written, where SPDX does not know it.
    pub license_as_written: Option<String>,
    /// Paths or glob patterns of the license files that it names.
    pub license_files: Vec<String>,
    /// Whether it says that it is not to be published.
    pub private: bool,
}

/// One package that a lock file names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockedPackage {
    /// Its name.
    pub name: String,
    /// Its version, or the revision of a git source.
    pub version: String,
    /// `registry`, `git`, `path`, `url`.
    pub source: String,
    /// Names of the packages that ask for it, sorted; the project's own packages among them.
    pub required_by: Vec<String>,
    /// Whether it is one of the repository's own packages.
    pub own: bool,
    /// Whether only development asks for it, where the format tells.
    pub development: bool,
    /// The license that the lock names (npm).
    pub license: Option<String>,
}

/// One lock file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockFile {
    /// Its path.
    pub path: String,
    /// Its family.
    pub ecosystem: Ecosystem,
    /// Its packages, sorted by name and version.
    pub packages: Vec<LockedPackage>,
}
