//! Files of a planned project in which its sources meet: merges what is worth taking of the sources' own, and records whose every line is.
//!
//! Knows files, not how they were planned. What the tests of Python need of its test runner is merged by its family, which rewrites it.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use ignore::{Match, gitignore::GitignoreBuilder};
use synthesizer_model::{
    finding::{Finding, Severity},
    synthesis::{LockedFile, LockedLines, PlannedFile},
    tree::{TreePath, sha256_hex},
};

use super::{
    Extent, Kind, MergeSource, Merged, cargo_profiles, kind_of, merge,
    merged::{GENERATED, finding, listed},
    python_declared, test_settings,
};
use crate::{
    assembly::{OutputFile, Synthesis},
    provenance::{self, GENERATED_LICENSE, UNKNOWN},
    rewriting::Transform,
};

/// A source with parts in more folders than this gives no rules for what git ignores: each rule would stand there once for each.
const MOST_PLACES: usize = 16;
/// How often rules that hide files are looked for: leaving one out may bring out another.
const MOST_HIDING: usize = 8;

/// A text at the top of a source that may meet those of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedText {
    /// The source's id.
    pub source: String,
    /// Its path in the source.
    pub path: String,
    /// The text.
    pub text: String,
    /// Whether everything of the source was asked for.
    pub whole: bool,
}

impl SharedText {
    fn as_source(&self) -> MergeSource<'_> {
        MergeSource {
            id: &self.source,
            path: &self.path,
            text: &self.text,
            extent: if self.whole {
                Extent::Whole
            } else {
                Extent::Component
            },
            folder: "",
        }
    }
}

/// Where a folder of a source is now.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// The folder in the source; empty for its top.
    from: String,
    /// The folder in the project.
    to: String,
}

impl Synthesis {
    /// Merges what the sources have in common with the project's own files into those, and adds what was found.
    ///
    /// The order of the texts does not matter; a second call with the same texts changes nothing.
    pub fn merge_shared(&mut self, texts: &[SharedText]) {
        let mut findings = Vec::new();
        self.merge_ignored(texts, &mut findings);
        self.merge_profiles(texts, &mut findings);
        self.merge_test_settings(texts, &mut findings);
        if self.manifests.contains_key("pyproject.toml") {
            let manifests = texts.iter().filter(|text| text.path == "pyproject.toml");
            findings.extend(manifests.flat_map(|text| python_declared::told(&text.as_source())));
        }
        for kind in [Kind::Workflow, Kind::ToolConfiguration] {
            let told = of_kind(texts, kind).map(SharedText::as_source);
            findings.extend(merge(kind, "", &told.collect::<Vec<_>>()).findings);
        }
        self.add_findings(findings);
    }

    fn merge_ignored(&mut self, texts: &[SharedText], findings: &mut Vec<Finding>) {
        let mut confined: Vec<(&SharedText, Place, String)> = Vec::new();
        for text in of_kind(texts, Kind::Gitignore).filter(|text| text.whole) {
            let places = self.places(&text.source);
            if places.len() > MOST_PLACES {
                let what = format!(
                    "its parts are in {} folders, so its rules are not taken: add those that the project needs",
                    places.len()
                );
                let source = text.as_source();
                findings.push(finding(
                    Severity::Info,
                    "settings-not-taken",
                    &source,
                    None,
                    &what,
                ));
                continue;
            }
            for place in places {
                let rules = rules_below(&text.text, &place.from);
                confined.push((text, place, rules));
            }
        }
        for (text, place, rules) in &mut confined {
            let below = format!("{}/", place.to);
            let placed = self.files.iter().filter_map(|file| {
                let path = file.path.as_str();
                if place.to.is_empty() {
                    Some(path)
                } else {
                    path.strip_prefix(&below)
                }
            });
            let (kept, hiding) = without_hiding(rules, &placed.collect::<Vec<_>>());
            *rules = kept;
            for (line, file) in hiding {
                let what = format!("the rule is not taken: it would hide {below}{file} from git");
                findings.push(finding(
                    Severity::Info,
                    "settings-not-taken",
                    &text.as_source(),
                    Some(line),
                    &what,
                ));
            }
        }
        let sources: Vec<MergeSource<'_>> = confined
            .iter()
            .map(|(text, place, rules)| MergeSource {
                text: rules,
                folder: &place.to,
                ..text.as_source()
            })
            .collect();
        let base = self.text_of(".gitignore").unwrap_or_default();
        let merged = merge(Kind::Gitignore, &base, &sources);
        self.put(".gitignore", &base, merged, findings);
    }

