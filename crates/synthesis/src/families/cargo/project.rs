//! The project's own manifests: the workspace, and the package that depends on what was asked for.

use std::collections::BTreeMap;

use synthesizer_model::{Failure, finding::Finding, tree::TreePath};
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, Value, value};

use super::placement::relative;
use crate::{
    merging::{self, Extent, Kind, MergeSource},
    templates::ManifestPart,
};

/// The edition of the project's own package.
const EDITION: &str = "2024";
/// The first Rust that knows it.
pub(super) const OLDEST: &str = "1.85";

/// What the manifests say.
pub(super) struct ProjectFacts<'a> {
    /// The project's name.
    pub(super) name: &'a str,
    /// One sentence.
    pub(super) description: &'a str,
    /// The SPDX expression of the whole, when every source's license is known.
    pub(super) license: Option<&'a str>,
    /// The oldest Rust that builds everything, as far as the packages tell.
    pub(super) rust_version: Option<&'a str>,
    /// The folders of the taken packages, sorted.
    pub(super) members: &'a [String],
    /// The packages that were asked for and have a library, by the names that code has for them.
    pub(super) dependencies: &'a BTreeMap<String, OwnDependency>,
    /// Where the project's own package is declared.
    pub(super) package_manifest: &'a TreePath,
    /// What the template adds.
    pub(super) parts: &'a [ManifestPart],
}

/// A package that the project's own package depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OwnDependency {
    /// Its name.
    pub(super) package: String,
    /// Its folder.
    pub(super) folder: String,
    /// Whether its library is called otherwise than code calls it here.
    pub(super) renamed: bool,
}

/// Writes the project's own manifests by their paths.
///
/// # Errors
/// `E_INTERNAL` when the template adds to a manifest that the project does not have.
pub(super) fn manifests(
    facts: &ProjectFacts<'_>,
) -> Result<(BTreeMap<String, String>, Vec<Finding>), Failure> {
    let own = facts.package_manifest.as_str();
    let mut documents: BTreeMap<String, DocumentMut> = BTreeMap::new();
    documents.insert("Cargo.toml".to_owned(), workspace(facts));
    let package = documents.entry(own.to_owned()).or_default();
    add_package(package, facts);
    let mut texts: BTreeMap<String, String> = documents
        .into_iter()
        .map(|(path, document)| (path, document.to_string()))
        .collect();
    let mut findings = Vec::new();
    for part in facts.parts {
        let path = part.path.as_str();
        let base = texts.get(path).ok_or_else(|| {
            Failure::internal(format!(
                "the template adds to {path}, which the project does not have"
            ))
        })?;
        let merged = merging::merge(
            Kind::CargoManifest,
            base,
            &[MergeSource {
                id: "template",
                path,
                text: &part.text,
                extent: Extent::Template,
                folder: "",
            }],
        );
        findings.extend(merged.findings);
        texts.insert(path.to_owned(), merged.text);
    }
    Ok((texts, findings))
}

fn workspace(facts: &ProjectFacts<'_>) -> DocumentMut {
    let mut document = DocumentMut::new();
    let mut members: Vec<&str> = facts.members.iter().map(String::as_str).collect();
    let own = facts.package_manifest.parent();
    if !own.is_empty() {
        members.push(own);
    }
    members.sort_unstable();
    let mut list = Array::new();
    for member in members {
        let mut line = Value::from(member);
        line.decor_mut().set_prefix("\n    ");
        list.push_formatted(line);
    }
    if !list.is_empty() {
        list.set_trailing("\n");
        list.set_trailing_comma(true);
    }
    let mut workspace = Table::new();
    workspace.insert("resolver", value("3"));
    workspace.insert("members", value(list));
    document.insert("workspace", Item::Table(workspace));
    document
}

fn add_package(document: &mut DocumentMut, facts: &ProjectFacts<'_>) {
    let mut package = Table::new();
    package.insert("name", value(facts.name));
    package.insert("version", value("0.1.0"));
    package.insert("edition", value(EDITION));
    if let Some(version) = facts.rust_version {
        package.insert("rust-version", value(version));
    }
    package.insert("description", value(facts.description));
    if let Some(license) = facts.license {
        package.insert("license", value(license));
    }
    package.insert("publish", value(false));
    document.insert("package", Item::Table(package));
    let mut dependencies = Table::new();
    for (name, needed) in facts.dependencies {
        let mut dependency = InlineTable::new();
        let path = relative(facts.package_manifest.parent(), &needed.folder);
        dependency.insert("path", path.into());
        let key = if needed.renamed {
            dependency.insert("package", needed.package.as_str().into());
            name
        } else {
            &needed.package
        };
        dependencies.insert(key, value(dependency));
    }
    document.insert("dependencies", Item::Table(dependencies));
}

/// Gives the later of two versions of Rust such as `1.70`.
pub(super) fn later(one: Option<String>, other: Option<String>) -> Option<String> {
    let numbers = |text: &String| -> Vec<u32> {
        text.split('.')
            .take(3)
            .map(|part| part.parse().unwrap_or(0))
            .collect()
    };
    match (one, other) {
        (Some(one), Some(other)) if numbers(&one) < numbers(&other) => Some(other),
        (Some(one), _) => Some(one),
        (None, other) => other,
    }
}
