//! `pylock.toml` (PEP 751). Specification: <https://packaging.python.org/en/latest/specifications/pylock-toml/>.

use super::super::super::super::problem_list::ProblemList;
use super::graph::{LockGraph, Locked};
use super::uv_lock::{parsed, tables, text_in};
use super::{Lock, LockFormat};

pub(super) static FORMAT: LockFormat = LockFormat {
    matches: |name| {
        name == "pylock.toml" || (name.starts_with("pylock.") && name.ends_with(".toml"))
    },
    parse,
};

fn parse(lock: &Lock<'_>, text: &str, problems: &mut ProblemList) -> Option<LockGraph> {
    let document = parsed(lock, text, problems)?;
    let mut graph = LockGraph::default();
    for table in tables(&document, "packages") {
        let Some(name) = text_in(table, "name") else {
            continue;
        };
        let inner = |key: &str| table.get(key).and_then(|value| value.get_ref().as_table());
        let revision = inner("vcs").and_then(|vcs| text_in(vcs, "commit-id"));
        let version = text_in(table, "version").or(revision);
        let mut package = Locked::new(name, version.unwrap_or(""));
        let path = inner("directory").and_then(|directory| text_in(directory, "path"));
        package.source = match path {
            Some(_) => "path",
            None if table.contains_key("vcs") => "git",
            None if table.contains_key("archive") => "url",
            None => "registry",
        };
        package.own = path.is_some_and(|path| lock.is_own(path));
        let Some(place) = graph.add(package) else {
            break;
        };
        let dependencies = table
            .get("dependencies")
            .and_then(|list| list.get_ref().as_array());
        for item in dependencies.into_iter().flatten() {
            if let Some(asked) = item.get_ref().as_table()
                && let Some(name) = text_in(asked, "name")
            {
                graph.ask(place, name, text_in(asked, "version"), false);
            }
        }
    }
    if let Some(project) = lock.project() {
        graph.ask_for(project);
    }
    Some(graph)
}
