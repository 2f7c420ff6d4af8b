//! The door against servers on real sockets, faults included.

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Redirect},
    routing::get,
};
use synthesizer_testkit::loopback::LoopbackServer;
use tokio::{io::AsyncWriteExt as _, net::TcpListener};

use reqwest::Response;

use super::*;
use crate::{
    http::{sent::redirect_target, testing::Stage, tls},
    sources::testing::allow,
    telemetry::tasks::spawn,
};

const HELLO_SHA256: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

fn request(url: &str) -> DownloadRequest {
    DownloadRequest {
        url: MaskedUrl::new(Url::parse(url).expect("a url")),
        trust: Trust::ConfiguredByUser,
        expected_sha256: None,
        size_limit: 1000,
        deadline: Duration::from_secs(10),
        credentials: None,
    }
}

async fn download(config: &Config, request: DownloadRequest) -> Result<Bytes, Failure> {
    Door::new(config)
        .expect("a door")
        .download(request, &CancellationToken::new())
        .await
}

fn routes() -> Router {
    Router::new()
        .route("/hello", get(|| async { "hello" }))
        .route("/long", get(|| async { "x".repeat(1001) }))
        .route(
            "/stream",
            get(|| async { Body::from_stream(repeated(300)) }),
        )
        .route("/endless", get(|| async { Body::from_stream(stalled()) }))
        .route("/loop", get(|| async { Redirect::temporary("/loop") }))
        .route("/twice", get(|| async { Redirect::permanent("hello") }))
        .route(
            "/slow-down",
            get(|| async { (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "7")], "") }),
        )
        .route(
            "/status/{code}",
            get(|request: Request| async move {
                let code = request
                    .uri()
                    .path()
                    .rsplit('/')
                    .next()
                    .and_then(|code| code.parse().ok())
                    .unwrap_or(500);
                StatusCode::from_u16(code)
                    .expect("a status")
                    .into_response()
            }),
        )
        .route(
            "/who",
            get(|headers: HeaderMap| async move {
                headers
                    .get("authorization")
                    .map_or_else(|| "nobody".to_owned(), |value| format!("{value:?}"))
            }),
        )
}

fn repeated(chunks: usize) -> impl futures_util::Stream<Item = Result<Bytes, std::io::Error>> {
    futures_util::stream::iter((0..chunks).map(|_| Ok(Bytes::from_static(b"0123456789"))))
}

fn stalled() -> impl futures_util::Stream<Item = Result<Bytes, std::io::Error>> {
    use futures_util::StreamExt as _;
    repeated(1).chain(futures_util::stream::pending())
}

#[tokio::test]
async fn answers_become_bytes_or_codes() {
    let server = LoopbackServer::start(routes());
    let stage = Stage::new();
    let config = &stage.config;
    for (path, expected) in [
        ("/hello", Ok("hello")),
        ("/twice", Ok("hello")),
        ("/long", Err(ErrorCode::Limit)),
        ("/stream", Err(ErrorCode::Limit)),
        ("/loop", Err(ErrorCode::Upstream)),
        ("/nothing", Err(ErrorCode::NotFound)),
        ("/status/410", Err(ErrorCode::NotFound)),
        ("/status/401", Err(ErrorCode::Authentication)),
        ("/status/403", Err(ErrorCode::Authentication)),
        ("/status/500", Err(ErrorCode::Upstream)),
        ("/status/204", Err(ErrorCode::Upstream)),
        ("/slow-down", Err(ErrorCode::RateLimited)),
    ] {
        let found = download(config, request(&server.url(path))).await;
        let shown = found
            .as_ref()
            .map(|bytes| std::str::from_utf8(bytes).expect("text"))
            .map_err(|failure| failure.code);
        assert_eq!(shown, expected, "{path}");
    }
    // Another folder, where no pause is known.
    let limited = download(&Stage::new().config, request(&server.url("/slow-down")))
        .await
        .expect_err("limited");
    assert_eq!(limited.retry_after_seconds, Some(7));
}

