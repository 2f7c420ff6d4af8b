//! A client that speaks MCP to the program over its pipes, line by line; raw lines too, so that tests can send garbage.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{ChildStdin, Command, Stdio},
    sync::{
        Arc, Mutex,
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal};
use serde_json::{Value, json};

/// The revision that the handshake offers.
pub const PROTOCOL_VERSION: &str = "2025-11-25";

/// A running server and its pipes; dropping it kills the server with its process group.
#[derive(Debug)]
pub struct McpClient {
    group: Pid,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    ended: Receiver<Option<i32>>,
    status: Option<Option<i32>>,
    stderr: Arc<Mutex<String>>,
    next_id: i64,
    notifications: Vec<Value>,
    deadline: Duration,
}

impl McpClient {
    pub(crate) fn start(mut command: Command) -> Self {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program can be started");
        let id = i32::try_from(child.id()).expect("a process id");
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().expect("stdout is piped");
        let mut errors = BufReader::new(child.stderr.take().expect("stderr is piped"));
        let (line_sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).split(b'\n') {
                let Ok(line) = line else { break };
                let line = String::from_utf8_lossy(&line).into_owned();
                if line_sender.send(line).is_err() {
                    break;
                }
            }
        });
        let stderr = Arc::new(Mutex::new(String::new()));
        let kept = stderr.clone();
        std::thread::spawn(move || {
            let mut line = Vec::new();
            while errors
                .read_until(b'\n', &mut line)
                .is_ok_and(|count| count > 0)
            {
                let text = String::from_utf8_lossy(&line);
                kept.lock().expect("no holder panics").push_str(&text);
                line.clear();
            }
        });
        let (end_sender, ended) = mpsc::channel();
        std::thread::spawn(move || {
            let status = child.wait().ok().and_then(|status| status.code());
            let _ = end_sender.send(status);
        });
        Self {
            group: Pid::from_raw(id).expect("a process id is not 0"),
            stdin,
            lines,
            ended,
            status: None,
            stderr,
            next_id: 0,
            notifications: Vec::new(),
            deadline: Duration::from_secs(120),
        }
    }

    /// Sets how long an answer may take; 120 s at first.
    pub fn set_deadline(&mut self, deadline: Duration) {
        self.deadline = deadline;
    }

    /// Shakes hands and gives the result of `initialize`.
    pub fn initialize(&mut self) -> Value {
        let client = json!({ "name": "synthesizer-testkit", "version": "1" });
        let parameters = json!({ "protocolVersion": PROTOCOL_VERSION, "capabilities": {}, "clientInfo": client });
        let answer = self.request("initialize", parameters);
        self.notify("notifications/initialized", json!({}));
        answer["result"].clone()
    }

    /// Calls a tool and gives the `result` of the answer; panics on a protocol error.
    pub fn call_tool(&mut self, name: &str, arguments: Value) -> Value {
        let answer = self.request(
            "tools/call",
            json!({ "name": name, "arguments": arguments }),
        );
        assert!(answer["error"].is_null(), "{name}: {answer}");
        answer["result"].clone()
    }

    /// Sends a request and gives the whole answer; notifications that arrive before it are kept.
    pub fn request(&mut self, method: &str, parameters: Value) -> Value {
        let id = self.send_request(method, parameters);
        self.answer(id)
    }

    /// Sends a request without waiting and gives its id.
    pub fn send_request(&mut self, method: &str, parameters: Value) -> i64 {
        self.next_id += 1;
        let id = self.next_id;
        let message = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": parameters });
        self.send_raw(&message.to_string());
        id
    }

    /// Waits for the answer to a request.
    pub fn answer(&mut self, id: i64) -> Value {
        let end = Instant::now() + self.deadline;
        loop {
            let message = self.message_until(end);
            if message["id"] == json!(id) && message["method"].is_null() {
                return message;
            }
            self.notifications.push(message);
        }
    }

    /// Sends a notification.
    pub fn notify(&mut self, method: &str, parameters: Value) {
        let message = json!({ "jsonrpc": "2.0", "method": method, "params": parameters });
        self.send_raw(&message.to_string());
    }

    /// Sends a line as it is, with a newline after it.
    pub fn send_raw(&mut self, line: &str) {
        self.send_bytes(format!("{line}\n").as_bytes());
    }

    /// Sends bytes as they are.
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        let stdin = self.stdin.as_mut().expect("stdin is open");
        // A server that has ended is noticed where its answer is missed.
        let _ = stdin.write_all(bytes);
        let _ = stdin.flush();
    }

    /// Gives the next line of stdout as it is; `None` at its end. Panics when nothing comes in time.
    pub fn next_line(&mut self) -> Option<String> {
        self.line_until(Instant::now() + self.deadline)
    }

    /// Gives what arrived while answers were awaited: notifications and requests of the server.
    pub fn notifications(&self) -> &[Value] {
        &self.notifications
    }

    /// Waits for the first kept or coming notification of that method.
    pub fn notification(&mut self, method: &str) -> Value {
        let kept = self
            .notifications
            .iter()
            .position(|message| message["method"] == method);
        if let Some(position) = kept {
            return self.notifications.remove(position);
        }
        let end = Instant::now() + self.deadline;
        loop {
            let message = self.message_until(end);
            if message["method"] == method {
                return message;
            }
            self.notifications.push(message);
        }
    }

    /// Closes the server's standard input.
    pub fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// Sends a signal to the server, not to its children.
    pub fn signal(&self, signal: Signal) {
        rustix::process::kill_process(self.group, signal).expect("the server lives");
    }

    /// Waits for the server's end and gives its exit status, `None` when a signal ended it. Panics when it lives on.
    pub fn wait(&mut self) -> Option<i32> {
        if let Some(status) = self.status {
            return status;
        }
        let Ok(status) = self.ended.recv_timeout(self.deadline) else {
            panic!("the server lives on; stderr: {}", self.stderr());
        };
        self.status = Some(status);
        status
    }

    /// Gives the rest of stdout after the server has ended.
    pub fn remaining_lines(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.next_line()).collect()
    }

    /// Gives standard error so far.
    pub fn stderr(&self) -> String {
        self.stderr.lock().expect("no holder panics").clone()
    }

    fn line_until(&mut self, end: Instant) -> Option<String> {
        let left = end.saturating_duration_since(Instant::now());
        match self.lines.recv_timeout(left) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("no line in time; stderr: {}", self.stderr()),
        }
    }

    fn message_until(&mut self, end: Instant) -> Value {
        let Some(line) = self.line_until(end) else {
            panic!("stdout has ended; stderr: {}", self.stderr());
        };
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("stdout holds {line:?}: {error}"))
    }
}

impl Drop for McpClient {
    fn drop(&mut self) {
        if self.status.is_none() && self.ended.try_recv().is_err() {
            // The group is the server's own; the waiting thread reaps it.
            let _ = rustix::process::kill_process_group(self.group, Signal::KILL);
        }
    }
}
