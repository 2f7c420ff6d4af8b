//! Facts of one Python file, with byte ranges exact enough to rewrite it. Holds no parser types.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use crate::code::{Circumstances, Symbol, SymbolKind};
use crate::text::ByteRange;

/// Everything that closure, placement and rewriting need to know of one parsed file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PythonFile {
    /// Every import statement, in source order, at any depth.
    pub imports: Vec<ImportStatement>,
    /// Names that the module's top level binds, and how (imports, definitions, assignments; also under `if` and `try`).
    pub bindings: BTreeMap<String, Vec<Binding>>,
    /// Uses of names that a plain `import a.b` or `import a` bound, resolved by scope.
    pub uses: Vec<DottedUse>,
    /// The names that each scope with such uses binds, apart from imports' own, sorted.
    pub scopes: Vec<Vec<String>>,
    /// Literal or computed module names given to the import machinery and its relatives.
    pub module_names: Vec<ModuleNameUse>,
    /// String literals (not docstrings) that could name a data file or a module: with a dot or slash, without white space, under
    /// 256 bytes; statements `from a.b import …`; and the literals of joined paths.
    pub path_literals: Vec<PathLiteral>,
    /// Definitions, in source order.
    pub symbols: Vec<Symbol>,
    /// The literal value of `__all__`, when it is one.
    pub exports: Option<Vec<String>>,
    /// Whether the module defines `__getattr__` (PEP 562), so that any name may exist.
    pub has_module_getattr: bool,
    /// The first lines of the docstring.
    pub docstring: Option<String>,
    /// Attributes that the text uses of names that imports bind under a name of their own; comments and strings count too.
    pub attributes: BTreeMap<String, Vec<String>>,
    /// Identifiers that stand alone between quotes, sorted, each once.
    pub quoted_names: Vec<String>,
    /// What else the text mentions.
    pub mentions: TextMentions,
    /// Lines that hold code.
    pub lines_of_code: usize,
    /// Syntax errors, by line; the other facts are then incomplete.
    pub syntax_errors: Vec<(u32, String)>,
}

/// What the text of a file mentions anywhere, comments and strings included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextMentions {
    /// `sys.modules`.
    pub sys_modules: bool,
    /// A way to set names of the module that no statement binds: `globals()`, `setattr(` and so on.
    pub dynamic_names: bool,
    /// The platform: `sys.platform`, `os.name`, `platform.system`.
    pub platform: bool,
    /// A refusal to be imported: `raise ImportError`, `assert sys.platform`.
    pub refusal: bool,
}

impl PythonFile {
    /// Gives the names bound in the scopes around a use, apart from imports' own; a rewritten first name must not be among them.
    pub fn shadowing(&self, usage: &DottedUse) -> impl Iterator<Item = &str> {
        let around = usage.scopes.iter();
        around
            .filter_map(|scope| self.scopes.get(usize::try_from(*scope).ok()?))
            .flatten()
            .map(String::as_str)
    }

    /// Says whether the file imports a module by a computed name.
    pub fn computes_imports(&self) -> bool {
        self.module_names.iter().any(|name_use| {
            name_use.literal.is_none()
                && matches!(
                    name_use.role,
                    ModuleNameRole::ImportModule | ModuleNameRole::DunderImport
                )
        })
    }
}

/// One `import` or `from … import` statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportStatement {
    /// The whole statement, without the line's end.
    pub range: ByteRange,
    /// Line of its first byte, counted from 1.
    pub line: u32,
    /// When it runs.
    pub circumstances: Circumstances,
    /// What it imports.
    pub kind: ImportKind,
}

/// The two forms of the statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ImportKind {
    /// `import a.b, c as d`
    Plain(Vec<PlainName>),
    /// `from ..a import b as c, *`
    From {
        /// Count of leading dots.
        level: u32,
        /// The module after the dots; empty for `from . import x`.
        module: String,
        /// The dots and the module, as one range; where a rewritten name goes.
        module_range: ByteRange,
        /// The names; a single `*` for a star import.
        names: Vec<FromName>,
    },
}

/// One name of a plain import.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlainName {
    /// The dotted module.
    pub module: String,
    /// The range of the dotted module.
    pub module_range: ByteRange,
    /// The name with its alias.
    pub range: ByteRange,
    /// The name after `as`.
    pub alias: Option<String>,
    /// Whether every use of the bound name is listed in [`PythonFile::uses`] and can be rewritten in place. False when the
    /// name is also bound otherwise in its scope, deleted, declared `global` or `nonlocal`, or used where the text cannot be edited.
    pub uses_are_exact: bool,
}

