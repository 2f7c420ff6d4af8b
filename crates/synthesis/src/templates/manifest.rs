//! Declares a template's dependencies in the form of each family's manifest. Merges nothing.

use synthesizer_model::dependency::Ecosystem;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, Value};

use super::template::TemplateDependency;

/// Gives the name of the manifest at the top of a project.
pub(super) const fn name(ecosystem: Ecosystem) -> &'static str {
    match ecosystem {
        Ecosystem::Python => "pyproject.toml",
        Ecosystem::Cargo => "Cargo.toml",
        Ecosystem::Npm => "package.json",
        Ecosystem::Go => "go.mod",
        Ecosystem::Maven => "pom.xml",
    }
}

/// Writes the part of a manifest that declares the dependencies. Ecosystems that no template can be made for give an empty text.
pub(super) fn declaring(ecosystem: Ecosystem, dependencies: &[TemplateDependency]) -> String {
    match ecosystem {
        Ecosystem::Python => python(dependencies),
        Ecosystem::Cargo => cargo(dependencies),
        Ecosystem::Npm => npm(dependencies),
        Ecosystem::Go | Ecosystem::Maven => String::new(),
    }
}

fn python(dependencies: &[TemplateDependency]) -> String {
    let mut document = DocumentMut::new();
    for (table, key, development) in [
        ("project", "dependencies", false),
        ("dependency-groups", "dev", true),
    ] {
        let mut list = Array::new();
        for dependency in dependencies
            .iter()
            .filter(|one| one.development == development)
        {
            let extras = match dependency.features.as_slice() {
                [] => String::new(),
                features => format!("[{}]", features.join(",")),
            };
            let mut line = Value::from(format!(
                "{}{extras}{}",
                dependency.name, dependency.requirement
            ));
            line.decor_mut().set_prefix("\n    ");
            list.push_formatted(line);
        }
        if !list.is_empty() {
            list.set_trailing("\n");
            list.set_trailing_comma(true);
            let mut section = Table::new();
            section.insert(key, Item::Value(list.into()));
            document.insert(table, Item::Table(section));
        }
    }
    document.to_string()
}

fn cargo(dependencies: &[TemplateDependency]) -> String {
    let mut document = DocumentMut::new();
    for (table, development) in [("dependencies", false), ("dev-dependencies", true)] {
        let mut section = Table::new();
        for dependency in dependencies
            .iter()
            .filter(|one| one.development == development)
        {
            let value = if dependency.features.is_empty() {
                Value::from(dependency.requirement.as_str())
            } else {
                let mut inline = InlineTable::new();
                inline.insert("version", dependency.requirement.as_str().into());
                inline.insert(
                    "features",
                    Value::Array(dependency.features.iter().map(String::as_str).collect()),
                );
                Value::InlineTable(inline)
            };
            section.insert(&dependency.name, Item::Value(value));
        }
        if !section.is_empty() {
            document.insert(table, Item::Table(section));
        }
    }
    document.to_string()
}

fn npm(dependencies: &[TemplateDependency]) -> String {
    let mut document = serde_json::Map::new();
    for (table, development) in [("dependencies", false), ("devDependencies", true)] {
        let section: serde_json::Map<String, serde_json::Value> = dependencies
            .iter()
            .filter(|one| one.development == development)
            .map(|one| (one.name.clone(), one.requirement.clone().into()))
            .collect();
        if !section.is_empty() {
            document.insert(table.to_owned(), section.into());
        }
    }
    format!("{:#}\n", serde_json::Value::Object(document))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(ecosystem: Ecosystem, expected: &str) {
        let dependency =
            |name: &str, requirement: &str, development, features: &[&str]| TemplateDependency {
                name: name.to_owned(),
                requirement: requirement.to_owned(),
                development,
                features: features
                    .iter()
                    .map(|feature| (*feature).to_owned())
                    .collect(),
            };
        let range = if ecosystem == Ecosystem::Python {
            ">=1"
        } else {
            "1"
        };
        let dependencies = [
            dependency("a", range, false, &["x", "y"]),
            dependency("b", range, true, &[]),
        ];
        assert_eq!(declaring(ecosystem, &dependencies), expected);
    }

    #[test]
    fn dependencies_are_declared_as_each_manifest_has_them() {
        check(
            Ecosystem::Python,
            "[project]\ndependencies = [\n    \"a[x,y]>=1\",\n]\n\n[dependency-groups]\ndev = [\n    \"b>=1\",\n]\n",
        );
        check(
            Ecosystem::Cargo,
            "[dependencies]\na = { version = \"1\", features = [\"x\", \"y\"] }\n\n[dev-dependencies]\nb = \"1\"\n",
        );
        check(
            Ecosystem::Npm,
            "{\n  \"dependencies\": {\n    \"a\": \"1\"\n  },\n  \"devDependencies\": {\n    \"b\": \"1\"\n  }\n}\n",
        );
    }
}
