//! What the stand-in for GitHub answers, seen through a socket.

use super::{
    Catalogue, PlatformServer,
    asking::{Reply, entries, get, known},
};

#[test]
fn an_entry_of_github_has_every_required_field() {
    let server = PlatformServer::github(&Catalogue::made_up());
    let required = include_str!("github_required.txt");
    let item = &entries(
        &get(&server, "/search/repositories?q=lantern", &[]),
        "/items",
    )[0];
    let name = item["full_name"].as_str().unwrap();
    let repository = get(&server, &format!("/repos/{name}"), &[]).json();
    for line in required.lines().filter(|line| !line.starts_with('#')) {
        let (what, fields) = line.split_once(':').unwrap();
        let place = match what {
            "item" => item,
            "repository" => &repository,
            "owner" => &item["owner"],
            _ => &item["license"],
        };
        for field in fields.split_whitespace() {
            assert!(place.get(field).is_some(), "{what} without {field}");
        }
    }
}

#[test]
fn github_refuses_what_it_documents() {
    let server = PlatformServer::github(&Catalogue::made_up());
    server.set_limit(Some(1_000));
    let check = |target: &str, headers: &[(&str, &str)], status: u16, code: &str| {
        let reply = get(&server, target, headers);
        assert_eq!(reply.status, status, "{target}: {}", reply.text());
        if !code.is_empty() {
            assert_eq!(reply.json()["errors"][0]["code"], code, "{target}");
        }
    };
    let search = "/search/repositories?q=";
    check(search, &[], 422, "missing");
    check("/search/repositories", &[], 422, "missing");
    check(&format!("{search}{}", "a".repeat(257)), &[], 422, "invalid");
    check(
        &format!("{search}a+AND+b+OR+c+NOT+d+AND+e+OR+f+AND+g"),
        &[],
        422,
        "invalid",
    );
    check(
        &format!("{search}http+user:nobody-at-all"),
        &[],
        422,
        "invalid",
    );
    check(&format!("{search}http&sort=size"), &[], 422, "invalid");
    check(&format!("{search}http&per_page=100&page=10"), &[], 200, "");
    check(&format!("{search}http&per_page=100&page=11"), &[], 422, "");
    check(&format!("{search}http"), &[("user-agent", "")], 403, "");
    check(
        &format!("{search}http"),
        &[("authorization", "Bearer wrong")],
        401,
        "",
    );
    check(
        &format!("{search}http"),
        &[("x-github-api-version", "2022-11-28")],
        200,
        "",
    );
    check(
        &format!("{search}http"),
        &[("x-github-api-version", "1999-01-01")],
        400,
        "",
    );
    check(
        &format!("{search}http"),
        &[("accept", "application/vnd.github+json")],
        200,
        "",
    );
    check(
        &format!("{search}http"),
        &[("accept", "text/html")],
        415,
        "",
    );
    check("/repos/nobody/nothing", &[], 404, "");
}

#[test]
fn githubs_quota_counts_down_and_a_304_is_free() {
    let server = PlatformServer::github(&Catalogue::made_up());
    let target = "/search/repositories?q=http";
    let left = |reply: &Reply| -> (u16, u64) {
        (
            reply.status,
            reply.header("x-ratelimit-remaining").parse().unwrap(),
        )
    };
    let first = get(&server, target, &[]);
    assert_eq!(left(&first), (200, 9));
    assert_eq!(first.header("x-ratelimit-limit"), "10");
    assert_eq!(first.header("x-ratelimit-resource"), "search");
    let tag = first.header("etag").to_owned();
    for _ in 0..3 {
        let same = get(&server, target, &[("if-none-match", tag.as_str())]);
        assert_eq!((left(&same), same.body.len()), ((304, 9), 0));
    }
    assert_eq!(left(&get(&server, "/rate_limit", &[])), (200, 60));
    let quotas = get(&server, "/rate_limit", &[]).json();
    assert_eq!(quotas["resources"]["search"]["remaining"], 9);
    for remaining in (0..9).rev() {
        assert_eq!(left(&get(&server, target, &[])), (200, remaining));
    }
    assert_eq!(left(&get(&server, target, &[])), (403, 0));
    assert_eq!(left(&known(&server, target)), (200, 29));
    assert_eq!(left(&get(&server, "/repos/no/thing", &[])), (404, 59));
}
