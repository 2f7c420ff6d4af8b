//! Addresses, pages, entries and refusals of Kaggle. Must not open sockets.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::json;
use synthesizer_infrastructure::http::AnswerOrigin;
use synthesizer_model::secret::Secret;

use super::{
    super::testing::{Reply, Stage, bounds},
    *,
};

const DATASETS: &str = include_str!("fixtures/kaggle_datasets.json");
const KERNELS: &str = include_str!("fixtures/kaggle_kernels.json");
const MODELS: &str = include_str!("fixtures/kaggle_models.json");

fn site() -> Url {
    Url::parse(PUBLIC_URL).expect("an address")
}

fn query() -> PlatformQuery {
    PlatformQuery {
        text: "graph layout".to_owned(),
        language: None,
        min_stars: 0,
        page_size: 7,
        page: None,
    }
}

fn in_language(language: &str) -> PlatformQuery {
    PlatformQuery {
        language: Some(language.to_owned()),
        ..query()
    }
}

fn list(kind: usize, body: &str, query: &PlatformQuery) -> Result<PlatformPage, Failure> {
    let document = read_document(&answer(200, body))?;
    read_list(&KINDS[kind], &site(), &document, query, &Position::First)
}

fn answer(status: u16, body: &str) -> ServiceAnswer {
    ServiceAnswer {
        status: StatusCode::from_u16(status).expect("a status"),
        headers: HeaderMap::new(),
        body: Bytes::copy_from_slice(body.as_bytes()),
        url: site(),
        origin: AnswerOrigin::Service,
    }
}

#[track_caller]
fn address(kind: usize, query: &PlatformQuery, position: Position, expected: &str) {
    let endpoint = site().join("/api/v1/x/list").expect("an address");
    let url = search_address(endpoint, &KINDS[kind], query, &position);
    assert_eq!(url.query(), Some(expected));
}

#[test]
fn addresses_hold_the_declared_parameters() {
    let token = || Position::Token("a+b=".to_owned());
    address(
        0,
        &query(),
        Position::First,
        "search=graph+layout&sortBy=votes&pageSize=7",
    );
    address(
        0,
        &query(),
        Position::Number(3),
        "search=graph+layout&sortBy=votes&pageSize=7&page=3",
    );
    address(
        1,
        &in_language("PY"),
        token(),
        "search=graph+layout&sortBy=relevance&pageSize=7&pageToken=a%2Bb%3D&language=python",
    );
    address(
        2,
        &in_language("r"),
        token(),
        "search=graph+layout&sortBy=voteCount&pageSize=7&pageToken=a%2Bb%3D",
    );
}

#[test]
fn positions_are_their_own_cursors() {
    for position in [
        Position::First,
        Position::Number(2),
        Position::Token("x:y".to_owned()),
    ] {
        let cursor = position.to_cursor();
        assert_eq!(Position::read(cursor.as_deref()), Ok(position));
    }
    for cursor in [
        "",
        "2",
        "page:1",
        "page:501",
        "page:x",
        "token:",
        "token:a b",
        "offset:3",
    ] {
        let failure = Position::read(Some(cursor)).expect_err("a foreign cursor");
        assert_eq!(failure.code, ErrorCode::Argument, "{cursor}");
    }
}

#[test]
fn a_bare_list_of_datasets_is_read() {
    let page = list(0, DATASETS, &query()).expect("a page");
    let expected = RepositoryFacts {
        platform: "kaggle".to_owned(),
        name: "graph-layouts".to_owned(),
        full_name: "datasets/example-lab/graph-layouts".to_owned(),
        url: "https://www.kaggle.com/datasets/example-lab/graph-layouts".to_owned(),
        description: Some("A table of layouts".to_owned()),
        stars: Some(321),
        license: Some("CC0-1.0".to_owned()),
        topics: vec!["graphs".to_owned(), "tabular".to_owned()],
        updated_at: Some("2024-05-06T07:08:09Z".to_owned()),
        downloads: Some(4_000),
        kind: "dataset".to_owned(),
        ..RepositoryFacts::default()
    };
    assert_eq!(page.repositories[0], expected);
    assert_eq!(
        page.repositories[1].description.as_deref(),
        Some("Untitled")
    );
    assert_eq!(page.repositories[1].license, None);
    assert!(page.repositories[1].private);
    assert_eq!(page.remarks, ["2 entries could not be read"]);
    assert_eq!(page.next.as_deref(), Some("page:2"));
}

