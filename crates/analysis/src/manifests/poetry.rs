//! Poetry's own tables of `pyproject.toml`, in the terms of PEP 508. What PEP 508 cannot say becomes a problem.

use std::collections::BTreeMap;

use synthesizer_model::dependency::normalize_distribution;
use toml::de::DeTable;

use super::{
    facts::{ManifestFacts, Section, SourceOverride},
    marker::Marker,
    poetry_constraint::{self, ConstraintError, Converted},
    requirement::{self, Requirement},
    toml_text::{Document, Value},
};

/// Where an entry belongs: its section, and its groups or none.
struct Place<'a> {
    section: Section,
    groups: &'a [&'a str],
}

/// Adds what Poetry's tables state, apart from what the `[project]` table states already.
pub(super) fn read(facts: &mut ManifestFacts, document: &Document<'_>) {
    if document.table(&["tool", "poetry"]).is_none() {
        return;
    }
    read_project(facts, document);
    if facts.runtime.is_none()
        && document
            .table(&["tool", "poetry", "dependencies"])
            .is_some()
    {
        read_dependencies(facts, document);
    }
    for (name, value) in document.entries(&["tool", "poetry", "dev-dependencies"]) {
        let place = Place {
            section: Section::Development,
            groups: &["dev"],
        };
        read_entry(facts, document, name, value, &place);
    }
    for (group, _) in document.entries(&["tool", "poetry", "group"]) {
        for (name, value) in document.entries(&["tool", "poetry", "group", group, "dependencies"]) {
            let place = Place {
                section: Section::Development,
                groups: &[group],
            };
            read_entry(facts, document, name, value, &place);
        }
    }
}

fn read_project(facts: &mut ManifestFacts, document: &Document<'_>) {
    let text = |key: &str| {
        document
            .text(&["tool", "poetry", key])
            .map(|(text, _)| text.to_owned())
    };
    let project = &mut facts.project;
    project.name = project.name.take().or_else(|| text("name"));
    project.version = project.version.take().or_else(|| text("version"));
    project.description = project.description.take().or_else(|| text("description"));
    facts.declares_project = true;
    let classifiers: Vec<String> = document
        .texts(&["tool", "poetry", "classifiers"])
        .into_iter()
        .map(|(text, _)| text.to_owned())
        .collect();
    facts.note_classifiers(&classifiers);
    let package_mode = document.value(&["tool", "poetry", "package-mode"]);
    facts.private |= package_mode.and_then(|mode| mode.get_ref().as_bool()) == Some(false);
    if facts.license.is_none() && facts.license_as_written.is_none() {
        facts.declare_license(None, text("license").as_deref(), &[]);
    }
    for (group, _) in document.entries(&["tool", "poetry", "plugins"]) {
        for (name, object) in document.entries(&["tool", "poetry", "plugins", group]) {
            facts.add_entry_point(group, name, object.get_ref().as_str().unwrap_or(""));
        }
    }
    for (name, target) in document.entries(&["tool", "poetry", "scripts"]) {
        let table = target.get_ref().as_table();
        let inner =
            table.and_then(|table| table.get("reference").or_else(|| table.get("callable")));
        let target = target
            .get_ref()
            .as_str()
            .or_else(|| inner.and_then(|inner| inner.get_ref().as_str()));
        facts.add_script(name, target.unwrap_or(""));
    }
}

fn read_dependencies(facts: &mut ManifestFacts, document: &Document<'_>) {
    facts.state(Section::Runtime);
    facts.state(Section::Optional);
    let mut extras_of: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (extra, list) in document.entries(&["tool", "poetry", "extras"]) {
        facts.add_extra(extra);
        for (name, _) in document.texts_of(list) {
            extras_of
                .entry(normalize_distribution(name))
                .or_default()
                .push(extra);
        }
    }
    for (name, value) in document.entries(&["tool", "poetry", "dependencies"]) {
        if name.eq_ignore_ascii_case("python") {
            read_python(facts, document, value);
            continue;
        }
        let extras = extras_of
            .get(&normalize_distribution(name))
            .map_or(&[][..], Vec::as_slice);
        let place = match (is_optional(value), extras) {
            (false, _) => Place {
                section: Section::Runtime,
                groups: &[],
            },
            (true, []) => Place {
                section: Section::Optional,
                groups: &["optional"],
            },
            (true, extras) => Place {
                section: Section::Optional,
                groups: extras,
            },
        };
        read_entry(facts, document, name, value, &place);
    }
}

fn read_python(facts: &mut ManifestFacts, document: &Document<'_>, value: &Value<'_>) {
    let line = document.line(value);
    let constraint = value
        .get_ref()
        .as_str()
        .or_else(|| text_in(value.get_ref().as_table()?, "version"));
    if facts.project.requires_python.is_some() {
        return;
    }
    if let Some(converted) = convert(facts, constraint.unwrap_or("*"), line) {
        facts.set_requires_python(&converted.specifier, line);
    }
}

