//! The text of a file with its line starts; turns the parser's ranges into the model's.

use ruff_text_size::TextRange;
use synthesizer_model::text::{ByteRange, LineIndex, LinesInOrder};

/// A text and the way from offsets to lines.
pub(super) struct Source<'t> {
    pub(super) text: &'t str,
    lines: LineIndex,
}

impl<'t> Source<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            lines: LineIndex::new(text),
        }
    }

    /// Gives the line of a byte offset, counted from 1.
    pub(super) fn line(&self, offset: usize) -> u32 {
        self.lines.line(offset)
    }

    /// Gives lines of offsets that never go back.
    pub(super) fn lines_in_order(&self) -> LinesInOrder<'_> {
        self.lines.in_order()
    }

    /// Gives the text of a range; empty if the range does not lie on character boundaries.
    pub(super) fn slice(&self, range: ByteRange) -> &'t str {
        self.text.get(range.start..range.end).unwrap_or_default()
    }
}

/// Turns a parser's range into a byte range of the same text.
pub(super) fn byte_range(range: TextRange) -> ByteRange {
    ByteRange::new(range.start().to_usize(), range.end().to_usize())
}
