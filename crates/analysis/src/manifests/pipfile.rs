//! Pipenv's `Pipfile`: packages by category, in the terms of PEP 508. Sources are never kept.

use synthesizer_model::dependency::Ecosystem;
use toml::de::DeTable;

use super::{
    facts::{ManifestFacts, ManifestFormat, Section, SourceOverride},
    marker::Marker,
    requirement::{self, Requirement},
    toml_text::{Document, Value},
};

pub(super) static FORMAT: ManifestFormat = ManifestFormat {
    name: "Pipfile",
    documentation: "https://pipenv.pypa.io/en/latest/pipfile.html",
    ecosystem: Ecosystem::Python,
    listed: true,
    matches: |path| path == "Pipfile",
    parse,
};

/// Variables of markers that may stand as keys of their own.
const VARIABLES: [&str; 8] = [
    "os_name",
    "sys_platform",
    "platform_machine",
    "platform_system",
    "platform_version",
    "python_version",
    "python_full_version",
    "implementation_name",
];

fn parse(path: &str, text: &str) -> ManifestFacts {
    let mut facts = ManifestFacts::new(path);
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            facts.problem(error.line, format_args!("{error}"));
            return facts;
        }
    };
    facts.declares_project = true;
    facts.state(Section::Runtime);
    for (category, _) in document.entries(&[]) {
        let (section, group) = match category {
            "packages" => (Section::Runtime, None),
            "dev-packages" => (Section::Development, Some("dev")),
            "source" | "requires" | "scripts" | "pipenv" | "build-system" => continue,
            other => (Section::Development, Some(other)),
        };
        for (name, value) in document.entries(&[category]) {
            read_entry(&mut facts, &document, section, group, name, value);
        }
    }
    let full = document.text(&["requires", "python_full_version"]);
    if let Some((version, line)) = full {
        facts.set_requires_python(&format!("=={version}"), line);
    } else if let Some((version, line)) = document.text(&["requires", "python_version"]) {
        facts.set_requires_python(&format!("=={version}.*"), line);
    }
    facts.finished()
}

fn read_entry(
    facts: &mut ManifestFacts,
    document: &Document<'_>,
    section: Section,
    group: Option<&str>,
    name: &str,
    value: &Value<'_>,
) {
    let line = document.line(value);
    if !requirement::is_name(name) {
        return facts.problem(line, "a requirement without a valid name");
    }
    let mut read = Requirement {
        name: name.to_owned(),
        extras: Vec::new(),
        specifier: String::new(),
        range: None,
        url: None,
        marker_text: None,
        marker: None,
    };
    let written = value.get_ref();
    let version = match (written.as_str(), written.as_table()) {
        (Some(version), _) => version,
        (None, Some(table)) => {
            if is_own_project(table) {
                return;
            }
            read_table(facts, &mut read, table, line);
            text_in(table, "version").unwrap_or("*")
        }
        (None, None) => {
            return facts.problem(line, "a requirement that is neither a text nor a table");
        }
    };
    let version = version.trim();
    if version != "*" {
        let is_bare = version.starts_with(|first: char| first.is_ascii_digit());
        let exact = if is_bare { "==" } else { "" };
        match requirement::clean_specifier(&format!("{exact}{version}")) {
            Ok(specifier) => read.specifier = specifier,
            Err(error) => facts.problem(line, error),
        }
    }
    facts.add(section, group, read, line);
}

/// The project in the Pipfile's own folder.
fn is_own_project(table: &DeTable<'_>) -> bool {
    text_in(table, "path").is_some_and(|path| matches!(path, "." | "./"))
}

fn read_table(facts: &mut ManifestFacts, read: &mut Requirement, table: &DeTable<'_>, line: u32) {
    let extras = table
        .get("extras")
        .and_then(|extras| extras.get_ref().as_array());
    read.extras = extras
        .into_iter()
        .flatten()
        .filter_map(|extra| extra.get_ref().as_str())
        .filter(|extra| requirement::is_name(extra))
        .map(str::to_owned)
        .collect();
    let revision = text_in(table, "ref").map(|revision| format!("@{revision}"));
    let address = text_in(table, "git")
        .map(|git| format!("git+{git}{}", revision.unwrap_or_default()))
        .or_else(|| text_in(table, "file").map(str::to_owned));
    if let Some(address) = address {
        match requirement::without_credentials(&address) {
            Ok(url) => read.url = Some(url),
            Err(error) => facts.problem(line, error),
        }
    }
    if let Some(path) = text_in(table, "path") {
        facts.add_source(&read.name, SourceOverride::Folder(path.to_owned()));
    }
    let mut texts: Vec<String> = VARIABLES
        .iter()
        .filter_map(|variable| Some(format!("{variable} {}", text_in(table, variable)?)))
        .collect();
    texts.extend(text_in(table, "markers").map(str::to_owned));
    let mut markers = Vec::new();
    for text in texts {
        match Marker::parse(&text) {
            Ok(marker) => markers.push(marker),
            Err(error) => facts.problem(line, error),
        }
    }
    read.marker = Marker::all(markers);
    read.marker_text = read.marker.as_ref().map(ToString::to_string);
}

fn text_in<'d>(table: &'d DeTable<'_>, key: &str) -> Option<&'d str> {
    table.get(key)?.get_ref().as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_are_groups() {
        let text = "[[source]]\nurl='https://u:word@h.example'\n[packages]\na='*'\nb='>=1,<2'\nc={version='==1', extras=['x'], os_name=\"== 'nt'\"}\n\
            d={git='https://u:word@h.example/d.git', ref='v1'}\nme={path='.', editable=true}\n[dev-packages]\ne='1.2'\n[docs]\nf='*'\n\
            [requires]\npython_version='3.11'\n";
        let facts = parse("Pipfile", text);
        let all = facts.runtime.iter().flatten().chain(&facts.development);
        let found: Vec<(String, Option<&str>, u32)> = all
            .map(|dependency| {
                (
                    dependency.requirement(),
                    dependency.group.as_deref(),
                    dependency.line,
                )
            })
            .collect();
        let expected = [
            ("a", None, 4),
            ("b>=1,<2", None, 5),
            ("c[x]==1; os_name == \"nt\"", None, 6),
            ("d", None, 7),
            ("e==1.2", Some("dev"), 10),
            ("f", Some("docs"), 12),
        ];
        assert_eq!(
            found,
            expected.map(|(text, group, line)| (text.to_owned(), group, line))
        );
        assert_eq!(facts.project.requires_python.as_deref(), Some("==3.11.*"));
        assert!(!format!("{facts:?}").contains("word"));
        assert!(facts.problems.is_empty(), "{:?}", facts.problems);
    }
}
