//! One platform on a port of 127.0.0.1: starts, stops, starts again on the same port, and counts who came.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::Instant,
};

use tokio::{
    net::{TcpListener, TcpSocket},
    sync::oneshot,
    task::JoinSet,
};

use super::{
    arxiv::Arxiv,
    catalogue::Catalogue,
    gitea::Gitea,
    github::GitHub,
    gitlab::GitLab,
    hugging_face::HuggingFace,
    kaggle::Kaggle,
    site::{Controls, Site},
    wire,
};
use crate::{faults::Faults, loopback::RequestLog};

/// A stand-in for one platform; ends when dropped. Serves from a thread with a runtime of its own, so that callers need not be async.
///
/// # Example
/// ```
/// use synthesizer_testkit::{faults::Fault, platforms::{Catalogue, PlatformServer}};
///
/// let github = PlatformServer::github(&Catalogue::made_up());
/// github.faults().on("/search").next(1, Fault::Status(502, Vec::new()));
/// let base_url = github.base_url(); // for `[platforms.github] base_url`
/// assert_eq!(github.log().count(), 0);
/// github.stop(); // connections are refused now
/// github.restart();
/// assert_eq!(github.base_url(), base_url);
/// ```
pub struct PlatformServer {
    name: &'static str,
    token: String,
    service: Arc<Service>,
    running: Mutex<Option<Running>>,
    /// Bound to the port and never listening, so that nobody takes the port while the server is stopped.
    _reservation: TcpSocket,
}

impl std::fmt::Debug for PlatformServer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} at {}", self.name, self.service.address)
    }
}

/// What every connection works with.
pub(super) struct Service {
    pub(super) site: Box<dyn Site>,
    pub(super) address: SocketAddr,
    pub(super) faults: Faults,
    pub(super) log: RequestLog,
    tally: Mutex<Tally>,
    controls: Arc<Controls>,
}

#[derive(Debug, Default)]
struct Tally {
    connections: usize,
    open: usize,
    most_open: usize,
    arrivals: Vec<Instant>,
}

impl Service {
    /// Notes that a request has come.
    pub(super) fn note_arrival(&self) {
        let mut tally = self.tally.lock().expect("no holder panics");
        tally.arrivals.push(Instant::now());
    }

    fn note_open(&self) {
        let mut tally = self.tally.lock().expect("no holder panics");
        tally.connections += 1;
        tally.open += 1;
        tally.most_open = tally.most_open.max(tally.open);
    }

    fn note_close(&self) {
        self.tally.lock().expect("no holder panics").open -= 1;
    }
}

#[derive(Debug)]
struct Running {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl PlatformServer {
    /// Serves GitHub's part of a catalogue.
    pub fn github(catalogue: &Catalogue) -> Self {
        Self::start("github", catalogue, |listings, controls| {
            Box::new(GitHub { listings, controls })
        })
    }

    /// Serves GitLab's part of a catalogue.
    pub fn gitlab(catalogue: &Catalogue) -> Self {
        Self::start("gitlab", catalogue, |listings, controls| {
            Box::new(GitLab { listings, controls })
        })
    }

    /// Serves the part of the Hugging Face Hub.
    pub fn hugging_face(catalogue: &Catalogue) -> Self {
        Self::start("huggingface", catalogue, |listings, controls| {
            Box::new(HuggingFace { listings, controls })
        })
    }

    /// Serves Kaggle's part of a catalogue; nothing without credentials.
    pub fn kaggle(catalogue: &Catalogue) -> Self {
        Self::start("kaggle", catalogue, |listings, controls| {
            Box::new(Kaggle { listings, controls })
        })
    }

    /// Serves arXiv's part of a catalogue.
    pub fn arxiv(catalogue: &Catalogue) -> Self {
        Self::start("arxiv", catalogue, |listings, controls| {
            Box::new(Arxiv { listings, controls })
        })
    }

    /// Serves the part of a Gitea or Forgejo server.
    pub fn gitea(catalogue: &Catalogue) -> Self {
        Self::start("gitea", catalogue, |listings, controls| {
            Box::new(Gitea { listings, controls })
        })
    }

