//! Comments that lead a definition. Reads no text but the white space before a comment.

use synthesizer_model::text::ByteRange;

use super::{node::Node, vocabulary::Vocabulary};

/// The last comments that stand on lines of their own without an empty line between them.
///
/// Give it every comment of a walk in order; it asks for no clearing in between, because what leads a definition ends on the line
/// before it.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct LeadingComments {
    run: Option<Run>,
}

#[derive(Debug, Clone, Copy)]
struct Run {
    range: ByteRange,
    last_line: u32,
}

impl LeadingComments {
    /// Takes the next comment.
    pub(crate) fn note<V: Vocabulary>(&mut self, comment: Node<'_, V>) {
        let range = comment.range();
        if !begins_its_line(comment.file_text(), range.start) {
            self.run = None;
            return;
        }
        let (first_line, last_line) = comment.lines();
        let start = match self.run {
            Some(run) if run.last_line.saturating_add(1) >= first_line => run.range.start,
            _ => range.start,
        };
        self.run = Some(Run {
            range: ByteRange::new(start, range.end),
            last_line,
        });
    }

    /// Gives the comments that end on the line before this one, marks included.
    pub(crate) fn before<'t>(&self, line: u32, file_text: &'t str) -> Option<&'t str> {
        let run = self.run?;
        if run.last_line.saturating_add(1) != line {
            return None;
        }
        run.range.of(file_text)
    }

    /// Forgets the comments: what follows is not what they lead.
    pub(crate) fn clear(&mut self) {
        self.run = None;
    }
}

/// Says whether nothing but white space stands before an offset on its line.
fn begins_its_line(text: &str, offset: usize) -> bool {
    let before = text.as_bytes().get(..offset).unwrap_or_default();
    before
        .iter()
        .rev()
        .find(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | 0x0c | 0x0b))
        .is_none_or(|byte| *byte == b'\n')
}
