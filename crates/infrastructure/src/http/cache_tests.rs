//! Answers that are used again, shared or stood in for, against servers on real sockets.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::header;
use synthesizer_model::{failure::ErrorCode, secret::Secret};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{
    AnswerOrigin, Authorization, Door, Service, ServiceAnswer, ServiceRequest, testing::*,
};
use crate::telemetry::tasks::spawn;

const FRESH: Duration = Duration::from_secs(600);
/// Past at once, so that every call asks again.
const NEVER: Duration = Duration::from_nanos(1);

fn origin_of(answer: &ServiceAnswer) -> &'static str {
    match answer.origin {
        AnswerOrigin::Service => "service",
        AnswerOrigin::Cache { .. } => "cache",
        AnswerOrigin::Stale { .. } => "stale",
    }
}

/// Calls and gives body and origin, or the failure's code.
async fn found(
    service: &Service,
    request: &ServiceRequest,
) -> Result<(String, &'static str), ErrorCode> {
    let answer = call(service, request.clone())
        .await
        .map_err(|failure| failure.code)?;
    let body = String::from_utf8_lossy(&answer.body).into_owned();
    Ok((body, origin_of(&answer)))
}

fn said(body: &str, origin: &'static str) -> Result<(String, &'static str), ErrorCode> {
    Ok((body.to_owned(), origin))
}

#[tokio::test]
async fn a_fresh_answer_is_used_again_also_by_another_process() {
    let headers = [
        ("set-cookie", "session=hidden"),
        ("x-total-count", "7"),
        ("x-other", "1"),
    ];
    let server = FaultyServer::always(answer(200, &headers, b"one")).await;
    let stage = Stage::new();
    let asked = kept(&server.url("/"), FRESH);
    let service = stage.door().service(&PLAIN);
    let first = call(&service, asked.clone()).await.expect("an answer");
    assert!(!first.headers.contains_key(header::SET_COOKIE));
    assert_eq!(origin_of(&first), "service");
    assert_eq!(found(&service, &asked).await, said("one", "cache"));
    let again = call(&stage.door().service(&PLAIN), asked)
        .await
        .expect("kept on disk");
    assert_eq!(origin_of(&again), "cache");
    let names: Vec<&str> = again
        .headers
        .keys()
        .map(header::HeaderName::as_str)
        .collect();
    assert_eq!((names, server.accepted()), (vec!["x-total-count"], 1));
}

#[tokio::test]
async fn what_is_not_to_be_kept_is_asked_for_again() {
    let check = async |status: u16, headers: &[(&str, &str)], expected: usize| {
        let server = FaultyServer::always(answer(status, headers, b"x")).await;
        let stage = Stage::new();
        let service = stage.door().service(&PLAIN);
        for _ in 0..3 {
            call(&service, kept(&server.url("/"), FRESH))
                .await
                .expect("an answer");
        }
        assert_eq!(server.accepted(), expected, "{status} {headers:?}");
    };
    check(200, &[], 1).await;
    check(404, &[], 1).await;
    check(200, &[("cache-control", "no-store")], 3).await;
    check(200, &[("vary", "*")], 3).await;
    check(403, &[], 3).await;
}

#[tokio::test]
async fn an_old_answer_is_confirmed_and_counts_as_the_services_own() {
    let server = FaultyServer::start(|number, head| match number {
        0 => answer(200, &[("etag", "\"1\""), ("last-modified", "then")], b"one"),
        _ => {
            assert!(head.contains("if-none-match: \"1\"\r\n"), "{head}");
            assert!(head.contains("if-modified-since: then\r\n"), "{head}");
            answer(304, &[("etag", "\"1\""), ("x-total-count", "9")], b"")
        }
    })
    .await;
    let stage = Stage::new();
    let service = stage.door().service(&PLAIN);
    let asked = kept(&server.url("/"), NEVER);
    assert_eq!(found(&service, &asked).await, said("one", "service"));
    assert_eq!(found(&service, &asked).await, said("one", "service"));
    assert_eq!(server.accepted(), 2);
    // The confirmation made it fresh for as long as the next caller wishes.
    let confirmed = call(&service, kept(&server.url("/"), FRESH))
        .await
        .expect("an answer");
    assert_eq!(
        confirmed.headers.get("x-total-count").map(|v| v.as_bytes()),
        Some(&b"9"[..])
    );
    assert_eq!(found(&service, &asked).await, said("one", "cache"));
    assert_eq!(server.accepted(), 3);
}

#[tokio::test]
async fn fault_15_a_confirmation_of_nothing_is_asked_again_once() {
    let server = FaultyServer::start(|number, head| {
        assert!(!head.contains("if-none-match"), "{head}");
        match number {
            0 => answer(304, &[], b""),
            _ => answer(200, &[], b"one"),
        }
    })
    .await;
    let stage = Stage::new();
    let service = stage.door().service(&PLAIN);
    let asked = kept(&server.url("/"), FRESH);
    assert_eq!(found(&service, &asked).await, said("one", "service"));
    assert_eq!(server.accepted(), 2);
    let stubborn = FaultyServer::always(answer(304, &[], b"")).await;
    let asked = kept(&stubborn.url("/"), FRESH);
    assert_eq!(found(&service, &asked).await, Err(ErrorCode::Upstream));
    assert_eq!(stubborn.accepted(), 2);
}

