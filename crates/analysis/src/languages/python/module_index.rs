//! The Python modules of all packages of a tree, by name and by file, and which of several with one name an import means.
//! Looks at paths alone.

use std::collections::{HashMap, HashSet};

use synthesizer_model::{dependency::Ecosystem, project::Project, tree::TreePath};

use crate::{languages::SourceFiles, module_graph};

/// Endings of files from which a module is built, or that stand in for one, in the order of preference.
const BUILT_FROM: &[&str] = &[
    "pyx", "pyi", "pyx.tp", "pyx.in", "py.in", "c", "cpp", "cc", "so", "pyd",
];

/// One module.
#[derive(Debug)]
struct Module {
    file: usize,
    /// The folder that has to be on the path for imports; empty for the top.
    root: String,
    primary: bool,
    is_package: bool,
    package: Option<usize>,
}

/// From where an import looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Viewpoint<'v> {
    /// The importing file's path.
    path: &'v TreePath,
    /// Its import root.
    root: Option<&'v str>,
    primary: bool,
    package: Option<usize>,
}

impl<'v> Viewpoint<'v> {
    /// The package that the file belongs to, by its place among the projects.
    pub(super) const fn package(&self) -> Option<usize> {
        self.package
    }

    /// The importing file's path.
    pub(super) const fn path(&self) -> &'v TreePath {
        self.path
    }
}

/// All modules of a tree.
pub(super) struct ModuleIndex<'a> {
    files: &'a SourceFiles<'a>,
    modules: Vec<Module>,
    by_name: HashMap<String, Vec<usize>>,
    by_file: HashMap<usize, usize>,
    /// First parts of the names of modules that can be imported from elsewhere.
    own: HashSet<String>,
    /// The package by its folder.
    packages: HashMap<&'a str, usize>,
}

impl<'a> ModuleIndex<'a> {
    /// Finds the modules of a tree. A package in a folder below has its own import roots.
    pub(super) fn of(files: &'a SourceFiles<'a>) -> Self {
        let packages = files
            .projects()
            .iter()
            .enumerate()
            .filter(|(_, project)| project.ecosystem == Ecosystem::Python)
            .map(|(index, project)| (project.folder.as_str(), index))
            .collect();
        let mut index = Self {
            files,
            modules: Vec::new(),
            by_name: HashMap::new(),
            by_file: HashMap::new(),
            own: HashSet::new(),
            packages,
        };
        let mut grouped: HashMap<Option<usize>, Vec<usize>> = HashMap::new();
        for (position, file) in files.files().iter().enumerate() {
            if file.path.as_str().ends_with(".py") {
                let package = index.package_of(file.path);
                grouped.entry(package).or_default().push(position);
            }
        }
        let mut groups: Vec<(Option<usize>, Vec<usize>)> = grouped.into_iter().collect();
        groups.sort_unstable();
        for (package, members) in groups {
            index.add_package(package, &members);
        }
        index
    }

    fn add_package(&mut self, package: Option<usize>, members: &[usize]) {
        let project: Option<&Project> = package.map(|package| &self.files.projects()[package]);
        let folder = project.map_or("", |project| project.folder.as_str());
        let mut inside: Vec<(TreePath, usize)> = Vec::with_capacity(members.len());
        for member in members {
            let path = self.files.file(*member).path;
            let below = match folder {
                "" => Some(path.clone()),
                folder => path
                    .as_str()
                    .strip_prefix(folder)
                    .and_then(|rest| TreePath::new(rest.strip_prefix('/')?).ok()),
            };
            inside.extend(below.map(|below| (below, *member)));
        }
        let files: HashMap<&str, usize> = inside
            .iter()
            .map(|(path, member)| (path.as_str(), *member))
            .collect();
        let paths: Vec<&TreePath> = inside.iter().map(|(path, _)| path).collect();
        let name = project.and_then(|project| project.facts.name.as_deref());
        for node in module_graph::modules_of(&paths, name) {
            let Some(file) = files.get(node.path.as_str()) else {
                continue;
            };
            let root = node.path.as_str().strip_suffix(node.import_path.as_str());
            let root = joined(folder, root.unwrap_or("").trim_end_matches('/'));
            if node.primary {
                let top = node.name.split('.').next().unwrap_or(&node.name);
                self.own.insert(top.to_owned());
            }
            let position = self.modules.len();
            self.by_file.insert(*file, position);
            self.by_name.entry(node.name).or_default().push(position);
            self.modules.push(Module {
                file: *file,
                root,
                primary: node.primary,
                is_package: node.is_package,
                package,
            });
        }
    }

