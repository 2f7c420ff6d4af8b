//! The new project's `pyproject.toml` and the requirements in it. Requirements stay as the sources' manifests have them; the solver intersects them.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_model::{
    ErrorCode, Failure, component::Need, dependency::normalize_distribution,
    synthesis::PlannedPackage,
};
use toml_edit::{Array, DocumentMut, Item, Table, Value, value};

use crate::families::python::{input::SynthesisInput, upstream_tests};

/// Merges what the sources need, sorted by name.
///
/// A distribution that one source always needs is always needed; one that all import under a guard is an extra of its own name.
///
/// # Errors
/// `E_ARGUMENT` when the project would depend on its own name.
pub(crate) fn merge_packages(input: &SynthesisInput<'_>) -> Result<Vec<PlannedPackage>, Failure> {
    #[derive(Default)]
    struct Merged {
        requirements: BTreeSet<String>,
        required: bool,
        imported_by: BTreeSet<String>,
    }
    let own = normalize_distribution(input.project_name.distribution());
    let mut merged: BTreeMap<String, Merged> = BTreeMap::new();
    for source in &input.sources {
        for needed in &source.needed {
            let name = normalize_distribution(&needed.name);
            if name == own {
                return Err(Failure::new(
                    ErrorCode::Argument,
                    format!(
                        "the project is called {own}, and {} needs the distribution of that name",
                        source.record.id
                    ),
                )
                .with_hint("choose another name for the project"));
            }
            let entry = merged.entry(name).or_default();
            entry
                .requirements
                .extend(needed.requirements.iter().cloned());
            entry.required |= needed.need == Need::Required;
            entry.imported_by.insert(source.record.id.clone());
        }
    }
    Ok(merged
        .into_iter()
        .map(|(name, mut merged)| {
            if merged.requirements.is_empty() {
                merged.requirements.insert(name.clone());
            }
            PlannedPackage {
                extra: (!merged.required).then(|| name.clone()),
                name,
                requirements: merged.requirements.into_iter().collect(),
                imported_by: merged.imported_by.into_iter().collect(),
            }
        })
        .collect())
}

/// What the manifest says besides the packages.
pub(crate) struct ManifestFacts<'a> {
    /// One sentence.
    pub(crate) description: &'a str,
    /// The SPDX expression of the whole, when every source's license is known.
    pub(crate) license: Option<&'a str>,
    /// Whether the project has files in `LICENSES/`.
    pub(crate) has_license_texts: bool,
    /// Scripts by their names.
    pub(crate) scripts: &'a BTreeMap<String, String>,
}

/// Writes `pyproject.toml` (PEP 621, PEP 639, PEP 735).
pub(crate) fn write(
    input: &SynthesisInput<'_>,
    packages: &[PlannedPackage],
    facts: &ManifestFacts<'_>,
) -> String {
    let mut document = DocumentMut::new();
    document["project"] = Item::Table(project(input, packages, facts));
    if !facts.scripts.is_empty() {
        let scripts = facts.scripts.iter();
        let table: Table = scripts
            .map(|(name, target)| (name.as_str(), value(target.as_str())))
            .collect();
        document["project"]["scripts"] = Item::Table(table);
    }
    let extras: Vec<&PlannedPackage> = packages
        .iter()
        .filter(|package| package.extra.is_some())
        .collect();
    if !extras.is_empty() {
        let mut table = Table::new();
        for package in extras {
            let extra = package.extra.as_deref().unwrap_or(&package.name);
            table.insert(
                extra,
                value(lines(package.requirements.iter().map(String::as_str))),
            );
        }
        document["project"]["optional-dependencies"] = Item::Table(table);
    }
    let of_tests = upstream_tests::requirements(input);
    let development = std::iter::once("pytest>=8").chain(of_tests.iter().map(String::as_str));
    document["dependency-groups"] = table([("dev", list(development))]);
    document["build-system"] = table([
        // The first version that knows PEP 639.
        ("requires", list(["hatchling>=1.27"])),
        ("build-backend", value("hatchling.build")),
    ]);
    let package = input.project_name.package();
    let named = upstream_tests::named_folders(input);
    let mut tool = Table::new();
    tool.set_implicit(true);
    tool.insert(
        "hatch",
        nested(
            &["build", "targets", "wheel"],
            table([("packages", list([format!("src/{package}").as_str()]))]),
        ),
    );
    tool.insert(
        "pytest",
        nested(
            &["ini_options"],
            table([
                (
                    "testpaths",
                    list(std::iter::once("tests").chain(named.iter().map(String::as_str))),
                ),
                ("pythonpath", list(["src"])),
            ]),
        ),
    );
    document.insert("tool", Item::Table(tool));
    document.to_string()
}

fn project(
    input: &SynthesisInput<'_>,
    packages: &[PlannedPackage],
    facts: &ManifestFacts<'_>,
) -> Table {
    let mut project = Table::new();
    project.insert("name", value(input.project_name.distribution()));
    project.insert("version", value("0.1.0"));
    project.insert("description", value(facts.description));
    project.insert("readme", value("README.md"));
    if !input.requires_python.is_empty() {
        project.insert("requires-python", value(input.requires_python.as_str()));
    }
    if let Some(license) = facts.license {
        project.insert("license", value(license));
    }
    let license_files: &[&str] = if facts.has_license_texts {
        &["LICENSES/*", "NOTICE"]
    } else {
        &["NOTICE"]
    };
    project.insert("license-files", list(license_files.iter().copied()));
    let required = packages
        .iter()
        .filter(|package| package.extra.is_none())
        .flat_map(|package| package.requirements.iter().map(String::as_str));
    project.insert("dependencies", value(lines(required)));
    project
}

fn table<const N: usize>(entries: [(&str, Item); N]) -> Item {
    Item::Table(entries.into_iter().collect())
}

/// Wraps a table into tables that have nothing else and are not written themselves.
fn nested(path: &[&str], inner: Item) -> Item {
    path.iter().rev().fold(inner, |inner, name| {
        let mut outer = Table::new();
        outer.set_implicit(true);
        outer.insert(name, inner);
        Item::Table(outer)
    })
}

fn list<'v>(values: impl IntoIterator<Item = &'v str>) -> Item {
    value(Array::from_iter(values))
}

/// Gives an array with one value a line.
fn lines<'v>(values: impl Iterator<Item = &'v str>) -> Array {
    let mut array = Array::new();
    for text in values {
        let mut line = Value::from(text);
        line.decor_mut().set_prefix("\n    ");
        array.push_formatted(line);
    }
    if !array.is_empty() {
        array.set_trailing("\n");
        array.set_trailing_comma(true);
    }
    array
}
