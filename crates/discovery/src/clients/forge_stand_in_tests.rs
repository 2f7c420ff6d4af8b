//! The clients of GitHub, GitLab and Gitea against stand-ins that behave as the platforms document, over real sockets.

use std::{collections::BTreeSet, time::Duration};

use synthesizer_model::{ErrorCode, secret::Secret};
use synthesizer_testkit::{
    faults::Fault,
    platforms::{Catalogue, PlatformServer},
    prism::GithubMock,
};

use super::{
    gitea::GITEA,
    github::GITHUB,
    gitlab::GITLAB,
    testing::{bounds, connection, query},
};
use crate::client::{PlatformClient, PlatformDescriptor};

type Start = fn(&Catalogue) -> PlatformServer;

static PLATFORMS: [(&PlatformDescriptor, Start); 3] = [
    (&GITHUB, PlatformServer::github),
    (&GITLAB, PlatformServer::gitlab),
    (&GITEA, PlatformServer::gitea),
];

fn client(
    descriptor: &'static PlatformDescriptor,
    server: &PlatformServer,
) -> (Box<dyn PlatformClient>, tempfile::TempDir) {
    let (mut connection, folder) = connection(descriptor, &server.base_url());
    connection.settings.token = Some(Secret::new(server.token()));
    ((descriptor.connect)(connection), folder)
}

#[tokio::test]
async fn a_search_through_all_pages_finds_what_is_there() {
    let catalogue = Catalogue::made_up();
    for (descriptor, start) in PLATFORMS {
        let server = start(&catalogue);
        let (client, _folder) = client(descriptor, &server);
        let mut query = query("http client");
        query.page_size = 3;
        query.min_stars = 1;
        let mut found = BTreeSet::new();
        for _ in 0..50 {
            let page = client.search(&query, &bounds()).await.unwrap();
            assert!(!page.partial, "{}: {:?}", descriptor.name, page.remarks);
            for facts in page.repositories {
                let of = (facts.platform.as_str(), facts.kind.as_str());
                assert_eq!(of, (descriptor.name, "repository"));
                assert!(facts.url.starts_with("http"));
                found.insert(facts.full_name);
            }
            query.page = page.next;
            if query.page.is_none() {
                break;
            }
        }
        assert_eq!(query.page, None, "{} has no end", descriptor.name);
        let listings = catalogue.on(descriptor.name).into_iter();
        let expected: BTreeSet<String> = listings
            .filter(|listing| listing.name.contains("http-client") && listing.stars > 0)
            // GitHub's search leaves forks out unless the query wants them.
            .filter(|listing| !(listing.private || (listing.fork && descriptor.name == "github")))
            .map(|listing| listing.full_name())
            .collect();
        assert!(expected.len() >= 5);
        assert_eq!(found, expected, "{}", descriptor.name);
    }
}

#[tokio::test]
async fn a_search_keeps_to_its_language() {
    let catalogue = Catalogue::made_up();
    for (descriptor, start) in PLATFORMS {
        let server = start(&catalogue);
        let (client, _folder) = client(descriptor, &server);
        let mut query = query("rate limiter");
        query.page_size = 100;
        query.language = Some("Go".to_owned());
        let page = client.search(&query, &bounds()).await.unwrap();
        let found: BTreeSet<String> = page
            .repositories
            .iter()
            .map(|facts| facts.full_name.clone())
            .collect();
        let listings = catalogue.on(descriptor.name).into_iter();
        let expected: BTreeSet<String> = listings
            .filter(|listing| {
                listing.name.contains("rate-limiter") && listing.language == Some("Go")
            })
            .filter(|listing| !(listing.private || (listing.fork && descriptor.name == "github")))
            .map(|listing| listing.full_name())
            .collect();
        assert!(!expected.is_empty());
        assert_eq!(found, expected, "{}", descriptor.name);
    }
}

#[tokio::test]
async fn a_look_up_follows_renames_and_does_not_see_what_is_private() {
    let catalogue = Catalogue::made_up();
    for (descriptor, start) in PLATFORMS {
        let server = start(&catalogue);
        let (client, _folder) = client(descriptor, &server);
        let bounds = bounds();
        let is_renamed =
            |listing: &synthesizer_testkit::platforms::Listing| listing.former_name.is_some();
        let renamed = catalogue.find(descriptor.name, is_renamed);
        let former = renamed.former_full_name().unwrap();
        let facts = client.look_up(&former, &bounds).await.unwrap();
        assert_eq!(facts.full_name, renamed.full_name(), "{}", descriptor.name);
        assert_eq!(facts.renamed_from.as_deref(), Some(former.as_str()));
        let archived = catalogue.find(descriptor.name, |listing| listing.archived);
        let facts = client
            .look_up(&archived.full_name(), &bounds)
            .await
            .unwrap();
        assert!(facts.archived, "{}", descriptor.name);
        assert_eq!(
            (facts.stars, facts.renamed_from),
            (Some(archived.stars), None)
        );
        let private = catalogue.find(descriptor.name, |listing| listing.private);
        let hidden = client
            .look_up(&private.full_name(), &bounds)
            .await
            .unwrap_err();
        assert_eq!(hidden.code, ErrorCode::NotFound, "{}", descriptor.name);
        assert!(hidden.hint.is_some());
    }
}

