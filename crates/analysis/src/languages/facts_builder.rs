//! Collects what a file defines and imports while it is read from its beginning to its end: names with their prefixes, complexity,
//! bounds on how much is kept. Knows no language and no parser.

use synthesizer_model::{
    code::{CodeFacts, Import, Symbol, SymbolKind},
    text::ByteRange,
};

/// Definitions that are kept of one file, and likewise imports.
const MOST: usize = 100_000;

/// Longest name with its prefix, in bytes; deeper nesting keeps the prefix that still fits.
const MAX_NAME_BYTES: usize = 500;

/// What the reader knows of a definition when it meets it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Definition<'a> {
    /// Its name, without prefix.
    pub(crate) name: &'a str,
    /// Its kind. Functions and methods get a complexity when they are opened.
    pub(crate) kind: SymbolKind,
    /// First and last line.
    pub(crate) lines: (u32, u32),
    /// The whole definition.
    pub(crate) range: ByteRange,
    /// Whether other files can use it.
    pub(crate) public: bool,
    /// Whether it has documentation.
    pub(crate) documented: bool,
    /// See [`Symbol::typed`].
    pub(crate) typed: Option<bool>,
}

/// Something that was opened and not yet closed.
struct Open {
    /// Length of the prefix before it.
    prefix: usize,
    /// Whether it is a function whose branches are counted.
    function: bool,
}

/// A function whose branches are being counted.
struct OpenFunction {
    /// Its place among the symbols; `None` when it is not kept.
    symbol: Option<usize>,
    branches: u32,
}

/// The facts of one file, as far as they are read.
#[derive(Default)]
pub(crate) struct FactsBuilder {
    facts: CodeFacts,
    prefix: String,
    open: Vec<Open>,
    functions: Vec<OpenFunction>,
    left_out: Option<u32>,
}

impl FactsBuilder {
    /// Keeps a definition that nothing is defined in.
    pub(crate) fn add(&mut self, definition: Definition<'_>) {
        self.push(definition);
    }

    /// Keeps a definition and makes its name part of the prefix of what is defined until [`FactsBuilder::close`]. Branches that are
    /// met inside a function are counted for it.
    pub(crate) fn open(&mut self, definition: Definition<'_>) {
        let function = matches!(definition.kind, SymbolKind::Function | SymbolKind::Method);
        let symbol = self.push(definition);
        if function {
            self.functions.push(OpenFunction {
                symbol,
                branches: 0,
            });
        }
        self.extend_prefix(definition.name, function);
    }

    /// Makes a name part of the prefix until [`FactsBuilder::close`], without defining anything: an `impl` block, a namespace that is
    /// continued. An empty name changes nothing.
    pub(crate) fn open_prefix(&mut self, name: &str) {
        self.extend_prefix(name, false);
    }

    /// Ends what was opened last.
    pub(crate) fn close(&mut self) {
        let Some(open) = self.open.pop() else {
            return;
        };
        self.prefix.truncate(open.prefix);
        if !open.function {
            return;
        }
        let Some(function) = self.functions.pop() else {
            return;
        };
        if let Some(symbol) = function
            .symbol
            .and_then(|index| self.facts.symbols.get_mut(index))
        {
            symbol.complexity = Some(function.branches.saturating_add(1));
        }
    }

    /// Counts branches of the innermost function that is open.
    pub(crate) fn branches(&mut self, count: u32) {
        if let Some(function) = self.functions.last_mut() {
            function.branches = function.branches.saturating_add(count);
        }
    }

    /// Keeps an import.
    pub(crate) fn import(&mut self, import: Import) {
        if self.facts.imports.len() < MOST {
            self.facts.imports.push(import);
        } else {
            self.left_out.get_or_insert(import.line);
        }
    }

    /// Gives the other facts to fill in.
    pub(crate) fn facts(&mut self) -> &mut CodeFacts {
        &mut self.facts
    }

    /// Ends the collection.
    pub(crate) fn finish(mut self) -> CodeFacts {
        while !self.open.is_empty() {
            self.close();
        }
        if let Some(line) = self.left_out {
            self.facts.syntax_errors.push((
                line,
                format!("more than {MOST} definitions or imports, the rest is left out"),
            ));
        }
        self.facts
    }

    /// Keeps a definition; one without a name, which only a broken text has, is not kept.
    fn push(&mut self, definition: Definition<'_>) -> Option<usize> {
        if definition.name.is_empty() {
            return None;
        }
        if self.facts.symbols.len() >= MOST {
            self.left_out.get_or_insert(definition.lines.0);
            return None;
        }
        let mut name = String::with_capacity(self.prefix.len() + 1 + definition.name.len());
        if !self.prefix.is_empty() {
            name.push_str(&self.prefix);
            name.push('.');
        }
        name.push_str(definition.name);
        truncate(&mut name, MAX_NAME_BYTES);
        self.facts.symbols.push(Symbol {
            name,
            kind: definition.kind,
            lines: definition.lines,
            range: definition.range,
            public: definition.public,
            documented: definition.documented,
            complexity: None,
            typed: definition.typed,
        });
        Some(self.facts.symbols.len() - 1)
    }

    fn extend_prefix(&mut self, name: &str, function: bool) {
        self.open.push(Open {
            prefix: self.prefix.len(),
            function,
        });
        if name.is_empty() || self.prefix.len() + 1 + name.len() > MAX_NAME_BYTES {
            return;
        }
        if !self.prefix.is_empty() {
            self.prefix.push('.');
        }
        self.prefix.push_str(name);
    }
}

/// Cuts a text to a number of bytes, at a character's boundary.
pub(super) fn truncate(text: &mut String, bytes: usize) {
    text.truncate(text.floor_char_boundary(bytes));
}
