//! From a Go import path to the files of a folder, the standard library or a module. Knows packages from `go.mod` by way of the projects.

use std::{
    collections::{BTreeSet, HashMap},
    sync::OnceLock,
};

use synthesizer_model::{
    code::{Import, ImportForm},
    dependency::Ecosystem,
};

use super::{embedded::Listing, packages::Packages, standard_library};
use crate::languages::{Resolved, Resolver, SourceFiles};

/// Longest import path that is looked up.
const MAX_PATH_BYTES: usize = 1000;

/// Modules of one path that are looked through, should a tree have several.
const MOST_COPIES: usize = 16;

/// Finds the files of packages.
pub(super) struct GoResolver<'a> {
    files: &'a SourceFiles<'a>,
    packages: Packages<'a>,
    /// Modules of the tree: path and folder.
    modules: HashMap<&'a str, Vec<&'a str>>,
    /// What stands for a module path when no manifest names one.
    guessed_module: Option<String>,
    /// Modules that manifests ask for.
    required: BTreeSet<&'a str>,
    listing: OnceLock<Listing<'a>>,
}

impl<'a> GoResolver<'a> {
    /// Looks at every Go file and Go module of the tree.
    pub(super) fn new(files: &'a SourceFiles<'a>) -> Self {
        let projects = || {
            files
                .projects()
                .iter()
                .filter(|project| project.ecosystem == Ecosystem::Go)
        };
        let mut modules: HashMap<&str, Vec<&str>> = HashMap::new();
        for project in projects() {
            if let Some(name) = &project.facts.name {
                modules.entry(name).or_default().push(&project.folder);
            }
        }
        let required = projects()
            .flat_map(|project| &project.dependencies)
            .map(|dependency| dependency.name.as_str())
            .collect();
        let packages = Packages::new(files);
        let guessed_module = if modules.is_empty() {
            guess_module(files, &packages)
        } else {
            None
        };
        Self {
            files,
            packages,
            modules,
            guessed_module,
            required,
            listing: OnceLock::new(),
        }
    }

    fn package(&self, from: usize, path: &str) -> Resolved {
        if path == "C" {
            return Resolved::Nothing;
        }
        if path.len() > MAX_PATH_BYTES {
            return Resolved::Unresolved("a path that is too long");
        }
        let own_folder = self.files.file(from).path.parent();
        if path.starts_with("./") || path.starts_with("../") {
            return relative(own_folder, path)
                .and_then(|folder| self.folder(from, &folder))
                .unwrap_or(Resolved::Unresolved("no Go package in that folder"));
        }
        if let Some(found) = self.of_modules(from, path) {
            return found;
        }
        if let Some(found) = self.vendored(from, own_folder, path) {
            return found;
        }
        if standard_library::contains(path) {
            return self
                .of_the_library_itself(from, path)
                .unwrap_or(Resolved::StandardLibrary);
        }
        let own_path = self.files.file(from).path.as_str();
        if let Some(found) = self.packages.in_source_root_of(own_path, path) {
            return Resolved::Files(found.files.clone());
        }
        self.external(path)
    }

    /// Gives the files of a folder; a test of the same folder is also given the tests that are compiled into the package.
    fn folder(&self, from: usize, path: &str) -> Option<Resolved> {
        let folder = self.packages.importable(path)?;
        let mut files = folder.files.clone();
        let from = self.files.file(from);
        if from.path.as_str().ends_with("_test.go") && from.path.parent() == path {
            files.extend(&folder.tests);
        }
        Some(Resolved::Files(files))
    }

    /// Looks the path up in the modules of the tree, the longest module path first.
    fn of_modules(&self, from: usize, path: &str) -> Option<Resolved> {
        for (module, rest) in prefixes(path) {
            let guessed = self.guessed_module.as_deref() == Some(module);
            let folders = self.modules.get(module).map_or(&[][..], Vec::as_slice);
            let folders = folders.iter().copied().take(MOST_COPIES);
            for folder in folders.chain(guessed.then_some("")) {
                if let Some(found) = self.folder(from, &join(folder, rest)) {
                    return Some(found);
                }
            }
        }
        None
    }

    /// Looks the path up in the `vendor` folders of the file's folder and of those above it.
    fn vendored(&self, from: usize, own_folder: &str, path: &str) -> Option<Resolved> {
        if !self.packages.has_vendored() {
            return None;
        }
        let mut above = own_folder;
        loop {
            if let Some(found) = self.folder(from, &join(&join(above, "vendor"), path)) {
                return Some(found);
            }
            if above.is_empty() {
                return None;
            }
            above = above.rsplit_once('/').map_or("", |(parent, _)| parent);
        }
    }

