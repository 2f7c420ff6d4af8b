//! Which comments lead a declaration: those that end on the line before it.

use synthesizer_model::text::ByteRange;

/// The comments of a text, in order.
pub(super) struct Comments<'t> {
    pub(super) text: &'t str,
    pub(super) list: Vec<ByteRange>,
}

impl<'t> Comments<'t> {
    /// Gives the comments that lead what begins at an offset, marks included, and where they begin.
    pub(super) fn before(&self, offset: usize) -> Option<(&'t str, usize)> {
        let after = self.list.partition_point(|comment| comment.end <= offset);
        let last = *self.list.get(after.checked_sub(1)?)?;
        if !self.touch(last.end, offset) || !self.begins_its_line(last.start) {
            return None;
        }
        let mut first = last;
        for comment in self.list[..after - 1].iter().rev() {
            if !self.touch(comment.end, first.start) || !self.begins_its_line(comment.start) {
                break;
            }
            first = *comment;
        }
        let text = self.text.get(first.start..last.end)?;
        Some((text, first.start))
    }

    /// Says whether nothing but the end of one line stands between two places.
    fn touch(&self, end: usize, start: usize) -> bool {
        let between = self.text.as_bytes().get(end..start).unwrap_or(b"x");
        let mut ends = 0;
        for byte in between {
            match byte {
                b'\n' => ends += 1,
                b' ' | b'\t' | b'\r' => {}
                _ => return false,
            }
            if ends > 1 {
                return false;
            }
        }
        ends == 1
    }

    fn begins_its_line(&self, start: usize) -> bool {
        let before = self.text.as_bytes().get(..start).unwrap_or_default();
        before
            .iter()
            .rev()
            .find(|byte| !matches!(byte, b' ' | b'\t' | b'\r'))
            .is_none_or(|byte| *byte == b'\n')
    }
}