    fn package_of(&self, path: &TreePath) -> Option<usize> {
        let mut folder = path.parent();
        loop {
            if let Some(package) = self.packages.get(folder) {
                return Some(*package);
            }
            if folder.is_empty() {
                return None;
            }
            folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
        }
    }

    /// Gives from where a file looks.
    pub(super) fn viewpoint(&self, file: usize) -> Viewpoint<'_> {
        let path = self.files.file(file).path;
        match self.by_file.get(&file).map(|module| &self.modules[*module]) {
            Some(module) => Viewpoint {
                path,
                root: Some(&module.root),
                primary: module.primary,
                package: module.package,
            },
            None => Viewpoint {
                path,
                root: None,
                primary: false,
                package: self.package_of(path),
            },
        }
    }

    /// Says whether the first part of a name is one that the tree's own packages offer.
    pub(super) fn is_own(&self, top: &str) -> bool {
        self.own.contains(top)
    }

    /// Finds the file of a module by its absolute name.
    pub(super) fn find(&self, name: &str, from: Viewpoint<'_>) -> Option<usize> {
        let beside = || self.beside(name, from);
        if !from.primary
            && let Some(file) = beside()
        {
            return Some(file);
        }
        let candidates = self.by_name.get(name).map_or(&[][..], Vec::as_slice);
        let rank = |module: &Module| {
            let same_root = from.root == Some(module.root.as_str());
            let same_package = from.package == module.package;
            (!same_root, !same_package, !module.primary)
        };
        let best = candidates
            .iter()
            .map(|position| &self.modules[*position])
            .filter(|module| module.primary || from.package == module.package)
            .min_by_key(|module| rank(module));
        best.map(|module| module.file)
            .or_else(beside)
            .or_else(|| self.built(name, from))
    }

    /// Finds a module below the folder that Python puts on the path for a script, or pytest for a test: that of the outermost package.
    fn beside(&self, name: &str, from: Viewpoint<'_>) -> Option<usize> {
        let mut base = from.path.parent();
        while !base.is_empty() && self.files.index(&format!("{base}/__init__.py")).is_some() {
            base = base.rsplit_once('/').map_or("", |(above, _)| above);
        }
        self.at(&joined(base, &name.replace('.', "/")))
    }

    /// Finds what a compiled module of the same import root, or of the tree's own packages, is built from.
    fn built(&self, name: &str, from: Viewpoint<'_>) -> Option<usize> {
        let (package, last) = name.rsplit_once('.')?;
        let init = self.by_name.get(package)?;
        init.iter()
            .map(|position| &self.modules[*position])
            .filter(|module| module.is_package)
            .filter(|module| module.primary || from.package == module.package)
            .find_map(|module| {
                let folder = self.files.file(module.file).path.parent();
                self.built_at(&joined(folder, last))
            })
    }

    fn built_at(&self, stem: &str) -> Option<usize> {
        BUILT_FROM
            .iter()
            .find_map(|suffix| self.files.index(&format!("{stem}.{suffix}")))
    }

    /// Finds the module or package of a path without its suffix.
    fn at(&self, stem: &str) -> Option<usize> {
        self.files
            .index(&joined(stem, "__init__.py"))
            .or_else(|| self.files.index(&format!("{stem}.py")))
    }

    /// Finds a module by its place: what a relative name means, written as a path without suffix.
    pub(super) fn at_place(&self, stem: &str) -> Option<usize> {
        self.at(stem).or_else(|| self.built_at(stem))
    }

    /// Says whether modules lie below a folder, so that it is a package without a file of its own.
    pub(super) fn is_folder(&self, folder: &str) -> bool {
        let prefix = format!("{folder}/");
        let files = self.files.files();
        let first = files.partition_point(|file| file.path.as_str() < prefix.as_str());
        files
            .get(first)
            .is_some_and(|file| file.path.as_str().starts_with(&prefix))
    }

    /// Finds a file that is no module, by its path.
    pub(super) fn file(&self, path: &str) -> Option<usize> {
        self.files.index(path)
    }
}

/// Joins two parts of a path, either of which may be empty.
pub(super) fn joined(folder: &str, rest: &str) -> String {
    match (folder, rest) {
        ("", rest) => rest.to_owned(),
        (folder, "") => folder.to_owned(),
        (folder, rest) => format!("{folder}/{rest}"),
    }
}
