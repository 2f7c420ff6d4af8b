//! Tables of what [`super::parse`] finds; each row is a text and the facts in a short notation.

mod imports;
mod module_names;
mod resolution;
mod robustness;
mod string_uses;
mod surface;
mod uses;

use synthesizer_model::python::{Circumstances, DottedUse, ImportKind, PythonFile};

use super::parse;

/// Parses a text that must have no syntax errors.
fn parsed(text: &str) -> PythonFile {
    let file = parse(text);
    assert_eq!(file.syntax_errors, [], "in {text:?}");
    file
}

/// Circumstances as letters: `f`unction, `t`ype checking, `g`uarded, fall`b`ack.
fn letters(circumstances: Circumstances) -> String {
    let all = [
        (circumstances.in_function, 'f'),
        (circumstances.type_checking, 't'),
        (circumstances.guarded, 'g'),
        (circumstances.fallback, 'b'),
    ];
    all.iter()
        .filter(|(is_set, _)| *is_set)
        .map(|(_, letter)| letter)
        .collect()
}

/// Uses as `a.b`, with `"` for those in strings and `()` for those in functions; checks that the ranges hold the parts.
fn shown_uses(text: &str, uses: &[DottedUse]) -> Vec<String> {
    uses.iter()
        .map(|found| {
            let slices: Vec<&str> = found
                .ranges
                .iter()
                .map(|range| range.of(text).unwrap())
                .collect();
            assert_eq!(slices, found.parts, "in {text:?}");
            let in_string = if found.in_string { "\"" } else { "" };
            let in_function = if found.in_function { "()" } else { "" };
            format!("{in_string}{}{in_function}", found.parts.join("."))
        })
        .collect()
}

/// The modules of plain imports whose uses are not exact.
fn inexact(file: &PythonFile) -> Vec<&str> {
    file.imports
        .iter()
        .filter_map(|import| match &import.kind {
            ImportKind::Plain(names) => Some(names),
            ImportKind::From { .. } => None,
        })
        .flatten()
        .filter(|name| !name.uses_are_exact)
        .map(|name| name.module.as_str())
        .collect()
}
