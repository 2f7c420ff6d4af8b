//! The virtual workspace in which every repository is one member. All text goes through the TOML writer; nothing is concatenated.
//!
//! A lock is for all targets and all features of the members, so whether a requirement is optional and for which target it holds does not
//! count: each is written as a plain one. A package that is asked for twice gets a second key, which Cargo permits.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use semver::VersionReq;
use synthesizer_model::{
    dependency::{Dependency, Ecosystem},
    failure::{ErrorCode, Failure},
    resolution::{Constraint, ImposedRequirement, RepositoryRequirements, ResolutionRequest},
    text::escape_untrusted,
};
use toml::{Table, Value};

use super::member_names::{
    CONSTRAINT, MOST_REQUIREMENTS, by_name_alone, left_out, member_names, written,
};

/// The member that holds the user's constraints; no repository can have its name.
const CONSTRAINTS: &str = "synthesizer-constraints";
/// Stands among the features for `default-features = false`.
const NO_DEFAULT_FEATURES: &str = "-default";
/// The public registry, under its name in Cargo's configuration.
const PUBLIC_REGISTRY: &str = "crates-io";

const LONGEST_NAME: usize = 64;
const LONGEST_SPECIFIER: usize = 1_024;
const MOST_FEATURES: usize = 300;

/// A requirement as Cargo sees it.
#[derive(Debug, Clone)]
pub(super) struct CargoRequirement {
    /// The key in the member's manifest.
    pub(super) key: String,
    /// The package.
    pub(super) name: String,
    /// The versions, as Cargo writes them.
    pub(super) versions: String,
    features: Vec<String>,
    default_features: bool,
    registry: Option<String>,
    build: bool,
    /// Whether a direct reference was left out, so that the registry may not have it at all.
    pub(super) by_name_only: bool,
    /// What imposes it.
    pub(super) imposed: ImposedRequirement,
}

/// A repository, or the user's constraints, as a member of the workspace.
#[derive(Debug, Clone)]
pub(super) struct Member {
    /// `repo-<n>-<slug>`.
    pub(super) name: String,
    /// The repository as the user named it, safe to show.
    pub(super) shown: String,
    /// Whether it stands for a repository.
    pub(super) is_repository: bool,
    /// What it asks for.
    pub(super) requirements: Vec<CargoRequirement>,
}

/// Makes the members; the second value says what of the requirements was left out or changed. `registries` are those that the user's own
/// configuration names.
///
/// # Errors
/// `E_LIMIT` for too many repositories, `E_ARGUMENT` for a constraint that cannot be read.
pub(super) fn members(
    request: &ResolutionRequest,
    registries: &BTreeSet<String>,
) -> Result<(Vec<Member>, Vec<String>), Failure> {
    let names = member_names(request)?;
    let mut warnings = Vec::new();
    let mut members: Vec<Member> = request
        .repositories
        .iter()
        .zip(names)
        .map(|(repository, name)| member(repository, name, registries, &mut warnings))
        .collect();
    members.extend(constraints(&request.constraints)?);
    Ok((members, warnings))
}

fn member(
    repository: &RepositoryRequirements,
    name: String,
    registries: &BTreeSet<String>,
    warnings: &mut Vec<String>,
) -> Member {
    let shown = escape_untrusted(&repository.repository);
    let mut member = Member {
        name,
        shown,
        is_repository: true,
        requirements: Vec::new(),
    };
    let mut keys = Keys::default();
    for dependency in repository.requirements.iter().take(MOST_REQUIREMENTS) {
        if is_own_member(dependency) || dependency.group.as_deref() == Some("dev") {
            continue;
        }
        match requirement(dependency, registries, &member.shown, warnings) {
            Ok(requirement) => member.requirements.push(CargoRequirement {
                key: keys.key_for(&requirement.name),
                ..requirement
            }),
            Err(reason) => warnings.push(left_out(&member.shown, dependency, reason)),
        }
    }
    if repository.requirements.len() > MOST_REQUIREMENTS {
        warnings.push(format!(
            "{}: only the first {MOST_REQUIREMENTS} requirements were taken",
            member.shown
        ));
    }
    member
}

/// The keys of one manifest: the package's name, or that with a number where it is taken.
#[derive(Default)]
struct Keys {
    taken: BTreeSet<String>,
    counts: BTreeMap<String, usize>,
}

