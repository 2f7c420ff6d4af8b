//! The packages and lock files of a tree, one family of packages a file: which manifests make one package, how workspaces join them,
//! what the lock files name. A new family is one new file and its line in [`ECOSYSTEMS`].

mod cargo;
mod go;
mod maven;
mod npm;
mod python;

use synthesizer_model::{
    dependency::Ecosystem,
    finding::Problem,
    project::{LockFile, Project},
    tree::{SourceTree, TreePath},
};

pub use cargo::NO_DEFAULT_FEATURES;

/// A family of packages.
pub trait EcosystemReader: Sync {
    /// Says which.
    fn ecosystem(&self) -> Ecosystem;

    /// Says whether a file, by its path alone, is a manifest, a lock file or a workspace file of this family.
    fn is_relevant(&self, path: &str) -> bool;

    /// Reads the packages and lock files of the whole tree from its relevant files, given sorted by path.
    ///
    /// Roles are those that the manifests tell ([`Root`](synthesizer_model::project::ProjectRole::Root) for the top folder, `Member` for
    /// what a workspace names, else `Nested`); the roles that places tell are set by the caller. Never fails: what cannot be read is a
    /// problem.
    fn read(&self, tree: &dyn SourceTree, relevant: &[TreePath]) -> EcosystemFacts;
}

/// What the manifests of one family tell.
#[derive(Debug, Default)]
pub struct EcosystemFacts {
    /// Its packages, sorted by folder.
    pub projects: Vec<Project>,
    /// Its lock files, sorted by path.
    pub locks: Vec<LockFile>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// Every family, in the order in which results list them.
pub static ECOSYSTEMS: &[&dyn EcosystemReader] = &[
    &python::Python,
    &cargo::Cargo,
    &go::Go,
    &maven::Maven,
    &npm::Npm,
];
