//! What the stand-ins answer, seen through a socket.

use std::{collections::BTreeSet, io::Read as _};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use flate2::read::GzDecoder;
use serde_json::Value;

use super::{
    Catalogue, PLATFORMS, PlatformServer, PlatformWorld,
    asking::{entries, get, known, send},
};

/// What a search for two words asks on each platform: where, and where the entries are in the answer.
const SEARCHES: [(&str, &str, &str); 8] = [
    (
        "github",
        "/search/repositories?q=http+client&per_page=4",
        "/items",
    ),
    (
        "gitlab",
        "/api/v4/projects?search=http+client&per_page=4",
        "",
    ),
    ("huggingface", "/api/models?search=http+client&limit=2", ""),
    (
        "huggingface",
        "/api/datasets?search=http+client&limit=2",
        "",
    ),
    (
        "kaggle",
        "/api/v1/datasets/list?search=http+client&pageSize=2",
        "/datasets",
    ),
    (
        "kaggle",
        "/api/v1/kernels/list?search=http+client&pageSize=2",
        "/kernels",
    ),
    (
        "kaggle",
        "/api/v1/models/list?search=http+client&pageSize=2",
        "/models",
    ),
    (
        "gitea",
        "/api/v1/repos/search?q=http-client&limit=4",
        "/data",
    ),
];

fn identity(entry: &Value) -> String {
    let names = ["full_name", "path_with_namespace", "ref", "id"];
    let found = names.iter().find_map(|name| entry[*name].as_str());
    found
        .unwrap_or_else(|| panic!("no name in {entry}"))
        .to_owned()
}

/// Follows the pages of a search to the end.
fn all_pages(server: &PlatformServer, target: &str, pointer: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut next = Some(target.to_owned());
    while let Some(target) = next {
        let reply = known(server, &target);
        assert_eq!(reply.status, 200, "{target}: {}", reply.text());
        found.extend(entries(&reply, pointer).iter().map(identity));
        next = match server.name() {
            "kaggle" => {
                let body = reply.json();
                let token = body["nextPageToken"]
                    .as_str()
                    .filter(|token| !token.is_empty());
                token.map(|token| {
                    let start = target.split("&pageToken").next().unwrap();
                    format!("{start}&pageToken={}", token.replace('=', "%3D"))
                })
            }
            _ => reply.link("next"),
        };
        assert!(found.len() < 200, "{target} never ends");
    }
    found
}

#[test]
fn searches_find_words_and_pages_reach_everything_once() {
    let world = PlatformWorld::start();
    let counts = [8, 9, 5, 2, 5, 2, 2, 9];
    for ((name, target, pointer), expected) in SEARCHES.into_iter().zip(counts) {
        let found = all_pages(world.server(name), target, pointer);
        let different: BTreeSet<_> = found.iter().collect();
        assert_eq!(
            (found.len(), different.len()),
            (expected, expected),
            "{target}: {found:?}"
        );
        let fits = |name: &String| name.contains("http-client");
        assert!(found.iter().all(fits), "{target}: {found:?}");
        let nothing = known(
            world.server(name),
            &target.replace("http", "nothinglikethis"),
        );
        assert_eq!(
            (nothing.status, entries(&nothing, pointer).len()),
            (200, 0),
            "{target}"
        );
    }
}

#[test]
fn the_catalogue_has_enough_of_everything() {
    let catalogue = Catalogue::made_up();
    let mut identities = BTreeSet::new();
    for platform in PLATFORMS {
        assert_eq!(catalogue.on(platform).len(), 120);
    }
    for listing in &catalogue.listings {
        assert!(
            identities.insert((listing.platform, listing.id)),
            "{listing:?}"
        );
    }
    let names: BTreeSet<_> = catalogue
        .listings
        .iter()
        .map(|listing| (listing.platform, listing.full_name()))
        .collect();
    assert_eq!(names.len(), catalogue.listings.len());
    assert_eq!(catalogue.listings, Catalogue::made_up().listings);
}

