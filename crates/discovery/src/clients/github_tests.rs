//! Tests of GitHub's client.

use serde_json::json;

use super::{
    super::testing::{Reply, Stage, bounds, connection, headers, query, wait_in_seconds},
    *,
};

const SEARCH: &str = include_str!("fixtures/github_search.json");

fn github(base_url: &str) -> (GitHub, tempfile::TempDir) {
    let (connection, folder) = connection(&GITHUB, base_url);
    (GitHub { connection }, folder)
}

#[test]
fn a_search_is_asked_for_by_its_documented_parameters() {
    let (github, _folder) = github(PUBLIC_URL);
    let endpoint = github
        .connection
        .address("", &["search", "repositories"])
        .unwrap();
    let mut query = query("http client & \"a b\"");
    query.language = Some("Jupyter Notebook".to_owned());
    query.min_stars = 10;
    query.page_size = 500;
    let (url, remarks) = first_page(&endpoint, &query).unwrap();
    assert_eq!(
        url.as_str(),
        "https://api.github.com/search/repositories?q=http+client+%26+%22a+b%22+language%3A%22Jupyter+Notebook%22+stars%3A%3E%3D10&per_page=100"
    );
    assert_eq!(remarks, [""; 0]);
}

#[test]
fn a_self_hosted_api_keeps_its_path() {
    let (github, _folder) = github("https://ghe.example/api/v3");
    let url = github.connection.address("", &["repos", "o", "n"]).unwrap();
    assert_eq!(url.as_str(), "https://ghe.example/api/v3/repos/o/n");
    for bad in ["", ".", ".."] {
        assert!(github.connection.address("", &["repos", bad]).is_err());
    }
}

#[test]
fn the_entries_of_a_search_become_facts() {
    let (github, _folder) = github(PUBLIC_URL);
    let page = github.read_search(SEARCH.as_bytes(), &query("x")).unwrap();
    let expected = RepositoryFacts {
        platform: "github".to_owned(),
        name: "swift-http-client".to_owned(),
        full_name: "oddharbour/swift-http-client".to_owned(),
        url: "https://github.com/oddharbour/swift-http-client".to_owned(),
        reference: Some("github:oddharbour/swift-http-client".to_owned()),
        description: Some("An HTTP client with pooling".to_owned()),
        stars: Some(4200),
        language: Some("Python".to_owned()),
        license: Some("MIT".to_owned()),
        topics: vec!["http".to_owned(), "client".to_owned()],
        created_at: Some("2020-02-29T10:00:00Z".to_owned()),
        updated_at: Some("2026-10-01T10:00:00Z".to_owned()),
        forks: Some(310),
        open_issues: Some(12),
        kind: "repository".to_owned(),
        links: vec!["https://http.oddharbour.example/".to_owned()],
        ..RepositoryFacts::default()
    };
    assert_eq!(page.repositories[0], expected);
    let odd = RepositoryFacts {
        platform: "github".to_owned(),
        name: ".github".to_owned(),
        full_name: "oddharbour/.github".to_owned(),
        url: "https://github.com/oddharbour/.github".to_owned(),
        // The short form does not take names that begin with a dot.
        reference: Some("https://github.com/oddharbour/.github.git".to_owned()),
        license: Some("Other".to_owned()),
        updated_at: Some("2026-10-02T10:00:00Z".to_owned()),
        archived: true,
        fork: true,
        private: true,
        kind: "repository".to_owned(),
        ..RepositoryFacts::default()
    };
    assert_eq!(page.repositories[1], odd);
    assert_eq!(page.repositories.len(), 2);
    assert_eq!(page.total, Some(4021));
    assert!(page.partial);
    assert_eq!(
        page.remarks,
        [
            "4 entries could not be read",
            "the search ran out of its own time, so results are missing"
        ]
    );
}

#[test]
fn a_self_hosted_repository_has_its_own_addresses() {
    let (github, _folder) = github("https://ghe.example/api/v3");
    let body = json!({ "full_name": "o/n", "html_url": "javascript:x", "clone_url": "https://ghe.example/o/n.git" });
    let facts = github.read_facts(Fields::of(&body).unwrap()).unwrap();
    assert_eq!(facts.url, "https://ghe.example/o/n");
    assert_eq!(
        facts.reference.as_deref(),
        Some("https://ghe.example/o/n.git")
    );
}