    fn merge_profiles(&mut self, texts: &[SharedText], findings: &mut Vec<Finding>) {
        let Some(base) = self.text_of("Cargo.toml") else {
            return;
        };
        let mut parts: Vec<(&SharedText, String)> = Vec::new();
        for text in of_kind(texts, Kind::CargoManifest) {
            let packages = self.packages_of(&text.source);
            if packages.is_empty() {
                continue;
            }
            let source = text.as_source();
            let (part, told) = cargo_profiles::confined(&source, &packages);
            parts.push((text, part));
            findings.extend(told);
            // The manifest of a package that is taken says the same of itself.
            if !self.is_placed(&text.source, &text.path) {
                findings.extend(merge(Kind::CargoManifest, "", &[source]).findings);
            }
        }
        let sources: Vec<MergeSource<'_>> = parts
            .iter()
            .map(|(text, part)| MergeSource {
                text: part,
                // What is said of its own packages alone is all meant for the project.
                extent: Extent::Template,
                ..text.as_source()
            })
            .collect();
        let merged = merge(Kind::CargoManifest, &base, &sources);
        self.put("Cargo.toml", &base, merged, findings);
    }

    fn merge_test_settings(&mut self, texts: &[SharedText], findings: &mut Vec<Finding>) {
        let Some(own) = self.text_of("package.json") else {
            return;
        };
        let is_module = test_settings::is_module(&own);
        for text in texts {
            let source = text.as_source();
            let manifest = text.path == "package.json";
            if manifest && !self.is_placed(&text.source, &text.path) {
                findings.extend(merge(Kind::PackageJson, "{}", &[source]).findings);
            }
            let Some(folder) = self.tests_of(&text.source) else {
                continue;
            };
            let (part, told) = test_settings::confined(&source);
            findings.extend(told);
            let Some(part) = part else { continue };
            let path = format!("{folder}/package.json");
            let base = self
                .text_of(&path)
                .unwrap_or_else(|| test_settings::beginning(is_module));
            let sources = [MergeSource {
                text: &part,
                extent: Extent::Template,
                ..source
            }];
            let merged = merge(Kind::PackageJson, &base, &sources);
            self.put(&path, &base, merged, findings);
        }
    }

    /// Puts a merged text into its place, when the sources have lines in it.
    fn put(&mut self, path: &str, base: &str, merged: Merged, findings: &mut Vec<Finding>) {
        findings.extend(merged.findings.iter().cloned());
        if merged.text == base {
            return;
        }
        let Ok(path) = TreePath::new(path) else {
            return;
        };
        let contents = Bytes::from(merged.text.clone());
        let at = self.files.binary_search_by(|file| file.path.cmp(&path));
        match at {
            Ok(at) => self.files[at].contents = contents.clone(),
            Err(at) => self.files.insert(
                at,
                OutputFile {
                    path: path.clone(),
                    contents: contents.clone(),
                    executable: false,
                },
            ),
        }
        if let Some(manifest) = self.manifests.get_mut(path.as_str()) {
            manifest.clone_from(&merged.text);
        }
        let mut locked = provenance::locked_generated(&path, &contents, GENERATED_LICENSE);
        let mut planned = PlannedFile {
            path: path.clone(),
            origin: Transform::Generated.as_str().to_owned(),
            reason: "holds what sources have in common with the project".to_owned(),
            merged_from: Vec::new(),
        };
        let known = self
            .plan
            .files
            .binary_search_by(|file| file.path.cmp(&path));
        if let Ok(at) = known {
            planned = self.plan.files.remove(at);
        }
        let at = known.unwrap_or_else(|at| at);
        record(&mut locked, &mut planned, &merged, |id| self.license(id));
        self.plan.files.insert(at, planned);
        let known = self
            .locked_files
            .binary_search_by(|file| file.path.as_str().cmp(path.as_str()));
        match known {
            Ok(at) => self.locked_files[at] = locked,
            Err(at) => self.locked_files.insert(at, locked),
        }
    }

