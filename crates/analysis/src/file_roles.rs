//! The role of every file of a tree: what its place says, what its contents say, and what `.gitattributes` say.

use rayon::prelude::*;
use synthesizer_model::{finding::Problem, source_file::FileRole, tree::SourceTree};

use crate::{
    reading::FileRecord,
    roles::{Attributes, Places},
};

/// The largest `.gitattributes` that is read, in bytes, and how many of them are.
const MOST_BYTES: usize = 256 << 10;
const MOST_FILES: usize = 64;

/// Gives the role of each file, by its index, and what of the attributes was left out.
pub(crate) fn of_files(
    tree: &dyn SourceTree,
    records: &[FileRecord],
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
    let roles = records
        .par_iter()
        .map(|record| {
            let path = record.path.as_str();
            places.role(path, &record.facts.marks, attributes.marks_of(path))
        })
        .collect();
    let mut problems = Vec::new();
    if attributes.left_out() > 0 {
        let what = format!("{} rules were left out", attributes.left_out());
        problems.push(Problem::new(".gitattributes", what));
    }
    (roles, problems)
}
