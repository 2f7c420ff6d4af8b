//! What modules and items a module uses, by the paths in its code. Errs towards taking too much; what it misses, the compiler tells.

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet, HashSet, VecDeque},
};

use super::modules::{ModuleFile, Modules, first_name};
use crate::languages::rust::outline::ItemKind;

/// How many imports in a row are followed.
const MOST_FOLLOWED: u32 = 12;
/// Steps that all paths may cost together.
const MOST_STEPS: usize = 5_000_000;

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
        self.whole
            .iter()
            .copied()
            .chain(self.items.keys().copied())
            .collect()
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
        modules,
        reached: Reached::default(),
        open: VecDeque::new(),
        followed: HashSet::new(),
        taken_names: HashSet::new(),
        steps: Cell::new(0),
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
    while let Some((module, item)) = reaching.open.pop_front() {
        reaching.process(module, item);
    }
    let gave_up = reaching.is_spent();
    let mut reached = reaching.reached;
    reached.gave_up = gave_up;
    for module in &reached.whole {
        reached.items.remove(module);
    }
    reached
}

struct Reaching<'m> {
    modules: &'m Modules,
    reached: Reached,
    open: VecDeque<(usize, usize)>,
    followed: HashSet<(usize, &'m str)>,
    /// Modules all of whose names were taken, by who takes them.
    taken_names: HashSet<(usize, usize)>,
    steps: Cell<usize>,
}

impl<'m> Reaching<'m> {
    fn file(&self, module: usize) -> &'m ModuleFile {
        &self.modules.list[module]
    }

    fn spend(&self) -> bool {
        self.steps.set(self.steps.get() + 1);
        !self.is_spent()
    }

    fn is_spent(&self) -> bool {
        self.steps.get() > MOST_STEPS
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
        for declared in &found.modules {
            // What an inline module or a macro declares belongs to the item; a plain declaration brings only what is needed of it.
            if found.kind != ItemKind::ModuleFile {
                let children = file.children.get(&declared.names.join("::"));
                for child in children.into_iter().flatten() {
                    self.need_whole(*child);
                }
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

    fn path(&mut self, module: usize, path: &str) {
        if let Some(around) = path.strip_suffix("::*") {
            if let Some(found) = self.follow(module, around, MOST_FOLLOWED) {
                self.take_names(module, found, MOST_FOLLOWED);
            }
            return;
        }
        if !path.contains("::") {
            self.single(module, path);
            return;
        }
        let _ = self.follow(module, path, MOST_FOLLOWED);
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
        for (item, around) in &file.globs {
            if let Some(found) = self.defines(module, around, name, MOST_FOLLOWED) {
                self.need_item(module, *item);
                self.need_module(found);
                self.touch(found, name, MOST_FOLLOWED);
                return;
            }
        }
    }

    /// Gives the module that a path leads to when that defines a name; marks nothing.
    fn defines(&self, module: usize, around: &str, name: &str, fuel: u32) -> Option<usize> {
        if !self.spend() {
            return None;
        }
        let found = self.module_at(module, around)?;
        let file = self.file(found);
        if file.by_name.contains_key(name) || file.children.contains_key(name) {
            return Some(found);
        }
        let fuel = fuel.checked_sub(1)?;
        let mut globs = file.globs.iter();
        globs
            .any(|(_, next)| self.defines(found, next, name, fuel).is_some())
            .then_some(found)
    }

    /// Gives the module that a path leads to by modules alone.
    fn module_at(&self, module: usize, path: &str) -> Option<usize> {
        let mut names = path.split("::").peekable();
        let mut at = match names.peek().copied()? {
            "crate" | "$crate" => {
                names.next();
                0
            }
            "self" => {
                names.next();
                module
            }
            "super" => {
                let mut at = module;
                while names.next_if_eq(&"super").is_some() {
                    at = self.file(at).parent?.0;
                }
                at
            }
            _ => module,
        };
        for name in names {
            let child = self
                .file(at)
                .children
                .get(name)
                .and_then(|found| found.first());
            at = *child?;
        }
        Some(at)
    }

    /// Follows a path and marks what it needs; gives the module at its end when it is one.
    fn follow(&mut self, module: usize, path: &str, fuel: u32) -> Option<usize> {
        if !self.spend() {
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
                    // An inline module's parent is the file's own module; that was taken into account already.
                    at = self.file(at).parent.map_or(at, |(parent, _)| parent);
                }
                (at, &names[ups..])
            }
            "" => return None,
            name => {
                let file = self.file(module);
                let is_own = file.children.contains_key(name) || file.by_name.contains_key(name);
                if is_own {
                    (module, names.as_slice())
                } else if self.modules.old_paths && self.defines(0, "crate", name, 1).is_some() {
                    (0, names.as_slice())
                } else {
                    let globs = file.globs.iter();
                    let around = globs.clone().find_map(|(_, around)| {
                        self.defines(module, around, name, MOST_FOLLOWED)
                    })?;
                    (around, names.as_slice())
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
        if !self.spend() {
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
        let Some(fuel) = fuel.checked_sub(1) else {
            return;
        };
        for (item, around) in &file.globs {
            if let Some(found) = self.defines(module, around, name, fuel) {
                self.need_item(module, *item);
                self.touch(found, name, fuel);
                return;
            }
        }
        if module == 0 && self.exported_macro(name) {
            return;
        }
        // A macro may make it.
        for (item, found) in file.outline.items.iter().enumerate() {
            if found.kind == ItemKind::MacroCall && self.spend() && found.paths.contains(name) {
                self.need_item(module, item);
            }
        }
    }

    /// A trait's implementations for types that the module does not define stand nowhere else.
    fn implementations_of_trait(&mut self, module: usize, name: &str) {
        let file = self.file(module);
        for (owner, items) in &file.implementations {
            if file.by_name.contains_key(owner) || !self.spend() {
                continue;
            }
            for item in items {
                if file.outline.items[*item].paths.contains(name) {
                    self.need_item(module, *item);
                }
            }
        }
    }

    fn exported_macro(&mut self, name: &str) -> bool {
        let modules = self.modules;
        let holder = modules.list.iter().position(|file| {
            self.spend()
                && file.by_name.get(name).is_some_and(|items| {
                    items.iter().any(|item| {
                        let item = &file.outline.items[*item];
                        item.kind == ItemKind::MacroDefinition && item.exports_macro
                    })
                })
        });
        let Some(holder) = holder else { return false };
        self.touch(holder, name, 1);
        true
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
        let names: Vec<&str> = self
            .file(module)
            .names_in_use
            .iter()
            .map(String::as_str)
            .filter(|name| file.by_name.contains_key(*name))
            .collect();
        for name in names {
            self.touch(from, name, fuel);
            for child in file.children.get(name).into_iter().flatten() {
                self.need_module(*child);
            }
        }
        let Some(fuel) = fuel.checked_sub(1) else {
            return;
        };
        for (item, around) in &file.globs {
            let Some(next) = self.module_at(from, around) else {
                continue;
            };
            let target = self.file(next);
            let wanted = self.file(module).names_in_use.iter();
            if wanted.clone().any(|name| target.by_name.contains_key(name)) {
                self.need_item(from, *item);
                if self.spend() {
                    self.take_names(module, next, fuel);
                }
            }
        }
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
                if !item.takes_macros || !self.spend() {
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
                    if self.file(*child).by_name.contains_key(name) {
                        self.need_module(*child);
                        self.touch(*child, name, 1);
                        return;
                    }
                }
            }
            at = file.parent.map(|(parent, _)| parent);
        }
    }
}
