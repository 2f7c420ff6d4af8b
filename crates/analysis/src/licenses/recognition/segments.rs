//! The lines of a text as words (by their hash), with what is needed to leave out titles and copyright statements.

use std::ops::Range;

use memchr::memmem;

use super::characters::{Kind, kind};

/// A line, or a part of one that ends with another line end than `\n`.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    /// Where its words are.
    pub words: Range<usize>,
    /// It has no character.
    pub was_empty: bool,
    /// It has no character but punctuation.
    pub is_empty: bool,
    /// As the first line, with an empty one after it, it is a title.
    pub is_title: bool,
    pub copyright: Copyright,
    /// What it is after the words "copyright" and a name or year at the end of the line before.
    pub goes_on: Chain,
}

/// Where a segment says "copyright".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Copyright {
    Nowhere,
    Inside,
    AfterSpace,
    /// At the start; with what follows there.
    AtStart(Chain),
}

/// How far a row of `c` and numbers goes from some place of a segment, as after "copyright".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chain {
    /// There is none.
    Missing,
    /// Only white space follows: the next segment tells.
    Open,
    /// It ends inside the segment.
    Ends,
    /// It fills the segment, and may go on in the next one.
    Through,
}

/// The segments of the lines of a text.
#[derive(Debug)]
pub(super) struct Segments {
    words: Vec<u64>,
    /// The first is an empty one, for lines that were blanked.
    segments: Vec<Segment>,
    of_lines: Vec<Range<usize>>,
    /// The current segment in small letters, without punctuation.
    plain: String,
}

impl Segments {
    /// Splits normalized lines.
    pub(super) fn of<'l>(lines: impl Iterator<Item = &'l str>) -> Self {
        let mut segments = Self {
            words: Vec::new(),
            segments: Vec::new(),
            of_lines: Vec::new(),
            plain: String::new(),
        };
        segments.add("");
        for line in lines {
            let start = segments.segments.len();
            for part in line.split(['\r', '\n', '\u{b}', '\u{c}']) {
                segments.add(part);
            }
            segments.of_lines.push(start..segments.segments.len());
        }
        segments
    }

    /// Counts the lines.
    pub(super) fn lines(&self) -> usize {
        self.of_lines.len()
    }

    /// Empties lines.
    pub(super) fn blank(&mut self, lines: Range<usize>) {
        for line in self.of_lines.get_mut(lines).unwrap_or_default() {
            *line = 0..1;
        }
    }

    /// Gives the segments of a range of lines.
    pub(super) fn of_lines(&self, lines: Range<usize>) -> impl Iterator<Item = &Segment> {
        self.of_lines
            .get(lines)
            .unwrap_or_default()
            .iter()
            .flat_map(|line| self.segments.get(line.clone()).unwrap_or_default())
    }

    /// Gives the words of a segment.
    pub(super) fn words(&self, segment: &Segment) -> &[u64] {
        self.words.get(segment.words.clone()).unwrap_or_default()
    }

    fn add(&mut self, raw: &str) {
        self.plain.clear();
        self.plain.extend(raw.chars().filter(|c| is_plain(*c)));
        if self.plain.is_ascii() {
            self.plain.make_ascii_lowercase();
        } else {
            // A whole line at a time: what a letter becomes can depend on its neighbours.
            self.plain = self.plain.to_lowercase();
        }
        let start = self.words.len();
        self.words
            .extend(self.plain.split_whitespace().map(hash_of_word));
        self.segments.push(Segment {
            words: start..self.words.len(),
            was_empty: raw.is_empty(),
            is_empty: self.plain.is_empty(),
            is_title: is_title(&self.plain),
            copyright: copyright(&self.plain),
            goes_on: chain(&self.plain, true),
        });
    }
}

fn is_plain(character: char) -> bool {
    match kind(character) {
        Kind::Letter | Kind::Digit | Kind::Blank | Kind::Break | Kind::Under | Kind::Circled => {
            // These count as blank, but are punctuation; there are none left in normalized lines.
            !matches!(character, '/' | '\\')
        }
        Kind::Junk | Kind::Quote | Kind::Dash | Kind::Open | Kind::Close | Kind::Mark => false,
    }
}

/// Hashes a word (FNV-1a); the index was made with it.
pub(super) fn hash_of_word(word: &str) -> u64 {
    word.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Hashes a pair of words; the index was made with it.
pub(super) fn hash_of_pair(left: u64, right: u64) -> u32 {
    let mixed = (left.rotate_left(29) ^ right).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    (mixed >> 32) as u32
}

/// Tells whether a line ends with "license", a version after it and a copyright statement after that being allowed.
fn is_title(plain: &str) -> bool {
    memmem::find_iter(plain.as_bytes(), b"license").any(|start| {
        let rest = plain.get(start + "license".len()..).unwrap_or_default();
        let rest = rest
            .strip_prefix(" version ")
            .and_then(|version| {
                let length = version.find(char::is_whitespace).unwrap_or(version.len());
                version.get(length..).filter(|_| length > 0)
            })
            .unwrap_or(rest);
        rest.is_empty() || rest.starts_with(" copyright")
    })
}

fn copyright(plain: &str) -> Copyright {
    const WORD: &str = "copyright";
    if memmem::find(plain.as_bytes(), WORD.as_bytes()).is_none() {
        return Copyright::Nowhere;
    }
    if let Some(rest) = plain.strip_prefix(WORD) {
        return Copyright::AtStart(chain(rest, false));
    }
    if plain.trim_start_matches(' ').starts_with(WORD) {
        Copyright::AfterSpace
    } else {
        Copyright::Inside
    }
}

/// Follows a row of `c` and numbers, each with white space before it; `after_space` is true when the text follows a line end.
fn chain(text: &str, after_space: bool) -> Chain {
    let mut rest = text;
    let mut is_after_space = after_space;
    let mut is_there = false;
    loop {
        let next = rest.trim_start();
        if next.is_empty() {
            return if is_there {
                Chain::Through
            } else {
                Chain::Open
            };
        }
        is_after_space |= next.len() < rest.len();
        let after = next
            .strip_prefix('c')
            .unwrap_or_else(|| next.trim_start_matches(|c| kind(c) == Kind::Digit));
        if !is_after_space || after.len() == next.len() {
            return if is_there {
                Chain::Ends
            } else {
                Chain::Missing
            };
        }
        rest = after;
        is_after_space = false;
        is_there = true;
    }
}
