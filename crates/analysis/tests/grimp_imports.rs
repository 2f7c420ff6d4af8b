//! The import graph between the Python files of drawn sources beside that of grimp, which `scripts/setup test` installs.
//!
//! grimp's setting: imports under `TYPE_CHECKING` are part of the graph (`exclude_type_checking_imports=False`, its default), and so they
//! are here. Files that are read as data are edges of ours and no modules: they are counted apart. Every edge that differs must fall in a class of [`Class`], which is decided by looking at the tree, and at most one edge in
//! a hundred may differ, whatever its class.

#![expect(
    clippy::disallowed_methods,
    reason = "asks grimp, which is the independent answer here"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
};

use serde_json::Value;
use synthesizer_analysis::{
    memory_tree::MemoryTree,
    reading::Bounds,
    repository::{self, Options},
};
use synthesizer_model::{analysis::ImportEdge, facts_store::Forgetful, progress::Unwatched};
use synthesizer_testkit::real_trees::{self, RealTree};

/// From how many bytes on a file that is no Python text is left out.
const LARGE_DATA: usize = 50_000;
/// As many trees must be compared.
const FEWEST_TREES: usize = 6;

/// Why an edge is in one graph alone. Each is checked by looking at the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    /// Ours alone: an end lies below a folder without `__init__.py`, which grimp leaves out and Python imports all the same.
    FolderWithoutInit,
    /// Ours alone: an end is a module `a.py` beside a package `a/`, of which grimp keeps another one than Python imports.
    ModuleAndPackageOfOneName,
    /// Ours alone: the imported name is in a string, as for `importlib.import_module`; no import statement is on that line.
    NamedInAString,
    /// Ours alone: the imported file is compiled or a stub, which grimp does not see.
    NoPythonFile,
    /// grimp's alone: a module imports itself.
    SelfImport,
    /// grimp's alone: what it imports is a compiled module, in whose place grimp has the package.
    CompiledModule,
}

/// One graph, by dotted names.
type Edges = BTreeSet<(String, String)>;

/// What grimp answers.
struct Theirs {
    modules: BTreeSet<String>,
    edges: Edges,
}

fn ask_grimp(package: &Path) -> Theirs {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = here.ancestors().nth(2).expect("the crate lies in crates/");
    let python = workspace.join(".cache/tools/grimp/bin/python");
    assert!(python.is_file(), "run scripts/setup test");
    let output = Command::new(python)
        .arg(here.join("tests/oracles/grimp_edges.py"))
        .arg(package)
        .output()
        .expect("Python starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", package.display());
    let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(answer["type_checking_imports"], true);
    let text = |value: &Value| value.as_str().expect("a name").to_owned();
    let list = |key: &str| answer[key].as_array().expect("a list").clone();
    Theirs {
        modules: list("modules").iter().map(text).collect(),
        edges: list("edges")
            .iter()
            .map(|edge| (text(&edge[0]), text(&edge[1])))
            .collect(),
    }
}

/// Gives the edges between files, as `analyze --detail full` lists them.
fn analyze(tree: &RealTree) -> Vec<ImportEdge> {
    // A large file that is no Python text has no part in a graph of modules, and takes most of the time.
    let has_part =
        |(path, text): &(String, Vec<u8>)| path.ends_with(".py") || text.len() < LARGE_DATA;
    let files = real_trees::files(&tree.folder).into_iter().filter(has_part);
    let contents = MemoryTree::of_files(files);
    let options = Options {
        full: true,
        ..Options::default()
    };
    let analysis = repository::analyze(
        &contents,
        &options,
        &Forgetful,
        Bounds::default(),
        &Unwatched,
    );
    analysis.expect("not cancelled").imports.edges
}

/// The package that is compared, within its source.
struct Package<'a> {
    top: &'a Path,
    /// The folder that holds the package, with its `/`; empty for the top.
    above: String,
    name: String,
}

impl Package<'_> {
    /// Gives the dotted name of a Python file of the package.
    fn module(&self, path: &str) -> Option<String> {
        let path = self.within(path)?.strip_suffix(".py")?;
        let path = path.strip_suffix("/__init__").unwrap_or(path);
        Some(path.replace('/', "."))
    }

    /// Gives the path of a file of the package, from the folder that holds the package.
    fn within<'p>(&self, path: &'p str) -> Option<&'p str> {
        let path = path.strip_prefix(&self.above)?;
        let inner = path.strip_prefix(&self.name)?;
        inner.starts_with('/').then_some(path)
    }

    /// Says whether a file lies in a package, at any depth.
    fn lies_below(&self, path: &str, module: &str) -> bool {
        let inner = self.within(path).map(|path| path.replace('/', "."));
        inner.is_some_and(|inner| inner.starts_with(&format!("{module}.")))
    }

    fn exists(&self, path: &str) -> bool {
        self.top.join(&self.above).join(path).exists()
    }

    /// Says whether some folder on the way to a module has no `__init__.py`.
    fn lies_outside_of_packages(&self, module: &str) -> bool {
        let parts: Vec<&str> = module.split('.').collect();
        let folders = (1..=parts.len()).map(|count| parts[..count].join("/"));
        folders
            .filter(|folder| self.exists(folder) && !self.exists(&format!("{folder}.py")))
            .any(|folder| !self.exists(&format!("{folder}/__init__.py")))
    }

    fn is_module_and_package(&self, module: &str) -> bool {
        let path = module.replace('.', "/");
        self.exists(&format!("{path}.py")) && self.exists(&path)
    }

    fn line_of(&self, edge: &ImportEdge) -> String {
        let text = fs::read(self.top.join(&edge.from)).expect("readable");
        let text = String::from_utf8_lossy(&text);
        let line = text.lines().nth(edge.line as usize - 1);
        line.unwrap_or_default().to_owned()
    }
}