/// One name of a `from` import.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FromName {
    /// The name, or `*`.
    pub name: String,
    /// The name with its alias.
    pub range: ByteRange,
    /// The name after `as`.
    pub alias: Option<String>,
}

/// How a top-level name comes to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Binding {
    /// `import a.b` (binds `a`) or `import a.b as c`.
    Import {
        /// The dotted module.
        module: String,
        /// Under `TYPE_CHECKING`.
        type_checking: bool,
    },
    /// `from m import n as c`.
    From {
        /// Count of leading dots.
        level: u32,
        /// The module after the dots.
        module: String,
        /// The name.
        name: String,
        /// Under `TYPE_CHECKING`.
        type_checking: bool,
    },
    /// A class, function, assignment, loop variable, and so on.
    Definition,
}

/// A use `a.b.c` of a name bound by a plain import without alias.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DottedUse {
    /// The names of the attribute chain, first the bound name.
    pub parts: Vec<String>,
    /// The range of each part's own name.
    pub ranges: Vec<ByteRange>,
    /// Line of the first part.
    pub line: u32,
    /// Inside a string annotation.
    pub in_string: bool,
    /// Inside a function, so that the use happens on a call.
    pub in_function: bool,
    /// The scopes around the use, by their position in [`PythonFile::scopes`]; none where they bind nothing, or too much.
    pub scopes: Vec<u32>,
}

/// What a module name is given to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ModuleNameRole {
    /// `importlib.import_module(x)`
    ImportModule,
    /// `__import__(x)`
    DunderImport,
    /// `sys.modules[x]`, `sys.modules.get(x)`
    SysModules,
    /// `logging.getLogger(x)`
    Logger,
    /// `importlib.metadata.version(x)`; the range is the whole call
    MetadataVersion,
    /// Another function of `importlib.metadata` (`distribution`, `metadata`, `entry_points`, …)
    MetadataOther,
    /// `importlib.resources.*(x, …)`, `pkgutil.get_data(x, …)`, `pkg_resources.*(x, …)`
    Resources,
}

/// A module name given to the import machinery or a relative of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModuleNameUse {
    /// What it is given to.
    pub role: ModuleNameRole,
    /// The literal; `None` when it is computed.
    pub literal: Option<String>,
    /// The inside of the literal's quotes; for [`ModuleNameRole::MetadataVersion`] the whole call; for a computed name the argument.
    pub range: ByteRange,
    /// Line, counted from 1.
    pub line: u32,
    /// For `importlib.import_module(".x", package="p")`: the literal package and the inside of its quotes.
    pub package: Option<(String, ByteRange)>,
    /// For a computed name: string literals of the same file that the name can take, as far as a loop over a literal tuple or list tells.
    pub candidates: Vec<String>,
    /// The literal name of the resource, for [`ModuleNameRole::Resources`].
    pub resource: Option<String>,
    /// For a computed name: the literal beginnings of what it can be, such as `.unicode` of `f".unicode{version}"`.
    #[serde(default)]
    pub prefixes: Vec<NamePrefix>,
    /// For a computed name of a module to import: the expression's text; for a relative name with a computed package: the text of the
    /// package's. At most 200 bytes.
    #[serde(default)]
    pub expression: String,
    /// When it runs.
    pub circumstances: Circumstances,
}

/// The literal beginning of a computed module name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamePrefix {
    /// The text.
    pub text: String,
    /// Where it is; none where it cannot be edited in place.
    pub inside: Option<ByteRange>,
}

/// A string literal that could name a data file or a module, or the literals of a joined path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathLiteral {
    /// The text.
    pub text: String,
    /// Line, counted from 1.
    pub line: u32,
    /// The inside of the quotes; none for a joined path and where the text cannot be edited in place.
    #[serde(default)]
    pub inside: Option<ByteRange>,
}

impl PathLiteral {
    /// Gives the module of a text `from package.module import …`, with where it begins.
    pub fn statement_module(&self) -> Option<(usize, &str)> {
        let rest = self.text.trim_start().strip_prefix("from ")?;
        let module = rest.split_once(" import ")?.0;
        let is_module = !module.is_empty() && !module.contains(char::is_whitespace);
        is_module.then(|| (self.text.len() - rest.len(), module))
    }
}
