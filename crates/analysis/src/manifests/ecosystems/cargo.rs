//! Rust crates: every `Cargo.toml` and `Cargo.lock` of a tree, put together as Cargo would. Runs no Cargo and asks no registry.
//!
//! How a requirement is told:
//! - `name` is the package's real name; where the manifest renames it, `imported_as` is the key.
//! - `group` is `dev` or `build` by its table; for an optional one the feature that turns it on: the one that names `dep:key`, else the
//!   implicit one of its own name (`optional` where that feature is itself called `dev`, `build` or `peer`, so that these always mean the
//!   table). The names of all features, implicit ones too, are the project's `extras`.
//! - `extras` are the features asked for; [`NO_DEFAULT_FEATURES`] among them stands for `default-features = false` (no feature can
//!   have that name).
//! - `url` is `path+FOLDER` (from the top of the tree; as written where it leads out of it), `git+URL` with `branch`, `tag` or `rev` as
//!   its query, `registry+NAME` or `registry+URL` for a registry that is named; never with credentials.
//! - `parsed` has plain comparators; pre-releases are admitted by Cargo's rule alone.
//!
//! A virtual workspace is a project without a name. `[patch]` and `[replace]` are told among the problems, because they change what other
//! requirements mean and are none themselves.
//!
//! Map:
//! - `workspaces`: which package belongs to which workspace
//! - `targets`: what a package offers, by its tables and by what lies in its folder
//! - `projects`: one package with everything that it inherits

mod projects;
mod targets;
mod workspaces;

use std::collections::HashSet;

use synthesizer_model::{
    dependency::Ecosystem,
    tree::{SourceTree, TreePath},
};

use super::{
    super::{
        cargo_lock,
        cargo_toml::{self, CargoToml},
        tree_reading::{TreeReading, folder_of, name_of},
    },
    EcosystemFacts, EcosystemReader,
};

/// Stands among the features of a requirement for `default-features = false`.
pub const NO_DEFAULT_FEATURES: &str = "-default";

/// Reads Cargo's files.
pub(super) struct Cargo;

/// A manifest with its place.
struct Manifest {
    /// Its folder, from the top of the tree.
    folder: String,
    /// Its path.
    path: String,
    toml: CargoToml,
}

impl EcosystemReader for Cargo {
    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Cargo
    }

    fn is_relevant(&self, path: &str) -> bool {
        matches!(name_of(path), "Cargo.toml" | "Cargo.lock")
    }

    fn read(&self, tree: &dyn SourceTree, relevant: &[TreePath]) -> EcosystemFacts {
        let mut reading = TreeReading::new(tree);
        let mut manifests = Vec::new();
        for path in relevant {
            if path.file_name() == "Cargo.toml"
                && let Some(text) = reading.text(path)
                && let Some(toml) = cargo_toml::parse(path.as_str(), &text, &mut reading.problems)
            {
                manifests.push(Manifest {
                    folder: folder_of(path.as_str()).to_owned(),
                    path: path.as_str().to_owned(),
                    toml,
                });
            }
        }
        manifests.sort_by(|left, right| left.folder.cmp(&right.folder));
        let workspaces = workspaces::find(&manifests, &mut reading.problems);
        let files = targets::Files::of(tree, &manifests);
        let projects = projects::build(&manifests, &workspaces, &files, &mut reading.problems);
        let own: HashSet<&str> = projects
            .iter()
            .filter_map(|project| project.facts.name.as_deref())
            .collect();
        let mut locks = Vec::new();
        for path in relevant {
            if path.file_name() == "Cargo.lock"
                && let Some(text) = reading.text(path)
            {
                let problems = &mut reading.problems;
                locks.extend(cargo_lock::parse(path.as_str(), &text, &own, problems));
            }
        }
        EcosystemFacts {
            projects,
            locks,
            problems: reading.finish("cargo"),
        }
    }
}

#[cfg(test)]
#[path = "cargo/tests.rs"]
mod tests;
