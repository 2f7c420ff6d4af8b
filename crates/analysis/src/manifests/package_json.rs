//! `package.json`: what one package says of itself. One file's text in, values out; looks at no other file.
//! Specification: npm's manual, `package.json`; `exports` and `imports`: <https://nodejs.org/api/packages.html>;
//! `volta`: <https://docs.volta.sh/guide/understanding>; `packageManager`: Corepack.
//!
//! Map:
//! - `requirements`: the dependencies of all kinds
//! - `entry_points`: what can be run or imported
//! - `licenses`: the license in its three forms

mod entry_points;
mod licenses;
mod requirements;

use std::collections::BTreeMap;

use synthesizer_model::{analysis::ProjectFacts, project::Target};

use super::{
    json_text::{self, Document, Node, Value},
    npm_room::Room,
    npm_specifier::shown,
    pnpm_workspace::Catalogs,
    problem_list::ProblemList,
};

pub(super) use licenses::License;
pub(super) use requirements::{Asked, overrides_told};

/// What is said of a file for which there was not enough room.
pub(super) const LEFT_OUT: &str =
    "some of it is left out: the manifests of this tree hold more than is kept";

/// What a manifest tells.
#[derive(Debug, Default)]
pub(super) struct PackageJson {
    /// Name, version, description, and what it installs to be run.
    pub facts: ProjectFacts,
    /// What it says of its license.
    pub license: License,
    /// Whether it says that it is not to be published.
    pub private: bool,
    /// Versions of runtimes and clients, operating systems and processors: `node`, `npm`, other names of `engines`; `packageManager`;
    /// `volta.node`; `devEngines.runtime`; `os`, `cpu`, `libc`; and `type`, which says what its `.js` files are.
    pub runtimes: BTreeMap<String, String>,
    /// What it asks for, in the order of the lines.
    pub dependencies: Vec<Asked>,
    /// What it offers; paths as the manifest writes them, joined to its folder.
    pub targets: Vec<Target>,
    /// The folder all of whose files are installed to be run, as written.
    pub bin_folder: Option<String>,
    /// Glob patterns of its workspace's members, with their lines; `None` when it is no workspace.
    pub workspaces: Option<Vec<(String, u32)>>,
    /// Ranges that members refer to by `catalog:`, as Bun has them.
    pub catalogs: Catalogs,
}

/// Where the reader is, and where problems go.
struct Reading<'r> {
    path: &'r str,
    room: &'r mut Room,
    problems: &'r mut ProblemList,
    /// Whether there was no room for something.
    left_out: bool,
}

impl Reading<'_> {
    fn problem(&mut self, line: u32, what: impl std::fmt::Display) {
        self.problems.tell_line(self.path, line, what);
    }

    /// Takes the place of an item whose texts have so many bytes; false when there is none.
    fn admits(&mut self, bytes: usize) -> bool {
        let admits = self.room.admits(bytes);
        self.left_out |= !admits;
        admits
    }

    /// Gives the text of a key; another value is a problem.
    fn text<'n>(&mut self, object: &'n Node<'_>, key: &str) -> Option<&'n str> {
        let node = object.get(key)?;
        let text = node.text();
        if text.is_none() && node.value != Value::Null {
            self.problem(node.line, format_args!("{key} is no text"));
        }
        text
    }
}

/// Reads a manifest; `None` when it is no JSON object.
pub(super) fn parse(
    path: &str,
    text: &str,
    room: &mut Room,
    problems: &mut ProblemList,
) -> Option<PackageJson> {
    let mut reading = Reading {
        path,
        room,
        problems,
        left_out: false,
    };
    let document = match json_text::parse(text) {
        Ok(document) => document,
        Err(error) => {
            reading.problem(error.line, error);
            return None;
        }
    };
    let root = &document.root;
    if !root.is_object() {
        reading.problem(root.line, "is no JSON object");
        return None;
    }
    tell_liberties(&mut reading, &document);
    let mut package = PackageJson {
        license: licenses::read(&mut reading, root),
        private: root.get("private").is_some_and(is_true),
        dependencies: requirements::read(&mut reading, root),
        ..PackageJson::default()
    };
    read_facts(&mut reading, root, &mut package.facts);
    read_runtimes(&mut reading, root, &mut package.runtimes);
    read_workspaces(&mut reading, root, &mut package);
    entry_points::read(&mut reading, root, &mut package);
    if reading.left_out {
        reading.problem(1, LEFT_OUT);
    }
    Some(package)
}

/// npm takes the text for the truth value too.
fn is_true(node: &Node<'_>) -> bool {
    node.boolean() == Some(true) || node.text() == Some("true")
}

