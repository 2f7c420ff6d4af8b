//! The one walk over the tree: its state, what it collects, and the dispatch. Resolves nothing.

use foldhash::{HashMap, HashSet};

use ruff_python_ast::token::Token;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, ExprCall, ExprStringLiteral, ModModule, Pattern, Stmt};
use ruff_text_size::{Ranged, TextRange};
use synthesizer_model::python::{Circumstances, ImportStatement, PathLiteral, Symbol, SymbolKind};
use synthesizer_model::text::ByteRange;

use super::exports::Exports;
use super::known_names::KnownNames;
use super::scope::{BindingEvent, ScopeId, ScopeKind, ScopeTree};
use super::source::{Source, byte_range};

/// What the walk found, before names are resolved.
pub(super) struct Facts<'a> {
    pub(super) scopes: ScopeTree<'a>,
    pub(super) imports: Vec<ImportStatement>,
    pub(super) references: Vec<Reference<'a>>,
    pub(super) string_annotations: Vec<StringAnnotation<'a>>,
    pub(super) machinery: Vec<MachineryUse<'a>>,
    /// The path joined to the result of a call, by the call's range; none where it is computed.
    pub(super) joined_paths: HashMap<TextRange, Option<String>>,
    /// Literals that names are bound to.
    pub(super) literal_bindings: HashMap<(ScopeId, &'a str), Vec<LiteralBinding<'a>>>,
    pub(super) path_literals: Vec<PathLiteral>,
    pub(super) symbols: Vec<Symbol>,
    pub(super) exports: Exports,
    /// In source order.
    pub(super) docstrings: Vec<TextRange>,
}

/// A use of a name with the attributes taken from it.
pub(super) struct Reference<'a> {
    /// A name, or attributes of one.
    pub(super) chain: &'a Expr,
    pub(super) name: &'a str,
    pub(super) scope: ScopeId,
    pub(super) in_function: bool,
}

/// A string where a type is expected.
pub(super) struct StringAnnotation<'a> {
    pub(super) literal: &'a ExprStringLiteral,
    pub(super) scope: ScopeId,
    pub(super) in_function: bool,
}

/// An expression that may hand a module name to the import machinery.
pub(super) struct MachineryUse<'a> {
    pub(super) form: MachineryForm<'a>,
    pub(super) scope: ScopeId,
    pub(super) circumstances: Circumstances,
}

pub(super) enum MachineryForm<'a> {
    Call(&'a ExprCall),
    /// `mapping[key]`, or `key in mapping`
    Lookup {
        mapping: &'a Expr,
        key: &'a Expr,
    },
}

/// What a name was bound to.
#[derive(Clone, Copy)]
pub(super) enum LiteralBinding<'a> {
    /// `name = expression`
    Value(&'a Expr),
    /// `for name in expression`
    ElementOf(&'a Expr),
}

/// Walks a module.
pub(super) fn walk<'a>(
    source: &'a Source<'a>,
    module: &'a ModModule,
    tokens: &'a [Token],
) -> Facts<'a> {
    let mut walker = Walker {
        source,
        tokens,
        scope: ScopeId::MODULE,
        circumstances: Circumstances::default(),
        expects_type: false,
        qualifier: Vec::new(),
        known_names: KnownNames::default(),
        joined_parts: HashSet::default(),
        facts: Facts {
            scopes: ScopeTree::new(),
            imports: Vec::new(),
            references: Vec::new(),
            string_annotations: Vec::new(),
            machinery: Vec::new(),
            joined_paths: HashMap::default(),
            literal_bindings: HashMap::default(),
            path_literals: Vec::new(),
            symbols: Vec::new(),
            exports: Exports::default(),
            docstrings: Vec::new(),
        },
    };
    walker.definition_body(&module.body);
    walker.facts
}

