//! A folder of this machine walked by several threads: each folder, and each handful of a folder's files, is a piece of work. Every
//! name is reached through the handle of its folder. What is found is put in order at the end (`local_order`), so the outcome does not
//! depend on who was faster.

use std::{
    borrow::Cow,
    collections::HashMap,
    ffi::{CStr, CString},
    io,
    mem::MaybeUninit,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use gix::ObjectId;
use rayon::Scope;
use rustix::fs::{FileType, Mode, OFlags, RawDir};
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    tree::{TreePath, blob_id},
};
use tokio_util::sync::CancellationToken;

use super::{
    collector::{too_many_bytes, too_many_entries},
    ignore_rules::{self, IgnoreRules, is_ignored},
    local_file::{Contents, Status, read_name},
    local_order::{Found, Part, Walked, What, assemble},
    stat_cache::KnownFiles,
};
use crate::config::Limits;

/// The deepest folder.
const MOST_DEPTH: usize = 128;
/// Names that are never entries.
const SKIPPED_NAMES: &[&[u8]] = &[b".git", b"__pycache__"];
/// Files that mark a folder as a tool's own.
const TOOL_MARKERS: &[&[u8]] = &[b"pyvenv.cfg", b"CACHEDIR.TAG"];
/// Where a folder's own ignore rules are.
const IGNORE_FILE: &CStr = c".gitignore";
/// How many files of a folder are one piece of work.
const HANDFUL: usize = 32;
/// Room for the names that the system gives at once; the longest name has 255 bytes.
const NAMES_BUFFER: usize = 32 << 10;
/// How many bytes of contents are handed on with the files, so that whoever asks for them soon need not read them again.
const HANDED_ON_BYTES: u64 = 48 << 20;

/// Walks the folder and reads what `known` does not tell.
///
/// # Errors
/// `E_PATH` when the folder itself cannot be listed, `E_LIMIT` past a bound, `E_CANCELLED`.
pub(super) fn walk(
    root: BorrowedFd<'_>,
    limits: &Limits,
    known: &KnownFiles,
    cancellation: &CancellationToken,
) -> Result<Walked, Failure> {
    let walk = Walk {
        limits,
        known,
        cancellation,
        visited: AtomicUsize::new(0),
        bytes: AtomicU64::new(0),
        folders: AtomicUsize::new(1),
        parts: Mutex::default(),
        contents: Mutex::default(),
        handed_on: AtomicU64::new(0),
        failure: OnceLock::new(),
    };
    let root = open_folder(root, c".").map_err(|error| unreadable(&error))?;
    let job = Job {
        number: 0,
        path: None,
        depth: 0,
        rules: None,
    };
    rayon::scope(|scope| walk.list(scope, Arc::new(root), job));
    if cancellation.is_cancelled() {
        return Err(Failure::cancelled());
    }
    if let Some(failure) = walk.failure.into_inner() {
        return Err(failure);
    }
    let parts = walk
        .parts
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    let walked = assemble(parts, walk.folders.into_inner(), limits)?;
    let contents = walk.contents.into_inner();
    Ok(Walked {
        contents: contents.unwrap_or_else(PoisonError::into_inner),
        ..walked
    })
}

/// A folder that is to be listed.
struct Job {
    number: usize,
    /// The folder's path; `None` for the top.
    path: Option<TreePath>,
    depth: usize,
    rules: Option<Arc<Rules>>,
}

/// The ignore rules of a folder and of those above it.
struct Rules {
    rules: IgnoreRules,
    prefix: usize,
    above: Option<Arc<Rules>>,
}

struct Walk<'a> {
    limits: &'a Limits,
    known: &'a KnownFiles,
    cancellation: &'a CancellationToken,
    visited: AtomicUsize,
    bytes: AtomicU64,
    folders: AtomicUsize,
    parts: Mutex<Vec<Part>>,
    /// Contents that were read, within [`HANDED_ON_BYTES`].
    contents: Mutex<HashMap<TreePath, Bytes>>,
    handed_on: AtomicU64,
    failure: OnceLock<Failure>,
}

impl<'a> Walk<'a> {
    fn is_over(&self) -> bool {
        self.failure.get().is_some() || self.cancellation.is_cancelled()
    }

    fn fail(&self, failure: Failure) {
        // The first one is told.
        let _ = self.failure.set(failure);
    }

    fn keep(&self, part: Part) {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        parts.push(part);
    }

