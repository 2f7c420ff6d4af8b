//! GitHub's API as its published description says: a mock that validates every request. Installed by `scripts/setup`.

use std::{
    fs::{self, File},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// How long the mock may take to start.
const START: Duration = Duration::from_secs(60);

/// A running mock of GitHub; ends when dropped.
#[derive(Debug)]
pub struct GithubMock {
    child: Child,
    address: SocketAddr,
    log: PathBuf,
    _folder: tempfile::TempDir,
}

impl GithubMock {
    /// Starts the mock and waits until it answers.
    pub fn start() -> Self {
        let tools = tools();
        let program = tools.join("bin/prism");
        assert!(
            program.is_file(),
            "Prism is installed: run scripts/setup test"
        );
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("log");
        let address = free_address();
        let output = File::create(&log).expect("a log");
        let child = Command::new(program)
            .args([
                "mock",
                "--host",
                "127.0.0.1",
                "--port",
                &address.port().to_string(),
            ])
            .arg(tools.join("prism/github.json"))
            .stdin(Stdio::null())
            .stdout(output.try_clone().expect("a second handle"))
            .stderr(output)
            .spawn()
            .expect("Prism starts");
        let mock = Self {
            child,
            address,
            log,
            _folder: folder,
        };
        mock.wait_until_it_listens();
        mock
    }

    fn wait_until_it_listens(&self) {
        let begun = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            assert!(
                begun.elapsed() < START,
                "Prism did not start: {}",
                self.log()
            );
            std::thread::yield_now();
        }
    }

    /// Gives where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Gives the address of the API.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Gives everything that it wrote.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Gives what was wrong with requests, a line each.
    pub fn violations(&self) -> Vec<String> {
        let log = self.log();
        let wrong = [
            "Violation: request",
            "terminated with error",
            "did not pass",
        ];
        log.lines()
            .filter(|line| wrong.iter().any(|mark| line.contains(mark)))
            .map(str::to_owned)
            .collect()
    }

    /// Gives how many requests it got.
    pub fn requests(&self) -> usize {
        self.log().matches("Request received").count()
    }
}

impl Drop for GithubMock {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to stop.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn tools() -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    workspace
        .expect("the crate lies in crates/")
        .join(".cache/tools")
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener
        .local_addr()
        .expect("a bound socket has an address")
}
