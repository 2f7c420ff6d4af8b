//! The packages and top-level types of a tree, by what its files say of themselves. Knows no import.

use std::collections::{HashMap, HashSet};

use synthesizer_model::{code::SymbolKind, source_file::FileRole};

use super::super::{SourceFile, SourceFiles};

/// How many files of one qualified name are compared on each side of the one that asks.
const NEIGHBOURS: usize = 16;

/// Parts of a qualified name that are looked at.
const MOST_PARTS: usize = 64;

/// Folders that packages begin below, in the layouts of Maven, Gradle and sbt.
const SOURCE_ROOTS: &[&str] = &["kotlin", "scala", "groovy", "java"];

/// Suffixes of languages whose types Java code can import and that are not read here.
const OTHER_LANGUAGES: &[&str] = &[".kt", ".scala", ".groovy"];

/// The types of one package: simple name to files, sorted.
type Package<'a> = HashMap<&'a str, Vec<usize>>;

/// Where the types of a tree are declared.
pub(super) struct TypeIndex<'a> {
    files: &'a SourceFiles<'a>,
    packages: HashMap<&'a str, Package<'a>>,
    modules: HashMap<&'a str, Vec<usize>>,
    /// Packages of two parts and more that a package of the tree lies in, itself apart.
    outer: HashSet<&'a str>,
    /// Packages that only files of other languages are in, by their folders.
    foreign: HashSet<String>,
}

impl<'a> TypeIndex<'a> {
    /// Looks at all files.
    pub(super) fn new(files: &'a SourceFiles<'a>) -> Self {
        let mut index = Self {
            files,
            packages: HashMap::new(),
            modules: HashMap::new(),
            outer: HashSet::new(),
            foreign: HashSet::new(),
        };
        for (place, file) in files.files().iter().enumerate() {
            if file.language == Some("Java") {
                index.add(place, file);
            } else {
                index.add_foreign(file.path.as_str());
            }
        }
        for package in index.packages.keys() {
            for (dot, _) in package.match_indices('.').take(MOST_PARTS).skip(1) {
                index.outer.insert(&package[..dot]);
            }
        }
        index
    }

    fn add(&mut self, place: usize, file: &SourceFile<'a>) {
        let Some(code) = file.code else {
            return;
        };
        let package = self
            .packages
            .entry(code.namespace.as_deref().unwrap_or_default())
            .or_default();
        for symbol in &code.symbols {
            match symbol.kind {
                SymbolKind::Class | SymbolKind::Type if !symbol.name.contains('.') => {
                    package.entry(&symbol.name).or_default().push(place);
                }
                SymbolKind::Module => self.modules.entry(&symbol.name).or_default().push(place),
                _ => {}
            }
        }
    }

    fn add_foreign(&mut self, path: &str) {
        if !OTHER_LANGUAGES.iter().any(|suffix| path.ends_with(suffix)) {
            return;
        }
        let folders: Vec<&str> = path.split('/').collect();
        let Some((_, folders)) = folders.split_last() else {
            return;
        };
        if let Some(root) = folders.iter().rposition(|name| SOURCE_ROOTS.contains(name)) {
            self.foreign.insert(folders[root + 1..].join("."));
        }
    }

    /// Finds the file of a qualified name, of which any part may be the top-level type: `a.b.Outer.Inner`, as a file sees it.
    pub(super) fn find(&self, from: usize, name: &str) -> Option<usize> {
        let mut start = 0;
        for part in name.split('.').take(MOST_PARTS) {
            let package = name.get(..start.max(1) - 1).unwrap_or_default();
            if let Some(found) = self.find_in(from, package, part) {
                return Some(found);
            }
            start += part.len() + 1;
        }
        None
    }

    /// Finds the file of a top-level type of a package, as a file sees it.
    pub(super) fn find_in(&self, from: usize, package: &str, name: &str) -> Option<usize> {
        let places = self.packages.get(package)?.get(name)?;
        self.nearest(from, places)
    }

    /// Finds the file that declares a module.
    pub(super) fn find_module(&self, from: usize, name: &str) -> Option<usize> {
        self.nearest(from, self.modules.get(name)?)
    }

    /// Says whether a file of the tree is in a package.
    pub(super) fn has_package(&self, package: &str) -> bool {
        self.packages.contains_key(package)
    }

    /// Says whether a package is the tree's own by its name: one of the tree's packages is above or below it.
    pub(super) fn is_own(&self, package: &str) -> bool {
        let above = || {
            package
                .match_indices('.')
                .take(MOST_PARTS)
                .skip(1)
                .any(|(dot, _)| self.packages.contains_key(&package[..dot]))
        };
        self.packages.contains_key(package) || self.outer.contains(package) || above()
    }

    /// Says whether files of another language of the JVM lie where the package's would.
    pub(super) fn is_foreign(&self, package: &str) -> bool {
        self.foreign.contains(package)
    }

    /// Chooses among files that declare the same name: what is not a test's cannot see tests; then the longest common path, then the
    /// shortest path. Files are sorted by path, so the nearest stand beside the one that asks.
    fn nearest(&self, from: usize, places: &[usize]) -> Option<usize> {
        if let [only] = places {
            return Some(*only);
        }
        let asking = self.files.file(from);
        let middle = places.partition_point(|place| *place < from);
        let around = middle.saturating_sub(NEIGHBOURS)..(middle + NEIGHBOURS).min(places.len());
        places[around].iter().copied().max_by_key(|place| {
            let file = self.files.file(*place);
            let is_visible = asking.role == FileRole::Test || file.role != FileRole::Test;
            let path = file.path.as_str();
            let shared = shared_folders(asking.path.as_str(), path);
            (is_visible, shared, std::cmp::Reverse((path.len(), *place)))
        })
    }
}

/// Counts the folders that two paths begin with.
fn shared_folders(left: &str, right: &str) -> usize {
    left.split('/')
        .zip(right.split('/'))
        .take_while(|(left, right)| left == right)
        .count()
}
