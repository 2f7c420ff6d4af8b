//! The sandbox of Linux, made by the `bwrap` program (bubblewrap 0.8 and above).

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use synthesizer_model::failure::{ErrorCode, Failure};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    process::Child,
    sync::Notify,
};
use tokio_util::sync::CancellationToken;

use super::{
    arguments::{self, Descriptors},
    descriptors::{self, Pipes},
    filter,
    namespace::Namespace,
    watch,
};
use crate::{
    config::{self, Config},
    process::{self, ChildProgram},
    tools,
};

/// The program of util-linux that sets bounds and then becomes the program to run.
const LIMITER: &str = "/usr/bin/prlimit";

/// How much more than what is kept a program may write before it is ended.
const OUTPUT_FACTOR: u64 = 8;

/// How long the kernel may take to end a sandbox that was killed.
const GRACE: Duration = Duration::from_secs(10);

/// A sandbox that was seen to work on this machine; cheap to clone.
#[derive(Debug, Clone)]
pub struct Sandbox {
    program: PathBuf,
    bounds: config::Sandbox,
}

/// What to run inside.
#[derive(Debug, Clone)]
pub struct SandboxRun {
    /// The program's path inside.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Its environment, besides HOME, LANG, PATH and TMPDIR of the sandbox, which it may replace.
    pub environment: BTreeMap<String, String>,
    /// Folders or files of the machine (first) that it may read, and where it sees them (second); absolute.
    pub read_only: Vec<(PathBuf, PathBuf)>,
    /// Where it runs, as seen inside; `/tmp` and folders below it can be written and are gone afterwards.
    pub working_directory: PathBuf,
    /// What it reads on standard input.
    pub input: Vec<u8>,
}

/// Which bound ended a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kill {
    /// Wall time.
    Timeout,
    /// Memory of all processes together.
    Memory,
    /// Number of processes or threads.
    Processes,
    /// Amount of output: eight times what is kept.
    Output,
}

/// How a run ended.
#[derive(Debug, Clone)]
pub struct SandboxOutcome {
    /// The exit status, 128 and the signal's number for a program that a signal ended; `None` when a bound ended the run.
    pub status: Option<i32>,
    /// Standard output, up to the limit.
    pub stdout: Vec<u8>,
    /// Standard error, up to the limit.
    pub stderr: Vec<u8>,
    /// Whether either was cut.
    pub truncated: bool,
    /// The bound that ended it, if one did.
    pub killed: Option<Kill>,
}

impl Sandbox {
    /// Finds a sandbox that works on this machine, by running `true` inside one. Call it once and clone.
    ///
    /// # Errors
    /// Why there is none, as the end of a sentence.
    pub async fn find(config: &Config) -> Result<Self, String> {
        if !config.sandbox.enabled {
            return Err("the sandbox is switched off by sandbox.enabled".to_owned());
        }
        let program = tools::find("bwrap", &config.tool_environment)
            .map_err(|_| "the program bwrap (bubblewrap) is not installed".to_owned())?;
        if !Path::new(LIMITER).is_file() {
            return Err("the program prlimit (util-linux) is not installed".to_owned());
        }
        let sandbox = Self {
            program,
            bounds: config.sandbox.clone(),
        };
        let probe = SandboxRun {
            program: "/usr/bin/env".into(),
            arguments: vec!["true".into()],
            environment: BTreeMap::new(),
            read_only: Vec::new(),
            working_directory: "/tmp".into(),
            input: Vec::new(),
        };
        match sandbox.run(probe, &CancellationToken::new()).await {
            Ok(outcome) if outcome.status == Some(0) => Ok(sandbox),
            Ok(outcome) => {
                let said = String::from_utf8_lossy(&outcome.stderr);
                let said = synthesizer_model::text::escape_untrusted(
                    said.lines().next().unwrap_or("it says nothing"),
                );
                Err(format!("bwrap does not work on this machine: {said}"))
            }
            Err(failure) => Err(format!("bwrap does not work on this machine: {failure}")),
        }
    }

    /// Runs a program inside to its end; nothing of it is left when this returns or is dropped.
    ///
    /// A bound that ends the run is part of the outcome. What could not be set up inside is too: status 1 with the
    /// reason of `bwrap` on standard error.
    ///
    /// # Errors
    /// `E_CANCELLED` on cancellation, `E_NOT_FOUND` when a folder to be read does not exist, `E_TOOL_MISSING` when
    /// `bwrap` cannot be started.
    pub async fn run(
        &self,
        run: SandboxRun,
        cancellation: &CancellationToken,
    ) -> Result<SandboxOutcome, Failure> {
        check_read_only(&run)?;
        let input = run.input.clone();
        let (child, pipes) = self.start(run)?;
        let output = Output::new(self.bounds.output_bytes);
        let mut namespace = Namespace::of(child.id());
        let mut work = std::pin::pin!(finish(child, input, &output));
        // Borrowed after the child and so dropped before it: the namespace is ended by its handle first.
        namespace
            .begin(pipes, watch::most_threads(&self.bounds))
            .await?;
        let over_bound = async {
            match namespace.first() {
                Some(first) => watch::over_bound(first, &self.bounds).await,
                None => std::future::pending().await,
            }
        };
        let bound = tokio::select! {
            ended = &mut work => {
                namespace.program_ended();
                let ended = ended?;
                settle(namespace.gone()).await?;
                // A program that was refused processes mostly fails by itself, and then that is the reason.
                let refused = namespace.had_too_many_tasks().then_some(Kill::Processes);
                return Ok(ended.outcome(refused));
            }
            kill = over_bound => Some(kill),
            () = output.exceeded.notified() => Some(Kill::Output),
            () = tokio::time::sleep(self.bounds.timeout) => Some(Kill::Timeout),
            () = cancellation.cancelled() => None,
        };
        tracing::debug!(?bound, "a sandbox is ended");
        namespace.end();
        let ended = settle(work).await?;
        namespace.program_ended();
        settle(namespace.gone()).await?;
        match bound {
            Some(kill) => Ok(ended?.outcome(Some(kill))),
            None => Err(Failure::cancelled()),
        }
    }

