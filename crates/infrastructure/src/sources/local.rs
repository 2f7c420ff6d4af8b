//! A folder of this machine as a tree, read through directory handles. Follows no link, opens no device, writes nothing.
//!
//! Left out: what `.gitignore` files name, `.git`, `__pycache__`, and folders that a tool marks as its own (`pyvenv.cfg`
//! for virtual environments, `CACHEDIR.TAG` for caches). Links are entries that cannot be read.

use std::{
    collections::HashMap,
    ffi::{OsStr, OsString},
    io::Read as _,
    os::unix::ffi::OsStrExt as _,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use cap_fs_ext::{DirExt as _, FollowSymlinks, OpenOptionsFollowExt as _, OpenOptionsSyncExt as _};
use cap_std::fs::{Dir, FileType, MetadataExt as _, OpenOptions};
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    finding::Problem,
    progress::Progress,
    text::escape_untrusted,
    tree::{Blob, EntryKind, Origin, SourceTree, TreeEntry, TreePath},
};
use tokio_util::sync::CancellationToken;

use super::{
    collector::Collector,
    ignore_rules::{self, IgnoreRules, is_ignored},
    memory_tree::no_such_file,
    slug::slug,
    tree_hash::tree_hash,
};
use crate::{
    config::{Config, Limits},
    folders,
    telemetry::tasks,
};

/// The deepest folder; each level holds one directory handle.
const MOST_DEPTH: usize = 128;
/// Names that are never entries.
const SKIPPED_NAMES: &[&str] = &[".git", "__pycache__"];
/// Files that mark a folder as a tool's own.
const TOOL_MARKERS: &[&str] = &["pyvenv.cfg", "CACHEDIR.TAG"];

/// Opens the local folder at `place`, a path whose links were resolved; `written` and `base` say what to call it.
///
/// # Errors
/// `E_NOT_FOUND` when there is nothing, `E_PATH` when it is no folder, `E_FORBIDDEN` when it must not be read, `E_LIMIT`,
/// `E_CANCELLED`.
pub(super) async fn open(
    config: &Config,
    place: &Path,
    (written, base): (&str, &Path),
    cancellation: &CancellationToken,
    progress: &dyn Progress,
) -> Result<Arc<dyn SourceTree>, Failure> {
    progress.step(0, &format!("reading {}", escape_untrusted(written)));
    let (place, written, base) = (place.to_owned(), written.to_owned(), base.to_owned());
    let (limits, cancellation) = (config.limits.clone(), cancellation.clone());
    let tree = tasks::spawn_blocking("open_folder", move || {
        LocalTree::open(&place, &written, &base, &limits, &cancellation)
    })
    .await
    .map_err(|error| Failure::internal(format!("reading the folder failed: {error}")))??;
    Ok(Arc::new(tree))
}

/// The files of a folder as they were when it was opened.
#[derive(Debug)]
struct LocalTree {
    origin: Origin,
    entries: Vec<TreeEntry>,
    problems: Vec<Problem>,
    blobs: HashMap<TreePath, String>,
    root: Dir,
    file_bytes: u64,
}

impl LocalTree {
    fn open(
        place: &Path,
        written: &str,
        base: &Path,
        limits: &Limits,
        cancellation: &CancellationToken,
    ) -> Result<Self, Failure> {
        let root = open_root(place, written)?;
        let mut walk = Walk::new(limits);
        walk.run(&root, cancellation)?;
        let Walk {
            collector, blobs, ..
        } = walk;
        let (entries, problems) = collector.finish();
        let hashed = entries.iter().filter_map(|entry| {
            blobs
                .get(&entry.path)
                .map(|id| (&entry.path, entry.kind, id.as_str()))
        });
        let origin = Origin {
            slug: slug(&folder_name(place)),
            url: shown_path(written, base),
            revision: format!("tree:{}", tree_hash(hashed)?),
            version: None,
            platform: "local".to_owned(),
        };
        Ok(Self {
            origin,
            entries,
            problems,
            blobs,
            root,
            file_bytes: limits.file_bytes,
        })
    }
}

impl SourceTree for LocalTree {
    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn entries(&self) -> &[TreeEntry] {
        &self.entries
    }

    fn problems(&self) -> &[Problem] {
        &self.problems
    }

    fn read(&self, path: &TreePath) -> Result<Blob, Failure> {
        let is_file = self
            .entries
            .binary_search_by(|entry| entry.path.cmp(path))
            .is_ok_and(|position| self.entries[position].is_file());
        let id = self
            .blobs
            .get(path)
            .filter(|_| is_file)
            .ok_or_else(|| no_such_file(path))?;
        let changed = || {
            Failure::new(
                ErrorCode::Upstream,
                format!("the file {path} changed while it was being read"),
            )
            .with_hint("run it again when nothing writes into the folder")
        };
        match read_file(&self.root, OsStr::new(path.as_str()), self.file_bytes) {
            Contents::Read { blob, .. } if blob.id == *id => Ok(blob),
            _ => Err(changed()),
        }
    }
}

