//! The rewriter of Python files: gathers the edits of one file and makes them. The rules for each kind of place are in the sibling files.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use synthesizer_model::{
    finding::{Finding, Severity},
    python::{ImportKind, ImportStatement, PythonFile},
    text::{ByteRange, escape_untrusted},
};

use super::{
    MovedFile,
    moved::untouched,
    names::{Standing, absolute_name, is_package_file},
};
use crate::rewriting::{Rewritten, Transform, edits::Edits, mark};

/// Rewrites one file. Total: what it cannot do becomes a finding.
pub(super) fn rewrite(moved: &MovedFile<'_>) -> Rewritten {
    // A Python file that is no module is data of the code that reads it.
    if moved.file.module.is_none() {
        return untouched(moved);
    }
    let bytes = &moved.contents.bytes;
    let (Some(facts), Ok(text)) = (moved.facts, std::str::from_utf8(bytes)) else {
        return without_facts(moved);
    };
    let mut file = PythonRewrite {
        moved,
        facts,
        text,
        edits: Edits::new(text),
        transforms: BTreeSet::from([Transform::Moved]),
        findings: Vec::new(),
        uses: BTreeMap::new(),
    };
    if let Some((line, problem)) = facts.syntax_errors.first() {
        file.report(
            Severity::Warning,
            "syntax-error",
            format!(
                "the file cannot be parsed and was placed unchanged: {}",
                shortened(problem)
            ),
            *line,
        );
        return file.finish();
    }
    for (index, usage) in facts.uses.iter().enumerate() {
        if let Some(first) = usage.parts.first() {
            file.uses.entry(first).or_default().push(index);
        }
    }
    // Literals come first: a call that is replaced as a whole covers the uses of names within it.
    file.rewrite_places();
    file.rewrite_dunder_imports();
    file.rewrite_module_names();
    file.rewrite_named_modules();
    file.rewrite_test_strings();
    file.rewrite_from_imports();
    file.rewrite_plain_imports();
    file.rewrite_doctests();
    file.report_kept_names();
    file.finish()
}

/// Places a file that has no facts, and stops the synthesis if it seems to import what has a new name.
fn without_facts(moved: &MovedFile<'_>) -> Rewritten {
    let mut rewritten = untouched(moved);
    let own: Vec<&[u8]> = moved
        .source
        .original_packages
        .iter()
        .chain(moved.source.linked_modules.keys())
        .map(|module| module.split('.').next().unwrap_or(module).as_bytes())
        .collect();
    let imports_own = moved
        .contents
        .bytes
        .split(|byte| matches!(byte, b'\n' | b'\r' | b';'))
        .any(|line| {
            let mut words = line
                .split(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80))
                .filter(|word| !word.is_empty());
            matches!(words.next(), Some(b"import" | b"from"))
                && words.any(|word| own.contains(&word))
        });
    let (severity, what) = if imports_own && moved.tests.is_none() {
        (
            Severity::Error,
            "the file is not UTF-8 and imports modules that have new names, so it cannot be rewritten",
        )
    } else {
        (
            Severity::Warning,
            "the file is not UTF-8 and was placed unchanged without being analysed",
        )
    };
    rewritten.findings.push(
        Finding::new(severity, "not-utf8", what)
            .of(&moved.source.record.id)
            .at(moved.file.path.as_str(), None),
    );
    rewritten
}

/// One Python file while its edits are gathered.
pub(super) struct PythonRewrite<'a> {
    pub(super) moved: &'a MovedFile<'a>,
    pub(super) facts: &'a PythonFile,
    pub(super) text: &'a str,
    pub(super) edits: Edits<'a>,
    /// Indexes of [`PythonFile::uses`] by their first names.
    pub(super) uses: BTreeMap<&'a str, Vec<usize>>,
    transforms: BTreeSet<Transform>,
    findings: Vec<Finding>,
}

