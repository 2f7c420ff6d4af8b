//! The names that a package has and asks for: what clashes when packages are combined. Names come from the package's facts and from the paths
//! of its files; manifests are read again for the places alone.

use std::collections::{BTreeMap, HashMap};

use synthesizer_model::{
    compatibility::{OwnedName, OwnedNameKind},
    dependency::Ecosystem,
    failure::Failure,
    finding::Problem,
    project::{Project, ProjectRole},
    text::escape_untrusted,
    tree::{Blob, Origin, SourceTree, TreeEntry, TreePath},
};

use super::{
    places::{
        Place, Texts, in_ini, in_json, in_lines, in_toml, keys_in_json, keys_in_toml, names_in_toml,
    },
    tree_reading::{in_folder, name_of},
};
use crate::module_graph::ModuleGraph;

/// How many names of one package are told.
const MOST_NAMES: usize = 10_000;
/// How many packages are looked into to see whether others share them.
const MOST_LOOKED_INTO: usize = 200;
/// The longest `__init__.py` that is looked into, in bytes: one that shares its package says little else.
const LONGEST_SHARING: usize = 8_192;

/// Gives the names that a package of Python, Rust or npm has, and the names of the packages that it needs to run; sorted by kind and name.
///
/// Python: the distribution, its top-level modules (below namespaces that several distributions may share, by PEP 420, `pkgutil` or
/// `pkg_resources`, the first name of its own), console scripts, entry points. Rust: the package, its library, its binaries. npm: the package
/// and its commands. Empty for other families, and for examples, tests, documentation and what is copied in. Modules have their file and
/// line 0 for a place.
pub fn owned_names(project: &Project, tree: &dyn SourceTree) -> Vec<OwnedName> {
    let counts = matches!(
        project.role,
        ProjectRole::Root | ProjectRole::Member | ProjectRole::Nested
    );
    if !counts {
        return Vec::new();
    }
    let mut names = Names {
        found: BTreeMap::new(),
        fallback: project.manifests.first().cloned().unwrap_or_default(),
    };
    let needed = match project.ecosystem {
        Ecosystem::Python => {
            names.python(project, tree);
            OwnedNameKind::NeededDistribution
        }
        Ecosystem::Cargo => {
            names.cargo(project, tree);
            OwnedNameKind::NeededCrate
        }
        Ecosystem::Npm => {
            names.npm(project, tree);
            OwnedNameKind::NeededNpmPackage
        }
        Ecosystem::Go | Ecosystem::Maven => return Vec::new(),
    };
    names.needed(project, needed);
    names.finish()
}

/// The names of one package, each with its place.
struct Names {
    found: BTreeMap<(OwnedNameKind, String), Place>,
    /// The manifest of what has no place.
    fallback: String,
}

impl Names {
    fn add(&mut self, kind: OwnedNameKind, name: &str, place: Option<Place>) {
        if name.is_empty() || self.found.len() >= MOST_NAMES {
            return;
        }
        let place = place.unwrap_or_else(|| (self.fallback.clone(), 0));
        self.found.entry((kind, name.to_owned())).or_insert(place);
    }

    fn finish(self) -> Vec<OwnedName> {
        let owned =
            |((kind, name), (manifest, line)): ((OwnedNameKind, String), Place)| OwnedName {
                kind,
                name,
                manifest: escape_untrusted(&manifest),
                line,
            };
        self.found.into_iter().map(owned).collect()
    }

    fn python(&mut self, project: &Project, tree: &dyn SourceTree) {
        let places = PythonPlaces::read(project, &mut Texts::of(tree));
        let name = project.facts.name.as_deref();
        if let Some(name) = name {
            self.add(OwnedNameKind::Distribution, name, places.name.clone());
        }
        for target in &project.targets {
            let kind = match target.kind.as_str() {
                "script" => OwnedNameKind::Program,
                "export" => OwnedNameKind::EntryPoint,
                _ => continue,
            };
            self.add(
                kind,
                &target.name,
                places.entries.get(&target.name).cloned(),
            );
        }
        for (module, file) in top_level_modules(tree, &project.folder, name) {
            self.add(OwnedNameKind::Module, &module, Some((file, 0)));
        }
    }

