//! `search_repositories` and `get_platforms` as an MCP client sees them; equal searches at once share their calls.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use synthesizer_testkit::{
    faults::{Fault, Gate},
    mcp_client::McpClient,
    platforms::PLATFORMS,
    program::Program,
    served::Served,
};

use crate::search::{all_pages, assert_shape, found, list, names, searching, world};

fn client(program: &Program, arguments: &[&str]) -> McpClient {
    let mut client = program.mcp(arguments);
    client.initialize();
    client
}

/// Gives the structured result after checking that the text says the same.
fn structured(result: &Value) -> Value {
    let text = result["content"][0]["text"].as_str().expect("a text");
    let read: Value = serde_json::from_str(text).expect("the text is JSON");
    assert_eq!(read, result["structuredContent"]);
    read
}

/// Gives the names of all fields, with the place of each.
fn fields(value: &Value, place: &str, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(entries) => {
            for (name, entry) in entries {
                let place = format!("{place}.{name}");
                fields(entry, &place, into);
                into.insert(place);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| fields(item, place, into)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn the_tool_gives_what_the_command_gives() {
    let world = world();
    let program = searching(&world, "");
    let printed = found(&program, &["http client", "--limit", "10"]);
    let mut client = client(&program, &[]);
    let arguments = json!({ "query": "http client", "max_results": 10, "max_tokens": 20_000 });
    let result = client.call_tool("search_repositories", arguments);
    assert_eq!(result["isError"], false, "{result}");
    let answer = structured(&result);
    assert_shape(&answer);
    assert_eq!(names(&answer), names(&printed));
    let [mut tool, mut command] = [BTreeSet::new(), BTreeSet::new()];
    fields(&answer, "", &mut tool);
    fields(&printed, "", &mut command);
    // What is known only of answers that came just now, or only of kept ones.
    for of in [&mut tool, &mut command] {
        of.retain(|field| {
            !field.starts_with(".sources.age_") && !field.starts_with(".sources.quota")
        });
    }
    // A word to the model about whose texts these are.
    tool.remove(".notice");
    assert_eq!(tool, command);
}

#[test]
fn small_pages_give_every_repository_once() {
    let world = world();
    let program = searching(&world, "");
    let whole = names(&found(&program, &["http client", "--limit", "100"]));
    let mut client = client(&program, &[]);
    for (max_results, max_tokens) in [(100, 500), (100, 2_000), (7, 1_000), (5, 20_000)] {
        let mut arguments =
            json!({ "query": "http client", "max_results": max_results, "max_tokens": max_tokens });
        let mut pages = 0;
        let all = all_pages(|cursor| {
            pages += 1;
            arguments["cursor"] = json!(cursor);
            if cursor.is_none() {
                arguments
                    .as_object_mut()
                    .expect("an object")
                    .remove("cursor");
            }
            let result = client.call_tool("search_repositories", arguments.clone());
            let answer = structured(&result);
            let size = answer.to_string().len();
            assert!(
                size <= max_tokens * 3 + 1_000,
                "{size} bytes for {max_tokens} tokens"
            );
            answer
        });
        assert!(pages > 1, "{max_results} {max_tokens}");
        assert_eq!(all, whole, "{max_results} {max_tokens}");
    }
}

#[test]
fn arguments_are_checked_and_every_client_may_look() {
    let world = world();
    let program = searching(&world, "");
    let mut client = client(&program, &["--profile", "read-only"]);
    let offered = client.request("tools/list", json!({}))["result"]["tools"].clone();
    let offered: Vec<&str> = offered
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|tool| tool["name"].as_str())
        .collect();
    for name in ["search_repositories", "get_platforms"] {
        assert!(offered.contains(&name), "{offered:?}");
    }
    let long = "x".repeat(257);
    let rows = [
        ("search_repositories", json!({}), "E_ARGUMENT"),
        (
            "search_repositories",
            json!({ "query": "x", "sort": "stars" }),
            "E_ARGUMENT",
        ),
        (
            "search_repositories",
            json!({ "query": "x", "max_results": 0 }),
            "E_ARGUMENT",
        ),
        (
            "search_repositories",
            json!({ "query": "x", "max_results": 101 }),
            "E_ARGUMENT",
        ),
        (
            "search_repositories",
            json!({ "query": "x", "min_stars": -1 }),
            "E_ARGUMENT",
        ),
        (
            "search_repositories",
            json!({ "query": "x", "platforms": "github" }),
            "E_ARGUMENT",
        ),
        (
            "search_repositories",
            json!({ "query": "x", "platforms": ["nowhere"] }),
            "E_ARGUMENT",
        ),
        (
            "search_repositories",
            json!({ "query": "x", "cursor": "?" }),
            "E_ARGUMENT",
        ),
        (
            "search_repositories",
            json!({ "query": "x", "max_tokens": 20_001 }),
            "E_ARGUMENT",
        ),
        (
            "search_repositories",
            json!({ "query": long }),
            "E_ARGUMENT",
        ),
        (
            "search_repositories",
            json!({ "query": "a\u{0}b" }),
            "E_QUERY",
        ),
        ("search_repositories", json!({ "query": " " }), "E_QUERY"),
        ("get_platforms", json!({ "name": "github" }), "E_ARGUMENT"),
    ];
    for (tool, arguments, code) in rows {
        let result = client.call_tool(tool, arguments.clone());
        assert_eq!(result["isError"], true, "{arguments}: {result}");
        assert_eq!(structured(&result)["error"]["code"], code, "{arguments}");
    }
    assert_eq!(world.connections(), 0);
    let result = client.call_tool("get_platforms", json!({}));
    let answer = structured(&result);
    let shown: Vec<&Value> = list(&answer, "platforms")
        .iter()
        .map(|platform| &platform["name"])
        .collect();
    assert_eq!(shown, PLATFORMS);
    assert!(
        list(&answer, "platforms")
            .iter()
            .all(|platform| platform["healthy"] == true),
        "{answer}"
    );
    // Within the interval of health the platforms are not asked again.
    let requests = world.requests();
    client.call_tool("get_platforms", json!({}));
    assert_eq!(world.requests(), requests);
}

#[test]
fn a_failure_of_all_is_the_error_object() {
    let world = world();
    let program = searching(&world, "[limits]\nsearch_timeout = \"2s\"\n");
    for platform in PLATFORMS {
        world.kill(platform);
    }
    let mut client = client(&program, &[]);
    let result = client.call_tool("search_repositories", json!({ "query": "http client" }));
    assert_eq!(result["isError"], true, "{result}");
    let error = structured(&result)["error"].clone();
    assert_eq!(error["code"], "E_UPSTREAM", "{error}");
    assert!(
        error["correlation_id"].is_string() && error["hint"].is_string(),
        "{error}"
    );
    assert_eq!(list(&error["details"], "sources").len(), 6);
}

/// How many equal searches are under way at once.
const CALLERS: usize = 50;

#[test]
fn equal_searches_at_once_make_one_call_a_page() {
    let world = world();
    let program = searching(&world, "");
    let gate = Gate::default();
    world
        .server("github")
        .faults()
        .next(1, Fault::Hold(gate.clone()));
    let served = Served::start(&program, &[]);
    let session = served.session();
    let arguments = json!({ "query": "http client", "max_results": 10 });
    let answers: Vec<Value> = std::thread::scope(|scope| {
        let call = || session.call_tool("search_repositories", &arguments);
        let calls: Vec<_> = (0..CALLERS).map(|_| scope.spawn(call)).collect();
        let end = Instant::now() + Duration::from_secs(8);
        let under_way =
            format!("synthesizer_operations_in_flight{{operation=\"search\"}} {CALLERS}");
        let all_wait = || served.admin("/metrics").text().contains(&under_way);
        while !all_wait() && Instant::now() < end {
            std::thread::yield_now();
        }
        let in_time = all_wait();
        gate.open();
        let answers = calls
            .into_iter()
            .map(|call| call.join().expect("it answers"))
            .collect();
        assert!(in_time, "all calls are under way at once");
        answers
    });
    let first = names(&answers[0]);
    assert_eq!(first.len(), 10);
    let identities: BTreeSet<String> = answers
        .iter()
        .map(|answer| {
            assert_eq!(names(answer), first);
            answer["correlation_id"].to_string()
        })
        .collect();
    assert_eq!(
        identities.len(),
        CALLERS,
        "every call has its own correlation id"
    );
    for platform in PLATFORMS {
        let mut targets: BTreeMap<String, usize> = BTreeMap::new();
        for request in world.server(platform).log().all() {
            *targets.entry(request.target).or_default() += 1;
        }
        assert!(!targets.is_empty(), "{platform} was asked");
        assert!(
            targets.values().all(|count| *count == 1),
            "{platform}: {targets:?}"
        );
    }
    assert_eq!(gate.arrived(), 1);
}
