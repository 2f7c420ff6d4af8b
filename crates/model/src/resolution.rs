//! What a solver is asked and what it answers.

use serde::Serialize;

use crate::dependency::{Dependency, Ecosystem};

/// The requirements of one repository.
#[derive(Debug, Clone)]
pub struct RepositoryRequirements {
    /// The repository as the user named it.
    pub repository: String,
    /// A short name made of `[a-z0-9-]`.
    pub slug: String,
    /// PEP 440 specifier of the Python versions it runs on.
    pub requires_python: Option<String>,
    /// Its runtime requirements and those of the extras asked for.
    pub requirements: Vec<Dependency>,
}

/// What is asked of a solver.
#[derive(Debug, Clone, Default)]
pub struct ResolutionRequest {
    /// The repositories.
    pub repositories: Vec<RepositoryRequirements>,
    /// Further requirements of the user, in the ecosystem's own form.
    pub constraints: Vec<String>,
    /// The one Python version to solve for, such as `3.12`; the whole range when `None`.
    pub python_version: Option<String>,
    /// Answer from caches alone.
    pub offline: bool,
}

/// How the question was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ResolutionStatus {
    /// There is a solution.
    Resolved,
    /// There is none.
    Unsatisfiable,
    /// It could not be told, such as when a package has no wheels.
    Unknown,
}

/// One resolved package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResolvedPackage {
    /// Normalised name.
    pub name: String,
    /// Version.
    pub version: String,
    /// Packages and repositories that ask for it, sorted.
    pub required_by: Vec<String>,
    /// Top-level import names that the package's wheel provides, where they were read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub import_names: Vec<String>,
}

/// A lock file of the ecosystem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LockFile {
    /// File name, such as `uv.lock`.
    pub name: String,
    /// Contents.
    pub content: String,
}

/// A requirement with the place that imposes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImposedRequirement {
    /// The repository as the user named it.
    pub repository: String,
    /// The requirement, such as `click>=8.1`.
    pub specifier: String,
    /// The manifest.
    pub manifest: String,
    /// The line, counted from 1; 0 when it has none.
    pub line: u32,
}

impl ImposedRequirement {
    /// Gives `MANIFEST:LINE`, as far as the place is known; empty when it is not.
    pub fn place(&self) -> String {
        match (self.manifest.as_str(), self.line) {
            ("", _) => String::new(),
            (manifest, 0) => manifest.to_owned(),
            (manifest, line) => format!("{manifest}:{line}"),
        }
    }
}

/// Requirements that cannot hold together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// The package, or `python`.
    pub what: String,
    /// The repositories that take part.
    pub repositories: Vec<String>,
    /// Their requirements.
    pub requirements: Vec<ImposedRequirement>,
}

/// The answer for one ecosystem.
#[derive(Debug, Clone, Serialize)]
pub struct Resolution {
    /// The family.
    pub ecosystem: Ecosystem,
    /// Whether there is a solution.
    pub status: ResolutionStatus,
    /// The code of an answer "no": `E_UNSATISFIABLE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<crate::failure::ErrorCode>,
    /// Number of packages.
    pub packages_resolved: usize,
    /// The packages, sorted by name and version.
    pub packages: Vec<ResolvedPackage>,
    /// The lock file, when there is a solution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock: Option<LockFile>,
    /// The same set in pip's form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requirements_txt: Option<String>,
    /// PEP 440 specifier of the Python versions it holds for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requires_python: Option<String>,
    /// What contradicts what.
    pub conflicts: Vec<Conflict>,
    /// The solver's derivation with the repositories' own names.
    pub explanation: String,
    /// The solver and its version, such as `uv 0.9.1`.
    pub solver: String,
    /// What to know.
    pub warnings: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_as_exact_as_it_is_known() {
        let check = |manifest: &str, line, expected: &str| {
            let requirement = ImposedRequirement {
                repository: "./a".to_owned(),
                specifier: "<3.9".to_owned(),
                manifest: manifest.to_owned(),
                line,
            };
            assert_eq!(requirement.place(), expected);
        };
        check("pyproject.toml", 5, "pyproject.toml:5");
        check("imports", 0, "imports");
        check("", 0, "");
    }
}
