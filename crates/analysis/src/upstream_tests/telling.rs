//! What is told of the files for testing that come along in part or not at all. Decides nothing.

use std::collections::BTreeSet;

use synthesizer_model::{
    finding::{Finding, Severity},
    text::escape_untrusted,
    tree::TreePath,
};

use super::{
    choosing::{Choosing, NAMED},
    layout::{is_collected, is_conftest},
    reading::Lack,
};

impl Choosing<'_> {
    /// Tells which files for support stay behind.
    pub(super) fn tell_left(&mut self, left: &BTreeSet<TreePath>) {
        for path in left {
            let lacks = self.broken.get(path).cloned().unwrap_or_default();
            let line = lacks.first().map_or(0, |lack| lack.line);
            let what = if is_conftest(path.as_str()) {
                "its fixtures and hooks do not come along"
            } else {
                "it does not come along, and tests that use it will fail"
            };
            let what = format!(
                "{what}: it needs {}, which the project does not have",
                listed(&lacks)
            );
            self.tell(
                Severity::Warning,
                "test-support-left-out",
                what,
                Some(path),
                line,
            );
        }
    }

    /// Tells how much of a file comes along.
    pub(super) fn tell_cut(&mut self, path: &TreePath) {
        let Some(((kept, all), line, lacks)) = self.cuts.remove(path) else {
            return;
        };
        let needed = listed(&lacks);
        let (kind, what) = if is_collected(path.as_str()) {
            let what = format!(
                "{kept} of {all} tests come along; the others need {needed}, which the project does not have"
            );
            ("test-cut", what)
        } else {
            let what = format!(
                "a part of it comes along; the rest needs {needed}, which the project does not have"
            );
            ("test-support-cut", what)
        };
        self.tell(Severity::Warning, kind, what, Some(path), line);
    }

    /// Tells which tests of a file will fail.
    pub(super) fn tell_lacks(&mut self, path: &TreePath, lacks: &[Lack]) {
        let Some(first) = lacks.first() else { return };
        let lines: BTreeSet<u32> = lacks.iter().map(|lack| lack.line).collect();
        let what = format!(
            "tests that need {} will fail, because the project does not have it; {} lines name it",
            listed(lacks),
            lines.len()
        );
        self.tell(
            Severity::Warning,
            "test-will-fail",
            what,
            Some(path),
            first.line,
        );
    }

    /// Adds a finding; line 0 is none.
    pub(super) fn tell(
        &mut self,
        severity: Severity,
        kind: &str,
        what: String,
        path: Option<&TreePath>,
        line: u32,
    ) {
        let finding = Finding::new(severity, kind, what);
        self.tests.findings.push(match path {
            Some(path) => finding.at(path.as_str(), (line > 0).then_some(line)),
            None => finding,
        });
    }
}

/// Lists what is lacking, the first few by name.
pub(super) fn listed(lacks: &[Lack]) -> String {
    let names: BTreeSet<&str> = lacks.iter().map(|lack| lack.name.as_str()).collect();
    let rest = names.len().saturating_sub(NAMED);
    let first: Vec<&str> = names.into_iter().take(NAMED).collect();
    let mut text = escape_untrusted(&first.join(", "));
    if rest > 0 {
        text.push_str(&format!(" and {rest} more"));
    }
    text
}