#[tokio::test]
async fn a_stale_answer_stands_in_for_a_service_that_is_away() {
    let check = async |then: Vec<Step>, time: Duration| {
        let shown = format!("{then:?}");
        let server = FaultyServer::start(move |number, _| match number {
            0 => answer(200, &[], b"old"),
            _ => then.clone(),
        })
        .await;
        let stage = Stage::with(|policy| policy.consecutive_failures = Some(1));
        let service = stage.door().service(&PLAIN);
        let asked = kept(&server.url("/"), NEVER);
        assert_eq!(found(&service, &asked).await, said("old", "service"));
        for _ in 0..3 {
            let again = call_within(&service, asked.clone(), time)
                .await
                .expect(&shown);
            assert_eq!(
                (origin_of(&again), &again.body[..]),
                ("stale", &b"old"[..]),
                "{shown}"
            );
        }
        // One failure opened the breaker, or one limit began a pause; after that nobody was asked.
        assert_eq!(server.accepted(), 2, "{shown}");
        let never_seen = kept(&server.url("/other"), NEVER);
        assert!(
            call_within(&service, never_seen, time).await.is_err(),
            "{shown}"
        );
        // What came too late is still noted, by the work that nobody waits for any more.
        while service.report().last_error.is_none() {
            tokio::task::yield_now().await;
        }
    };
    let long = Duration::from_secs(5);
    check(answer(500, &[], b""), long).await;
    check(vec![Step::Reset], long).await;
    check(answer(429, &[("retry-after", "60")], b""), long).await;
    check(vec![Step::Wait(Arc::default())], Duration::from_millis(200)).await;
}

#[tokio::test]
async fn who_wants_nothing_kept_hears_of_the_service_itself() {
    let headers = [("cache-control", "max-age=600"), ("etag", "\"1\"")];
    let server = FaultyServer::start(move |number, head| match number {
        0 => answer(200, &headers, b"one"),
        1 if head.contains("if-none-match: \"1\"") => answer(304, &headers, b""),
        _ => answer(500, &[], b""),
    })
    .await;
    let service = Stage::new().door().service(&PLAIN);
    let asked = kept(&server.url("/"), Duration::ZERO);
    assert_eq!(found(&service, &asked).await, said("one", "service"));
    // What the service calls fresh is not taken for a sign of life.
    assert_eq!(found(&service, &asked).await, said("one", "service"));
    assert_eq!(found(&service, &asked).await, Err(ErrorCode::Upstream));
    assert_eq!(server.accepted(), 3);
    let patient = kept(&server.url("/"), FRESH);
    assert_eq!(found(&service, &patient).await, said("one", "cache"));
}

#[tokio::test]
async fn an_answer_that_says_otherwise_ends_what_was_kept() {
    let server = FaultyServer::start(|number, _| match number {
        0 => answer(200, &[], b"old"),
        1 => answer(403, &[], b""),
        _ => answer(500, &[], b""),
    })
    .await;
    let stage = Stage::new();
    let service = stage.door().service(&PLAIN);
    let asked = kept(&server.url("/"), NEVER);
    assert_eq!(found(&service, &asked).await, said("old", "service"));
    assert_eq!(found(&service, &asked).await, said("", "service"));
    assert_eq!(found(&service, &asked).await, Err(ErrorCode::Upstream));
}

#[tokio::test]
async fn offline_the_cache_answers_and_no_socket_is_opened() {
    let server = FaultyServer::always(answer(200, &[], b"one")).await;
    let mut stage = Stage::new();
    let (fresh, old) = (
        kept(&server.url("/"), FRESH),
        kept(&server.url("/old"), NEVER),
    );
    let service = stage.door().service(&PLAIN);
    for asked in [&fresh, &old] {
        assert_eq!(found(&service, asked).await, said("one", "service"));
    }
    stage.config.offline = true;
    let offline = stage.door().service(&PLAIN);
    assert_eq!(found(&offline, &fresh).await, said("one", "cache"));
    assert_eq!(found(&offline, &old).await, said("one", "stale"));
    for asked in [kept(&server.url("/new"), FRESH), request(&server.url("/"))] {
        assert_eq!(found(&offline, &asked).await, Err(ErrorCode::Offline));
    }
    assert_eq!(server.accepted(), 2);
}

