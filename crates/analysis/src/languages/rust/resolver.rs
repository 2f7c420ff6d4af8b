//! From an import of a Rust file to files of the tree, crates that come with Rust, or packages.

use std::collections::HashMap;

use synthesizer_model::code::{Import, ImportForm};

use super::{
    crates::{Crates, Outside},
    file_names::FileNames,
    module_tree::{ModuleTree, follow},
    search::{Search, World},
};
use crate::languages::{Resolved, Resolver, SourceFiles};

/// Longest path that is looked up, in bytes.
const MAX_PATH_BYTES: usize = 1000;

/// Finds files by the modules of all crates.
pub(super) struct RustResolver<'a> {
    files: &'a SourceFiles<'a>,
    world: World<'a>,
}

impl<'a> RustResolver<'a> {
    /// Finds crates and modules of the tree.
    pub(super) fn new(files: &'a SourceFiles<'a>) -> Self {
        let names: HashMap<usize, FileNames<'a>> = files
            .files()
            .iter()
            .enumerate()
            .filter(|(_, file)| {
                file.path.as_str().ends_with(".rs") || file.language == Some("Rust")
            })
            .filter_map(|(index, file)| Some((index, FileNames::new(file.code?))))
            .collect();
        let mut crates = Crates::new(files);
        let tree = ModuleTree::new(files, &names, &mut crates);
        Self {
            files,
            world: World::new(names, crates, tree),
        }
    }

    fn module(&self, from: usize, import: &Import) -> Option<usize> {
        let scope = self.world.names.get(&from)?.scope_at(import.range.start);
        self.world.tree.at(from, scope)
    }

    fn declared(&self, from: usize, import: &Import) -> Resolved {
        let found = self
            .module(from, import)
            .and_then(|module| self.world.tree.declared(self.files, module, import));
        match found {
            Some(file) if file != from => Resolved::Files(vec![file]),
            Some(_) => Resolved::Nothing,
            None if self.is_chosen_elsewhere(from, import) => Resolved::Nothing,
            None => Resolved::Unresolved("no file for this module"),
        }
    }

    /// Says whether other declarations of the same module name files: then the default file need not be there.
    fn is_chosen_elsewhere(&self, from: usize, import: &Import) -> bool {
        let names = self.world.names.get(&from);
        import.circumstances.conditional
            && import.names.first() == Some(&import.target)
            && names.is_some_and(|names| names.places_module(&import.target))
    }

    fn named(&self, from: usize, import: &Import) -> Resolved {
        if import.target.len() > MAX_PATH_BYTES {
            return Resolved::Unresolved("a path that is too long");
        }
        let Some(module) = self.module(from, import) else {
            return Resolved::Unresolved("a file that is not read as Rust");
        };
        let leads = Search::new(&self.world, from, import).run(module, import);
        let led = !leads.files.is_empty();
        let mut files: Vec<usize> = Vec::with_capacity(leads.files.len());
        for file in leads.files {
            if file != from && !files.contains(&file) {
                files.push(file);
            }
        }
        match leads.outside {
            _ if !files.is_empty() => Resolved::Files(files),
            Some(Outside::Package(name)) => Resolved::External(name.to_owned()),
            Some(Outside::Standard) => Resolved::StandardLibrary,
            Some(Outside::Own(_)) | None if led => Resolved::Nothing,
            Some(Outside::Own(_)) | None => self.unknown(from, module, import),
        }
    }

    fn unknown(&self, from: usize, module: usize, import: &Import) -> Resolved {
        let first = import.target.trim_start_matches("::");
        let first = first.split("::").next().unwrap_or(first);
        if import.form == ImportForm::Path || matches!(first, "Self" | "") {
            return Resolved::Nothing; // It only looks like a path to a file.
        }
        if matches!(first, "crate" | "self" | "super" | "$crate") {
            return Resolved::Unresolved("no module of that name");
        }
        let names = self.world.names.get(&from);
        if names.is_some_and(|names| names.defines(None, first)) {
            return Resolved::Nothing; // In a file that another one includes.
        }
        let of = self.world.tree.modules[module].of;
        if self.world.crates.list[of].project.is_none() {
            return Resolved::External(first.to_owned());
        }
        Resolved::Unresolved("neither a module nor a declared dependency")
    }

    fn resource(&self, from: usize, path: &str) -> Resolved {
        let folder = self.files.file(from).path.parent();
        let found = follow(folder, path).and_then(|path| self.files.index(&path));
        found.map_or(Resolved::Unresolved("no such file in the tree"), |file| {
            Resolved::Files(vec![file])
        })
    }

    /// Follows `concat!(env!("CARGO_MANIFEST_DIR"), "/…")`, the one computed name that the tree itself tells.
    fn computed(&self, from: usize, import: &Import) -> Resolved {
        if import.target.contains("OUT_DIR") {
            return Resolved::Unresolved("written by the build script");
        }
        let unknown = Resolved::Unresolved("a computed name");
        let Some(rest) = import.target.split_once("\"CARGO_MANIFEST_DIR\"") else {
            return unknown;
        };
        let mut literals = rest.1.split('"').skip(1).step_by(2);
        let (Some(path), None) = (literals.next(), literals.next()) else {
            return unknown;
        };
        let project = self
            .module(from, import)
            .map(|module| self.world.tree.modules[module].of)
            .and_then(|of| self.world.crates.list[of].project);
        let folder = project.map_or("", |index| self.files.projects()[index].folder.as_str());
        let found = follow(folder, path).and_then(|path| self.files.index(&path));
        found.map_or(unknown, |file| Resolved::Files(vec![file]))
    }
}

impl Resolver for RustResolver<'_> {
    fn resolve(&self, from: usize, import: &Import) -> Resolved {
        match import.form {
            ImportForm::Static | ImportForm::ReExport | ImportForm::Path => {
                self.named(from, import)
            }
            ImportForm::ModuleDeclaration => self.declared(from, import),
            ImportForm::Resource => self.resource(from, &import.target),
            ImportForm::Computed => self.computed(from, import),
            ImportForm::Dynamic
            | ImportForm::Require
            | ImportForm::Include
            | ImportForm::SystemInclude => Resolved::Nothing,
        }
    }
}
