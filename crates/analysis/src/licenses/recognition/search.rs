//! The range of lines of a text that fits one text of the list best, found by search for its end and then for its start.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hasher, RandomState},
    ops::Range,
};

use super::{
    index::Index,
    view::{View, share},
};

/// How many pairs that the text of the list lacks are remembered as such.
const MOST_REMEMBERED: usize = 1 << 16;

/// Finds the range of lines that fits a text of the list best, and how well it fits.
///
/// The search halves ranges by comparing two places, as if fitness had one peak; it looks at some fifty ranges.
pub(super) fn best_range(view: &View<'_>, index: &Index, variant: usize) -> (Range<usize>, f32) {
    let mut comparison = Comparison {
        view,
        index,
        variant,
        size: index.variants.get(variant).map_or(0, |text| text.pairs),
        pairs: HashMap::default(),
        round: 0,
    };
    let (end, _) = best_place(0..view.lines(), |end| comparison.score(0..end));
    let (start, score) = best_place(0..end, |start| comparison.score(start..end));
    (start..end, score)
}

/// Finds the place from the start to the end of a range, both included, with the best score; of equal ones the last.
fn best_place(range: Range<usize>, mut score: impl FnMut(usize) -> f32) -> (usize, f32) {
    let (mut left, mut right) = (range.start, range.end);
    while right - left > 3 {
        let low = (left * 2 + right) / 3;
        let high = (left + right * 2) / 3;
        if score(low) > score(high) {
            right = high - 1;
        } else {
            left = low + 1;
        }
    }
    (left..=right)
        .map(|place| (place, score(place)))
        .fold(
            (0, 0.0),
            |best, next| {
                if next.1 >= best.1 { next } else { best }
            },
        )
}

/// Ranges of lines against one text of the list.
struct Comparison<'c> {
    view: &'c View<'c>,
    index: &'c Index,
    variant: usize,
    size: usize,
    pairs: HashMap<u32, Pair, Keyed>,
    /// Counts the ranges.
    round: u32,
}

/// A pair of words that was seen.
#[derive(Clone, Copy)]
struct Pair {
    /// How often the text of the list has it.
    most: u32,
    /// How often the range of the round has it, of that.
    seen: u32,
    round: u32,
}

impl Comparison<'_> {
    fn score(&mut self, lines: Range<usize>) -> f32 {
        self.round += 1;
        let (mut all, mut common) = (0, 0);
        self.view.pairs(lines, |hash| {
            all += 1;
            let pair = match self.pairs.get_mut(&hash) {
                Some(pair) => pair,
                None => {
                    let most = self.index.count(hash, self.variant);
                    if most == 0 && self.pairs.len() >= MOST_REMEMBERED {
                        return;
                    }
                    self.pairs.entry(hash).or_insert(Pair {
                        most,
                        seen: 0,
                        round: self.round,
                    })
                }
            };
            if pair.round != self.round {
                (pair.seen, pair.round) = (0, self.round);
            }
            if pair.seen < pair.most {
                pair.seen += 1;
                common += 1;
            }
        });
        share(common, all, self.size)
    }
}

/// Hashes what is a hash already with a secret key, so that a text cannot be made of pairs that meet in one place.
#[derive(Clone)]
struct Keyed(u64);

impl Default for Keyed {
    fn default() -> Self {
        Self(RandomState::new().build_hasher().finish())
    }
}

impl BuildHasher for Keyed {
    type Hasher = KeyedHash;

    fn build_hasher(&self) -> KeyedHash {
        KeyedHash(self.0)
    }
}

struct KeyedHash(u64);

impl Hasher for KeyedHash {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }

    fn write_u32(&mut self, number: u32) {
        let mixed = u128::from(self.0 ^ u64::from(number)) * 0x9e37_79b9_7f4a_7c15;
        self.0 = (mixed >> 64) as u64 ^ mixed as u64;
    }
}
