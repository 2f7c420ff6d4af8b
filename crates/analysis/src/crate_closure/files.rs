//! The files of one package, as `cargo package` would have them, without examples and benchmarks. Reads no code.

use std::collections::{BTreeMap, HashSet};

use synthesizer_model::{
    finding::{Finding, Severity},
    project::Project,
    tree::{EntryKind, SourceTree, TreePath},
};

use super::{
    packages::{FileRules, Packages},
    taken::CrateFile,
};
use crate::licenses::fits_glob;

/// Patterns of one manifest that are followed.
const MOST_PATTERNS: usize = 100;
/// Steps that the patterns of one manifest may cost.
const MOST_STEPS: usize = 20_000_000;
/// How many left-out entries a closure names.
const MOST_NAMED: usize = 20;

/// Files at a package's top that Cargo or a registry makes, or that act on the workspace around: never taken.
const NOT_TAKEN: &[&str] = &[
    "Cargo.toml",
    "Cargo.toml.orig",
    "Cargo.lock",
    "rust-toolchain",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "clippy.toml",
];

/// Folders at a package's top that are left out.
const FOLDERS_LEFT_OUT: &[(&str, &str)] = &[
    ("examples", "examples"),
    ("benches", "benchmarks"),
    ("target", "build results"),
];

/// The files of one package by their places below its folder, and what was left out.
#[derive(Debug, Default)]
pub(super) struct PackageFiles {
    pub(super) files: BTreeMap<String, CrateFile>,
    pub(super) findings: Vec<Finding>,
}

impl PackageFiles {
    /// Adds a file unless it is there.
    pub(super) fn add(&mut self, path: &TreePath, place: &str, reason: impl Into<String>) {
        self.files
            .entry(place.to_owned())
            .or_insert_with(|| CrateFile {
                path: path.clone(),
                place: place.to_owned(),
                reason: reason.into(),
                edits: Vec::new(),
                kept: None,
            });
    }
}

/// Lists the files of a package.
pub(super) fn of_package(
    tree: &dyn SourceTree,
    packages: &Packages<'_>,
    index: usize,
    rules: &FileRules,
) -> PackageFiles {
    let project = packages.list[index];
    let folder = project.folder.as_str();
    let nested: HashSet<&str> = packages
        .folders
        .iter()
        .copied()
        .filter(|other| *other != folder && is_below(other, folder))
        .collect();
    let mut chosen = PackageFiles::default();
    let mut patterns = Patterns::of(rules, project, &mut chosen.findings);
    let left_out_targets = left_out_targets(project, rules.without_tests);
    let mut left_out: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut named = 0;
    for entry in entries_below(tree, folder) {
        let place = place_in(entry.path.as_str(), folder);
        if is_in_nested(place, folder, &nested) {
            continue;
        }
        if let Some(what) = reason_to_leave_out(place) {
            *left_out.entry(what).or_default() += 1;
            continue;
        }
        let is_test = rules.without_tests && place.starts_with("tests/");
        if is_test || left_out_targets.contains(entry.path.as_str()) {
            let what = if is_test {
                "tests"
            } else {
                "files of targets that are not taken"
            };
            *left_out.entry(what).or_default() += 1;
            continue;
        }
        if !patterns.admit(place) {
            continue;
        }
        match entry.kind {
            EntryKind::File | EntryKind::Executable => {
                chosen.add(&entry.path, place, "part of the package");
            }
            EntryKind::Symlink | EntryKind::Submodule => {
                named += 1;
                if named <= MOST_NAMED {
                    let what = match entry.kind {
                        EntryKind::Symlink => "left out: a symbolic link",
                        _ => "left out: a submodule",
                    };
                    let finding = Finding::new(Severity::Warning, "left-out", what);
                    chosen.findings.push(finding.at(entry.path.as_str(), None));
                }
            }
        }
    }
    for (what, count) in left_out {
        let files = if count == 1 { "file" } else { "files" };
        let finding = Finding::new(
            Severity::Info,
            "left-out",
            format!(
                "left out of {}: {count} {files}: {what}",
                packages.name(index)
            ),
        );
        chosen
            .findings
            .push(finding.at(&project.manifests[0], None));
    }
    if patterns.gave_up {
        let finding = Finding::new(
            Severity::Warning,
            "patterns-not-followed",
            "include and exclude cost too much to follow; files may be there that the published package would not have",
        );
        chosen
            .findings
            .push(finding.at(&project.manifests[0], None));
    }
    chosen
}

