//! Python distributions: every manifest, requirements file and lock file of a tree, put together by folder. Runs nothing and asks no index.
//!
//! A folder is a package when a manifest in it says so: `pyproject.toml` with more than settings of tools, `setup.py` whose call of
//! `setup` names or lists something, `setup.cfg` with metadata or options, `PKG-INFO`, `Pipfile`. Nested ones are never merged.
//!
//! How a requirement is told:
//! - `group` is absent for what is needed to run; else the extra's name, the dependency group's, the environment's of Hatch, `build`, or
//!   the one that the name of a requirements file gives (`dev` for `requirements-dev.txt`).
//! - A list of a requirements file of a package whose dependencies another manifest states has the file's name as its group
//!   (`requirements`), as it is an environment and not what the package asks for.
//! - A requirements file belongs to the nearest package above it; where there is none, its folder becomes a package without a name.
//! - `url` is `path+FOLDER` (from the top of the tree) for a folder of the tree that a tool is told to take it from.
//!
//! Map:
//! - `placed`: requirements files and environments that only their names place
//! - `projects`: one package with everything that it asks for
//! - `workspaces`: which package belongs to which workspace
//! - `locks`: lock files, one format a file

mod locks;
mod placed;
mod projects;
mod workspaces;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use synthesizer_model::{
    dependency::Ecosystem,
    project::Project,
    tree::{SourceTree, TreePath},
};

use super::{
    super::{
        allowance::Allowance,
        conda_environment,
        folder_manifests::{FolderManifests, Together},
        requirements_files,
        tree_reading::{TreeReading, folder_of, name_of},
    },
    EcosystemFacts, EcosystemReader,
};
use placed::PlacedFiles;
use projects::Folders;

/// How many packages of one tree are read.
const MOST_PROJECTS: usize = 10_000;

/// Reads Python's files.
pub(super) struct Python;

/// What a file is, by its path alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A manifest of the folder it lies in.
    Manifest,
    /// A file of egg-info, which belongs to a folder above.
    EggInfo,
    /// A requirements file or an environment.
    Placed,
    /// A lock file.
    Lock,
}

fn kind_of(path: &str) -> Option<Kind> {
    let name = name_of(path);
    match name {
        "pyproject.toml" | "setup.py" | "setup.cfg" | "PKG-INFO" | "Pipfile" => {
            // The metadata in egg-info is a copy of the package's.
            let is_copy = name == "PKG-INFO" && folder_of(path).ends_with(".egg-info");
            (!is_copy).then_some(Kind::Manifest)
        }
        "requires.txt" | "entry_points.txt" | "SOURCES.txt" if egg_info_owner(path).is_some() => {
            Some(Kind::EggInfo)
        }
        _ if locks::is_lock(name) => Some(Kind::Lock),
        _ if conda_environment::is_environment(name) => Some(Kind::Placed),
        _ => requirements_files::place(path).map(|_| Kind::Placed),
    }
}

/// Gives the folder of the package that a file of egg-info belongs to.
fn egg_info_owner(path: &str) -> Option<&str> {
    let egg_info = folder_of(path);
    egg_info.ends_with(".egg-info").then(|| {
        let folder = folder_of(egg_info);
        if name_of(folder) == "src" {
            folder_of(folder)
        } else {
            folder
        }
    })
}

impl EcosystemReader for Python {
    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Python
    }

    fn is_relevant(&self, path: &str) -> bool {
        kind_of(path).is_some()
    }

    fn read(&self, tree: &dyn SourceTree, relevant: &[TreePath]) -> EcosystemFacts {
        let mut reading = TreeReading::new(tree);
        let mut by_folder: BTreeMap<&str, Vec<&TreePath>> = BTreeMap::new();
        let mut placed_files = Vec::new();
        let mut lock_files = Vec::new();
        for path in relevant {
            match kind_of(path.as_str()) {
                Some(Kind::Manifest) => by_folder.entry(path.parent()).or_default().push(path),
                Some(Kind::EggInfo) => {
                    let owner = egg_info_owner(path.as_str()).unwrap_or("");
                    by_folder.entry(owner).or_default().push(path);
                }
                Some(Kind::Placed) => placed_files.push(path),
                Some(Kind::Lock) => lock_files.push(path),
                None => {}
            }
        }
        let mut placed = PlacedFiles::read(&mut reading, &placed_files);
        let mut found = read_folders(&mut reading, by_folder, &mut placed);
        let remaining = placed.place(&mut reading, &mut found);
        let mut allowance = Allowance::default();
        let workspaces = workspaces::find(&mut reading, &found);
        let folders = Folders::new(&found, &workspaces);
        let mut projects: Vec<Project> = Vec::with_capacity(found.len());
        for (folder, together) in &found {
            projects.push(folders.project(&mut reading, folder, together, &mut allowance));
        }
        if allowance.is_spent() {
            let what = "more requirements than are kept of one tree; the rest is left out";
            reading.problems.tell("", what);
        }
        let mut locks = locks::read(&mut reading, &lock_files, &projects);
        locks.extend(locks::compiled(&mut reading, &remaining, &projects));
        locks.sort_by(|left, right| left.path.cmp(&right.path));
        EcosystemFacts {
            projects,
            locks,
            problems: reading.finish("python"),
        }
    }
}

/// Packages by their folder.
type Found = BTreeMap<String, Together>;

/// Reads the manifests of every folder that has some; what is no package is left out.
fn read_folders<'t>(
    reading: &mut TreeReading<'_>,
    mut by_folder: BTreeMap<&'t str, Vec<&'t TreePath>>,
    placed: &mut PlacedFiles<'t>,
) -> Found {
    let mut found = Found::new();
    let mut left_out = 0_usize;
    for (folder, paths) in &mut by_folder {
        if found.len() == MOST_PROJECTS {
            left_out += 1;
            continue;
        }
        paths.extend(placed.beside(folder));
        let mut manifests = FolderManifests::read(reading, folder, paths);
        // A program at the top makes a package, whether or not its text tells.
        let is_project =
            manifests.declares_project() || (folder.is_empty() && manifests.has_program());
        manifests.tell_problems(reading, is_project);
        if is_project {
            placed.take_beside(folder);
            found.insert((*folder).to_owned(), manifests.together());
        }
    }
    if left_out > 0 {
        let what = format_args!(
            "{left_out} folders with manifests are not read: more than {MOST_PROJECTS}"
        );
        reading.problems.tell("", what);
    }
    found
}

/// Gives the folder of the nearest package at or above a folder.
fn nearest<'f, T>(found: &'f BTreeMap<String, T>, folder: &str) -> Option<&'f str> {
    let mut folder = folder;
    loop {
        if let Some((known, _)) = found.get_key_value(folder) {
            return Some(known);
        }
        if folder.is_empty() {
            return None;
        }
        folder = folder_of(folder);
    }
}
