//! A repository's files behind one port, whatever they come from. Paths here are safe by construction; contents are untrusted.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use serde::{Deserialize, Serialize, Serializer};
use sha1::Digest as _;
use unicode_normalization::UnicodeNormalization as _;

use crate::{failure::Failure, finding::Problem, text};

/// Why a name of an untrusted tree cannot be used as a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathRefusal {
    /// Empty, or with an empty component.
    #[error("an empty path component")]
    Empty,
    /// Begins with a slash, a drive or a UNC prefix.
    #[error("an absolute path")]
    Absolute,
    /// Has `..` or `.` as a component.
    #[error("a path component that leads elsewhere")]
    Traversal,
    /// Has control, bidirectional or invisible characters.
    #[error("a control or invisible character")]
    Deceptive,
    /// Has a backslash or a colon.
    #[error("a backslash or colon")]
    Separator,
    /// Spells `.git` in some file system's way.
    #[error("a spelling of .git")]
    Git,
    /// Is a device name of some system, or ends with a dot or a space.
    #[error("a name reserved by some system")]
    Reserved,
    /// Longer than 4,096 bytes or deeper than 256 components.
    #[error("a path that is too long or too deep")]
    TooLong,
}

/// The longest path, in bytes.
const LONGEST: usize = 4096;
/// The most components of a path.
const DEEPEST: usize = 256;

/// A relative, slash-separated UTF-8 path without anything that could act on a file system.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct TreePath(Arc<str>);

impl TreePath {
    /// Checks a path of an untrusted tree.
    ///
    /// # Errors
    /// Says which rule the path breaks.
    pub fn new(path: &str) -> Result<Self, PathRefusal> {
        if path.len() > LONGEST {
            return Err(PathRefusal::TooLong);
        }
        if path.starts_with('/') {
            return Err(PathRefusal::Absolute);
        }
        let mut depth = 0_usize;
        for component in path.split('/') {
            depth += 1;
            check_component(component)?;
        }
        if depth > DEEPEST {
            return Err(PathRefusal::TooLong);
        }
        Ok(Self(Arc::from(path)))
    }

    /// Adds a relative path to this one and checks what is new.
    ///
    /// # Errors
    /// Says which rule the longer path breaks.
    pub fn join(&self, rest: &str) -> Result<Self, PathRefusal> {
        let longest = LONGEST.checked_sub(self.0.len() + 1);
        if longest.is_none_or(|longest| rest.len() > longest) {
            return Err(PathRefusal::TooLong);
        }
        rest.split('/').try_for_each(check_component)?;
        let depth = |text: &str| text.bytes().filter(|byte| *byte == b'/').count() + 1;
        if depth(&self.0) + depth(rest) > DEEPEST {
            return Err(PathRefusal::TooLong);
        }
        Ok(Self(Arc::from(format!("{}/{rest}", self.0))))
    }

    /// Gives the path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Gives the last component.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// Gives the folder as text; empty for the top.
    pub fn parent(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(parent, _)| parent)
    }

    /// Says whether the path lies below (or is) the given folder; the empty folder is the top.
    pub fn is_below(&self, folder: &str) -> bool {
        folder.is_empty()
            || self.as_str() == folder
            || self
                .0
                .strip_prefix(folder)
                .is_some_and(|rest| rest.starts_with('/'))
    }

    /// Gives the key under which case- and form-insensitive file systems would store the path.
    pub fn folded(&self) -> String {
        self.0.nfkc().flat_map(char::to_lowercase).collect()
    }
}

fn check_component(component: &str) -> Result<(), PathRefusal> {
    if component.is_empty() {
        return Err(PathRefusal::Empty);
    }
    if component == "." || component == ".." {
        return Err(PathRefusal::Traversal);
    }
    if component.chars().any(text::is_deceptive) {
        return Err(PathRefusal::Deceptive);
    }
    if component.contains(['\\', ':']) {
        return Err(PathRefusal::Separator);
    }
    // Normal forms change nothing of ASCII, and nearly every name is.
    let folded: String = if component.is_ascii() {
        component.to_ascii_lowercase()
    } else {
        component.nfkc().flat_map(char::to_lowercase).collect()
    };
    let trimmed = folded.trim_end_matches(['.', ' ']);
    if trimmed == ".git" || trimmed == "git~1" {
        return Err(PathRefusal::Git);
    }
    if folded.ends_with(['.', ' ']) || is_device_name(trimmed) {
        return Err(PathRefusal::Reserved);
    }
    Ok(())
}

fn is_device_name(folded: &str) -> bool {
    let stem = folded.split('.').next().unwrap_or(folded).trim_end();
    matches!(stem, "con" | "prn" | "aux" | "nul" | "conin$" | "conout$")
        || (stem.len() == 4
            && (stem.starts_with("com") || stem.starts_with("lpt"))
            && stem.ends_with(|last: char| last.is_ascii_digit() && last != '0'))
}

impl fmt::Display for TreePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for TreePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}

impl Serialize for TreePath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl TryFrom<String> for TreePath {
    type Error = PathRefusal;

    fn try_from(path: String) -> Result<Self, Self::Error> {
        Self::new(&path)
    }
}

