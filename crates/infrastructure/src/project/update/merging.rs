//! The merge of three commits by git's own merge, renames followed, and what differs between two trees. Touches no file of the project.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_model::{failure::Failure, tree::TreePath};

use super::objects::{ObjectStore, is_id};

/// A file of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// `100644`, `100755`, `120000` or `160000`.
    pub mode: String,
    /// The id of its contents.
    pub id: String,
}

impl Entry {
    /// Says whether it is a regular file.
    pub fn is_file(&self) -> bool {
        self.mode.starts_with("100")
    }

    /// Says whether it is an executable file.
    pub fn is_executable(&self) -> bool {
        self.mode == "100755"
    }
}

/// What git says of a path that it could not merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The path in the merged tree.
    pub path: String,
    /// The kind, such as `contents` or `modify/delete`.
    pub kind: String,
}

/// A merged tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// Its id; files that could not be merged have markers.
    pub tree: String,
    /// What could not be merged, sorted by path.
    pub conflicts: Vec<Conflict>,
}

/// A difference between two trees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where it was, when it has another name now.
    pub from: Option<String>,
    /// Where it is; where it was when it is gone.
    pub path: String,
    /// What it was.
    pub before: Option<Entry>,
    /// What it is.
    pub after: Option<Entry>,
}

impl ObjectStore {
    /// Merges two branches of the scratch database over a third. The markers of a conflict name the branches.
    ///
    /// # Errors
    /// As [`Self::run`]; a conflict is an answer.
    pub async fn merge(&self, base: &str, ours: &str, theirs: &str) -> Result<Merged, Failure> {
        let base = format!("--merge-base={base}");
        let arguments = [
            "merge-tree",
            "--write-tree",
            "--messages",
            "-z",
            base.as_str(),
            ours,
            theirs,
        ];
        let output = self.try_run(&arguments).await?;
        let clean = match output.status {
            Some(0) => true,
            Some(1) => false,
            _ => return Err(Failure::internal("git could not merge the trees")),
        };
        read_merge(&output.stdout)
            .filter(|merged| !output.truncated && merged.conflicts.is_empty() == clean)
            .ok_or_else(|| Failure::internal("git's answer to a merge cannot be read"))
    }

    /// Lists the files of a tree.
    ///
    /// # Errors
    /// As [`Self::run`]. Names that are not UTF-8 are left out.
    pub async fn files(&self, tree: &str) -> Result<BTreeMap<String, Entry>, Failure> {
        let arguments = ["ls-tree", "-r", "-z", "--full-tree", tree];
        let output = self.run(&arguments, Vec::new()).await?;
        let entries = output.stdout.split(|byte| *byte == 0);
        Ok(entries.filter_map(read_listed).collect())
    }

    /// Compares two trees; with `renames`, a file that moved is one difference.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub async fn differences(
        &self,
        before: &str,
        after: &str,
        renames: bool,
    ) -> Result<Vec<Difference>, Failure> {
        let renames = if renames {
            "--find-renames"
        } else {
            "--no-renames"
        };
        let arguments = [
            "diff-tree",
            "-r",
            "-z",
            "--raw",
            "--no-abbrev",
            "--no-ext-diff",
            "--no-textconv",
            renames,
            before,
            after,
        ];
        let output = self.run(&arguments, Vec::new()).await?;
        read_differences(&output.stdout)
            .ok_or_else(|| Failure::internal("git's list of differences cannot be read"))
    }
}

/// Reads `mode type id\tpath`.
fn read_listed(entry: &[u8]) -> Option<(String, Entry)> {
    let (head, path) = std::str::from_utf8(entry).ok()?.split_once('\t')?;
    let mut words = head.split(' ');
    let (mode, _, id) = (words.next()?, words.next()?, words.next()?);
    let entry = Entry {
        mode: mode.to_owned(),
        id: id.to_owned(),
    };
    Some((path.to_owned(), entry))
}

