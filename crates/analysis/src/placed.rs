//! Whether every import inside a placed project resolves, by its text alone. Runs nothing.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_model::{
    finding::{Finding, Severity},
    python::{Circumstances, ImportKind, ImportStatement, TextMentions},
    tree::TreePath,
};

use crate::{module_graph::ModuleNode, python_source::PythonSource, relative_names};

/// Checks every import of every module, at any depth, `TYPE_CHECKING` included, guarded ones and those of guarded modules apart.
///
/// `foreign` are top-level names that must not be imported: the original packages, unless a declared dependency provides them.
pub fn unresolved_imports(source: &PythonSource, foreign: &BTreeSet<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let guarded = guarded_modules(source, 0..source.graph.nodes().len());
    for (index, node) in source.graph.nodes().iter().enumerate() {
        let Some(facts) = source
            .facts(index)
            .filter(|_| !guarded.contains(&node.name))
        else {
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

/// Lists the modules of the project that a module imports, each with the circumstances of the import.
pub(crate) fn imported_modules(
    source: &PythonSource,
    index: usize,
) -> Vec<(String, Circumstances)> {
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
                    relative_names::absolute(node, *level, module)
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
                .map(|module| (module, statement.circumstances)),
        );
    }
    imported
}

/// Lists the files that have to be right for a project to work: its own modules, the tests that a runner collects, and what those import.
/// Other Python files, such as data of tests, may be anything.
pub fn needed_files(source: &PythonSource) -> BTreeSet<TreePath> {
    let nodes = source.graph.nodes();
    let is_collected = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        let stem = name.strip_suffix(".py").unwrap_or(name);
        stem.starts_with("test_") || stem.ends_with("_test") || stem == "conftest"
    };
    let mut queue: Vec<usize> = (0..nodes.len())
        .filter(|index| nodes[*index].primary || is_collected(nodes[*index].path.as_str()))
        .collect();
    let mut needed: BTreeSet<usize> = queue.iter().copied().collect();
    while let Some(index) = queue.pop() {
        for (module, _) in imported_modules(source, index) {
            let above = module.match_indices('.').map(|(dot, _)| &module[..dot]);
            for name in above.chain([module.as_str()]) {
                if let Some(next) = source.graph.index(name)
                    && needed.insert(next)
                {
                    queue.push(next);
                }
            }
        }
    }
    needed
        .into_iter()
        .map(|index| nodes[index].path.clone())
        .collect()
}

/// Lists the modules that the given ones import, and only where a failure is caught: what such a module lacks, nobody misses.
pub(crate) fn guarded_modules(
    source: &PythonSource,
    importers: impl Iterator<Item = usize>,
) -> BTreeSet<String> {
    let mut guarded = BTreeSet::new();
    let mut others = BTreeSet::new();
    for importer in importers {
        for (module, circumstances) in imported_modules(source, importer) {
            if circumstances.guarded || circumstances.fallback {
                guarded.insert(module);
            } else {
                others.insert(module);
            }
        }
    }
    guarded.retain(|module| !others.contains(module));
    guarded
}

/// Modules of the standard library that only Windows has.
const WINDOWS_MODULES: [&str; 6] = ["_winapi", "_winreg", "msvcrt", "nt", "winreg", "winsound"];