    /// Opens a folder of another one and lists it.
    fn enter<'s>(&'s self, scope: &Scope<'s>, above: BorrowedFd<'_>, name: &CStr, job: Job) {
        if self.is_over() {
            return;
        }
        match open_folder(above, name) {
            Ok(folder) => self.list(scope, Arc::new(folder), job),
            Err(_) => self.close(&job, "left out: the folder cannot be read"),
        }
    }

    fn close(&self, job: &Job, why: &'static str) {
        self.keep(Part {
            folder: job.number,
            closed: Some(why),
            ..Part::default()
        });
    }

    /// Lists a folder: folders in it and handfuls of its files become work of their own.
    fn list<'s>(&'s self, scope: &Scope<'s>, folder: Arc<OwnedFd>, mut job: Job) {
        let names = match self.names(folder.as_fd()) {
            Ok(names) => names,
            Err(error) if job.depth == 0 => return self.fail(unreadable(&error)),
            Err(_) => return self.close(&job, "left out: the folder cannot be listed"),
        };
        let is_tools_own = |(name, kind): &(CString, FileType)| {
            TOOL_MARKERS.contains(&name.to_bytes()) && *kind == FileType::RegularFile
        };
        if self.is_over() || (job.depth > 0 && names.iter().any(is_tools_own)) {
            return;
        }
        let mut part = Part {
            folder: job.number,
            ..Part::default()
        };
        self.read_rules(folder.as_fd(), &names, &mut job, &mut part);
        let mut files = Vec::new();
        for (name, kind) in names {
            let Some((path, what)) = self.look(scope, &folder, &job, &name, kind) else {
                continue;
            };
            match what {
                Some(what) => part.names.push(Found { name, path, what }),
                None => files.push((name, path)),
            }
        }
        self.keep(part);
        let number = job.number;
        while files.len() > HANDFUL {
            let handful = files.split_off(files.len() - HANDFUL);
            let folder = folder.clone();
            scope.spawn(move |_| self.read_files(&folder, number, handful));
        }
        self.read_files(&folder, number, files);
    }

    /// Gives the names of a folder with what they are.
    fn names(&self, folder: BorrowedFd<'_>) -> io::Result<Vec<(CString, FileType)>> {
        let mut buffer = [MaybeUninit::uninit(); NAMES_BUFFER];
        let mut entries = RawDir::new(folder, &mut buffer);
        let mut names = Vec::new();
        while let Some(entry) = entries.next() {
            let entry = entry?;
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            let kind = match entry.file_type() {
                // Some file systems do not tell it with the name.
                FileType::Unknown => Status::of_name(folder, name)?.kind,
                kind => kind,
            };
            names.push((name.to_owned(), kind));
            if names.len() > self.limits.source_files {
                self.fail(Failure::new(
                    ErrorCode::Limit,
                    format!(
                        "a folder has more than {} entries",
                        self.limits.source_files
                    ),
                ));
                break;
            }
        }
        Ok(names)
    }

    fn read_rules(
        &self,
        folder: BorrowedFd<'_>,
        names: &[(CString, FileType)],
        job: &mut Job,
        part: &mut Part,
    ) {
        let has_rules = names
            .iter()
            .any(|(name, kind)| **name == *IGNORE_FILE && *kind == FileType::RegularFile);
        if !has_rules {
            return;
        }
        let mut text = Vec::new();
        let limit = ignore_rules::MOST_BYTES;
        let Contents::Read(_) = read_name(folder, IGNORE_FILE, limit, &mut text) else {
            part.problem = Some("its ignore rules cannot be read".to_owned());
            return;
        };
        let rules = IgnoreRules::parse(&text);
        part.problem.clone_from(&rules.problem);
        job.rules = Some(Arc::new(Rules {
            rules,
            prefix: job.path.as_ref().map_or(0, |path| path.as_str().len() + 1),
            above: job.rules.take(),
        }));
    }

    /// Looks at one name; `None` for one that is ignored, and nothing inside for a file that is still to be read.
    fn look<'s>(
        &'s self,
        scope: &Scope<'s>,
        folder: &Arc<OwnedFd>,
        job: &Job,
        name: &CString,
        kind: FileType,
    ) -> Option<(Option<TreePath>, Option<What>)> {
        let bytes = name.to_bytes();
        if SKIPPED_NAMES.contains(&bytes) {
            return None;
        }
        let is_folder = kind == FileType::Directory;
        let text = std::str::from_utf8(bytes).ok();
        if job.rules.is_some()
            && text.is_some_and(|name| is_ignored(job.rules(), &job.full(name), is_folder))
        {
            return None;
        }
        if self.visited.fetch_add(1, Ordering::Relaxed) >= self.limits.source_files {
            self.fail(too_many_entries(self.limits.source_files));
            return None;
        }
        let Some(path) = text.and_then(|name| job.join(name)) else {
            // What it is does not matter: the name keeps it out.
            return Some((None, Some(What::Special)));
        };
        let what = match kind {
            FileType::Directory if job.depth + 1 >= MOST_DEPTH => Some(What::TooDeep),
            FileType::Directory => Some(self.descend(scope, folder, job, name, &path)),
            FileType::Symlink => {
                let target = rustix::fs::readlinkat(folder, name, Vec::new());
                Some(What::Link(
                    target.ok().and_then(|target| id_of(target.to_bytes())),
                ))
            }
            FileType::RegularFile => None,
            _ => Some(What::Special),
        };
        Some((Some(path), what))
    }

    /// Makes a folder work of its own.
    fn descend<'s>(
        &'s self,
        scope: &Scope<'s>,
        folder: &Arc<OwnedFd>,
        job: &Job,
        name: &CString,
        path: &TreePath,
    ) -> What {
        let number = self.folders.fetch_add(1, Ordering::Relaxed);
        let inner = Job {
            number,
            path: Some(path.clone()),
            depth: job.depth + 1,
            rules: job.rules.clone(),
        };
        let (above, name) = (folder.clone(), name.clone());
        scope.spawn(move |scope| self.enter(scope, above.as_fd(), &name, inner));
        What::Folder(number)
    }

    fn read_files(&self, folder: &OwnedFd, number: usize, files: Vec<(CString, Option<TreePath>)>) {
        let mut buffer = Vec::new();
        let mut part = Part {
            folder: number,
            ..Part::default()
        };
        for (name, path) in files {
            if self.is_over() {
                return;
            }
            let what = match &path {
                Some(path) => self.read_file(folder.as_fd(), &name, path, &mut buffer),
                None => What::Special,
            };
            if let What::File(_, status) = &what {
                let size = status.stamp.size;
                let before = self.bytes.fetch_add(size, Ordering::Relaxed);
                if before.saturating_add(size) > self.limits.source_bytes {
                    self.fail(too_many_bytes(self.limits.source_bytes));
                }
            }
            part.names.push(Found { name, path, what });
        }
        self.keep(part);
    }

    fn hand_on(&self, path: &TreePath, contents: &[u8]) {
        let size = contents.len() as u64;
        if size > HANDED_ON_BYTES / 16 {
            // One large file must not take the place of many.
            return;
        }
        if self.handed_on.fetch_add(size, Ordering::Relaxed) + size <= HANDED_ON_BYTES {
            let mut all = self.contents.lock().unwrap_or_else(PoisonError::into_inner);
            all.insert(path.clone(), Bytes::copy_from_slice(contents));
        }
    }

    fn read_file(
        &self,
        folder: BorrowedFd<'_>,
        name: &CStr,
        path: &TreePath,
        buffer: &mut Vec<u8>,
    ) -> What {
        let limit = self.limits.file_bytes;
        if self.known.has(path.as_str())
            && let Ok(status) = Status::of_name(folder, name)
            && status.kind == FileType::RegularFile
            && status.stamp.size <= limit
            && let Some(id) = self.known.id(path.as_str(), &status.stamp)
        {
            return What::File(id, status);
        }
        match read_name(folder, name, limit, buffer) {
            Contents::Read(mut status) => match id_of(buffer) {
                Some(id) => {
                    // It may have grown or shrunk since it was asked about.
                    status.stamp.size = buffer.len() as u64;
                    self.hand_on(path, buffer);
                    What::File(id, status)
                }
                None => What::Unreadable,
            },
            Contents::TooLarge => What::TooLarge,
            Contents::Unreadable => What::Unreadable,
        }
    }
}

