//! One registry on a port of 127.0.0.1: asks for credentials, keeps a log, does wrong by script. Must not know any registry's documents.

use std::{io, sync::Arc};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use futures_util::stream;
use percent_encoding::percent_decode_str;

use crate::{
    faults::{Fault, Faults},
    loopback::{LoggedRequest, LoopbackServer, RequestLog},
};

/// How much is written at once of a body that is far too large.
const PIECE: usize = 64 << 10;

/// What a registry has.
pub(super) trait Shelf: Send + Sync + 'static {
    /// Gives the document at a percent-decoded path; `base` is where this server is, such as `http://127.0.0.1:4711`.
    fn document(&self, path: &str, base: &str) -> Option<Document>;
}

/// One answer.
#[derive(Debug, Clone)]
pub(super) struct Document {
    /// Its media type.
    pub(super) kind: &'static str,
    /// Its bytes.
    pub(super) body: Vec<u8>,
}

/// A running registry; ends when dropped.
pub(super) struct RegistryServer {
    server: LoopbackServer,
    desk: Arc<Desk>,
}

struct Desk {
    shelf: Box<dyn Shelf>,
    authorization: Option<String>,
    log: RequestLog,
    faults: Faults,
}

impl RegistryServer {
    /// Serves a shelf; with `authorization`, to nobody who does not send exactly this header.
    pub(super) fn start(shelf: impl Shelf, authorization: Option<String>) -> Self {
        let desk = Arc::new(Desk {
            shelf: Box::new(shelf),
            authorization,
            log: RequestLog::default(),
            faults: Faults::default(),
        });
        let routes = Router::new().fallback(answer).with_state(desk.clone());
        Self {
            server: LoopbackServer::start(routes),
            desk,
        }
    }

    /// Gives the URL of a path, which starts with a slash.
    pub(super) fn url(&self, path: &str) -> String {
        self.server.url(path)
    }

    /// Gives `HOST:PORT`.
    pub(super) fn authority(&self) -> String {
        self.server.address().to_string()
    }

    /// Gives the script of what goes wrong.
    pub(super) fn faults(&self) -> &Faults {
        &self.desk.faults
    }

    /// Gives the requests so far.
    pub(super) fn requests(&self) -> Vec<LoggedRequest> {
        self.desk.log.all()
    }
}

impl std::fmt::Debug for RegistryServer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.server.fmt(formatter)
    }
}

async fn answer(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    desk.log.record(&parts);
    let fault = desk.faults.take(parts.uri.path());
    if let Some(Fault::Hold(gate)) = &fault {
        gate.pass().await;
    }
    if !desk.admits(&parts.headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let host = parts.headers.get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    let path = percent_decode_str(parts.uri.path()).decode_utf8_lossy();
    let document = desk.shelf.document(&path, &format!("http://{host}"));
    match (fault, document) {
        (Some(Fault::Status(status, headers)), _) => failure(status, &headers),
        (Some(Fault::RedirectTo(url)), _) => {
            (StatusCode::FOUND, [(header::LOCATION, url)]).into_response()
        }
        (_, None) => StatusCode::NOT_FOUND.into_response(),
        (None | Some(Fault::Hold(_)), Some(document)) => whole(document),
        (Some(Fault::GarbageBytes), Some(mut document)) => {
            document.body.fill(0xA5);
            whole(document)
        }
        (Some(Fault::Truncate(count)), Some(document)) => truncated(document, count),
        (Some(Fault::HugeBody(size)), Some(document)) => flood(document.kind, size),
        (Some(other), Some(_)) => panic!("a registry cannot do this: {other:?}"),
    }
}

impl Desk {
    fn admits(&self, headers: &HeaderMap) -> bool {
        self.authorization.as_ref().is_none_or(|expected| {
            headers
                .get(header::AUTHORIZATION)
                .is_some_and(|given| given.as_bytes() == expected.as_bytes())
        })
    }
}

fn failure(status: u16, headers: &[(String, String)]) -> Response {
    let status = StatusCode::from_u16(status).expect("a status that exists");
    let mut answer = Response::builder().status(status);
    for (name, value) in headers {
        answer = answer.header(name, value);
    }
    answer.body(Body::from("{}")).expect("headers are plain")
}

fn whole(document: Document) -> Response {
    ([(header::CONTENT_TYPE, document.kind)], document.body).into_response()
}

/// Announces the whole body, sends its beginning and breaks the connection.
fn truncated(document: Document, count: usize) -> Response {
    let announced = document.body.len();
    let mut beginning = document.body;
    beginning.truncate(count);
    let broken = io::Error::other("broken off by the script");
    let pieces = stream::iter([Ok(Bytes::from(beginning)), Err(broken)]);
    let headers = [
        (header::CONTENT_TYPE, document.kind.to_owned()),
        (header::CONTENT_LENGTH, announced.to_string()),
    ];
    (headers, Body::from_stream(pieces)).into_response()
}

/// Sends blanks in chunks, without an announced length.
fn flood(kind: &'static str, size: u64) -> Response {
    let piece = Bytes::from(vec![b' '; PIECE]);
    let count = usize::try_from(size)
        .expect("a size that fits")
        .div_ceil(PIECE);
    let pieces = stream::iter((0..count).map(move |_| Ok::<_, io::Error>(piece.clone())));
    ([(header::CONTENT_TYPE, kind)], Body::from_stream(pieces)).into_response()
}
