//! The staging folder beside the target: written through handles, then renamed. Must not touch an existing target.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write as _},
    os::fd::AsRawFd as _,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use cap_std::fs::{Dir, OpenOptions};
use rustix::{
    fs::{Mode, RenameFlags},
    io::Errno,
};
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    text::escape_untrusted,
    tree::TreePath,
};
use tokio_util::sync::CancellationToken;

use super::{
    commit,
    owned_folder::{self, OwnedFolder},
};
use crate::folders::{self, Made};

/// One file of a new project.
#[derive(Debug, Clone)]
pub struct ProjectFile {
    /// Where it goes.
    pub path: TreePath,
    /// Its contents.
    pub contents: Bytes,
    /// Whether it is executable.
    pub executable: bool,
}

/// A project being written beside its target; removed on drop unless placed.
#[derive(Debug)]
pub struct Staging {
    folder: OwnedFolder,
    target_name: String,
    path: PathBuf,
    // After the folder, so that it is dropped when the folder is gone.
    created_parents: CreatedParents,
}

/// The folders above the target that did not exist before; removed when dropped where they are empty then.
#[derive(Debug, Default)]
struct CreatedParents(Vec<Made>);

impl Drop for CreatedParents {
    fn drop(&mut self) {
        self.0.iter().rev().for_each(Made::remove_if_empty);
    }
}

