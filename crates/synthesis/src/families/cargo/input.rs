//! What a synthesis of Rust is made of. Values only: everything was read by the caller.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_model::{
    finding::Finding, synthesis::SynthesisRequest, text::ByteRange, tree::TreePath,
};

use crate::{
    families::python::ProjectName,
    source::{SourceFile, SourceRecord},
    templates::Template,
};

/// Everything that a synthesis is made of.
#[derive(Debug)]
pub struct CargoInput<'a> {
    /// What was asked for.
    pub request: &'a SynthesisRequest,
    /// The template, whose name the request has.
    pub template: &'a Template,
    /// Its name, parsed.
    pub project_name: ProjectName,
    /// One source for each repository of the request, in the same order.
    pub sources: Vec<CargoSource>,
    /// What the caller found so far, the sources' own findings apart.
    pub findings: Vec<Finding>,
}

/// One source with the packages to take from it.
#[derive(Debug, Clone)]
pub struct CargoSource {
    /// What every family knows of it.
    pub record: SourceRecord,
    /// What to take, sorted by name.
    pub packages: Vec<CargoPackage>,
    /// Every file of the packages, their manifests and those of their workspaces, by the path in the source.
    pub files: BTreeMap<TreePath, SourceFile>,
    /// The components as they were asked for.
    pub components: Vec<CargoComponent>,
    /// What was found on the way.
    pub findings: Vec<Finding>,
}

/// One package of the new workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CargoPackage {
    /// Its name in the source.
    pub name: String,
    /// Its folder in the source; empty for the top.
    pub folder: String,
    /// Its manifest.
    pub manifest: TreePath,
    /// The manifest of the workspace that it inherits from, when that is another file.
    pub workspace: Option<TreePath>,
    /// Why it is taken, as the plan says it.
    pub reason: String,
    /// The name of its library as code writes it; `None` without a library.
    pub library: Option<String>,
    /// Its files without the manifest, sorted by place.
    pub files: Vec<PackageFile>,
    /// What it is a part of, when it is not the whole package.
    pub part: Option<PackagePart>,
}

/// One file of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageFile {
    /// Its path in the source.
    pub path: TreePath,
    /// Its path below the package's folder.
    pub place: String,
    /// Why it is taken.
    pub reason: String,
    /// Replacements to make, sorted by place.
    pub edits: Vec<(ByteRange, String)>,
    /// The parts to keep, in order; `None` for the whole file.
    pub kept: Option<Vec<ByteRange>>,
}

/// What makes a package of some modules of another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackagePart {
    /// The new package's name, unless a destination gives another.
    pub name: String,
    /// Every name that its code has; dependencies that none of them is are left out.
    pub names: BTreeSet<String>,
    /// What its root file begins with.
    pub header: String,
}

/// A component that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CargoComponent {
    /// As it was written.
    pub text: String,
    /// The package that has it, by its place in [`CargoSource::packages`].
    pub package: usize,
    /// The names below the library's root that lead to it.
    pub path: Vec<String>,
    /// Number of files that it brings.
    pub files: usize,
}
