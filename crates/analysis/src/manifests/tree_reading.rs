//! Reads the manifests of a tree within bounds, and joins the relative paths that they name. Nothing leads out of the tree.

use synthesizer_model::tree::{SourceTree, TreePath};

use super::problem_list::ProblemList;

/// How many files of one family are read.
const MOST_FILES: usize = 50_000;
/// How many bytes of one family's files are read.
const MOST_BYTES: usize = 64 << 20;

/// Reads files of one family; what is not read becomes a problem.
pub(super) struct TreeReading<'t> {
    tree: &'t dyn SourceTree,
    files: usize,
    bytes: usize,
    left_out: usize,
    /// What could not be read.
    pub problems: ProblemList,
}

impl<'t> TreeReading<'t> {
    /// Begins to read.
    pub(super) fn new(tree: &'t dyn SourceTree) -> Self {
        Self {
            tree,
            files: 0,
            bytes: 0,
            left_out: 0,
            problems: ProblemList::default(),
        }
    }

    /// Says whether the tree has a file of this path.
    pub(super) fn has(&self, path: &TreePath) -> bool {
        let entries = self.tree.entries();
        let found = entries.binary_search_by(|entry| entry.path.cmp(path));
        found.is_ok_and(|place| entries[place].is_file())
    }

    /// Reads the bytes of a file.
    pub(super) fn bytes(&mut self, path: &TreePath) -> Option<bytes::Bytes> {
        if self.files >= MOST_FILES || self.bytes >= MOST_BYTES {
            self.left_out += 1;
            return None;
        }
        self.files += 1;
        match self.tree.read(path) {
            Ok(blob) => {
                self.bytes += blob.bytes.len();
                Some(blob.bytes)
            }
            Err(failure) => {
                self.problems
                    .tell(path.as_str(), format_args!("cannot be read: {failure}"));
                None
            }
        }
    }

    /// Reads a text; what is not UTF-8 in it is replaced and becomes a problem.
    pub(super) fn text(&mut self, path: &TreePath) -> Option<String> {
        let bytes = self.bytes(path)?;
        match String::from_utf8(bytes.into()) {
            Ok(text) => Some(match text.strip_prefix('\u{feff}') {
                Some(rest) => rest.to_owned(),
                None => text,
            }),
            Err(error) => {
                self.problems
                    .tell(path.as_str(), "is not UTF-8; the other bytes are replaced");
                Some(String::from_utf8_lossy(error.as_bytes()).into_owned())
            }
        }
    }

    /// Gives the problems; files past the bounds are counted among them.
    pub(super) fn finish(mut self, family: &str) -> Vec<synthesizer_model::finding::Problem> {
        if self.left_out > 0 {
            let what = format!(
                "{} files of {family} are not read: more than {MOST_FILES} files or {} MiB",
                self.left_out,
                MOST_BYTES >> 20
            );
            self.problems.tell("", what);
        }
        self.problems.finish(family)
    }
}

/// Gives the folder of a path; empty for the top.
pub(super) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Gives the last component of a path.
pub(super) fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Gives the path of a name in a folder of the tree.
pub(super) fn in_folder(folder: &str, name: &str) -> String {
    match (folder, name) {
        ("", name) => name.to_owned(),
        (folder, "") => folder.to_owned(),
        _ => format!("{folder}/{name}"),
    }
}

/// Joins a relative path to a folder of the tree; the empty text is the top.
///
/// `None` when the path is absolute, leads above the top or is longer than any path of a tree.
pub(super) fn join(folder: &str, relative: &str) -> Option<String> {
    if relative.starts_with('/') || relative.len() > 4096 || relative.contains(['\0', ':']) {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory_tree::MemoryTree;

    fn check(folder: &str, relative: &str, expected: Option<&str>) {
        assert_eq!(
            join(folder, relative).as_deref(),
            expected,
            "{folder} {relative}"
        );
    }

    #[test]
    fn paths_stay_within_the_tree() {
        check("", "a/./b//c", Some("a/b/c"));
        check("a/b", "../c", Some("a/c"));
        check("a", "..", Some(""));
        check("a", "../..", None);
        check("a", "/etc", None);
        check("a", "C:/x", None);
    }

    #[test]
    fn a_text_that_is_not_utf_8_is_read_with_a_problem() {
        let origin = MemoryTree::of_texts([]);
        let origin = synthesizer_model::tree::SourceTree::origin(&origin).clone();
        let files = [("a".to_owned(), b"\xff=".to_vec())];
        let tree = MemoryTree::new(origin, files);
        let mut reading = TreeReading::new(&tree);
        let path = TreePath::new("a").expect("a path");
        assert_eq!(reading.text(&path).as_deref(), Some("\u{fffd}="));
        let missing = TreePath::new("b").expect("a path");
        assert_eq!(reading.text(&missing), None);
        assert_eq!(reading.finish("cargo").len(), 2);
    }
}
