//! Tests of the client for Gitea and Forgejo.

use serde_json::json;

use super::{
    super::testing::{Reply, Stage, bounds, connection, headers, query, wait_in_seconds},
    *,
};

const SEARCH: &str = include_str!("fixtures/gitea_search.json");
const BASE: &str = "https://git.example/forge";

fn read(body: &str, headers: &HeaderMap, query: &PlatformQuery) -> Result<PlatformPage, Failure> {
    let (connection, _folder) = connection(&GITEA, BASE);
    let gitea = Gitea { connection };
    let endpoint = gitea.connection.address(ROOT, &["repos", "search"])?;
    gitea.read_search(body.as_bytes(), headers, query, &endpoint, &endpoint)
}

#[test]
fn a_search_is_asked_for_by_its_documented_parameters() {
    for base in [BASE, "https://git.example/forge/api/v1"] {
        let (connection, _folder) = connection(&GITEA, base);
        let endpoint = connection.address(ROOT, &["repos", "search"]).unwrap();
        let mut query = query("http client,x");
        query.language = Some("Go".to_owned());
        let words = PlainWords::of(&query.text, TITLE).unwrap();
        assert_eq!(
            first_page(&endpoint, &query, &words).as_str(),
            "https://git.example/forge/api/v1/repos/search?q=client&includeDesc=true&sort=stars&order=desc&limit=20&page=1"
        );
    }
}

#[test]
fn the_entries_of_a_search_become_facts() {
    let page = read(SEARCH, &headers(&[("x-total-count", "4")]), &query("x")).unwrap();
    let expected = RepositoryFacts {
        platform: "gitea".to_owned(),
        name: "copper-http-client".to_owned(),
        full_name: "fernmoor/copper-http-client".to_owned(),
        url: "https://git.example/fernmoor/copper-http-client".to_owned(),
        reference: Some("https://git.example/fernmoor/copper-http-client.git".to_owned()),
        description: Some("Connection pooling and retries".to_owned()),
        stars: Some(41),
        language: Some("Go".to_owned()),
        license: Some("MIT, Apache-2.0".to_owned()),
        topics: vec!["http".to_owned()],
        updated_at: Some("2026-08-01T10:00:00Z".to_owned()),
        forks: Some(2),
        open_issues: Some(0),
        private: true,
        kind: "repository".to_owned(),
        links: vec![
            "https://github.com/fernmoor/copper-http-client".to_owned(),
            "https://fernmoor.example/".to_owned(),
        ],
        ..RepositoryFacts::default()
    };
    assert_eq!(page.repositories[0], expected);
    assert_eq!(
        page.repositories[1].url,
        "https://git.example/forge/fernmoor/maple-client"
    );
    assert_eq!(page.repositories[1].reference, None);
    assert_eq!(
        (page.repositories.len(), page.total, page.partial),
        (3, Some(4), true)
    );
    assert_eq!(page.remarks, ["1 entry could not be read"]);
}

#[test]
fn language_and_stars_are_filtered_here() {
    let mut query = query("x");
    query.language = Some("golang".to_owned());
    query.min_stars = 41;
    let page = read(SEARCH, &HeaderMap::new(), &query).unwrap();
    assert_eq!((page.repositories.len(), page.filtered_out), (1, 2));
}

#[test]
fn an_answer_of_another_shape_fails() {
    for body in [
        "",
        "[]",
        "{}",
        "{\"ok\":false,\"data\":[]}",
        "{\"ok\":true}",
        "{\"ok\":true,\"data\":null}",
    ] {
        let failure = read(body, &HeaderMap::new(), &query("x")).unwrap_err();
        assert_eq!(failure.code, ErrorCode::Upstream, "{body}");
    }
}

#[test]
fn only_429_is_a_limit() {
    assert_eq!(
        wait_in_seconds(&GITEA, 429, &[("retry-after", "7")]),
        Some(7)
    );
    assert_eq!(wait_in_seconds(&GITEA, 429, &[]), Some(60));
    assert_eq!(wait_in_seconds(&GITEA, 403, &[]), None);
}

#[tokio::test]
async fn one_word_is_asked_for_and_the_others_are_looked_for() {
    let stage = Stage::new(&GITEA, |_, base| {
        Reply::new(200, SEARCH).with(
            "link",
            format!("<{base}/api/v1/repos/search?q=client&page=2>; rel=\"next\""),
        )
    });
    let mut query = query("http client language:Go");
    let page = stage.client.search(&query, &bounds()).await.unwrap();
    let names: Vec<&str> = page
        .repositories
        .iter()
        .map(|facts| facts.name.as_str())
        .collect();
    assert_eq!(names, ["copper-http-client", "willow-http-client"]);
    assert_eq!((page.filtered_out, page.remarks.len()), (1, 3));
    query.page = page.next;
    let second = stage.client.search(&query, &bounds()).await.unwrap();
    // The second page says again that it is followed by itself.
    assert_eq!(second.next, None);
    assert_eq!(second.remarks.len(), 2);
    let sent = stage.first_headers();
    assert_eq!(
        sent.get("authorization").map(String::as_str),
        Some("token a-token")
    );
    assert_eq!(stage.targets().len(), 2);
}

#[tokio::test]
async fn a_look_up_follows_a_rename() {
    let body = json!({ "full_name": "new/name" }).to_string();
    let stage = Stage::new(&GITEA, move |target, _| match target {
        "/api/v1/repos/old/name" => {
            Reply::new(307, "").with("location", "/api/v1/repos/new/name".to_owned())
        }
        "/api/v1/repos/new/name" => Reply::new(200, &body),
        _ => Reply::new(401, "{}"),
    });
    let facts = stage.client.look_up("old/name", &bounds()).await.unwrap();
    assert_eq!(
        (facts.full_name.as_str(), facts.renamed_from.as_deref()),
        ("new/name", Some("old/name"))
    );
    let refused = stage
        .client
        .look_up("no/such", &bounds())
        .await
        .unwrap_err();
    assert_eq!(refused.code, ErrorCode::Authentication);
    assert!(refused.hint.is_some());
}
