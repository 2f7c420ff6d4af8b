//! `pyproject.toml`: the `[project]` table (PEP 621, PEP 639), dependency groups (PEP 735), `[build-system]`, and what tools
//! add in their own tables: `poetry`, `flit`, and `tool_tables` for the rest.

use synthesizer_model::dependency::Ecosystem;

use super::{
    dependency_groups,
    facts::{ManifestFacts, ManifestFormat, Section},
    flit, poetry,
    toml_text::{Document, Value},
    tool_tables,
};

pub(super) static FORMAT: ManifestFormat = ManifestFormat {
    name: "pyproject.toml",
    documentation: "https://packaging.python.org/en/latest/specifications/pyproject-toml/",
    ecosystem: Ecosystem::Python,
    listed: true,
    matches: |path| path == "pyproject.toml",
    parse,
};

fn parse(path: &str, text: &str) -> ManifestFacts {
    let mut facts = ManifestFacts::new(path);
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            facts.problem(error.line, format_args!("{error}"));
            return facts;
        }
    };
    read_project(&mut facts, &document);
    read_license(&mut facts, &document);
    poetry::read(&mut facts, &document);
    flit::read(&mut facts, &document);
    for (requirement, line) in document.texts(&["build-system", "requires"]) {
        facts.require(Section::Development, Some("build"), requirement, line);
    }
    dependency_groups::read(&mut facts, &document);
    tool_tables::read(&mut facts, &document);
    facts.has_build_system = document.table(&["build-system"]).is_some();
    facts.declares_project |= ["project", "build-system", "dependency-groups"]
        .iter()
        .any(|table| document.table(&[*table]).is_some());
    facts.finished()
}

fn read_project(facts: &mut ManifestFacts, document: &Document<'_>) {
    let text = |key: &str| {
        document
            .text(&["project", key])
            .map(|(text, _)| text.to_owned())
    };
    facts.project.name = text("name");
    facts.project.version = text("version");
    facts.project.description = text("description");
    if let Some((specifier, line)) = document.text(&["project", "requires-python"]) {
        facts.set_requires_python(specifier, line);
    }
    for (field, _) in document.texts(&["project", "dynamic"]) {
        facts.dynamic.push(field.to_owned());
    }
    let is_dynamic = facts.dynamic.iter().any(|field| field == "dependencies");
    facts.has_project_table = document.table(&["project"]).is_some();
    facts.absent_is_empty = facts.has_project_table && !is_dynamic;
    read_entry_points(facts, document);
    if let Some(list) = document.value(&["project", "dependencies"]) {
        facts.state(Section::Runtime);
        require_all(facts, document, Section::Runtime, None, list);
    }
    if document
        .table(&["project", "optional-dependencies"])
        .is_some()
    {
        facts.state(Section::Optional);
        for (extra, list) in document.entries(&["project", "optional-dependencies"]) {
            facts.add_extra(extra);
            require_all(facts, document, Section::Optional, Some(extra), list);
        }
    }
}

fn read_entry_points(facts: &mut ManifestFacts, document: &Document<'_>) {
    for (key, group) in [
        ("scripts", "console_scripts"),
        ("gui-scripts", "gui_scripts"),
    ] {
        for (name, target) in document.entries(&["project", key]) {
            facts.add_entry_point(group, name, target.get_ref().as_str().unwrap_or(""));
        }
    }
    for (group, _) in document.entries(&["project", "entry-points"]) {
        for (name, target) in document.entries(&["project", "entry-points", group]) {
            facts.add_entry_point(group, name, target.get_ref().as_str().unwrap_or(""));
        }
    }
}

/// Reads a list of requirements; an item that is no text becomes a problem.
pub(super) fn require_all(
    facts: &mut ManifestFacts,
    document: &Document<'_>,
    section: Section,
    group: Option<&str>,
    list: &Value<'_>,
) {
    let Some(items) = list.get_ref().as_array() else {
        facts.problem(document.line(list), "a list of requirements is expected");
        return;
    };
    for item in items {
        match item.get_ref().as_str() {
            Some(text) => facts.require(section, group, text, document.line(item)),
            None => facts.problem(document.line(item), "a requirement that is no text"),
        }
    }
}

