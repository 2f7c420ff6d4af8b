//! A folder of this machine as a tree, read through directory handles. Follows no link, opens no device, writes nothing.
//!
//! Left out: what `.gitignore` files name, `.git`, `__pycache__`, and folders that a tool marks as its own (`pyvenv.cfg`
//! for virtual environments, `CACHEDIR.TAG` for caches). Links are entries that cannot be read.

use std::{
    collections::HashMap,
    os::fd::AsFd as _,
    path::{Component, Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use bytes::Bytes;
use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt as _, OpenOptionsSyncExt as _};
use cap_std::fs::{Dir, OpenOptions};
use gix::ObjectId;
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    finding::Problem,
    progress::Progress,
    text::escape_untrusted,
    tree::{Blob, Origin, SourceTree, TreeEntry, TreePath},
};
use tokio_util::sync::CancellationToken;

use super::{
    local_file::{Contents, read_open},
    local_order::{Known, Walked},
    local_walk::walk,
    memory_tree::no_such_file,
    slug::slug,
    stat_cache::KnownFiles,
    tree_hash::tree_hash,
};
use crate::{
    config::{Config, Limits},
    folders,
    process::is_exhausted,
    telemetry::tasks,
};

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
    let (config, cancellation) = (config.clone(), cancellation.clone());
    let tree = tasks::spawn_blocking("open_folder", move || {
        let known = KnownFiles::load(&config.paths.cache, &place);
        let opening = Opening {
            place: &place,
            written: &written,
            base: &base,
            limits: &config.limits,
            known: &known,
            now: SystemTime::now(),
        };
        LocalTree::open(&opening, &cancellation)
    })
    .await
    .map_err(|error| Failure::internal(format!("reading the folder failed: {error}")))??;
    Ok(Arc::new(tree))
}

/// A folder that is to be opened.
struct Opening<'a> {
    place: &'a Path,
    written: &'a str,
    base: &'a Path,
    limits: &'a Limits,
    /// What is known of its files, and takes what is seen of them.
    known: &'a KnownFiles,
    now: SystemTime,
}

/// The files of a folder as they were when it was opened.
#[derive(Debug)]
struct LocalTree {
    origin: Origin,
    entries: Vec<TreeEntry>,
    problems: Vec<Problem>,
    /// What is known of each entry, in the same order.
    known: Vec<Known>,
    /// Contents that were read when the folder was opened; each is given out once.
    contents: Mutex<HashMap<TreePath, Bytes>>,
    root: Dir,
    file_bytes: u64,
}

impl LocalTree {
    fn open(opening: &Opening<'_>, cancellation: &CancellationToken) -> Result<Self, Failure> {
        let root = open_root(opening.place, opening.written)?;
        let Walked {
            entries,
            problems,
            known,
            contents,
        } = walk(root.as_fd(), opening.limits, opening.known, cancellation)?;
        let all = || entries.iter().zip(&known);
        let hashed = all().filter_map(|(entry, known)| Some((&entry.path, entry.kind, known.id?)));
        let seen = all()
            .filter_map(|(entry, known)| Some((&entry.path, known.stamp.as_ref()?, known.id?)));
        let (hash, ()) = rayon::join(
            || tree_hash(hashed),
            || opening.known.replace(seen, opening.now),
        );
        let origin = Origin {
            slug: slug(&folder_name(opening.place)),
            url: shown_path(opening.written, opening.base),
            revision: format!("tree:{}", hash?),
            version: None,
            platform: "local".to_owned(),
        };
        Ok(Self {
            origin,
            entries,
            problems,
            known,
            contents: Mutex::new(contents),
            root,
            file_bytes: opening.limits.file_bytes,
        })
    }

    fn contents_read_before(&self, path: &TreePath) -> Option<Bytes> {
        let mut contents = self.contents.lock().unwrap_or_else(PoisonError::into_inner);
        contents.remove(path)
    }

    /// Gives the id of a file; links have one too, but no contents.
    fn id(&self, path: &TreePath) -> Option<ObjectId> {
        let position = self
            .entries
            .binary_search_by(|entry| entry.path.cmp(path))
            .ok()?;
        self.known[position]
            .id
            .filter(|_| self.entries[position].is_file())
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

    fn blob_id(&self, path: &TreePath) -> Option<String> {
        self.id(path).map(|id| id.to_string())
    }

    fn read(&self, path: &TreePath) -> Result<Blob, Failure> {
        let id = self.id(path).ok_or_else(|| no_such_file(path))?;
        if let Some(bytes) = self.contents_read_before(path) {
            let id = id.to_string();
            return Ok(Blob { bytes, id });
        }
        let changed = || {
            Failure::new(
                ErrorCode::Upstream,
                format!("the file {path} changed while it was being read"),
            )
            .with_hint("run it again when nothing writes into the folder")
        };
        let mut options = OpenOptions::new();
        options.read(true).follow(FollowSymlinks::No).nonblock(true);
        let file = self
            .root
            .open_with(path.as_str(), &options)
            .map_err(|_| changed())?;
        let mut contents = Vec::new();
        let Contents::Read(_) = read_open(file.into_std().into(), self.file_bytes, &mut contents)
        else {
            return Err(changed());
        };
        let blob = Blob::new(Bytes::from(contents));
        if ObjectId::from_hex(blob.id.as_bytes()).is_ok_and(|found| found == id) {
            Ok(blob)
        } else {
            Err(changed())
        }
    }
}

fn open_root(place: &Path, written: &str) -> Result<Dir, Failure> {
    folders::open(place).map_err(|error| cannot_open(&error, written))
}

/// Makes the failure of a folder that cannot be opened.
pub(super) fn cannot_open(error: &std::io::Error, written: &str) -> Failure {
    let written = escape_untrusted(written);
    if rustix::io::Errno::from_io_error(error).is_some_and(is_exhausted) {
        let message = format!("the folder {written} cannot be read: {error}");
        return Failure::new(ErrorCode::Limit, message)
            .with_hint("the system gives this process no more files: raise its limit");
    }
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
