//! `package-lock.json` and `npm-shrinkwrap.json` in their three versions: packages by place, and which asks for which. Needs the
//! repository's own packages only for version 1, which does not name them.
//! Specification: npm's manual, `package-lock.json`.

use synthesizer_model::project::LockFile;

use super::{
    allowance::LONGEST_NAME,
    install_tree::{InstallTree, Step, length_of_name},
    json_text::{self, Node},
    lock_graph::{LockGraph, Locked, OwnPackage, key_of},
    npm_specifier::{source_of, split_name},
    problem_list::ProblemList,
};

/// The longest place that is read, in bytes.
const LONGEST_PLACE: usize = 4_096;

/// The sections by which a package asks for others; `devDependencies` stand only in the repository's own.
const SECTIONS: [&str; 4] = [
    "dependencies",
    "optionalDependencies",
    "peerDependencies",
    "devDependencies",
];

/// Reads a lock file; `None` when it is no JSON or has no packages.
pub(super) fn parse(
    path: &str,
    text: &str,
    own: &[OwnPackage<'_>],
    problems: &mut ProblemList,
) -> Option<LockFile> {
    let document = match json_text::parse(text) {
        Ok(document) => document,
        Err(error) => {
            problems.tell_line(path, error.line, &error);
            return None;
        }
    };
    let root = &document.root;
    let mut reading = Reading {
        path,
        problems,
        graph: LockGraph::default(),
        tree: InstallTree::new(),
    };
    if let Some(packages) = root.get("packages").filter(|node| node.is_object()) {
        reading.read_places(root, packages);
    } else if let Some(dependencies) = root.get("dependencies").filter(|node| node.is_object()) {
        reading.read_nested(root, dependencies, own);
    } else if !root.is_object() {
        reading.problem(root.line, "is no JSON object");
        return None;
    }
    let Reading {
        graph, problems, ..
    } = reading;
    Some(graph.finish(path, problems))
}

struct Reading<'t, 'r> {
    path: &'r str,
    problems: &'r mut ProblemList,
    graph: LockGraph<'t>,
    tree: InstallTree<'t>,
}

/// A package whose requirements are read when all places are known.
struct Waiting<'t> {
    node: &'t Node<'t>,
    place: u32,
    package: u32,
    own: bool,
}

impl<'t> Reading<'t, '_> {
    fn problem(&mut self, line: u32, what: impl std::fmt::Display) {
        self.problems.tell_line(self.path, line, what);
    }

    /// Versions 2 and 3: `packages` by place.
    fn read_places(&mut self, root: &'t Node<'t>, packages: &'t Node<'t>) {
        let mut waiting = Vec::new();
        let mut links = Vec::new();
        for member in packages.distinct().members {
            let location: &str = &member.key;
            let node = &member.value;
            if location.len() > LONGEST_PLACE || !node.is_object() {
                self.problem(
                    member.line,
                    "a place that is too long or that holds no package",
                );
                continue;
            }
            let Some(place) = self.tree.place_of(location) else {
                self.problem(member.line, "a place that lies too deep");
                continue;
            };
            if node.get("link").and_then(Node::boolean) == Some(true) {
                links.push((location, node, place));
                continue;
            }
            let package = located(root, location, node);
            let own = package.own;
            if package.name.len() > LONGEST_NAME {
                self.problem(member.line, "a package whose name is too long");
                continue;
            }
            let Some(package) = self.graph.add(package) else {
                break;
            };
            self.tree.put(place, package);
            waiting.push(Waiting {
                node,
                place,
                package,
                own,
            });
        }
        for (location, node, place) in links {
            self.read_link(location, node, place);
        }
        for asking in waiting {
            self.ask(&asking);
        }
    }

    /// A link stands for the package in the folder that it names.
    fn read_link(&mut self, location: &'t str, node: &'t Node<'t>, place: u32) {
        let target = node.text_of("resolved").unwrap_or_default();
        let linked = target_place(&mut self.tree, target);
        if let Some(package) = linked {
            let known = self.graph.package_mut(package);
            // The folder's own entry has no name where it is the folder's.
            if node.text_of("name").is_none() && !known.own {
                known.name = last_name(location);
            }
            self.tree.put(place, package);
            return;
        }
        let package = self.graph.add(Locked {
            name: node.text_of("name").unwrap_or_else(|| last_name(location)),
            version: node.text_of("version").unwrap_or_default(),
            source: "path",
            own: false,
            development: Some(flag(node, "dev")),
            license: None,
        });
        if let Some(package) = package {
            self.tree.put(place, package);
        }
    }

    fn ask(&mut self, asking: &Waiting<'t>) {
        for section in SECTIONS {
            let development = section == "devDependencies";
            if development && !asking.own {
                continue;
            }
            let Some(node) = asking.node.get(section) else {
                continue;
            };
            for member in node.members() {
                if let Some(asked) = self.tree.find(asking.place, &member.key) {
                    self.graph.ask(asking.package, asked, development);
                    self.set_source(asked, member.value.text());
                }
            }
        }
    }

    /// A package that seems to come from a registry comes from where its asker says, if that is a place.
    fn set_source(&mut self, asked: u32, specifier: Option<&str>) {
        let known = self.graph.package_mut(asked);
        if known.source == "registry"
            && let Some(specifier) = specifier
        {
            known.source = source_of(specifier);
        }
    }

    /// Version 1: `dependencies` that lie in each other.
    fn read_nested(&mut self, root: &'t Node<'t>, top: &'t Node<'t>, own: &[OwnPackage<'_>]) {
        let root_package = self.graph.add(Locked {
            name: root.text_of("name").unwrap_or("."),
            version: root.text_of("version").unwrap_or_default(),
            source: "path",
            own: true,
            development: Some(false),
            license: None,
        });
        let mut waiting = Vec::new();
        let mut folders = vec![(top, InstallTree::TOP)];
        while let Some((folder, above)) = folders.pop() {
            for member in folder.distinct().members {
                let node = &member.value;
                if member.key.len() > LONGEST_NAME || !node.is_object() {
                    self.problem(
                        member.line,
                        "a package whose name is too long or that is none",
                    );
                    continue;
                }
                let Some(place) = self.tree.below(above, Step::Package(&member.key)) else {
                    self.problem(member.line, "a package that lies too deep");
                    continue;
                };
                let Some(package) = self.graph.add(nested(&member.key, node)) else {
                    break;
                };
                self.tree.put(place, package);
                waiting.push((node, place, package));
                folders.extend(node.get("dependencies").map(|below| (below, place)));
            }
        }
        for (node, place, package) in waiting {
            let required = node.get("requires").map_or(&[][..], Node::members);
            for member in required {
                if let Some(asked) = self.tree.find(place, &member.key) {
                    self.graph.ask(package, asked, false);
                }
            }
        }
        let asks = own.iter().filter(|package| package.folder.is_empty());
        for (root_package, dependency) in root_package.into_iter().flat_map(|index| {
            asks.clone()
                .flat_map(move |own| own.asks.iter().map(move |ask| (index, ask)))
        }) {
            let (key, development) = key_of(dependency);
            if let Some(asked) = self.tree.find(InstallTree::TOP, key) {
                self.graph.ask(root_package, asked, development);
            }
        }
    }
}