/// A dependency is optional when its table says so; of several alternatives, when the first does.
fn is_optional(value: &Value<'_>) -> bool {
    let first = value
        .get_ref()
        .as_array()
        .and_then(|list| list.first())
        .unwrap_or(value);
    let flag = first
        .get_ref()
        .as_table()
        .and_then(|table| table.get("optional")?.get_ref().as_bool());
    flag.unwrap_or(false)
}

/// Reads one entry: a constraint, a table, or a list of tables for different environments.
fn read_entry(
    facts: &mut ManifestFacts,
    document: &Document<'_>,
    name: &str,
    value: &Value<'_>,
    place: &Place<'_>,
) {
    let alternatives: Vec<&Value<'_>> = match value.get_ref().as_array() {
        Some(list) => list.iter().collect(),
        None => vec![value],
    };
    for alternative in alternatives {
        let line = document.line(alternative);
        let Some(requirement) = requirement_of(facts, name, alternative, line) else {
            continue;
        };
        if place.groups.is_empty() {
            facts.add(place.section, None, requirement, line);
            continue;
        }
        for group in place.groups {
            facts.add(place.section, Some(group), requirement.clone(), line);
        }
    }
}

fn requirement_of(
    facts: &mut ManifestFacts,
    name: &str,
    value: &Value<'_>,
    line: u32,
) -> Option<Requirement> {
    if !requirement::is_name(name) {
        facts.problem(line, "a requirement without a valid name");
        return None;
    }
    if let Some(constraint) = value.get_ref().as_str() {
        return Some(plain(name, convert(facts, constraint, line)?));
    }
    let Some(table) = value.get_ref().as_table() else {
        facts.problem(line, "a requirement that is neither a text nor a table");
        return None;
    };
    let converted = convert(facts, text_in(table, "version").unwrap_or("*"), line)?;
    let mut requirement = plain(name, converted);
    requirement.extras = texts_in(table, "extras");
    requirement.url = address(facts, name, table, line);
    requirement.marker = marker_of(facts, table, line);
    requirement.marker_text = requirement.marker.as_ref().map(ToString::to_string);
    if let (Some(text), true) = (text_in(table, "markers"), only_markers(table)) {
        requirement.marker_text = requirement.marker_text.map(|_| text.to_owned());
    }
    Some(requirement)
}

fn plain(name: &str, converted: Converted) -> Requirement {
    Requirement {
        name: name.to_owned(),
        extras: Vec::new(),
        specifier: converted.specifier,
        range: converted.range,
        url: None,
        marker_text: None,
        marker: None,
    }
}

fn convert(facts: &mut ManifestFacts, constraint: &str, line: u32) -> Option<Converted> {
    match poetry_constraint::to_pep440(constraint) {
        Ok(converted) => {
            if converted.widened {
                let specifier = &converted.specifier;
                facts.problem(
                    line,
                    format_args!("alternatives of versions are read as the range {specifier}"),
                );
            }
            Some(converted)
        }
        Err(error @ ConstraintError::Alternatives) => {
            facts.problem(line, error);
            Some(Converted {
                specifier: String::new(),
                widened: true,
                range: poetry_constraint::alternatives_of(constraint),
            })
        }
        Err(error) => {
            facts.problem(line, error);
            None
        }
    }
}

fn address(
    facts: &mut ManifestFacts,
    name: &str,
    table: &DeTable<'_>,
    line: u32,
) -> Option<String> {
    let address = match (
        text_in(table, "git"),
        text_in(table, "url"),
        text_in(table, "path"),
    ) {
        (Some(git), ..) => {
            let revision = ["rev", "tag", "branch"]
                .iter()
                .find_map(|key| text_in(table, key));
            let revision = revision
                .map(|revision| format!("@{revision}"))
                .unwrap_or_default();
            format!("git+{git}{revision}")
        }
        (None, Some(url), _) => url.to_owned(),
        (None, None, Some(path)) => {
            facts.add_source(name, SourceOverride::Folder(path.to_owned()));
            facts.problem(line, "a requirement on a local path; only its name is kept");
            return None;
        }
        (None, None, None) => return None,
    };
    let cleaned = requirement::without_credentials(&address);
    if cleaned.is_err() {
        facts.problem(
            line,
            "a requirement whose direct reference is no absolute URL; only its name is kept",
        );
    }
    cleaned.ok()
}

fn only_markers(table: &DeTable<'_>) -> bool {
    !table.contains_key("python") && !table.contains_key("platform")
}

