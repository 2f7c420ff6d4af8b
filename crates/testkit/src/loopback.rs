//! An HTTP server on 127.0.0.1 for stand-ins, and the log of what it was asked. Must not listen on any other address.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    thread::JoinHandle,
};

use axum::{Router, http::request::Parts};
use tokio::sync::oneshot;

/// A running server; dropping it closes the port and every connection, and ends what its handlers had started.
#[derive(Debug)]
pub struct LoopbackServer {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl LoopbackServer {
    /// Serves the routes on a free port, from a thread with a runtime of its own: callers need not be async.
    pub fn start(routes: Router) -> Self {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        listener
            .set_nonblocking(true)
            .expect("a fresh socket takes options");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                tokio::select! {
                    served = axum::serve(listener, routes) => served.expect("the server runs until it is stopped"),
                    _ = stopped => {}
                }
            });
        });
        Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Gives the address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Gives the URL of a path, which starts with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for LoopbackServer {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The thread has ended already when the server failed; its panic is reported there.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// One request that a stand-in got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedRequest {
    /// Such as `GET`.
    pub method: String,
    /// Path and query, as sent.
    pub target: String,
    /// Header names in lower case and their values.
    pub headers: Vec<(String, String)>,
}

impl LoggedRequest {
    /// Gives the first header of that name, which is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(header, _)| header == name)
            .map(|(_, value)| value.as_str())
    }
}

/// What a stand-in was asked, in order; clones share one log.
#[derive(Debug, Clone, Default)]
pub struct RequestLog(Arc<Mutex<Vec<LoggedRequest>>>);

impl RequestLog {
    /// Adds a request.
    pub fn record(&self, request: &Parts) {
        let headers = request
            .headers
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.as_str().to_owned(), value)
            })
            .collect();
        let entry = LoggedRequest {
            method: request.method.to_string(),
            target: request.uri.to_string(),
            headers,
        };
        self.0.lock().expect("no holder panics").push(entry);
    }

    /// Gives everything so far.
    pub fn all(&self) -> Vec<LoggedRequest> {
        self.0.lock().expect("no holder panics").clone()
    }

    /// Gives the number of requests so far.
    pub fn count(&self) -> usize {
        self.0.lock().expect("no holder panics").len()
    }
}
