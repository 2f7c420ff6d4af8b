//! What the lines of a text have in common at their start, such as the sign of a comment.

use std::{cmp::Reverse, collections::HashMap, ops::Range};

/// The shortest start that counts, in bytes.
const SHORTEST: usize = 4;
/// In how many of the lines it must be.
const SHARE_OF_LINES: f32 = 0.8;

/// The common starts of neighbouring lines.
#[derive(Debug, Default)]
pub(super) struct Prefixes<'l> {
    starts: Vec<&'l str>,
    /// For each line but the last, what it has in common with the next one.
    of_lines: Vec<Option<usize>>,
}

impl<'l> Prefixes<'l> {
    /// Compares each line with the next one.
    pub(super) fn of(lines: &[&'l str]) -> Self {
        let mut starts = Vec::new();
        let mut known: HashMap<&str, usize> = HashMap::new();
        let of_lines = lines
            .windows(2)
            .map(|pair| {
                let start = common_start(pair[0], pair[1]);
                (start.len() >= SHORTEST).then(|| {
                    *known.entry(start).or_insert_with(|| {
                        starts.push(start);
                        starts.len() - 1
                    })
                })
            })
            .collect();
        Self { starts, of_lines }
    }

    /// Gives the start that most lines of a range have, when they are enough; of equal ones the shortest and first.
    pub(super) fn common(&self, lines: Range<usize>) -> Option<&'l str> {
        let needed = (SHARE_OF_LINES * lines.len() as f32) as usize;
        let pairs = self
            .of_lines
            .get(lines.start..lines.end.saturating_sub(1))
            .unwrap_or_default();
        let found = pairs.iter().flatten().count();
        // A start counts once for each pair and once for itself.
        if found == 0 || 2 * found < needed {
            return None;
        }
        let mut counts = vec![0_usize; self.starts.len()];
        for start in pairs.iter().flatten() {
            counts[*start] += if counts[*start] == 0 { 2 } else { 1 };
        }
        let counted = || self.starts.iter().copied().zip(counts.iter().copied());
        let (most, _) =
            counted().max_by_key(|(start, count)| (*count, Reverse((start.len(), *start))))?;
        let with_longer: usize = counted()
            .filter(|(start, _)| start.starts_with(most))
            .map(|(_, count)| count)
            .sum();
        (with_longer >= needed).then_some(most)
    }
}

fn common_start<'l>(line: &'l str, next: &str) -> &'l str {
    let same = line
        .bytes()
        .zip(next.bytes())
        .take_while(|(left, right)| left == right)
        .count();
    line[..line.floor_char_boundary(same)].trim()
}
