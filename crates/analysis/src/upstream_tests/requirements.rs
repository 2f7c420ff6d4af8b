//! What the files beside a source's manifests ask for to test it: requirements files of its top and of its folders of tests, `tox.ini`.

use synthesizer_model::{
    dependency::Dependency,
    tree::{SourceTree, TreePath},
};

use super::layout::{Layout, join, parent};
use crate::manifests::requirements_txt;

/// The largest file that is read, in bytes, and how many of them are.
const MOST_BYTES: usize = 256 << 10;
const MOST_FILES: usize = 50;

/// Lists what they ask for, in the order of their paths.
pub(super) fn beside_manifests(tree: &dyn SourceTree, layout: &Layout<'_>) -> Vec<Dependency> {
    let ends = [".txt", ".in", ".pip"];
    let candidates = layout.files.values().filter(|path| {
        let folder = parent(path.as_str());
        let is_near = !folder.contains('/') || layout.is_test(&join(folder, "any.py"));
        let is_list = ends.iter().any(|end| path.as_str().ends_with(end))
            && path.as_str().to_ascii_lowercase().contains("req");
        is_near && (is_list || path.as_str() == "tox.ini")
    });
    let texts = candidates.take(MOST_FILES).filter_map(|path| {
        let path: &TreePath = path;
        let blob = tree.read(path).ok()?;
        let text = String::from_utf8(blob.bytes.to_vec()).ok()?;
        (text.len() <= MOST_BYTES).then_some((path, text))
    });
    texts
        .flat_map(|(path, text)| {
            if path.as_str() == "tox.ini" {
                requirements_txt::of_tox(path.as_str(), &text)
            } else {
                requirements_txt::for_development(path.as_str(), &text)
            }
        })
        .collect()
}
