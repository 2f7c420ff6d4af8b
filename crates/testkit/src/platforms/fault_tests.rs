//! Each fault, seen byte by byte.

use std::{
    io::{ErrorKind, Read as _},
    net::TcpStream,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use flate2::read::GzDecoder;

use super::{
    Catalogue, PlatformServer, PlatformWorld,
    asking::{Reply, get},
};
use crate::faults::{Fault, Gate};

const SEARCH: &str = "/search/repositories?q=http&per_page=3";

/// Gives the answer to a search that is hit by a fault.
fn hit(fault: Fault) -> Reply {
    let server = PlatformServer::github(&Catalogue::made_up());
    server.faults().next(1, fault);
    let reply = get(&server, SEARCH, &[]);
    let after = get(&server, SEARCH, &[]);
    assert_eq!(
        (after.status, server.log().count(), server.connections()),
        (200, 2, 2)
    );
    reply
}

fn announced(reply: &Reply) -> usize {
    reply.header("content-length").parse().unwrap()
}

#[test]
fn time_passes_and_the_answer_is_whole() {
    let start = Instant::now();
    let slow = hit(Fault::Delay(Duration::from_millis(30)));
    assert!(start.elapsed() >= Duration::from_millis(30));
    assert_eq!(slow.json()["items"].as_array().unwrap().len(), 3);
    let dripping = hit(Fault::Drip {
        every: Duration::ZERO,
    });
    assert_eq!(dripping.json()["items"].as_array().unwrap().len(), 3);
}

#[test]
fn a_gate_holds_answers_until_it_opens() {
    let server = PlatformServer::github(&Catalogue::made_up());
    let gate = Gate::default();
    server
        .faults()
        .on("/search")
        .always(Fault::Hold(gate.clone()));
    std::thread::scope(|scope| {
        let asking: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| get(&server, SEARCH, &[]).status))
            .collect();
        gate.block_for_arrivals(3);
        assert!(asking.iter().all(|thread| !thread.is_finished()));
        assert_eq!(get(&server, "/rate_limit", &[]).status, 200);
        gate.open();
        assert!(
            asking
                .into_iter()
                .all(|thread| thread.join().unwrap() == 200)
        );
    });
    assert_eq!(server.most_connections_at_once(), 4);
}

#[test]
fn connections_end_too_early() {
    let check = |fault: Fault, status: u16, length: usize, end: Option<ErrorKind>| {
        let name = format!("{fault:?}");
        let reply = hit(fault);
        assert_eq!(
            (reply.status, reply.body.len(), reply.end),
            (status, length, end),
            "{name}"
        );
        assert!(status == 0 || announced(&reply) > length, "{name}");
    };
    check(Fault::Reset, 0, 0, Some(ErrorKind::ConnectionReset));
    check(Fault::Close, 0, 0, None);
    check(
        Fault::ResetAfter(100),
        200,
        100,
        Some(ErrorKind::ConnectionReset),
    );
    check(Fault::Truncate(100), 200, 100, None);
    assert!(hit(Fault::NotHttp).raw.starts_with(b"SSH"));
}

#[test]
fn bodies_are_spoiled() {
    let malformed = hit(Fault::MalformedJson);
    assert_eq!(
        (malformed.status, announced(&malformed)),
        (200, malformed.body.len())
    );
    assert!(serde_json::from_slice::<serde_json::Value>(&malformed.body).is_err());
    let garbage = hit(Fault::GarbageBytes);
    assert!(std::str::from_utf8(&garbage.body).is_err());
    assert!(
        garbage
            .header("content-type")
            .starts_with("application/json")
    );
    assert!(
        hit(Fault::WrongType)
            .header("content-type")
            .starts_with("text/html")
    );
    assert_eq!(hit(Fault::DeepJson(5)).text(), "[[[[[]]]]]");
    let huge = hit(Fault::HugeBody(1_000_000));
    assert_eq!(huge.header("transfer-encoding"), "chunked");
    assert!(huge.body.len() > 1_000_000);
    let unpack = |reply: &Reply| {
        assert_eq!(
            (reply.header("content-encoding"), announced(reply)),
            ("gzip", reply.body.len())
        );
        let mut body = Vec::new();
        let end = GzDecoder::new(reply.body.as_slice()).read_to_end(&mut body);
        (body.len(), end.is_ok())
    };
    assert!(!unpack(&hit(Fault::TruncatedGzip)).1);
    let bomb = hit(Fault::GzipBomb(3_000_000));
    assert!(bomb.body.len() < 10_000);
    assert_eq!(unpack(&bomb), (3_000_000, true));
}

