//! The role of every file of a tree: what its place says, what its contents say, and what `.gitattributes` say.

use synthesizer_model::{source_file::FileRole, tree::SourceTree};

use crate::{reading::FileRecord, roles};

/// Gives the role of each file, by its index.
pub(crate) fn of_files(_tree: &dyn SourceTree, records: &[FileRecord]) -> Vec<FileRole> {
    records
        .iter()
        .map(|record| roles::role(record.path.as_str(), &record.facts.marks))
        .collect()
}
