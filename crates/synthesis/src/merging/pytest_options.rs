//! What moved tests need of their source's pytest options, wherever those stand. Decides what is taken; merges nothing.

use std::collections::BTreeMap;

use toml_edit::{Array, DocumentMut, Item, Table, TableLike, Value, value};

/// The lists that moved tests need: marks that they carry, warnings that their authors know, how they are found.
const LISTS: &[&str] = &[
    "doctest_optionflags",
    "filterwarnings",
    "markers",
    "python_classes",
    "python_files",
    "python_functions",
    "usefixtures",
];
/// The single values that they need.
const SINGLE: &[&str] = &[
    "anyio_mode",
    "asyncio_default_fixture_loop_scope",
    "asyncio_default_test_loop_scope",
    "asyncio_mode",
];

/// The options of one file, sorted into what is taken and the names of what is not.
#[derive(Debug, Default)]
pub(super) struct PytestOptions {
    /// What is taken, by its name.
    pub(super) taken: BTreeMap<String, Item>,
    /// Names of options that stay with the source.
    pub(super) left: Vec<String>,
}

impl PytestOptions {
    /// Reads the options of a `pyproject.toml`: `[tool.pytest.ini_options]`, and `[tool.pytest]` of pytest 9.
    pub(super) fn of_pyproject(document: &DocumentMut) -> Self {
        let mut options = Self::default();
        let pytest = document
            .get("tool")
            .and_then(|tool| tool.get("pytest"))
            .and_then(Item::as_table_like);
        let Some(pytest) = pytest else {
            return options;
        };
        for (name, item) in pytest.iter() {
            match (name, item.as_table_like()) {
                ("ini_options", Some(table)) => options.read(table),
                _ => options.option(name, item),
            }
        }
        options
    }

    /// Reads the options of a file in INI form: `[pytest]` of `pytest.ini` and `tox.ini`, `[tool:pytest]` of `setup.cfg`.
    pub(super) fn of_ini(text: &str) -> Self {
        let mut options = Self::default();
        for (name, lines) in ini_section(text, &["pytest", "tool:pytest"]) {
            let lines = lines
                .iter()
                .map(|line| line.trim())
                .filter(|line| !line.is_empty());
            let item = if LISTS.contains(&name.as_str()) {
                value(Array::from_iter(lines))
            } else {
                value(lines.collect::<Vec<_>>().join(" "))
            };
            options.option(&name, &item);
        }
        options
    }

    /// Gives what is taken as a document of its own.
    pub(super) fn document(&self) -> DocumentMut {
        let mut document = DocumentMut::new();
        if self.taken.is_empty() {
            return document;
        }
        let options: Table = self
            .taken
            .iter()
            .map(|(name, item)| (name.as_str(), item.clone()))
            .collect();
        let mut pytest = Table::new();
        pytest.set_implicit(true);
        pytest.insert("ini_options", Item::Table(options));
        let mut tool = Table::new();
        tool.set_implicit(true);
        tool.insert("pytest", Item::Table(pytest));
        document.insert("tool", Item::Table(tool));
        document
    }

    fn read(&mut self, table: &dyn TableLike) {
        for (name, item) in table.iter() {
            self.option(name, item);
        }
    }

