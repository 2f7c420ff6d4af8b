//! The role of every file of a tree: what its place says, what its contents say, and what `.gitattributes` say.

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use synthesizer_model::{
    finding::Problem, progress::Progress, source_file::FileRole, tree::SourceTree,
};

use crate::{
    reading::FileRecord,
    roles::{AttributeMarks, Attributes, Places},
};

/// The largest `.gitattributes` that is read, in bytes, and how many of them are.
const MOST_BYTES: usize = 256 << 10;
const MOST_FILES: usize = 64;

/// Gives the role of each file, by its index, and what of the attributes was left out.
pub(crate) fn of_files(
    tree: &dyn SourceTree,
    records: &[FileRecord],
    progress: &dyn Progress,
) -> (Vec<FileRole>, Vec<Problem>) {
    let places = Places::new(records.iter().map(|record| record.path.as_str()));
    let texts: Vec<(&str, String)> = records
        .iter()
        .filter(|record| record.path.file_name() == ".gitattributes")
        .take(MOST_FILES)
        .filter_map(|record| {
            let blob = tree.read(&record.path).ok()?;
            let text = String::from_utf8(blob.bytes.to_vec()).ok()?;
            (text.len() <= MOST_BYTES).then(|| (record.path.parent(), text))
        })
        .collect();
    let attributes = Attributes::new(texts.iter().map(|(folder, text)| (*folder, text.as_str())));
    let late = AtomicUsize::new(0);
    let roles = records
        .par_iter()
        .map(|record| {
            let path = record.path.as_str();
            let marks = &record.facts.marks;
            // Comparing each file with each pattern can take long.
            if progress.is_cancelled() {
                return FileRole::Source;
            }
            if progress.time_is_up() {
                late.fetch_add(1, Ordering::Relaxed);
                return places.role(path, marks, AttributeMarks::default());
            }
            places.role(path, marks, attributes.marks_of(path))
        })
        .collect();
    let mut problems = Vec::new();
    let late = late.into_inner();
    if late > 0 {
        let what = format!("{late} files were not looked at: the time was up");
        problems.push(Problem::new(".gitattributes", what));
    }
    if attributes.left_out() > 0 {
        let what = format!("{} rules were left out", attributes.left_out());
        problems.push(Problem::new(".gitattributes", what));
    }
    (roles, problems)
}
