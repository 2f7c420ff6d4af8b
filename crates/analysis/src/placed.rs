//! Whether every import inside a placed project resolves, by its text alone. Runs nothing.

use std::collections::BTreeSet;

use synthesizer_model::{
    finding::{Finding, Severity},
    python::{ImportKind, ImportStatement},
};

use crate::{effects, module_graph::ModuleNode, python_source::PythonSource};

/// Checks every import of every module, at any depth, `TYPE_CHECKING` included, guarded ones apart.
///
/// `foreign` are top-level names that must not be imported: the original packages, unless a declared dependency provides them.
pub fn unresolved_imports(source: &PythonSource, foreign: &BTreeSet<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, node) in source.graph.nodes().iter().enumerate() {
        let Some(facts) = source.facts(index) else {
            continue;
        };
        for statement in &facts.imports {
            let mut unresolved = Vec::new();
            check_statement(source, node, statement, foreign, &mut unresolved);
            findings.extend(unresolved.into_iter().map(|what| {
                Finding::new(Severity::Error, "unresolved-import", what)
                    .at(node.path.as_str(), Some(statement.line))
            }));
        }
    }
    findings
}

/// Lists the modules of the project that a module imports, each with whether the import always runs when the module is imported.
pub fn imported_modules(source: &PythonSource, index: usize) -> Vec<(String, bool)> {
    let node = source.graph.node(index);
    let Some(facts) = source.facts(index) else {
        return Vec::new();
    };
    let mut imported = Vec::new();
    for statement in facts
        .imports
        .iter()
        .filter(|statement| !statement.circumstances.type_checking)
    {
        let circumstances = statement.circumstances;
        let always = !circumstances.in_function
            && !circumstances.guarded
            && !circumstances.fallback
            && !circumstances.conditional;
        let named: Vec<String> = match &statement.kind {
            ImportKind::Plain(names) => names.iter().map(|name| name.module.clone()).collect(),
            ImportKind::From {
                level,
                module,
                names,
                ..
            } => {
                let base = if *level == 0 {
                    Some(module.clone())
                } else {
                    effects::absolute(node, *level, module)
                };
                let children = base.iter().flat_map(|base| {
                    names
                        .iter()
                        .map(move |name| format!("{base}.{}", name.name))
                });
                children.chain(base.clone()).collect()
            }
        };
        imported.extend(
            named
                .into_iter()
                .filter(|module| source.graph.index(module).is_some())
                .map(|module| (module, always)),
        );
    }
    imported
}

fn check_statement(
    source: &PythonSource,
    node: &ModuleNode,
    statement: &ImportStatement,
    foreign: &BTreeSet<String>,
    unresolved: &mut Vec<String>,
) {
    let guarded = statement.circumstances.guarded || statement.circumstances.fallback;
    match &statement.kind {
        ImportKind::Plain(names) => {
            for name in names {
                check_module(source, node, &name.module, guarded, foreign, unresolved);
            }
        }
        ImportKind::From {
            level,
            module,
            names,
            ..
        } => {
            let base = if *level == 0 {
                Some(module.clone())
            } else {
                effects::absolute(node, *level, module)
            };
            let Some(base) = base else {
                unresolved.push("a relative import leads above the top-level package".to_owned());
                return;
            };
            if !check_module(source, node, &base, guarded, foreign, unresolved) {
                return;
            }
            for name in names.iter().filter(|name| name.name != "*" && !guarded) {
                if !provides(source, &base, &name.name) {
                    unresolved.push(format!("{base} does not provide {}", name.name));
                }
            }
        }
    }
}

/// Says whether the module is one of the project's; notes it when it should be and is not.
fn check_module(
    source: &PythonSource,
    node: &ModuleNode,
    module: &str,
    guarded: bool,
    foreign: &BTreeSet<String>,
    unresolved: &mut Vec<String>,
) -> bool {
    let top = module.split('.').next().unwrap_or(module);
    if !source.graph.is_internal(module, node) {
        if foreign.contains(top) {
            unresolved.push(format!(
                "imports {module} of an original package that is not declared"
            ));
        }
        return false;
    }
    let known = source.graph.index(module).is_some() || source.graph.is_namespace(module);
    if !known && !guarded {
        unresolved.push(format!("imports {module}, which the project does not have"));
    }
    known
}

/// Says whether a module or namespace has a name, as far as its text tells; in doubt it has.
pub(crate) fn provides(source: &PythonSource, base: &str, name: &str) -> bool {
    let child = format!("{base}.{name}");
    if source.graph.index(&child).is_some() || source.graph.is_namespace(&child) {
        return true;
    }
    let Some(index) = source.graph.index(base) else {
        return false;
    };
    let Some(facts) = source.facts(index) else {
        return true;
    };
    let star = facts.imports.iter().any(|statement| {
        matches!(&statement.kind, ImportKind::From { names, .. } if names.iter().any(|name| name.name == "*"))
    });
    let implicit = name.starts_with("__") && name.ends_with("__");
    star || implicit
        || facts.has_module_getattr
        || facts.bindings.contains_key(name)
        || binds_submodule(facts, name)
        || binds_dynamically(source, index)
}

/// Says whether a module may set names of itself that no statement of it binds.
fn binds_dynamically(source: &PythonSource, index: usize) -> bool {
    const WAYS: [&str; 4] = ["globals()", "vars()", "setattr(", "sys.modules[__name__]"];
    let file = source.files.get(&source.graph.node(index).path);
    let text = file
        .and_then(|file| std::str::from_utf8(&file.bytes).ok())
        .unwrap_or_default();
    WAYS.iter().any(|way| text.contains(way))
}

/// `from .x import y` in a package binds `x` too.
fn binds_submodule(facts: &synthesizer_model::python::PythonFile, name: &str) -> bool {
    facts.imports.iter().any(|statement| {
        matches!(&statement.kind, ImportKind::From { level: 1, module, .. } if module.split('.').next() == Some(name))
    })
}
