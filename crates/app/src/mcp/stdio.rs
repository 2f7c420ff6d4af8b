//! One JSON-RPC message a line, over any pair of streams, within bounds. Must not die on what a client sends.
//!
//! What the protocol library's own transport leaves open is closed here: lines above 4 MiB, text that is no JSON, batches
//! and messages of no known form are answered or skipped and the connection lives; notifications before the opening are
//! dropped; a request that reuses an id in flight, or comes while too many are in flight, is refused.

use std::{
    collections::HashSet,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rmcp::{
    RoleServer,
    model::{
        ClientNotification, ClientRequest, ErrorCode, ErrorData, GetMeta as _, JsonRpcMessage,
        ProtocolVersion, RequestId,
    },
    service::{RxJsonRpcMessage, TxJsonRpcMessage},
    transport::Transport,
};
use serde_json::Value;
use synthesizer_infrastructure::telemetry::tasks;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader},
    sync::{mpsc, oneshot},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use crate::answer::escape_json;

/// The longest line that is accepted, in bytes.
const LINE_LIMIT: usize = 4 << 20;

/// Requests that may be in flight; more are refused.
const IN_FLIGHT_LIMIT: usize = 256;

/// Messages that may wait for a slow reader.
const OUTBOUND_LIMIT: usize = 64;

/// How long the end waits for a slow reader.
const CLOSE_PATIENCE: Duration = Duration::from_secs(1);

/// JSON-RPC leaves -32000 to -32099 to servers.
const TOO_MANY_REQUESTS: ErrorCode = ErrorCode(-32000);

/// A line on its way out and who waits for it.
type Outbound = (Vec<u8>, Option<oneshot::Sender<io::Result<()>>>);

/// A transport over a pair of streams.
pub(super) struct Stdio<R> {
    reader: BufReader<R>,
    line: Vec<u8>,
    discarding: bool,
    opened: bool,
    in_flight: Arc<Mutex<HashSet<RequestId>>>,
    reply: Option<Vec<u8>>,
    outbound: Option<mpsc::Sender<Outbound>>,
    writer: Option<JoinHandle<()>>,
}

impl<R: AsyncRead + Send + Unpin> Stdio<R> {
    /// Takes the streams; `gone` is cancelled when the client reads no more.
    pub(super) fn new<W>(reader: R, writer: W, gone: CancellationToken) -> Self
    where
        W: AsyncWrite + Send + Unpin + 'static,
    {
        let (outbound, lines) = mpsc::channel(OUTBOUND_LIMIT);
        Self {
            reader: BufReader::new(reader),
            line: Vec::new(),
            discarding: false,
            opened: false,
            in_flight: Arc::default(),
            reply: None,
            outbound: Some(outbound),
            writer: Some(tasks::spawn("mcp_writer", write_lines(writer, lines, gone))),
        }
    }

    /// Reads one line into `self.line`. Safe to cancel: what was read stays.
    async fn read_line(&mut self) -> Line {
        loop {
            let available = match self.reader.fill_buf().await {
                Ok(available) => available,
                Err(error) => {
                    tracing::warn!(%error, "cannot read from the client");
                    return Line::End;
                }
            };
            if available.is_empty() {
                let rest = !self.line.is_empty() && !self.discarding;
                return if rest { Line::Whole } else { Line::End };
            }
            let newline = available.iter().position(|byte| *byte == b'\n');
            let taken = newline.map_or(available.len(), |position| position + 1);
            let too_long = !self.discarding && self.line.len() + taken > LINE_LIMIT;
            if !self.discarding && !too_long {
                self.line.extend_from_slice(&available[..taken]);
            }
            self.reader.consume(taken);
            if too_long {
                self.line = Vec::new();
                self.discarding = newline.is_none();
                return Line::TooLong;
            }
            match (newline, self.discarding) {
                (Some(_), true) => self.discarding = false,
                (Some(_), false) => return Line::Whole,
                (None, _) => {}
            }
        }
    }

    /// Decides what becomes of a message: delivered, answered with an error, or dropped.
    fn admit(&mut self, message: RxJsonRpcMessage<RoleServer>) -> Admission {
        match &message {
            JsonRpcMessage::Request(request) => {
                if opens(&request.request) {
                    self.opened = true;
                }
                let mut in_flight = lock(&self.in_flight);
                if in_flight.len() >= IN_FLIGHT_LIMIT {
                    let error = ErrorData::new(
                        TOO_MANY_REQUESTS,
                        "too many requests are in flight; wait for answers",
                        None,
                    );
                    return Admission::Refused(error, Some(request.id.clone()));
                }
                if !in_flight.insert(request.id.clone()) {
                    let error = ErrorData::invalid_request(
                        "a request with this id is still in flight",
                        None,
                    );
                    return Admission::Refused(error, Some(request.id.clone()));
                }
            }
            JsonRpcMessage::Notification(notification) => {
                if let ClientNotification::CancelledNotification(cancelled) =
                    &notification.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    lock(&self.in_flight).remove(id);
                }
                if !self.opened {
                    return Admission::Dropped;
                }
            }
            JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_) => {
                if !self.opened {
                    return Admission::Dropped;
                }
            }
        }
        Admission::Delivered(Box::new(message))
    }

    fn refuse(&mut self, error: ErrorData, id: Option<RequestId>) {
        tracing::debug!(message = %error.message, "refused a message");
        self.reply = encode(&JsonRpcMessage::error(error, id)).ok();
    }
}

