//! Reading `package-lock.json`: which packages, in which versions, and who asks for them. Runs nothing.
//!
//! Format: npm's documentation of package-lock.json, lockfileVersion 3: packages by their places, found from an asker's
//! place upwards. Unknown keys are passed over.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde_json::Value;
use synthesizer_model::{failure::Failure, resolution::ResolvedPackage, text::escape_untrusted};

use super::{
    npm_range::NpmRange,
    package_graph::{self, Node},
};

/// How many folders upwards a package is looked for; npm nests a few levels.
const MOST_LEVELS: usize = 64;
/// How many peers that do not suit are told.
const MOST_PASSED_OVER: usize = 20;

#[derive(Debug, Deserialize)]
struct Lock {
    #[serde(default)]
    packages: BTreeMap<String, Package>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Package {
    name: Option<String>,
    version: Option<String>,
    license: Option<Value>,
    resolved: Option<String>,
    link: bool,
    dependencies: BTreeMap<String, String>,
    optional_dependencies: BTreeMap<String, String>,
    peer_dependencies: BTreeMap<String, String>,
    peer_dependencies_meta: BTreeMap<String, Value>,
}

impl Package {
    fn ranges(&self) -> impl Iterator<Item = (&String, &String)> {
        let own = self.dependencies.iter().chain(&self.optional_dependencies);
        own.chain(&self.peer_dependencies)
    }

