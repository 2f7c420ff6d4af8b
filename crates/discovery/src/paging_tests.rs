//! Tests of paging: pages of any size give the same list as one walk, without gaps or repeats, also when platforms fail on the way.

use proptest::prelude::*;
use synthesizer_model::discovery::SourceState;

use super::*;
use crate::testing::{Fake, Step, TODAY, discovery, entry, failure, page_of, platform};

/// Pages of one platform.
type Pages = Vec<Vec<RepositoryFacts>>;

fn paged(pages: Pages) -> Arc<Fake> {
    Arc::new(Fake::new(move |number| page_of(&pages, number)))
}

/// Makes pages of so many repositories each, with stars that depend on the number.
fn pages(name: &str, sizes: &[usize]) -> Pages {
    let mut number = 0_u64;
    let mut one = |_: usize| {
        number += 1;
        let stars = number.wrapping_mul(2_654_435_761) % 10_000;
        RepositoryFacts {
            stars: Some(stars),
            ..entry(name, &format!("{name}/tool-{number}"))
        }
    };
    sizes
        .iter()
        .map(|size| (0..*size).map(&mut one).collect())
        .collect()
}

fn over(clients: &[Arc<Fake>]) -> Discovery {
    let clients = clients.iter().enumerate();
    discovery(
        clients
            .map(|(place, client)| platform(place, client))
            .collect(),
    )
}

fn request(limit: usize, cursor: Option<String>) -> SearchRequest {
    let mut request = SearchRequest::new("tool").expect("a query");
    (request.limit, request.cursor) = (limit, cursor);
    request
}

async fn turn(
    discovery: &Discovery,
    limit: usize,
    cursor: Option<String>,
) -> Result<SearchAnswer, Failure> {
    let request = request(limit, cursor);
    discovery.search(&request, &CancellationToken::new()).await
}

/// Turns all pages, with these limits in turn, and gives every name and the last answer.
async fn all(discovery: &Discovery, limits: &[usize]) -> (Vec<String>, SearchAnswer) {
    let mut names = Vec::new();
    let mut cursor: Option<String> = None;
    for limit in limits.iter().cycle().take(2_000) {
        let answer = turn(discovery, *limit, cursor.clone())
            .await
            .expect("answers");
        assert!(answer.repositories.len() <= *limit);
        for found in &answer.repositories {
            let places = found.also_on.iter().map(|also| also.platform.as_str());
            let once: std::collections::BTreeSet<&str> =
                places.chain([found.facts.platform.as_str()]).collect();
            assert_eq!(once.len(), 1 + found.also_on.len(), "{found:?}");
        }
        let found = answer.repositories.iter();
        names.extend(
            found.map(|found| format!("{}:{}", found.facts.platform, found.facts.full_name)),
        );
        cursor.clone_from(&answer.next_cursor);
        if cursor.is_none() {
            return (names, answer);
        }
    }
    panic!("the pages have no end");
}

fn repeated(names: &[String]) -> usize {
    let once: std::collections::BTreeSet<&String> = names.iter().collect();
    names.len() - once.len()
}

