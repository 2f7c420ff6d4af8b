//! Hosts that must not be reached, through every trick with names and redirects: no connection is made to them.

use std::{net::SocketAddr, sync::Arc};

use synthesizer_model::{
    failure::{ErrorCode, Failure},
    secret::Secret,
};
use url::Url;

use super::{Authorization, Credentials, Door, ServiceAnswer, ServiceRequest, Trust, testing::*};
use crate::sources::testing::allow;

/// A public address that nobody may be connected to in a test.
const PUBLIC: &str = "93.184.216.34:443";

fn door(stage: &Stage, names: &Arc<MadeUpNames>) -> Door {
    let names: Arc<MadeUpNames> = Arc::clone(names);
    Door::with_resolver(&stage.config, names).expect("a door")
}

async fn ask(door: &Door, url: &str, trust: Trust) -> Result<ServiceAnswer, Failure> {
    let asked = ServiceRequest {
        trust,
        ..request(url)
    };
    call(&door.service(&PLAIN), asked).await
}

fn code(outcome: Result<ServiceAnswer, Failure>) -> ErrorCode {
    outcome.expect_err("refused").code
}

#[tokio::test]
async fn fault_16_a_name_that_turns_private_is_not_connected_to() {
    let inner = FaultyServer::always(answer(200, &[], b"secret")).await;
    let inner_address = inner.address.to_string();
    let names = MadeUpNames::default()
        .answer("flips.example", &[PUBLIC])
        .answer("flips.example", &[&inner_address])
        .answer("mixed.example", &[PUBLIC, &inner_address])
        .answer("mapped.example", &["[::ffff:127.0.0.1]:443"]);
    let (stage, names) = (Stage::new(), Arc::new(names));
    let door = door(&stage, &names);
    let port = inner.address.port();
    let flips = format!("https://flips.example:{port}/");
    let first = door.check(&Url::parse(&flips).expect("a url")).await;
    assert_eq!(first.expect("public").addresses[0].to_string(), PUBLIC);
    for host in ["flips.example", "mixed.example", "mapped.example"] {
        let url = format!("https://{host}:{port}/");
        assert_eq!(
            code(ask(&door, &url, Trust::Public).await),
            ErrorCode::Forbidden,
            "{host}"
        );
    }
    assert_eq!((inner.accepted(), names.asked()), (0, 4));
    assert_eq!(door.service(&PLAIN).report().breaker, "closed");
}

#[tokio::test]
async fn fault_16_a_name_that_turns_private_behind_a_redirect_is_not_connected_to() {
    let inner = FaultyServer::always(answer(200, &[], b"secret")).await;
    let inner_port = inner.address.port();
    let check = async |location: String| {
        let header = [("location", location.as_str())];
        let outer = FaultyServer::always(answer(302, &header, b"")).await;
        let (outer_address, inner_address) = (outer.address.to_string(), inner.address.to_string());
        let names = MadeUpNames::default()
            .answer("outer.example", &[&outer_address])
            .answer("outer.example", &[&inner_address])
            .answer("flips.example", &[&inner_address]);
        let mut stage = Stage::new();
        let authority = format!("outer.example:{}", outer.address.port());
        allow(&mut stage.config, &authority);
        let door = door(&stage, &Arc::new(names));
        let outcome = ask(&door, &format!("http://{authority}/"), Trust::Public).await;
        assert_eq!(code(outcome), ErrorCode::Forbidden, "{location}");
        assert_eq!((outer.accepted(), inner.accepted()), (1, 0), "{location}");
    };
    for host in [
        "flips.example",
        "127.0.0.1",
        "localhost",
        "2130706433",
        "[::1]",
        "outer.example",
    ] {
        for scheme in ["https", "http"] {
            check(format!("{scheme}://{host}:{inner_port}/")).await;
        }
        check(format!("//{host}:{inner_port}/")).await;
    }
}

#[tokio::test]
async fn a_name_is_resolved_once_a_request_and_only_the_answer_is_connected_to() {
    let server = FaultyServer::always(answer(200, &[], b"pinned")).await;
    let address = server.address.to_string();
    let names = Arc::new(MadeUpNames::default().answer("nowhere.example", &[&address]));
    let stage = Stage::new();
    let door = door(&stage, &names);
    let url = format!("http://nowhere.example:{}/", server.address.port());
    for times in 1..=2 {
        let answer = ask(&door, &url, Trust::ConfiguredByUser)
            .await
            .expect("an answer");
        assert_eq!((&answer.body[..], names.asked()), (&b"pinned"[..], times));
    }
    let head = server.requests().concat();
    assert!(
        head.contains(&format!("host: nowhere.example:{}", server.address.port())),
        "{head}"
    );
    assert_eq!(
        code(ask(&door, "http://unknown.example/", Trust::ConfiguredByUser).await),
        ErrorCode::Upstream
    );
}

