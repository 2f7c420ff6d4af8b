//! Faults of other services on real sockets: each caused on purpose, with what must come of it.

use std::{
    io::Write as _,
    sync::Arc,
    time::{Duration, Instant},
};

use flate2::{Compression, write::GzEncoder};
use synthesizer_model::failure::ErrorCode;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{AnswerOrigin, Service, testing::*};

const FRESH: Duration = Duration::from_secs(600);

/// Asserts a failure's code and gives the seconds after which to try again.
async fn refused(service: &Service, url: &str, code: ErrorCode) -> Option<u64> {
    let failure = call(service, request(url)).await.expect_err("no answer");
    assert_eq!(failure.code, code, "{failure:?}");
    failure.retry_after_seconds
}

#[tokio::test]
async fn fault_01_refused_connections_open_the_breaker_at_exactly_n() {
    // A server that was there and is gone: its port refuses.
    let gone = FaultyServer::always(Vec::new()).await;
    let url = gone.url("/");
    drop(gone);
    tokio::task::yield_now().await;
    let stage = Stage::with(|policy| policy.consecutive_failures = Some(4));
    let service = stage.door().service(&PLAIN);
    for failures in 1..=4 {
        assert_eq!(service.report().breaker, "closed", "before {failures}");
        refused(&service, &url, ErrorCode::Upstream).await;
    }
    assert_eq!(service.report().breaker, "open");
    let wait = refused(&service, &url, ErrorCode::CircuitOpen).await;
    assert!(wait.is_some_and(|wait| (1..=5).contains(&wait)), "{wait:?}");
}

#[tokio::test]
async fn fault_01_broken_connections_open_the_breaker_at_exactly_n() {
    let server = FaultyServer::always(vec![Step::Reset]).await;
    let stage = Stage::new();
    let service = stage.door().service(&PLAIN);
    for _ in 0..20 {
        let _ = call(&service, request(&server.url("/"))).await;
    }
    // The default: five failures in a row, each one connection.
    assert_eq!(server.accepted(), 5);
    assert_eq!(service.report().breaker, "open");
    let report = service.report();
    assert_eq!(report.healthy, Some(false));
    let last = report.last_error.expect("remembered");
    assert_eq!(
        last.code,
        ErrorCode::Upstream,
        "what opened it, not that it is open"
    );
}

#[tokio::test]
async fn fault_02_an_open_breaker_rejects_at_once_and_calls_nobody() {
    let server = FaultyServer::always(answer(500, &[], b"")).await;
    let stage = Stage::with(|policy| policy.consecutive_failures = Some(1));
    let service = stage.door().service(&PLAIN);
    refused(&service, &server.url("/"), ErrorCode::Upstream).await;
    let mut fastest = Duration::MAX;
    for _ in 0..50 {
        let started = Instant::now();
        refused(&service, &server.url("/"), ErrorCode::CircuitOpen).await;
        fastest = fastest.min(started.elapsed());
    }
    assert_eq!(server.accepted(), 1);
    assert!(fastest < Duration::from_millis(1), "{fastest:?}");
}

#[tokio::test]
async fn fault_06_a_limit_with_retry_after_pauses_the_service_for_so_long() {
    let server = FaultyServer::always(answer(429, &[("retry-after", "7")], b"")).await;
    let stage = Stage::with(|policy| policy.tries = Some(3));
    let door = stage.door();
    let service = door.service(&PLAIN);
    let wait = refused(&service, &server.url("/"), ErrorCode::RateLimited).await;
    assert_eq!((wait, server.accepted()), (Some(7), 1));
    let paused = service.paused_until().expect("a pause is recorded");
    let left = paused
        .duration_since(std::time::SystemTime::now())
        .expect("in the future");
    assert!(
        left > Duration::from_secs(6) && left <= Duration::from_secs(7),
        "{left:?}"
    );
    for _ in 0..10 {
        let failure =
            call_within(&service, request(&server.url("/")), Duration::from_secs(5)).await;
        let failure = failure.expect_err("paused");
        assert_eq!(failure.code, ErrorCode::RateLimited);
        assert!(failure.retry_after_seconds.is_some_and(|wait| wait <= 7));
    }
    assert_eq!(server.accepted(), 1, "nothing was asked in the pause");
    assert_eq!(service.report().breaker, "closed");
}

