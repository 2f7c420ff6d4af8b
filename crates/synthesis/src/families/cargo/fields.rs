//! `[package]` and `[lints]` of a manifest: what the old workspace gives is filled in. Knows no dependency.

use synthesizer_model::{finding::Severity, text::escape_untrusted};
use toml_edit::{Item, Table, TableLike, Value, value};

use super::manifest::{Normalising, Surroundings, is_inherited, plain};

/// Fields that say what a published package has, or where its workspace is.
const NOT_KEPT: &[&str] = &["include", "exclude", "workspace", "publish"];
/// Fields that name a file.
const FILES: &[&str] = &["readme", "license-file"];
/// Levels of lints that stop a build.
const STOPPING: &[&str] = &["deny", "forbid"];

/// Completes the fields of the package.
pub(super) fn package(normalising: &mut Normalising<'_>, package: &mut dyn TableLike) {
    let keys: Vec<String> = package.iter().map(|(key, _)| key.to_owned()).collect();
    for key in &keys {
        let inherits = package
            .get(key)
            .and_then(Item::as_table_like)
            .is_some_and(is_inherited);
        if inherits && !NOT_KEPT.contains(&key.as_str()) {
            inherit(normalising, package, key);
        }
    }
    for key in NOT_KEPT {
        package.remove(key);
    }
    files(normalising, package);
    if let Some(name) = normalising.input.new_name {
        package.insert("name", value(name));
        if normalising.input.part.is_some() {
            package.remove("default-run");
        }
    }
    build_script(normalising, package);
    // Of some kinds of targets nothing is there: what lies in their folders by chance is none.
    for (key, is_part) in [
        ("autoexamples", false),
        ("autobenches", false),
        ("autobins", true),
        ("autotests", true),
    ] {
        if !is_part || normalising.input.part.is_some() {
            package.insert(key, value(false));
        }
    }
    package.insert("publish", value(false));
}

fn inherit(normalising: &mut Normalising<'_>, package: &mut dyn TableLike, key: &str) {
    let around = Surroundings::of(package, key);
    match normalising.of_workspace(&["package", key]) {
        // The path of a file is as the workspace sees it.
        Some(item) if FILES.contains(&key) => {
            let own = item.as_str().and_then(|path| path.rsplit('/').next());
            match own.filter(|name| normalising.input.files.contains(name)) {
                Some(name) => package.insert(key, value(name)),
                None => package.remove(key),
            };
        }
        Some(item) => {
            package.insert(key, plain(&item));
        }
        None => {
            let what = format!(
                "`{}` is taken from a workspace that does not give it",
                escape_untrusted(key)
            );
            normalising.tell(Severity::Error, "not-inherited", &["package", key], what);
            return;
        }
    }
    around.put(package, key);
}

/// Names the files of the manifest where they are now.
fn files(normalising: &mut Normalising<'_>, package: &mut dyn TableLike) {
    for key in FILES {
        let Some(written) = package.get(key).and_then(Item::as_str) else {
            continue;
        };
        let inside = written.trim_start_matches("./");
        let name = written.rsplit('/').next().unwrap_or(written);
        let files = normalising.input.files;
        let found = [inside, name].into_iter().find(|path| files.contains(path));
        match found.map(str::to_owned) {
            Some(path) => {
                if path != written {
                    package.insert(key, value(path));
                }
            }
            None => {
                let what = format!("`{key}` is left out: the file is not taken");
                package.remove(key);
                normalising.tell(
                    Severity::Info,
                    "settings-not-taken",
                    &["package", key],
                    what,
                );
            }
        }
    }
}

fn build_script(normalising: &mut Normalising<'_>, package: &mut dyn TableLike) {
    let Some(script) = package.get("build").and_then(Item::as_str) else {
        return;
    };
    let path = script.trim_start_matches("./").to_owned();
    if !normalising.input.files.contains(path.as_str()) {
        let what = format!(
            "the build script `{}` is not in the package",
            escape_untrusted(&path)
        );
        normalising.tell(
            Severity::Error,
            "target-missing",
            &["package", "build"],
            what,
        );
    }
}

/// Completes the lints; what would stop a build with a newer compiler only warns.
pub(super) fn lints(normalising: &mut Normalising<'_>, table: &mut Table) {
    let inherits = table
        .get("lints")
        .and_then(Item::as_table_like)
        .is_some_and(is_inherited);
    if inherits {
        match normalising.of_workspace(&["lints"]) {
            Some(item) => {
                table.insert("lints", as_tables(item));
            }
            None => {
                table.remove("lints");
                let what = "lints are taken from a workspace that does not give them".to_owned();
                normalising.tell(Severity::Warning, "not-inherited", &["lints"], what);
            }
        }
    }
    let mut softened = 0;
    let Some(lints) = table.get_mut("lints").and_then(Item::as_table_like_mut) else {
        return;
    };
    for (_, tool) in lints.iter_mut() {
        let Some(tool) = tool.as_table_like_mut() else {
            continue;
        };
        for (_, lint) in tool.iter_mut() {
            softened += usize::from(soften(lint));
        }
    }
    if softened > 0 {
        let what = format!(
            "{softened} lints that stop the build only warn now: they depend on the compiler's version"
        );
        normalising.tell(Severity::Info, "lints-softened", &["lints"], what);
    }
}

fn soften(lint: &mut Item) -> bool {
    if lint.as_str().is_some_and(|level| STOPPING.contains(&level)) {
        *lint = value("warn");
        return true;
    }
    let Some(lint) = lint.as_table_like_mut() else {
        return false;
    };
    let stops = lint
        .get("level")
        .and_then(Item::as_str)
        .is_some_and(|level| STOPPING.contains(&level));
    if stops {
        lint.insert("level", Item::Value(Value::from("warn")));
    }
    stops
}

/// Gives tables of another document new places, so that they are written where this one ends.
fn as_tables(item: Item) -> Item {
    match item {
        Item::Table(mut table) => {
            table.set_position(None);
            // Without comments the usual blank line stands before it.
            let prefix = table.decor().prefix().and_then(|prefix| prefix.as_str());
            if prefix.is_none_or(|prefix| prefix.trim().is_empty()) {
                table.decor_mut().clear();
            }
            let keys: Vec<String> = table.iter().map(|(key, _)| key.to_owned()).collect();
            for key in keys {
                if let Some(inner) = table.remove(&key) {
                    table.insert(&key, as_tables(inner));
                }
            }
            Item::Table(table)
        }
        other => other,
    }
}