#[tokio::test]
async fn fault_13_what_cannot_be_read_is_an_error_of_its_kind() {
    let catalogue = Catalogue::made_up();
    let status = |status: u16| Fault::Status(status, Vec::new());
    // Waits are longer than the deadline, so that none of them is waited for.
    let cases = [
        (Fault::GarbageBytes, ErrorCode::Upstream, None),
        (Fault::MalformedJson, ErrorCode::Upstream, None),
        (Fault::DeepJson(100_000), ErrorCode::Upstream, None),
        (Fault::WrongType, ErrorCode::Upstream, None),
        (Fault::Truncate(200), ErrorCode::Upstream, None),
        (Fault::TruncatedGzip, ErrorCode::Upstream, None),
        (Fault::HugeBody(8 << 20), ErrorCode::Limit, None),
        (Fault::GzipBomb(8 << 20), ErrorCode::Limit, None),
        (status(401), ErrorCode::Authentication, None),
        (status(404), ErrorCode::NotFound, None),
        (status(422), ErrorCode::Query, None),
        (status(502), ErrorCode::Upstream, None),
        (
            Fault::LimitWithRetryAfter(70),
            ErrorCode::RateLimited,
            Some(70),
        ),
        (
            Fault::LimitWithRetryAfter(u64::MAX),
            ErrorCode::RateLimited,
            Some(86_400),
        ),
        (
            Fault::SecondaryLimitWithoutHeaders,
            ErrorCode::RateLimited,
            Some(60),
        ),
    ];
    for (descriptor, start) in PLATFORMS {
        for (fault, code, retry_after) in cases.clone() {
            let server = start(&catalogue);
            let (client, _folder) = client(descriptor, &server);
            server.faults().always(fault.clone());
            let outcome = client.search(&query("http client"), &bounds()).await;
            let failure = outcome.expect_err(&format!("{} with {fault:?}", descriptor.name));
            assert_eq!(
                (failure.code, failure.retry_after_seconds),
                (code, retry_after),
                "{} with {fault:?}: {failure}",
                descriptor.name
            );
        }
    }
}

#[tokio::test]
async fn fault_14_a_page_that_is_followed_by_itself_is_the_last() {
    let catalogue = Catalogue::made_up();
    for (descriptor, start) in PLATFORMS {
        let server = start(&catalogue);
        let (client, _folder) = client(descriptor, &server);
        server.faults().always(Fault::LoopingPages);
        let mut query = query("http client");
        query.page_size = 2;
        let mut asked = 0;
        while asked < 5 {
            let page = client.search(&query, &bounds()).await.unwrap();
            asked += 1;
            query.page = page.next;
            if query.page.is_none() {
                break;
            }
        }
        assert_eq!(query.page, None, "{} was asked for ever", descriptor.name);
    }
}

#[tokio::test]
async fn a_slow_platform_costs_its_deadline() {
    let catalogue = Catalogue::made_up();
    for (descriptor, start) in PLATFORMS {
        let server = start(&catalogue);
        let (client, _folder) = client(descriptor, &server);
        server
            .faults()
            .always(Fault::Delay(Duration::from_secs(600)));
        let mut bounds = bounds();
        bounds.deadline = tokio::time::Instant::now() + Duration::from_millis(100);
        let failure = client.search(&query("x"), &bounds).await.unwrap_err();
        assert_eq!(failure.code, ErrorCode::Timeout, "{}", descriptor.name);
        bounds.cancellation.cancel();
        bounds.deadline += Duration::from_secs(10);
        let failure = client.search(&query("x"), &bounds).await.unwrap_err();
        assert_eq!(failure.code, ErrorCode::Cancelled, "{}", descriptor.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_up_is_what_githubs_description_says() {
    let mock = tokio::task::block_in_place(GithubMock::start);
    let (connection, _folder) = connection(&GITHUB, &mock.base_url());
    let client = (GITHUB.connect)(connection);
    // What it answers is an example of the description, whatever is asked.
    let facts = client.look_up("psf/requests", &bounds()).await.unwrap();
    assert!(facts.renamed_from.is_some(), "{facts:?}");
    assert_eq!(mock.violations(), Vec::<String>::new(), "{}", mock.log());
    assert_eq!(mock.requests(), 1);
}
