//! Packages and modules of Python as components. The closure decides what each needs.

use synthesizer_model::{
    component::{Component, ComponentKind},
    dependency::Ecosystem,
};

use super::candidates::Candidate;
use crate::{closure::Taker, known::Known};

/// Lists the packages and modules of what the project installs.
pub(super) fn candidates(known: &Known<'_>, taker: &Taker<'_>) -> Vec<Candidate> {
    let graph = &known.python.graph;
    let entry_points = known
        .inventory
        .roots()
        .find(|project| project.ecosystem == Ecosystem::Python)
        .map(|project| project.facts.entry_points.clone())
        .unwrap_or_default();
    let mut found = Vec::new();
    for node in graph.nodes().iter().filter(|node| node.primary) {
        let Ok(selection) = taker.select(&node.name) else {
            continue;
        };
        let modules = selection.modules.iter().filter_map(|module| {
            let path = &graph.node(graph.index(module)?).path;
            known.files.index(path.as_str())
        });
        let data = selection
            .data
            .iter()
            .filter_map(|path| known.files.index(path.as_str()));
        let mut own: Vec<usize> = modules.chain(data).collect();
        own.sort_unstable();
        own.dedup();
        let facts = known.files.index(node.path.as_str());
        let code = facts.and_then(|file| known.files.file(file).code);
        let targets = entry_points.values();
        found.push(Candidate {
            id: node.name.clone(),
            name: node
                .name
                .rsplit('.')
                .next()
                .unwrap_or(&node.name)
                .to_owned(),
            kind: if node.is_package {
                ComponentKind::Package
            } else {
                ComponentKind::Module
            },
            path: if node.is_package {
                node.path.parent().to_owned()
            } else {
                node.path.to_string()
            },
            language: "python".to_owned(),
            own,
            entry_points: targets
                .filter(|target| target.split(':').next() == Some(&node.name))
                .cloned()
                .collect(),
            license: None,
            description: code.and_then(|code| code.documentation.clone()),
            asks_for: Vec::new(),
        });
    }
    found
}

/// Gives the dotted name of a Python file.
pub(super) fn module_name(known: &Known<'_>, file: usize) -> Option<String> {
    let graph = &known.python.graph;
    let index = graph.at_path(known.files.file(file).path)?;
    Some(graph.node(index).name.clone())
}

/// Gives the file of a Python module.
pub(super) fn file_of(known: &Known<'_>, module: &str) -> Option<usize> {
    let graph = &known.python.graph;
    let path = &graph.node(graph.index(module)?).path;
    known.files.index(path.as_str())
}

/// Gives the one component that was asked for exactly what taking it brings, packages above it that have to run first included.
pub(super) fn complete(
    known: &Known<'_>,
    taker: &Taker<'_>,
    components: &mut [Component],
    asked: &str,
) {
    let module = asked.split(':').next().unwrap_or(asked);
    for component in components.iter_mut() {
        let is_asked = component.id == module || component.path == module;
        if component.language != "python" || !is_asked {
            continue;
        }
        let Ok(selection) = taker.select(&component.id) else {
            continue;
        };
        let closure = taker.take(std::slice::from_ref(&selection));
        component.files = closure
            .files
            .iter()
            .map(|file| file.path.to_string())
            .collect();
        component.file_count = component.files.len();
        component.internal_dependencies = closure
            .files
            .iter()
            .filter_map(|file| file.module.clone())
            .filter(|module| !selection.modules.contains(module))
            .collect();
        component.internal_dependency_count = component.internal_dependencies.len();
        component.lines_of_code = closure
            .files
            .iter()
            .filter_map(|file| known.files.index(file.path.as_str()))
            .map(|file| known.records[file].lines().code as usize)
            .sum();
    }
}
