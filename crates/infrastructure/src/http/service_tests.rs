//! What services and other programs share behind one door: guards, reports, the line of those that want one call at a time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use http::{HeaderValue, header};
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    secret::MaskedUrl,
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{Door, DownloadRequest, ServiceRequest, Trust, testing::*};
use crate::telemetry::metrics::Recording;

#[tokio::test]
async fn equal_names_share_everything_and_are_listed() {
    let server = FaultyServer::always(answer(500, &[], b"")).await;
    let stage = Stage::with(|policy| policy.consecutive_failures = Some(1));
    let door = stage.door();
    let _ = call(&door.service(&PLAIN), request(&server.url("/"))).await;
    let same = call(&door.clone().service(&PLAIN), request(&server.url("/"))).await;
    assert_eq!(same.expect_err("open").code, ErrorCode::CircuitOpen);
    let other = call(&door.service(&OTHER), request(&server.url("/"))).await;
    assert_eq!(other.expect_err("asked").code, ErrorCode::Upstream);
    let shown: Vec<_> = door
        .services()
        .into_iter()
        .map(|(name, report)| (name, report.breaker))
        .collect();
    let open = "open".to_owned();
    assert_eq!(shown, [("other", open.clone()), ("plain", open)]);
    door.registry().reset("plain").expect("known");
    assert_eq!(door.service(&PLAIN).report().breaker, "closed");
    door.registry().force_open("other").expect("known");
    let forced = call(&door.service(&OTHER), request(&server.url("/"))).await;
    assert_eq!(forced.expect_err("forced").code, ErrorCode::CircuitOpen);
    assert_eq!(server.accepted(), 2);
}

#[tokio::test]
async fn an_open_breaker_and_a_pause_are_known_to_the_next_process() {
    let broken = FaultyServer::always(answer(500, &[], b"")).await;
    let limited = FaultyServer::always(answer(429, &[("retry-after", "60")], b"")).await;
    let stage = Stage::with(|policy| policy.consecutive_failures = Some(1));
    let door = stage.door();
    let _ = call(&door.service(&PLAIN), request(&broken.url("/"))).await;
    let _ = call(&door.service(&OTHER), request(&limited.url("/"))).await;
    let next = stage.door();
    let first = call(&next.service(&PLAIN), request(&broken.url("/"))).await;
    let second = call(&next.service(&OTHER), request(&limited.url("/"))).await;
    assert_eq!(first.expect_err("open").code, ErrorCode::CircuitOpen);
    assert_eq!(second.expect_err("paused").code, ErrorCode::RateLimited);
    assert_eq!((broken.accepted(), limited.accepted()), (1, 1));
}