    fn asked(&self) -> impl Iterator<Item = &str> {
        let peers = self.peer_dependencies.keys().filter(|name| {
            let about = self.peer_dependencies_meta.get(*name);
            about.and_then(|about| about.get("optional")) != Some(&Value::Bool(true))
        });
        let own = self.dependencies.keys();
        own.chain(self.optional_dependencies.keys())
            .chain(peers)
            .map(String::as_str)
    }
}

/// What a lock says.
#[derive(Debug)]
pub(super) struct LockedSet {
    /// The packages that come from a registry, sorted by name and version.
    pub(super) packages: Vec<ResolvedPackage>,
    /// What members ask for and the lock does not have: the member's name and the key.
    pub(super) missing: Vec<(String, String)>,
    /// Where something gets a version that it does not ask for, as npm does with some peers and with what is held: one sentence each.
    pub(super) passed_over: Vec<String>,
}

/// Reads a lock. `labels` has what to show for every member; `root` is shown for the root.
///
/// # Errors
/// `E_INTERNAL` when the text is no lock that npm writes.
pub(super) fn read(
    content: &str,
    labels: &BTreeMap<String, String>,
    root: &str,
) -> Result<LockedSet, Failure> {
    let lock: Lock = serde_json::from_str(content).map_err(|error| {
        tracing::debug!(%error, "a lock cannot be read");
        Failure::internal("the lock that npm has written cannot be read")
    })?;
    let positions: HashMap<&str, usize> = lock
        .packages
        .keys()
        .enumerate()
        .map(|(position, place)| (place.as_str(), position))
        .collect();
    let packages: Vec<(&String, &Package)> = lock.packages.iter().collect();
    let mut missing = Vec::new();
    let mut passed_over = Vec::new();
    let mut nodes = Vec::with_capacity(lock.packages.len());
    for (place, package) in &lock.packages {
        let label = match place.as_str() {
            "" => Some(root.to_owned()),
            place => labels.get(place).cloned(),
        };
        let mut asks_for = Vec::new();
        for name in package.asked() {
            match find(&lock, &positions, place, name) {
                Some(position) => asks_for.push(position),
                None if labels.contains_key(place) => {
                    missing.push((place.clone(), name.to_owned()));
                }
                None => {}
            }
        }
        for (name, range) in package.ranges() {
            if passed_over.len() < MOST_PASSED_OVER
                && let Some(position) = find(&lock, &positions, place, name)
                && let Some((_, found)) = packages.get(position)
                && let Some(version) = &found.version
                && suits(version, range) == Some(false)
            {
                let asker = label
                    .clone()
                    .unwrap_or_else(|| package_name(place, package));
                passed_over.push(escape_untrusted(&format!(
                    "{asker} asks for {name} {range}, but npm gives it {version}"
                )));
            }
        }
        nodes.push(Node {
            name: package_name(place, package),
            version: package.version.clone().unwrap_or_default(),
            license: license(package),
            label,
            hidden: package.link,
            asks_for,
        });
    }
    Ok(LockedSet {
        packages: package_graph::packages(&nodes),
        missing,
        passed_over,
    })
}

/// Says whether a version suits a range; `None` when that cannot be told.
fn suits(version: &str, range: &str) -> Option<bool> {
    let range = range.strip_prefix("npm:").map_or(range, |alias| {
        alias.rsplit_once('@').map_or("*", |(_, range)| range)
    });
    Some(!NpmRange::parse(version)?.is_disjoint(&NpmRange::parse(range)?))
}

/// Finds what a package at a place gets when it asks for a name.
fn find(lock: &Lock, positions: &HashMap<&str, usize>, place: &str, name: &str) -> Option<usize> {
    let mut folder = place;
    for _ in 0..MOST_LEVELS {
        let candidate = match folder {
            "" => format!("node_modules/{name}"),
            folder => format!("{folder}/node_modules/{name}"),
        };
        if let Some((found, package)) = lock.packages.get_key_value(&candidate) {
            // A member is linked from where it is looked for.
            let target = package.resolved.as_deref().filter(|_| package.link);
            return positions.get(target.unwrap_or(found)).copied();
        }
        if folder.is_empty() {
            return None;
        }
        folder = match folder.rfind("/node_modules/") {
            Some(at) => &folder[..at],
            None => "",
        };
    }
    None
}

fn package_name(place: &str, package: &Package) -> String {
    let last = place.rsplit("node_modules/").next().unwrap_or(place);
    package.name.as_deref().unwrap_or(last).to_owned()
}

/// Gives the license, as manifests of today and of old say it.
fn license(package: &Package) -> Option<String> {
    let license = package.license.as_ref()?;
    let text = license.as_str().or_else(|| license.get("type")?.as_str())?;
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"{"lockfileVersion": 3, "packages": {
        "": {"workspaces": ["repo-1-a"], "dependencies": {"y": "1"}},
        "node_modules/repo-1-a": {"resolved": "repo-1-a", "link": true},
        "repo-1-a": {"version": "0.0.0", "dependencies": {"x": "1", "short": "npm:long@2"}, "optionalDependencies": {"gone": "1"},
            "peerDependencies": {"y": "1", "z": "1"}, "peerDependenciesMeta": {"z": {"optional": true}}},
        "node_modules/x": {"version": "1.0.0", "license": "MIT", "dependencies": {"y": "2"}},
        "node_modules/x/node_modules/y": {"version": "2.0.0", "license": {"type": "ISC"}, "dependencies": {"x": "1"}},
        "node_modules/y": {"version": "1.5.0", "license": ["MIT"], "peerDependencies": {"x": "^2", "long": "npm:long@2"}},
        "node_modules/short": {"name": "long", "version": "2.1.0", "peerDependencies": {"y": "1"}}
    }}"#;

    #[test]
    fn packages_name_who_asks_for_them_and_the_way_to_them() {
        let labels = BTreeMap::from([("repo-1-a".to_owned(), "./a".to_owned())]);
        let set = read(LOCK, &labels, "constraint").expect("a lock");
        let found: Vec<String> = set
            .packages
            .iter()
            .map(|one| {
                format!(
                    "{} {} {:?} by {:?} way {:?}",
                    one.name, one.version, one.license, one.required_by, one.chain
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                r#"long 2.1.0 None by ["./a"] way ["./a"]"#,
                r#"x 1.0.0 Some("MIT") by ["./a", "y"] way ["./a"]"#,
                r#"y 1.5.0 None by ["./a", "constraint", "long"] way ["constraint"]"#,
                r#"y 2.0.0 Some("ISC") by ["x"] way ["./a", "x 1.0.0"]"#,
            ]
        );
        assert_eq!(set.passed_over, ["y asks for x ^2, but npm gives it 1.0.0"]);
        assert_eq!(set.missing, [("repo-1-a".to_owned(), "gone".to_owned())]);
    }

    #[test]
    fn what_is_no_lock_is_a_failure() {
        for text in ["{", r#"{"packages": 3}"#, r#"{"packages": {"x": 3}}"#] {
            assert!(read(text, &BTreeMap::new(), "").is_err(), "{text}");
        }
        let odd = r#"{"packages": {"x": {"dependencies": {"x": "1", "é/../y": "1"}}}}"#;
        assert!(read(odd, &BTreeMap::new(), "").is_ok());
    }
}
