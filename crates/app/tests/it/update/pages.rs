//! An answer that is longer than a client takes at once: its further pages are of the update that was done, which is not done again.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use synthesizer_testkit::{mcp_client::McpClient, package_index::Package};

use super::world::{World, liba};

/// Two releases with many modules, of which each changes.
fn many() -> Vec<Package> {
    let release = |version: &str| {
        let modules: Vec<(String, String)> = (0..60)
            .map(|number| {
                (
                    format!("module_{number}.py"),
                    format!("VERSION = {version:?}\n"),
                )
            })
            .collect();
        let mut files = vec![("__init__.py", "")];
        files.extend(
            modules
                .iter()
                .map(|(path, text)| (path.as_str(), text.as_str())),
        );
        liba(version, &files)
    };
    vec![release("1.0"), release("2.0")]
}

/// Calls the tool until there is no further page; gives the status of every page and the paths of all.
fn pages(client: &mut McpClient, dry_run: bool) -> (Vec<String>, Vec<String>) {
    let mut cursor = Value::Null;
    let (mut statuses, mut paths) = (Vec::new(), Vec::new());
    loop {
        let mut arguments =
            json!({ "project_path": "out", "dry_run": dry_run, "max_tokens": 1000 });
        if cursor.is_string() {
            arguments["cursor"] = cursor;
        }
        let answer = client.call_tool("update_project", arguments);
        let told = &answer["structuredContent"];
        statuses.push(told["status"].as_str().expect("a status").to_owned());
        let files = told["files"].as_array().into_iter().flatten();
        paths.extend(files.map(|file| file["path"].as_str().expect("a path").to_owned()));
        cursor = told["next_cursor"].clone();
        if !cursor.is_string() || statuses.len() > 50 {
            return (statuses, paths);
        }
    }
}

#[test]
fn further_pages_are_of_what_was_done() {
    let world = World::new(many());
    let mut client = world.program.mcp::<&str>([]);
    client.initialize();
    let (planned, planned_paths) = pages(&mut client, true);
    assert!(planned.len() > 1 && planned.len() < 50, "{planned:?}");
    let (done, paths) = pages(&mut client, false);
    assert_eq!(done, vec!["updated"; done.len()]);
    assert_eq!(planned, vec!["planned"; planned.len()]);
    assert_eq!(paths, planned_paths);
    let distinct: BTreeSet<&String> = paths.iter().collect();
    assert_eq!(distinct.len(), paths.len(), "no file twice");
    assert!(paths.iter().any(|path| path.ends_with("module_59.py")));
}

#[test]
fn what_is_not_kept_any_more_is_not_done_again() {
    let world = World::new(many());
    let mut client = world.program.mcp::<&str>([]);
    client.initialize();
    let arguments = json!({ "project_path": "out", "dry_run": false, "max_tokens": 1000 });
    let answer = client.call_tool("update_project", arguments.clone());
    let cursor = answer["structuredContent"]["next_cursor"].clone();
    assert!(cursor.is_string(), "{answer:#}");
    let state = world.git(&["status", "--porcelain"]);
    // Another server does not have it.
    let mut other = world.program.mcp::<&str>([]);
    other.initialize();
    let mut further = arguments;
    further["cursor"] = cursor;
    let refused = other.call_tool("update_project", further.clone());
    assert_eq!(refused["isError"], true, "{refused:#}");
    let error = &refused["structuredContent"]["error"];
    assert_eq!(error["code"], "E_NOT_FOUND", "{error:#}");
    assert_eq!(world.git(&["status", "--porcelain"]), state);
    let here = client.call_tool("update_project", further);
    assert_eq!(here["structuredContent"]["status"], "updated", "{here:#}");
}