#[test]
fn renamed_and_private_things_are_answered_as_documented() {
    let world = PlatformWorld::start();
    let check = |platform: &str, path: fn(&str) -> String, moved: u16, hidden: u16| {
        let server = world.server(platform);
        let renamed = world
            .catalogue()
            .find(platform, |listing| listing.former_name.is_some());
        let reply = known(server, &path(&renamed.former_full_name().unwrap()));
        assert_eq!(reply.status, moved, "{platform}");
        let found = known(server, reply.header("location"));
        let name = identity(&found.json());
        assert_eq!(
            (found.status, name),
            (200, renamed.full_name()),
            "{platform}"
        );
        let private = world.catalogue().find(platform, |listing| listing.private);
        assert_eq!(
            known(server, &path(&private.full_name())).status,
            hidden,
            "{platform}"
        );
        assert_eq!(known(server, &path("no/thing")).status, 404, "{platform}");
    };
    check("github", |name| format!("/repos/{name}"), 301, 404);
    check(
        "gitlab",
        |name| format!("/api/v4/projects/{}", name.replace('/', "%2F")),
        301,
        404,
    );
    check(
        "huggingface",
        |name| format!("/api/models/{name}"),
        307,
        404,
    );
    check("gitea", |name| format!("/api/v1/repos/{name}"), 307, 404);
}

#[test]
fn gitlab_counts_its_pages_and_refuses_bad_parameters() {
    let server = PlatformServer::gitlab(&Catalogue::made_up());
    let projects = "/api/v4/projects?search=parser";
    let reply = get(
        &server,
        &format!("{projects}&per_page=4&page=2&order_by=star_count"),
        &[],
    );
    let numbers = [
        "x-total",
        "x-total-pages",
        "x-page",
        "x-next-page",
        "x-prev-page",
        "ratelimit-remaining",
    ];
    assert_eq!(
        numbers.map(|name| reply.header(name)),
        ["10", "3", "2", "3", "1", "399"]
    );
    let stars: Vec<_> = entries(&reply, "")
        .iter()
        .map(|project| project["star_count"].as_u64())
        .collect();
    assert!(stars.is_sorted_by(|one, other| one >= other), "{stars:?}");
    assert!(
        entries(&reply, "")[0].get("archived").is_none(),
        "strangers see the basic fields"
    );
    let check = |target: &str, status: u16, count: usize| {
        let reply = known(&server, target);
        assert_eq!(reply.status, status, "{target}: {}", reply.text());
        if status == 200 {
            assert_eq!(entries(&reply, "").len(), count, "{target}");
        }
    };
    check(
        &format!("{projects}&with_programming_language=python"),
        200,
        1,
    );
    check(&format!("{projects}&archived=true"), 200, 1);
    check(&format!("{projects}&order_by=size"), 400, 0);
    check(&format!("{projects}&sort=up"), 400, 0);
    check(&format!("{projects}&page=x"), 400, 0);
    check(&format!("{projects}&archived=perhaps"), 400, 0);
    check(&format!("{projects}&pagination=keyset"), 405, 0);
    check("/api/v4/projects?order_by=similarity", 400, 0);
    check("/api/v4/projects?per_page=100&page=502", 405, 0);
    check("/api/v4/projects?search=%22json+parser%22+calm", 200, 1);
    assert_eq!(
        get(&server, projects, &[("private-token", "wrong")]).status,
        401
    );
    let deep = all_pages(
        &server,
        "/api/v4/projects?pagination=keyset&order_by=id&per_page=50",
        "",
    );
    assert_eq!(deep.len(), 117);
}

#[test]
fn hugging_face_shows_codes_and_limits_in_headers() {
    let catalogue = Catalogue::made_up();
    let server = PlatformServer::hugging_face(&catalogue);
    let check = |target: &str, token: bool, status: u16, code: &str| {
        let reply = if token {
            known(&server, target)
        } else {
            get(&server, target, &[])
        };
        assert_eq!(
            (reply.status, reply.header("x-error-code")),
            (status, code),
            "{target}"
        );
        assert!(
            reply.header("ratelimit").starts_with("\"api\";r="),
            "{target}"
        );
    };
    let gated = catalogue
        .find("huggingface", |listing| {
            listing.gated && listing.kind == "model"
        })
        .full_name();
    check("/api/models/no/thing", false, 401, "RepoNotFound");
    check("/api/models/no/thing", true, 404, "RepoNotFound");
    check(&format!("/api/models/{gated}"), false, 200, "");
    check(
        &format!("/{gated}/resolve/main/README.md"),
        true,
        403,
        "GatedRepo",
    );
    check("/api/models?sort=size", true, 400, "");
    check("/api/models?limit=x", true, 400, "");
    check("/api/models?cursor=x", true, 400, "");
    let entry = known(&server, &format!("/api/models/{gated}")).json();
    assert_ne!(entry["gated"], false);
    let policy = get(&server, "/api/models?limit=1", &[]);
    assert_eq!(
        policy.header("ratelimit-policy"),
        "\"fixed window\";\"api\";q=500;w=300"
    );
}

