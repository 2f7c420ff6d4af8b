//! Tests of the whole way: six stand-ins over real sockets, the door, the clients, one list.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use synthesizer_infrastructure::{
    config::{LoadOptions, load},
    http::Door,
};
use synthesizer_model::{
    ErrorCode, Failure,
    discovery::{SearchAnswer, SearchRequest, SourceState},
};
use synthesizer_testkit::platforms::PlatformWorld;
use tokio_util::sync::CancellationToken;

use crate::Discovery;

/// Connects to all stand-ins; the folder of its caches goes with the guard.
fn discovery(world: &PlatformWorld, search_timeout: &str) -> (Discovery, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path().display().to_string();
    let mut environment = world.environment();
    environment.extend(world.credentials());
    for name in ["HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"] {
        environment.push((name.to_owned(), home.clone()));
    }
    let config = load(LoadOptions {
        environment: environment.into_iter().collect(),
        flags: vec![
            (
                "limits.search_timeout".to_owned(),
                search_timeout.to_owned(),
            ),
            ("resilience.tries".to_owned(), "1".to_owned()),
        ],
        working_directory: folder.path().to_path_buf(),
        ..LoadOptions::default()
    });
    let config = config.expect("loads");
    let door = Door::new(&config).expect("a door");
    let discovery = Discovery::new(Arc::new(config), &door).expect("connects");
    (discovery, folder)
}

async fn search(
    discovery: &Discovery,
    limit: usize,
    cursor: Option<String>,
    platforms: &[&str],
) -> Result<SearchAnswer, Failure> {
    let mut request = SearchRequest::new("http client").expect("a query");
    (request.limit, request.cursor) = (limit, cursor);
    request.platforms = platforms.iter().map(|name| (*name).to_owned()).collect();
    discovery.search(&request, &CancellationToken::new()).await
}

fn states(answer: &SearchAnswer) -> Vec<(&str, SourceState)> {
    let all = answer.sources.iter();
    all.map(|source| (source.platform.as_str(), source.status))
        .collect()
}

/// The names of a page, with their platforms.
fn names(answer: &SearchAnswer) -> Vec<String> {
    let all = answer.repositories.iter();
    all.map(|found| format!("{}:{}", found.facts.platform, found.facts.full_name))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn six_platforms_give_one_list() {
    let world = PlatformWorld::start();
    let (discovery, _folder) = discovery(&world, "30s");
    let answer = search(&discovery, 100, None, &[]).await.expect("answers");
    let expected = [
        "github",
        "gitlab",
        "huggingface",
        "kaggle",
        "arxiv",
        "gitea",
    ];
    assert_eq!(
        states(&answer),
        expected.map(|name| (name, SourceState::Ok))
    );
    let asked = world.requests();
    let best = &answer.repositories[0];
    assert!(best.score > 0.5, "{best:?}");
    assert!(
        answer
            .repositories
            .is_sorted_by(|left, right| left.score >= right.score)
    );
    // The stand-ins share projects, one of which all git hosts, a model and a paper have.
    let widest = answer
        .repositories
        .iter()
        .max_by_key(|found| found.also_on.len());
    let widest = widest.expect("found some");
    assert!(widest.also_on.len() >= 3, "{widest:?}");
    assert_eq!(widest.facts.kind, "repository");
    let counted: usize = answer.sources.iter().map(|source| source.count).sum();
    let shown: usize = answer
        .repositories
        .iter()
        .map(|found| 1 + found.also_on.len())
        .sum();
    assert_eq!(
        (counted, answer.total_count),
        (shown, answer.repositories.len())
    );
    // Pages of any size are the same list, out of the answers that are kept.
    let (mut paged, mut cursor) = (Vec::new(), None);
    loop {
        let page = search(&discovery, 7, cursor, &[]).await.expect("answers");
        paged.extend(names(&page));
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(paged, names(&answer));
    assert_eq!(paged.iter().collect::<BTreeSet<_>>().len(), paged.len());
    assert_eq!(world.requests(), asked);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_costs_its_platform_alone() {
    let world = PlatformWorld::start();
    world.kill("gitlab");
    world.slow("gitea", Duration::from_secs(60));
    world.limit("github", 7);
    world.garble("kaggle");
    let (discovery, _folder) = discovery(&world, "4s");
    let began = std::time::Instant::now();
    let answer = search(&discovery, 20, None, &[]).await.expect("answers");
    assert!(began.elapsed() < Duration::from_secs(15));
    assert_eq!(
        states(&answer),
        [
            ("github", SourceState::RateLimited),
            ("gitlab", SourceState::Failed),
            ("huggingface", SourceState::Ok),
            ("kaggle", SourceState::Failed),
            ("arxiv", SourceState::Ok),
            ("gitea", SourceState::Timeout),
        ]
    );
    assert_eq!(answer.sources[0].retry_after_seconds, Some(7));
    assert!(answer.total_count > 10, "{}", answer.total_count);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_all_are_dead_the_failure_names_them() {
    let world = PlatformWorld::start();
    let all = [
        "github",
        "gitlab",
        "huggingface",
        "kaggle",
        "arxiv",
        "gitea",
    ];
    all.iter().for_each(|name| world.kill(name));
    let (discovery, _folder) = discovery(&world, "5s");
    let failure = search(&discovery, 20, None, &[]).await.expect_err("fails");
    assert_eq!(
        (failure.code, failure.code.exit_status()),
        (ErrorCode::Upstream, 3)
    );
    for name in all {
        assert!(
            failure.message.contains(&format!("{name}: ")),
            "{}",
            failure.message
        );
    }
    let statuses = discovery.check_platforms(&CancellationToken::new()).await;
    assert!(
        statuses.iter().all(|status| status.healthy == Some(false)),
        "{statuses:#?}"
    );
    world.revive("github");
    world.revive("gitea");
    let answer = search(&discovery, 20, None, &["github", "gitea"]).await;
    assert_eq!(
        states(&answer.expect("answers")),
        [("github", SourceState::Ok), ("gitea", SourceState::Ok)]
    );
}