/// What an entry is. Only [`EntryKind::File`] and [`EntryKind::Executable`] can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A regular file with the executable bit.
    Executable,
    /// A symbolic link; never followed.
    Symlink,
    /// A submodule; never fetched.
    Submodule,
}

/// One entry of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeEntry {
    /// Where it is.
    pub path: TreePath,
    /// What it is.
    pub kind: EntryKind,
    /// Size in bytes, where it is known without reading.
    pub size: Option<u64>,
}

impl TreeEntry {
    /// Says whether the entry has contents that can be read.
    pub const fn is_file(&self) -> bool {
        matches!(self.kind, EntryKind::File | EntryKind::Executable)
    }
}

/// The contents of one file and their git blob id (SHA-1 of `blob <size>\0<contents>`, in hex).
#[derive(Debug, Clone)]
pub struct Blob {
    /// The contents.
    pub bytes: Bytes,
    /// The id.
    pub id: String,
}

impl Blob {
    /// Takes contents and computes their id.
    pub fn new(bytes: Bytes) -> Self {
        let id = blob_id(&bytes);
        Self { bytes, id }
    }
}

/// Gives the git blob id of contents, in hex.
pub fn blob_id(contents: &[u8]) -> String {
    let mut hasher = sha1::Sha1::new();
    hasher.update(format!("blob {}\0", contents.len()));
    hasher.update(contents);
    hex::encode(hasher.finalize())
}

/// Gives the SHA-256 of bytes, in hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(sha2::Sha256::digest(bytes))
}

/// Gives the SHA-256 of bytes.
pub fn sha256_digest(bytes: &[u8]) -> [u8; 32] {
    sha2::Sha256::digest(bytes).into()
}

/// Where a tree came from, with nothing that is private to this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// A short name made of `[a-z0-9-]`, such as `click`.
    pub slug: String,
    /// What finds the source again: `pypi:click@8.1.7`, an `https://` URL without credentials, or a relative path.
    pub url: String,
    /// Exactly this state of it: a commit, `sha256:` of an archive, or `tree:` and a hash for a local folder.
    pub revision: String,
    /// The released version, where the origin tells.
    pub version: Option<String>,
    /// `pypi`, `git`, `local`, and so on.
    pub platform: String,
}

/// The port behind which every source of files stands.
pub trait SourceTree: Send + Sync {
    /// Says where the tree came from.
    fn origin(&self) -> &Origin;

    /// Lists the entries, sorted by path, no path twice.
    fn entries(&self) -> &[TreeEntry];

    /// Names what was left out of the entries and why.
    fn problems(&self) -> &[Problem];

    /// Gives the git blob id of a file, where it is known without reading the file now.
    fn blob_id(&self, _path: &TreePath) -> Option<String> {
        None
    }

    /// Reads one file; safe to call from several threads.
    ///
    /// # Errors
    /// `E_NOT_FOUND` when there is no such file, `E_LIMIT` when it is over the size bound, `E_INTERNAL` when the store is damaged.
    fn read(&self, path: &TreePath) -> Result<Blob, Failure>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, expected: Result<(), PathRefusal>) {
        assert_eq!(TreePath::new(path).map(|_| ()), expected, "{path:?}");
    }

    #[test]
    fn paths_that_could_act_on_a_file_system_are_refused() {
        check("src/flask/json/tag.py", Ok(()));
        check("", Err(PathRefusal::Empty));
        check("a//b", Err(PathRefusal::Empty));
        check("/etc/passwd", Err(PathRefusal::Absolute));
        check("a/../b", Err(PathRefusal::Traversal));
        check("./a", Err(PathRefusal::Traversal));
        check("a\nb", Err(PathRefusal::Deceptive));
        check("a\u{202e}b", Err(PathRefusal::Deceptive));
        check("..\\x", Err(PathRefusal::Separator));
        check("C:x", Err(PathRefusal::Separator));
        check("a/.GIT/config", Err(PathRefusal::Git));
        check(".git ", Err(PathRefusal::Git));
        check("GIT~1/x", Err(PathRefusal::Git));
        check("aux.py", Err(PathRefusal::Reserved));
        check("lpt1", Err(PathRefusal::Reserved));
        check("name.", Err(PathRefusal::Reserved));
        check("auxiliary.py", Ok(()));
        check(".gitignore", Ok(()));
    }

    #[test]
    fn a_joined_path_is_checked_as_a_whole_one_is() {
        let folders = ["a", "src/deep", &"d/".repeat(254), &"x".repeat(4_000)];
        let long = "y".repeat(96);
        let rests = [
            "b", "b/c", "", "/b", "b/", "../b", "b/./c", "a\nb", "x\\y", ".GIT", "aux", &long,
        ];
        for folder in folders.map(|folder| folder.trim_end_matches('/')) {
            let path = TreePath::new(folder).expect("a path");
            for rest in rests {
                let whole = TreePath::new(&format!("{folder}/{rest}"));
                assert_eq!(path.join(rest).is_ok(), whole.is_ok(), "{rest:?}");
                assert_eq!(path.join(rest).ok(), whole.ok(), "{rest:?}");
            }
        }
    }

    #[test]
    fn a_blob_has_the_id_that_git_gives_it() {
        let blob = Blob::new(Bytes::from_static(b"hello\n"));
        assert_eq!(blob.id, "ce013625030ba8dba906f756967f9e9ca394464a");
    }
}
