//! One regular file of a folder handle: what the file system tells of it, and its contents within a bound. Follows no link and waits for
//! nobody.

use std::{
    ffi::CStr,
    fs::File,
    io::{self, Read as _},
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Statx, StatxFlags};

use super::stat_cache::Stamp;

/// What the file system tells of one name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Status {
    /// What it is.
    pub(super) kind: FileType,
    /// Whether its owner may execute it.
    pub(super) executable: bool,
    /// What changes when its contents change.
    pub(super) stamp: Stamp,
}

impl Status {
    /// Asks about a name of a folder; a link is itself.
    ///
    /// # Errors
    /// Those of the file system.
    pub(super) fn of_name(folder: BorrowedFd<'_>, name: &CStr) -> io::Result<Self> {
        let asked = StatxFlags::BASIC_STATS;
        let found = rustix::fs::statx(folder, name, AtFlags::SYMLINK_NOFOLLOW, asked)?;
        Ok(Self::new(&found))
    }

    fn of_open(file: BorrowedFd<'_>) -> io::Result<Self> {
        let asked = StatxFlags::BASIC_STATS;
        let found = rustix::fs::statx(file, c"", AtFlags::EMPTY_PATH, asked)?;
        Ok(Self::new(&found))
    }

    fn new(found: &Statx) -> Self {
        let mode = u32::from(found.stx_mode);
        Self {
            kind: FileType::from_raw_mode(mode),
            executable: mode & 0o100 != 0,
            stamp: Stamp {
                size: found.stx_size,
                modified: (found.stx_mtime.tv_sec, found.stx_mtime.tv_nsec),
                changed: (found.stx_ctime.tv_sec, found.stx_ctime.tv_nsec),
                inode: found.stx_ino,
                device: (found.stx_dev_major, found.stx_dev_minor),
            },
        }
    }
}

/// What reading one file gave; the contents are in the caller's buffer.
#[derive(Debug)]
pub(super) enum Contents {
    /// All of it, and what was told of it before.
    Read(Status),
    /// More than the bound.
    TooLarge,
    /// Not a regular file, or not for us.
    Unreadable,
}

/// Reads a regular file of a folder. The kind is checked on the open file: between listing and opening it could have become a link
/// (not followed) or a FIFO (opened without waiting for a writer).
pub(super) fn read_name(
    folder: BorrowedFd<'_>,
    name: &CStr,
    limit: u64,
    buffer: &mut Vec<u8>,
) -> Contents {
    let flags =
        OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    match rustix::fs::openat(folder, name, flags, Mode::empty()) {
        Ok(file) => read_open(file, limit, buffer),
        Err(_) => Contents::Unreadable,
    }
}

/// Reads an open file, if it is a regular one.
pub(super) fn read_open(file: OwnedFd, limit: u64, buffer: &mut Vec<u8>) -> Contents {
    let Ok(status) = Status::of_open(file.as_fd()) else {
        return Contents::Unreadable;
    };
    if status.kind != FileType::RegularFile {
        return Contents::Unreadable;
    }
    if status.stamp.size > limit {
        return Contents::TooLarge;
    }
    buffer.clear();
    // One more than it has, so that the end is seen without growing.
    buffer.reserve(usize::try_from(status.stamp.size).unwrap_or(0) + 1);
    let mut bounded = File::from(file).take(limit.saturating_add(1));
    match bounded.read_to_end(buffer) {
        Ok(count) if count as u64 > limit => Contents::TooLarge,
        Ok(_) => Contents::Read(status),
        Err(_) => Contents::Unreadable,
    }
}
