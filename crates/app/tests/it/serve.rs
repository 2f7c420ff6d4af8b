//! The server over HTTP as strangers see it: who is let in, what is refused and how, and that it goes on after every refusal.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener},
};

use serde_json::{Value, json};
use synthesizer_testkit::{
    http_client::{self, HttpReply},
    platforms::{PLATFORMS, PlatformWorld},
    program::Program,
    served::{STATELESS_VERSION, Served, USUAL_HEADERS, begin_stateless, post, stateless_call},
};

use crate::{
    crafted::{folder, program},
    gate::until,
};

/// Gives a program with these settings that asks no platform.
pub(crate) fn secluded(settings: &str) -> Program {
    let mut text = settings.to_owned();
    for platform in PLATFORMS {
        text.push_str(&format!("[platforms.{platform}]\nenabled = false\n"));
    }
    program().with_config(&text)
}

/// The path of the protocol.
const MCP: &str = "/mcp";

fn send(address: SocketAddr, headers: &[(&str, &str)], body: &[u8]) -> HttpReply {
    let headers = [&USUAL_HEADERS, headers].concat();
    http_client::send(address, "POST", MCP, &headers, body)
}

fn initialize() -> Value {
    json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" },
    }})
}

/// Checks that the server still lives and that nothing in it broke.
fn assert_lives(served: &Served, after: &str) {
    assert_eq!(served.admin("/livez").status, 200, "{after}");
    let log = served.log();
    assert!(!log.contains("panicked"), "{after}: {log}");
}

#[test]
fn the_administration_listener_answers_what_it_is_for() {
    let world = PlatformWorld::start();
    let program = program().with_config(&world.config_toml());
    let served = Served::start(&program, &[]);
    for (method, path, status) in [
        ("GET", "/livez", 200),
        ("GET", "/readyz", 200),
        ("GET", "/healthz", 200),
        ("GET", "/metrics", 200),
        ("GET", "/", 404),
        ("GET", "/metrics/", 404),
        ("GET", "/livez/../metrics", 404),
        ("GET", "/mcp", 404),
        ("POST", "/livez", 405),
        ("DELETE", "/metrics", 405),
        ("PUT", "/healthz", 405),
    ] {
        let reply = http_client::send(served.administration(), method, path, &[], b"");
        assert_eq!(reply.status, status, "{method} {path}: {}", reply.text());
        assert!(reply.header("x-correlation-id").is_some(), "{path}");
    }
    let metrics = served.admin("/metrics");
    let kind = metrics.header("content-type").expect("a type");
    assert_eq!(kind, "text/plain; version=0.0.4; charset=utf-8");
    let foreign = [("host", "console.evil.example")];
    for path in ["/livez", "/metrics", "/healthz"] {
        let reply = http_client::send(served.administration(), "GET", path, &foreign, b"");
        assert_eq!(reply.status, 403, "{path}");
        assert_eq!(reply.json()["error"]["code"], "E_FORBIDDEN", "{path}");
    }
}

#[test]
fn the_health_of_services_is_reported_without_their_secrets_and_in_time() {
    let world = PlatformWorld::start();
    let mut program = program().with_config(&world.config_toml());
    for (name, value) in world.credentials() {
        program = program.with_env(&name, value);
    }
    let served = Served::start(&program, &[]);
    let well = served.admin("/healthz");
    let document = well.json();
    assert_eq!(document["status"], "ok", "{document:#}");
    assert_eq!(document["services"].as_array().map(Vec::len), Some(6));
    assert_eq!(
        document["correlation_id"].as_str(),
        well.header("x-correlation-id")
    );
    for (_, secret) in world.credentials() {
        for path in ["/healthz", "/metrics"] {
            assert!(!served.admin(path).text().contains(&secret), "{path}");
        }
        assert!(!served.log().contains(&secret));
    }
    // The state of a moment ago is given again, without another question.
    let asked = world.requests();
    world.kill("gitlab");
    assert_eq!(served.admin("/healthz").json()["status"], "ok");
    assert_eq!(world.requests(), asked);
}

