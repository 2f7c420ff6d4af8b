//! Files of earlier commits, found by the hashes that a lock has for them. What is not there by that hash is not given.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use synthesizer_model::{failure::Failure, tree::sha256_hex};

use super::objects::{ObjectStore, is_id};

/// A file as an earlier commit has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    /// Its contents, of the hash that was asked for.
    pub contents: Bytes,
    /// Whether it is executable.
    pub executable: bool,
}

/// How many commits are looked at.
const MOST_COMMITS: &str = "--max-count=20";

impl ObjectStore {
    /// Looks for files by path and SHA-256: in the given commits, then in those of the project's history that changed `marker`.
    ///
    /// # Errors
    /// As [`Self::run`]. A file that is nowhere is missing in the answer.
    pub async fn originals(
        &self,
        wanted: &BTreeMap<String, String>,
        first: &[String],
        marker: &str,
    ) -> Result<BTreeMap<String, Original>, Failure> {
        let mut commits: Vec<String> = first.to_vec();
        if let Some(head) = self.head() {
            let arguments = ["rev-list", MOST_COMMITS, head, "--", marker];
            let listed = self.try_run(&arguments).await?.stdout_text();
            commits.extend(listed.lines().filter(|id| is_id(id)).map(str::to_owned));
        }
        let mut found = BTreeMap::new();
        for commit in commits {
            let missing: BTreeMap<&String, &String> = wanted
                .iter()
                .filter(|(path, _)| !found.contains_key(*path))
                .collect();
            if missing.is_empty() {
                break;
            }
            let Ok(files) = self.files(&commit).await else {
                continue;
            };
            let entries: Vec<_> = missing
                .into_iter()
                .filter_map(|(path, hash)| Some((path, hash, files.get(path)?)))
                .filter(|(_, _, entry)| entry.is_file())
                .collect();
            let ids: BTreeSet<String> = entries
                .iter()
                .map(|(_, _, entry)| entry.id.clone())
                .collect();
            let blobs = self.blobs(&ids).await?;
            for (path, hash, entry) in entries {
                let Some(contents) = blobs.get(&entry.id) else {
                    continue;
                };
                if sha256_hex(contents) == *hash {
                    let original = Original {
                        contents: contents.clone(),
                        executable: entry.is_executable(),
                    };
                    found.insert(path.clone(), original);
                }
            }
        }
        Ok(found)
    }
}
