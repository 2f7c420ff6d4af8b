//! Line numbers of byte offsets, for languages whose lines end with LF. Made once a text; a look-up is a binary search.

/// Where the lines of a text begin.
#[derive(Debug)]
pub(crate) struct LineStarts {
    starts: Vec<u32>,
}

impl LineStarts {
    /// Finds the lines of a text shorter than 4 GiB; offsets beyond count as the last line.
    pub(crate) fn new(text: &str) -> Self {
        let after = memchr::memchr_iter(b'\n', text.as_bytes()).map(|position| position + 1);
        let starts = std::iter::once(0)
            .chain(after)
            .map_while(|start| u32::try_from(start).ok())
            .collect();
        Self { starts }
    }

    /// Gives the line of an offset, counted from 1.
    pub(crate) fn line(&self, offset: usize) -> u32 {
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        let line = self.starts.partition_point(|start| *start <= offset);
        u32::try_from(line).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_from_one() {
        let lines = LineStarts::new("a\nb\r\n\nd");
        assert_eq!(
            [0, 1, 2, 5, 6, 99].map(|offset| lines.line(offset)),
            [1, 1, 2, 3, 4, 4]
        );
        assert_eq!(LineStarts::new("").line(0), 1);
    }
}
