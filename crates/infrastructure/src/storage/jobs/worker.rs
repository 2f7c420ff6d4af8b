//! Which process works on a job, and whether it still lives. The kernel knows: no clock and no lease decides about a process of this
//! machine, so that one that was stopped for an hour keeps its job.

use std::{fmt, fs, str::FromStr, sync::OnceLock};

use rustix::{
    event::Timespec,
    process::{Pid, PidfdFlags, Signal},
};

/// The variable by which the programs that a process starts name it, so that they are found when it was killed.
pub(crate) const STARTED_BY: &str = "SYNTHESIZER_STARTED_BY";

/// A process of some machine: its number there, when it was started, and in which boot and namespace that holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Worker {
    process: u32,
    /// In ticks after the boot, as the kernel tells.
    started: u64,
    /// The boot, as the kernel names it, and the namespace of processes.
    place: String,
}

impl Worker {
    /// Names this process.
    pub fn of_this_process() -> &'static Self {
        static OWN: OnceLock<Worker> = OnceLock::new();
        OWN.get_or_init(|| {
            let process = std::process::id();
            Self {
                process,
                started: started(process).unwrap_or(0),
                place: place(),
            }
        })
    }

    /// Says whether the process lives; `None` when it cannot be told from here.
    pub fn is_alive(&self) -> Option<bool> {
        let own = Self::of_this_process();
        let boot = |place: &str| place.split('.').next().map(str::to_owned);
        match (
            self.place == own.place,
            boot(&self.place) == boot(&own.place),
        ) {
            (true, _) => Some(started(self.process) == Some(self.started)),
            // The machine was started anew since. Another machine cannot share the folder: SQLite's log is memory of one machine.
            (false, false) => Some(false),
            // Another container on this machine.
            (false, true) => None,
        }
    }
}

impl fmt::Display for Worker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}.{}.{}",
            self.process, self.started, self.place
        )
    }
}

impl FromStr for Worker {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.splitn(3, '.');
        let (Some(process), Some(started), Some(place)) =
            (parts.next(), parts.next(), parts.next())
        else {
            return Err(());
        };
        Ok(Self {
            process: process.parse().map_err(|_| ())?,
            started: started.parse().map_err(|_| ())?,
            place: place.to_owned(),
        })
    }
}

fn place() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let namespace = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    let digits: String = namespace
        .to_string_lossy()
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    format!("{}.{digits}", boot.trim())
}

/// Gives when a living process was started: field 22 of `/proc/PID/stat`, proc(5). A process that has ended and was not waited for is dead.
fn started(process: u32) -> Option<u64> {
    let line = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name in parentheses may hold anything, so what follows the last of them counts.
    let mut fields = line.rsplit_once(')')?.1.split_ascii_whitespace();
    if matches!(fields.next()?, "Z" | "X") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

/// How often it is looked whether the programs are gone, and the pause between: a second in all.
const LOOKS: usize = 100;
const PAUSE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 10_000_000,
};

/// Ends the programs that processes which are dead now had started, and waits until they are gone.
///
/// A process that is killed cannot end its children; they name it in their environment, which only this user's processes let us read.
pub fn remove_orphans() {
    let own = Worker::of_this_process();
    end_programs_of(|starter| starter != own && starter.is_alive() == Some(false));
}

/// Ends the programs that this process has started, and waits until they are gone: for a process that ends at once and cleans up nothing.
pub fn end_own_programs() {
    let own = Worker::of_this_process();
    end_programs_of(|starter| starter == own);
}

fn end_programs_of(is_meant: impl Fn(&Worker) -> bool) {
    for look in 0..LOOKS {
        // One that was being started has no environment yet; whoever started it was seen, so there is a next look.
        let ended = end_now(&is_meant);
        if ended == 0 {
            return;
        }
        if look == 0 {
            tracing::info!(ended, "ended programs that a process had started");
        }
        // Nothing is waited for but time.
        let _ = rustix::event::poll(&mut [], Some(&PAUSE));
    }
}

fn end_now(is_meant: &impl Fn(&Worker) -> bool) -> usize {
    let own = std::process::id();
    let numbers = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let programs = numbers.filter(|process| *process != own);
    programs.filter(|process| end(*process, is_meant)).count()
}

/// Ends a program if it is meant. Its handle is taken before it is looked at, so that whoever has its number later is not met.
fn end(process: u32, is_meant: &impl Fn(&Worker) -> bool) -> bool {
    if !starter_of(process).is_some_and(|starter| is_meant(&starter)) {
        return false;
    }
    let pid = i32::try_from(process).ok().and_then(Pid::from_raw);
    let handle = pid.and_then(|pid| rustix::process::pidfd_open(pid, PidfdFlags::empty()).ok());
    let Some(handle) = handle else { return false };
    starter_of(process).is_some_and(|starter| is_meant(&starter))
        && rustix::process::pidfd_send_signal(&handle, Signal::KILL).is_ok()
}

fn starter_of(process: u32) -> Option<Worker> {
    let environment = fs::read(format!("/proc/{process}/environ")).ok()?;
    let prefix = format!("{STARTED_BY}=");
    let named = environment
        .split(|byte| *byte == 0)
        .find_map(|variable| variable.strip_prefix(prefix.as_bytes()))?;
    std::str::from_utf8(named).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_itself_alone() {
        let own = Worker::of_this_process();
        assert_eq!(own.to_string().parse().as_ref(), Ok(own));
        assert_eq!(own.is_alive(), Some(true));
        let check = |change: fn(&mut Worker), expected: Option<bool>| {
            let mut other = own.clone();
            change(&mut other);
            assert_eq!(other.is_alive(), expected, "{other}");
        };
        check(|worker| worker.started += 1, Some(false));
        check(|worker| worker.process = 4_000_000, Some(false));
        check(
            |worker| worker.place = worker.place.replacen('-', "_", 1),
            Some(false),
        );
        check(|worker| worker.place.push('1'), None);
        for wrong in ["", "1", "1.2", "x.2.y", "1.x.y"] {
            assert_eq!(wrong.parse::<Worker>(), Err(()), "{wrong}");
        }
    }
}
