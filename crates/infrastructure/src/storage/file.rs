//! A SQLite file that only its user can read, and that one process at a time creates, migrates or replaces.
//! Knows no table.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{
        DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
    },
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::fs::OFlags;
use sqlx::{
    ConnectOptions as _,
    sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::time::{Instant, sleep};

/// How often a process that waits looks whether others have prepared the file.
const LOCK_INTERVAL: Duration = Duration::from_millis(5);

/// What tells two files of one path apart: device and inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileIdentity(u64, u64);

/// Held while a file is prepared; given back when dropped, also by a process that dies.
#[derive(Debug)]
pub(crate) struct PreparationLock {
    _file: File,
}

/// The place of a SQLite file. Naming it touches nothing.
#[derive(Debug, Clone)]
pub(crate) struct SqliteFile {
    folder: PathBuf,
    name: &'static str,
}

impl SqliteFile {
    /// Names the file.
    pub(crate) fn new(folder: &Path, name: &'static str) -> Self {
        Self {
            folder: folder.to_owned(),
            name,
        }
    }

    /// Gives the path.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.join(self.name)
    }

    /// Says which file is there, if any. A link is none: whoever wrote it chose another file of the user's.
    pub(crate) fn identity(&self) -> Option<FileIdentity> {
        let data = fs::symlink_metadata(self.path()).ok()?;
        (!data.is_symlink()).then_some(FileIdentity(data.dev(), data.ino()))
    }

    /// Gives the bytes of the file and its write-ahead log.
    pub(crate) fn bytes(&self) -> u64 {
        [self.path(), self.beside("-wal")]
            .iter()
            .filter_map(|path| fs::metadata(path).ok())
            .map(|data| data.len())
            .sum()
    }

    /// Makes the folder and waits until no other process prepares the file.
    ///
    /// # Errors
    /// Any error of the file system; `TimedOut` after `wait`; `InvalidInput` when something else than a file is there.
    pub(crate) async fn lock(&self, wait: Duration) -> io::Result<PreparationLock> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)?;
        let file = private().create(true).open(self.beside(".lock"))?;
        if !file.metadata()?.is_file() {
            return Err(not_a_file());
        }
        let give_up = Instant::now() + wait;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(PreparationLock { _file: file }),
                Err(TryLockError::WouldBlock) if Instant::now() < give_up => {
                    sleep(LOCK_INTERVAL).await;
                }
                Err(TryLockError::WouldBlock) => return Err(io::ErrorKind::TimedOut.into()),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }

    /// Makes the file if it is missing, and takes it away from other users; SQLite gives its side files the same mode.
    ///
    /// One that exists is not opened: closing it would give up the locks of every connection of this process
    /// (<https://www.sqlite.org/howtocorrupt.html>, section 2.2).
    ///
    /// # Errors
    /// Any error of the file system; `InvalidInput` when something else than a file is there.
    pub(crate) fn create(&self) -> io::Result<()> {
        let path = self.path();
        match fs::symlink_metadata(&path) {
            // Opening a device or a pipe could block or do harm, and a link would have us change a file elsewhere.
            Ok(data) if !data.is_file() => Err(not_a_file()),
            Ok(data) if data.mode() & 0o077 == 0 => Ok(()),
            Ok(_) => fs::set_permissions(path, fs::Permissions::from_mode(0o600)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                private().create_new(true).open(path).map(drop)
            }
            Err(error) => Err(error),
        }
    }

    /// Moves a file that cannot be used to `NAME.broken`, over an earlier one; only for the holder of the lock.
    ///
    /// # Errors
    /// Any error of the file system.
    pub(crate) fn set_aside(&self, _lock: &PreparationLock) -> io::Result<()> {
        // The side files go first: left behind, they would be read as part of the new file.
        for side in ["-wal", "-shm", "-journal"] {
            match fs::remove_file(self.beside(side)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        fs::rename(self.path(), self.beside(".broken"))
    }

    /// Gives how a connection is opened: never creating the file, never trusting the schema in it.
    pub(crate) fn options(&self, busy_timeout: Duration) -> SqliteConnectOptions {
        SqliteConnectOptions::new()
            .filename(self.path())
            .create_if_missing(false)
            .busy_timeout(busy_timeout)
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            .pragma("trusted_schema", "OFF")
            .pragma("cell_size_check", "ON")
            .thread_name(|number| format!("sqlite-{number}"))
            .disable_statement_logging()
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        self.folder.join(format!("{}{suffix}", self.name))
    }
}

/// Gives a pool that opens nothing before it is used and that starts no background task.
pub(crate) fn pool(options: SqliteConnectOptions, connections: u32, wait: Duration) -> SqlitePool {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .min_connections(0)
        .acquire_timeout(wait)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_lazy_with(options)
}

/// Opens nothing through a link and waits for no pipe.
fn private() -> OpenOptions {
    let flags = OFlags::NOFOLLOW.union(OFlags::NONBLOCK);
    let mut options = OpenOptions::new();
    options
        .read(true)
        .write(true)
        .mode(0o600)
        .custom_flags(flags.bits().cast_signed());
    options
}

fn not_a_file() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_at_a_time_prepares_a_file_and_nobody_waits_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let file = SqliteFile::new(folder.path(), "some.db");
        let held = file.lock(Duration::from_secs(5)).await.unwrap();
        let begin = Instant::now();
        let refused = file.lock(Duration::from_secs(5)).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::TimedOut);
        assert_eq!(begin.elapsed().as_secs(), 5);
        drop(held);
        file.lock(Duration::ZERO).await.unwrap();
    }

    #[tokio::test]
    async fn a_file_that_others_could_read_is_taken_from_them_and_one_set_aside_leaves_no_log() {
        let folder = tempfile::tempdir().unwrap();
        let file = SqliteFile::new(folder.path(), "some.db");
        fs::write(file.path(), "content").unwrap();
        fs::set_permissions(file.path(), fs::Permissions::from_mode(0o644)).unwrap();
        fs::write(file.beside("-wal"), "log").unwrap();
        file.create().unwrap();
        let data = fs::metadata(file.path()).unwrap();
        assert_eq!((data.mode() & 0o777, data.len()), (0o600, 7));
        let lock = file.lock(Duration::ZERO).await.unwrap();
        file.set_aside(&lock).unwrap();
        file.create().unwrap();
        assert_eq!(file.bytes(), 0);
        assert_eq!(fs::read(file.beside(".broken")).unwrap(), b"content");
    }

    #[tokio::test]
    async fn links_in_the_folder_lead_nowhere() {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let file = SqliteFile::new(folder.path(), "some.db");
        let target = elsewhere.path().join("target");
        std::os::unix::fs::symlink(&target, file.beside(".lock")).unwrap();
        std::os::unix::fs::symlink(&target, file.path()).unwrap();
        assert!(file.lock(Duration::ZERO).await.is_err());
        assert!(!target.exists(), "a file was made elsewhere");
        fs::write(&target, "").unwrap();
        fs::set_permissions(&target, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(file.lock(Duration::ZERO).await.is_err());
        let refused = file.create().unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::InvalidInput);
        assert_eq!(file.identity(), None);
        assert_eq!(fs::metadata(&target).unwrap().mode() & 0o777, 0o644);
    }

    #[tokio::test]
    async fn a_pipe_in_place_of_the_lock_blocks_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let file = SqliteFile::new(folder.path(), "some.db");
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mkfifoat(rustix::fs::CWD, file.beside(".lock"), mode).unwrap();
        let locked = file.lock(Duration::ZERO).await;
        assert!(locked.is_err());
    }
}
