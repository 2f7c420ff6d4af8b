//! Opened sources, and what every family of packages reads of them alike.

use std::{collections::BTreeSet, sync::Arc};

use synthesizer_model::tree::{Origin, SourceTree, TreePath};

use super::request::Wanted;

/// A source that was opened.
pub(crate) struct Opened {
    pub(crate) wanted: Wanted,
    pub(crate) tree: Arc<dyn SourceTree>,
    /// The origin as the lock will tell it.
    pub(crate) origin: Origin,
}

/// Gives each source a short name that no other has, in their order.
pub(crate) fn unique_ids(opened: &[Opened]) -> Vec<String> {
    let mut known: BTreeSet<String> = BTreeSet::new();
    opened
        .iter()
        .map(|source| {
            let slug = &source.origin.slug;
            let numbered = (2..).map(|number| format!("{slug}-{number}"));
            let id = std::iter::once(slug.clone())
                .chain(numbered)
                .find(|id| !known.contains(id))
                .expect("the numbers do not end");
            known.insert(id.clone());
            id
        })
        .collect()
}

/// Reads license and notice texts; what cannot be read is left out.
pub(crate) fn license_texts(tree: &dyn SourceTree, paths: &[String]) -> Vec<(String, String)> {
    paths
        .iter()
        .filter_map(|path| {
            let blob = tree.read(&TreePath::new(path).ok()?).ok()?;
            Some((
                path.clone(),
                String::from_utf8_lossy(&blob.bytes).into_owned(),
            ))
        })
        .collect()
}
