//! Follows one path through modules and re-exports. Bounded by fuel: names may be imported in circles.

use std::{
    collections::{HashMap, HashSet},
    sync::OnceLock,
};

use synthesizer_model::code::{Import, ImportForm, SymbolKind};

use super::{
    crates::{Crates, Outside},
    file_names::FileNames,
    module_tree::{ModuleId, ModuleTree, plain},
};
/// Look-ups that one path may cost.
const FUEL: u32 = 300;

/// Modules or imports of one name in one module that are looked at: builds choose among a few.
const MOST_VARIANTS: usize = 16;

/// Imports that are followed one after the other.
const MAX_FOLLOWED: usize = 8;

/// What all searches look names up in.
pub(super) struct World<'a> {
    pub(super) names: HashMap<usize, FileNames<'a>>,
    pub(super) crates: Crates<'a>,
    pub(super) tree: ModuleTree<'a>,
    /// Public functions and macros at the top of files that are no roots, by crate and name: where exported macros may be.
    macros: OnceLock<HashMap<(usize, &'a str), usize>>,
}

impl<'a> World<'a> {
    /// Takes what is known of the tree.
    pub(super) fn new(
        names: HashMap<usize, FileNames<'a>>,
        crates: Crates<'a>,
        tree: ModuleTree<'a>,
    ) -> Self {
        Self {
            names,
            crates,
            tree,
            macros: OnceLock::new(),
        }
    }

    fn exported_macro(&self, of: usize, name: &str) -> Option<usize> {
        let macros = self.macros.get_or_init(|| {
            let mut macros = HashMap::new();
            let files = self
                .tree
                .modules
                .iter()
                .filter(|module| module.scope.is_none());
            for module in files {
                let Some(names) = self.names.get(&module.file) else {
                    continue;
                };
                let functions = names.code.symbols.iter().filter(|symbol| {
                    symbol.kind == SymbolKind::Function
                        && symbol.public
                        && !symbol.name.contains('.')
                });
                for function in functions {
                    macros
                        .entry((module.of, function.name.as_str()))
                        .or_insert(module.file);
                }
            }
            macros
        });
        macros.get(&(of, name)).copied()
    }
}

/// What a path leads to.
#[derive(Debug, Default)]
pub(super) struct Leads<'a> {
    /// Modules.
    modules: Vec<ModuleId>,
    /// Files that define or re-export what it names.
    pub(super) files: Vec<usize>,
    /// Something outside of the tree.
    pub(super) outside: Option<Outside<'a>>,
}

impl Leads<'_> {
    fn is_empty(&self) -> bool {
        self.modules.is_empty() && self.files.is_empty() && self.outside.is_none()
    }
}

/// The names of a path that are still to be followed.
type Rest<'p> = std::iter::Peekable<std::str::Split<'p, &'static str>>;

/// One search.
pub(super) struct Search<'w, 'a> {
    world: &'w World<'a>,
    fuel: u32,
    /// Imports that are being followed, by file and place.
    following: Vec<(usize, usize)>,
    /// Imports that led nowhere, by file and place: names that nothing defines would be followed from each to each other.
    in_vain: HashSet<(usize, usize)>,
    /// Modules whose `use x::*` were looked through for a name, by the place of the name in memory.
    looked_through: HashSet<(ModuleId, usize)>,
}

impl<'w, 'a> Search<'w, 'a> {
    /// Begins a search for an import of a file; the import itself is not followed.
    pub(super) fn new(world: &'w World<'a>, file: usize, import: &Import) -> Self {
        let own = world.names.get(&file).and_then(|names| {
            let imports = &names.code.imports;
            let place = imports.partition_point(|known| known.range.start < import.range.start);
            let is_own = imports
                .get(place)
                .is_some_and(|known| known.range == import.range);
            is_own.then_some((file, place))
        });
        Self {
            world,
            fuel: FUEL,
            following: own.into_iter().collect(),
            in_vain: HashSet::new(),
            looked_through: HashSet::new(),
        }
    }

