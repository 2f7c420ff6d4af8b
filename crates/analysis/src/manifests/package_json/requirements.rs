//! The dependencies of a `package.json`, of all kinds. Resolves nothing that other files decide.
//!
//! What the model has no field for is told in `marker`, which npm has no other use for: `optional` for a peer that
//! `peerDependenciesMeta` says may be missing, `bundled` for what the published package brings along.

use std::collections::HashSet;

use synthesizer_model::dependency::{Dependency, Ecosystem};

use super::{Reading, shown};
use crate::manifests::{
    allowance::{LONGEST_NAME, MOST_ITEMS},
    json_text::{Member, Node, Value},
    npm_specifier::{self, Elsewhere},
};

/// How many names a problem about overrides lists.
const LISTED: usize = 20;

/// A dependency, and what other files of the tree decide about it.
#[derive(Debug)]
pub(in crate::manifests) struct Asked {
    /// The dependency as far as the manifest tells.
    pub dependency: Dependency,
    /// What it leaves open.
    pub elsewhere: Elsewhere,
}

/// The sections, with the group of their dependencies.
const SECTIONS: [(&str, Option<&str>); 4] = [
    ("dependencies", None),
    ("optionalDependencies", Some("optional")),
    ("devDependencies", Some("dev")),
    ("peerDependencies", Some("peer")),
];

/// Reads every section. What `optionalDependencies` names is not needed to run, whatever `dependencies` says.
pub(super) fn read(reading: &mut Reading<'_>, root: &Node<'_>) -> Vec<Asked> {
    let optional: HashSet<&str> = keys(root.get("optionalDependencies")).collect();
    let optional_peers: HashSet<&str> = root
        .get("peerDependenciesMeta")
        .into_iter()
        .flat_map(Node::members)
        .filter(|member| member.value.get("optional").and_then(Node::boolean) == Some(true))
        .map(|member| &*member.key)
        .collect();
    let bundled = Bundled::read(root);
    let mut asked = Vec::new();
    for (section, group) in SECTIONS {
        let Some(node) = root.get(section) else {
            continue;
        };
        if !node.is_object() {
            if node.value != Value::Null {
                reading.problem(node.line, format_args!("{section} is no object"));
            }
            continue;
        }
        let distinct = node.distinct();
        for member in distinct.shadowed {
            let what = format_args!(
                "{} is there again later in {section}, which counts",
                member.key
            );
            reading.problem(member.line, what);
        }
        for member in distinct.members {
            if section == "dependencies" && optional.contains(&*member.key) {
                continue;
            }
            if asked.len() >= MOST_ITEMS {
                let what =
                    format_args!("more than {MOST_ITEMS} dependencies; the rest is left out");
                reading.problem(member.line, what);
                return asked;
            }
            let is_optional = group == Some("peer") && optional_peers.contains(&*member.key);
            let is_bundled =
                !matches!(group, Some("peer" | "dev")) && bundled.contains(&member.key);
            let marker = match (is_optional, is_bundled) {
                (true, _) => Some("optional"),
                (false, true) => Some("bundled"),
                (false, false) => None,
            };
            let marker = marker.map(str::to_owned);
            let Some(known) = dependency(reading, member, group, marker) else {
                continue;
            };
            if !reading.room.dependencies.admits(&known.dependency) {
                reading.left_out = true;
                return asked;
            }
            asked.push(known);
        }
    }
    asked.sort_by_key(|known| known.dependency.line);
    tell_overrides(reading, root);
    asked
}

fn keys<'n>(node: Option<&'n Node<'_>>) -> impl Iterator<Item = &'n str> {
    let members = node.into_iter().flat_map(Node::members);
    members.map(|member| &*member.key)
}

fn dependency(
    reading: &mut Reading<'_>,
    member: &Member<'_>,
    group: Option<&str>,
    marker: Option<String>,
) -> Option<Asked> {
    let name = member.key.trim();
    if name.is_empty() || name.len() > LONGEST_NAME {
        reading.problem(member.line, "a dependency whose name is empty or too long");
        return None;
    }
    let Some(specifier) = member.value.text() else {
        reading.problem(
            member.line,
            format_args!("what is asked of {name} is no text; it is left out"),
        );
        return None;
    };
    let specifier = npm_specifier::read(specifier);
    let written_name = shown(name);
    let (name, imported_as) = match specifier.real_name {
        Some(real) if real != written_name => (real, Some(written_name)),
        _ => (written_name, None),
    };
    let dependency = Dependency {
        specifier: specifier.written,
        parsed: specifier.parsed,
        url: specifier.url,
        imported_as,
        group: group.map(str::to_owned),
        marker,
        ..Dependency::new(Ecosystem::Npm, name, reading.path, member.line)
    };
    Some(Asked {
        dependency,
        elsewhere: specifier.elsewhere,
    })
}

/// The dependencies that the published package brings along.
enum Bundled<'n> {
    All,
    Named(HashSet<&'n str>),
}

impl<'n> Bundled<'n> {
    /// `bundleDependencies` or `bundledDependencies`: a list of names, or `true` for all.
    fn read(root: &'n Node<'_>) -> Self {
        let lists = ["bundleDependencies", "bundledDependencies"];
        let Some(node) = lists.iter().find_map(|key| root.get(key)) else {
            return Self::Named(HashSet::new());
        };
        if node.boolean() == Some(true) {
            return Self::All;
        }
        Self::Named(node.items().iter().filter_map(Node::text).collect())
    }

    fn contains(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(names) => names.contains(name),
        }
    }
}

/// Overrides change what the lock holds of other packages' dependencies; they ask for nothing themselves.
fn tell_overrides(reading: &mut Reading<'_>, root: &Node<'_>) {
    let pnpm = root.get("pnpm");
    let sections = [
        ("overrides", root.get("overrides")),
        ("resolutions", root.get("resolutions")),
        (
            "pnpm.overrides",
            pnpm.and_then(|pnpm| pnpm.get("overrides")),
        ),
    ];
    for (section, node) in sections {
        let Some(node) = node else { continue };
        let names: Vec<&str> = keys(Some(node))
            .filter(|name| !name.starts_with("//"))
            .collect();
        if !names.is_empty() {
            reading.problem(node.line, overrides_told(section, &names));
        }
    }
}

/// Says which overrides there are.
pub(in crate::manifests) fn overrides_told(section: &str, names: &[&str]) -> String {
    let listed = names[..names.len().min(LISTED)].join(", ");
    let more = match names.len() {
        0..=LISTED => String::new(),
        count => format!(" and {} more", count - LISTED),
    };
    format!(
        "{section} of {listed}{more}: they replace versions that other packages ask for, and are not merged into what is declared"
    )
}
