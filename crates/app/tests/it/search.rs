//! `search` and `platforms` over six stand-ins: one ranked list, its pages, filters, refusals, hostile texts, and earlier answers without a network.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use insta::assert_snapshot;
use serde_json::{Value, json};
use synthesizer_testkit::{
    platforms::{Catalogue, PLATFORMS, PlatformWorld},
    program::Program,
};

use crate::{bad_input::assert_refused, crafted::program};

/// Starts all stand-ins without their documented limits.
pub(crate) fn world() -> PlatformWorld {
    let world = PlatformWorld::start();
    world.without_limits();
    world
}

/// Gives a program that asks the stand-ins, with the credentials that they accept, and further lines of configuration.
pub(crate) fn searching(world: &PlatformWorld, more: &str) -> Program {
    let program = program().with_config(&format!("{}\n{more}\n", world.config_toml()));
    let credentials = world.credentials().into_iter();
    credentials.fold(program, |program, (name, value)| {
        program.with_env(&name, value)
    })
}

/// Runs `search --json` with these arguments and gives its answer.
pub(crate) fn found(program: &Program, arguments: &[&str]) -> Value {
    let run = program.run([&["search", "--json"], arguments].concat());
    run.expect_status(0).json()
}

/// Gives the list below a name of an answer.
pub(crate) fn list<'a>(answer: &'a Value, name: &str) -> &'a [Value] {
    answer[name]
        .as_array()
        .unwrap_or_else(|| panic!("{name} is a list: {answer}"))
}

/// Gives the report on one platform.
pub(crate) fn source<'a>(answer: &'a Value, platform: &str) -> &'a Value {
    let mut sources = list(answer, "sources").iter();
    let report = sources.find(|source| source["platform"] == platform);
    report.unwrap_or_else(|| panic!("{platform} is reported: {answer}"))
}

/// Gives the status of every source by platform.
pub(crate) fn statuses(answer: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    list(answer, "sources")
        .iter()
        .map(|source| (text(&source["platform"]), text(&source["status"])))
        .collect()
}

/// Gives platform and full name of the repositories, in order.
pub(crate) fn names(answer: &Value) -> Vec<String> {
    list(answer, "repositories")
        .iter()
        .map(|found| {
            let [platform, name] = ["platform", "full_name"].map(|field| found[field].as_str());
            format!("{}:{}", platform.expect("text"), name.expect("text"))
        })
        .collect()
}

/// Turns pages into the whole list of names; `page` gives the answer for a cursor.
pub(crate) fn all_pages(mut page: impl FnMut(Option<&str>) -> Value) -> Vec<String> {
    let (mut all, mut cursor) = (Vec::new(), None);
    for _ in 0..200 {
        let answer = page(cursor.as_deref());
        all.extend(names(&answer));
        match answer["next_cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => return all,
        }
    }
    panic!("the pages do not come to an end");
}

/// Checks every field that callers rely on, and that there are no empty ones in the place of unknown ones.
pub(crate) fn assert_shape(answer: &Value) {
    assert!(answer["query"].is_string(), "{answer}");
    assert!(answer["total_count"].is_u64() && answer["search_time_ms"].is_u64());
    assert!(
        answer["correlation_id"]
            .as_str()
            .is_some_and(|id| id.len() >= 16)
    );
    assert!(list(answer, "platforms").iter().all(Value::is_string));
    for found in list(answer, "repositories") {
        for field in ["name", "full_name", "url", "platform", "kind"] {
            let text = found[field].as_str();
            assert!(
                text.is_some_and(|text| !text.is_empty()),
                "{field}: {found}"
            );
        }
        for field in [
            "description",
            "language",
            "license",
            "updated_at",
            "reference",
        ] {
            let value = &found[field];
            let known = value.as_str().is_some_and(|text| !text.is_empty());
            assert!(value.is_null() || known, "{field}: {found}");
        }
        assert!(
            found["stars"].is_null() || found["stars"].is_u64(),
            "{found}"
        );
        assert!(found["archived"].is_boolean(), "{found}");
        let score = found["score"].as_f64().expect("a number");
        assert!((0.0..=1.0).contains(&score), "{found}");
        for part in [
            "relevance",
            "popularity",
            "recency",
            "activity",
            "license",
            "penalty",
        ] {
            let value = found["score_parts"][part].as_f64();
            assert!(
                value.is_some_and(|value| (0.0..=1.0).contains(&value)),
                "{part}: {found}"
            );
        }
        for other in list(found, "also_on") {
            for field in ["platform", "full_name", "url"] {
                assert!(other[field].is_string(), "{found}");
            }
            assert_ne!(other["platform"], found["platform"], "{found}");
        }
    }
    for source in list(answer, "sources") {
        for field in ["platform", "status"] {
            assert!(source[field].is_string(), "{source}");
        }
        assert!(source["count"].is_u64(), "{source}");
        if let Some(quota) = source.get("quota") {
            for field in ["limit", "remaining", "reset_at"] {
                assert!(quota.get(field).is_some(), "{source}");
            }
        }
    }
}

