//! Tests of one search over platforms that answer, hang, limit, break or are not enabled. Time is paused.

use synthesizer_model::discovery::SourceState;

use super::*;
use crate::{
    client::PlatformPage,
    testing::{self, Fake, Step, discovery, entry, failure, page, page_of, platform},
};

fn fake(script: impl Fn(usize) -> Step + Send + Sync + 'static) -> Arc<Fake> {
    Arc::new(Fake::new(script))
}

fn answering(names: &'static [&'static str]) -> Arc<Fake> {
    fake(move |_| Step::Page(page(names)))
}

fn failing(code: ErrorCode, retry_after: Option<u64>) -> Arc<Fake> {
    fake(move |_| Step::Fail(failure(code, retry_after)))
}

fn over(clients: &[&Arc<Fake>]) -> Discovery {
    let clients = clients.iter().enumerate();
    discovery(
        clients
            .map(|(place, client)| platform(place, client))
            .collect(),
    )
}

fn request(query: &str) -> SearchRequest {
    SearchRequest::new(query).expect("a query")
}

async fn search(discovery: &Discovery, request: &SearchRequest) -> Result<SearchAnswer, Failure> {
    discovery.search(request, &CancellationToken::new()).await
}

async fn refusal(discovery: &Discovery, request: &SearchRequest) -> Failure {
    search(discovery, request).await.expect_err("is refused")
}

fn states(sources: &[SourceReport]) -> Vec<SourceState> {
    sources.iter().map(|source| source.status).collect()
}

