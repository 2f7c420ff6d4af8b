//! Runs the built program in a world of its own: scratch home, cache and data folders, and nothing of the developer's settings but
//! the registry configuration and the certificates.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fs,
    io::Read,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal};
use tempfile::TempDir;

use crate::{mcp_client::McpClient, scratch};

/// How long a run may take before it counts as hung.
const DEADLINE: Duration = Duration::from_secs(280);

/// Variables that reach the program: how the machine reaches its registries.
const INHERITED: [&str; 14] = [
    "PATH",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NETRC",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
];

/// Prefixes of such variables.
const INHERITED_PREFIXES: [&str; 3] = ["UV_", "PIP_", "GIT_SSL_"];

/// The program with its scratch folders, which are deleted when it is dropped.
#[derive(Debug)]
pub struct Program {
    binary: PathBuf,
    world: TempDir,
    environment: BTreeMap<OsString, OsString>,
}

/// How a run ended.
#[derive(Debug, Clone)]
pub struct Run {
    /// The exit status; `None` when a signal ended it.
    pub status: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// A run that has not ended yet; dropping it kills the process group.
#[derive(Debug)]
pub struct RunningProgram {
    group: Pid,
    end: mpsc::Receiver<Run>,
    ended: Option<Run>,
}

impl RunningProgram {
    /// Sends a signal to the program, not to its children.
    pub fn signal(&self, signal: Signal) {
        rustix::process::kill_process(self.group, signal).expect("the program lives");
    }

    /// Sends a signal to the program unless it has ended meanwhile.
    pub fn signal_if_it_lives(&self, signal: Signal) {
        let _ = rustix::process::kill_process(self.group, signal);
    }

    /// Says whether the program has ended.
    pub fn has_ended(&mut self) -> bool {
        if self.ended.is_none() {
            self.ended = self.end.try_recv().ok();
        }
        self.ended.is_some()
    }

    /// Waits for the program's end; panics when it hangs.
    pub fn finish(mut self) -> Run {
        if self.has_ended()
            && let Some(run) = self.ended.take()
        {
            return run;
        }
        self.end
            .recv_timeout(DEADLINE)
            .expect("the program ends in time")
    }
}

impl Drop for RunningProgram {
    fn drop(&mut self) {
        // After the end there is no such group any more.
        let _ = rustix::process::kill_process_group(self.group, Signal::KILL);
    }
}

impl Program {
    /// Takes the binary that `SYNTHESIZER_BIN` names, or the one that Cargo or nextest built for the running test, or the
    /// one beside it in the target folder.
    pub fn new() -> Self {
        let names = [
            "SYNTHESIZER_BIN",
            "CARGO_BIN_EXE_synthesizer",
            "NEXTEST_BIN_EXE_synthesizer",
        ];
        let named = names.iter().find_map(std::env::var_os).map(PathBuf::from);
        let beside = || {
            let test = std::env::current_exe().expect("a running test has a path");
            let folders = test.ancestors().skip(1).take(2);
            let mut candidates = folders.map(|folder| folder.join("synthesizer"));
            candidates.find(|candidate| candidate.is_file())
        };
        let binary = named.or_else(beside);
        Self::at(binary.expect("the program is built: cargo build -p synthesizer"))
    }

    /// Takes the binary at a path, such as `env!("CARGO_BIN_EXE_synthesizer")`.
    pub fn at(binary: impl Into<PathBuf>) -> Self {
        let binary = binary.into();
        let binary = binary
            .canonicalize()
            .unwrap_or_else(|error| panic!("no program at {}: {error}", binary.display()));
        let world = tempfile::tempdir().expect("a temporary folder");
        let mut environment: BTreeMap<OsString, OsString> = std::env::vars_os()
            .filter(|(name, _)| is_inherited(name))
            .collect();
        for (variable, folder) in [
            ("HOME", "home"),
            ("TMPDIR", "tmp"),
            ("XDG_CACHE_HOME", "cache"),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_STATE_HOME", "state"),
        ] {
            let path = world.path().join(folder);
            fs::create_dir(&path).expect("the scratch folder can be written");
            environment.insert(variable.into(), path.into());
        }
        fs::create_dir(world.path().join("work")).expect("the scratch folder can be written");
        // Downloads are shared between tests; what the program itself keeps is not.
        let downloads = OsString::from("UV_CACHE_DIR");
        environment
            .entry(downloads)
            .or_insert_with(|| scratch::lasting_folder("uv-cache").into());
        environment.insert("LC_ALL".into(), "C.UTF-8".into());
        environment.insert("NO_COLOR".into(), "1".into());
        Self {
            binary,
            world,
            environment,
        }
    }

