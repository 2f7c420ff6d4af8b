//! What one Rust file names, by module: inline modules, items, names bound by `use`. Reads the facts of the file, never its text.

use std::{
    collections::{HashMap, HashSet},
    sync::OnceLock,
};

use synthesizer_model::{
    code::{CodeFacts, Import, ImportForm, SymbolKind},
    text::ByteRange,
};

/// Deepest nesting of inline modules that is told apart.
const MAX_DEPTH: usize = 64;

/// A module that is written inside the file.
#[derive(Debug)]
pub(super) struct Inline<'a> {
    /// Its own name.
    pub(super) name: &'a str,
    /// The inline module around it.
    pub(super) parent: Option<usize>,
    /// Its name with those of the inline modules around it, joined with dots.
    full_name: &'a str,
    range: ByteRange,
    depth: usize,
}

/// The names of one file.
#[derive(Debug)]
pub(super) struct FileNames<'a> {
    /// The facts that they come from.
    pub(super) code: &'a CodeFacts,
    /// Its inline modules, in source order.
    pub(super) inline: Vec<Inline<'a>>,
    table: OnceLock<Table<'a>>,
}

/// A module of the file: the file itself, or one of its inline modules.
type Scope = Option<usize>;

#[derive(Debug, Default)]
struct Table<'a> {
    items: HashSet<&'a str>,
    bindings: HashMap<Scope, HashMap<&'a str, Vec<usize>>>,
    globs: HashMap<Scope, Vec<usize>>,
    /// Modules for which some declaration names a file.
    placed_modules: HashSet<&'a str>,
}

impl<'a> FileNames<'a> {
    /// Takes the facts of a file.
    pub(super) fn new(code: &'a CodeFacts) -> Self {
        let mut inline: Vec<Inline<'a>> = Vec::new();
        let mut around: Vec<usize> = Vec::new();
        let modules = code
            .symbols
            .iter()
            .filter(|symbol| symbol.kind == SymbolKind::Module);
        for module in modules {
            while let Some(last) = around.last()
                && !inline[*last].range.contains(module.range)
            {
                around.pop();
            }
            if around.len() >= MAX_DEPTH {
                continue;
            }
            let full_name = module.name.as_str();
            let name = full_name.rsplit('.').next().unwrap_or(full_name);
            let own = inline.len();
            inline.push(Inline {
                name,
                parent: around.last().copied(),
                full_name,
                range: module.range,
                depth: around.len(),
            });
            around.push(own);
        }
        Self {
            code,
            inline,
            table: OnceLock::new(),
        }
    }

    /// Gives the inline module that a byte lies in.
    pub(super) fn scope_at(&self, offset: usize) -> Scope {
        let after = self
            .inline
            .partition_point(|module| module.range.start <= offset);
        let mut scope = after.checked_sub(1);
        while let Some(index) = scope {
            let module = &self.inline[index];
            if offset < module.range.end {
                return Some(index);
            }
            scope = module.parent;
            debug_assert!(module.depth < MAX_DEPTH);
        }
        None
    }

    /// Says whether a module of the file defines an item of this name.
    pub(super) fn defines(&self, scope: Scope, name: &str) -> bool {
        match scope {
            Some(scope) => {
                let full = format!("{}.{name}", self.inline[scope].full_name);
                self.table().items.contains(full.as_str())
            }
            None => self.table().items.contains(name),
        }
    }

    /// Lists the imports that bind a name in a module of the file.
    pub(super) fn bindings(&self, scope: Scope, name: &str) -> &[usize] {
        let found = self
            .table()
            .bindings
            .get(&scope)
            .and_then(|names| names.get(name));
        found.map_or(&[], Vec::as_slice)
    }

    /// Lists the imports that take all names of something into a module of the file.
    pub(super) fn globs(&self, scope: Scope) -> &[usize] {
        let found = self.table().globs.get(&scope);
        found.map_or(&[], Vec::as_slice)
    }

    /// Says whether a declaration of the module names its file.
    pub(super) fn places_module(&self, name: &str) -> bool {
        self.table().placed_modules.contains(name)
    }

    /// Gives an import by its place.
    pub(super) fn import(&self, place: usize) -> &'a Import {
        &self.code.imports[place]
    }

    fn table(&self) -> &Table<'a> {
        self.table.get_or_init(|| {
            let mut table = Table::default();
            // What is imported twice in the same way leads twice to the same.
            let mut seen: HashSet<(Scope, &str, &str)> = HashSet::new();
            let items = self
                .code
                .symbols
                .iter()
                .filter(|symbol| symbol.kind != SymbolKind::Method);
            table.items.extend(items.map(|symbol| symbol.name.as_str()));
            for (place, import) in self.code.imports.iter().enumerate() {
                let name = import.names.first().map(String::as_str);
                if import.form == ImportForm::ModuleDeclaration && name != Some(&import.target) {
                    table.placed_modules.extend(name);
                }
                let binds = matches!(import.form, ImportForm::Static | ImportForm::ReExport);
                if !binds || import.circumstances.in_function {
                    continue;
                }
                let scope = self.scope_at(import.range.start);
                if !seen.insert((scope, name.unwrap_or_default(), &import.target)) {
                    continue;
                }
                match name {
                    Some("*") => table.globs.entry(scope).or_default().push(place),
                    Some(name) => {
                        let names = table.bindings.entry(scope).or_default();
                        names.entry(name).or_default().push(place);
                    }
                    None => {}
                }
            }
            table
        })
    }
}
