//! Requirements files and environments that only their names place: which package each belongs to, and as which group. A file that a
//! program wrote is left to the lock files where something else states what it was made from.

use std::collections::{BTreeMap, HashMap, HashSet};

use synthesizer_model::{dependency::Dependency, project::ProjectRole, tree::TreePath};

use super::super::super::{
    conda_environment,
    facts::{ManifestFacts, Section},
    folder_manifests::{FolderManifests, Together, read_includes, read_text},
    requirements_files::{self, Place},
    requirements_txt,
    tree_reading::{TreeReading, folder_of, name_of},
};
use super::{Found, nearest};
use crate::roles;

/// How many requirements files are read.
const MOST_FILES: usize = 20_000;

/// One file.
struct PlacedFile<'t> {
    path: &'t TreePath,
    place: Place,
    is_environment: bool,
    /// Whether a program wrote it.
    compiled: bool,
    /// Whether the file that it was made from lies beside it.
    has_source: bool,
    /// Whether it was read with the other manifests of its folder.
    taken: bool,
}

/// The files of a tree that only their names place.
pub(super) struct PlacedFiles<'t> {
    files: Vec<PlacedFile<'t>>,
    by_folder: HashMap<&'t str, Vec<usize>>,
}

/// A file that a program wrote, with its text.
pub(super) struct Compiled<'t> {
    /// Its path.
    pub path: &'t TreePath,
    /// The folder of the package that it belongs to.
    pub owner: Option<String>,
}

impl<'t> PlacedFiles<'t> {
    /// Looks at the files: which of them a program wrote.
    pub(super) fn read(reading: &mut TreeReading<'_>, paths: &[&'t TreePath]) -> Self {
        let names: HashSet<&str> = paths.iter().map(|path| path.as_str()).collect();
        let mut files = Vec::new();
        let mut by_folder: HashMap<&'t str, Vec<usize>> = HashMap::new();
        for path in paths {
            if files.len() == MOST_FILES {
                let what =
                    format_args!("more than {MOST_FILES} requirements files; the rest is left out");
                reading.problems.tell("", what);
                break;
            }
            let is_environment = conda_environment::is_environment(path.file_name());
            let place = if is_environment {
                place_of_environment(path)
            } else {
                match requirements_files::place(path.as_str()) {
                    Some(place) => place,
                    None => continue,
                }
            };
            let stem = path.as_str().strip_suffix(".txt");
            let source = stem.map(|stem| format!("{stem}.in"));
            let compiled = !is_environment
                && stem.is_some()
                && reading
                    .text(path)
                    .is_some_and(|text| requirements_files::is_compiled(&text));
            by_folder
                .entry(path.parent())
                .or_default()
                .push(files.len());
            files.push(PlacedFile {
                path,
                place,
                is_environment,
                compiled,
                has_source: source.is_some_and(|source| names.contains(source.as_str())),
                taken: false,
            });
        }
        Self { files, by_folder }
    }

    /// Lists the files that are read with the other manifests of a folder: those that lie in it and were not made from another one.
    pub(super) fn beside(&self, folder: &str) -> Vec<&'t TreePath> {
        let places = self.by_folder.get(folder).map_or(&[][..], Vec::as_slice);
        places
            .iter()
            .map(|place| &self.files[*place])
            .filter(|file| is_read_with_manifests(file))
            .map(|file| file.path)
            .collect()
    }

    /// Says that the files beside a folder's manifests were read with them.
    pub(super) fn take_beside(&mut self, folder: &str) {
        for place in self.by_folder.get(folder).into_iter().flatten() {
            let file = &mut self.files[*place];
            file.taken |= is_read_with_manifests(file);
        }
    }

    /// Gives every other file to the nearest package; makes packages of folders that have nothing but such files. Gives back the files
    /// that a program wrote.
    pub(super) fn place(
        mut self,
        reading: &mut TreeReading<'_>,
        found: &mut Found,
    ) -> Vec<Compiled<'t>> {
        self.make_packages(reading, found);
        let mut lists: BTreeMap<String, Vec<(Place, ManifestFacts)>> = BTreeMap::new();
        let mut written = Vec::new();
        for file in &self.files {
            let owner = nearest(found, &file.place.base).map(str::to_owned);
            if file.compiled {
                written.push(Compiled {
                    path: file.path,
                    owner: owner.clone(),
                });
            }
            let Some(owner) = owner.filter(|_| !file.taken) else {
                continue;
            };
            if file.compiled && (file.has_source || found[&owner].is_certain) {
                continue;
            }
            let mut place = place_in(&owner, file);
            if let Some(group) = &mut place.group
                && found[&owner].extras.iter().any(|extra| extra == group)
            {
                // What a file lists must not be taken for the extra of that name.
                group.push_str("-requirements");
            }
            if let Some(facts) = read_file(reading, file, &place) {
                lists.entry(owner).or_default().push((place, facts));
            }
        }
        for (owner, lists) in lists {
            if let Some(together) = found.get_mut(&owner) {
                add_lists(together, lists);
            }
        }
        for together in found.values_mut() {
            name_other_lists(together, &self.files);
        }
        written
    }

    /// A folder without a package at or above it becomes one, for what its requirements files list.
    fn make_packages(&mut self, reading: &mut TreeReading<'_>, found: &mut Found) {
        let mut bases: Vec<String> = Vec::new();
        for file in &self.files {
            if needs_package(found, &file.place.base) {
                bases.push(file.place.base.clone());
            }
        }
        bases.sort();
        bases.dedup();
        for base in bases {
            // One that lies above may have been made just now.
            if !needs_package(found, &base) || found.len() >= super::MOST_PROJECTS {
                continue;
            }
            let paths = self.beside(&base);
            let mut manifests = FolderManifests::read(reading, &base, &paths);
            manifests.tell_problems(reading, true);
            self.take_beside(&base);
            found.insert(base, manifests.together());
        }
    }
}

