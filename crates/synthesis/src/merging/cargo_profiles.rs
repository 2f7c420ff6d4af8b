//! What a source's build profiles mean for its own crates. Cargo reads profiles at the top of a workspace only, for all crates there; what can
//! be said of one crate is said of the source's crates alone, so that no source decides for another.

use synthesizer_model::finding::{Finding, Severity};
use toml_edit::{DocumentMut, Item, Table};

use super::{
    merged::{MergeSource, finding, listed},
    toml_lines::line_of,
};

/// The profiles that Cargo has by itself (The Cargo Book, "Profiles").
const BUILT_IN: &[&str] = &["dev", "release", "test", "bench"];
/// Settings that change what code does, or without which its tests take far too long. Cargo allows them for one crate.
const TAKEN: &[&str] = &["debug-assertions", "opt-level", "overflow-checks"];

/// Gives the part of `Cargo.toml` with what a source's profiles say, for its crates alone, and what is not taken of them.
///
/// The part is empty when there is nothing to take. `packages` are the crates' names in the project.
pub(super) fn confined(source: &MergeSource<'_>, packages: &[String]) -> (String, Vec<Finding>) {
    let Ok(document) = source.text.parse::<DocumentMut>() else {
        // A manifest that cannot be read is told where it is taken or left.
        return (String::new(), Vec::new());
    };
    let mut part = DocumentMut::new();
    let mut left = Vec::new();
    let profiles = document.get("profile").and_then(Item::as_table_like);
    for (profile, settings) in profiles.iter().flat_map(|table| table.iter()) {
        let Some(settings) = settings.as_table_like() else {
            continue;
        };
        let mut taken = Table::new();
        for (name, setting) in settings.iter() {
            let is_known = BUILT_IN.contains(&profile) && TAKEN.contains(&name);
            match setting.as_value() {
                Some(value) if is_known => {
                    let mut value = value.clone();
                    value.decor_mut().clear();
                    taken.insert(name, Item::Value(value));
                }
                _ => left.push(format!("{profile}.{name}")),
            }
        }
        if !taken.is_empty() {
            put(&mut part, profile, &taken, packages);
        }
    }
    let mut findings = Vec::new();
    if !left.is_empty() {
        let what = format!(
            "the build settings {} are not taken: they would count for all crates, so they are the new project's choice; add them to [profile] of its Cargo.toml to have them",
            listed(&left)
        );
        let line = line_of(source.text, &["profile"]);
        findings.push(finding(
            Severity::Info,
            "settings-not-taken",
            source,
            line,
            &what,
        ));
    }
    (part.to_string(), findings)
}

fn put(part: &mut DocumentMut, profile: &str, settings: &Table, packages: &[String]) {
    let implicit = || {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    };
    let mut table = part.as_table_mut();
    for name in ["profile", profile, "package"] {
        let Some(below) = table.entry(name).or_insert_with(implicit).as_table_mut() else {
            return;
        };
        table = below;
    }
    for package in packages {
        table.insert(package, Item::Table(settings.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::super::Extent;
    use super::*;

    fn check(text: &str, expected: &str, told: &[&str]) {
        let source = MergeSource {
            id: "x",
            path: "Cargo.toml",
            text,
            extent: Extent::Whole,
            folder: "",
        };
        let packages = ["one".to_owned(), "two".to_owned()];
        let (part, findings) = confined(&source, &packages);
        assert_eq!(part, expected, "{text}");
        let found: Vec<&str> = findings
            .iter()
            .map(|one| one.what.split(" are not taken").next().unwrap_or_default())
            .collect();
        assert_eq!(found, told, "{text}");
    }

    #[test]
    fn profiles_count_for_the_sources_own_crates() {
        check(
            "[profile.dev]\nopt-level = 2 # slow else\ndebug = 0\n[profile.release]\nlto = true\noverflow-checks = true\n",
            "[profile.dev.package.one]\nopt-level = 2\n\n[profile.dev.package.two]\nopt-level = 2\n\n[profile.release.package.one]\noverflow-checks = true\n\n[profile.release.package.two]\noverflow-checks = true\n",
            &["the build settings dev.debug, release.lto"],
        );
        check(
            "profile = { fast = { inherits = \"release\", opt-level = 3 } }",
            "",
            &["the build settings fast.inherits, fast.opt-level"],
        );
        check(
            "[profile.dev.package.serde]\nopt-level = 3\n",
            "",
            &["the build settings dev.package"],
        );
        check("[package]\nname = \"x\"\n", "", &[]);
        check("profile = 1", "", &[]);
        check("profile = [", "", &[]);
    }
}
