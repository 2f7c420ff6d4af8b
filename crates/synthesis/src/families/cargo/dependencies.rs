//! The dependencies of a manifest: packages that came along by path, all others by their requirement. A choice of host is refused.

use std::collections::BTreeSet;

use synthesizer_model::{finding::Severity, text::escape_untrusted};
use toml_edit::{Array, InlineTable, Item, Table, TableLike, Value, value};

use super::manifest::{External, Normalising, Surroundings, is_inherited, plain};

/// The tables of dependencies, old spellings included, and whether only tests need them.
const TABLES: &[(&str, bool)] = &[
    ("dependencies", false),
    ("build-dependencies", false),
    ("build_dependencies", false),
    ("dev-dependencies", true),
    ("dev_dependencies", true),
];

/// Keys that choose where a package comes from.
const GIT_KEYS: &[&str] = &["git", "branch", "tag", "rev"];

/// Makes all dependencies fit; gives the keys of those that stay.
pub(super) fn dependencies(
    normalising: &mut Normalising<'_>,
    table: &mut Table,
) -> BTreeSet<String> {
    let mut kept = BTreeSet::new();
    for (name, development) in TABLES {
        of_table(normalising, table, &[name], *development, &mut kept);
    }
    let Some(targets) = table.get_mut("target").and_then(Item::as_table_like_mut) else {
        return kept;
    };
    let conditions: Vec<String> = targets.iter().map(|(key, _)| key.to_owned()).collect();
    for condition in conditions {
        let Some(target) = targets
            .get_mut(&condition)
            .and_then(Item::as_table_like_mut)
        else {
            continue;
        };
        for (name, development) in TABLES {
            let keys = ["target", condition.as_str(), name];
            of_table(normalising, target, &keys, *development, &mut kept);
        }
        if target.is_empty() {
            targets.remove(&condition);
        }
    }
    if targets.is_empty() {
        table.remove("target");
    }
    kept
}

fn of_table(
    normalising: &mut Normalising<'_>,
    around: &mut dyn TableLike,
    keys: &[&str],
    development: bool,
    kept: &mut BTreeSet<String>,
) {
    let name = keys.last().copied().unwrap_or_default();
    let Some(table) = around.get_mut(name).and_then(Item::as_table_like_mut) else {
        return;
    };
    let dependencies: Vec<String> = table.iter().map(|(key, _)| key.to_owned()).collect();
    let mut unused = Vec::new();
    for key in dependencies {
        let place: Vec<&str> = keys.iter().copied().chain([key.as_str()]).collect();
        let is_needed = if name.starts_with("build") {
            true
        } else if development {
            let code = key.replace('-', "_");
            normalising.is_named(&key) && normalising.input.words.contains(code.as_str())
        } else {
            normalising.is_named(&key)
        };
        if !is_needed {
            table.remove(&key);
            unused.push(key);
            continue;
        }
        let around = Surroundings::of(table, &key);
        let Some(item) = table.get_mut(&key) else {
            continue;
        };
        let inherits = item.as_table_like().is_some_and(is_inherited);
        one(normalising, item, &key, &place, development);
        if inherits && item.is_value() {
            around.put(table, &key);
        }
        kept.insert(key);
    }
    if table.is_empty() {
        around.remove(name);
    }
    if !unused.is_empty() && (development || normalising.input.part.is_some()) {
        let shown: Vec<String> = unused
            .iter()
            .take(20)
            .map(|key| escape_untrusted(key))
            .collect();
        let what = format!(
            "{} of [{name}] are left out: no taken file names them: {}",
            unused.len(),
            shown.join(", ")
        );
        normalising.tell(Severity::Info, "dependencies-left-out", keys, what);
    }
}

/// Makes one dependency fit.
fn one(
    normalising: &mut Normalising<'_>,
    item: &mut Item,
    key: &str,
    place: &[&str],
    development: bool,
) {
    let mut folder = normalising.input.folder;
    if item.as_table_like().is_some_and(is_inherited) {
        match inherited(normalising, item, key) {
            Some(complete) => {
                *item = complete;
                folder = normalising.input.workspace.map_or("", |(_, folder)| folder);
            }
            None => {
                let what = format!(
                    "`{}` is taken from a workspace that does not give it",
                    escape_untrusted(key)
                );
                normalising.tell(Severity::Error, "not-inherited", place, what);
                return;
            }
        }
    }
    if let Some(requirement) = item.as_str() {
        let requirement = requirement.to_owned();
        external(normalising, key, requirement, development);
        return;
    }
    let Some(table) = item.as_table_like_mut() else {
        let what = format!("the dependency `{}` cannot be read", escape_untrusted(key));
        normalising.tell(Severity::Error, "manifest-unreadable", place, what);
        return;
    };
    if table.get("git").is_some() {
        let what = format!(
            "the dependency `{}` comes from a git repository, which cannot be checked and locked with the others; take its package too, or a version of the registry",
            escape_untrusted(key)
        );
        normalising.tell(Severity::Error, "git-dependency", place, what);
        for key in GIT_KEYS {
            table.remove(key);
        }
        return;
    }
    if table.get("registry-index").is_some() {
        let what = format!(
            "the dependency `{}` names the address of a registry",
            escape_untrusted(key)
        );
        normalising.tell(Severity::Error, "registry-address", place, what);
        return;
    }
    if let Some(registry) = table.get("registry").and_then(Item::as_str) {
        let what = format!(
            "the dependency `{}` comes from the registry `{}`, which your own configuration of cargo has to name",
            escape_untrusted(key),
            escape_untrusted(registry)
        );
        normalising.tell(Severity::Warning, "other-registry", place, what);
    }
    let path = table.get("path").and_then(Item::as_str).map(str::to_owned);
    if let Some(path) = path {
        if by_path(normalising, table, key, folder, &path) {
            return;
        }
        if table.get("version").and_then(Item::as_str).is_none() {
            let what = format!(
                "the dependency `{}` is the package at `{}`, which is not taken, and no version says which one of a registry would do",
                escape_untrusted(key),
                escape_untrusted(&path)
            );
            normalising.tell(Severity::Error, "path-dependency", place, what);
            return;
        }
        table.remove("path");
        let what = format!(
            "the dependency `{}` comes from the registry now: the package at `{}` is not taken",
            escape_untrusted(key),
            escape_untrusted(&path)
        );
        normalising.tell(Severity::Warning, "path-dependency", place, what);
    }
    let name = table
        .get("package")
        .and_then(Item::as_str)
        .unwrap_or(key)
        .to_owned();
    let requirement = table
        .get("version")
        .and_then(Item::as_str)
        .unwrap_or("*")
        .to_owned();
    external(normalising, &name, requirement, development);
}

