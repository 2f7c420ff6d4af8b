//! The server as its operator sees it: metrics that Prometheus takes, log lines that belong to one call each, ids that reach children.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    process::{Command, Stdio},
};

use rustix::process::Signal;
use serde_json::{Value, json};
use synthesizer_testkit::{
    faults::Fault,
    http_client::{self, HttpReply},
    platforms::{PLATFORMS, PlatformWorld},
    served::{Served, begin_stateless},
};

use crate::{
    crafted::program,
    listener::{Answer, Scripted},
    serve::secluded,
};

/// How many calls are made at once.
const CALLS: usize = 50;

/// Has Prometheus' own tool check metrics; it exits with an error and says why when anything is against the conventions.
fn assert_clean(metrics: &str) {
    let mut check = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool is installed: scripts/setup");
    let mut input = check.stdin.take().expect("piped");
    input.write_all(metrics.as_bytes()).expect("it reads");
    drop(input);
    let output = check.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(
        output.status.success() && said.is_empty(),
        "{said}\n{metrics}"
    );
}

/// Gives the settings of a world but for the platform that may be asked every three seconds only.
fn without_arxiv(world: &PlatformWorld) -> String {
    let on = "[platforms.arxiv]\nenabled = true\n";
    world
        .config_toml()
        .replace(on, &on.replace("true", "false"))
}

#[test]
fn metrics_are_clean_under_traffic() {
    let world = PlatformWorld::start();
    let settings = "[limits]\nsearch_timeout = \"2 s\"\n[resilience]\nbackoff = \"1 ms\"\nconsecutive_failures = 2\n";
    let program = program().with_config(&format!("{}\n{settings}", without_arxiv(&world)));
    let served = Served::start(&program, &[]);
    assert_clean(&served.admin("/metrics").text());
    let session = served.session();
    let search = |query: &str| session.call_tool("search_repositories", &json!({ "query": query }));
    assert!(search("http client")["repositories"].is_array());
    world
        .server("gitea")
        .faults()
        .always(Fault::Status(500, Vec::new()));
    world.limit("github", 7);
    world.garble("kaggle");
    world.kill("gitlab");
    for number in 0..4 {
        search(&format!("http server {number}"));
    }
    session.call_tool("search_repositories", &json!({ "query": "" }));
    session.call_tool("analyze_repository", &json!({ "repo_url": "/etc" }));
    session.call_tool("get_platforms", &json!({}));
    served.admin("/healthz");
    served.admin("/no/such/path");
    let foreign = [("host", "evil.example")];
    http_client::send(served.main(), "POST", "/mcp", &foreign, b"{}");
    let metrics = served.admin("/metrics").text();
    assert_clean(&metrics);
    for part in [
        "synthesizer_calls_total{service=\"github\",outcome=\"ok\"}",
        "synthesizer_calls_total{service=\"github\",outcome=\"rate_limited\"}",
        "synthesizer_call_retries_total{",
        "synthesizer_breaker_state{",
        "synthesizer_operations_total{operation=\"search\",outcome=\"ok\"}",
        "synthesizer_http_requests_total{listener=\"main\",route=\"/mcp\",status=\"403\"} 1\n",
        "synthesizer_http_requests_total{listener=\"admin\",route=\"other\",status=\"404\"} 1\n",
        "synthesizer_upstream_quota_remaining{service=\"github\"}",
        "synthesizer_build_info{version=\"0.1.0\"} 1\n",
    ] {
        assert!(metrics.contains(part), "{part}: {metrics}");
    }
    assert!(
        !metrics.contains("evil") && !metrics.contains("no/such"),
        "{metrics}"
    );
    for platform in PLATFORMS {
        world.heal(platform);
    }
    search("http again");
    assert_clean(&served.admin("/metrics").text());
}

/// Makes the calls at once, in turns by header and by `_meta`, within a session and without one.
fn calls_at_once(served: &Served) -> BTreeMap<String, HttpReply> {
    let main = served.main();
    let sessions: Vec<_> = (0..5).map(|_| served.session()).collect();
    let call = |number: usize| {
        let id = format!("call-{number:02}");
        let arguments = json!({ "query": format!("http client {number}"), "max_results": 5 });
        let header = [("x-correlation-id", id.as_str())];
        let meta = json!({ "correlation_id": id });
        let session = &sessions[number % sessions.len()];
        let name = "search_repositories";
        let reply = match number % 4 {
            0 => session.call(&header, name, &arguments, &json!({})),
            1 => session.call(&[], name, &arguments, &meta),
            2 => http_client::finish(begin_stateless(main, &header, name, &arguments, &json!({}))),
            _ => http_client::finish(begin_stateless(main, &[], name, &arguments, &meta)),
        };
        (id, reply)
    };
    std::thread::scope(|scope| {
        let call = &call;
        let calls: Vec<_> = (0..CALLS)
            .map(|number| scope.spawn(move || call(number)))
            .collect();
        calls
            .into_iter()
            .map(|call| call.join().expect("it answers"))
            .collect()
    })
}

