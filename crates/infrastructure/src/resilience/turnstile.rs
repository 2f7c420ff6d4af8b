//! One call at a time, and a least distance between calls, over all processes of the user. For services that demand it of everybody together.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt as _, FileExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rustix::fs::{FlockOperation, OFlags, flock};
use synthesizer_model::failure::{ErrorCode, Failure};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep, sleep_until, timeout_at},
};

use super::waits::whole_seconds;
use crate::telemetry::{events::LimitWaited, tasks};

/// How often the lock of another process is tried.
const LOCK_INTERVAL: Duration = Duration::from_millis(50);

/// The most bytes of the lock file that are read; a time is written with as many digits.
const LONGEST_TIME: usize = 20;

/// A gate that lets one caller of all processes through at a time. Clones are the same gate.
///
/// The lock file holds the time of the last call in milliseconds since 1970. The lock is the kernel's, so it ends with its process.
#[derive(Debug, Clone)]
pub struct Turnstile {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    name: String,
    folder: PathBuf,
    distance: Duration,
    /// The line within this process; the semaphore is fair.
    turn: Arc<Semaphore>,
    /// Callers of this process that wait or pass.
    present: AtomicU32,
}

/// The right to make one call: nobody else has it until this is dropped, and then nobody until the distance is over.
#[derive(Debug)]
#[must_use = "a passage that is dropped at once guards nothing"]
pub struct Passage {
    lock: LockFile,
    // Released in this order: the file first, then the turn of this process.
    _turn: OwnedSemaphorePermit,
    _presence: Presence,
}

#[derive(Debug)]
struct Presence(Arc<Inner>);

/// The lock file, locked.
#[derive(Debug)]
struct LockFile(File);

impl Turnstile {
    /// Makes a gate for a service; `folder` is made when it is first used, and is the same for all processes.
    pub fn new(folder: &Path, name: &str, distance: Duration) -> Self {
        Self {
            inner: Arc::new(Inner {
                name: name.to_owned(),
                folder: folder.to_path_buf(),
                distance,
                turn: Arc::new(Semaphore::new(1)),
                present: AtomicU32::new(0),
            }),
        }
    }

    /// Waits for the turn and for the distance from the last call. Dropping the future gives the place up.
    ///
    /// # Errors
    /// `E_RATE_LIMITED` with `retry_after_seconds`, at once when the wait is known to outlast `deadline`; `E_CONFIG` when the folder
    /// cannot be used.
    pub async fn pass(&self, deadline: Instant) -> Result<Passage, Failure> {
        let inner = &self.inner;
        let asked = Instant::now();
        let presence = Presence(Arc::clone(inner));
        let ahead = inner.present.fetch_add(1, Ordering::Relaxed);
        // Each one ahead keeps the distance from the next.
        let least = inner.distance.saturating_mul(ahead);
        if asked.checked_add(least).is_none_or(|free| free > deadline) {
            return Err(inner.too_late(least));
        }
        let turn = timeout_at(deadline, Arc::clone(&inner.turn).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else {
            return Err(inner.too_late(inner.distance));
        };
        let (lock, was_locked) = inner.lock(deadline).await?;
        let was_early = inner.keep_distance(&lock, deadline).await?;
        // The time that the file itself takes is no wait.
        if ahead > 0 || was_locked || was_early {
            let (service, wait) = (&inner.name, asked.elapsed());
            LimitWaited { service, wait }.emit();
        }
        // If this process is killed during the call, the distance counts from here.
        lock.write_now();
        Ok(Passage {
            lock,
            _turn: turn,
            _presence: presence,
        })
    }
}

impl Inner {
    /// Locks the file, and says whether another process had it.
    async fn lock(&self, deadline: Instant) -> Result<(LockFile, bool), Failure> {
        let mut was_locked = false;
        loop {
            let (folder, name) = (self.folder.clone(), self.name.clone());
            // A task that is no longer waited for still ends, and drops the lock with the file.
            let tried =
                tasks::spawn_blocking("turnstile", move || LockFile::try_lock(&folder, &name))
                    .await;
            match tried {
                Ok(Ok(Some(lock))) => return Ok((lock, was_locked)),
                Ok(Ok(None)) => was_locked = true,
                Ok(Err(error)) => return Err(unusable(&error)),
                Err(_) => return Err(Failure::cancelled()),
            }
            let next = Instant::now() + LOCK_INTERVAL;
            if next > deadline {
                return Err(self.too_late(self.distance));
            }
            sleep_until(next).await;
        }
    }

