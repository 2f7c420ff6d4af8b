//! Facts of one source file in any language: what it defines and what it imports, with byte ranges exact enough to rewrite it.
//! Holds no parser types and nothing that depends on where the file lies.

use serde::{Deserialize, Serialize};

use crate::text::ByteRange;

/// Everything that a reader of a language tells of one file.
///
/// The same bytes in the same language always give the same facts, so they can be kept by blob.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CodeFacts {
    /// Definitions, in source order; local ones inside functions are left out.
    pub symbols: Vec<Symbol>,
    /// Imports, in source order, at any depth.
    pub imports: Vec<Import>,
    /// The package or namespace that the file says it belongs to: `package a.b;` of Java, `package x` of Go.
    pub namespace: Option<String>,
    /// The first paragraph of the file's own documentation, at most 400 bytes.
    pub documentation: Option<String>,
    /// Whether the file exports everything by a form that symbols do not show (`export *`, `pub use x::*`, `__getattr__`).
    pub exports_more: bool,
    /// Syntax errors by line, counted from 1, at most a hundred; the other facts are then what the rest of the text shows.
    pub syntax_errors: Vec<(u32, String)>,
}

/// What a definition is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SymbolKind {
    /// A module written inside a file: `mod x { … }`, `namespace x { … }`.
    Module,
    /// A class; also a `struct` of C++.
    Class,
    /// A function outside a class; also a macro that is called like one.
    Function,
    /// A function of a class or type.
    Method,
    /// A type that is no class: struct, enum, union, trait, interface, protocol, alias.
    Type,
    /// A constant, or a variable at the top level.
    Constant,
}

/// One definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Symbol {
    /// Name, with what it belongs to before it: `Context.invoke`.
    pub name: String,
    /// Its kind.
    pub kind: SymbolKind,
    /// First and last line, counted from 1.
    pub lines: (u32, u32),
    /// The whole definition.
    pub range: ByteRange,
    /// Whether other files can use it by the language's rules (or, in Python, by its custom: no part begins with an underscore).
    pub public: bool,
    /// Whether it has documentation of its own.
    pub documented: bool,
    /// For functions and methods: one more than the branches in them (McCabe); absent for the rest.
    pub complexity: Option<u32>,
    /// For functions and methods of languages where types are optional: whether all parameters and the result have one.
    pub typed: Option<bool>,
}

/// The circumstances under which a statement runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Circumstances {
    /// Inside a function (also a method or lambda); runs on a call only.
    pub in_function: bool,
    /// Needed by a type checker only: under `if TYPE_CHECKING:`, `import type`.
    pub type_checking: bool,
    /// In the body of a `try` whose handler catches the failure of an import, or under `suppress(ImportError)`.
    pub guarded: bool,
    /// In a handler that catches the failure of an import: the fallback of a guarded import.
    pub fallback: bool,
    /// Under a condition that is more than `TYPE_CHECKING` (`if`, `#[cfg]`, `#if`), or in the `else` of a guarded import: it may never
    /// run on this machine.
    #[serde(default)]
    pub conditional: bool,
}

/// The form of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImportForm {
    /// The language's import statement: `import x`, `use a::b`, `import java.util.List`.
    Static,
    /// An import that runs as an expression with a literal name: `import('./x')`.
    Dynamic,
    /// `require('./x')`, also `require.resolve`, `createRequire(…)('./x')`.
    Require,
    /// `export … from './x'`, `pub use a::b`.
    ReExport,
    /// `#include "x.h"`
    Include,
    /// `#include <x.h>`
    SystemInclude,
    /// `mod x;`, with the path of its `#[path]` attribute, if it has one, as the target.
    ModuleDeclaration,
    /// A name used by its whole path without being imported: `serde_json::from_str(…)`, `java.util.List.of()`.
    Path,
    /// A file read as data by its literal name: `include_str!("x")`, `new URL('./x', import.meta.url)`, `//go:embed x`.
    Resource,
    /// An import whose name is computed; the target is the expression's text, at most 200 bytes.
    Computed,
}

/// One import. What it names is found by the language's resolver, which knows the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// What is imported, as written: `./x`, `react`, `crate::a::b`, `github.com/x/y`, `java.util.List`, `stdio.h`.
    pub target: String,
    /// Its form.
    pub form: ImportForm,
    /// The names taken from it, as they are called there; `*` for all; empty where the form names none.
    pub names: Vec<String>,
    /// The target's own bytes, inside the quotes if it has any.
    pub range: ByteRange,
    /// Line of the target, counted from 1.
    pub line: u32,
    /// When it runs.
    pub circumstances: Circumstances,
}