/// Says whether a file that is no Python text is a module all the same: compiled, what it is compiled from, or a stub.
fn is_module(path: &str) -> bool {
    let endings = [".pyx", ".pxd", ".pyi", ".so", ".pyd", ".c", ".cpp", ".rs"];
    endings.iter().any(|ending| path.ends_with(ending))
}

fn described(whose: &str, from: &str, to: &str) -> String {
    format!("{whose} alone: {from} imports {to}")
}

/// Says whether a line has a statement that imports.
fn has_import_statement(line: &str) -> bool {
    let mut statements = line.split([';', ':']).map(str::trim_start);
    statements.any(|statement| {
        ["import ", "from "]
            .iter()
            .any(|keyword| statement.starts_with(keyword))
    })
}

/// The two graphs of one package, as far as they differ.
#[derive(Default)]
struct Compared {
    modules: usize,
    edges: usize,
    /// Files of the package that it reads as data.
    data_files: usize,
    classes: BTreeMap<Class, usize>,
    unexplained: Vec<String>,
}

impl Compared {
    fn differing(&self) -> usize {
        self.classes.values().sum::<usize>() + self.unexplained.len()
    }

    fn note(&mut self, class: Option<Class>, what: impl FnOnce() -> String) {
        match class {
            Some(class) => *self.classes.entry(class).or_default() += 1,
            None => self.unexplained.push(what()),
        }
    }
}

fn compare(tree: &RealTree) -> Compared {
    let place = tree.drawn.package.as_deref().expect("drawn with its place");
    let (above, name) = place.rsplit_once('/').unwrap_or(("", place));
    let package = Package {
        top: &tree.folder,
        above: if above.is_empty() {
            String::new()
        } else {
            format!("{above}/")
        },
        name: name.to_owned(),
    };
    let theirs = ask_grimp(&tree.folder.join(place));
    let mut compared = Compared {
        modules: theirs.modules.len(),
        edges: theirs.edges.len(),
        ..Compared::default()
    };
    let mut ours = Edges::new();
    let mut compiled = BTreeSet::new();
    for edge in analyze(tree) {
        let Some(from) = package.module(&edge.from) else {
            continue;
        };
        if package.within(&edge.to).is_none() {
            continue;
        }
        let Some(to) = package.module(&edge.to) else {
            let is_import = has_import_statement(&package.line_of(&edge));
            if !is_import && !is_module(&edge.to) {
                compared.data_files += 1;
                continue;
            }
            let class = (is_import && is_module(&edge.to)).then_some(Class::NoPythonFile);
            compared.note(class, || described("ours", &edge.from, &edge.to));
            compiled.insert((from, edge.to));
            continue;
        };
        let ends = (from, to);
        if !theirs.edges.contains(&ends) {
            let class = class_of_ours(&package, &theirs, &edge, [&ends.0, &ends.1]);
            compared.note(class, || described("ours", &ends.0, &ends.1));
        }
        ours.insert(ends);
    }
    for edge in theirs.edges.difference(&ours) {
        let class = if edge.0 == edge.1 {
            Some(Class::SelfImport)
        } else {
            let mut compiled = compiled.iter();
            compiled
                .any(|(from, to)| *from == edge.0 && package.lies_below(to, &edge.1))
                .then_some(Class::CompiledModule)
        };
        compared.note(class, || described("grimp", &edge.0, &edge.1));
    }
    compared
}

fn class_of_ours(
    package: &Package<'_>,
    theirs: &Theirs,
    edge: &ImportEdge,
    ends: [&String; 2],
) -> Option<Class> {
    let is_unknown = |module: &&String| !theirs.modules.contains(*module);
    let unknown: Vec<&String> = ends.into_iter().filter(is_unknown).collect();
    if !has_import_statement(&package.line_of(edge)) {
        return Some(Class::NamedInAString);
    }
    if ends
        .iter()
        .any(|module| package.is_module_and_package(module))
    {
        return Some(Class::ModuleAndPackageOfOneName);
    }
    let is_outside = !unknown.is_empty()
        && unknown
            .iter()
            .all(|module| package.lies_outside_of_packages(module));
    is_outside.then_some(Class::FolderWithoutInit)
}

#[test]
fn import_edges_are_those_of_grimp() {
    let trees = real_trees::fetch_all("pypi");
    assert!(trees.len() >= FEWEST_TREES);
    let mut failed = Vec::new();
    for tree in &trees {
        let compared = compare(tree);
        let differing = compared.differing();
        let what = format!("{} {}", tree.drawn.name, tree.drawn.version);
        eprintln!(
            "{what}: {} modules, {} edges by grimp, {differing} differ ({:.2} %) {:?}; {} data files",
            compared.modules,
            compared.edges,
            100.0 * differing as f64 / compared.edges as f64,
            compared.classes,
            compared.data_files,
        );
        if !compared.unexplained.is_empty() {
            failed.push(format!("{what}: {}", compared.unexplained.join("\n")));
        }
        if differing * 100 > compared.edges {
            failed.push(format!(
                "{what}: {differing} of {} edges differ",
                compared.edges
            ));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