    /// Sets a variable for every later run.
    #[must_use]
    pub fn with_env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    /// Removes a variable for every later run.
    #[must_use]
    pub fn without_env(mut self, name: &str) -> Self {
        self.environment.remove(OsStr::new(name));
        self
    }

    /// Writes the user's configuration file.
    #[must_use]
    pub fn with_config(self, toml: &str) -> Self {
        let folder = self.world.path().join("config/synthesizer");
        fs::create_dir_all(&folder).expect("the scratch folder can be written");
        fs::write(folder.join("synthesizer.toml"), toml)
            .expect("the scratch folder can be written");
        self
    }

    /// Gives the folder that holds all others.
    pub fn world(&self) -> &Path {
        self.world.path()
    }

    /// Gives the folder that runs start in.
    pub fn work(&self) -> PathBuf {
        self.world.path().join("work")
    }

    /// Runs the program to its end; panics when it hangs.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Run {
        self.run_in(&self.work(), arguments)
    }

    /// Runs the program to its end in another folder.
    pub fn run_in<A: AsRef<OsStr>>(
        &self,
        folder: &Path,
        arguments: impl IntoIterator<Item = A>,
    ) -> Run {
        let mut command = self.command(folder);
        command.args(arguments).stdin(Stdio::null());
        finish(command, DEADLINE)
    }

    /// Runs another command, which may start the program, with its environment and in its folder; panics when it hangs.
    pub fn run_command(&self, mut command: Command) -> Run {
        command
            .current_dir(self.work())
            .env_clear()
            .envs(&self.environment)
            .process_group(0)
            .stdin(Stdio::null());
        finish(command, DEADLINE)
    }

    /// Starts the program without waiting for its end.
    pub fn start<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> RunningProgram {
        let mut command = self.command(&self.work());
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = command.spawn().expect("the program can be started");
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let (sender, end) = mpsc::channel();
        std::thread::spawn(move || {
            let output = child.wait_with_output().expect("the child is ours");
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let _ = sender.send(Run {
                status: output.status.code(),
                stdout: text(&output.stdout),
                stderr: text(&output.stderr),
            });
        });
        RunningProgram {
            group: group.expect("a child has an id"),
            end,
            ended: None,
        }
    }

    /// Starts `synthesizer mcp` with further arguments and a client on its pipes.
    pub fn mcp<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> McpClient {
        let mut command = self.command(&self.work());
        command.arg("mcp").args(arguments);
        McpClient::start(command)
    }

    /// Gives the files that are left in the temporary folder, as paths relative to it.
    pub fn temporary_files(&self) -> Vec<String> {
        let folder = self.world.path().join("tmp");
        let mut found: Vec<String> = fs::read_dir(&folder)
            .expect("the scratch folder exists")
            .map(|entry| entry.expect("the scratch folder can be read").file_name())
            .map(|name| name.to_string_lossy().into_owned())
            .collect();
        found.sort();
        found
    }

    /// Gives the command lines of living processes that were started from these scratch folders or with them.
    pub fn left_processes(&self) -> Vec<String> {
        let marker = self.world.path().as_os_str().as_encoded_bytes();
        let processes = fs::read_dir("/proc").expect("Linux has /proc");
        let own = std::process::id();
        let is_other_process = |name: &OsStr| {
            let id = name.to_str().and_then(|name| name.parse::<u32>().ok());
            id.is_some_and(|id| id != own)
        };
        processes
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|process| process.file_name().is_some_and(is_other_process))
            .filter(|process| {
                let holds =
                    |bytes: &[u8]| bytes.windows(marker.len()).any(|window| window == marker);
                // Somebody else's processes cannot be read, and those that end meanwhile are gone.
                let reads =
                    |file: &str| fs::read(process.join(file)).is_ok_and(|bytes| holds(&bytes));
                let works = fs::read_link(process.join("cwd"));
                reads("cmdline")
                    || reads("environ")
                    || works.is_ok_and(|folder| folder.starts_with(self.world.path()))
            })
            .filter_map(|process| fs::read(process.join("cmdline")).ok())
            .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
            .collect()
    }

    /// Gives regular expressions and replacements for `insta` that hide what differs from run to run.
    pub fn filters(&self) -> Vec<(String, &'static str)> {
        vec![
            (escaped(&self.world.path().to_string_lossy()), "[WORLD]"),
            (r"127\.0\.0\.1:\d+".to_owned(), "[ADDRESS]"),
            (
                r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}".to_owned(),
                "[UUID]",
            ),
            (
                r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z".to_owned(),
                "[TIME]",
            ),
            (r#"("[a-z_]*time_ms": )\d+"#.to_owned(), "${1}0"),
        ]
    }

    /// Gives the binary.
    pub fn binary(&self) -> &Path {
        &self.binary
    }

    pub(crate) fn environment(&self) -> &BTreeMap<OsString, OsString> {
        &self.environment
    }

    pub(crate) fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .current_dir(folder)
            .env_clear()
            .envs(&self.environment)
            .process_group(0);
        command
    }
}

