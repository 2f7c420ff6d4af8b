//! Reading `uv.lock`: which packages, in which versions, and who asks for them. Runs nothing.
//!
//! Format: <https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile>; unknown keys are passed over.

use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr,
};

use pep440_rs::Version;
use serde::Deserialize;
use synthesizer_model::{failure::Failure, resolution::ResolvedPackage};

/// What a lock says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LockedSet {
    /// The packages that come from a registry, sorted by name and version.
    pub(super) packages: Vec<ResolvedPackage>,
    /// The Python versions that it holds for.
    pub(super) requires_python: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Lock {
    #[serde(rename = "requires-python")]
    requires_python: Option<String>,
    #[serde(default)]
    package: Vec<Package>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Package {
    name: String,
    version: Option<String>,
    #[serde(default)]
    dependencies: Vec<Edge>,
    #[serde(default)]
    optional_dependencies: BTreeMap<String, Vec<Edge>>,
    #[serde(default)]
    dev_dependencies: BTreeMap<String, Vec<Edge>>,
}

/// A dependency; its version is written only where the lock has several of that name.
#[derive(Debug, Deserialize)]
struct Edge {
    name: String,
    version: Option<String>,
}

/// Reads a lock. `own` holds the names that are members or the project itself, each with what to show for it; names of
/// `hidden` are own too but never shown.
///
/// # Errors
/// `E_INTERNAL` when the text is no lock that uv writes.
pub(super) fn read(
    content: &str,
    own: &BTreeMap<String, String>,
    hidden: &[&str],
) -> Result<LockedSet, Failure> {
    let lock: Lock = toml::from_str(content).map_err(|error| {
        tracing::debug!(%error, "a lock cannot be read");
        Failure::internal("the lock that uv has written cannot be read")
    })?;
    let is_own = |name: &str| own.contains_key(name) || hidden.contains(&name);
    let requirers = requirers(&lock, own, hidden);
    let mut packages: Vec<ResolvedPackage> = lock
        .package
        .iter()
        .filter(|package| !is_own(&package.name))
        .map(|package| {
            let version = package.version.clone().unwrap_or_default();
            let mut required_by = BTreeSet::new();
            for wanted in [Some(version.as_str()), None] {
                let found = requirers.get(&(package.name.as_str(), wanted));
                required_by.extend(found.into_iter().flatten().cloned());
            }
            ResolvedPackage {
                name: package.name.clone(),
                version,
                required_by: required_by.into_iter().collect(),
                chain: Vec::new(),
                import_names: Vec::new(),
            }
        })
        .collect();
    packages.sort_by_cached_key(|package| {
        (
            package.name.clone(),
            Version::from_str(&package.version).ok(),
            package.version.clone(),
        )
    });
    Ok(LockedSet {
        packages,
        requires_python: lock.requires_python,
    })
}

type Requirers<'a> = BTreeMap<(&'a str, Option<&'a str>), BTreeSet<String>>;

fn requirers<'a>(lock: &'a Lock, own: &BTreeMap<String, String>, hidden: &[&str]) -> Requirers<'a> {
    let mut requirers = Requirers::new();
    for package in lock
        .package
        .iter()
        .filter(|package| !hidden.contains(&package.name.as_str()))
    {
        let shown = own.get(&package.name).unwrap_or(&package.name);
        let mut add = |edges: &'a [Edge], label: String| {
            for edge in edges {
                let wanted = (edge.name.as_str(), edge.version.as_deref());
                requirers.entry(wanted).or_default().insert(label.clone());
            }
        };
        add(&package.dependencies, shown.clone());
        for (extra, edges) in &package.optional_dependencies {
            add(edges, format!("{shown}[{extra}]"));
        }
        for (group, edges) in &package.dev_dependencies {
            add(edges, format!("{shown} (group {group})"));
        }
    }
    requirers
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"
version = 1
requires-python = ">=3.9"

[[package]]
name = "click"
version = "8.10.0"
source = { registry = "r" }

[[package]]
name = "click"
version = "8.9.0"
source = { registry = "r" }

[[package]]
name = "flask"
version = "3.1.0"
dependencies = [{ name = "click", version = "8.10.0", marker = "m" }, { name = "jinja2" }]

[package.optional-dependencies]
async = [{ name = "jinja2" }]

[[package]]
name = "jinja2"
version = "3.1.6"

[[package]]
name = "repo-1-a"
version = "0"
source = { virtual = "repo-1-a" }
dependencies = [{ name = "flask" }, { name = "click", version = "8.9.0" }]

[package.dev-dependencies]
dev = [{ name = "jinja2" }]

[[package]]
name = "root"
version = "0"
dependencies = [{ name = "repo-1-a" }, { name = "jinja2" }]
"#;

    #[test]
    fn packages_name_who_asks_for_them() {
        let own = BTreeMap::from([("repo-1-a".to_owned(), "./a".to_owned())]);
        let set = read(LOCK, &own, &["root"]).expect("a lock");
        let found: Vec<String> = set
            .packages
            .iter()
            .map(|package| {
                format!(
                    "{} {} {:?}",
                    package.name, package.version, package.required_by
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                r#"click 8.9.0 ["./a"]"#,
                r#"click 8.10.0 ["flask"]"#,
                r#"flask 3.1.0 ["./a"]"#,
                r#"jinja2 3.1.6 ["./a (group dev)", "flask", "flask[async]"]"#,
            ]
        );
        assert_eq!(set.requires_python.as_deref(), Some(">=3.9"));
    }

    #[test]
    fn what_is_no_lock_is_a_failure() {
        for text in ["{", "package = 3", "[[package]]\nversion = '1'"] {
            assert!(read(text, &BTreeMap::new(), &[]).is_err(), "{text}");
        }
    }
}
