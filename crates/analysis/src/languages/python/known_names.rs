//! What a file calls the names of `typing` and `contextlib`; learnt from its imports in source order, not by scope.

use foldhash::{HashMap, HashSet};

use ruff_python_ast::{Expr, ExprCall, StmtImport, StmtImportFrom};

const TYPING: [&str; 2] = ["typing", "typing_extensions"];
const CONTEXTLIB: &str = "contextlib";

/// Generic types of `typing` in whose subscript a string can only be a forward reference.
const GENERICS: [&str; 36] = [
    "Annotated",
    "AsyncGenerator",
    "AsyncIterable",
    "AsyncIterator",
    "Awaitable",
    "Callable",
    "ChainMap",
    "ClassVar",
    "Collection",
    "Concatenate",
    "ContextManager",
    "Coroutine",
    "DefaultDict",
    "Deque",
    "Dict",
    "Final",
    "FrozenSet",
    "Generator",
    "Generic",
    "Iterable",
    "Iterator",
    "List",
    "Mapping",
    "MutableMapping",
    "MutableSequence",
    "NotRequired",
    "Optional",
    "OrderedDict",
    "Protocol",
    "Required",
    "Sequence",
    "Set",
    "Tuple",
    "Type",
    "Union",
    "Unpack",
];

/// Which arguments of a call are types, so that strings among them are forward references.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TypeArguments {
    None,
    /// `cast("a.B", x)`, `ForwardRef("a.B")`
    First,
    /// `TypeVar("T", "a.B", bound="a.C")`, `NewType("N", "a.B")`
    AfterFirst,
}

/// The local names of what matters in `typing` and `contextlib`.
#[derive(Debug, Default)]
pub(super) struct KnownNames<'a> {
    typing_modules: HashSet<&'a str>,
    contextlib_modules: HashSet<&'a str>,
    /// Local name to the name in its module.
    names: HashMap<&'a str, &'a str>,
    stars: bool,
}

impl<'a> KnownNames<'a> {
    /// Learns from `import typing as t`.
    pub(super) fn learn_plain(&mut self, import: &'a StmtImport) {
        for alias in &import.names {
            let local = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
            match alias.name.as_str() {
                name if TYPING.contains(&name) => self.typing_modules.insert(local),
                CONTEXTLIB => self.contextlib_modules.insert(local),
                _ => continue,
            };
        }
    }

    /// Learns from `from typing import cast as c`.
    pub(super) fn learn_from(&mut self, import: &'a StmtImportFrom) {
        let module = import.module.as_ref().map_or("", |module| module.as_str());
        let is_known = TYPING.contains(&module) || module == CONTEXTLIB;
        if import.level > 0 || !is_known {
            return;
        }
        for alias in &import.names {
            let name = alias.name.as_str();
            if name == "*" {
                self.stars = true;
            } else {
                let local = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
                self.names.insert(local, name);
            }
        }
    }

    /// Gives the name in its own module, if the expression means a name of `typing`.
    pub(super) fn typing_name(&self, expression: &'a Expr) -> Option<&'a str> {
        self.name_in(&self.typing_modules, expression)
    }

    fn name_in(&self, modules: &HashSet<&str>, expression: &'a Expr) -> Option<&'a str> {
        match expression {
            Expr::Name(name) => match self.names.get(name.id.as_str()) {
                Some(original) => Some(original),
                None if self.stars => Some(name.id.as_str()),
                None => None,
            },
            Expr::Attribute(attribute) => match &*attribute.value {
                Expr::Name(module) if modules.contains(module.id.as_str()) => {
                    Some(attribute.attr.as_str())
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether the expression is `TYPE_CHECKING` by any name; the bare name counts however it is bound.
    pub(super) fn is_type_checking(&self, expression: &'a Expr) -> bool {
        let bare = matches!(expression, Expr::Name(name) if name.id == "TYPE_CHECKING");
        bare || self.typing_name(expression) == Some("TYPE_CHECKING")
    }

    /// Whether the expression is `contextlib.suppress` by any name.
    pub(super) fn is_suppress(&self, expression: &'a Expr) -> bool {
        self.name_in(&self.contextlib_modules, expression) == Some("suppress")
    }

    /// Says which arguments of a call are types.
    pub(super) fn type_arguments(&self, call: &'a ExprCall) -> TypeArguments {
        match self.typing_name(&call.func) {
            Some("cast" | "ForwardRef" | "assert_type") => TypeArguments::First,
            Some("TypeVar" | "NewType" | "ParamSpec" | "TypeVarTuple") => TypeArguments::AfterFirst,
            _ => TypeArguments::None,
        }
    }

    /// The name that decides how a subscript's strings are read: of `typing` if known, else the last component.
    pub(super) fn subscripted_name(&self, value: &'a Expr) -> Option<&'a str> {
        self.typing_name(value).or(match value {
            Expr::Name(name) => Some(name.id.as_str()),
            Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
            _ => None,
        })
    }

    /// Whether strings in the subscript of this expression are forward references wherever it stands.
    pub(super) fn is_generic(&self, value: &'a Expr) -> bool {
        self.typing_name(value)
            .is_some_and(|name| GENERICS.binary_search(&name).is_ok())
    }
}