/// The package in a place of versions 2 and 3.
fn located<'t>(root: &'t Node<'t>, location: &'t str, node: &'t Node<'t>) -> Locked<'t> {
    let is_installed = location
        .rsplit_once("node_modules/")
        .is_some_and(|(before, _)| before.is_empty() || before.ends_with('/'));
    let leads_out = location.split('/').any(|part| part == "..");
    let name = node.text_of("name").unwrap_or_else(|| {
        if location.is_empty() {
            root.text_of("name").unwrap_or(".")
        } else {
            last_name(location)
        }
    });
    let resolved = node.text_of("resolved");
    Locked {
        name,
        version: version_of(node, resolved),
        source: if is_installed {
            resolved.map_or("registry", source_of_resolved)
        } else {
            "path"
        },
        own: !is_installed && !leads_out,
        development: Some(flag(node, "dev")),
        license: node.text_of("license"),
    }
}

/// The version, or the revision of a git source that has none.
fn version_of<'t>(node: &'t Node<'t>, resolved: Option<&'t str>) -> &'t str {
    let revision = || Some(resolved?.split_once('#')?.1);
    let version = node.text_of("version").or_else(revision);
    version.unwrap_or_default()
}

/// A package of version 1, whose `version` is its source too.
fn nested<'t>(key: &'t str, node: &'t Node<'t>) -> Locked<'t> {
    let written = node.text_of("version").unwrap_or_default();
    let (name, version, source) = match written.split_once(':') {
        Some(("npm", rest)) => {
            let (name, version) = split_name(rest);
            (name, version.unwrap_or_default(), "registry")
        }
        Some(_) => {
            let revision = written.split_once('#').map_or("", |(_, revision)| revision);
            (key, revision, source_of(written))
        }
        None => (key, written, "registry"),
    };
    Locked {
        name,
        version,
        source,
        own: false,
        development: Some(flag(node, "dev")),
        license: None,
    }
}

fn source_of_resolved(resolved: &str) -> &'static str {
    match source_of(resolved) {
        // The address of a registry's archive looks like any other.
        "url" => "registry",
        source => source,
    }
}

fn flag(node: &Node<'_>, key: &str) -> bool {
    node.get(key).and_then(Node::boolean) == Some(true)
}

/// The package that a place ends with; the last folder where it is none.
fn last_name(location: &str) -> &str {
    match location.rsplit_once("node_modules/") {
        Some((_, name)) => &name[..length_of_name(name)],
        None => location.rsplit('/').next().unwrap_or(location),
    }
}

/// The package in the folder that a link leads to.
fn target_place<'t>(tree: &mut InstallTree<'t>, target: &'t str) -> Option<u32> {
    if target.len() > LONGEST_PLACE {
        return None;
    }
    let target = target.strip_prefix("./").unwrap_or(target);
    let place = tree.place_of(target)?;
    tree.get(place)
}

#[cfg(test)]
#[path = "package_lock/tests.rs"]
mod tests;
