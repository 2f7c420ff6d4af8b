//! What `analyze_repository` answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    component::Component,
    dependency::{Dependency, Ecosystem},
    finding::Problem,
    license::Licenses,
    project::ProjectRole,
    source_file::{FileRole, LineCounts},
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
    /// How its package stands to the repository.
    pub role: ProjectRole,
    /// The package's name, where it tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How many dependencies it asks for; those of packages that are neither the root nor its members are told here alone.
    pub dependencies: usize,
}

/// Files and lines of one language or role.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct FileCounts {
    /// Files.
    pub files: usize,
    /// Lines with code.
    pub code: u64,
    /// Lines with nothing but comments.
    pub comments: u64,
    /// Lines with nothing but white space.
    pub blanks: u64,
}

impl FileCounts {
    /// Adds lines, of so many files.
    pub fn add(&mut self, files: usize, lines: LineCounts) {
        self.files += files;
        self.code += u64::from(lines.code);
        self.comments += u64::from(lines.comments);
        self.blanks += u64::from(lines.blanks);
    }
}

/// What the files of a repository are, by language and by role.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Structure {
    /// By language, by the names and definitions of `tokei`; lines written inside files of another language count for their own
    /// language, their files do not.
    pub languages: BTreeMap<String, FileCounts>,
    /// By role, over files with a known language.
    pub roles: BTreeMap<FileRole, FileCounts>,
    /// Files without a known language: data, images and so on.
    pub other_files: usize,
}

/// One file, in the full detail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileSummary {
    /// Its path.
    pub path: String,
    /// Its language.
    pub language: String,
    /// What it is for.
    pub role: FileRole,
    /// Its lines, those in other languages included.
    pub code: u32,
    /// Lines with nothing but comments.
    pub comments: u32,
    /// Lines with nothing but white space.
    pub blanks: u32,
    /// The license that it states for itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// Public symbols; absent for a language without a reader.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_symbols: Option<usize>,
}

/// A package from outside the repository that its code imports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportedPackage {
    /// The package, by its name in the ecosystem where that is known, else by the imported name.
    pub package: String,
    /// Its family.
    pub ecosystem: Ecosystem,
    /// Where it is declared: `manifest:line`; absent when no manifest declares it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared: Option<String>,
    /// How many files import it.
    pub files: usize,
    /// The first place: `path:line`.
    pub first: String,
    /// The role of the files that import it: `source` when any of the project's own code does.
    pub role: FileRole,
}

/// One edge of the import graph, in the full detail.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ImportEdge {
    /// The importing file.
    pub from: String,
    /// The imported file.
    pub to: String,
    /// The line of the first import.
    pub line: u32,
    /// Whether every import between the two is for a type checker only.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub types_only: bool,
}

/// Where imports lead.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Imports {
    /// Imports that lead to files of the tree.
    pub internal: usize,
    /// Imports of the language's own library.
    pub standard_library: usize,
    /// Imports of packages from elsewhere.
    pub external: usize,
    /// Imports that lead nowhere that is known.
    pub unresolved: usize,
    /// The packages from elsewhere, the most used first.
    pub packages: Vec<ImportedPackage>,
    /// What led nowhere: `path:line` and what is imported, in source order, at most a hundred.
    pub unresolved_imports: Vec<Problem>,
    /// Groups of files that import each other in a circle, the largest first, each sorted; at most twenty of at most forty.
    pub cycles: Vec<Vec<String>>,
    /// The edges between files, in the full detail only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub edges: Vec<ImportEdge>,
}

/// One check of quality, with what shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evidence {
    /// The check, such as `tests`, `pinned-dependencies`.
    pub check: String,
    /// What was found, one sentence with figures.
    pub result: String,
    /// 0 to 1; absent when the check only tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// Where it shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// What the checks of quality come to. What is not known has no score and counts for nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct QualityScore {
    /// 0 to 100, the mean of the parts that are known, by their weights; absent when none is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overall: Option<f64>,
    /// `A` to `F`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grade: Option<String>,
    /// Each known check with 0 to 100.
    pub parts: BTreeMap<String, f64>,
    /// What the parts rest on.
    pub evidence: Vec<Evidence>,
    /// Checks that could not be made, each with the reason.
    pub unknown: Vec<Problem>,
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
    /// Its family.
    pub ecosystem: Ecosystem,
    /// What says so: the path of a lock file, or the solver's name.
    pub known_from: String,
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
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
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
    /// Share of lines of code per language in the project's own files, in percent with one decimal.
    pub languages: BTreeMap<String, f64>,
    /// Files that were read.
    pub files_analyzed: usize,
    /// Lines with code in them, of the project's own files: not vendored, generated or minified.
    pub lines_of_code: u64,
    /// Files and lines by language and role.
    pub structure: Structure,
    /// Where imports lead.
    pub imports: Imports,
    /// The checks of quality.
    pub quality_score: QualityScore,
    /// Every file with a known language, in the full detail only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileSummary>,
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
