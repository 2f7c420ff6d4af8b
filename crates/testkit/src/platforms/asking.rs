//! A client for the tests of the stand-ins: one request, one connection, every byte seen.

use std::{
    io::{self, Read as _, Write as _},
    net::TcpStream,
};

use serde_json::Value;

use super::PlatformServer;

/// What came back.
#[derive(Debug, Clone, Default)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// How the connection ended.
    pub(super) end: Option<io::ErrorKind>,
    /// Everything, also when it is not HTTP.
    pub(super) raw: Vec<u8>,
}

impl Reply {
    pub(super) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// Gives the target of a `Link`.
    pub(super) fn link(&self, relation: &str) -> Option<String> {
        let wanted = format!(">; rel=\"{relation}\"");
        let mut links = self.header("link").split(", <");
        let found = links.find_map(|link| link.strip_suffix(&wanted))?;
        Some(found.trim_start_matches('<').to_owned())
    }
}

/// Sends a request as it is and reads until the connection ends.
pub(super) fn send(server: &PlatformServer, request: &str) -> Reply {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut raw = Vec::new();
    let end = stream.read_to_end(&mut raw).err().map(|error| error.kind());
    let split = raw.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    let Some(split) = split.filter(|_| raw.starts_with(b"HTTP/1.1 ")) else {
        return Reply {
            end,
            raw,
            ..Reply::default()
        };
    };
    let head = String::from_utf8(raw[..split].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap()[9..12].parse().unwrap();
    let headers = lines.map(|line| {
        let (name, value) = line.split_once(": ").unwrap();
        (name.to_owned(), value.to_owned())
    });
    Reply {
        status,
        headers: headers.collect(),
        body: raw[split + 4..].to_vec(),
        end,
        raw,
    }
}

/// Asks with a usual head; the target is a path or an address on the server.
pub(super) fn get(server: &PlatformServer, target: &str, headers: &[(&str, &str)]) -> Reply {
    let target = target.strip_prefix(&server.base_url()).unwrap_or(target);
    let mut request = format!(
        "GET {target} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n",
        server.address()
    );
    if !headers.iter().any(|(name, _)| *name == "user-agent") {
        request.push_str("user-agent: tests\r\n");
    }
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    send(server, &request)
}

/// Asks with the platform's own token.
pub(super) fn known(server: &PlatformServer, target: &str) -> Reply {
    let token = format!("Bearer {}", server.token());
    get(server, target, &[("authorization", token.as_str())])
}

/// Gives the list at a place of an answer.
pub(super) fn entries(reply: &Reply, pointer: &str) -> Vec<Value> {
    let body = reply.json();
    let entries = body.pointer(pointer).and_then(Value::as_array);
    entries
        .unwrap_or_else(|| panic!("no list in {body}"))
        .clone()
}