#[test]
fn notebooks_have_a_language() {
    let page = list(1, KERNELS, &query()).expect("a page");
    let first = &page.repositories[0];
    assert_eq!(first.full_name, "kernels/example-lab/draw-layouts");
    assert_eq!(
        first.url,
        "https://www.kaggle.com/code/example-lab/draw-layouts"
    );
    assert_eq!(
        (first.language.as_deref(), first.stars),
        (Some("Python"), Some(55))
    );
    assert_eq!(
        first.updated_at.as_deref(),
        Some("2024-01-02T03:04:05Z"),
        "without a zone"
    );
    assert_eq!(page.next.as_deref(), Some("token:bmV4dA=="));
    let page = list(1, KERNELS, &in_language("py")).expect("a page");
    assert_eq!((page.repositories.len(), page.filtered_out), (1, 1));
    assert!(page.next.is_some());
}

#[test]
fn models_have_tokens_and_no_language() {
    let page = list(2, MODELS, &query()).expect("a page");
    let model = &page.repositories[0];
    assert_eq!(model.full_name, "models/example-lab/layout-base");
    assert_eq!(model.created_at.as_deref(), Some("2023-03-04T05:06:07Z"));
    assert_eq!(model.links, ["https://github.com/example-lab/layout-base"]);
    assert_eq!(model.reference, None);
    assert_eq!(page.next.as_deref(), Some("token:CfDJ8"));
    let page = list(2, MODELS, &in_language("python")).expect("a page");
    assert_eq!(
        (page.repositories.len(), page.filtered_out, page.next),
        (0, 1, None)
    );
}

#[track_caller]
fn next(kind: usize, document: &Value, asked: Position, expected: Option<&str>, remarks: usize) {
    let page = read_list(&KINDS[kind], &site(), document, &query(), &asked).expect("a page");
    assert_eq!(page.next.as_deref(), expected, "{document}");
    assert_eq!(page.remarks.len(), remarks, "{:?}", page.remarks);
}

#[test]
fn pages_end_and_do_not_loop() {
    let token = || Position::Token("same".to_owned());
    let entry = json!({ "ref": "o/n" });
    next(0, &json!([entry]), Position::Number(2), Some("page:3"), 0);
    next(0, &json!([entry]), Position::Number(500), None, 1);
    next(0, &json!([]), Position::Number(2), None, 0);
    next(2, &json!([entry]), Position::First, None, 0);
    next(2, &json!({ "models": [entry] }), Position::First, None, 0);
    next(
        2,
        &json!({ "models": [entry], "nextPageToken": "" }),
        token(),
        None,
        0,
    );
    next(
        2,
        &json!({ "models": [entry], "nextPageToken": "same" }),
        token(),
        None,
        1,
    );
    next(
        2,
        &json!({ "models": [entry], "nextPageToken": "a\nb" }),
        token(),
        None,
        1,
    );
    next(
        2,
        &json!({ "models": [entry], "nextPageToken": "x".repeat(9_000) }),
        token(),
        None,
        1,
    );
    next(
        2,
        &json!({ "models": [], "nextPageToken": "more" }),
        token(),
        None,
        0,
    );
    next(2, &json!({ "nextPageToken": "more" }), token(), None, 0);
    next(2, &json!({}), token(), None, 0);
}

