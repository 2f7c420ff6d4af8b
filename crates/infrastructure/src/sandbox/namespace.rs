//! The life of one sandbox: its first process, ending it, and knowing that nothing of it is left. Must not signal by number alone.

use std::{io::Write as _, os::fd::OwnedFd, time::Duration};

use rustix::{
    event::{PollFd, PollFlags, Timespec},
    process::{Pid, PidfdFlags, Signal},
};
use synthesizer_model::failure::Failure;
use tokio::{io::AsyncReadExt as _, net::unix::pipe::Receiver};

use super::{descriptors::Pipes, task_limit::TaskLimit};

/// How long the sandbox program may take to make the namespace.
const BEGIN: Duration = Duration::from_secs(10);

/// The time between two looks at whether the kernel is done, which it mostly is at once.
const PAUSE: Duration = Duration::from_millis(1);

/// The most that the sandbox program reports, in bytes.
const REPORT_LIMIT: u64 = 4096;

/// A running sandbox; ended when dropped.
#[derive(Debug)]
pub(super) struct Namespace {
    /// The sandbox program, which leads its own process group.
    program: Option<Pid>,
    first: Option<First>,
    tasks: Option<TaskLimit>,
}

/// The first process of the namespace; when it ends, the kernel ends all others first.
#[derive(Debug)]
struct First {
    process: u32,
    handle: OwnedFd,
}

impl Namespace {
    /// Takes charge of the sandbox program that was just started.
    pub(super) fn of(program: Option<u32>) -> Self {
        Self {
            program: program.and_then(pid),
            first: None,
            tasks: None,
        }
    }

    /// Learns from the program's report which process is the first, bounds its tasks, and lets it go on.
    ///
    /// Without a report the program ends by itself and says why on standard error.
    pub(super) async fn begin(&mut self, pipes: Pipes, tasks: usize) -> Result<(), Failure> {
        let mut text = Vec::new();
        let failed =
            |error: std::io::Error| Failure::internal(format!("cannot bound a sandbox: {error}"));
        let report = Receiver::from_owned_fd(pipes.report.into())
            .map_err(failed)?
            .take(REPORT_LIMIT);
        tokio::pin!(report);
        match tokio::time::timeout(BEGIN, report.read_to_end(&mut text)).await {
            Ok(read) => read.map_err(failed)?,
            Err(_) => return Err(Failure::internal("a sandbox did not begin")),
        };
        self.first = first_of(&text);
        if let Some(first) = &self.first {
            self.tasks = TaskLimit::create(tasks);
            if let Some(group) = &self.tasks {
                group.add(first.process).map_err(failed)?;
            }
        }
        let mut gate = pipes.gate;
        // A program that has ended does not read any more, and says why elsewhere.
        let _ = gate.write_all(b"1");
        Ok(())
    }

    /// Gives the number of the first process.
    pub(super) fn first(&self) -> Option<u32> {
        self.first.as_ref().map(|first| first.process)
    }

    /// Says whether the kernel refused tasks because there were too many.
    pub(super) fn had_too_many_tasks(&self) -> bool {
        self.tasks.as_ref().is_some_and(TaskLimit::was_reached)
    }

    /// Kills the first process and with it, by the kernel, all others; before there is one, the sandbox program.
    pub(super) fn end(&self) {
        // Either may have ended by itself.
        if let Some(first) = &self.first {
            let _ = rustix::process::pidfd_send_signal(&first.handle, Signal::KILL);
        } else if let Some(group) = self.program {
            let _ = rustix::process::kill_process_group(group, Signal::KILL);
        }
    }

    /// Waits until no process of the namespace is left.
    pub(super) async fn gone(&self) {
        if let Some(first) = &self.first {
            while !first.has_ended() {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    /// Says that the sandbox program was waited for: its number may belong to another process by now.
    pub(super) fn program_ended(&mut self) {
        self.program = None;
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        self.end();
    }
}

impl First {
    /// Says whether the process has ended, which it does after all others of its namespace.
    fn has_ended(&self) -> bool {
        let mut handles = [PollFd::new(&self.handle, PollFlags::IN)];
        // What cannot be asked is not waited for.
        rustix::event::poll(&mut handles, Some(&Timespec::default()))
            .map_or(true, |ready| ready > 0)
    }
}

fn first_of(report: &[u8]) -> Option<First> {
    let report: serde_json::Value = serde_json::from_slice(report).ok()?;
    let process = u32::try_from(report.get("child-pid")?.as_u64()?).ok()?;
    // One that is gone already has taken all others with it.
    let handle = rustix::process::pidfd_open(pid(process)?, PidfdFlags::empty()).ok()?;
    Some(First { process, handle })
}

fn pid(process: u32) -> Option<Pid> {
    i32::try_from(process).ok().and_then(Pid::from_raw)
}
