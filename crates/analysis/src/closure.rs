//! Everything that taking components of one source brings: the files, the parents to generate, the imports from elsewhere.
//! Decides what is taken; where it goes and how it changes is decided elsewhere.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque, btree_map::Entry},
    sync::OnceLock,
};

use synthesizer_model::{
    component::{Closure, ClosureFile, Reason},
    failure::{ErrorCode, Failure},
    finding::{Finding, Severity},
    tree::{SourceTree, TreePath},
};

use crate::{
    effects::{self, Effects},
    import_order, named_modules, placed,
    python_source::PythonSource,
};

/// What a request for a component means in one source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// The component as it was asked for.
    pub text: String,
    /// Modules to take, by name.
    pub modules: Vec<String>,
    /// The symbol that was asked for, dotted, without its module.
    pub symbol: Option<String>,
    /// Other files to take, by their path in the tree.
    pub data: Vec<TreePath>,
    /// Whether it is a package with everything in it.
    pub whole: bool,
}

/// Takes components of one source; remembers what each module needs.
pub struct Taker<'a> {
    tree: &'a dyn SourceTree,
    source: &'a PythonSource,
    files: BTreeSet<&'a TreePath>,
    effects: Vec<OnceLock<Effects>>,
}

impl<'a> Taker<'a> {
    /// Makes a taker over a parsed source.
    pub fn new(tree: &'a dyn SourceTree, source: &'a PythonSource) -> Self {
        let files = tree
            .entries()
            .iter()
            .filter(|entry| entry.is_file())
            .map(|entry| &entry.path)
            .collect();
        let effects = source
            .graph
            .nodes()
            .iter()
            .map(|_| OnceLock::new())
            .collect();
        Self {
            tree,
            source,
            files,
            effects,
        }
    }

    /// Finds what a component's text names: a path, a module, a package or a symbol; everything for the empty text.
    ///
    /// # Errors
    /// `E_NOT_FOUND` with the nearest names as the hint.
    pub fn select(&self, component: &str) -> Result<Selection, Failure> {
        if component.is_empty() {
            return self.select_everything();
        }
        let (module, symbol) = match component.split_once(':') {
            Some((module, symbol)) => (module, Some(symbol)),
            None => (component, None),
        };
        let found = if symbol.is_some() {
            self.select_module(module, symbol)
        } else {
            // A folder may bear the name of a module that lies elsewhere, as `yaml` and `lib/yaml` do.
            let module = self.source.graph.index(component);
            module
                .and_then(|_| self.select_module(component, None))
                .or_else(|| self.select_path(component))
                .or_else(|| self.select_module(component, None))
                .or_else(|| {
                    let (module, symbol) = component.rsplit_once('.')?;
                    self.select_module(module, Some(symbol))
                })
        };
        let mut selection = found.ok_or_else(|| self.not_found(component))?;
        component.clone_into(&mut selection.text);
        Ok(selection)
    }

    fn select_everything(&self) -> Result<Selection, Failure> {
        let mut whole = Selection {
            whole: true,
            ..Selection::default()
        };
        for top in self.source.graph.primary_top_levels() {
            if let Some(selection) = self.select_module(&top, None) {
                whole.modules.extend(selection.modules);
                whole.data.extend(selection.data);
            }
        }
        if whole.modules.is_empty() && whole.data.is_empty() {
            let failure = Failure::new(
                ErrorCode::NotFound,
                "the repository has no Python package to take",
            );
            return Err(failure.with_hint("name a folder or file of it after #"));
        }
        Ok(whole)
    }

    fn select_path(&self, component: &str) -> Option<Selection> {
        let path = TreePath::new(component.trim_end_matches('/')).ok()?;
        if self.files.contains(&path) {
            let mut selection = Selection::default();
            match self.source.graph.at_path(&path) {
                Some(index) => selection
                    .modules
                    .push(self.source.graph.node(index).name.clone()),
                None => selection.data.push(path),
            }
            return Some(selection);
        }
        let selection = self.below_folder(path.as_str());
        (!selection.modules.is_empty() || !selection.data.is_empty()).then_some(selection)
    }

