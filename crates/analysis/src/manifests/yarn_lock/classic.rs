//! The lock file of yarn 1, line by line. Looks at no manifest but what it is given.

use std::collections::HashMap;

use super::{Descriptors, LockFile, LockGraph, OwnPackage, ProblemList, split_name};
use crate::manifests::{
    allowance::LONGEST_NAME,
    lock_graph::{Locked, key_of},
    npm_specifier::source_of,
};

/// A package as it is written.
#[derive(Default)]
struct Block<'t> {
    line: u32,
    descriptors: Vec<&'t str>,
    version: &'t str,
    resolved: &'t str,
    asks: Vec<(&'t str, &'t str)>,
}

/// Reads a lock file; lines that it does not have become problems.
pub(super) fn parse(
    path: &str,
    text: &str,
    own: &[OwnPackage<'_>],
    problems: &mut ProblemList,
) -> LockFile {
    let blocks = blocks(path, text, problems);
    let mut graph = LockGraph::default();
    let mut descriptors = Descriptors::default();
    let mut indices = Vec::with_capacity(blocks.len());
    for block in &blocks {
        let package = package(block).filter(|package| package.name.len() <= LONGEST_NAME);
        let Some(package) = package else {
            problems.tell_line(
                path,
                block.line,
                "a package without a name or with one that is too long",
            );
            indices.push(None);
            continue;
        };
        let index = graph.add(package);
        indices.push(index);
        if let Some(index) = index {
            for descriptor in &block.descriptors {
                descriptors.add(descriptor, index);
            }
        }
    }
    for (block, index) in blocks.iter().zip(&indices) {
        for (name, range) in &block.asks {
            if let (Some(asking), Some(asked)) = (index, descriptors.find(name, range)) {
                graph.ask(*asking, asked, false);
            }
        }
    }
    ask_for_own(&mut graph, &descriptors, own);
    graph.finish(path, problems)
}

/// Adds the repository's own packages, of which the lock says nothing, and what their manifests ask for.
fn ask_for_own<'t>(
    graph: &mut LockGraph<'t>,
    descriptors: &Descriptors<'_>,
    own: &[OwnPackage<'t>],
) {
    let by_folder = graph.add_own(own);
    let own_names: HashMap<&str, u32> = own
        .iter()
        .filter_map(|package| Some((package.name, *by_folder.get(package.folder)?)))
        .collect();
    for package in own {
        let Some(asking) = by_folder.get(package.folder) else {
            continue;
        };
        for dependency in package.asks {
            let (key, development) = key_of(dependency);
            let is_peer = dependency.group.as_deref() == Some("peer");
            let specifier = &dependency.specifier;
            let exact = descriptors.find_exact(key, specifier);
            let own = own_names.get(key).copied();
            let other = || descriptors.find(key, specifier).filter(|_| !is_peer);
            if let Some(asked) = exact.or(own).or_else(other) {
                graph.ask(*asking, asked, development);
            }
        }
    }
}

fn package<'t>(block: &Block<'t>) -> Option<Locked<'t>> {
    let first = block.descriptors.first()?;
    let (key, range) = split_name(first);
    let range = range.unwrap_or_default();
    let name = match range.strip_prefix("npm:").map(split_name) {
        Some((real, Some(_))) => real,
        _ => key,
    };
    let revision = block
        .resolved
        .split_once('#')
        .map_or("", |(_, after)| after);
    (!name.is_empty()).then_some(Locked {
        name,
        version: if block.version.is_empty() {
            revision
        } else {
            block.version
        },
        source: source_of(range),
        own: false,
        development: None,
        license: None,
    })
}

/// Where the lines of a block are.
#[derive(PartialEq, Eq)]
enum Section {
    Fields,
    Asks,
    Other,
}

fn blocks<'t>(path: &str, text: &'t str, problems: &mut ProblemList) -> Vec<Block<'t>> {
    let mut blocks: Vec<Block<'t>> = Vec::new();
    let mut section = Section::Fields;
    for (number, line) in (1_u32..).zip(text.lines()) {
        let content = line.trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let indent = line.len() - line.trim_start_matches(' ').len();
        if indent == 0 {
            section = Section::Fields;
            match content.strip_suffix(':') {
                Some(key) => blocks.push(Block {
                    line: number,
                    descriptors: descriptors_of(key),
                    ..Block::default()
                }),
                None => problems.tell_line(
                    path,
                    number,
                    "a line that a lock file of yarn does not have",
                ),
            }
            continue;
        }
        let Some(block) = blocks.last_mut() else {
            continue;
        };
        if indent <= 2 {
            section = match content {
                "dependencies:" | "optionalDependencies:" => Section::Asks,
                _ if content.ends_with(':') => Section::Other,
                _ => Section::Fields,
            };
        }
        match (&section, key_and_value(content)) {
            (Section::Asks, Some((name, range))) if indent > 2 => block.asks.push((name, range)),
            (Section::Fields, Some(("version", version))) => block.version = version,
            (Section::Fields, Some(("resolved", resolved))) => block.resolved = resolved,
            _ => {}
        }
    }
    blocks
}

/// Splits `"a@1, 2", b@3` at the commas outside quotes.
fn descriptors_of(key: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = key.trim();
    while !rest.is_empty() {
        let (descriptor, after) = token(rest, ',');
        if !descriptor.is_empty() {
            found.push(descriptor);
        }
        rest = after.trim_start_matches([',', ' ']);
    }
    found
}

fn key_and_value(line: &str) -> Option<(&str, &str)> {
    let (key, rest) = token(line, ' ');
    let (value, _) = token(rest.trim_start(), ' ');
    (!key.is_empty()).then_some((key, value))
}

/// Splits off a text in quotes, or what reaches to the given character.
fn token(text: &str, end: char) -> (&str, &str) {
    if let Some(quoted) = text.strip_prefix('"') {
        return match quoted.find('"') {
            Some(length) => (&quoted[..length], &quoted[length + 1..]),
            None => (quoted, ""),
        };
    }
    let length = text.find(end).unwrap_or(text.len());
    (text[..length].trim_end(), &text[length..])
}
