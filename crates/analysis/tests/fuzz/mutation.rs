//! How an input is made from others: bytes, tokens and lines changed, moved, doubled, cut, nested, and mixed between inputs.

use std::ops::Range;

use super::{random::Random, seeds::Input};

/// The largest input, in bytes.
pub(crate) const LONGEST: usize = 64 << 10;

/// Pieces that readers of text stumble over.
const PIECES: &[&[u8]] = &[
    b"\0",
    b"\r",
    b"\r\n",
    b"\n\n",
    b"\t",
    b"\x0c",
    b"\\",
    b"\\\n",
    b"\"",
    b"'",
    b"`",
    b"\"\"\"",
    b"/*",
    b"*/",
    b"//",
    b"#",
    b"<!--",
    b"${",
    b"{{",
    b"\xef\xbb\xbf",
    b"\xe2\x80\xa8",
    b"\xe2\x80\xae",
    b"\xc2\xa0",
    b"\xc3\xa9",
    b"\xf0\x9f\xa6\x80",
    b"\xcc\x81",
    b"\xff",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"..",
    b"../",
    b"/",
    b"*",
    b"**",
    b"-1",
    b"0",
    b"1e999",
    b"18446744073709551616",
    b"4294967295",
    b"99999999999999999999999999999999",
    b"\\u0000",
    b"\\ud800",
    b"%s",
    b"&a",
    b"*a",
    b"<<: ",
    b"- ",
    b": ",
    b"[]",
    b"{}",
    b"null",
    b"\n=== ",
];

/// What opens and closes, for nesting.
const PAIRS: &[(&[u8], &[u8])] = &[
    (b"(", b")"),
    (b"[", b"]"),
    (b"{", b"}"),
    (b"<", b">"),
    (b"{\"a\":", b"}"),
    (b"<a>", b"</a>"),
    (b"/*", b"*/"),
    (b"if x:\n ", b"\n"),
    (b"- ", b""),
    (b"`${", b"}`"),
    (b"f(", b")"),
    (b"a.", b""),
    (b"not ", b""),
    (b"!", b""),
    (b"=>", b""),
];

/// Makes inputs.
#[derive(Debug)]
pub(crate) struct Mutator {
    pub(crate) random: Random,
    /// Words of the formats that a target reads.
    pub(crate) words: &'static [&'static str],
}

impl Mutator {
    /// Makes an input from those of a pool.
    pub(crate) fn next(&mut self, pool: &[Input]) -> Input {
        // What was added last is looked at more often.
        let newest = pool.len().saturating_sub(1 + self.random.size(pool.len()));
        let chosen = if self.random.one_in(3) {
            newest
        } else {
            self.random.below(pool.len())
        };
        let mut input = pool[chosen].clone();
        if self.random.one_in(24)
            && let Some(other) = self.random.of(pool)
        {
            input.name.clone_from(&other.name);
        }
        for _ in 0..self.random.size(8) {
            self.change(&mut input.bytes, pool);
        }
        input.bytes.truncate(LONGEST);
        input
    }

    fn change(&mut self, bytes: &mut Vec<u8>, pool: &[Input]) {
        match self.random.below(16) {
            0 => self.flip(bytes),
            1 => self.overwrite(bytes),
            2 => self.insert_random(bytes),
            3 => self.remove(bytes),
            4 => self.double(bytes),
            5 => self.repeat(bytes),
            6 => self.cut(bytes),
            7 | 8 => self.splice(bytes, pool),
            9 | 10 => self.insert_piece(bytes),
            11 => self.nest(bytes),
            12 => self.swap(bytes),
            13 => self.number(bytes),
            _ => self.exchange(bytes, pool),
        }
    }

    fn flip(&mut self, bytes: &mut [u8]) {
        let place = self.random.below(bytes.len());
        let bit = self.random.below(8);
        if let Some(byte) = bytes.get_mut(place) {
            *byte ^= 1 << bit;
        }
    }

    fn overwrite(&mut self, bytes: &mut [u8]) {
        let place = self.random.below(bytes.len());
        let new = self.random.byte();
        if let Some(byte) = bytes.get_mut(place) {
            *byte = new;
        }
    }

    fn insert_random(&mut self, bytes: &mut Vec<u8>) {
        let new: Vec<u8> = (0..self.random.size(8))
            .map(|_| self.random.byte())
            .collect();
        self.insert(bytes, &new);
    }

    fn remove(&mut self, bytes: &mut Vec<u8>) {
        let range = self.range(bytes);
        bytes.drain(range);
    }

    fn double(&mut self, bytes: &mut Vec<u8>) {
        let piece = bytes[self.range(bytes)].to_vec();
        self.insert(bytes, &piece);
    }

    /// Repeats a part of the input or a piece many times in its place.
    fn repeat(&mut self, bytes: &mut Vec<u8>) {
        let range = self.range(bytes);
        let piece = if self.random.one_in(2) {
            bytes[range.clone()].to_vec()
        } else {
            self.piece()
        };
        let most = (LONGEST / 2) / piece.len().max(1);
        let many = piece.repeat(self.random.size(most.max(1)));
        bytes.splice(range.start..range.start, many);
    }

