//! Files of the cache: written whole or not at all, read within bounds, scratch removed. Trusts nothing that it reads back.

use std::{
    fs,
    io::{self, Read as _, Write as _},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use bytes::Bytes;
use synthesizer_model::failure::{ErrorCode, Failure};
use tempfile::TempDir;

use crate::storage::jobs::Worker;

/// How the names of scratch folders begin; the process that made it follows.
const PREFIX: &str = "work-";

/// Scratch folders of this age were left behind by a process that was killed.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);

/// Makes a folder of the cache, private to the user.
///
/// # Errors
/// `E_CONFIG` when the cache cannot be written.
pub(super) fn make_folder(folder: &Path) -> Result<(), Failure> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| unwritable(&error))
}

/// Makes an empty folder that disappears with the returned value.
///
/// # Errors
/// `E_CONFIG` when the cache cannot be written.
pub(super) fn scratch_folder(cache: &Path) -> Result<TempDir, Failure> {
    let scratch = cache.join("scratch");
    make_folder(&scratch)?;
    remove_stale(&scratch);
    tempfile::Builder::new()
        .prefix(&format!("{PREFIX}{}-", Worker::of_this_process()))
        .tempdir_in(&scratch)
        .map_err(|error| unwritable(&error))
}

/// Removes the scratch folders of processes that are dead.
pub(super) fn remove_scratch_of_the_dead(cache: &Path) {
    for entry in fs::read_dir(cache.join("scratch"))
        .into_iter()
        .flatten()
        .flatten()
    {
        let name = entry.file_name();
        let owner = name.to_str().and_then(owner_of);
        if owner.is_some_and(|owner| owner.is_alive() == Some(false)) {
            // Another process may be removing it at the same time.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Gives the process that made a scratch folder, by the folder's name.
fn owner_of(name: &str) -> Option<Worker> {
    let (owner, _) = name.strip_prefix(PREFIX)?.rsplit_once('-')?;
    owner.parse().ok()
}

/// Writes a file whole: a reader sees the old one or the new one.
///
/// # Errors
/// `E_CONFIG` when the cache cannot be written.
pub(super) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    write_new(path, bytes, true)
}

/// Writes a file whole as [`write_atomically`] does, but may lose it when the machine stops: for what is only a gain of time and whose
/// reader notices damage.
///
/// # Errors
/// `E_CONFIG` when the cache cannot be written.
pub(super) fn replace_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    write_new(path, bytes, false)
}

fn write_new(path: &Path, bytes: &[u8], durable: bool) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new("."));
    make_folder(folder)?;
    let write = || -> io::Result<()> {
        let mut file = tempfile::Builder::new()
            .prefix(".new-")
            .tempfile_in(folder)?;
        file.write_all(bytes)?;
        if durable {
            file.as_file().sync_all()?;
        }
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|error| unwritable(&error))
}

/// Reads a regular file of at most `limit` bytes; `None` when there is none or it cannot be read.
pub(super) fn read_bounded(path: &Path, limit: u64) -> Option<Bytes> {
    let file = fs::File::open(path).ok()?;
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .ok()?;
    (bytes.len() as u64 <= limit).then(|| Bytes::from(bytes))
}

/// Adds the sizes of all files below a folder, without following links.
pub(super) fn folder_bytes(folder: &Path) -> u64 {
    let mut total = 0_u64;
    let mut waiting: Vec<PathBuf> = vec![folder.to_path_buf()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(metadata) if metadata.is_dir() => waiting.push(entry.path()),
                Ok(metadata) => total = total.saturating_add(metadata.len()),
                Err(_) => {}
            }
        }
    }
    total
}

fn remove_stale(scratch: &Path) {
    for entry in fs::read_dir(scratch).into_iter().flatten().flatten() {
        let age = entry
            .metadata()
            .and_then(|metadata| metadata.modified())
            .ok()
            .and_then(|time| time.elapsed().ok());
        if age.is_some_and(|age| age > STALE) {
            // Another process may be removing it at the same time.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn unwritable(error: &io::Error) -> Failure {
    Failure::new(
        ErrorCode::Config,
        format!("the cache folder cannot be written: {}", error.kind()),
    )
    .with_hint("let paths.cache name a folder that you can write and that has room")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("deep/er/file");
        write_atomically(&path, b"one").expect("written");
        write_atomically(&path, b"two").expect("replaced");
        assert_eq!(read_bounded(&path, 3).expect("readable"), "two");
        assert_eq!(read_bounded(&path, 2), None);
        assert_eq!(read_bounded(folder.path(), 100), None);
        assert_eq!(
            fs::read_dir(folder.path().join("deep/er"))
                .expect("a folder")
                .count(),
            1
        );
        assert_eq!(folder_bytes(folder.path()), 3);
    }

    #[test]
    fn scratch_of_the_dead_is_removed_and_that_of_the_living_stays() {
        let cache = tempfile::tempdir().expect("a folder");
        let own = scratch_folder(cache.path()).expect("a folder");
        let scratch = cache.path().join("scratch");
        for other in ["work-17.4.another-boot.1-Ab12Cd", "work-Ab12Cd", "else"] {
            fs::create_dir_all(scratch.join(other).join("deep")).expect("made");
        }
        remove_scratch_of_the_dead(cache.path());
        let left = fs::read_dir(&scratch).expect("a folder").count();
        assert_eq!((left, own.path().is_dir()), (3, true));
        assert!(!scratch.join("work-17.4.another-boot.1-Ab12Cd").exists());
    }

    #[test]
    fn scratch_disappears() {
        let cache = tempfile::tempdir().expect("a folder");
        let scratch = scratch_folder(cache.path()).expect("a folder");
        let path = scratch.path().to_path_buf();
        assert!(path.is_dir());
        drop(scratch);
        assert!(!path.exists());
    }
}
