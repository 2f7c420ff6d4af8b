//! What a solver is asked and what it answers.

use serde::{Deserialize, Serialize};

use crate::dependency::{Dependency, Ecosystem};

/// A language or runtime version that a manifest asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuntimeRequirement {
    /// `python`, `rust`, `edition`, `node`, `npm`, `go`, `java` and so on, as [`crate::project::Project::runtimes`] names it.
    pub runtime: String,
    /// As written, such as `>=3.9` or `1.70`.
    pub specifier: String,
    /// The manifest.
    pub manifest: String,
    /// The line, counted from 1; 0 when it is not known.
    pub line: u32,
}

/// The requirements of one repository in one ecosystem.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RepositoryRequirements {
    /// The repository as the user named it.
    pub repository: String,
    /// A short name made of `[a-z0-9-]`.
    pub slug: String,
    /// PEP 440 specifier of the Python versions it runs on.
    pub requires_python: Option<String>,
    /// Versions of languages and runtimes, each with its place.
    pub runtimes: Vec<RuntimeRequirement>,
    /// Its runtime requirements and those of the extras asked for; for npm its peers too (`group` is `peer`).
    pub requirements: Vec<Dependency>,
}

/// A further requirement of the user.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Constraint {
    /// The repository whose own requirements of the package this one takes the place of, as the user named it; it is asked for beside all
    /// others when `None`.
    pub instead_of: Option<String>,
    /// The requirement in the ecosystem's own form: `numpy>=1.20` (PEP 508), `serde@^1.0.100`, `react@>=17 <19`.
    pub requirement: String,
}

impl Constraint {
    /// Makes a requirement beside all others.
    pub fn beside(requirement: impl Into<String>) -> Self {
        Self {
            instead_of: None,
            requirement: requirement.into(),
        }
    }
}

/// What is asked of a solver.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ResolutionRequest {
    /// The repositories.
    pub repositories: Vec<RepositoryRequirements>,
    /// Further requirements of the user.
    pub constraints: Vec<Constraint>,
    /// The one Python version to solve for, such as `3.12`; the whole range when `None`. Other ecosystems ignore it.
    pub python_version: Option<String>,
    /// Answer from caches alone. The question is the same either way.
    #[serde(skip)]
    pub offline: bool,
}

/// How the question was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolvedPackage {
    /// Normalised name.
    pub name: String,
    /// Version.
    pub version: String,
    /// Packages and repositories that ask for it, sorted.
    pub required_by: Vec<String>,
    /// The shortest way from a repository to it: the repository first, then `NAME VERSION` of each package between, itself left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<String>,
    /// Its license as an SPDX expression, where the lock tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// Top-level import names that the package's wheel provides, where they were read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub import_names: Vec<String>,
}

/// A lock file of the ecosystem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockFile {
    /// File name, such as `uv.lock`.
    pub name: String,
    /// Contents.
    pub content: String,
}

/// A requirement with the place that imposes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

impl Resolution {
    /// Makes an answer that says nothing yet: its status is [`ResolutionStatus::Unknown`].
    pub fn unanswered(ecosystem: Ecosystem, solver: impl Into<String>) -> Self {
        Self {
            ecosystem,
            status: ResolutionStatus::Unknown,
            code: None,
            packages_resolved: 0,
            packages: Vec::new(),
            lock: None,
            manifests: Vec::new(),
            requirements_txt: None,
            requires_python: None,
            conflicts: Vec::new(),
            relaxations: Vec::new(),
            explanation: String::new(),
            derivation: Vec::new(),
            solver: solver.into(),
            kept_for_seconds: None,
            cut_short: false,
            warnings: Vec::new(),
        }
    }
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// The package, or a runtime such as `python`.
    pub what: String,
    /// Where alone they contradict each other: an environment marker; everywhere when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The repositories that take part.
    pub repositories: Vec<String>,
    /// Their requirements.
    pub requirements: Vec<ImposedRequirement>,
}

/// One step of a solver's derivation: something asks for something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DerivationStep {
    /// The repository, or `NAME` with the versions that the step is about, such as `requests==2.20.0`.
    pub subject: String,
    /// Whether the subject is a repository.
    pub is_repository: bool,
    /// The package that it asks for, or that is not to be had.
    pub package: String,
    /// The versions, in the ecosystem's own form; empty for any.
    pub versions: String,
    /// Where alone it holds, such as `sys_platform == 'win32'`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
}

/// One change of a way out. Changes with the same `option` are made together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relaxation {
    /// Which way out it belongs to, counted from 1, the mildest first.
    pub option: u32,
    /// The repository as the user named it.
    pub repository: String,
    /// Its requirement, as written.
    pub requirement: String,
    /// What to ask for instead; `None` when the requirement has to go.
    pub becomes: Option<String>,
    /// The manifest.
    pub manifest: String,
    /// The line, counted from 1; 0 when it has none.
    pub line: u32,
    /// What the change is, in one plain sentence.
    pub what: String,
    /// The text to pass as a constraint so that it is solved with this change; `None` when only the manifest can be changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constraint: Option<String>,
    /// The versions that the solver took with all changes of the option, of the packages that they are about, as `NAME VERSION`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub takes: Vec<String>,
}

/// The answer for one ecosystem.
#[derive(Debug, Clone, Serialize, Deserialize)]
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
    /// The manifests that the lock belongs to, by their paths from its folder.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub manifests: Vec<LockFile>,
    /// The same set in pip's form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requirements_txt: Option<String>,
    /// PEP 440 specifier of the Python versions it holds for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requires_python: Option<String>,
    /// What contradicts what.
    pub conflicts: Vec<Conflict>,
    /// Ways out, each solved before it is offered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relaxations: Vec<Relaxation>,
    /// The solver's derivation with the repositories' own names.
    pub explanation: String,
    /// The same derivation as data, as far as it could be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub derivation: Vec<DerivationStep>,
    /// The solver and its version, such as `uv 0.9.1`; `first look` when none could be asked.
    pub solver: String,
    /// How many seconds ago the solver said so, when the answer was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_for_seconds: Option<u64>,
    /// Whether time or questions ran out before the smallest conflict and all ways out were found; then there may be smaller and milder ones.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut_short: bool,
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
