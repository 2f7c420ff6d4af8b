//! A tree whose contents are all in memory.

use std::{collections::HashMap, sync::OnceLock};

use bytes::Bytes;
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    finding::Problem,
    tree::{Blob, Origin, SourceTree, TreeEntry, TreePath, blob_id},
};

/// The contents of one file, and their id once somebody has asked for it.
#[derive(Debug)]
pub(super) struct MemoryFile {
    bytes: Bytes,
    id: OnceLock<String>,
}

impl MemoryFile {
    /// Takes contents.
    pub(super) fn new(bytes: Bytes) -> Self {
        Self {
            bytes,
            id: OnceLock::new(),
        }
    }

    fn id(&self) -> &str {
        self.id.get_or_init(|| blob_id(&self.bytes))
    }
}

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
    pub(super) contents: HashMap<TreePath, MemoryFile>,
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

    fn blob_id(&self, path: &TreePath) -> Option<String> {
        let file = self.contents.get(path)?;
        Some(file.id().to_owned())
    }

    fn read(&self, path: &TreePath) -> Result<Blob, Failure> {
        let file = self.contents.get(path).ok_or_else(|| no_such_file(path))?;
        Ok(Blob {
            bytes: file.bytes.clone(),
            id: file.id().to_owned(),
        })
    }
}

/// Makes the failure of a path that is no file of the tree.
pub(super) fn no_such_file(path: &TreePath) -> Failure {
    Failure::new(
        ErrorCode::NotFound,
        format!("the source has no file {path}"),
    )
}
