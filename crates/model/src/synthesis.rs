//! Request, plan and provenance of a new project.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{finding::Finding, tree::TreePath, verification::Verification};

/// One repository of a request (`[[repository]]` of a plan file).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestedRepository {
    /// `REPO` of the interface, without a component.
    pub url: String,
    /// Branch, tag, commit or version, when `url` names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rev: Option<String>,
    /// Paths, modules or symbols; everything when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<String>,
    /// A folder below the new package's folder; the package's folder itself when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<String>,
}

/// A whole request: what a plan file, the command line or the tool asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SynthesisRequest {
    /// The new project's name.
    pub name: String,
    /// The template; empty for the usual one of the ecosystem.
    #[serde(default)]
    pub template: String,
    /// The ecosystem; empty for that of the template, else that of the repositories.
    #[serde(default)]
    pub ecosystem: String,
    /// Whether an import of another placed source is rewritten to the placed copy.
    #[serde(default)]
    pub link: bool,
    /// Whether the sources' tests of what is taken come along.
    #[serde(default = "with_tests")]
    pub tests: bool,
    /// The repositories, in the order of the request.
    #[serde(default, rename = "repository")]
    pub repositories: Vec<RequestedRepository>,
}

const fn with_tests() -> bool {
    true
}

/// One file of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedFile {
    /// Where it will be in the new project.
    pub path: TreePath,
    /// `SOURCE:PATH` it comes from, or `generated`.
    pub origin: String,
    /// Why it is there.
    pub reason: String,
    /// The ids of the sources that have lines in a generated file, sorted; empty for a file that was not merged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged_from: Vec<String>,
}

/// A distribution that the new project declares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedPackage {
    /// Normalised name.
    pub name: String,
    /// Requirements as the ecosystem's manifest has them.
    pub requirements: Vec<String>,
    /// The extra it belongs to; `None` when it is always needed.
    pub extra: Option<String>,
    /// Sources whose code imports it.
    pub imported_by: Vec<String>,
}

/// What a synthesis will do.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct PlanSummary {
    /// The files, sorted by path.
    pub files: Vec<PlannedFile>,
    /// The packages, sorted by name.
    pub packages: Vec<PlannedPackage>,
    /// Where folders of sources go, sorted by the new folder; a folder with a new place has a new name for those who import it.
    #[serde(default)]
    pub moves: Vec<PlannedMove>,
    /// The licenses of the sources, sorted by their ids.
    #[serde(default)]
    pub licenses: Vec<PlannedLicense>,
    /// What to know.
    pub findings: Vec<Finding>,
    /// What goes where and what it needs, as Mermaid.
    #[serde(default)]
    pub diagram: String,
}

/// Where the files of one folder of a source go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedMove {
    /// The source's id.
    pub source: String,
    /// The folder in the source; `.` for its top.
    pub from: String,
    /// The folder in the project.
    pub to: String,
    /// Number of files.
    pub files: usize,
}

/// The license of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedLicense {
    /// The source's id.
    pub source: String,
    /// SPDX expression or `unknown`.
    pub license: String,
}

/// How to import a component from the new project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportHint {
    /// The component as it was asked for.
    pub component: String,
    /// A statement of its language.
    pub import_as: String,
    /// The number of files that the component's closure has.
    pub files: usize,
}

/// A source in `synthesis.lock`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockedSource {
    /// Short name, unique in the lock.
    pub id: String,
    /// What finds it again.
    pub url: String,
    /// The exact state.
    pub revision: String,
    /// SPDX expression or `unknown`.
    pub license: String,
}

/// A file in `synthesis.lock`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockedFile {
    /// Where it is in the project.
    pub path: String,
    /// The source's id, or `generated`.
    pub source: String,
    /// The path in the source; empty for generated files.
    pub origin: String,
    /// The git blob id in the source; empty for generated files.
    pub blob: String,
    /// SPDX expression or `unknown`.
    pub license: String,
    /// What was done to it, such as `imports-rewritten`.
    pub transforms: Vec<String>,
    /// SHA-256 of the placed contents.
    pub sha256: String,
    /// Whose the lines of a merged file are, by first line; empty when all of it is of `source`.
    #[serde(default, rename = "line", skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<LockedLines>,
}

