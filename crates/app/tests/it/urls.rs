//! Addresses that must never be called, wherever they come from: a platform's setting, a redirect, a next page, a found project.
//! Zero connections, seen from a listener on the loopback addresses and from the stand-ins.

use axum::{
    Router,
    http::{HeaderMap, HeaderValue, header},
    routing::get,
};
use serde_json::{Value, json};
use synthesizer_testkit::{
    faults::Fault, loopback::LoopbackServer, mcp_client::McpClient, platforms::PlatformWorld,
    program::Program,
};

use crate::{
    bad_input::assert_refused,
    crafted::program,
    listener::Trap,
    search::{list, names, searching, source, world},
};

/// No second try, no breaker, nothing kept: every row is asked for itself.
const EACH_ROW: &str = "[limits]\nsearch_timeout = \"3s\"\n[resilience]\ntries = 1\nbreaker = false\nrequests_per_minute = 0\n[cache]\ndisk = false\n";

/// The loopback addresses, metadata services and private networks in their spellings, and what is no address of the web.
fn forbidden(port: u16) -> Vec<String> {
    let hosts = [
        "127.0.0.1",
        "127.1",
        "127.0.0.2",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "127.0.0.1.",
        "%31%32%37.0.0.1",
        "①②⑦.0.0.1",
        "localhost",
        "localhost.",
        "LOCALHOST",
        "0.0.0.0",
        "0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::7f00:1]",
        "[2002:7f00:1::]",
        "[2001::80ff:fffe]",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "2852039166",
        "metadata.google.internal",
    ];
    let mut all: Vec<String> = hosts
        .iter()
        .flat_map(|host| ["http", "https"].map(|scheme| format!("{scheme}://{host}:{port}/latest")))
        .collect();
    all.extend([
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        format!("http://user:hunter2secret@127.0.0.1:{port}/"),
        format!("//127.0.0.1:{port}/x"),
        format!("\\\\127.0.0.1:{port}\\x"),
        "file:///etc/passwd".to_owned(),
        format!("file://127.0.0.1:{port}/etc/passwd"),
        format!("ftp://127.0.0.1:{port}/x"),
        format!("gopher://127.0.0.1:{port}/_x"),
        format!("ws://127.0.0.1:{port}/x"),
        "data:application/json,{\"ok\":true,\"data\":[]}".to_owned(),
        "javascript:alert(1)".to_owned(),
        "http://".to_owned(),
        "http://127.0.0.1:99999/".to_owned(),
    ]);
    all
}

/// Searches the platforms and gives the answer, whether it is a result or a failure of all.
fn search(client: &mut McpClient, words: &str, platforms: &[&str]) -> Value {
    let arguments = json!({ "query": words, "platforms": platforms, "max_tokens": 20_000 });
    let result = client.call_tool("search_repositories", arguments);
    result["structuredContent"].clone()
}

#[test]
fn no_redirect_of_a_platform_leads_to_a_forbidden_address() {
    let trap = Trap::new();
    let world = world();
    let program = searching(&world, EACH_ROW);
    let mut client = program.mcp([""; 0]);
    client.initialize();
    for url in forbidden(trap.port()) {
        world
            .server("gitlab")
            .faults()
            .always(Fault::RedirectTo(url.clone()));
        let before = world.server("gitea").connections();
        let answer = search(&mut client, "http client", &["gitlab"]);
        let shown = answer.to_string();
        assert!(answer["error"]["code"].is_string(), "{url}: {shown}");
        assert!(!shown.contains("hunter2secret"), "{shown}");
        trap.assert_untouched(&url);
        assert_eq!(world.server("gitea").connections(), before, "{url}");
        world.heal("gitlab");
    }
    // A chain does not help either, nor does a loop.
    let gitea = world.server("gitea").base_url();
    let inner = format!("http://127.0.0.1:{}/x", trap.port());
    world
        .server("gitea")
        .faults()
        .always(Fault::RedirectTo(inner));
    world
        .server("gitlab")
        .faults()
        .always(Fault::RedirectTo(gitea.clone()));
    search(&mut client, "http client", &["gitlab"]);
    trap.assert_untouched("a chain");
    world.server("gitea").faults().clear();
    world
        .server("gitea")
        .faults()
        .always(Fault::RedirectTo(gitea));
    let before = world.server("gitea").log().count();
    search(&mut client, "http client", &["gitea"]);
    let asked = world.server("gitea").log().count() - before;
    assert!((1..=12).contains(&asked), "{asked} requests of a loop");
}

#[test]
fn the_address_of_a_platform_is_one_of_the_web() {
    let trap = Trap::new();
    let port = trap.port();
    for url in [
        "file:///etc/passwd".to_owned(),
        format!("file://127.0.0.1:{port}/etc/passwd"),
        format!("ftp://127.0.0.1:{port}/x"),
        format!("//127.0.0.1:{port}/x"),
        "data:application/json,{}".to_owned(),
        format!("http://user:hunter2secret@127.0.0.1:{port}/"),
        "http://".to_owned(),
        "http://127.0.0.1:99999/".to_owned(),
    ] {
        let program = program().with_env("SYNTHESIZER__PLATFORMS__GITEA__BASE_URL", url.clone());
        let run = program.run(["search", "http client", "--platform", "gitea", "--json"]);
        let error = assert_refused(&program, run, 2, "E_CONFIG", &url);
        assert!(
            error.to_string().contains("platforms.gitea.base_url"),
            "{error}"
        );
        trap.assert_untouched(&url);
    }
}