impl Keys {
    fn key_for(&mut self, name: &str) -> String {
        let count = self.counts.entry(name.to_owned()).or_insert(0);
        loop {
            *count += 1;
            let key = match *count {
                1 => name.to_owned(),
                again => format!("{name}--{again}"),
            };
            if self.taken.insert(key.clone()) {
                return key;
            }
        }
    }
}

/// Says whether a requirement leads to a folder of the same repository, whose own requirements are asked for beside it.
fn is_own_member(dependency: &Dependency) -> bool {
    let folder = dependency
        .url
        .as_deref()
        .and_then(|url| url.strip_prefix("path+"));
    folder
        .is_some_and(|folder| !folder.starts_with('/') && !folder.split('/').any(|one| one == ".."))
}

fn requirement(
    dependency: &Dependency,
    registries: &BTreeSet<String>,
    shown: &str,
    warnings: &mut Vec<String>,
) -> Result<CargoRequirement, &'static str> {
    let name = package_name(&dependency.name)?;
    let versions = versions(&dependency.specifier)?;
    let named = dependency
        .url
        .as_deref()
        .map(|url| url.strip_prefix("registry+"));
    let (registry, by_name_only) = match named {
        None | Some(Some(PUBLIC_REGISTRY)) => (None, false),
        Some(Some(registry)) if registries.contains(registry) => (Some(registry.to_owned()), false),
        Some(_) => (None, true),
    };
    if by_name_only {
        warnings.push(by_name_alone(shown, dependency, &versions));
    }
    let wanted = dependency
        .extras
        .iter()
        .filter(|feature| *feature != NO_DEFAULT_FEATURES);
    let (features, refused): (Vec<&String>, Vec<&String>) =
        wanted.partition(|feature| is_feature(feature));
    if !refused.is_empty() || features.len() > MOST_FEATURES {
        return Err("a feature that it asks for is none");
    }
    Ok(CargoRequirement {
        key: name.to_owned(),
        name: name.to_owned(),
        versions,
        features: features.into_iter().cloned().collect(),
        default_features: !dependency
            .extras
            .iter()
            .any(|one| one == NO_DEFAULT_FEATURES),
        registry,
        build: dependency.group.as_deref() == Some("build"),
        by_name_only,
        imposed: ImposedRequirement {
            repository: shown.to_owned(),
            specifier: written(dependency),
            manifest: escape_untrusted(&dependency.manifest),
            line: dependency.line,
        },
    })
}

/// Reads a package's name as registries permit them.
fn package_name(name: &str) -> Result<&str, &'static str> {
    let starts = |first: char| first.is_ascii_alphabetic() || first == '_';
    let legal = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
    if name.len() <= LONGEST_NAME && name.starts_with(starts) && name.chars().all(legal) {
        Ok(name)
    } else {
        Err("its name is not that of a crate")
    }
}

/// Reads a version requirement and writes it as Cargo does.
fn versions(specifier: &str) -> Result<String, &'static str> {
    let specifier = specifier.trim();
    if specifier.is_empty() {
        return Ok("*".to_owned());
    }
    if specifier.len() > LONGEST_SPECIFIER {
        return Err("its version requirement is longer than 1,024 bytes");
    }
    let read = VersionReq::parse(specifier);
    read.map(|read| read.to_string())
        .map_err(|_| "its version requirement cannot be read")
}

/// Says whether Cargo takes a text as a dependency's feature.
fn is_feature(text: &str) -> bool {
    let legal = |character: char| character.is_ascii_alphanumeric() || "_-+.".contains(character);
    (1..=LONGEST_NAME).contains(&text.len())
        && text.chars().all(legal)
        && text.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '_')
}

fn constraints(given: &[Constraint]) -> Result<Option<Member>, Failure> {
    let mut keys = Keys::default();
    let mut requirements = Vec::new();
    for constraint in given {
        let text = constraint.requirement.as_str();
        let dependency = read_constraint(text).map_err(|reason| {
            let shown = escape_untrusted(text);
            let message = format!("the constraint `{shown}` cannot be used: {reason}");
            Failure::new(ErrorCode::Argument, message).with_hint(
                "write a constraint as a package and its versions, such as serde@^1.0.100",
            )
        })?;
        let versions = versions(&dependency.specifier).expect("a constraint's versions were read");
        requirements.push(CargoRequirement {
            key: keys.key_for(&dependency.name),
            name: dependency.name.clone(),
            versions,
            features: Vec::new(),
            default_features: false,
            registry: None,
            build: false,
            by_name_only: false,
            imposed: ImposedRequirement {
                repository: CONSTRAINT.to_owned(),
                specifier: written(&dependency),
                manifest: String::new(),
                line: 0,
            },
        });
    }
    let member = Member {
        name: CONSTRAINTS.to_owned(),
        shown: CONSTRAINT.to_owned(),
        is_repository: false,
        requirements,
    };
    Ok((!given.is_empty()).then_some(member))
}

