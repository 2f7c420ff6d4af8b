//! The present state of a project as a commit on top of the one that it is at. Reads through handles; the project's index and files stay
//! as they are.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use synthesizer_model::{
    failure::Failure,
    tree::{TreePath, blob_id},
};

use super::{
    importing::{Commit, TreeChange},
    merging::Entry,
    objects::ObjectStore,
    repository::{GitProject, Present},
};
use crate::telemetry::tasks;

/// A saved state.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The commit.
    pub commit: Commit,
    /// What could not be saved and is as the last commit has it; an update does not touch these.
    pub left_out: Vec<String>,
}

impl ObjectStore {
    /// Saves the files at the listed paths and all that git tracks; `limit` bounds each file, in bytes.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub async fn snapshot(
        &self,
        project: &Arc<GitProject>,
        listed: BTreeSet<TreePath>,
        limit: u64,
    ) -> Result<Snapshot, Failure> {
        let committed = match self.head() {
            Some(head) => self.files(head).await?,
            None => BTreeMap::new(),
        };
        let mut names: BTreeSet<String> = listed.iter().map(ToString::to_string).collect();
        names.extend(committed.keys().cloned());
        names.extend(self.tracked().await.into_iter().flatten());
        let (project, sha1) = (Arc::clone(project), self.sha1);
        let (changes, left_out) = tasks::spawn_blocking("snapshot_project", move || {
            changes(&project, &committed, names, limit, sha1)
        })
        .await
        .map_err(|error| Failure::internal(format!("reading the project failed: {error}")))?;
        let commit = self
            .commit("before-update", self.head(), None, &changes)
            .await?;
        Ok(Snapshot { commit, left_out })
    }
}

fn changes(
    project: &GitProject,
    committed: &BTreeMap<String, Entry>,
    names: BTreeSet<String>,
    limit: u64,
    sha1: bool,
) -> (Vec<TreeChange>, Vec<String>) {
    let mut changes = Vec::new();
    let mut left_out = Vec::new();
    for name in names {
        let known = committed.get(&name);
        // A submodule is a repository of its own.
        if known.is_some_and(|entry| entry.mode == "160000") {
            continue;
        }
        let Ok(path) = TreePath::new(&name) else {
            left_out.push(name);
            continue;
        };
        match project.look(&path, limit) {
            Some(Present::File {
                contents,
                executable,
            }) => {
                let same = sha1
                    && known.is_some_and(|entry| {
                        entry.is_file()
                            && entry.is_executable() == executable
                            && entry.id == blob_id(&contents)
                    });
                if !same {
                    changes.push(TreeChange::File(path, contents, executable));
                }
            }
            Some(Present::Link(target)) => changes.push(TreeChange::Link(path, target)),
            Some(Present::Other) => left_out.push(name),
            None if known.is_some() => changes.push(TreeChange::Removed(path)),
            None => {}
        }
    }
    (changes, left_out)
}
