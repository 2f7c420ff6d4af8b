//! `Pipfile.lock`. Specification: <https://pipenv.pypa.io/en/latest/pipfile.html>; version 6. It does not tell which package asks for which.

use super::super::super::super::{
    json_text::{self, Node},
    problem_list::ProblemList,
};
use super::graph::{LockGraph, Locked};
use super::{Lock, LockFormat};

pub(super) static FORMAT: LockFormat = LockFormat {
    matches: |name| name == "Pipfile.lock",
    parse,
};

fn parse(lock: &Lock<'_>, text: &str, problems: &mut ProblemList) -> Option<LockGraph> {
    let document = match json_text::parse(text) {
        Ok(document) => document,
        Err(error) => {
            problems.tell_line(lock.path, error.line, error.message);
            return None;
        }
    };
    let mut graph = LockGraph::default();
    for category in document.root.distinct().members {
        if category.key == "_meta" {
            continue;
        }
        let development = category.key != "default";
        for member in category.value.distinct().members {
            let package = package_of(lock, &member.key, &member.value, development);
            if graph.add(package).is_none() {
                break;
            }
        }
    }
    if let Some(project) = lock.project() {
        graph.ask_for(project);
    }
    Some(graph)
}

fn package_of(lock: &Lock<'_>, name: &str, value: &Node<'_>, development: bool) -> Locked {
    let version = value
        .text_of("version")
        .map(|version| version.trim_start_matches('='));
    let version = version.or_else(|| value.text_of("ref"));
    let mut package = Locked::new(name, version.unwrap_or(""));
    let path = value.text_of("path");
    package.source = match path {
        Some(_) => "path",
        None if value.get("git").is_some() => "git",
        None if value.get("file").is_some() => "url",
        None => "registry",
    };
    package.own = path.is_some_and(|path| lock.is_own(path));
    package.development = Some(development);
    package
}
