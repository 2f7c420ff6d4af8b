//! The MCP server as clients see it: opening, tools, errors, paging, progress, cancellation, garbage, and every way to end.

use std::time::{Duration, Instant};

use insta::assert_json_snapshot;
use rustix::process::Signal;
use serde_json::{Value, json};
use synthesizer_testkit::{inspector::inspect, mcp_client::McpClient, program::Program};

use crate::{
    crafted::{assert_nothing_left, folder, package, program},
    listener::{Answer, Scripted},
};

fn client(program: &Program) -> McpClient {
    let mut client = program.mcp([""; 0]);
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

fn assert_error(result: &Value, code: &str) -> Value {
    assert_eq!(result["isError"], true, "{result}");
    let error = structured(result)["error"].clone();
    assert_eq!(error["code"], code, "{error}");
    assert!(error["correlation_id"].is_string(), "{error}");
    error
}

/// A program with a host that accepts a request and never answers; gives the URL of a repository there.
fn silent_host() -> (Program, Scripted, String) {
    let server = Scripted::start(|_| Answer::Silence);
    let program = program().with_config(&format!(
        "[network]\nallow_hosts = [\"{}\"]\n",
        server.authority()
    ));
    let url = format!("http://{}/o/n", server.authority());
    (program, server, url)
}

/// Checks that the work is gone; a killed grandchild takes the kernel a moment.
pub(crate) fn assert_work_is_gone(program: &Program) {
    let end = Instant::now() + Duration::from_secs(30);
    while !program.left_processes().is_empty() && Instant::now() < end {
        std::thread::yield_now();
    }
    assert_nothing_left(program);
}

#[test]
fn the_opening_names_the_server_and_its_revision() {
    let program = program();
    for (asked, answered) in [
        ("2025-06-18", "2025-06-18"),
        ("2025-11-25", "2025-11-25"),
        ("1999-01-01", "2025-11-25"),
    ] {
        let mut client = program.mcp([""; 0]);
        let info = json!({ "name": "t", "version": "1" });
        let answer = client.request(
            "initialize",
            json!({ "protocolVersion": asked, "capabilities": {}, "clientInfo": info }),
        );
        let result = &answer["result"];
        assert_eq!(result["protocolVersion"], answered);
        let server = json!({ "name": "synthesizer", "title": "Synthesizer", "version": env!("CARGO_PKG_VERSION") });
        assert_eq!(result["serverInfo"], server);
        assert_eq!(
            result["capabilities"],
            json!({ "resources": {}, "tools": {} })
        );
        assert!(
            result["instructions"]
                .as_str()
                .is_some_and(|text| text.contains("dry_run")),
            "{result}"
        );
    }
}

#[test]
fn a_client_without_sessions_is_served() {
    let program = program();
    let mut client = program.mcp([""; 0]);
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "t", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let discovered = client.request("server/discover", json!({ "_meta": meta }));
    let versions = json!(["2025-06-18", "2025-11-25", "2026-07-28"]);
    assert_eq!(discovered["result"]["supportedVersions"], versions);
    let listed = client.request("tools/list", json!({ "_meta": meta }));
    assert_eq!(
        listed["result"]["tools"].as_array().map(Vec::len),
        Some(10),
        "{listed}"
    );
    let call = json!({ "name": "verify_project", "arguments": { "project_path": "./missing" }, "_meta": meta });
    let called = client.request("tools/call", call);
    assert_error(&called["result"], "E_NOT_FOUND");
}

#[test]
fn the_tools_are_these() {
    let program = program();
    let mut client = client(&program);
    let tools = client.request("tools/list", json!({}))["result"]["tools"].clone();
    for tool in tools.as_array().expect("a list") {
        for hint in [
            "readOnlyHint",
            "destructiveHint",
            "idempotentHint",
            "openWorldHint",
        ] {
            assert!(
                tool["annotations"][hint].is_boolean(),
                "{hint} of {}",
                tool["name"]
            );
        }
    }
    assert_json_snapshot!("tools", tools);
}

#[test]
fn a_read_only_client_cannot_write() {
    let program = program();
    let mut client = program.mcp(["--profile", "read-only"]);
    client.initialize();
    let listed = client.request("tools/list", json!({}))["result"]["tools"].clone();
    let names: Vec<&str> = listed
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|tool| tool["name"].as_str())
        .collect();
    assert_eq!(
        names,
        [
            "search_repositories",
            "analyze_repository",
            "check_compatibility",
            "resolve_dependencies",
            "get_synthesis_status",
            "get_platforms",
            "verify_project"
        ]
    );
    let call = client.request(
        "tools/call",
        json!({ "name": "synthesize_project", "arguments": {} }),
    );
    assert_eq!(call["error"]["code"], -32602, "{call}");
    let arguments = json!({ "synthesis_id": "x", "action": "cancel" });
    assert_error(
        &client.call_tool("get_synthesis_status", arguments),
        "E_FORBIDDEN",
    );
}