/// Tells what npm would refuse, and keys that are there twice.
fn tell_liberties(reading: &mut Reading<'_>, document: &Document<'_>) {
    let liberties = document.liberties;
    if let Some(line) = liberties.comment {
        reading.problem(
            line,
            "has comments, which JSON does not; npm refuses the file",
        );
    }
    if let Some(line) = liberties.trailing_comma {
        reading.problem(
            line,
            "has a comma before a closing bracket, which JSON does not; npm refuses the file",
        );
    }
    if let Some(line) = liberties.half_surrogate {
        reading.problem(line, "has half of a character; it is replaced");
    }
    for member in document.root.distinct().shadowed {
        let what = format_args!("the key {} is there again later, which counts", member.key);
        reading.problem(member.line, what);
    }
}

fn read_facts(reading: &mut Reading<'_>, root: &Node<'_>, facts: &mut ProjectFacts) {
    let mut text = |key| {
        let text = reading.text(root, key)?.trim();
        (!text.is_empty()).then(|| shown(text))
    };
    facts.name = text("name");
    facts.version = text("version");
    facts.description = reading
        .text(root, "description")
        .and_then(|text| text.lines().map(str::trim).find(|line| !line.is_empty()))
        .map(shown);
}

fn read_runtimes(
    reading: &mut Reading<'_>,
    root: &Node<'_>,
    runtimes: &mut BTreeMap<String, String>,
) {
    let mut add = |reading: &mut Reading<'_>, name: &str, version: &str| {
        if runtimes.len() < 200 && !name.is_empty() && reading.admits(name.len() + version.len()) {
            runtimes.insert(shown(name), shown(version.trim()));
        }
    };
    if let Some(engines) = root.get("engines") {
        for member in engines.members() {
            match member.value.text() {
                Some(version) => add(reading, &member.key, version),
                None => reading.problem(member.line, "an engine's version is no text"),
            }
        }
        // As in `["node >= 0.6"]`, which old packages have.
        for text in engines.items().iter().filter_map(Node::text) {
            let (name, version) = text.trim().split_once(' ').unwrap_or((text.trim(), "*"));
            add(reading, name, version);
        }
    }
    for key in ["packageManager", "type"] {
        if let Some(text) = reading.text(root, key) {
            add(reading, key, text);
        }
    }
    if let Some(volta) = root.get("volta") {
        for member in volta.members() {
            if let Some(version) = member.value.text() {
                add(reading, &format!("volta.{}", member.key), version);
            }
        }
    }
    for member in root.get("devEngines").into_iter().flat_map(Node::members) {
        let alone = std::slice::from_ref(&member.value);
        let listed = member.value.items();
        for engine in if listed.is_empty() { alone } else { listed } {
            if let Some(name) = engine.text_of("name") {
                let version = engine.text_of("version").unwrap_or("*");
                add(
                    reading,
                    &format!("devEngines.{}.{name}", member.key),
                    version,
                );
            }
        }
    }
    for key in ["os", "cpu", "libc"] {
        let Some(node) = root.get(key) else { continue };
        let listed = node.items().iter().filter_map(Node::text);
        let names: Vec<&str> = node.text().into_iter().chain(listed).collect();
        if !names.is_empty() {
            add(reading, key, &names.join(", "));
        }
    }
}

/// `workspaces` is a list of patterns, or an object with `packages` and, for Bun, `catalog` and `catalogs`.
fn read_workspaces(reading: &mut Reading<'_>, root: &Node<'_>, package: &mut PackageJson) {
    let own = package.catalogs.read_json(root, reading.room);
    reading.left_out |= !own;
    let Some(node) = root.get("workspaces") else {
        return;
    };
    let shared = package.catalogs.read_json(node, reading.room);
    reading.left_out |= !shared;
    let list = match (&node.value, node.get("packages")) {
        (Value::List(_), _) => node,
        (Value::Object(_), Some(list)) => list,
        _ => {
            if node.is_object() {
                package.workspaces = Some(Vec::new());
            } else if !matches!(node.value, Value::Null | Value::Boolean(false)) {
                reading.problem(node.line, "workspaces is no list of patterns");
            }
            return;
        }
    };
    let mut patterns = Vec::new();
    for item in list.items() {
        match item.text() {
            Some(pattern) if reading.admits(pattern.len()) => {
                patterns.push((pattern.to_owned(), item.line));
            }
            Some(_) => break,
            None => reading.problem(item.line, "a pattern of members is no text"),
        }
    }
    package.workspaces = Some(patterns);
}

#[cfg(test)]
#[path = "package_json/tests.rs"]
mod tests;
