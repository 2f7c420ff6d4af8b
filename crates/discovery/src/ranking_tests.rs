//! Tests of the order: which repository comes before which, and that no figure of a stranger breaks it.

use synthesizer_model::discovery::RepositoryFacts;

use super::*;
use crate::{
    merging::Entry,
    testing::{TODAY, entry},
};

fn project(platform: usize, facts: RepositoryFacts) -> Project {
    Project {
        main: Entry {
            platform,
            self_hosted: false,
            facts,
        },
        others: Vec::new(),
    }
}

fn ranked(query: &str, facts: Vec<RepositoryFacts>) -> Vec<FoundRepository> {
    let projects = facts.into_iter().map(|facts| project(0, facts)).collect();
    Ranker::new(query, TODAY).rank(projects)
}

/// A repository as most are.
fn usual(full_name: &str) -> RepositoryFacts {
    RepositoryFacts {
        stars: Some(500),
        forks: Some(40),
        license: Some("MIT".to_owned()),
        description: Some("an http client for people".to_owned()),
        updated_at: Some("2024-06-01T12:00:00Z".to_owned()),
        ..entry("north", full_name)
    }
}

/// Ranks two repositories, the expected first one given last, and checks that it wins.
fn check(query: &str, winner: RepositoryFacts, loser: RepositoryFacts) {
    let first = winner.full_name.clone();
    let order = ranked(query, vec![loser, winner]);
    assert_eq!(order[0].facts.full_name, first, "{order:#?}");
    assert!(order[0].score > order[1].score, "{order:#?}");
}

fn changed(full_name: &str, change: impl FnOnce(&mut RepositoryFacts)) -> RepositoryFacts {
    let mut facts = usual(full_name);
    change(&mut facts);
    facts
}

#[test]
fn each_part_decides_where_the_others_are_equal() {
    let same = || usual("b/tool");
    check(
        "http",
        changed("z/tool", |facts| facts.stars = Some(50_000)),
        same(),
    );
    check(
        "http",
        changed("z/tool", |facts| facts.forks = Some(9_000)),
        same(),
    );
    check(
        "http",
        changed("z/tool", |facts| facts.topics = vec!["http".to_owned()]),
        same(),
    );
    check(
        "http",
        same(),
        changed("a/tool", |facts| facts.license = None),
    );
    check(
        "http",
        same(),
        changed("a/tool", |facts| facts.license = Some("mine".to_owned())),
    );
    check(
        "http",
        same(),
        changed("a/tool", |facts| facts.archived = true),
    );
    check("http", same(), changed("a/tool", |facts| facts.fork = true));
    check(
        "http",
        same(),
        changed("a/tool", |facts| facts.gated = true),
    );
    let old =
        |facts: &mut RepositoryFacts| facts.updated_at = Some("2015-06-01T12:00:00Z".to_owned());
    check("http", same(), changed("a/tool", old));
    let description = |facts: &mut RepositoryFacts| facts.description = Some("a tool".to_owned());
    check("http", same(), changed("a/tool", description));
}

#[test]
fn the_very_name_beats_a_famous_mention() {
    let mention = changed("list/awesome", |facts| {
        facts.stars = Some(300_000);
        facts.forks = Some(30_000);
        facts.description = Some("a list of libraries such as requests and others".to_owned());
        facts.updated_at = Some("2024-10-04T00:00:00Z".to_owned());
    });
    check(
        "requests",
        changed("psf/requests", |facts| facts.stars = Some(5_000)),
        mention,
    );
    let parser = changed("a/json-parser-list", |facts| facts.stars = Some(2_000));
    check("json parser", changed("b/JsonParser", |_| {}), parser);
}

#[test]
fn words_match_in_other_forms() {
    let about = |full_name: &str, text: &str| {
        changed(full_name, |facts| facts.description = Some(text.to_owned()))
    };
    check(
        "parsing trees",
        about("z/x", "parses a tree"),
        about("a/x", "draws a bush"),
    );
    check(
        "http client",
        about("z/HttpClientKit", "a kit"),
        about("a/kit", "a kit"),
    );
    check(
        "机器学习",
        about("z/x", "一个机器学习库"),
        about("a/x", "一个网络库"),
    );
    check(
        "c++",
        about("z/x", "written in c++"),
        about("a/x", "written in c"),
    );
}

