//! What modules and items a module uses, by the paths in its code. Errs towards taking too much; what it misses, the compiler tells.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use super::{
    lookup::{Found, Lookup},
    modules::{ModuleFile, Modules, first_name},
};
use crate::languages::rust::outline::ItemKind;

/// How many imports in a row are followed.
const MOST_FOLLOWED: u32 = 12;

/// What is taken of a library, by module.
#[derive(Debug, Default)]
pub(super) struct Reached {
    /// Modules that are taken as they are.
    pub(super) whole: BTreeSet<usize>,
    /// The items to keep of modules of which not everything is.
    pub(super) items: BTreeMap<usize, BTreeSet<usize>>,
    /// Whether there was too much to follow.
    pub(super) gave_up: bool,
}

impl Reached {
    /// Lists the taken modules.
    pub(super) fn modules(&self) -> BTreeSet<usize> {
        let partly = self.items.keys();
        self.whole.iter().chain(partly).copied().collect()
    }
}

/// Something that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// A module with everything below it.
    Module(usize),
    /// An item of a module.
    Item(usize, String),
}

/// Finds what targets need.
pub(super) fn reach(modules: &Modules, targets: &[Target]) -> Reached {
    let mut reaching = Reaching {
        lookup: Lookup::new(modules),
        reached: Reached::default(),
        open: VecDeque::new(),
        followed: HashSet::new(),
        taken_names: HashSet::new(),
        implementations: implementations(modules),
        types: HashSet::new(),
        traits: HashSet::new(),
    };
    for target in targets {
        match target {
            Target::Module(module) => reaching.need_whole(*module),
            Target::Item(module, name) => {
                reaching.need_module(*module);
                reaching.touch(*module, name, MOST_FOLLOWED);
            }
        }
    }
    for _ in 0..MOST_FOLLOWED {
        while let Some((module, item)) = reaching.open.pop_front() {
            reaching.process(module, item);
        }
        if !reaching.add_exports() {
            break;
        }
    }
    while let Some((module, item)) = reaching.open.pop_front() {
        reaching.process(module, item);
    }
    let mut reached = reaching.reached;
    reached.gave_up = reaching.lookup.is_spent();
    for module in &reached.whole {
        reached.items.remove(module);
    }
    reached
}

/// Gives the modules with implementations for types, by the types' names.
fn implementations(modules: &Modules) -> HashMap<&str, Vec<usize>> {
    let mut all: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, file) in modules.list.iter().enumerate() {
        for name in file.implementations.keys() {
            all.entry(name).or_default().push(index);
        }
    }
    all
}

