//! The modules of every crate, found by following `mod` declarations from its root. Bounded: a tree may declare one file many times.

use std::collections::HashMap;

use synthesizer_model::code::{Import, ImportForm};

use super::{crates::Crates, file_names::FileNames};
use crate::languages::SourceFiles;

/// Modules that are made for each file on average, at most; files of tests are often part of several crates.
const MODULES_PER_FILE: usize = 20;

/// Modules that any tree may have.
const FREE_MODULES: usize = 10_000;

/// Deepest nesting of modules.
const MAX_DEPTH: u32 = 256;

/// Names a module.
pub(super) type ModuleId = usize;

/// One module of one crate.
#[derive(Debug)]
pub(super) struct Module<'a> {
    /// The file that it is written in.
    pub(super) file: usize,
    /// Its place among the inline modules of the file, if it is one.
    pub(super) scope: Option<usize>,
    /// The module around it.
    pub(super) parent: Option<ModuleId>,
    /// The crate that it belongs to.
    pub(super) of: usize,
    /// The modules that it declares; several of one name where builds choose.
    pub(super) children: HashMap<&'a str, Vec<ModuleId>>,
    /// The modules of the inline modules of the same file, for a module that is a file.
    inline: Vec<ModuleId>,
    /// The folder in which the files of its children are looked for.
    folder: String,
    depth: u32,
}

/// All modules.
pub(super) struct ModuleTree<'a> {
    pub(super) modules: Vec<Module<'a>>,
    /// The modules that are whole files, by file.
    of_files: HashMap<usize, Vec<ModuleId>>,
    /// The root modules, by crate.
    pub(super) roots: Vec<ModuleId>,
}

impl<'a> ModuleTree<'a> {
    /// Follows the declarations of every crate, then finds a place for the Rust files that none of them reaches.
    pub(super) fn new(
        files: &'a SourceFiles<'a>,
        names: &HashMap<usize, FileNames<'a>>,
        crates: &mut Crates<'a>,
    ) -> Self {
        let mut tree = Self {
            modules: Vec::new(),
            of_files: HashMap::new(),
            roots: Vec::new(),
        };
        let most = names.len() * MODULES_PER_FILE + FREE_MODULES;
        let mut builder = Builder {
            files,
            names,
            tree: &mut tree,
            included: HashMap::new(),
            most,
        };
        for (index, found) in crates.list.iter().enumerate() {
            builder.add_crate(index, found.root);
        }
        let included = builder.included;
        tree.place_the_rest(files, names, crates, &included);
        tree
    }

    /// Gives the module that a place in a file belongs to.
    pub(super) fn at(&self, file: usize, scope: Option<usize>) -> Option<ModuleId> {
        let id = *self.of_files.get(&file)?.first()?;
        let module = &self.modules[id];
        // What a module includes from another file is in it, without modules of its own here.
        let inline = scope.filter(|_| module.file == file);
        let inline = inline.and_then(|scope| module.inline.get(scope).copied());
        Some(inline.unwrap_or(id))
    }

    /// Finds the files that a `mod` declaration in a module leads to.
    pub(super) fn declared(
        &self,
        files: &SourceFiles<'_>,
        module: ModuleId,
        import: &Import,
    ) -> Option<usize> {
        let module = &self.modules[module];
        declared_file(files, module, import).map(|found| found.file)
    }

