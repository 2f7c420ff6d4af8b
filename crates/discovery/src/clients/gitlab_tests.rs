//! Tests of GitLab's client.

use serde_json::json;

use super::{
    super::testing::{Reply, Stage, bounds, connection, headers, query, wait_in_seconds},
    *,
};

const SEARCH: &str = include_str!("fixtures/gitlab_search.json");

fn gitlab(base_url: &str) -> (GitLab, tempfile::TempDir) {
    let (connection, folder) = connection(&GITLAB, base_url);
    (GitLab { connection }, folder)
}

fn read(body: &str, headers: &HeaderMap, query: &PlatformQuery) -> Result<PlatformPage, Failure> {
    let (gitlab, _folder) = gitlab(PUBLIC_URL);
    let endpoint = gitlab.connection.address(ROOT, &["projects"])?;
    gitlab.read_search(body.as_bytes(), headers, query, &endpoint, &endpoint)
}

#[test]
fn a_search_is_asked_for_by_its_documented_parameters() {
    for base in [PUBLIC_URL, "https://gitlab.com/api/v4"] {
        let (gitlab, _folder) = gitlab(base);
        let endpoint = gitlab.connection.address(ROOT, &["projects"]).unwrap();
        let mut query = query("http \"rate limiter\" stars:>5");
        query.language = Some("C++".to_owned());
        let (url, remarks) = first_page(&endpoint, &query).unwrap();
        assert_eq!(
            url.as_str(),
            "https://gitlab.com/api/v4/projects?search=http+%22rate+limiter%22&order_by=star_count&sort=desc&per_page=20&simple=false&with_programming_language=c%2B%2B"
        );
        assert_eq!(remarks.len(), 1);
    }
}

#[test]
fn the_entries_of_a_search_become_facts() {
    let page = read(SEARCH, &headers(&[("x-total", "3")]), &query("x")).unwrap();
    let expected = RepositoryFacts {
        platform: "gitlab".to_owned(),
        name: "bold-rate-limiter".to_owned(),
        full_name: "fernmoor/tools/bold-rate-limiter".to_owned(),
        url: "https://gitlab.com/fernmoor/tools/bold-rate-limiter".to_owned(),
        reference: Some("gitlab:fernmoor/tools/bold-rate-limiter".to_owned()),
        description: Some("Fair use of shared services".to_owned()),
        stars: Some(88),
        license: Some("Apache-2.0".to_owned()),
        topics: vec!["rate-limiter".to_owned(), "go".to_owned()],
        created_at: Some("2021-05-04T08:00:00Z".to_owned()),
        updated_at: Some("2026-09-30T21:30:00Z".to_owned()),
        forks: Some(9),
        open_issues: Some(4),
        archived: true,
        fork: true,
        private: true,
        kind: "repository".to_owned(),
        ..RepositoryFacts::default()
    };
    assert_eq!(page.repositories[0], expected);
    assert_eq!(page.repositories[1].topics, ["old"]);
    assert_eq!(
        (page.repositories.len(), page.total, page.partial),
        (2, Some(3), true)
    );
    assert_eq!(page.remarks, ["1 entry could not be read"]);
}

#[test]
fn stars_are_filtered_here_and_end_the_search_early() {
    let link = "<https://gitlab.com/api/v4/projects?page=2>; rel=\"next\"";
    let headers = headers(&[("link", link)]);
    let rows = |stars: [u64; 2]| {
        json!([{ "path_with_namespace": "a/b", "star_count": stars[0] }, { "path_with_namespace": "a/c", "star_count": stars[1] }])
            .to_string()
    };
    let mut query = query("x");
    query.min_stars = 50;
    let last = read(&rows([60, 3]), &headers, &query).unwrap();
    assert_eq!(
        (last.repositories.len(), last.filtered_out, last.next),
        (1, 1, None)
    );
    let more = read(&rows([60, 50]), &headers, &query).unwrap();
    assert_eq!(
        more.next.as_deref(),
        Some("https://gitlab.com/api/v4/projects?page=2")
    );
    let empty = read("[]", &headers, &query).unwrap();
    assert_eq!(empty.next, None);
}

