//! `bun.lock`, Bun's lock file in text: packages by place, and which asks for which. The older binary `bun.lockb` is not read.
//! Documentation: <https://bun.com/docs/pm/lockfile>.

use synthesizer_model::project::LockFile;

use super::{
    allowance::LONGEST_NAME,
    install_tree::{InstallTree, Step, length_of_name},
    json_text::{self, Node},
    lock_graph::{LockGraph, Locked},
    npm_specifier::{source_of, split_name},
    problem_list::ProblemList,
};

/// The sections by which a package asks for others; whether for development alone.
const SECTIONS: [(&str, bool); 4] = [
    ("dependencies", false),
    ("optionalDependencies", false),
    ("peerDependencies", false),
    ("devDependencies", true),
];

/// Reads a lock file; `None` when it is no JSON.
pub(super) fn parse(path: &str, text: &str, problems: &mut ProblemList) -> Option<LockFile> {
    let document = match json_text::parse(text) {
        Ok(document) => document,
        Err(error) => {
            problems.tell_line(path, error.line, &error);
            return None;
        }
    };
    let mut reading = Reading {
        graph: LockGraph::default(),
        tree: InstallTree::new(),
        asking: Vec::new(),
    };
    reading.read_workspaces(&document.root);
    reading.read_packages(path, &document.root, problems);
    reading.ask();
    Some(reading.graph.finish(path, problems))
}

struct Reading<'t> {
    graph: LockGraph<'t>,
    tree: InstallTree<'t>,
    /// Descriptions of packages with their places.
    asking: Vec<(&'t Node<'t>, u32, u32)>,
}

impl<'t> Reading<'t> {
    fn read_workspaces(&mut self, root: &'t Node<'t>) {
        for member in root.get("workspaces").map_or(&[][..], Node::members) {
            let node = &member.value;
            let folder: &str = &member.key;
            let fallback = if folder.is_empty() { "." } else { folder };
            let package = self.graph.add(Locked {
                name: node.text_of("name").unwrap_or(fallback),
                version: node.text_of("version").unwrap_or_default(),
                source: "path",
                own: true,
                development: None,
                license: None,
            });
            // What belongs to one member alone lies below its name.
            let place = match node.text_of("name") {
                Some(name) if !folder.is_empty() => {
                    self.tree.below(InstallTree::TOP, Step::Package(name))
                }
                _ => Some(InstallTree::TOP),
            };
            if let (Some(package), Some(place)) = (package, place) {
                if place != InstallTree::TOP {
                    self.tree.put(place, package);
                }
                self.asking.push((node, place, package));
            }
        }
    }

    fn read_packages(&mut self, path: &str, root: &'t Node<'t>, problems: &mut ProblemList) {
        for member in root.get("packages").map_or(&[][..], Node::members) {
            let items = member.value.items();
            let Some(resolution) = items.first().and_then(Node::text) else {
                problems.tell_line(path, member.line, "a package that is no list");
                continue;
            };
            let (name, version) = split_name(resolution);
            let version = version.unwrap_or_default();
            if version.starts_with("workspace:") {
                continue;
            }
            let has_name = !name.is_empty() && name.len() <= LONGEST_NAME;
            let place = place_of(&mut self.tree, &member.key).filter(|_| has_name);
            let Some(place) = place else {
                let what = "a package that lies too deep, or whose name is too long";
                problems.tell_line(path, member.line, what);
                continue;
            };
            let Some(package) = self.graph.add(located(name, version)) else {
                break;
            };
            self.tree.put(place, package);
            let described = items.iter().find(|item| item.is_object());
            self.asking
                .extend(described.map(|node| (node, place, package)));
        }
    }

    fn ask(&mut self) {
        for (node, place, package) in &self.asking {
            for (section, development) in SECTIONS {
                for member in node.get(section).map_or(&[][..], Node::members) {
                    if let Some(asked) = self.tree.find(*place, &member.key) {
                        self.graph.ask(*package, asked, development);
                    }
                }
            }
        }
    }
}

/// The place of a key such as `a/@scope/b`: the package `@scope/b` below the package `a`.
fn place_of<'t>(tree: &mut InstallTree<'t>, key: &'t str) -> Option<u32> {
    let mut place = InstallTree::TOP;
    let mut rest = key;
    while !rest.is_empty() {
        let length = length_of_name(rest);
        place = tree.below(place, Step::Package(&rest[..length]))?;
        rest = rest[length..].trim_start_matches('/');
    }
    (place != InstallTree::TOP).then_some(place)
}

fn located<'t>(name: &'t str, version: &'t str) -> Locked<'t> {
    let source = source_of(version);
    Locked {
        name,
        version: match source {
            "git" => version
                .rsplit_once('#')
                .map_or("", |(_, revision)| revision),
            "registry" => version,
            _ => "",
        },
        source,
        own: false,
        development: None,
        license: None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nested_keys_shadow_and_workspaces_are_own() {
        let text = r#"{
  "lockfileVersion": 1,
  "workspaces": {
    "": { "name": "root", "devDependencies": { "a": "1" } },
    "packages/app": { "name": "app", "version": "1.0.0", "dependencies": { "b": "2", "lib": "workspace:*", "g": "github:o/g" } },
    "packages/lib": { "name": "lib", "version": "0.1.0" },
  },
  "packages": {
    "app": ["app@workspace:packages/app"],
    "lib": ["lib@workspace:packages/lib"],
    "a": ["a@1.0.0", "", { "dependencies": { "b": "^1" } }, "sha512-x"],
    "b": ["b@1.5.0", "", {}, "sha512-y"],
    "alias": ["real@3.0.0", "", {}, "sha512-z"],
    "app/b": ["b@2.0.0", "", { "peerDependencies": { "lib": "*" } }, "sha512-z"],
    "g": ["g@github:o/g#0123abc", {}, "o-g-0123abc"],
  },
}"#;
        let mut problems = ProblemList::default();
        let lock = parse("bun.lock", text, &mut problems).expect("JSON");
        let shown: Vec<String> = lock
            .packages
            .iter()
            .map(|package| {
                let flags = [(package.own, " own"), (package.development, " dev")];
                let flags: String = flags
                    .iter()
                    .filter(|flag| flag.0)
                    .map(|flag| flag.1)
                    .collect();
                let by = package.required_by.join(",");
                format!(
                    "{}@{} {} [{by}]{flags}",
                    package.name, package.version, package.source
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                "a@1.0.0 registry [root] dev",
                "app@1.0.0 path [] own",
                "b@1.5.0 registry [a] dev",
                "b@2.0.0 registry [app]",
                "g@0123abc git [app]",
                "lib@0.1.0 path [app,b] own",
                "real@3.0.0 registry []",
                "root@ path [] own",
            ]
        );
        assert!(problems.texts().is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), key in ".{0,20}", value in ".{0,20}") {
            let mut problems = ProblemList::default();
            drop(parse("bun.lock", &String::from_utf8_lossy(&bytes), &mut problems));
            let text = serde_json::json!({"workspaces": {(key.clone()): {"name": value, "dependencies": {(key.clone()): value}}},
                "packages": {(key): [value, {"dependencies": {(value): ""}}]}});
            drop(parse("bun.lock", &text.to_string(), &mut problems));
        }
    }
}