/// Serves one search result of Gitea with further headers and fields, whatever is asked.
fn hostile_gitea(link: &str, entry: Value) -> LoopbackServer {
    let mut headers = HeaderMap::new();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert(header::LINK, HeaderValue::from_str(link).expect("a header"));
    let body = json!({ "ok": true, "data": [entry] }).to_string();
    let answer = move || async move { (headers, body) };
    LoopbackServer::start(Router::new().fallback(get(answer)))
}

fn asking(server: &LoopbackServer) -> (Program, McpClient) {
    let config = format!(
        "{EACH_ROW}[network]\nallow_hosts = [\"{address}\"]\n[platforms.gitea]\nbase_url = \"http://{address}\"\n",
        address = server.address()
    );
    let program = program().with_config(&config);
    let mut client = program.mcp([""; 0]);
    client.initialize();
    (program, client)
}

#[test]
fn a_next_page_elsewhere_is_not_asked_for() {
    let trap = Trap::new();
    let other = PlatformWorld::start();
    let port = trap.port();
    let elsewhere = [
        format!("http://127.0.0.1:{port}/api/v1/repos/search?page=2"),
        format!(
            "{}/api/v1/repos/search?page=2",
            other.server("gitea").base_url()
        ),
        format!("//127.0.0.1:{port}/api/v1/repos/search?page=2"),
        format!("http://localhost:{port}/api/v1/repos/search?page=2"),
        "file:///etc/passwd".to_owned(),
        "http://169.254.169.254/latest/".to_owned(),
    ];
    for url in elsewhere {
        let entry =
            json!({ "full_name": "fernmoor/http-client", "name": "http-client", "stars_count": 3 });
        let server = hostile_gitea(&format!("<{url}>; rel=\"next\""), entry);
        let (_program, mut client) = asking(&server);
        let answer = search(&mut client, "http client", &["gitea"]);
        assert_eq!(
            names(&answer),
            ["gitea:fernmoor/http-client"],
            "{url}: {answer}"
        );
        assert!(answer["next_cursor"].is_null(), "{url}: {answer}");
        let report = source(&answer, "gitea");
        assert!(
            report["remarks"].to_string().contains("further pages"),
            "{url}: {report}"
        );
        trap.assert_untouched(&url);
        assert_eq!(other.connections(), 0, "{url}");
    }
}

#[test]
fn addresses_in_a_found_project_are_data() {
    let trap = Trap::new();
    let port = trap.port();
    for url in forbidden(port) {
        if !url.is_ascii() {
            continue;
        }
        let entry = json!({
            "full_name": "fernmoor/http-client",
            "name": "http-client",
            "html_url": url,
            "clone_url": url,
            "website": url,
            "original_url": url,
            "avatar_url": url,
            "stars_count": 3,
        });
        let server = hostile_gitea("<>; rel=\"none\"", entry);
        let (_program, mut client) = asking(&server);
        let answer = search(&mut client, "http client", &["gitea"]);
        let found = list(&answer, "repositories").first().expect("it is found");
        let page = found["url"].as_str().expect("a page");
        assert!(
            page.starts_with("http://") || page.starts_with("https://"),
            "{url}: {found}"
        );
        // What may be given to other commands is a public address or the platform's own.
        if let Some(reference) = found["reference"].as_str() {
            let own = format!("http://{}", server.address());
            assert!(
                reference.starts_with("https://") || reference.starts_with(&own),
                "{url}: {found}"
            );
            let result = client.call_tool("analyze_repository", json!({ "repo_url": reference }));
            assert_eq!(result["isError"], true, "{reference}: {result}");
        }
        assert!(!answer.to_string().contains("hunter2secret"), "{answer}");
        trap.assert_untouched(&url);
    }
}

#[test]
fn an_analysis_follows_no_redirect_to_a_forbidden_address() {
    let trap = Trap::new();
    let world = world();
    let program = searching(&world, EACH_ROW);
    let reference = format!("{}/o/n", world.server("gitlab").base_url());
    for url in [
        format!("http://127.0.0.1:{}/o/n", trap.port()),
        format!("http://localhost:{}/o/n", trap.port()),
        "http://169.254.169.254/latest".to_owned(),
        "file:///etc/passwd".to_owned(),
    ] {
        world
            .server("gitlab")
            .faults()
            .always(Fault::RedirectTo(url.clone()));
        let run = program.run(["analyze", &reference, "--json"]);
        assert_refused(&program, run, 3, "E_UPSTREAM", &url);
        trap.assert_untouched(&url);
        world.heal("gitlab");
    }
}
