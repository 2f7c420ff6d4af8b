//! A port on the loopback addresses that nobody must reach, and one that answers as a test says.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        mpsc::{self, Receiver, Sender},
    },
    time::Duration,
};

/// Listens on 127.0.0.1 and, where the machine has it, on ::1 under the same port; tells whether anybody came.
#[derive(Debug)]
pub(crate) struct Trap {
    listeners: Vec<TcpListener>,
    port: u16,
}

impl Trap {
    pub(crate) fn new() -> Self {
        let first = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = first
            .local_addr()
            .expect("a bound socket has an address")
            .port();
        let second = TcpListener::bind(("::1", port)).ok();
        let listeners: Vec<TcpListener> = [Some(first), second].into_iter().flatten().collect();
        for listener in &listeners {
            listener
                .set_nonblocking(true)
                .expect("a fresh socket takes options");
        }
        Self { listeners, port }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Checks that no connection was made; the kernel queues each until it is accepted.
    pub(crate) fn assert_untouched(&self, by: &str) {
        for listener in &self.listeners {
            let error = listener.accept().map(|(_, address)| address).expect_err(by);
            assert_eq!(error.kind(), ErrorKind::WouldBlock, "{by}");
        }
    }
}

/// What a [`Scripted`] server does with a request for a path.
pub(crate) enum Answer {
    /// Sends these bytes as the whole answer.
    Bytes(Vec<u8>),
    /// Keeps the connection and never says anything.
    Silence,
}

/// A server that answers one request for each connection as a function says; it lives as long as the test process.
#[derive(Debug)]
pub(crate) struct Scripted {
    port: u16,
    silent: Receiver<String>,
}

impl Scripted {
    pub(crate) fn start(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = listener
            .local_addr()
            .expect("a bound socket has an address")
            .port();
        let (sender, silent) = mpsc::channel();
        let answer = Arc::new(answer);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, sender) = (Arc::clone(&answer), sender.clone());
                std::thread::spawn(move || serve(stream, answer.as_ref(), &sender));
            }
        });
        Self { port, silent }
    }

    pub(crate) fn authority(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Waits until a request met silence and gives its path.
    pub(crate) fn wait_for_silence(&self) -> String {
        self.silent
            .recv_timeout(Duration::from_secs(120))
            .expect("the request comes")
    }
}

fn serve(mut stream: TcpStream, answer: &impl Fn(&str) -> Answer, silent: &Sender<String>) {
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(count) if count > 0 => head.extend_from_slice(&buffer[..count]),
            _ => return,
        }
    }
    let head = String::from_utf8_lossy(&head);
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    match answer(&path) {
        Answer::Bytes(bytes) => {
            // A client that is gone has had its answer.
            let _ = stream.write_all(&bytes);
        }
        Answer::Silence => {
            let _ = silent.send(path);
            // The connection stays until the client gives up.
            while stream.read(&mut buffer).is_ok_and(|count| count > 0) {}
        }
    }
}

/// Writes an HTTP answer that ends the connection.
pub(crate) fn http(status: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut text = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n",
        body.len()
    );
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    [text.as_bytes(), body].concat()
}
