//! The texts of the SPDX list as counted pairs of words, read in place from a generated file (`data/licenses/index.bin`).
//!
//! The file says for each pair (by its hash) in which texts it is and how often. First come the texts: their number, and
//! for each the length of its license's name, the name, and how many pairs it has; a length of 0 stands for the name before.
//! Then come, by the first bits of a pair's hash, where the pairs with these bits are; and then the pairs.

use std::{cmp::Ordering, sync::OnceLock};

use super::{number, view::share};

const FILE: &[u8] = include_bytes!("../../../data/licenses/index.bin");
/// By how many bits of the hash a pair is found; one byte counts the pairs of such a group.
pub(super) const GROUP_BITS: u32 = 13;
/// The rest of the hash, before the length of the pair's list.
pub(super) const REST_BITS: u32 = 32 - GROUP_BITS;
pub(super) const LENGTH_BITS: u32 = 5;
/// Stands for a length that comes before the list, in two bytes.
pub(super) const LONG: u32 = (1 << LENGTH_BITS) - 1;

/// A text of the list.
#[derive(Debug)]
pub(super) struct Variant {
    /// The identifier of its license.
    pub name: &'static str,
    /// How many pairs of words it has.
    pub pairs: usize,
}

/// The text of the list that fits best.
#[derive(Debug, Clone, Copy)]
pub(super) struct Best {
    pub name: &'static str,
    pub score: f32,
    /// Its place in the list.
    pub variant: usize,
}

/// The index of the list's texts.
#[derive(Debug, Default)]
pub(super) struct Index {
    pub variants: Vec<Variant>,
    groups: &'static [u8],
    lists: &'static [u8],
}

/// Gives the index; one that cannot be read is empty.
pub(super) fn index() -> &'static Index {
    static INDEX: OnceLock<Index> = OnceLock::new();
    INDEX.get_or_init(|| Index::read(FILE).unwrap_or_default())
}

impl Index {
    fn read(mut file: &'static [u8]) -> Option<Self> {
        let count = number(&mut file)?;
        let mut name = "";
        let mut variants = Vec::new();
        for _ in 0..count {
            let length = number(&mut file)? as usize;
            if length > 0 {
                let (bytes, rest) = file.split_at_checked(length)?;
                name = str::from_utf8(bytes).ok()?;
                file = rest;
            }
            let pairs = number(&mut file)? as usize;
            variants.push(Variant { name, pairs });
        }
        let (groups, lists) = file.split_at_checked(((1 << GROUP_BITS) + 1) * 4)?;
        Some(Self {
            variants,
            groups,
            lists,
        })
    }

    /// Finds the text that has most in common with sorted pairs; of equal ones, the shortest name and then the first.
    pub(super) fn best(&self, pairs: &[u32]) -> Option<Best> {
        let mut common = vec![0_u32; self.variants.len()];
        for same in pairs.chunk_by(|left, right| left == right) {
            for (variant, count) in self.list(same[0]) {
                if let Some(common) = common.get_mut(variant) {
                    *common += count.min(same.len() as u32);
                }
            }
        }
        let scored = self.variants.iter().zip(common).enumerate();
        let best = scored.map(|(variant, (Variant { name, pairs: all }, common))| Best {
            name,
            score: share(common, pairs.len(), *all),
            variant,
        });
        best.max_by(|left, right| {
            let by_score = left
                .score
                .partial_cmp(&right.score)
                .unwrap_or(Ordering::Equal);
            by_score
                .then_with(|| right.name.len().cmp(&left.name.len()))
                .then_with(|| right.name.cmp(left.name))
        })
    }

    /// Tells how often a text has a pair.
    pub(super) fn count(&self, pair: u32, variant: usize) -> u32 {
        self.list(pair)
            .find(|(other, _)| *other >= variant)
            .filter(|(other, _)| *other == variant)
            .map_or(0, |(_, count)| count)
    }

    /// Gives the texts that have a pair, in order, and how often.
    fn list(&self, pair: u32) -> List {
        List {
            bytes: self.bytes(pair).unwrap_or_default(),
            variant: 0,
        }
    }

    fn bytes(&self, pair: u32) -> Option<&'static [u8]> {
        let group = (pair >> REST_BITS) as usize;
        let wanted = pair & ((1 << REST_BITS) - 1);
        let lists = self.lists.get(self.start(group)?..self.start(group + 1)?)?;
        let (count, lists) = lists.split_first()?;
        let (heads, mut lists) = lists.split_at_checked(3 * usize::from(*count))?;
        for head in heads.chunks_exact(3) {
            let head = u32::from_le_bytes([head[0], head[1], head[2], 0]);
            let mut length = (head & LONG) as usize;
            if length == LONG as usize {
                let (long, rest) = lists.split_first_chunk::<2>()?;
                length = usize::from(u16::from_le_bytes(*long));
                lists = rest;
            }
            let (list, rest) = lists.split_at_checked(length)?;
            match (head >> LENGTH_BITS).cmp(&wanted) {
                Ordering::Less => lists = rest,
                Ordering::Equal => return Some(list),
                Ordering::Greater => return None,
            }
        }
        None
    }

    fn start(&self, group: usize) -> Option<usize> {
        let bytes = self.groups.get(4 * group..)?.first_chunk::<4>()?;
        usize::try_from(u32::from_le_bytes(*bytes)).ok()
    }
}

/// The texts that have a pair: for each how much later it is in the list, times two, plus one when the number that follows
/// plus two is how often it has the pair, and not once.
struct List {
    bytes: &'static [u8],
    variant: usize,
}

impl Iterator for List {
    type Item = (usize, u32);

    fn next(&mut self) -> Option<Self::Item> {
        let step = number(&mut self.bytes)?;
        self.variant += (step >> 1) as usize;
        let count = if step & 1 == 1 {
            number(&mut self.bytes)?.saturating_add(2)
        } else {
            1
        };
        Some((self.variant, count))
    }
}