/// Lists the modules that another system needs and this one may lack, by their text and by how they are imported.
///
/// A module is one when it looks at the platform and is imported on a call, under a guard or a condition only; when it cannot be
/// imported elsewhere and nothing that always runs imports it; when it always imports such a one and is itself optional; and when
/// it always imports a module of its own project that is not there, such as a compiled one, and every import of it is guarded.
pub fn modules_of_other_systems(source: &PythonSource) -> BTreeSet<String> {
    let nodes = source.graph.nodes();
    let mut optional: BTreeSet<String> = BTreeSet::new();
    let mut importers: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (index, node) in nodes.iter().enumerate() {
        for (module, circumstances) in imported_modules(source, index) {
            if always(circumstances) {
                importers.entry(module).or_default().push(&node.name);
            } else {
                optional.insert(module);
            }
        }
    }
    optional.retain(|module| !importers.contains_key(module));
    let guarded = guarded_modules(source, 0..nodes.len());
    let mut found: BTreeSet<String> = nodes
        .iter()
        .enumerate()
        .filter(|(index, node)| {
            let on_demand = optional.contains(&node.name);
            (on_demand && mentions(source, *index).platform)
                || (guarded.contains(&node.name) && always_lacks_a_module(source, *index))
        })
        .map(|(_, node)| node.name.clone())
        .collect();
    let refusing: Vec<&str> = (0..nodes.len())
        .filter(|index| is_of_another_system(source, *index))
        .map(|index| nodes[index].name.as_str())
        .collect();
    // A module leads to those that import it, which may make others avoidable.
    for _ in 0..=refusing.len() {
        let before = found.len();
        for name in &refusing {
            let importers = importers.get(*name).map_or(&[][..], Vec::as_slice);
            let is_imported = !importers.is_empty() || optional.contains(*name);
            let avoidable = importers
                .iter()
                .all(|importer| optional.contains(*importer) || found.contains(*importer));
            if is_imported && avoidable {
                found.insert((*name).to_owned());
                found.extend(importers.iter().map(|importer| (*importer).to_owned()));
            }
        }
        if found.len() == before {
            break;
        }
    }
    found
}

/// Says whether a module always imports one of its own project that has no file, such as a compiled one.
fn always_lacks_a_module(source: &PythonSource, index: usize) -> bool {
    let node = source.graph.node(index);
    let statements = source
        .facts(index)
        .into_iter()
        .flat_map(|facts| &facts.imports);
    statements
        .filter(|statement| runs_always(statement))
        .any(|statement| {
            let mut unresolved = Vec::new();
            check_statement(source, node, statement, &BTreeSet::new(), &mut unresolved);
            !unresolved.is_empty()
        })
}

fn mentions(source: &PythonSource, index: usize) -> TextMentions {
    source
        .facts(index)
        .map_or_else(TextMentions::default, |facts| facts.mentions)
}

/// Says whether a module refuses to be imported on this system: it asks for the platform and raises, or always imports what Windows has.
fn is_of_another_system(source: &PythonSource, index: usize) -> bool {
    let mentions = mentions(source, index);
    if mentions.platform && mentions.refusal {
        return true;
    }
    let is_of_windows = |module: &str| WINDOWS_MODULES.contains(&module);
    let mut statements = source
        .facts(index)
        .into_iter()
        .flat_map(|facts| &facts.imports)
        .filter(|statement| runs_always(statement));
    statements.any(|statement| match &statement.kind {
        ImportKind::Plain(names) => names.iter().any(|name| is_of_windows(&name.module)),
        ImportKind::From { module, names, .. } => {
            is_of_windows(module)
                || (module == "six.moves" && names.iter().any(|name| is_of_windows(&name.name)))
        }
    })
}

/// Says whether a statement runs whenever its module is imported.
pub(crate) fn runs_always(statement: &ImportStatement) -> bool {
    always(statement.circumstances)
}

const fn always(circumstances: Circumstances) -> bool {
    !circumstances.in_function
        && !circumstances.type_checking
        && !circumstances.guarded
        && !circumstances.fallback
        && !circumstances.conditional
}

fn check_statement(
    source: &PythonSource,
    node: &ModuleNode,
    statement: &ImportStatement,
    foreign: &BTreeSet<String>,
    unresolved: &mut Vec<String>,
) {
    let circumstances = statement.circumstances;
    let guarded = circumstances.guarded || circumstances.fallback || circumstances.conditional;
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
                relative_names::absolute(node, *level, module)
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
    if !known && source.maker_of(module).is_some() {
        return false;
    }
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
    mentions(source, index).dynamic_names
}

/// `from .x import y` in a package binds `x` too.
fn binds_submodule(facts: &synthesizer_model::python::PythonFile, name: &str) -> bool {
    facts.imports.iter().any(|statement| {
        matches!(&statement.kind, ImportKind::From { level: 1, module, .. } if module.split('.').next() == Some(name))
    })
}