#[test]
fn six_platforms_give_one_ranked_list_in_pages() {
    let world = world();
    let program = searching(&world, "");
    let whole = found(&program, &["http client", "--limit", "100"]);
    assert_shape(&whole);
    assert_eq!(whole["platforms"], json!(PLATFORMS));
    for platform in PLATFORMS {
        let report = source(&whole, platform);
        assert_eq!(report["status"], "ok", "{report}");
        assert!(
            report["count"].as_u64().is_some_and(|count| count > 0),
            "{report}"
        );
        assert!(report["error"].is_null(), "{report}");
    }
    assert!(source(&whole, "github")["quota"]["remaining"].is_u64());
    let repositories = list(&whole, "repositories");
    let score = |found: &Value| found["score"].as_f64().expect("a number");
    assert!(repositories.is_sorted_by(|left, right| score(left) >= score(right)));
    // Entries are merged, none is lost: those of all sources are the main ones and their twins.
    let counted: u64 = list(&whole, "sources")
        .iter()
        .filter_map(|source| source["count"].as_u64())
        .sum();
    let twins: usize = repositories
        .iter()
        .map(|found| list(found, "also_on").len())
        .sum();
    assert_eq!(counted, (repositories.len() + twins) as u64);
    assert_eq!(whole["total_count"], json!(repositories.len()));
    let lantern = repositories
        .iter()
        .find(|found| found["name"] == "lantern-http-client" && found["platform"] == "github")
        .expect("the project that is everywhere");
    let elsewhere: Vec<&str> = list(lantern, "also_on")
        .iter()
        .filter_map(|other| other["platform"].as_str())
        .collect();
    for platform in ["gitlab", "gitea", "huggingface"] {
        assert!(elsewhere.contains(&platform), "{elsewhere:?}");
    }
    // Pages of another size come out of what was kept, in other processes, and are the same list.
    let asked = world.requests();
    let paged = all_pages(|cursor| {
        let mut arguments = vec!["http client", "--limit", "9"];
        arguments.extend(cursor.iter().flat_map(|cursor| ["--cursor", cursor]));
        let page = found(&program, &arguments);
        assert!(list(&page, "repositories").len() <= 9);
        page
    });
    assert_eq!(paged, names(&whole));
    let unique: std::collections::BTreeSet<&String> = paged.iter().collect();
    assert_eq!(unique.len(), paged.len(), "no repository comes twice");
    assert_eq!(world.requests(), asked, "pages come out of the cache");
}

#[test]
fn people_see_tables() {
    let world = world();
    let program = searching(&world, "");
    let mut arguments = vec!["search", "lantern http client"];
    // An address of Kaggle's stand-in would have its port's width.
    for platform in ["github", "gitlab", "huggingface", "arxiv", "gitea"] {
        arguments.extend(["--platform", platform]);
    }
    let run = program.run(arguments);
    let run = run.expect_status(0);
    assert_eq!(run.stderr, "");
    let mut settings = insta::Settings::clone_current();
    for (expression, replacement) in program.filters() {
        settings.add_filter(&expression, replacement);
    }
    // Scores depend on the day.
    settings.add_filter(r"(?m)^ 0\.\d\d ", " 0.00 ");
    settings.bind(|| assert_snapshot!("search", run.stdout));
    let more = program.run(["search", "http client", "--limit", "2"]);
    let more = more.expect_status(0).stdout;
    assert!(more.contains("--cursor "), "{more}");
}

