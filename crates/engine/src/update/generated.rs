//! Files that the synthesis writes wholly: they are not merged by lines. The new one is taken where nobody edited the old one; locks of
//! packages are made anew for the merged manifest.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use synthesizer_infrastructure::project::update::{GitProject, Present, TreeChange};
use synthesizer_model::{
    failure::Failure,
    tree::{TreePath, sha256_hex},
};

use super::request_text::with_revisions;
use crate::{
    Call, Engine, families,
    synthesis::recreating::{Derived, LOCK, ProjectRecord, REQUEST},
};

/// The locks of packages, by the ecosystems' names for them.
const PACKAGE_LOCKS: &[&str] = &["uv.lock", "Cargo.lock", "package-lock.json"];

/// The other files that the synthesis writes wholly.
const WRITTEN: &[&str] = &[LOCK, REQUEST, "sbom.cdx.json", "REUSE.toml", "NOTICE"];

/// Says whether the synthesis writes a file wholly.
pub(crate) fn is_wholly_generated(path: &str) -> bool {
    PACKAGE_LOCKS.contains(&path) || WRITTEN.contains(&path) || path.starts_with("LICENSES/")
}

/// Gives the files that are written wholly in the locked project or in the new one.
pub(crate) fn paths(record: &ProjectRecord, derived: &Derived) -> BTreeSet<TreePath> {
    let old = record.hashes.keys().map(String::as_str);
    let new = derived.files.iter().map(|file| file.path.as_str());
    old.chain(new)
        .filter(|path| is_wholly_generated(path))
        .filter_map(|path| TreePath::new(path).ok())
        .collect()
}

/// What becomes of one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) path: TreePath,
    pub(crate) result: Decided,
}

/// The new contents, or why there are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decided {
    /// As it is, and as it was made.
    Unchanged,
    /// As somebody edited it; the synthesis gives the same as before.
    Kept,
    /// As somebody edited it, though the synthesis gives another.
    Conflict,
    /// These contents.
    Written(Bytes),
    /// Gone.
    Removed,
}

/// Decides about every file that is written wholly.
///
/// `manifests` holds the manifests of the merged project whose text is not the synthesis's own; with one that has conflicts, no lock of
/// packages is made.
///
/// # Errors
/// Those of the solver's program.
pub(crate) async fn decide(
    engine: &Engine,
    call: &Call,
    project: &GitProject,
    record: &ProjectRecord,
    derived: &Derived,
    manifests: &Manifests,
    warnings: &mut Vec<String>,
) -> Result<Vec<Decision>, Failure> {
    let mut files: BTreeMap<&str, Bytes> = derived
        .files
        .iter()
        .filter(|file| is_wholly_generated(file.path.as_str()))
        .map(|file| (file.path.as_str(), file.contents.clone()))
        .collect();
    let limit = engine.config().limits.file_bytes;
    let present = |path: &TreePath| match project.look(path, limit) {
        Some(Present::File { contents, .. }) => Some(contents),
        _ => None,
    };
    if let Some(text) = edited_request(record, derived, &present) {
        files.insert(REQUEST, text);
    }
    let relocked = relock(engine, call, derived, manifests, warnings).await?;
    let paths: BTreeSet<&str> = files
        .keys()
        .copied()
        .chain(record.hashes.keys().map(String::as_str))
        .filter(|path| is_wholly_generated(path))
        .collect();
    let mut decisions = Vec::new();
    for name in paths {
        let Ok(path) = TreePath::new(name) else {
            continue;
        };
        let is_lock = PACKAGE_LOCKS.contains(&name);
        let new = match &relocked {
            Some(locks) if is_lock => locks.get(name).cloned(),
            // The lock of a manifest that has to be merged by hand is made by hand too.
            _ if is_lock && manifests.conflict => None,
            _ => files.get(name).cloned(),
        };
        let is_ours = name == LOCK || name == REQUEST || is_lock;
        let now = present(&path);
        let result = match (is_lock, &new) {
            (true, None) if now.is_some() => Decided::Kept,
            _ => decided(record.hashes.get(name), now.as_deref(), new, is_ours),
        };
        if is_lock && matches!(result, Decided::Written(_)) {
            let known = record.hashes.get(name);
            if now.is_some_and(|now| Some(&sha256_hex(&now)) != known) {
                warnings.push(format!("{name} was changed by you and was made anew"));
            }
        }
        decisions.push(Decision { path, result });
    }
    Ok(decisions)
}

/// The manifests of the merged project.
#[derive(Debug, Default)]
pub(crate) struct Manifests {
    /// Those that are not as the synthesis gives them, by path.
    pub(crate) merged: BTreeMap<String, String>,
    /// Whether one has conflicts.
    pub(crate) conflict: bool,
}

/// Puts the new revisions into a request that somebody edited.
fn edited_request(
    record: &ProjectRecord,
    derived: &Derived,
    present: &impl Fn(&TreePath) -> Option<Bytes>,
) -> Option<Bytes> {
    if record.request_is_locked {
        return None;
    }
    let now = present(&TreePath::new(REQUEST).ok()?)?;
    let text = with_revisions(std::str::from_utf8(&now).ok()?, &derived.request)?;
    Some(Bytes::from(text))
}

