//! The project's own `package.json`, apart from what the template adds.

use serde_json::{Map, Value, json};
use synthesizer_model::{Failure, ecmascript::NpmNeedKind};

use super::{input::NpmInput, packages::Declared};

/// What the manifest says besides the packages.
pub(crate) struct ManifestFacts<'a> {
    /// One sentence.
    pub(crate) description: &'a str,
    /// The SPDX expression of the whole, when every source's license is known.
    pub(crate) license: Option<&'a str>,
    /// The folders of the workspace's members.
    pub(crate) members: Vec<String>,
}

/// Writes the manifest.
///
/// # Errors
/// `E_INTERNAL` when it cannot be written as JSON.
pub(crate) fn write(
    input: &NpmInput<'_>,
    declared: &[Declared],
    facts: &ManifestFacts<'_>,
) -> Result<String, Failure> {
    let mut document = Map::new();
    document.insert("name".to_owned(), json!(input.project_name.distribution()));
    document.insert("version".to_owned(), json!("0.1.0"));
    document.insert("private".to_owned(), json!(true));
    document.insert("description".to_owned(), json!(facts.description));
    if let Some(license) = facts.license {
        document.insert("license".to_owned(), json!(license));
    }
    if !input.node.is_empty() {
        document.insert("engines".to_owned(), json!({ "node": input.node }));
    }
    if !facts.members.is_empty() {
        document.insert("workspaces".to_owned(), json!(facts.members));
    }
    let sections = [
        ("dependencies", NpmNeedKind::Required),
        ("optionalDependencies", NpmNeedKind::Optional),
        ("devDependencies", NpmNeedKind::Development),
    ];
    for (section, kind) in sections {
        let packages: Map<String, Value> = declared
            .iter()
            .filter(|package| package.kind == kind)
            .map(|package| (package.name.clone(), json!(package.range)))
            .collect();
        if !packages.is_empty() {
            document.insert(section.to_owned(), Value::Object(packages));
        }
    }
    printed(&Value::Object(document))
}

/// Writes a JSON document as npm does.
pub(crate) fn printed(document: &Value) -> Result<String, Failure> {
    serde_json::to_string_pretty(document)
        .map(|text| format!("{text}\n"))
        .map_err(|error| Failure::internal(format!("a manifest cannot be written: {error}")))
}
