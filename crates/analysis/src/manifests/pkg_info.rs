//! Core metadata of a source archive (`PKG-INFO`): the headers up to the first blank line. The description is not read.

use synthesizer_model::dependency::Ecosystem;

use super::facts::{ManifestFacts, ManifestFormat, Section};

pub(super) static FORMAT: ManifestFormat = ManifestFormat {
    name: "PKG-INFO",
    documentation: "https://packaging.python.org/en/latest/specifications/core-metadata/",
    ecosystem: Ecosystem::Python,
    listed: true,
    matches: |path| path == "PKG-INFO",
    parse,
};

/// One header with its continuation lines.
struct Header {
    name: String,
    value: String,
    line: u32,
}

fn parse(path: &str, text: &str) -> ManifestFacts {
    let mut facts = ManifestFacts::new(path);
    let mut license = DeclaredLicense::default();
    let mut metadata_version = (1, 0);
    for header in headers(text) {
        let value = header.value.trim();
        // Old setuptools wrote `UNKNOWN` for a field without a value.
        if value.is_empty() || value == "UNKNOWN" {
            continue;
        }
        match header.name.as_str() {
            "metadata-version" => metadata_version = version_of(value),
            "name" => facts.project.name = Some(value.to_owned()),
            "version" => facts.project.version = Some(value.to_owned()),
            "summary" => facts.project.description = value.lines().next().map(str::to_owned),
            "requires-python" => facts.set_requires_python(value, header.line),
            "requires-dist" => facts.require(Section::Runtime, None, value, header.line),
            "provides-extra" => facts.add_extra(value),
            "dynamic" => facts.dynamic.push(value.to_ascii_lowercase()),
            "license-expression" => license.expression = Some(value.to_owned()),
            "license" => license.text = Some(value.to_owned()),
            "license-file" => facts.license_files.push(value.to_owned()),
            "classifier" => license.classifiers.push(value.to_owned()),
            _ => {}
        }
    }
    facts.declares_project = true;
    facts.note_classifiers(&license.classifiers);
    facts.declare_license(
        license.expression.as_deref(),
        license.text.as_deref(),
        &license.classifiers,
    );
    state_by_version(&mut facts, metadata_version);
    facts.finished()
}

/// Says what the metadata states about dependencies.
///
/// From version 2.2 (PEP 643) on, a field that is absent and not dynamic is empty for certain. Before, archives were
/// made without `Requires-Dist` although the project had dependencies, so its absence states nothing.
fn state_by_version(facts: &mut ManifestFacts, metadata_version: (u32, u32)) {
    let certain = metadata_version >= (2, 2);
    let is_dynamic = |field: &str| facts.dynamic.iter().any(|name| name == field);
    let states_runtime = facts.runtime.is_some()
        || facts.optional.is_some()
        || (certain && !is_dynamic("requires-dist"));
    let states_extras = facts.optional.is_some() || (certain && !is_dynamic("provides-extra"));
    if states_runtime {
        facts.state(Section::Runtime);
    }
    if states_extras {
        facts.state(Section::Optional);
    }
}

fn version_of(text: &str) -> (u32, u32) {
    let mut numbers = text.split('.').map(|part| part.trim().parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

#[derive(Default)]
struct DeclaredLicense {
    expression: Option<String>,
    text: Option<String>,
    classifiers: Vec<String>,
}

fn headers(text: &str) -> Vec<Header> {
    let mut headers: Vec<Header> = Vec::new();
    for (number, line) in (1_u32..).zip(text.lines()) {
        // A line of white space alone continues a header; only an empty one ends them.
        if line.is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) {
            if let Some(header) = headers.last_mut() {
                header.value.push('\n');
                header.value.push_str(line.trim_start());
            }
            continue;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.push(Header {
                name: name.trim().to_ascii_lowercase(),
                value: value.trim_start().to_owned(),
                line: number,
            });
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: Option<&Vec<synthesizer_model::dependency::Dependency>>) -> Option<Vec<String>> {
        let write = |dependency: &synthesizer_model::dependency::Dependency| {
            format!(
                "{}|{}|{}",
                dependency.requirement(),
                dependency.group.as_deref().unwrap_or("-"),
                dependency.line
            )
        };
        list.map(|list| list.iter().map(write).collect())
    }

    #[test]
    fn headers_end_at_the_first_blank_line() {
        let text = "Metadata-Version: 2.1\nName: x\nLicense: some\n        \n        long text\nRequires-Python: >= 3.8\n\
            Requires-Dist: a (>=1)\nRequires-Dist: b>=3.2 ; extra == \"async\"\n\
            Requires-Dist: c; python_version < '3.9' and extra == 'async'\nRequires-Dist: ???\nProvides-Extra: async\n\nRequires-Dist: no\n";
        let facts = parse("PKG-INFO", text);
        assert_eq!(
            names(facts.runtime.as_ref()),
            Some(vec!["a>=1|-|7".to_owned()])
        );
        assert_eq!(
            names(facts.optional.as_ref()),
            Some(vec![
                "b>=3.2|async|8".to_owned(),
                "c; python_version < \"3.9\"|async|9".to_owned()
            ])
        );
        assert_eq!(facts.project.requires_python.as_deref(), Some(">=3.8"));
        assert_eq!(facts.problems.len(), 1);
        assert!(facts.problems[0].what.starts_with("line 10: "));
    }

    #[test]
    fn absence_states_something_from_version_2_2_on() {
        for (text, expected) in [
            ("Metadata-Version: 2.1\nName: x\n", false),
            ("Metadata-Version: 2.2\nName: x\n", true),
            ("Metadata-Version: 2.4\nDynamic: Requires-Dist\n", false),
            ("Metadata-Version: 2.1\nRequires-Dist: a\n", true),
        ] {
            assert_eq!(
                parse("PKG-INFO", text).runtime.is_some(),
                expected,
                "{text}"
            );
        }
    }
}
