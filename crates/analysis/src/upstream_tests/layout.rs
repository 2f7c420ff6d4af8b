//! Where the tests of a source lie, and which file an import of one of them leads to. Looks at paths; reads no contents.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_model::{
    source_file::{FileRole, RoleMarks},
    tree::{SourceTree, TreePath},
};

use crate::{
    module_graph::ModuleGraph,
    roles::{AttributeMarks, Places},
    standard_library,
};

/// The most folders in which an absolute import of a test is looked for.
const MOST_ROOTS: usize = 200;

/// Where an import leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// A module that the project installs, by its index in the graph.
    Source(usize),
    /// A file beside the tests.
    Support(TreePath),
    /// A folder without a file of its own (PEP 420) beside the tests.
    Folder(String),
    /// A package of the source without a file of its own (PEP 420).
    Namespace(String),
    /// The source's own by its name, but no file provides it.
    Missing(String),
    /// From another distribution or the standard library.
    Elsewhere(String),
}

/// The paths of a tree, as a test runner sees them.
pub(super) struct Layout<'a> {
    graph: &'a ModuleGraph,
    places: Places,
    /// Every file.
    pub(super) files: BTreeMap<&'a str, &'a TreePath>,
    /// Folders that hold Python files, themselves or below.
    folders: BTreeSet<&'a str>,
    /// Folders that a test runner puts on the path.
    roots: BTreeSet<String>,
    own_tops: BTreeSet<String>,
}

impl<'a> Layout<'a> {
    /// Looks at the files of a tree.
    pub(super) fn new(tree: &'a dyn SourceTree, graph: &'a ModuleGraph) -> Self {
        let entries = tree.entries().iter().filter(|entry| entry.is_file());
        let files: BTreeMap<&str, &TreePath> = entries
            .map(|entry| (entry.path.as_str(), &entry.path))
            .collect();
        let mut folders = BTreeSet::new();
        for path in files.keys().filter(|path| path.ends_with(".py")) {
            for (end, _) in path.rmatch_indices('/') {
                if !folders.insert(&path[..end]) {
                    break;
                }
            }
        }
        let mut layout = Self {
            graph,
            places: Places::new(files.keys().copied()),
            files,
            folders,
            roots: BTreeSet::from([String::new()]),
            own_tops: graph.primary_top_levels().into_iter().collect(),
        };
        let collected: BTreeSet<String> = layout
            .files
            .keys()
            .filter(|path| is_collected(path) || is_conftest(path))
            .filter(|path| layout.is_test(path))
            .map(|path| layout.base_folder(path).to_owned())
            .take(MOST_ROOTS)
            .collect();
        layout.roots.extend(collected);
        layout
    }

    /// Says whether a file is for testing, by its place and name.
    pub(super) fn is_test(&self, path: &str) -> bool {
        if is_conftest(path) {
            return true;
        }
        let marks = RoleMarks::default();
        self.places.role(path, &marks, AttributeMarks::default()) == FileRole::Test
    }