    fn below_folder(&self, folder: &str) -> Selection {
        let mut selection = Selection {
            whole: true,
            ..Selection::default()
        };
        for path in self.files.iter().filter(|path| path.is_below(folder)) {
            match self.source.graph.at_path(path) {
                Some(index) => selection
                    .modules
                    .push(self.source.graph.node(index).name.clone()),
                None if is_residue(path) => {}
                None => selection.data.push((*path).clone()),
            }
        }
        selection
    }

    fn select_module(&self, name: &str, symbol: Option<&str>) -> Option<Selection> {
        let graph = &self.source.graph;
        if let Some(symbol) = symbol {
            let index = graph.index(name)?;
            let facts = self.source.facts(index)?;
            let defined = facts.symbols.iter().any(|known| known.name == symbol)
                || facts.bindings.contains_key(symbol);
            return defined.then(|| Selection {
                modules: vec![name.to_owned()],
                symbol: Some(symbol.to_owned()),
                ..Selection::default()
            });
        }
        match graph.index(name) {
            Some(index) if graph.node(index).is_package => {
                Some(self.below_folder(graph.node(index).path.parent()))
            }
            Some(_) => Some(Selection {
                modules: vec![name.to_owned()],
                ..Selection::default()
            }),
            None if graph.is_namespace(name) => {
                let mut selection = Selection {
                    whole: true,
                    ..Selection::default()
                };
                let folders: BTreeSet<&str> =
                    graph.below(name).map(|node| node.path.parent()).collect();
                for folder in folders {
                    let below = self.below_folder(folder);
                    selection.modules.extend(below.modules);
                    selection.data.extend(below.data);
                }
                selection.modules.sort();
                selection.modules.dedup();
                selection.data.sort();
                selection.data.dedup();
                Some(selection)
            }
            None => None,
        }
    }

    fn not_found(&self, component: &str) -> Failure {
        let wanted = component
            .rsplit(['.', '/', ':'])
            .next()
            .unwrap_or(component)
            .to_lowercase();
        let mut near: Vec<&str> = self
            .source
            .graph
            .nodes()
            .iter()
            .filter(|node| node.primary)
            .map(|node| node.name.as_str())
            .filter(|name| wanted.len() > 2 && name.to_lowercase().contains(&wanted))
            .take(5)
            .collect();
        if near.is_empty() {
            near = self
                .source
                .graph
                .nodes()
                .iter()
                .filter(|node| node.primary)
                .map(|node| node.name.as_str())
                .take(5)
                .collect();
        }
        let slug = &self.tree.origin().slug;
        let shown = synthesizer_model::text::escape_untrusted(component);
        let failure = Failure::new(
            ErrorCode::NotFound,
            format!("{slug} has no component {shown}"),
        );
        if near.is_empty() {
            failure
        } else {
            failure.with_hint(format!("it has {}", near.join(", ")))
        }
    }

    /// Follows the needs of the selections to the end.
    pub fn take(&self, selections: &[Selection]) -> Closure {
        let mut taken: BTreeMap<usize, Reason> = BTreeMap::new();
        let mut data: BTreeMap<TreePath, Reason> = BTreeMap::new();
        let mut queue = VecDeque::new();
        for selection in selections {
            let reason = if selection.whole {
                Reason::PackageMember
            } else {
                Reason::Requested
            };
            for index in selection
                .modules
                .iter()
                .filter_map(|name| self.source.graph.index(name))
            {
                if taken.insert(index, reason.clone()).is_none() {
                    queue.push_back(index);
                }
            }
            for path in &selection.data {
                data.insert(path.clone(), reason.clone());
            }
        }
        let mut closure = Closure::default();
        self.follow(&mut queue, &mut taken, &mut data, &mut closure);
        for selection in selections {
            for (parent, reason) in self.parents_for_order(selection, &taken) {
                if taken.insert(parent, reason).is_none() {
                    queue.push_back(parent);
                }
            }
        }
        self.follow(&mut queue, &mut taken, &mut data, &mut closure);
        self.tolerate_guarded(&mut closure, selections, &taken);
        self.fill(&mut closure, &taken, &data);
        closure
    }