    fn text_of(&self, path: &str) -> Option<String> {
        let file = self.files.iter().find(|file| file.path.as_str() == path)?;
        Some(String::from_utf8_lossy(&file.contents).into_owned())
    }

    /// Gives the license of a source as a file with lines of it has to name it; `None` where there is none to name.
    fn license(&self, id: &str) -> Option<String> {
        let source = self.sources.iter().find(|source| source.id == id)?;
        if source.license != UNKNOWN {
            return Some(source.license.clone());
        }
        let own = format!("LicenseRef-{id}");
        self.text_of(&format!("LICENSES/{own}.txt")).map(|_| own)
    }

    fn is_placed(&self, source: &str, origin: &str) -> bool {
        let mut files = self.locked_files.iter();
        files.any(|file| file.source == source && file.origin == origin)
    }

    /// Gives the names of the packages of a source that are members of the workspace, sorted.
    fn packages_of(&self, source: &str) -> Vec<String> {
        let manifests = self.locked_files.iter().filter(|file| {
            file.source == source && file.path.rsplit('/').next() == Some("Cargo.toml")
        });
        let names = manifests.filter_map(|file| {
            let text = self.text_of(&file.path)?;
            let document: toml_edit::DocumentMut = text.parse().ok()?;
            let name = document.get("package")?.get("name")?.as_str()?;
            Some(name.to_owned())
        });
        names.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Gives the folders of a source that are in the project with their new places; those of its tests are not among them.
    fn places(&self, source: &str) -> BTreeSet<Place> {
        let files = self.locked_files.iter();
        files
            .filter(|file| file.source == source && !file.path.starts_with("tests/"))
            .filter_map(place_of)
            .collect()
    }

    /// Gives the folder with the tests of a source's top, when its tests are apart from it.
    fn tests_of(&self, source: &str) -> Option<String> {
        let files = self.locked_files.iter();
        files
            .filter(|file| file.source == source && file.path.starts_with("tests/"))
            .filter_map(place_of)
            .find(|place| place.from.is_empty() && place.to.starts_with("tests/"))
            .map(|place| place.to)
    }
}

/// Records whose the lines of a merged file are, in the lock and in the plan. `license` tells that of a source.
pub(crate) fn record(
    locked: &mut LockedFile,
    planned: &mut PlannedFile,
    merged: &Merged,
    license: impl Fn(&str) -> Option<String>,
) {
    let of_sources = merged
        .origins
        .iter()
        .filter(|origin| origin.source != GENERATED);
    locked.lines = of_sources
        .map(|origin| LockedLines {
            first: origin.first,
            last: origin.last,
            source: origin.source.clone(),
        })
        .collect();
    if locked.lines.is_empty() {
        return;
    }
    let ids: BTreeSet<&str> = locked
        .lines
        .iter()
        .map(|line| line.source.as_str())
        .collect();
    let licenses: BTreeSet<String> = ids.iter().filter_map(|id| license(id)).collect();
    let all = std::iter::once(GENERATED_LICENSE).chain(licenses.iter().map(String::as_str));
    if let Some(expression) = provenance::combine(&all.collect()) {
        locked.license = expression;
    }
    locked.transforms = vec![
        Transform::Generated.as_str().to_owned(),
        Transform::Merged.as_str().to_owned(),
    ];
    locked.sha256 = sha256_hex(merged.text.as_bytes());
    planned.merged_from = ids.into_iter().map(str::to_owned).collect();
    let names = listed(&planned.merged_from);
    planned.reason = format!("{}, with lines of {names}", planned.reason);
}

fn of_kind(texts: &[SharedText], kind: Kind) -> impl Iterator<Item = &SharedText> {
    texts
        .iter()
        .filter(move |text| kind_of(&text.path) == Some(kind))
}

/// Gives what differs between a file's old and new place: the folders above what both have in common.
fn place_of(file: &LockedFile) -> Option<Place> {
    let (mut from, mut to) = (file.origin.as_str(), file.path.as_str());
    let mut common = 0;
    loop {
        let (above_from, last_from) = from.rsplit_once('/').unwrap_or(("", from));
        let (above_to, last_to) = to.rsplit_once('/').unwrap_or(("", to));
        if last_from != last_to || last_from.is_empty() {
            break;
        }
        common += 1;
        (from, to) = (above_from, above_to);
    }
    (common > 0 && !to.is_empty()).then(|| Place {
        from: from.to_owned(),
        to: to.to_owned(),
    })
}

/// Gives the rules of a `.gitignore` that can concern a folder of it, as seen from there; others become empty lines, so that lines keep
/// their numbers.
fn rules_below(text: &str, folder: &str) -> String {
    let mut rules = String::with_capacity(text.len());
    for line in text.lines() {
        let rule = line.trim_end_matches('\r');
        rules.push_str(&seen_from(rule, folder).unwrap_or_default());
        rules.push('\n');
    }
    rules
}

/// Gives the rules without those that would make git ignore one of the files, and for each of these its line and the first such file.
///
/// Lines keep their numbers. What still hides files after [`MOST_HIDING`] turns is a text that fights itself: none of its rules are given.
fn without_hiding(rules: &str, files: &[&str]) -> (String, Vec<(u32, String)>) {
    let mut lines: Vec<&str> = rules.lines().collect();
    let mut hiding = Vec::new();
    for _ in 0..MOST_HIDING {
        let mut builder = GitignoreBuilder::new("");
        for line in &lines {
            // A rule that cannot be read hides nothing here, and nothing from git.
            let _ = builder.add_line(None, line);
        }
        let Ok(matcher) = builder.build() else { break };
        let mut found: BTreeMap<String, &str> = BTreeMap::new();
        for file in files {
            // Git never looks into a folder that it ignores, whatever is said of the files there.
            let folders = file.match_indices('/').map(|(end, _)| (&file[..end], true));
            let hidden =
                folders
                    .chain([(*file, false)])
                    .find_map(|(path, is_folder)| match matcher.matched(path, is_folder) {
                        Match::Ignore(glob) => Some(glob.original().to_owned()),
                        _ => None,
                    });
            if let Some(rule) = hidden {
                found.entry(rule).or_insert(file);
            }
        }
        if found.is_empty() {
            let mut kept = lines.join("\n");
            if !kept.is_empty() {
                kept.push('\n');
            }
            return (kept, hiding);
        }
        for (number, line) in (1_u32..).zip(&mut lines) {
            if let Some(file) = found.get(line.trim_end()) {
                hiding.push((number, (*file).to_owned()));
                *line = "";
            }
        }
    }
    (String::new(), hiding)
}

fn seen_from(rule: &str, folder: &str) -> Option<String> {
    if folder.is_empty() || rule.starts_with('#') {
        return Some(rule.to_owned());
    }
    let (sign, pattern) = match rule.strip_prefix('!') {
        Some(pattern) => ("!", pattern),
        None => ("", rule),
    };
    let is_tied = pattern.trim_end_matches('/').contains('/');
    if !is_tied || pattern.starts_with("**/") {
        return Some(rule.to_owned());
    }
    let below = pattern.trim_start_matches('/').strip_prefix(folder)?;
    let below = below.strip_prefix('/').filter(|rest| !rest.is_empty())?;
    Some(format!("{sign}/{below}"))
}

/// Gives the lines of a text that was changed after it was merged the origins that they had.
///
/// Lines are matched by the longest common subsequence. A line that is new has the origins of the lines that it stands for: those that are
/// gone between its neighbours, or else that of the line before.
pub(crate) fn retold(merged: &Merged, text: String) -> Merged {
    let old: Vec<&str> = merged.text.lines().collect();
    let new: Vec<&str> = text.lines().collect();
    let owners = |line: usize| -> BTreeSet<&str> {
        let number = u32::try_from(line + 1).unwrap_or(u32::MAX);
        let over = merged
            .origins
            .iter()
            .filter(|origin| (origin.first..=origin.last).contains(&number));
        over.map(|origin| origin.source.as_str()).collect()
    };
    let mut lines = super::merged::Lines::of(&text);
    let mut before = BTreeSet::from([GENERATED]);
    let pairs = matched(&old, &new);
    let (mut at_old, mut at_new) = (0, 0);
    for (one, other) in pairs.into_iter().chain([(old.len(), new.len())]) {
        let gone: BTreeSet<&str> = (at_old..one).flat_map(owners).collect();
        let of_new = if gone.is_empty() { before } else { gone };
        for line in at_new..other {
            for source in &of_new {
                lines.mark(line, line, source);
            }
        }
        before = of_new;
        if one < old.len() {
            before = owners(one);
            for source in &before {
                lines.mark(other, other, source);
            }
        }
        (at_old, at_new) = (one + 1, other + 1);
    }
    Merged {
        origins: lines.origins(),
        text,
        findings: merged.findings.clone(),
    }
}

/// The most cells of the table by which lines are matched.
const MOST_CELLS: usize = 1 << 22;

/// Pairs equal lines, in order: those at both ends, and the longest common subsequence between them when that is not too large.
fn matched(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    let head = old
        .iter()
        .zip(new)
        .take_while(|(one, other)| one == other)
        .count();
    let (rest_old, rest_new) = (&old[head..], &new[head..]);
    let tail = rest_old
        .iter()
        .rev()
        .zip(rest_new.iter().rev())
        .take_while(|(one, other)| one == other)
        .count();
    let (middle_old, middle_new) = (
        &rest_old[..rest_old.len() - tail],
        &rest_new[..rest_new.len() - tail],
    );
    let mut pairs: Vec<(usize, usize)> = (0..head).map(|line| (line, line)).collect();
    let width = middle_new.len() + 1;
    if (middle_old.len() + 1).saturating_mul(width) <= MOST_CELLS {
        let mut lengths = vec![0_u32; (middle_old.len() + 1) * width];
        for one in (0..middle_old.len()).rev() {
            for other in (0..middle_new.len()).rev() {
                lengths[one * width + other] = if middle_old[one] == middle_new[other] {
                    lengths[(one + 1) * width + other + 1] + 1
                } else {
                    lengths[(one + 1) * width + other].max(lengths[one * width + other + 1])
                };
            }
        }
        let (mut one, mut other) = (0, 0);
        while one < middle_old.len() && other < middle_new.len() {
            if middle_old[one] == middle_new[other] {
                pairs.push((head + one, head + other));
                (one, other) = (one + 1, other + 1);
            } else if lengths[(one + 1) * width + other] >= lengths[one * width + other + 1] {
                one += 1;
            } else {
                other += 1;
            }
        }
    }
    let (end_old, end_new) = (old.len() - tail, new.len() - tail);
    pairs.extend((0..tail).map(|line| (end_old + line, end_new + line)));
    pairs
}

#[cfg(test)]
#[path = "shared_tests.rs"]
mod tests;