impl Job {
    /// Gives the path of a name in the folder, unless it cannot be used.
    fn join(&self, name: &str) -> Option<TreePath> {
        match &self.path {
            Some(path) => path.join(name).ok(),
            None => TreePath::new(name).ok(),
        }
    }

    /// Gives the path of any name in the folder as text.
    fn full<'n>(&self, name: &'n str) -> Cow<'n, str> {
        match &self.path {
            Some(path) => Cow::Owned(format!("{path}/{name}")),
            None => Cow::Borrowed(name),
        }
    }

    /// Gives the rules that hold in the folder, its own first.
    fn rules(&self) -> impl Iterator<Item = (&IgnoreRules, usize)> {
        std::iter::successors(self.rules.as_deref(), |rules| rules.above.as_deref())
            .map(|rules| (&rules.rules, rules.prefix))
    }
}

fn open_folder(above: BorrowedFd<'_>, name: &CStr) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(rustix::fs::openat(above, name, flags, Mode::empty())?)
}

fn id_of(contents: &[u8]) -> Option<ObjectId> {
    ObjectId::from_hex(blob_id(contents).as_bytes()).ok()
}

fn unreadable(error: &io::Error) -> Failure {
    Failure::new(
        ErrorCode::Path,
        format!("a folder cannot be read: {}", error.kind()),
    )
}