/// One folder that is being walked.
struct Frame {
    folder: Dir,
    /// The folder's path with a slash at its end; empty for the top.
    prefix: String,
    names: std::vec::IntoIter<(OsString, FileType)>,
    rules: Option<IgnoreRules>,
}

struct Walk {
    collector: Collector,
    blobs: HashMap<TreePath, String>,
    file_bytes: u64,
    most_files: usize,
}

impl Walk {
    fn new(limits: &Limits) -> Self {
        Self {
            collector: Collector::new(limits),
            blobs: HashMap::new(),
            file_bytes: limits.file_bytes,
            most_files: limits.source_files,
        }
    }

    fn run(&mut self, root: &Dir, cancellation: &CancellationToken) -> Result<(), Failure> {
        let top = root.try_clone().map_err(|error| unreadable(&error))?;
        let mut frames = vec![self.frame(top, String::new())?];
        while let Some(frame) = frames.last_mut() {
            if cancellation.is_cancelled() {
                return Err(Failure::cancelled());
            }
            let Some((name, kind)) = frame.names.next() else {
                frames.pop();
                continue;
            };
            if let Some(inner) = self.visit(&frames, &name, kind)? {
                frames.push(inner);
            }
        }
        Ok(())
    }

    /// Lists a folder, sorted by name, and reads its ignore rules.
    fn frame(&mut self, folder: Dir, prefix: String) -> Result<Frame, Failure> {
        let mut names = Vec::new();
        for entry in folder.entries().map_err(|error| unreadable(&error))? {
            let entry = entry.map_err(|error| unreadable(&error))?;
            let kind = entry.file_type().map_err(|error| unreadable(&error))?;
            names.push((entry.file_name(), kind));
            if names.len() > self.most_files {
                return Err(Failure::new(
                    ErrorCode::Limit,
                    format!("a folder has more than {} entries", self.most_files),
                ));
            }
        }
        names.sort_by(|left, right| left.0.cmp(&right.0));
        let rules = self.rules(&folder, &prefix, &names);
        Ok(Frame {
            folder,
            prefix,
            names: names.into_iter(),
            rules,
        })
    }

    fn rules(
        &mut self,
        folder: &Dir,
        prefix: &str,
        names: &[(OsString, FileType)],
    ) -> Option<IgnoreRules> {
        let name = OsStr::new(".gitignore");
        names
            .iter()
            .find(|(other, kind)| other == name && kind.is_file())?;
        let Contents::Read { blob, .. } = read_file(folder, name, ignore_rules::MOST_BYTES) else {
            self.collector.problem_at(
                format!("{prefix}.gitignore").as_bytes(),
                "its ignore rules cannot be read",
            );
            return None;
        };
        let rules = IgnoreRules::parse(&blob.bytes);
        if let Some(problem) = &rules.problem {
            self.collector
                .problem_at(format!("{prefix}.gitignore").as_bytes(), problem);
        }
        Some(rules)
    }

    /// Takes one name of the innermost folder; gives the folder to go into.
    fn visit(
        &mut self,
        frames: &[Frame],
        name: &OsStr,
        kind: FileType,
    ) -> Result<Option<Frame>, Failure> {
        let Some(frame) = frames.last() else {
            return Ok(None);
        };
        if SKIPPED_NAMES
            .iter()
            .any(|skipped| name == OsStr::new(skipped))
        {
            return Ok(None);
        }
        let mut full = frame.prefix.clone().into_bytes();
        full.extend_from_slice(name.as_bytes());
        let rules = frames.iter().filter_map(|frame| {
            frame
                .rules
                .as_ref()
                .map(|rules| (rules, frame.prefix.len()))
        });
        if std::str::from_utf8(&full).is_ok_and(|path| is_ignored(rules, path, kind.is_dir())) {
            return Ok(None);
        }
        self.collector.visit(&full)?;
        let Some(path) = self.collector.path(&full) else {
            return Ok(None);
        };
        if kind.is_dir() {
            return self.enter(frame, frames.len(), name, &path);
        }
        if kind.is_symlink() {
            self.take_link(&frame.folder, name, path);
        } else if kind.is_file() {
            self.take_file(&frame.folder, name, path)?;
        } else {
            self.collector
                .problem(&path, "left out: a device, socket or FIFO");
        }
        Ok(None)
    }

    fn enter(
        &mut self,
        frame: &Frame,
        depth: usize,
        name: &OsStr,
        path: &TreePath,
    ) -> Result<Option<Frame>, Failure> {
        if depth >= MOST_DEPTH {
            self.collector
                .problem(path, "left out: the folder is too deep");
            return Ok(None);
        }
        let Ok(folder) = frame.folder.open_dir_nofollow(name) else {
            self.collector
                .problem(path, "left out: the folder cannot be read");
            return Ok(None);
        };
        if TOOL_MARKERS.iter().any(|marker| {
            folder
                .symlink_metadata(marker)
                .is_ok_and(|found| found.is_file())
        }) {
            return Ok(None);
        }
        match self.frame(folder, format!("{path}/")) {
            Err(failure) if failure.code == ErrorCode::Path => {
                self.collector
                    .problem(path, "left out: the folder cannot be listed");
                Ok(None)
            }
            outcome => outcome.map(Some),
        }
    }

