//! What a package offers: the targets that it writes down and those that Cargo finds by their place. Reads no source file.

use std::collections::{BTreeMap, HashMap, HashSet};

use synthesizer_model::{project::Target, tree::SourceTree};

use super::{
    super::super::{
        allowance::MOST_ITEMS,
        cargo_toml::{Build, Package, TargetTable},
        problem_list::ProblemList,
        tree_reading::{folder_of, in_folder, join, name_of},
    },
    Manifest,
};

/// The Rust files of a tree, as far as Cargo looks for them by their place.
pub(super) struct Files<'t> {
    tree: &'t dyn SourceTree,
    /// By folder: the names of targets that lie in it, with their files.
    discovered: HashMap<&'t str, Vec<(&'t str, &'t str)>>,
}

impl<'t> Files<'t> {
    /// Looks through a tree, if it has any manifest.
    pub(super) fn of(tree: &'t dyn SourceTree, manifests: &[Manifest]) -> Self {
        let mut discovered: HashMap<&str, Vec<(&str, &str)>> = HashMap::new();
        let entries = if manifests.is_empty() {
            &[]
        } else {
            tree.entries()
        };
        for entry in entries {
            let path = entry.path.as_str();
            let Some(stem) = name_of(path).strip_suffix(".rs") else {
                continue;
            };
            let folder = folder_of(path);
            if is_searched(folder) && !stem.starts_with('.') && !stem.is_empty() {
                discovered.entry(folder).or_default().push((stem, path));
            }
            let (above, name) = (folder_of(folder), name_of(folder));
            if stem == "main" && is_searched(above) && !name.starts_with('.') && above != folder {
                discovered.entry(above).or_default().push((name, path));
            }
        }
        Self { tree, discovered }
    }

    fn exists(&self, path: &str) -> bool {
        let entries = self.tree.entries();
        entries
            .binary_search_by(|entry| entry.path.as_str().cmp(path))
            .is_ok()
    }

    fn in_folder(&self, folder: &str) -> &[(&'t str, &'t str)] {
        self.discovered.get(folder).map_or(&[], Vec::as_slice)
    }
}

/// Says whether Cargo looks for targets in a folder of that name.
fn is_searched(folder: &str) -> bool {
    matches!(name_of(folder), "bin" | "examples" | "tests" | "benches")
}

/// Gives the targets of a package: its library, then binaries, examples, tests and benchmarks by name, then build scripts.
pub(super) fn of_package(
    manifest: &Manifest,
    package: &Package,
    edition: &str,
    files: &Files<'_>,
    problems: &mut ProblemList,
) -> Vec<Target> {
    let mut finder = Finder {
        manifest,
        name: package.name.as_deref().unwrap_or_default(),
        is_2015: edition == "2015",
        has_lib: false,
        files,
        problems,
    };
    let tables = &manifest.toml.targets;
    let mut targets: Vec<Target> = finder.library(package.autolib).into_iter().collect();
    finder.has_lib = !targets.is_empty();
    let kinds = [
        ("bin", &tables.bins, package.autobins),
        ("example", &tables.examples, package.autoexamples),
        ("test", &tables.tests, package.autotests),
        ("bench", &tables.benches, package.autobenches),
    ];
    for (kind, written, discovers) in kinds {
        targets.extend(finder.of_kind(kind, written.as_deref(), discovers));
    }
    targets.extend(finder.build_scripts(&package.build));
    targets
}

struct Finder<'f> {
    manifest: &'f Manifest,
    name: &'f str,
    is_2015: bool,
    has_lib: bool,
    files: &'f Files<'f>,
    problems: &'f mut ProblemList,
}

