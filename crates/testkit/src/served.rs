//! Runs `synthesizer serve` on free ports and speaks MCP and HTTP to it. Must not outlive the test.

use std::{
    io::{BufRead as _, BufReader},
    net::{SocketAddr, TcpStream},
    process::Stdio,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, Receiver},
    },
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal};
use serde_json::{Value, json};

use crate::{
    http_client::{self, HttpReply},
    mcp_client::PROTOCOL_VERSION,
    program::Program,
};

/// How long start and end may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running server; dropping it kills it.
#[derive(Debug)]
pub struct Served {
    group: Pid,
    main: SocketAddr,
    administration: SocketAddr,
    stderr: Arc<Mutex<String>>,
    logged: Receiver<()>,
    ended: Receiver<Option<i32>>,
}

/// One session of the protocol.
#[derive(Debug, Clone)]
pub struct HttpSession {
    address: SocketAddr,
    id: String,
}

impl Served {
    /// Starts the server and waits until it says where it listens. Logs are JSON.
    pub fn start(program: &Program, arguments: &[&str]) -> Self {
        let mut command = program.command(&program.work());
        command
            .arg("serve")
            .args(arguments)
            .env("SYNTHESIZER__SERVER__LISTEN", "127.0.0.1:0")
            .env("SYNTHESIZER__ADMIN__LISTEN", "127.0.0.1:0")
            .env("SYNTHESIZER__TELEMETRY__FORMAT", "json")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program can be started");
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let mut errors = BufReader::new(child.stderr.take().expect("stderr is piped"));
        let stderr = Arc::new(Mutex::new(String::new()));
        let (line_sender, lines) = mpsc::channel();
        let kept = Arc::clone(&stderr);
        let (log_end, logged) = mpsc::channel();
        std::thread::spawn(move || {
            let mut line = Vec::new();
            while errors
                .read_until(b'\n', &mut line)
                .is_ok_and(|count| count > 0)
            {
                let text = String::from_utf8_lossy(&line).into_owned();
                kept.lock().expect("no holder panics").push_str(&text);
                // Nobody listens any more once the server has started.
                let _ = line_sender.send(text);
                line.clear();
            }
            let _ = log_end.send(());
        });
        let (end_sender, ended) = mpsc::channel();
        std::thread::spawn(move || {
            let status = child.wait().ok().and_then(|status| status.code());
            let _ = end_sender.send(status);
        });
        let (main, administration) = addresses(&lines, &stderr);
        Self {
            group: group.expect("a child has an id"),
            main,
            administration,
            stderr,
            logged,
            ended,
        }
    }

    /// Gives the address of the main listener.
    pub fn main(&self) -> SocketAddr {
        self.main
    }

    /// Gives the address of the administration listener.
    pub fn administration(&self) -> SocketAddr {
        self.administration
    }

    /// Gets a path of the administration listener.
    pub fn admin(&self, path: &str) -> HttpReply {
        http_client::get(self.administration, path)
    }

    /// Gives everything that it logged so far.
    pub fn log(&self) -> String {
        self.stderr.lock().expect("no holder panics").clone()
    }

    /// Gives the lines that it logged so far, each a JSON object; panics when one is not.
    pub fn events(&self) -> Vec<Value> {
        let log = self.log();
        let whole = log.rfind('\n').map_or("", |end| &log[..end]);
        let parse = |line: &str| {
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
        };
        whole.lines().map(parse).collect()
    }

    /// Waits until it has logged a line of which this holds, and gives that line; panics when none comes.
    pub fn wait_for_event(&self, holds: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(event) = self.events().into_iter().find(|event| holds(event)) {
                return event;
            }
            assert!(Instant::now() < end, "it was not logged: {}", self.log());
            std::thread::yield_now();
        }
    }

    /// Bounds how many descriptors the server may have open from now on.
    pub fn limit_descriptors(&self, count: u64) {
        let limit = rustix::process::Rlimit {
            current: Some(count),
            maximum: Some(count),
        };
        let resource = rustix::process::Resource::Nofile;
        rustix::process::prlimit(Some(self.group), resource, limit).expect("the server lives");
    }

    /// Sends a signal to the server.
    pub fn signal(&self, signal: Signal) {
        rustix::process::kill_process(self.group, signal).expect("the server lives");
    }

    /// Waits for its end and gives the exit status; the log is complete then. Panics when it hangs.
    pub fn wait(&self) -> Option<i32> {
        let status = self.ended.recv_timeout(PATIENCE);
        let status = status.unwrap_or_else(|_| panic!("the server did not end: {}", self.log()));
        let logged = self.logged.recv_timeout(PATIENCE);
        logged.expect("nobody else holds its standard error");
        status
    }

    /// Begins a session.
    pub fn session(&self) -> HttpSession {
        let parameters = json!({
            "protocolVersion": PROTOCOL_VERSION,
            "capabilities": {},
            "clientInfo": { "name": "test", "version": "1" },
        });
        let message =
            json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": parameters });
        let reply = post(self.main, &[], &message);
        assert_eq!(reply.status, 200, "{}", reply.text());
        let id = reply
            .header("mcp-session-id")
            .expect("a session")
            .to_owned();
        let session = HttpSession {
            address: self.main,
            id,
        };
        let begun = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        let reply = session.post(&[], &begun);
        assert_eq!(reply.status, 202, "{}", reply.text());
        session
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = rustix::process::kill_process_group(self.group, Signal::KILL);
    }
}

