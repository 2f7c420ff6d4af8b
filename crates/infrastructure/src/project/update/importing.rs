//! Commits made of contents in memory, by one run of `git fast-import` in the scratch database. Author and date are fixed.

use bytes::Bytes;
use synthesizer_model::{failure::Failure, tree::TreePath};

use super::{objects::ObjectStore, objects::is_id};

/// What a commit has that its start has not.
#[derive(Debug, Clone)]
pub enum TreeChange {
    /// A file with these contents.
    File(TreePath, Bytes, bool),
    /// A link to this target.
    Link(TreePath, Bytes),
    /// Nothing at this path.
    Removed(TreePath),
}

/// A commit and its tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its id.
    pub id: String,
    /// The id of its tree.
    pub tree: String,
}

/// Who made them, and when.
const COMMITTER: &str = "committer Synthesizer <synthesizer@localhost> 946684800 +0000";

impl ObjectStore {
    /// Makes a commit on a new branch of the scratch database: the parent's tree, or the one given instead, with the changes.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub async fn commit(
        &self,
        branch: &str,
        parent: Option<&str>,
        tree: Option<&str>,
        changes: &[TreeChange],
    ) -> Result<Commit, Failure> {
        let stream = stream(branch, parent, tree, changes);
        let arguments = ["fast-import", "--quiet", "--done", "--date-format=raw"];
        self.run(&arguments, stream).await?;
        let reference = format!("refs/heads/{branch}");
        let (commit, tree) = (
            format!("{reference}^{{commit}}"),
            format!("{reference}^{{tree}}"),
        );
        let arguments = ["rev-parse", commit.as_str(), tree.as_str()];
        let said = self.run(&arguments, Vec::new()).await?.stdout_text();
        let mut ids = said.lines().filter(|line| is_id(line)).map(str::to_owned);
        match (ids.next(), ids.next()) {
            (Some(id), Some(tree)) => Ok(Commit { id, tree }),
            _ => Err(Failure::internal(
                "git did not name the commit that it made",
            )),
        }
    }
}

fn stream(
    branch: &str,
    parent: Option<&str>,
    tree: Option<&str>,
    changes: &[TreeChange],
) -> Vec<u8> {
    let mut stream = Vec::new();
    let mut line = |text: &str, data: Option<&[u8]>| {
        stream.extend_from_slice(text.as_bytes());
        stream.push(b'\n');
        if let Some(data) = data {
            stream.extend_from_slice(format!("data {}\n", data.len()).as_bytes());
            stream.extend_from_slice(data);
            stream.push(b'\n');
        }
    };
    line(&format!("commit refs/heads/{branch}"), None);
    line(COMMITTER, Some(branch.as_bytes()));
    if let Some(parent) = parent {
        line(&format!("from {parent}"), None);
    }
    if let Some(tree) = tree {
        line(&format!("M 040000 {tree} \"\""), None);
    }
    // What goes is first, so that a file can take the place of a folder.
    for change in changes {
        if let TreeChange::Removed(path) = change {
            line(&format!("D {}", quoted(path)), None);
        }
    }
    for change in changes {
        match change {
            TreeChange::File(path, contents, executable) => {
                let mode = if *executable { "100755" } else { "100644" };
                line(&format!("M {mode} inline {}", quoted(path)), Some(contents));
            }
            TreeChange::Link(path, target) => {
                line(&format!("M 120000 inline {}", quoted(path)), Some(target));
            }
            TreeChange::Removed(_) => {}
        }
    }
    line("done", None);
    stream
}

/// Quotes a path as fast-import reads it; such a path has neither backslashes nor control characters.
fn quoted(path: &TreePath) -> String {
    format!("\"{}\"", path.as_str().replace('"', "\\\""))
}