#[test]
fn filters_hold_everywhere_and_what_they_drop_is_counted() {
    let world = world();
    let program = searching(&world, "");
    let arguments = [
        "json parser",
        "--platform",
        "github",
        "--platform",
        "gitlab",
        "--platform",
        "gitea",
        "--language",
        "rust",
        "--min-stars",
        "300",
        "--limit",
        "100",
    ];
    let answer = found(&program, &arguments);
    assert_eq!(answer["platforms"], json!(["github", "gitlab", "gitea"]));
    let repositories = list(&answer, "repositories");
    assert!(!repositories.is_empty());
    for found in repositories {
        // GitLab finds by language and does not say the language of what it found.
        if found["platform"] != "gitlab" {
            assert_eq!(found["language"], "Rust", "{found}");
        }
        assert!(
            found["stars"].as_u64().is_some_and(|stars| stars >= 300),
            "{found}"
        );
    }
    // GitLab knows no condition on stars, Gitea none on languages.
    for platform in ["gitlab", "gitea"] {
        let report = source(&answer, platform);
        assert!(
            report["filtered_out"]
                .as_u64()
                .is_some_and(|count| count > 0),
            "{report}"
        );
    }
    assert_eq!(source(&answer, "github")["filtered_out"], 0);
    let asked = world.server("github").log().all();
    assert!(
        asked.iter().any(|request| request.target.contains("stars")),
        "{asked:?}"
    );
    for platform in ["huggingface", "kaggle", "arxiv"] {
        assert_eq!(world.server(platform).connections(), 0, "{platform}");
    }
}

#[test]
fn what_cannot_be_asked_is_refused_before_anybody_is_asked() {
    let world = world();
    let config = world.config_toml().replace(
        "[platforms.gitea]\nenabled = true",
        "[platforms.gitea]\nenabled = false",
    );
    let program = program().with_config(&config);
    let long = "x".repeat(257);
    let rows: [(&[&str], &str); 14] = [
        (&[""], "E_QUERY"),
        (&["  "], "E_QUERY"),
        (&[&long], "E_QUERY"),
        (&["http\u{7}client"], "E_QUERY"),
        (&["http\nclient"], "E_QUERY"),
        (&["\u{9b}31m"], "E_QUERY"),
        (&["http", "--limit", "0"], "E_ARGUMENT"),
        (&["http", "--limit", "101"], "E_ARGUMENT"),
        (&["http", "--limit", "-1"], "E_ARGUMENT"),
        (&["http", "--min-stars", "many"], "E_ARGUMENT"),
        (&["http", "--cursor", ""], "E_ARGUMENT"),
        (&["http", "--cursor", "AAAA\u{1b}["], "E_ARGUMENT"),
        (&["http", "--language", "C\u{7}x"], "E_ARGUMENT"),
        (&["http", "--platform", "gitea"], "E_CONFIG"),
    ];
    for (arguments, code) in rows {
        let run = program.run([&["search", "--json"], arguments].concat());
        assert!(
            !run.stdout.contains('\u{1b}'),
            "{arguments:?}: {}",
            run.stdout
        );
        assert_refused(&program, run, 2, code, &format!("{arguments:?}"));
    }
    let unknown = ["search", "http", "--platform", "sourcehut", "--json"];
    let error = assert_refused(&program, program.run(unknown), 2, "E_ARGUMENT", "unknown");
    for platform in PLATFORMS {
        assert!(error.to_string().contains(platform), "{error}");
    }
    assert_eq!(world.connections(), 0);
    // Beside others, a platform that is switched off is reported and costs nothing.
    let both = ["json parser", "--platform", "gitea", "--platform", "gitlab"];
    let answer = found(&program, &both);
    assert_eq!(source(&answer, "gitea")["status"], "disabled");
    assert_eq!(source(&answer, "gitlab")["status"], "ok");
    assert_eq!(world.server("gitea").connections(), 0);
}