/// Reads `serde@^1.0.100` or `serde` into the requirement that it means.
///
/// # Errors
/// The reason why it is none, as the end of a sentence.
pub(super) fn read_constraint(text: &str) -> Result<Dependency, &'static str> {
    let (name, specifier) = match text.trim().split_once('@') {
        Some((name, specifier)) if !specifier.trim().is_empty() => (name.trim(), specifier.trim()),
        Some(_) => return Err("no versions stand behind its `@`"),
        None => (text.trim(), ""),
    };
    let mut dependency = Dependency::new(Ecosystem::Cargo, package_name(name)?, "", 0);
    versions(specifier)?;
    dependency.specifier = specifier.to_owned();
    Ok(dependency)
}

/// Writes the workspace into a folder, over one of the same members. `rust_version` is the Rust to solve for.
pub(super) async fn write(
    directory: &Path,
    members: &[Member],
    rust_version: Option<&str>,
) -> Result<(), Failure> {
    write_all(directory, members, rust_version)
        .await
        .map_err(synthesizer_infrastructure::project::cannot_write_scratch)
}

async fn write_all(
    directory: &Path,
    members: &[Member],
    rust_version: Option<&str>,
) -> std::io::Result<()> {
    tokio::fs::create_dir_all(directory).await?;
    let names = members
        .iter()
        .map(|member| Value::from(member.name.clone()));
    let workspace = table([
        ("resolver", Value::from("3")),
        ("members", Value::Array(names.collect())),
    ]);
    let root = table([("workspace", Value::Table(workspace))]);
    tokio::fs::write(directory.join("Cargo.toml"), render(&root)?).await?;
    for member in members {
        let folder = directory.join(&member.name);
        tokio::fs::create_dir_all(&folder).await?;
        let manifest = render(&manifest(member, rust_version))?;
        tokio::fs::write(folder.join("Cargo.toml"), manifest).await?;
        tokio::fs::write(folder.join("lib.rs"), "").await?;
    }
    Ok(())
}

fn render(manifest: &Table) -> std::io::Result<String> {
    toml::to_string(manifest).map_err(std::io::Error::other)
}

fn manifest(member: &Member, rust_version: Option<&str>) -> Table {
    // No edition: a later one would refuse an old Rust version.
    let mut package = table([
        ("name", Value::from(member.name.clone())),
        ("version", Value::from("0.0.0")),
    ]);
    if let Some(version) = rust_version {
        package.insert("rust-version".to_owned(), Value::from(version));
    }
    let dependencies = |build: bool| {
        let requirements = member.requirements.iter().filter(|one| one.build == build);
        let entry = |one: &CargoRequirement| (one.key.clone(), Value::Table(entry(one)));
        Value::Table(requirements.map(entry).collect())
    };
    table([
        ("package", Value::Table(package)),
        (
            "lib",
            Value::Table(table([("path", Value::from("lib.rs"))])),
        ),
        ("dependencies", dependencies(false)),
        ("build-dependencies", dependencies(true)),
    ])
}

fn entry(requirement: &CargoRequirement) -> Table {
    let mut entry = table([("version", Value::from(requirement.versions.clone()))]);
    if requirement.key != requirement.name {
        let name = Value::from(requirement.name.clone());
        entry.insert("package".to_owned(), name);
    }
    if !requirement.features.is_empty() {
        let features = requirement.features.iter().cloned().map(Value::String);
        entry.insert("features".to_owned(), Value::Array(features.collect()));
    }
    if !requirement.default_features {
        entry.insert("default-features".to_owned(), Value::Boolean(false));
    }
    if let Some(registry) = &requirement.registry {
        entry.insert("registry".to_owned(), Value::from(registry.clone()));
    }
    entry
}

fn table<const N: usize>(entries: [(&str, Value); N]) -> Table {
    entries
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

#[cfg(test)]
#[path = "cargo_workspace_tests.rs"]
mod tests;
