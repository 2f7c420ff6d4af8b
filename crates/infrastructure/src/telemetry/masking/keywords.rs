//! Finds many short keywords in text at once, in one pass: tables of how they begin, then the keywords that begin so.
//!
//! Each place is looked at on its own, so the work is linear and the processor overlaps it; an automaton would wait at every byte for
//! the state that the byte before led to. Must not know what the keywords are for.

/// The length of the shortest keyword.
pub(super) const SHORTEST: usize = 3;

/// How many slots a table has.
const SLOTS: usize = 1 << u16::BITS;

/// A slot without keywords.
const EMPTY: u16 = u16::MAX;

/// Keywords, ready to be found.
pub(super) struct Keywords<T> {
    /// Those of three characters.
    short: Table<T, 0x00ff_ffff>,
    /// The others, by their first four: that many fewer words of other text begin so.
    long: Table<T, 0xffff_ffff>,
}

/// Keywords by how they begin: `KEPT` has the bits of the bytes that count.
struct Table<T, const KEPT: u32> {
    /// One bit for each slot that is in use: this is what the pass reads, and it stays in the nearest cache.
    used: Vec<u64>,
    /// Where the keywords of a slot begin in the list.
    slots: Vec<u16>,
    /// Sorted by slot.
    list: Vec<Keyword<T>>,
}

/// One keyword.
struct Keyword<T> {
    slot: u16,
    /// Which bits of its first eight bytes tell it from others, and those bits.
    mask: u64,
    head: u64,
    text: String,
    any_case: bool,
    owner: T,
}

/// What to look for, and what it means.
pub(super) struct Wanted<'a, T> {
    pub(super) text: &'a str,
    /// Whether letters of ASCII match in either case.
    pub(super) any_case: bool,
    pub(super) owner: T,
}

impl<T> Keywords<T> {
    /// Takes keywords of ASCII, each of at least three characters and without NUL.
    pub(super) fn new<'a>(wanted: impl IntoIterator<Item = Wanted<'a, T>>) -> Self {
        let (short, long): (Vec<_>, Vec<_>) = wanted
            .into_iter()
            .inspect(|wanted| {
                assert!(
                    wanted.text.is_ascii() && wanted.text.len() >= SHORTEST,
                    "keywords have at least three characters of ASCII"
                );
            })
            .partition(|wanted| wanted.text.len() == SHORTEST);
        Self {
            short: Table::new(short),
            long: Table::new(long),
        }
    }

    /// Calls `found` with the owner of each keyword in the text and with where it begins and ends, in the order of beginnings.
    pub(super) fn each<'a>(&'a self, text: &str, mut found: impl FnMut(&'a T, usize, usize)) {
        let bytes = text.as_bytes();
        let mut start = 0;
        // Four beginnings at a time, of which mostly none is that of a keyword.
        while let Some(window) = bytes[start..].first_chunk() {
            let window = u64::from_le_bytes(*window);
            let windows = [window, window >> 8, window >> 16, window >> 24];
            let is_any = windows.iter().fold(false, |any, window| {
                any | self.short.has(*window) | self.long.has(*window)
            });
            if is_any {
                for (offset, window) in windows.into_iter().enumerate() {
                    self.at(bytes, start + offset, window, &mut found);
                }
            }
            start += windows.len();
        }
        while start + SHORTEST <= bytes.len() {
            self.at(bytes, start, head(&bytes[start..]), &mut found);
            start += 1;
        }
    }

    fn at<'a>(
        &'a self,
        bytes: &[u8],
        start: usize,
        window: u64,
        found: &mut impl FnMut(&'a T, usize, usize),
    ) {
        if self.short.has(window) {
            self.short.at(bytes, start, found);
        }
        if self.long.has(window) {
            self.long.at(bytes, start, found);
        }
    }
}