fn names(answer: &SearchAnswer) -> Vec<&str> {
    let all = answer.repositories.iter();
    all.map(|found| found.facts.full_name.as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn what_has_answered_by_the_deadline_is_the_answer() {
    let good = answering(&["a/one", "a/two"]);
    let slow = fake(|_| Step::Hang);
    let limited = failing(ErrorCode::RateLimited, Some(42));
    let garbage = failing(ErrorCode::Upstream, None);
    let discovery = over(&[&good, &slow, &limited, &garbage]);
    let began = Instant::now();
    let answer = search(&discovery, &request("one")).await.expect("answers");
    assert_eq!(began.elapsed(), Duration::from_secs(10));
    assert_eq!(answer.search_time_ms, 10_000);
    assert_eq!(names(&answer), ["a/one", "a/two"]);
    assert_eq!(answer.total_count, 2);
    assert_eq!(answer.platforms, ["north", "east", "south", "west"]);
    assert_eq!(
        states(&answer.sources),
        [
            SourceState::Ok,
            SourceState::Timeout,
            SourceState::RateLimited,
            SourceState::Failed
        ]
    );
    assert_eq!(answer.sources[2].retry_after_seconds, Some(42));
    let times: Vec<u64> = answer
        .sources
        .iter()
        .map(|source| source.duration_ms)
        .collect();
    assert_eq!(times, [0, 10_000, 0, 0]);
    assert_eq!(answer.repositories[0].facts.platform, "north");
    tokio::task::yield_now().await;
    let ended = slow.ended.load(std::sync::atomic::Ordering::SeqCst);
    assert_eq!(ended, 1, "the work of the slow one goes on");
}

#[tokio::test(start_paused = true)]
async fn a_slow_platform_delays_nobody_beyond_its_answer() {
    let good = answering(&["a/one"]);
    let slower = fake(|_| Step::Later(Duration::from_secs(3), page(&["b/two"])));
    let answer = search(&over(&[&good, &slower]), &request("one"))
        .await
        .expect("answers");
    assert_eq!(answer.search_time_ms, 3_000);
    assert_eq!(states(&answer.sources), [SourceState::Ok; 2]);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_breaks_costs_itself_alone() {
    let discovery = over(&[&answering(&["a/one"]), &fake(|_| Step::Panic)]);
    let answer = search(&discovery, &request("one")).await.expect("answers");
    assert_eq!(
        states(&answer.sources),
        [SourceState::Ok, SourceState::Failed]
    );
    let error = answer.sources[1].error.as_ref().expect("an error");
    assert_eq!(error.code, ErrorCode::Internal);
}

#[tokio::test(start_paused = true)]
async fn each_failure_has_its_state() {
    let check = async |code: ErrorCode, expected: SourceState| {
        let discovery = over(&[&answering(&["a/one"]), &failing(code, None)]);
        let answer = search(&discovery, &request("one")).await.expect("answers");
        assert_eq!(answer.sources[1].status, expected, "{code:?}");
    };
    check(ErrorCode::RateLimited, SourceState::RateLimited).await;
    check(ErrorCode::CircuitOpen, SourceState::CircuitOpen).await;
    check(ErrorCode::Authentication, SourceState::Unauthorized).await;
    check(ErrorCode::Offline, SourceState::Offline).await;
    check(ErrorCode::Timeout, SourceState::Timeout).await;
    check(ErrorCode::Upstream, SourceState::Failed).await;
    check(ErrorCode::Limit, SourceState::Failed).await;
    check(ErrorCode::Query, SourceState::Failed).await;
}

#[tokio::test(start_paused = true)]
async fn answers_from_a_cache_and_partial_ones_say_so() {
    let stale = fake(|_| {
        Step::Page(PlatformPage {
            stale: true,
            age: Some(Duration::from_secs(90)),
            ..page(&["a/one"])
        })
    });
    let partial = fake(|_| {
        Step::Page(PlatformPage {
            partial: true,
            remarks: vec!["two entries could not be read".to_owned()],
            filtered_out: 3,
            total: Some(77),
            ..page(&["b/one"])
        })
    });
    let mut platforms = vec![platform(0, &stale), platform(1, &partial)];
    platforms[1].withheld = Some("of where the address came from");
    let answer = search(&discovery(platforms), &request("one"))
        .await
        .expect("answers");
    assert_eq!(
        states(&answer.sources),
        [SourceState::Stale, SourceState::Partial]
    );
    assert_eq!(answer.sources[0].age_seconds, Some(90));
    let second = &answer.sources[1];
    assert_eq!(
        (second.total, second.filtered_out, second.count),
        (Some(77), 3, 1)
    );
    assert_eq!(
        second.remarks,
        [
            "credentials were not used: of where the address came from",
            "two entries could not be read"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn when_nobody_answers_the_failure_tells_why() {
    let check = async |clients: &[&Arc<Fake>], code: ErrorCode, retry_after: Option<u64>| {
        let failure = refusal(&over(clients), &request("one")).await;
        assert_eq!(
            (failure.code, failure.retry_after_seconds),
            (code, retry_after)
        );
        let details = failure.details.expect("details");
        assert_eq!(
            details["sources"].as_array().map(Vec::len),
            Some(clients.len())
        );
        for place in 0..clients.len() {
            let name = testing::DESCRIPTORS[place].name;
            assert!(
                failure.message.contains(&format!("{name}: ")),
                "{}",
                failure.message
            );
        }
    };
    let limited = |seconds| failing(ErrorCode::RateLimited, Some(seconds));
    let dead = failing(ErrorCode::Upstream, None);
    let open = failing(ErrorCode::CircuitOpen, Some(5));
    let hanging = fake(|_| Step::Hang);
    let off = failing(ErrorCode::Offline, None);
    let shut = failing(ErrorCode::Authentication, None);
    check(&[&dead, &dead], ErrorCode::Upstream, None).await;
    check(
        &[&limited(60), &limited(9)],
        ErrorCode::RateLimited,
        Some(9),
    )
    .await;
    check(&[&open, &open], ErrorCode::CircuitOpen, Some(5)).await;
    check(&[&hanging, &hanging], ErrorCode::Timeout, None).await;
    check(&[&off, &off], ErrorCode::Offline, None).await;
    check(&[&shut], ErrorCode::Authentication, None).await;
    check(
        &[&dead, &limited(60), &open, &hanging],
        ErrorCode::Upstream,
        Some(5),
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn nothing_found_is_an_answer() {
    let discovery = over(&[&answering(&[]), &failing(ErrorCode::Upstream, None)]);
    let answer = search(&discovery, &request("one")).await.expect("answers");
    assert_eq!((answer.total_count, answer.next_cursor), (0, None));
}

#[tokio::test(start_paused = true)]
async fn only_the_platforms_that_were_named_are_asked() {
    let (first, second) = (answering(&["a/one"]), answering(&["b/one"]));
    let discovery = over(&[&first, &second]);
    let mut request = request("one");
    request.platforms = vec!["east".to_owned(), "east".to_owned()];
    let answer = search(&discovery, &request).await.expect("answers");
    assert_eq!(answer.platforms, ["east"]);
    assert_eq!((first.calls(), second.calls()), (0, 1));
    request.platforms.push("norht\u{1b}".to_owned());
    let failure = refusal(&discovery, &request).await;
    assert_eq!(failure.code, ErrorCode::Argument);
    assert!(!failure.message.contains('\u{1b}'));
    assert_eq!(failure.hint.as_deref(), Some("known are: north, east"));
}

#[tokio::test(start_paused = true)]
async fn platforms_that_are_not_enabled_say_how_to_enable_them() {
    let discovery = discovery(vec![
        platform(0, &answering(&["a/one"])),
        testing::disabled(1),
        testing::disabled(2),
    ]);
    let mut request = request("one");
    let answer = search(&discovery, &request).await.expect("answers");
    assert_eq!(answer.sources.len(), 1);
    request.platforms = vec!["east".to_owned(), "north".to_owned()];
    let answer = search(&discovery, &request).await.expect("answers");
    assert_eq!(
        states(&answer.sources),
        [SourceState::Ok, SourceState::Disabled]
    );
    let error = answer.sources[1].error.as_ref().expect("an error");
    assert_eq!(error.hint.as_deref(), Some("give credentials"));
    for named in [vec!["east"], vec!["east", "south"]] {
        request.platforms = named.into_iter().map(str::to_owned).collect();
        let failure = refusal(&discovery, &request).await;
        assert_eq!(failure.code, ErrorCode::Config);
        assert!(failure.hint.is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn requests_are_checked_again() {
    let client = answering(&["a/one"]);
    let discovery = over(&[&client]);
    let check = async |change: &dyn Fn(&mut SearchRequest), code: ErrorCode| {
        let mut request = request("one");
        change(&mut request);
        assert_eq!(refusal(&discovery, &request).await.code, code);
    };
    check(
        &|request| request.query = "a\nb".to_owned(),
        ErrorCode::Query,
    )
    .await;
    check(&|request| request.limit = 0, ErrorCode::Argument).await;
    check(&|request| request.limit = 101, ErrorCode::Argument).await;
    check(
        &|request| request.language = Some("x".repeat(65)),
        ErrorCode::Argument,
    )
    .await;
    check(
        &|request| request.cursor = Some("x".repeat(1 << 20)),
        ErrorCode::Argument,
    )
    .await;
    assert_eq!(client.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn entries_are_held_against_the_filters() {
    let knows = fake(|_| {
        let fact = |name: &str, language: Option<&str>, stars| RepositoryFacts {
            language: language.map(str::to_owned),
            stars,
            ..entry("", name)
        };
        Step::Page(PlatformPage {
            repositories: vec![
                fact("a/one", Some("Rust"), Some(10)),
                fact("a/two", Some("C"), Some(10)),
                fact("a/three", None, Some(10)),
                fact("a/four", Some("Rust"), Some(9)),
            ],
            filtered_out: 5,
            ..PlatformPage::default()
        })
    });
    let mut request = request("one");
    request.language = Some(" rust ".to_owned());
    request.min_stars = 10;
    let answer = search(&over(&[&knows, &knows]), &request)
        .await
        .expect("answers");
    assert_eq!(names(&answer), ["a/one", "a/three"]);
    let dropped: Vec<usize> = answer
        .sources
        .iter()
        .map(|source| source.filtered_out)
        .collect();
    assert_eq!(dropped, [5 + 2, 5 + 3]);
    // The second platform has the same project under the same name and as many stars.
    assert_eq!(answer.repositories[0].also_on.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn cancelling_ends_everything_at_once() {
    let slow = fake(|_| Step::Hang);
    let token = CancellationToken::new();
    let (discovery, request) = (over(&[&slow]), request("one"));
    let cancel = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        token.cancel();
    };
    let began = Instant::now();
    let (outcome, ()) = tokio::join!(discovery.search(&request, &token), cancel);
    assert_eq!(
        outcome.expect_err("is cancelled").code,
        ErrorCode::Cancelled
    );
    assert_eq!(began.elapsed(), Duration::from_secs(1));
    tokio::task::yield_now().await;
    assert_eq!(slow.ended.load(std::sync::atomic::Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn giving_up_the_search_ends_its_tasks() {
    let slow = fake(|_| Step::Hang);
    let (discovery, request) = (over(&[&slow]), request("one"));
    let waited = tokio::time::timeout(Duration::from_secs(1), search(&discovery, &request)).await;
    assert!(waited.is_err());
    tokio::task::yield_now().await;
    assert_eq!(slow.ended.load(std::sync::atomic::Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn the_order_does_not_depend_on_who_answers_first() {
    let delays: [[u64; 3]; 4] = [[0, 0, 0], [3, 2, 1], [1, 3, 2], [2, 1, 3]];
    let mut seen: Vec<SearchAnswer> = Vec::new();
    for delay in delays {
        let clients = delay.map(|seconds| {
            fake(move |_| {
                Step::Later(
                    Duration::from_secs(seconds),
                    page(&["a/one", "b/one", "c/two"]),
                )
            })
        });
        let all: Vec<&Arc<Fake>> = clients.iter().collect();
        seen.push(search(&over(&all), &request("one")).await.expect("answers"));
    }
    for answer in &seen {
        assert_eq!(answer.repositories, seen[0].repositories);
        assert_eq!(answer.facets, seen[0].facets);
    }
    assert_eq!(seen[0].repositories.len(), 9);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_too_long_is_cut() {
    let endless = fake(|_| {
        let entries = (0..10_000).map(|number| entry("", &format!("a/{number}")));
        page_of(&[entries.collect()], 0)
    });
    let answer = search(&over(&[&endless]), &request("one"))
        .await
        .expect("answers");
    assert_eq!((answer.total_count, answer.repositories.len()), (200, 20));
    assert_eq!(answer.sources[0].status, SourceState::Partial);
}

#[tokio::test(start_paused = true)]
async fn one_repository_is_looked_up() {
    let clients = (answering(&[]), fake(|_| Step::Hang));
    let discovery = discovery(vec![
        platform(0, &clients.0),
        platform(1, &clients.1),
        testing::disabled(2),
    ]);
    let token = CancellationToken::new();
    let facts = discovery
        .look_up("north", " a/one ", &token)
        .await
        .expect("found");
    assert_eq!(
        (facts.platform.as_str(), facts.full_name.as_str()),
        ("north", "a/one")
    );
    let check = async |platform: &str, name: &str, code: ErrorCode| {
        let outcome = discovery.look_up(platform, name, &token).await;
        assert_eq!(outcome.expect_err("fails").code, code, "{platform} {name}");
    };
    check("nowhere", "a/one", ErrorCode::Argument).await;
    check("north", " ", ErrorCode::Argument).await;
    check("north", "a\u{0}b", ErrorCode::Argument).await;
    check("south", "a/one", ErrorCode::Config).await;
    check("east", "a/one", ErrorCode::Timeout).await;
}
