//! Child programs with a cleared environment, a deadline, bounded output and a process group of their own. No shell, ever.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs::{self, File},
    io,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    process::Stdio,
    sync::{PoisonError, RwLock},
    time::Duration,
};

use rustix::process::{Pid, Resource, Rlimit, Signal};
use synthesizer_model::failure::{ErrorCode, Failure};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio_util::sync::CancellationToken;

use crate::{
    storage::jobs::{STARTED_BY, Worker},
    telemetry::correlation,
};

/// What to start and within which bounds.
#[derive(Debug, Clone)]
pub struct ChildProgram {
    /// The program's path, as [`crate::tools`] found it.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Its whole environment; nothing is inherited. [`run`] adds the correlation id of the work that it belongs to.
    pub environment: BTreeMap<String, String>,
    /// Where it runs.
    pub directory: PathBuf,
    /// What it reads on standard input.
    pub input: Vec<u8>,
    /// When it is killed with its process group.
    pub deadline: Duration,
    /// How much of each output stream is kept, in bytes; the rest is read and thrown away.
    pub output_limit: usize,
    /// The largest file that it may write, in bytes.
    pub file_limit: Option<u64>,
    /// The most memory of its own that it may have, in bytes.
    pub memory_limit: Option<u64>,
}

impl ChildProgram {
    /// Makes a child with an empty environment and usual bounds: 60 s, 4 MiB of output.
    pub fn new(program: impl Into<PathBuf>, directory: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            environment: BTreeMap::new(),
            directory: directory.into(),
            input: Vec::new(),
            deadline: Duration::from_secs(60),
            output_limit: 4 << 20,
            file_limit: None,
            memory_limit: None,
        }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<I: IntoIterator<Item = A>, A: Into<OsString>>(mut self, arguments: I) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets one variable of the environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.insert(name.to_owned(), value.into());
        self
    }

    fn name(&self) -> String {
        self.program.file_name().map_or_else(
            || "program".to_owned(),
            |name| name.to_string_lossy().into_owned(),
        )
    }
}

/// How a child ended.
#[derive(Debug, Clone)]
pub struct ChildOutput {
    /// The exit status; `None` when a signal ended it.
    pub status: Option<i32>,
    /// Standard output, up to the limit.
    pub stdout: Vec<u8>,
    /// Standard error, up to the limit.
    pub stderr: Vec<u8>,
    /// Whether either was cut.
    pub truncated: bool,
}

impl ChildOutput {
    /// Says whether the exit status was 0.
    pub fn success(&self) -> bool {
        self.status == Some(0)
    }

    /// Says whether the program told that a disk is full; it must have been asked to speak English.
    pub fn lacks_room(&self) -> bool {
        let said = self.stderr_text();
        ["No space left on device", "Disk quota exceeded"]
            .iter()
            .any(|words| said.contains(words))
    }

    /// Gives standard error as text.
    pub fn stderr_text(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// Gives standard output as text.
    pub fn stdout_text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }
}

