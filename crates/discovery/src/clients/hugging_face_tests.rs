//! Addresses, pages and refusals of Hugging Face. Must not open sockets.

use bytes::Bytes;
use synthesizer_infrastructure::http::AnswerOrigin;

use super::{
    super::testing::{Reply, Stage, bounds},
    *,
};

const MODELS: &str = include_str!("fixtures/hugging_face_models.json");

fn endpoint() -> Url {
    Url::parse("https://huggingface.co/api/models").expect("an address")
}

fn query() -> PlatformQuery {
    PlatformQuery {
        text: "graph layout&x=1".to_owned(),
        language: None,
        min_stars: 0,
        page_size: 7,
        page: None,
    }
}

fn places() -> Places {
    Places {
        site: Url::parse(PUBLIC_URL).expect("an address"),
        public: true,
    }
}

fn list(body: &str, query: &PlatformQuery) -> Result<PlatformPage, Failure> {
    read_list(&KINDS[0], &places(), body.as_bytes(), query)
}

#[test]
fn addresses_hold_the_documented_parameters() {
    let url = search_address(&endpoint(), &query(), None);
    assert_eq!(
        url.as_str(),
        "https://huggingface.co/api/models?search=graph+layout%26x%3D1&sort=likes&direction=-1&limit=7&full=true"
    );
    let url = search_address(&endpoint(), &query(), Some("eyJ+/=&x"));
    assert!(
        url.as_str().ends_with("&full=true&cursor=eyJ%2B%2F%3D%26x"),
        "{url}"
    );
}

#[test]
fn a_list_is_read_and_what_cannot_be_read_is_counted() {
    let page = list(MODELS, &query()).expect("a page");
    assert_eq!(page.repositories.len(), 2);
    assert_eq!(page.remarks, ["3 entries could not be read"]);
    assert!(page.partial);
}

#[test]
fn filters_are_ours_and_counted() {
    let stars = PlatformQuery {
        min_stars: 100,
        ..query()
    };
    let page = list(MODELS, &stars).expect("a page");
    assert_eq!((page.repositories.len(), page.filtered_out), (1, 1));
    let language = PlatformQuery {
        language: Some("rust".to_owned()),
        ..query()
    };
    let page = list(MODELS, &language).expect("a page");
    assert_eq!((page.repositories.len(), page.filtered_out), (0, 2));
}

#[test]
fn what_is_no_list_fails() {
    for body in [
        "",
        "{}",
        "null",
        "[",
        "[{\"id\":",
        "<html>",
        "[1e999]",
        &"[".repeat(10_000),
    ] {
        let failure = list(body, &query()).expect_err("no list");
        assert_eq!(failure.code, ErrorCode::Upstream, "{body:.20}");
    }
    let empty = list("[]", &query()).expect("a page");
    assert!(empty.repositories.is_empty() && !empty.partial);
}

#[track_caller]
fn cursor(link: &str, asked: Option<&str>) -> (Option<String>, usize) {
    let mut headers = HeaderMap::new();
    headers.insert("link", link.parse().expect("a header"));
    let mut page = list(MODELS, &query()).expect("a page");
    let before = page.remarks.len();
    let asked = search_address(&endpoint(), &query(), asked);
    add_cursor(&mut page, &headers, &endpoint(), &asked);
    (page.next, page.remarks.len() - before)
}

#[test]
fn cursors_come_from_the_same_list_alone() {
    let at = |address: &str| cursor(&format!("<{address}>; rel=\"next\""), None);
    assert_eq!(
        at("https://huggingface.co/api/models?search=x&limit=7&cursor=eyJfaWQi%3D"),
        (Some("eyJfaWQi=".to_owned()), 0)
    );
    assert_eq!(at("/api/models?cursor=abc"), (Some("abc".to_owned()), 0));
    assert_eq!(at("https://evil.example/api/models?cursor=abc"), (None, 1));
    assert_eq!(at("http://huggingface.co/api/models?cursor=abc"), (None, 1));
    assert_eq!(
        at("https://huggingface.co/api/spaces?cursor=abc"),
        (None, 1)
    );
    assert_eq!(at("https://huggingface.co/api/models?p=2"), (None, 1));
    assert_eq!(at("https://huggingface.co/api/models?cursor="), (None, 1));
    assert_eq!(
        at("https://huggingface.co/api/models?cursor=a%0Ab"),
        (None, 1)
    );
    let long = format!("/api/models?cursor={}", "x".repeat(5_000));
    assert_eq!(at(&long), (None, 1));
    assert_eq!(
        cursor("</api/models?cursor=abc>; rel=\"prev\"", None),
        (None, 0)
    );
    assert_eq!(
        cursor("</api/models?cursor=abc>; rel=next", Some("abc")),
        (None, 1)
    );
}