/// Joins the conditions `markers`, `python` and `platform`.
fn marker_of(facts: &mut ManifestFacts, table: &DeTable<'_>, line: u32) -> Option<Marker> {
    let mut texts = Vec::new();
    if let Some(python) = text_in(table, "python")
        && let Some(converted) = convert(facts, python, line)
    {
        texts.extend(python_conditions(&converted.specifier));
    }
    if let Some(platform) = text_in(table, "platform") {
        texts.push(format!("sys_platform == '{platform}'"));
    }
    texts.extend(text_in(table, "markers").map(str::to_owned));
    let mut markers = Vec::new();
    for text in texts {
        match Marker::parse(&text) {
            Ok(marker) => markers.push(marker),
            Err(error) => facts.problem(line, error),
        }
    }
    Marker::all(markers)
}

/// Writes a specifier of Python versions as conditions; a version of three numbers needs the full version.
fn python_conditions(specifier: &str) -> Vec<String> {
    let write = |part: &str| {
        let version_at = part.find(|character: char| character.is_ascii_alphanumeric())?;
        let (operator, version) = part.split_at(version_at);
        let short = version.trim_end_matches(".*");
        let is_full = short.split('.').count() > 2;
        let variable = if is_full {
            "python_full_version"
        } else {
            "python_version"
        };
        let version = if is_full { version } else { short };
        Some(format!("{variable} {operator} '{version}'"))
    };
    specifier.split(',').filter_map(write).collect()
}

fn text_in<'d>(table: &'d DeTable<'_>, key: &str) -> Option<&'d str> {
    table.get(key)?.get_ref().as_str()
}

fn texts_in(table: &DeTable<'_>, key: &str) -> Vec<String> {
    let list = table.get(key).and_then(|value| value.get_ref().as_array());
    let texts = list
        .into_iter()
        .flatten()
        .filter_map(|item| item.get_ref().as_str());
    texts
        .filter(|text| requirement::is_name(text))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, &str, u32)], problems: usize) -> ManifestFacts {
        let document = Document::parse(text).expect("valid TOML");
        let mut facts = ManifestFacts::new("pyproject.toml");
        read(&mut facts, &document);
        let all = facts
            .runtime
            .iter()
            .flatten()
            .chain(facts.optional.iter().flatten())
            .chain(&facts.development);
        let found: Vec<(String, &str, u32)> = all
            .map(|dependency| {
                (
                    dependency.requirement(),
                    dependency.group.as_deref().unwrap_or("-"),
                    dependency.line,
                )
            })
            .collect();
        let found: Vec<(&str, &str, u32)> = found
            .iter()
            .map(|(text, group, line)| (text.as_str(), *group, *line))
            .collect();
        assert_eq!(found, expected);
        assert_eq!(facts.problems.len(), problems, "{:?}", facts.problems);
        facts
    }

    #[test]
    fn poetry_tables_are_read_in_the_terms_of_pep_508() {
        let facts = check(
            "[tool.poetry]\nname='x'\nlicense='MIT'\n[tool.poetry.dependencies]\npython='^3.8'\na='^1.2'\n\
             b={version='*', optional=true, extras=['q']}\nc={version='~1', optional=true}\n\
             d={version='>=1', python='>=3.8,<3.11', markers=\"os_name == 'nt' or os_name == 'x'\"}\n\
             e=[{version='1', markers=\"os_name == 'nt'\"},\n {version='2', platform='linux'}]\n\
             [tool.poetry.extras]\nfast=['B']\nall=['b']\n[tool.poetry.group.test.dependencies]\npytest='^8'\n\
             [tool.poetry.dev-dependencies]\nruff='*'\n[tool.poetry.scripts]\nx='x:main'\n",
            &[
                ("a>=1.2,<2.0", "-", 6),
                (
                    "d>=1; python_version >= \"3.8\" and python_version < \"3.11\" and (os_name == \"nt\" or os_name == \"x\")",
                    "-",
                    9,
                ),
                ("e==1; os_name == 'nt'", "-", 10),
                ("e==2; sys_platform == \"linux\"", "-", 11),
                ("b[q]", "fast", 7),
                ("b[q]", "all", 7),
                ("c>=1,<2", "optional", 8),
                ("ruff", "dev", 18),
                ("pytest>=8,<9", "test", 16),
            ],
            0,
        );
        assert_eq!(facts.project.requires_python.as_deref(), Some(">=3.8,<4.0"));
        assert_eq!(facts.license.as_deref(), Some("MIT"));
    }

    #[test]
    fn what_pep_508_cannot_say_is_a_problem() {
        let facts = check(
            "[tool.poetry.dependencies]\na={git='https://u:word@h.example/a.git', tag='v1'}\nb={path='../b'}\nc='latest'\nd='^1||^2'\ne=1\n\
             f={version='1', markers='no'}\n",
            &[
                ("a", "-", 2),
                ("b", "-", 3),
                ("d>=1,<3", "-", 5),
                ("f==1", "-", 7),
            ],
            5,
        );
        let url = facts.runtime.and_then(|runtime| runtime[0].url.clone());
        assert_eq!(url.as_deref(), Some("git+https://h.example/a.git@v1"));
    }
}