    fn start(
        name: &'static str,
        catalogue: &Catalogue,
        site: fn(Vec<super::Listing>, Arc<Controls>) -> Box<dyn Site>,
    ) -> Self {
        let reservation = bound(SocketAddr::from(([127, 0, 0, 1], 0)));
        let address = reservation
            .local_addr()
            .expect("a bound socket has an address");
        let token = format!("stand-in-token-for-{name}");
        let controls = Arc::new(Controls::new(&token));
        let listings = catalogue.on(name).into_iter().cloned().collect();
        let service = Arc::new(Service {
            site: site(listings, controls.clone()),
            address,
            faults: Faults::default(),
            log: RequestLog::default(),
            tally: Mutex::default(),
            controls,
        });
        let running = run(service.clone());
        Self {
            name,
            token,
            service,
            running: Mutex::new(Some(running)),
            _reservation: reservation,
        }
    }

    /// Gives the platform's name in the configuration.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Gives the address, also while it is stopped.
    pub fn address(&self) -> SocketAddr {
        self.service.address
    }

    /// Gives what stands in the place of such as `https://api.github.com` or `https://gitlab.com`; the path of the API is not part of it.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.service.address)
    }

    /// Gives a token that it accepts.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Accepts a further token, or `user:password` for Basic authentication.
    pub fn accept_token(&self, token: &str) {
        let mut tokens = self
            .service
            .controls
            .tokens
            .lock()
            .expect("no holder panics");
        tokens.insert(token.to_owned());
    }

    /// Sets how many calls a window has for everybody, in the place of the documented limits; `None` brings those back. All windows begin anew.
    pub fn set_limit(&self, calls: Option<u64>) {
        self.service.controls.quotas.set_limit(calls);
    }

    /// Gives the script of what goes wrong.
    pub fn faults(&self) -> &Faults {
        &self.service.faults
    }

    /// Sets where it says that its repositories are, as the setting `ROOT_URL` of a self-hosted Gitea does; ends with a slash.
    pub fn set_root(&self, root: &str) {
        let mut known = self.service.controls.root.lock().expect("no holder panics");
        *known = Some(root.to_owned());
    }

    /// Gives what it was asked, faulty answers included.
    pub fn log(&self) -> &RequestLog {
        &self.service.log
    }

    /// Counts the connections that were accepted so far, those without any request too.
    pub fn connections(&self) -> usize {
        self.service
            .tally
            .lock()
            .expect("no holder panics")
            .connections
    }

    /// Gives how many connections were open at once at most.
    pub fn most_connections_at_once(&self) -> usize {
        self.service
            .tally
            .lock()
            .expect("no holder panics")
            .most_open
    }

    /// Gives when each request came.
    pub fn arrivals(&self) -> Vec<Instant> {
        self.service
            .tally
            .lock()
            .expect("no holder panics")
            .arrivals
            .clone()
    }

    /// Closes the port and every connection: from now on connections are refused. Does nothing when it is stopped already.
    pub fn stop(&self) {
        let running = self.running.lock().expect("no holder panics").take();
        if let Some(running) = running {
            // The thread has ended already when it panicked; that is reported by the panic itself.
            let _ = running.stop.send(());
            let _ = running.thread.join();
        }
    }

    /// Serves on the same port again, with the same log, script and limits. Does nothing when it was not stopped.
    pub fn restart(&self) {
        let mut running = self.running.lock().expect("no holder panics");
        if running.is_none() {
            *running = Some(run(self.service.clone()));
        }
    }
}

impl Drop for PlatformServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Makes a socket on a port that others of this process may be bound to as well.
fn bound(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().expect("a socket");
    let options = socket
        .set_reuseaddr(true)
        .and_then(|()| socket.set_reuseport(true));
    options.expect("a fresh socket takes options");
    socket.bind(address).expect("the port is free or reserved");
    socket
}

/// Listens at once, so that the first connection after it is not refused.
fn run(service: Arc<Service>) -> Running {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let listener = {
        let _inside = runtime.enter();
        bound(service.address).listen(1_024).expect("a listener")
    };
    let (stop, stopped) = oneshot::channel();
    let thread = std::thread::spawn(move || runtime.block_on(accept(listener, service, stopped)));
    Running { stop, thread }
}

/// Counts a connection as open until it is dropped, also when its task is cancelled.
struct OpenConnection(Arc<Service>);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.note_close();
    }
}

async fn accept(listener: TcpListener, service: Arc<Service>, mut stopped: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => return,
            Some(ended) = connections.join_next() => ended.expect("no connection panics"),
            accepted = listener.accept() => {
                // A connection that is gone before it was accepted concerns nobody.
                let Ok((stream, _)) = accepted else { continue };
                service.note_open();
                let connection = OpenConnection(service.clone());
                connections.spawn(async move { wire::serve(stream, &connection.0).await });
            }
        }
    }
}