#[tokio::test]
async fn answers_for_different_tokens_never_meet() {
    let server = FaultyServer::start(|_, head| {
        let line = head.lines().find(|line| line.starts_with("authorization"));
        // Not the token itself: answers that repeat it are not kept.
        let who = line.and_then(|line| line.rsplit('-').next());
        answer(200, &[], who.unwrap_or("nobody").as_bytes())
    })
    .await;
    let stage = Stage::new();
    let service = stage.door().service(&PLAIN);
    let with = |token: Option<&str>| ServiceRequest {
        authorization: token.map(|token| Authorization::Bearer(Secret::new(token))),
        ..kept(&server.url("/"), FRESH)
    };
    for (token, body) in [
        (Some("token-one"), "one"),
        (Some("token-two"), "two"),
        (None, "nobody"),
    ] {
        assert_eq!(found(&service, &with(token)).await, said(body, "service"));
        assert_eq!(found(&service, &with(token)).await, said(body, "cache"));
    }
    assert_eq!(server.accepted(), 3);
}

#[tokio::test]
async fn fifty_equal_calls_share_one_and_their_failure_too() {
    let calls = Arc::new(AtomicUsize::new(0));
    let gate = Arc::new(Notify::new());
    let held = Arc::clone(&gate);
    let server = FaultyServer::start(move |_, head| {
        let end = match head.contains("/bad") {
            true => answer(500, &[], b""),
            false => answer(200, &[], b"one"),
        };
        [vec![Step::Wait(held.clone())], end].concat()
    })
    .await;
    let stage = Stage::new();
    let service = stage.door().service(&PLAIN);
    for (path, expected) in [
        ("/", said("one", "service")),
        ("/bad", Err(ErrorCode::Upstream)),
    ] {
        let before = server.accepted();
        let mut waiting = tokio::task::JoinSet::new();
        for _ in 0..50 {
            let (service, calls, asked) = (
                service.clone(),
                Arc::clone(&calls),
                kept(&server.url(path), FRESH),
            );
            waiting.spawn(async move {
                calls.fetch_add(1, Ordering::SeqCst);
                found(&service, &asked).await
            });
        }
        while server.accepted() == before || calls.load(Ordering::SeqCst) < 50 {
            tokio::task::yield_now().await;
        }
        calls.store(0, Ordering::SeqCst);
        gate.notify_one();
        while let Some(outcome) = waiting.join_next().await {
            assert_eq!(outcome.expect("no panic"), expected);
        }
        assert_eq!(server.accepted(), before + 1, "{path}");
    }
}

#[tokio::test]
async fn the_first_caller_may_leave_and_the_last_one_ends_the_call() {
    let gate = Arc::new(Notify::new());
    let server =
        FaultyServer::always([vec![Step::Wait(gate.clone())], answer(200, &[], b"one")].concat())
            .await;
    let stage = Stage::new();
    let service = stage.door().service(&PLAIN);
    let start = |stop: &CancellationToken| {
        let (service, stop, asked) = (service.clone(), stop.clone(), kept(&server.url("/"), FRESH));
        let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
        spawn(
            "test",
            async move { service.call(asked, deadline, &stop).await },
        )
    };
    let (first, second) = (CancellationToken::new(), CancellationToken::new());
    let leader = start(&first);
    while server.accepted() == 0 {
        tokio::task::yield_now().await;
    }
    let other = start(&second);
    tokio::task::yield_now().await;
    first.cancel();
    let left = leader.await.expect("no panic").expect_err("cancelled");
    assert_eq!(left.code, ErrorCode::Cancelled);
    gate.notify_one();
    let got = other.await.expect("no panic").expect("an answer");
    assert_eq!((&got.body[..], server.accepted()), (&b"one"[..], 1));
}

#[tokio::test]
async fn a_caller_with_more_time_does_not_fail_with_one_that_had_less() {
    let gate = Arc::new(Notify::new());
    let held = Arc::clone(&gate);
    let server = FaultyServer::start(move |number, _| match number {
        0 => vec![Step::Wait(held.clone())],
        _ => answer(200, &[], b"one"),
    })
    .await;
    let stage = Stage::new();
    let service = stage.door().service(&PLAIN);
    let asked = kept(&server.url("/"), FRESH);
    let (hasty, patient) = tokio::join!(
        call_within(&service, asked.clone(), Duration::from_millis(200)),
        call(&service, asked.clone())
    );
    assert_eq!(hasty.expect_err("late").code, ErrorCode::Timeout);
    assert_eq!(patient.expect("an answer").body, "one");
}

#[tokio::test]
async fn no_token_is_in_any_file() {
    let server = FaultyServer::always(answer(200, &[("etag", "\"1\"")], b"one")).await;
    let stage = Stage::new();
    let door: Door = stage.door();
    let asked = ServiceRequest {
        authorization: Some(Authorization::Bearer(Secret::new("the-hidden-token"))),
        ..kept(&server.url("/"), FRESH)
    };
    call(&door.service(&PLAIN), asked).await.expect("an answer");
    let mut folders = vec![
        stage.config.paths.cache.clone(),
        stage.config.paths.data.clone(),
    ];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let bytes = std::fs::read(&path).expect("readable");
            let holds = bytes
                .windows(16)
                .any(|window| window == b"the-hidden-token");
            assert!(!holds, "{}", path.display());
        }
    }
    assert!(files > 0, "the answer is on disk");
}