/// The outcome of reading a line.
enum Line {
    Whole,
    TooLong,
    End,
}

/// What becomes of a message.
enum Admission {
    Delivered(Box<RxJsonRpcMessage<RoleServer>>),
    Refused(ErrorData, Option<RequestId>),
    Dropped,
}

impl<R: AsyncRead + Send + Unpin> Transport<RoleServer> for Stdio<R> {
    type Error = io::Error;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), io::Error>> + Send + 'static {
        match &item {
            JsonRpcMessage::Response(response) => {
                lock(&self.in_flight).remove(&response.id);
            }
            JsonRpcMessage::Error(error) => {
                if let Some(id) = &error.id {
                    lock(&self.in_flight).remove(id);
                }
            }
            JsonRpcMessage::Request(_) | JsonRpcMessage::Notification(_) => {}
        }
        let line = encode(&item);
        let outbound = self.outbound.clone();
        async move {
            let (written, wait) = oneshot::channel();
            let sent = match outbound {
                Some(outbound) => outbound.send((line?, Some(written))).await.is_ok(),
                None => false,
            };
            if !sent {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            wait.await
                .unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into()))
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            if self.reply.is_some() {
                // Waiting here while the client does not read is what bounds the replies.
                let permit = self.outbound.as_ref()?.reserve().await.ok()?;
                if let Some(reply) = self.reply.take() {
                    permit.send((reply, None));
                }
            }
            match self.read_line().await {
                Line::End => return None,
                Line::TooLong => {
                    let error = ErrorData::invalid_request(
                        format!("the message is longer than {LINE_LIMIT} bytes"),
                        None,
                    );
                    self.refuse(error, None);
                }
                Line::Whole => {
                    let line = std::mem::take(&mut self.line);
                    match decode(&line) {
                        Decoded::Nothing => {}
                        Decoded::Wrong(error, id) => self.refuse(error, id),
                        Decoded::Message(message) => match self.admit(*message) {
                            Admission::Delivered(message) => return Some(*message),
                            Admission::Refused(error, id) => self.refuse(error, id),
                            Admission::Dropped => {
                                tracing::debug!("dropped a message before the opening");
                            }
                        },
                    }
                }
            }
        }
    }

    async fn close(&mut self) -> Result<(), io::Error> {
        self.outbound = None;
        if let Some(mut writer) = self.writer.take()
            && tokio::time::timeout(CLOSE_PATIENCE, &mut writer)
                .await
                .is_err()
        {
            writer.abort();
        }
        Ok(())
    }
}

/// Says whether a request starts the protocol: `initialize`, or one that carries its own metadata.
fn opens(request: &ClientRequest) -> bool {
    match request {
        ClientRequest::InitializeRequest(_) => true,
        ClientRequest::DiscoverRequest(_) | ClientRequest::PingRequest(_) => false,
        other => other
            .get_meta()
            .missing_required_keys(&ProtocolVersion::V_2026_07_28)
            .is_empty(),
    }
}

/// What a line turned out to be.
enum Decoded {
    Nothing,
    Message(Box<RxJsonRpcMessage<RoleServer>>),
    Wrong(ErrorData, Option<RequestId>),
}

fn decode(line: &[u8]) -> Decoded {
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
    if line.iter().all(u8::is_ascii_whitespace) {
        return Decoded::Nothing;
    }
    let value: Value = match serde_json::from_slice(line) {
        Ok(value) => value,
        Err(error) => {
            let message = format!("the line is not JSON: {error}");
            return Decoded::Wrong(ErrorData::parse_error(message, None), None);
        }
    };
    if value.is_array() {
        let message = "batches are not part of the protocol; send one message a line";
        return Decoded::Wrong(ErrorData::invalid_request(message, None), None);
    }
    let id = value.get("id").cloned();
    let is_notification = id.is_none() && value.get("method").is_some_and(Value::is_string);
    match serde_json::from_value(value) {
        Ok(message) => Decoded::Message(Box::new(message)),
        // A notification is never answered, not even a malformed one.
        Err(_) if is_notification => Decoded::Nothing,
        Err(_) => {
            let id = id.and_then(|id| serde_json::from_value(id).ok());
            let message = "the message is not a JSON-RPC 2.0 request, notification or response";
            Decoded::Wrong(ErrorData::invalid_request(message, None), id)
        }
    }
}

/// Writes a message as one line; control and invisible characters only as escapes.
fn encode(message: &TxJsonRpcMessage<RoleServer>) -> io::Result<Vec<u8>> {
    let json = serde_json::to_string(message)?;
    let mut line = escape_json(&json).into_bytes();
    line.push(b'\n');
    Ok(line)
}