/// Consecutive lines of one origin in a merged file of `synthesis.lock`. Lines of no range are generated; a line to which several
/// contributed lies in several ranges.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockedLines {
    /// The first line, counted from 1.
    pub first: u32,
    /// The last line.
    pub last: u32,
    /// The source's id.
    pub source: String,
}

/// `[project]` of `synthesis.lock`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockedProject {
    /// The project's name.
    pub name: String,
    /// The template.
    pub template: String,
    /// The ecosystem.
    pub ecosystem: String,
    /// The hash of everything that the template says; `None` for one of the program, which the program's version settles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_hash: Option<String>,
}

/// `[resolution]` of `synthesis.lock`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockedResolution {
    /// The ecosystem.
    pub ecosystem: String,
    /// The solver and its version.
    pub solver: String,
    /// The lock file's name.
    pub lock: String,
    /// SHA-256 of the lock file.
    pub sha256: String,
}

/// `[solved]` of `synthesis.lock`: what only a solver or a registry could tell when the project was planned, as far as its files depend on
/// it. With it the project can be made again of its sources alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Solved {
    /// The versions of the language that all packages run on, as the ecosystem's manifest has them; empty where that does not depend on them.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub runtime: String,
    /// What the solver had to tell, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// How the packages that only tests need are declared.
    #[serde(default, skip_serializing_if = "PackagesOfTests::is_usual")]
    pub tests: PackagesOfTests,
    /// Versions by package, where a requirement could not be written as one range.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub versions: BTreeMap<String, String>,
    /// What the packages that a source declares provide, where its code imports what it does not declare.
    #[serde(default, rename = "lookup", skip_serializing_if = "Vec::is_empty")]
    pub lookups: Vec<SolvedLookup>,
}

/// How the packages that only tests need are declared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PackagesOfTests {
    /// As their sources declare them.
    #[default]
    AsDeclared,
    /// Without the sources' bounds, which do not fit the project.
    WithoutBounds,
    /// Not at all: they cannot be together with the project's own.
    LeftOut,
}

impl PackagesOfTests {
    /// Says whether it is what most projects have, which a lock does not tell.
    fn is_usual(&self) -> bool {
        *self == Self::AsDeclared
    }
}

/// What the packages that one source declares provide.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SolvedLookup {
    /// The source's id.
    pub source: String,
    /// Why it could not be found out, as a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Packages by the imported name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub provided: BTreeMap<String, String>,
}

/// `synthesis.lock`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SynthesisLock {
    /// 1.
    pub version: u32,
    /// The project.
    pub project: LockedProject,
    /// The sources, sorted by id.
    #[serde(rename = "source", default)]
    pub sources: Vec<LockedSource>,
    /// Every file apart from the lock itself, sorted by path.
    #[serde(rename = "file", default)]
    pub files: Vec<LockedFile>,
    /// The resolution; absent when nothing was resolved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<LockedResolution>,
    /// What was solved; absent in locks of older versions, whose projects can only be made again with a solver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub solved: Option<Solved>,
}

/// What `synthesize_project` answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SynthesisResult {
    /// The job's handle.
    pub synthesis_id: String,
    /// The plan.
    pub plan: PlanSummary,
    /// How to import each component.
    pub imports: Vec<ImportHint>,
    /// What to do next.
    pub next_steps: Vec<String>,
    /// `planned`, `succeeded`, `verification_failed`.
    pub status: String,
    /// The code of an answer "no": `E_VERIFY`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<crate::failure::ErrorCode>,
    /// Where the project is; `None` for a dry run.
    pub project_path: Option<String>,
    /// Number of repositories.
    pub repositories_processed: usize,
    /// Number of components.
    pub components_extracted: usize,
    /// Number of declared distributions.
    pub dependencies_merged: usize,
    /// Number of files.
    pub files_created: usize,
    /// `git rev-parse HEAD^{tree}` of the project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tree: Option<String>,
    /// What was checked.
    pub verification: Option<Verification>,
    /// Documents that were written.
    pub documentation: Vec<String>,
    /// Warnings, one sentence each.
    pub warnings: Vec<String>,
}
