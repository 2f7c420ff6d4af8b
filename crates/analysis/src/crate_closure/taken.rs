//! What taking Rust code brings. Values only.

use std::{collections::BTreeSet, fmt};

use synthesizer_model::{finding::Finding, text::ByteRange, tree::TreePath};

/// Why a package is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CrateReason {
    /// It was asked for.
    Requested,
    /// Another taken package names it by its path.
    PathDependencyOf(String),
}

impl fmt::Display for CrateReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Requested => formatter.write_str("requested"),
            Self::PathDependencyOf(name) => write!(formatter, "path dependency of {name}"),
        }
    }
}

/// One file of a taken package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrateFile {
    /// Its path in the tree.
    pub path: TreePath,
    /// Its path below the new package's folder.
    pub place: String,
    /// Why it is taken.
    pub reason: String,
    /// Replacements to make, never overlapping, sorted by place.
    pub edits: Vec<(ByteRange, String)>,
    /// The parts to keep, in order, when the rest is left out; `None` for the whole file.
    pub kept: Option<Vec<ByteRange>>,
}

/// What makes a package of some modules of another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModulePart {
    /// The new package's name, unless a destination gives another.
    pub name: String,
    /// The taken modules by their paths in the source's crate, sorted.
    pub modules: Vec<String>,
    /// The modules of the source's crate that were left out, sorted.
    pub left_out: Vec<String>,
    /// Every name that the kept code has: which dependencies it needs is told by these.
    pub names: BTreeSet<String>,
    /// What stands before the kept items of the root file.
    pub header: String,
}

/// One package of the new workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenCrate {
    /// The package's name in the source.
    pub name: String,
    /// Its version, when the manifest or its workspace tells.
    pub version: Option<String>,
    /// Its folder; empty for the top.
    pub folder: String,
    /// Its manifest.
    pub manifest: TreePath,
    /// The manifest of the workspace that it inherits from, when that is another file.
    pub workspace: Option<TreePath>,
    /// Why it is taken.
    pub reason: CrateReason,
    /// The name of its library as code writes it; `None` without a library.
    pub library: Option<String>,
    /// Whether its library is a procedural macro.
    pub proc_macro: bool,
    /// Its build script's path in the tree.
    pub build_script: Option<String>,
    /// Its other files, sorted by place; the manifest is not among them.
    pub files: Vec<CrateFile>,
    /// What it is a part of, when it is not the whole package.
    pub part: Option<ModulePart>,
}

/// A component that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenComponent {
    /// As it was written.
    pub text: String,
    /// The package that has it, by its place in [`CrateClosure::crates`].
    pub krate: usize,
    /// The names below the crate's root that lead to it.
    pub path: Vec<String>,
    /// Number of files that it brings.
    pub files: usize,
}

/// What taking components of one tree brings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CrateClosure {
    /// The packages, sorted by name and folder.
    pub crates: Vec<TakenCrate>,
    /// The components, in the order in which they were asked for.
    pub components: Vec<TakenComponent>,
    /// What to know. A finding of severity error means that the packages would not build.
    pub findings: Vec<Finding>,
}
