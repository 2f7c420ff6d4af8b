//! The crates of a tree: which files are their roots, under which names others import them, what they may import. Knows Cargo's rules
//! for places; reads no manifest.

use std::collections::{HashMap, HashSet};

use synthesizer_model::{
    dependency::Ecosystem,
    project::{Project, ProjectRole},
};

use crate::languages::SourceFiles;

/// One crate: a root file and everything that its `mod` declarations reach.
#[derive(Debug)]
pub(super) struct Crate {
    /// Its root file.
    pub(super) root: usize,
    /// Its package, by its place among the projects.
    pub(super) project: Option<usize>,
    /// Whether paths of `use` begin at the crate's root, as in the edition of 2015.
    pub(super) old_paths: bool,
    /// Whether others can import it.
    pub(super) library: bool,
}

/// Where a name at the beginning of a path leads, other than to a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outside<'a> {
    /// To a crate of the tree.
    Own(usize),
    /// To a declared dependency, by its name in the registry.
    Package(&'a str),
    /// To a crate that comes with Rust.
    Standard,
}

/// All crates and the names they know each other by.
#[derive(Debug)]
pub(super) struct Crates<'a> {
    pub(super) list: Vec<Crate>,
    /// For every project the names that its code can begin a path with.
    names: Vec<HashMap<String, Outside<'a>>>,
    /// The packages by their folders.
    by_folder: HashMap<&'a str, usize>,
}

impl<'a> Crates<'a> {
    /// Finds the crates of every Cargo package, libraries first.
    pub(super) fn new(files: &'a SourceFiles<'a>) -> Self {
        let mut list = Vec::new();
        let mut known = HashSet::new();
        let packages = || {
            files
                .projects()
                .iter()
                .enumerate()
                .filter(|(_, project)| project.ecosystem == Ecosystem::Cargo)
        };
        let default_roots = if packages().all(|(_, project)| !project.targets.is_empty()) {
            HashMap::new()
        } else {
            roots_by_place(files)
        };
        for (index, project) in packages() {
            for (root, library) in roots_of(files, project, &default_roots) {
                if known.insert(root) {
                    list.push(Crate {
                        root,
                        project: Some(index),
                        old_paths: has_old_paths(project),
                        library,
                    });
                }
            }
        }
        if list.is_empty() {
            list.extend(roots_without_manifests(files));
        }
        list.sort_by_key(|found| (!found.library, found.root));
        let names = names_of_projects(files.projects(), &list);
        let by_folder = packages()
            .map(|(index, project)| (project.folder.as_str(), index))
            .collect();
        Self {
            list,
            names,
            by_folder,
        }
    }

    /// Makes a file that no other reaches a crate of its own; gives its place.
    pub(super) fn add_standalone(&mut self, files: &SourceFiles<'_>, root: usize) -> usize {
        let project = self.project_around(files.file(root).path.parent());
        self.list.push(Crate {
            root,
            project,
            old_paths: project.is_some_and(|index| has_old_paths(&files.projects()[index])),
            library: false,
        });
        self.list.len() - 1
    }

    fn project_around(&self, folder: &str) -> Option<usize> {
        let mut folder = folder;
        loop {
            if let Some(project) = self.by_folder.get(folder) {
                return Some(*project);
            }
            if folder.is_empty() {
                return None;
            }
            folder = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
        }
    }

    /// Finds what a name outside of all modules leads to, for code of a crate.
    pub(super) fn outside(&self, of: usize, name: &str) -> Option<Outside<'a>> {
        let name = name.strip_prefix("r#").unwrap_or(name);
        let project = self.list.get(of)?.project;
        let named = project.and_then(|project| self.names.get(project)?.get(name).copied());
        named.or_else(|| is_standard(name).then_some(Outside::Standard))
    }
}

/// Says whether a crate comes with Rust, the compiler's own included.
fn is_standard(name: &str) -> bool {
    matches!(name, "std" | "core" | "alloc" | "proc_macro" | "test") || name.starts_with("rustc_")
}

fn has_old_paths(project: &Project) -> bool {
    project
        .runtimes
        .get("edition")
        .is_none_or(|edition| edition == "2015")
}

/// Gives the root files of a package and whether each is its library.
fn roots_of(
    files: &SourceFiles<'_>,
    project: &Project,
    default_roots: &HashMap<&str, Vec<(usize, bool)>>,
) -> Vec<(usize, bool)> {
    let named: Vec<(usize, bool)> = project
        .targets
        .iter()
        .filter_map(|target| {
            let file = files.index(target.path.as_deref()?)?;
            let library = matches!(target.kind.as_str(), "lib" | "proc-macro");
            Some((file, library))
        })
        .collect();
    if !project.targets.is_empty() {
        return named;
    }
    default_roots
        .get(project.folder.as_str())
        .cloned()
        .unwrap_or_default()
}