/// Reads a tree, the entries that conflict, an empty field, and messages: a number of paths, the paths, the kind, the text.
fn read_merge(answer: &[u8]) -> Option<Merged> {
    let mut fields = answer
        .split(|byte| *byte == 0)
        .map(|field| String::from_utf8_lossy(field).into_owned());
    let tree = fields.next().filter(|tree| is_id(tree))?;
    let mut paths: BTreeSet<String> = BTreeSet::new();
    for field in fields.by_ref() {
        if field.is_empty() {
            break;
        }
        let (_, path) = field.split_once('\t')?;
        paths.insert(path.to_owned());
    }
    let mut kinds: BTreeMap<String, String> = BTreeMap::new();
    while let Some(count) = fields.next().filter(|count| !count.is_empty()) {
        let count: usize = count.parse().ok()?;
        let named: Vec<String> = fields.by_ref().take(count).collect();
        let kind = fields.next()?;
        let _message = fields.next()?;
        let Some(kind) = kind
            .strip_prefix("CONFLICT (")
            .and_then(|kind| kind.strip_suffix(')'))
        else {
            continue;
        };
        for path in named {
            kinds.entry(path).or_insert_with(|| kind.to_owned());
        }
    }
    // Some conflicts, such as a suggested folder, are told by messages alone.
    paths.extend(kinds.keys().cloned());
    let conflicts = paths.into_iter().map(|path| Conflict {
        kind: kinds
            .get(&path)
            .cloned()
            .unwrap_or_else(|| "contents".to_owned()),
        path,
    });
    Some(Merged {
        tree,
        conflicts: conflicts.collect(),
    })
}

/// Reads `:mode mode id id STATUS`, a path, and a second one for renames.
fn read_differences(answer: &[u8]) -> Option<Vec<Difference>> {
    let mut fields = answer.split(|byte| *byte == 0);
    let mut differences = Vec::new();
    while let Some(head) = fields.next().filter(|head| !head.is_empty()) {
        let head = std::str::from_utf8(head).ok()?.strip_prefix(':')?;
        let words: Vec<&str> = head.split(' ').collect();
        let [old_mode, new_mode, old_id, new_id, status] = words.as_slice() else {
            return None;
        };
        let first = String::from_utf8_lossy(fields.next()?).into_owned();
        let renamed = status.starts_with('R');
        let path = if renamed {
            String::from_utf8_lossy(fields.next()?).into_owned()
        } else {
            first.clone()
        };
        let entry = |mode: &str, id: &str| {
            (mode != "000000").then(|| Entry {
                mode: mode.to_owned(),
                id: id.to_owned(),
            })
        };
        differences.push(Difference {
            from: renamed.then_some(first),
            path,
            before: entry(old_mode, old_id),
            after: entry(new_mode, new_id),
        });
    }
    Some(differences)
}

/// Checks a path that git names before it is used.
///
/// # Errors
/// `E_PATH` for one that could act on a file system.
pub(super) fn checked(path: &str) -> Result<TreePath, Failure> {
    TreePath::new(path).map_err(|refusal| {
        let shown = synthesizer_model::text::escape_untrusted(path);
        Failure::new(
            synthesizer_model::failure::ErrorCode::Path,
            format!("{shown} cannot be written: {refusal}"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789012345678901234567890123456789";

    #[test]
    fn a_merge_is_read_with_what_conflicts() {
        let text = format!(
            "{ID}\0100644 {ID} 1\ta.py\0100644 {ID} 2\ta.py\0\x001\0a.py\0Auto-merging\0Auto-merging a.py\n\x001\0a.py\0CONFLICT (contents)\0x\n\x002\0b\0c\0CONFLICT (directory rename suggested)\0y\n\0"
        );
        let merged = read_merge(text.as_bytes()).expect("reads");
        let found: Vec<(&str, &str)> = merged
            .conflicts
            .iter()
            .map(|one| (one.path.as_str(), one.kind.as_str()))
            .collect();
        let folder = "directory rename suggested";
        assert_eq!(found, [("a.py", "contents"), ("b", folder), ("c", folder)]);
        assert_eq!(
            read_merge(format!("{ID}\0\0").as_bytes()).map(|merged| merged.conflicts),
            Some(Vec::new())
        );
        assert_eq!(read_merge(b"no tree\0"), None);
    }

    #[test]
    fn differences_are_read_with_renames() {
        let zero = "0".repeat(40);
        let text = format!(
            ":100644 100644 {ID} {ID} R090\0a\0b\0:000000 100755 {zero} {ID} A\0new\0:100644 000000 {ID} {zero} D\0old\0"
        );
        let read = read_differences(text.as_bytes()).expect("reads");
        assert_eq!(read[0].from.as_deref(), Some("a"));
        assert_eq!(read[0].path, "b");
        assert!(read[1].before.is_none() && read[1].after.as_ref().expect("is").is_executable());
        assert!(read[2].after.is_none());
        assert_eq!(read_differences(b"garbage\0"), None);
        assert_eq!(read_differences(b""), Some(Vec::new()));
    }
}