#[test]
fn kaggle_wants_credentials_of_either_kind() {
    let server = PlatformServer::kaggle(&Catalogue::made_up());
    server.accept_token("someone:0123");
    let basic = format!("Basic {}", STANDARD.encode("someone:0123"));
    let list = "/api/v1/datasets/list?search=parser";
    assert_eq!(get(&server, list, &[]).status, 401);
    assert_eq!(
        get(&server, list, &[("authorization", basic.as_str())]).status,
        200
    );
    assert_eq!(
        get(&server, list, &[("authorization", "Bearer wrong")]).status,
        401
    );
    let check =
        |target: &str, status: u16| assert_eq!(known(&server, target).status, status, "{target}");
    check("/api/v1/datasets/list?sortBy=size", 400);
    check("/api/v1/kernels/list?language=python", 200);
    check("/api/v1/kernels/list?language=cobol", 400);
    check("/api/v1/datasets/list?pageToken=x", 400);
    check("/api/v1/datasets/view/no/thing", 404);
    let kernel = entries(
        &known(&server, "/api/v1/kernels/list?search=time+series"),
        "/kernels",
    )[0]
    .clone();
    let (owner, slug) = kernel["ref"].as_str().unwrap().split_once('/').unwrap();
    let pulled = known(
        &server,
        &format!("/api/v1/kernels/pull?userName={owner}&kernelSlug={slug}"),
    )
    .json();
    assert_eq!(pulled["metadata"], kernel);
}

#[test]
fn arxiv_answers_feeds_errors_too() {
    let server = PlatformServer::arxiv(&Catalogue::made_up());
    let check = |parameters: &str, status: u16, total: usize, shown: usize| {
        let reply = get(&server, &format!("/api/query?{parameters}"), &[]);
        let text = reply.text();
        assert_eq!(reply.status, status, "{parameters}: {text}");
        let count = format!("<opensearch:totalResults>{total}</opensearch:totalResults>");
        assert!(text.contains(&count), "{parameters}: {text}");
        assert_eq!(
            text.matches("<entry>").count(),
            shown,
            "{parameters}: {text}"
        );
        text
    };
    let page = check(
        "search_query=all:http+AND+all:client&start=8&max_results=5",
        200,
        10,
        2,
    );
    assert!(!page.contains("<title>Error</title>"));
    check(
        "search_query=ti:%22http+client%22&max_results=3",
        200,
        10,
        3,
    );
    check("search_query=all:nothinglikethis", 200, 0, 0);
    check("id_list=2001.99999", 200, 0, 0);
    for (parameters, status) in [
        ("search_query=all:(http", 200),
        ("id_list=12345", 200),
        ("search_query=all:http&sortBy=size", 200),
        ("search_query=all:http&start=x", 400),
        ("search_query=all:http&max_results=30001", 400),
    ] {
        let feed = check(parameters, status, 1, 1);
        assert!(feed.contains("<title>Error</title>"), "{feed}");
    }
}

