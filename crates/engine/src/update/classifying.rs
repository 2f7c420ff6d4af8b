//! What became of every file in a merge: told from the four trees, with the moves that git found on both sides. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use synthesizer_infrastructure::project::update::{Conflict, Difference, Entry, Merged};
use synthesizer_model::text::escape_untrusted;

/// The result for one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FileResult {
    /// Neither side changed it.
    Unchanged,
    /// Upstream's change, where nobody edited it.
    Updated,
    /// Upstream's change and the user's edit together.
    Merged,
    /// Both changed it and git cannot tell what it should be.
    Conflict,
    /// The user's edit, where upstream changed nothing.
    Kept,
}

/// What happened to the file itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FileChange {
    /// It was not there.
    Added,
    /// It is not there any more.
    Removed,
    /// It had another name.
    Renamed,
}

/// One file of an update.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UpdatedFile {
    /// Where it is; where it was when it is gone.
    pub path: String,
    /// What became of it.
    pub result: FileResult,
    /// Whether it came, went or moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<FileChange>,
    /// Where it was before it moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What to know of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl UpdatedFile {
    pub(crate) fn new(path: &str, result: FileResult) -> Self {
        Self {
            path: path.to_owned(),
            result,
            change: None,
            from: None,
            detail: None,
        }
    }
}

/// Files by path.
pub(crate) type Files = BTreeMap<String, Entry>;

/// The trees of a merge.
pub(crate) struct Trees<'a> {
    pub(crate) base: &'a Files,
    pub(crate) ours: &'a Files,
    pub(crate) theirs: &'a Files,
    pub(crate) merged: &'a Files,
}

/// The moves that git found, from the base to one side.
pub(crate) fn moves(differences: &[Difference]) -> BTreeMap<String, String> {
    let moved = differences
        .iter()
        .filter_map(|one| Some((one.from.clone()?, one.path.clone())));
    moved.collect()
}

/// Says what became of every file that the synthesis gave or gives, and of every other that the merge changes; sorted by path.
pub(crate) fn classify(
    trees: &Trees<'_>,
    ours_moves: &BTreeMap<String, String>,
    theirs_moves: &BTreeMap<String, String>,
    merge: &Merged,
) -> Vec<UpdatedFile> {
    let conflicts: BTreeMap<&str, &Conflict> = merge
        .conflicts
        .iter()
        .map(|conflict| (conflict.path.as_str(), conflict))
        .collect();
    let mut told: BTreeMap<String, UpdatedFile> = BTreeMap::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for (path, base) in trees.base {
        let place = |moves: &'_ BTreeMap<String, String>, files: &Files| {
            let moved = moves.get(path).cloned();
            moved.or_else(|| files.contains_key(path).then(|| path.clone()))
        };
        let ours = place(ours_moves, trees.ours);
        let theirs = place(theirs_moves, trees.theirs);
        let file = Followed {
            trees,
            path,
            base,
            ours: ours.as_deref(),
            theirs: theirs.as_deref(),
        };
        let file = file.tell(&conflicts);
        for known in [Some(path), ours_moves.get(path), theirs_moves.get(path)] {
            seen.extend(known.map(String::as_str));
        }
        told.insert(file.path.clone(), file);
    }
    for (path, entry) in trees.theirs {
        if seen.contains(path.as_str()) {
            continue;
        }
        let mut file = UpdatedFile::new(path, FileResult::Updated);
        match trees.ours.get(path) {
            Some(ours) if ours == entry => file.result = FileResult::Unchanged,
            Some(_) => file.result = FileResult::Merged,
            None => file.change = Some(FileChange::Added),
        }
        told.insert(path.clone(), file);
    }
    // A moved folder takes files of the user's own with it.
    for (path, entry) in trees.merged {
        if trees.ours.get(path) != Some(entry) && !told.contains_key(path) {
            let mut file = UpdatedFile::new(path, FileResult::Merged);
            file.change = (!trees.ours.contains_key(path)).then_some(FileChange::Added);
            told.insert(path.clone(), file);
        }
    }
    for path in trees.ours.keys() {
        if !trees.merged.contains_key(path) && !told.contains_key(path) {
            let from = told.values().any(|file| file.from.as_ref() == Some(path));
            if !from {
                let mut file = UpdatedFile::new(path, FileResult::Merged);
                file.change = Some(FileChange::Removed);
                told.insert(path.clone(), file);
            }
        }
    }
    for (path, conflict) in conflicts {
        let file = told
            .entry(path.to_owned())
            .or_insert_with(|| UpdatedFile::new(path, FileResult::Conflict));
        file.result = FileResult::Conflict;
        file.detail = Some(escape_untrusted(&conflict.kind));
    }
    told.into_values().collect()
}

/// A file of the base, followed to both sides.
struct Followed<'a> {
    trees: &'a Trees<'a>,
    path: &'a str,
    base: &'a Entry,
    ours: Option<&'a str>,
    theirs: Option<&'a str>,
}

