//! Folders that are removed with their owner. Everything goes through a handle on the parent, so that a path swapped for a link
//! meanwhile leads nowhere else.
//!
//! The owner holds a lock on the folder, which the kernel releases when the owner dies. Whoever makes the next folder
//! there removes those that nobody holds.

use std::{io, os::fd::AsFd, path::Path};

use cap_std::{
    ambient_authority,
    fs::{Dir, DirBuilder, DirBuilderExt as _, DirEntry, MetadataExt as _},
};
use rustix::fs::{FlockOperation, Mode, OFlags};

use crate::storage::jobs;

/// A folder of this process; removed when dropped, unless it was renamed and let go.
#[derive(Debug)]
pub(super) struct OwnedFolder {
    parent: Dir,
    name: String,
    folder: Dir,
    kept: bool,
}

impl OwnedFolder {
    /// Makes a folder whose name is the prefix, this process's number and something random.
    ///
    /// Folders of the same prefix that were left behind by processes that are gone are removed first. The mode does
    /// not depend on the process's mask.
    pub(super) fn create(parent: Dir, prefix: &str, mode: u32) -> io::Result<Self> {
        remove_stale(&parent, prefix);
        // A cleaner may take the new folder for a stale one before it is locked; then the next attempt has another name.
        for _ in 0..16 {
            let name = format!("{prefix}{}-{}", std::process::id(), random_name()?);
            let mut builder = DirBuilder::new();
            builder.mode(0o700);
            parent.create_dir_with(&name, &builder)?;
            let Ok(folder) = open_folder(&parent, &name) else {
                continue;
            };
            let locked = rustix::fs::flock(&folder, FlockOperation::NonBlockingLockExclusive);
            if locked == Err(rustix::io::Errno::WOULDBLOCK) || !is_at(&parent, &name, &folder) {
                continue;
            }
            rustix::fs::fchmod(&folder, Mode::from_raw_mode(mode))?;
            return Ok(Self {
                parent,
                name,
                folder,
                kept: false,
            });
        }
        Err(io::Error::other(
            "another process keeps removing new folders",
        ))
    }

    /// Gives the handle on the parent.
    pub(super) fn parent(&self) -> &Dir {
        &self.parent
    }

    /// Gives the handle on the folder.
    pub(super) fn folder(&self) -> &Dir {
        &self.folder
    }

    /// Gives the folder's name in its parent.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Lets the folder live on.
    pub(super) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for OwnedFolder {
    fn drop(&mut self) {
        if self.kept || !is_at(&self.parent, &self.name, &self.folder) {
            return;
        }
        if let Err(error) = self.parent.remove_dir_all(&self.name) {
            tracing::warn!(%error, "a temporary folder could not be removed");
        }
    }
}

/// Opens a folder of the parent by its name; a link is refused.
///
/// Unlike the handles of `cap_std`, which only name a folder, this one can be locked, synchronised and given a mode.
pub(super) fn open_folder(parent: &Dir, name: &str) -> io::Result<Dir> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = rustix::fs::openat(parent, name, flags, Mode::empty())?;
    Ok(Dir::from_std_file(folder.into()))
}

/// Says whether the handle's folder is still the one of that name.
fn is_at(parent: &Dir, name: &str, folder: &Dir) -> bool {
    let (Ok(there), Ok(held)) = (parent.symlink_metadata(name), folder.dir_metadata()) else {
        return false;
    };
    (there.dev(), there.ino()) == (held.dev(), held.ino())
}

/// Removes the folders of this prefix that no living process holds, after the programs that could still write to them were ended.
pub(super) fn remove_stale(parent: &Dir, prefix: &str) {
    let entries = parent.entries().into_iter().flatten().flatten();
    let names: Vec<String> = entries
        .filter_map(|entry| name_of(&entry, prefix))
        .collect();
    let mut has_ended_programs = false;
    for name in names {
        let Ok(folder) = open_folder(parent, &name) else {
            continue;
        };
        if rustix::fs::flock(folder.as_fd(), FlockOperation::NonBlockingLockExclusive).is_err() {
            continue;
        }
        if !std::mem::replace(&mut has_ended_programs, true) {
            jobs::remove_orphans();
        }
        // The lock is held until it is gone, so that two cleaners do not meet.
        match parent.remove_dir_all(&name) {
            Ok(()) => tracing::info!("removed a temporary folder that a process left behind"),
            Err(error) => {
                tracing::warn!(%error, "a temporary folder left behind could not be removed")
            }
        }
    }
}

/// Gives the entry's name if it is one that [`OwnedFolder::create`] makes with this prefix.
fn name_of(entry: &DirEntry, prefix: &str) -> Option<String> {
    let name = entry.file_name().into_string().ok()?;
    let (process, random) = name.strip_prefix(prefix)?.split_once('-')?;
    let is_ours = !process.is_empty()
        && process.bytes().all(|byte| byte.is_ascii_digit())
        && random.len() == RANDOM_LENGTH
        && random.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_ours.then_some(name)
}

/// The number of characters of [`random_name`].
const RANDOM_LENGTH: usize = 16;

fn random_name() -> io::Result<String> {
    let mut bytes = [0_u8; RANDOM_LENGTH / 2];
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())?;
    Ok(format!("{:016x}", u64::from_ne_bytes(bytes)))
}

/// Opens a folder by its path; from then on the handle counts and not the path.
pub(super) fn open(path: &Path) -> io::Result<Dir> {
    Dir::open_ambient_dir(path, ambient_authority())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(path: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(path).expect("reads").flatten();
        let mut names: Vec<String> = entries
            .map(|entry| entry.file_name().into_string().expect("text"))
            .collect();
        names.sort();
        names
    }

    #[test]
    fn only_folders_that_nobody_holds_are_removed() {
        let place = tempfile::tempdir().expect("a folder");
        let left_behind = "x-4000000-0123456789abcdef";
        for other in [left_behind, "x-notes", "x-12-short", "y-1-0123456789abcdef"] {
            std::fs::create_dir_all(place.path().join(other).join("deep")).expect("creates");
        }
        std::os::unix::fs::symlink("/", place.path().join("x-1-0123456789abcdef")).expect("links");
        let first =
            OwnedFolder::create(open(place.path()).expect("opens"), "x-", 0o700).expect("creates");
        let second =
            OwnedFolder::create(open(place.path()).expect("opens"), "x-", 0o700).expect("creates");
        let mut expected: Vec<String> = [
            "x-notes",
            "x-12-short",
            "y-1-0123456789abcdef",
            "x-1-0123456789abcdef",
            first.name(),
            second.name(),
        ]
        .map(str::to_owned)
        .to_vec();
        expected.sort();
        assert_eq!(names(place.path()), expected);
    }

    #[test]
    fn another_folder_of_the_same_name_is_not_removed() {
        let place = tempfile::tempdir().expect("a folder");
        let folder =
            OwnedFolder::create(open(place.path()).expect("opens"), "x-", 0o700).expect("creates");
        let name = folder.name().to_owned();
        std::fs::rename(place.path().join(&name), place.path().join("moved")).expect("moves");
        std::fs::create_dir(place.path().join(&name)).expect("creates");
        drop(folder);
        assert_eq!(names(place.path()), ["moved".to_owned(), name]);
    }
}
