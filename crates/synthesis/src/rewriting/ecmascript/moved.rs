//! The rewriter of JavaScript and TypeScript files. A relative name that still leads to the same file stays as it is; every other one that
//! leads to a file of the source gets the whole relative name of its new place.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use synthesizer_model::{
    code::ImportForm,
    ecmascript::{ImportTarget, ModuleKind, TakenFile, TakenImport},
    finding::{Finding, Severity},
    text::{ByteRange, escape_untrusted},
    tree::TreePath,
};

use super::specifier::{follow, is_plain, relative};
use crate::{
    families::npm::built_name,
    rewriting::{Rewritten, Transform, edits::Edits, mark},
    source::{SourceFile, SourceRecord},
};

/// A file on its way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MovedFile<'a> {
    /// Its source.
    pub(crate) record: &'a SourceRecord,
    /// Its place in the source, and its imports.
    pub(crate) file: &'a TakenFile,
    /// Its contents.
    pub(crate) contents: &'a SourceFile,
    /// Its new path.
    pub(crate) path: &'a TreePath,
    /// The new paths of all files of the source.
    pub(crate) places: &'a BTreeMap<TreePath, TreePath>,
    /// Whether nothing is to be rewritten, because everything around it moves with it.
    pub(crate) stays: bool,
}

/// Rewrites one file. Total: what it cannot do becomes a finding.
pub(crate) fn rewrite(moved: &MovedFile<'_>) -> Rewritten {
    let mut transforms = BTreeSet::from([Transform::Moved]);
    if moved.file.built {
        transforms.insert(Transform::Built);
    }
    let untouched = |findings, transforms| Rewritten {
        contents: moved.contents.bytes.clone(),
        transforms,
        findings,
    };
    if moved.stays || moved.file.imports.is_empty() {
        return untouched(Vec::new(), transforms);
    }
    let Ok(text) = std::str::from_utf8(&moved.contents.bytes) else {
        let finding = Finding::new(
            Severity::Warning,
            "not-utf8",
            "the file is not UTF-8 and was placed unchanged",
        );
        let finding = finding
            .of(&moved.record.id)
            .at(moved.file.path.as_str(), None);
        return untouched(vec![finding], transforms);
    };
    let mut rewrite = Rewrite {
        moved,
        text,
        edits: Edits::new(text),
        findings: Vec::new(),
    };
    for import in &moved.file.imports {
        rewrite.import(import);
    }
    if rewrite.edits.is_empty() {
        return untouched(rewrite.findings, transforms);
    }
    let mut changed = rewrite.edits.apply();
    transforms.insert(Transform::ImportsRewritten);
    if moved.record.marks_changes {
        changed = mark::insert(&changed, &change_mark(moved, &transforms));
        transforms.insert(Transform::MarkedChanged);
    }
    Rewritten {
        contents: Bytes::from(changed),
        transforms,
        findings: rewrite.findings,
    }
}

fn change_mark(moved: &MovedFile<'_>, transforms: &BTreeSet<Transform>) -> String {
    let done: Vec<&str> = transforms.iter().filter_map(|one| one.describe()).collect();
    let license = moved.record.license.as_deref().unwrap_or("unknown license");
    let text = format!(
        "Modified by Synthesizer: {} (from {}, {license}).",
        done.join(", "),
        moved.record.title()
    );
    format!("// {}", escape_untrusted(&text))
}

struct Rewrite<'a> {
    moved: &'a MovedFile<'a>,
    text: &'a str,
    edits: Edits<'a>,
    findings: Vec<Finding>,
}