#[test]
fn bad_requests_and_arguments_get_typed_errors() {
    let program = program();
    let mut client = client(&program);
    for (method, parameters, code) in [
        (
            "tools/call",
            json!({ "name": "no_such_tool", "arguments": {} }),
            -32602,
        ),
        ("tools/call", json!({ "name": 3 }), -32602),
        ("tools/list", json!({ "cursor": "x" }), -32602),
        ("no/such/method", json!({}), -32601),
    ] {
        let answer = client.request(method, parameters);
        assert_eq!(answer["error"]["code"], code, "{method}: {answer}");
    }
    let arguments = json!({ "repo_urls": "x", "detail": "some", "max_tokens": 1 });
    let error = assert_error(
        &client.call_tool("analyze_repository", arguments),
        "E_ARGUMENT",
    );
    assert_eq!(
        error["details"]["problems"].as_array().map(Vec::len),
        Some(4),
        "{error}"
    );
    for (tool, arguments, code) in [
        (
            "analyze_repository",
            json!({ "repo_url": "file:///etc" }),
            "E_URL",
        ),
        (
            "analyze_repository",
            json!({ "repo_url": "/etc" }),
            "E_PATH",
        ),
        ("analyze_repository", json!({ "repo_url": "../" }), "E_PATH"),
        (
            "analyze_repository",
            json!({ "repo_url": "./x", "cursor": "x" }),
            "E_ARGUMENT",
        ),
        (
            "verify_project",
            json!({ "project_path": "/etc" }),
            "E_PATH",
        ),
        (
            "get_synthesis_status",
            json!({ "synthesis_id": "x" }),
            "E_NOT_FOUND",
        ),
        (
            "synthesize_project",
            json!({ "repositories": [{ "repo_url": "pypi:click" }], "project_name": "fresh", "output_path": "/etc/fresh" }),
            "E_PATH",
        ),
    ] {
        assert_error(&client.call_tool(tool, arguments), code);
    }
    client.close_stdin();
    assert_eq!(client.wait(), Some(0));
    assert_nothing_left(&program);
}

