//! A package's manifest as it has to be in the new workspace: complete without its old workspace, naming only what is there. Comments stay.
//!
//! What cannot be kept is an error finding with its line; nothing is guessed.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_model::{
    finding::{Finding, Severity},
    text::{LineIndex, escape_untrusted},
};
use toml_edit::{Document, DocumentMut, Item, Table, TableLike, Value};

use super::{dependencies, fields, targets};

/// Tables that only count at the top of a workspace, or that name what is not taken.
const REMOVED: &[(&str, Severity, &str)] = &[
    (
        "patch",
        Severity::Warning,
        "it counts only at the top of a workspace, and would choose other packages for all",
    ),
    (
        "replace",
        Severity::Warning,
        "it counts only at the top of a workspace, and would choose other packages for all",
    ),
    (
        "profile",
        Severity::Info,
        "it counts only at the top of a workspace; what can count for the source's crates alone is in the project's own manifest",
    ),
    (
        "workspace",
        Severity::Info,
        "the package is a member of the new workspace",
    ),
    ("example", Severity::Info, "examples are not taken"),
    ("bench", Severity::Info, "benchmarks are not taken"),
    ("badges", Severity::Info, "it is for a registry"),
];

/// A package's manifest and where it is going.
pub(super) struct ManifestInput<'a> {
    /// The manifest.
    pub(super) text: &'a str,
    /// Its path in the source, for findings.
    pub(super) path: &'a str,
    /// The package's folder in the source.
    pub(super) folder: &'a str,
    /// Its workspace's manifest and that one's folder.
    pub(super) workspace: Option<(&'a str, &'a str)>,
    /// The package's folder in the new project.
    pub(super) new_folder: &'a str,
    /// The new name, when it is another one.
    pub(super) new_name: Option<&'a str>,
    /// Places of the package's files below its folder.
    pub(super) files: &'a BTreeSet<&'a str>,
    /// The new packages by their old folders.
    pub(super) placed: &'a BTreeMap<&'a str, PlacedPackage>,
    /// The library's name in the source, which a part keeps: documentation, tests and macros name it.
    pub(super) library: Option<&'a str>,
    /// Names in the code when only a part of the package is taken.
    pub(super) part: Option<&'a BTreeSet<String>>,
    /// All words of the package's files: what none of them names is not needed for its tests.
    pub(super) words: &'a BTreeSet<&'a str>,
}

/// Where a package of the source is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PlacedPackage {
    /// Its folder in the new project.
    pub(super) folder: String,
    /// The new name, when it is another one.
    pub(super) new_name: Option<String>,
}

/// A package that has to come from a registry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct External {
    /// Its name there.
    pub(super) name: String,
    /// The versions that fit.
    pub(super) requirement: String,
    /// Whether only tests need it.
    pub(super) development: bool,
}

/// A manifest, made fit.
#[derive(Debug, Default)]
pub(super) struct Normalised {
    /// It.
    pub(super) text: String,
    /// The packages that it needs of registries.
    pub(super) external: Vec<External>,
    /// The oldest Rust that it says it builds with.
    pub(super) rust_version: Option<String>,
    /// What was left out, and what cannot be kept.
    pub(super) findings: Vec<Finding>,
}

/// A manifest on its way: what is changed, and what is told of it.
pub(super) struct Normalising<'a> {
    pub(super) input: &'a ManifestInput<'a>,
    pub(super) workspace: Option<DocumentMut>,
    pub(super) external: Vec<External>,
    lines: Lines<'a>,
    findings: Vec<Finding>,
}

/// Makes a manifest fit for the new workspace.
pub(super) fn normalise(input: &ManifestInput<'_>) -> Normalised {
    let mut document = match input.text.parse::<DocumentMut>() {
        Ok(document) => document,
        Err(error) => return unreadable(input.path, &error.to_string()),
    };
    let workspace = match input.workspace.map(|(text, _)| text.parse::<DocumentMut>()) {
        Some(Err(error)) => return unreadable("Cargo.toml", &error.to_string()),
        Some(Ok(workspace)) => Some(workspace),
        // A package can be the root of its own workspace.
        None => document.contains_key("workspace").then(|| document.clone()),
    };
    let mut normalising = Normalising {
        input,
        workspace,
        external: Vec::new(),
        lines: Lines::of(input.text),
        findings: Vec::new(),
    };
    normalising.document(&mut document);
    let rust_version = document
        .get("package")
        .and_then(|package| package.get("rust-version"))
        .and_then(Item::as_str)
        .map(str::to_owned);
    let mut external = normalising.external;
    external.sort();
    external.dedup();
    Normalised {
        text: document.to_string(),
        external,
        rust_version,
        findings: normalising.findings,
    }
}

fn unreadable(path: &str, why: &str) -> Normalised {
    let what = format!(
        "the manifest cannot be read: {}",
        escape_untrusted(why.lines().next().unwrap_or_default())
    );
    Normalised {
        findings: vec![Finding::new(Severity::Error, "manifest-unreadable", what).at(path, None)],
        ..Normalised::default()
    }
}