#[tokio::test(start_paused = true)]
async fn pages_of_any_size_give_the_same_list() {
    let discovery = over(&[
        paged(pages("north", &[50, 50, 20])),
        paged(pages("east", &[30])),
        paged(pages("south", &[0, 50, 0, 7])),
    ]);
    let (whole, last) = all(&discovery, &[100]).await;
    assert_eq!((whole.len(), repeated(&whole)), (207, 0));
    assert_eq!(last.total_count, 207);
    let totals: Vec<Option<u64>> = last.sources.iter().map(|source| source.total).collect();
    assert_eq!(totals, [Some(120), Some(30), Some(57)]);
    for limits in [&[20][..], &[1, 7, 100], &[33, 50]] {
        assert_eq!(all(&discovery, limits).await.0, whole, "{limits:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_asks_for_no_more_rounds_than_it_needs() {
    let client = paged(pages("north", &[50; 10]));
    let discovery = over(&[Arc::clone(&client)]);
    let first = turn(&discovery, 20, None).await.expect("answers");
    assert_eq!((client.calls(), first.total_count), (1, 50));
    let second = turn(&discovery, 100, first.next_cursor)
        .await
        .expect("answers");
    assert_eq!((client.calls(), second.total_count), (1 + 3, 150));
}

#[tokio::test(start_paused = true)]
async fn empty_rounds_are_passed_a_few_at_a_time() {
    let mut sizes = vec![0; 12];
    sizes.push(3);
    let client = paged(pages("north", &sizes));
    let discovery = over(&[Arc::clone(&client)]);
    let first = turn(&discovery, 20, None).await.expect("answers");
    assert_eq!(
        (first.repositories.len(), client.calls()),
        (0, 1 + ROUNDS_PER_PAGE)
    );
    assert!(first.next_cursor.is_some());
    assert_eq!(all(&discovery, &[20]).await.0.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn fault_14_a_platform_without_end_is_left_after_twenty_rounds() {
    let endless = Arc::new(Fake::new(|number| {
        let entries = vec![entry("north", &format!("a/tool-{number}"))];
        Step::Page(crate::client::PlatformPage {
            repositories: entries,
            next: Some((number + 1).to_string()),
            ..Default::default()
        })
    }));
    let (names, _) = all(&over(&[endless]), &[100]).await;
    assert_eq!(names.len(), cursor::MOST_ROUNDS);
    // One whose next page is itself.
    let looping = Arc::new(Fake::new(|_| {
        Step::Page(crate::client::PlatformPage {
            repositories: vec![entry("north", "a/tool")],
            next: Some("7".to_owned()),
            ..Default::default()
        })
    }));
    let (names, answer) = all(&over(&[Arc::clone(&looping)]), &[100]).await;
    assert_eq!((names.len(), looping.calls()), (1, 2));
    assert_eq!(answer.sources[0].remarks.len(), 1, "{:?}", answer.sources);
}

#[tokio::test(start_paused = true)]
async fn who_failed_on_one_page_is_asked_no_more_on_later_ones() {
    let east = pages("east", &[50, 50]);
    let failing = Arc::new(Fake::new(move |number| match number {
        0 => page_of(&east, 0),
        _ => Step::Fail(failure(ErrorCode::RateLimited, Some(30))),
    }));
    let dead = Arc::new(Fake::new(|_| {
        Step::Fail(failure(ErrorCode::Upstream, None))
    }));
    let discovery = over(&[
        paged(pages("north", &[50, 50, 50])),
        Arc::clone(&failing),
        Arc::clone(&dead),
    ]);
    let first = turn(&discovery, 60, None).await.expect("answers");
    let states = |answer: &SearchAnswer| -> Vec<SourceState> {
        answer.sources.iter().map(|source| source.status).collect()
    };
    assert_eq!(
        states(&first),
        [SourceState::Ok, SourceState::Ok, SourceState::Failed]
    );
    let second = turn(&discovery, 60, first.next_cursor)
        .await
        .expect("answers");
    assert_eq!(
        states(&second),
        [SourceState::Ok, SourceState::Partial, SourceState::Failed]
    );
    assert_eq!(second.sources[1].retry_after_seconds, Some(30));
    assert_eq!(second.sources[2].remarks.len(), 1);
    let third = turn(&discovery, 60, second.next_cursor)
        .await
        .expect("answers");
    assert_eq!(
        states(&third),
        [SourceState::Ok, SourceState::Partial, SourceState::Failed]
    );
    assert_eq!((failing.calls(), dead.calls()), (1 + 2 + 1, 1));
    assert_eq!(all(&discovery, &[60]).await.0.len(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_round_that_nobody_answers_can_be_asked_again() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let broken = Arc::new(AtomicBool::new(true));
    let (state, north) = (Arc::clone(&broken), pages("north", &[50, 50]));
    let client = Arc::new(Fake::new(move |number| {
        if number > 0 && state.load(Ordering::SeqCst) {
            Step::Fail(failure(ErrorCode::CircuitOpen, Some(5)))
        } else {
            page_of(&north, number)
        }
    }));
    let discovery = over(&[client]);
    let first = turn(&discovery, 60, None).await.expect("answers");
    assert_eq!(first.repositories.len(), 50);
    assert_eq!(first.sources[0].status, SourceState::Partial);
    let cursor = first.next_cursor;
    let failure = turn(&discovery, 60, cursor.clone())
        .await
        .expect_err("fails");
    assert_eq!(
        (failure.code, failure.retry_after_seconds),
        (ErrorCode::CircuitOpen, Some(5))
    );
    broken.store(false, Ordering::SeqCst);
    let second = turn(&discovery, 60, cursor).await.expect("answers");
    assert_eq!((second.repositories.len(), second.next_cursor), (50, None));
}

#[tokio::test(start_paused = true)]
async fn a_page_without_time_for_another_round_is_shorter() {
    let north = pages("north", &[30, 30]);
    let client = paged(north);
    let slow = Arc::new(Fake::new(|_| Step::Hang));
    let discovery = over(&[client, slow]);
    let first = turn(&discovery, 50, None).await.expect("answers");
    assert_eq!(first.repositories.len(), 30);
    assert_eq!(first.sources[0].status, SourceState::Ok);
    let second = turn(&discovery, 50, first.next_cursor)
        .await
        .expect("answers");
    assert_eq!((second.repositories.len(), second.search_time_ms), (30, 0));
    assert_eq!(second.sources[1].status, SourceState::Timeout);
}

#[tokio::test(start_paused = true)]
async fn a_cursor_fits_its_own_search_alone() {
    let discovery = over(&[paged(pages("north", &[50])), paged(pages("east", &[50]))]);
    let first = turn(&discovery, 10, None).await.expect("answers");
    let cursor = first.next_cursor.expect("a cursor");
    let check = async |change: &dyn Fn(&mut SearchRequest)| {
        let mut request = request(10, Some(cursor.clone()));
        change(&mut request);
        let outcome = discovery.search(&request, &CancellationToken::new()).await;
        assert_eq!(outcome.expect_err("is refused").code, ErrorCode::Argument);
    };
    check(&|request| request.query = "other".to_owned()).await;
    check(&|request| request.min_stars = 1).await;
    check(&|request| request.language = Some("rust".to_owned())).await;
    check(&|request| request.platforms = vec!["north".to_owned()]).await;
    check(&|request| request.cursor = Some(format!("{cursor}AA"))).await;
    check(&|request| request.cursor = Some(cursor.chars().rev().collect())).await;
    // Beyond the end there is nothing.
    let mut beyond = Cursor::start(2, TODAY);
    (beyond.round, beyond.offset) = (19, 10_000);
    let request_of = request(10, None);
    let scope = scope_of(&request_of, &["north", "east"]);
    let answer = turn(&discovery, 10, Some(beyond.write(scope)))
        .await
        .expect("answers");
    assert_eq!((answer.repositories.len(), answer.next_cursor), (0, None));
}

/// Repositories of a few names, so that platforms repeat themselves and each other, with links among them.
fn any_pages(platform: &'static str) -> impl Strategy<Value = Pages> {
    let link = (
        prop::sample::select(vec!["north", "east", "south"]),
        0..30_u8,
    )
        .prop_map(|(host, number)| format!("https://{host}.example/o/tool-{number}"));
    let repository = (
        0..30_u8,
        prop::option::of(0..200_u64),
        prop::collection::vec(link, 0..3),
    );
    let repository = repository.prop_map(move |(number, stars, links)| RepositoryFacts {
        stars,
        links,
        ..entry(platform, &format!("o/tool-{number}"))
    });
    prop::collection::vec(prop::collection::vec(repository, 0..12), 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn paging_gives_the_whole_list(
        north in any_pages("north"),
        east in any_pages("east"),
        south in any_pages("south"),
        limits in prop::collection::vec(1..40_usize, 1..5),
    ) {
        let mut entries = std::collections::BTreeSet::new();
        for facts in [&north, &east, &south].into_iter().flatten().flatten() {
            entries.insert((facts.platform.clone(), facts.full_name.clone()));
        }
        let discovery = over(&[paged(north), paged(east), paged(south)]);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.expect("a runtime").block_on(async {
            let (whole, last) = all(&discovery, &[100]).await;
            assert_eq!(repeated(&whole), 0);
            assert!(whole.len() <= entries.len());
            assert_eq!(last.total_count, whole.len());
            assert_eq!(all(&discovery, &limits).await.0, whole);
        });
    }
}
