//! The scratch workspace in which every repository is one member. All text goes through the JSON writer; nothing is concatenated.
//!
//! npm's rule for members, as measured: what members ask for themselves may differ, since copies nest; what they ask for as peers must be met
//! by one version, that of the combined project. So peers stay peers, and a clash between them is npm's own `ERESOLVE`. A constraint of the
//! user is a dependency of the root, which all peers must suit.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde_json::{Map, Value, json};
use synthesizer_model::{
    dependency::{Dependency, Ecosystem},
    failure::{ErrorCode, Failure},
    resolution::{Constraint, ImposedRequirement, RepositoryRequirements, ResolutionRequest},
    text::escape_untrusted,
};

use super::{
    member_names::{CONSTRAINT, MOST_REQUIREMENTS, by_name_alone, left_out, member_names, written},
    npm_range::NpmRange,
};

/// The most manifests of one repository that become members of their own.
const MOST_MANIFESTS: usize = 100;
const LONGEST_NAME: usize = 214;
const LONGEST_SPECIFIER: usize = 1_024;

/// The section of a manifest that a requirement stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Section {
    Dependencies,
    Optional,
    Peer,
    /// A peer that may be missing.
    OptionalPeer,
}

/// A requirement as npm sees it.
#[derive(Debug, Clone)]
pub(super) struct NpmRequirement {
    /// The key in the member's manifest.
    pub(super) key: String,
    /// The package.
    pub(super) name: String,
    /// A range or a tag.
    pub(super) range: String,
    pub(super) section: Section,
    /// Whether a direct reference was left out, so that the registry may not have it at all.
    pub(super) by_name_only: bool,
    /// What imposes it.
    pub(super) imposed: ImposedRequirement,
}

impl NpmRequirement {
    /// Says whether it is asked of whoever uses the repository.
    pub(super) fn is_peer(&self) -> bool {
        matches!(self.section, Section::Peer | Section::OptionalPeer)
    }
}

/// A repository, or one manifest of it, as a member of the workspace.
#[derive(Debug, Clone)]
pub(super) struct Member {
    /// `repo-<n>-<slug>`, with `--<m>` for a further manifest.
    pub(super) name: String,
    /// The repository as the user named it, safe to show.
    pub(super) shown: String,
    /// What it asks for.
    pub(super) requirements: Vec<NpmRequirement>,
}

/// The whole workspace.
#[derive(Debug, Clone)]
pub(super) struct Workspace {
    pub(super) members: Vec<Member>,
    /// What the root asks for: the user's constraints.
    pub(super) constraints: Vec<NpmRequirement>,
    /// Versions that are held, by package.
    pub(super) held: BTreeMap<String, String>,
}

/// Makes the workspace; the second value says what of the requirements was left out or changed.
///
/// # Errors
/// `E_LIMIT` for too many repositories, `E_ARGUMENT` for a constraint that cannot be read.
pub(super) fn workspace(request: &ResolutionRequest) -> Result<(Workspace, Vec<String>), Failure> {
    let names = member_names(request)?;
    let mut warnings = Vec::new();
    let mut members = Vec::new();
    for (repository, name) in request.repositories.iter().zip(&names) {
        members.extend(members_of(repository, name, &names, &mut warnings));
    }
    let workspace = Workspace {
        members,
        constraints: constraints(&request.constraints)?,
        held: BTreeMap::new(),
    };
    Ok((workspace, warnings))
}

fn members_of(
    repository: &RepositoryRequirements,
    name: &str,
    names: &[String],
    warnings: &mut Vec<String>,
) -> Vec<Member> {
    let shown = escape_untrusted(&repository.repository);
    let mut requirements = Vec::new();
    for dependency in repository.requirements.iter().take(MOST_REQUIREMENTS) {
        let is_own = dependency.specifier.trim_start().starts_with("workspace:");
        if is_own || dependency.group.as_deref() == Some("dev") {
            continue;
        }
        let taken = requirement(dependency, &shown).and_then(|one| {
            // The names of all members begin with those of the repositories.
            let is_member = names.iter().any(|name| one.key.starts_with(name.as_str()));
            let reason = "it has the name of a member of the scratch workspace";
            if is_member { Err(reason) } else { Ok(one) }
        });
        match taken {
            Ok(one) => {
                if one.by_name_only {
                    warnings.push(by_name_alone(&shown, dependency, &one.range));
                }
                requirements.push(one);
            }
            Err(reason) => warnings.push(left_out(&shown, dependency, reason)),
        }
    }
    if repository.requirements.len() > MOST_REQUIREMENTS {
        warnings.push(format!(
            "{shown}: only the first {MOST_REQUIREMENTS} requirements were taken"
        ));
    }
    let parts = by_manifest(requirements, &shown, warnings);
    let member = |(index, requirements): (usize, Vec<NpmRequirement>)| Member {
        name: match index {
            0 => name.to_owned(),
            index => format!("{name}--{}", index + 1),
        },
        shown: shown.clone(),
        requirements,
    };
    parts.into_iter().enumerate().map(member).collect()
}

