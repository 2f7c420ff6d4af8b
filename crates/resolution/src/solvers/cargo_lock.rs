//! Reading `Cargo.lock`: which packages, in which versions, and who asks for them. Runs nothing.
//!
//! What it is: <https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html>; a dependency is `NAME`, `NAME VERSION` or `NAME VERSION (SOURCE)`, as
//! exact as it must be to be unique. Unknown keys are passed over.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use synthesizer_model::{failure::Failure, resolution::ResolvedPackage};

use super::package_graph::{self, Node};

#[derive(Debug, Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Package>,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    version: String,
    source: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
}

/// Reads a lock into its packages, sorted by name and version. `labels` has what to show for every member.
///
/// # Errors
/// `E_INTERNAL` when the text is no lock that Cargo writes.
pub(super) fn read(
    content: &str,
    labels: &BTreeMap<String, String>,
) -> Result<Vec<ResolvedPackage>, Failure> {
    let lock: Lock = toml::from_str(content).map_err(|error| {
        tracing::debug!(%error, "a lock cannot be read");
        Failure::internal("the lock that cargo has written cannot be read")
    })?;
    let places = Places::of(&lock);
    let nodes: Vec<Node> = lock
        .package
        .iter()
        .map(|package| Node {
            name: package.name.clone(),
            version: package.version.clone(),
            license: None,
            // What comes from nowhere is a member.
            label: match package.source {
                None => labels.get(&package.name).cloned(),
                Some(_) => None,
            },
            hidden: false,
            asks_for: package
                .dependencies
                .iter()
                .filter_map(|text| places.find(text))
                .collect(),
        })
        .collect();
    Ok(package_graph::packages(&nodes))
}

/// Where the packages of a lock stand, by each of the forms in which a dependency may name them.
struct Places<'a> {
    by_name: HashMap<&'a str, usize>,
    by_version: HashMap<(&'a str, &'a str), usize>,
    by_source: HashMap<(&'a str, &'a str, &'a str), usize>,
}

impl<'a> Places<'a> {
    fn of(lock: &'a Lock) -> Self {
        let mut places = Self {
            by_name: HashMap::new(),
            by_version: HashMap::new(),
            by_source: HashMap::new(),
        };
        for (at, package) in lock.package.iter().enumerate() {
            let (name, version) = (package.name.as_str(), package.version.as_str());
            places.by_name.insert(name, at);
            places.by_version.insert((name, version), at);
            if let Some(source) = &package.source {
                places.by_source.insert((name, version, source), at);
            }
        }
        places
    }

    fn find(&self, text: &str) -> Option<usize> {
        let mut words = text.splitn(3, ' ');
        let name = words.next()?;
        let found = match (words.next(), words.next()) {
            (None, _) => self.by_name.get(name),
            (Some(version), None) => self.by_version.get(&(name, version)),
            (Some(version), Some(source)) => {
                let source = source.trim_start_matches('(').trim_end_matches(')');
                self.by_source.get(&(name, version, source))
            }
        };
        found.copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"
version = 4

[[package]]
name = "rand"
version = "0.7.3"
source = "registry+r"
dependencies = ["libc"]

[[package]]
name = "rand"
version = "0.8.6"
source = "registry+r"
dependencies = ["libc", "rand 0.7.3 (registry+r)"]

[[package]]
name = "libc"
version = "0.2.1"
source = "registry+r"

[[package]]
name = "repo-1-a"
version = "0.0.0"
dependencies = ["rand 0.8.6"]

[[package]]
name = "repo-2-b"
version = "0.0.0"
dependencies = ["libc", "gone"]
"#;

    #[test]
    fn packages_name_who_asks_for_them_and_the_way_to_them() {
        let labels = BTreeMap::from([
            ("repo-1-a".to_owned(), "./a".to_owned()),
            ("repo-2-b".to_owned(), "./b".to_owned()),
        ]);
        let found: Vec<String> = read(LOCK, &labels)
            .expect("a lock")
            .iter()
            .map(|one| {
                format!(
                    "{} {} by {:?} way {:?}",
                    one.name, one.version, one.required_by, one.chain
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                r#"libc 0.2.1 by ["./b", "rand"] way ["./b"]"#,
                r#"rand 0.7.3 by ["rand"] way ["./a", "rand 0.8.6"]"#,
                r#"rand 0.8.6 by ["./a"] way ["./a"]"#,
            ]
        );
    }

    #[test]
    fn what_is_no_lock_is_a_failure() {
        for text in ["{", "package = 3", "[[package]]\nversion = '1'"] {
            assert!(read(text, &BTreeMap::new()).is_err(), "{text}");
        }
    }
}