    fn take_link(&mut self, folder: &Dir, name: &OsStr, path: TreePath) {
        let target = folder
            .read_link_contents(name)
            .map(|target| target.as_os_str().as_bytes().to_vec());
        if self.collector.add(path.clone(), EntryKind::Symlink, None)
            && let Ok(target) = target
        {
            self.blobs.insert(path, Blob::new(Bytes::from(target)).id);
        }
    }

    fn take_file(&mut self, folder: &Dir, name: &OsStr, path: TreePath) -> Result<(), Failure> {
        match read_file(folder, name, self.file_bytes) {
            Contents::Read { blob, executable } => {
                let size = blob.bytes.len() as u64;
                let kind = if executable {
                    EntryKind::Executable
                } else {
                    EntryKind::File
                };
                if self.collector.admit_size(&path, size)?
                    && self.collector.add(path.clone(), kind, Some(size))
                {
                    self.blobs.insert(path, blob.id);
                }
            }
            Contents::TooLarge => {
                self.collector.problem(
                    &path,
                    format!("left out: larger than {} bytes", self.file_bytes),
                );
            }
            Contents::Unreadable => self
                .collector
                .problem(&path, "left out: the file cannot be read"),
        }
        Ok(())
    }
}

/// What reading one file gave.
enum Contents {
    Read { blob: Blob, executable: bool },
    TooLarge,
    Unreadable,
}

/// Reads a regular file below a folder handle. The kind is checked again on the open file: between listing and opening
/// it could have become a link (not followed) or a FIFO (opened without waiting for a writer).
fn read_file(folder: &Dir, name: &OsStr, limit: u64) -> Contents {
    let mut options = OpenOptions::new();
    options.read(true).follow(FollowSymlinks::No).nonblock(true);
    let Ok(file) = folder.open_with(name, &options) else {
        return Contents::Unreadable;
    };
    let Ok(metadata) = file.metadata() else {
        return Contents::Unreadable;
    };
    if !metadata.is_file() {
        return Contents::Unreadable;
    }
    if metadata.len() > limit {
        return Contents::TooLarge;
    }
    let mut bytes = Vec::new();
    match file.take(limit.saturating_add(1)).read_to_end(&mut bytes) {
        Ok(count) if count as u64 > limit => Contents::TooLarge,
        Ok(_) => Contents::Read {
            blob: Blob::new(Bytes::from(bytes)),
            executable: metadata.mode() & 0o100 != 0,
        },
        Err(_) => Contents::Unreadable,
    }
}

fn open_root(place: &Path, written: &str) -> Result<Dir, Failure> {
    folders::open(place).map_err(|error| cannot_open(&error, written))
}

/// Makes the failure of a folder that cannot be opened.
pub(super) fn cannot_open(error: &std::io::Error, written: &str) -> Failure {
    let written = escape_untrusted(written);
    match error.kind() {
        std::io::ErrorKind::NotFound => {
            Failure::new(ErrorCode::NotFound, format!("there is no folder {written}"))
                .with_hint("check the path; it is relative to the working directory")
        }
        std::io::ErrorKind::NotADirectory => {
            Failure::new(ErrorCode::Path, format!("{written} is not a folder"))
        }
        std::io::ErrorKind::PermissionDenied => Failure::new(
            ErrorCode::Forbidden,
            format!("the folder {written} must not be read"),
        ),
        kind => Failure::new(
            ErrorCode::Path,
            format!("the folder {written} cannot be read: {kind}"),
        ),
    }
}

fn unreadable(error: &std::io::Error) -> Failure {
    Failure::new(
        ErrorCode::Path,
        format!("a folder cannot be read: {}", error.kind()),
    )
}

fn folder_name(place: &Path) -> String {
    place
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// Gives the path as written when it is relative, else the way to it from `base`: no absolute path is put on record.
fn shown_path(written: &str, base: &Path) -> String {
    if !Path::new(written).is_absolute() {
        let trimmed = written.trim_end_matches('/');
        return if trimmed.is_empty() {
            ".".to_owned()
        } else {
            trimmed.to_owned()
        };
    }
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let (from, to) = (real(base), real(Path::new(written)));
    let shared = from
        .components()
        .zip(to.components())
        .take_while(|(left, right)| left == right)
        .count();
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    let way: PathBuf = up.chain(to.components().skip(shared)).collect();
    match way.to_string_lossy() {
        way if way.is_empty() => ".".to_owned(),
        way if way.starts_with("..") => way.into_owned(),
        way => format!("./{way}"),
    }
}

#[cfg(test)]
#[path = "local_tests.rs"]
mod tests;