impl HttpSession {
    /// Gives the id of the session.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Posts a message with further headers.
    pub fn post(&self, headers: &[(&str, &str)], message: &Value) -> HttpReply {
        let own = [
            ("mcp-session-id", self.id.as_str()),
            ("mcp-protocol-version", PROTOCOL_VERSION),
        ];
        post(self.address, &[&own, headers].concat(), message)
    }

    /// Calls a tool and gives the whole reply.
    pub fn call(
        &self,
        headers: &[(&str, &str)],
        name: &str,
        arguments: &Value,
        meta: &Value,
    ) -> HttpReply {
        let parameters = json!({ "name": name, "arguments": arguments, "_meta": meta });
        let message = json!({ "jsonrpc": "2.0", "id": next_id(), "method": "tools/call", "params": parameters });
        self.post(headers, &message)
    }

    /// Calls a tool and does not wait for the answer.
    pub fn begin_call(&self, headers: &[(&str, &str)], name: &str, arguments: &Value) -> TcpStream {
        let parameters = json!({ "name": name, "arguments": arguments });
        let message = json!({ "jsonrpc": "2.0", "id": next_id(), "method": "tools/call", "params": parameters });
        let own = [
            ("mcp-session-id", self.id.as_str()),
            ("mcp-protocol-version", PROTOCOL_VERSION),
        ];
        begin(self.address, &[&own, headers].concat(), &message)
    }

    /// Calls a tool and gives its structured result.
    pub fn call_tool(&self, name: &str, arguments: &Value) -> Value {
        let reply = self.call(&[], name, arguments, &json!({}));
        reply.json()["result"]["structuredContent"].clone()
    }
}

/// Headers that every message of the protocol has.
pub const USUAL_HEADERS: [(&str, &str); 2] = [
    ("content-type", "application/json"),
    ("accept", "application/json, text/event-stream"),
];

/// The revision of the protocol that has no sessions.
pub const STATELESS_VERSION: &str = "2026-07-28";

/// Posts a message as a client of the protocol does.
pub fn post(address: SocketAddr, headers: &[(&str, &str)], message: &Value) -> HttpReply {
    http_client::finish(begin(address, headers, message))
}

fn begin(address: SocketAddr, headers: &[(&str, &str)], message: &Value) -> TcpStream {
    let headers = [&USUAL_HEADERS, headers].concat();
    let body = message.to_string();
    http_client::begin(address, "POST", "/mcp", &headers, body.as_bytes())
}

/// Gives a call of a tool as it is made without a session, with what `_meta` further holds.
pub fn stateless_call(name: &str, arguments: &Value, further: &Value) -> Value {
    let mut meta = json!({
        "io.modelcontextprotocol/protocolVersion": STATELESS_VERSION,
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    for (key, value) in further.as_object().into_iter().flatten() {
        meta[key.as_str()] = value.clone();
    }
    let parameters = json!({ "name": name, "arguments": arguments, "_meta": meta });
    json!({ "jsonrpc": "2.0", "id": next_id(), "method": "tools/call", "params": parameters })
}

/// Gives a number that no other request of this process has: within a session, none may have that of another under way.
fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Sends a call of a tool without a session, and does not wait for the answer.
pub fn begin_stateless(
    address: SocketAddr,
    headers: &[(&str, &str)],
    name: &str,
    arguments: &Value,
    meta: &Value,
) -> TcpStream {
    let own = [
        ("mcp-protocol-version", STATELESS_VERSION),
        ("mcp-method", "tools/call"),
        ("mcp-name", name),
    ];
    let message = stateless_call(name, arguments, meta);
    begin(address, &[&own, headers].concat(), &message)
}

/// Reads where the server listens from its own line.
fn addresses(lines: &Receiver<String>, stderr: &Mutex<String>) -> (SocketAddr, SocketAddr) {
    loop {
        let line = lines.recv_timeout(PATIENCE).unwrap_or_else(|_| {
            let log = stderr.lock().expect("no holder panics").clone();
            panic!("the server did not start: {log}")
        });
        let Ok(event) = serde_json::from_str::<Value>(&line) else {
            continue;
        };
        if let (Some(main), Some(administration)) =
            (event["mcp"].as_str(), event["administration"].as_str())
        {
            return (address_of(main), address_of(administration));
        }
    }
}

fn address_of(url: &str) -> SocketAddr {
    let address = url.trim_start_matches("http://").trim_end_matches("/mcp");
    address
        .parse()
        .unwrap_or_else(|error| panic!("{url}: {error}"))
}
