//! Files of a project that still hold the markers of an earlier update. Reads only, and merges nothing.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use synthesizer_infrastructure::project::update::{GitProject, Present};
use synthesizer_model::{
    failure::ErrorCode,
    tree::{TreePath, sha256_hex},
};

use super::{
    answering::{UpdateResult, answer, undo},
    classifying::{FileResult, UpdatedFile},
};

/// Gives the files of the lock whose conflicts nobody has resolved, sorted by path; those longer than `longest` bytes are not looked into.
pub(crate) fn unresolved(
    project: &Arc<GitProject>,
    hashes: &BTreeMap<String, String>,
    longest: u64,
) -> Vec<UpdatedFile> {
    let held = hashes.iter().filter_map(|(path, hash)| {
        let place = TreePath::new(path).ok()?;
        let Some(Present::File { contents, .. }) = project.look(&place, longest) else {
            return None;
        };
        // A source's own file may hold such lines; as the synthesis made it, it is no conflict.
        let line = first_marker(&contents).filter(|_| sha256_hex(&contents) != *hash)?;
        let mut file = UpdatedFile::new(path, FileResult::Conflict);
        file.detail = Some(format!(
            "line {line}: the markers of an earlier update are still in it"
        ));
        Some(file)
    });
    held.collect()
}

/// Gives the line, from 1, where the first whole conflict begins, as git writes those of an update.
fn first_marker(contents: &[u8]) -> Option<usize> {
    let (mut begin, mut halved) = (None, false);
    for (index, line) in contents.split(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.starts_with(b"<<<<<<< yours") {
            (begin, halved) = (Some(index + 1), false);
        } else if begin.is_some() && line == b"=======" {
            halved = true;
        } else if halved && line.starts_with(b">>>>>>> upstream") {
            return begin;
        }
    }
    None
}

/// Tells of them, instead of an update.
pub(crate) fn refused(folder: &Path, dry_run: bool, files: Vec<UpdatedFile>) -> UpdateResult {
    let mut result = answer(folder, dry_run, "unresolved");
    result.code = Some(ErrorCode::Incompatible);
    result.files = files;
    result.next_steps = vec![
        "resolve these files first: edit them until no marker is left, then run update again"
            .to_owned(),
        undo(),
    ];
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conflict_is_three_markers_in_their_order() {
        let check = |text: &str, expected: Option<usize>| {
            assert_eq!(first_marker(text.as_bytes()), expected, "{text:?}");
        };
        check(
            "a\n<<<<<<< yours\nb\n=======\nc\n>>>>>>> upstream\n",
            Some(2),
        );
        check(
            "<<<<<<< yours:x.py\r\n=======\r\n>>>>>>> upstream:y.py\r\n",
            Some(1),
        );
        check(
            "<<<<<<< yours\n<<<<<<< yours\n=======\n>>>>>>> upstream",
            Some(2),
        );
        check("", None);
        check("Title\n=======\n", None);
        check("<<<<<<< yours\n>>>>>>> upstream\n", None);
        check(" <<<<<<< yours\n=======\n>>>>>>> upstream\n", None);
        check("=======\n<<<<<<< yours\n>>>>>>> upstream\n", None);
        check("<<<<<<< HEAD\n=======\n>>>>>>> other\n", None);
    }
}