#[test]
fn fifty_calls_at_once_keep_their_ids_apart() {
    let world = PlatformWorld::start();
    world.without_limits();
    world
        .server("gitea")
        .faults()
        .always(Fault::Status(404, Vec::new()));
    let settings = "[resilience]\nrequests_per_minute = 1000000\nburst = 100000\n";
    let config = format!("{}\n{settings}", without_arxiv(&world));
    let (token, value) = world.credentials().pop().expect("that of Kaggle");
    let program = program()
        .with_config(&config)
        .with_env(&token, value)
        .with_env("SYNTHESIZER__TELEMETRY__LOG", "debug");
    let served = Served::start(&program, &[]);
    let replies = calls_at_once(&served);
    assert_eq!(replies.len(), CALLS);
    for (id, reply) in &replies {
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert_eq!(reply.header("x-correlation-id"), Some(id.as_str()));
        let document = &reply.json()["result"]["structuredContent"];
        assert_eq!(document["correlation_id"], *id, "{document}");
    }
    served.signal(Signal::TERM);
    assert_eq!(served.wait(), Some(0));
    let mut lines: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for event in served.events() {
        if let Some(id) = event["correlation_id"].as_str() {
            lines.entry(id.to_owned()).or_default().push(event);
        } else {
            // What belongs to no call names none, nor anything that only a call has.
            let whole = event.to_string();
            assert!(
                !whole.contains("call-")
                    && event["service"].is_null()
                    && event["operation"].is_null(),
                "{whole}"
            );
        }
    }
    for id in replies.keys() {
        assert_whole_story(id, lines.get(id).map_or(&[], Vec::as_slice));
    }
}

/// Checks that the lines of one call tell all of it, and nothing of another.
fn assert_whole_story(id: &str, lines: &[Value]) {
    let whole = || format!("{id}: {lines:#?}");
    let count = |holds: &dyn Fn(&Value) -> bool| lines.iter().filter(|line| holds(line)).count();
    assert_eq!(
        count(&|line| line["message"] == "tool called"),
        1,
        "{}",
        whole()
    );
    assert_eq!(
        count(&|line| line["message"] == "operation begun"),
        1,
        "{}",
        whole()
    );
    assert_eq!(
        count(&|line| line["message"] == "operation finished"),
        1,
        "{}",
        whole()
    );
    assert_eq!(
        count(&|line| line["message"] == "request answered"),
        1,
        "{}",
        whole()
    );
    let asked: BTreeSet<&str> = lines
        .iter()
        .filter(|line| {
            matches!(
                line["message"].as_str(),
                Some("call finished" | "call failed")
            )
        })
        .filter_map(|line| line["service"].as_str())
        .collect();
    let expected: BTreeSet<&str> = ["github", "gitlab", "huggingface", "kaggle", "gitea"].into();
    assert!(expected.is_subset(&asked), "{asked:?} {}", whole());
    for line in lines {
        let text = line.to_string();
        let others = text.matches("call-").count() - text.matches(id).count();
        assert_eq!(others, 0, "{text}");
    }
}

#[test]
fn children_learn_whom_they_work_for() {
    let host = Scripted::start(|_| Answer::Bytes(Vec::new()));
    let settings = format!("[network]\nallow_hosts = [\"{}\"]\n", host.authority());
    let program = program().with_config(&settings);
    let folder = program.world().join("programs");
    let seen = program.world().join("seen");
    fs::create_dir(&folder).expect("a folder");
    let script = format!(
        "#!/bin/sh\nif [ \"$1\" = --version ]; then echo git version 2.50.0; exit 0; fi\necho \"$SYNTHESIZER_CORRELATION_ID\" >> {}\nexit 128\n",
        seen.display()
    );
    let git = folder.join("git");
    fs::write(&git, script).expect("a script");
    fs::set_permissions(&git, fs::Permissions::from_mode(0o755)).expect("a script");
    let path = format!("{}:/usr/bin:/bin", folder.display());
    let program = program.with_env("PATH", path);
    let served = Served::start(&program, &[]);
    let session = served.session();
    let url = format!("http://{}/o/n", host.authority());
    for id in ["child-of-1", "child-of-2"] {
        let headers = [("x-correlation-id", id)];
        let arguments = json!({ "repo_url": url });
        let reply = session.call(&headers, "analyze_repository", &arguments, &json!({}));
        let error = reply.json()["result"]["structuredContent"]["error"].clone();
        assert_eq!(error["correlation_id"], id, "{error}");
        assert!(seen.is_file(), "{error}");
    }
    let seen = fs::read_to_string(&seen).expect("the program was started");
    let ids: BTreeSet<&str> = seen.lines().collect();
    assert_eq!(ids, BTreeSet::from(["child-of-1", "child-of-2"]), "{seen}");
}

#[test]
fn a_run_carries_the_id_of_whoever_started_it() {
    let check = |sent: &str, kept: bool| {
        let program = secluded("").with_env("SYNTHESIZER_CORRELATION_ID", sent);
        let answer = program.run(["platforms", "--json"]).expect_status(0).json();
        assert_eq!(answer["correlation_id"] == sent, kept, "{answer}");
        let refused = program.run(["analyze", "file:///x", "--json"]).json();
        assert_eq!(
            refused["error"]["correlation_id"] == sent,
            kept,
            "{refused}"
        );
    };
    check("parent-1:a.b_c", true);
    check("not an id", false);
    check("", false);
}

#[test]
fn ids_of_sessions_are_not_logged() {
    let program = secluded("").with_env("SYNTHESIZER__TELEMETRY__LOG", "trace");
    let served = Served::start(&program, &[]);
    let session = served.session();
    session.call_tool("get_platforms", &json!({}));
    let headers = [("mcp-session-id", session.id())];
    assert_eq!(
        http_client::send(served.main(), "DELETE", "/mcp", &headers, b"").status,
        202
    );
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    assert_eq!(session.post(&[], &ping).status, 404);
    served.signal(Signal::TERM);
    assert_eq!(served.wait(), Some(0));
    let log = served.log();
    assert!(log.contains("tool called"), "{log}");
    assert!(!log.contains(session.id()), "{log}");
}