impl Finder<'_> {
    /// Gives the path of a file of the package, if it is there.
    fn existing(&self, relative: &str) -> Option<String> {
        let path = in_folder(&self.manifest.folder, relative);
        self.files.exists(&path).then_some(path)
    }

    fn problem(&mut self, line: u32, what: impl std::fmt::Display) {
        self.problems.tell_line(&self.manifest.path, line, what);
    }

    fn library(&mut self, discovers: Option<bool>) -> Option<Target> {
        let written = self.manifest.toml.targets.lib.as_ref();
        let discovered = self.existing("src/lib.rs");
        if written.is_none() && (discovers == Some(false) || discovered.is_none()) {
            return None;
        }
        let default = TargetTable::default();
        let table = written.unwrap_or(&default);
        let name = table.name.clone();
        let name = name.unwrap_or_else(|| self.name.replace('-', "_"));
        let path = match &table.path {
            Some(path) => self.written_path(path, table.line),
            None => discovered.or_else(|| {
                let old = self.existing(&format!("src/{name}.rs"));
                old.filter(|_| self.is_2015)
            }),
        };
        if path.is_none() && table.path.is_none() {
            let what = format!("the library `{name}` has no file");
            self.problem(table.line, what);
        }
        let kind = if table.proc_macro {
            "proc-macro"
        } else {
            "lib"
        };
        Some(target(kind, name, path))
    }

    /// Gives the targets of one kind, sorted by name.
    fn of_kind(
        &mut self,
        kind: &'static str,
        written: Option<&[TargetTable]>,
        discovers: Option<bool>,
    ) -> Vec<Target> {
        let mut discovered: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, path) in self.discover(kind) {
            discovered.entry(name).or_default().push(path);
        }
        let mut targets = Vec::new();
        let mut names: HashSet<&str> = HashSet::new();
        let mut paths: HashSet<String> = HashSet::new();
        for table in written.unwrap_or_default() {
            let name = table.name.as_deref().unwrap_or_default();
            if !names.insert(name) {
                self.problem(table.line, format_args!("a second {kind} named `{name}`"));
                continue;
            }
            let path = match &table.path {
                Some(path) => self.written_path(path, table.line),
                None => self.path_by_name(kind, name, table.line, discovered.get(name)),
            };
            // Only a path that is written keeps its file from being discovered under another name.
            paths.extend(path.clone().filter(|_| table.path.is_some()));
            targets.push(target(kind, name.to_owned(), path));
        }
        // By default a written table turns discovery off in edition 2015 and leaves it on later.
        let discovers = discovers.unwrap_or(written.is_none() || !self.is_2015);
        if discovers {
            for (name, found) in &discovered {
                if found.len() > 1 && !names.contains(name.as_str()) {
                    let what =
                        format!("`{}` and `{}` are both {kind} `{name}`", found[0], found[1]);
                    self.problems.tell(&self.manifest.path, what);
                }
                let free = found.iter().find(|path| !paths.contains(*path));
                if let Some(path) = free.filter(|_| !names.contains(name.as_str())) {
                    targets.push(target(kind, name.clone(), Some(path.clone())));
                }
            }
        }
        if targets.len() > MOST_ITEMS {
            let what = format!("more than {MOST_ITEMS} targets of kind {kind}");
            self.problems.tell(&self.manifest.path, what);
            targets.truncate(MOST_ITEMS);
        }
        targets.sort_by(|left, right| left.name.cmp(&right.name));
        targets
    }

    /// Gives the names and files that lie where Cargo looks for a kind.
    fn discover(&self, kind: &str) -> Vec<(String, String)> {
        let folder = match kind {
            "bin" => "src/bin",
            "example" => "examples",
            "test" => "tests",
            _ => "benches",
        };
        let main = self.existing("src/main.rs").filter(|_| kind == "bin");
        let main = main.map(|path| (self.name.to_owned(), path));
        let folder = in_folder(&self.manifest.folder, folder);
        let found = self.files.in_folder(&folder).iter();
        let found = found.map(|(name, path)| ((*name).to_owned(), (*path).to_owned()));
        main.into_iter().chain(found).collect()
    }

    /// Finds the file of a target that names none.
    fn path_by_name(
        &mut self,
        kind: &str,
        name: &str,
        line: u32,
        discovered: Option<&Vec<String>>,
    ) -> Option<String> {
        if let Some([path]) = discovered.map(Vec::as_slice) {
            return Some(path.clone());
        }
        let old = match kind {
            "bin" => {
                let by_name = self.existing(&format!("src/{name}.rs"));
                by_name
                    .filter(|_| !self.has_lib)
                    .or_else(|| self.existing("src/main.rs"))
                    .or_else(|| self.existing("src/bin/main.rs"))
            }
            "bench" if name == "bench" => self.existing("src/bench.rs"),
            _ => None,
        };
        let path = old.filter(|_| self.is_2015);
        if path.is_none() {
            let what = if discovered.is_some() {
                "more than one file"
            } else {
                "no file"
            };
            self.problem(line, format_args!("the {kind} `{name}` has {what}"));
        }
        path
    }

    fn written_path(&mut self, path: &str, line: u32) -> Option<String> {
        let joined = join(&self.manifest.folder, path);
        if joined.is_none() {
            self.problem(line, format_args!("`{path}` leads out of the tree"));
        }
        joined
    }

    fn build_scripts(&mut self, build: &Build) -> Vec<Target> {
        let scripts = match build {
            Build::None => return Vec::new(),
            Build::Discovered => {
                let found = self.existing("build.rs");
                return found
                    .map(|path| target("build-script", "build-script-build".to_owned(), Some(path)))
                    .into_iter()
                    .collect();
            }
            Build::Scripts(scripts) => scripts,
        };
        scripts
            .iter()
            .map(|script| {
                let name = name_of(script);
                let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
                let path = self.written_path(script, 1);
                target("build-script", format!("build-script-{stem}"), path)
            })
            .collect()
    }
}

fn target(kind: &str, name: String, path: Option<String>) -> Target {
    Target {
        kind: kind.to_owned(),
        name,
        path,
    }
}