impl<T, const KEPT: u32> Table<T, KEPT> {
    fn new(wanted: Vec<Wanted<'_, T>>) -> Self {
        let mut list: Vec<Keyword<T>> = wanted
            .into_iter()
            .map(|wanted| {
                let bytes = wanted.text.as_bytes();
                let mask = mask(bytes, wanted.any_case);
                Keyword {
                    slot: Self::slot(head(bytes)),
                    mask,
                    head: head(bytes) & mask,
                    text: wanted.text.to_owned(),
                    any_case: wanted.any_case,
                    owner: wanted.owner,
                }
            })
            .collect();
        list.sort_by_key(|keyword| keyword.slot);
        let mut used = vec![0; SLOTS / 64];
        let mut slots = vec![EMPTY; SLOTS];
        for (index, keyword) in list.iter().enumerate().rev() {
            used[usize::from(keyword.slot >> 6)] |= 1_u64 << (keyword.slot & 63);
            slots[usize::from(keyword.slot)] =
                u16::try_from(index).expect("fewer keywords than slots");
        }
        Self { used, slots, list }
    }

    /// Gives the slot of what text begins with, the same for letters of either case.
    fn slot(window: u64) -> u16 {
        let [first, second, third, fourth, ..] = (window | 0x2020_2020).to_le_bytes();
        let beginning = u32::from_le_bytes([first, second, third, fourth]) & KEPT;
        let [.., low, high] = beginning.wrapping_mul(0x9E37_79B1).to_le_bytes();
        u16::from_le_bytes([low, high])
    }

    /// Says whether some keyword begins as this does, or may.
    fn has(&self, window: u64) -> bool {
        let slot = Self::slot(window);
        self.used[usize::from(slot >> 6)] >> (slot & 63) & 1 == 1
    }

    #[inline(never)]
    fn at<'a>(&'a self, bytes: &[u8], start: usize, found: &mut impl FnMut(&'a T, usize, usize)) {
        let head = head(&bytes[start..]);
        let slot = Self::slot(head);
        let first = self.slots[usize::from(slot)];
        if first == EMPTY {
            return;
        }
        let same_slot = self.list[usize::from(first)..]
            .iter()
            .take_while(|keyword| keyword.slot == slot)
            .filter(|keyword| head & keyword.mask == keyword.head);
        for keyword in same_slot {
            let end = start + keyword.text.len();
            let is_here = bytes.get(start..end).is_some_and(|here| {
                if keyword.any_case {
                    here.eq_ignore_ascii_case(keyword.text.as_bytes())
                } else {
                    here == keyword.text.as_bytes()
                }
            });
            if is_here {
                found(&keyword.owner, start, end);
            }
        }
    }
}

/// Gives the first eight bytes as one number; zeros stand for those that are missing.
fn head(bytes: &[u8]) -> u64 {
    match bytes.first_chunk() {
        Some(chunk) => u64::from_le_bytes(*chunk),
        None => bytes
            .iter()
            .rev()
            .fold(0, |head, byte| (head << 8) | u64::from(*byte)),
    }
}

/// Gives the bits of the first eight bytes that a text must share with the keyword; the bit that tells capitals apart only if that matters.
fn mask(keyword: &[u8], any_case: bool) -> u64 {
    let bits = |byte: &u8| {
        if any_case && byte.is_ascii_alphabetic() {
            0xdf
        } else {
            0xff
        }
    };
    let masks: Vec<u8> = keyword.iter().map(bits).collect();
    head(&masks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, usize)]) {
        let wanted = [
            ("abc", false),
            ("abcd", false),
            ("Token", true),
            ("-us", false),
        ];
        let keywords = Keywords::new(wanted.map(|(text, any_case)| Wanted {
            text,
            any_case,
            owner: text,
        }));
        let mut found = Vec::new();
        keywords.each(text, |owner, start, end| {
            assert_eq!(end - start, owner.len());
            found.push((*owner, start));
        });
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn keywords_are_found_where_they_begin() {
        check("", &[]);
        check("ab", &[]);
        check("abc", &[("abc", 0)]);
        check("xabcd", &[("abc", 1), ("abcd", 1)]);
        check("ABC aBC", &[]);
        check("tOKEN toke", &[("Token", 0)]);
        check("\u{e9}en-us", &[("-us", 4)]);
        check("\u{d}us @bc", &[]);
    }
}
