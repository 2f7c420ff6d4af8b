//! `poetry.lock`. Specification: <https://python-poetry.org/docs/basic-usage/#installing-with-poetrylock>; the shape of versions 1.0 to 2.1.

use super::super::super::super::problem_list::ProblemList;
use super::graph::{LockGraph, Locked};
use super::uv_lock::{parsed, tables, text_in, texts_in};
use super::{Lock, LockFormat};

pub(super) static FORMAT: LockFormat = LockFormat {
    matches: |name| name == "poetry.lock",
    parse,
};

fn parse(lock: &Lock<'_>, text: &str, problems: &mut ProblemList) -> Option<LockGraph> {
    let document = parsed(lock, text, problems)?;
    let mut graph = LockGraph::default();
    for table in tables(&document, "package") {
        let Some(name) = text_in(table, "name") else {
            continue;
        };
        let mut package = Locked::new(name, text_in(table, "version").unwrap_or(""));
        let source = table
            .get("source")
            .and_then(|source| source.get_ref().as_table());
        let kind = source.and_then(|source| text_in(source, "type"));
        package.source = match kind {
            Some("git") => "git",
            Some("url") => "url",
            Some("directory" | "file") => "path",
            _ => "registry",
        };
        let place = source.and_then(|source| text_in(source, "url"));
        package.own = kind == Some("directory") && place.is_some_and(|path| lock.is_own(path));
        package.development = match text_in(table, "category") {
            Some(category) => Some(category == "dev"),
            None if table.contains_key("groups") => {
                Some(!texts_in(table, "groups").contains(&"main"))
            }
            None => None,
        };
        let Some(place) = graph.add(package) else {
            break;
        };
        let dependencies = table
            .get("dependencies")
            .and_then(|list| list.get_ref().as_table());
        for (name, _) in dependencies.into_iter().flatten() {
            graph.ask(place, name.get_ref(), None, false);
        }
    }
    if let Some(project) = lock.project() {
        graph.ask_for(project);
    }
    Some(graph)
}
