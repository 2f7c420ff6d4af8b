//! Changing a project that exists: its state saved as git objects first, trees merged by git's own merge, files replaced one by one through
//! directory handles. Must not start a program that the project's own git settings or attributes name, and must not write through a link.
//!
//! - `repository`: the project and its `.git` folder, held by handles
//! - `objects`: git over a scratch object database that borrows the project's
//! - `importing`: commits made of contents in memory
//! - `snapshot`: the project's present state as a commit
//! - `originals`: files of earlier commits, found by their hashes
//! - `merging`: the merge of three trees, and what differs between two
//! - `journal`: which update is being written; what a killed one left
//! - `writing`: files put in place of others

mod importing;
mod journal;
mod merging;
mod objects;
mod originals;
mod repository;
mod snapshot;
mod writing;

pub use importing::{Commit, TreeChange};
pub use journal::{AFTER, Applied, BASE, BEFORE, Journal};
pub use merging::{Conflict, Difference, Entry, Merged};
pub use objects::ObjectStore;
pub use originals::Original;
pub use repository::{GitProject, Present};
pub use snapshot::Snapshot;

#[cfg(test)]
mod tests;
