//! Gathers the entries of an untrusted tree: checks every name, finds clashes, counts. Reads no contents.

use std::collections::HashMap;

use synthesizer_model::{
    failure::{ErrorCode, Failure},
    finding::Problem,
    text::escape_untrusted,
    tree::{EntryKind, TreeEntry, TreePath},
};
use unicode_normalization::UnicodeNormalization as _;

use crate::config::Limits;

/// Problems beyond this number are counted, not listed.
const MOST_PROBLEMS: usize = 1_000;
/// The most bytes that all names of a tree may have together.
const MOST_NAME_BYTES: usize = 64 << 20;

/// Entries and problems of one tree while it is read.
#[derive(Debug)]
pub(super) struct Collector {
    most_files: usize,
    most_bytes: u64,
    file_bytes: u64,
    visited: usize,
    bytes: u64,
    name_bytes: usize,
    names: NameIndex,
    entries: Vec<TreeEntry>,
    problems: Vec<Problem>,
    unlisted_problems: usize,
}

impl Collector {
    /// Starts an empty tree within the bounds.
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            most_files: limits.source_files,
            most_bytes: limits.source_bytes,
            file_bytes: limits.file_bytes,
            visited: 0,
            bytes: 0,
            name_bytes: 0,
            names: NameIndex::default(),
            entries: Vec::new(),
            problems: Vec::new(),
            unlisted_problems: 0,
        }
    }

    /// Counts one visited thing, whatever it is, with its name.
    ///
    /// # Errors
    /// `E_LIMIT` past the number of files or the bytes of names.
    pub(super) fn visit(&mut self, name: &[u8]) -> Result<(), Failure> {
        self.visited += 1;
        self.name_bytes = self.name_bytes.saturating_add(name.len());
        if self.visited > self.most_files || self.name_bytes > MOST_NAME_BYTES {
            return Err(too_many_entries(self.most_files));
        }
        Ok(())
    }

    /// Checks a name and gives it as a path, or records why the entry is left out.
    pub(super) fn path(&mut self, name: &[u8]) -> Option<TreePath> {
        let Ok(text) = std::str::from_utf8(name) else {
            self.problem_at(name, "left out: the name is not UTF-8");
            return None;
        };
        match TreePath::new(text) {
            Ok(path) => Some(path),
            Err(refusal) => {
                self.problem_at(name, format!("left out: the name has {refusal}"));
                None
            }
        }
    }

    /// Says whether a file of this size may be an entry, and counts it; records a problem when it is too large.
    ///
    /// # Errors
    /// `E_LIMIT` when all files together are too large.
    pub(super) fn admit_size(&mut self, path: &TreePath, size: u64) -> Result<bool, Failure> {
        if size > self.file_bytes {
            self.problem(
                path,
                format!("left out: larger than {} bytes", self.file_bytes),
            );
            return Ok(false);
        }
        self.bytes = self.bytes.saturating_add(size);
        if self.bytes > self.most_bytes {
            return Err(too_many_bytes(self.most_bytes));
        }
        Ok(true)
    }

    /// Adds an entry and says whether it is in; of names that clash, the first stays and the others are problems.
    pub(super) fn add(&mut self, path: TreePath, kind: EntryKind, size: Option<u64>) -> bool {
        match self.names.insert(path.as_str()) {
            Ok(()) => {
                self.entries.push(TreeEntry { path, kind, size });
                true
            }
            Err(clash) => {
                self.problem(&path, format!("left out: {clash}"));
                false
            }
        }
    }

    /// Records what was left out at a checked path.
    pub(super) fn problem(&mut self, path: &TreePath, what: impl Into<String>) {
        self.problem_at(path.as_str().as_bytes(), what);
    }

    /// Records what was left out at any name, escaped for display.
    pub(super) fn problem_at(&mut self, name: &[u8], what: impl Into<String>) {
        if self.problems.len() >= MOST_PROBLEMS {
            self.unlisted_problems += 1;
            return;
        }
        let shown: String = escape_untrusted(&String::from_utf8_lossy(name))
            .chars()
            .take(512)
            .collect();
        self.problems.push(Problem::new(shown, what));
    }

    /// Ends the tree: entries sorted by path, and problems.
    pub(super) fn finish(mut self) -> (Vec<TreeEntry>, Vec<Problem>) {
        self.entries
            .sort_by(|left, right| left.path.cmp(&right.path));
        if self.unlisted_problems > 0 {
            let what = format!(
                "{} more entries were left out and are not listed",
                self.unlisted_problems
            );
            self.problems.push(Problem::new("", what));
        }
        (self.entries, self.problems)
    }
}

/// Makes the failure of a source with more entries than may be.
pub(super) fn too_many_entries(most: usize) -> Failure {
    Failure::new(
        ErrorCode::Limit,
        format!("the source has more than {most} entries"),
    )
    .with_hint("raise limits.source_files if you trust it")
}