    fn option(&mut self, name: &str, item: &Item) {
        if SINGLE.contains(&name) && item.is_str() {
            self.taken
                .insert(name.to_owned(), value(item.as_str().unwrap_or_default()));
            return;
        }
        let entries = entries(item).filter(|_| LISTS.contains(&name));
        let Some(entries) = entries else {
            self.left.push(name.to_owned());
            return;
        };
        // Turning warnings into errors is a choice of the source; in another environment it fails tests for reasons of others.
        let (fatal, mut taken): (Vec<Value>, Vec<Value>) = entries
            .into_iter()
            .partition(|entry| name == "filterwarnings" && entry.as_str().is_some_and(is_fatal));
        if !fatal.is_empty() {
            self.left.push("filterwarnings = error".to_owned());
        }
        for entry in &mut taken {
            let decor = entry.decor_mut();
            let comment = decor
                .prefix()
                .and_then(|prefix| prefix.as_str())
                .unwrap_or_default()
                .trim()
                .to_owned();
            decor.clear();
            decor.set_prefix(if comment.starts_with('#') {
                format!("\n    {comment}\n    ")
            } else {
                "\n    ".to_owned()
            });
        }
        if !taken.is_empty() {
            let mut list: Array = taken.into_iter().fold(Array::new(), |mut list, entry| {
                list.push_formatted(entry);
                list
            });
            list.set_trailing("\n");
            list.set_trailing_comma(true);
            self.taken
                .insert(name.to_owned(), Item::Value(Value::Array(list)));
        }
    }
}

/// Gives the entries of a list, or the lines of a text that stands for one.
fn entries(item: &Item) -> Option<Vec<Value>> {
    if let Some(text) = item.as_str() {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        return Some(lines.map(Value::from).collect());
    }
    let array = item.as_array()?;
    array
        .iter()
        .all(Value::is_str)
        .then(|| array.iter().cloned().collect())
}

fn is_fatal(filter: &str) -> bool {
    filter
        .split(':')
        .next()
        .is_some_and(|action| action.trim() == "error")
}

/// Gives the options of the first of the sections that a text in INI form has: names and lines, in their order.
///
/// A line that begins with a space goes on with the option above; lines that begin with `#` or `;` are comments.
fn ini_section(text: &str, sections: &[&str]) -> Vec<(String, Vec<String>)> {
    let mut options: Vec<(String, Vec<String>)> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if line.trim_start().starts_with(['#', ';']) || line.trim().is_empty() {
            continue;
        }
        if let Some(section) = line.strip_prefix('[') {
            let name = section.split(']').next().unwrap_or_default().trim();
            inside = sections.contains(&name);
        } else if inside && line.starts_with([' ', '\t']) {
            if let Some((_, lines)) = options.last_mut() {
                lines.push(line.to_owned());
            }
        } else if inside && let Some((name, first)) = line.split_once(['=', ':']) {
            options.push((name.trim().to_owned(), vec![first.to_owned()]));
        }
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(options: &PytestOptions, taken: &str, left: &[&str]) {
        assert_eq!(options.document().to_string(), taken);
        assert_eq!(options.left, left);
    }

    #[test]
    fn what_tests_need_is_taken_and_the_rest_is_named() {
        let document = "[tool.pytest.ini_options]\naddopts = \"--cov\"\nmarkers = [\n  # why\n  \"slow: takes long\",\n]\nfilterwarnings = [\"error\", \"ignore::X\"]\n[tool.pytest]\nasyncio_mode = \"auto\"\n";
        check(
            &PytestOptions::of_pyproject(&document.parse().expect("TOML")),
            "[tool.pytest.ini_options]\nasyncio_mode = \"auto\"\nfilterwarnings = [\n    \"ignore::X\",\n]\nmarkers = [\n    # why\n    \"slow: takes long\",\n]\n",
            &["addopts", "filterwarnings = error"],
        );
        check(
            &PytestOptions::of_ini(
                "[tox]\nmarkers = no\n[pytest]\n; comment\nmarkers =\n    slow: takes long\n    quick\naddopts = -x\n[other]\nmarkers = no\n",
            ),
            "[tool.pytest.ini_options]\nmarkers = [\n    \"slow: takes long\",\n    \"quick\",\n]\n",
            &["addopts"],
        );
        check(&PytestOptions::of_ini("markers = a\n[\n=\n"), "", &[]);
        check(
            &PytestOptions::of_pyproject(&"[tool]\npytest = 1\n".parse().expect("TOML")),
            "",
            &[],
        );
    }
}
