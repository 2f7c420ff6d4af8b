//! What a sandbox sees of the machine, as arguments of `bwrap`. Must not show a home folder, the network, or anything that can be written.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use super::{bubblewrap::SandboxRun, watch};
use crate::config;

/// Folders of the system that programs need; links stay links.
const SYSTEM_FOLDERS: &[&str] = &["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];

/// Files of the system's configuration that programs need to start; none holds anything private.
const SYSTEM_FILES: &[&str] = &["/etc/ld.so.cache", "/etc/alternatives"];

/// The one account inside.
pub(super) const ACCOUNTS: &[u8] = b"sandbox:x:1000:1000:sandbox:/tmp/home:/bin/sh\n";

/// The one group inside.
pub(super) const GROUPS: &[u8] = b"sandbox:x:1000:\n";

/// The names inside; there is no network but the loopback device of the sandbox itself.
pub(super) const HOSTS: &[u8] = b"127.0.0.1 localhost sandbox\n::1 localhost\n";

/// Variables that every program gets unless the run sets them.
const VARIABLES: &[(&str, &str)] = &[
    ("HOME", "/tmp/home"),
    ("LANG", "C.UTF-8"),
    ("PATH", "/usr/local/bin:/usr/bin:/bin"),
    ("TMPDIR", "/tmp"),
];

/// Descriptors of the files that the sandbox is made with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Descriptors {
    pub(super) accounts: i32,
    pub(super) groups: i32,
    pub(super) hosts: i32,
    pub(super) filter: Option<i32>,
    pub(super) report: i32,
    pub(super) gate: i32,
}

/// Gives the arguments of `bwrap` for one run.
pub(super) fn of(
    run: &SandboxRun,
    bounds: &config::Sandbox,
    descriptors: Descriptors,
    limiter: &Path,
) -> Vec<OsString> {
    let mut arguments = Arguments::default();
    arguments.isolation(descriptors.filter);
    arguments.words(&[
        "--info-fd",
        &descriptors.report.to_string(),
        "--block-fd",
        &descriptors.gate.to_string(),
    ]);
    arguments.system(descriptors);
    arguments.scratch(bounds.scratch_bytes, &run.working_directory);
    for (outside, inside) in &run.read_only {
        arguments.add([OsString::from("--ro-bind"), outside.into(), inside.into()]);
    }
    // Whatever was not mounted read-only is a file system in memory without a bound: it must not be written either. The
    // kernel's settings below /proc/sys are files of the super-user, so that one must not be able to open them for writing.
    arguments.words(&[
        "--remount-ro",
        "/dev",
        "--remount-ro",
        "/proc",
        "--remount-ro",
        "/",
    ]);
    for (name, value) in VARIABLES {
        if !run.environment.contains_key(*name) {
            arguments.words(&["--setenv", name, value]);
        }
    }
    for (name, value) in &run.environment {
        arguments.words(&["--setenv", name, value]);
    }
    arguments.add([
        OsString::from("--chdir"),
        run.working_directory.clone().into(),
        "--".into(),
    ]);
    arguments.words(&["/usr/bin/nice", "-n", "10"]);
    arguments.add([limiter.into()]);
    arguments.limits(bounds);
    arguments.add([run.program.clone().into()]);
    arguments.add(run.arguments.iter().cloned());
    arguments.0
}

#[derive(Debug, Default)]
struct Arguments(Vec<OsString>);

impl Arguments {
    fn add(&mut self, arguments: impl IntoIterator<Item = OsString>) {
        self.0.extend(arguments);
    }

    fn words(&mut self, words: &[&str]) {
        self.add(words.iter().map(OsString::from));
    }

    fn isolation(&mut self, filter: Option<i32>) {
        self.words(&[
            "--unshare-all",
            "--unshare-user",
            "--disable-userns",
            "--uid",
            "1000",
            "--gid",
            "1000",
        ]);
        self.words(&[
            "--die-with-parent",
            "--new-session",
            "--clearenv",
            "--cap-drop",
            "ALL",
            "--hostname",
            "sandbox",
        ]);
        if let Some(filter) = filter {
            self.words(&["--seccomp", &filter.to_string()]);
        }
    }

    fn system(&mut self, descriptors: Descriptors) {
        self.words(&["--ro-bind", "/usr", "/usr"]);
        for folder in SYSTEM_FOLDERS {
            match std::fs::read_link(folder) {
                Ok(target) => self.add(["--symlink".into(), target.into(), OsString::from(folder)]),
                Err(_) if Path::new(folder).is_dir() => self.words(&["--ro-bind", folder, folder]),
                Err(_) => {}
            }
        }
        self.words(&["--dir", "/etc"]);
        for file in SYSTEM_FILES {
            self.words(&["--ro-bind-try", file, file]);
        }
        let made = [
            (descriptors.accounts, "/etc/passwd"),
            (descriptors.groups, "/etc/group"),
            (descriptors.hosts, "/etc/hosts"),
        ];
        for (descriptor, file) in made {
            self.words(&["--ro-bind-data", &descriptor.to_string(), file]);
        }
        self.words(&["--proc", "/proc", "--dev", "/dev"]);
    }

    fn scratch(&mut self, bytes: u64, working_directory: &Path) {
        let size = bytes.to_string();
        self.words(&[
            "--size",
            &size,
            "--tmpfs",
            "/dev/shm",
            "--size",
            &size,
            "--tmpfs",
            "/tmp",
            "--dir",
            "/tmp/home",
        ]);
        if working_directory.starts_with("/tmp") && working_directory != Path::new("/tmp") {
            self.add([
                OsString::from("--dir"),
                PathBuf::from(working_directory).into(),
            ]);
        }
    }

    /// Bounds that the kernel keeps, process by process; each at most what this process has itself.
    fn limits(&mut self, bounds: &config::Sandbox) {
        use rustix::process::Resource;
        let memory = bounds.memory_bytes;
        let limits = [
            // Memory that is only reserved does not count against data but against the address space.
            ("data", Resource::Data, memory),
            ("as", Resource::As, memory.saturating_mul(8)),
            ("fsize", Resource::Fsize, bounds.scratch_bytes),
            ("cpu", Resource::Cpu, bounds.timeout.as_secs() + 1),
            ("nofile", Resource::Nofile, 512),
            ("nproc", Resource::Nproc, watch::most_threads(bounds) as u64),
            // 1 and not 0: with 0 the kernel would still feed a program that collects dumps (core(5)).
            ("core", Resource::Core, 1),
        ];
        for (name, resource, wanted) in limits {
            let own = rustix::process::getrlimit(resource)
                .maximum
                .unwrap_or(u64::MAX);
            let limit = wanted.min(own);
            self.words(&[&format!("--{name}={limit}:{limit}")]);
        }
        self.words(&["--"]);
    }
}
