//! What an update answers. Makes values only.

use std::path::Path;

use serde::Serialize;
use synthesizer_infrastructure::project::update::{AFTER, Applied, BASE, BEFORE, Commit};
use synthesizer_model::{failure::ErrorCode, verification::Verification};

use super::{
    classifying::{FileChange, FileResult, UpdatedFile},
    generated::{Decided, Decision},
    moving::{self, Moved, Target},
};
use crate::synthesis::recreating::{LOCK, ProjectRecord};

/// What became of one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UpdatedSource {
    /// Its id in the lock.
    pub id: String,
    /// The version or revision that it had; `None` when it is new in the request.
    pub from: Option<String>,
    /// The one that it has.
    pub to: String,
    /// Why it did not move.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
}

/// What an update answers.
#[derive(Debug, Clone, Serialize)]
pub struct UpdateResult {
    /// `planned`, `updated`, `conflicts`, `unchanged`, `unresolved`, `unsatisfiable`; `interrupted` and `finished` of an earlier update.
    pub status: String,
    /// `E_INCOMPATIBLE` with conflicts, `E_UNSATISFIABLE`, `E_VERIFY`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<ErrorCode>,
    /// The project's folder.
    pub project_path: String,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Where the unedited files of the last synthesis are from: `git`, `sources`, or both; `None` when they were not needed.
    pub base: Option<String>,
    /// The sources, in the order of the request.
    pub sources: Vec<UpdatedSource>,
    /// The files, sorted by path; those of the user's own only where the merge moves them.
    pub files: Vec<UpdatedFile>,
    /// What was checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verification: Option<Verification>,
    /// What to know.
    pub warnings: Vec<String>,
    /// What to do next.
    pub next_steps: Vec<String>,
}

pub(crate) fn sources(targets: &[Target], moved: &Moved) -> Vec<UpdatedSource> {
    let derived = &moved.derived;
    let told = derived.ids.iter().enumerate().map(|(place, id)| {
        let target = targets.get(place);
        let now = derived.lock.sources.iter().find(|source| source.id == *id);
        UpdatedSource {
            id: target
                .and_then(|target| target.id.clone())
                .unwrap_or_else(|| id.clone()),
            from: target.and_then(|target| target.from.clone()),
            to: now.map(moving::shown_state).unwrap_or_default(),
            held: moved.held.get(&place).cloned(),
        }
    });
    told.collect()
}

/// Adds the files that are written wholly.
pub(crate) fn with_decisions(
    mut files: Vec<UpdatedFile>,
    decisions: &[Decision],
    record: &ProjectRecord,
    pristine: &Commit,
) -> Vec<UpdatedFile> {
    for decision in decisions {
        let path = decision.path.as_str();
        let is_new = !record.hashes.contains_key(path) && path != LOCK;
        let (result, change) = match &decision.result {
            Decided::Unchanged => (FileResult::Unchanged, None),
            Decided::Kept => (FileResult::Kept, None),
            Decided::Conflict => (FileResult::Conflict, None),
            Decided::Written(_) => (FileResult::Updated, is_new.then_some(FileChange::Added)),
            Decided::Removed => (FileResult::Updated, Some(FileChange::Removed)),
        };
        let mut file = UpdatedFile::new(path, result);
        file.change = change;
        if result == FileResult::Conflict {
            let short: String = pristine.id.chars().take(12).collect();
            file.detail = Some(format!(
                "written wholly, and edited by you: yours is kept, the new one is in git as {short}:{path} ({BASE})"
            ));
        }
        files.push(file);
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files
}

pub(crate) fn tell_applied(result: &mut UpdateResult, applied: Applied) {
    for (path, why) in applied.left {
        let detail = Some(format!("{why}; what would be there is in git: {AFTER}"));
        match result.files.iter_mut().find(|file| file.path == path) {
            Some(file) => {
                file.result = FileResult::Conflict;
                file.detail = detail;
            }
            None => {
                let mut file = UpdatedFile::new(&path, FileResult::Conflict);
                file.detail = detail;
                result.files.push(file);
            }
        }
    }
    for name in applied.saved {
        result.warnings.push(format!(
            "what was written while an update was interrupted is in .git/synthesizer/{name}"
        ));
    }
}

/// Tells what the files come to.
pub(crate) fn conclude(result: &mut UpdateResult) {
    let conflicts = result
        .files
        .iter()
        .filter(|file| file.result == FileResult::Conflict)
        .count();
    if conflicts > 0 {
        result.code = Some(ErrorCode::Incompatible);
        if !result.dry_run {
            "conflicts".clone_into(&mut result.status);
        }
    }
    let mut next = Vec::new();
    if result.dry_run {
        next.extend(after_dry_run(conflicts));
    } else {
        if conflicts > 0 {
            next.push("resolve the files in conflict: those with markers by hand, the others as their details say".to_owned());
        }
        next.push(format!("look at it: git diff {BEFORE} {AFTER}"));
        next.push("run your tests, then commit".to_owned());
        next.push(undo());
    }
    result.next_steps = next;
}

fn after_dry_run(conflicts: usize) -> Vec<String> {
    let write = "run the same without --dry-run (dry_run: false) to write the update";
    if conflicts == 0 {
        return vec![write.to_owned()];
    }
    vec![
        format!(
            "{write}: where both sides changed the same lines it writes conflict markers, for you to resolve"
        ),
        "or move fewer sources: --only ID (only), or to another state: --to ID=REVISION (to)"
            .to_owned(),
    ]
}

pub(crate) fn undo() -> String {
    format!("to undo it: git restore --source={BEFORE} --worktree -- .")
}

pub(crate) fn answer(folder: &Path, dry_run: bool, status: &str) -> UpdateResult {
    UpdateResult {
        status: status.to_owned(),
        code: None,
        project_path: folder.to_string_lossy().into_owned(),
        dry_run,
        base: None,
        sources: Vec::new(),
        files: Vec::new(),
        verification: None,
        warnings: Vec::new(),
        next_steps: Vec::new(),
    }
}
