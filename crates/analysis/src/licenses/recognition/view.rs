//! A text as the pairs of neighbouring words of any range of its lines.

use std::ops::Range;

use super::{
    lines::Lines,
    prefixes::Prefixes,
    segments::{Segments, hash_of_pair},
    statements,
};

/// A text whose ranges of lines are compared.
#[derive(Debug)]
pub(super) struct View<'l> {
    lines: Vec<&'l str>,
    segments: Segments,
    prefixes: Prefixes<'l>,
}

impl<'l> View<'l> {
    /// Prepares normalized lines.
    pub(super) fn of(lines: &'l Lines) -> Self {
        let lines: Vec<&str> = lines.iter().collect();
        Self {
            segments: Segments::of(lines.iter().copied()),
            prefixes: Prefixes::of(&lines),
            lines,
        }
    }

    /// Counts the lines.
    pub(super) fn lines(&self) -> usize {
        self.lines.len()
    }

    /// Empties lines, so that they fit nothing any more.
    pub(super) fn blank(&mut self, lines: Range<usize>) {
        for line in self.lines.get_mut(lines.clone()).unwrap_or_default() {
            *line = "";
        }
        self.segments.blank(lines);
        self.prefixes = Prefixes::of(&self.lines);
    }

    /// Calls `pair` with each pair of neighbouring words of a range of lines.
    pub(super) fn pairs(&self, lines: Range<usize>, pair: impl FnMut(u32)) {
        match self.prefixes.common(lines.clone()) {
            None => pairs_of(&self.segments, lines, pair),
            Some(prefix) => {
                let lines = self.lines.get(lines).unwrap_or_default().iter();
                let segments = Segments::of(
                    lines.map(|line| line.strip_prefix(prefix).unwrap_or(line).trim()),
                );
                pairs_of(&segments, 0..segments.lines(), pair);
            }
        }
    }
}

fn pairs_of(segments: &Segments, lines: Range<usize>, mut pair: impl FnMut(u32)) {
    let mut last = None;
    statements::keep_others(segments.of_lines(lines), |segment| {
        for word in segments.words(segment) {
            if let Some(last) = last.replace(*word) {
                pair(hash_of_pair(last, *word));
            }
        }
    });
}

/// How much two texts have in common: twice the pairs of both, of all pairs.
pub(super) fn share(common: u32, one: usize, other: usize) -> f32 {
    if one == 0 || other == 0 {
        return 0.0;
    }
    (2.0 * common as f32) / ((one + other) as f32)
}