#[test]
fn a_service_that_is_away_degrades_the_health_and_no_more() {
    let world = PlatformWorld::start();
    world.kill("gitlab");
    let gate = synthesizer_testkit::faults::Gate::default();
    let held = synthesizer_testkit::faults::Fault::Hold(gate.clone());
    world.server("gitea").faults().always(held);
    let program = program().with_config(&world.config_toml());
    let served = Served::start(&program, &[]);
    let start = std::time::Instant::now();
    let reply = served.admin("/healthz");
    let took = start.elapsed().as_secs_f64();
    assert_eq!(reply.status, 200);
    assert!(took < 6.5, "{took} s");
    let document = reply.json();
    assert_eq!(document["status"], "degraded", "{document:#}");
    let healthy = |name: &str| {
        let services = document["services"].as_array().expect("a list");
        let service = services.iter().find(|service| service["name"] == name);
        service.expect("listed")["healthy"].clone()
    };
    assert_eq!(healthy("gitlab"), json!(false));
    assert_eq!(healthy("gitea"), json!(false));
    assert_eq!(healthy("github"), json!(true));
    assert_eq!(
        (
            served.admin("/livez").status,
            served.admin("/readyz").status
        ),
        (200, 200)
    );
    gate.open();
}

#[test]
fn only_known_hosts_and_origins_are_let_in() {
    let settings = "[server]\nallowed_hosts = [\"mcp.corp.example\"]\nallowed_origins = [\"https://console.example\"]\n";
    let program = secluded(settings);
    let served = Served::start(&program, &[]);
    let check = |headers: &[(&str, &str)], expected: u16| {
        let reply = post(served.main(), headers, &initialize());
        assert_eq!(reply.status, expected, "{headers:?}: {}", reply.text());
        assert!(reply.header("x-correlation-id").is_some());
    };
    for (host, status) in [
        ("mcp.corp.example", 200),
        ("MCP.corp.example:1", 200),
        ("localhost", 200),
        ("[::1]:8400", 200),
        ("evil.example", 403),
        ("mcp.corp.example.evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("127.0.0.1:80@evil.example", 403),
        ("169.254.169.254", 403),
    ] {
        check(&[("host", host)], status);
    }
    for (origin, status) in [
        ("https://console.example", 200),
        ("https://console.example:443", 200),
        ("http://console.example", 403),
        ("https://console.example:8443", 403),
        ("https://console.example.evil.example", 403),
        ("http://127.0.0.1:8400", 403),
        ("null", 403),
        ("", 403),
        ("file://", 403),
    ] {
        check(&[("origin", origin)], status);
    }
    let own = format!("http://localhost:{}", served.main().port());
    check(&[("origin", &own)], 200);
    check(
        &[
            ("host", "evil.example"),
            ("origin", "https://console.example"),
        ],
        403,
    );
    let spoofed = [
        ("host", "evil.example"),
        ("x-forwarded-host", "localhost"),
        ("x-forwarded-for", "127.0.0.1"),
    ];
    check(&spoofed, 403);
    let without = http_client::send_raw(
        served.main(),
        b"POST /mcp HTTP/1.0\r\ncontent-length: 0\r\n\r\n",
    );
    assert_eq!(without.status, 403);
    assert_lives(&served, "strangers");
}

#[test]
fn messages_that_are_none_are_refused_and_cost_nothing() {
    let program = secluded("");
    let served = Served::start(&program, &[]);
    let session = served.session();
    let own = [
        ("mcp-session-id", session.id()),
        ("mcp-protocol-version", "2025-11-25"),
    ];
    let deep = format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{}{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let deep_arguments = format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{{\"name\":\"get_platforms\",\"arguments\":{}1{}}}}}",
        "{\"a\":".repeat(50_000),
        "}".repeat(50_000)
    );
    let large = vec![b' '; (4 << 20) + 1];
    let check = |body: &[u8], statuses: &[u16], what: &str| {
        let reply = send(served.main(), &own, body);
        assert!(
            statuses.contains(&reply.status),
            "{what}: {} {}",
            reply.status,
            reply.text()
        );
        assert_lives(&served, what);
    };
    check(&large, &[413], "a body that is too large");
    check(deep.as_bytes(), &[400, 415, 422], "deep JSON");
    check(
        deep_arguments.as_bytes(),
        &[400, 415, 422],
        "deep arguments",
    );
    check(b"{", &[400, 415, 422], "half a document");
    check(b"\xff\xfe\x00", &[400, 415, 422], "bytes that are no text");
    check(b"", &[400, 415, 422], "nothing");
    check(b"[]", &[400, 415, 422], "an empty batch");
    check(
        br#"{"jsonrpc":"2.0","id":1e999,"method":"ping"}"#,
        &[400, 415, 422],
        "a number past all bounds",
    );
    check(
        br#"{"jsonrpc":"2.0","id":99,"result":{}}"#,
        &[202, 400],
        "an answer that nobody asked for",
    );
    check(
        br#"{"jsonrpc":"2.0","id":99,"error":{"code":1,"message":"x"}}"#,
        &[202, 400],
        "an error that nobody asked for",
    );
    check(
        br#"{"jsonrpc":"2.0","id":1,"METHOD":"ping"}"#,
        &[200, 202, 400, 415, 422],
        "a key of the wrong case",
    );
    check(
        br#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#,
        &[200, 400, 415, 422],
        "a key twice",
    );
    let chunked = [
        ("mcp-session-id", session.id()),
        ("transfer-encoding", "chunked"),
        ("content-length", "5"),
    ];
    let smuggled = http_client::send(served.main(), "POST", MCP, &chunked, b"0\r\n\r\n");
    assert!((400..500).contains(&smuggled.status), "{}", smuggled.status);
    let huge_head = [("x-large", "a".repeat(200_000).leak() as &str)];
    let reply = http_client::send(served.administration(), "GET", "/livez", &huge_head, b"");
    assert_eq!(reply.status, 431);
    for bytes in [
        b"\x16\x03\x01\x02\x00\x01".as_slice(),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET\r\n\r\n",
    ] {
        let mut stream = http_client::connect(served.main());
        stream.write_all(bytes).expect("it reads");
        // Whether in words or not, it ends.
        let _ = stream.read_to_end(&mut Vec::new());
        assert_lives(&served, "bytes that are not HTTP");
    }
    let answer = session.call_tool("get_platforms", &json!({}));
    assert!(answer["platforms"].is_array(), "{answer}");
    assert_lives(&served, "all of it");
}

#[test]
fn arguments_that_are_none_are_named() {
    let program = secluded("");
    let served = Served::start(&program, &[]);
    let session = served.session();
    for arguments in [
        json!({ "query": "x", "unknown": 1 }),
        json!({ "QUERY": "x" }),
        json!({ "query": "x", "max_results": 0 }),
        json!({ "query": "x", "max_results": 1e300 }),
        json!({ "query": "a".repeat(100_000) }),
        json!({ "query": ["x"] }),
    ] {
        let answer = session.call_tool("search_repositories", &arguments);
        assert_eq!(answer["error"]["code"], "E_ARGUMENT", "{answer}");
    }
    let body = br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search_repositories","arguments":{"query":"a","max_results":1e999}}}"#;
    let own = [("mcp-session-id", session.id())];
    let reply = send(served.main(), &own, body);
    assert!(
        (400..500).contains(&reply.status),
        "{} {}",
        reply.status,
        reply.text()
    );
    assert_lives(&served, "arguments");
}

#[test]
fn headers_must_say_what_the_message_says() {
    let program = secluded("");
    let served = Served::start(&program, &[]);
    let message = stateless_call("get_platforms", &json!({}), &json!({}));
    let check = |headers: &[(&str, &str)], status: u16, code: Option<i64>| {
        let reply = post(served.main(), headers, &message);
        assert_eq!(reply.status, status, "{headers:?}: {}", reply.text());
        if let Some(code) = code {
            assert_eq!(reply.json()["error"]["code"], code, "{headers:?}");
        }
    };
    let version = ("mcp-protocol-version", STATELESS_VERSION);
    let (method, name) = (("mcp-method", "tools/call"), ("mcp-name", "get_platforms"));
    check(&[version, method, name], 200, None);
    check(
        &[version, ("mcp-method", "tools/list"), name],
        400,
        Some(-32020),
    );
    check(
        &[version, method, ("mcp-name", "search_repositories")],
        400,
        Some(-32020),
    );
    check(&[version, method], 400, Some(-32020));
    check(&[version, name], 400, Some(-32020));
    check(
        &[("mcp-protocol-version", "2025-11-25"), method, name],
        400,
        Some(-32020),
    );
    check(&[method, name], 400, Some(-32020));
    check(
        &[("mcp-protocol-version", "1999-01-01"), method, name],
        400,
        None,
    );
    let mut unsupported = message.clone();
    unsupported["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2099-01-01");
    let headers = [("mcp-protocol-version", "2099-01-01"), method, name];
    let reply = post(served.main(), &headers, &unsupported);
    assert_eq!(
        (reply.status, reply.json()["error"]["code"].as_i64()),
        (400, Some(-32022)),
        "{}",
        reply.text()
    );
    let mut unknown = message.clone();
    unknown["method"] = json!("no/such");
    let reply = post(
        served.main(),
        &[version, ("mcp-method", "no/such"), name],
        &unknown,
    );
    assert_eq!(
        (reply.status, reply.json()["error"]["code"].as_i64()),
        (404, Some(-32601)),
        "{}",
        reply.text()
    );
    let plain = http_client::send(
        served.main(),
        "POST",
        MCP,
        &[("content-type", "text/plain"), USUAL_HEADERS[1]],
        b"{}",
    );
    assert_eq!(plain.status, 415);
    let unaccepting = http_client::send(served.main(), "POST", MCP, &[USUAL_HEADERS[0]], b"{}");
    assert_eq!(unaccepting.status, 406);
    assert_eq!(
        http_client::send(served.main(), "PUT", MCP, &[], b"").status,
        405
    );
    assert_eq!(http_client::get(served.main(), "/").status, 404);
    assert_lives(&served, "mismatches");
}

#[test]
fn sessions_are_found_ended_and_bounded() {
    let settings = "[server]\nsessions = 2\n";
    let program = secluded(settings);
    let served = Served::start(&program, &[]);
    let stream = ("accept", "text/event-stream");
    let ask = |method: &str, id: Option<&str>| {
        let id = id.map(|id| ("mcp-session-id", id));
        let headers: Vec<(&str, &str)> = [stream].into_iter().chain(id).collect();
        http_client::send(served.main(), method, MCP, &headers, b"").status
    };
    assert_eq!(ask("GET", None), 400);
    assert_eq!(ask("DELETE", None), 400);
    assert_eq!(
        ask("GET", Some("0b5d7a4e-0000-4000-8000-000000000000")),
        404
    );
    let (first, second) = (served.session(), served.session());
    let third = post(served.main(), &[], &initialize());
    assert_eq!(third.status, 503, "{}", third.text());
    assert_eq!(third.header("retry-after"), Some("30"));
    let error = &third.json()["error"];
    assert_eq!(error["code"], "E_LIMIT", "{error}");
    assert_eq!(
        error["correlation_id"].as_str(),
        third.header("x-correlation-id")
    );
    assert!(second.call_tool("get_platforms", &json!({}))["platforms"].is_array());
    assert_eq!(ask("DELETE", Some(first.id())), 202);
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    assert_eq!(first.post(&[], &ping).status, 404);
    assert_eq!(ask("GET", Some(first.id())), 404);
    served.session();
    assert_lives(&served, "sessions");
}

#[test]
fn past_the_rate_a_client_is_told_when_to_come_again() {
    let settings = "[server]\nrequests_per_minute = 1\nburst = 3\n";
    let program = secluded(settings);
    let served = Served::start(&program, &[]);
    for _ in 0..3 {
        assert_eq!(post(served.main(), &[], &initialize()).status, 200);
    }
    let refused = post(
        served.main(),
        &[("x-correlation-id", "mine-1")],
        &initialize(),
    );
    assert_eq!(refused.status, 429);
    let seconds: u64 = refused
        .header("retry-after")
        .and_then(|text| text.parse().ok())
        .expect("seconds");
    assert!((1..=61).contains(&seconds), "{seconds}");
    let error = &refused.json()["error"];
    assert_eq!(
        (error["code"].as_str(), error["correlation_id"].as_str()),
        (Some("E_RATE_LIMITED"), Some("mine-1"))
    );
    // Whoever watches the server is not part of the rate.
    for _ in 0..10 {
        assert_eq!(served.admin("/readyz").status, 200);
    }
}

#[test]
fn a_client_over_the_network_has_no_local_paths() {
    let program = program();
    let root = folder(&program, "opened/project", &[("a.py", "A = 1\n")]);
    let path = root.to_string_lossy().into_owned();
    let analyze = |served: &Served, repository: &str| {
        let arguments = json!({ "repo_url": repository });
        served.session().call_tool("analyze_repository", &arguments)
    };
    {
        let served = Served::start(&program, &[]);
        for repository in [".", "./opened/project", &path, "/etc"] {
            let answer = analyze(&served, repository);
            assert_eq!(answer["error"]["code"], "E_PATH", "{repository}: {answer}");
        }
    }
    let opened = root
        .parent()
        .expect("a parent")
        .to_string_lossy()
        .into_owned();
    let program = program.with_config(&format!("[paths]\nroots = [\"{opened}\"]\n"));
    let served = Served::start(&program, &[]);
    let answer = analyze(&served, &path);
    assert_eq!(answer["files_analyzed"], 1, "{answer}");
    assert_eq!(analyze(&served, "/etc")["error"]["code"], "E_PATH");
}

#[test]
fn it_listens_on_this_machine_alone_and_where_nobody_else_does() {
    let held = TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = held.local_addr().expect("an address").to_string();
    for (variable, address, says) in [
        ("SYNTHESIZER__SERVER__LISTEN", "0.0.0.0:0", "server.listen"),
        ("SYNTHESIZER__SERVER__LISTEN", "[::]:0", "server.listen"),
        ("SYNTHESIZER__ADMIN__LISTEN", "192.0.2.1:0", "admin.listen"),
        (
            "SYNTHESIZER__SERVER__LISTEN",
            taken.as_str(),
            taken.as_str(),
        ),
        ("SYNTHESIZER__ADMIN__LISTEN", taken.as_str(), taken.as_str()),
    ] {
        let program = program()
            .with_env("SYNTHESIZER__SERVER__LISTEN", "127.0.0.1:0")
            .with_env("SYNTHESIZER__ADMIN__LISTEN", "127.0.0.1:0")
            .with_env(variable, address);
        let run = program.run(["serve", "--json"]).expect_status(2);
        let error = &run.json()["error"];
        assert_eq!(error["code"], "E_CONFIG", "{variable} {address}");
        assert!(
            error["message"]
                .as_str()
                .is_some_and(|text| text.contains(says)),
            "{error}"
        );
    }
    drop(held);
}

#[test]
fn idle_connections_leave_room() {
    let settings = "[server]\nconnections = 20\n";
    let program = secluded(settings);
    let served = Served::start(&program, &[]);
    let idle: Vec<_> = (0..20)
        .map(|_| http_client::connect(served.main()))
        .collect();
    // Connections are accepted in their order, so past the twentieth all are refused, at once and in words.
    let refused = http_client::finish(http_client::connect(served.main()));
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (503, Some("10"))
    );
    let more: Vec<_> = (0..300)
        .map(|_| http_client::connect(served.main()))
        .collect();
    assert_eq!(
        http_client::finish(http_client::connect(served.main())).status,
        503
    );
    assert_lives(&served, "idle connections");
    // A refusal is counted after it is sent, so that the last one may come a moment later.
    let line =
        "synthesizer_http_requests_total{listener=\"main\",route=\"other\",status=\"503\"} 302\n";
    until("the count of the refused", || {
        served.admin("/metrics").text().contains(line)
    });
    drop((idle, more));
    // The places of those that are gone are free again.
    let initialized = (0..10_000).any(|_| post(served.main(), &[], &initialize()).status == 200);
    assert!(initialized);
}

#[test]
fn every_answer_without_a_session_has_its_own_id() {
    let program = secluded("");
    let served = Served::start(&program, &[]);
    let call = |headers: &[(&str, &str)], meta: Value| {
        let stream = begin_stateless(served.main(), headers, "get_platforms", &json!({}), &meta);
        let reply = http_client::finish(stream);
        let own = reply.header("x-correlation-id").expect("an id").to_owned();
        let document = &reply.json()["result"]["structuredContent"];
        assert_eq!(document["correlation_id"], own, "{document}");
        own
    };
    let header = ("x-correlation-id", "of-the-header");
    assert_eq!(call(&[header], json!({})), "of-the-header");
    assert_eq!(
        call(&[], json!({ "correlation_id": "of-the-meta" })),
        "of-the-meta"
    );
    assert_eq!(
        call(&[header], json!({ "synthesizer/correlation_id": "meta" })),
        "meta"
    );
    let refused = "a b\u{e9}";
    let made = [
        call(&[("x-correlation-id", refused)], json!({})),
        call(&[], json!({ "correlation_id": refused })),
        call(&[], json!({})),
    ];
    assert!(made.iter().all(|id| id.len() == 36), "{made:?}");
    assert!(made[0] != made[1] && made[1] != made[2], "{made:?}");
}
