//! What a template can ask for. Values only; they come from the family that makes the project.

use std::collections::BTreeSet;

use serde::Serialize;
use synthesizer_model::tree::TreePath;

/// A module that the smoke test of a project imports, in the words of its ecosystem.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct TestedComponent {
    /// Python: a dotted module. Cargo: a crate as code names it. npm: a package, or `./` and a path from the project's top.
    pub module: String,
    /// A dotted name that the module must have.
    pub symbol: Option<String>,
}

/// The values of one new project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values {
    /// `python`, `cargo` or `npm`.
    pub ecosystem: String,
    /// The project's name as it was asked for, such as `my-toolbox`.
    pub name: String,
    /// Its name in code, such as `my_toolbox`.
    pub package: String,
    /// One sentence in plain ASCII without quotes.
    pub title: String,
    /// What the smoke test imports; sorted, no entry twice.
    pub components: Vec<TestedComponent>,
    /// Every file that came from a source, by its path in the new project.
    pub moved: Vec<TreePath>,
}

/// The values as the texts of a template see them.
#[derive(Debug, Serialize)]
pub(super) struct Seen<'a> {
    pub(super) ecosystem: &'a str,
    pub(super) name: &'a str,
    pub(super) package: &'a str,
    pub(super) title: &'a str,
    pub(super) components: &'a [TestedComponent],
    /// The fewest folders and files that hold the moved files and none of the template's.
    pub(super) placed: Vec<String>,
    pub(super) commands: &'a [super::filling::Command],
}

/// Gives the fewest folders and files that hold all moved files and none of the project's own.
pub(super) fn placed(moved: &[TreePath], own: &[TreePath]) -> Vec<String> {
    let moved_paths: BTreeSet<&str> = moved.iter().map(TreePath::as_str).collect();
    let own_folders: BTreeSet<&str> = own
        .iter()
        .map(TreePath::as_str)
        .filter(|path| !moved_paths.contains(path))
        .flat_map(folders)
        .collect();
    let tops: BTreeSet<&str> = moved_paths
        .iter()
        .map(|path| {
            folders(path)
                .find(|folder| !own_folders.contains(folder))
                .unwrap_or(path)
        })
        .collect();
    tops.into_iter().map(str::to_owned).collect()
}

/// Gives the folders above a path, the uppermost first.
fn folders(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(moved: &[&str], own: &[&str], expected: &[&str]) {
        let paths = |texts: &[&str]| -> Vec<TreePath> {
            texts
                .iter()
                .map(|text| TreePath::new(text).expect(text))
                .collect()
        };
        assert_eq!(
            placed(&paths(moved), &paths(own)),
            expected,
            "{moved:?} {own:?}"
        );
    }

    #[test]
    fn placed_folders_hold_nothing_of_the_project_itself() {
        check(&[], &["src/a/__init__.py"], &[]);
        check(
            &[
                "src/a/click/core.py",
                "src/a/click/deep/x.py",
                "src/a/one.py",
            ],
            &["src/a/__init__.py", "tests/test_a.py"],
            &["src/a/click", "src/a/one.py"],
        );
        check(
            &["vendor/x/src/lib.rs", "vendor/y/build.rs"],
            &["src/main.rs"],
            &["vendor"],
        );
        check(
            &["src/a/__init__.py", "src/a/b.py"],
            &["src/a/__init__.py"],
            &["src"],
        );
        check(&["top.py"], &[], &["top.py"]);
    }
}
