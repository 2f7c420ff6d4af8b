//! `setup.py`, as far as its text alone tells what it passes to `setup`. It is never run; what is not static is a problem with its line.

use synthesizer_model::dependency::Ecosystem;

use super::{
    facts::{ManifestFacts, ManifestFormat, Section, VersionSource},
    ini,
    marker::Marker,
    requirement,
};
use crate::languages::python::static_reading::{self, Content, Gap, Item, List, Static};

pub(super) static FORMAT: ManifestFormat = ManifestFormat {
    name: "setup.py",
    documentation: "https://setuptools.pypa.io/en/latest/references/keywords.html",
    ecosystem: Ecosystem::Python,
    listed: true,
    matches: |path| path == "setup.py",
    parse,
};

/// How many problems are told of one program.
const MOST_GAPS: usize = 20;

fn parse(path: &str, text: &str) -> ManifestFacts {
    let mut facts = ManifestFacts::new(path);
    let call = match static_reading::read_setup(text) {
        Ok(Some(call)) => call,
        // What makes a package without such a call is not known.
        Ok(None) => return facts,
        Err((line, what)) => {
            facts.is_unreadable = true;
            facts.problem(line, format_args!("not read as Python: {what}"));
            return facts;
        }
    };
    if call.arguments.is_empty() && call.gaps.is_empty() {
        // All is stated elsewhere.
        return facts;
    }
    facts.absent_is_empty = call.gaps.is_empty();
    for gap in &call.gaps {
        tell(&mut facts, "arguments of setup", gap);
        facts.is_incomplete = true;
    }
    if let Some(line) = call.further.first() {
        facts.problem(
            *line,
            "setup is called more than once; the first call is read",
        );
    }
    let mut license = License::default();
    const OF_PACKAGES: [&str; 6] = [
        "name",
        "version",
        "packages",
        "py_modules",
        "ext_modules",
        "install_requires",
    ];
    facts.declares_project = call
        .arguments
        .iter()
        .any(|(name, ..)| OF_PACKAGES.contains(&name.as_str()));
    for (name, line, value) in &call.arguments {
        read_argument(&mut facts, &mut license, name, *line, value);
    }
    facts.note_classifiers(&license.classifiers);
    facts.declare_license(
        license.expression.as_deref(),
        license.text.as_deref(),
        &license.classifiers,
    );
    facts.finished()
}

#[derive(Default)]
struct License {
    expression: Option<String>,
    text: Option<String>,
    classifiers: Vec<String>,
}

fn read_argument(
    facts: &mut ManifestFacts,
    license: &mut License,
    name: &str,
    line: u32,
    value: &Static,
) {
    match name {
        "name" => match written_at(value) {
            Some(source) => facts.name_source = Some(source),
            None => facts.project.name = text_of(facts, name, value),
        },
        "version" => read_version(facts, value),
        "description" => {
            if let Static::Text(text) = value {
                facts.project.description = text.lines().next().map(str::to_owned);
            }
        }
        "python_requires" => {
            if let Some(text) = text_of(facts, name, value) {
                facts.set_requires_python(&text, line);
            }
        }
        "install_requires" => {
            read_list(facts, Section::Runtime, None, name, line, value);
        }
        "setup_requires" => {
            read_list(
                facts,
                Section::Development,
                Some("build"),
                name,
                line,
                value,
            );
        }
        "tests_require" | "test_requires" => {
            read_list(facts, Section::Development, Some("test"), name, line, value);
        }
        "extras_require" => read_extras(facts, line, value),
        "entry_points" => read_entry_points(facts, value),
        "scripts" => {
            for text in texts_of(value) {
                let name = text.rsplit('/').next().unwrap_or(text).to_owned();
                facts.add_entry_point("scripts", &name, text);
            }
        }
        "package_dir" => {
            if let Static::Table(rows, _) = value {
                let root = rows.iter().find(|(package, ..)| package.is_empty());
                if let Some((_, _, Static::Text(folder))) = root {
                    facts.import_roots.push(folder.clone());
                }
            }
        }
        "license" => license.text = plain_text(value),
        "license_expression" => license.expression = plain_text(value),
        "license_file" | "license_files" => {
            facts
                .license_files
                .extend(texts_of(value).into_iter().map(str::to_owned));
        }
        "classifiers" => {
            license.classifiers = texts_of(value).into_iter().map(str::to_owned).collect()
        }
        // What pbr needs to run stands in a requirements file.
        "pbr" if *value == Static::Truth(true) => {
            facts.include("requirements.txt", line, Section::Runtime, None);
            facts.absent_is_empty = false;
        }
        _ => {}
    }
}