#[test]
fn absurd_figures_break_nothing() {
    let absurd = |full_name: &str| RepositoryFacts {
        stars: Some(u64::MAX),
        forks: Some(u64::MAX),
        open_issues: Some(u64::MAX),
        downloads: Some(u64::MAX),
        updated_at: Some("9999-12-31T23:59:59Z".to_owned()),
        license: Some("(".repeat(5_000)),
        description: Some("http ".repeat(100_000)),
        topics: vec!["http ".repeat(1_000); 10_000],
        name: String::new(),
        kind: "\u{202e}".to_owned(),
        ..entry("north", full_name)
    };
    let empty = RepositoryFacts::default();
    for query in [
        "http",
        "!!!",
        "ﷺ",
        "\u{0301}",
        "the of",
        "a".repeat(256).as_str(),
    ] {
        let order = ranked(
            query,
            vec![absurd("a/b"), empty.clone(), usual("c/http"), absurd("")],
        );
        for found in &order {
            let parts = &found.score_parts;
            let figures = [
                found.score,
                parts.relevance,
                parts.popularity,
                parts.recency,
                parts.activity,
                parts.license,
                parts.penalty,
            ];
            assert!(
                figures.iter().all(|figure| (0.0..=1.0).contains(figure)),
                "{found:?}"
            );
        }
        assert!(order.is_sorted_by(|left, right| left.score >= right.score));
    }
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0] {
        assert_eq!(rounded(value), 0.0);
    }
    assert!(ranked("http", Vec::new()).is_empty());
}

#[test]
fn recency_halves_with_each_year() {
    let check = |time: Option<&str>, expected: f64| {
        let facts = RepositoryFacts {
            updated_at: time.map(str::to_owned),
            ..RepositoryFacts::default()
        };
        assert_eq!(rounded(recency(&facts, TODAY)), expected, "{time:?}");
    };
    // The day of the tests is 2024-10-04.
    check(Some("2024-10-04T23:59:59Z"), 1.0);
    check(Some("2024-10-04T00:00:00Z"), 1.0);
    check(Some("2024-10-05T01:00:00+03:00"), 1.0);
    check(Some("2024-10-05T10:00:00Z"), 1.0);
    check(Some("2023-10-05T10:00:00Z"), 0.5);
    check(Some("1970-01-01T00:00:00Z"), 0.0);
    check(Some("2031-01-01T00:00:00Z"), UNKNOWN);
    check(Some("yesterday"), UNKNOWN);
    check(Some(&"2".repeat(1 << 20)), UNKNOWN);
    check(None, UNKNOWN);
}

#[test]
fn licenses_are_told_apart() {
    let check = |stated: Option<&str>, expected: f64| {
        let facts = RepositoryFacts {
            license: stated.map(str::to_owned),
            ..RepositoryFacts::default()
        };
        assert_eq!(license(&facts), expected, "{stated:?}");
    };
    check(Some("MIT"), 1.0);
    check(Some("apache-2.0"), 1.0);
    check(Some("MIT OR Apache-2.0"), 1.0);
    check(Some("NOASSERTION"), 0.5);
    check(Some("other"), 0.5);
    check(Some("openrail++"), 0.5);
    check(Some("(((((("), 0.5);
    check(Some("none"), 0.0);
    check(Some("  "), 0.0);
    check(None, 0.0);
}

#[test]
fn likes_are_measured_by_kind() {
    let of_kind = |kind: &str| {
        popularity(&RepositoryFacts {
            stars: Some(5_000),
            kind: kind.to_owned(),
            ..RepositoryFacts::default()
        })
    };
    assert_eq!(of_kind("dataset"), Some(1.0));
    assert!(of_kind("model") < of_kind("dataset"));
    assert!(of_kind("repository") < of_kind("model"));
    assert_eq!(popularity(&RepositoryFacts::default()), None);
}