    fn start(&self, run: SandboxRun) -> Result<(Child, Pipes), Failure> {
        let filter = filter::program();
        let mut files = vec![arguments::ACCOUNTS, arguments::GROUPS, arguments::HOSTS];
        files.extend(filter.as_deref());
        descriptors::with_inherited(&files, |inherited| {
            let [accounts, groups, hosts, rest @ ..] = inherited.files.as_slice() else {
                return Err(Failure::internal("the sandbox's files were not made"));
            };
            let descriptors = Descriptors {
                accounts: *accounts,
                groups: *groups,
                hosts: *hosts,
                filter: rest.first().copied(),
                report: inherited.report,
                gate: inherited.gate,
            };
            let arguments = arguments::of(&run, &self.bounds, descriptors, Path::new(LIMITER));
            let mut child = ChildProgram::new(&self.program, "/").args(arguments);
            child.input = run.input;
            process::start_alone(&child)
        })
    }
}

fn check_read_only(run: &SandboxRun) -> Result<(), Failure> {
    for (outside, inside) in &run.read_only {
        if !outside.is_absolute() || !inside.is_absolute() {
            return Err(Failure::internal(
                "a path shown to a sandbox is not absolute",
            ));
        }
        if !outside.exists() {
            let message = format!(
                "{} does not exist, so a sandbox cannot read it",
                outside.display()
            );
            return Err(Failure::new(ErrorCode::NotFound, message));
        }
    }
    Ok(())
}

/// Waits for what the kernel does at once unless something is wrong.
async fn settle<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    let settled = tokio::time::timeout(GRACE, work).await;
    settled.map_err(|_| Failure::internal("a sandbox did not end after it was killed"))
}

/// Bounds on output, shared by both streams.
struct Output {
    kept: usize,
    allowed: u64,
    written: AtomicU64,
    exceeded: Notify,
}

impl Output {
    fn new(kept: usize) -> Self {
        let allowed = (kept as u64).saturating_mul(OUTPUT_FACTOR);
        Self {
            kept,
            allowed,
            written: AtomicU64::new(0),
            exceeded: Notify::new(),
        }
    }
}

/// What was read of one stream.
#[derive(Debug, Default)]
struct Stream {
    kept: Vec<u8>,
    truncated: bool,
}

struct Ended {
    status: Option<i32>,
    stdout: Stream,
    stderr: Stream,
}

impl Ended {
    fn outcome(self, killed: Option<Kill>) -> SandboxOutcome {
        SandboxOutcome {
            status: self.status.filter(|_| killed.is_none()),
            stdout: self.stdout.kept,
            stderr: self.stderr.kept,
            truncated: self.stdout.truncated || self.stderr.truncated,
            killed,
        }
    }
}

/// Feeds the program, reads all that it writes and waits for the last of the sandbox.
async fn finish(mut child: Child, input: Vec<u8>, output: &Output) -> Result<Ended, Failure> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let feed = async move {
        if let Some(mut pipe) = stdin {
            // A program that closes its input early has read what it wanted.
            let _ = pipe.write_all(&input).await;
        }
    };
    let ((), stdout, stderr, status) = tokio::join!(
        feed,
        read(stdout, output),
        read(stderr, output),
        child.wait()
    );
    let status = status
        .map_err(|error| Failure::internal(format!("cannot wait for the sandbox: {error}")))?;
    Ok(Ended {
        status: status.code(),
        stdout,
        stderr,
    })
}

async fn read(pipe: Option<impl AsyncRead + Unpin>, output: &Output) -> Stream {
    let mut stream = Stream::default();
    let Some(mut pipe) = pipe else {
        return stream;
    };
    let mut buffer = vec![0_u8; 64 << 10];
    while let Ok(count @ 1..) = pipe.read(&mut buffer).await {
        let room = output.kept.saturating_sub(stream.kept.len()).min(count);
        stream.kept.extend_from_slice(&buffer[..room]);
        stream.truncated |= room < count;
        let written = output.written.fetch_add(count as u64, Ordering::Relaxed) + count as u64;
        if written > output.allowed {
            output.exceeded.notify_one();
        }
    }
    stream
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
