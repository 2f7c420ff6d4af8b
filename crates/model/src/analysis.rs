//! What `analyze_repository` answers.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    component::Component,
    dependency::{Dependency, Ecosystem},
    finding::Problem,
    license::Licenses,
};

/// What is known of the repository itself.
#[derive(Debug, Clone, Serialize)]
pub struct RepositorySummary {
    /// `pypi`, `git`, `local`.
    pub platform: String,
    /// Short name.
    pub name: String,
    /// What finds it again.
    pub url: String,
    /// The exact state.
    pub revision: String,
    /// The released version, when known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The manifest's one-line description.
    pub description: Option<String>,
    /// Stars, where the platform tells.
    pub stars: Option<u64>,
    /// The language with the most lines.
    pub language: Option<String>,
}

/// A manifest that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ManifestSummary {
    /// Its path.
    pub path: String,
    /// Its family.
    pub ecosystem: Ecosystem,
}

/// Counts of dependencies.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DependencyCounts {
    /// Needed to run.
    pub direct_count: usize,
    /// Groups for development.
    pub dev_count: usize,
    /// Extras.
    pub optional_count: usize,
    /// Packages that the resolved set adds; absent when it was not resolved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transitive_count: Option<usize>,
    /// Requirements that contradict each other.
    pub conflict_count: usize,
}

/// One package of the resolved set that no manifest names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TransitiveDependency {
    /// Normalised name.
    pub name: String,
    /// Resolved version.
    pub version: String,
    /// Packages that ask for it.
    pub required_by: Vec<String>,
}

/// All dependencies of a repository.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Dependencies {
    /// Counts.
    pub summary: DependencyCounts,
    /// What the manifests ask for.
    pub direct: Vec<Dependency>,
    /// What those bring.
    pub transitive: Vec<TransitiveDependency>,
    /// Contradictions, one sentence each.
    pub conflicts: Vec<String>,
}

/// What a manifest tells of the project, apart from its dependencies.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ProjectFacts {
    /// The distribution's name.
    pub name: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// One line.
    pub description: Option<String>,
    /// PEP 440 specifier.
    pub requires_python: Option<String>,
    /// Console scripts: name to `module:function`.
    pub entry_points: BTreeMap<String, String>,
}

/// The whole answer.
#[derive(Debug, Clone, Serialize)]
pub struct RepositoryAnalysis {
    /// The repository.
    pub repository: RepositorySummary,
    /// Share of lines per language, in percent with one decimal.
    pub languages: BTreeMap<String, f64>,
    /// Files that were read.
    pub files_analyzed: usize,
    /// Lines with code in them, of the languages that are parsed.
    pub lines_of_code: usize,
    /// Manifests that were read.
    pub manifests: Vec<ManifestSummary>,
    /// Dependencies.
    pub dependencies: Dependencies,
    /// Licenses.
    pub licenses: Licenses,
    /// Components that can be taken.
    pub components: Vec<Component>,
    /// PEP 440 specifier of the Python versions it runs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requires_python: Option<String>,
    /// What was left out and why.
    pub problems: Vec<Problem>,
    /// Wall time.
    pub analysis_time_ms: u64,
}
