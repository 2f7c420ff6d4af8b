//! The lock file of yarn 2 and later. Looks at no manifest but what it is given.

use std::collections::HashMap;

use super::{Descriptors, LockFile, LockGraph, OwnPackage, ProblemList, split_name};
use crate::manifests::{
    allowance::LONGEST_NAME,
    lock_graph::{Locked, key_of},
    npm_specifier::source_of,
    yaml_text::{self, Node},
};

/// Reads a lock file; `None` when it is no YAML.
pub(super) fn parse(
    path: &str,
    text: &str,
    own: &[OwnPackage<'_>],
    problems: &mut ProblemList,
) -> Option<LockFile> {
    let document = match yaml_text::parse_one(text) {
        Ok(document) => document,
        Err(error) => {
            problems.tell_line(path, error.line, &error);
            return None;
        }
    };
    for (line, problem) in &document.problems {
        problems.tell_line(path, *line, problem);
    }
    let own_by_folder: HashMap<&str, &OwnPackage<'_>> = own
        .iter()
        .map(|package| (package.folder, package))
        .collect();
    let mut graph = LockGraph::default();
    let mut descriptors = Descriptors::default();
    let mut waiting = Vec::new();
    for entry in document.root.entries() {
        if &*entry.key == "__metadata" {
            continue;
        }
        let first = entry.key.split(", ").next().unwrap_or_default();
        let resolution = entry.value.text_of("resolution").unwrap_or(first);
        let (name, reference) = split_name(resolution);
        let reference = reference.unwrap_or_default();
        if name.is_empty() || name.len() > LONGEST_NAME {
            problems.tell_line(
                path,
                entry.line,
                "a package without a name or with one that is too long",
            );
            continue;
        }
        let folder = reference.strip_prefix("workspace:");
        let member = folder
            .and_then(|folder| own_by_folder.get(folder.trim_start_matches('.')))
            .copied();
        let written = entry.value.text_of("version").unwrap_or_default();
        // What stands there for every package that has no version of its own in the lock.
        let written = written.trim_start_matches("0.0.0-use.local");
        let package = graph.add(Locked {
            name,
            version: member.map_or(written, |member| member.version),
            source: kind_of(reference),
            own: folder.is_some(),
            development: None,
            license: None,
        });
        let Some(package) = package else { break };
        for descriptor in entry.key.split(", ") {
            descriptors.add(descriptor, package);
        }
        waiting.push((&entry.value, package, member));
    }
    for (node, asking, member) in waiting {
        ask(&mut graph, &descriptors, node, asking, member);
    }
    Some(graph.finish(path, problems))
}

fn ask(
    graph: &mut LockGraph<'_>,
    descriptors: &Descriptors<'_>,
    node: &Node,
    asking: u32,
    member: Option<&OwnPackage<'_>>,
) {
    // The lock puts both kinds together; the manifest tells them apart.
    let mut kinds: HashMap<&str, bool> = HashMap::new();
    for dependency in member.map_or(&[][..], |member| member.asks) {
        let (key, development) = key_of(dependency);
        if dependency.group.as_deref() != Some("peer") {
            let known = kinds.entry(key).or_insert(development);
            *known &= development;
        }
    }
    for entry in node.get("dependencies").map_or(&[][..], Node::entries) {
        let Some(range) = entry.value.text() else {
            continue;
        };
        // Before version 4 of the format ranges were written without `npm:`.
        let exact = descriptors
            .find_exact(&entry.key, range)
            .or_else(|| descriptors.find_exact(&entry.key, &format!("npm:{range}")));
        if let Some(asked) = exact.or_else(|| descriptors.find(&entry.key, range)) {
            let development = kinds.get(&*entry.key).copied().unwrap_or(false);
            graph.ask(asking, asked, development);
        }
    }
}

/// Says where a reference (`npm:1.2.3`, `workspace:packages/a`, `https://…#commit=…`) leads.
fn kind_of(reference: &str) -> &'static str {
    if reference.starts_with("workspace:") {
        return "path";
    }
    if reference.contains("#commit=") {
        return "git";
    }
    source_of(reference)
}
