//! The clients of Hugging Face, Kaggle and arXiv against stand-ins that know the platforms' documentation and not these clients.

use synthesizer_infrastructure::config::PlatformSettings;
use synthesizer_model::{ErrorCode, Failure, discovery::RepositoryFacts, secret::Secret};
use synthesizer_testkit::{
    faults::Fault,
    platforms::{Catalogue, PlatformServer},
};

use super::{
    arxiv::ARXIV,
    hugging_face::HUGGING_FACE,
    kaggle::KAGGLE,
    testing::{bounds, connection, query},
};
use crate::client::{PlatformClient, PlatformDescriptor, PlatformPage, PlatformQuery};

struct Meeting {
    client: Box<dyn PlatformClient>,
    server: PlatformServer,
    catalogue: Catalogue,
    _folder: tempfile::TempDir,
}

impl Meeting {
    fn new(
        descriptor: &'static PlatformDescriptor,
        serve: fn(&Catalogue) -> PlatformServer,
        settings: fn(&PlatformServer) -> PlatformSettings,
    ) -> Self {
        let catalogue = Catalogue::made_up();
        let server = serve(&catalogue);
        let (mut connection, folder) = connection(descriptor, &server.base_url());
        connection.settings = settings(&server);
        Self {
            client: (descriptor.connect)(connection),
            server,
            catalogue,
            _folder: folder,
        }
    }

    /// Asks for the first page of a search.
    async fn search(&self, text: &str) -> Result<PlatformPage, Failure> {
        self.client.search(&query(text), &bounds()).await
    }

    /// Walks all pages of a search.
    async fn walk(&self, mut query: PlatformQuery) -> Vec<RepositoryFacts> {
        let mut found = Vec::new();
        for _ in 0..30 {
            let page = self.client.search(&query, &bounds()).await.expect("a page");
            assert!(!page.partial, "{:?}", page.remarks);
            found.extend(page.repositories);
            query.page = page.next;
            if query.page.is_none() {
                return found;
            }
        }
        panic!("the pages do not end");
    }

    /// Holds full names and stars against those of the catalogue whose names or titles hold the words.
    fn compare(&self, found: &[RepositoryFacts], expected: &[(String, Option<u64>)]) {
        let mut found: Vec<(String, Option<u64>)> = found
            .iter()
            .map(|facts| (facts.full_name.clone(), facts.stars))
            .collect();
        let mut expected = expected.to_vec();
        found.sort();
        expected.sort();
        assert!(expected.len() > 5, "{expected:?}");
        assert_eq!(found, expected, "on {}", self.server.name());
    }
}

fn with_token(server: &PlatformServer) -> PlatformSettings {
    PlatformSettings {
        token: Some(Secret::new(server.token())),
        ..PlatformSettings::default()
    }
}

fn with_key(server: &PlatformServer) -> PlatformSettings {
    server.accept_token("ada:the-key");
    PlatformSettings {
        username: Some("ada".to_owned()),
        key: Some(Secret::new("the-key")),
        ..PlatformSettings::default()
    }
}

fn prefixed(kind: &str, kernels: &str) -> String {
    match kind {
        "kernel" => kernels.to_owned(),
        kind => format!("{kind}s/"),
    }
}

#[tokio::test]
async fn every_public_entry_of_hugging_face_is_found_once_and_looked_up() {
    let meeting = Meeting::new(&HUGGING_FACE, PlatformServer::hugging_face, with_token);
    let listings = meeting.catalogue.on("huggingface").into_iter();
    let fitting: Vec<_> = listings
        .filter(|listing| !listing.private && listing.name.contains("http-client"))
        .collect();
    let expected: Vec<(String, Option<u64>)> = fitting
        .iter()
        .map(|listing| {
            let prefix = match listing.kind {
                "model" => String::new(),
                kind => prefixed(kind, ""),
            };
            (
                format!("{prefix}{}", listing.full_name()),
                Some(listing.stars),
            )
        })
        .collect();
    let query = PlatformQuery {
        page_size: 5,
        ..query("http client")
    };
    let found = meeting.walk(query).await;
    meeting.compare(&found, &expected);
    for facts in &found {
        let again = meeting.client.look_up(&facts.full_name, &bounds()).await;
        assert_eq!(again.expect("the entry"), *facts);
    }
    let stars: u64 = 1_000;
    let query = PlatformQuery {
        min_stars: stars,
        ..super::testing::query("http client")
    };
    let popular = meeting.walk(query).await;
    let expected = fitting
        .iter()
        .filter(|listing| listing.stars >= stars)
        .count();
    assert_eq!(popular.len(), expected);
}

