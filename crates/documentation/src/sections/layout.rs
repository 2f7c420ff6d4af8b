//! Where the parts of the sources are in the project.

use crate::{
    facts::ReadmeFacts,
    markdown::{code, code_cell, counted, paragraph, table},
};

/// How many folders are listed; all are in `synthesis.lock`.
const MOST_FOLDERS: usize = 30;

pub(super) fn body(facts: &ReadmeFacts<'_>) -> Option<String> {
    if facts.folders.is_empty() {
        return None;
    }
    let shown = facts.folders.iter().take(MOST_FOLDERS).map(|folder| {
        vec![
            code_cell(&folder.path),
            code_cell(&format!("{}:{}", folder.source, folder.from)),
            folder.files.to_string(),
        ]
    });
    let mut text = table(
        &["Folder", "Comes from", "Files"],
        &shown.collect::<Vec<_>>(),
    );
    let left_out = facts.folders.len().saturating_sub(MOST_FOLDERS);
    let more = match left_out {
        0 => String::new(),
        count => format!(
            "{} more: see {}. ",
            counted(count, "folder"),
            code("synthesis.lock")
        ),
    };
    text.push('\n');
    text.push_str(&paragraph(&format!(
        "{more}All other files were made for this project. Edit what you like: {} merges newer sources into your edits.",
        code("synthesizer update")
    )));
    Some(text)
}
