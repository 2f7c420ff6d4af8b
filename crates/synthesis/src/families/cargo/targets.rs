//! The targets of a manifest: those whose file is not taken are left out. Reads no file.

use synthesizer_model::{finding::Severity, text::escape_untrusted};
use toml_edit::{ArrayOfTables, Item, Table, value};

use super::manifest::Normalising;

/// Kinds of targets that are lists of tables, with the folder in which Cargo looks for them.
const LISTS: &[(&str, &str)] = &[("bin", "src/bin"), ("test", "tests")];

/// Leaves out what is not there.
pub(super) fn targets(normalising: &mut Normalising<'_>, table: &mut Table) {
    let package = table
        .get("package")
        .and_then(|package| package.get("name"))
        .and_then(Item::as_str)
        .unwrap_or_default()
        .to_owned();
    for (kind, folder) in LISTS {
        let Some(Item::ArrayOfTables(list)) = table.get_mut(kind) else {
            // `bin = [{ … }]` is written by hand seldom; of it nothing can be left out with its comments.
            if table.get(kind).is_some() && normalising.input.part.is_some() {
                table.remove(kind);
            }
            continue;
        };
        if normalising.input.part.is_some() {
            table.remove(kind);
            continue;
        }
        let kept = kept(normalising, list, kind, folder, &package);
        if kept.is_empty() {
            table.remove(kind);
        } else {
            table.insert(kind, Item::ArrayOfTables(kept));
        }
    }
    library(normalising, table);
}

fn kept(
    normalising: &mut Normalising<'_>,
    list: &ArrayOfTables,
    kind: &str,
    folder: &str,
    package: &str,
) -> ArrayOfTables {
    let mut kept = ArrayOfTables::new();
    for target in list {
        let name = target
            .get("name")
            .and_then(Item::as_str)
            .unwrap_or_default();
        let files = normalising.input.files;
        let is_there = match target.get("path").and_then(Item::as_str) {
            Some(path) => files.contains(path.trim_start_matches("./")),
            None => {
                let mut places = vec![
                    format!("{folder}/{name}.rs"),
                    format!("{folder}/{name}/main.rs"),
                ];
                if kind == "bin" && name == package {
                    places.push("src/main.rs".to_owned());
                }
                places.iter().any(|place| files.contains(place.as_str()))
            }
        };
        if is_there {
            kept.push(target.clone());
        } else {
            let what = format!(
                "the {kind} `{}` is left out: its file is not taken",
                escape_untrusted(name)
            );
            normalising.tell(Severity::Info, "settings-not-taken", &[kind], what);
        }
    }
    kept
}

fn library(normalising: &mut Normalising<'_>, table: &mut Table) {
    let own_name = normalising
        .input
        .library
        .filter(|_| normalising.input.part.is_some());
    if own_name.is_some() && table.get("lib").and_then(Item::as_table_like).is_none() {
        table.insert("lib", Item::Table(Table::new()));
    }
    let Some(library) = table.get_mut("lib").and_then(Item::as_table_like_mut) else {
        return;
    };
    // Benchmarks of the library itself are not taken either.
    if library.get("bench").is_some() {
        library.remove("bench");
    }
    if let Some(name) = own_name {
        library.insert("name", value(name));
    }
    let path = library.get("path").and_then(Item::as_str);
    let path = path.map(|path| path.trim_start_matches("./").to_owned());
    if let Some(path) = path
        && !normalising.input.files.contains(path.as_str())
    {
        let what = format!(
            "the library's file `{}` is not in the package",
            escape_untrusted(&path)
        );
        normalising.tell(Severity::Error, "target-missing", &["lib"], what);
    }
}
