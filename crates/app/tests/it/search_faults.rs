//! A search while platforms are away, slow, limited or answer nonsense: the others' results in time, each one's state right.

use std::time::{Duration, Instant};

use serde_json::json;
use synthesizer_testkit::{faults::Fault, platforms::PLATFORMS};

use crate::{
    bad_input::assert_refused,
    search::{assert_shape, found, list, names, searching, source, statuses, world},
};

/// How long a search may take.
const TIMEOUT: &str = "[limits]\nsearch_timeout = \"2s\"\n";

#[test]
fn four_broken_platforms_cost_their_own_results_alone() {
    let world = world();
    let program = searching(&world, TIMEOUT);
    world.kill("github");
    world.slow("gitlab", Duration::from_secs(60));
    world.limit("huggingface", 7);
    world.garble("kaggle");
    let begun = Instant::now();
    let answer = found(&program, &["http client", "--limit", "100"]);
    let taken = begun.elapsed();
    assert_shape(&answer);
    let expected = [
        ("github", "failed", "E_UPSTREAM"),
        ("gitlab", "timeout", "E_TIMEOUT"),
        ("huggingface", "rate_limited", "E_RATE_LIMITED"),
        ("kaggle", "failed", "E_UPSTREAM"),
    ];
    for (platform, status, code) in expected {
        let report = source(&answer, platform);
        assert_eq!(report["status"], status, "{report}");
        assert_eq!(report["error"]["code"], code, "{report}");
        assert_eq!(report["count"], 0, "{report}");
    }
    assert_eq!(source(&answer, "huggingface")["retry_after_seconds"], 7);
    for platform in ["arxiv", "gitea"] {
        let report = source(&answer, platform);
        assert_eq!(report["status"], "ok", "{report}");
    }
    let from: std::collections::BTreeSet<&str> = list(&answer, "repositories")
        .iter()
        .filter_map(|found| found["platform"].as_str())
        .collect();
    assert!(
        from.is_subset(&["arxiv", "gitea"].into()) && !from.is_empty(),
        "{from:?}"
    );
    let own = answer["search_time_ms"].as_u64().expect("a number");
    assert!(own < 2_500, "{own} ms");
    assert!(taken < Duration::from_secs(3), "{taken:?}");
}

#[test]
fn each_kind_of_nonsense_is_that_sources_failure() {
    let world = world();
    let program = searching(
        &world,
        "[limits]\nsearch_timeout = \"2s\"\n[resilience]\ntries = 1\nbreaker = false\nrequests_per_minute = 0\n[cache]\ndisk = false\n",
    );
    let no_headers = Vec::new;
    let rows = [
        (Fault::Close, "failed"),
        (Fault::Reset, "failed"),
        (Fault::ResetAfter(40), "failed"),
        (Fault::Truncate(40), "failed"),
        (Fault::TruncatedGzip, "failed"),
        (Fault::MalformedJson, "failed"),
        (Fault::GarbageBytes, "failed"),
        (Fault::NotHttp, "failed"),
        (Fault::WrongType, "failed"),
        (Fault::HugeBody(200 << 20), "failed"),
        (Fault::GzipBomb(100 << 20), "failed"),
        (Fault::DeepJson(200_000), "failed"),
        (Fault::NotModifiedAlways, "failed"),
        (Fault::Status(500, no_headers()), "failed"),
        (Fault::Status(401, no_headers()), "unauthorized"),
        (
            Fault::Drip {
                every: Duration::from_millis(50),
            },
            "timeout",
        ),
        // The last one: that there is nothing is believed for a while.
        (Fault::Status(404, no_headers()), "failed"),
    ];
    let mut client = program.mcp([""; 0]);
    client.initialize();
    for (fault, status) in rows {
        let case = format!("{fault:?}");
        world.server("gitlab").faults().always(fault);
        let before = world.server("gitlab").log().count();
        let arguments = json!({ "query": "http client", "platforms": ["gitlab", "gitea"] });
        let result = client.call_tool("search_repositories", arguments);
        let answer = &result["structuredContent"];
        assert_eq!(result["isError"], false, "{case}: {answer}");
        let report = source(answer, "gitlab");
        assert_eq!(report["status"], status, "{case}: {report}");
        assert_eq!(source(answer, "gitea")["status"], "ok", "{case}");
        assert!(!names(answer).is_empty(), "{case}");
        assert!(
            answer["search_time_ms"]
                .as_u64()
                .is_some_and(|time| time < 2_500),
            "{case}"
        );
        let asked = world.server("gitlab").log().count() - before;
        assert!(
            asked >= 1,
            "{case}: an answer that cannot be read is not kept"
        );
        world.heal("gitlab");
    }
}

#[test]
fn pages_that_never_end_come_to_an_end() {
    let world = world();
    let program = searching(&world, "");
    for (fault, platform) in [
        (Fault::LoopingPages, "github"),
        (Fault::EndlessPages, "gitea"),
        (Fault::IncompleteResults, "github"),
    ] {
        world.server(platform).faults().always(fault.clone());
        let before = world.server(platform).log().count();
        let words = format!(
            "http client {}",
            if platform == "gitea" { "python" } else { "" }
        );
        let mut seen = std::collections::BTreeSet::new();
        let all = crate::search::all_pages(|cursor| {
            let mut arguments = vec![words.as_str(), "--platform", platform, "--limit", "100"];
            arguments.extend(cursor.iter().flat_map(|cursor| ["--cursor", cursor]));
            found(&program, &arguments)
        });
        assert!(
            all.iter().all(|name| seen.insert(name.clone())),
            "{fault:?}"
        );
        let asked = world.server(platform).log().count() - before;
        assert!(asked <= 60, "{fault:?}: {asked} requests");
        world.heal(platform);
    }
}

#[test]
fn when_nobody_answers_it_is_a_failure() {
    let world = world();
    let program = searching(&world, TIMEOUT);
    for platform in PLATFORMS {
        world.kill(platform);
    }
    let run = program.run(["search", "http client", "--json"]);
    let error = assert_refused(&program, run, 3, "E_UPSTREAM", "all are away");
    let reports = statuses(&error["details"]);
    assert_eq!(reports.len(), 6, "{error}");
    for platform in PLATFORMS {
        assert!(
            error["message"]
                .as_str()
                .is_some_and(|text| text.contains(platform)),
            "{error}"
        );
    }
    let people = program.run(["search", "http client"]).expect_status(3);
    assert_eq!(people.stdout, "");
    assert!(
        people.stderr.contains("error[E_UPSTREAM]: "),
        "{}",
        people.stderr
    );
}

#[test]
fn when_all_are_limited_it_says_when_to_come_back() {
    let world = world();
    let program = searching(&world, TIMEOUT);
    for platform in PLATFORMS {
        world.limit(platform, 40);
    }
    world.server("gitea").faults().clear();
    world.limit("gitea", 20);
    let run = program.run(["search", "http client", "--json"]);
    let error = assert_refused(&program, run, 3, "E_RATE_LIMITED", "all are limited");
    let wait = error["retry_after_seconds"].as_u64().expect("a number");
    assert!((15..=20).contains(&wait), "{error}");
    // The next process knows it too and asks nobody.
    let connections = world.connections();
    let run = program.run(["search", "json parser", "--json"]);
    assert_refused(&program, run, 3, "E_RATE_LIMITED", "still limited");
    assert_eq!(world.connections(), connections);
}
