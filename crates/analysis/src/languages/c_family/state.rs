//! Where the scanner is: the statement that it collects, the scopes around it, what it leaves out. All of it can be kept at an `#if`
//! and taken up again at its `#else`, because both branches begin at the same place. Reads nothing.

use std::rc::Rc;

use super::tokens::{Kind, Token};

/// Tokens of a statement that are kept; functions and types are named long before.
const MOST_TOKENS: usize = 256;

/// Tokens that are kept of one group in brackets.
const MOST_IN_GROUP: u16 = 48;

/// Tokens that are kept after an `=`.
const MOST_AFTER_EQUALS: u16 = 3;

/// Longest text before a name, in bytes; deeper nesting keeps what still fits.
const MAX_PREFIX_BYTES: usize = 400;

/// A statement that is being collected.
#[derive(Debug, Clone, Default)]
pub(super) struct Statement {
    /// Its tokens, without template parameters, most of what is inside brackets, and what follows an `=`.
    pub(super) tokens: Vec<Token>,
    /// Where it begins.
    pub(super) start: u32,
    /// The line on which it begins.
    pub(super) line: u32,
    /// Whether something was met of it.
    pub(super) begun: bool,
    /// Whether a comment leads it.
    pub(super) documented: bool,
    /// How many parentheses and square brackets are open.
    pub(super) depth: u16,
    /// How many angle brackets of template parameters are open.
    pub(super) angles: u16,
    /// Whether it has template parameters.
    pub(super) is_template: bool,
    /// Whether an `=` outside of brackets was met.
    pub(super) has_value: bool,
    /// Whether members are being initialised: `A::A() : b(1)`.
    pub(super) has_initializers: bool,
    /// Whether `struct` or one of its likes was met outside of brackets.
    pub(super) has_type_key: bool,
    /// Whether parentheses were closed.
    pub(super) has_group: bool,
    /// Whether the name of an operator is being read.
    pub(super) in_operator: bool,
    /// The last token, kept or not.
    pub(super) previous: Option<Token>,
    /// The type whose body was read in it.
    pub(super) defined_type: Option<usize>,
    in_group: u16,
    after_value: u16,
}

impl Statement {
    /// Begins with a token, which is not added yet.
    pub(super) fn beginning(token: Token, documented: bool) -> Self {
        Self {
            start: token.start,
            line: token.line,
            begun: true,
            documented,
            ..Self::default()
        }
    }

    /// Adds a token, if it is needed.
    pub(super) fn push(&mut self, mut token: Token) {
        token.depth = self.depth;
        self.previous = Some(token);
        if self.depth > 0 {
            self.in_group = self.in_group.saturating_add(1);
            if self.in_group > MOST_IN_GROUP {
                return;
            }
        }
        if self.has_value {
            self.after_value = self.after_value.saturating_add(1);
            if self.after_value > MOST_AFTER_EQUALS {
                return;
            }
        }
        if self.tokens.len() < MOST_TOKENS {
            self.tokens.push(token);
        }
    }

    /// Adds an opening bracket.
    pub(super) fn open(&mut self, token: Token) {
        self.push(token);
        if self.depth == 0 {
            self.in_group = 0;
        }
        self.depth = self.depth.saturating_add(1);
    }

    /// Adds a closing bracket.
    pub(super) fn close(&mut self, token: Token) {
        self.depth = self.depth.saturating_sub(1);
        self.has_group |= self.depth == 0;
        self.push(token);
    }
}

/// What a scope is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ScopeKind {
    /// `namespace x { … }`
    Namespace,
    /// `extern "C" { … }`, `export { … }`
    Block,
    /// The body of a type.
    Type,
}

/// A scope that is open.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    /// What it is.
    pub(super) kind: ScopeKind,
    /// What it puts before the names in it, with dots; empty for nothing.
    pub(super) name: Rc<str>,
    /// Whether what is in it can be used from outside.
    pub(super) visible: bool,
    /// Whether the members that come next are public.
    pub(super) access: bool,
    /// Whether it is exported from its module.
    pub(super) exported: bool,
    /// The line on which it was opened.
    pub(super) line: u32,
    /// Its own definition.
    pub(super) symbol: Option<usize>,
    /// The statement that it is in the middle of.
    pub(super) head: Option<Rc<Statement>>,
}

/// What is done with tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Statements are collected.
    Collect,
    /// Tokens are left out until braces are closed.
    Skip(Skipped),
}

/// Braces whose contents are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Skipped {
    /// How many are open.
    pub(super) depth: u32,
    /// Whether the statement goes on behind them.
    pub(super) continues: bool,
    /// The function whose body it is.
    pub(super) function: Option<usize>,
    /// The branches in it so far.
    pub(super) branches: u32,
    /// The line of the first.
    pub(super) line: u32,
}

/// Where the scanner is.
#[derive(Debug, Clone)]
pub(super) struct State {
    /// The statement.
    pub(super) statement: Statement,
    /// The scopes, outermost first.
    pub(super) scopes: Vec<Scope>,
    /// What is done with the next token.
    pub(super) mode: Mode,
}

impl State {
    /// Begins outside of everything.
    pub(super) fn new() -> Self {
        Self {
            statement: Statement::default(),
            scopes: Vec::new(),
            mode: Mode::Collect,
        }
    }

    /// Gives about the bytes that a copy of it takes.
    pub(super) fn cost(&self) -> usize {
        256 + self.statement.tokens.len() * size_of::<Token>()
            + self.scopes.len() * size_of::<Scope>()
    }

    /// Gives what stands before the names that are defined here.
    pub(super) fn prefix(&self) -> String {
        let mut prefix = String::new();
        for scope in self.scopes.iter().filter(|scope| !scope.name.is_empty()) {
            if prefix.len() + scope.name.len() > MAX_PREFIX_BYTES {
                break;
            }
            prefix.push_str(&scope.name);
            prefix.push('.');
        }
        prefix
    }

    /// Says whether what is defined here can be used from outside of all scopes.
    pub(super) fn is_visible(&self) -> bool {
        self.scopes
            .last()
            .is_none_or(|scope| scope.visible && (scope.kind != ScopeKind::Type || scope.access))
    }

    /// Says whether it is exported from its module by a scope.
    pub(super) fn is_exported(&self) -> bool {
        self.scopes.iter().any(|scope| scope.exported)
    }

    /// Gives the type whose body this is.
    pub(super) fn enclosing_type(&self) -> Option<&Scope> {
        self.scopes
            .last()
            .filter(|scope| scope.kind == ScopeKind::Type)
    }

    /// Puts a mark into the statement for braces that were left out.
    pub(super) fn mark_braces(&mut self, closing: Token) {
        self.statement.push(Token {
            kind: Kind::Braces,
            ..closing
        });
    }
}