#[test]
fn pages_end_below_the_least_number_of_likes() {
    let mut headers = HeaderMap::new();
    headers.insert(
        "link",
        "</api/models?cursor=abc>; rel=next"
            .parse()
            .expect("a header"),
    );
    let stars = PlatformQuery {
        min_stars: 100,
        ..query()
    };
    let mut page = list(MODELS, &stars).expect("a page");
    add_cursor(&mut page, &headers, &endpoint(), &endpoint());
    assert_eq!(page.next, None);
    let mut page = list("[]", &query()).expect("a page");
    add_cursor(&mut page, &headers, &endpoint(), &endpoint());
    assert_eq!(page.next, None);
}

fn answer(status: u16, code: &'static str) -> ServiceAnswer {
    let mut headers = HeaderMap::new();
    if !code.is_empty() {
        headers.insert("x-error-code", code.parse().expect("a header"));
    }
    ServiceAnswer {
        status: StatusCode::from_u16(status).expect("a status"),
        headers,
        body: Bytes::new(),
        url: endpoint(),
        origin: AnswerOrigin::Service,
    }
}

#[track_caller]
fn refused(status: u16, code: &'static str, authenticated: bool, expected: ErrorCode, hint: &str) {
    let failure = require_repository(answer(status, code), &KINDS[1], "o/n", authenticated)
        .expect_err("must be refused");
    assert_eq!(
        failure.code, expected,
        "{status} {code}: {}",
        failure.message
    );
    let said = failure.hint.unwrap_or_default();
    assert!(said.contains(hint), "{status} {code}: {said}");
}

#[test]
fn refusals_of_a_look_up_are_told_apart() {
    assert!(require_repository(answer(200, ""), &KINDS[0], "o/n", false).is_ok());
    let (missing, refusal) = (ErrorCode::NotFound, ErrorCode::Authentication);
    refused(401, "", false, missing, "if it is private, set HF_TOKEN");
    refused(
        401,
        "RepoNotFound",
        false,
        missing,
        "if it is private, set HF_TOKEN",
    );
    refused(401, "RepoNotFound", true, missing, "the token may read it");
    refused(404, "RepoNotFound", true, missing, "the token may read it");
    refused(404, "", false, missing, "check the name");
    refused(404, "RevisionNotFound", true, missing, "");
    refused(401, "", true, refusal, "check HF_TOKEN");
    refused(
        401,
        "GatedRepo",
        false,
        refusal,
        "https://huggingface.co/datasets/o/n, then set HF_TOKEN",
    );
    refused(
        403,
        "GatedRepo",
        true,
        refusal,
        "ask for access at https://huggingface.co/datasets/o/n",
    );
    refused(403, "", true, refusal, "");
    refused(400, "", true, ErrorCode::Query, "");
    refused(418, "Surprise", true, ErrorCode::Upstream, "");
}

#[test]
fn a_refused_list_is_a_refused_token() {
    let failure = require_list(answer(401, ""), true).expect_err("refused");
    assert_eq!(failure.code, ErrorCode::Authentication);
    assert!(require_list(answer(200, ""), true).is_ok());
}

