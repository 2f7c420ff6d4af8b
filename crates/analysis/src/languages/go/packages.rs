//! The folders of a tree as Go sees them: one folder is one package, its tests apart. Knows no import paths.

use std::collections::{BTreeMap, HashMap};

use crate::languages::SourceFiles;

/// The Go files of one folder.
#[derive(Debug, Default)]
pub(super) struct Folder {
    /// The files that are built when the package is imported, by their index in order.
    pub(super) files: Vec<usize>,
    /// The tests that are compiled into the package itself (`package x` in `x_test.go`).
    pub(super) tests: Vec<usize>,
}

/// Every folder with Go files, by its path.
#[derive(Debug, Default)]
pub(super) struct Packages<'a> {
    folders: HashMap<&'a str, Folder>,
    /// What stands before `src/` in the paths of folders: where a `GOPATH` may begin; with its slash.
    roots: Vec<&'a str>,
    has_vendored: bool,
}

/// Beginnings of a `GOPATH` that are tried.
const MOST_ROOTS: usize = 16;

impl<'a> Packages<'a> {
    /// Sorts the Go files of a tree into folders.
    pub(super) fn new(files: &'a SourceFiles<'a>) -> Self {
        let mut by_folder: BTreeMap<&'a str, Vec<usize>> = BTreeMap::new();
        for (index, file) in files.files().iter().enumerate() {
            if file.path.as_str().ends_with(".go") {
                by_folder.entry(file.path.parent()).or_default().push(index);
            }
        }
        let mut roots: Vec<&'a str> = Vec::new();
        let mut folders = HashMap::with_capacity(by_folder.len());
        for (path, indexes) in by_folder {
            if let Some(root) = source_root(path)
                && roots.len() < MOST_ROOTS
                && !roots.contains(&root)
            {
                roots.push(root);
            }
            folders.insert(path, folder(files, &indexes));
        }
        let has_vendored = folders
            .keys()
            .any(|path| path.split('/').any(|part| part == "vendor"));
        Self {
            folders,
            roots,
            has_vendored,
        }
    }

    /// Says whether there is a `vendor` folder.
    pub(super) const fn has_vendored(&self) -> bool {
        self.has_vendored
    }

    /// Gives the folder with this path, if an import can lead to it.
    pub(super) fn importable(&self, path: &str) -> Option<&Folder> {
        self.folders
            .get(path)
            .filter(|folder| !folder.files.is_empty())
    }

    /// Lists the paths of all folders.
    pub(super) fn paths(&self) -> impl Iterator<Item = &'a str> {
        self.folders.keys().copied()
    }

    /// Finds a package below the `src` of a `GOPATH` that a file lies in.
    pub(super) fn in_source_root_of(&self, file: &str, import_path: &str) -> Option<&Folder> {
        self.roots
            .iter()
            .filter(|root| file.starts_with(**root))
            .find_map(|root| self.importable(&format!("{root}{import_path}")))
    }
}

/// Gives the part of a folder's path that ends with `src/`, if the rest looks like an import path.
fn source_root(path: &str) -> Option<&str> {
    let end = if path.starts_with("src/") {
        4
    } else {
        path.find("/src/")? + 5
    };
    let first = path[end..].split('/').next()?;
    first.contains('.').then(|| &path[..end])
}

fn folder(files: &SourceFiles<'_>, indexes: &[usize]) -> Folder {
    let name_of = |index: usize| {
        files
            .file(index)
            .code
            .and_then(|code| code.namespace.as_deref())
    };
    let is_test = |index: usize| files.file(index).path.as_str().ends_with("_test.go");
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    for index in indexes.iter().copied().filter(|index| !is_test(*index)) {
        if let Some(name) = name_of(index) {
            *names.entry(name).or_default() += 1;
        }
    }
    // Beside a package may lie programs that are run by name and never built with it, and text about it in `package documentation`.
    let package = names
        .iter()
        .max_by_key(|(name, count)| (!matches!(**name, "main" | "documentation"), **count))
        .map(|(name, _)| *name);
    let belongs = |index: usize| name_of(index).is_none_or(|name| Some(name) == package);
    let mut folder = Folder::default();
    for index in indexes.iter().copied() {
        if is_test(index) {
            if name_of(index).is_none_or(|name| !name.ends_with("_test")) {
                folder.tests.push(index);
            }
        } else if belongs(index) {
            folder.files.push(index);
        }
    }
    folder
}