/// Runs a child to its end.
///
/// # Errors
/// `E_TIMEOUT` past the deadline, `E_CANCELLED` on cancellation, `E_TOOL_MISSING` when it cannot be started, `E_LIMIT`
/// when the system has no room for it. In every case, also when the future is dropped, the whole process group is killed.
pub async fn run(
    child: ChildProgram,
    cancellation: &CancellationToken,
) -> Result<ChildOutput, Failure> {
    let child = with_correlation_id(child);
    let name = child.name();
    let mut running = start(&child)?;
    let group = ProcessGroup::of(&running);
    if let Some(pid) = group.0 {
        bound(pid, Resource::Fsize, child.file_limit);
        // Not the address space, of which some programs reserve far more than they use.
        bound(pid, Resource::Data, child.memory_limit);
    }
    let mut stdin = running.stdin.take();
    let stdout = running.stdout.take();
    let stderr = running.stderr.take();
    let work = async {
        let feed = async {
            if let Some(mut pipe) = stdin.take() {
                // A child that closes its input early has read what it wanted.
                let _ = pipe.write_all(&child.input).await;
            }
        };
        let ((), stdout, stderr) = tokio::join!(
            feed,
            read_bounded(stdout, child.output_limit),
            read_bounded(stderr, child.output_limit)
        );
        let status = running.wait().await;
        (status, stdout, stderr)
    };
    tokio::select! {
        (status, (stdout, cut_out), (stderr, cut_err)) = work => {
            let status = status.map_err(|error| Failure::internal(format!("cannot wait for {name}: {error}")))?;
            Ok(ChildOutput { status: status.code(), stdout, stderr, truncated: cut_out || cut_err })
        }
        () = tokio::time::sleep(child.deadline) => Err(Failure::new(
            ErrorCode::Timeout,
            format!("{name} did not finish within {} s", child.deadline.as_secs()),
        )),
        () = cancellation.cancelled() => Err(Failure::cancelled()),
    }
}

/// Sets a limit of a running child, and so of every process that it starts from then on.
fn bound(pid: Pid, resource: Resource, limit: Option<u64>) {
    if limit.is_some() {
        let limit = Rlimit {
            current: limit,
            maximum: limit,
        };
        // The child may have ended already; then there is nothing to bound.
        let _ = rustix::process::prlimit(Some(pid), resource, limit);
    }
}

/// Tells a child of our own choice which call it works for. A sandbox is not started by [`run`], so untrusted code never learns it.
fn with_correlation_id(mut child: ChildProgram) -> ChildProgram {
    // An id of another form, which only our own code could have made, is not worth the risk of a variable that cannot be set.
    if let Some(id) = correlation::current().and_then(|id| correlation::accept(&id)) {
        let variable = correlation::VARIABLE.to_owned();
        child.environment.entry(variable).or_insert(id);
    }
    // By this it is found when this process was killed and could not end it.
    child
        .environment
        .insert(STARTED_BY.to_owned(), Worker::of_this_process().to_string());
    child
}

/// Held for writing while descriptors exist that one child alone may inherit, and for reading while any other child starts.
static INHERITANCE: RwLock<()> = RwLock::new(());

/// Does work during which no other child is started, so that none inherits what is meant for the one that the work starts.
pub(crate) fn alone<T>(work: impl FnOnce() -> T) -> T {
    let _alone = INHERITANCE.write().unwrap_or_else(PoisonError::into_inner);
    work()
}

/// Starts a child in a process group of its own, its streams piped; the caller keeps its bounds.
fn start(child: &ChildProgram) -> Result<tokio::process::Child, Failure> {
    let _with_others = INHERITANCE.read().unwrap_or_else(PoisonError::into_inner);
    start_alone(child)
}