/// Splits requirements by their manifests when two manifests ask for the same key in different ways; a manifest can hold each key once.
fn by_manifest(
    requirements: Vec<NpmRequirement>,
    shown: &str,
    warnings: &mut Vec<String>,
) -> Vec<Vec<NpmRequirement>> {
    let mut first: BTreeMap<&str, &NpmRequirement> = BTreeMap::new();
    let differs = requirements.iter().any(|one| {
        let other = first.entry(&one.key).or_insert(one);
        let same =
            (&other.name, &other.range, other.section) == (&one.name, &one.range, one.section);
        !same && other.imposed.manifest != one.imposed.manifest
    });
    let mut manifests: BTreeMap<String, usize> = BTreeMap::new();
    let mut parts: Vec<Vec<NpmRequirement>> = vec![Vec::new()];
    let mut taken: BTreeSet<(usize, bool, String)> = BTreeSet::new();
    for one in requirements {
        let next = manifests.len().min(MOST_MANIFESTS - 1);
        let part = match differs {
            true => *manifests
                .entry(one.imposed.manifest.clone())
                .or_insert(next),
            false => 0,
        };
        parts.resize(parts.len().max(part + 1), Vec::new());
        if taken.insert((part, one.is_peer(), one.key.clone())) {
            parts[part].push(one);
        } else if !parts[part].iter().any(|other| {
            (&other.key, &other.name, &other.range) == (&one.key, &one.name, &one.range)
        }) {
            warnings.push(format!(
                "{shown}: the requirement `{}` ({}) was left out: its manifest names it twice",
                one.imposed.specifier,
                one.imposed.place()
            ));
        }
    }
    parts
}

fn requirement(dependency: &Dependency, shown: &str) -> Result<NpmRequirement, &'static str> {
    let name = package_name(&dependency.name)?;
    let key = match dependency.imported_as.as_deref() {
        Some(key) => package_name(key)?,
        None => name,
    };
    let by_name_only = dependency.url.is_some();
    let section = match (dependency.group.as_deref(), dependency.marker.as_deref()) {
        (Some("peer"), Some("optional")) => Section::OptionalPeer,
        (Some("peer"), _) => Section::Peer,
        (Some("optional"), _) => Section::Optional,
        _ => Section::Dependencies,
    };
    let range = if by_name_only {
        "*".to_owned()
    } else {
        range_of(dependency)?
    };
    Ok(NpmRequirement {
        key: key.to_owned(),
        name: name.to_owned(),
        range,
        section,
        by_name_only,
        imposed: ImposedRequirement {
            repository: shown.to_owned(),
            specifier: written(dependency),
            manifest: escape_untrusted(&dependency.manifest),
            line: dependency.line,
        },
    })
}

/// Names that every object of JavaScript has: npm takes what it finds under them for settings, and ends.
const OF_EVERY_OBJECT: &[&str] = &[
    "constructor",
    "hasOwnProperty",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "toLocaleString",
    "toString",
    "valueOf",
];

/// Reads a package's name, also one from before names had to be in lower case.
fn package_name(name: &str) -> Result<&str, &'static str> {
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with(['.', '_', '-'])
            && part
                .chars()
                .all(|one| one.is_ascii_alphanumeric() || "-._~".contains(one))
    };
    let legal = match name.strip_prefix('@') {
        Some(scoped) => scoped
            .split_once('/')
            .is_some_and(|(scope, name)| part(scope) && part(name)),
        None => part(name) && !matches!(name, "node_modules" | "favicon.ico"),
    };
    if OF_EVERY_OBJECT.contains(&name) {
        Err("npm itself cannot ask for a package of this name")
    } else if legal && name.len() <= LONGEST_NAME {
        Ok(name)
    } else {
        Err("its name is not that of a package")
    }
}

/// Gives the range or tag that npm is given.
fn range_of(dependency: &Dependency) -> Result<String, &'static str> {
    let written = dependency.specifier.trim();
    let range = match written.strip_prefix("npm:") {
        Some(alias) => match alias.get(1..).and_then(|rest| rest.split_once('@')) {
            Some((_, range)) => range,
            None if NpmRange::parse(alias).is_some() => alias,
            None => "",
        },
        None => written,
    };
    if let Ok(range) = range_or_tag(range) {
        return Ok(range);
    }
    // What another file of the tree decides, such as a catalog, was read before.
    match &dependency.parsed {
        Some(parsed) => range_or_tag(&parsed.replace(',', " ")),
        None => Err("its version is neither a range nor a tag"),
    }
}

