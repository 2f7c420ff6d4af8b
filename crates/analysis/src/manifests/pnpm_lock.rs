//! `pnpm-lock.yaml` of the versions 5, 6 and 9: importers, packages, and which asks for which. Needs the repository's own packages
//! only for their names and versions.
//! Specification: <https://github.com/pnpm/spec/tree/master/lockfile>.

use std::collections::HashMap;

use synthesizer_model::project::LockFile;

use super::{
    allowance::LONGEST_NAME,
    lock_graph::{LockGraph, Locked, OwnPackage},
    npm_specifier::{source_of, split_name},
    problem_list::ProblemList,
    tree_reading::join,
    yaml_text::{self, Entry, Node},
};

/// The sections of an importer; whether development alone asks for what stands in them.
const SECTIONS: [(&str, bool); 3] = [
    ("dependencies", false),
    ("optionalDependencies", false),
    ("devDependencies", true),
];

/// Reads a lock file; `None` when it is no YAML.
pub(super) fn parse(
    path: &str,
    text: &str,
    own: &[OwnPackage<'_>],
    problems: &mut ProblemList,
) -> Option<LockFile> {
    let documents = match yaml_text::parse(text) {
        Ok(documents) => documents,
        Err(error) => {
            problems.tell_line(path, error.line, &error);
            return None;
        }
    };
    // Newer versions lock pnpm's own tools in a document before that of the project.
    let document = documents.last()?;
    for (line, problem) in &document.problems {
        problems.tell_line(path, *line, problem);
    }
    let root = &document.root;
    let own: HashMap<&str, &OwnPackage<'_>> = own
        .iter()
        .map(|package| (package.folder, package))
        .collect();
    let mut reading = Reading::default();
    reading.read_packages(path, root, problems);
    reading.read_importers(root, &own);
    reading.ask_all();
    Some(reading.graph.finish(path, problems))
}

#[derive(Default)]
struct Reading<'t> {
    graph: LockGraph<'t>,
    /// Packages by the key of their entry.
    by_key: HashMap<&'t str, u32>,
    /// Importers by folder.
    by_folder: HashMap<&'t str, u32>,
    /// Entries whose requirements are read when all packages are known.
    asking: Vec<(u32, &'t Node)>,
    /// The folders of importers with their entries.
    importing: Vec<(u32, &'t str, &'t Node)>,
}

impl<'t> Reading<'t> {
    /// `packages`, and `snapshots` where what a package asks for stands apart, once for each set of peers.
    fn read_packages(&mut self, path: &str, root: &'t Node, problems: &mut ProblemList) {
        let packages = root.get("packages").map_or(&[][..], Node::entries);
        let snapshots = root.get("snapshots");
        let by_key: HashMap<&str, &Node> = packages
            .iter()
            .map(|entry| (&*entry.key, &entry.value))
            .collect();
        let entries = snapshots.map_or(packages, Node::entries);
        for entry in entries {
            let described = match snapshots {
                None => &entry.value,
                Some(_) => by_key
                    .get(without_peers(&entry.key))
                    .copied()
                    .unwrap_or(&entry.value),
            };
            let package = package(entry, described);
            if package.name.is_empty() || package.name.len() > LONGEST_NAME {
                problems.tell_line(
                    path,
                    entry.line,
                    "a package without a name or with one that is too long",
                );
                continue;
            }
            let Some(index) = self.graph.add(package) else {
                return;
            };
            self.by_key.insert(&entry.key, index);
            self.asking.push((index, &entry.value));
        }
    }

    /// `importers`; in a lock file of one package, the top level is its importer.
    fn read_importers(&mut self, root: &'t Node, own: &HashMap<&str, &'t OwnPackage<'t>>) {
        let mut importers: Vec<(&str, &Node)> = Vec::new();
        match root.get("importers") {
            Some(node) => {
                let entries = node.entries().iter();
                importers.extend(entries.map(|entry| (&*entry.key, &entry.value)));
            }
            None => importers.push((".", root)),
        }
        for (written, node) in importers {
            let folder = if written == "." { "" } else { written };
            let known = own.get(folder);
            let package = self.graph.add(Locked {
                name: known.map_or(written, |package| package.name),
                version: known.map_or("", |package| package.version),
                source: "path",
                own: true,
                development: Some(false),
                license: None,
            });
            if let Some(package) = package {
                self.by_folder.insert(folder, package);
                self.importing.push((package, folder, node));
            }
        }
    }

    fn ask_all(&mut self) {
        for (asking, node) in std::mem::take(&mut self.asking) {
            for section in ["dependencies", "optionalDependencies"] {
                for entry in node.get(section).map_or(&[][..], Node::entries) {
                    if let Some(asked) = entry.value.text().and_then(|to| self.find(&entry.key, to))
                    {
                        self.graph.ask(asking, asked, false);
                    }
                }
            }
        }
        for (asking, folder, node) in std::mem::take(&mut self.importing) {
            for (section, development) in SECTIONS {
                for entry in node.get(section).map_or(&[][..], Node::entries) {
                    let written = entry
                        .value
                        .text()
                        .or_else(|| entry.value.text_of("version"));
                    let asked = written.and_then(|to| match to.strip_prefix("link:") {
                        Some(linked) => self.find_linked(folder, linked),
                        None => self.find(&entry.key, to),
                    });
                    if let Some(asked) = asked {
                        self.graph.ask(asking, asked, development);
                    }
                }
            }
        }
    }

    /// Finds the package that a reference means: a version with its peers, or the key of an entry.
    fn find(&self, name: &str, reference: &str) -> Option<u32> {
        let keys = [
            format!("{name}@{reference}"),
            format!("/{name}@{reference}"),
            format!("/{name}/{reference}"),
        ];
        let known = keys.iter().find_map(|key| self.by_key.get(key.as_str()));
        known.or_else(|| self.by_key.get(reference)).copied()
    }

    fn find_linked(&self, folder: &str, linked: &str) -> Option<u32> {
        let target = join(folder, linked)?;
        self.by_folder.get(target.as_str()).copied()
    }
}

/// Drops the peers in parentheses.
fn without_peers(key: &str) -> &str {
    key.split('(').next().unwrap_or(key)
}

fn package<'t>(entry: &'t Entry, described: &'t Node) -> Locked<'t> {
    let (name, reference) = name_and_reference(&entry.key);
    let resolution = described.get("resolution");
    let written = described
        .text_of("version")
        .or_else(|| described.at(&["resolution", "commit"])?.text());
    let source = source(reference, resolution);
    // The key of a folder has no version.
    let reference = if source == "path" { "" } else { reference };
    let own_flag = entry.value.get("dev").and_then(Node::boolean);
    Locked {
        name: described.text_of("name").unwrap_or(name),
        version: written.unwrap_or(reference),
        source,
        own: false,
        development: own_flag,
        license: None,
    }
}

/// Reads the key of an entry: `name@1.2.3(peer@1.0.0)` (9), `/name@1.2.3(…)` (6), `/name/1.2.3_peer@1.0.0` (5), or a place such as
/// `host/owner/name/commit`.
fn name_and_reference(key: &str) -> (&str, &str) {
    let plain = without_peers(key);
    let path = plain.strip_prefix('/').unwrap_or(plain);
    if let (name, Some(reference)) = split_name(path)
        && !name.contains(':')
        && name.matches('/').count() == usize::from(name.starts_with('@'))
        && !name.is_empty()
    {
        return (name, reference);
    }
    let (name, version) = path.rsplit_once('/').unwrap_or((path, ""));
    if plain.starts_with('/') {
        return (name, version.split('_').next().unwrap_or(version));
    }
    // The commit and the repository; entries of places tell name and version themselves.
    (name.rsplit('/').next().unwrap_or(name), version)
}

fn source(reference: &str, resolution: Option<&Node>) -> &'static str {
    let text = |key| resolution.and_then(|node| node.text_of(key));
    let has = |key| resolution.is_some_and(|node| node.get(key).is_some());
    if text("type") == Some("git") || has("repo") || has("gitHosted") {
        return "git";
    }
    if text("type") == Some("directory") || has("directory") || reference.starts_with("file:") {
        return "path";
    }
    match text("tarball") {
        Some(address) if address.starts_with("file:") => "path",
        // An archive that a host makes of a commit: both its address and the commit are told.
        Some(address) if is_of_commit(address) => "git",
        Some(_) if reference.contains(':') => "url",
        Some(_) if has("integrity") || has("registry") => "registry",
        Some(_) => "url",
        None if reference.contains(':') => source_of(reference),
        None => "registry",
    }
}

/// Says whether an address ends with the name of a commit.
fn is_of_commit(address: &str) -> bool {
    let last = address.rsplit(['/', '=']).next().unwrap_or(address);
    let last = last.strip_suffix(".tar.gz").unwrap_or(last);
    last.len() == 40 && last.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
#[path = "pnpm_lock/tests.rs"]
mod tests;
