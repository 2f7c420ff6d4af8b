//! `pdm.lock`. Specification: <https://pdm-project.org/latest/usage/lockfile/>; the shape of versions 3 to 4.5.

use super::super::super::super::{problem_list::ProblemList, requirement};
use super::graph::{LockGraph, Locked};
use super::uv_lock::{parsed, tables, text_in, texts_in};
use super::{Lock, LockFormat};

pub(super) static FORMAT: LockFormat = LockFormat {
    matches: |name| name == "pdm.lock" || (name.starts_with("pdm.") && name.ends_with(".lock")),
    parse,
};

fn parse(lock: &Lock<'_>, text: &str, problems: &mut ProblemList) -> Option<LockGraph> {
    let document = parsed(lock, text, problems)?;
    let mut graph = LockGraph::default();
    for table in tables(&document, "package") {
        let Some(name) = text_in(table, "name") else {
            continue;
        };
        let version = text_in(table, "version").or_else(|| text_in(table, "revision"));
        let mut package = Locked::new(name, version.unwrap_or(""));
        let path = text_in(table, "path");
        package.source = match path {
            Some(_) => "path",
            None if table.contains_key("git") => "git",
            None if table.contains_key("url") => "url",
            None => "registry",
        };
        package.own = path.is_some_and(|path| lock.is_own(path));
        if table.contains_key("groups") {
            let groups = texts_in(table, "groups");
            let extras = lock.project().map_or(&[][..], |project| &project.extras);
            let is_used =
                |group: &&str| *group == "default" || extras.iter().any(|extra| extra == *group);
            package.development = Some(!groups.iter().any(is_used));
        }
        let Some(place) = graph.add(package) else {
            break;
        };
        for text in texts_in(table, "dependencies") {
            if let Ok(asked) = requirement::parse(text) {
                graph.ask(place, &asked.name, None, false);
            }
        }
    }
    if let Some(project) = lock.project() {
        graph.ask_for(project);
    }
    Some(graph)
}
