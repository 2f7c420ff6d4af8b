//! Circuit breakers across processes: they open by failures, are listed, reset and forced open, and what is open is not called.

use serde_json::Value;
use synthesizer_testkit::{platforms::PlatformWorld, program::Program};

use crate::{
    bad_input::assert_refused,
    search::{found, list, names, searching, source, world},
};

const POLICY: &str = "[resilience]\ntries = 1\n[resilience.github]\nopen = \"120s\"\n";

/// Searches GitHub and Gitea for words that no answer is kept for.
fn search(program: &Program, words: &str) -> Value {
    found(
        program,
        &[
            words,
            "--platform",
            "github",
            "--platform",
            "gitea",
            "--platform",
            "gitlab",
        ],
    )
}

fn breakers(program: &Program, arguments: &[&str]) -> Value {
    let run = program.run([&["breakers"], arguments, &["--json"]].concat());
    run.expect_status(0).json()
}

fn breaker<'a>(answer: &'a Value, name: &str) -> &'a Value {
    let mut all = list(answer, "breakers").iter();
    all.find(|breaker| breaker["name"] == name)
        .unwrap_or_else(|| panic!("{name} is listed: {answer}"))
}

fn requests(world: &PlatformWorld, name: &str) -> (usize, usize) {
    let server = world.server(name);
    (server.connections(), server.log().count())
}

#[test]
fn a_breaker_opens_for_every_process_and_a_person_closes_it() {
    let world = world();
    let program = searching(&world, POLICY);
    world.kill("github");
    let mut client = program.mcp([""; 0]);
    client.initialize();
    for words in [
        "http client",
        "json parser",
        "date picker",
        "task queue",
        "rate limiter",
    ] {
        let arguments = serde_json::json!({ "query": words, "platforms": ["github", "gitea"] });
        let result = client.call_tool("search_repositories", arguments);
        let answer = &result["structuredContent"];
        assert_eq!(source(answer, "github")["status"], "failed", "{words}");
        assert_eq!(source(answer, "gitea")["status"], "ok", "{words}");
    }
    let open = breakers(&program, &["list"]);
    let github = breaker(&open, "github");
    assert_eq!(github["state"], "open", "{github}");
    let wait = github["retry_after_seconds"].as_u64().expect("a number");
    assert!((1..=120).contains(&wait), "{github}");
    assert_eq!(breaker(&open, "gitea")["state"], "closed");
    let platforms = program
        .run(["platforms", "--no-check", "--json"])
        .expect_status(0);
    let platforms = platforms.json();
    let shown = list(&platforms, "platforms")
        .iter()
        .find(|platform| platform["name"] == "github");
    assert_eq!(shown.expect("github is shown")["breaker"], "open");
    // It is there again, and is not asked before its time.
    world.revive("github");
    let before = requests(&world, "github");
    let answer = search(&program, "vector database");
    let report = source(&answer, "github");
    assert_eq!(report["status"], "circuit_open", "{report}");
    assert_eq!(report["error"]["code"], "E_CIRCUIT_OPEN", "{report}");
    assert!(
        report["retry_after_seconds"]
            .as_u64()
            .is_some_and(|wait| wait <= 120),
        "{report}"
    );
    assert_eq!(requests(&world, "github"), before);
    let reset = breakers(&program, &["reset", "github"]);
    assert_eq!(breaker(&reset, "github")["state"], "closed");
    let answer = search(&program, "vector database");
    assert_eq!(source(&answer, "github")["status"], "ok", "{answer}");
    assert!(requests(&world, "github") > before);
}

#[test]
fn a_breaker_that_a_person_opened_stays_open_until_it_is_reset() {
    let world = world();
    let program = searching(&world, POLICY);
    let forced = breakers(&program, &["open", "gitlab"]);
    assert_eq!(breaker(&forced, "gitlab")["state"], "forced_open");
    let answer = search(&program, "http client");
    let report = source(&answer, "gitlab");
    assert_eq!(report["status"], "circuit_open", "{report}");
    assert_eq!(source(&answer, "github")["status"], "ok");
    assert_eq!(requests(&world, "gitlab"), (0, 0));
    // A server that runs already hears of it.
    let mut client = program.mcp([""; 0]);
    client.initialize();
    let arguments = serde_json::json!({ "query": "json parser", "platforms": ["gitlab"] });
    let refused = client.call_tool("search_repositories", arguments.clone());
    assert_eq!(
        refused["structuredContent"]["error"]["code"], "E_CIRCUIT_OPEN",
        "{refused}"
    );
    assert_eq!(requests(&world, "gitlab"), (0, 0));
    breakers(&program, &["reset", "gitlab"]);
    let end = std::time::Instant::now() + std::time::Duration::from_secs(20);
    let answer = loop {
        let answer = client.call_tool("search_repositories", arguments.clone());
        if answer["isError"] == false || std::time::Instant::now() > end {
            break answer;
        }
        std::thread::yield_now();
    };
    assert!(!names(&answer["structuredContent"]).is_empty(), "{answer}");
    let answer = search(&program, "http client");
    assert_eq!(source(&answer, "gitlab")["status"], "ok");
}

#[test]
fn a_breaker_of_nothing_is_not_found() {
    let world = world();
    let program = searching(&world, "");
    for action in ["reset", "open"] {
        for name in ["nobody", "", "git\u{1b}[31mhub"] {
            let run = program.run(["breakers", action, name, "--json"]);
            assert!(!run.stdout.contains('\u{1b}'), "{}", run.stdout);
            let error = assert_refused(&program, run, 4, "E_NOT_FOUND", name);
            assert!(error.to_string().contains("huggingface"), "{error}");
        }
    }
    assert_eq!(world.connections(), 0);
}