/// Owns the output stream. Ends when the transport is closed or the client reads no more.
async fn write_lines<W: AsyncWrite + Unpin>(
    mut writer: W,
    mut lines: mpsc::Receiver<Outbound>,
    gone: CancellationToken,
) {
    while let Some((line, waiting)) = lines.recv().await {
        let written = async {
            writer.write_all(&line).await?;
            writer.flush().await
        }
        .await;
        let failed = written.is_err();
        if let Some(waiting) = waiting {
            // The sender may have given up waiting.
            let _ = waiting.send(written);
        }
        if failed {
            tracing::info!("the client reads no more");
            gone.cancel();
            return;
        }
    }
}

fn lock(in_flight: &Mutex<HashSet<RequestId>>) -> std::sync::MutexGuard<'_, HashSet<RequestId>> {
    in_flight.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use super::*;

    const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}"#;

    /// Feeds lines; gives the ids or methods of what is delivered and the codes and ids of what is answered.
    async fn check(input: &[u8], delivered: &[&str], answered: &[(i64, Value)]) {
        let (writer, mut answers) = tokio::io::duplex(1 << 20);
        let mut transport = Stdio::new(input, writer, CancellationToken::new());
        let mut seen = Vec::new();
        while let Some(message) = transport.receive().await {
            let value = serde_json::to_value(&message).expect("JSON");
            seen.push(value["id"].as_i64().map_or_else(
                || value["method"].as_str().unwrap_or_default().to_owned(),
                |id| id.to_string(),
            ));
        }
        transport.close().await.expect("closes");
        let mut text = String::new();
        answers.read_to_string(&mut text).await.expect("text");
        let replies: Vec<(i64, Value)> = text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
            .map(|value| {
                (
                    value["error"]["code"].as_i64().unwrap_or(0),
                    value["id"].clone(),
                )
            })
            .collect();
        assert_eq!(seen, delivered);
        assert_eq!(replies, answered);
    }

    #[tokio::test]
    async fn garbage_is_answered_and_the_connection_lives() {
        let input =
            format!("not json\n\n  \r\n\u{feff}{INITIALIZE}\n[{INITIALIZE}]\n{{\"foo\":1}}\n3\n");
        let mut input = input.into_bytes();
        input.extend_from_slice(
            b"{\"a\":\"\xff\xfe\"}\n{\"jsonrpc\":\"1.0\",\"id\":7,\"method\":\"ping\"}\n",
        );
        input.extend_from_slice(b"{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"ping\"}\n{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\",\"params\":3}\n");
        input.extend_from_slice(b"{\"jsonrpc\":\"2.0\",\"id\":8,\"method\":\"tools/list\"}");
        let null = Value::Null;
        check(
            &input,
            &["0", "8"],
            &[
                (-32700, null.clone()),
                (-32600, null.clone()),
                (-32600, null.clone()),
                (-32600, null.clone()),
                (-32700, null.clone()),
                (-32600, Value::from(7)),
                (-32600, null),
            ],
        )
        .await;
    }

    #[tokio::test]
    async fn deep_nesting_and_absurd_numbers_are_parse_errors() {
        let input = format!(
            "{}\n{{\"jsonrpc\":\"2.0\",\"id\":1e999,\"method\":\"ping\"}}\n",
            "[".repeat(100_000)
        );
        check(
            input.as_bytes(),
            &[],
            &[(-32700, Value::Null), (-32700, Value::Null)],
        )
        .await;
    }

    #[tokio::test]
    async fn a_line_above_the_limit_is_skipped_to_its_end() {
        let input = format!("{}\n{INITIALIZE}\n", "x".repeat(LINE_LIMIT * 2));
        check(input.as_bytes(), &["0"], &[(-32600, Value::Null)]).await;
    }

    #[tokio::test]
    async fn only_requests_are_delivered_before_the_opening() {
        let initialized = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
        let response = r#"{"jsonrpc":"2.0","id":5,"result":{}}"#;
        let input = format!("{initialized}\n{response}\n{INITIALIZE}\n{initialized}\n");
        check(input.as_bytes(), &["0", "notifications/initialized"], &[]).await;
    }

    #[tokio::test]
    async fn an_id_in_flight_cannot_be_used_again() {
        let ping = r#"{"jsonrpc":"2.0","id":3,"method":"ping"}"#;
        let input = format!("{ping}\n{ping}\n");
        check(input.as_bytes(), &["3"], &[(-32600, Value::from(3))]).await;
    }

    #[tokio::test]
    async fn a_client_that_reads_no_more_ends_the_server() {
        let (writer, answers) = tokio::io::duplex(64);
        drop(answers);
        let gone = CancellationToken::new();
        let mut transport = Stdio::new(&b""[..], writer, gone.clone());
        let error = ErrorData::internal_error("x", None);
        let sent = transport.send(JsonRpcMessage::error(error, None)).await;
        assert!(sent.is_err());
        gone.cancelled().await;
    }
}
