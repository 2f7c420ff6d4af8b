//! Files that code reads by name: `include_str!` and the like. Follows no macro and no computed name.

use std::collections::BTreeMap;

use synthesizer_model::{
    code::{Import, ImportForm},
    finding::{Finding, Severity},
    text::{ByteRange, escape_untrusted},
    tree::{SourceTree, TreePath},
};

use super::{files::PackageFiles, taken::CrateFile};
use crate::languages::{FileKind, Language as _, rust::Rust};

/// The folder below a package for files that lie outside of it in the source.
const OUTSIDE: &str = "outside";
/// How many files code may name before the rest is left out.
const MOST_NAMED: usize = 10_000;
/// How many findings of this kind a package has.
const MOST_FINDINGS: usize = 50;

/// Adds the files that the code of a package names, and changes names that lead out of the package's folder.
///
/// A name that leads out of the tree is an error; one of a file that is not there is a warning, since tests often read what is not published.
pub(super) fn add(tree: &dyn SourceTree, folder: &str, chosen: &mut PackageFiles) {
    let code: Vec<CrateFile> = chosen
        .files
        .values()
        .filter(|file| file.place.ends_with(".rs"))
        .cloned()
        .collect();
    let mut adding = Adding {
        tree,
        folder,
        chosen,
        outside: BTreeMap::new(),
        count: 0,
    };
    for file in &code {
        adding.file(file);
    }
}

struct Adding<'a> {
    tree: &'a dyn SourceTree,
    folder: &'a str,
    chosen: &'a mut PackageFiles,
    /// Places of files of other folders, by their paths in the tree.
    outside: BTreeMap<String, String>,
    count: usize,
}

impl Adding<'_> {
    fn file(&mut self, file: &CrateFile) {
        let Ok(blob) = self.tree.read(&file.path) else {
            let finding = Finding::new(Severity::Error, "unreadable", "the file cannot be read");
            self.find(finding.at(file.path.as_str(), None));
            return;
        };
        let Ok(text) = std::str::from_utf8(&blob.bytes) else {
            return;
        };
        if !text.contains("include") && !text.contains("path") {
            return;
        }
        let kind = FileKind {
            language: "Rust",
            suffix: "rs",
        };
        let mut edits: BTreeMap<usize, (ByteRange, String)> = BTreeMap::new();
        for import in Rust.read(text, kind).imports {
            let named = match import.form {
                ImportForm::Resource => true,
                // `#[path = "…"]` names a file too.
                ImportForm::ModuleDeclaration => import.names.first() != Some(&import.target),
                _ => false,
            };
            if !named {
                continue;
            }
            self.count += 1;
            if self.count > MOST_NAMED {
                return;
            }
            if let Some(edit) = self.named(file, &import) {
                edits.insert(edit.0.start, edit);
            }
        }
        if let Some(chosen) = self.chosen.files.get_mut(&file.place) {
            chosen.edits.extend(edits.into_values());
        }
    }

    fn named(&mut self, file: &CrateFile, import: &Import) -> Option<(ByteRange, String)> {
        let at = |finding: Finding| finding.at(file.path.as_str(), Some(import.line));
        let shown = escape_untrusted(&import.target);
        let target = followed(file.path.parent(), &import.target);
        let path = target.and_then(|target| TreePath::new(&target).ok());
        let Some(path) = path else {
            let what = format!("`{shown}` leads out of the repository");
            self.find(at(Finding::new(Severity::Error, "file-outside", what)));
            return None;
        };
        let entries = self.tree.entries();
        let is_there = entries
            .binary_search_by(|entry| entry.path.cmp(&path))
            .is_ok_and(|at| entries[at].is_file());
        if !is_there {
            let what = format!("`{shown}` names a file that the source does not have");
            self.find(at(Finding::new(Severity::Warning, "file-missing", what)));
            return None;
        }
        let inside = if self.folder.is_empty() {
            Some(path.as_str())
        } else {
            let rest = path.as_str().strip_prefix(self.folder);
            rest.and_then(|rest| rest.strip_prefix('/'))
        };
        let reason = format!("read by name in {}:{}", file.path, import.line);
        if let Some(place) = inside {
            let place = place.to_owned();
            self.chosen.add(&path, &place, reason);
            return None;
        }
        if import.form == ImportForm::ModuleDeclaration {
            let what = format!("the module at `{shown}` lies outside of the package");
            self.find(at(Finding::new(Severity::Error, "file-outside", what)));
            return None;
        }
        let place = self.place_outside(&path, &reason);
        let new = relative(&file.place, &place);
        let what = format!("`{shown}` lies outside of the package; it is taken and named `{new}`");
        self.find(at(Finding::new(Severity::Info, "file-moved", what)));
        Some((import.range, new))
    }

    /// Gives a file of another folder a place in the package.
    fn place_outside(&mut self, path: &TreePath, reason: &str) -> String {
        if let Some(place) = self.outside.get(path.as_str()) {
            return place.clone();
        }
        let name = path.file_name();
        let numbered = (2..).map(|number| format!("{OUTSIDE}/{number}/{name}"));
        let place = std::iter::once(format!("{OUTSIDE}/{name}"))
            .chain(numbered)
            .find(|place| !self.chosen.files.contains_key(place))
            .unwrap_or_default();
        self.chosen.add(path, &place, reason);
        self.outside.insert(path.as_str().to_owned(), place.clone());
        place
    }

    fn find(&mut self, finding: Finding) {
        let kind = finding.kind.clone();
        let of_kind = self
            .chosen
            .findings
            .iter()
            .filter(|known| known.kind == kind);
        if finding.severity == Severity::Error || of_kind.count() < MOST_FINDINGS {
            let errors = self.chosen.findings.len();
            if errors < MOST_FINDINGS * 10 {
                self.chosen.findings.push(finding);
            }
        }
    }
}

/// Follows a relative path from a folder; `None` when it is absolute or leads out of the tree.
pub(super) fn followed(folder: &str, path: &str) -> Option<String> {
    if path.starts_with(['/', '\\']) || path.contains(':') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// Writes a place as a file at another place names it.
fn relative(from: &str, to: &str) -> String {
    let ups = from.matches('/').count();
    format!("{}{to}", "../".repeat(ups))
}