fn range_or_tag(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    let lowered = text.to_ascii_lowercase();
    // These would be the name of a file to npm.
    let is_file = [".tgz", ".tar", ".tar.gz"]
        .iter()
        .any(|end| lowered.ends_with(end))
        || text.starts_with('.');
    let is_tag = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .chars()
            .all(|one| one.is_ascii_alphanumeric() || "-._".contains(one));
    if text.len() > LONGEST_SPECIFIER || is_file || !(is_tag || NpmRange::parse(text).is_some()) {
        return Err("its version is neither a range nor a tag");
    }
    Ok(if text.is_empty() { "*" } else { text }.to_owned())
}

fn constraints(given: &[Constraint]) -> Result<Vec<NpmRequirement>, Failure> {
    let mut requirements: Vec<NpmRequirement> = Vec::new();
    for constraint in given {
        let text = constraint.requirement.as_str();
        let refuse = |reason: &str| {
            let shown = escape_untrusted(text);
            let message = format!("the constraint `{shown}` cannot be used: {reason}");
            Failure::new(ErrorCode::Argument, message).with_hint(
                "write a constraint as a package and its versions, such as react@>=17 <19",
            )
        };
        let dependency = read_constraint(text).map_err(refuse)?;
        let mut requirement = requirement(&dependency, CONSTRAINT).map_err(refuse)?;
        let other = requirements
            .iter_mut()
            .find(|one| one.key == requirement.key);
        match other {
            // A manifest holds each name once; npm reads two ranges in a row as both.
            Some(other)
                if [&other.range, &requirement.range]
                    .iter()
                    .all(|one| joins(one)) =>
            {
                other.range = format!("{} {}", other.range, requirement.range);
                other.imposed.specifier = format!("{} {}", requirement.name, other.range);
            }
            Some(_) => return Err(refuse("another constraint is about the same package")),
            None => {
                requirement.imposed.manifest.clear();
                requirements.push(requirement);
            }
        }
    }
    Ok(requirements)
}

fn joins(range: &str) -> bool {
    NpmRange::parse(range).is_some() && !range.contains("||") && !range.contains(" - ")
}

/// Reads `react@^17`, `@scope/name@>=1 <3` or a name alone into the requirement that it means.
///
/// # Errors
/// The reason why it is none, as the end of a sentence.
pub(super) fn read_constraint(text: &str) -> Result<Dependency, &'static str> {
    let text = text.trim();
    let scope = usize::from(text.starts_with('@'));
    let (name, range) = match text[scope..].find('@') {
        Some(at) => (&text[..scope + at], Some(text[scope + at + 1..].trim())),
        None => (text, None),
    };
    let mut dependency = Dependency::new(Ecosystem::Npm, package_name(name.trim())?, "", 0);
    match range {
        Some("") => return Err("no versions stand behind its `@`"),
        Some(range) => {
            range_or_tag(range)?;
            dependency.specifier = range.to_owned();
        }
        None => {}
    }
    Ok(dependency)
}

/// Writes the workspace into a folder, over one of the same members.
pub(super) async fn write(directory: &Path, workspace: &Workspace) -> Result<(), Failure> {
    write_all(directory, workspace)
        .await
        .map_err(synthesizer_infrastructure::project::cannot_write_scratch)
}

async fn write_all(directory: &Path, workspace: &Workspace) -> std::io::Result<()> {
    tokio::fs::create_dir_all(directory).await?;
    let names = workspace.members.iter().map(|one| one.name.as_str());
    let mut root = json!({
        "private": true,
        "workspaces": names.collect::<Vec<_>>(),
    });
    if let Value::Object(root) = &mut root {
        root.extend(sections(&workspace.constraints));
        if !workspace.held.is_empty() {
            root.insert("overrides".to_owned(), json!(workspace.held));
        }
    }
    tokio::fs::write(directory.join("package.json"), root.to_string()).await?;
    for member in &workspace.members {
        let folder = directory.join(&member.name);
        tokio::fs::create_dir_all(&folder).await?;
        let mut manifest = json!({"name": member.name, "version": "0.0.0"});
        if let Value::Object(manifest) = &mut manifest {
            manifest.extend(sections(&member.requirements));
        }
        tokio::fs::write(folder.join("package.json"), manifest.to_string()).await?;
    }
    Ok(())
}

fn sections(requirements: &[NpmRequirement]) -> Map<String, Value> {
    let mut sections: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for one in requirements {
        let section = match one.section {
            Section::Dependencies => "dependencies",
            Section::Optional => "optionalDependencies",
            Section::Peer | Section::OptionalPeer => "peerDependencies",
        };
        let value = if one.key == one.name {
            one.range.clone()
        } else {
            format!("npm:{}@{}", one.name, one.range)
        };
        let entries = sections.entry(section).or_default();
        entries.insert(one.key.clone(), Value::String(value));
        if one.section == Section::OptionalPeer {
            let about = sections.entry("peerDependenciesMeta").or_default();
            about.insert(one.key.clone(), json!({"optional": true}));
        }
    }
    sections
        .into_iter()
        .map(|(section, entries)| (section.to_owned(), Value::Object(entries)))
        .collect()
}

#[cfg(test)]
#[path = "npm_workspace_tests.rs"]
mod tests;