#[test]
fn equals_are_ordered_by_platform_and_name() {
    let projects = || {
        vec![
            project(1, usual("a/x")),
            project(0, usual("c/x")),
            project(1, usual("b/x")),
            project(0, usual("d/x")),
        ]
    };
    let names = |projects: Vec<Project>| -> Vec<String> {
        let found = Ranker::new("http", TODAY).rank(projects);
        found
            .into_iter()
            .map(|found| found.facts.full_name)
            .collect()
    };
    assert_eq!(names(projects()), ["c/x", "d/x", "a/x", "b/x"]);
    let mut turned = projects();
    turned.reverse();
    assert_eq!(names(turned), ["c/x", "d/x", "a/x", "b/x"]);
}

#[test]
fn a_project_is_as_relevant_as_its_best_entry() {
    let mut paper = entry("west", "2101.00001");
    paper.name = "Graph attention".to_owned();
    paper.kind = "paper".to_owned();
    let code = changed("b/pyGAT", |facts| facts.description = None);
    let alone = project(0, changed("a/other", |facts| facts.description = None));
    let both = Project {
        others: vec![Entry {
            platform: 3,
            self_hosted: false,
            facts: paper,
        }],
        ..project(0, code)
    };
    let order = Ranker::new("graph attention", TODAY).rank(vec![alone, both]);
    assert_eq!(order[0].facts.full_name, "b/pyGAT");
    assert_eq!(order[0].score_parts.relevance, 1.0);
    assert_eq!(order[0].also_on.len(), 1);
}

#[test]
fn the_words_of_a_hostile_entry_are_few() {
    let facts = changed("a/x", |facts| {
        facts.topics = vec!["a b c d ".repeat(12); 200];
        facts.description = Some("x ".repeat(250));
    });
    let most = TOPIC_LIMIT * TOPIC_WORDS * TOPIC_TIMES + 250 + NAME_TIMES;
    assert_eq!(document(&facts).len(), most);
}

#[test]
fn a_server_of_anybody_lends_no_stars() {
    let popularity = |self_hosted| {
        let other = Entry {
            platform: 1,
            self_hosted,
            facts: changed("a/x", |facts| facts.stars = Some(100_000)),
        };
        let both = Project {
            others: vec![other],
            ..project(0, changed("a/x", |facts| facts.stars = Some(0)))
        };
        Ranker::new("x", TODAY).rank(vec![both])[0]
            .score_parts
            .popularity
    };
    assert_eq!((popularity(true), popularity(false)), (0.0, 1.0));
}

#[test]
fn later_rounds_are_measured_by_the_best_of_all() {
    let mut ranker = Ranker::new("http client", TODAY);
    let filler = (0..8).map(|number| {
        project(
            0,
            changed(&format!("f/{number}"), |facts| facts.description = None),
        )
    });
    let mut first: Vec<Project> = filler.collect();
    first.push(project(0, usual("a/http-client")));
    let best = &ranker.rank(first)[0];
    assert_eq!(best.score_parts.relevance, 1.0);
    let weak = changed("b/kit", |facts| {
        facts.description = Some("something with a client".to_owned())
    });
    let second = ranker.rank(vec![project(0, weak)]);
    assert!(second[0].score_parts.relevance < 0.7, "{second:?}");
}

#[test]
fn the_weights_are_a_whole() {
    let sum: f64 = RELEVANCE + POPULARITY + RECENCY + ACTIVITY + LICENSE;
    assert!((sum - 1.0).abs() < 1e-9);
}

#[test]
fn a_thousand_repositories_are_ranked_whole() {
    let all = (0..1_000).map(|number| {
        changed(&format!("o/http-{number}"), |facts| {
            facts.stars = Some(number)
        })
    });
    let order = ranked("http client", all.collect());
    assert_eq!(order.len(), 1_000);
    assert!(order.is_sorted_by(|left, right| left.score >= right.score));
    assert_eq!(order[0].facts.full_name, "o/http-999");
}