fn external(normalising: &mut Normalising<'_>, name: &str, requirement: String, development: bool) {
    normalising.external.push(External {
        name: name.to_owned(),
        requirement,
        development,
    });
}

/// Points a dependency to where its package is now; gives false when the package was not taken.
fn by_path(
    normalising: &Normalising<'_>,
    table: &mut dyn TableLike,
    key: &str,
    folder: &str,
    path: &str,
) -> bool {
    let Some(target) = followed(folder, path) else {
        return false;
    };
    let Some(placed) = normalising.input.placed.get(target.as_str()) else {
        return false;
    };
    let path = super::placement::relative(normalising.input.new_folder, &placed.folder);
    table.insert("path", value(path));
    if let Some(new_name) = &placed.new_name {
        if new_name == key {
            table.remove("package");
        } else {
            table.insert("package", value(new_name.as_str()));
        }
    }
    true
}

/// Follows a path from a folder of the source; `None` when it leads out.
pub(super) fn followed(folder: &str, path: &str) -> Option<String> {
    if path.starts_with(['/', '\\']) || path.contains(':') || path.len() > 4096 {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// Joins what the workspace gives and what the package adds (reference, "Inheriting a dependency from a workspace").
fn inherited(normalising: &Normalising<'_>, own: &Item, key: &str) -> Option<Item> {
    let given = normalising.of_workspace(&["dependencies", key])?;
    let mut joined = InlineTable::new();
    if let Some(version) = given.as_str() {
        joined.insert("version", version.into());
    }
    for (name, item) in given
        .as_table_like()
        .into_iter()
        .flat_map(|table| table.iter())
    {
        if let Ok(value) = plain(item).into_value() {
            joined.insert(name, value);
        }
    }
    let own = own.as_table_like()?;
    if own.get("optional").and_then(Item::as_bool) == Some(true) {
        joined.insert("optional", true.into());
    }
    let own_defaults = own.get("default-features").and_then(Item::as_bool);
    let given_defaults = joined.get("default-features").and_then(Value::as_bool);
    let defaults = match (given_defaults, own_defaults) {
        (Some(false), Some(true)) => Some(true),
        (None, Some(own)) if edition_of(normalising).as_str() >= "2024" => Some(own),
        (given, _) => given,
    };
    match defaults {
        Some(defaults) => {
            joined.insert("default-features", defaults.into());
        }
        None => {
            joined.remove("default-features");
        }
    }
    let own_features = own.get("features").and_then(Item::as_array);
    let given_features = joined.get("features").and_then(Value::as_array).cloned();
    let mut features = Array::new();
    let mut known = BTreeSet::new();
    for feature in given_features
        .iter()
        .chain(own_features)
        .flatten()
        .filter_map(Value::as_str)
    {
        if known.insert(feature.to_owned()) {
            features.push(feature);
        }
    }
    if features.is_empty() {
        joined.remove("features");
    } else {
        joined.insert("features", features.into());
    }
    Some(value(joined))
}

fn edition_of(normalising: &Normalising<'_>) -> String {
    let own = normalising
        .input
        .text
        .parse::<toml_edit::DocumentMut>()
        .ok();
    let written = own
        .as_ref()
        .and_then(|document| document.get("package")?.get("edition").cloned());
    let written = match written {
        Some(item) if item.as_str().is_some() => Some(item),
        Some(_) => normalising.of_workspace(&["package", "edition"]),
        None => None,
    };
    let edition = written.and_then(|item| item.as_str().map(str::to_owned));
    edition.unwrap_or_else(|| "2015".to_owned())
}

/// Leaves out of the features what names dependencies that did not stay.
pub(super) fn features(
    normalising: &mut Normalising<'_>,
    table: &mut Table,
    kept: &BTreeSet<String>,
) {
    if normalising.input.part.is_none() {
        return;
    }
    let Some(features) = table.get_mut("features").and_then(Item::as_table_like_mut) else {
        return;
    };
    let names: BTreeSet<String> = features.iter().map(|(name, _)| name.to_owned()).collect();
    for (_, feature) in features.iter_mut() {
        let Some(list) = feature.as_array_mut() else {
            continue;
        };
        list.retain(|entry| {
            let Some(entry) = entry.as_str() else {
                return false;
            };
            match entry.strip_prefix("dep:") {
                Some(dependency) => kept.contains(dependency),
                None => match entry.split_once('/') {
                    Some((dependency, _)) => kept.contains(dependency.trim_end_matches('?')),
                    None => names.contains(entry) || kept.contains(entry),
                },
            }
        });
    }
}