fn tell(facts: &mut ManifestFacts, argument: &str, gap: &Gap) {
    let what = format_args!("{argument} is not static: {}", gap.what);
    facts.problem_within(MOST_GAPS, gap.line, what);
}

fn plain_text(value: &Static) -> Option<String> {
    match value {
        Static::Text(text) => Some(text.clone()),
        _ => None,
    }
}

/// Gives a text; anything else that is stated becomes a problem.
fn text_of(facts: &mut ManifestFacts, argument: &str, value: &Static) -> Option<String> {
    match value {
        Static::Text(text) => return Some(text.trim().to_owned()),
        Static::Unknown(gap) => tell(facts, argument, gap),
        _ => {}
    }
    None
}

fn read_version(facts: &mut ManifestFacts, value: &Static) {
    match written_at(value) {
        Some(source) => facts.version_source = Some(source),
        None => facts.project.version = text_of(facts, "version", value),
    }
}

/// Gives where a value is written, if the program takes it from elsewhere.
fn written_at(value: &Static) -> Option<VersionSource> {
    match value {
        Static::Definition { path, name } => Some(VersionSource::Definition {
            path: path.clone(),
            names: vec![name.clone()],
        }),
        Static::FileText(path) => Some(VersionSource::File(path.clone())),
        Static::Imported(name) => {
            let (module, name) = name.rsplit_once('.')?;
            Some(VersionSource::Attribute {
                module: module.to_owned(),
                name: name.to_owned(),
            })
        }
        _ => None,
    }
}

/// Gives the texts of a list, or the one text that stands instead of a list.
fn texts_of(value: &Static) -> Vec<&str> {
    match value {
        Static::Text(text) => vec![text.as_str()],
        Static::List(list) => list.items.iter().filter_map(text_of_item).collect(),
        _ => Vec::new(),
    }
}

fn text_of_item(item: &Item) -> Option<&str> {
    match &item.content {
        Content::Value(Static::Text(text)) => Some(text),
        _ => None,
    }
}

/// Reads a list of requirements; setuptools also takes one text with a requirement a line.
fn read_list(
    facts: &mut ManifestFacts,
    section: Section,
    group: Option<&str>,
    argument: &str,
    line: u32,
    value: &Static,
) {
    let single;
    let list = match value {
        Static::List(list) => list,
        Static::Text(_) => {
            single = List {
                items: vec![Item {
                    line,
                    marker: None,
                    content: Content::Value(value.clone()),
                }],
                gaps: Vec::new(),
            };
            &single
        }
        // The text of a file, split by nobody but setuptools.
        Static::FileText(path) => {
            facts.state(section);
            facts.include(path, line, section, group);
            return;
        }
        Static::Nothing => return,
        Static::Unknown(gap) => {
            incomplete(facts, section);
            return tell(facts, argument, gap);
        }
        _ => {
            incomplete(facts, section);
            return facts.problem(line, format_args!("{argument} is not static: no list"));
        }
    };
    if !list.items.is_empty() || list.gaps.is_empty() {
        facts.state(section);
    }
    for gap in list.gaps.iter().take(MOST_GAPS) {
        tell(facts, argument, gap);
    }
    if !list.gaps.is_empty() {
        incomplete(facts, section);
    }
    for item in &list.items {
        read_item(facts, section, group, item);
    }
}

fn incomplete(facts: &mut ManifestFacts, section: Section) {
    facts.is_incomplete |= section != Section::Development;
    facts.absent_is_empty &= section != Section::Runtime;
}