impl Followed<'_> {
    fn tell(&self, conflicts: &BTreeMap<&str, &Conflict>) -> UpdatedFile {
        let moved =
            |place: Option<&str>| place.filter(|place| *place != self.path).map(str::to_owned);
        let target = moved(self.theirs)
            .or_else(|| moved(self.ours))
            .unwrap_or_else(|| self.path.to_owned());
        let entry = |files: &'_ Files, place: Option<&str>| {
            place.and_then(|place| files.get(place).cloned())
        };
        let ours = entry(self.trees.ours, self.ours);
        let theirs = entry(self.trees.theirs, self.theirs);
        let merged = self.trees.merged.get(&target);
        let base = Some(self.base);
        let ours_same = ours.as_ref() == base && self.ours == Some(self.path);
        let theirs_same = theirs.as_ref() == base && self.theirs == Some(self.path);
        let in_conflict = [
            Some(target.as_str()),
            Some(self.path),
            self.ours,
            self.theirs,
        ]
        .into_iter()
        .flatten()
        .any(|place| conflicts.contains_key(place));
        let result = if in_conflict {
            FileResult::Conflict
        } else if theirs_same {
            if ours_same {
                FileResult::Unchanged
            } else {
                FileResult::Kept
            }
        } else if (ours.as_ref(), self.ours) == (theirs.as_ref(), self.theirs) {
            FileResult::Unchanged
        } else if merged == ours.as_ref() && self.ours.is_none_or(|place| place == target) {
            FileResult::Kept
        } else if ours.as_ref() == base && merged == theirs.as_ref() {
            FileResult::Updated
        } else {
            FileResult::Merged
        };
        let mut file = UpdatedFile::new(&target, result);
        match (merged, self.ours) {
            (None, Some(ours)) => {
                file.path = ours.to_owned();
                file.change = Some(FileChange::Removed);
            }
            (Some(_), Some(ours)) if ours != target => {
                file.change = Some(FileChange::Renamed);
                file.from = Some(ours.to_owned());
            }
            (Some(_), None) => file.change = Some(FileChange::Added),
            _ => {}
        }
        file
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(text: &str) -> Files {
        text.split_whitespace()
            .map(|word| {
                let (path, id) = word.split_once('=').expect("path=id");
                let entry = Entry {
                    mode: "100644".to_owned(),
                    id: id.to_owned(),
                };
                (path.to_owned(), entry)
            })
            .collect()
    }

    fn moved(text: &str) -> BTreeMap<String, String> {
        text.split_whitespace()
            .filter_map(|word| word.split_once('>'))
            .map(|(from, to)| (from.to_owned(), to.to_owned()))
            .collect()
    }

    /// Base, ours, theirs, merged; moves of ours and theirs; conflicts.
    fn check(trees: [&str; 4], moves: [&str; 2], conflicts: &[&str], expected: &[&str]) {
        let [base, ours, theirs, merged] = trees.map(files);
        let merge = Merged {
            tree: String::new(),
            conflicts: conflicts
                .iter()
                .map(|path| Conflict {
                    path: (*path).to_owned(),
                    kind: "contents".to_owned(),
                })
                .collect(),
        };
        let trees = Trees {
            base: &base,
            ours: &ours,
            theirs: &theirs,
            merged: &merged,
        };
        let told = classify(&trees, &moved(moves[0]), &moved(moves[1]), &merge);
        let told: Vec<String> = told
            .iter()
            .map(|file| {
                let change = file
                    .change
                    .map_or(String::new(), |change| format!(" {change:?}"));
                let from = file
                    .from
                    .as_ref()
                    .map_or(String::new(), |from| format!(" from {from}"));
                format!("{} {:?}{change}{from}", file.path, file.result)
            })
            .collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn every_file_has_one_result() {
        check(
            ["a=1", "a=1", "a=1", "a=1"],
            ["", ""],
            &[],
            &["a Unchanged"],
        );
        check(["a=1", "a=1", "a=2", "a=2"], ["", ""], &[], &["a Updated"]);
        check(["a=1", "a=3", "a=1", "a=3"], ["", ""], &[], &["a Kept"]);
        check(["a=1", "a=3", "a=2", "a=4"], ["", ""], &[], &["a Merged"]);
        check(
            ["a=1", "a=3", "a=2", "a=4"],
            ["", ""],
            &["a"],
            &["a Conflict"],
        );
        check(
            ["a=1", "a=2", "a=2", "a=2"],
            ["", ""],
            &[],
            &["a Unchanged"],
        );
        check(["a=1", "", "a=1", ""], ["", ""], &[], &["a Kept"]);
        check(
            ["a=1", "a=1", "", ""],
            ["", ""],
            &[],
            &["a Updated Removed"],
        );
        check(["", "", "a=1", "a=1"], ["", ""], &[], &["a Updated Added"]);
        check(["", "u=1", "", "u=1"], ["", ""], &[], &[]);
        check(["a=1", "a=3", "", "a=3"], ["", ""], &["a"], &["a Conflict"]);
    }

    #[test]
    fn moves_are_followed() {
        let by_user = ["b>c", ""];
        check(["b=1", "c=1", "b=2", "c=2"], by_user, &[], &["c Updated"]);
        check(["b=1", "c=3", "b=2", "c=4"], by_user, &[], &["c Merged"]);
        check(["b=1", "c=1", "b=1", "c=1"], by_user, &[], &["c Kept"]);
        let upstream = ["", "b>c"];
        check(
            ["b=1", "b=1", "c=2", "c=2"],
            upstream,
            &[],
            &["c Updated Renamed from b"],
        );
        check(
            ["b=1", "b=3", "c=2", "c=4"],
            upstream,
            &[],
            &["c Merged Renamed from b"],
        );
    }

    #[test]
    fn files_of_the_users_own_are_told_when_the_merge_moves_them() {
        check(
            ["", "d/u=1", "", "e/u=1"],
            ["", ""],
            &[],
            &["d/u Merged Removed", "e/u Merged Added"],
        );
    }
}
