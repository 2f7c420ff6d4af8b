//! The components that were asked for under their new names: how to import them, and what the smoke test imports of them.

use std::collections::BTreeSet;

use synthesizer_model::synthesis::ImportHint;

use crate::{
    families::python::input::{RequestedComponent, SourceInput, SynthesisInput},
    rewriting::python::{self as rewriting, NewNames},
    templates::TestedComponent,
};

/// A requested component with its new names.
pub(crate) struct PlacedComponent {
    /// How to import it.
    pub(crate) hint: ImportHint,
    /// What the smoke test imports.
    tested: Vec<TestedComponent>,
}

/// Gives the requested components of all sources their new names, in the order of the request.
pub(crate) fn place_components(
    input: &SynthesisInput<'_>,
    names: &[NewNames<'_>],
) -> Vec<PlacedComponent> {
    input
        .sources
        .iter()
        .zip(names)
        .flat_map(|(source, names)| {
            source
                .components
                .iter()
                .map(|component| placed_component(input, source, names, component))
        })
        .collect()
}

fn placed_component(
    input: &SynthesisInput<'_>,
    source: &SourceInput,
    names: &NewNames<'_>,
    component: &RequestedComponent,
) -> PlacedComponent {
    let modules: Vec<String> = component
        .modules
        .iter()
        .filter_map(|module| names.standing(module).new_name().map(str::to_owned))
        .collect();
    // The shortest name is the package above the others; the order of the request decides between equals.
    let main = match &component.symbol {
        Some(_) => modules.first(),
        None => modules.iter().min_by_key(|module| module.len()),
    };
    let prefix = rewriting::dotted_prefix(
        input.project_name.package(),
        source.record.destination.as_ref(),
    );
    let import_as = match (main, &component.symbol) {
        (None, _) => format!("import {prefix}"),
        (Some(main), None) => format!("import {main}"),
        (Some(main), Some(symbol)) => {
            let first = symbol.split('.').next().unwrap_or(symbol);
            format!("from {main} import {first}")
        }
    };
    let mut tested: Vec<TestedComponent> = top_modules(&modules)
        .map(|module| TestedComponent {
            module: module.to_owned(),
            symbol: None,
        })
        .collect();
    if let (Some(main), Some(symbol)) = (main, &component.symbol) {
        tested.retain(|one| one.module != *main);
        tested.push(TestedComponent {
            module: main.clone(),
            symbol: Some(symbol.clone()),
        });
    }
    PlacedComponent {
        hint: ImportHint {
            component: component.text.clone(),
            import_as,
            files: component.files,
        },
        tested,
    }
}

/// Gives the modules that are not members of another one of them, `__main__` apart, which would run the program.
///
/// Members of a package that was asked for as a whole may be made for other systems or for extras.
fn top_modules(modules: &[String]) -> impl Iterator<Item = &str> {
    let listed: BTreeSet<&str> = modules.iter().map(String::as_str).collect();
    modules
        .iter()
        .map(String::as_str)
        .filter(move |module| !rewriting::parents(module).any(|parent| listed.contains(parent)))
        .filter(|module| !module.ends_with(".__main__"))
}

/// Lists what the smoke test imports; sorted, nothing twice.
pub(crate) fn tested_components(components: &[PlacedComponent]) -> Vec<TestedComponent> {
    let tested: BTreeSet<&TestedComponent> = components
        .iter()
        .flat_map(|component| &component.tested)
        .collect();
    tested.into_iter().cloned().collect()
}

/// Gives one sentence on what the project is made of, in plain ASCII without quotes, so that it fits everywhere.
pub(crate) fn description(input: &SynthesisInput<'_>) -> String {
    let titles: Vec<String> = input
        .sources
        .iter()
        .map(|source| {
            source
                .record
                .title()
                .chars()
                .filter(|character| {
                    character.is_ascii_alphanumeric() || " ._+!-".contains(*character)
                })
                .collect()
        })
        .collect();
    let list = match titles.as_slice() {
        [] => "nothing".to_owned(),
        [only] => only.clone(),
        [several @ .., last] => format!("{} and {last}", several.join(", ")),
    };
    format!("Parts of {list}.")
}
