//! Says what of a source's own workflows and tool settings stays behind. Takes nothing.

use synthesizer_model::{
    finding::Finding,
    tree::{SourceTree, TreeEntry},
};
use synthesizer_synthesis::merging::{self, Extent, Kind, LARGEST, MergeSource};

use super::sources::{Opened, unique_ids};

/// The most files of one source that are looked at.
const MOST_FILES: usize = 100;

/// Lists what stays behind of each source; what cannot be read is left out, for it is not taken either.
pub(crate) fn findings(opened: &[Opened]) -> Vec<Finding> {
    let ids = unique_ids(opened);
    opened
        .iter()
        .zip(&ids)
        .flat_map(|(source, id)| of_source(source.tree.as_ref(), id))
        .collect()
}

fn of_source(tree: &dyn SourceTree, id: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for kind in [Kind::Workflow, Kind::ToolConfiguration] {
        let texts: Vec<(&str, String)> = tree
            .entries()
            .iter()
            .filter(|entry| entry.is_file() && merging::kind_of(entry.path.as_str()) == Some(kind))
            .take(MOST_FILES)
            .filter_map(|entry| Some((entry.path.as_str(), text(tree, entry)?)))
            .collect();
        let sources: Vec<MergeSource<'_>> = texts
            .iter()
            .map(|(path, text)| MergeSource {
                id,
                path,
                text,
                extent: Extent::Component,
                folder: "",
            })
            .collect();
        if !sources.is_empty() {
            findings.extend(merging::merge(kind, "", &sources).findings);
        }
    }
    findings
}

fn text(tree: &dyn SourceTree, entry: &TreeEntry) -> Option<String> {
    if entry.size.is_some_and(|size| size > LARGEST as u64) {
        return None;
    }
    let blob = tree.read(&entry.path).ok()?;
    String::from_utf8(blob.bytes.to_vec()).ok()
}