#[track_caller]
fn fails(body: &str, code: ErrorCode, part: &str) {
    let failure = list(2, body, &query()).expect_err("must fail");
    assert_eq!(failure.code, code, "{}", failure.message);
    let said = failure
        .details
        .as_ref()
        .map(|details| &details["platform_says"]);
    let said = said.and_then(serde_json::Value::as_str).unwrap_or_default();
    let shown = format!("{}: {said}", failure.message);
    assert!(shown.contains(part), "{shown}");
}

#[test]
fn what_is_no_list_fails() {
    for body in [
        "",
        "null",
        "3",
        "<html>",
        "{\"models\": 3}",
        "{\"datasets\": []}",
        "[{\"ref\"",
        &"{\"a\":".repeat(10_000),
    ] {
        fails(
            body,
            ErrorCode::Upstream,
            "the answer of Kaggle is not what it documents",
        );
    }
}

#[test]
fn a_refusal_may_hide_behind_a_success() {
    fails(
        "{\"code\": 401, \"message\": \"Unauthenticated\"}",
        ErrorCode::Authentication,
        "refuses the credentials",
    );
    fails(
        "{\"code\": 403, \"message\": \"Permission 'x' was \u{202e}denied\"}",
        ErrorCode::Authentication,
        "(code 403): Permission 'x' was denied",
    );
    fails("{\"code\": 404}", ErrorCode::NotFound, "(code 404)");
    fails(
        "{\"code\": 429, \"message\": 7}",
        ErrorCode::RateLimited,
        "(code 429)",
    );
    fails(
        "{\"code\": 500, \"message\": \"\"}",
        ErrorCode::Upstream,
        "(code 500)",
    );
    assert!(list(2, "{\"code\": 200, \"models\": []}", &query()).is_ok());
}

#[test]
fn proof_is_a_token_or_user_and_key() {
    let settings = |token: &str, user: &str, key: &str| PlatformSettings {
        token: Some(Secret::new(token)),
        username: Some(user.to_owned()),
        key: Some(Secret::new(key)),
        ..PlatformSettings::default()
    };
    assert!(
        matches!(authorization(&settings("t", "u", "k")), Ok(Authorization::Bearer(token)) if token.expose() == "t")
    );
    assert!(
        matches!(authorization(&settings("", "u", "k")), Ok(Authorization::Basic(proof)) if proof.user == "u" && proof.password.expose() == "k")
    );
    for settings in [
        settings("", "u", ""),
        settings("", "", "k"),
        PlatformSettings::default(),
    ] {
        let failure = authorization(&settings).expect_err("no proof");
        assert_eq!(failure.code, ErrorCode::Authentication);
        assert!(
            failure
                .hint
                .is_some_and(|hint| hint.contains("KAGGLE_API_TOKEN"))
        );
    }
}

#[test]
fn full_names_are_split_into_kind_and_name() {
    let split = |name: &'static str| Kind::of(name).map(|(kind, name)| (kind.word, name));
    assert_eq!(split("o/n"), Some(("dataset", "o/n")));
    assert_eq!(split("datasets/o/n"), Some(("dataset", "o/n")));
    assert_eq!(split("kernels/o/n"), Some(("kernel", "o/n")));
    assert_eq!(split("code/o/n"), Some(("kernel", "o/n")));
    assert_eq!(split("models/o/n"), Some(("model", "o/n")));
    for name in [
        "",
        "n",
        "o/",
        "o/n/x",
        "datasets/o/n/x",
        "competitions/o/n",
        "o/..",
        "models/o/n?x",
        "o/n&userName=x",
    ] {
        assert_eq!(split(name), None, "{name}");
    }
}