/// Starts a child within [`alone`], as [`run`] does but without its bounds.
///
/// # Errors
/// `E_TOOL_MISSING` when it cannot be started, `E_LIMIT` when the system has no room for it.
pub(crate) fn start_alone(child: &ChildProgram) -> Result<tokio::process::Child, Failure> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that starts programs"
    )]
    let mut command = tokio::process::Command::new(&child.program);
    command
        .args(&child.arguments)
        .env_clear()
        .envs(&child.environment)
        .current_dir(&child.directory)
        .stdin(if child.input.is_empty() {
            Stdio::null()
        } else {
            Stdio::piped()
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    command.spawn().map_err(|error| cannot_start(child, &error))
}

/// Tells a program that is not there from a machine that has no room for one more.
fn cannot_start(child: &ChildProgram, error: &io::Error) -> Failure {
    let message = format!("cannot start {}: {error}", child.name());
    let errno = rustix::io::Errno::from_io_error(error);
    if errno.is_some_and(is_exhausted) {
        return Failure::new(ErrorCode::Limit, message).with_hint(
            "the system gives this process no more files, processes or memory: raise its limits, or do less at once",
        );
    }
    Failure::new(ErrorCode::ToolMissing, message)
}

/// Says whether an error is one of a limit of the system.
pub(crate) fn is_exhausted(error: rustix::io::Errno) -> bool {
    use rustix::io::Errno;
    matches!(
        error,
        Errno::MFILE | Errno::NFILE | Errno::AGAIN | Errno::NOMEM
    )
}

/// A program of our own that outlives this process.
#[derive(Debug)]
pub struct DetachedProgram {
    child: std::process::Child,
}

impl DetachedProgram {
    /// Says whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }
}

/// Starts this program once more, with other arguments and the whole environment, to go on when this process has ended. It reads nothing, and
/// what it says goes to a log that this user alone can read; [`leave_terminal`] is the first thing that it should do.
///
/// # Errors
/// `E_INTERNAL` when it cannot be started, `E_CONFIG` when the log cannot be written.
pub fn start_detached(arguments: &[OsString], log: &Path) -> Result<DetachedProgram, Failure> {
    let opened = open_log(log);
    let (log, same_log) = opened.map_err(|error| {
        Failure::new(
            ErrorCode::Config,
            format!("cannot write the log of a job: {error}"),
        )
        .with_hint("let [paths] data name a folder that this user can write")
    })?;
    let failed =
        |error: io::Error| Failure::internal(format!("cannot start a worker for the job: {error}"));
    let own = std::env::current_exe().map_err(failed)?;
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that starts programs"
    )]
    let mut command = std::process::Command::new(own);
    let _with_others = INHERITANCE.read().unwrap_or_else(PoisonError::into_inner);
    let child = command
        .args(arguments)
        .env_remove(STARTED_BY)
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(same_log)
        .spawn()
        .map_err(failed)?;
    Ok(DetachedProgram { child })
}

fn open_log(path: &Path) -> io::Result<(File, File)> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let mut options = fs::OpenOptions::new();
    let log = options.create(true).append(true).mode(0o600).open(path)?;
    let same = log.try_clone()?;
    Ok((log, same))
}

/// Makes this process the first of a session of its own: the end of a terminal is not its end.
pub fn leave_terminal() {
    // It fails where the process leads a group already, and then no shell starts or ends it with others.
    if let Err(error) = rustix::process::setsid() {
        tracing::debug!(%error, "no session of its own");
    }
}

/// Kills the child's whole process group when dropped.
struct ProcessGroup(Option<Pid>);

impl ProcessGroup {
    fn of(child: &tokio::process::Child) -> Self {
        let pid = child.id().and_then(|id| i32::try_from(id).ok());
        Self(pid.and_then(Pid::from_raw))
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // An empty group is the usual case: the child has ended and left nobody behind.
            let _ = rustix::process::kill_process_group(group, Signal::KILL);
        }
    }
}

