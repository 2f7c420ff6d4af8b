//! `uv.lock`. Specification: <https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile>; the shape of versions 1 to 3.

use toml::de::DeTable;

use super::super::super::super::{problem_list::ProblemList, toml_text::Document};
use super::graph::{LockGraph, Locked};
use super::{Lock, LockFormat};

pub(super) static FORMAT: LockFormat = LockFormat {
    matches: |name| name == "uv.lock",
    parse,
};

fn parse(lock: &Lock<'_>, text: &str, problems: &mut ProblemList) -> Option<LockGraph> {
    let document = parsed(lock, text, problems)?;
    let mut graph = LockGraph::default();
    for table in tables(&document, "package") {
        let Some(name) = text_in(table, "name") else {
            continue;
        };
        let source = table
            .get("source")
            .and_then(|source| source.get_ref().as_table());
        let mut package = Locked::new(name, text_in(table, "version").unwrap_or(""));
        if let Some(source) = source {
            let path = ["virtual", "editable", "directory", "path"]
                .iter()
                .find_map(|key| text_in(source, key));
            package.source = match path {
                Some(_) => "path",
                None if source.contains_key("git") => "git",
                None if source.contains_key("url") => "url",
                None => "registry",
            };
            package.own = path.is_some_and(|path| lock.is_own(path));
        }
        let Some(place) = graph.add(package) else {
            break;
        };
        ask_all(&mut graph, place, table.get("dependencies"), false);
        for (key, development) in [("optional-dependencies", false), ("dev-dependencies", true)] {
            let groups = table
                .get(key)
                .and_then(|groups| groups.get_ref().as_table());
            for (_, list) in groups.into_iter().flatten() {
                ask_all(&mut graph, place, Some(list), development);
            }
        }
    }
    Some(graph)
}

fn ask_all(
    graph: &mut LockGraph,
    place: usize,
    list: Option<&toml::Spanned<toml::de::DeValue<'_>>>,
    development: bool,
) {
    let items = list.and_then(|list| list.get_ref().as_array());
    for item in items.into_iter().flatten() {
        let Some(table) = item.get_ref().as_table() else {
            continue;
        };
        if let Some(name) = text_in(table, "name") {
            graph.ask(place, name, text_in(table, "version"), development);
        }
    }
}

/// Parses TOML; a mistake is told.
pub(super) fn parsed<'t>(
    lock: &Lock<'_>,
    text: &'t str,
    problems: &mut ProblemList,
) -> Option<Document<'t>> {
    match Document::parse(text) {
        Ok(document) => Some(document),
        Err(error) => {
            problems.tell_line(lock.path, error.line, &error);
            None
        }
    }
}

/// Lists the tables of an array of tables.
pub(super) fn tables<'d, 't>(document: &'d Document<'t>, key: &str) -> Vec<&'d DeTable<'t>> {
    let list = document
        .value(&[key])
        .and_then(|list| list.get_ref().as_array());
    list.into_iter()
        .flatten()
        .filter_map(|item| item.get_ref().as_table())
        .collect()
}

/// Gives the text of a key.
pub(super) fn text_in<'d>(table: &'d DeTable<'_>, key: &str) -> Option<&'d str> {
    table.get(key)?.get_ref().as_str()
}

/// Gives the texts of the list of a key.
pub(super) fn texts_in<'d>(table: &'d DeTable<'_>, key: &str) -> Vec<&'d str> {
    let list = table.get(key).and_then(|list| list.get_ref().as_array());
    list.into_iter()
        .flatten()
        .filter_map(|item| item.get_ref().as_str())
        .collect()
}
