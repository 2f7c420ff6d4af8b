//! A tree whose contents are all in memory.

use std::collections::HashMap;

use bytes::Bytes;
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    finding::Problem,
    tree::{Blob, Origin, SourceTree, TreeEntry, TreePath},
};

/// Entries with their contents.
#[derive(Debug)]
pub(super) struct MemoryTree {
    /// Where they came from.
    pub(super) origin: Origin,
    /// Sorted by path.
    pub(super) entries: Vec<TreeEntry>,
    /// What was left out.
    pub(super) problems: Vec<Problem>,
    /// Contents of the files.
    pub(super) contents: HashMap<TreePath, Bytes>,
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
        self.contents
            .get(path)
            .cloned()
            .map(Blob::new)
            .ok_or_else(|| no_such_file(path))
    }
}

/// Makes the failure of a path that is no file of the tree.
pub(super) fn no_such_file(path: &TreePath) -> Failure {
    Failure::new(
        ErrorCode::NotFound,
        format!("the source has no file {path}"),
    )
}