struct Reaching<'m> {
    lookup: Lookup<'m>,
    reached: Reached,
    open: VecDeque<(usize, usize)>,
    followed: HashSet<(usize, &'m str)>,
    /// Modules all of whose names were taken, by who takes them.
    taken_names: HashSet<(usize, usize)>,
    implementations: HashMap<&'m str, Vec<usize>>,
    /// Types whose implementations were looked for.
    types: HashSet<(usize, &'m str)>,
    /// Traits whose implementations were looked for.
    traits: HashSet<(usize, String)>,
}

impl<'m> Reaching<'m> {
    fn file(&self, module: usize) -> &'m ModuleFile {
        self.lookup.file(module)
    }

    /// Takes a module as far as it is needed to reach those below it.
    fn need_module(&mut self, module: usize) {
        if self.reached.whole.contains(&module) || self.reached.items.contains_key(&module) {
            return;
        }
        self.reached.items.insert(module, BTreeSet::new());
        if let Some((parent, item)) = self.file(module).parent {
            self.need_module(parent);
            self.need_item(parent, item);
        }
    }

    fn need_whole(&mut self, module: usize) {
        let mut open = vec![module];
        while let Some(module) = open.pop() {
            self.need_module(module);
            if !self.reached.whole.insert(module) {
                continue;
            }
            let file = self.file(module);
            let items = 0..file.outline.items.len();
            self.open.extend(items.map(|item| (module, item)));
            open.extend(file.children.values().flatten().copied());
        }
    }

    fn need_item(&mut self, module: usize, item: usize) {
        if self.reached.whole.contains(&module) {
            return;
        }
        let is_new = self.reached.items.entry(module).or_default().insert(item);
        if !is_new {
            return;
        }
        self.open.push_back((module, item));
        let file = self.file(module);
        let found = &file.outline.items[item];
        if matches!(
            found.kind,
            ItemKind::Named | ItemKind::MacroCall | ItemKind::Use
        ) {
            for name in &found.names {
                for place in file.implementations.get(name).into_iter().flatten() {
                    self.need_item(module, *place);
                }
            }
        }
    }

    fn process(&mut self, module: usize, item: usize) {
        let file = self.file(module);
        let found = &file.outline.items[item];
        // What an inline module or a macro declares belongs to the item; a plain declaration brings only what is needed of it.
        if found.kind != ItemKind::ModuleFile {
            for declared in &found.modules {
                let children = file.children.get(&declared.names.join("::"));
                for child in children.into_iter().flatten() {
                    self.need_whole(*child);
                }
            }
        }
        if found.kind == ItemKind::Named {
            for name in &found.names {
                self.implementations_elsewhere(module, name);
            }
        }
        for path in &found.paths {
            if self.followed.insert((module, path)) {
                self.path(module, path);
            }
        }
        for name in &found.macros {
            self.need_macro(module, name);
        }
    }

    /// A type comes with what other modules implement for it.
    fn implementations_elsewhere(&mut self, module: usize, name: &'m str) {
        if !self.types.insert((module, name)) {
            return;
        }
        let Some(holders) = self.implementations.get(name).cloned() else {
            return;
        };
        for holder in holders {
            if holder == module || !self.lookup.spend() {
                continue;
            }
            let items = self.lookup.implementations_for(holder, name, module);
            if items.is_empty() {
                continue;
            }
            self.need_module(holder);
            if self.file(holder).children.is_empty() && holder != 0 {
                self.need_whole(holder);
                continue;
            }
            for item in items {
                self.need_item(holder, item);
            }
        }
    }

    fn path(&mut self, module: usize, path: &str) {
        if let Some(around) = path.strip_suffix("::*") {
            match self.lookup.place(module, around) {
                Some(Found::Inline(holder, item)) => {
                    self.need_module(holder);
                    self.need_item(holder, item);
                }
                _ => {
                    if let Some(found) = self.follow(module, around, MOST_FOLLOWED) {
                        self.take_names(module, found, MOST_FOLLOWED);
                    }
                }
            }
            return;
        }
        if !path.contains("::") {
            self.single(module, path);
            return;
        }
        if let Some(found) = self.follow(module, path, MOST_FOLLOWED) {
            self.named_below(module, path, found);
        }
    }

    /// A module that is named as a whole is used by paths that begin with its name.
    fn named_below(&mut self, module: usize, path: &str, found: usize) {
        let file = self.file(found);
        if file.children.is_empty() && found != 0 {
            self.need_whole(found);
            return;
        }
        let name = path.rsplit("::").next().unwrap_or(path);
        let Some(paths) = self.file(module).longer_paths.get(name) else {
            return;
        };
        for longer in paths {
            if let Some((_, rest)) = longer.split_once("::") {
                let _ = self.follow(found, &format!("self::{rest}"), MOST_FOLLOWED);
            }
        }
    }

    /// A single name counts where not everything of its module is taken.
    fn single(&mut self, module: usize, name: &str) {
        let file = self.file(module);
        if self.reached.whole.contains(&module) {
            return;
        }
        if file.by_name.contains_key(name) {
            self.touch(module, name, MOST_FOLLOWED);
            return;
        }
        self.through_globs(module, name, MOST_FOLLOWED);
    }

    /// Takes a name from where `use x::*` of a module has it; gives false when none of them does.
    fn through_globs(&mut self, module: usize, name: &str, fuel: u32) -> bool {
        let file = self.file(module);
        for (item, around) in &file.globs {
            let Some(found) = self.lookup.taken_from(module, around, name, fuel) else {
                continue;
            };
            self.need_item(module, *item);
            match found {
                Found::Module(found) => self.touch(found, name, fuel.saturating_sub(1)),
                Found::Inline(holder, item) => {
                    self.need_module(holder);
                    self.need_item(holder, item);
                }
            }
            return true;
        }
        false
    }

    /// Follows a path and marks what it needs; gives the module at its end when it is one.
    fn follow(&mut self, module: usize, path: &str, fuel: u32) -> Option<usize> {
        if !self.lookup.spend() {
            return None;
        }
        let names: Vec<&str> = path.split("::").collect();
        let (mut at, mut rest) = match *names.first()? {
            "crate" | "$crate" => (0, &names[1..]),
            "self" => (module, &names[1..]),
            "super" => {
                let ups = names.iter().take_while(|name| **name == "super").count();
                let mut at = module;
                for _ in 0..ups {
                    at = self.file(at).parent.map_or(at, |(parent, _)| parent);
                }
                (at, &names[ups..])
            }
            "" => return None,
            name => {
                let file = self.file(module);
                let is_own = file.children.contains_key(name) || file.by_name.contains_key(name);
                let old_paths = self.lookup.modules.old_paths;
                if is_own {
                    (module, names.as_slice())
                } else if old_paths && self.lookup.taken_from(0, "crate", name, 1).is_some() {
                    (0, names.as_slice())
                } else {
                    // A name of elsewhere; what follows it is that one's business.
                    self.through_globs(module, name, fuel);
                    return None;
                }
            }
        };
        self.need_module(at);
        while let Some((name, after)) = rest.split_first() {
            let children = self.file(at).children.get(*name);
            if let Some(children) = children.filter(|children| !children.is_empty()) {
                for child in children {
                    self.need_module(*child);
                }
                at = children[0];
                rest = after;
                continue;
            }
            self.touch(at, name, fuel);
            if !after.is_empty() {
                self.follow_binding(at, name, after, fuel);
            }
            return None;
        }
        Some(at)
    }

    /// Goes on with a path behind a name that an import binds.
    fn follow_binding(&mut self, module: usize, name: &str, rest: &[&str], fuel: u32) {
        let Some(fuel) = fuel.checked_sub(1) else {
            return;
        };
        let file = self.file(module);
        for item in file.by_name.get(name).into_iter().flatten() {
            let bindings = file.outline.items[*item].bindings.iter();
            for binding in bindings.filter(|binding| binding.name == name) {
                if first_name(&binding.path) == name && !binding.path.contains("::") {
                    continue;
                }
                let path = format!("{}::{}", binding.path, rest.join("::"));
                let _ = self.follow(module, &path, fuel);
            }
        }
    }

    /// Needs a name of a module.
    fn touch(&mut self, module: usize, name: &str, fuel: u32) {
        if !self.lookup.spend() {
            return;
        }
        self.need_module(module);
        let file = self.file(module);
        // A module without others below it is small enough to be left as it is.
        if file.children.is_empty() && module != 0 {
            self.need_whole(module);
            return;
        }
        if let Some(items) = file.by_name.get(name) {
            for item in items {
                self.need_item(module, *item);
            }
            self.implementations_of_trait(module, name);
            return;
        }
        if fuel > 0 && self.through_globs(module, name, fuel) {
            return;
        }
        if module == 0
            && let Some(holder) = self.lookup.exported_macro(name)
            && holder != 0
        {
            self.touch(holder, name, fuel.saturating_sub(1));
            return;
        }
        self.made_by_macro(module, name);
    }

    /// A macro may make a name; when it makes a trait, a macro of the trait's name may make implementations of it.
    fn made_by_macro(&mut self, module: usize, name: &str) {
        let mut is_made = false;
        let items = &self.file(module).outline.items;
        for (item, found) in items.iter().enumerate() {
            if found.kind != ItemKind::MacroCall || !self.lookup.spend() {
                continue;
            }
            if found.paths.contains(name) || found.macros.contains(name) {
                self.need_item(module, item);
                is_made = true;
            }
        }
        if is_made {
            self.implementations_of_trait(module, name);
        }
    }

    /// A trait's implementations for types of other crates, and for those that have no name, stand nowhere but beside the trait.
    fn implementations_of_trait(&mut self, module: usize, name: &str) {
        if !self.traits.insert((module, name.to_owned())) {
            return;
        }
        let file = self.file(module);
        for (owner, items) in &file.implementations {
            if !self.lookup.spend() || self.lookup.is_of_crate(module, owner) {
                continue;
            }
            for item in items {
                if self.lookup.spend() && file.outline.items[*item].paths.contains(name) {
                    self.need_item(module, *item);
                }
            }
        }
    }

    /// Takes of a module what another one, which takes all its names, has names of.
    fn take_names(&mut self, module: usize, from: usize, fuel: u32) {
        self.need_module(from);
        let file = self.file(from);
        if file.children.is_empty() && from != 0 {
            self.need_whole(from);
            return;
        }
        if !self.taken_names.insert((module, from)) {
            return;
        }
        let in_use = &self.file(module).names_in_use;
        for name in in_use {
            if file.by_name.contains_key(name) {
                self.touch(from, name, fuel);
            } else if !file.globs.is_empty() && self.lookup.spend() {
                self.through_globs(from, name, fuel.saturating_sub(1));
            }
            for child in file.children.get(name).into_iter().flatten() {
                self.need_module(*child);
            }
        }
    }

    /// Keeps what modules give out of others that are taken as they are; gives whether there was any more.
    fn add_exports(&mut self) -> bool {
        let mut added = Vec::new();
        for (module, kept) in &self.reached.items {
            if self.reached.whole.contains(module) {
                continue;
            }
            let file = self.file(*module);
            for (index, item) in file.outline.items.iter().enumerate() {
                // A trait's methods are called without its name.
                let of_rust = |path: &str| matches!(first_name(path), "std" | "core" | "alloc");
                let mut paths = item.bindings.iter().map(|binding| binding.path.as_str());
                let is_of_rust = item.kind == ItemKind::Use && paths.all(of_rust);
                if (is_of_rust || file.is_for_methods(index))
                    && !item.only_tests
                    && !kept.contains(&index)
                    && !item.bindings.is_empty()
                {
                    added.push((*module, index));
                    continue;
                }
                // `pub` alone, and not `pub(crate)`.
                let is_public = item.visibility.end - item.visibility.start == 3;
                if item.kind != ItemKind::Use || !is_public || kept.contains(&index) {
                    continue;
                }
                let mut bindings = item.bindings.iter();
                let is_taken = bindings.all(|binding| {
                    let around = match binding.name.as_str() {
                        "*" => Some(binding.path.as_str()),
                        _ => binding.path.rsplit_once("::").map(|(around, _)| around),
                    };
                    let found = around.and_then(|around| self.lookup.module_at(*module, around));
                    found.is_some_and(|found| self.reached.whole.contains(&found))
                });
                if is_taken && !item.bindings.is_empty() && self.lookup.spend() {
                    added.push((*module, index));
                }
            }
        }
        for (module, item) in &added {
            self.need_item(*module, *item);
        }
        !added.is_empty()
    }

    /// Finds a macro that is known by the order of the text: in the modules around, or in those whose macros they take.
    fn need_macro(&mut self, module: usize, name: &str) {
        let mut at = Some(module);
        while let Some(current) = at {
            let file = self.file(current);
            if let Some(items) = file.by_name.get(name) {
                for item in items {
                    self.need_item(current, *item);
                }
                return;
            }
            for (index, item) in file.outline.items.iter().enumerate() {
                if !item.takes_macros || !self.lookup.spend() {
                    continue;
                }
                if item.kind == ItemKind::InlineModule && item.paths.contains(name) {
                    self.need_item(current, index);
                    return;
                }
                let children = item
                    .modules
                    .iter()
                    .filter_map(|declared| file.children.get(&declared.names.join("::")));
                for child in children.flatten() {
                    if self.defines_macro(*child, name, MOST_FOLLOWED) {
                        return;
                    }
                }
            }
            at = file.parent.map(|(parent, _)| parent);
        }
    }

    /// Takes a macro of a module or of those whose macros that one takes; gives false when there is none of the name.
    fn defines_macro(&mut self, module: usize, name: &str, fuel: u32) -> bool {
        let file = self.file(module);
        if file.by_name.contains_key(name) {
            self.need_module(module);
            self.touch(module, name, 1);
            return true;
        }
        let Some(fuel) = fuel.checked_sub(1) else {
            return false;
        };
        for item in &file.outline.items {
            if !item.takes_macros || !self.lookup.spend() {
                continue;
            }
            let children = item
                .modules
                .iter()
                .filter_map(|declared| file.children.get(&declared.names.join("::")));
            for child in children.flatten() {
                if self.defines_macro(*child, name, fuel) {
                    return true;
                }
            }
        }
        false
    }
}
