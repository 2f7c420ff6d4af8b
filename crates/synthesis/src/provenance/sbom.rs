//! `sbom.cdx.json`: the project as a CycloneDX 1.6 bill of materials. No serial number and no times, so that the same project has the same
//! bytes. <https://cyclonedx.org/docs/1.6/json/>

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use synthesizer_model::{
    reference::{Location, RepositoryReference},
    resolution::ResolvedPackage,
    synthesis::{LockedFile, LockedProject, LockedSource},
};

use super::UNKNOWN;

/// The reference of the project itself.
const PROJECT: &str = "project";

/// What a bill of materials is made of.
pub(super) struct Materials<'a> {
    /// The project.
    pub(super) project: &'a LockedProject,
    /// The sources, sorted by id.
    pub(super) sources: &'a [LockedSource],
    /// The files by their paths.
    pub(super) files: &'a BTreeMap<String, LockedFile>,
    /// The packages of the lock, sorted by name and version.
    pub(super) packages: &'a [ResolvedPackage],
}

/// Writes the bill of materials: each source with its files, and each package of the lock with who asks for it.
pub(super) fn write(materials: &Materials<'_>) -> String {
    let sources = materials.sources.iter().map(|source| {
        let files = materials.files.values();
        component_of_source(source, files.filter(|file| file.source == source.id))
    });
    let packages = materials
        .packages
        .iter()
        .map(|package| component_of_package(&materials.project.ecosystem, package));
    let document = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "tools": { "components": [{ "type": "application", "name": "synthesizer" }] },
            "component": { "type": "application", "bom-ref": PROJECT, "name": materials.project.name },
        },
        "components": sources.chain(packages).collect::<Vec<Value>>(),
        "dependencies": dependencies(materials),
    });
    let mut text = serde_json::to_string_pretty(&document)
        .expect("strings, numbers and lists of them are always JSON");
    text.push('\n');
    text
}

fn component_of_source<'a>(
    source: &LockedSource,
    files: impl Iterator<Item = &'a LockedFile>,
) -> Value {
    let named = Named::of(source);
    let files: Vec<Value> = files.map(component_of_file).collect();
    let mut component = json!({
        "type": "library",
        "bom-ref": source_reference(&source.id),
        "name": named.name,
        "properties": [
            property("synthesizer:url", &source.url),
            property("synthesizer:revision", &source.revision),
        ],
    });
    set(&mut component, "version", named.version.map(Value::from));
    set(&mut component, "licenses", licenses(&source.license));
    set(&mut component, "purl", named.purl.map(Value::from));
    set(
        &mut component,
        "components",
        (!files.is_empty()).then_some(Value::Array(files)),
    );
    component
}

fn component_of_file(file: &LockedFile) -> Value {
    let mut component = json!({
        "type": "file",
        "bom-ref": format!("file:{}", file.path),
        "name": file.path,
        "hashes": [{ "alg": "SHA-256", "content": file.sha256 }],
        "properties": [
            property("synthesizer:origin", &file.origin),
            property("synthesizer:blob", &file.blob),
            property("synthesizer:transforms", &file.transforms.join(" ")),
        ],
    });
    set(&mut component, "licenses", licenses(&file.license));
    component
}

fn component_of_package(ecosystem: &str, package: &ResolvedPackage) -> Value {
    let mut component = json!({
        "type": "library",
        "bom-ref": package_reference(package),
        "name": package.name,
        "version": package.version,
    });
    let license = package.license.as_deref().and_then(licenses);
    set(&mut component, "licenses", license);
    let purl = package_url(ecosystem, &package.name, &package.version);
    set(&mut component, "purl", purl.map(Value::from));
    component
}

/// Says what asks for what. A package that is there in several versions is asked for in each: the lock's own text tells more.
fn dependencies(materials: &Materials<'_>) -> Vec<Value> {
    let mut references: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for package in materials.packages {
        let of_name = references.entry(package.name.as_str()).or_default();
        of_name.push(package_reference(package));
    }
    let mut asked: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in materials.sources {
        let of_project = asked.entry(PROJECT.to_owned()).or_default();
        of_project.insert(source_reference(&source.id));
        asked.entry(source_reference(&source.id)).or_default();
    }
    for package in materials.packages {
        let reference = package_reference(package);
        asked.entry(reference.clone()).or_default();
        for asker in &package.required_by {
            let askers = references.get(asker.as_str());
            // Who is no package of the lock is the project.
            let askers = askers.map_or_else(|| vec![PROJECT.to_owned()], Clone::clone);
            for asker in askers.into_iter().filter(|asker| *asker != reference) {
                asked.entry(asker).or_default().insert(reference.clone());
            }
        }
    }
    let entries = asked.into_iter();
    entries
        .map(|(reference, depends_on)| match depends_on.is_empty() {
            true => json!({ "ref": reference }),
            false => json!({ "ref": reference, "dependsOn": depends_on }),
        })
        .collect()
}