    /// Finds what an import in a module leads to: the files of modules at its end included.
    pub(super) fn run(&mut self, module: ModuleId, import: &Import) -> Leads<'a> {
        let mut leads = self.path(module, &import.target, import.form != ImportForm::Path);
        let modules = std::mem::take(&mut leads.modules);
        let files = modules
            .into_iter()
            .map(|id| self.world.tree.modules[id].file);
        leads.files.extend(files);
        leads
    }

    fn path(&mut self, module: ModuleId, path: &str, in_use: bool) -> Leads<'a> {
        let of = self.world.tree.modules[module].of;
        let old_paths = self.world.crates.list[of].old_paths;
        let mut rest = path.split("::").peekable();
        let begun = match rest.next().unwrap_or_default() {
            "crate" | "$crate" => self.root_of(of),
            "self" => modules(vec![module]),
            "super" => self.parents(module, &mut rest),
            "" => {
                let name = rest.next().unwrap_or_default();
                self.global(of, name, old_paths)
            }
            name => {
                let from = if old_paths && in_use {
                    self.world.tree.roots.get(of).copied().unwrap_or(module)
                } else {
                    module
                };
                self.name(from, of, name)
            }
        };
        self.descend(begun, rest)
    }

    fn root_of(&self, of: usize) -> Leads<'a> {
        modules(self.world.tree.roots.get(of).copied().into_iter().collect())
    }

    fn parents(&self, module: ModuleId, rest: &mut Rest<'_>) -> Leads<'a> {
        // Above the root there is nothing; what says so stands in a module that a macro makes.
        let parent = |id: ModuleId| self.world.tree.modules[id].parent.unwrap_or(id);
        let mut at = parent(module);
        while rest.next_if_eq(&"super").is_some() {
            at = parent(at);
        }
        modules(vec![at])
    }

    /// Looks up a name after a leading `::`.
    fn global(&mut self, of: usize, name: &str, old_paths: bool) -> Leads<'a> {
        if old_paths && let Some(root) = self.world.tree.roots.get(of).copied() {
            let found = self.member(&[root], name, false);
            if !found.is_empty() {
                return found;
            }
        }
        self.outside(of, name)
    }

    /// Looks up the first name of a path: in the module, then among crates, then among what the module takes whole.
    fn name(&mut self, module: ModuleId, of: usize, name: &str) -> Leads<'a> {
        let mut found = self.member(&[module], name, false);
        if found.is_empty() {
            found = self.outside(of, name);
        }
        if found.is_empty() {
            found = self.taken_whole(&[module], name);
        }
        if found.modules.is_empty() && found.outside.is_some() {
            // A crate under a name that some import gives it.
            found.files.clear();
        }
        found
    }

    fn outside(&self, of: usize, name: &str) -> Leads<'a> {
        match self.world.crates.outside(of, name) {
            Some(Outside::Own(library)) => self.root_of(library),
            other => Leads {
                outside: other,
                ..Leads::default()
            },
        }
    }

    /// Follows the other names of a path from where its first leads.
    fn descend(&mut self, begun: Leads<'a>, mut rest: Rest<'_>) -> Leads<'a> {
        let mut leads = begun;
        while let Some(name) = rest.next() {
            if leads.modules.is_empty() {
                return leads; // A type, whose members no module names, or something outside.
            }
            let around = std::mem::take(&mut leads.modules);
            let mut found = self.member(&around, name, true);
            if found.is_empty() && rest.peek().is_none() {
                found.files = self.exported_macro(&around, name);
            }
            if found.is_empty() {
                // Made by a macro: the module is where it is.
                let files = around.iter().map(|id| self.world.tree.modules[*id].file);
                found.files.extend(files);
            }
            leads.files.append(&mut found.files);
            leads.modules = found.modules;
            leads.outside = found.outside;
        }
        leads
    }

    /// Finds a member of modules: a module, an item, or what an import binds to the name.
    fn member(&mut self, around: &[ModuleId], name: &str, with_globs: bool) -> Leads<'a> {
        let mut leads = Leads::default();
        let world = self.world;
        for id in around.iter().copied() {
            if self.fuel == 0 {
                return leads;
            }
            self.fuel -= 1;
            let module = &world.tree.modules[id];
            let children = module.children.get(plain(name));
            leads
                .modules
                .extend(children.into_iter().flatten().take(MOST_VARIANTS));
            let Some(names) = world.names.get(&module.file) else {
                continue;
            };
            // An inline module is an item of the file too, and found above already.
            if children.is_none() && names.defines(module.scope, name) {
                leads.files.push(module.file);
            }
            for place in names
                .bindings(module.scope, name)
                .iter()
                .take(MOST_VARIANTS)
            {
                self.follow(id, *place, &mut leads);
            }
        }
        if leads.is_empty() && with_globs {
            return self.taken_whole(around, name);
        }
        leads
    }

    /// Adds what an import of a module leads to, and the module's file before it.
    fn follow(&mut self, module: ModuleId, place: usize, leads: &mut Leads<'a>) {
        let file = self.world.tree.modules[module].file;
        let Some(found) = self.followed(module, place) else {
            return;
        };
        if found.is_empty() {
            return;
        }
        leads.files.push(file);
        leads.files.extend(found.files);
        leads.modules.extend(found.modules);
        leads.outside = leads.outside.or(found.outside);
    }

    fn followed(&mut self, module: ModuleId, place: usize) -> Option<Leads<'a>> {
        let file = self.world.tree.modules[module].file;
        let key = (file, place);
        let goes_too_far = self.fuel == 0 || self.following.len() >= MAX_FOLLOWED;
        if goes_too_far || self.following.contains(&key) || self.in_vain.contains(&key) {
            return None;
        }
        self.fuel -= 1;
        self.following.push(key);
        let import = self.world.names.get(&file)?.import(place);
        let found = self.path(module, &import.target, true);
        self.following.pop();
        if found.is_empty() {
            self.in_vain.insert(key);
        }
        Some(found)
    }

    /// Looks for a name in what modules take whole: `use x::*`.
    fn taken_whole(&mut self, around: &[ModuleId], name: &str) -> Leads<'a> {
        let world = self.world;
        for id in around.iter().copied() {
            let module = &world.tree.modules[id];
            let is_new = self.looked_through.insert((id, name.as_ptr() as usize));
            let Some(names) = world.names.get(&module.file).filter(|_| is_new) else {
                continue;
            };
            for place in names.globs(module.scope) {
                if self.fuel == 0 {
                    return Leads::default();
                }
                let Some(taken) = self.followed(id, *place) else {
                    continue;
                };
                if taken.modules.is_empty() {
                    continue;
                }
                let key = (module.file, *place);
                self.following.push(key);
                let mut found = self.member(&taken.modules, name, true);
                self.following.pop();
                if !found.is_empty() {
                    found.files.insert(0, module.file);
                    return found;
                }
            }
        }
        Leads::default()
    }

    /// Macros that are exported lie at the root of their crate, wherever they are written.
    fn exported_macro(&mut self, around: &[ModuleId], name: &str) -> Vec<usize> {
        let root = around
            .iter()
            .copied()
            .find(|id| self.world.tree.modules[*id].parent.is_none());
        root.map(|root| self.world.tree.modules[root].of)
            .and_then(|of| self.world.exported_macro(of, name))
            .into_iter()
            .collect()
    }
}

fn modules<'a>(modules: Vec<ModuleId>) -> Leads<'a> {
    Leads {
        modules,
        ..Leads::default()
    }
}