#[test]
fn what_brief_answers_cannot_say_is_remarked() {
    let brief = json!([{ "path_with_namespace": "a/b" }]).to_string();
    let mut query = query("x");
    query.language = Some("Go".to_owned());
    let page = read(&brief, &HeaderMap::new(), &query).unwrap();
    assert_eq!(page.remarks.len(), 2);
    assert!(!page.partial);
    query.page = Some("https://gitlab.com/api/v4/projects?page=2".to_owned());
    let page = read(&brief, &HeaderMap::new(), &query).unwrap();
    assert_eq!(page.remarks, [""; 0]);
}

#[test]
fn an_answer_of_another_shape_fails() {
    for body in ["", "{}", "{\"error\":\"x\"}", "[", "null", "<html>"] {
        let failure = read(body, &HeaderMap::new(), &query("x")).unwrap_err();
        assert_eq!(failure.code, ErrorCode::Upstream, "{body}");
    }
}

#[test]
fn licenses_are_written_by_spdx_where_it_knows_them() {
    let check = |value: serde_json::Value, expected: Option<&str>| {
        assert_eq!(license(Fields::of(&value).unwrap()).as_deref(), expected);
    };
    check(json!({ "key": "mit", "name": "MIT License" }), Some("MIT"));
    check(json!({ "key": "bsl-1.0" }), Some("BSL-1.0"));
    check(json!({ "key": "other", "name": "Other" }), Some("Other"));
    check(json!({ "key": "strange" }), Some("strange"));
    check(json!({ "key": 7 }), None);
}

#[test]
fn only_429_is_a_limit() {
    let check = |status: u16, fields: &[(&'static str, &str)], expected: Option<u64>| {
        assert_eq!(
            wait_in_seconds(&GITLAB, status, fields),
            expected,
            "{status} {fields:?}"
        );
    };
    check(
        429,
        &[("retry-after", "7"), ("ratelimit-reset", "1795412099")],
        Some(7),
    );
    check(
        429,
        &[
            ("ratelimit-remaining", "0"),
            ("ratelimit-reset", "1795412099"),
        ],
        Some(42),
    );
    check(429, &[], Some(60));
    check(403, &[], None);
    check(200, &[("ratelimit-remaining", "0")], None);
}

#[tokio::test]
async fn a_look_up_encodes_the_whole_path_and_asks_for_the_license() {
    let body = json!({ "path_with_namespace": "new/sub/name", "http_url_to_repo": "https://git.example/new/sub/name.git" }).to_string();
    let stage = Stage::new(&GITLAB, move |target, _| {
        match target.starts_with("/api/v4/projects/old%2Fsub%2Fname?") {
            true => Reply::new(200, &body),
            false => Reply::new(404, "{\"message\":\"404 Project Not Found\"}"),
        }
    });
    let bounds = bounds();
    let facts = stage.client.look_up("old/sub/name", &bounds).await.unwrap();
    assert_eq!(facts.renamed_from.as_deref(), Some("old/sub/name"));
    assert_eq!(facts.url, format!("{}/new/sub/name", stage.base));
    assert_eq!(
        facts.reference.as_deref(),
        Some("https://git.example/new/sub/name.git")
    );
    let gone = stage.client.look_up("no/such", &bounds).await.unwrap_err();
    assert_eq!(gone.code, ErrorCode::NotFound);
    assert!(gone.hint.is_some());
    assert_eq!(
        stage.targets(),
        [
            "/api/v4/projects/old%2Fsub%2Fname?license=true",
            "/api/v4/projects/no%2Fsuch?license=true"
        ]
    );
    let sent = stage.first_headers();
    assert_eq!(
        sent.get("authorization").map(String::as_str),
        Some("Bearer a-token")
    );
    for name in ["one", "a/../b", "a//b", "a/b%2fc"] {
        let refused = stage.client.look_up(name, &bounds).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::Argument, "{name}");
    }
}