#[test]
fn stars_are_counted_again() {
    let (github, _folder) = github(PUBLIC_URL);
    let mut query = query("a OR b");
    query.min_stars = 1000;
    let page = github.read_search(SEARCH.as_bytes(), &query).unwrap();
    assert_eq!((page.repositories.len(), page.filtered_out), (1, 1));
}

#[test]
fn an_answer_of_another_shape_fails() {
    let (github, _folder) = github(PUBLIC_URL);
    for body in [
        "",
        "[]",
        "{}",
        "{\"items\": {}}",
        "{\"items\": [",
        "null",
        "<html>",
    ] {
        let failure = github
            .read_search(body.as_bytes(), &query("x"))
            .unwrap_err();
        assert_eq!(failure.code, ErrorCode::Upstream, "{body}");
    }
    let empty = github
        .read_search(b"{\"total_count\":0,\"items\":[]}", &query("x"))
        .unwrap();
    assert_eq!(
        (empty.repositories.len(), empty.total, empty.partial),
        (0, Some(0), false)
    );
}

#[test]
fn pages_end_at_the_thousandth_result() {
    let (github, _folder) = github(PUBLIC_URL);
    let endpoint = github
        .connection
        .address("", &["search", "repositories"])
        .unwrap();
    let next_of = |number: u64, entries: usize| {
        let link = format!("<{endpoint}?q=x&per_page=100&page={number}>; rel=\"next\"");
        let mut page = PlatformPage::default();
        page.repositories
            .resize_with(entries, RepositoryFacts::default);
        github.add_next_page(
            &mut page,
            &headers(&[("link", &link)]),
            &endpoint,
            &endpoint,
        );
        (page.next.is_some(), page.remarks)
    };
    assert_eq!(next_of(10, 1), (true, Vec::new()));
    assert_eq!(
        next_of(11, 1),
        (
            false,
            vec!["only the first 1000 results can be had".to_owned()]
        )
    );
    assert!(!next_of(u64::MAX, 1).0);
    // An empty page promises nothing.
    assert_eq!(next_of(2, 0), (false, Vec::new()));
}

