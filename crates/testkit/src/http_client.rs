//! A small HTTP/1.1 client for loopback servers: one request a connection, raw heads where a test wants them. Must not be used by the program.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use serde_json::Value;

/// How long a server may be silent.
const SILENCE: Duration = Duration::from_secs(60);

/// What a server answered.
#[derive(Debug, Clone)]
pub struct HttpReply {
    /// The status.
    pub status: u16,
    /// Header names in lower case and their values.
    pub headers: Vec<(String, String)>,
    /// The body, without its transfer coding.
    pub body: Vec<u8>,
}

impl HttpReply {
    /// Gives the first header of that name, which is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(header, _)| header == name)
            .map(|(_, value)| value.as_str())
    }

    /// Gives the body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Gives the body as JSON; of an event stream, its last message.
    pub fn json(&self) -> Value {
        let text = self.text();
        let message = text
            .lines()
            .filter_map(|line| line.strip_prefix("data:"))
            .map(str::trim)
            .rfind(|data| data.starts_with('{'));
        let document = message.unwrap_or(&text);
        serde_json::from_str(document)
            .unwrap_or_else(|error| panic!("{error}: {} {text}", self.status))
    }
}

/// Sends one request and reads the whole answer. `Host` is the address unless the headers name another.
pub fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> HttpReply {
    finish(begin(address, method, path, headers, body))
}

/// Connects, which alone already is a connection to the server.
pub fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the server listens");
    stream.set_read_timeout(Some(SILENCE)).expect("an option");
    stream.set_nodelay(true).expect("an option");
    stream
}

/// Sends bytes as they are and reads the whole answer.
pub fn send_raw(address: SocketAddr, bytes: &[u8]) -> HttpReply {
    let mut stream = connect(address);
    // As below.
    let _ = stream.write_all(bytes);
    finish(stream)
}

/// Sends one request and does not wait for the answer; dropping the stream abandons it.
pub fn begin(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> TcpStream {
    let mut stream = connect(address);
    let mut head = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
    if !headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("host"))
    {
        head.push_str(&format!("host: {address}\r\n"));
    }
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let framed = headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    if !framed && (!body.is_empty() || method == "POST") {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    // A server may refuse the head and close before it has read the body; its answer still counts.
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(body);
    stream
}

/// Reads the whole answer to a request that was sent.
pub fn finish(mut stream: TcpStream) -> HttpReply {
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    parse(&answer)
        .unwrap_or_else(|| panic!("no answer: {read:?} {}", String::from_utf8_lossy(&answer)))
}

/// Gets a path.
pub fn get(address: SocketAddr, path: &str) -> HttpReply {
    send(address, "GET", path, &[], b"")
}

fn parse(answer: &[u8]) -> Option<HttpReply> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let body = &answer[end + 4..];
    let is_chunked = headers
        .iter()
        .any(|(name, value)| name == "transfer-encoding" && value.contains("chunked"));
    let body = if is_chunked {
        joined(body)
    } else {
        body.to_vec()
    };
    Some(HttpReply {
        status,
        headers,
        body,
    })
}

/// Joins the chunks of a body, as far as they came.
fn joined(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = body.windows(2).position(|window| window == b"\r\n") {
        let size = String::from_utf8_lossy(&body[..end]);
        let size = size.split(';').next().unwrap_or_default().trim().to_owned();
        let Ok(size) = usize::from_str_radix(&size, 16) else {
            break;
        };
        let start = end + 2;
        let stop = (start + size).min(body.len());
        whole.extend_from_slice(&body[start..stop]);
        if size == 0 || stop + 2 > body.len() {
            break;
        }
        body = &body[stop + 2..];
    }
    whole
}