    /// A module that is imported only where a failure is caught may lack what it imports: the failure is as designed.
    fn tolerate_guarded(
        &self,
        closure: &mut Closure,
        selections: &[Selection],
        taken: &BTreeMap<usize, Reason>,
    ) {
        if closure.findings.is_empty() {
            return;
        }
        let mut guarded = placed::guarded_modules(self.source, taken.keys().copied());
        for selection in selections.iter().filter(|selection| !selection.whole) {
            for module in &selection.modules {
                guarded.remove(module);
            }
        }
        let graph = &self.source.graph;
        // The rewriting says it, where it sees the import.
        closure.findings.retain(|finding| {
            let path = finding
                .path
                .as_deref()
                .and_then(|path| TreePath::new(path).ok());
            let module = path.and_then(|path| graph.at_path(&path));
            finding.kind != "missing-module"
                || module.is_none_or(|module| !guarded.contains(&graph.node(module).name))
        });
        closure.guarded_modules = guarded.into_iter().collect();
    }

    fn follow(
        &self,
        queue: &mut VecDeque<usize>,
        taken: &mut BTreeMap<usize, Reason>,
        data: &mut BTreeMap<TreePath, Reason>,
        closure: &mut Closure,
    ) {
        while let Some(index) = queue.pop_front() {
            let effects = self.effects(index);
            for (needed, reason) in &effects.modules {
                if !taken.contains_key(needed) {
                    taken.insert(*needed, reason.clone());
                    queue.push_back(*needed);
                }
            }
            if effects.computes_imports {
                let tables = effects.modules.iter();
                let named =
                    tables.flat_map(|(table, _)| named_modules::in_strings(self.source, *table));
                for (needed, reason) in named {
                    if let Entry::Vacant(vacant) = taken.entry(needed) {
                        vacant.insert(reason);
                        queue.push_back(needed);
                    }
                }
            }
            for (folder, reason) in &effects.data_folders {
                for path in self.data_below(folder) {
                    data.entry(path.clone()).or_insert_with(|| reason.clone());
                }
            }
            for (path, reason) in &effects.data {
                if let Some(path) = TreePath::new(path)
                    .ok()
                    .filter(|path| self.files.contains(path))
                {
                    data.entry(path).or_insert_with(|| reason.clone());
                }
            }
            closure
                .external_imports
                .extend(effects.external.iter().cloned());
            closure.findings.extend(effects.findings.iter().cloned());
        }
    }

    /// Lists the packages above a selection whose own files have to run first, because its imports go in a circle that starts elsewhere.
    fn parents_for_order(
        &self,
        selection: &Selection,
        taken: &BTreeMap<usize, Reason>,
    ) -> Vec<(usize, Reason)> {
        let graph = &self.source.graph;
        let first = selection.modules.iter().min_by_key(|name| name.len());
        let Some(index) = first.and_then(|name| graph.index(name)) else {
            return Vec::new();
        };
        let name = &graph.node(index).name;
        let parents: Vec<usize> = name
            .match_indices('.')
            .filter_map(|(dot, _)| graph.index(&name[..dot]))
            .filter(|parent| !taken.contains_key(parent))
            .collect();
        if parents.is_empty() || !import_order::is_broken(self.source, index, taken) {
            return Vec::new();
        }
        let path = graph.node(index).path.to_string();
        let reason = Reason::ImportOrder { path };
        parents
            .into_iter()
            .map(|parent| (parent, reason.clone()))
            .collect()
    }