    fn cargo(&mut self, project: &Project, tree: &dyn SourceTree) {
        let manifest = in_folder(&project.folder, "Cargo.toml");
        let text = Texts::of(tree).read(&manifest).unwrap_or_default();
        let at = |line: Option<u32>| line.map(|line| (manifest.clone(), line));
        let bins: HashMap<String, u32> = names_in_toml(&text, "bin").into_iter().collect();
        let package = in_toml(&text, &[&["package", "name"]]);
        let library = in_toml(&text, &[&["lib", "name"]]).or(package);
        if let Some(name) = project.facts.name.as_deref() {
            self.add(OwnedNameKind::Crate, name, at(package));
        }
        for target in &project.targets {
            match target.kind.as_str() {
                "lib" | "proc-macro" => self.add(OwnedNameKind::Library, &target.name, at(library)),
                "bin" => {
                    let line = bins.get(&target.name).copied();
                    let file = target.path.clone().map(|path| (path, 0));
                    self.add(OwnedNameKind::Program, &target.name, at(line).or(file));
                }
                _ => {}
            }
        }
    }

    fn npm(&mut self, project: &Project, tree: &dyn SourceTree) {
        let manifest = in_folder(&project.folder, "package.json");
        let text = Texts::of(tree).read(&manifest).unwrap_or_default();
        let at = |line: Option<u32>| line.map(|line| (manifest.clone(), line));
        let bins: HashMap<String, u32> = keys_in_json(&text, &["bin"]).into_iter().collect();
        let whole = in_json(&text, &["bin"]);
        if let Some(name) = project.facts.name.as_deref() {
            self.add(
                OwnedNameKind::NpmPackage,
                name,
                at(in_json(&text, &["name"])),
            );
        }
        for target in project.targets.iter().filter(|target| target.kind == "bin") {
            let line = bins.get(&target.name).copied().or(whole);
            self.add(OwnedNameKind::Program, &target.name, at(line));
        }
    }

    /// What it needs to run, by the name in the ecosystem.
    fn needed(&mut self, project: &Project, kind: OwnedNameKind) {
        for dependency in &project.dependencies {
            // A peer is needed as much as a dependency: somebody has to bring it.
            let is_peer = kind == OwnedNameKind::NeededNpmPackage
                && dependency.group.as_deref() == Some("peer");
            if (dependency.group.is_none() || is_peer) && dependency.url.is_none() {
                let place = (dependency.manifest.clone(), dependency.line);
                self.add(kind, &dependency.name, Some(place));
            }
        }
    }
}

/// Where a Python package's names are written.
#[derive(Default)]
struct PythonPlaces {
    name: Option<Place>,
    /// By the name of the target.
    entries: HashMap<String, Place>,
}

impl PythonPlaces {
    fn read(project: &Project, texts: &mut Texts<'_>) -> Self {
        let mut places = Self::default();
        for manifest in &project.manifests {
            let at = |line: u32| (manifest.clone(), line);
            let Some(text) = texts.read(manifest) else {
                continue;
            };
            match name_of(manifest) {
                "pyproject.toml" => {
                    let names: [&[&str]; 2] = [&["project", "name"], &["tool", "poetry", "name"]];
                    places.name = places.name.or_else(|| in_toml(&text, &names).map(at));
                    let scripts: [&[&str]; 3] = [
                        &["project", "scripts"],
                        &["project", "gui-scripts"],
                        &["tool", "poetry", "scripts"],
                    ];
                    for path in scripts {
                        for (name, line) in keys_in_toml(&text, path) {
                            places.entries.entry(name).or_insert_with(|| at(line));
                        }
                    }
                    for (group, _) in keys_in_toml(&text, &["project", "entry-points"])
                        .into_iter()
                        .take(100)
                    {
                        for (name, line) in
                            keys_in_toml(&text, &["project", "entry-points", &group])
                        {
                            let name = format!("{group}:{name}");
                            places.entries.entry(name).or_insert_with(|| at(line));
                        }
                    }
                }
                "setup.cfg" => {
                    let line = in_ini(&text, "metadata", "name");
                    places.name = places.name.or_else(|| line.map(at));
                }
                "PKG-INFO" | "METADATA" => {
                    let line = in_lines(&text, |line| line.starts_with("Name:"));
                    places.name = places.name.or_else(|| line.map(at));
                }
                "setup.py" => {
                    let names = |line: &str| {
                        let line = line.replace(' ', "");
                        line.starts_with("name=") || line.contains("(name=")
                    };
                    places.name = places.name.or_else(|| in_lines(&text, names).map(at));
                }
                _ => {}
            }
        }
        places
    }
}

