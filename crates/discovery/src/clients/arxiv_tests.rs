//! Addresses, feeds and limits of arXiv. Must not open sockets.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use synthesizer_infrastructure::http::AnswerOrigin;

use super::{
    super::testing::{Reply, Stage, bounds},
    *,
};

const SEARCH: &str = include_str!("fixtures/arxiv_search.xml");
const ERROR: &str = include_str!("fixtures/arxiv_error.xml");

fn endpoint() -> Url {
    Url::parse("https://export.arxiv.org/api/query").expect("an address")
}

fn query(page_size: usize) -> PlatformQuery {
    PlatformQuery {
        text: "graph layout".to_owned(),
        language: None,
        min_stars: 0,
        page_size,
        page: None,
    }
}

fn answer(status: u16, body: &str) -> ServiceAnswer {
    ServiceAnswer {
        status: StatusCode::from_u16(status).expect("a status"),
        headers: HeaderMap::new(),
        body: Bytes::copy_from_slice(body.as_bytes()),
        url: endpoint(),
        origin: AnswerOrigin::Service,
    }
}

fn search_feed() -> Feed {
    read_feed(&answer(200, SEARCH)).expect("a feed")
}

#[test]
fn addresses_hold_the_documented_parameters() {
    let url = search_address(endpoint(), "all:\"graph\" AND all:\"layout\"", 50, 100);
    assert_eq!(
        url.as_str(),
        "https://export.arxiv.org/api/query?search_query=all%3A%22graph%22+AND+all%3A%22layout%22\
         &start=100&max_results=50&sortBy=relevance&sortOrder=descending"
    );
    let url = search_address(endpoint(), "all:\"x\"", 500, 29_990);
    assert!(
        url.as_str().contains("start=29990&max_results=10&"),
        "{url}"
    );
    assert_eq!(
        look_up_address(endpoint(), "cond-mat/0207270v1").as_str(),
        "https://export.arxiv.org/api/query?id_list=cond-mat%2F0207270v1&max_results=1"
    );
}

#[test]
fn page_tokens_are_numbers_of_results() {
    assert_eq!(first_result(None), Ok(0));
    assert_eq!(first_result(Some("100")), Ok(100));
    for token in ["", "0", "-1", "30000", "1e3", "99999999999999999999", "x"] {
        let failure = first_result(Some(token)).expect_err("a foreign token");
        assert_eq!(failure.code, ErrorCode::Argument, "{token}");
    }
}

#[test]
fn entries_become_papers() {
    let page = read_page(&search_feed(), &query(3), 0);
    assert_eq!(page.total, Some(7));
    assert_eq!(page.next.as_deref(), Some("3"));
    assert_eq!(page.remarks, ["1 entry could not be read"]);
    assert!(page.partial);
    let expected = RepositoryFacts {
        platform: "arxiv".to_owned(),
        name: "Drawing Large Graphs in Linear & Predictable Time".to_owned(),
        full_name: "2301.00001v2".to_owned(),
        url: "https://arxiv.org/abs/2301.00001v2".to_owned(),
        description: Some(
            "We draw graphs with $n < 10^9$ nodes. The code is at https://github.com/example-lab/linear-layout."
                .to_owned(),
        ),
        topics: vec!["cs.CG".to_owned(), "cs.DS".to_owned()],
        created_at: Some("2023-01-01T00:00:01Z".to_owned()),
        updated_at: Some("2023-02-03T10:11:12Z".to_owned()),
        kind: "paper".to_owned(),
        links: vec![
            "https://huggingface.co/example-lab/layout-base".to_owned(),
            "https://gitlab.com/example-lab/mirror".to_owned(),
            "https://github.com/example-lab/linear-layout".to_owned(),
            "https://doi.org/10.1000/182".to_owned(),
            "https://arxiv.org/pdf/2301.00001v2".to_owned(),
        ],
        ..RepositoryFacts::default()
    };
    assert_eq!(page.repositories[0], expected);
    assert_eq!(page.repositories[1].full_name, "cond-mat/0207270v1");
    assert_eq!(page.repositories.len(), 2);
}

#[test]
fn filters_drop_every_paper_and_count_them() {
    for (language, min_stars, remarks) in [(Some("rust"), 0, 1), (None, 5, 1), (Some("rust"), 5, 2)]
    {
        let filtered = PlatformQuery {
            language: language.map(str::to_owned),
            min_stars,
            ..query(3)
        };
        let page = read_page(&search_feed(), &filtered, 0);
        assert_eq!((page.repositories.len(), page.filtered_out), (0, 2));
        assert_eq!(page.remarks.len(), 1 + remarks);
        assert_eq!(page.next, None);
    }
}

#[test]
fn pages_end_and_do_not_loop() {
    let next = |feed: &Feed, start| read_page(feed, &query(3), start).next;
    let mut feed = search_feed();
    assert_eq!(next(&feed, 3), None, "the feed says that it begins at 0");
    feed.start = Some(4);
    assert_eq!(next(&feed, 4), None, "4 + 3 is all");
    feed.start = None;
    assert_eq!(next(&feed, 3).as_deref(), Some("6"));
    feed.total = Some(1_000_000);
    assert_eq!(next(&feed, 29_997), None);
    feed.total = None;
    assert_eq!(next(&feed, 0), None);
    feed.entries.clear();
    feed.total = Some(7);
    assert_eq!(next(&feed, 0), None);
}

