//! One address in front of several stand-ins, as a self-hosted platform has its API and its repositories on one server. Passes requests on by
//! the beginning of their path and changes nothing else.

use std::net::SocketAddr;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse as _, Response},
};

use crate::{http_client, loopback::LoopbackServer};

/// The largest request that is passed on.
const REQUEST_LIMIT: usize = 64 << 20;

/// Headers that belong to one connection.
const OF_CONNECTION: [&str; 5] = [
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "expect",
];

/// The server; ends when dropped.
#[derive(Debug)]
pub struct Front {
    server: LoopbackServer,
}

#[derive(Debug, Clone)]
struct Behind {
    prefix: String,
    of_prefix: SocketAddr,
    rest: SocketAddr,
}

impl Front {
    /// Passes requests below `prefix` to one server and all others to another.
    pub fn start(prefix: &str, of_prefix: SocketAddr, rest: SocketAddr) -> Self {
        let behind = Behind {
            prefix: prefix.to_owned(),
            of_prefix,
            rest,
        };
        let routes = Router::new().fallback(pass_on).with_state(behind);
        Self {
            server: LoopbackServer::start(routes),
        }
    }

    /// Gives `HOST:PORT`, as `network.allow_hosts` wants it.
    pub fn authority(&self) -> String {
        self.server.address().to_string()
    }

    /// Gives the URL of a path, which starts with a slash.
    pub fn url(&self, path: &str) -> String {
        self.server.url(path)
    }
}

async fn pass_on(State(behind): State<Behind>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, REQUEST_LIMIT).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let target = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let target = target.to_owned();
    let address = if target.starts_with(&behind.prefix) {
        behind.of_prefix
    } else {
        behind.rest
    };
    let answered = tokio::task::spawn_blocking(move || {
        let headers: Vec<(&str, &str)> = parts
            .headers
            .iter()
            .filter(|(name, _)| !OF_CONNECTION.contains(&name.as_str()))
            .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
            .collect();
        http_client::send(address, parts.method.as_str(), &target, &headers, &body)
    });
    // A stand-in that refuses connections makes the sender panic.
    let Ok(reply) = answered.await else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() =
        StatusCode::from_u16(reply.status).expect("an HTTP server answers with a status");
    for (name, value) in reply.headers {
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_str(&value),
        ) && !OF_CONNECTION.contains(&name.as_str())
        {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