#[tokio::test]
async fn fault_06_a_short_limit_is_waited_for_once() {
    let server = FaultyServer::start(|number, _| match number {
        0 => answer(429, &[("retry-after", "1")], b""),
        _ => answer(200, &[], b"now"),
    })
    .await;
    let stage = Stage::with(|policy| policy.tries = Some(3));
    let service = stage.door().service(&PLAIN);
    let started = Instant::now();
    let found = call(&service, request(&server.url("/")))
        .await
        .expect("an answer");
    assert_eq!((&found.body[..], server.accepted()), (&b"now"[..], 2));
    assert!(started.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn fault_06_a_limit_that_was_sat_out_is_one_of_the_tries() {
    let server = FaultyServer::start(|number, _| match number {
        1 => answer(429, &[("retry-after", "1")], b""),
        _ => answer(503, &[], b""),
    })
    .await;
    let stage = Stage::with(|policy| policy.tries = Some(3));
    let service = stage.door().service(&PLAIN);
    refused(&service, &server.url("/"), ErrorCode::Upstream).await;
    assert_eq!(server.accepted(), 3);
}

#[tokio::test]
async fn fault_07_a_secondary_limit_without_headers_pauses_a_minute() {
    let server = FaultyServer::always(answer(403, &[], b"{}")).await;
    let stage = Stage::new();
    let service = stage.door().service(&SECONDARY);
    let wait = refused(&service, &server.url("/"), ErrorCode::RateLimited).await;
    assert_eq!(wait, Some(60));
    refused(&service, &server.url("/"), ErrorCode::RateLimited).await;
    assert_eq!(server.accepted(), 1);
    let quota = service.report().quota.expect("read from the answer");
    assert_eq!(quota.remaining, Some(0));
}

#[tokio::test]
async fn fault_09_server_errors_cost_a_fifth_more_calls_at_most() {
    let server = FaultyServer::always(answer(500, &[], b"")).await;
    let stage = Stage::with(|policy| {
        policy.tries = Some(3);
        policy.breaker = Some(false);
        policy.retry_percent = Some(20);
        policy.retry_reserve = Some(0);
    });
    let service = stage.door().service(&PLAIN);
    for _ in 0..100 {
        refused(&service, &server.url("/"), ErrorCode::Upstream).await;
    }
    let sent = server.accepted();
    assert!((101..=120).contains(&sent), "{sent} requests for 100 calls");
}

#[tokio::test]
async fn fault_10_a_service_that_hangs_leaves_the_others_as_fast_as_before() {
    let gate = Arc::new(Notify::new());
    let hanging = FaultyServer::always(vec![Step::Wait(gate)]).await;
    let healthy = FaultyServer::always(answer(200, &[], b"ok")).await;
    let stage = Stage::new();
    let door = stage.door();
    let (dead, other) = (door.service(&PLAIN), door.service(&OTHER));
    let before = median_of_50(&other, &healthy.url("/")).await;
    let stop = CancellationToken::new();
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let (dead, stop, url) = (dead.clone(), stop.clone(), hanging.url("/"));
        waiting.spawn(async move {
            let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
            dead.call(request(&url), deadline, &stop).await
        });
    }
    while hanging.requests().len() < 200 {
        tokio::task::yield_now().await;
    }
    let during = median_of_50(&other, &healthy.url("/")).await;
    assert!(waiting.try_join_next().is_none(), "all still wait");
    stop.cancel();
    while let Some(ended) = waiting.join_next().await {
        let failure = ended.expect("no panic").expect_err("cancelled");
        assert_eq!(failure.code, ErrorCode::Cancelled);
    }
    assert_eq!(
        dead.report().breaker,
        "closed",
        "a caller's cancellation says nothing"
    );
    let bound = before * 5 + Duration::from_millis(20);
    assert!(during < bound, "{before:?} before, {during:?} during");
}

async fn median_of_50(service: &Service, url: &str) -> Duration {
    let mut times = Vec::new();
    for _ in 0..50 {
        let started = Instant::now();
        call(service, request(url)).await.expect("an answer");
        times.push(started.elapsed());
    }
    times.sort();
    times[25]
}

#[tokio::test]
async fn fault_11_a_dripping_body_meets_the_deadline_and_counts_as_a_failure() {
    let head = written(200, &[], b"", 1 << 20);
    let server = FaultyServer::always(vec![Step::Send(head), Step::Drip]).await;
    let stage = Stage::with(|policy| policy.consecutive_failures = Some(2));
    let service = stage.door().service(&PLAIN);
    for keep in [request(&server.url("/a")), kept(&server.url("/b"), FRESH)] {
        let started = Instant::now();
        let failure = call_within(&service, keep, Duration::from_millis(200)).await;
        assert_eq!(failure.expect_err("late").code, ErrorCode::Timeout);
        assert!(started.elapsed() < Duration::from_secs(2));
    }
    // The second one's work ends in a task of its own.
    while service.report().breaker == "closed" {
        tokio::task::yield_now().await;
    }
    assert_eq!(
        (service.report().breaker.as_str(), server.accepted()),
        ("open", 2)
    );
}

#[tokio::test]
async fn fault_11_the_services_own_deadline_holds_too() {
    let head = written(200, &[], b"", 1 << 20);
    let server = FaultyServer::always(vec![Step::Send(head), Step::Drip]).await;
    let stage = Stage::with(|policy| policy.deadline = Some(Duration::from_millis(150)));
    let service = stage.door().service(&PLAIN);
    let started = Instant::now();
    refused(&service, &server.url("/"), ErrorCode::Timeout).await;
    assert!(started.elapsed() < Duration::from_secs(2));
}

/// Serves something broken first, and the whole answer after that; the whole one must come from the service.
async fn check_broken(steps: Vec<Step>, code: ErrorCode) {
    let server = FaultyServer::start(move |number, _| match number {
        0 => steps.clone(),
        _ => answer(200, &[], b"whole"),
    })
    .await;
    let stage = Stage::new();
    let service = stage.door().service(&PLAIN);
    let asked = kept(&server.url("/"), FRESH);
    let failure = call(&service, asked.clone()).await.expect_err("broken");
    assert_eq!(failure.code, code, "{failure:?}");
    let found = call(&service, asked.clone()).await.expect("whole");
    assert_eq!(
        (&found.body[..], found.origin),
        (&b"whole"[..], AnswerOrigin::Service)
    );
    let found = call(&service, asked).await.expect("kept");
    assert!(matches!(found.origin, AnswerOrigin::Cache { .. }));
    assert_eq!((&found.body[..], server.accepted()), (&b"whole"[..], 2));
}

#[tokio::test]
async fn fault_12_nothing_partial_is_kept_of_a_body_that_breaks_off() {
    let begun = || Step::Send(written(200, &[], b"who", 5));
    check_broken(vec![begun(), Step::Reset], ErrorCode::Upstream).await;
    check_broken(vec![begun()], ErrorCode::Upstream).await;
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nwho\r\n".to_vec();
    check_broken(vec![Step::Send(chunked)], ErrorCode::Upstream).await;
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

#[tokio::test]
async fn fault_13_damaged_compression_is_a_typed_failure_and_a_bomb_a_bounded_one() {
    let gzip = [("content-encoding", "gzip")];
    let whole = packed(b"{\"items\": [1, 2, 3, 4, 5, 6, 7, 8]}");
    let cut = answer(200, &gzip, &whole[..whole.len() - 4]);
    check_broken(cut, ErrorCode::Upstream).await;
    check_broken(answer(200, &gzip, b"no gzip at all"), ErrorCode::Upstream).await;
    let unknown = [("content-encoding", "br")];
    check_broken(answer(200, &unknown, b"x"), ErrorCode::Upstream).await;
    check_broken(
        vec![Step::Send(b"garbage\r\n\r\n".to_vec())],
        ErrorCode::Upstream,
    )
    .await;
    let flood = b"HTTP/1.1 200 OK\r\n".to_vec();
    let flood = [flood, b"x-flood: 1\r\n".repeat(200_000)].concat();
    check_broken(vec![Step::Send(flood)], ErrorCode::Upstream).await;
    let bomb = packed(&vec![0; 64 << 20]);
    check_broken(answer(200, &gzip, &bomb), ErrorCode::Limit).await;
}

#[tokio::test]
async fn compressed_bodies_are_asked_for_and_unpacked() {
    let server = FaultyServer::start(|_, head| {
        assert!(head.contains("accept-encoding: gzip\r\n"), "{head}");
        answer(200, &[("content-encoding", "gzip")], &packed(b"hello"))
    })
    .await;
    let stage = Stage::new();
    let service = stage.door().service(&PLAIN);
    let found = call(&service, request(&server.url("/")))
        .await
        .expect("an answer");
    assert_eq!(found.body, "hello");
    assert!(!found.headers.contains_key("content-encoding"));
}

#[tokio::test]
async fn answers_that_are_no_failures_never_trip_the_breaker() {
    let stage = Stage::with(|policy| {
        policy.consecutive_failures = Some(1);
        policy.minimum_calls = Some(1);
    });
    let service = stage.door().service(&PLAIN);
    for status in [200, 204, 400, 401, 403, 404, 410, 422, 451] {
        let server = FaultyServer::always(answer(status, &[], b"")).await;
        for _ in 0..12 {
            let found = call(&service, request(&server.url("/")))
                .await
                .expect("an answer");
            assert_eq!(found.status.as_u16(), status);
        }
    }
    let report = service.report();
    assert_eq!(
        (report.breaker.as_str(), report.healthy),
        ("closed", Some(true))
    );
    for status in [500, 502, 503, 504] {
        let stage = Stage::with(|policy| policy.consecutive_failures = Some(1));
        let service = stage.door().service(&PLAIN);
        let server = FaultyServer::always(answer(status, &[], b"")).await;
        refused(&service, &server.url("/"), ErrorCode::Upstream).await;
        assert_eq!(service.report().breaker, "open", "{status}");
    }
}

#[tokio::test]
async fn a_failure_that_passes_is_tried_again() {
    let server = FaultyServer::start(|number, _| match number {
        0 => answer(503, &[], b""),
        1 => vec![Step::Reset],
        _ => answer(200, &[], b"ok"),
    })
    .await;
    let stage = Stage::with(|policy| policy.tries = Some(3));
    let service = stage.door().service(&PLAIN);
    let found = call(&service, request(&server.url("/")))
        .await
        .expect("an answer");
    assert_eq!((&found.body[..], server.accepted()), (&b"ok"[..], 3));
}
