//! Names of taken modules in the strings of tests: rewritten where a string is surely such a name, else reported once a file.

use synthesizer_model::{
    finding::Severity,
    python::PathLiteral,
    text::{ByteRange, LineIndex},
};

use super::{
    names::Standing,
    rewriting::{PythonRewrite, shortened},
};
use crate::rewriting::Transform;

/// Functions whose first argument is the dotted name of a module or of an object in one.
const NAMING: &[&str] = &[
    "delattr",
    "dict",
    "import_module",
    "importorskip",
    "multiple",
    "patch",
    "reload",
    "run_module",
    "setattr",
];

/// The longest text that can be the name of a module and an object.
const LONGEST: usize = 256;

impl PythonRewrite<'_> {
    /// Gives the names of modules in the strings of a test their new names.
    pub(super) fn rewrite_test_strings(&mut self) {
        if self.moved.tests.is_none() {
            return;
        }
        self.short_names();
        let facts = self.facts;
        let mut kept: Vec<(u32, &str)> = Vec::new();
        for literal in &facts.path_literals {
            let Some((module, new)) = self.placed_prefix(&literal.text) else {
                continue;
            };
            match literal
                .inside
                .filter(|_| self.names_a_module(literal, module))
            {
                Some(inside) => {
                    let range = ByteRange::new(inside.start, inside.start + module.len());
                    if !self.edits.cover(range) {
                        self.edit(range, new, Transform::NamesRewritten, literal.line);
                    }
                }
                None if literal
                    .inside
                    .is_none_or(|inside| !self.edits.cover(inside)) =>
                {
                    kept.push((literal.line, &literal.text));
                }
                None => {}
            }
        }
        if let Some((line, text)) = kept.first() {
            let what = format!(
                "{} strings of the test hold names of the original package, such as {}, and were kept",
                kept.len(),
                shortened(text)
            );
            self.report(Severity::Info, "test-names-kept", what, *line);
        }
    }

    /// Data that a test looks for above a taken module lies beside the tests, at the place of the module's import root.
    pub(super) fn rewrite_places(&mut self) {
        let Some(tests) = self.moved.tests else {
            return;
        };
        let lines = LineIndex::new(self.text);
        let folders = self.moved.file.import_path.split('/').count();
        for (start, (end, module)) in &tests.above {
            let range = ByteRange::new(*start, *end);
            if !range
                .of(self.text)
                .is_some_and(|text| text.ends_with("__file__"))
                || module.contains(['"', '\\', '\n'])
            {
                continue;
            }
            let new = format!(
                "__import__(\"os\").path.abspath(__file__ + \"/..\" * {folders} + \"/{module}\")"
            );
            self.edit(range, new, Transform::PathsRewritten, lines.line(*start));
        }
    }

    /// Finds the longest beginning of a dotted text that is a placed module, and its new name.
    fn placed_prefix<'t>(&self, text: &'t str) -> Option<(&'t str, String)> {
        let is_dotted = text.len() <= LONGEST
            && text.split('.').all(|part| {
                !part.is_empty()
                    && part
                        .chars()
                        .all(|character| character == '_' || character.is_alphanumeric())
            });
        if !is_dotted {
            return None;
        }
        let ends = text.rmatch_indices('.').map(|(dot, _)| dot);
        std::iter::once(text.len()).chain(ends).find_map(|end| {
            let module = &text[..end];
            match self.standing(module) {
                Standing::Placed(new) => Some((module, new)),
                _ => None,
            }
        })
    }

    /// Says whether the place of a literal tells that it is a name for the import system or a logger.
    fn names_a_module(&self, literal: &PathLiteral, module: &str) -> bool {
        let Some(inside) = literal.inside else {
            return false;
        };
        let before = before_literal(self.text, inside.start);
        if let Some(callee) = before.strip_suffix('(') {
            return NAMING.contains(&last_word(callee.trim_end()));
        }
        if before.ends_with(',') && follows_module_option(before) {
            return true;
        }
        // A logger has the new name when its module names it by its own.
        literal.text == module
            && self.logs_by_own_name(module)
            && (before.ends_with("logger=")
                || before.ends_with("getLogger(")
                || self.text.contains("caplog"))
    }

    fn logs_by_own_name(&self, module: &str) -> bool {
        let source = self.moved.source;
        let file = source
            .closure
            .files
            .iter()
            .find(|file| file.module.as_deref() == Some(module));
        let contents = file.and_then(|file| source.files.get(&file.path));
        contents.is_some_and(|contents| {
            let text = std::str::from_utf8(&contents.bytes).unwrap_or_default();
            text.contains("getLogger(__name__)")
        })
    }

    /// Names without a dot, at the places that are surely meant for modules.
    fn short_names(&mut self) {
        let lines = LineIndex::new(self.text);
        for opening in ["importorskip(", "\"-m\",", "'-m',"] {
            let found: Vec<usize> = self
                .text
                .match_indices(opening)
                .map(|(start, _)| start + opening.len())
                .collect();
            for start in found {
                let Some(range) = literal_at(self.text, start) else {
                    continue;
                };
                let name = range.of(self.text).unwrap_or_default();
                if name.contains('.') || self.edits.cover(range) {
                    continue;
                }
                if let Standing::Placed(new) = self.standing(name) {
                    let line = lines.line(start);
                    self.edit(range, new, Transform::NamesRewritten, line);
                }
            }
        }
    }
}

/// Gives the text before a literal, without the literal's own quotes and prefix and without white space before them.
fn before_literal(text: &str, inside: usize) -> &str {
    let before = text.get(..inside).unwrap_or_default();
    let before = before.trim_end_matches(['"', '\'']);
    before
        .trim_end_matches(|character: char| "rRbBuUfF".contains(character))
        .trim_end()
}

/// Says whether the last literal before a comma is `-m`.
fn follows_module_option(before: &str) -> bool {
    let rest = before.trim_end_matches(',').trim_end();
    rest.ends_with("\"-m\"") || rest.ends_with("'-m'")
}

fn last_word(text: &str) -> &str {
    let start = text
        .rfind(|character: char| !(character == '_' || character.is_alphanumeric()))
        .map_or(0, |position| {
            position + text[position..].chars().next().map_or(1, char::len_utf8)
        });
    &text[start..]
}

/// Gives the inside of a plain literal that begins after white space.
fn literal_at(text: &str, start: usize) -> Option<ByteRange> {
    let rest = text.get(start..)?;
    let trimmed = rest.trim_start();
    let quote = trimmed
        .chars()
        .next()
        .filter(|quote| matches!(quote, '"' | '\''))?;
    let inside = start + (rest.len() - trimmed.len()) + 1;
    let bytes = &text.as_bytes()[inside..text.len().min(inside + LONGEST)];
    let length = bytes
        .iter()
        .position(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_'))?;
    (length > 0 && bytes.get(length) == Some(&(quote as u8)))
        .then(|| ByteRange::new(inside, inside + length))
}