#[test]
fn a_result_is_cut_to_the_size_asked_for_and_its_pages_are_the_whole() {
    let program = program();
    let modules: Vec<(String, String)> = (0..150)
        .map(|number| {
            (
                format!("many/module_{number:03}.py"),
                format!("value = {number}\n"),
            )
        })
        .collect();
    let mut files: Vec<(&str, &str)> = modules
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    files.push(("many/__init__.py", ""));
    package(&program, "many", "", &files);
    let mut client = client(&program);
    let mut arguments =
        json!({ "repo_url": "./many", "include_transitive_deps": false, "max_tokens": 20000 });
    let whole = structured(&client.call_tool("analyze_repository", arguments.clone()));
    let mut rest = whole["components"].as_array().expect("a list").clone();
    let mut cursor = whole["next_cursor"].clone();
    arguments["max_tokens"] = json!(1500);
    let mut pages = Vec::new();
    loop {
        let result = client.call_tool("analyze_repository", arguments.clone());
        let text = result["content"][0]["text"].as_str().expect("a text");
        assert!(text.len() <= 1500 * 3, "{} bytes", text.len());
        let page = structured(&result);
        pages.extend(page["components"].as_array().expect("a list").clone());
        if page["next_cursor"].is_null() {
            assert!(page.get("truncated").is_none());
            break;
        }
        assert_eq!(page["truncated"], true);
        assert!(
            page["left_out"]
                .as_array()
                .is_some_and(|left| !left.is_empty()),
            "{page}"
        );
        arguments["cursor"] = page["next_cursor"].clone();
    }
    arguments["max_tokens"] = json!(20000);
    while !cursor.is_null() {
        arguments["cursor"] = cursor;
        let page = structured(&client.call_tool("analyze_repository", arguments.clone()));
        rest.extend(page["components"].as_array().expect("a list").clone());
        cursor = page["next_cursor"].clone();
    }
    assert!(pages.len() >= 150, "{}", pages.len());
    let ids = |items: &[Value]| {
        items
            .iter()
            .map(|item| item["id"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&pages), ids(&rest));
}

#[test]
fn garbage_does_not_end_the_server() {
    let program = program();
    let mut client = program.mcp([""; 0]);
    client.notify("notifications/initialized", json!({}));
    client.initialize();
    client.send_raw("this is no JSON");
    client.send_bytes(b"\xff\xfe\x00\n");
    client.send_raw("[]");
    client.send_raw("{\"jsonrpc\":\"2.0\"}");
    client.send_raw(&"[".repeat(100_000));
    client.send_raw(&format!("\"{}\"", "x".repeat(5 << 20)));
    client.send_raw("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/unknown\"}");
    client.send_raw("{\"jsonrpc\":\"2.0\",\"id\":99,\"result\":{}}");
    assert_eq!(client.request("ping", json!({}))["result"], json!({}));
    let codes: Vec<i64> = client
        .notifications()
        .iter()
        .filter_map(|answer| answer["error"]["code"].as_i64())
        .collect();
    assert_eq!(codes, [-32700, -32700, -32600, -32600, -32700, -32600]);
    client.close_stdin();
    assert_eq!(client.wait(), Some(0));
    assert_eq!(client.remaining_lines(), [""; 0]);
}

#[test]
fn progress_is_told_to_a_client_that_asks() {
    let program = program();
    package(&program, "sample", "", &[("sample.py", "value = 1\n")]);
    let mut client = client(&program);
    let call = json!({
        "name": "analyze_repository",
        "arguments": { "repo_url": "./sample", "include_transitive_deps": false },
        "_meta": { "progressToken": "token" },
    });
    let answer = client.request("tools/call", call);
    assert_eq!(answer["result"]["isError"], false, "{answer}");
    let told: Vec<&Value> = client
        .notifications()
        .iter()
        .map(|message| &message["params"])
        .collect();
    assert!(!told.is_empty());
    let mut last = -1.0;
    for step in told {
        assert_eq!(
            (&step["progressToken"], &step["total"]),
            (&json!("token"), &json!(100.0))
        );
        assert!(step["message"].is_string());
        let progress = step["progress"].as_f64().expect("a number");
        assert!(progress > last, "{step}");
        last = progress;
    }
}

#[test]
fn a_cancelled_call_stops_its_work_and_the_server_lives() {
    let (program, server, url) = silent_host();
    let mut client = client(&program);
    let id = client.send_request(
        "tools/call",
        json!({ "name": "analyze_repository", "arguments": { "repo_url": url } }),
    );
    server.wait_for_silence();
    client.notify(
        "notifications/cancelled",
        json!({ "requestId": id, "reason": "changed my mind" }),
    );
    assert_eq!(client.request("ping", json!({}))["result"], json!({}));
    client.close_stdin();
    assert_eq!(client.wait(), Some(0));
    assert_eq!(
        client.remaining_lines(),
        [""; 0],
        "a cancelled request has no answer"
    );
    assert_work_is_gone(&program);
}

#[test]
fn a_synthesis_outlives_its_call_and_can_be_cancelled() {
    let (program, server, url) = silent_host();
    let mut client = client(&program);
    let arguments = json!({
        "repositories": [{ "repo_url": url }], "project_name": "fresh", "output_path": "fresh", "wait_seconds": 0,
    });
    let started = structured(&client.call_tool("synthesize_project", arguments));
    assert_eq!(started["status"], "running");
    server.wait_for_silence();
    let id = started["synthesis_id"].clone();
    let status =
        structured(&client.call_tool("get_synthesis_status", json!({ "synthesis_id": id })));
    assert_eq!(status["job_status"], "running");
    let status = structured(&client.call_tool(
        "get_synthesis_status",
        json!({ "synthesis_id": id, "action": "cancel" }),
    ));
    assert_eq!(status["job_status"], "cancelled");
    assert_eq!(status["error"]["code"], "E_CANCELLED");
    client.close_stdin();
    assert_eq!(client.wait(), Some(0));
    assert!(!program.work().join("fresh").exists());
    assert_work_is_gone(&program);
}

#[test]
fn every_end_in_the_middle_of_work_is_clean() {
    type End = fn(&mut McpClient);
    let ends: [(&str, End); 3] = [
        ("end of input", |client| client.close_stdin()),
        ("SIGTERM", |client| client.signal(Signal::TERM)),
        ("SIGINT", |client| client.signal(Signal::INT)),
    ];
    for (name, end) in ends {
        let (program, server, url) = silent_host();
        let mut client = client(&program);
        let synthesis = json!({
            "repositories": [{ "repo_url": url }], "project_name": "fresh", "output_path": "fresh", "wait_seconds": 600,
        });
        client.send_request(
            "tools/call",
            json!({ "name": "synthesize_project", "arguments": synthesis }),
        );
        server.wait_for_silence();
        client.send_request(
            "tools/call",
            json!({ "name": "analyze_repository", "arguments": { "repo_url": url } }),
        );
        server.wait_for_silence();
        end(&mut client);
        assert_eq!(client.wait(), Some(0), "{name}");
        for line in client.remaining_lines() {
            let message: Value = serde_json::from_str(&line).expect("only messages");
            assert_eq!(message["jsonrpc"], "2.0", "{name}");
        }
        assert_work_is_gone(&program);
    }
}

#[test]
fn texts_of_a_repository_cannot_act_on_a_terminal_or_forge_a_message() {
    let program = program();
    let description = "description = \"x\\u001B[2J\\u202E\\n{\\\"jsonrpc\\\":\\\"2.0\\\"}\"\n";
    let manifest = format!("[project]\nname = \"sly\"\nversion = \"1\"\n{description}");
    folder(
        &program,
        "sly",
        &[("pyproject.toml", &manifest), ("sly.py", "")],
    );
    let mut client = client(&program);
    let id = client.send_request("tools/call", json!({
        "name": "analyze_repository", "arguments": { "repo_url": "./sly", "include_transitive_deps": false },
    }));
    let line = client.next_line().expect("an answer");
    assert!(
        !line
            .chars()
            .any(|character| character.is_control() || character == '\u{202e}'),
        "{line}"
    );
    let answer: Value = serde_json::from_str(&line).expect("a message");
    assert_eq!(answer["id"], id);
    let description = &structured(&answer["result"])["repository"]["description"];
    assert!(
        description
            .as_str()
            .is_some_and(|text| text.contains('\u{1b}')),
        "{answer}"
    );
}

#[test]
fn the_inspector_lists_and_calls_the_tools() {
    let program = program();
    package(&program, "sample", "", &[("sample.py", "value = 1\n")]);
    let listed = inspect(&program, &["--method", "tools/list"])
        .expect_status(0)
        .json();
    assert_eq!(
        listed["tools"].as_array().map(Vec::len),
        Some(10),
        "{listed}"
    );
    let call = [
        "--method",
        "tools/call",
        "--tool-name",
        "analyze_repository",
        "--tool-arg",
        "repo_url=./sample",
    ];
    let called = inspect(&program, &call).expect_status(0).json();
    assert_eq!(
        called["structuredContent"]["repository"]["name"], "sample",
        "{called}"
    );
}
