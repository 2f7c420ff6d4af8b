//! Reading `uv.lock`: which packages, in which versions, and who asks for them. Runs nothing.
//!
//! Format: <https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile>; unknown keys are passed over.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    str::FromStr,
};

use pep440_rs::Version;
use serde::Deserialize;
use synthesizer_model::{failure::Failure, resolution::ResolvedPackage};

/// How much of a way is given, counted from its end.
const LONGEST_CHAIN: usize = 64;

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
    let chains = chains(&lock, own);
    let mut packages: Vec<ResolvedPackage> = lock
        .package
        .iter()
        .enumerate()
        .filter(|(_, package)| !is_own(&package.name))
        .map(|(index, package)| {
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
                chain: chains.get(index).cloned().unwrap_or_default(),
                license: None,
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

/// Gives for each package the shortest way from a member to it, without itself; empty for members and what none leads to.
///
/// Every package is entered once, so cycles end. Of ways of one length the first in the lock's order counts.
fn chains(lock: &Lock, own: &BTreeMap<String, String>) -> Vec<Vec<String>> {
    let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, package) in lock.package.iter().enumerate() {
        by_name.entry(&package.name).or_default().push(index);
    }
    let mut from: Vec<Option<usize>> = vec![None; lock.package.len()];
    let mut entered = vec![false; lock.package.len()];
    let mut queue: VecDeque<usize> = VecDeque::new();
    for (index, package) in lock.package.iter().enumerate() {
        if own.contains_key(&package.name) {
            entered[index] = true;
            queue.push_back(index);
        }
    }
    while let Some(index) = queue.pop_front() {
        for edge in lock.package[index].edges() {
            for &target in by_name.get(edge.name.as_str()).into_iter().flatten() {
                let meant = edge.version.is_none() || edge.version == lock.package[target].version;
                if meant && !entered[target] {
                    entered[target] = true;
                    from[target] = Some(index);
                    queue.push_back(target);
                }
            }
        }
    }
    (0..lock.package.len())
        .map(|index| {
            let steps = std::iter::successors(from[index], |step| from[*step]);
            let mut chain: Vec<String> = steps
                .take(LONGEST_CHAIN)
                .map(|step| lock.package[step].shown(own))
                .collect();
            chain.reverse();
            chain
        })
        .collect()
}

impl Package {
    fn edges(&self) -> impl Iterator<Item = &Edge> {
        let optional = self.optional_dependencies.values().flatten();
        let groups = self.dev_dependencies.values().flatten();
        self.dependencies.iter().chain(optional).chain(groups)
    }

    fn shown(&self, own: &BTreeMap<String, String>) -> String {
        match (own.get(&self.name), &self.version) {
            (Some(label), _) => label.clone(),
            (None, Some(version)) => format!("{} {version}", self.name),
            (None, None) => self.name.clone(),
        }
    }
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
    fn the_shortest_way_leads_from_a_repository() {
        let lock = r#"
[[package]]
name = "repo-1-a"
version = "0"
dependencies = [{ name = "one" }]

[[package]]
name = "one"
version = "1"
dependencies = [{ name = "two" }, { name = "one" }]

[[package]]
name = "two"
version = "2"
dependencies = [{ name = "one" }, { name = "three" }]

[[package]]
name = "three"
version = "3"

[[package]]
name = "stray"
version = "4"
"#;
        let own = BTreeMap::from([("repo-1-a".to_owned(), "./a".to_owned())]);
        let set = read(lock, &own, &[]).expect("a lock");
        let found: Vec<String> = set
            .packages
            .iter()
            .map(|package| format!("{}: {}", package.name, package.chain.join(" > ")))
            .collect();
        assert_eq!(
            found,
            [
                "one: ./a",
                "stray: ",
                "three: ./a > one 1 > two 2",
                "two: ./a > one 1"
            ]
        );
    }

    #[test]
    fn what_is_no_lock_is_a_failure() {
        for text in ["{", "package = 3", "[[package]]\nversion = '1'"] {
            assert!(read(text, &BTreeMap::new(), &[]).is_err(), "{text}");
        }
    }
}
