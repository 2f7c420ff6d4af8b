//! What the tests of the door share: servers that fail on purpose, resolvers that lie, services with short patience. Not part of the program.

use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use synthesizer_model::{discovery::Quota, failure::Failure};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinHandle,
    time::Instant,
};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{
    AnswerHead, Door, Keep, LimitReading, Resolver, Service, ServiceAnswer, ServiceDescriptor,
    ServiceRequest, Trust,
};
use crate::{
    config::{Config, PolicyChanges, ServicePolicy},
    sources::testing,
    telemetry::tasks::spawn,
};

/// A service without limits of its own.
pub(super) static PLAIN: ServiceDescriptor = ServiceDescriptor {
    name: "plain",
    policy: ServicePolicy::default,
    read_limits: no_limits,
    distance_across_processes: None,
};

/// Another one.
pub(super) static OTHER: ServiceDescriptor = ServiceDescriptor {
    name: "other",
    policy: ServicePolicy::default,
    read_limits: no_limits,
    distance_across_processes: None,
};

/// One that takes every 403 for a secondary limit.
pub(super) static SECONDARY: ServiceDescriptor = ServiceDescriptor {
    name: "secondary",
    policy: ServicePolicy::default,
    read_limits: every_refusal,
    distance_across_processes: None,
};

/// One that wants one connection at a time and a distance between calls.
pub(super) static SHY: ServiceDescriptor = ServiceDescriptor {
    name: "shy",
    policy: ServicePolicy::default,
    read_limits: no_limits,
    distance_across_processes: Some(Duration::from_millis(60)),
};

fn every_refusal(head: &AnswerHead<'_>) -> LimitReading {
    let refused = head.status == http::StatusCode::FORBIDDEN;
    LimitReading {
        quota: Some(Quota {
            limit: Some(60),
            remaining: Some(0),
            reset_at: None,
            resource: None,
        }),
        wait: refused.then_some(Duration::from_secs(60)),
    }
}

fn no_limits(_: &AnswerHead<'_>) -> LimitReading {
    LimitReading::default()
}

/// A folder of its own and a configuration in it; the folder goes with the value.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) config: Config,
    _folder: tempfile::TempDir,
}

impl Stage {
    /// Sets the stage: one try, and no wait that a test would feel.
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut config = testing::config(folder.path());
        config.resilience.all = PolicyChanges {
            tries: Some(1),
            backoff: Some(Duration::from_millis(1)),
            backoff_longest: Some(Duration::from_millis(2)),
            ..PolicyChanges::default()
        };
        Self {
            config,
            _folder: folder,
        }
    }

    /// Sets the stage with another policy for all services.
    pub(super) fn with(change: impl FnOnce(&mut PolicyChanges)) -> Self {
        let mut stage = Self::new();
        change(&mut stage.config.resilience.all);
        stage
    }

    pub(super) fn door(&self) -> Door {
        Door::new(&self.config).expect("a door")
    }
}

/// Makes a request for a path of a server on this machine, kept by nobody.
pub(super) fn request(url: &str) -> ServiceRequest {
    ServiceRequest {
        url: Url::parse(url).expect("a url"),
        trust: Trust::ConfiguredByUser,
        headers: Vec::new(),
        authorization: None,
        size_limit: 1 << 20,
        keep: Keep::No,
    }
}

/// Makes a request whose answer counts as fresh for so long.
pub(super) fn kept(url: &str, fresh: Duration) -> ServiceRequest {
    ServiceRequest {
        keep: Keep::Fresh(fresh),
        ..request(url)
    }
}

/// Calls with plenty of time.
pub(super) async fn call(
    service: &Service,
    request: ServiceRequest,
) -> Result<ServiceAnswer, Failure> {
    call_within(service, request, Duration::from_secs(10)).await
}

/// Calls with so much time.
pub(super) async fn call_within(
    service: &Service,
    request: ServiceRequest,
    time: Duration,
) -> Result<ServiceAnswer, Failure> {
    let deadline = Instant::now() + time;
    service
        .call(request, deadline, &CancellationToken::new())
        .await
}

/// What a server does next on a connection, after it has read one request.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// Sends bytes.
    Send(Vec<u8>),
    /// Waits until the test says so.
    Wait(Arc<Notify>),
    /// Sends one byte after the other, for ever.
    Drip,
    /// Breaks the connection off instead of closing it.
    Reset,
}

