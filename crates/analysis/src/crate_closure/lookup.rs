//! Where names of Rust code lead, as far as `mod` and `use` tell. Marks nothing; every look costs one step of a bounded number.

use std::cell::Cell;

use super::modules::{ModuleFile, Modules, first_name};
use crate::languages::rust::outline::ItemKind;

/// Steps that all look-ups may cost together.
const MOST_STEPS: usize = 5_000_000;

/// Where something that `use x::*` takes comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// A module that is a file.
    Module(usize),
    /// An inline module: an item of a module that is a file.
    Inline(usize, usize),
}

/// Looks names up.
pub(super) struct Lookup<'m> {
    pub(super) modules: &'m Modules,
    steps: Cell<usize>,
}

impl<'m> Lookup<'m> {
    pub(super) fn new(modules: &'m Modules) -> Self {
        Self {
            modules,
            steps: Cell::new(0),
        }
    }

    pub(super) fn file(&self, module: usize) -> &'m ModuleFile {
        &self.modules.list[module]
    }

    /// Pays for one step; gives false when there is nothing left.
    pub(super) fn spend(&self) -> bool {
        self.steps.set(self.steps.get() + 1);
        !self.is_spent()
    }

    pub(super) fn is_spent(&self) -> bool {
        self.steps.get() > MOST_STEPS
    }

    /// Gives the module that a path leads to by modules alone.
    pub(super) fn module_at(&self, module: usize, path: &str) -> Option<usize> {
        match self.place(module, path)? {
            Found::Module(found) => Some(found),
            Found::Inline(..) => None,
        }
    }

    /// Gives the module that a path leads to, inline ones included.
    pub(super) fn place(&self, module: usize, path: &str) -> Option<Found> {
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
            let file = self.file(at);
            if let Some(child) = file.children.get(name).and_then(|found| found.first()) {
                at = *child;
                continue;
            }
            let items = file.by_name.get(name)?;
            let inline = items
                .iter()
                .find(|item| file.outline.items[**item].kind == ItemKind::InlineModule)?;
            return Some(Found::Inline(at, *inline));
        }
        Some(Found::Module(at))
    }

    /// Gives what `use around::*` in a module takes a name from.
    pub(super) fn taken_from(
        &self,
        module: usize,
        around: &str,
        name: &str,
        fuel: u32,
    ) -> Option<Found> {
        if !self.spend() {
            return None;
        }
        let found = self.place(module, around)?;
        let next = match found {
            Found::Inline(holder, item) => {
                let item = &self.file(holder).outline.items[item];
                let is_last = |path: &String| path == name || path.ends_with(&format!("::{name}"));
                return item.paths.iter().any(is_last).then_some(found);
            }
            Found::Module(next) => next,
        };
        let file = self.file(next);
        if file.gives(name) || file.children.contains_key(name) {
            return Some(found);
        }
        let fuel = fuel.checked_sub(1)?;
        let mut globs = file.globs.iter().filter(|(item, _)| file.is_given(*item));
        globs
            .any(|(_, further)| self.taken_from(next, further, name, fuel).is_some())
            .then_some(found)
    }

    /// Says whether a name in one module is the one that another module defines.
    pub(super) fn is_same(&self, module: usize, name: &str, defined_in: usize) -> bool {
        if module == defined_in {
            return true;
        }
        let file = self.file(module);
        if let Some(items) = file.by_name.get(name) {
            return items.iter().any(|item| {
                let bindings = file.outline.items[*item].bindings.iter();
                bindings
                    .filter(|binding| binding.name == name)
                    .any(|binding| self.leads_to(module, &binding.path, defined_in))
            });
        }
        file.globs
            .iter()
            .any(|(_, around)| self.taken_from(module, around, name, 4).is_some())
    }

    /// Gives the implementations of one module that are for a type of another one.
    pub(super) fn implementations_for(
        &self,
        module: usize,
        name: &str,
        defined_in: usize,
    ) -> Vec<usize> {
        let file = self.file(module);
        // A bare name means the same in all of them.
        let mut bare = None;
        let items = file.implementations.get(name).into_iter().flatten();
        items
            .copied()
            .filter(|item| {
                let path = file.outline.items[*item].type_path.as_str();
                if path.contains("::") {
                    self.is_path_to(module, path, defined_in)
                } else {
                    *bare.get_or_insert_with(|| self.is_same(module, name, defined_in))
                }
            })
            .collect()
    }

    /// Says whether a path of several names leads to one that a module defines; its first name may be an imported one.
    fn is_path_to(&self, module: usize, path: &str, defined_in: usize) -> bool {
        if let Some(rest) = path.strip_prefix("::") {
            // Only old paths begin at the root; others name another crate.
            let at_root = self.modules.old_paths;
            return at_root && self.leads_to(0, &format!("crate::{rest}"), defined_in);
        }
        if self.leads_to(module, path, defined_in) {
            return true;
        }
        let Some((first, rest)) = path.split_once("::") else {
            return false;
        };
        let file = self.file(module);
        let items = file.by_name.get(first).into_iter().flatten();
        items
            .flat_map(|item| &file.outline.items[*item].bindings)
            .take_while(|_| self.spend())
            .filter(|binding| binding.name == first)
            .any(|binding| {
                let path = format!("{}::{rest}", binding.path);
                self.leads_to(module, &path, defined_in)
            })
    }

    /// Says whether a path's last name is one that a module defines: by the modules before it, or through what those take.
    fn leads_to(&self, module: usize, path: &str, defined_in: usize) -> bool {
        if !self.spend() {
            return false;
        }
        let Some((around, name)) = path.rsplit_once("::") else {
            return false;
        };
        match self.module_at(module, around) {
            Some(found) if found == defined_in => true,
            // Re-exported from elsewhere: the name is taken for the same one.
            Some(found) => {
                let file = self.file(found);
                file.by_name.contains_key(name)
                    && !file.by_name[name]
                        .iter()
                        .any(|item| file.outline.items[*item].kind == ItemKind::Named)
            }
            None => false,
        }
    }

    /// Says whether a name of a module is defined in this crate, as far as that can be told: in the module itself, or taken from another one.
    pub(super) fn is_of_crate(&self, module: usize, name: &str) -> bool {
        let file = self.file(module);
        let Some(items) = file.by_name.get(name) else {
            return false;
        };
        items.iter().any(|item| {
            let item = &file.outline.items[*item];
            let bindings = item.bindings.iter();
            item.kind != ItemKind::Use
                || bindings
                    .filter(|binding| binding.name == name && self.spend())
                    .any(|binding| {
                        let first = first_name(&binding.path);
                        let is_own = matches!(first, "crate" | "self" | "super");
                        let above = if self.modules.old_paths { 0 } else { module };
                        is_own || self.file(above).children.contains_key(first)
                    })
        })
    }

    /// Finds the module that exports a macro of a name.
    pub(super) fn exported_macro(&self, name: &str) -> Option<usize> {
        self.modules.list.iter().position(|file| {
            let items = file.by_name.get(name).filter(|_| self.spend());
            items.is_some_and(|items| {
                items.iter().any(|item| {
                    let item = &file.outline.items[*item];
                    item.kind == ItemKind::MacroDefinition && item.exports_macro
                })
            })
        })
    }
}