/// Gives the first names that only one distribution can have, below namespaces that several may share, each with its file.
fn top_level_modules(
    tree: &dyn SourceTree,
    folder: &str,
    distribution: Option<&str>,
) -> BTreeMap<String, String> {
    let below = Below::of(tree, folder);
    let graph = ModuleGraph::of(&below, distribution);
    let mut texts = Texts::of(tree);
    let mut shared: HashMap<usize, bool> = HashMap::new();
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut last: Option<String> = None;
    for node in graph.nodes().iter().filter(|node| node.primary) {
        // Modules come sorted: those below the name found last are not looked at.
        let is_below = last
            .as_deref()
            .and_then(|last| node.name.strip_prefix(last))
            .is_some_and(|rest| rest.starts_with('.'));
        if is_below {
            continue;
        }
        let ends = node.name.match_indices('.').map(|(at, _)| at);
        let prefixes = ends
            .chain([node.name.len()])
            .filter_map(|end| node.name.get(..end));
        for prefix in prefixes {
            let Some(index) = graph.index(prefix) else {
                continue;
            };
            let owner = graph.node(index);
            let path = in_folder(folder, owner.path.as_str());
            let looked_into = shared.len();
            let is_shared = *shared.entry(index).or_insert_with(|| {
                owner.is_package
                    && looked_into < MOST_LOOKED_INTO
                    && texts
                        .read(&path)
                        .is_some_and(|text| shares_its_package(&text))
            });
            if !is_shared {
                found.insert(prefix.to_owned(), path);
                last = Some(prefix.to_owned());
                break;
            }
        }
    }
    found
}

/// Says whether an `__init__.py` lets other distributions add to its package.
fn shares_its_package(text: &str) -> bool {
    text.len() <= LONGEST_SHARING
        && (text.contains("extend_path(") || text.contains("declare_namespace("))
}

/// The files below one folder of a tree, as a tree.
struct Below<'t> {
    tree: &'t dyn SourceTree,
    folder: &'t str,
    entries: Vec<TreeEntry>,
}

impl<'t> Below<'t> {
    fn of(tree: &'t dyn SourceTree, folder: &'t str) -> Self {
        // Entries are sorted by path, so those below one folder lie beside each other.
        let prefix = format!("{folder}/");
        let all = tree.entries();
        let entries = match folder {
            "" => all,
            _ => {
                let start = all.partition_point(|entry| entry.path.as_str() < prefix.as_str());
                let rest = &all[start..];
                let count = rest.partition_point(|entry| entry.path.as_str().starts_with(&prefix));
                &rest[..count]
            }
        };
        let inside = |entry: &TreeEntry| {
            let path = match folder {
                "" => entry.path.clone(),
                _ => {
                    let rest = entry
                        .path
                        .as_str()
                        .strip_prefix(folder)?
                        .strip_prefix('/')?;
                    TreePath::new(rest).ok()?
                }
            };
            Some(TreeEntry {
                path,
                ..entry.clone()
            })
        };
        Self {
            tree,
            folder,
            entries: entries.iter().filter_map(inside).collect(),
        }
    }
}