async fn read_bounded(pipe: Option<impl AsyncRead + Unpin>, limit: usize) -> (Vec<u8>, bool) {
    let mut kept = Vec::new();
    let mut truncated = false;
    let Some(mut pipe) = pipe else {
        return (kept, truncated);
    };
    let mut buffer = vec![0_u8; 64 << 10];
    while let Ok(count @ 1..) = pipe.read(&mut buffer).await {
        let room = limit.saturating_sub(kept.len()).min(count);
        kept.extend_from_slice(&buffer[..room]);
        truncated |= room < count;
    }
    (kept, truncated)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> ChildProgram {
        ChildProgram::new("/bin/sh", "/").args(["-c", script])
    }

    /// A child that inherited the end of a pipe that is meant for another would keep its reader waiting.
    #[tokio::test]
    async fn a_child_does_not_inherit_what_is_made_for_another() {
        let (started, other) = alone(|| {
            let (reader, writer) = std::io::pipe().expect("a pipe");
            rustix::io::fcntl_setfd(&writer, rustix::io::FdFlags::empty()).expect("inheritable");
            let runtime = tokio::runtime::Handle::current();
            let (begins, begun) = std::sync::mpsc::channel();
            let other = std::thread::spawn(move || {
                let _inside = runtime.enter();
                begins.send(()).expect("waited for");
                start(&shell("exec tail -f /dev/null")).expect("starts")
            });
            begun.recv().expect("begins");
            for _ in 0..1_000 {
                std::thread::yield_now();
            }
            (reader, other)
        });
        let _child = other.join().expect("ends");
        let mut reader = started;
        let mut rest = Vec::new();
        std::io::Read::read_to_end(&mut reader, &mut rest).expect("ends");
    }

    #[tokio::test]
    async fn output_is_cut_at_the_limit() {
        let mut child = shell("head -c 100000 /dev/zero; echo e >&2; exit 3");
        child.output_limit = 10;
        let output = run(child, &CancellationToken::new()).await.expect("runs");
        assert_eq!(
            (output.status, output.stdout.len(), output.truncated),
            (Some(3), 10, true)
        );
    }

    #[tokio::test]
    async fn nothing_of_the_environment_is_inherited() {
        let child = shell("echo \"$HOME$CARGO_PKG_NAME\"");
        let output = run(child, &CancellationToken::new()).await.expect("runs");
        assert_eq!(output.stdout_text(), "\n");
    }

    #[tokio::test]
    async fn a_child_gets_the_correlation_id_of_its_call() {
        let check = async |id: &str, expected: &str| {
            let output = correlation::scope(id, async {
                let child = shell("echo \"$SYNTHESIZER_CORRELATION_ID\"");
                run(child, &CancellationToken::new()).await.expect("runs")
            });
            assert_eq!(output.await.stdout_text(), expected, "{id:?}");
        };
        check("id-1", "id-1\n").await;
        check("id\0with a zero", "\n").await;
    }

    #[tokio::test]
    async fn memory_and_files_are_bounded() {
        // The limits are set while the child runs, so it waits until it sees them.
        let wait = |resource: &str| {
            format!("until grep -q '^{resource} *1048576 ' /proc/$$/limits; do :; done; ")
        };
        let check = async |child: ChildProgram, expected: bool| {
            let output = run(child, &CancellationToken::new()).await.expect("runs");
            assert_eq!(output.success(), expected, "{output:?}");
        };
        let folder = tempfile::tempdir().expect("a folder");
        let mut child = shell(&(wait("Max file size") + "head -c 2000000 /dev/zero > file"));
        child.directory = folder.path().to_owned();
        child.file_limit = Some(1 << 20);
        check(child, false).await;
        let mut child =
            shell(&(wait("Max data size") + "x=$(head -c 9000000 /dev/zero | tr '\\0' x)"));
        child.memory_limit = Some(1 << 20);
        check(child, false).await;
    }

    #[tokio::test]
    async fn a_deadline_kills_grandchildren_too() {
        let folder = tempfile::tempdir().expect("a folder");
        let fifo = folder.path().join("pid");
        let mut child = shell(&format!(
            "sh -c 'echo $$ > {}; exec tail -f /dev/null' & wait",
            fifo.display()
        ));
        child.deadline = Duration::from_millis(500);
        let failure = run(child, &CancellationToken::new())
            .await
            .expect_err("times out");
        assert_eq!(failure.code, ErrorCode::Timeout);
        let pid: i32 = std::fs::read_to_string(&fifo)
            .expect("started")
            .trim()
            .parse()
            .expect("a pid");
        let pid = Pid::from_raw(pid).expect("a pid");
        for _ in 0..1_000 {
            let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
            if state.is_err() || state.is_ok_and(|state| state.contains(") Z ")) {
                return;
            }
            tokio::task::yield_now().await;
            std::thread::yield_now();
        }
        panic!("the grandchild lives");
    }
}