fn read_item(facts: &mut ManifestFacts, section: Section, group: Option<&str>, item: &Item) {
    match &item.content {
        Content::FileLines(path) => {
            facts.include(path, item.line, section, group);
            if item.marker.is_some() {
                let what =
                    format_args!("the requirements of {path} are asked for on some machines only");
                facts.problem(item.line, what);
            }
        }
        Content::Value(Static::Text(text)) => {
            let requirements = text.lines().map(str::trim);
            for text in requirements.filter(|text| !text.is_empty() && !text.starts_with('#')) {
                require(facts, section, group, text, item);
            }
        }
        Content::Value(Static::List(inner)) => {
            for inner in &inner.items {
                if matches!(inner.content, Content::Value(Static::Text(_))) {
                    read_item(facts, section, group, inner);
                }
            }
        }
        Content::Value(Static::FileText(path)) => facts.include(path, item.line, section, group),
        Content::Value(_) => facts.problem(item.line, "a requirement that is not static"),
    }
}

/// Adds a requirement with the condition of its element.
fn require(
    facts: &mut ManifestFacts,
    section: Section,
    group: Option<&str>,
    text: &str,
    item: &Item,
) {
    let Some(condition) = &item.marker else {
        return facts.require(section, group, text, item.line);
    };
    let read = requirement::parse(text);
    match (read, Marker::parse(condition)) {
        (Ok(mut requirement), Ok(condition)) => {
            let own = requirement.marker.take();
            requirement.marker = Marker::all(own.into_iter().chain([condition]));
            requirement.marker_text = requirement.marker.as_ref().map(ToString::to_string);
            facts.add(section, group, requirement, item.line);
        }
        (Err(error), _) => facts.problem(item.line, error),
        (_, Err(error)) => facts.problem(item.line, error),
    }
}

fn read_extras(facts: &mut ManifestFacts, line: u32, value: &Static) {
    let (rows, gaps) = match value {
        Static::Table(rows, gaps) => (rows, gaps),
        Static::Nothing => return,
        Static::Unknown(gap) => {
            incomplete(facts, Section::Optional);
            return tell(facts, "extras_require", gap);
        }
        _ => {
            incomplete(facts, Section::Optional);
            return facts.problem(line, "extras_require is not static: no table");
        }
    };
    facts.state(Section::Optional);
    for gap in gaps.iter().take(MOST_GAPS) {
        tell(facts, "extras_require", gap);
        incomplete(facts, Section::Optional);
    }
    for (key, line, value) in rows {
        // The old form of a condition: `name:marker`, or `:marker` for what is needed to run.
        let (extra, condition) = key.split_once(':').unwrap_or((key, ""));
        let conditioned;
        let value = match (value, condition) {
            (value, "") => value,
            (Static::List(list), condition) => {
                let mut list = list.clone();
                for item in &mut list.items {
                    item.marker = Some(condition.to_owned());
                }
                conditioned = Static::List(list);
                &conditioned
            }
            (value, _) => value,
        };
        if extra.is_empty() {
            read_list(
                facts,
                Section::Runtime,
                None,
                "extras_require",
                *line,
                value,
            );
        } else {
            facts.add_extra(extra);
            read_list(
                facts,
                Section::Optional,
                Some(extra),
                "extras_require",
                *line,
                value,
            );
        }
    }
}