#[test]
fn statuses_and_limits_are_as_scripted() {
    let failed = hit(Fault::Status(
        503,
        vec![("retry-after".to_owned(), "2".to_owned())],
    ));
    assert_eq!((failed.status, failed.header("retry-after")), (503, "2"));
    let limited = hit(Fault::LimitWithRetryAfter(7));
    assert_eq!((limited.status, limited.header("retry-after")), (429, "7"));
    let secondary = hit(Fault::SecondaryLimitWithoutHeaders);
    assert_eq!(
        (secondary.status, secondary.header("retry-after")),
        (403, "")
    );
    assert_eq!(secondary.header("x-ratelimit-remaining"), "");
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let past = hit(Fault::LimitWithReset(-100));
    let reset: u64 = past.header("x-ratelimit-reset").parse().unwrap();
    assert_eq!(
        (past.status, past.header("x-ratelimit-remaining")),
        (403, "0")
    );
    assert!((now - 100..now - 90).contains(&reset));
    let moved = hit(Fault::RedirectTo("http://169.254.169.254/".to_owned()));
    assert_eq!(
        (moved.status, moved.header("location")),
        (302, "http://169.254.169.254/")
    );
    let same = hit(Fault::NotModifiedAlways);
    assert_eq!((same.status, same.body.len()), (304, 0));
}

#[test]
fn every_platform_refuses_in_its_own_way() {
    let world = PlatformWorld::start();
    let check = |name: &str, fault: Fault, status: u16, header: &str, value: &str| {
        let server = world.server(name);
        server.faults().next(1, fault);
        let reply = get(server, "/", &[]);
        assert_eq!(
            (reply.status, reply.header(header)),
            (status, value),
            "{name}"
        );
    };
    check(
        "gitlab",
        Fault::LimitWithReset(60),
        429,
        "ratelimit-remaining",
        "0",
    );
    check(
        "huggingface",
        Fault::LimitWithReset(60),
        429,
        "ratelimit",
        "\"api\";r=0;t=60",
    );
    check(
        "kaggle",
        Fault::LimitWithRetryAfter(9),
        429,
        "retry-after",
        "9",
    );
    check(
        "arxiv",
        Fault::LimitWithRetryAfter(9),
        503,
        "retry-after",
        "9",
    );
    check(
        "gitea",
        Fault::SecondaryLimitWithoutHeaders,
        429,
        "retry-after",
        "",
    );
}

#[test]
fn pages_never_end() {
    let server = PlatformServer::github(&Catalogue::made_up());
    let target = format!("{SEARCH}&page=2");
    server.faults().next(1, Fault::LoopingPages);
    let looping = get(&server, &target, &[]);
    let next = looping.link("next").unwrap();
    assert!(next.ends_with("page=2"), "{next}");
    server.faults().clear();
    server.faults().always(Fault::EndlessPages);
    let endless = get(
        &server,
        "/search/repositories?q=http&per_page=3&page=5000",
        &[],
    );
    assert_eq!(endless.json()["items"].as_array().unwrap().len(), 3);
    assert!(endless.link("next").unwrap().ends_with("page=5001"));
    server.faults().clear();
    server.faults().next(1, Fault::IncompleteResults);
    assert_eq!(get(&server, SEARCH, &[]).json()["incomplete_results"], true);
}

#[test]
fn a_stopped_server_refuses_and_comes_back_on_its_port() {
    let world = PlatformWorld::start();
    let server = world.server("gitlab");
    let address = server.address();
    assert_eq!(get(server, "/api/v4/projects", &[]).status, 200);
    world.kill("gitlab");
    let refused = TcpStream::connect(address).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    world.revive("gitlab");
    assert_eq!(get(server, "/api/v4/projects", &[]).status, 200);
    assert_eq!((server.address(), server.connections()), (address, 2));
}