/// Gives the entries below a folder; they lie together, because entries are sorted.
fn entries_below<'t>(
    tree: &'t dyn SourceTree,
    folder: &str,
) -> impl Iterator<Item = &'t synthesizer_model::tree::TreeEntry> {
    let entries = tree.entries();
    let prefix = if folder.is_empty() {
        String::new()
    } else {
        format!("{folder}/")
    };
    let first = entries.partition_point(|entry| entry.path.as_str() < prefix.as_str());
    entries[first..]
        .iter()
        .take_while(move |entry| entry.path.as_str().starts_with(&prefix))
}

fn is_below(path: &str, folder: &str) -> bool {
    folder.is_empty()
        || path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/'))
}

fn place_in<'p>(path: &'p str, folder: &str) -> &'p str {
    path.strip_prefix(folder)
        .map_or(path, |place| place.trim_start_matches('/'))
}

/// Says whether a place lies in a package within the package.
fn is_in_nested(place: &str, folder: &str, nested: &HashSet<&str>) -> bool {
    if nested.is_empty() {
        return false;
    }
    let mut above = place;
    while let Some((parent, _)) = above.rsplit_once('/') {
        above = parent;
        let full = if folder.is_empty() {
            above.to_owned()
        } else {
            format!("{folder}/{above}")
        };
        if nested.contains(full.as_str()) {
            return true;
        }
    }
    false
}

fn reason_to_leave_out(place: &str) -> Option<&'static str> {
    let top = place.split('/').next().unwrap_or(place);
    if top == ".cargo" {
        return Some("settings of cargo, which could choose programs to run");
    }
    if place == top && NOT_TAKEN.contains(&top) {
        return match top {
            "Cargo.toml" => Some("its manifest, which is written anew"),
            "rust-toolchain" | "rust-toolchain.toml" => Some("the choice of a toolchain"),
            "rustfmt.toml" | "clippy.toml" => Some("settings of formatter and lints"),
            _ => Some("files that cargo or a registry makes"),
        };
    }
    if place.split('/').any(|name| name.starts_with('.')) {
        return Some("hidden files");
    }
    let folder = place.split_once('/').map(|(folder, _)| folder)?;
    FOLDERS_LEFT_OUT
        .iter()
        .find(|(name, _)| *name == folder)
        .map(|(_, what)| *what)
}

/// Gives the files of targets that are not taken, wherever they lie, unless another target is of the same file.
fn left_out_targets(project: &Project, without_tests: bool) -> HashSet<&str> {
    let is_left =
        move |kind: &str| matches!(kind, "example" | "bench") || (without_tests && kind == "test");
    let of = |left: bool| {
        project
            .targets
            .iter()
            .filter(move |target| is_left(target.kind.as_str()) == left)
            .filter_map(|target| target.path.as_deref())
    };
    let kept: HashSet<&str> = of(false).collect();
    of(true).filter(|path| !kept.contains(path)).collect()
}

/// `include` and `exclude` of one manifest.
struct Patterns {
    include: Option<Vec<Pattern>>,
    exclude: Vec<Pattern>,
    always: HashSet<String>,
    steps: usize,
    gave_up: bool,
}

/// One pattern in the way of `.gitignore`.
struct Pattern {
    text: String,
    negated: bool,
    anchored: bool,
    only_folders: bool,
}