#[tokio::test]
async fn a_hash_is_verified() {
    let server = LoopbackServer::start(routes());
    let mut wanted = request(&server.url("/hello"));
    wanted.expected_sha256 = Some(HELLO_SHA256.to_uppercase());
    assert_eq!(
        download(&Stage::new().config, wanted.clone())
            .await
            .expect("right"),
        "hello"
    );
    wanted.expected_sha256 = Some("0".repeat(64));
    assert_eq!(
        download(&Stage::new().config, wanted)
            .await
            .expect_err("wrong")
            .code,
        ErrorCode::Upstream
    );
}

#[tokio::test]
async fn a_stalled_body_meets_the_deadline_and_cancellation_wins() {
    let server = LoopbackServer::start(routes());
    let mut stalled = request(&server.url("/endless"));
    stalled.deadline = Duration::from_millis(200);
    assert_eq!(
        download(&Stage::new().config, stalled.clone())
            .await
            .expect_err("late")
            .code,
        ErrorCode::Timeout
    );
    let cancelled = CancellationToken::new();
    cancelled.cancel();
    let door = Door::new(&Stage::new().config).expect("a door");
    assert_eq!(
        door.download(stalled, &cancelled)
            .await
            .expect_err("cancelled")
            .code,
        ErrorCode::Cancelled
    );
}

#[tokio::test]
async fn a_body_that_breaks_off_is_no_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let serve = spawn("test", async move {
        let (mut socket, _) = listener.accept().await.expect("a client");
        let mut head = [0_u8; 16];
        tokio::io::AsyncReadExt::read_exact(&mut socket, &mut head)
            .await
            .expect("a request");
        socket
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc")
            .await
            .expect("sent");
        socket.shutdown().await.expect("closed");
    });
    let failure = download(
        &Stage::new().config,
        request(&format!("http://{address}/?token=hidden")),
    )
    .await
    .expect_err("cut");
    assert_eq!(failure.code, ErrorCode::Upstream);
    assert!(!failure.message.contains("hidden"), "{}", failure.message);
    serve.await.expect("served");
}

#[tokio::test]
async fn nobody_there_is_an_upstream_failure() {
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .expect("a port")
        .local_addr()
        .expect("an address");
    let failure = download(
        &Stage::new().config,
        request(&format!("http://u:hidden@{free}/")),
    )
    .await
    .expect_err("refused");
    assert_eq!(failure.code, ErrorCode::Upstream);
    assert!(!format!("{failure:?}").contains("hidden"));
}

#[tokio::test]
async fn redirects_are_checked_and_lose_credentials() {
    let inner = LoopbackServer::start(routes());
    let target = inner.url("/who");
    let outer = LoopbackServer::start(
        Router::new()
            .route(
                "/go",
                get(move || async move { Redirect::temporary(&target) }),
            )
            .merge(routes()),
    );
    let credentials = Some(Credentials {
        user: "u".to_owned(),
        password: Secret::new("p"),
    });
    let with = |path: &str| DownloadRequest {
        credentials: credentials.clone(),
        ..request(&outer.url(path))
    };
    let mut stage = Stage::new();
    let config = &mut stage.config;
    assert_eq!(
        download(config, with("/who")).await.expect("sent"),
        "\"Basic dTpw\""
    );
    assert_eq!(
        download(config, with("/go"))
            .await
            .expect_err("private")
            .code,
        ErrorCode::Forbidden
    );
    allow(config, &inner.address().to_string());
    assert_eq!(
        download(config, with("/go")).await.expect("opened"),
        "nobody"
    );
}

#[test]
fn https_never_becomes_http() {
    let url = Url::parse("https://a.example/x").expect("a url");
    let answer = |location: &str| {
        Response::from(
            axum::http::Response::builder()
                .status(302)
                .header("location", location)
                .body("")
                .expect("an answer"),
        )
    };
    let code =
        |location: &str| redirect_target(&answer(location), &url).map_err(|failure| failure.code);
    assert_eq!(code("http://a.example/x"), Err(ErrorCode::Forbidden));
    assert_eq!(code("ftp://a.example/x"), Err(ErrorCode::Forbidden));
    assert_eq!(
        code("/y").expect("a target").map(String::from).as_deref(),
        Some("https://a.example/y")
    );
    assert_eq!(code("https://["), Err(ErrorCode::Upstream));
}

