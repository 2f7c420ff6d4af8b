//! Collects definitions while a tree is walked: names with what they belong to, complexity, overloads made one, and at the end which of
//! them other files can use. Knows no syntax tree.

use std::collections::{HashMap, HashSet};

use synthesizer_model::{
    code::{Symbol, SymbolKind},
    text::ByteRange,
};

/// Definitions that are kept of one file.
const MOST: usize = 100_000;

/// Longest name with what it belongs to, in bytes.
const MAX_NAME_BYTES: usize = 500;

/// What is known of a definition when it is met.
#[derive(Debug, Clone)]
pub(super) struct Definition {
    /// Its own name.
    pub(super) name: String,
    /// Its kind.
    pub(super) kind: SymbolKind,
    /// The whole of it.
    pub(super) range: ByteRange,
    /// Whether the statement that defines it exports it, or, for a member, whether who sees its owner sees it too.
    pub(super) visible: bool,
    /// Whether it has documentation.
    pub(super) documented: bool,
    /// See [`Symbol::typed`].
    pub(super) typed: Option<bool>,
    /// Whether it is a function without a body: one of several signatures of one function.
    pub(super) signature: bool,
}

struct Draft {
    definition: Definition,
    owner: Option<usize>,
    branches: u32,
}

/// The definitions of one file, as far as they are read.
#[derive(Default)]
pub(super) struct Symbols {
    drafts: Vec<Draft>,
    /// What is open: places among the drafts, `None` for what is not kept.
    open: Vec<Option<usize>>,
    /// The functions among what is open.
    functions: Vec<Option<usize>>,
    exported: HashSet<String>,
    /// Places of the definitions of the top level, the first of each name.
    top_level: HashMap<String, usize>,
    left_out: Option<ByteRange>,
}

impl Symbols {
    /// Keeps a definition that nothing is defined in.
    pub(super) fn add(&mut self, definition: Definition) {
        let owner = self.open.last().copied().flatten();
        self.push(definition, owner);
    }

    /// Keeps a definition; what is defined until [`Symbols::close`] belongs to it, and branches of a function are counted for it.
    pub(super) fn open(&mut self, definition: Definition) {
        let owner = self.open.last().copied().flatten();
        self.open_below(definition, owner);
    }

    /// Keeps a definition that belongs to another one by its name alone: `Owner.prototype.name = function …`.
    pub(super) fn open_member_of(&mut self, owner: &str, mut definition: Definition) {
        let place = self.top_level.get(owner).copied();
        if place.is_none() {
            definition.name = format!("{owner}.{}", definition.name);
            definition.visible = false;
        }
        self.open_below(definition, place);
    }

    /// Ends what was opened last.
    pub(super) fn close(&mut self) {
        let Some(place) = self.open.pop() else {
            return;
        };
        let is_function = place.is_none_or(|place| is_callable(self.drafts[place].definition.kind));
        if is_function && self.functions.last() == Some(&place) {
            self.functions.pop();
        }
    }

    /// Counts branches of the innermost function that is open.
    pub(super) fn branch(&mut self, count: u32) {
        if let Some(place) = self.functions.last().copied().flatten() {
            let branches = &mut self.drafts[place].branches;
            *branches = branches.saturating_add(count);
        }
    }

    /// Notes that a name of the file's top level is exported, before or after its definition.
    pub(super) fn export(&mut self, name: &str) {
        if self.exported.len() < MOST {
            self.exported.insert(name.to_owned());
        }
    }

    /// Says whether nothing is open.
    pub(super) fn is_at_top(&self) -> bool {
        self.open.is_empty()
    }

    /// Makes everything of the top level visible.
    pub(super) fn export_all(&mut self) {
        for draft in &mut self.drafts {
            if draft.owner.is_none() {
                draft.definition.visible = true;
            }
        }
    }

    /// Gives the definitions in source order, and the place from which on some were left out.
    pub(super) fn finish(
        mut self,
        line: impl Fn(usize) -> u32,
    ) -> (Vec<Symbol>, Option<ByteRange>) {
        let mut public = Vec::with_capacity(self.drafts.len());
        let mut names: Vec<String> = Vec::with_capacity(self.drafts.len());
        let mut symbols = Vec::with_capacity(self.drafts.len());
        for draft in std::mem::take(&mut self.drafts) {
            let definition = draft.definition;
            let is_public = match draft.owner {
                Some(owner) => definition.visible && public[owner],
                None => definition.visible || self.is_exported(&definition.name),
            };
            let name = match draft.owner {
                Some(owner) => format!("{}.{}", names[owner], definition.name),
                None => definition.name,
            };
            let name = shortened(name);
            public.push(is_public);
            names.push(name.clone());
            let range = definition.range;
            let last = range.end.saturating_sub(1).max(range.start);
            symbols.push(Symbol {
                name,
                kind: definition.kind,
                lines: (line(range.start), line(last)),
                range,
                public: is_public,
                documented: definition.documented,
                complexity: is_callable(definition.kind)
                    .then_some(draft.branches.saturating_add(1)),
                typed: definition.typed,
            });
        }
        symbols.sort_by_key(|symbol| symbol.range.start);
        (symbols, self.left_out)
    }

    fn open_below(&mut self, definition: Definition, owner: Option<usize>) {
        let is_function = is_callable(definition.kind);
        let place = self.push(definition, owner);
        self.open.push(place);
        if is_function {
            self.functions.push(place);
        }
    }

    /// Keeps a definition; one without a name, which only a broken text has, is not kept.
    fn push(&mut self, definition: Definition, owner: Option<usize>) -> Option<usize> {
        if definition.name.is_empty() {
            return None;
        }
        if let Some(place) = self.merged(&definition, owner) {
            return Some(place);
        }
        if self.drafts.len() >= MOST {
            self.left_out.get_or_insert(definition.range);
            return None;
        }
        let place = self.drafts.len();
        if owner.is_none() {
            self.top_level
                .entry(definition.name.clone())
                .or_insert(place);
        }
        self.drafts.push(Draft {
            definition,
            owner,
            branches: 0,
        });
        Some(place)
    }

    /// Says whether a name of the top level is exported, or what it belongs to by its name.
    fn is_exported(&self, name: &str) -> bool {
        let owner = name.split('.').next().unwrap_or(name);
        self.exported.contains(name) || self.exported.contains(owner)
    }

    /// Joins a function to the signature of it that stands right before it.
    fn merged(&mut self, definition: &Definition, owner: Option<usize>) -> Option<usize> {
        let place = self.drafts.len().checked_sub(1)?;
        let before = &mut self.drafts[place];
        let is_overload = before.definition.signature
            && before.owner == owner
            && before.definition.kind == definition.kind
            && is_callable(definition.kind)
            && before.definition.name == definition.name;
        if !is_overload {
            return None;
        }
        let first = &mut before.definition;
        first.range.end = definition.range.end;
        first.documented |= definition.documented;
        first.visible |= definition.visible;
        // Nobody sees the types of what stands behind signatures.
        if definition.signature {
            first.typed = first
                .typed
                .zip(definition.typed)
                .map(|(one, other)| one && other);
        }
        first.signature = definition.signature;
        Some(place)
    }
}

fn is_callable(kind: SymbolKind) -> bool {
    matches!(kind, SymbolKind::Function | SymbolKind::Method)
}

fn shortened(mut name: String) -> String {
    name.truncate(name.floor_char_boundary(MAX_NAME_BYTES));
    name
}
