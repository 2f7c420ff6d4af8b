//! Who asks for each package of a lock, and the shortest way to it from a repository. Knows no lock format and runs nothing.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use semver::Version;
use synthesizer_model::{resolution::ResolvedPackage, text::escape_untrusted};

/// Ways longer than this are not told: the whole answer stays linear in the size of the lock.
const LONGEST_CHAIN: usize = 100;

/// A package of a lock, or a repository's stand-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    /// The name.
    pub(super) name: String,
    /// The version.
    pub(super) version: String,
    /// Its license, where the lock tells.
    pub(super) license: Option<String>,
    /// What to show when it is no package but stands for a repository or for the user's constraints.
    pub(super) label: Option<String>,
    /// Whether it is neither a package nor shown, such as the root of a workspace.
    pub(super) hidden: bool,
    /// Positions of what it asks for.
    pub(super) asks_for: Vec<usize>,
}

impl Node {
    /// Gives the name under which it asks for others.
    fn shown(&self) -> String {
        match &self.label {
            Some(label) => label.clone(),
            None => escape_untrusted(&self.name),
        }
    }
}

/// Lists the packages among the nodes, sorted by name and version; nodes of the same name and version are one package.
///
/// Positions that lead nowhere are passed over.
pub(super) fn packages(nodes: &[Node]) -> Vec<ResolvedPackage> {
    let required_by = requirers(nodes);
    let ways = shortest_ways(nodes);
    let mut found: BTreeMap<(&str, &str), Found> = BTreeMap::new();
    for (at, node) in nodes.iter().enumerate() {
        if node.label.is_some() || node.hidden {
            continue;
        }
        let one = found
            .entry((node.name.as_str(), node.version.as_str()))
            .or_default();
        if one.license.is_none() {
            one.license.clone_from(&node.license);
        }
        one.required_by.extend(required_by[at].iter().cloned());
        if let Some(distance) = ways[at].map(|way| way.distance)
            && one.nearest.is_none_or(|(nearest, _)| distance < nearest)
        {
            one.nearest = Some((distance, at));
        }
    }
    let mut packages: Vec<ResolvedPackage> = found
        .into_iter()
        .map(|((name, version), found)| ResolvedPackage {
            name: escape_untrusted(name),
            version: escape_untrusted(version),
            required_by: found.required_by.into_iter().collect(),
            chain: found
                .nearest
                .map(|(_, at)| chain(nodes, &ways, at))
                .unwrap_or_default(),
            import_names: Vec::new(),
            license: found.license.as_deref().map(escape_untrusted),
        })
        .collect();
    packages.sort_by_cached_key(|package| {
        (
            package.name.clone(),
            Version::parse(&package.version).ok(),
            package.version.clone(),
        )
    });
    packages
}

#[derive(Default)]
struct Found {
    required_by: BTreeSet<String>,
    nearest: Option<(usize, usize)>,
    license: Option<String>,
}

fn requirers(nodes: &[Node]) -> Vec<BTreeSet<String>> {
    let mut requirers = vec![BTreeSet::new(); nodes.len()];
    for node in nodes.iter().filter(|node| !node.hidden) {
        for asked in &node.asks_for {
            if let Some(set) = requirers.get_mut(*asked) {
                set.insert(node.shown());
            }
        }
    }
    requirers
}

/// The last step of a shortest way.
#[derive(Debug, Clone, Copy)]
struct Way {
    distance: usize,
    from: Option<usize>,
}

fn shortest_ways(nodes: &[Node]) -> Vec<Option<Way>> {
    let mut ways: Vec<Option<Way>> = vec![None; nodes.len()];
    let mut queue = VecDeque::new();
    for (at, _) in nodes
        .iter()
        .enumerate()
        .filter(|(_, node)| node.label.is_some())
    {
        ways[at] = Some(Way {
            distance: 0,
            from: None,
        });
        queue.push_back((at, 0));
    }
    while let Some((at, distance)) = queue.pop_front() {
        for asked in &nodes[at].asks_for {
            if let Some(way @ None) = ways.get_mut(*asked) {
                *way = Some(Way {
                    distance: distance + 1,
                    from: Some(at),
                });
                queue.push_back((*asked, distance + 1));
            }
        }
    }
    ways
}

fn chain(nodes: &[Node], ways: &[Option<Way>], at: usize) -> Vec<String> {
    let mut chain = Vec::new();
    let mut next = ways[at].and_then(|way| way.from);
    while let Some(position) = next {
        if chain.len() == LONGEST_CHAIN {
            return Vec::new();
        }
        let node = &nodes[position];
        chain.push(match &node.label {
            Some(label) => label.clone(),
            None => escape_untrusted(&format!("{} {}", node.name, node.version)),
        });
        next = ways[position].and_then(|way| way.from);
    }
    chain.reverse();
    chain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, version: &str, label: Option<&str>, asks_for: &[usize]) -> Node {
        Node {
            name: name.to_owned(),
            version: version.to_owned(),
            license: None,
            label: label.map(str::to_owned),
            hidden: false,
            asks_for: asks_for.to_vec(),
        }
    }

    fn check(nodes: &[Node], expected: &[&str]) {
        let found: Vec<String> = packages(nodes)
            .iter()
            .map(|one| {
                format!(
                    "{} {} by {:?} way {:?}",
                    one.name, one.version, one.required_by, one.chain
                )
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_shortest_way_wins_and_cycles_end() {
        check(
            &[
                node("repo-1-a", "0.0.0", Some("./a"), &[2]),
                node("repo-2-b", "0.0.0", Some("./b"), &[4, 99]),
                node("x", "1.0.0", None, &[3]),
                node("y", "1.0.0", None, &[2, 4]),
                node("z", "10.0.0", None, &[3]),
                node("z", "9.0.0", None, &[]),
            ],
            &[
                r#"x 1.0.0 by ["./a", "y"] way ["./a"]"#,
                r#"y 1.0.0 by ["x", "z"] way ["./a", "x 1.0.0"]"#,
                r#"z 9.0.0 by [] way []"#,
                r#"z 10.0.0 by ["./b", "y"] way ["./b"]"#,
            ],
        );
    }

    #[test]
    fn one_package_in_two_places_is_listed_once() {
        let mut root = node("root", "0", None, &[2]);
        root.hidden = true;
        check(
            &[
                root,
                node("m", "0", Some("./m"), &[2]),
                node("x", "1.0.0", None, &[3]),
                node("y", "2.0.0", None, &[4]),
                node("x", "1.0.0", None, &[]),
            ],
            &[
                r#"x 1.0.0 by ["./m", "y"] way ["./m"]"#,
                r#"y 2.0.0 by ["x"] way ["./m", "x 1.0.0"]"#,
            ],
        );
    }

    #[test]
    fn a_way_that_is_too_long_is_not_told() {
        let mut nodes = vec![node("m", "0", Some("./m"), &[1])];
        nodes.extend((1..=150).map(|at| node(&format!("p{at:03}"), "1.0.0", None, &[at + 1])));
        let found = packages(&nodes);
        let lengths: Vec<usize> = found.iter().map(|one| one.chain.len()).collect();
        assert_eq!((lengths[0], lengths[99], lengths[100]), (1, 100, 0));
    }
}