#[tokio::test]
async fn kaggle_is_walked_with_a_token_and_with_a_key() {
    for settings in [
        with_token as fn(&PlatformServer) -> PlatformSettings,
        with_key,
    ] {
        let meeting = Meeting::new(&KAGGLE, PlatformServer::kaggle, settings);
        let listings = meeting.catalogue.on("kaggle").into_iter();
        let expected: Vec<(String, Option<u64>)> = listings
            .filter(|listing| !listing.private && listing.name.contains("http-client"))
            .map(|listing| {
                let prefix = prefixed(listing.kind, "kernels/");
                (
                    format!("{prefix}{}", listing.full_name()),
                    Some(listing.stars),
                )
            })
            .collect();
        let query = PlatformQuery {
            page_size: 6,
            ..query("http client")
        };
        let found = meeting.walk(query).await;
        meeting.compare(&found, &expected);
        for facts in found.iter().take(6) {
            let again = meeting.client.look_up(&facts.full_name, &bounds()).await;
            assert_eq!(again.expect("the entry"), *facts);
        }
    }
}

#[tokio::test]
async fn a_kaggle_of_ones_own_is_asked_without_credentials_too() {
    let meeting = Meeting::new(&KAGGLE, PlatformServer::kaggle, |_| {
        PlatformSettings::default()
    });
    let failure = meeting.client.search(&query("x"), &bounds()).await;
    assert_eq!(
        failure.expect_err("refused").code,
        ErrorCode::Authentication
    );
    let failure = meeting.client.look_up("o/n", &bounds()).await;
    assert_eq!(
        failure.expect_err("refused").code,
        ErrorCode::Authentication
    );
    assert!(meeting.server.connections() > 0);
}

#[tokio::test]
async fn arxiv_finds_papers_by_all_words() {
    let meeting = Meeting::new(&ARXIV, PlatformServer::arxiv, |_| {
        PlatformSettings::default()
    });
    let listings = meeting.catalogue.on("arxiv").into_iter();
    let expected: Vec<(String, Option<u64>)> = listings
        .filter(|listing| listing.title.to_lowercase().contains("graph layout"))
        .map(|listing| (listing.name.clone(), None))
        .collect();
    let query = PlatformQuery {
        page_size: 100,
        ..query("\"graph layout\"")
    };
    let found: Vec<RepositoryFacts> = meeting.walk(query).await;
    let unversioned: Vec<RepositoryFacts> = found
        .into_iter()
        .map(|mut facts| {
            let end = facts.full_name.rfind('v').expect("a version");
            facts.full_name.truncate(end);
            facts
        })
        .collect();
    meeting.compare(&unversioned, &expected);
}

fn all() -> [Meeting; 3] {
    [
        Meeting::new(&HUGGING_FACE, PlatformServer::hugging_face, with_token),
        Meeting::new(&KAGGLE, PlatformServer::kaggle, with_token),
        Meeting::new(&ARXIV, PlatformServer::arxiv, |_| {
            PlatformSettings::default()
        }),
    ]
}

#[tokio::test]
async fn what_goes_wrong_is_an_error_of_its_kind() {
    // Waits are longer than the deadline, so that none of them is waited for.
    let cases = [
        (Fault::GarbageBytes, ErrorCode::Upstream, None),
        (Fault::MalformedJson, ErrorCode::Upstream, None),
        (Fault::DeepJson(100_000), ErrorCode::Upstream, None),
        (Fault::WrongType, ErrorCode::Upstream, None),
        (Fault::Truncate(200), ErrorCode::Upstream, None),
        (Fault::TruncatedGzip, ErrorCode::Upstream, None),
        (Fault::HugeBody(8 << 20), ErrorCode::Limit, None),
        (
            Fault::LimitWithRetryAfter(70),
            ErrorCode::RateLimited,
            Some(70),
        ),
        (
            Fault::SecondaryLimitWithoutHeaders,
            ErrorCode::RateLimited,
            Some(60),
        ),
    ];
    for (fault, code, retry_after) in cases {
        for meeting in all() {
            meeting.server.faults().always(fault.clone());
            let outcome = meeting.search("http client").await;
            let failure = outcome.expect_err("a fault");
            assert_eq!(
                (failure.code, failure.retry_after_seconds),
                (code, retry_after),
                "{} with {fault:?}: {failure}",
                meeting.server.name()
            );
        }
    }
}

#[tokio::test]
async fn one_broken_list_costs_its_own_entries() {
    for (meeting, broken) in all().into_iter().zip(["/api/datasets", "/api/v1/kernels"]) {
        meeting.server.faults().on(broken).always(Fault::WrongType);
        let page = meeting.search("http client").await.expect("a page");
        let list = broken.rsplit('/').next().unwrap_or_default();
        assert!(page.partial);
        assert!(page.remarks[0].starts_with(&format!("{list} could not be searched")));
        assert!(page.repositories.len() > 3);
    }
}