pub(super) struct Walker<'a> {
    pub(super) source: &'a Source<'a>,
    pub(super) tokens: &'a [Token],
    pub(super) scope: ScopeId,
    pub(super) circumstances: Circumstances,
    /// Whether a string would be a forward reference here.
    pub(super) expects_type: bool,
    /// The classes around, when no function is.
    pub(super) qualifier: Vec<&'a str>,
    pub(super) known_names: KnownNames<'a>,
    /// Expressions that are parts of a joined path that was read as a whole.
    pub(super) joined_parts: HashSet<TextRange>,
    pub(super) facts: Facts<'a>,
}

impl<'a> Walker<'a> {
    /// Walks something in a new scope.
    pub(super) fn in_scope(&mut self, kind: ScopeKind, walk: impl FnOnce(&mut Self)) {
        let outer = self.scope;
        self.scope = self.facts.scopes.open(kind, outer);
        walk(self);
        self.scope = outer;
    }

    /// Walks something under other circumstances.
    pub(super) fn under(&mut self, circumstances: Circumstances, walk: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.circumstances, circumstances);
        walk(self);
        self.circumstances = outer;
    }

    /// Walks the inside of a function: later, so outside of any `try` around it.
    pub(super) fn in_function(&mut self, walk: impl FnOnce(&mut Self)) {
        let circumstances = Circumstances {
            in_function: true,
            type_checking: self.circumstances.type_checking,
            ..Circumstances::default()
        };
        self.under(circumstances, |walker| {
            walker.in_scope(ScopeKind::Function, walk);
        });
    }

    /// Walks an expression with strings as forward references, or as plain strings.
    pub(super) fn typed(&mut self, expects_type: bool, expression: &'a Expr) {
        let outer = std::mem::replace(&mut self.expects_type, expects_type);
        self.visit_expr(expression);
        self.expects_type = outer;
    }

    pub(super) fn bind(&mut self, name: &'a str, event: BindingEvent) {
        self.facts.scopes.bind(self.scope, name, event);
    }

    /// Walks the body of a module, class or function, whose first statement may be a docstring.
    pub(super) fn definition_body(&mut self, body: &'a [Stmt]) {
        if let Some(docstring) = docstring(body) {
            self.facts.docstrings.push(docstring.range());
        }
        self.visit_body(body);
    }

    /// Records a definition outside of functions, and gives it; none for a local one.
    pub(super) fn symbol(
        &mut self,
        name: &'a str,
        kind: SymbolKind,
        range: TextRange,
        documented: bool,
    ) -> Option<&mut Symbol> {
        if self.circumstances.in_function || name.is_empty() {
            return None;
        }
        let parts: Vec<&str> = self.qualifier.iter().copied().chain([name]).collect();
        let range = byte_range(range);
        self.facts.symbols.push(Symbol {
            name: parts.join("."),
            kind,
            lines: self.lines(range),
            range,
            public: !parts.iter().any(|part| part.starts_with('_')),
            documented,
            complexity: None,
            typed: None,
        });
        self.facts.symbols.last_mut()
    }

    fn lines(&self, range: ByteRange) -> (u32, u32) {
        (
            self.source.line(range.start),
            self.source
                .line(range.end.saturating_sub(1).max(range.start)),
        )
    }
}

/// Gives the docstring of a body.
pub(super) fn docstring(body: &[Stmt]) -> Option<&ExprStringLiteral> {
    match body.first()? {
        Stmt::Expr(statement) => statement.value.as_string_literal_expr(),
        _ => None,
    }
}

impl<'a> Visitor<'a> for Walker<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        self.statement(statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        self.expression(expression);
    }

    fn visit_annotation(&mut self, expression: &'a Expr) {
        self.typed(true, expression);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        let captured = match pattern {
            Pattern::MatchAs(pattern) => pattern.name.as_ref(),
            Pattern::MatchStar(pattern) => pattern.name.as_ref(),
            Pattern::MatchMapping(pattern) => pattern.rest.as_ref(),
            _ => None,
        };
        if let Some(name) = captured {
            self.bind(name.as_str(), BindingEvent::Definition);
        }
        visitor::walk_pattern(self, pattern);
    }
}
