//! A part of a repository that can be taken, and what it needs.

use serde::{Deserialize, Serialize};

use crate::{finding::Finding, tree::TreePath};

/// What a component is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ComponentKind {
    /// A package folder.
    Package,
    /// One module.
    Module,
    /// A class.
    Class,
    /// A function.
    Function,
    /// A Rust package at the top of its repository.
    Crate,
    /// A package that a workspace names.
    WorkspaceMember,
    /// A JavaScript package at the top of its repository.
    NpmPackage,
}

impl ComponentKind {
    /// Gives its name, as results write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Package => "package",
            Self::Module => "module",
            Self::Class => "class",
            Self::Function => "function",
            Self::Crate => "crate",
            Self::WorkspaceMember => "workspace-member",
            Self::NpmPackage => "npm-package",
        }
    }
}

/// How well a component can be taken by itself, and why. Comparable within one repository only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reuse {
    /// 0 to 1; more is better.
    pub score: f64,
    /// Its place among the components of its kind, counted from 1.
    pub rank: usize,
    /// What speaks for and against it, one short sentence each.
    pub reasons: Vec<String>,
}

/// A part of a repository that can be taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Component {
    /// What to write after `#` to take it.
    pub id: String,
    /// The last part of its name.
    pub name: String,
    /// What it is.
    pub kind: ComponentKind,
    /// Its file or folder.
    pub path: String,
    /// The ecosystem or language that it belongs to, such as `python`, `cargo`, `npm`, `go`.
    pub language: String,
    /// Every file that taking it brings, sorted; in a list of all components at most [`Component::LISTED`] of them.
    pub files: Vec<String>,
    /// How many files taking it brings.
    pub file_count: usize,
    /// Files that it reads by name, among the files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// Other components that it can only be taken together with, because they import each other; at most [`Component::LISTED`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cycle: Vec<String>,
    /// Functions and scripts that the project names as entry points and that lie in it.
    pub entry_points: Vec<String>,
    /// Modules of the same source that it needs, itself apart, sorted; in a list of all components at most [`Component::LISTED`] of them.
    pub internal_dependencies: Vec<String>,
    /// How many modules of the same source it needs.
    pub internal_dependency_count: usize,
    /// Distributions that it imports, sorted.
    pub external_dependencies: Vec<String>,
    /// Lines of code in its files.
    pub lines_of_code: usize,
    /// SPDX expression, when known.
    pub license: Option<String>,
    /// Public symbols of its own files.
    pub public_api_count: usize,
    /// Share of public symbols with documentation, 0 to 1; absent when there are none.
    pub documented_share: Option<f64>,
    /// First line of its documentation.
    pub description: Option<String>,
    /// Names of its public symbols, in source order, at most [`Component::LISTED`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub public_api: Vec<String>,
    /// How well it can be taken by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reuse: Option<Reuse>,
}

impl Component {
    /// How long the lists of one component are in a list of all; named alone, it has them whole.
    pub const LISTED: usize = 40;
}

/// Why a file is in a closure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    /// Named by the request.
    Requested,
    /// Imported by another file of the closure.
    ImportedBy {
        /// The importing file.
        path: String,
        /// The line of the import.
        line: u32,
        /// Whether the import runs on a call only.
        in_function: bool,
    },
    /// The parent package of a taken module, whose own names are used.
    ParentNames {
        /// The file that uses a name of it.
        path: String,
        /// The line of the use.
        line: u32,
        /// The name.
        name: String,
    },
    /// Data that a taken file names.
    DataOf {
        /// The file that names it.
        path: String,
        /// The line.
        line: u32,
    },
    /// A package above a taken module, whose own file has to run first so that a circle of imports is entered where it can be.
    ImportOrder {
        /// The taken module's file.
        path: String,
    },
    /// Part of a package that was requested as a whole.
    PackageMember,
    /// An upstream test that imports modules of the closure.
    Tests {
        /// Those modules, sorted, the first few.
        modules: Vec<String>,
    },
    /// What an upstream test needs to run.
    SupportOfTests {
        /// The file that needs it.
        path: String,
        /// The line, counted from 1; 0 for what a test runner reads without being told.
        line: u32,
    },
}

impl std::fmt::Display for Reason {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Requested => formatter.write_str("requested"),
            Self::ImportedBy {
                path,
                line,
                in_function: false,
            } => write!(formatter, "imported by {path}:{line}"),
            Self::ImportedBy {
                path,
                line,
                in_function: true,
            } => {
                write!(formatter, "imported by {path}:{line} when called")
            }
            Self::ParentNames { path, line, name } => {
                write!(formatter, "{path}:{line} uses its name {name}")
            }
            Self::DataOf { path, line } => write!(formatter, "data read by {path}:{line}"),
            Self::ImportOrder { path } => {
                write!(
                    formatter,
                    "has to be imported before {path}, whose imports go in a circle"
                )
            }
            Self::PackageMember => formatter.write_str("part of the requested package"),
            Self::Tests { modules } => write!(formatter, "tests {}", modules.join(", ")),
            Self::SupportOfTests { path, line: 0 } => write!(formatter, "belongs to {path}"),
            Self::SupportOfTests { path, line } => write!(formatter, "used by {path}:{line}"),
        }
    }
}

/// One file of a closure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosureFile {
    /// Where it is in the source.
    pub path: TreePath,
    /// Its dotted module; `None` for data.
    pub module: Option<String>,
    /// Its path below the import root, such as `flask/json/tag.py`.
    pub import_path: String,
    /// Why it is taken.
    pub reason: Reason,
}

/// How a closure needs a distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Need {
    /// Imported without a guard.
    Required,
    /// Imported only under `except ImportError`, under a condition or on a call.
    Optional,
}

/// A use of a module from outside the source and the standard library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalImport {
    /// The dotted module as imported, such as `werkzeug.http`.
    pub module: String,
    /// The importing file.
    pub path: TreePath,
    /// The line.
    pub line: u32,
    /// Whether it is guarded.
    pub need: Need,
    /// Whether a computed import names it by a candidate literal only.
    pub computed: bool,
}

impl ExternalImport {
    /// Gives the first part of the module's name.
    pub fn top_level(&self) -> &str {
        self.module.split('.').next().unwrap_or(&self.module)
    }
}

/// A distribution that a closure needs, with the requirement lines to declare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeededDistribution {
    /// Normalised name.
    pub name: String,
    /// PEP 508 requirements as the source's manifest has them; only the name when it declares none.
    pub requirements: Vec<String>,
    /// How it is needed.
    pub need: Need,
    /// The top-level import names that led to it, sorted.
    pub imports: Vec<String>,
    /// Whether the source declares it.
    pub declared: bool,
}

/// Everything that taking components of one source brings.
#[derive(Debug, Clone, Default)]
pub struct Closure {
    /// The files, sorted by path.
    pub files: Vec<ClosureFile>,
    /// Import paths of empty `__init__.py` files to generate, such as `flask/__init__.py`, sorted.
    pub generated_packages: Vec<String>,
    /// Modules of the source that are in the closure or generated, sorted.
    pub modules: Vec<String>,
    /// Modules that are imported only where a failure is caught, sorted; empty when no import lacks its module.
    pub guarded_modules: Vec<String>,
    /// Uses of modules from elsewhere, sorted by module.
    pub external_imports: Vec<ExternalImport>,
    /// What to know about it.
    pub findings: Vec<Finding>,
}