    /// Waits for the distance, and says whether there was anything to wait for.
    async fn keep_distance(&self, lock: &LockFile, deadline: Instant) -> Result<bool, Failure> {
        let wait = lock.wait(self.distance, SystemTime::now());
        if wait.is_zero() {
            return Ok(false);
        }
        if Instant::now()
            .checked_add(wait)
            .is_none_or(|free| free > deadline)
        {
            return Err(self.too_late(wait));
        }
        sleep(wait).await;
        Ok(true)
    }

    fn too_late(&self, wait: Duration) -> Failure {
        let seconds = whole_seconds(wait).max(1);
        let message = format!(
            "{} takes one call at a time, and the line is longer than this call may take",
            self.name
        );
        let mut failure = Failure::new(ErrorCode::RateLimited, message);
        failure.retry_after_seconds = Some(seconds);
        failure
    }
}

impl LockFile {
    /// Opens and locks the file; `None` when another process holds the lock.
    fn try_lock(folder: &Path, name: &str) -> io::Result<Option<Self>> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        let path = folder.join(file_name(name));
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(
                OFlags::NOFOLLOW
                    .union(OFlags::NONBLOCK)
                    .bits()
                    .cast_signed(),
            )
            .open(&path)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK | rustix::io::Errno::INTR) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        // Somebody may have removed the file, and then others lock a new one.
        let (own, named) = (file.metadata()?, fs::symlink_metadata(&path));
        let same = named.is_ok_and(|named| (named.dev(), named.ino()) == (own.dev(), own.ino()));
        Ok(same.then_some(Self(file)))
    }

    /// Gives how long to wait for the distance from the last call; never longer than the distance, whatever the file holds.
    fn wait(&self, distance: Duration, now: SystemTime) -> Duration {
        let mut bytes = [0; LONGEST_TIME];
        let read = self.0.read_at(&mut bytes, 0);
        if matches!(read, Ok(0)) {
            return Duration::ZERO;
        }
        let bytes = bytes.get(..read.unwrap_or_default()).unwrap_or_default();
        let text = str::from_utf8(bytes).unwrap_or_default();
        let last = text
            .trim()
            .parse()
            .ok()
            .and_then(|last| UNIX_EPOCH.checked_add(Duration::from_millis(last)));
        // A time that cannot be read, or lies ahead, may be just now.
        let since = last
            .and_then(|last| now.duration_since(last).ok())
            .unwrap_or_default();
        distance.saturating_sub(since)
    }

    /// Writes the time, always of the same width, so that the file is never empty in between.
    fn write_now(&self) {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let text = format!("{:020}", since.as_millis());
        if let Err(error) = self.0.write_all_at(text.as_bytes(), 0) {
            // The lock still keeps calls one at a time.
            tracing::warn!(error = %error, "the time of a call cannot be written");
        }
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        self.lock.write_now();
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.0.present.fetch_sub(1, Ordering::Relaxed);
    }
}

fn file_name(name: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '-' {
            c
        } else {
            '_'
        }
    };
    let name: String = name.chars().take(100).map(plain).collect();
    format!("{name}.lock")
}

fn unusable(error: &io::Error) -> Failure {
    let message = format!(
        "the lock between processes cannot be used: {}",
        error.kind()
    );
    Failure::new(ErrorCode::Config, message)
        .with_hint("let paths.data name a folder that you can write and that has room")
}

#[cfg(test)]
#[path = "turnstile_tests.rs"]
mod tests;