#[test]
fn refusals_are_waited_for() {
    let wait = |status: u16, after: &str| {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", after.parse().expect("a value"));
        let head = AnswerHead {
            status: StatusCode::from_u16(status).expect("a status"),
            headers: &headers,
            now: 1_795_412_057,
        };
        read_limits(&head).wait.map(|wait| wait.as_secs())
    };
    assert_eq!(wait(200, "9"), None);
    assert_eq!(wait(429, "9"), Some(9));
    assert_eq!(wait(429, "Mon, 23 Nov 2026 05:34:27 GMT"), Some(10));
    assert_eq!(wait(429, "soon"), Some(60));
}

fn three_lists(target: &str, _: &str) -> Reply {
    match target.split('?').next().unwrap_or_default() {
        "/api/v1/datasets/list" => Reply::new(200, DATASETS),
        "/api/v1/kernels/list" => Reply::new(200, KERNELS),
        "/api/v1/models/list" => Reply::new(200, MODELS),
        "/api/v1/datasets/view/o/n" => Reply::new(200, "{\"ref\": \"o/n\", \"title\": \"N\"}"),
        "/api/v1/models/o/n/get" => Reply::new(200, "{\"ref\": \"o/n\", \"title\": \"N\"}"),
        "/api/v1/kernels/pull" => Reply::new(
            200,
            "{\"metadata\": {\"ref\": \"o/n\", \"language\": \"r\"}, \"blob\": {\"source\": \"x\"}}",
        ),
        _ => Reply::new(
            403,
            "{\"code\": 403, \"message\": \"Permission 'datasets.get' was denied\"}",
        ),
    }
}

#[tokio::test]
async fn one_search_asks_for_all_kinds() {
    let stage = Stage::new(&KAGGLE, three_lists);
    let page = stage
        .client
        .search(&query(), &bounds())
        .await
        .expect("a page");
    let mut kinds: Vec<&str> = page
        .repositories
        .iter()
        .map(|facts| facts.kind.as_str())
        .collect();
    kinds.dedup();
    assert_eq!(kinds, ["dataset", "kernel", "model"]);
    assert_eq!(
        page.next.as_deref(),
        Some("{\"datasets\":\"page:2\",\"kernels\":\"token:bmV4dA==\",\"models\":\"token:CfDJ8\"}")
    );
    assert_eq!(stage.first_headers()["authorization"], "Bearer a-token");
    let rust = stage
        .client
        .search(&in_language("rust"), &bounds())
        .await
        .expect("a page");
    assert_eq!(
        (rust.repositories.len(), rust.filtered_out, rust.next),
        (0, 3, None)
    );
    let kernels = stage
        .targets()
        .iter()
        .filter(|target| target.contains("/kernels/"))
        .count();
    assert_eq!(kernels, 1, "notebooks are not written in Rust");
}

#[tokio::test]
async fn a_look_up_asks_where_the_kind_is() {
    let stage = Stage::new(&KAGGLE, three_lists);
    for (name, full_name) in [
        ("o/n", "datasets/o/n"),
        ("code/o/n", "kernels/o/n"),
        ("models/o/n", "models/o/n"),
    ] {
        let facts = stage
            .client
            .look_up(name, &bounds())
            .await
            .expect("an entry");
        assert_eq!(
            (facts.full_name.as_str(), facts.renamed_from),
            (full_name, None)
        );
    }
    assert_eq!(
        stage.targets(),
        [
            "/api/v1/datasets/view/o/n",
            "/api/v1/kernels/pull?userName=o&kernelSlug=n",
            "/api/v1/models/o/n/get"
        ]
    );
    let failure = stage
        .client
        .look_up("o/none", &bounds())
        .await
        .expect_err("nothing");
    assert_eq!(failure.code, ErrorCode::NotFound);
}

#[tokio::test]
async fn refused_credentials_fail_the_search() {
    let stage = Stage::new(&KAGGLE, |_, _| {
        Reply::new(401, "{\"code\": 401, \"message\": \"Unauthenticated\"}")
    });
    let failure = stage
        .client
        .search(&query(), &bounds())
        .await
        .expect_err("refused");
    assert_eq!(failure.code, ErrorCode::Authentication);
}