#[tokio::test]
async fn addresses_that_are_not_public_are_refused_in_every_spelling() {
    let door = Door::new(&Stage::new().config).expect("a door");
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "127.0.0.1.",
        "0",
        "localhost",
        "LOCALHOST.",
        "a.localhost",
        "metadata.google.internal",
        "169.254.169.254",
        "0xa9fea9fe",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "%31%32%37.0.0.1",
        "\u{ff11}\u{ff12}\u{ff17}.0.0.1",
        "127\u{3002}0\u{3002}0\u{3002}1",
        "10.0.0.1",
        "192.168.0.1",
        "100.64.0.1",
    ] {
        let url = Url::parse(&format!("https://{host}/o/n"))
            .unwrap_or_else(|error| panic!("{host}: {error}"));
        let failure = door.check(&url).await.expect_err(host);
        assert_eq!(failure.code, ErrorCode::Forbidden, "{host}");
        assert!(
            failure
                .hint
                .is_some_and(|hint| hint.contains("network.allow_hosts")),
            "{host}"
        );
    }
}

#[tokio::test]
async fn only_the_opened_host_and_port_may_be_private_or_plain() {
    let mut stage = Stage::new();
    let config = &mut stage.config;
    allow(config, "127.0.0.1:8080");
    let door = Door::new(config).expect("a door");
    for (url, expected) in [
        ("http://127.0.0.1:8080/", None),
        ("https://127.0.0.1:8080/", None),
        ("http://127.0.0.1:8081/", Some(ErrorCode::Forbidden)),
        ("http://127.0.0.2:8080/", Some(ErrorCode::Forbidden)),
        ("http://localhost:8080/", Some(ErrorCode::Forbidden)),
        ("http://93.184.216.34/", Some(ErrorCode::Forbidden)),
        ("https://93.184.216.34/", None),
        ("file:///etc/passwd", Some(ErrorCode::Url)),
        ("ftp://93.184.216.34/", Some(ErrorCode::Url)),
    ] {
        let url = Url::parse(url).expect("a url");
        assert_eq!(
            door.check(&url).await.err().map(|failure| failure.code),
            expected,
            "{url}"
        );
    }
}

#[tokio::test]
async fn a_proxy_of_the_environment_is_used_without_an_address_check() {
    let mut stage = Stage::new();
    let config = &mut stage.config;
    config
        .tool_environment
        .insert("https_proxy".to_owned(), "http://127.0.0.1:9".to_owned());
    let door = Door::new(config).expect("a door");
    let checked = door
        .check(&Url::parse("https://git.example/o/n").expect("a url"))
        .await
        .expect("allowed");
    assert_eq!(
        (
            checked.addresses.len(),
            checked.proxy.map(String::from).as_deref()
        ),
        (0, Some("http://127.0.0.1:9/"))
    );
    let literal = Url::parse("https://10.0.0.1/").expect("a url");
    assert_eq!(
        door.check(&literal).await.expect_err("private").code,
        ErrorCode::Forbidden
    );
}

#[tokio::test]
async fn offline_nothing_is_asked() {
    let mut stage = Stage::new();
    stage.config.offline = true;
    assert_eq!(
        download(&stage.config, request("http://127.0.0.1:9/"))
            .await
            .expect_err("offline")
            .code,
        ErrorCode::Offline
    );
}

#[test]
fn the_users_certificates_are_loaded() {
    let config = tls::client_config(&Stage::new().config.tool_environment);
    assert!(config.is_ok(), "the machine has certificates");
    let empty = [("SSL_CERT_FILE".to_owned(), "/nonexistent".to_owned())].into();
    assert!(
        tls::client_config(&empty).is_ok(),
        "the system's are used when the named file has none"
    );
}