/// Finds the files that are roots by Cargo's default places, by the folder of the package.
fn roots_by_place<'a>(files: &'a SourceFiles<'a>) -> HashMap<&'a str, Vec<(usize, bool)>> {
    let folders: HashSet<&str> = files
        .projects()
        .iter()
        .filter(|project| project.ecosystem == Ecosystem::Cargo)
        .map(|project| project.folder.as_str())
        .collect();
    let mut roots: HashMap<&str, Vec<(usize, bool)>> = HashMap::new();
    for (index, file) in files.files().iter().enumerate() {
        let path = file.path.as_str();
        if !path.ends_with(".rs") {
            continue;
        }
        // A root lies at most three folders below its package: `src/bin/x/main.rs`.
        let mut folder = file.path.parent();
        for _ in 0..4 {
            let rest = path[folder.len()..].trim_start_matches('/');
            if folders.contains(folder)
                && let Some(library) = is_root_by_place(rest)
            {
                roots.entry(folder).or_default().push((index, library));
            }
            if folder.is_empty() {
                break;
            }
            folder = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
        }
    }
    roots
}

/// Says whether a path in a package is a crate's root, and whether it is the library.
fn is_root_by_place(path: &str) -> Option<bool> {
    match path {
        "src/lib.rs" => return Some(true),
        "src/main.rs" | "build.rs" => return Some(false),
        _ => {}
    }
    let rest = ["src/bin/", "examples/", "tests/", "benches/"]
        .iter()
        .find_map(|folder| path.strip_prefix(folder))?;
    let is_root = match rest.split_once('/') {
        None => true,
        Some((_, name)) => name == "main.rs",
    };
    is_root.then_some(false)
}

/// In a tree without any manifest, files with the names of roots are taken for roots.
fn roots_without_manifests(files: &SourceFiles<'_>) -> Vec<Crate> {
    let roots = files
        .files()
        .iter()
        .enumerate()
        .filter_map(|(index, file)| {
            let library = match file.path.file_name() {
                "lib.rs" => true,
                "main.rs" => false,
                _ => return None,
            };
            Some(Crate {
                root: index,
                project: None,
                old_paths: false,
                library,
            })
        });
    roots.collect()
}

fn names_of_projects<'a>(
    projects: &'a [Project],
    crates: &[Crate],
) -> Vec<HashMap<String, Outside<'a>>> {
    let mut libraries: HashMap<usize, usize> = HashMap::new();
    for (index, found) in crates.iter().enumerate() {
        if let Some(project) = found.project.filter(|_| found.library) {
            libraries.entry(project).or_insert(index);
        }
    }
    // Copies of a package may lie in a tree; the one that is least likely a copy is meant.
    let mut packages: HashMap<&str, (bool, usize, usize)> = HashMap::new();
    for (project, library) in &libraries {
        let found = &projects[*project];
        if let Some(name) = found.facts.name.as_deref() {
            let rank = (
                found.role == ProjectRole::Vendored,
                found.folder.len(),
                *library,
            );
            let best = packages.entry(name).or_insert(rank);
            *best = rank.min(*best);
        }
    }
    let names = projects.iter().enumerate().map(|(index, project)| {
        let mut names = HashMap::new();
        if project.ecosystem != Ecosystem::Cargo {
            return names;
        }
        for dependency in &project.dependencies {
            let imported = dependency.imported_as.as_ref().unwrap_or(&dependency.name);
            let target = match packages.get(dependency.name.as_str()) {
                Some((.., library)) => Outside::Own(*library),
                None => Outside::Package(&dependency.name),
            };
            names.insert(imported.replace('-', "_"), target);
        }
        if let Some(library) = libraries.get(&index) {
            for name in own_names(project) {
                names.insert(name, Outside::Own(*library));
            }
        }
        names
    });
    names.collect()
}

/// Gives the names under which a package's other crates import its library.
fn own_names(project: &Project) -> impl Iterator<Item = String> {
    let target = project
        .targets
        .iter()
        .find(|target| matches!(target.kind.as_str(), "lib" | "proc-macro"));
    let name = target
        .map(|target| &target.name)
        .or(project.facts.name.as_ref());
    name.map(|name| name.replace('-', "_")).into_iter()
}