#[test]
fn limits_are_told_from_missing_permissions() {
    let check = |status: u16, fields: &[(&'static str, &str)], expected: Option<u64>| {
        assert_eq!(
            wait_in_seconds(&GITHUB, status, fields),
            expected,
            "{status} {fields:?}"
        );
    };
    let left = ("x-ratelimit-remaining", "12");
    let none_left = ("x-ratelimit-remaining", "0");
    let reset = ("x-ratelimit-reset", "1795412099");
    check(200, &[none_left, reset], None);
    check(404, &[("retry-after", "7")], None);
    // Fault 6: an announced wait wins over everything.
    check(429, &[("retry-after", "7")], Some(7));
    check(403, &[("retry-after", "7"), none_left, reset], Some(7));
    check(403, &[("retry-after", "7"), left], Some(7));
    // The primary limit.
    check(403, &[none_left, reset], Some(42));
    check(429, &[none_left, reset], Some(42));
    check(403, &[none_left], Some(60));
    // Fault 7: a secondary limit without headers.
    check(403, &[], Some(60));
    check(429, &[], Some(60));
    check(429, &[left], Some(60));
    check(403, &[("x-ratelimit-remaining", "many")], Some(60));
    // Fault 8: a reset in the past, and one that no window can have.
    check(
        403,
        &[none_left, ("x-ratelimit-reset", "5000000000")],
        Some(3600),
    );
    check(
        403,
        &[none_left, ("x-ratelimit-reset", "1795000000")],
        Some(1),
    );
    // A permission.
    check(403, &[left, reset], None);
}

#[test]
fn refusals_are_as_exact_as_github_documents_them() {
    let check = |status: u16, body: &str, code: ErrorCode, retry: Option<u64>| {
        let failure = refusal(StatusCode::from_u16(status).unwrap(), body.as_bytes()).unwrap();
        assert_eq!(
            (failure.code, failure.retry_after_seconds),
            (code, retry),
            "{status} {body}"
        );
        assert!(failure.hint.is_some());
    };
    check(
        401,
        r#"{"message":"Bad credentials"}"#,
        ErrorCode::Authentication,
        None,
    );
    check(
        403,
        r#"{"message":"Resource not accessible"}"#,
        ErrorCode::Authentication,
        None,
    );
    check(403, "", ErrorCode::Authentication, None);
    check(403, "[[[[", ErrorCode::Authentication, None);
    check(
        403,
        r#"{"message":"You have exceeded a Secondary Rate Limit"}"#,
        ErrorCode::RateLimited,
        Some(60),
    );
    check(
        403,
        r#"{"message":"x","documentation_url":"https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"}"#,
        ErrorCode::RateLimited,
        Some(60),
    );
    check(404, r#"{"message":"Not Found"}"#, ErrorCode::NotFound, None);
    check(
        451,
        r#"{"message":"Repository access blocked"}"#,
        ErrorCode::NotFound,
        None,
    );
    check(422, "", ErrorCode::Query, None);
    assert_eq!(refusal(StatusCode::OK, b""), None);
    assert_eq!(refusal(StatusCode::IM_A_TEAPOT, b""), None);
}

#[test]
fn a_refused_query_names_its_codes() {
    let body = json!({
        "message": "Validation Failed",
        "errors": [{ "message": "The listed\nusers \u{1b}[31mdo not exist", "resource": "Search", "field": "q", "code": "invalid" }, 7]
    });
    let failure = query_refusal(body.to_string().as_bytes());
    assert_eq!(
        failure.message,
        "GitHub does not accept the query (invalid)"
    );
    let expected = json!({
        "status": 422,
        "errors": [{ "field": "q", "code": "invalid", "message": "The listed users [31mdo not exist" }]
    });
    assert_eq!(failure.details, Some(expected));
}

#[tokio::test]
async fn a_search_over_a_socket_goes_on_where_the_link_says() {
    let stage = Stage::new(&GITHUB, |target, base| {
        let next = if target.contains("&page=2") { 3 } else { 2 };
        let reply = Reply::new(200, SEARCH);
        match target.contains("&page=3") {
            true => reply,
            false => reply.with(
                "link",
                format!("<{base}/search/repositories?q=x&per_page=20&page={next}>; rel=\"next\""),
            ),
        }
    });
    let mut query = query("x");
    let mut pages = 0;
    loop {
        let page = stage.client.search(&query, &bounds()).await.unwrap();
        pages += 1;
        match page.next {
            Some(next) => query.page = Some(next),
            None => break,
        }
    }
    assert_eq!(pages, 3);
    let page = |number: usize| format!("/search/repositories?q=x&per_page=20&page={number}");
    assert_eq!(
        stage.targets(),
        [
            "/search/repositories?q=x&per_page=20".to_owned(),
            page(2),
            page(3)
        ]
    );
    let sent = stage.first_headers();
    let header = |name: &str| sent.get(name).map(String::as_str);
    assert_eq!(
        header("accept"),
        Some("application/vnd.github+json, application/json;q=0.9")
    );
    assert_eq!(header("x-github-api-version"), Some("2022-11-28"));
    assert_eq!(header("authorization"), Some("Bearer a-token"));
    assert!(header("user-agent").is_some());
}

#[tokio::test]
async fn a_renamed_repository_says_how_it_was_called() {
    let body = json!({ "full_name": "new/name" }).to_string();
    let stage = Stage::new(&GITHUB, move |target, base| match target {
        "/repos/old/name" => {
            Reply::new(301, "{}").with("location", format!("{base}/repositories/7"))
        }
        "/repositories/7" | "/repos/New/Name" => Reply::new(200, &body),
        _ => Reply::new(404, "{}"),
    });
    let bounds = bounds();
    let renamed = stage.client.look_up("old/name", &bounds).await.unwrap();
    assert_eq!(renamed.renamed_from.as_deref(), Some("old/name"));
    let same = stage.client.look_up("New/Name", &bounds).await.unwrap();
    assert_eq!(same.renamed_from, None);
    let gone = stage.client.look_up("no/such", &bounds).await.unwrap_err();
    assert_eq!(gone.code, ErrorCode::NotFound);
    let asked = stage.targets().len();
    for name in ["one", "a/b/c", "../x", "a/b?c", "a b/c"] {
        let refused = stage.client.look_up(name, &bounds).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::Argument, "{name}");
    }
    assert_eq!(stage.targets().len(), asked);
}

#[tokio::test]
async fn a_cursor_of_another_server_is_not_followed() {
    let stage = Stage::new(&GITHUB, |_, _| Reply::new(200, SEARCH));
    let mut query = query("x");
    query.page = Some("http://127.0.0.1:1/search/repositories?q=x".to_owned());
    let refused = stage.client.search(&query, &bounds()).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Argument);
    assert_eq!(stage.targets(), [""; 0]);
}
