//! Which package belongs to which workspace, by the patterns of npm, yarn and pnpm. A member always lies below its workspace's folder,
//! so that workspaces cannot go in a circle.

use std::collections::{BTreeMap, HashMap};

use super::{Manifest, Settings, globs::Glob};
use crate::manifests::{problem_list::ProblemList, tree_reading::folder_of};

/// How many patterns with wildcards are compared in one workspace.
const MOST_PATTERNS: usize = 2_000;
/// How many steps comparing paths with patterns may take, for a whole tree.
const MOST_STEPS: u64 = 10_000_000;

/// The patterns of one workspace.
struct Workspace {
    globs: Vec<Glob>,
    /// Whether a pattern takes away only what stands before it (npm and yarn), not everything that it fits (pnpm).
    ordered: bool,
}

impl Workspace {
    fn of(
        path: &str,
        patterns: &[(String, u32)],
        ordered: bool,
        problems: &mut ProblemList,
    ) -> Self {
        let mut globs = Vec::new();
        for (pattern, line) in patterns {
            if globs.len() >= MOST_PATTERNS {
                let what = format_args!(
                    "more than {MOST_PATTERNS} patterns of members; the rest is left out"
                );
                problems.tell_line(path, *line, what);
                break;
            }
            match Glob::parse(pattern) {
                Ok(glob) => globs.push(glob),
                Err(refusal) => {
                    let what = format_args!("the pattern {pattern} is not followed: {refusal}");
                    problems.tell_line(path, *line, what);
                }
            }
        }
        Self { globs, ordered }
    }

    fn names(&self, path: &[&str], steps_left: &mut u64) -> bool {
        let mut named = false;
        for glob in &self.globs {
            if glob.negative == named && glob.fits(path, steps_left) {
                named = !glob.negative;
            }
        }
        if named && !self.ordered {
            let mut negatives = self.globs.iter().filter(|glob| glob.negative);
            return !negatives.any(|glob| glob.fits(path, steps_left));
        }
        named
    }
}

/// Gives for every manifest the folder of the workspace that names it: the nearest one above it.
pub(super) fn find(
    manifests: &[Manifest],
    settings: &BTreeMap<String, Vec<Settings>>,
    problems: &mut ProblemList,
) -> Vec<Option<String>> {
    let mut workspaces: HashMap<&str, Vec<Workspace>> = HashMap::new();
    for manifest in manifests {
        if let Some(patterns) = &manifest.json.workspaces {
            let workspace = Workspace::of(&manifest.path, patterns, true, problems);
            workspaces
                .entry(&manifest.folder)
                .or_default()
                .push(workspace);
        }
    }
    for (folder, settings) in settings {
        for known in settings {
            if let Some(patterns) = &known.workspace.patterns {
                let workspace = Workspace::of(&known.path, patterns, false, problems);
                workspaces.entry(folder).or_default().push(workspace);
            }
        }
    }
    let mut steps_left = MOST_STEPS;
    let found = manifests
        .iter()
        .map(|manifest| {
            above(&manifest.folder)
                .find(|above| {
                    // Looking a folder up takes as long as its name.
                    let Some(left) = steps_left.checked_sub(1 + above.len() as u64 / 8) else {
                        steps_left = 0;
                        return false;
                    };
                    steps_left = left;
                    if !workspaces.contains_key(above) {
                        return false;
                    }
                    let below = manifest.folder[above.len()..].trim_start_matches('/');
                    let names: Vec<&str> = below.split('/').collect();
                    let patterns = workspaces.get(above).into_iter().flatten();
                    let mut patterns = patterns;
                    patterns.any(|workspace| workspace.names(&names, &mut steps_left))
                })
                .map(str::to_owned)
        })
        .collect();
    if steps_left == 0 {
        let what = "comparing folders with the patterns of workspaces took too long; some members may be missing";
        problems.tell("package.json", what);
    }
    found
}

/// Gives the folders above a folder, the nearest first, the top last.
fn above(folder: &str) -> impl Iterator<Item = &str> {
    let mut next = (!folder.is_empty()).then(|| folder_of(folder));
    std::iter::from_fn(move || {
        let found = next?;
        next = (!found.is_empty()).then(|| folder_of(found));
        Some(found)
    })
}