    fn place_the_rest(
        &mut self,
        files: &'a SourceFiles<'a>,
        names: &HashMap<usize, FileNames<'a>>,
        crates: &mut Crates<'a>,
        included: &HashMap<usize, ModuleId>,
    ) {
        let mut folders: HashMap<&str, ModuleId> = HashMap::new();
        for root in self.roots.iter().rev() {
            let file = self.modules[*root].file;
            folders.insert(files.file(file).path.parent(), *root);
        }
        let mut lost: Vec<usize> = names
            .keys()
            .copied()
            .filter(|file| !self.of_files.contains_key(file))
            .collect();
        lost.sort_unstable();
        for file in lost {
            if let Some(includer) = included.get(&file) {
                self.of_files.entry(file).or_default().push(*includer);
                continue;
            }
            let parent = self.module_around(files, file, &folders);
            let of = match parent {
                Some(module) => self.modules[module].of,
                None => crates.add_standalone(files, file),
            };
            let path = files.file(file).path.as_str();
            let id = self.modules.len();
            self.modules.push(Module {
                file,
                scope: None,
                parent,
                of,
                children: HashMap::new(),
                inline: Vec::new(),
                folder: folder_of_children(path, parent.is_none()),
                depth: 0,
            });
            if parent.is_none() {
                self.roots.resize(of + 1, id);
            }
            self.of_files.entry(file).or_default().push(id);
        }
    }

    /// Finds the module whose folder a file that nothing declares lies in.
    fn module_around(
        &self,
        files: &SourceFiles<'_>,
        file: usize,
        folders: &HashMap<&str, ModuleId>,
    ) -> Option<ModuleId> {
        let path = files.file(file).path;
        let mut folder = path.parent();
        let root = loop {
            if let Some(root) = folders.get(folder) {
                break *root;
            }
            if folder.is_empty() {
                return None;
            }
            folder = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
        };
        let mut module = root;
        let rest = path.parent()[folder.len()..].trim_start_matches('/');
        for name in rest.split('/') {
            match self.modules[module]
                .children
                .get(name)
                .and_then(|found| found.first())
            {
                Some(child) => module = *child,
                None => break,
            }
        }
        Some(module)
    }
}

struct Builder<'b, 'a> {
    files: &'a SourceFiles<'a>,
    names: &'b HashMap<usize, FileNames<'a>>,
    tree: &'b mut ModuleTree<'a>,
    /// Rust files that `include!` puts into a module.
    included: HashMap<usize, ModuleId>,
    most: usize,
}

impl<'a> Builder<'_, 'a> {
    fn add_crate(&mut self, of: usize, root: usize) {
        let folder = self.files.file(root).path.parent().to_owned();
        let id = self.add_file(root, None, of, folder);
        self.tree.roots.push(id);
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            self.declare(id, &mut open);
        }
    }

    /// Adds a module that is a file, and the inline modules in it.
    fn add_file(
        &mut self,
        file: usize,
        parent: Option<ModuleId>,
        of: usize,
        folder: String,
    ) -> ModuleId {
        let id = self.tree.modules.len();
        self.tree.modules.push(Module {
            file,
            scope: None,
            parent,
            of,
            children: HashMap::new(),
            inline: Vec::new(),
            depth: parent.map_or(0, |parent| self.tree.modules[parent].depth + 1),
            folder,
        });
        self.tree.of_files.entry(file).or_default().push(id);
        let inline = self.names.get(&file).map_or(&[][..], |names| &names.inline);
        let mut added: Vec<ModuleId> = Vec::with_capacity(inline.len());
        for (scope, found) in inline.iter().enumerate() {
            let around = found.parent.and_then(|parent| added.get(parent).copied());
            let parent = around.unwrap_or(id);
            let child = self.tree.modules.len();
            let around = &mut self.tree.modules[parent];
            let name = plain(found.name);
            around.children.entry(name).or_default().push(child);
            let module = Module {
                file,
                scope: Some(scope),
                parent: Some(parent),
                of,
                children: HashMap::new(),
                inline: Vec::new(),
                folder: join(&around.folder, name),
                depth: around.depth + 1,
            };
            self.tree.modules.push(module);
            added.push(child);
        }
        self.tree.modules[id].inline = added;
        id
    }

    /// Adds the modules that a file declares, and notes what it includes.
    fn declare(&mut self, id: ModuleId, open: &mut Vec<ModuleId>) {
        let Some(names) = self.names.get(&self.tree.modules[id].file) else {
            return;
        };
        for import in &names.code.imports {
            let scope = names.scope_at(import.range.start);
            let own = &self.tree.modules[id];
            let inline = scope.and_then(|scope| own.inline.get(scope).copied());
            let parent = inline.unwrap_or(id);
            if import.form == ImportForm::Resource && import.target.ends_with(".rs") {
                let folder = self.files.file(own.file).path.parent();
                let path = follow(folder, &import.target);
                if let Some(file) = path.and_then(|path| self.files.index(&path)) {
                    self.included.entry(file).or_insert(parent);
                }
            } else if let Some(child) = self.declared_module(parent, import) {
                open.push(child);
            }
        }
    }

    fn declared_module(&mut self, parent: ModuleId, import: &'a Import) -> Option<ModuleId> {
        let found = declared_file(self.files, &self.tree.modules[parent], import)?;
        let file = found.file;
        let parent = match self.tree.modules[parent].parent {
            Some(above) if found.is_beside => above,
            _ => parent,
        };
        let around = &self.tree.modules[parent];
        let name = plain(import.names.first()?);
        let is_known = around
            .children
            .get(name)
            .is_some_and(|known| known.iter().any(|id| self.tree.modules[*id].file == file));
        let is_full = around.depth >= MAX_DEPTH || self.tree.modules.len() >= self.most;
        if is_known || is_full || self.is_within(parent, file) {
            return None;
        }
        let path = self.files.file(file).path.as_str();
        let of = around.of;
        let folder = folder_of_children(path, found.is_named);
        let child = self.add_file(file, Some(parent), of, folder);
        let children = &mut self.tree.modules[parent].children;
        children.entry(name).or_default().push(child);
        Some(child)
    }

    /// Says whether a module lies in a file or below it: declaring the file again would never end.
    fn is_within(&self, module: ModuleId, file: usize) -> bool {
        let mut at = Some(module);
        while let Some(id) = at {
            let module = &self.tree.modules[id];
            if module.file == file {
                return true;
            }
            at = module.parent;
        }
        false
    }
}

