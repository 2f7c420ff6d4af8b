//! A tree that is not read any more once the work is cancelled, so that what reads it ends soon without asking. Changes nothing else.

use synthesizer_model::{
    failure::Failure,
    finding::Problem,
    progress::Progress,
    tree::{Blob, Origin, SourceTree, TreeEntry, TreePath},
};

/// A tree with the progress of the work that reads it.
pub(super) struct Stoppable<'a> {
    tree: &'a dyn SourceTree,
    progress: &'a dyn Progress,
}

impl<'a> Stoppable<'a> {
    /// Takes a tree.
    pub(super) fn new(tree: &'a dyn SourceTree, progress: &'a dyn Progress) -> Self {
        Self { tree, progress }
    }
}

impl SourceTree for Stoppable<'_> {
    fn origin(&self) -> &Origin {
        self.tree.origin()
    }

    fn entries(&self) -> &[TreeEntry] {
        self.tree.entries()
    }

    fn problems(&self) -> &[Problem] {
        self.tree.problems()
    }

    fn blob_id(&self, path: &TreePath) -> Option<String> {
        self.tree.blob_id(path)
    }

    fn read(&self, path: &TreePath) -> Result<Blob, Failure> {
        if self.progress.is_cancelled() {
            return Err(Failure::cancelled());
        }
        self.tree.read(path)
    }
}