impl SourceTree for Below<'_> {
    fn origin(&self) -> &Origin {
        self.tree.origin()
    }

    fn entries(&self) -> &[TreeEntry] {
        &self.entries
    }

    fn problems(&self) -> &[Problem] {
        self.tree.problems()
    }

    fn read(&self, path: &TreePath) -> Result<Blob, Failure> {
        let whole = in_folder(self.folder, path.as_str());
        match TreePath::new(&whole) {
            Ok(whole) => self.tree.read(&whole),
            Err(_) => self.tree.read(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{manifests::ecosystems::ECOSYSTEMS, memory_tree::MemoryTree};

    /// Expects `KIND NAME MANIFEST:LINE` of every package of a tree.
    fn check(files: &[(&str, &str)], expected: &[&str]) {
        let tree = MemoryTree::of_texts(files.iter().copied());
        let mut found = Vec::new();
        for ecosystem in ECOSYSTEMS {
            let entries = tree.entries().iter().map(|entry| &entry.path);
            let relevant: Vec<_> = entries
                .filter(|path| ecosystem.is_relevant(path.as_str()))
                .cloned()
                .collect();
            for project in ecosystem.read(&tree, &relevant).projects {
                found.extend(owned_names(&project, &tree).into_iter().map(|one| {
                    format!("{:?} {} {}:{}", one.kind, one.name, one.manifest, one.line)
                }));
            }
        }
        assert_eq!(found, expected);
    }

    #[test]
    fn a_distribution_has_modules_and_scripts() {
        let project = "[project]\nname = 'tool'\ndependencies = ['click']\n[project.scripts]\nrun = 'tool:main'\n[project.entry-points.pytest11]\np = 'tool'\n";
        check(
            &[
                ("pyproject.toml", project),
                ("src/tool/__init__.py", ""),
                ("src/tool/deep/a.py", ""),
                ("src/single.py", ""),
                ("tests/test_a.py", ""),
            ],
            &[
                "Distribution tool pyproject.toml:2",
                "Module single src/single.py:0",
                "Module tool src/tool/__init__.py:0",
                "Program run pyproject.toml:5",
                "EntryPoint pytest11:p pyproject.toml:7",
                "NeededDistribution click pyproject.toml:3",
            ],
        );
    }

    #[test]
    fn namespaces_are_shared() {
        let project = "[project]\nname = 'google-cloud-x'\n";
        let sharing = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n";
        check(
            &[
                ("pyproject.toml", project),
                ("src/google/cloud/x/__init__.py", ""),
                ("src/google/cloud/x/a.py", ""),
            ],
            &[
                "Distribution google-cloud-x pyproject.toml:2",
                "Module google.cloud.x src/google/cloud/x/__init__.py:0",
            ],
        );
        check(
            &[
                ("pyproject.toml", project),
                ("src/google/__init__.py", sharing),
                ("src/google/cloud/__init__.py", sharing),
                ("src/google/cloud/x.py", ""),
            ],
            &[
                "Distribution google-cloud-x pyproject.toml:2",
                "Module google.cloud.x src/google/cloud/x.py:0",
            ],
        );
    }

    #[test]
    fn crates_and_npm_packages_have_programs() {
        let manifest = "[package]\nname = 'tool-box'\nversion = '1.0.0'\nedition = '2021'\n[[bin]]\nname = 'run'\npath = 'src/run.rs'\n[dependencies]\nserde = '1'\n[dev-dependencies]\ntempfile = '3'\n";
        check(
            &[
                ("Cargo.toml", manifest),
                ("src/lib.rs", ""),
                ("src/run.rs", ""),
                ("src/bin/other.rs", ""),
            ],
            &[
                "Crate tool-box Cargo.toml:2",
                "Library tool_box Cargo.toml:2",
                "Program other src/bin/other.rs:0",
                "Program run Cargo.toml:6",
                "NeededCrate serde Cargo.toml:9",
            ],
        );
        let package = "{\n\"name\": \"@x/tool\",\n\"bin\": {\n\"run\": \"run.js\"\n},\n\"dependencies\": {\n\"react\": \"^18\"\n},\n\"peerDependencies\": {\n\"redux\": \"*\"\n},\n\"devDependencies\": {\n\"jest\": \"*\"\n}\n}\n";
        check(
            &[("package.json", package), ("run.js", "")],
            &[
                "NpmPackage @x/tool package.json:2",
                "Program run package.json:4",
                "NeededNpmPackage react package.json:7",
                "NeededNpmPackage redux package.json:10",
            ],
        );
        check(
            &[(
                "package.json",
                "{\"name\": \"@x/tool\",\n\"bin\": \"run.js\"}",
            )],
            &[
                "NpmPackage @x/tool package.json:1",
                "Program tool package.json:2",
            ],
        );
    }

    #[test]
    fn a_member_has_its_own_modules() {
        check(
            &[
                ("a/pyproject.toml", "[project]\nname = 'a'\n"),
                ("a/src/a/__init__.py", ""),
                ("b/pyproject.toml", "[project]\nname = 'b'\n"),
                ("b/b.py", ""),
                ("examples/pyproject.toml", "[project]\nname = 'e'\n"),
            ],
            &[
                "Distribution a a/pyproject.toml:2",
                "Module a a/src/a/__init__.py:0",
                "Distribution b b/pyproject.toml:2",
                "Module b b/b.py:0",
                "Distribution e examples/pyproject.toml:2",
            ],
        );
    }
}
