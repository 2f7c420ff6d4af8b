//! Bounds on a sandbox that the kernel does not keep for us: memory of all processes together, and their number, which it does
//! not bound for the super-user. Must not be slowed down by what it watches.

use std::time::{Duration, Instant};

use super::{bubblewrap::Kill, processes::Processes};
use crate::{config, telemetry::tasks};

/// The time between two samples, unless sampling itself is slow.
const INTERVAL: Duration = Duration::from_millis(20);

/// The longest time between two samples; a machine on which sampling is slow may be slow because of what is watched.
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// How many threads there may be for each process that is allowed.
const THREADS_PER_PROCESS: usize = 16;

/// Gives how many threads all processes of a sandbox may have together.
pub(super) fn most_threads(bounds: &config::Sandbox) -> usize {
    bounds.processes.saturating_mul(THREADS_PER_PROCESS)
}

/// Waits until the processes below the first of a namespace are over a bound, and says over which; never returns before.
pub(super) async fn over_bound(first: u32, bounds: &config::Sandbox) -> Kill {
    let bounds = Bounds {
        processes: bounds.processes,
        threads: most_threads(bounds),
        memory_bytes: bounds.memory_bytes,
    };
    let mut pause = INTERVAL;
    loop {
        tokio::time::sleep(pause).await;
        let start = Instant::now();
        let sample = tasks::spawn_blocking("sandbox_watch", move || bounds.sample(first)).await;
        if let Ok(Some(kill)) = sample {
            return kill;
        }
        pause = (start.elapsed() * 10).clamp(INTERVAL, LONGEST_PAUSE);
    }
}

#[derive(Debug, Clone, Copy)]
struct Bounds {
    processes: usize,
    threads: usize,
    memory_bytes: u64,
}

impl Bounds {
    fn sample(self, first: u32) -> Option<Kill> {
        let processes = Processes::below(first, self.processes);
        let usage = processes.usage();
        if usage.processes > self.processes || usage.threads > self.threads {
            return Some(Kill::Processes);
        }
        let over = usage.resident_bytes > self.memory_bytes
            && processes.proportional_bytes() > self.memory_bytes;
        over.then_some(Kill::Memory)
    }
}
