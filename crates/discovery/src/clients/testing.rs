//! What the tests of the clients share: connections, queries, and a server on this machine that answers as it is told. Not part of
//! the program.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{Router, extract::Request, response::Response};
use http::{HeaderMap, HeaderName, StatusCode};
use synthesizer_infrastructure::{
    config::{LoadOptions, PlatformSettings, load},
    http::{AnswerHead, Door},
};
use synthesizer_testkit::loopback::{LoggedRequest, LoopbackServer, RequestLog};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::client::{
    CallBounds, Connection, Freshness, PlatformClient, PlatformDescriptor, PlatformQuery,
};

/// Makes a connection; its folder goes with the guard.
pub(super) fn connection(
    descriptor: &'static PlatformDescriptor,
    base_url: &str,
) -> (Connection, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().display().to_string();
    let variables = ["HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"];
    let options = LoadOptions {
        environment: variables.map(|name| (name.to_owned(), home.clone())).into(),
        flags: vec![
            ("resilience.tries".to_owned(), "1".to_owned()),
            ("cache.disk".to_owned(), "false".to_owned()),
        ],
        working_directory: folder.path().to_path_buf(),
        ..LoadOptions::default()
    };
    let config = load(options).unwrap();
    let connection = Connection {
        service: Door::new(&config).unwrap().service(descriptor.service),
        base_url: Url::parse(base_url).unwrap(),
        configured: descriptor.public_url != Some(base_url),
        settings: PlatformSettings::default(),
        fresh: Freshness {
            search: Duration::from_secs(600),
            repository: Duration::from_secs(3600),
        },
        answer_bytes: 1 << 20,
    };
    (connection, folder)
}

/// Makes a query for the first twenty entries.
pub(super) fn query(text: &str) -> PlatformQuery {
    PlatformQuery {
        text: text.to_owned(),
        language: None,
        min_stars: 0,
        page_size: 20,
        page: None,
    }
}

/// Gives half a minute.
pub(super) fn bounds() -> CallBounds {
    CallBounds {
        deadline: tokio::time::Instant::now() + Duration::from_secs(30),
        cancellation: CancellationToken::new(),
    }
}

/// Makes headers.
pub(super) fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
    fields
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
        .collect()
}

/// Gives the wait in seconds that a service reads out of an answer which came in 2026.
pub(super) fn wait_in_seconds(
    descriptor: &PlatformDescriptor,
    status: u16,
    fields: &[(&'static str, &str)],
) -> Option<u64> {
    let headers = headers(fields);
    let head = AnswerHead {
        status: StatusCode::from_u16(status).unwrap(),
        headers: &headers,
        now: 1_795_412_057,
    };
    let reading = (descriptor.service.read_limits)(&head);
    reading.wait.map(|wait| wait.as_secs())
}

/// What a server answers.
#[derive(Debug, Clone, Default)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
}

impl Reply {
    pub(super) fn new(status: u16, body: &str) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.to_owned(),
        }
    }

    pub(super) fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    fn into_response(self) -> Response {
        let mut response = Response::builder().status(self.status);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        response.body(self.body.into()).unwrap()
    }
}

/// A client and the server that it asks.
pub(super) struct Stage {
    pub(super) client: Box<dyn PlatformClient>,
    pub(super) base: String,
    log: RequestLog,
    _server: LoopbackServer,
    _folder: tempfile::TempDir,
}

impl Stage {
    /// Starts a server that answers by path and query, and a client with a token.
    pub(super) fn new(
        descriptor: &'static PlatformDescriptor,
        answer: impl Fn(&str, &str) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let log = RequestLog::default();
        let (answer, seen) = (Arc::new(answer), log.clone());
        let routes = Router::new().fallback(move |request: Request| {
            let (answer, seen) = (Arc::clone(&answer), seen.clone());
            async move {
                let (parts, _) = request.into_parts();
                seen.record(&parts);
                let host = parts.headers.get(http::header::HOST).unwrap();
                let base = format!("http://{}", host.to_str().unwrap());
                answer(&parts.uri.to_string(), &base).into_response()
            }
        });
        let server = LoopbackServer::start(routes);
        let base = server.url("");
        let (mut connection, folder) = connection(descriptor, &base);
        connection.settings.token = Some(synthesizer_model::secret::Secret::new("a-token"));
        Self {
            client: (descriptor.connect)(connection),
            base,
            log,
            _server: server,
            _folder: folder,
        }
    }

    /// Gives path and query of everything that was asked, in order.
    pub(super) fn targets(&self) -> Vec<String> {
        let requests = self.log.all().into_iter();
        requests.map(|request| request.target).collect()
    }

    /// Gives the headers of the first question.
    pub(super) fn first_headers(&self) -> BTreeMap<String, String> {
        let first: LoggedRequest = self.log.all().swap_remove(0);
        first.headers.into_iter().collect()
    }
}