    /// Lists the files of a folder that are no modules.
    fn data_below(&self, folder: &str) -> Vec<&'a TreePath> {
        let Ok(first) = TreePath::new(folder) else {
            return Vec::new();
        };
        self.files
            .range::<TreePath, _>(&first..)
            .take_while(|path| path.as_str().starts_with(folder))
            .filter(|path| path.is_below(folder) && path.as_str() != folder)
            .filter(|path| self.source.graph.at_path(path).is_none() && !is_residue(path))
            .copied()
            .collect()
    }

    fn fill(
        &self,
        closure: &mut Closure,
        taken: &BTreeMap<usize, Reason>,
        data: &BTreeMap<TreePath, Reason>,
    ) {
        let graph = &self.source.graph;
        let mut generated: BTreeSet<usize> = BTreeSet::new();
        let mut modules: BTreeSet<&str> = BTreeSet::new();
        for (index, reason) in taken {
            let node = graph.node(*index);
            modules.insert(&node.name);
            for (dot, _) in node.name.match_indices('.') {
                let parent = graph.index(&node.name[..dot]);
                generated.extend(parent.filter(|parent| {
                    graph.node(*parent).is_package && !taken.contains_key(parent)
                }));
            }
            closure.files.push(ClosureFile {
                path: node.path.clone(),
                module: Some(node.name.clone()),
                import_path: node.import_path.clone(),
                reason: reason.clone(),
            });
            self.note_incomplete(closure, *index);
        }
        for (path, reason) in data {
            let import_path = graph.import_path(path);
            closure.files.push(ClosureFile {
                path: path.clone(),
                module: None,
                import_path,
                reason: reason.clone(),
            });
        }
        modules.extend(
            generated
                .iter()
                .map(|index| graph.node(*index).name.as_str()),
        );
        closure.modules = modules.into_iter().map(str::to_owned).collect();
        closure.generated_packages = generated
            .iter()
            .map(|index| graph.node(*index).import_path.clone())
            .collect();
        closure.generated_packages.sort();
        closure
            .files
            .sort_by(|left, right| left.path.cmp(&right.path));
        closure.external_imports.sort_by(|left, right| {
            (&left.module, &left.path, left.line).cmp(&(&right.module, &right.path, right.line))
        });
        closure
            .findings
            .sort_by(|left, right| (&left.path, left.line).cmp(&(&right.path, right.line)));
    }

    /// A taken file whose imports cannot be known stops the synthesis.
    fn note_incomplete(&self, closure: &mut Closure, index: usize) {
        let path = &self.source.graph.node(index).path;
        let (line, what) = match self.source.files.get(path).map(|file| &file.facts) {
            None => (None, "the file could not be read".to_owned()),
            Some(None) => (None, "the file is not UTF-8 text".to_owned()),
            Some(Some(facts)) => match facts.syntax_errors.first() {
                None => return,
                Some((line, what)) => (Some(*line), format!("the file does not parse: {what}")),
            },
        };
        closure
            .findings
            .push(Finding::new(Severity::Error, "unreadable-module", what).at(path.as_str(), line));
    }

    /// Gives the files that a module needs directly: modules by their index in the graph, and data.
    pub(crate) fn direct(&self, index: usize) -> (Vec<usize>, Vec<TreePath>) {
        let effects = self.effects(index);
        let mut modules: Vec<usize> = effects.modules.iter().map(|(needed, _)| *needed).collect();
        if effects.computes_imports {
            let tables = effects.modules.iter();
            let named =
                tables.flat_map(|(table, _)| named_modules::in_strings(self.source, *table));
            modules.extend(named.map(|(needed, _)| needed));
        }
        modules.sort_unstable();
        modules.dedup();
        let folders = effects.data_folders.iter();
        let below = folders
            .flat_map(|(folder, _)| self.data_below(folder))
            .cloned();
        let named = effects
            .data
            .iter()
            .filter_map(|(path, _)| TreePath::new(path).ok())
            .filter(|path| self.files.contains(path));
        let mut data: Vec<TreePath> = below.chain(named).collect();
        data.sort();
        data.dedup();
        (modules, data)
    }

    fn effects(&self, index: usize) -> &Effects {
        self.effects[index].get_or_init(|| effects::of_module(self.source, index))
    }
}

/// Files that a build or an editor leaves in a package folder.
fn is_residue(path: &TreePath) -> bool {
    let name = path.file_name();
    name.ends_with(".pyc") || name == ".DS_Store" || path.as_str().contains("/__pycache__/")
}
