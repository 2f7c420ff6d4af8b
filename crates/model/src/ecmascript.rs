//! What taking a part of a JavaScript or TypeScript source brings: files, where their imports lead, packages to declare. Holds no parser
//! types; paths are those of the source.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    code::ImportForm, component::Reason, finding::Finding, text::ByteRange, tree::TreePath,
};

/// How Node.js reads a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ModuleKind {
    /// An ECMAScript module.
    Module,
    /// A CommonJS module.
    CommonJs,
    /// What the file's own syntax says, where no manifest does.
    BySyntax,
}

/// What a file is taken as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TakenAs {
    /// A module that is imported, or declarations of one.
    Module,
    /// Data that a module reads or imports.
    Data,
    /// A test, or what a test needs.
    Test,
}

/// Where an import of a taken file leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportTarget {
    /// To files of the source; the first is what runs. Never empty.
    Files(Vec<TreePath>),
    /// To a package from elsewhere, by the name under which code imports it.
    Package(String),
    /// To what the runtime brings, or to nothing that concerns files.
    Runtime,
    /// To nothing that is known.
    Nowhere,
}

/// An import of a taken file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenImport {
    /// As written.
    pub written: String,
    /// Its form.
    pub form: ImportForm,
    /// The bytes between its quotes.
    pub range: ByteRange,
    /// The line, counted from 1.
    pub line: u32,
    /// Whether only a type checker needs it.
    pub types_only: bool,
    /// The names that are taken from it.
    pub names: Vec<String>,
    /// Where it leads.
    pub target: ImportTarget,
}

/// A file to take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenFile {
    /// Where it is in the source.
    pub path: TreePath,
    /// The folder of the package that it belongs to; an entry of [`EcmaScriptClosure::packages`].
    pub package: String,
    /// Why it is taken.
    pub reason: Reason,
    /// What it is taken as.
    pub taken_as: TakenAs,
    /// How Node.js reads it; `None` for what is no code.
    pub kind: Option<ModuleKind>,
    /// Whether a build made it, one file for each of the source.
    pub built: bool,
    /// Its imports, in source order.
    pub imports: Vec<TakenImport>,
}

/// A package of the source that files are taken of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TakenPackage {
    /// Its folder; empty for the top.
    pub folder: String,
    /// Its name; `None` when its manifest has none.
    pub name: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// The text of its manifest; `None` when it has none.
    pub manifest: Option<String>,
    /// Whether it is taken as a whole, and not some of its modules.
    pub whole: bool,
    /// The `engines` that it asks for, by name.
    pub engines: BTreeMap<String, String>,
    /// For a package that is taken as a whole: what its tests import of its development dependencies, and what runs them.
    pub test_packages: BTreeSet<String>,
    /// Dependencies that are other packages of this source, by the name that the manifest gives them.
    pub siblings: BTreeMap<String, String>,
}

/// How a package from elsewhere is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NpmNeedKind {
    /// It has to be there.
    Required,
    /// It may be missing.
    Optional,
    /// Only development needs it: tests and type checks.
    Development,
}

/// A package that the project has to declare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NpmNeed {
    /// The name under which code imports it.
    pub name: String,
    /// The range as the manifest has it; `*` when it is not declared.
    pub range: String,
    /// How it is needed.
    pub kind: NpmNeedKind,
    /// The manifest and the line that ask for it.
    pub declared_at: Option<(String, u32)>,
}

/// A component that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenComponent {
    /// As it was asked for; empty for the package at the top.
    pub text: String,
    /// The folder of the package, when it is taken as a whole.
    pub package: Option<String>,
    /// The modules that were asked for.
    pub modules: Vec<TreePath>,
    /// The symbol that was asked for.
    pub symbol: Option<String>,
    /// How many files it brings.
    pub files: usize,
}

/// Everything that taking components of one source brings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EcmaScriptClosure {
    /// The files, sorted by path; manifests of packages that are taken as a whole are not among them.
    pub files: Vec<TakenFile>,
    /// The packages that they belong to, sorted by folder.
    pub packages: Vec<TakenPackage>,
    /// What taken modules import from elsewhere and what taken packages ask of their users, sorted by name.
    pub needs: Vec<NpmNeed>,
    /// The components in the order of the request.
    pub components: Vec<TakenComponent>,
    /// What to know. One of severity error means that the component cannot be taken.
    pub findings: Vec<Finding>,
}
