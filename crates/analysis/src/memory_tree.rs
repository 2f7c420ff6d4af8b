//! A source tree from bytes in memory, for tests and for the verification of placed files. Must not touch the machine.

use std::collections::BTreeMap;

use bytes::Bytes;
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    finding::Problem,
    text::escape_untrusted,
    tree::{Blob, EntryKind, Origin, SourceTree, TreeEntry, TreePath},
};

/// A tree whose files are in memory.
#[derive(Debug, Clone)]
pub struct MemoryTree {
    origin: Origin,
    entries: Vec<TreeEntry>,
    files: BTreeMap<TreePath, Bytes>,
    problems: Vec<Problem>,
}

impl MemoryTree {
    /// Makes a tree of regular files.
    ///
    /// The last of several contents of one path wins. A name that [`TreePath`] refuses is left out and becomes a problem.
    pub fn new(origin: Origin, files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let mut contents = BTreeMap::new();
        let mut problems = Vec::new();
        for (name, bytes) in files {
            match TreePath::new(&name) {
                Ok(path) => {
                    contents.insert(path, Bytes::from(bytes));
                }
                Err(refusal) => problems.push(Problem::new(
                    escape_untrusted(&name),
                    format!("left out: {refusal}"),
                )),
            }
        }
        let entries = contents
            .iter()
            .map(|(path, bytes)| TreeEntry {
                path: path.clone(),
                kind: EntryKind::File,
                size: Some(bytes.len() as u64),
            })
            .collect();
        Self {
            origin,
            entries,
            files: contents,
            problems,
        }
    }

    /// Makes a tree named `test`.
    pub fn of_files(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let origin = Origin {
            slug: "test".to_owned(),
            url: "test".to_owned(),
            revision: "tree:test".to_owned(),
            version: None,
            platform: "local".to_owned(),
        };
        Self::new(origin, files)
    }

    /// Makes a tree named `test` of text files.
    ///
    /// # Example
    /// ```
    /// use synthesizer_analysis::memory_tree::MemoryTree;
    /// use synthesizer_model::tree::SourceTree as _;
    ///
    /// let tree = MemoryTree::of_texts([("a.py", "import json\n")]);
    /// assert_eq!(tree.entries().len(), 1);
    /// ```
    pub fn of_texts<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let files = files
            .into_iter()
            .map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
        Self::of_files(files)
    }
}

impl SourceTree for MemoryTree {
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
        let bytes = self
            .files
            .get(path)
            .ok_or_else(|| Failure::new(ErrorCode::NotFound, format!("there is no file {path}")))?;
        Ok(Blob::new(bytes.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_sorted_and_bad_names_are_problems() {
        let tree = MemoryTree::of_texts([("b", "1"), ("../x", "2"), ("a/c", "3"), ("b", "4")]);
        let paths: Vec<&str> = tree
            .entries()
            .iter()
            .map(|entry| entry.path.as_str())
            .collect();
        assert_eq!(paths, ["a/c", "b"]);
        assert_eq!(tree.problems().len(), 1);
        let blob = tree
            .read(&TreePath::new("b").expect("a path"))
            .expect("is there");
        assert_eq!(&blob.bytes[..], b"4");
    }
}