#[test]
fn gitea_takes_the_question_as_one_piece_of_text() {
    let server = PlatformServer::gitea(&Catalogue::made_up());
    let check = |parameters: &str, status: u16, count: usize| {
        let reply = get(&server, &format!("/api/v1/repos/search?{parameters}"), &[]);
        assert_eq!(reply.status, status, "{parameters}: {}", reply.text());
        if status == 200 {
            assert_eq!(entries(&reply, "/data").len(), count, "{parameters}");
            assert_eq!(reply.json()["ok"], true);
        }
    };
    check("q=http+client&limit=50", 200, 0);
    check("q=http+client&includeDesc=true&limit=50", 200, 8);
    check("q=http-client,json-parser&limit=50", 200, 19);
    check("q=&limit=100", 200, 50);
    check("q=http&archived=true", 200, 1);
    check("q=http&sort=size", 200, 9);
    check("q=http&sort=colour", 422, 0);
    check("q=http&sort=stars&order=up", 422, 0);
    check("q=http&mode=bare", 422, 0);
    check("q=http&limit=x", 422, 0);
    let wrong = get(
        &server,
        "/api/v1/repos/search?q=http",
        &[("authorization", "token wrong")],
    );
    assert_eq!(wrong.status, 401);
}

#[test]
fn a_connection_serves_request_after_request() {
    let server = PlatformServer::gitea(&Catalogue::made_up());
    let request = |rest: &str| format!("GET /api/v1/version HTTP/1.1\r\nhost: x\r\n{rest}\r\n");
    let reply = send(
        &server,
        &[request(""), request(""), request("connection: close\r\n")].concat(),
    );
    let text = String::from_utf8(reply.raw).unwrap();
    assert_eq!(text.matches("HTTP/1.1 200 OK").count(), 3);
    assert_eq!(
        (
            server.connections(),
            server.log().count(),
            server.arrivals().len()
        ),
        (1, 3, 3)
    );
    assert_eq!(server.most_connections_at_once(), 1);
}

#[test]
fn a_world_says_where_everything_is() {
    let world = PlatformWorld::start();
    let settings: toml::Table = world.config_toml().parse().unwrap();
    let variables = world.environment();
    for server in world.servers() {
        let section = &settings["platforms"][server.name()];
        assert_eq!(
            section["base_url"].as_str(),
            Some(server.base_url().as_str())
        );
        let variable = format!(
            "SYNTHESIZER__PLATFORMS__{}__BASE_URL",
            server.name().to_uppercase()
        );
        assert!(variables.contains(&(variable, server.base_url())));
    }
    assert_eq!(
        settings["network"]["allow_hosts"].as_array().unwrap().len(),
        6
    );
    assert_eq!((world.connections(), world.requests()), (0, 0));
}

#[test]
fn what_lies_deep_is_out_of_reach() {
    let github = PlatformServer::github(&Catalogue::many("github", 1_500));
    let last = known(
        &github,
        "/search/repositories?q=lantern&per_page=100&page=10",
    );
    assert_eq!(last.json()["total_count"], 1_500);
    assert_eq!(
        (entries(&last, "/items").len(), last.link("next")),
        (100, None)
    );
    let gitlab = PlatformServer::gitlab(&Catalogue::many("gitlab", 10_001));
    let first = get(&gitlab, "/api/v4/projects?search=lantern&per_page=3", &[]);
    assert_eq!(
        (first.header("x-total"), first.header("x-next-page")),
        ("", "2")
    );
    assert_eq!(
        (first.link("last"), first.link("next").is_some()),
        (None, true)
    );
}

#[test]
fn answers_are_compressed_for_those_who_ask() {
    let server = PlatformServer::gitlab(&Catalogue::made_up());
    let target = "/api/v4/projects?search=http";
    let plain = get(&server, target, &[]);
    let packed = get(&server, target, &[("accept-encoding", "gzip, br")]);
    assert_eq!(packed.header("content-encoding"), "gzip");
    let mut body = Vec::new();
    GzDecoder::new(packed.body.as_slice())
        .read_to_end(&mut body)
        .unwrap();
    assert_eq!(body, plain.body);
}

#[test]
fn only_questions_are_answered() {
    let server = PlatformServer::gitea(&Catalogue::made_up());
    let post = "POST /api/v1/version HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc";
    let head = "HEAD /api/v1/version HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let reply = send(&server, &[post, head].concat());
    let text = String::from_utf8(reply.raw).unwrap();
    assert!(
        text.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"),
        "{text}"
    );
    assert!(
        text.contains("HTTP/1.1 200 OK\r\n") && text.ends_with("\r\n\r\n"),
        "{text}"
    );
}