#[tokio::test]
async fn a_shy_service_gets_one_call_at_a_time_with_a_distance() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (present, seen) = (Arc::clone(&now), Arc::clone(&most));
    let gate = Arc::new(Notify::new());
    let opened = Arc::clone(&gate);
    let server = FaultyServer::start(move |_, _| {
        let here = present.fetch_add(1, Ordering::SeqCst) + 1;
        seen.fetch_max(here, Ordering::SeqCst);
        [vec![Step::Wait(opened.clone())], answer(200, &[], b"")].concat()
    })
    .await;
    let stage = Stage::new();
    let started = Instant::now();
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..3 {
        // Doors of their own, as processes have.
        let (service, asked) = (stage.door().service(&SHY), request(&server.url("/")));
        calls.spawn(async move { call(&service, asked).await });
    }
    for _ in 0..3 {
        while now.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        now.fetch_sub(1, Ordering::SeqCst);
        gate.notify_one();
        calls
            .join_next()
            .await
            .expect("one ends")
            .expect("no panic")
            .expect("an answer");
    }
    assert!(started.elapsed() >= Duration::from_millis(120));
    assert_eq!(most.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn other_programs_are_guarded_by_host() {
    let stage = Stage::with(|policy| policy.consecutive_failures = Some(2));
    let door = stage.door();
    let url = |text: &str| Url::parse(text).expect("a url");
    let run = async |door: &Door, host: &str, code: Option<ErrorCode>| {
        let ran = AtomicUsize::new(0);
        let work = async {
            ran.fetch_add(1, Ordering::SeqCst);
            code.map_or(Ok(()), |code| Err(Failure::new(code, "x")))
        };
        let outcome = door.guarded("git", &url(host), work).await;
        (outcome.err().map(|failure| failure.code), ran.into_inner())
    };
    let bad = "https://bad.example/o/n";
    for code in [
        ErrorCode::Upstream,
        ErrorCode::NotFound,
        ErrorCode::Upstream,
        ErrorCode::Cancelled,
        ErrorCode::ToolMissing,
        ErrorCode::Forbidden,
        ErrorCode::Timeout,
    ] {
        assert_eq!(
            run(&door, bad, Some(code)).await,
            (Some(code), 1),
            "{code:?}"
        );
    }
    let rejected = (Some(ErrorCode::CircuitOpen), 0);
    assert_eq!(run(&door, bad, None).await, rejected);
    assert_eq!(
        run(&door, "https://bad.example/another", None).await,
        rejected
    );
    assert_eq!(
        run(&door, "https://bad.example:8443/o/n", None).await,
        (None, 1)
    );
    assert_eq!(
        run(&door, "https://good.example/o/n", None).await,
        (None, 1)
    );
    let known = door.registry().list();
    let named = known.iter().find(|status| status.name == "git:bad.example");
    assert_eq!(named.map(|status| status.state.as_str()), Some("open"));
    let strangers = 700;
    for number in 0..strangers {
        let outcome = (number < 70).then_some(ErrorCode::Upstream);
        for _ in 0..2 {
            run(&door, &format!("https://h{number}.example/"), outcome).await;
        }
    }
    assert_eq!(
        run(&door, "https://new.example/o/n", None).await,
        (None, 1),
        "many bad strangers say nothing of another"
    );
    assert!(
        door.registry().list().len() <= strangers,
        "and are forgotten"
    );
}

#[tokio::test]
async fn files_of_one_host_do_not_suffer_from_another() {
    let broken = FaultyServer::always(answer(500, &[], b"")).await;
    let well = FaultyServer::always(answer(200, &[], b"file")).await;
    let stage = Stage::with(|policy| policy.consecutive_failures = Some(1));
    let door = stage.door();
    let file = async |server: &FaultyServer| {
        let request = DownloadRequest {
            url: MaskedUrl::new(Url::parse(&server.url("/file")).expect("a url")),
            trust: Trust::ConfiguredByUser,
            expected_sha256: None,
            size_limit: 1_000,
            deadline: Duration::from_secs(10),
            credentials: None,
        };
        let outcome = door.download(request, &CancellationToken::new()).await;
        outcome.map_err(|failure| failure.code)
    };
    assert_eq!(file(&broken).await, Err(ErrorCode::Upstream));
    assert_eq!(file(&broken).await, Err(ErrorCode::CircuitOpen));
    assert_eq!(file(&well).await.as_deref(), Ok(&b"file"[..]));
    assert_eq!(broken.accepted(), 1);
    let name = format!("packages:{}", broken.address);
    door.registry().reset(&name).expect("is listed by its host");
    assert_eq!(file(&broken).await, Err(ErrorCode::Upstream));
}

#[tokio::test]
async fn a_breaker_that_is_switched_off_is_measured_as_such() {
    let recording = Recording::new();
    let _recording = recording.enter();
    let stage = Stage::with(|policy| policy.breaker = Some(false));
    stage.door().service(&PLAIN);
    for (state, expected) in [("closed", 0.0), ("disabled", 1.0)] {
        let series = format!("synthesizer_breaker_state{{service=\"plain\",state=\"{state}\"}}");
        assert_eq!(recording.value(&series), Some(expected), "{state}");
    }
}

#[tokio::test]
async fn a_call_that_is_dropped_is_counted_as_cancelled() {
    let recording = Recording::new();
    let _recording = recording.enter();
    let gate = Arc::new(Notify::new());
    let server = FaultyServer::always(vec![Step::Wait(gate)]).await;
    let service = Stage::new().door().service(&PLAIN);
    let mut waiting = Box::pin(call(&service, request(&server.url("/"))));
    while server.requests().is_empty() {
        tokio::select! {
            _ = &mut waiting => unreachable!("nobody answers"),
            () = tokio::task::yield_now() => {}
        }
    }
    drop(waiting);
    for (series, expected) in [
        ("calls_total{service=\"plain\",outcome=\"cancelled\"}", 1.0),
        ("call_requests_total{service=\"plain\"}", 1.0),
    ] {
        let found = recording.value(&format!("synthesizer_{series}"));
        assert_eq!(found, Some(expected), "{series}");
    }
}

#[tokio::test]
async fn redirects_without_an_end_say_nothing_of_the_service() {
    let server = FaultyServer::always(answer(302, &[("location", "/again")], b"")).await;
    let nowhere = FaultyServer::always(answer(302, &[], b"")).await;
    let stage = Stage::with(|policy| {
        policy.consecutive_failures = Some(1);
        policy.tries = Some(3);
    });
    let service = stage.door().service(&PLAIN);
    for (server, requests) in [(&server, 6), (&nowhere, 1)] {
        let failure = call(&service, request(&server.url("/"))).await;
        assert_eq!(failure.expect_err("no answer").code, ErrorCode::Upstream);
        assert_eq!(server.accepted(), requests);
    }
    assert_eq!(service.report().breaker, "closed");
}

#[tokio::test]
async fn an_answer_that_is_too_large_names_the_setting_that_bounds_it() {
    let server = FaultyServer::always(answer(200, &[], &[b'x'; 100])).await;
    let service = Stage::new().door().service(&PLAIN);
    let asked = ServiceRequest {
        size_limit: 99,
        ..request(&server.url("/"))
    };
    let failure = call(&service, asked).await.expect_err("too large");
    assert_eq!(failure.code, ErrorCode::Limit);
    assert!(
        failure
            .hint
            .is_some_and(|hint| hint.contains("limits.answer_bytes"))
    );
}

#[tokio::test]
async fn credentials_go_only_where_they_belong() {
    let stage = Stage::new();
    let service = stage.door().service(&PLAIN);
    for name in [
        header::AUTHORIZATION,
        header::PROXY_AUTHORIZATION,
        header::COOKIE,
    ] {
        let asked = ServiceRequest {
            headers: vec![(name, HeaderValue::from_static("hidden"))],
            ..request("http://127.0.0.1:9/")
        };
        let failure = call(&service, asked).await.expect_err("refused");
        assert_eq!(failure.code, ErrorCode::Internal);
        assert!(!format!("{failure:?}").contains("hidden"));
    }
}
