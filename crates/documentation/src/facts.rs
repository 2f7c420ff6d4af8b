//! What a README is made from. Holds facts only, no text for people.

use synthesizer_model::{finding::Finding, synthesis::PlannedPackage};

use crate::families::FamilyFacts;

/// Everything that the README of a synthesised project may say.
#[derive(Debug, Clone, Default)]
pub struct ReadmeFacts<'a> {
    /// The project's name.
    pub name: String,
    /// The template that it was made from.
    pub template: String,
    /// The components, in the order of the request.
    pub components: Vec<ReadmeComponent>,
    /// The sources, in the order of the request.
    pub sources: Vec<ReadmeSource>,
    /// Where the sources' folders are, sorted by their place in the project.
    pub folders: Vec<ReadmeFolder>,
    /// The distributions that the project declares, sorted by name.
    pub packages: &'a [PlannedPackage],
    /// The packages that the template's own files and tools need, in its order.
    pub template_packages: Vec<TemplatePackage>,
    /// What the synthesis found.
    pub findings: &'a [Finding],
    /// The words of its family of packages.
    pub family: FamilyFacts,
    /// The versions of the language or runtime that it runs on, as the family writes them; empty for any.
    pub requires_python: String,
    /// Whether the project has tests.
    pub tests: bool,
    /// The command lines that install and check the project, as its template names them.
    pub commands: Vec<String>,
}

/// A package that the template brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplatePackage {
    /// Its name.
    pub name: String,
    /// Its versions, in the words of its ecosystem; empty for any.
    pub requirement: String,
    /// Whether only those who develop the project need it.
    pub development: bool,
}

/// One component of the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadmeComponent {
    /// The component as it was asked for, such as `click.formatting`.
    pub name: String,
    /// The id of its source.
    pub source: String,
    /// A statement of its language that imports it from the project.
    pub import_as: String,
    /// The number of files that it brought.
    pub files: usize,
}

/// A folder of a source in the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadmeFolder {
    /// Where it is in the project; `.` for its top.
    pub path: String,
    /// The id of its source.
    pub source: String,
    /// The folder in the source; `.` for its top.
    pub from: String,
    /// The number of files.
    pub files: usize,
}

/// One source of the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadmeSource {
    /// Short name, unique in the project.
    pub id: String,
    /// What finds it again.
    pub url: String,
    /// Its version, when it is known.
    pub version: Option<String>,
    /// The exact state: a commit, a tree or an archive's hash.
    pub revision: String,
    /// SPDX expression or `unknown`.
    pub license: String,
}
