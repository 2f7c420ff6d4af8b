//! Import statements in examples of an interactive session (`>>>`), with their places in the file. Looks at texts; runs no example.

use synthesizer_model::{
    python::{ImportKind, ImportStatement},
    text::ByteRange,
};

use crate::languages::python;

/// The most statements of one file, and the longest one in bytes.
const MOST: usize = 2_000;
const LONGEST: usize = 4_096;

/// Lists the import statements of a text's examples, in their order, with ranges and lines of the text.
///
/// A statement counts when it parses as a whole; of one over several lines the first line must hold the module's name.
pub fn imports(text: &str) -> Vec<ImportStatement> {
    let mut found = Vec::new();
    let mut lines = lines_with_starts(text).enumerate().peekable();
    while let Some((number, (start, line))) = lines.next() {
        let Some((offset, code)) = after_prompt(line, ">>> ") else {
            continue;
        };
        if !(code.starts_with("import ") || code.starts_with("from ")) || code.len() > LONGEST {
            continue;
        }
        let mut statement = code.trim_end().to_owned();
        while let Some((_, (_, next))) = lines.peek() {
            let Some((_, more)) = after_prompt(next, "... ") else {
                break;
            };
            if statement.len() + more.len() > LONGEST {
                break;
            }
            statement.push('\n');
            statement.push_str(more.trim_end());
            lines.next();
        }
        let first_line = code.trim_end().len();
        let facts = python::parse(&statement);
        if !facts.syntax_errors.is_empty() {
            continue;
        }
        let line = u32::try_from(number + 1).unwrap_or(u32::MAX);
        let base = start + offset;
        let own = facts.imports.into_iter().filter(|one| one.line == 1);
        found.extend(own.filter_map(|one| moved(one, base, first_line, line)));
        if found.len() >= MOST {
            break;
        }
    }
    found
}

/// Gives a statement the place of its example; `None` when the ranges to edit leave its first line.
fn moved(
    mut statement: ImportStatement,
    base: usize,
    first_line: usize,
    line: u32,
) -> Option<ImportStatement> {
    let shift = |range: &mut ByteRange| {
        let fits = range.end <= first_line;
        *range = ByteRange::new(range.start + base, range.end + base);
        fits
    };
    let fits = match &mut statement.kind {
        ImportKind::From {
            module_range,
            names,
            ..
        } => {
            for name in names {
                shift(&mut name.range);
            }
            shift(module_range)
        }
        ImportKind::Plain(names) => names.iter_mut().all(|name| {
            let whole = shift(&mut name.range);
            shift(&mut name.module_range) && whole
        }),
    };
    shift(&mut statement.range);
    statement.line = line;
    fits.then_some(statement)
}

/// Gives what follows a prompt, and where in the line.
fn after_prompt<'l>(line: &'l str, prompt: &str) -> Option<(usize, &'l str)> {
    let trimmed = line.trim_start_matches([' ', '\t']);
    let code = trimmed.strip_prefix(prompt)?;
    Some((line.len() - code.len(), code))
}

fn lines_with_starts(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    text.split_inclusive('\n').map(move |line| {
        let own = start;
        start += line.len();
        (own, line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, u32)]) {
        let found: Vec<(String, u32)> = imports(text)
            .into_iter()
            .map(|statement| {
                let place = match &statement.kind {
                    ImportKind::From { module_range, .. } => *module_range,
                    ImportKind::Plain(names) => names[0].range,
                };
                (
                    place.of(text).expect("in the text").to_owned(),
                    statement.line,
                )
            })
            .collect();
        let found: Vec<(&str, u32)> = found
            .iter()
            .map(|(text, line)| (text.as_str(), *line))
            .collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn imports_of_examples_have_their_places() {
        check(
            "\"\"\"Doc.\n\n    >>> from a.b import c\n    >>> c()\n\"\"\"\n",
            &[("a.b", 3)],
        );
        check(
            "# é\n# >>> no\n>>> import a.b as c, d\n",
            &[("a.b as c", 3)],
        );
        check(">>> from a import (b,\n...     c)\n>>> x\n", &[("a", 1)]);
        check(">>> from a import (\n>>> import b\r\n", &[("b", 2)]);
        check(">>> from\n>>> import\n>>>import x\n", &[]);
        check("", &[]);
    }
}