    /// Gives the folder that a test runner puts on the path for a file: the nearest one above that is no package.
    fn base_folder<'p>(&self, path: &'p str) -> &'p str {
        let mut folder = parent(path);
        while !folder.is_empty() && self.is_package(folder) {
            folder = parent(folder);
        }
        folder
    }

    /// Says whether a folder is a regular package.
    pub(super) fn is_package(&self, folder: &str) -> bool {
        self.files
            .contains_key(join(folder, "__init__.py").as_str())
    }

    /// Gives the dotted name of a file beside the tests: that of the graph, else that of its place below the import root.
    pub(super) fn name_of(&self, path: &TreePath) -> String {
        match self.graph.at_path(path) {
            Some(index) => self.graph.node(index).name.clone(),
            None => dotted(&self.graph.import_path(path)),
        }
    }

    /// Finds what an absolute import leads to, seen from a file.
    pub(super) fn absolute(&self, from: &str, module: &str) -> Target {
        let top = module.split('.').next().unwrap_or(module);
        if let Some(index) = self.graph.index(module)
            && self.is_of_source(index)
        {
            return Target::Source(index);
        }
        // The standard library is imported before any test is; of its own tests nothing is.
        if standard_library::is_standard(top) && top != "test" {
            return Target::Elsewhere(module.to_owned());
        }
        let as_path = module.replace('.', "/");
        let own = self.base_folder(from);
        let others = self.roots.iter().map(String::as_str);
        let mut folder = None;
        for root in std::iter::once(own).chain(others) {
            match self.at(&join(root, &as_path)) {
                Some(Target::Folder(found)) => folder = folder.or(Some(found)),
                Some(Target::Support(path)) => return Target::Support(path),
                _ => {}
            }
        }
        if self.graph.is_namespace(module) && self.own_tops.contains(top) {
            return Target::Namespace(module.to_owned());
        }
        if self.belongs_to_source(module) {
            return Target::Missing(module.to_owned());
        }
        match folder {
            Some(folder) if self.is_test(&join(&folder, "any.py")) => Target::Folder(folder),
            // A package that lies beside the tests and that nothing installs, such as that of an example.
            _ if self.lies_above(from, top) => Target::Missing(module.to_owned()),
            _ => Target::Elsewhere(module.to_owned()),
        }
    }

    /// Says whether a folder above a file, but the top of the tree, has a package of that name.
    fn lies_above(&self, from: &str, top: &str) -> bool {
        let mut folder = parent(from);
        while !folder.is_empty() {
            if self.is_package(&join(folder, top)) {
                return true;
            }
            folder = parent(folder);
        }
        false
    }

    /// Finds what a relative import leads to, seen from a file; `level` counts the dots.
    pub(super) fn relative(&self, from: &str, level: u32, module: &str) -> Target {
        let mut folder = parent(from);
        for _ in 1..level {
            if folder.is_empty() {
                return Target::Missing(module.to_owned());
            }
            folder = parent(folder);
        }
        let place = if module.is_empty() {
            folder.to_owned()
        } else {
            join(folder, &module.replace('.', "/"))
        };
        self.at(&place)
            .unwrap_or_else(|| Target::Missing(place.replace('/', ".")))
    }

    /// Finds the member of a target that a `from` import names; `None` when it is no module.
    pub(super) fn member(&self, base: &Target, name: &str) -> Option<Target> {
        let folder = match base {
            Target::Source(index) => {
                let node = self.graph.node(*index);
                let child = self.graph.index(&format!("{}.{name}", node.name))?;
                return Some(self.of_node(child));
            }
            Target::Namespace(module) => {
                let child = format!("{module}.{name}");
                return match self.graph.index(&child) {
                    Some(index) => Some(self.of_node(index)),
                    None if self.graph.is_namespace(&child) => Some(Target::Namespace(child)),
                    None => Some(Target::Missing(child)),
                };
            }
            Target::Support(path) if path.file_name() == "__init__.py" => path.parent().to_owned(),
            Target::Folder(folder) => folder.clone(),
            Target::Support(_) | Target::Missing(_) | Target::Elsewhere(_) => return None,
        };
        self.at(&join(&folder, name))
    }

    fn of_node(&self, index: usize) -> Target {
        if self.is_of_source(index) {
            Target::Source(index)
        } else {
            Target::Support(self.graph.node(index).path.clone())
        }
    }

    /// Finds what lies at a place without its ending.
    fn at(&self, place: &str) -> Option<Target> {
        for path in [join(place, "__init__.py"), format!("{place}.py")] {
            if let Some(path) = self.files.get(path.as_str()) {
                return Some(match self.graph.at_path(path) {
                    Some(index) => self.of_node(index),
                    None => Target::Support((*path).clone()),
                });
            }
        }
        self.folders
            .contains(place)
            .then(|| Target::Folder(place.to_owned()))
    }

    /// Says whether a module is what the project installs, and no test.
    pub(super) fn is_of_source(&self, index: usize) -> bool {
        let node = self.graph.node(index);
        node.primary && !self.is_test(node.path.as_str())
    }

    /// Says whether a name without a file can only be the source's: its longest known package is a regular one.
    fn belongs_to_source(&self, module: &str) -> bool {
        let top = module.split('.').next().unwrap_or(module);
        if !self.own_tops.contains(top) {
            return false;
        }
        let above = module
            .rmatch_indices('.')
            .map(|(dot, _)| &module[..dot])
            .find_map(|parent| self.graph.index(parent));
        above.is_some_and(|index| self.is_of_source(index))
    }
}

/// Says whether a test runner collects a file by its name.
pub(super) fn is_collected(path: &str) -> bool {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    name.strip_suffix(".py")
        .is_some_and(|stem| stem.starts_with("test_") || stem.ends_with("_test"))
}

/// Says whether a file is one that the test runner reads for the tests beside and below it.
pub(super) fn is_conftest(path: &str) -> bool {
    path == "conftest.py" || path.ends_with("/conftest.py")
}

/// Gives the folder of a path; empty at the top.
pub(super) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Gives the folders above a file, the nearest first; the empty one is the top.
pub(super) fn folders_above(path: &TreePath) -> impl Iterator<Item = &str> {
    let text = path.as_str();
    let folders = text.rmatch_indices('/').map(|(end, _)| &text[..end]);
    folders.chain([""])
}

/// Lists the files that a test runner reads for a file: beside it and in every folder above, the nearest first.
pub(super) fn conftests_of(layout: &Layout<'_>, path: &TreePath) -> Vec<TreePath> {
    folders_above(path)
        .filter_map(|folder| {
            let conftest = join(folder, "conftest.py");
            layout
                .files
                .get(conftest.as_str())
                .map(|path| (*path).clone())
        })
        .collect()
}

/// Joins a folder and a rest; an empty folder is the top.
pub(super) fn join(folder: &str, rest: &str) -> String {
    if folder.is_empty() {
        rest.to_owned()
    } else {
        format!("{folder}/{rest}")
    }
}

/// Gives the dotted name of a Python file's path.
fn dotted(path: &str) -> String {
    let stem = path.strip_suffix(".py").unwrap_or(path);
    let stem = stem.strip_suffix("/__init__").unwrap_or(stem);
    stem.replace('/', ".")
}
