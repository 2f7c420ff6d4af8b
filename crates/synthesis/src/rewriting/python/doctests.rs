//! Import statements in examples of docstrings, and places that tell names of the original package without importing anything.

use std::collections::BTreeSet;

use synthesizer_model::{
    finding::Severity,
    python::{ImportKind, ImportStatement, PathLiteral},
    text::ByteRange,
};

use super::{
    names::Standing,
    rewriting::{PythonRewrite, shortened},
};
use crate::rewriting::Transform;

/// The most places of one kind that a file's findings name.
const NAMED: usize = 5;

impl PythonRewrite<'_> {
    /// Gives the imports of examples the new names; what cannot be rewritten in place is told.
    pub(super) fn rewrite_doctests(&mut self) {
        let path = &self.moved.file.path;
        let Some(statements) = self.moved.source.doctest_imports.get(path) else {
            return;
        };
        let mut kept: Vec<(u32, String)> = Vec::new();
        for statement in statements {
            self.doctest(statement, &mut kept);
        }
        for (line, module) in kept.into_iter().take(NAMED) {
            let what = format!(
                "an example imports {}, which was not rewritten",
                shortened(&module)
            );
            self.report(Severity::Info, "doctest-import", what, line);
        }
    }

    fn doctest(&mut self, statement: &ImportStatement, kept: &mut Vec<(u32, String)>) {
        let line = statement.line;
        match &statement.kind {
            ImportKind::From {
                level: 0,
                module,
                module_range,
                names,
            } => match self.standing(module) {
                Standing::Placed(new) | Standing::Virtual(new) => {
                    self.doctest_name(*module_range, module, &new, line);
                }
                Standing::Empty(new) | Standing::Namespace(new)
                    if names.iter().all(|name| {
                        let member = self.standing(&format!("{module}.{}", name.name));
                        matches!(member, Standing::Placed(_) | Standing::Empty(_))
                    }) =>
                {
                    self.doctest_name(*module_range, module, &new, line);
                }
                Standing::Elsewhere => {}
                _ => kept.push((line, module.clone())),
            },
            ImportKind::From { .. } => {}
            ImportKind::Plain(names) => {
                for name in names {
                    let standing = self.standing(&name.module);
                    match (&standing, &name.alias) {
                        (Standing::Placed(new), Some(_)) => {
                            self.doctest_name(name.module_range, &name.module, new, line);
                        }
                        (Standing::Placed(new), None) if !name.module.contains('.') => {
                            let new = format!("{new} as {}", name.module);
                            self.doctest_name(name.range, &name.module, &new, line);
                        }
                        (Standing::Elsewhere, _) => {}
                        _ => kept.push((line, name.module.clone())),
                    }
                }
            }
        }
    }

    fn doctest_name(&mut self, range: ByteRange, old: &str, new: &str, line: u32) {
        if range.of(self.text) == Some(old) && !self.edits.cover(range) {
            self.edit(range, new, Transform::DoctestsRewritten, line);
        }
    }

    /// Tells of strings that name modules of the source and of code that looks at names of modules or keeps them beyond a run.
    pub(super) fn report_kept_names(&mut self) {
        if self.moved.tests.is_some() {
            return;
        }
        let facts = self.facts;
        let handled: BTreeSet<ByteRange> =
            facts.module_names.iter().map(|usage| usage.range).collect();
        let kept: Vec<&PathLiteral> = facts
            .path_literals
            .iter()
            .filter(|literal| {
                literal
                    .inside
                    .is_none_or(|inside| !handled.contains(&inside))
            })
            .filter(|literal| {
                literal
                    .inside
                    .is_none_or(|inside| !self.edits.cover(inside))
            })
            .filter(|literal| self.names_taken_object(&literal.text))
            .take(NAMED)
            .collect();
        for literal in kept {
            if literal.inside.is_some_and(|inside| self.is_edited(inside)) {
                continue;
            }
            let what = format!(
                "the text {} names a module of the original package and was kept",
                shortened(&literal.text)
            );
            self.report(Severity::Info, "module-name-kept", what, literal.line);
        }
        self.report_looks_at_names();
    }

    /// Says whether an edit begins in the range.
    fn is_edited(&self, range: ByteRange) -> bool {
        (1..=range.end.saturating_sub(range.start)).any(|length| {
            self.edits
                .cover(ByteRange::new(range.start, range.start + length))
        })
    }

    fn names_taken_object(&self, text: &str) -> bool {
        self.moved.names.named_module(text, true).is_some()
    }

    fn report_looks_at_names(&mut self) {
        let mut told = 0;
        for (number, line) in (1_u32..).zip(self.text.lines()) {
            let code = line.trim_start();
            if told >= NAMED || code.starts_with('#') {
                continue;
            }
            let (kind, what) = if is_pickling(code) {
                (
                    "pickled-names",
                    "what was pickled under the original names cannot be read back under the new ones",
                )
            } else if code.contains("__module__") && self.quotes_own_package(code) {
                (
                    "module-name-checked",
                    "the code compares or sets the name of a module of the original package, which was kept",
                )
            } else {
                continue;
            };
            told += 1;
            self.report(Severity::Info, kind, what.to_owned(), number);
        }
    }

    fn quotes_own_package(&self, code: &str) -> bool {
        self.moved.source.original_packages.iter().any(|package| {
            ['"', '\''].iter().any(|quote| {
                code.contains(&format!("{quote}{package}{quote}"))
                    || code.contains(&format!("{quote}{package}."))
            })
        })
    }
}

/// Says whether a line says how objects are pickled.
fn is_pickling(code: &str) -> bool {
    code.starts_with("def __reduce__")
        || code.starts_with("def __reduce_ex__")
        || code.starts_with("def find_class(")
        || code.contains("copyreg.pickle(")
}
