//! The components that were asked for at their new places: how to import them, and what the smoke test imports.

use std::collections::BTreeSet;

use serde_json::Value;
use synthesizer_model::{
    ecmascript::{ModuleKind, TakenComponent, TakenPackage},
    synthesis::ImportHint,
    text::escape_untrusted,
    tree::TreePath,
};

use super::{
    input::{NpmInput, NpmSource},
    placement::Placement,
};
use crate::templates::TestedComponent;

/// Words that no binding may have.
const RESERVED: &[&str] = &[
    "arguments",
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "eval",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "implements",
    "import",
    "in",
    "instanceof",
    "interface",
    "let",
    "new",
    "null",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "static",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "undefined",
    "var",
    "void",
    "while",
    "with",
    "yield",
];

/// A requested component at its new place.
pub(crate) struct PlacedComponent {
    /// How to import it.
    pub(crate) hint: ImportHint,
    /// What the smoke test imports.
    pub(crate) tested: Vec<TestedComponent>,
}

/// Gives the requested components of all sources their new names, in the order of the request.
pub(crate) fn place_components(
    input: &NpmInput<'_>,
    placement: &Placement,
) -> Vec<PlacedComponent> {
    input
        .sources
        .iter()
        .enumerate()
        .flat_map(|(index, source)| {
            let places = &placement.by_origin[index];
            source.closure.components.iter().map(move |component| {
                let place = |path: &TreePath| places.get(path).map(reference);
                placed(source, component, &place)
            })
        })
        .collect()
}

fn placed(
    source: &NpmSource,
    component: &TakenComponent,
    place: &dyn Fn(&TreePath) -> Option<String>,
) -> PlacedComponent {
    let package = component.package.as_ref().and_then(|folder| {
        let packages = source.closure.packages.iter();
        packages
            .filter(|one| one.whole)
            .find(|one| one.folder == *folder)
    });
    let text = if component.text.is_empty() {
        source
            .record
            .distribution
            .as_ref()
            .map_or_else(|| source.record.id.clone(), |(name, _)| name.clone())
    } else {
        component.text.clone()
    };
    let (references, has_default) = match package {
        Some(package) => (
            package.name.clone().into_iter().collect::<Vec<_>>(),
            !is_module_package(package),
        ),
        None => {
            let first = component.modules.first();
            let kind = first.and_then(|first| {
                let files = &source.closure.files;
                files.iter().find(|file| file.path == *first)?.kind
            });
            let typed = first.is_some_and(|first| !first.as_str().ends_with("js"));
            (
                component.modules.iter().filter_map(place).collect(),
                kind == Some(ModuleKind::CommonJs) && !typed,
            )
        }
    };
    let main = references.first().cloned().unwrap_or_default();
    let shown = escape_untrusted(&main);
    let quoted = format!("\"{}\"", shown.replace('\\', "\\\\").replace('"', "\\\""));
    let symbol = component
        .symbol
        .as_deref()
        .map(|symbol| symbol.split('.').next().unwrap_or(symbol));
    let import_as = match symbol {
        Some(symbol) if !has_default && is_binding(symbol) => {
            format!("import {{ {symbol} }} from {quoted};")
        }
        _ if has_default => format!("import {} from {quoted};", binding(&main)),
        _ => format!("import * as {} from {quoted};", binding(&main)),
    };
    PlacedComponent {
        hint: ImportHint {
            component: text,
            import_as,
            files: component.files,
        },
        tested: references
            .into_iter()
            .map(|module| TestedComponent {
                module,
                symbol: component.symbol.clone(),
            })
            .collect(),
    }
}

/// Gives the reference from the project's top to a module, as it is after the build.
fn reference(path: &TreePath) -> String {
    format!("./{}", built_name(path.as_str()))
}

/// Gives the name that the compiler writes for a file of TypeScript; any other name stays.
pub(crate) fn built_name(path: &str) -> String {
    let suffixes = [
        (".d.ts", ".js"),
        (".d.mts", ".mjs"),
        (".d.cts", ".cjs"),
        (".ts", ".js"),
        (".tsx", ".js"),
        (".mts", ".mjs"),
        (".cts", ".cjs"),
    ];
    suffixes
        .iter()
        .find_map(|(from, to)| Some(format!("{}{to}", path.strip_suffix(from)?)))
        .unwrap_or_else(|| path.to_owned())
}

/// Says whether a package is imported as an ECMAScript module, as its manifest tells.
fn is_module_package(package: &TakenPackage) -> bool {
    let manifest = package.manifest.as_deref().unwrap_or_default();
    let Ok(manifest) = serde_json::from_str::<Value>(manifest.trim_start_matches('\u{feff}'))
    else {
        return false;
    };
    let by_exports = manifest.get("exports").is_some_and(|exports| {
        let main = exports.get(".").unwrap_or(exports);
        main.get("import").is_some()
            || main
                .get("node")
                .is_some_and(|node| node.get("import").is_some())
    });
    by_exports || manifest.get("type").and_then(Value::as_str) == Some("module")
}

fn is_binding(name: &str) -> bool {
    let mut characters = name.chars();
    characters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || matches!(first, '_' | '$'))
        && characters
            .all(|character| character.is_ascii_alphanumeric() || matches!(character, '_' | '$'))
        && !RESERVED.contains(&name)
}

/// Gives a name for what a reference leads to: `formatLong` for `./src/x/format-long.js`.
fn binding(reference: &str) -> String {
    let last = reference.rsplit('/').next().unwrap_or(reference);
    let stem = last.split('.').next().unwrap_or(last);
    let mut name = String::new();
    let mut upper = false;
    for character in stem.chars() {
        if character.is_ascii_alphanumeric() || matches!(character, '_' | '$') {
            if upper && !name.is_empty() {
                name.extend(character.to_uppercase());
            } else {
                name.push(character);
            }
            upper = false;
        } else {
            upper = true;
        }
    }
    if is_binding(&name) {
        name
    } else {
        format!("{name}Module")
            .trim_start_matches(|first: char| first.is_ascii_digit())
            .to_owned()
    }
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
pub(crate) fn description(input: &NpmInput<'_>) -> String {
    let titles: Vec<String> = input
        .sources
        .iter()
        .map(|source| {
            let title = source.record.title();
            title
                .chars()
                .filter(|character| {
                    character.is_ascii_alphanumeric() || " ._+!-@/".contains(*character)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bindings_are_names_that_the_language_accepts() {
        let check = |reference: &str, expected: &str| assert_eq!(binding(reference), expected);
        check("./src/x/format-long.js", "formatLong");
        check("@a/yargs-parser", "yargsParser");
        check("ms", "ms");
        check("./default.js", "defaultModule");
        check("./2d.js", "dModule");
        check("./-.js", "Module");
    }
}
