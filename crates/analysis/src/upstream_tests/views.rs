//! What of a package the project has whose own file is not taken: the names that the file would have had of taken modules.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_model::python::{Binding, ImportKind, PythonFile};

use super::taken::TakenModules;
use crate::{python_source::PythonSource, relative_names};

/// How far a name is followed from one package to the next.
const DEEPEST: usize = 5;
/// The most names of one package.
const MOST_NAMES: usize = 5_000;

/// Where a name of a package comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ViewedName {
    /// It is a taken module.
    Module(String),
    /// It is a name of a taken module.
    Of {
        /// The module.
        module: String,
        /// Its name there.
        name: String,
    },
}

/// The names of a package that come from taken modules.
pub type View = BTreeMap<String, ViewedName>;

/// Lists what of a package comes from taken modules; of a name that is bound in several ways the first that does.
pub(super) fn of_package(source: &PythonSource, taken: &TakenModules<'_>, package: &str) -> View {
    view(source, taken, package, DEEPEST)
}

fn view(source: &PythonSource, taken: &TakenModules<'_>, package: &str, depth: usize) -> View {
    let mut names = View::new();
    let Some(index) = source.graph.index(package) else {
        return names;
    };
    let node = source.graph.node(index);
    let prefix = package.len() + 1;
    for child in source.graph.below(package) {
        let name = &child.name[prefix..];
        if !name.contains('.')
            && taken.has_file(&child.name)
            && !taken.is_of_another_system(&child.name)
        {
            names.insert(name.to_owned(), ViewedName::Module(child.name.clone()));
        }
    }
    let Some(facts) = source.facts(index) else {
        return names;
    };
    let base_of = |level: u32, module: &str| match level {
        0 => Some(module.to_owned()),
        level => relative_names::absolute(node, level, module),
    };
    for statement in &facts.imports {
        let ImportKind::From {
            level,
            module,
            names: imported,
            ..
        } = &statement.kind
        else {
            continue;
        };
        if imported.iter().all(|name| name.name != "*") || statement.circumstances.type_checking {
            continue;
        }
        let Some(base) = base_of(*level, module) else {
            continue;
        };
        for (name, viewed) in all_of(source, taken, &base, depth) {
            if names.len() < MOST_NAMES {
                names.insert(name, viewed);
            }
        }
    }
    for (name, bindings) in &facts.bindings {
        let found = bindings.iter().find_map(|binding| match binding {
            Binding::From {
                level,
                module,
                name: original,
                type_checking: false,
            } => resolve(source, taken, &base_of(*level, module)?, original, depth),
            Binding::Import { .. } | Binding::From { .. } | Binding::Definition => None,
        });
        if let Some(found) = found
            && names.len() < MOST_NAMES
        {
            names.insert(name.clone(), found);
        }
    }
    names
}

/// Finds where `from base import name` leads, if that is taken.
fn resolve(
    source: &PythonSource,
    taken: &TakenModules<'_>,
    base: &str,
    name: &str,
    depth: usize,
) -> Option<ViewedName> {
    let child = format!("{base}.{name}");
    if taken.has_file(&child) {
        return Some(ViewedName::Module(child));
    }
    let index = source.graph.index(base)?;
    if taken.has_file(base) {
        return (!taken.lacks_name(index, name)).then(|| ViewedName::Of {
            module: base.to_owned(),
            name: name.to_owned(),
        });
    }
    if depth == 0 || !source.graph.node(index).is_package {
        return None;
    }
    view(source, taken, base, depth - 1).remove(name)
}

/// Lists what `from base import *` gives of taken modules.
fn all_of(source: &PythonSource, taken: &TakenModules<'_>, base: &str, depth: usize) -> View {
    let Some(index) = source.graph.index(base) else {
        return View::new();
    };
    let Some(facts) = source.facts(index) else {
        return View::new();
    };
    let public = public_names(facts);
    if taken.has_file(base) {
        return public
            .into_iter()
            .map(|name| {
                let of = ViewedName::Of {
                    module: base.to_owned(),
                    name: name.clone(),
                };
                (name, of)
            })
            .collect();
    }
    if depth == 0 || !source.graph.node(index).is_package {
        return View::new();
    }
    let mut names = view(source, taken, base, depth - 1);
    names.retain(|name, _| public.contains(name));
    names
}

fn public_names(facts: &PythonFile) -> BTreeSet<String> {
    match &facts.exports {
        Some(exports) => exports.iter().cloned().collect(),
        None => facts
            .bindings
            .keys()
            .filter(|name| !name.starts_with('_'))
            .cloned()
            .collect(),
    }
}
