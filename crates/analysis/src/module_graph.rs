//! Which Python modules a tree has, by the names under which they are imported. Looks at paths alone, reads nothing.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_model::tree::{SourceTree, TreePath};

/// Top-level folders that hold no importable code of the project unless the project bears their name.
const SECONDARY_FOLDERS: &[&str] = &[
    "artwork",
    "bench",
    "benchmark",
    "benchmarks",
    "build",
    "ci",
    "contrib",
    "demo",
    "demos",
    "doc",
    "docs",
    "example",
    "examples",
    "requirements",
    "sample",
    "samples",
    "script",
    "scripts",
    "test",
    "testing",
    "tests",
    "tools",
];

/// Top-level files that tools read and nobody imports.
const TOOL_FILES: &[&str] = &["setup.py", "conftest.py", "noxfile.py"];

/// Folders below which packages commonly lie.
const IMPORT_ROOTS: &[&str] = &["src", "lib", "python", "py", "source"];

/// One importable module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleNode {
    /// The dotted name.
    pub name: String,
    /// The file: the module's own, or the package's `__init__.py`.
    pub path: TreePath,
    /// Whether it is a package with an `__init__.py`.
    pub is_package: bool,
    /// The path below the import root.
    pub import_path: String,
    /// Whether it belongs to what the project installs, as far as the layout tells.
    pub primary: bool,
}

/// The modules of one tree.
#[derive(Debug, Clone, Default)]
pub struct ModuleGraph {
    nodes: Vec<ModuleNode>,
    by_name: BTreeMap<String, usize>,
    by_path: BTreeMap<TreePath, usize>,
    /// Folders without `__init__.py` that lead to modules (PEP 420), by dotted name.
    namespaces: BTreeSet<String>,
    /// Import roots of the primary modules; the empty text is the top of the tree.
    roots: BTreeSet<String>,
}

impl ModuleGraph {
    /// Finds the modules of a tree; `project` is the distribution's name, when known.
    pub fn of(tree: &dyn SourceTree, project: Option<&str>) -> Self {
        let files = tree.entries().iter().filter(|entry| entry.is_file());
        let paths: Vec<&TreePath> = files.map(|entry| &entry.path).collect();
        let mut graph = Self::default();
        let found = modules_of(&paths, project);
        for node in found {
            graph.add(node);
        }
        graph
    }

    fn add(&mut self, node: ModuleNode) {
        if self.by_name.contains_key(&node.name) {
            return;
        }
        let index = self.nodes.len();
        if node.primary {
            let root = node
                .path
                .as_str()
                .strip_suffix(node.import_path.as_str())
                .unwrap_or("");
            self.roots.insert(root.trim_end_matches('/').to_owned());
        }
        self.by_name.insert(node.name.clone(), index);
        self.by_path.insert(node.path.clone(), index);
        self.nodes.push(node);
        let name = self.nodes[index].name.clone();
        for (dot, _) in name.match_indices('.') {
            self.namespaces.insert(name[..dot].to_owned());
        }
    }

    /// Lists the modules, sorted by name.
    pub fn nodes(&self) -> &[ModuleNode] {
        &self.nodes
    }