/// A source as a package of its registry, where it is one.
struct Named {
    name: String,
    version: Option<String>,
    purl: Option<String>,
}

impl Named {
    fn of(source: &LockedSource) -> Self {
        match RepositoryReference::parse(&source.url).map(|reference| reference.location) {
            Ok(Location::Package {
                registry,
                name,
                version,
            }) => {
                let ecosystem = match registry.as_str() {
                    "pypi" => "python",
                    other => other,
                };
                let purl = version
                    .as_deref()
                    .and_then(|version| package_url(ecosystem, &name, version));
                Self {
                    name,
                    version,
                    purl,
                }
            }
            Ok(Location::Git { url, .. }) => Self {
                name: source.id.clone(),
                version: Some(source.revision.clone()),
                purl: Some(format!(
                    "pkg:generic/{}@{}?vcs_url={}",
                    encoded(&source.id),
                    encoded(&source.revision),
                    encoded(&format!("git+{url}@{}", source.revision)),
                )),
            },
            Ok(Location::Local(_)) | Err(_) => Self {
                name: source.id.clone(),
                version: None,
                purl: None,
            },
        }
    }
}

fn source_reference(id: &str) -> String {
    format!("source:{id}")
}

fn package_reference(package: &ResolvedPackage) -> String {
    format!("package:{}@{}", package.name, package.version)
}

/// Gives a package's URL; `None` for a family that has no type of its own. <https://github.com/package-url/purl-spec>
fn package_url(ecosystem: &str, name: &str, version: &str) -> Option<String> {
    let kind = match ecosystem {
        "python" => "pypi",
        "cargo" => "cargo",
        "npm" => "npm",
        _ => return None,
    };
    let name: Vec<String> = name.split('/').map(encoded).collect();
    Some(format!(
        "pkg:{kind}/{}@{}",
        name.join("/"),
        encoded(version)
    ))
}

/// Percent-encodes everything but what a package URL leaves as it is.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b".-_~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// Gives the license; `None` when it is not known or no expression of SPDX.
fn licenses(expression: &str) -> Option<Value> {
    let known = expression != UNKNOWN && spdx::Expression::parse(expression).is_ok();
    known.then(|| json!([{ "expression": expression }]))
}

fn property(name: &str, value: &str) -> Value {
    json!({ "name": name, "value": value })
}

fn set(component: &mut Value, key: &str, value: Option<Value>) {
    if let Some(value) = value {
        component[key] = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_and_sources_have_urls_of_their_kind() {
        let check = |ecosystem: &str, name: &str, expected: Option<&str>| {
            let url = package_url(ecosystem, name, "1.0+a b");
            assert_eq!(url.as_deref(), expected, "{ecosystem} {name}");
        };
        check("python", "click", Some("pkg:pypi/click@1.0%2Ba%20b"));
        check(
            "npm",
            "@types/node",
            Some("pkg:npm/%40types/node@1.0%2Ba%20b"),
        );
        check("go", "x", None);
        let named = |url: &str| {
            let source = LockedSource {
                id: "click".to_owned(),
                url: url.to_owned(),
                revision: "abc".to_owned(),
                license: "MIT".to_owned(),
            };
            Named::of(&source).purl
        };
        let click = named("pypi:click@8.1.7");
        assert_eq!(click.as_deref(), Some("pkg:pypi/click@8.1.7"));
        let git = named("https://git.example/o/click");
        let expected =
            "pkg:generic/click@abc?vcs_url=git%2Bhttps%3A%2F%2Fgit.example%2Fo%2Fclick%40abc";
        assert_eq!(git.as_deref(), Some(expected));
        assert_eq!(named("../click"), None);
    }

    #[test]
    fn a_package_depends_on_what_names_it_and_never_on_itself() {
        let package = |name: &str, required_by: &[&str]| ResolvedPackage {
            name: name.to_owned(),
            version: "1".to_owned(),
            required_by: required_by.iter().map(|one| (*one).to_owned()).collect(),
            chain: Vec::new(),
            license: None,
            import_names: Vec::new(),
        };
        let project = LockedProject {
            name: "toolbox".to_owned(),
            template: "python-default".to_owned(),
            ecosystem: "python".to_owned(),
            template_hash: None,
        };
        let packages = [package("a", &["toolbox", "a"]), package("b", &["a"])];
        let found = dependencies(&Materials {
            project: &project,
            sources: &[],
            files: &BTreeMap::new(),
            packages: &packages,
        });
        let expected = json!([
            { "ref": "package:a@1", "dependsOn": ["package:b@1"] },
            { "ref": "package:b@1" },
            { "ref": "project", "dependsOn": ["package:a@1"] },
        ]);
        assert_eq!(Value::Array(found), expected);
    }
}