#[test]
fn a_cursor_belongs_to_its_search() {
    let world = world();
    let program = searching(&world, "");
    let first = ["http client", "--platform", "gitlab", "--limit", "3"];
    let cursor = found(&program, &first)["next_cursor"].clone();
    let cursor = cursor.as_str().expect("there is more");
    let with = |arguments: &[&str]| {
        let whole = [&["search", "--json", "--cursor", cursor], arguments].concat();
        program.run(whole)
    };
    let fits = with(&["http client", "--platform", "gitlab", "--limit", "5"]).expect_status(0);
    assert_eq!(names(&fits.json()).len(), 5);
    let rows: [&[&str]; 4] = [
        &["json parser", "--platform", "gitlab"],
        &["http client", "--platform", "gitea"],
        &["http client", "--platform", "gitlab", "--min-stars", "1"],
        &["http client", "--platform", "gitlab", "--language", "Go"],
    ];
    for row in rows {
        assert_refused(&program, with(row), 2, "E_ARGUMENT", &format!("{row:?}"));
    }
}

#[test]
fn hostile_texts_are_data() {
    let world = world();
    let program = searching(&world, "");
    let arguments = [
        "time series forecast",
        "--platform",
        "github",
        "--platform",
        "gitlab",
    ];
    let people = program.run([&["search"], &arguments[..]].concat());
    let programs = program.run([&["search", "--json"], &arguments[..]].concat());
    for run in [people.expect_status(0), programs.expect_status(0)] {
        assert!(run.stdout.contains("backwards"), "{}", run.stdout);
        for character in ['\u{1b}', '\u{202e}', '\u{202c}', '\0', '\r', '\u{9b}'] {
            let shown = run.stdout.contains(character) || run.stderr.contains(character);
            assert!(!shown, "{character:?}: {}", run.stdout);
        }
        assert!(!run.stdout.contains("\nsecond line"), "{}", run.stdout);
    }
}

#[test]
fn without_a_network_earlier_answers_are_used_and_said_to_be() {
    let world = world();
    let program = searching(&world, "");
    let arguments = ["http client", "--limit", "100"];
    let nothing = program.run(["search", "http client", "--offline", "--json"]);
    let error = assert_refused(&program, nothing, 3, "E_OFFLINE", "an empty cache");
    assert!(
        error["hint"]
            .as_str()
            .is_some_and(|hint| hint.contains("--offline")),
        "{error}"
    );
    assert_eq!(world.connections(), 0);
    let before = found(&program, &arguments);
    assert_eq!(before["offline"], false);
    let connections = world.connections();
    let offline = found(&program, &[&arguments[..], &["--offline"]].concat());
    assert_eq!(offline["offline"], true);
    assert_eq!(names(&offline), names(&before));
    for platform in PLATFORMS {
        let report = source(&offline, platform);
        assert_eq!(report["status"], "ok", "{report}");
        assert!(report["age_seconds"].is_u64(), "{report}");
    }
    let people = program.run(["search", "http client", "--offline"]);
    assert!(people.expect_status(0).stdout.contains("earlier answers"));
    assert_eq!(world.connections(), connections, "nobody was asked");
}

#[test]
fn answers_past_their_time_are_stale_and_stand_in_for_a_platform_that_is_away() {
    let world = PlatformWorld::start_with(Catalogue::made_up());
    world.without_limits();
    let program = searching(
        &world,
        "[cache]\nsearch = \"1s\"\n[resilience]\ntries = 1\n",
    );
    let arguments = ["http client", "--platform", "gitlab", "--platform", "gitea"];
    let before = found(&program, &arguments);
    // Their time is over as soon as they are called stale.
    let offline = [&arguments[..], &["--offline"]].concat();
    let end = Instant::now() + Duration::from_secs(20);
    let stale = || {
        statuses(&found(&program, &offline))
            .values()
            .all(|status| status == "stale")
    };
    while !stale() {
        assert!(Instant::now() < end, "the answers stay fresh");
    }
    world.kill("gitlab");
    let after = found(&program, &arguments);
    assert_eq!(names(&after), names(&before));
    assert_eq!(source(&after, "gitlab")["status"], "stale");
    assert!(source(&after, "gitlab")["age_seconds"].is_u64());
    assert_eq!(source(&after, "gitea")["status"], "ok");
    assert_eq!(names(&found(&program, &offline)), names(&before));
}