impl Rewrite<'_> {
    fn import(&mut self, import: &TakenImport) {
        let ImportTarget::Files(targets) = &import.target else {
            return;
        };
        if import.range.of(self.text) != Some(import.written.as_str())
            && import.form != ImportForm::Resource
        {
            self.escaped(import);
            return;
        }
        // What runs comes first; where only its types are placed, those are meant.
        let Some(place) = targets
            .iter()
            .find_map(|target| self.moved.places.get(target))
        else {
            self.report(
                Severity::Warning,
                "import-left-behind",
                format!(
                    "{} leads to a file that is not part of the project",
                    shortened(&import.written)
                ),
                import.line,
            );
            return;
        };
        if import.form == ImportForm::Resource {
            self.resource(import, place);
            return;
        }
        if !self.still_leads(import, place) {
            let name = relative(self.moved.path.parent(), &written_name(place));
            self.replace(import, import.range, name);
        }
        self.json_attribute(import, place);
    }

    /// Says whether the name leads to the file at its new place, as whoever reads the new file looks it up.
    fn still_leads(&self, import: &TakenImport, place: &TreePath) -> bool {
        if !is_relative(&import.written) {
            return false;
        }
        let Some(path) = follow(self.moved.path.parent(), &import.written) else {
            return false;
        };
        let exact = path == place.as_str() || path == built_name(place.as_str());
        if exact && !path.ends_with(".ts") && !path.ends_with(".tsx") {
            return true;
        }
        if self.asks_for_whole_names(import) {
            return false;
        }
        let without = |suffixes: &[&str]| {
            suffixes
                .iter()
                .any(|suffix| format!("{path}{suffix}") == place.as_str())
        };
        without(&[
            ".js",
            ".json",
            ".node",
            ".ts",
            ".tsx",
            ".jsx",
            ".d.ts",
            "/index.js",
            "/index.json",
            "/index.ts",
            "/index.tsx",
            "/index.d.ts",
        ])
    }

    /// Says whether the importer looks files up by their whole names only.
    fn asks_for_whole_names(&self, import: &TakenImport) -> bool {
        if import.form == ImportForm::Require || import.types_only {
            return false;
        }
        let typed = is_typed(self.moved.path.as_str());
        match self.moved.file.kind {
            Some(ModuleKind::Module | ModuleKind::BySyntax) => true,
            Some(ModuleKind::CommonJs) => !typed && import.form == ImportForm::Dynamic,
            None => false,
        }
    }

    /// Data is named by several pieces of code; only a name that still holds can stay.
    fn resource(&mut self, import: &TakenImport, place: &TreePath) {
        let written = import.written.trim_start_matches('/');
        let end = written.find(['?', '#']).unwrap_or(written.len());
        let still = [written, &written[..end]]
            .iter()
            .filter_map(|name| follow(self.moved.path.parent(), name))
            .any(|path| path == place.as_str());
        if still {
            return;
        }
        let is_whole = import.range.of(self.text) == Some(import.written.as_str())
            && import.written.starts_with('.');
        if is_whole {
            let name = relative(self.moved.path.parent(), place.as_str());
            self.replace(import, import.range, name);
        } else {
            let what = format!(
                "reads {}, which is at another place now",
                shortened(&import.written)
            );
            self.report(Severity::Error, "resource-moved", what, import.line);
        }
    }

    /// Node.js reads JSON into an ECMAScript module only where the import says that it is JSON.
    fn json_attribute(&mut self, import: &TakenImport, place: &TreePath) {
        let is_static = matches!(import.form, ImportForm::Static | ImportForm::ReExport);
        let runs_as_module = !is_typed(self.moved.path.as_str())
            && matches!(
                self.moved.file.kind,
                Some(ModuleKind::Module | ModuleKind::BySyntax)
            );
        if !place.as_str().ends_with(".json") || !is_static || !runs_as_module {
            return;
        }
        let after = self.text.get(import.range.end + 1..).unwrap_or_default();
        let next = after.trim_start();
        if next.starts_with("with") || next.starts_with("assert") {
            return;
        }
        if import.names.iter().all(|name| name == "default") {
            let end = import.range.end + 1;
            let range = ByteRange::new(end, end);
            self.replace(import, range, " with { type: \"json\" }".to_owned());
        } else {
            let what =
                "imports names of a JSON file, which Node.js does not give; the import will fail";
            self.report(
                Severity::Warning,
                "json-import",
                what.to_owned(),
                import.line,
            );
        }
    }

    /// A name that is written with escapes is replaced only if it has to be.
    fn escaped(&mut self, import: &TakenImport) {
        let what = format!(
            "imports {}, which is written with escapes and was left as it is",
            shortened(&import.written)
        );
        self.report(Severity::Warning, "escaped-import", what, import.line);
    }

    fn replace(&mut self, import: &TakenImport, range: ByteRange, name: String) {
        let is_attribute = range.start == range.end;
        if !is_attribute && !is_plain(&name) {
            let what = format!(
                "{} cannot be written as a name of a module",
                shortened(&name)
            );
            self.report(Severity::Error, "import-not-rewritten", what, import.line);
            return;
        }
        if let Err(error) = self.edits.replace(range, name) {
            let what = format!("an edit cannot be made: {error}");
            self.report(Severity::Error, "facts-mismatch", what, import.line);
        }
    }

    fn report(&mut self, severity: Severity, kind: &str, what: String, line: u32) {
        self.findings.push(
            Finding::new(severity, kind, what)
                .of(&self.moved.record.id)
                .at(self.moved.file.path.as_str(), Some(line)),
        );
    }
}

/// Gives the name by which code asks for a file: for TypeScript that of what the compiler writes.
fn written_name(place: &TreePath) -> String {
    built_name(place.as_str())
}

fn is_relative(name: &str) -> bool {
    name == "." || name == ".." || name.starts_with("./") || name.starts_with("../")
}

fn is_typed(path: &str) -> bool {
    [".ts", ".tsx", ".mts", ".cts"]
        .iter()
        .any(|suffix| path.ends_with(suffix))
}

/// Escapes untrusted text for a finding and cuts it to a readable length.
fn shortened(text: &str) -> String {
    const LIMIT: usize = 120;
    let mut short: String = text.chars().take(LIMIT).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    escape_untrusted(&short)
}
