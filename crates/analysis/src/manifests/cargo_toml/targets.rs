//! The target tables of a `Cargo.toml`, as they are written. Discovers nothing.

use toml::de::{DeTable, DeValue};

use super::{super::allowance::MOST_ITEMS, Reader};

/// One target as it is written.
#[derive(Debug, Clone, Default)]
pub(in crate::manifests) struct TargetTable {
    pub line: u32,
    pub name: Option<String>,
    pub path: Option<String>,
    pub proc_macro: bool,
}

/// The tables; `None` where there is none of a kind.
#[derive(Debug, Default)]
pub(in crate::manifests) struct TargetTables {
    pub lib: Option<TargetTable>,
    pub bins: Option<Vec<TargetTable>>,
    pub examples: Option<Vec<TargetTable>>,
    pub tests: Option<Vec<TargetTable>>,
    pub benches: Option<Vec<TargetTable>>,
}

/// Reads the tables of the manifest.
pub(super) fn read<'t>(reader: &mut Reader<'_, 't>, root: &DeTable<'t>) -> TargetTables {
    let lib = reader.table(root, &["lib"]);
    TargetTables {
        lib: lib.map(|table| {
            let line = root.get("lib").map_or(1, |value| reader.line(value));
            read_one(reader, table, line)
        }),
        bins: read_list(reader, root, "bin"),
        examples: read_list(reader, root, "example"),
        tests: read_list(reader, root, "test"),
        benches: read_list(reader, root, "bench"),
    }
}

fn read_list<'t>(
    reader: &mut Reader<'_, 't>,
    root: &DeTable<'t>,
    key: &str,
) -> Option<Vec<TargetTable>> {
    let value = root.get(key)?;
    let DeValue::Array(items) = value.get_ref() else {
        let line = reader.line(value);
        reader.problem(line, format_args!("`{key}` is no list of tables"));
        return None;
    };
    let mut targets = Vec::new();
    for item in items {
        let line = reader.line(item);
        if targets.len() == MOST_ITEMS {
            reader.problem(line, format_args!("more than {MOST_ITEMS} of [[{key}]]"));
            break;
        }
        let Some(table) = item.get_ref().as_table() else {
            reader.problem(line, format_args!("an item of `{key}` is no table"));
            continue;
        };
        let target = read_one(reader, table, line);
        if target.name.is_some() {
            targets.push(target);
        } else {
            reader.problem(line, format_args!("a [[{key}]] without a name"));
        }
    }
    Some(targets)
}

fn read_one<'t>(reader: &mut Reader<'_, 't>, table: &DeTable<'t>, line: u32) -> TargetTable {
    let types = ["crate-type", "crate_type"];
    let is_macro = types.into_iter().any(|key| {
        let found = reader.texts(table, key, MOST_ITEMS);
        found.iter().any(|(kind, _)| kind == "proc-macro")
    });
    let stated = reader
        .boolean(table, "proc-macro")
        .or_else(|| reader.boolean(table, "proc_macro"));
    TargetTable {
        line,
        name: reader.name(table, "name"),
        path: reader.text(table, "path"),
        proc_macro: is_macro || stated == Some(true),
    }
}