/// Says whether a folder with requirements files is a package of its own: where there is none at or above it, and for examples, which are
/// run by themselves.
fn needs_package(found: &Found, base: &str) -> bool {
    match nearest(found, base) {
        None => true,
        Some(owner) => owner != base && is_example(base) && !is_example(owner),
    }
}

fn is_example(folder: &str) -> bool {
    roles::of_project_place(folder) == Some(ProjectRole::Example)
}

/// `requirements.txt` and the usual names for development, but not what was made from a file beside it.
fn is_read_with_manifests(file: &PlacedFile<'_>) -> bool {
    let name = file.path.file_name();
    let is_known = matches!(
        name,
        "requirements.txt"
            | "requirements-dev.txt"
            | "requirements_dev.txt"
            | "dev-requirements.txt"
    );
    is_known && file.place.base == file.path.parent() && !(file.compiled && file.has_source)
}

fn place_of_environment(path: &TreePath) -> Place {
    let folder = path.parent();
    let in_conda = matches!(
        name_of(folder),
        "conda" | "conda-envs" | "envs" | "environments"
    );
    let base = if in_conda { folder_of(folder) } else { folder };
    Place {
        base: base.to_owned(),
        group: Some(stem_of(path.file_name())),
    }
}

fn stem_of(name: &str) -> String {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    stem.to_lowercase()
}

/// A file below its package's folder belongs to a group that its folder names, unless its own name tells one.
fn place_in(owner: &str, file: &PlacedFile<'_>) -> Place {
    let base = file.place.base.as_str();
    let group = file.place.group.clone().or_else(|| {
        let is_below = base != owner;
        is_below.then(|| name_of(base).to_lowercase())
    });
    Place {
        base: base.to_owned(),
        group,
    }
}

fn read_file(
    reading: &mut TreeReading<'_>,
    file: &PlacedFile<'_>,
    place: &Place,
) -> Option<ManifestFacts> {
    let text = read_text(reading, file.path)?;
    let path = file.path.as_str();
    let (section, group) = match &place.group {
        None => (Section::Runtime, None),
        Some(group) => (Section::Development, Some(group.as_str())),
    };
    let mut facts = if file.is_environment {
        conda_environment::parse(path, &text, section, group)?
    } else {
        requirements_txt::parse(path, &text, section, group)
    };
    read_includes(reading, &mut facts);
    for problem in std::mem::take(&mut facts.problems) {
        reading.problems.tell(&problem.path, problem.what);
    }
    Some(facts)
}

/// Adds what requirements files list: as what is needed to run if their name says so and no manifest states that.
fn add_lists(together: &mut Together, lists: Vec<(Place, ManifestFacts)>) {
    let is_stated = together.is_certain;
    for (place, mut facts) in lists {
        together.manifests.push(facts.path.clone());
        together.manifests.append(&mut facts.included);
        let path = facts.path.clone();
        let local = std::mem::take(&mut facts.local).into_iter();
        together
            .local
            .extend(local.map(|requirement| (path.clone(), requirement)));
        together.development.append(&mut facts.development);
        let Some(runtime) = facts.runtime.take() else {
            continue;
        };
        if place.group.is_none() && is_stated {
            together.other_lists.push((path, runtime));
        } else {
            together.runtime.get_or_insert_default().extend(runtime);
        }
    }
}

/// Makes groups of the lists that are no package's own: by the name of their file, unless a program wrote it.
fn name_other_lists(together: &mut Together, files: &[PlacedFile<'_>]) {
    let written: HashSet<&str> = files
        .iter()
        .filter(|file| file.compiled)
        .map(|file| file.path.as_str())
        .collect();
    for (path, list) in std::mem::take(&mut together.other_lists) {
        if written.contains(path.as_str()) {
            continue;
        }
        let group = stem_of(name_of(&path));
        let named = list.into_iter().map(|dependency| Dependency {
            group: Some(group.clone()),
            ..dependency
        });
        together.development.extend(named);
    }
}