fn read_license(facts: &mut ManifestFacts, document: &Document<'_>) {
    let classifiers: Vec<String> = document
        .texts(&["project", "classifiers"])
        .into_iter()
        .map(|(text, _)| text.to_owned())
        .collect();
    let expression = document.text(&["project", "license"]);
    let text = document
        .text(&["project", "license", "text"])
        .map(|(text, _)| text);
    facts.note_classifiers(&classifiers);
    facts.declare_license(expression.map(|(text, _)| text), text, &classifiers);
    if let (Some((_, line)), None) = (expression, &facts.license) {
        facts.problem(line, "the license is no SPDX expression");
    }
    let license_file = document.text(&["project", "license", "file"]);
    facts
        .license_files
        .extend(license_file.map(|(path, _)| path.to_owned()));
    for keys in [
        &["project", "license-files"][..],
        &["project", "license-files", "paths"],
        &["project", "license-files", "globs"],
        &["tool", "setuptools", "license-files"],
    ] {
        let patterns = document.texts(keys);
        facts
            .license_files
            .extend(patterns.into_iter().map(|(pattern, _)| pattern.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, Option<&str>, u32)]) -> ManifestFacts {
        let facts = parse("pyproject.toml", text);
        let all = facts
            .runtime
            .iter()
            .flatten()
            .chain(facts.optional.iter().flatten())
            .chain(&facts.development);
        let found: Vec<(String, Option<&str>, u32)> = all
            .map(|dependency| {
                (
                    dependency.requirement(),
                    dependency.group.as_deref(),
                    dependency.line,
                )
            })
            .collect();
        let found: Vec<(&str, Option<&str>, u32)> = found
            .iter()
            .map(|(text, group, line)| (text.as_str(), *group, *line))
            .collect();
        assert_eq!(found, expected, "{text}");
        facts
    }

    #[test]
    fn the_project_table_is_read_with_lines() {
        let facts = check(
            "[build-system]\nrequires = ['flit_core<4']\n[project]\nname='x'\nlicense='mit'\nrequires-python='>= 3.9'\n\
             dependencies = [\n  'a>=1', # c\n  \"b; os_name == 'nt'\",\n]\n[project.optional-dependencies]\nz = ['c']\nempty = []\n\
             [project.scripts]\nx = 'x.cli:main'\n",
            &[
                ("a>=1", None, 8),
                ("b; os_name == 'nt'", None, 9),
                ("c", Some("z"), 12),
                ("flit_core<4", Some("build"), 2),
            ],
        );
        assert_eq!(facts.project.requires_python.as_deref(), Some(">=3.9"));
        assert_eq!(facts.license.as_deref(), Some("MIT"));
        assert_eq!(facts.extras, ["empty", "z"]);
        assert_eq!(facts.project.entry_points.len(), 1);
        assert!(facts.problems.is_empty());
    }

    /// The lines are those of Flask 3.1.0, without what is between the tables.
    #[test]
    fn flask_declares_six_requirements_and_two_extras() {
        let facts = check(
            "[project]\nname = \"Flask\"\nlicense = {file = \"LICENSE.txt\"}\n\
             classifiers = [\n    \"License :: OSI Approved :: BSD License\",\n]\nrequires-python = \">=3.9\"\n\
             dependencies = [\n    \"Werkzeug>=3.1\",\n    \"Jinja2>=3.1.2\",\n    \"itsdangerous>=2.2\",\n    \"click>=8.1.3\",\n    \
             \"blinker>=1.9\",\n    \"importlib-metadata>=3.6; python_version < '3.10'\",\n]\n\
             [project.optional-dependencies]\nasync = [\"asgiref>=3.2\"]\ndotenv = [\"python-dotenv\"]\n",
            &[
                ("Werkzeug>=3.1", None, 9),
                ("Jinja2>=3.1.2", None, 10),
                ("itsdangerous>=2.2", None, 11),
                ("click>=8.1.3", None, 12),
                ("blinker>=1.9", None, 13),
                ("importlib-metadata>=3.6; python_version < '3.10'", None, 14),
                ("asgiref>=3.2", Some("async"), 17),
                ("python-dotenv", Some("dotenv"), 18),
            ],
        );
        assert_eq!(facts.license_files, ["LICENSE.txt"]);
        assert_eq!(facts.license, None);
    }

    #[test]
    fn what_is_wrong_is_a_problem_with_its_line() {
        let facts = check(
            "[project]\ndependencies = ['a', 1, '?']\nlicense = 'Some words'\n",
            &[("a", None, 2)],
        );
        let lines: Vec<&str> = facts
            .problems
            .iter()
            .map(|problem| &problem.what[..8])
            .collect();
        assert_eq!(lines, ["line 2: ", "line 2: ", "line 3: "]);
        let facts = check("[project\n", &[]);
        assert_eq!(facts.problems.len(), 1);
        assert!(facts.runtime.is_none());
    }

    #[test]
    fn dynamic_dependencies_are_not_stated_but_name_their_files() {
        let facts = check(
            "[project]\ndynamic=['dependencies', 'optional-dependencies']\n[tool.setuptools.dynamic]\n\
             dependencies = {file = ['a.txt']}\noptional-dependencies.fast = {file = 'b.txt'}\n",
            &[],
        );
        assert!(facts.runtime.is_none());
        let paths: Vec<&str> = facts
            .includes
            .iter()
            .map(|include| include.path.as_str())
            .collect();
        assert_eq!(paths, ["a.txt", "b.txt"]);
    }
}