impl Normalising<'_> {
    /// Adds a finding about a key of the manifest.
    pub(super) fn tell(&mut self, severity: Severity, kind: &str, keys: &[&str], what: String) {
        let line = self.lines.of_keys(keys);
        let finding = Finding::new(severity, kind, what);
        self.findings.push(finding.at(self.input.path, line));
    }

    fn document(&mut self, document: &mut DocumentMut) {
        let table = document.as_table_mut();
        // Cargo still reads the old name.
        if !table.contains_key("package")
            && let Some(project) = table.remove("project")
        {
            table.insert("package", project);
        }
        self.removed(table);
        if let Some(features) = table.get("cargo-features").map(ToString::to_string) {
            let what = format!(
                "the manifest uses features of cargo that are not stable: {}",
                escape_untrusted(features.trim())
            );
            self.tell(Severity::Error, "unstable", &["cargo-features"], what);
        }
        match table.get_mut("package").and_then(Item::as_table_like_mut) {
            Some(package) => fields::package(self, package),
            None => self.tell(
                Severity::Error,
                "manifest-unreadable",
                &[],
                "the manifest has no package".to_owned(),
            ),
        }
        fields::lints(self, table);
        targets::targets(self, table);
        let kept = dependencies::dependencies(self, table);
        dependencies::features(self, table, &kept);
    }

    fn removed(&mut self, table: &mut Table) {
        for (name, severity, why) in REMOVED {
            if table.remove(name).is_some() {
                self.tell(
                    *severity,
                    "settings-not-taken",
                    &[name],
                    format!("[{name}] is left out: {why}"),
                );
            }
        }
    }

    /// Gives what the workspace has at some keys.
    pub(super) fn of_workspace(&self, keys: &[&str]) -> Option<Item> {
        let mut item = self.workspace.as_ref()?.get("workspace")?;
        for key in keys {
            item = item.get(key)?;
        }
        Some(item.clone())
    }

    /// Says whether a part that is taken has a name; a whole package has all.
    pub(super) fn is_named(&self, key: &str) -> bool {
        let code = key.replace('-', "_");
        self.input.part.is_none_or(|names| names.contains(&code))
    }
}

/// Says whether an item is `{ workspace = true, … }`.
pub(super) fn is_inherited(item: &dyn TableLike) -> bool {
    item.get("workspace").and_then(Item::as_bool) == Some(true)
}

/// Takes an item of another document without where it stood.
pub(super) fn plain(item: &Item) -> Item {
    match item.clone().into_value() {
        Ok(mut value) => {
            value.decor_mut().clear();
            if let Value::Array(array) = &mut value {
                array.fmt();
            }
            Item::Value(value)
        }
        Err(item) => item,
    }
}

/// Blank lines and comments around an entry, for what takes its place.
pub(super) struct Surroundings {
    prefix: Option<String>,
    suffix: Option<String>,
}

impl Surroundings {
    /// Reads what stands around an entry; that of a dotted one stands at its inner keys and values.
    pub(super) fn of(table: &dyn TableLike, key: &str) -> Self {
        let text = |raw: Option<&toml_edit::RawString>| raw?.as_str().map(str::to_owned);
        let outer = table.key(key);
        let mut prefix = outer.and_then(|key| text(key.leaf_decor().prefix()));
        let mut suffix = None;
        match table.get(key) {
            Some(Item::Value(Value::InlineTable(inner))) if !inner.is_dotted() => {
                suffix = text(inner.decor().suffix());
            }
            Some(item @ (Item::Table(_) | Item::Value(Value::InlineTable(_)))) => {
                if let Item::Table(inner) = item
                    && !inner.is_dotted()
                {
                    prefix = text(inner.decor().prefix());
                }
                for (keys, value) in item
                    .as_table_like()
                    .into_iter()
                    .flat_map(TableLike::get_values)
                {
                    let own = keys.last().and_then(|key| text(key.leaf_decor().prefix()));
                    prefix = Some(prefix.unwrap_or_default() + &own.unwrap_or_default());
                    let own = text(value.decor().suffix());
                    suffix = suffix.filter(|known| !known.trim().is_empty()).or(own);
                }
            }
            Some(Item::Value(value)) => suffix = text(value.decor().suffix()),
            _ => {}
        }
        Self { prefix, suffix }
    }

    /// Puts it around the value that stands there now.
    pub(super) fn put(self, table: &mut dyn TableLike, key: &str) {
        let Some((mut key, Item::Value(value))) = table.get_key_value_mut(key) else {
            return;
        };
        if let Some(prefix) = self.prefix {
            key.leaf_decor_mut().set_prefix(prefix);
        }
        if let Some(suffix) = self.suffix {
            value.decor_mut().set_suffix(suffix);
        }
    }
}

/// Finds the lines of keys.
struct Lines<'t> {
    document: Option<Document<&'t str>>,
    index: LineIndex,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        Self {
            document: Document::parse(text).ok(),
            index: LineIndex::new(text),
        }
    }

    fn of_keys(&self, keys: &[&str]) -> Option<u32> {
        let document = self.document.as_ref()?;
        let mut table: &dyn TableLike = document.as_table();
        let mut start = None;
        for key in keys {
            let Some((known, item)) = table.get_key_value(key) else {
                break;
            };
            let span = match item {
                Item::Table(inner) => inner.span().or_else(|| known.span()),
                _ => known.span(),
            };
            start = span
                .or_else(|| item.span())
                .map(|span| span.start)
                .or(start);
            match item.as_table_like() {
                Some(next) => table = next,
                None => break,
            }
        }
        Some(self.index.line(start?))
    }
}

#[cfg(test)]
#[path = "manifest_tests.rs"]
mod tests;