/// Locks the packages of merged manifests; `None` when the synthesis's own lock fits.
async fn relock(
    engine: &Engine,
    call: &Call,
    derived: &Derived,
    manifests: &Manifests,
    warnings: &mut Vec<String>,
) -> Result<Option<BTreeMap<String, Bytes>>, Failure> {
    if manifests.conflict {
        warnings.push(
            "the manifest has conflicts, so the packages were not locked anew: lock them when they are resolved"
                .to_owned(),
        );
        return Ok(None);
    }
    if manifests.merged.is_empty() {
        return Ok(None);
    }
    let family = families::family(&derived.lock.project.ecosystem)?;
    let mut synthesis = derived.synthesis.clone();
    for (path, text) in &manifests.merged {
        if let Some(manifest) = synthesis.manifests.get_mut(path) {
            manifest.clone_from(text);
        }
    }
    // A manifest of a person may be one that no solver takes; that is told, and the merge stands.
    match family.lock(engine, call, &synthesis).await {
        Ok(locked) => {
            warnings.extend(locked.warnings);
            let files = locked.files.into_iter();
            Ok(Some(
                files
                    .map(|(path, text)| (path, Bytes::from(text)))
                    .collect(),
            ))
        }
        Err(failure) if failure.code == synthesizer_model::ErrorCode::Cancelled => Err(failure),
        Err(failure) => {
            warnings.push(format!(
                "the packages of the merged manifest were not locked: {}",
                failure.message
            ));
            Ok(Some(BTreeMap::new()))
        }
    }
}

/// Decides about one file: `locked` is the hash that it was made with, `is_ours` says that nobody is meant to edit it.
fn decided(
    locked: Option<&String>,
    now: Option<&[u8]>,
    new: Option<Bytes>,
    is_ours: bool,
) -> Decided {
    if now == new.as_deref() {
        return Decided::Unchanged;
    }
    let hash = now.map(sha256_hex);
    let is_edited = match (locked, &hash) {
        (Some(locked), Some(hash)) => locked != hash,
        (Some(_), None) | (None, Some(_)) => true,
        (None, None) => false,
    };
    if is_edited && !is_ours {
        let is_new = new.as_deref().map(sha256_hex).as_ref() != locked;
        return if is_new {
            Decided::Conflict
        } else {
            Decided::Kept
        };
    }
    new.map_or(Decided::Removed, Decided::Written)
}

/// Gives the decisions as changes of a tree.
pub(crate) fn changes(decisions: &[Decision]) -> Vec<TreeChange> {
    let changes = decisions
        .iter()
        .filter_map(|decision| match &decision.result {
            Decided::Written(contents) => Some(TreeChange::File(
                decision.path.clone(),
                contents.clone(),
                false,
            )),
            Decided::Removed => Some(TreeChange::Removed(decision.path.clone())),
            Decided::Unchanged | Decided::Kept | Decided::Conflict => None,
        });
    changes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edited_file_is_never_replaced_but_where_nobody_edits() {
        let old = sha256_hex(b"old");
        let check =
            |locked: bool, now: Option<&str>, new: Option<&'static str>, expected: [Decided; 2]| {
                for (is_ours, expected) in [false, true].into_iter().zip(expected) {
                    let made = decided(
                        locked.then_some(&old),
                        now.map(str::as_bytes),
                        new.map(|new| Bytes::from_static(new.as_bytes())),
                        is_ours,
                    );
                    assert_eq!(made, expected, "{locked} {now:?} {new:?} {is_ours}");
                }
            };
        let written = || Decided::Written(Bytes::from_static(b"new"));
        check(
            true,
            Some("old"),
            Some("old"),
            [Decided::Unchanged, Decided::Unchanged],
        );
        check(true, Some("old"), Some("new"), [written(), written()]);
        check(
            true,
            Some("old"),
            None,
            [Decided::Removed, Decided::Removed],
        );
        check(
            true,
            Some("mine"),
            Some("new"),
            [Decided::Conflict, written()],
        );
        check(
            true,
            Some("mine"),
            Some("old"),
            [Decided::Kept, Decided::Written(Bytes::from_static(b"old"))],
        );
        check(
            true,
            Some("mine"),
            None,
            [Decided::Conflict, Decided::Removed],
        );
        check(true, None, Some("new"), [Decided::Conflict, written()]);
        check(true, None, None, [Decided::Unchanged, Decided::Unchanged]);
        check(false, None, Some("new"), [written(), written()]);
        check(
            false,
            Some("mine"),
            Some("new"),
            [Decided::Conflict, written()],
        );
        check(
            false,
            Some("new"),
            Some("new"),
            [Decided::Unchanged, Decided::Unchanged],
        );
    }

    #[test]
    fn only_files_of_the_top_are_written_wholly() {
        for path in ["uv.lock", "NOTICE", "LICENSES/MIT.txt", "synthesis.toml"] {
            assert!(is_wholly_generated(path), "{path}");
        }
        for path in [
            "src/x/NOTICE",
            "pyproject.toml",
            "README.md",
            "src/LICENSES/x",
        ] {
            assert!(!is_wholly_generated(path), "{path}");
        }
    }
}
