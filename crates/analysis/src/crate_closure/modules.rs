//! The modules of one library that are files, found by following `mod` from its root. Bounded; expands no macro, evaluates no `cfg`.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use synthesizer_model::tree::{SourceTree, TreePath};

use super::named_files::followed;
use crate::languages::rust::outline::{DeclaredModule, ItemKind, Outline, outline};

/// How many modules one library may have.
const MOST_MODULES: usize = 20_000;
/// Deepest nesting of modules.
const DEEPEST: usize = 200;

/// One module that is a file.
pub(super) struct ModuleFile {
    pub(super) path: TreePath,
    pub(super) outline: Outline,
    /// Its names below the root; empty for the root.
    pub(super) names: Vec<String>,
    /// The module around it, and which of its items declares this one.
    pub(super) parent: Option<(usize, usize)>,
    /// The modules that it declares, by their names below it; several where builds choose.
    pub(super) children: BTreeMap<String, Vec<usize>>,
    /// Its items by the names that they define; implementations apart, by the name of their type, which is empty for a tuple and the like.
    pub(super) by_name: HashMap<String, Vec<usize>>,
    pub(super) implementations: HashMap<String, Vec<usize>>,
    /// Items that take everything of another module.
    pub(super) globs: Vec<(usize, String)>,
    /// First names of all paths, and macros.
    pub(super) names_in_use: BTreeSet<String>,
    /// Paths of several names by the first.
    pub(super) longer_paths: HashMap<String, Vec<String>>,
    folder: String,
}

impl ModuleFile {
    /// Says whether others can have an item of this module: what is imported for its own use is none.
    pub(super) fn is_given(&self, item: usize) -> bool {
        let item = &self.outline.items[item];
        let is_private = item.visibility.start == item.visibility.end;
        item.kind != ItemKind::Use || !is_private
    }

    /// Says whether an item is a `use` for the module itself of a name that no code in it writes: a trait whose methods it calls.
    pub(super) fn is_for_methods(&self, item: usize) -> bool {
        let found = &self.outline.items[item];
        let mut bindings = found.bindings.iter();
        found.kind == ItemKind::Use
            && !self.is_given(item)
            && bindings
                .any(|binding| binding.name != "*" && !self.names_in_use.contains(&binding.name))
    }

    /// Says whether others can have a name of this module.
    pub(super) fn gives(&self, name: &str) -> bool {
        let items = self.by_name.get(name);
        items.is_some_and(|items| items.iter().any(|item| self.is_given(*item)))
    }
}

/// All modules of a library that are files; the first is the root.
pub(super) struct Modules {
    pub(super) list: Vec<ModuleFile>,
    /// Whether paths of `use` begin at the root.
    pub(super) old_paths: bool,
    /// Modules that are declared and have no file: their names, the declaring file and line.
    pub(super) missing: Vec<(String, TreePath, u32)>,
}

impl Modules {
    /// Follows a library from its root file; `None` when that cannot be read.
    pub(super) fn of(tree: &dyn SourceTree, root: &TreePath, edition: &str) -> Option<Self> {
        let mut modules = Self {
            list: Vec::new(),
            old_paths: edition == "2015",
            missing: Vec::new(),
        };
        let mut by_path: HashMap<TreePath, usize> = HashMap::new();
        let folder = root.parent().to_owned();
        modules
            .list
            .push(read(tree, root, Vec::new(), None, folder)?);
        by_path.insert(root.clone(), 0);
        let mut open = VecDeque::from([0]);
        while let Some(at) = open.pop_front() {
            if modules.list[at].names.len() >= DEEPEST {
                continue;
            }
            for (item, declared) in declared(&modules.list[at]) {
                let Some(path) = modules.file_of(tree, at, &declared) else {
                    let around = &modules.list[at];
                    let names = [around.names.as_slice(), &declared.names].concat();
                    modules
                        .missing
                        .push((names.join("::"), around.path.clone(), declared.line));
                    continue;
                };
                let key = declared.names.join("::");
                let known = by_path.get(&path).copied();
                let child = match known {
                    Some(child) => child,
                    None if modules.list.len() >= MOST_MODULES => continue,
                    None => {
                        let around = &modules.list[at];
                        let names = [around.names.as_slice(), &declared.names].concat();
                        let folder = folder_of_children(&path, declared.path.is_some());
                        let Some(child) = read(tree, &path, names, Some((at, item)), folder) else {
                            continue;
                        };
                        modules.list.push(child);
                        by_path.insert(path, modules.list.len() - 1);
                        open.push_back(modules.list.len() - 1);
                        modules.list.len() - 1
                    }
                };
                let children = modules.list[at].children.entry(key).or_default();
                if !children.contains(&child) {
                    children.push(child);
                }
            }
        }
        Some(modules)
    }