/// A file that a declaration leads to.
struct DeclaredFile {
    file: usize,
    /// Whether an attribute names it.
    is_named: bool,
    /// Whether it lies beside the declaring file, as if the module around declared it: so does a macro that is called there.
    is_beside: bool,
}

/// Finds the file of a declaration.
fn declared_file(
    files: &SourceFiles<'_>,
    module: &Module<'_>,
    import: &Import,
) -> Option<DeclaredFile> {
    let name = import.names.first()?;
    if import.form != ImportForm::ModuleDeclaration {
        return None;
    }
    let beside = files.file(module.file).path.parent();
    if *name == import.target {
        let name = plain(name);
        let below = module_file(files, &module.folder, name);
        let found = below.or_else(|| module_file(files, beside, name))?;
        return Some(DeclaredFile {
            file: found,
            is_named: false,
            is_beside: below.is_none(),
        });
    }
    // Beside the file itself, unless the declaration stands in an inline module.
    let base = match module.scope {
        Some(_) => module.folder.as_str(),
        None => beside,
    };
    let file = files.index(&follow(base, &import.target)?)?;
    Some(DeclaredFile {
        file,
        is_named: true,
        is_beside: false,
    })
}

fn module_file(files: &SourceFiles<'_>, folder: &str, name: &str) -> Option<usize> {
    let stem = join(folder, name);
    files
        .index(&format!("{stem}.rs"))
        .or_else(|| files.index(&format!("{stem}/mod.rs")))
}

/// Gives the folder in which the children of a file's module lie.
fn folder_of_children(path: &str, is_root: bool) -> String {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    if is_root || name == "mod.rs" {
        return folder.to_owned();
    }
    join(folder, name.strip_suffix(".rs").unwrap_or(name))
}

/// Follows a relative path from a folder; `None` when it leads out of the tree.
pub(super) fn follow(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

/// Gives an identifier without the mark of a raw one.
pub(super) fn plain(name: &str) -> &str {
    name.strip_prefix("r#").unwrap_or(name)
}