fn three_lists(target: &str, base: &str) -> Reply {
    match target.split('?').next().unwrap_or_default() {
        "/api/models" if target.contains("cursor=") => Reply::new(200, "[]"),
        "/api/models" => Reply::new(200, MODELS).with(
            "link",
            format!("<{base}/api/models?search=x&cursor=abc%3D>; rel=\"next\""),
        ),
        "/api/datasets" => Reply::new(403, "{}"),
        "/api/spaces" => Reply::new(200, "[{\"id\": \"o/demo\"}]"),
        "/api/models/old/name" => {
            Reply::new(307, "").with("location", "/api/models/new/name".to_owned())
        }
        "/api/models/new/name" => Reply::new(200, "{\"id\": \"new/name\"}"),
        _ => Reply::new(401, "{\"error\": \"Repository not found\"}")
            .with("x-error-code", "RepoNotFound".to_owned()),
    }
}

#[tokio::test]
async fn one_search_asks_for_all_kinds_and_the_next_page_for_the_rest() {
    let stage = Stage::new(&HUGGING_FACE, three_lists);
    let first = stage
        .client
        .search(&query(), &bounds())
        .await
        .expect("a page");
    let names: Vec<&str> = first
        .repositories
        .iter()
        .map(|facts| facts.full_name.as_str())
        .collect();
    assert_eq!(
        names,
        ["example-lab/layout-base", "layout-tiny", "spaces/o/demo"]
    );
    assert!(first.partial);
    assert!(
        first
            .remarks
            .iter()
            .any(|remark| remark.starts_with("datasets could not be searched")),
        "{:?}",
        first.remarks
    );
    assert_eq!(first.next.as_deref(), Some("{\"models\":\"abc=\"}"));
    assert_eq!(stage.first_headers()["authorization"], "Bearer a-token");
    let second = PlatformQuery {
        page: first.next,
        ..query()
    };
    let second = stage
        .client
        .search(&second, &bounds())
        .await
        .expect("a page");
    assert_eq!((second.repositories.len(), second.next), (0, None));
    let mut targets = stage.targets();
    assert_eq!(
        targets.pop().as_deref(),
        Some(
            "/api/models?search=graph+layout%26x%3D1&sort=likes&direction=-1&limit=3&full=true&cursor=abc%3D"
        )
    );
    targets.sort();
    let of = |list: &str| {
        format!("/api/{list}?search=graph+layout%26x%3D1&sort=likes&direction=-1&limit=3&full=true")
    };
    assert_eq!(targets, [of("datasets"), of("models"), of("spaces")]);
}

#[tokio::test]
async fn a_language_drops_all_and_ends_the_search() {
    let stage = Stage::new(&HUGGING_FACE, three_lists);
    let query = PlatformQuery {
        language: Some("Rust".to_owned()),
        ..query()
    };
    let page = stage
        .client
        .search(&query, &bounds())
        .await
        .expect("a page");
    assert_eq!(
        (page.repositories.len(), page.filtered_out, page.next),
        (0, 3, None)
    );
}

#[tokio::test]
async fn when_every_kind_fails_the_search_fails() {
    let stage = Stage::new(&HUGGING_FACE, |_, _| Reply::new(200, "<html>"));
    let failure = stage
        .client
        .search(&query(), &bounds())
        .await
        .expect_err("nothing");
    assert_eq!(failure.code, ErrorCode::Upstream);
}

#[tokio::test]
async fn a_look_up_follows_a_new_name() {
    let stage = Stage::new(&HUGGING_FACE, three_lists);
    let facts = stage
        .client
        .look_up("old/name", &bounds())
        .await
        .expect("a model");
    assert_eq!(facts.full_name, "new/name");
    assert_eq!(facts.renamed_from.as_deref(), Some("old/name"));
    assert_eq!(
        facts.url,
        format!("{}/new/name", stage.base.trim_end_matches('/'))
    );
    let failure = stage
        .client
        .look_up("spaces/o/none", &bounds())
        .await
        .expect_err("nothing");
    assert_eq!(failure.code, ErrorCode::NotFound);
    let failure = stage
        .client
        .look_up("o/n?x", &bounds())
        .await
        .expect_err("no name");
    assert_eq!(failure.code, ErrorCode::Argument);
    assert_eq!(stage.targets().len(), 3);
}
