//! Bodies on both ways: those of requests are read whole within bounds of size and time, those of answers keep what must last as long.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody, to_bytes},
    extract::Request,
    http::{StatusCode, header},
    response::Response,
};
use hyper::body::{Frame, SizeHint};
use serde::Deserialize;
use serde_json::{Map, Value};
use synthesizer_model::{ErrorCode, Failure};

use super::gate::Refusal;
use crate::mcp::sent_in_meta;

/// The largest body of a request, in bytes.
pub(super) const MOST_BYTES: usize = 4 << 20;

/// How long a body may take to come.
const TIME: Duration = Duration::from_secs(30);

/// Reads the body of a request, and gives the request with it and the correlation id that the message carries.
///
/// # Errors
/// 413 past [`MOST_BYTES`], 408 when it does not come in time, 400 when it breaks off.
pub(super) async fn read_whole(request: Request) -> Result<(Request, Option<String>), Refusal> {
    let (parts, body) = request.into_parts();
    let announced = parts
        .headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok())
        .and_then(|length| length.parse::<u64>().ok());
    if announced.is_some_and(|length| length > MOST_BYTES as u64) {
        return Err(too_large());
    }
    let body = match tokio::time::timeout(TIME, to_bytes(body, MOST_BYTES)).await {
        Ok(Ok(body)) => body,
        Ok(Err(error)) if is_limit(&error) => return Err(too_large()),
        Ok(Err(_)) => {
            let failure = Failure::new(ErrorCode::Argument, "the body of the request broke off");
            return Err(Refusal(StatusCode::BAD_REQUEST, failure));
        }
        Err(_) => {
            let message = format!("the body did not come within {} s", TIME.as_secs());
            let failure = Failure::new(ErrorCode::Timeout, message);
            return Err(Refusal(StatusCode::REQUEST_TIMEOUT, failure));
        }
    };
    let Envelope {
        request_id,
        correlation_id,
    } = envelope(&body);
    let mut request = Request::from_parts(parts, Body::from(body));
    if let Some(id) = request_id {
        request.extensions_mut().insert(id);
    }
    Ok((request, correlation_id))
}

/// The id of the protocol's request that a body holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RequestId(pub(super) Value);

fn too_large() -> Refusal {
    let message = format!("the body has more than {MOST_BYTES} bytes");
    let failure = Failure::new(ErrorCode::Limit, message);
    Refusal(StatusCode::PAYLOAD_TOO_LARGE, failure)
}

/// Tells a body past the limit from one that broke off: only the limit's error has no cause but itself.
fn is_limit(error: &axum::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if error.is::<hyper::Error>() {
            return false;
        }
        cause = error.source();
    }
    true
}

/// What is read of a message before the protocol takes it.
#[derive(Debug, Default)]
struct Envelope {
    request_id: Option<RequestId>,
    correlation_id: Option<String>,
}

/// Reads who sends a message and which it is; what is no message has neither.
fn envelope(body: &[u8]) -> Envelope {
    #[derive(Deserialize)]
    struct Message {
        id: Option<Value>,
        method: Option<String>,
        params: Option<Parameters>,
    }
    #[derive(Deserialize)]
    struct Parameters {
        #[serde(rename = "_meta")]
        meta: Option<Map<String, Value>>,
    }
    let Ok(message) = serde_json::from_slice::<Message>(body) else {
        return Envelope::default();
    };
    let meta = message.params.and_then(|parameters| parameters.meta);
    Envelope {
        request_id: message
            .id
            .filter(|_| message.method.is_some())
            .map(RequestId),
        correlation_id: meta.as_ref().and_then(sent_in_meta),
    }
}

/// Keeps something until the last byte of an answer is handed on or nobody wants the answer any more.
pub(super) fn hold<T: Send + Unpin + 'static>(response: Response, held: T) -> Response {
    response.map(|body| Body::new(Held { body, _held: held }))
}

struct Held<T> {
    body: Body,
    _held: T,
}

impl<T: Unpin> HttpBody for Held<T> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use synthesizer_infrastructure::lifecycle::Lifecycle;

    use super::*;

    #[test]
    fn the_id_of_a_message_is_in_its_meta() {
        let check = |body: &str, expected: Option<&str>| {
            let found = envelope(body.as_bytes()).correlation_id;
            assert_eq!(found.as_deref(), expected, "{body}");
        };
        check(
            r#"{"params":{"name":"x","_meta":{"correlation_id":"a-1"}}}"#,
            Some("a-1"),
        );
        check(
            r#"{"params":{"_meta":{"synthesizer/correlation_id":"b"}},"id":1}"#,
            Some("b"),
        );
        check(r#"{"params":{"_meta":{"correlation_id":"a b"}}}"#, None);
        check(r#"{"params":{"_meta":{"correlation_id":7}}}"#, None);
        check(r#"{"params":[{"_meta":{"correlation_id":"a"}}]}"#, None);
        check(r#"[{"params":{"_meta":{"correlation_id":"a"}}}]"#, None);
        check(&"[".repeat(100_000), None);
        check("", None);
    }

    #[test]
    fn requests_alone_have_an_id() {
        let check = |body: &str, expected: Option<Value>| {
            let found = envelope(body.as_bytes()).request_id;
            assert_eq!(found, expected.map(RequestId), "{body}");
        };
        check(r#"{"id":7,"method":"ping"}"#, Some(7.into()));
        check(r#"{"id":"7","method":"ping"}"#, Some("7".into()));
        check(r#"{"id":7,"result":{}}"#, None);
        check(r#"{"method":"notifications/initialized"}"#, None);
    }

    #[tokio::test]
    async fn bodies_have_a_bound() {
        let whole = Request::new(Body::from(vec![b' '; MOST_BYTES]));
        assert!(read_whole(whole).await.is_ok());
        let larger = Request::new(Body::from(vec![b' '; MOST_BYTES + 1]));
        let refusal = read_whole(larger).await.expect_err("too large");
        assert_eq!(refusal.0, StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_given_up() {
        let never =
            Body::from_stream(futures_util::stream::pending::<Result<Bytes, axum::Error>>());
        let refusal = read_whole(Request::new(never)).await.expect_err("too late");
        assert_eq!(refusal.0, StatusCode::REQUEST_TIMEOUT);
    }

    #[test]
    fn an_answer_is_in_flight_until_it_is_gone() {
        let life = Lifecycle::new();
        let answer = hold(Response::new(Body::from("x")), life.track());
        assert_eq!(
            (life.in_flight(), answer.body().size_hint().exact()),
            (1, Some(1))
        );
        drop(answer);
        assert_eq!(life.in_flight(), 0);
    }
}