    fn cut(&mut self, bytes: &mut Vec<u8>) {
        let place = self.random.below(bytes.len() + 1);
        if self.random.one_in(4) {
            bytes.drain(..place);
        } else {
            bytes.truncate(place);
        }
    }

    /// Puts a part of another input into this one.
    fn splice(&mut self, bytes: &mut Vec<u8>, pool: &[Input]) {
        let Some(other) = self.random.of(pool) else {
            return;
        };
        let piece = other.bytes[self.range(&other.bytes)].to_vec();
        if self.random.one_in(2) {
            let range = self.range(bytes);
            bytes.splice(range, piece);
        } else {
            self.insert(bytes, &piece);
        }
    }

    fn insert_piece(&mut self, bytes: &mut Vec<u8>) {
        let piece = self.piece();
        self.insert(bytes, &piece);
    }

    /// Puts a part of the input into many pairs of brackets; now and then one is missing.
    fn nest(&mut self, bytes: &mut Vec<u8>) {
        let Some((open, close)) = self.random.of(PAIRS) else {
            return;
        };
        let range = self.range(bytes);
        let depth = self.random.size((LONGEST / 2) / (open.len() + close.len()));
        let mut nested = open.repeat(depth);
        nested.extend_from_slice(&bytes[range.clone()]);
        let missing = usize::from(self.random.one_in(4));
        nested.extend(close.repeat(depth - missing.min(depth)));
        bytes.splice(range, nested);
    }

    fn swap(&mut self, bytes: &mut Vec<u8>) {
        let (one, other) = (self.range(bytes), self.range(bytes));
        if one.end <= other.start {
            let (front, back) = (bytes[one.clone()].to_vec(), bytes[other.clone()].to_vec());
            bytes.splice(other, front);
            bytes.splice(one, back);
        }
    }

    /// Makes a number another one.
    fn number(&mut self, bytes: &mut Vec<u8>) {
        let digits = |byte: &u8| byte.is_ascii_digit();
        let from = self.random.below(bytes.len());
        let Some(start) = bytes[from..].iter().position(digits).map(|at| from + at) else {
            return;
        };
        let length = bytes[start..]
            .iter()
            .take_while(|byte| digits(byte))
            .count();
        let new = match self.random.below(4) {
            0 => b"0".to_vec(),
            1 => self.random.next().to_string().into_bytes(),
            2 => b"9".repeat(self.random.size(40)),
            _ => self.random.below(300).to_string().into_bytes(),
        };
        bytes.splice(start..start + length, new);
    }

    /// Puts a token of any input in the place of a token.
    fn exchange(&mut self, bytes: &mut Vec<u8>, pool: &[Input]) {
        let Some(other) = self.random.of(pool) else {
            return;
        };
        let piece = other.bytes[self.token(&other.bytes)].to_vec();
        let range = self.token(bytes);
        bytes.splice(range, piece);
    }

    fn insert(&mut self, bytes: &mut Vec<u8>, piece: &[u8]) {
        let place = if self.random.one_in(2) {
            self.token(bytes).start
        } else {
            self.random.below(bytes.len() + 1)
        };
        bytes.splice(place..place, piece.iter().copied());
    }

    fn piece(&mut self) -> Vec<u8> {
        if self.random.one_in(2)
            && let Some(word) = self.random.of(self.words)
        {
            return word.as_bytes().to_vec();
        }
        self.random
            .of(PIECES)
            .map_or_else(Vec::new, |piece| piece.to_vec())
    }

    /// Chooses a part: a token, some lines, or anything.
    fn range(&mut self, bytes: &[u8]) -> Range<usize> {
        match self.random.below(3) {
            0 => self.token(bytes),
            1 => self.lines(bytes),
            _ => {
                let start = self.random.below(bytes.len() + 1);
                let length = self.random.size(bytes.len());
                start..(start + length).min(bytes.len())
            }
        }
    }

    fn token(&mut self, bytes: &[u8]) -> Range<usize> {
        let place = self.random.below(bytes.len());
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80;
        if !bytes.get(place).is_some_and(is_word) {
            return place..(place + 1).min(bytes.len());
        }
        let before = bytes[..place]
            .iter()
            .rev()
            .take_while(|byte| is_word(byte))
            .count();
        let after = bytes[place..]
            .iter()
            .take_while(|byte| is_word(byte))
            .count();
        place - before..place + after
    }

    fn lines(&mut self, bytes: &[u8]) -> Range<usize> {
        let place = self.random.below(bytes.len());
        let is_end = |byte: &u8| *byte == b'\n';
        let start = bytes[..place]
            .iter()
            .rposition(is_end)
            .map_or(0, |at| at + 1);
        let mut end = start;
        for _ in 0..self.random.size(8) {
            end = bytes[end..]
                .iter()
                .position(is_end)
                .map_or(bytes.len(), |at| end + at + 1);
        }
        start..end
    }
}
