//! Qualified names: what a name and its attributes mean in the module that they come from.

use foldhash::HashSet;
use ruff_python_ast::Expr;
use synthesizer_model::python::ImportKind;

use super::scope::{BindingEvent, ImportName, ScopeId};
use super::walker::Facts;

/// The builtin that imports.
const DUNDER_IMPORT: &str = "__import__";

/// Modules whose functions take module names; others are not worth a qualified name.
const RELEVANT: [&str; 8] = [
    "builtins",
    "importlib",
    "importlib_metadata",
    "importlib_resources",
    "logging",
    "pkg_resources",
    "pkgutil",
    "sys",
];

/// Lists the names under which a file knows relevant modules or parts of them; other names are not worth resolving.
pub(super) fn relevant_names<'f>(facts: &'f Facts<'_>) -> HashSet<&'f str> {
    let mut names = HashSet::default();
    names.insert(DUNDER_IMPORT);
    for import in &facts.imports {
        match &import.kind {
            ImportKind::Plain(modules) => {
                let relevant = modules.iter().filter(|name| is_relevant(&name.module));
                names.extend(relevant.map(|name| match &name.alias {
                    Some(alias) => alias.as_str(),
                    None => name.module.split('.').next().unwrap_or_default(),
                }));
            }
            ImportKind::From {
                level,
                module,
                names: taken,
                ..
            } => {
                let relevant = taken
                    .iter()
                    .filter(|name| (*level == 0 && is_relevant(module)) || is_backport(&name.name));
                names.extend(relevant.map(|name| name.alias.as_deref().unwrap_or(&name.name)));
            }
        }
    }
    names
}

/// Gives the name that a chain of attributes begins with.
pub(super) fn first_name(chain: &Expr) -> Option<&str> {
    let mut base = chain;
    while let Expr::Attribute(attribute) = base {
        base = &attribute.value;
    }
    Some(base.as_name_expr()?.id.as_str())
}

/// Gives the qualified names that an expression can have, such as `importlib.metadata.version`; more than one where a
/// name is imported in several ways. Only of relevant modules; `__import__` is below `builtins`.
pub(super) fn qualified_names(facts: &Facts<'_>, scope: ScopeId, expression: &Expr) -> Vec<String> {
    let mut attributes = Vec::new();
    let mut base = expression;
    while let Expr::Attribute(attribute) = base {
        attributes.push(attribute.attr.as_str());
        base = &attribute.value;
    }
    let Expr::Name(name) = base else {
        return Vec::new();
    };
    let mut qualified = Vec::new();
    for mut path in roots(facts, scope, &name.id) {
        for attribute in attributes.iter().rev() {
            path.push('.');
            path.push_str(attribute);
        }
        if !qualified.contains(&path) {
            qualified.push(path);
        }
    }
    qualified
}

fn roots(facts: &Facts<'_>, scope: ScopeId, name: &str) -> Vec<String> {
    let Some(binder) = facts.scopes.resolve(scope, name) else {
        let is_relevant = name == DUNDER_IMPORT;
        return Vec::from_iter(is_relevant.then(|| format!("builtins.{name}")));
    };
    let events = facts.scopes.facts(binder, name).map(|facts| &facts.events);
    events
        .into_iter()
        .flatten()
        .filter_map(|event| match event {
            BindingEvent::PlainImport(_) => is_relevant(name).then(|| name.to_owned()),
            BindingEvent::NamedImport(import) => imported(facts, *import),
            BindingEvent::Definition | BindingEvent::Annotation | BindingEvent::Deletion => None,
        })
        .collect()
}

fn imported(facts: &Facts<'_>, import: ImportName) -> Option<String> {
    match &facts.imports.get(import.statement)?.kind {
        ImportKind::Plain(names) => {
            let module = &names.get(import.name)?.module;
            is_relevant(module).then(|| module.clone())
        }
        ImportKind::From {
            level,
            module,
            names,
            ..
        } => {
            let name = &names.get(import.name)?.name;
            if *level == 0 && is_relevant(module) {
                return Some(format!("{module}.{name}"));
            }
            // Packages often keep the backports in a module of their own.
            is_backport(name).then(|| name.clone())
        }
    }
}

fn is_backport(name: &str) -> bool {
    matches!(name, "importlib_metadata" | "importlib_resources")
}

fn is_relevant(module: &str) -> bool {
    let first = module.split('.').next().unwrap_or(module);
    RELEVANT.contains(&first)
}