impl Patterns {
    fn of(rules: &FileRules, project: &Project, findings: &mut Vec<Finding>) -> Self {
        let count = rules.exclude.len() + rules.include.as_ref().map_or(0, Vec::len);
        if count > MOST_PATTERNS {
            let finding = Finding::new(
                Severity::Warning,
                "patterns-not-followed",
                format!(
                    "include and exclude have {count} patterns; the first {MOST_PATTERNS} of each are followed"
                ),
            );
            findings.push(finding.at(&project.manifests[0], None));
        }
        let read = |texts: &[String]| {
            let texts = texts.iter().take(MOST_PATTERNS);
            texts.map(|text| Pattern::read(text)).collect::<Vec<_>>()
        };
        // Files that the manifest names belong to the package whatever `include` says.
        let always = rules
            .named
            .iter()
            .map(|(path, _)| path.trim_start_matches("./").to_owned())
            .chain(project.targets.iter().filter_map(|target| {
                let path = target.path.as_deref()?;
                Some(place_in(path, &project.folder).to_owned())
            }))
            .collect();
        Self {
            include: rules.include.as_deref().map(read),
            exclude: read(&rules.exclude),
            always,
            steps: 0,
            gave_up: false,
        }
    }

    fn admit(&mut self, place: &str) -> bool {
        if self.always.contains(place) || self.gave_up {
            return true;
        }
        let depth = place.split('/').count();
        let patterns = self.include.as_ref().unwrap_or(&self.exclude);
        self.steps += (patterns.len() + 1) * depth;
        if self.steps > MOST_STEPS {
            self.gave_up = true;
            return true;
        }
        match &self.include {
            // With `include`, Cargo does not look at `exclude`.
            Some(include) => decide(include, place),
            None => !decide(&self.exclude, place),
        }
    }
}

/// Says what the last pattern that fits decides.
fn decide(patterns: &[Pattern], place: &str) -> bool {
    patterns
        .iter()
        .rev()
        .find(|pattern| pattern.fits(place))
        .is_some_and(|pattern| !pattern.negated)
}

impl Pattern {
    fn read(text: &str) -> Self {
        let (negated, text) = match text.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let only_folders = text.ends_with('/');
        let text = text.trim_end_matches('/');
        let anchored = text.contains('/');
        let text = text.trim_start_matches('/');
        let text = text.strip_prefix("./").unwrap_or(text);
        Self {
            text: text.to_owned(),
            negated,
            anchored,
            only_folders,
        }
    }

    fn fits(&self, place: &str) -> bool {
        let ends = place
            .match_indices('/')
            .map(|(at, _)| at)
            .chain((!self.only_folders).then_some(place.len()));
        for end in ends {
            let path = &place[..end];
            let shown = if self.anchored {
                path
            } else {
                path.rsplit('/').next().unwrap_or(path)
            };
            if fits_glob(&self.text, shown) {
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod pattern_tests {
    use super::*;

    #[test]
    fn patterns_are_those_of_gitignore() {
        let check = |pattern: &str, place: &str, expected: bool| {
            assert_eq!(
                Pattern::read(pattern).fits(place),
                expected,
                "{pattern} {place}"
            );
        };
        check("src/**/*.rs", "src/a/b.rs", true);
        check("src/**/*.rs", "src/b.rs", true);
        check("/src", "src/a/b.rs", true);
        check("/src", "x/src/a.rs", false);
        check("*.txt", "a/b.txt", true);
        check("tests/", "tests/a.rs", true);
        check("tests/", "tests", false);
        check("a/b", "x/a/b", false);
        check("LICENSE-*", "LICENSE-MIT", true);
        let patterns = [Pattern::read("*"), Pattern::read("!src/")];
        assert!(decide(&patterns, "x.rs"));
        assert!(!decide(&patterns, "src/x.rs"));
    }
}