/// Makes the failure of a source with more bytes than may be.
pub(super) fn too_many_bytes(most: u64) -> Failure {
    Failure::new(
        ErrorCode::Limit,
        format!("the source is larger than {most} bytes"),
    )
    .with_hint("raise limits.source_bytes if you trust it")
}

/// All names of a tree, folder by folder, under the key that case- and form-insensitive file systems would use.
#[derive(Debug, Default)]
struct NameIndex {
    nodes: HashMap<(u32, String), Node>,
    folders: u32,
    /// The folder of the last file that was taken, and its number: the next file is usually beside it.
    last: (String, u32),
}

#[derive(Debug)]
struct Node {
    spelling: String,
    /// The folder's number; `None` for a file.
    folder: Option<u32>,
}

impl NameIndex {
    /// Takes a file's path, or says with what it clashes.
    fn insert(&mut self, path: &str) -> Result<(), String> {
        let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
        let beside_last = above == self.last.0;
        let (mut parent, rest) = if beside_last {
            (self.last.1, name)
        } else {
            (0, path)
        };
        let mut components = rest.split('/').peekable();
        while let Some(component) = components.next() {
            let key = (parent, fold(component));
            if key.1.contains(['/', '\\']) {
                return Err(
                    "the name has a character that some systems read as a separator".to_owned(),
                );
            }
            let is_file = components.peek().is_none();
            match self.nodes.get(&key) {
                None => {
                    let folder = (!is_file).then(|| {
                        self.folders += 1;
                        self.folders
                    });
                    if is_file && !beside_last {
                        self.last = (above.to_owned(), parent);
                    }
                    parent = folder.unwrap_or(0);
                    self.nodes.insert(
                        key,
                        Node {
                            spelling: component.to_owned(),
                            folder,
                        },
                    );
                }
                Some(Node {
                    spelling,
                    folder: Some(folder),
                }) if !is_file && spelling == component => parent = *folder,
                Some(node) => {
                    let other = escape_untrusted(&node.spelling);
                    return Err(format!(
                        "the name clashes with {other} on some file systems"
                    ));
                }
            }
        }
        Ok(())
    }
}

fn fold(component: &str) -> String {
    // Normal forms change nothing of ASCII, and nearly every name is.
    if component.is_ascii() {
        return component.to_ascii_lowercase();
    }
    component.nfkc().flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collect(names: &[&str]) -> (Vec<String>, usize) {
        let mut collector = Collector::new(&Limits::default());
        for name in names {
            collector.visit(name.as_bytes()).expect("within bounds");
            if let Some(path) = collector.path(name.as_bytes()) {
                collector.add(path, EntryKind::File, None);
            }
        }
        let (entries, problems) = collector.finish();
        (
            entries
                .into_iter()
                .map(|entry| entry.path.to_string())
                .collect(),
            problems.len(),
        )
    }

    #[test]
    fn of_clashing_names_the_first_stays() {
        assert_eq!(
            collect(&["b", "a", "A", "a/c"]),
            (vec!["a".to_owned(), "b".to_owned()], 2)
        );
        assert_eq!(
            collect(&["src/x", "Src/y", "src/z"]),
            (vec!["src/x".to_owned(), "src/z".to_owned()], 1)
        );
        assert_eq!(collect(&["caf\u{e9}", "cafe\u{301}"]).1, 1);
        assert_eq!(collect(&["a\u{ff0f}b"]), (vec![], 1));
        assert_eq!(collect(&["a/b", "a"]), (vec!["a/b".to_owned()], 1));
        // Beside the last one, after another folder, after a clash.
        assert_eq!(
            collect(&["a/b", "a/c", "a/C", "x", "a/B", "A/d", "a/d"]),
            (["a/b", "a/c", "a/d", "x"].map(str::to_owned).to_vec(), 3)
        );
    }

    #[test]
    fn names_that_could_act_are_problems() {
        assert_eq!(
            collect(&["ok", "a\nb", ".GIT/config", "x/../y", "aux"]),
            (vec!["ok".to_owned()], 4)
        );
    }

    #[test]
    fn counts_are_bounded() {
        let limits = Limits {
            source_files: 2,
            source_bytes: 10,
            file_bytes: 8,
            ..Limits::default()
        };
        let mut collector = Collector::new(&limits);
        let path = TreePath::new("a").expect("a path");
        assert!(!collector.admit_size(&path, 9).expect("only left out"));
        assert!(collector.admit_size(&path, 8).expect("fits"));
        assert_eq!(
            collector.admit_size(&path, 8).expect_err("too large").code,
            ErrorCode::Limit
        );
        collector.visit(b"a").expect("first");
        collector.visit(b"b").expect("second");
        assert_eq!(
            collector.visit(b"c").expect_err("third").code,
            ErrorCode::Limit
        );
    }
}