impl PythonRewrite<'_> {
    /// Adds an edit; facts that do not fit the text become a finding that stops the synthesis.
    pub(super) fn edit(
        &mut self,
        range: ByteRange,
        replacement: impl Into<String>,
        transform: Transform,
        line: u32,
    ) {
        let replacement = replacement.into();
        if range.of(self.text) == Some(replacement.as_str()) {
            return;
        }
        match self.edits.replace(range, replacement) {
            Ok(()) => {
                self.transforms.insert(transform);
            }
            Err(error) => self.report(
                Severity::Error,
                "facts-mismatch",
                format!("an edit cannot be made: {error}"),
                line,
            ),
        }
    }

    /// Adds an edit of a dotted name, after a look whether the name is there.
    ///
    /// White space, line continuations and comments may lie between the parts; names that are not ASCII are normalised by the
    /// parser and are not compared.
    pub(super) fn edit_name(&mut self, range: ByteRange, old: &str, new: &str, line: u32) {
        let found: String = range
            .of(self.text)
            .unwrap_or_default()
            .chars()
            .filter(|character| !character.is_whitespace() && *character != '\\')
            .collect();
        if found.is_ascii() && !found.contains('#') && found != old {
            self.report(
                Severity::Error,
                "facts-mismatch",
                format!("{} is not where the analysis saw it", shortened(old)),
                line,
            );
            return;
        }
        self.edit(range, new, Transform::ImportsRewritten, line);
    }

    /// Replaces a whole statement by several, or by `pass`. One line, so that indentation and one-line bodies stay right.
    pub(super) fn edit_statement(
        &mut self,
        statement: &ImportStatement,
        replacements: &[String],
        transform: Transform,
    ) {
        let replacement = if replacements.is_empty() {
            "pass".to_owned()
        } else {
            replacements.join("; ")
        };
        self.edit(statement.range, replacement, transform, statement.line);
    }

    /// Notes that something else was done in an edit that is already made.
    pub(super) fn note(&mut self, transform: Transform) {
        self.transforms.insert(transform);
    }

    /// Adds a finding at a line of the file.
    ///
    /// Nothing in a test stops the synthesis: the test will fail, and the finding tells it.
    pub(super) fn report(&mut self, severity: Severity, kind: &str, what: String, line: u32) {
        let severity = match self.moved.tests {
            Some(_) => severity.min(Severity::Warning),
            None => severity,
        };
        self.findings.push(
            Finding::new(severity, kind, what)
                .of(&self.moved.source.record.id)
                .at(self.moved.file.path.as_str(), Some(line)),
        );
    }

    /// Reports an import that has no target in the project, as serious as its circumstances make it.
    pub(super) fn report_missing(&mut self, statement: &ImportStatement, target: &str) {
        let circumstances = statement.circumstances;
        let guarded_modules = &self.moved.source.closure.guarded_modules;
        let module = self.moved.file.module.as_ref();
        let in_guarded = module.is_some_and(|module| guarded_modules.contains(module));
        let (severity, kind, end) = if circumstances.guarded || circumstances.fallback || in_guarded
        {
            (
                Severity::Warning,
                "missing-guarded-module",
                "the guarded import will fail as designed",
            )
        } else if circumstances.conditional {
            (
                Severity::Warning,
                "missing-conditional-module",
                "the import would fail where its condition holds",
            )
        } else {
            (Severity::Error, "missing-module", "the import would fail")
        };
        let what = format!("{} is not part of the project; {end}", shortened(target));
        self.report(severity, kind, what, statement.line);
    }

    /// Reports that names became aliases of `Any`.
    pub(super) fn report_type_only(&mut self, statement: &ImportStatement, targets: &[String]) {
        let what = format!(
            "{} is imported for type checking only and is not part of the project; the name became an alias of Any",
            shortened(&targets.join(", "))
        );
        self.report(Severity::Info, "type-only-import", what, statement.line);
    }

    /// Gives the absolute module that a `from` import names, or `None` when its dots lead above the top.
    pub(super) fn target_of(&self, level: u32, module: &str) -> Option<String> {
        if level == 0 {
            return Some(module.to_owned());
        }
        let file = self.moved.file;
        let importer = file.module.as_deref()?;
        absolute_name(importer, is_package_file(&file.import_path), level, module)
    }

    /// Says what a dotted absolute module name is, to this file.
    pub(super) fn standing(&self, module: &str) -> Standing {
        let beside = self.moved.tests.and_then(|tests| {
            let view = || tests.views.get(module);
            tests.modules.get(module).or_else(view)
        });
        match beside {
            Some(new) => Standing::Placed(new.clone()),
            None => self.moved.names.standing(module),
        }
    }

    /// Gives the package that stands in for one whose own file is not placed.
    pub(super) fn view_of(&self, package: &str) -> Option<&str> {
        self.moved.tests?.views.get(package).map(String::as_str)
    }

    /// Says whether a relative import stays right, because its file and its target moved together.
    pub(super) fn moves_along(&self, target: &str) -> bool {
        self.moved
            .tests
            .is_none_or(|tests| tests.modules.contains_key(target))
    }

    /// Rewrites the statements of the `from` kind.
    fn rewrite_from_imports(&mut self) {
        let facts = self.facts;
        for statement in &facts.imports {
            if let ImportKind::From {
                level,
                module,
                module_range,
                names,
            } = &statement.kind
            {
                self.rewrite_from_import(statement, (*level, module, *module_range), names);
            }
        }
    }

    fn finish(mut self) -> Rewritten {
        let is_cut = self.moved.tests.is_some_and(|tests| tests.is_cut);
        if is_cut {
            self.transforms.insert(Transform::ItemsLeftOut);
        }
        if self.edits.is_empty() && !is_cut {
            return Rewritten {
                findings: self.findings,
                ..untouched(self.moved)
            };
        }
        let mut text = self.edits.apply();
        if self.moved.source.record.marks_changes {
            text = mark::insert(&text, &self.mark());
            self.transforms.insert(Transform::MarkedChanged);
        }
        Rewritten {
            contents: Bytes::from(text),
            transforms: self.transforms,
            findings: self.findings,
        }
    }

    fn mark(&self) -> String {
        let done: Vec<&str> = self
            .transforms
            .iter()
            .filter_map(|transform| transform.describe())
            .collect();
        let source = self.moved.source;
        let license = source
            .record
            .license
            .as_deref()
            .unwrap_or("unknown license");
        let text = format!(
            "Modified by Synthesizer: {} (from {}, {license}).",
            done.join(", "),
            source.record.title()
        );
        format!("# {}", escape_untrusted(&text))
    }
}

/// Escapes untrusted text for a finding and cuts it to a readable length.
pub(super) fn shortened(text: &str) -> String {
    const LIMIT: usize = 160;
    let mut short: String = text.chars().take(LIMIT).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    escape_untrusted(&short)
}
