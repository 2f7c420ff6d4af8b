//! Counts lines of code. Comments, docstrings and blank lines are none.

use ruff_python_ast::token::{Token, TokenKind};
use ruff_text_size::{Ranged, TextRange};
use synthesizer_model::text::ByteRange;

use super::source::{Source, byte_range};

/// Counts the lines that hold at least part of a token other than a comment, a line's end or a docstring.
///
/// `docstrings` are in source order. The blank lines inside a string of several lines do not count.
pub(super) fn count(source: &Source<'_>, tokens: &[Token], docstrings: &[TextRange]) -> usize {
    let mut docstrings = docstrings.iter().peekable();
    let mut lines = source.lines_in_order();
    let mut counted = 0;
    let mut last_line = 0;
    for token in tokens {
        while docstrings
            .next_if(|docstring| docstring.end() <= token.start())
            .is_some()
        {}
        let in_docstring = docstrings
            .peek()
            .is_some_and(|docstring| docstring.contains_range(token.range()));
        if in_docstring || !is_code(token.kind()) {
            continue;
        }
        let range = byte_range(token.range());
        let first = lines.line(range.start);
        if first > last_line {
            counted += 1;
            last_line = first;
        }
        let last = lines.line(range.end.saturating_sub(1).max(range.start));
        if last > first {
            let further = further_lines(source, range);
            counted += further.iter().filter(|is_code| **is_code).count();
            // What follows on a last line that is blank so far counts it.
            let is_last_code = further.last().is_some_and(|is_code| *is_code);
            last_line = if is_last_code { last } else { last - 1 };
        }
    }
    counted
}

/// Says of each line after the first of a token whether the token puts anything there.
fn further_lines(source: &Source<'_>, range: ByteRange) -> Vec<bool> {
    source
        .slice(range)
        .lines()
        .skip(1)
        .map(|line| !line.trim().is_empty())
        .collect()
}

fn is_code(kind: TokenKind) -> bool {
    !kind.is_trivia()
        && !matches!(
            kind,
            TokenKind::Newline | TokenKind::Indent | TokenKind::Dedent | TokenKind::EndOfFile
        )
}
