//! Bad paths through every argument of every tool: refused, and nothing else happens.

use serde_json::{Value, json};

use super::{CANARY, World, assert_same, bad_paths, with_links};
use crate::crafted::assert_nothing_left;

/// A tool and one of its arguments that names a path.
struct Argument {
    tool: &'static str,
    name: &'static str,
    /// Gives the arguments of a call with this path.
    with: fn(&str) -> Value,
    /// The codes that refuse it.
    codes: &'static [&'static str],
}

fn synthesis(change: impl FnOnce(&mut Value)) -> Value {
    let mut arguments = json!({
        "repositories": [{ "repo_url": "./sample" }],
        "project_name": "fresh",
        "output_path": "out",
        "wait_seconds": 100,
    });
    change(&mut arguments);
    arguments
}

/// A local repository has to begin as one; what does not is no reference at all.
fn local(path: &str) -> String {
    match path.starts_with(['/', '.']) {
        true => path.to_owned(),
        false => format!("./{path}"),
    }
}

const PATH: &[&str] = &["E_PATH", "E_ARGUMENT"];
/// A home sign that is not at the beginning is a name.
const REPOSITORY: &[&str] = &["E_PATH", "E_ARGUMENT", "E_URL", "E_NOT_FOUND"];
const NAMED: &[&str] = &["E_PATH", "E_ARGUMENT", "E_URL", "E_NOT_FOUND"];

const ARGUMENTS: &[Argument] = &[
    Argument {
        tool: "synthesize_project",
        name: "output_path",
        with: |path| synthesis(|all| all["output_path"] = json!(path)),
        codes: PATH,
    },
    Argument {
        tool: "synthesize_project",
        name: "repo_url",
        with: |path| synthesis(|all| all["repositories"][0]["repo_url"] = json!(local(path))),
        codes: REPOSITORY,
    },
    Argument {
        tool: "synthesize_project",
        name: "components",
        with: |path| synthesis(|all| all["repositories"][0]["components"] = json!([path])),
        codes: NAMED,
    },
    Argument {
        tool: "synthesize_project",
        name: "destination",
        with: |path| {
            synthesis(|all| all["repositories"][0]["destination"] = json!(format!("{path}/y")))
        },
        codes: PATH,
    },
    Argument {
        tool: "synthesize_project",
        name: "template",
        with: |path| synthesis(|all| all["template"] = json!(format!("{path}/."))),
        codes: PATH,
    },
    Argument {
        tool: "update_project",
        name: "project_path",
        with: |path| json!({ "project_path": path, "dry_run": false }),
        codes: PATH,
    },
    Argument {
        tool: "verify_project",
        name: "project_path",
        with: |path| json!({ "project_path": path, "level": "parse", "locked": true }),
        codes: PATH,
    },
    Argument {
        tool: "analyze_repository",
        name: "repo_url",
        with: |path| json!({ "repo_url": local(path) }),
        codes: REPOSITORY,
    },
    Argument {
        tool: "check_compatibility",
        name: "repo_urls",
        with: |path| json!({ "repo_urls": ["./sample", local(path)] }),
        codes: REPOSITORY,
    },
    Argument {
        tool: "resolve_dependencies",
        name: "repositories",
        with: |path| json!({ "repositories": [local(path)] }),
        codes: REPOSITORY,
    },
    Argument {
        tool: "get_synthesis_status",
        name: "synthesis_id",
        with: |path| json!({ "synthesis_id": path, "action": "cancel" }),
        codes: NAMED,
    },
];

#[test]
fn no_argument_of_a_tool_leads_out() {
    let world = World::new();
    with_links(&world);
    let before = world.everything();
    let mut client = world.program.mcp([""; 0]);
    client.initialize();
    for argument in ARGUMENTS {
        for path in bad_paths(world.program.world()) {
            // An empty destination, and links as names of components or destinations, are plain.
            // Links as names of components or destinations are plain, and nothing after `./` is the open folder.
            let is_name = matches!(argument.name, "components" | "destination");
            let is_repository = argument.name.starts_with("repo");
            if (is_name && path.starts_with(['l', 'd']))
                || ((is_name || is_repository) && path.is_empty())
            {
                continue;
            }
            let shown: String = path.chars().take(60).collect();
            let case = format!("{} {} {shown:?}", argument.tool, argument.name);
            let answer = client.call_tool(argument.tool, (argument.with)(&path));
            assert_eq!(answer["isError"], true, "{case}: {answer}");
            let code = answer["structuredContent"]["error"]["code"].as_str();
            assert!(
                code.is_some_and(|code| argument.codes.contains(&code)),
                "{case}: {answer}"
            );
            assert!(!answer.to_string().contains(CANARY), "{case}: {answer}");
        }
    }
    client.close_stdin();
    assert_eq!(client.wait(), Some(0), "{}", client.stderr());
    assert!(!client.stderr().contains("panicked"), "{}", client.stderr());
    assert_same(&world.everything(), &before, "in the end");
    assert_nothing_left(&world.program);
}

/// Names that some system reserves: the folder would be another one there.
#[test]
fn no_tool_makes_a_folder_of_a_name_that_a_system_reserves() {
    let world = World::new();
    let before = world.everything();
    let mut client = world.program.mcp([""; 0]);
    client.initialize();
    let long = "x".repeat(240);
    for name in [
        "con", "NUL", "aux.txt", "lpt1", "x.", "x ", ".git", ".GIT", "git~1", "a:b", &long,
    ] {
        let answer = client.call_tool(
            "synthesize_project",
            synthesis(|all| all["output_path"] = json!(name)),
        );
        assert_eq!(
            answer["structuredContent"]["error"]["code"], "E_PATH",
            "{name}: {answer}"
        );
    }
    client.close_stdin();
    assert_eq!(client.wait(), Some(0));
    assert_same(&world.everything(), &before, "in the end");
    assert_nothing_left(&world.program);
}
