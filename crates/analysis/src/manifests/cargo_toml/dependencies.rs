//! The tables of requirements of a `Cargo.toml`, in each of their spellings. Resolves no path and no inheritance.

use toml::de::{DeTable, DeValue};

use super::{
    super::{
        allowance::{LONGEST_NAME, MOST_ITEMS},
        toml_text::Value,
    },
    Reader,
};

/// How many features of one requirement are kept.
const MOST_FEATURES: usize = 1_000;

/// What a requirement is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::manifests) enum Kind {
    Normal,
    Development,
    Build,
}

/// Each kind with the spellings of its table; the first one that is there counts.
const TABLES: [(Kind, &[&str]); 3] = [
    (Kind::Normal, &["dependencies"]),
    (Kind::Development, &["dev-dependencies", "dev_dependencies"]),
    (Kind::Build, &["build-dependencies", "build_dependencies"]),
];

/// One requirement.
#[derive(Debug)]
pub(in crate::manifests) struct Declaration {
    /// The name under which code imports it.
    pub key: String,
    /// Where the key stands first.
    pub line: u32,
    pub kind: Kind,
    /// The target or `cfg(…)` as written.
    pub target: Option<String>,
    pub specification: Specification,
}

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::manifests) struct Specification {
    /// Whether the workspace gives the rest.
    pub inherited: bool,
    pub version: Option<String>,
    /// The package's own name, where the key is another.
    pub package: Option<String>,
    pub path: Option<String>,
    pub git: Option<String>,
    /// `branch`, `tag` or `rev`, with its value.
    pub git_reference: Option<(&'static str, String)>,
    /// The name or the address of another registry.
    pub registry: Option<String>,
    pub features: Vec<String>,
    pub default_features: Option<bool>,
    pub optional: bool,
}

/// A package in the place of another.
#[derive(Debug)]
pub(in crate::manifests) struct Replacement {
    pub line: u32,
    /// The source whose package is replaced; absent for `[replace]`.
    pub of: Option<String>,
    /// The key: a package's name, for `[replace]` with its version.
    pub key: String,
    pub specification: Specification,
}

/// Reads the requirements of the package, those of targets among them, in the order of their lines.
pub(super) fn read<'t>(reader: &mut Reader<'_, 't>, root: &DeTable<'t>) -> Vec<Declaration> {
    let mut declarations = Vec::new();
    read_tables(reader, root, None, &mut declarations);
    if let Some(targets) = reader.table(root, &["target"]) {
        for (target, line, value) in reader.document.keyed(targets) {
            if target.len() > super::LONGEST_TEXT {
                reader.problem(line, "a target's name is too long");
            } else if let Some(table) = value.get_ref().as_table() {
                read_tables(reader, table, Some(target), &mut declarations);
            }
        }
    }
    declarations.sort_by_key(|declaration| declaration.line);
    declarations
}

fn read_tables<'t>(
    reader: &mut Reader<'_, 't>,
    table: &DeTable<'t>,
    target: Option<&str>,
    declarations: &mut Vec<Declaration>,
) {
    for (kind, keys) in TABLES {
        let Some(requirements) = reader.table(table, keys) else {
            continue;
        };
        for (key, line, value) in reader.document.keyed(requirements) {
            if declarations.len() >= MOST_ITEMS {
                let what = format!("more than {MOST_ITEMS} requirements; the rest is left out");
                reader.problem(line, what);
                return;
            }
            if let Some(specification) = read_named(reader, key, line, value) {
                declarations.push(Declaration {
                    key: key.to_owned(),
                    line,
                    kind,
                    target: target.map(str::to_owned),
                    specification,
                });
            }
        }
    }
}

/// Reads `[workspace.dependencies]`.
pub(super) fn read_shared<'t>(
    reader: &mut Reader<'_, 't>,
    workspace: &DeTable<'t>,
) -> Vec<(String, Specification)> {
    let Some(table) = reader.table(workspace, &["dependencies"]) else {
        return Vec::new();
    };
    let mut shared = Vec::new();
    for (key, line, value) in reader.document.keyed(table) {
        if shared.len() == MOST_ITEMS {
            let what = format!("more than {MOST_ITEMS} shared requirements");
            reader.problem(line, what);
            break;
        }
        if let Some(specification) = read_named(reader, key, line, value) {
            shared.push((key.to_owned(), specification));
        }
    }
    shared
}

/// Reads `[patch.SOURCE]` and `[replace]`.
pub(super) fn read_replacements<'t>(
    reader: &mut Reader<'_, 't>,
    root: &DeTable<'t>,
) -> Vec<Replacement> {
    let mut tables = Vec::new();
    if let Some(patches) = reader.table(root, &["patch"]) {
        for (of, line, value) in reader.document.keyed(patches) {
            match value.get_ref().as_table() {
                Some(table) => tables.push((Some(of), table)),
                None => reader.problem(line, "a patched source is no table"),
            }
        }
    }
    let replaced = reader.table(root, &["replace"]);
    tables.extend(replaced.map(|table| (None, table)));
    let mut replacements = Vec::new();
    for (of, table) in tables {
        for (key, line, value) in reader.document.keyed(table) {
            if replacements.len() == MOST_ITEMS {
                reader.problem(line, format_args!("more than {MOST_ITEMS} replacements"));
                return replacements;
            }
            if let Some(specification) = read_named(reader, key, line, value) {
                replacements.push(Replacement {
                    line,
                    of: of.map(|of| super::cut(of, LONGEST_NAME).to_owned()),
                    key: key.to_owned(),
                    specification,
                });
            }
        }
    }
    replacements
}

fn read_named<'t>(
    reader: &mut Reader<'_, 't>,
    key: &str,
    line: u32,
    value: &Value<'t>,
) -> Option<Specification> {
    if key.len() > LONGEST_NAME {
        let what = format!("a requirement's name is longer than {LONGEST_NAME} bytes");
        reader.problem(line, what);
        return None;
    }
    match value.get_ref() {
        DeValue::String(version) => Some(Specification {
            version: Some(super::cut(version, LONGEST_NAME).to_owned()),
            ..Specification::default()
        }),
        DeValue::Table(table) => Some(read_table(reader, line, table)),
        _ => {
            let what = format!("the requirement of `{key}` is neither a text nor a table");
            reader.problem(line, what);
            None
        }
    }
}

fn read_table<'t>(reader: &mut Reader<'_, 't>, line: u32, table: &DeTable<'t>) -> Specification {
    let references = ["branch", "tag", "rev"];
    let features = reader.texts(table, "features", MOST_FEATURES);
    let registry = reader.text(table, "registry");
    let specification = Specification {
        inherited: reader.boolean(table, "workspace") == Some(true),
        version: reader.name(table, "version"),
        package: reader.name(table, "package"),
        path: reader.text(table, "path"),
        git: reader.text(table, "git"),
        git_reference: references
            .into_iter()
            .find_map(|key| Some((key, reader.text(table, key)?))),
        registry: registry.or_else(|| reader.text(table, "registry-index")),
        features: features.into_iter().map(|(feature, _)| feature).collect(),
        default_features: reader
            .boolean(table, "default-features")
            .or_else(|| reader.boolean(table, "default_features")),
        optional: reader.boolean(table, "optional") == Some(true),
    };
    let named = [
        specification.inherited,
        specification.version.is_some(),
        specification.path.is_some(),
        specification.git.is_some(),
    ];
    if !named.contains(&true) {
        reader.problem(line, "a requirement without a version, path or repository");
    }
    specification
}
