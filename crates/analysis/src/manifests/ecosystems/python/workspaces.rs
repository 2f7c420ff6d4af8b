//! Which packages belong to a workspace of uv or Rye. Looks at folders and patterns alone.

use std::collections::HashMap;

use super::super::super::tree_reading::{TreeReading, in_folder, join};
use super::{Found, nearest};
use crate::licenses;

/// How many patterns with wildcards of one workspace are looked at.
const MOST_GLOBS: usize = 100;
/// How many times a folder is held against a pattern, in one tree.
const MOST_COMPARISONS: usize = 2_000_000;

/// Gives the folder of the workspace for each folder of a member.
pub(super) fn find(reading: &mut TreeReading<'_>, found: &Found) -> HashMap<String, String> {
    let mut member_of = HashMap::new();
    let mut left = MOST_COMPARISONS;
    for (root, together) in found {
        let Some(workspace) = &together.workspace else {
            continue;
        };
        let manifest = in_folder(root, "pyproject.toml");
        let (globs, literals): (Vec<_>, Vec<_>) = workspace
            .members
            .iter()
            .partition(|(pattern, _)| pattern.contains(['*', '?', '[']));
        let exclude = |folder: &str| {
            let mut patterns = workspace.exclude.iter().take(MOST_GLOBS);
            patterns.any(|pattern| licenses::fits_glob(pattern, folder))
        };
        for (pattern, line) in literals {
            let folder = join(root, pattern);
            match folder.filter(|folder| found.contains_key(folder)) {
                Some(folder) if folder != *root => {
                    member_of.entry(folder).or_insert_with(|| root.clone());
                }
                Some(_) => {}
                None => {
                    let what = format_args!("the member `{pattern}` is not in the tree");
                    reading.problems.tell_line(&manifest, *line, what);
                }
            }
        }
        if globs.len() > MOST_GLOBS {
            let what =
                format_args!("more than {MOST_GLOBS} patterns of members; the rest is left out");
            reading.problems.tell(&manifest, what);
        }
        for folder in found.keys() {
            let below = match root.as_str() {
                "" => Some(folder.as_str()),
                root => folder
                    .strip_prefix(root)
                    .and_then(|rest| rest.strip_prefix('/')),
            };
            let Some(below) = below.filter(|below| !below.is_empty()) else {
                continue;
            };
            left = left.saturating_sub(globs.len().max(1));
            if left == 0 {
                reading.problems.tell(
                    &manifest,
                    "too many folders and patterns; some members may be left out",
                );
                break;
            }
            let patterns = globs.iter().take(MOST_GLOBS);
            let fits = patterns.into_iter().any(|(pattern, _)| {
                licenses::fits_glob(
                    pattern.trim_start_matches("./").trim_end_matches('/'),
                    below,
                )
            });
            if fits && !exclude(below) {
                member_of
                    .entry(folder.clone())
                    .or_insert_with(|| root.clone());
            }
        }
    }
    member_of
}

/// Gives the root of the workspace that a package is in: the one that names it, or itself where it is the root of one.
pub(super) fn root_of<'w>(
    found: &'w Found,
    member_of: &'w HashMap<String, String>,
    folder: &str,
) -> Option<&'w str> {
    if let Some(root) = member_of.get(folder) {
        return Some(root);
    }
    let own = nearest(found, folder)?;
    found[own].workspace.as_ref().map(|_| own)
}