#[tokio::test]
async fn a_pooled_connection_is_not_used_for_other_addresses() {
    let first = FaultyServer::always(answer(200, &[], b"first")).await;
    let port = first.address.port();
    let beside = SocketAddr::from(([127, 0, 0, 2], port));
    let second = FaultyServer::start_at(beside, |_, _| answer(200, &[], b"second")).await;
    let (one, two) = (first.address.to_string(), second.address.to_string());
    let names = MadeUpNames::default()
        .answer("moves.example", &[&one])
        .answer("moves.example", &[&two]);
    let stage = Stage::new();
    let door = door(&stage, &Arc::new(names));
    for expected in ["first", "second"] {
        let answer = ask(
            &door,
            &format!("http://moves.example:{port}/"),
            Trust::ConfiguredByUser,
        )
        .await;
        assert_eq!(answer.expect("an answer").body, expected);
    }
}

#[tokio::test]
async fn bad_urls_open_no_socket_and_cost_the_service_nothing() {
    let server = FaultyServer::always(answer(200, &[], b"")).await;
    let SocketAddr::V4(address) = server.address else {
        panic!("bound to IPv4")
    };
    let port = address.port();
    let stage = Stage::with(|policy| policy.consecutive_failures = Some(1));
    let door = stage.door();
    for (url, expected) in [
        (format!("http://127.0.0.1:{port}/"), ErrorCode::Forbidden),
        (format!("https://127.0.0.1:{port}/"), ErrorCode::Forbidden),
        (format!("https://127.1:{port}/"), ErrorCode::Forbidden),
        (format!("https://0x7f000001:{port}/"), ErrorCode::Forbidden),
        (format!("https://0177.0.0.1:{port}/"), ErrorCode::Forbidden),
        (format!("https://localhost.:{port}/"), ErrorCode::Forbidden),
        (
            format!("https://[::ffff:127.0.0.1]:{port}/"),
            ErrorCode::Forbidden,
        ),
        (
            format!("https://[64:ff9b::7f00:1]:{port}/"),
            ErrorCode::Forbidden,
        ),
        (
            format!("https://user:hidden@127.0.0.1:{port}/"),
            ErrorCode::Url,
        ),
        (format!("ftp://127.0.0.1:{port}/"), ErrorCode::Url),
        ("file:///etc/passwd".to_owned(), ErrorCode::Url),
    ] {
        let failure = ask(&door, &url, Trust::Public).await.expect_err(&url);
        assert_eq!(failure.code, expected, "{url}");
        assert!(!format!("{failure:?}").contains("hidden"), "{failure:?}");
    }
    assert_eq!(server.accepted(), 0);
    let report = door.service(&PLAIN).report();
    assert_eq!((report.breaker.as_str(), report.healthy), ("closed", None));
}

#[tokio::test]
async fn a_redirect_takes_credentials_and_headers_along_only_within_an_authority() {
    let inner = FaultyServer::always(answer(200, &[], b"inner")).await;
    let target = inner.url("/there");
    let outer = FaultyServer::start(move |_, head| match head.contains("get /away") {
        true => answer(302, &[("location", &target)], b""),
        false if head.contains("get /near") => answer(302, &[("location", "/end")], b""),
        false => answer(200, &[], b"outer"),
    })
    .await;
    let mut stage = Stage::new();
    allow(&mut stage.config, &inner.address.to_string());
    let service = stage.door().service(&PLAIN);
    let header = http::HeaderName::from_static("private-token");
    let secrets = || {
        [
            Authorization::Bearer(Secret::new("hidden")),
            Authorization::Header(header.clone(), Secret::new("hidden")),
            Authorization::Basic(Credentials {
                user: "hidden".to_owned(),
                password: Secret::new("hidden"),
            }),
        ]
    };
    for authorization in secrets() {
        for path in ["/near", "/away"] {
            let accept = http::HeaderValue::from_static("text/x-kept");
            let own = http::HeaderValue::from_static("x-dropped");
            let asked = ServiceRequest {
                authorization: Some(authorization.clone()),
                headers: vec![
                    (http::header::ACCEPT, accept),
                    (http::HeaderName::from_static("x-own"), own),
                ],
                ..request(&outer.url(path))
            };
            call(&service, asked).await.expect("an answer");
        }
    }
    let carries =
        |head: &str| head.contains("\r\nauthorization:") || head.contains("\r\nprivate-token:");
    assert_eq!((outer.requests().len(), inner.requests().len()), (9, 3));
    assert!(
        outer
            .requests()
            .iter()
            .all(|head| carries(head) && head.contains("x-dropped"))
    );
    for head in inner.requests() {
        assert!(
            !carries(&head) && !head.contains("hidden") && !head.contains("x-dropped"),
            "{head}"
        );
        assert!(head.contains("accept: text/x-kept\r\n"), "{head}");
    }
}
