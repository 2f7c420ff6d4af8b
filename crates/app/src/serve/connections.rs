//! Accepts connections within bounds: so many at once, a request's head within seconds, an orderly end. Must not know any route.

use std::{io::Write as _, time::Duration};

use axum::{Router, http::StatusCode};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use synthesizer_infrastructure::telemetry::{
    events::{RequestFinished, TaskPanicked},
    tasks,
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinError, JoinHandle, JoinSet},
};
use tokio_util::sync::CancellationToken;

/// How long the head of a request may take; a connection that waits for its next request is closed after the same time.
const HEAD: Duration = Duration::from_secs(10);

/// The largest head of a request, in bytes.
const HEAD_BYTES: usize = 64 << 10;

/// How long nothing is accepted when that failed, mostly because descriptors ran out.
const PAUSE: Duration = Duration::from_millis(500);

/// What a connection past the bound is told.
const TOO_MANY: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 10\r\nconnection: close\r\n\
content-type: text/plain; charset=utf-8\r\ncontent-length: 21\r\n\r\ntoo many connections\n";

/// One listener and its bounds.
#[derive(Debug)]
pub(super) struct Connections {
    /// Its name in metrics.
    pub(super) name: &'static str,
    /// Where connections come from.
    pub(super) listener: TcpListener,
    /// The most connections at once.
    pub(super) most: usize,
}

impl Connections {
    /// Serves the routes until `stop`; then nothing more is accepted, requests under way are answered, and the task ends. Ended
    /// early, it closes every connection.
    pub(super) fn serve(self, routes: Router, stop: CancellationToken) -> JoinHandle<()> {
        tasks::spawn("listener", self.accept(routes, stop))
    }

    async fn accept(self, routes: Router, stop: CancellationToken) {
        let mut open = JoinSet::new();
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(ended) = open.join_next() => report(ended),
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) if open.len() < self.most => {
                        open.spawn(connection(stream, routes.clone(), stop.clone()));
                    }
                    Ok((stream, _)) => self.refuse(stream),
                    Err(error) => {
                        tracing::warn!(listener = self.name, %error, "a connection could not be accepted");
                        tokio::time::sleep(PAUSE).await;
                    }
                },
            }
        }
        drop(self.listener);
        while let Some(ended) = open.join_next().await {
            report(ended);
        }
    }

    /// Tells a connection that there are too many; it is not waited for.
    fn refuse(&self, stream: TcpStream) {
        if let Ok(mut stream) = stream.into_std() {
            // Whoever does not take it now is closed on all the same.
            let _ = stream.write(TOO_MANY);
        }
        RequestFinished {
            listener: self.name,
            route: "other",
            status: StatusCode::SERVICE_UNAVAILABLE.as_u16(),
            duration: Duration::ZERO,
        }
        .emit();
    }
}

/// Serves one connection. Small answers must not wait for more (TCP_NODELAY).
async fn connection(stream: TcpStream, routes: Router, stop: CancellationToken) {
    // A connection that refuses the option is only slower.
    let _ = stream.set_nodelay(true);
    let service = TowerToHyperService::new(routes);
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let mut serving = std::pin::pin!(serving);
    // What goes wrong with a connection is its client's doing and concerns nobody else.
    let _ = tokio::select! {
        served = serving.as_mut() => served,
        () = stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
}

fn report(ended: Result<(), JoinError>) {
    if ended.is_err_and(|error| error.is_panic()) {
        // The text of the panic was logged where it happened.
        TaskPanicked {
            task: "connection",
            reason: "the answer to a request broke",
        }
        .emit();
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "a test is the client of its own listener"
)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    async fn start(most: usize) -> (std::net::SocketAddr, CancellationToken, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let connections = Connections {
            name: "test",
            listener,
            most,
        };
        let stop = CancellationToken::new();
        let routes = Router::new().route("/", get(|| async { "here" }));
        let task = connections.serve(routes, stop.clone());
        (address, stop, task)
    }

    async fn read_all(mut stream: TcpStream) -> String {
        let mut answer = Vec::new();
        // A reset after the answer is as good as an end.
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Time passes at once while all wait.
    #[tokio::test(start_paused = true)]
    async fn a_head_that_does_not_come_ends_its_connection() {
        let (address, ..) = start(10).await;
        for sent in ["", "GET / HTT", "GET / HTTP/1.1\r\nhost: a\r\nx: "] {
            let mut stream = TcpStream::connect(address).await.expect("listens");
            stream.write_all(sent.as_bytes()).await.expect("reads");
            let begun = tokio::time::Instant::now();
            read_all(stream).await;
            assert!(begun.elapsed() >= HEAD, "{sent:?}");
        }
    }

    #[tokio::test]
    async fn past_the_bound_a_connection_is_told_so() {
        let (address, stop, task) = start(1).await;
        let mut first = TcpStream::connect(address).await.expect("listens");
        let second = TcpStream::connect(address).await.expect("listens");
        let refused = read_all(second).await;
        assert!(refused.starts_with("HTTP/1.1 503 "), "{refused}");
        let length = refused.len() - refused.find("\r\n\r\n").expect("a head") - 4;
        assert!(refused.contains(&format!("content-length: {length}\r\n")));
        let request = b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
        first.write_all(request).await.expect("reads");
        assert!(read_all(first).await.ends_with("here"));
        stop.cancel();
        task.await.expect("ends");
        assert!(TcpStream::connect(address).await.is_err());
    }
}
