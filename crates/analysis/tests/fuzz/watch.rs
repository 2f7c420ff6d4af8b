//! Watches a session from beside it: an input that hangs or takes all memory ends the process and is named; a panic is remembered with its
//! place, also where the program caught it.

use std::{
    fs, panic,
    path::PathBuf,
    sync::{Arc, Mutex, Once, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// How long one input may take before the session gives up on it.
const HANGS: Duration = Duration::from_secs(90);
/// How much memory a session may take, in KiB. A build without optimisation with all its stacks stays far below it.
const MEMORY: u64 = 2 << 20;
const PAUSE: Duration = Duration::from_millis(100);

/// Where panics were, with what they said, over all threads.
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());
static HOOK: Once = Once::new();

/// Takes what panicked since the last call.
pub(crate) fn take_panics() -> Vec<String> {
    std::mem::take(&mut *PANICS.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Makes panics be remembered instead of printed.
pub(crate) fn remember_panics() {
    HOOK.call_once(|| {
        panic::set_hook(Box::new(|told| {
            let mut panics = PANICS.lock().unwrap_or_else(PoisonError::into_inner);
            if panics.len() < 100 {
                panics.push(told.to_string());
            }
        }));
    });
}

/// Says whether a panic came from this project's code.
pub(crate) fn is_ours(panic: &str) -> bool {
    let place = panic.lines().next().unwrap_or_default();
    !place.contains("/registry/src/") && !place.contains("/rustc/") && !place.contains("tests/fuzz")
}

/// Watches one session until it is dropped.
pub(crate) struct Watch {
    since: Arc<Mutex<Option<Instant>>>,
}

impl Watch {
    /// Begins to watch; `input` is the file that holds the input at hand.
    pub(crate) fn begin(input: PathBuf) -> Self {
        let since = Arc::new(Mutex::new(Some(Instant::now())));
        let watched = Arc::clone(&since);
        thread::spawn(move || {
            loop {
                // The lock is not held over the pause.
                let since = *watched.lock().unwrap_or_else(PoisonError::into_inner);
                let Some(since) = since else {
                    return;
                };
                let memory = resident();
                if since.elapsed() > HANGS || memory > MEMORY {
                    let took = since.elapsed().as_secs();
                    eprintln!(
                        "gave up after {took} s with {memory} KiB: {}",
                        input.display()
                    );
                    std::process::abort();
                }
                thread::park_timeout(PAUSE);
            }
        });
        Self { since }
    }

    /// Says that the next input is being read.
    pub(crate) fn next(&self) {
        *self.since.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        *self.since.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Gives the time that the processor spent on this process, in steps of ten milliseconds; the most there is where the system does not tell.
pub(crate) fn processor_time() -> Duration {
    let status = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Behind the name, which may hold anything: user and system time are the twelfth and thirteenth.
    let fields = status.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks: Vec<u64> = ticks.filter_map(|field| field.parse().ok()).collect();
    match ticks[..] {
        [user, system] => Duration::from_millis((user + system) * 10),
        _ => Duration::MAX,
    }
}

/// Gives the memory of this process, in KiB; zero where the system does not tell.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|text| text.trim().trim_end_matches("kB").trim().parse().ok())
        .unwrap_or_default()
}