    /// The tree may be Go's own, whose packages have no module path before them.
    fn of_the_library_itself(&self, from: usize, path: &str) -> Option<Resolved> {
        let folders = self.modules.get("std")?;
        folders
            .iter()
            .find_map(|folder| self.folder(from, &join(folder, path)))
    }

    fn external(&self, path: &str) -> Resolved {
        for (module, _) in prefixes(path) {
            if self.required.contains(module) {
                return Resolved::External(module.to_owned());
            }
        }
        let owned = prefixes(path).any(|(module, _)| {
            self.modules.contains_key(module) || self.guessed_module.as_deref() == Some(module)
        });
        if owned {
            return Resolved::Unresolved("no Go package in that folder of the module");
        }
        let first = path.split('/').next().unwrap_or(path);
        if first.contains('.') {
            Resolved::External(path.to_owned())
        } else {
            Resolved::Unresolved("not in the standard library and in no module of the tree")
        }
    }

    fn resource(&self, from: usize, pattern: &str) -> Resolved {
        let listing = self.listing.get_or_init(|| Listing::new(self.files));
        let found = listing.matching(self.files.file(from).path.parent(), pattern);
        if found.is_empty() {
            Resolved::Unresolved("no file matches the pattern")
        } else {
            Resolved::Files(found)
        }
    }

    fn header(&self, from: usize, name: &str) -> Resolved {
        relative(self.files.file(from).path.parent(), name)
            .and_then(|path| self.files.index(&path))
            .map_or(Resolved::Nothing, |index| Resolved::Files(vec![index]))
    }
}

impl Resolver for GoResolver<'_> {
    fn resolve(&self, from: usize, import: &Import) -> Resolved {
        match import.form {
            ImportForm::Static => self.package(from, &import.target),
            ImportForm::Resource => self.resource(from, &import.target),
            ImportForm::Include | ImportForm::SystemInclude => self.header(from, &import.target),
            ImportForm::Dynamic
            | ImportForm::Require
            | ImportForm::ReExport
            | ImportForm::ModuleDeclaration
            | ImportForm::Path
            | ImportForm::Computed => Resolved::Nothing,
        }
    }
}

/// Lists a path and the paths above it, the longest first, each with what is left of the path.
fn prefixes(path: &str) -> impl Iterator<Item = (&str, &str)> {
    std::iter::successors(Some(path.len()), move |end| path[..*end].rfind('/'))
        .map(move |end| (&path[..end], path[end..].trim_start_matches('/')))
}

fn join(folder: &str, rest: &str) -> String {
    match (folder.is_empty(), rest.is_empty()) {
        (true, _) => rest.to_owned(),
        (_, true) => folder.to_owned(),
        _ => format!("{folder}/{rest}"),
    }
}

/// Follows a relative path from a folder; `None` when it leads out of the tree.
fn relative(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// Guesses the module path of a tree without `go.mod`: what stands most often before the path of an own folder in its imports.
fn guess_module(files: &SourceFiles<'_>, packages: &Packages<'_>) -> Option<String> {
    let folders: BTreeSet<&str> = packages
        .paths()
        .filter(|path| !path.is_empty() && !path.split('/').any(|part| part == "vendor"))
        .collect();
    let mut votes: HashMap<&str, usize> = HashMap::new();
    for file in files.files() {
        let Some(code) = file.code.filter(|_| file.path.as_str().ends_with(".go")) else {
            continue;
        };
        let paths = code
            .imports
            .iter()
            .filter(|import| import.form == ImportForm::Static && import.target.contains('.'));
        for import in paths {
            // The longest own folder that ends the path counts.
            let path = import.target.as_str();
            if path.len() > MAX_PATH_BYTES {
                continue;
            }
            let mut starts = path.match_indices('/').map(|(at, _)| at).skip(1);
            if let Some(at) = starts.find(|at| folders.contains(&path[at + 1..])) {
                *votes.entry(&path[..at]).or_default() += 1;
            }
        }
    }
    votes
        .into_iter()
        .max_by_key(|(module, count)| (*count, std::cmp::Reverse(*module)))
        .map(|(module, _)| module.to_owned())
}