    /// Gives the index of a module.
    pub fn index(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// Gives the module of a file.
    pub fn at_path(&self, path: &TreePath) -> Option<usize> {
        self.by_path.get(path).copied()
    }

    /// Gives a module by its index.
    pub fn node(&self, index: usize) -> &ModuleNode {
        &self.nodes[index]
    }

    /// Says whether the name is a package without `__init__.py` that leads to modules.
    pub fn is_namespace(&self, name: &str) -> bool {
        self.namespaces.contains(name) && !self.by_name.contains_key(name)
    }

    /// Says whether the name, seen from the given module, belongs to this source at all, whether or not a file provides it.
    pub fn is_internal(&self, name: &str, from: &ModuleNode) -> bool {
        let top = name.split('.').next().unwrap_or(name);
        let mut nodes = self
            .index(top)
            .map(|index| &self.nodes[index])
            .into_iter()
            .chain(self.below(top))
            .peekable();
        if nodes.peek().is_none() || self.is_beside_namespace(name) {
            return false;
        }
        !from.primary || nodes.any(|node| node.primary)
    }

    /// Says whether a name lies below a folder without a file that other distributions share (PEP 420), and no file here leads to it.
    fn is_beside_namespace(&self, name: &str) -> bool {
        let ends = name.match_indices('.').map(|(dot, _)| dot);
        let first = ends
            .chain([name.len()])
            .map(|end| &name[..end])
            .find(|part| !self.is_namespace(part));
        first.is_some_and(|part| part.contains('.') && self.index(part).is_none())
    }

    /// Lists the modules below a package, itself apart.
    pub fn below(&self, package: &str) -> impl Iterator<Item = &ModuleNode> {
        let prefix = format!("{package}.");
        let start = prefix.clone();
        self.by_name
            .range(start..)
            .take_while(move |(name, _)| name.starts_with(&prefix))
            .map(|(_, index)| &self.nodes[*index])
    }

    /// Lists the top-level names of what the project installs, sorted.
    pub fn primary_top_levels(&self) -> Vec<String> {
        let names: BTreeSet<&str> = self
            .nodes
            .iter()
            .filter(|node| node.primary)
            .filter_map(|node| node.name.split('.').next())
            .collect();
        names.into_iter().map(str::to_owned).collect()
    }

    /// Gives the path below the import root of any file of the tree.
    pub fn import_path(&self, path: &TreePath) -> String {
        self.roots
            .iter()
            .filter(|root| !root.is_empty())
            .filter_map(|root| path.as_str().strip_prefix(root.as_str())?.strip_prefix('/'))
            .min_by_key(|rest| rest.len())
            .unwrap_or(path.as_str())
            .to_owned()
    }

    /// Gives the folder of the top-level package that a file belongs to, such as `src/flask`; `None` outside packages.
    pub fn package_folder(&self, node: &ModuleNode) -> Option<String> {
        let top = node.name.split('.').next()?;
        if !node.import_path.contains('/') {
            return None;
        }
        let root = node.path.as_str().strip_suffix(node.import_path.as_str())?;
        Some(format!("{root}{top}"))
    }
}

/// Lists every module among the files, also those that share a name: sorted by name, of one name first the one that is imported by it.
pub(crate) fn modules_of(paths: &[&TreePath], project: Option<&str>) -> Vec<ModuleNode> {
    let files: BTreeSet<&str> = paths.iter().map(|path| path.as_str()).collect();
    let has_src = files
        .iter()
        .any(|path| path.starts_with("src/") && path.ends_with(".py"));
    let nodes = paths
        .iter()
        .filter_map(|path| node_of(path, &files, has_src, project));
    let mut found: Vec<ModuleNode> = nodes.collect();
    // Of two files with one name the primary one wins, then the package, as Python's own finder does within a folder.
    found.sort_by(|left, right| {
        let rank = |node: &ModuleNode| (!node.primary, !node.is_package);
        (left.name.as_str(), rank(left)).cmp(&(right.name.as_str(), rank(right)))
    });
    found
}

fn node_of(
    path: &TreePath,
    files: &BTreeSet<&str>,
    has_src: bool,
    project: Option<&str>,
) -> Option<ModuleNode> {
    let text = path.as_str();
    let stem = text.strip_suffix(".py")?;
    if TOOL_FILES.contains(&text) {
        return None;
    }
    let root = import_root(text, files);
    let import_stem = stem.strip_prefix(root.as_str())?.trim_start_matches('/');
    let is_package = import_stem == "__init__" || import_stem.ends_with("/__init__");
    let module_path = if is_package {
        import_stem.strip_suffix("/__init__")?
    } else {
        import_stem
    };
    let (folders, last) = module_path.rsplit_once('/').unwrap_or(("", module_path));
    let is_named = folders
        .split('/')
        .all(|folder| folder.is_empty() || is_identifier(folder));
    // No statement names `unicode15-0-0`, but code of its package can.
    let is_reachable = is_identifier(last)
        || (is_file_name(last)
            && files.contains(format!("{root}/{folders}/__init__.py").trim_start_matches('/')));
    if !is_named || !is_reachable {
        return None;
    }
    let top = module_path.split('/').next().unwrap_or(module_path);
    let named_as_project =
        project.is_some_and(|project| project.replace(['-', '.'], "_").eq_ignore_ascii_case(top));
    let aside = text
        .split('/')
        .next()
        .is_some_and(|folder| SECONDARY_FOLDERS.contains(&folder));
    let primary = named_as_project || (!aside && (!root.is_empty() || !has_src));
    Some(ModuleNode {
        name: module_path.replace('/', "."),
        path: path.clone(),
        is_package,
        import_path: format!("{import_stem}.py"),
        primary,
    })
}

/// Finds the folder that has to be on `sys.path` for the file to be imported by the name that its project uses.
fn import_root(path: &str, files: &BTreeSet<&str>) -> String {
    let mut folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    while !folder.is_empty() && files.contains(format!("{folder}/__init__.py").as_str()) {
        folder = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
    }
    // `folder` is the nearest folder above that is no regular package; what lies between it and the root is PEP 420.
    let parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    // Below a regular package a folder such as `lib` is a part of that package.
    let in_package = (1..=parts.len())
        .find(|end| files.contains(format!("{}/__init__.py", parts[..*end].join("/")).as_str()))
        .unwrap_or(parts.len());
    let depth = parts
        .iter()
        .enumerate()
        .rposition(|(position, part)| {
            !is_identifier(part) || (position < in_package && IMPORT_ROOTS.contains(part))
        })
        .map_or(0, |position| position + 1);
    parts[..depth].join("/")
}

fn is_file_name(part: &str) -> bool {
    part.chars()
        .all(|character| matches!(character, '_' | '-') || character.is_alphanumeric())
}

fn is_identifier(part: &str) -> bool {
    let mut characters = part.chars();
    characters
        .next()
        .is_some_and(|first| first == '_' || first.is_alphabetic())
        && characters.all(|character| character == '_' || character.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use synthesizer_model::tree::Origin;

    use super::*;
    use crate::memory_tree::MemoryTree;

    fn graph(paths: &[&str]) -> ModuleGraph {
        let origin = Origin {
            slug: "x".into(),
            url: "x".into(),
            revision: "x".into(),
            version: None,
            platform: "local".into(),
        };
        let tree = MemoryTree::new(
            origin,
            paths.iter().map(|path| ((*path).to_owned(), Vec::new())),
        );
        ModuleGraph::of(&tree, Some("x"))
    }

    fn check(paths: &[&str], expected: &[(&str, bool)]) {
        let graph = graph(paths);
        let found: Vec<(&str, bool)> = graph
            .nodes()
            .iter()
            .map(|node| (node.name.as_str(), node.primary))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn layouts_give_the_names_that_projects_import() {
        check(
            &[
                "src/flask/__init__.py",
                "src/flask/json/tag.py",
                "tests/test_a.py",
                "setup.py",
            ],
            &[
                ("flask", true),
                ("flask.json.tag", true),
                ("tests.test_a", false),
            ],
        );
        check(
            &["six.py", "docs/conf.py"],
            &[("docs.conf", false), ("six", true)],
        );
        check(
            &["google/cloud/storage/__init__.py"],
            &[("google.cloud.storage", true)],
        );
        check(&["my-tools/run.py"], &[("run", true)]);
        check(&["packages/a/src/a/__init__.py"], &[("a", true)]);
        check(
            &["x/__init__.py", "x/lib/a.py", "x/b-1.py", "y/c-1.py"],
            &[("x", true), ("x.b-1", true), ("x.lib.a", true)],
        );
        check(
            &[
                "examples/celery/src/task_app/__init__.py",
                "src/x/__init__.py",
            ],
            &[("task_app", false), ("x", true)],
        );
    }

    #[test]
    fn namespaces_and_packages_are_told_apart() {
        let graph = graph(&["src/ns/pkg/__init__.py", "src/ns/pkg/data.txt"]);
        assert!(graph.is_namespace("ns"));
        assert!(!graph.is_namespace("ns.pkg"));
        let data = TreePath::new("src/ns/pkg/data.txt").expect("a path");
        assert_eq!(graph.import_path(&data), "ns/pkg/data.txt");
    }
}
