//! Modules that code names in strings and imports by a computed name: tables of lazy attributes, of plugins, of back ends.
//! Reads literals alone; what is computed further stays unknown and is reported elsewhere.

use synthesizer_model::{
    component::Reason,
    python::{ModuleNameUse, PythonFile},
};

use crate::{module_graph::ModuleNode, python_source::PythonSource, relative_names};

/// Finds the modules of the source that a file's strings name: absolute, relative, or as a child of the package whose file it is.
pub(crate) fn in_strings(source: &PythonSource, index: usize) -> Vec<(usize, Reason)> {
    let node = source.graph.node(index);
    let Some(facts) = source.facts(index) else {
        return Vec::new();
    };
    let reason = |line| Reason::ImportedBy {
        path: node.path.to_string(),
        line,
        in_function: true,
    };
    let mut found: Vec<(usize, Reason)> = facts
        .path_literals
        .iter()
        .filter_map(|literal| Some((named_by(source, node, &literal.text)?, reason(literal.line))))
        .collect();
    if node.is_package {
        let children = source.graph.below(&node.name).filter(|child| {
            let name = &child.name[node.name.len() + 1..];
            !name.contains('.')
                && facts
                    .quoted_names
                    .binary_search_by(|quoted| quoted.as_str().cmp(name))
                    .is_ok()
        });
        found.extend(
            children.filter_map(|child| Some((source.graph.index(&child.name)?, reason(1)))),
        );
    }
    found
}

fn named_by(source: &PythonSource, node: &ModuleNode, text: &str) -> Option<usize> {
    let relative = text.len() - text.trim_start_matches('.').len();
    if relative > 0 {
        let level = u32::try_from(relative).ok()?;
        let rest = Some(&text[relative..]).filter(|rest| !rest.is_empty())?;
        return object(source, &relative_names::absolute(node, level, rest)?);
    }
    let top = text.split(['.', ':']).next().unwrap_or(text);
    if source.graph.is_internal(top, node) {
        return object(source, text);
    }
    node.is_package
        .then(|| object(source, &format!("{}.{text}", node.name)))
        .flatten()
}

/// Finds the module of `module`, `module:name` or `module.name`.
fn object(source: &PythonSource, text: &str) -> Option<usize> {
    let module = text.split(':').next().unwrap_or(text);
    source.graph.index(module).or_else(|| {
        let (module, name) = module.rsplit_once('.')?;
        let index = source.graph.index(module)?;
        let facts: &PythonFile = source.facts(index)?;
        facts.bindings.contains_key(name).then_some(index)
    })
}

/// Finds the modules whose names begin as a computed name does.
pub(crate) fn by_prefixes(
    source: &PythonSource,
    node: &ModuleNode,
    name_use: &ModuleNameUse,
) -> Vec<usize> {
    let mut found = Vec::new();
    for prefix in name_use.prefixes.iter().map(|prefix| &prefix.text) {
        let relative = prefix.len() - prefix.trim_start_matches('.').len();
        let rest = &prefix[relative..];
        // A beginning that says no more than the package could be any module of it.
        if rest.is_empty() || (relative == 0 && !rest.contains('.')) {
            continue;
        }
        let full = match (u32::try_from(relative), &name_use.package) {
            (Ok(0), _) => Some(rest.to_owned()),
            (Ok(level), Some((package, _))) => relative_names::relative_to(package, level, rest),
            (Ok(level), None) => relative_names::absolute(node, level, rest),
            (Err(_), _) => None,
        };
        let Some(full) = full else { continue };
        let Some((package, _)) = full.rsplit_once('.') else {
            continue;
        };
        if source.graph.is_internal(package, node) {
            let matching = source.graph.below(package).filter(|module| {
                module
                    .name
                    .strip_prefix(full.as_str())
                    .is_some_and(|end| !end.contains('.'))
            });
            found.extend(matching.filter_map(|module| source.graph.index(&module.name)));
        }
    }
    found
}
