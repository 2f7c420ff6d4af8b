//! A project and the `.git` folder in it, held by handles: a path swapped for a link meanwhile leads nowhere else.

use std::{
    io::{self, Read as _},
    os::fd::AsRawFd as _,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use cap_std::fs::Dir;
use rustix::{
    fs::{FlockOperation, Mode, OFlags},
    io::Errno,
};
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    text::escape_untrusted,
    tree::TreePath,
};

use super::super::owned_folder::open_folder;
use crate::folders;

/// The folder in `.git` that is ours.
pub(super) const OWN: &str = "synthesizer";

/// A project whose repository lies in its own `.git` folder.
#[derive(Debug)]
pub struct GitProject {
    top: Dir,
    git: Dir,
}

/// What is at a path of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Present {
    /// A regular file.
    File {
        /// Its contents.
        contents: Bytes,
        /// Whether its owner may execute it.
        executable: bool,
    },
    /// A link and its target.
    Link(Bytes),
    /// A folder, a device, a file over the bound, or what cannot be read.
    Other,
}

impl GitProject {
    /// Opens the project at an absolute path whose links were resolved; a link on the way now is refused.
    ///
    /// # Errors
    /// `E_NOT_FOUND` without such a folder; `E_INCOMPATIBLE` when it is no git repository of its own, or one of a form that is not
    /// supported.
    pub fn open(folder: &Path) -> Result<Self, Failure> {
        let top = folders::open(folder)
            .and_then(|held| open_folder(&held, "."))
            .map_err(|error| cannot_open(folder, &error))?;
        let git = open_folder(&top, ".git").map_err(|_| {
            unsupported("the project has no git repository of its own")
                .with_hint("run git init and commit in it first, so that nothing of yours can be lost; a worktree or submodule is not updated")
        })?;
        for folder in ["objects", "objects/pack", "refs"] {
            open_below(&git, folder).map_err(|_| {
                unsupported("the project's git repository is not a plain one")
                    .with_hint("its objects and refs have to be folders of its own")
            })?;
        }
        for other in ["commondir", "reftable"] {
            if git.symlink_metadata(other).is_ok() {
                return Err(
                    unsupported("the project's git repository is not a plain one").with_hint(
                        "worktrees of another repository and reftable are not supported",
                    ),
                );
            }
        }
        Ok(Self { top, git })
    }

    /// Gives the handle on the project's folder.
    pub(super) fn top(&self) -> &Dir {
        &self.top
    }

    /// Gives the handle on `.git`.
    pub(super) fn git(&self) -> &Dir {
        &self.git
    }

    /// Gives a path that leads to the handle on `.git`, wherever the project's parents lead by now.
    pub(super) fn git_path(&self) -> PathBuf {
        PathBuf::from(format!(
            "/proc/{}/fd/{}",
            std::process::id(),
            self.git.as_raw_fd()
        ))
    }

    /// Makes our folder in `.git`, or opens it, and locks it until the handle is dropped.
    ///
    /// # Errors
    /// `E_EXISTS` while another update holds it; `E_PATH`.
    pub(super) fn own_folder(&self) -> Result<Dir, Failure> {
        let made = match self.git.create_dir(OWN) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => open_folder(&self.git, OWN),
        };
        let folder = made.map_err(|error| cannot_write(".git", &error))?;
        match rustix::fs::flock(&folder, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(folder),
            Err(Errno::WOULDBLOCK) => Err(Failure::new(
                ErrorCode::Exists,
                "another update of the project is running",
            )
            .with_hint("wait for its end")),
            Err(error) => Err(cannot_write(".git", &error.into())),
        }
    }

    /// Says what is at a path; `None` when there is nothing. No link is followed, on the way either.
    pub fn look(&self, path: &TreePath, limit: u64) -> Option<Present> {
        let parent = match open_below(&self.top, path.parent()) {
            Ok(parent) => parent,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(_) => return Some(Present::Other),
        };
        look_in(&parent, path.file_name(), limit)
    }
}

fn cannot_open(folder: &Path, error: &io::Error) -> Failure {
    let shown = escape_untrusted(&folder.to_string_lossy());
    let (code, message) = match error.kind() {
        io::ErrorKind::NotFound => (ErrorCode::NotFound, format!("there is no folder {shown}")),
        io::ErrorKind::NotADirectory => (ErrorCode::NotFound, format!("{shown} is not a folder")),
        kind => (
            ErrorCode::NotFound,
            format!("the project {shown} cannot be opened: {kind}"),
        ),
    };
    Failure::new(code, message).with_hint("check the path; it is relative to the working directory")
}

/// Says what has a name in a folder; `None` when nothing has.
pub(super) fn look_in(parent: &Dir, name: &str, limit: u64) -> Option<Present> {
    let data = match parent.symlink_metadata(name) {
        Ok(data) => data,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(_) => return Some(Present::Other),
    };
    if data.is_symlink() {
        let target = rustix::fs::readlinkat(parent, name, Vec::new());
        return Some(target.map_or(Present::Other, |target| {
            Present::Link(Bytes::from(target.into_bytes()))
        }));
    }
    if !data.is_file() {
        return Some(Present::Other);
    }
    Some(read_file(parent, name, limit).unwrap_or(Present::Other))
}

fn read_file(parent: &Dir, name: &str, limit: u64) -> io::Result<Present> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let open = rustix::fs::openat(parent, name, flags, Mode::empty())?;
    let file = std::fs::File::from(open);
    let data = rustix::fs::fstat(&file)?;
    let kind = rustix::fs::FileType::from_raw_mode(data.st_mode);
    let mut contents = Vec::new();
    file.take(limit.saturating_add(1))
        .read_to_end(&mut contents)?;
    if kind != rustix::fs::FileType::RegularFile || contents.len() as u64 > limit {
        return Ok(Present::Other);
    }
    Ok(Present::File {
        contents: Bytes::from(contents),
        executable: data.st_mode & 0o100 != 0,
    })
}

/// Opens a folder below another, one handle to the next; the empty path is the folder itself.
pub(super) fn open_below(top: &Dir, path: &str) -> io::Result<Dir> {
    let mut folder = open_folder(top, ".")?;
    for name in path.split('/').filter(|name| !name.is_empty()) {
        folder = open_folder(&folder, name)?;
    }
    Ok(folder)
}

pub(super) fn unsupported(what: &str) -> Failure {
    Failure::new(ErrorCode::Incompatible, what)
}

/// The failure of a place in the project that cannot be written to.
pub(super) fn cannot_write(place: &str, error: &io::Error) -> Failure {
    let code = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorCode::Limit,
        _ => ErrorCode::Path,
    };
    Failure::new(code, format!("cannot write {place}: {error}"))
}