#[test]
fn a_longer_page_than_asked_for_is_cut() {
    let mut feed = search_feed();
    let paper = feed.entries[0].clone();
    feed.entries = vec![paper; 9];
    let page = read_page(&feed, &query(2), 0);
    assert_eq!(page.repositories.len(), 4);
    assert!(page.partial);
}

#[track_caller]
fn fails(status: u16, body: &str, code: ErrorCode, part: &str) {
    let failure = read_feed(&answer(status, body)).expect_err("must fail");
    assert_eq!(failure.code, code, "{}", failure.message);
    let said = failure
        .details
        .as_ref()
        .map(|details| &details["platform_says"]);
    let shown = format!(
        "{} {}",
        failure.message,
        said.and_then(serde_json::Value::as_str).unwrap_or_default()
    );
    assert!(shown.contains(part), "{shown}");
}

#[test]
fn failures_are_told_apart() {
    let busy = ERROR.replace(
        "incorrect id format for 1234.12345",
        "the index is away\u{1b}[31m",
    );
    for status in [200, 400] {
        fails(
            status,
            ERROR,
            ErrorCode::Query,
            "incorrect id format for 1234.12345",
        );
        fails(status, &busy, ErrorCode::Upstream, "the index is away[31m");
    }
    fails(
        400,
        "<html>Bad Request</html>",
        ErrorCode::Query,
        "status 400",
    );
    fails(404, "", ErrorCode::NotFound, "status 404");
    fails(403, ERROR, ErrorCode::Authentication, "status 403");
    fails(
        200,
        "<html>Busy</html>",
        ErrorCode::Upstream,
        "it is a web page and no Atom feed",
    );
    fails(200, "{}", ErrorCode::Upstream, "it is no Atom feed");
    fails(200, &SEARCH[..900], ErrorCode::Upstream, "breaks off");
}

#[test]
fn a_paper_may_be_called_error() {
    let text = ERROR.replace(
        "http://arxiv.org/api/errors#incorrect_id_format_for_1234.12345</id>",
        "http://arxiv.org/abs/2301.00009v1</id>",
    );
    let feed = read_feed(&answer(200, &text)).expect("a feed");
    let facts = read_facts(&feed.entries[0]).expect("a paper");
    assert_eq!(
        (facts.name.as_str(), facts.full_name.as_str()),
        ("Error", "2301.00009v1")
    );
}

#[test]
fn answers_to_a_look_up_are_held_against_the_question() {
    assert!(same_paper("2301.00001v2", "2301.00001"));
    assert!(same_paper("2301.00001v2", "2301.00001v2"));
    assert!(!same_paper("2301.00001v2", "2301.00001v1"));
    assert!(!same_paper("2301.00001v21", "2301.00001v2"));
    assert!(!same_paper("2301.000019v1", "2301.00001"));
}

#[test]
fn refusals_are_waited_for() {
    let wait = |status: u16, after: Option<&str>| {
        let mut headers = HeaderMap::new();
        if let Some(after) = after {
            headers.insert("retry-after", after.parse().expect("a value"));
        }
        let head = AnswerHead {
            status: StatusCode::from_u16(status).expect("a status"),
            headers: &headers,
            now: 1_795_412_057,
        };
        read_limits(&head).wait.map(|wait| wait.as_secs())
    };
    assert_eq!(wait(200, Some("9")), None);
    assert_eq!(wait(429, Some("9")), Some(9));
    assert_eq!(wait(429, None), Some(60));
    assert_eq!(wait(503, Some("9")), Some(9));
    assert_eq!(wait(503, None), None);
}

#[tokio::test]
async fn a_search_is_one_call_without_credentials() {
    let stage = Stage::new(&ARXIV, |_, _| Reply::new(200, SEARCH));
    let query = PlatformQuery {
        text: "graph stars:>5 \"layout (x)\"".to_owned(),
        ..query(3)
    };
    let page = stage
        .client
        .search(&query, &bounds())
        .await
        .expect("a page");
    assert_eq!(
        (page.repositories.len(), page.next.as_deref()),
        (2, Some("3"))
    );
    assert_eq!(page.remarks.len(), 2, "{:?}", page.remarks);
    assert_eq!(
        stage.targets(),
        [
            "/api/query?search_query=all%3A%22graph%22+AND+all%3A%22layout+x%22&start=0&max_results=3&sortBy=relevance&sortOrder=descending"
        ]
    );
    assert!(!stage.first_headers().contains_key("authorization"));
}

#[tokio::test]
async fn a_look_up_asks_by_identifier() {
    let stage = Stage::new(&ARXIV, |_, _| Reply::new(200, SEARCH));
    let facts = stage
        .client
        .look_up("2301.00001", &bounds())
        .await
        .expect("a paper");
    assert_eq!(facts.full_name, "2301.00001v2");
    let failure = stage
        .client
        .look_up("2301.00001,2301.00002", &bounds())
        .await
        .expect_err("two");
    assert_eq!(failure.code, ErrorCode::Argument);
    assert_eq!(
        stage.targets(),
        ["/api/query?id_list=2301.00001&max_results=1"]
    );
}

#[tokio::test]
async fn an_empty_answer_to_a_look_up_is_nothing() {
    let stage = Stage::new(&ARXIV, |_, _| {
        Reply::new(200, "<feed xmlns='http://www.w3.org/2005/Atom'></feed>")
    });
    let failure = stage
        .client
        .look_up("2301.00001v1", &bounds())
        .await
        .expect_err("nothing");
    assert_eq!(failure.code, ErrorCode::NotFound);
}