impl Default for Program {
    fn default() -> Self {
        Self::new()
    }
}

impl Run {
    /// Reads standard output as one JSON document.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| {
            panic!(
                "stdout is no JSON ({error})\nstdout: {}\nstderr: {}",
                self.stdout, self.stderr
            )
        })
    }

    /// Checks the exit status; shows everything when it differs.
    pub fn expect_status(self, status: i32) -> Self {
        assert_eq!(
            self.status,
            Some(status),
            "exit status\nstdout: {}\nstderr: {}",
            self.stdout,
            self.stderr
        );
        self
    }
}

/// Runs a command with both outputs read, and kills its process group past the deadline.
pub(crate) fn finish(mut command: Command, deadline: Duration) -> Run {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program can be started");
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let (sender, receiver) = mpsc::channel();
    read_whole(
        child.stdout.take().expect("stdout is piped"),
        true,
        sender.clone(),
    );
    read_whole(child.stderr.take().expect("stderr is piped"), false, sender);
    let end = Instant::now() + deadline;
    let (mut stdout, mut stderr) = (String::new(), String::new());
    for _ in 0..2 {
        let left = end.saturating_duration_since(Instant::now());
        match receiver.recv_timeout(left) {
            Ok((true, text)) => stdout = text,
            Ok((false, text)) => stderr = text,
            Err(_) => {
                let group = group.expect("a child has an id");
                let _ = rustix::process::kill_process_group(group, Signal::KILL);
                let _ = child.wait();
                panic!(
                    "the program did not end within {} s; stdout: {stdout} stderr: {stderr}",
                    deadline.as_secs()
                );
            }
        }
    }
    let status = child.wait().expect("the child is ours");
    Run {
        status: status.code(),
        stdout,
        stderr,
    }
}

fn read_whole(
    mut pipe: impl Read + Send + 'static,
    mark: bool,
    sender: mpsc::Sender<(bool, String)>,
) {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What came before an error is still worth showing.
        let _ = pipe.read_to_end(&mut bytes);
        let _ = sender.send((mark, String::from_utf8_lossy(&bytes).into_owned()));
    });
}

fn is_inherited(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    INHERITED.contains(&name.as_ref())
        || INHERITED_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

fn escaped(text: &str) -> String {
    text.chars()
        .flat_map(|character| {
            let special = character.is_ascii_punctuation() && !matches!(character, '/' | '_');
            special.then_some('\\').into_iter().chain([character])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(text: &str) -> (TempDir, Program) {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("program");
        fs::write(&path, format!("#!/bin/sh\n{text}")).expect("a script");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a script");
        let program = Program::at(&path);
        (folder, program)
    }

    #[test]
    fn a_run_sees_its_own_world_alone() {
        let (_folder, program) = script(
            "cd; pwd; echo \"$CARGO_PKG_NAME$MARK\"; touch \"$TMPDIR/left\"; echo oops >&2; exit 3",
        );
        let program = program.with_env("MARK", "m");
        let run = program.run(["x"]).expect_status(3);
        let home = program.world().join("home");
        assert_eq!(run.stdout, format!("{}\nm\n", home.display()));
        assert_eq!(
            (run.stderr.as_str(), program.temporary_files()),
            ("oops\n", vec!["left".to_owned()])
        );
    }

    #[test]
    fn a_process_left_behind_is_seen() {
        let (_folder, program) = script("tail -f /dev/null >/dev/null 2>&1 & echo $!");
        let run = program.run(["x"]);
        let left = program.left_processes();
        let pid = run.stdout.trim().parse().ok().and_then(Pid::from_raw);
        rustix::process::kill_process(pid.expect("a process id"), Signal::KILL).expect("it lives");
        assert_eq!(left.len(), 1, "{left:?}");
    }

    #[test]
    fn a_client_matches_answers_and_keeps_the_rest() {
        let (_folder, program) = script(
            r#"read line; echo '{"method":"note"}'; echo '{"id":1,"result":{"is":"it"}}'; cat >/dev/null; echo log >&2; exit 4"#,
        );
        let mut client = program.mcp([] as [&str; 0]);
        let answer = client.request("ask", serde_json::json!({}));
        assert_eq!(answer["result"]["is"], "it");
        assert_eq!(client.notification("note")["method"], "note");
        client.close_stdin();
        assert_eq!(
            (client.wait(), client.remaining_lines().len()),
            (Some(4), 0)
        );
    }

    #[test]
    fn a_path_is_escaped_for_filters() {
        assert_eq!(escaped("/a.b/C_d"), r"/a\.b/C_d");
    }
}