    fn file_of(
        &self,
        tree: &dyn SourceTree,
        at: usize,
        declared: &DeclaredModule,
    ) -> Option<TreePath> {
        let around = &self.list[at];
        let candidates = match &declared.path {
            Some(path) => vec![followed(around.path.parent(), path)?],
            None => {
                let stem = declared.names.join("/");
                let stem = if around.folder.is_empty() {
                    stem
                } else {
                    format!("{}/{stem}", around.folder)
                };
                vec![format!("{stem}.rs"), format!("{stem}/mod.rs")]
            }
        };
        let entries = tree.entries();
        candidates.into_iter().find_map(|candidate| {
            let path = TreePath::new(&candidate).ok()?;
            let at = entries
                .binary_search_by(|entry| entry.path.cmp(&path))
                .ok()?;
            entries[at].is_file().then_some(path)
        })
    }

    /// Finds the module of a file.
    pub(super) fn of_file(&self, path: &TreePath) -> Option<usize> {
        self.list.iter().position(|module| module.path == *path)
    }
}

fn declared(module: &ModuleFile) -> Vec<(usize, DeclaredModule)> {
    let items = module.outline.items.iter().enumerate();
    items
        .flat_map(|(index, item)| {
            item.modules
                .iter()
                .map(move |declared| (index, declared.clone()))
        })
        .collect()
}

fn read(
    tree: &dyn SourceTree,
    path: &TreePath,
    names: Vec<String>,
    parent: Option<(usize, usize)>,
    folder: String,
) -> Option<ModuleFile> {
    let blob = tree.read(path).ok()?;
    let text = std::str::from_utf8(&blob.bytes).ok()?;
    let outline = outline(text);
    let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
    let mut implementations: HashMap<String, Vec<usize>> = HashMap::new();
    let mut globs = Vec::new();
    let mut names_in_use = BTreeSet::new();
    let mut longer_paths: HashMap<String, Vec<String>> = HashMap::new();
    for (index, item) in outline.items.iter().enumerate() {
        let index_of = match item.kind {
            ItemKind::Implementation => &mut implementations,
            _ => &mut by_name,
        };
        for name in &item.names {
            index_of.entry(name.clone()).or_default().push(index);
        }
        if item.kind == ItemKind::Implementation && item.names.is_empty() {
            implementations
                .entry(String::new())
                .or_default()
                .push(index);
        }
        for binding in item.bindings.iter().filter(|binding| binding.name == "*") {
            globs.push((index, binding.path.clone()));
        }
        names_in_use.extend(item.macros.iter().cloned());
        for path in item.paths.iter().filter(|path| path.contains("::")) {
            let known = longer_paths.entry(first_name(path).to_owned()).or_default();
            known.push(path.clone());
        }
        names_in_use.extend(item.paths.iter().map(|path| first_name(path).to_owned()));
    }
    Some(ModuleFile {
        path: path.clone(),
        outline,
        names,
        parent,
        children: BTreeMap::new(),
        by_name,
        implementations,
        globs,
        names_in_use,
        longer_paths,
        folder,
    })
}

/// Gives the first name of a path, the one after a leading `::` included.
pub(super) fn first_name(path: &str) -> &str {
    let path = path.strip_prefix("::").unwrap_or(path);
    path.split("::").next().unwrap_or(path)
}

fn folder_of_children(path: &TreePath, is_named: bool) -> String {
    if is_named || path.file_name() == "mod.rs" {
        return path.parent().to_owned();
    }
    let path = path.as_str();
    path.strip_suffix(".rs").unwrap_or(path).to_owned()
}
