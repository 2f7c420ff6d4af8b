//! What a sandbox inherits: its standard streams and files made for it alone. Must not let any other descriptor through.

use std::{
    fs::File,
    io::{self, PipeReader, PipeWriter, Seek as _, Write as _},
    os::fd::{AsFd, AsRawFd},
};

use rustix::{fs::MemfdFlags, io::FdFlags};
use synthesizer_model::failure::Failure;

use crate::process;

/// Descriptors that the started program inherits besides its standard streams.
#[derive(Debug)]
pub(super) struct Inherited {
    /// Files with the contents that were asked for, in order.
    pub(super) files: Vec<i32>,
    /// The writing end of the pipe by which the program reports.
    pub(super) report: i32,
    /// The reading end of the pipe by which the program is told to go on.
    pub(super) gate: i32,
}

/// Our ends of the pipes.
#[derive(Debug)]
pub(super) struct Pipes {
    pub(super) report: PipeReader,
    pub(super) gate: PipeWriter,
}

/// Starts a program that inherits files with these contents and two pipes; gives what `start` gives and our ends of the pipes.
///
/// Every other descriptor of this process above the standard streams is closed in programs started from now on. One
/// that was left open by whoever started us would be a hole in the sandbox.
///
/// `start` must use [`process::start_alone`].
///
/// # Errors
/// What `start` says, or `E_INTERNAL` when the descriptors cannot be made.
pub(super) fn with_inherited<T>(
    contents: &[&[u8]],
    start: impl FnOnce(Inherited) -> Result<T, Failure>,
) -> Result<(T, Pipes), Failure> {
    process::alone(|| {
        let failed = |error: io::Error| {
            Failure::internal(format!("cannot make a file for the sandbox: {error}"))
        };
        close_fds::set_fds_cloexec_threadsafe(3, &[]);
        let files: io::Result<Vec<File>> = contents.iter().map(|contents| file(contents)).collect();
        let files = files.map_err(failed)?;
        let (report, their_report) = io::pipe().map_err(failed)?;
        let (their_gate, gate) = io::pipe().map_err(failed)?;
        inherit(&their_report)
            .and_then(|()| inherit(&their_gate))
            .map_err(failed)?;
        let inherited = Inherited {
            files: files.iter().map(AsRawFd::as_raw_fd).collect(),
            report: their_report.as_raw_fd(),
            gate: their_gate.as_raw_fd(),
        };
        // Our copies of what is inherited are closed on return.
        Ok((start(inherited)?, Pipes { report, gate }))
    })
}

fn inherit(descriptor: &impl AsFd) -> io::Result<()> {
    Ok(rustix::io::fcntl_setfd(descriptor, FdFlags::empty())?)
}

/// Makes a file in memory that programs started now inherit.
fn file(contents: &[u8]) -> io::Result<File> {
    let mut file = File::from(rustix::fs::memfd_create("sandbox", MemfdFlags::empty())?);
    file.write_all(contents)?;
    file.rewind()?;
    Ok(file)
}
