//! Reads one Rust file: its scopes, from the outside in, and what ends them. Iterative: scopes are a stack, not calls.

use std::mem;

use synthesizer_model::{
    code::{Circumstances, CodeFacts, SymbolKind},
    text::escape_untrusted,
};

use super::{
    lexer,
    path_uses::PathUses,
    tokens::{Kind, RustTokens},
};
use crate::languages::{documentation::documentation_summary, facts_builder::FactsBuilder};

/// Largest text that is read.
const MAX_TEXT_BYTES: usize = 16 << 20;

/// Syntax errors that are kept.
const MOST_ERRORS: usize = 100;

/// Reads the facts of one file.
pub(super) fn read(text: &str) -> CodeFacts {
    if text.len() > MAX_TEXT_BYTES {
        let refusal = format!("larger than {} MiB, not parsed", MAX_TEXT_BYTES >> 20);
        return CodeFacts {
            syntax_errors: vec![(1, refusal)],
            ..CodeFacts::default()
        };
    }
    let (tokens, problems) = lexer::tokens(text);
    let errors = problems
        .into_iter()
        .map(|(position, what)| (tokens.line_of(position), what))
        .collect();
    let mut reader = Reader {
        scopes: vec![Scope {
            end: tokens.len(),
            kind: ScopeKind::Module,
            public: true,
            conditional: false,
            in_macro: false,
            opened: false,
        }],
        tokens,
        facts: FactsBuilder::default(),
        paths: PathUses::default(),
        errors,
        last_error: None,
    };
    reader.document_file();
    reader.walk();
    reader.finish()
}

/// What the items between two brackets belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ScopeKind {
    /// A module or the file.
    Module,
    /// An `extern` block.
    Foreign,
    /// An `impl` block of a type alone.
    Inherent,
    /// An `impl` block of a trait for a type.
    TraitImplementation,
    /// A trait.
    Trait,
}

impl ScopeKind {
    /// Says what a function of such a scope is.
    pub(super) const fn function(self) -> SymbolKind {
        match self {
            Self::Module | Self::Foreign => SymbolKind::Function,
            Self::Inherent | Self::TraitImplementation | Self::Trait => SymbolKind::Method,
        }
    }
}

/// Brackets with items in them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope {
    /// The token that closes it.
    pub(super) end: usize,
    pub(super) kind: ScopeKind,
    /// Whether all modules around it, and the trait itself, are public.
    pub(super) public: bool,
    /// Whether it is there in some builds only.
    pub(super) conditional: bool,
    /// Whether a macro decides what becomes of its items.
    pub(super) in_macro: bool,
    /// Whether its end closes something in the facts.
    pub(super) opened: bool,
}

/// The reading of one file.
pub(super) struct Reader<'t> {
    pub(super) tokens: RustTokens<'t>,
    pub(super) scopes: Vec<Scope>,
    pub(super) facts: FactsBuilder,
    pub(super) paths: PathUses<'t>,
    errors: Vec<(u32, String)>,
    last_error: Option<usize>,
}

impl Reader<'_> {
    /// Takes the documentation at the file's beginning.
    fn document_file(&mut self) {
        let count = (0..self.tokens.len())
            .take_while(|token| self.tokens.kind(*token) == Kind::InnerDocumentation)
            .count();
        let range = self.tokens.range(0, count);
        if count > 0 {
            self.facts.facts().documentation = range
                .of(self.tokens.file_text())
                .and_then(documentation_summary);
        }
    }

    /// Reads item after item until the file ends.
    fn walk(&mut self) {
        let mut at = 0;
        while let Some(scope) = self.scopes.last().copied() {
            if at < scope.end {
                at = self.item(at, scope).max(at + 1);
                continue;
            }
            // An item that goes on beyond its scope's end was not finished: its scope's closing bracket is looked for.
            self.scopes.pop();
            if scope.opened {
                self.facts.close();
            }
            let is_closed = matches!(self.tokens.kind(scope.end), Kind::Close(_));
            at = scope.end + usize::from(is_closed);
        }
    }

    /// Gives the circumstances of what stands in a scope outside of functions.
    pub(super) fn circumstances(&self, scope: Scope, conditional: bool) -> Circumstances {
        Circumstances {
            conditional: scope.conditional || conditional,
            ..Circumstances::default()
        }
    }

    /// Notes that an item cannot begin with a token; one error for tokens in a row.
    pub(super) fn unexpected(&mut self, token: usize) {
        let follows = self
            .last_error
            .replace(token)
            .is_some_and(|last| last + 1 == token);
        if !follows && self.errors.len() < MOST_ERRORS {
            let text: String = self.tokens.text(token).chars().take(40).collect();
            let what = format!("unexpected `{}`", escape_untrusted(&text));
            self.errors.push((self.tokens.line(token), what));
        }
    }

    fn finish(mut self) -> CodeFacts {
        for import in mem::take(&mut self.paths).into_imports() {
            self.facts.import(import);
        }
        let mut facts = self.facts.finish();
        facts.imports.sort_by_key(|import| import.range.start);
        facts.syntax_errors.append(&mut self.errors);
        facts.syntax_errors.sort_by_key(|(line, _)| *line);
        facts.syntax_errors.truncate(MOST_ERRORS);
        hide_methods_of_hidden_types(&mut facts);
        facts
    }
}

/// A public method of a type that is not public, and that the file itself defines, cannot be used elsewhere.
fn hide_methods_of_hidden_types(facts: &mut CodeFacts) {
    let hidden: std::collections::HashSet<String> = facts
        .symbols
        .iter()
        .filter(|symbol| symbol.kind == SymbolKind::Type && !symbol.public)
        .map(|symbol| symbol.name.clone())
        .collect();
    if hidden.is_empty() {
        return;
    }
    let members = facts.symbols.iter_mut().filter(|symbol| symbol.public);
    for symbol in members {
        if let Some((owner, _)) = symbol.name.rsplit_once('.')
            && hidden.contains(owner)
        {
            symbol.public = false;
        }
    }
}