impl Staging {
    /// Makes the folder `.NAME.synthesizer-…` beside a target; missing parents are made, and removed again unless it is placed.
    ///
    /// The target's path is absolute and its links were resolved: a parent that is a link now is refused.
    ///
    /// Staging folders of the same target that killed processes left behind are removed.
    ///
    /// # Errors
    /// `E_EXISTS` when the target exists, as an empty folder or a link to nothing too; `E_PATH` when its name or its
    /// parent cannot be used.
    pub fn create(target: &Path) -> Result<Self, Failure> {
        let (parent_path, target_name) = split(target)?;
        let cannot = |error: io::Error| {
            let code = match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorCode::Limit,
                _ => ErrorCode::Path,
            };
            Failure::new(
                code,
                format!("cannot write into {}: {error}", parent_path.display()),
            )
        };
        let (parent, made) = folders::create(&parent_path).map_err(cannot)?;
        let created_parents = CreatedParents(made);
        refuse_existing(&parent, &target_name)?;
        let folder = OwnedFolder::create(parent, &prefix(&target_name), 0o755).map_err(cannot)?;
        let path = parent_path.join(folder.name());
        Ok(Self {
            folder,
            target_name,
            path,
            created_parents,
        })
    }

    /// Gives the folder's path, for programs that need one; it means the folder only while nobody swaps its parents.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Names the folders above the target that did not exist before.
    pub fn created_parents(&self) -> Vec<&Path> {
        let made = &self.created_parents.0;
        made.iter().map(|made| made.path.as_path()).collect()
    }

    /// Writes new files with mode 0644, or 0755 for executables, in folders of mode 0755, whatever the process's mask is.
    ///
    /// # Errors
    /// `E_INTERNAL` when two files have one path or a path is both a file and a folder, also on file systems where two
    /// spellings are one; `E_PATH` when a file cannot be written, `E_LIMIT` when the disk is full.
    pub fn write(&self, files: &[ProjectFile]) -> Result<(), Failure> {
        self.write_until(files, &CancellationToken::new())
    }

    /// Writes as [`Self::write`] does, and stops between two files when it is cancelled.
    ///
    /// # Errors
    /// As [`Self::write`]; `E_CANCELLED`.
    pub fn write_until(
        &self,
        files: &[ProjectFile],
        cancellation: &CancellationToken,
    ) -> Result<(), Failure> {
        let mut folders = BTreeSet::new();
        for file in files {
            if cancellation.is_cancelled() {
                return Err(Failure::cancelled());
            }
            self.write_file(file, &mut folders)
                .map_err(|error| cannot_write(&file.path, &error))?;
        }
        Ok(())
    }

    fn write_file(&self, file: &ProjectFile, folders: &mut BTreeSet<String>) -> io::Result<()> {
        let top = self.folder.folder();
        self.make_folders(file.path.parent(), folders)?;
        let options = OpenOptions::new().write(true).create_new(true).clone();
        let mut open = top.open_with(file.path.as_str(), &options)?;
        open.write_all(&file.contents)?;
        let mode = if file.executable { 0o755 } else { 0o644 };
        rustix::fs::fchmod(&open, Mode::from_raw_mode(mode))?;
        Ok(())
    }

    /// Makes a folder and those above it, once each.
    fn make_folders(&self, folder: &str, made: &mut BTreeSet<String>) -> io::Result<()> {
        if folder.is_empty() || made.contains(folder) {
            return Ok(());
        }
        let top = self.folder.folder();
        let ends = folder
            .match_indices('/')
            .map(|(end, _)| end)
            .chain([folder.len()]);
        for path in ends.filter_map(|end| folder.get(..end)) {
            if !made.insert(path.to_owned()) {
                continue;
            }
            match top.create_dir(path) {
                Ok(()) => {
                    let created = owned_folder::open_folder(&top.open_dir(path)?, ".")?;
                    rustix::fs::fchmod(&created, Mode::from_raw_mode(0o755))?;
                }
                // Made by an earlier call; a file of that name is noticed when something is written below it.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Makes a git repository with one commit of everything and gives the id of its tree.
    ///
    /// Author, date and settings are fixed, so the same files give the same tree and commit. Of the environment, git
    /// sees `PATH` alone.
    ///
    /// # Errors
    /// `E_TOOL_MISSING` when git cannot be started, `E_CANCELLED`, `E_TIMEOUT`, or `E_INTERNAL` when it fails.
    pub async fn commit_git(
        &self,
        git: &Path,
        environment: &BTreeMap<String, String>,
        message: &str,
        cancellation: &CancellationToken,
    ) -> Result<String, Failure> {
        commit::everything(git, environment, &self.handle_path(), message, cancellation).await
    }

    /// Gives a path that leads to the folder's handle, wherever its parents lead by now.
    fn handle_path(&self) -> PathBuf {
        PathBuf::from(format!(
            "/proc/{}/fd/{}",
            std::process::id(),
            self.folder.folder().as_raw_fd()
        ))
    }

    /// Writes everything to the disk and renames the folder to the target, which is either absent or complete at any time.
    ///
    /// # Errors
    /// `E_EXISTS` when the target has come to exist; `E_PATH` when it cannot be renamed. The staging folder is then removed.
    pub fn place(mut self) -> Result<(), Failure> {
        let (parent, name) = (self.folder.parent(), self.folder.name());
        let failed = |error: Errno| {
            let message = format!(
                "cannot put {} into place: {error}",
                escape_untrusted(&self.target_name)
            );
            Failure::new(ErrorCode::Path, message)
        };
        rustix::fs::syncfs(self.folder.folder()).map_err(failed)?;
        match rustix::fs::renameat_with(
            parent,
            name,
            parent,
            &self.target_name,
            RenameFlags::NOREPLACE,
        ) {
            Ok(()) => {}
            Err(Errno::EXIST) => return Err(exists(&self.target_name)),
            // A file system that cannot refuse to replace: rename replaces an empty folder at most.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
                refuse_existing(parent, &self.target_name)?;
                rustix::fs::renameat(parent, name, parent, &self.target_name).map_err(failed)?;
            }
            Err(error) => return Err(failed(error)),
        }
        // The project is in place even if the disk cannot be told to remember its name at once.
        if let Ok(folder) = owned_folder::open_folder(parent, ".") {
            let _ = rustix::fs::fsync(&folder);
        }
        self.created_parents.0.clear();
        self.folder.keep();
        Ok(())
    }
}

/// Removes the staging folders of a target that killed processes left behind.
///
/// The target's path is absolute and its links were resolved: a parent that is a link now is left alone.
pub fn remove_left_behind(target: &Path) {
    let Ok((parent, name)) = split(target) else {
        return;
    };
    // Without the parent there is nothing in it.
    if let Ok(parent) = folders::open(&parent) {
        owned_folder::remove_stale(&parent, &prefix(&name));
    }
}

/// How the names of a target's staging folders begin.
fn prefix(target_name: &str) -> String {
    format!(".{target_name}.synthesizer-")
}

fn split(target: &Path) -> Result<(PathBuf, String), Failure> {
    let refused = |why: &str| {
        let shown = escape_untrusted(&target.to_string_lossy());
        Err(Failure::new(
            ErrorCode::Path,
            format!("{shown} cannot be the folder of a project: {why}"),
        ))
    };
    let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else {
        return refused("it has no name");
    };
    if !target.is_absolute() {
        return refused("it is not absolute");
    }
    let Some(name) = name.to_str() else {
        return refused("its name is not UTF-8");
    };
    match TreePath::new(name) {
        // The staging folder's name is longer, and file systems allow 255 bytes.
        Ok(_) if name.len() <= 200 => Ok((parent.to_owned(), name.to_owned())),
        Ok(_) => refused("its name is too long"),
        Err(refusal) => refused(&refusal.to_string()),
    }
}

fn refuse_existing(parent: &Dir, name: &str) -> Result<(), Failure> {
    match parent.symlink_metadata(name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Ok(_) => Err(exists(name)),
        Err(error) => Err(Failure::new(
            ErrorCode::Path,
            format!("cannot look at {name}: {error}"),
        )),
    }
}

fn exists(name: &str) -> Failure {
    Failure::new(
        ErrorCode::Exists,
        format!("{} exists already", escape_untrusted(name)),
    )
    .with_hint("choose another output folder; an existing one is never overwritten")
}

fn cannot_write(path: &TreePath, error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Failure::new(
            ErrorCode::Limit,
            format!("there is no space to write {path}"),
        )
        .with_hint("make room"),
        io::ErrorKind::AlreadyExists
        | io::ErrorKind::NotADirectory
        | io::ErrorKind::IsADirectory => Failure::internal(format!(
            "two files of the project are both {path} on this file system"
        )),
        _ => Failure::new(ErrorCode::Path, format!("cannot write {path}: {error}")),
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
