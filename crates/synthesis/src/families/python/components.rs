//! The components that were asked for under their new names: how to import them, and what the templates say of them.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_model::{synthesis::ImportHint, text::escape_untrusted};

use crate::{
    families::python::input::{RequestedComponent, SourceInput, SynthesisInput},
    rewriting::python::{self as rewriting, NewNames},
};

/// A module to import, and the symbol that it must have.
type TestedModule = (String, Option<String>);

/// A requested component with its new names.
pub(crate) struct PlacedComponent {
    /// How to import it.
    pub(crate) hint: ImportHint,
    /// What the smoke test imports.
    tested: Vec<TestedModule>,
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
    let mut tested: Vec<TestedModule> = top_modules(&modules)
        .map(|module| (module.to_owned(), None))
        .collect();
    if let (Some(main), Some(symbol)) = (main, &component.symbol) {
        tested.retain(|(module, _)| module != main);
        tested.push((main.clone(), Some(symbol.clone())));
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

/// Gives the values that a template can ask for.
pub(crate) fn template_values(
    input: &SynthesisInput<'_>,
    components: &[PlacedComponent],
) -> BTreeMap<&'static str, String> {
    let cases: BTreeSet<&TestedModule> = components
        .iter()
        .flat_map(|component| &component.tested)
        .collect();
    let components = cases
        .into_iter()
        .map(|(module, symbol)| {
            let symbol = symbol
                .as_deref()
                .map_or_else(|| "None".to_owned(), python_string);
            format!("    ({}, {symbol}),\n", python_string(module))
        })
        .collect();
    BTreeMap::from([
        ("package", input.project_name.package().to_owned()),
        ("title", description(input)),
        ("components", components),
    ])
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

/// Writes a Python string literal; invisible characters, which no module's name has, are shown escaped.
fn python_string(text: &str) -> String {
    let visible = escape_untrusted(text);
    format!("\"{}\"", visible.replace('\\', "\\\\").replace('"', "\\\""))
}