/// Reads entry points: a table of lists, or the text of an `entry_points.txt`.
fn read_entry_points(facts: &mut ManifestFacts, value: &Static) {
    match value {
        Static::Text(text) => {
            let unindented: Vec<&str> = text.lines().map(str::trim).collect();
            for entry in ini::entries(&unindented.join("\n")) {
                facts.add_entry_point(entry.section, entry.key, &entry.text());
            }
        }
        Static::Table(rows, gaps) => {
            for gap in gaps.iter().take(MOST_GAPS) {
                tell(facts, "entry_points", gap);
            }
            for (group, _, value) in rows {
                for text in texts_of(value) {
                    for line in text.lines() {
                        if let Some((name, object)) = line.split_once('=') {
                            facts.add_entry_point(group, name, object);
                        }
                    }
                }
            }
        }
        Static::Unknown(gap) => tell(facts, "entry_points", gap),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, &str, u32)], problems: usize) -> ManifestFacts {
        let facts = parse("setup.py", text);
        let all = facts
            .runtime
            .iter()
            .flatten()
            .chain(facts.optional.iter().flatten())
            .chain(&facts.development);
        let found: Vec<(String, String, u32)> = all
            .map(|dependency| {
                let group = dependency.group.as_deref().unwrap_or("-").to_owned();
                (dependency.requirement(), group, dependency.line)
            })
            .collect();
        let found: Vec<(&str, &str, u32)> = found
            .iter()
            .map(|(text, group, line)| (text.as_str(), group.as_str(), *line))
            .collect();
        assert_eq!(found, expected, "{text}");
        assert_eq!(
            facts.problems.len(),
            problems,
            "{text}: {:?}",
            facts.problems
        );
        facts
    }

    #[test]
    fn arguments_become_facts() {
        let facts = check(
            "from setuptools import setup\nimport x\nR = ['a>=1']\nsetup(\n  name='x', version=x.__version__, python_requires='>=3.6',\n\
             \x20 license='MIT', classifiers=['Private :: Do Not Upload'],\n  install_requires=R + [\n   'b; os_name==\"nt\"'],\n\
             \x20 extras_require={'t': 'c\\nd', ':python_version<\"3\"': ['e'], 'u:os_name==\"nt\"': ['f']},\n  setup_requires=['s'],\n\
             \x20 tests_require=['p'],\n  entry_points={'console_scripts': ['x = x:main [t]'], 'g': 'k=x:k'}, package_dir={'': 'src'})\n",
            &[
                ("a>=1", "-", 3),
                ("b; os_name==\"nt\"", "-", 8),
                ("e; python_version < \"3\"", "-", 9),
                ("c", "t", 9),
                ("d", "t", 9),
                ("f; os_name == \"nt\"", "u", 9),
                ("s", "build", 10),
                ("p", "test", 11),
            ],
            0,
        );
        assert_eq!(facts.extras, ["t", "u"]);
        assert_eq!(facts.license.as_deref(), Some("MIT"));
        assert_eq!(facts.project.requires_python.as_deref(), Some(">=3.6"));
        assert_eq!(facts.project.entry_points.len(), 1);
        assert_eq!(facts.entry_points.len(), 2);
        assert_eq!(facts.import_roots, ["src"]);
        assert!(facts.private && facts.declares_project && !facts.is_incomplete);
        assert!(facts.version_source.is_some());
    }

    #[test]
    fn what_is_not_static_is_told_with_its_line() {
        let facts = check(
            "from setuptools import setup\nimport os\nr = ['a']\nif os.environ.get('X'):\n    r.append('b')\nsetup(name='x', install_requires=r,\n  version=f())\n",
            &[("a", "-", 3)],
            2,
        );
        assert!(facts.is_incomplete);
        let lines: Vec<&str> = facts
            .problems
            .iter()
            .map(|problem| &problem.what[..7])
            .collect();
        assert_eq!(lines, ["line 5:", "line 7:"]);
        let facts = check("setup(**f())\n", &[], 1);
        assert!(facts.is_incomplete && !facts.absent_is_empty);
        check("setup(\n", &[], 1);
        check("", &[], 0);
        check("from setuptools import setup\nsetup()\n", &[], 0);
        check(
            "setup(pbr=True, setup_requires=['pbr'])\n",
            &[("pbr", "build", 1)],
            0,
        );
    }

    #[test]
    fn files_are_included() {
        let facts = check(
            "from setuptools import setup\nsetup(name='x', install_requires=open('r.txt').readlines(), extras_require={'t': open('t.txt').read()})\n",
            &[],
            0,
        );
        let paths: Vec<(&str, Section)> = facts
            .includes
            .iter()
            .map(|include| (include.path.as_str(), include.section))
            .collect();
        assert_eq!(
            paths,
            [("r.txt", Section::Runtime), ("t.txt", Section::Optional)]
        );
    }
}