/// Writes a whole answer.
pub(super) fn answer(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Vec<Step> {
    vec![Step::Send(written(status, headers, body, body.len()))]
}

/// Writes an answer that announces a length of its own.
pub(super) fn written(
    status: u16,
    headers: &[(&str, &str)],
    body: &[u8],
    length: usize,
) -> Vec<u8> {
    let lines: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let length = if status == 304 {
        String::new()
    } else {
        format!("content-length: {length}\r\n")
    };
    let head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\n{length}{lines}\r\n");
    [head.as_bytes(), body].concat()
}

/// A server that takes one request a connection and answers it as told; it ends when dropped.
#[derive(Debug)]
pub(super) struct FaultyServer {
    pub(super) address: SocketAddr,
    accepted: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl FaultyServer {
    /// Starts it; the script gets the number of the request, from 0, and its head.
    pub(super) async fn start(
        script: impl Fn(usize, &str) -> Vec<Step> + Send + Sync + 'static,
    ) -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        Self::start_at(any, script).await
    }

    /// Starts it at an address of this machine.
    pub(super) async fn start_at(
        address: SocketAddr,
        script: impl Fn(usize, &str) -> Vec<Step> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let accepted = Arc::new(AtomicUsize::new(0));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (counted, log, script) = (accepted.clone(), requests.clone(), Arc::new(script));
        let task = spawn("test", async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                let (log, script) = (Arc::clone(&log), Arc::clone(&script));
                connections.spawn(async move {
                    // A client that goes away ends its connection alone.
                    let _ = serve(socket, &log, script.as_ref()).await;
                });
            }
        });
        Self {
            address,
            accepted,
            requests,
            task,
        }
    }

    /// Starts one that always says the same.
    pub(super) async fn always(steps: Vec<Step>) -> Self {
        Self::start(move |_, _| steps.clone()).await
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Gives how many connections were made to it.
    pub(super) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    /// Gives the heads of the requests so far, in lower case.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no holder panics").clone()
    }
}

impl Drop for FaultyServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut socket: TcpStream,
    log: &Mutex<Vec<String>>,
    script: &(dyn Fn(usize, &str) -> Vec<Step> + Send + Sync),
) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).to_lowercase();
    let number = {
        let mut log = log.lock().expect("no holder panics");
        log.push(head.clone());
        log.len() - 1
    };
    for step in script(number, &head) {
        match step {
            Step::Send(bytes) => socket.write_all(&bytes).await?,
            Step::Wait(gate) => gate.notified().await,
            Step::Drip => loop {
                socket.write_all(b"x").await?;
                tokio::time::sleep(Duration::from_millis(5)).await;
            },
            Step::Reset => {
                socket.set_zero_linger()?;
                return Ok(());
            }
        }
    }
    socket.shutdown().await?;
    // Until the other side has read everything, closing would break its answer off.
    let _ = socket.read(&mut [0]).await?;
    Ok(())
}

/// A resolver with made-up answers: for each name a list, whose last entry stays.
#[derive(Debug, Default)]
pub(super) struct MadeUpNames {
    answers: Mutex<HashMap<String, Vec<Vec<SocketAddr>>>>,
    asked: AtomicUsize,
}

impl MadeUpNames {
    /// Adds the next answer for a name.
    pub(super) fn answer(self, name: &str, addresses: &[&str]) -> Self {
        let addresses = addresses
            .iter()
            .map(|address| address.parse().expect("an address with its port"))
            .collect();
        self.answers
            .lock()
            .expect("no holder panics")
            .entry(name.to_owned())
            .or_default()
            .push(addresses);
        self
    }

    /// Gives how often it was asked.
    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Resolver for MadeUpNames {
    fn resolve<'a>(&'a self, name: &'a str, _: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move {
            self.asked.fetch_add(1, Ordering::SeqCst);
            let mut answers = self.answers.lock().expect("no holder panics");
            let answers = answers
                .get_mut(name)
                .ok_or_else(|| io::Error::other("no such name"))?;
            Ok(if answers.len() > 1 {
                answers.remove(0)
            } else {
                answers[0].clone()
            })
        })
    }
}
