//! Byte ranges, line numbers and safe display of untrusted text.

use serde::{Deserialize, Serialize};

/// A half-open range of bytes in one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ByteRange {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl ByteRange {
    /// Makes a range; `start` must not exceed `end`.
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// Gives the text of the range, if it lies within the text on character boundaries.
    pub fn of(self, text: &str) -> Option<&str> {
        text.get(self.start..self.end)
    }

    /// Says whether the other range lies within this one.
    pub const fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

/// How many bytes a line of code has, about.
const USUAL_LINE: usize = 30;

/// Maps byte offsets to line numbers of one text.
#[derive(Debug, Clone)]
pub struct LineIndex {
    starts: Vec<u32>,
}

/// Lines of offsets that are asked for in their order, without a search.
#[derive(Debug)]
pub struct LinesInOrder<'i> {
    starts: &'i [u32],
    line: usize,
}

impl LinesInOrder<'_> {
    /// Gives the line of an offset, counted from 1; an offset before the one asked for last has the same line.
    pub fn line(&mut self, offset: usize) -> u32 {
        let begins = |start: &u32| usize::try_from(*start).is_ok_and(|start| start <= offset);
        while self.starts.get(self.line).is_some_and(begins) {
            self.line += 1;
        }
        u32::try_from(self.line).unwrap_or(u32::MAX)
    }
}

impl LineIndex {
    /// Reads the line starts of a text; lines end with LF, CR LF or CR.
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = Vec::with_capacity(bytes.len() / USUAL_LINE + 1);
        starts.push(0);
        for position in memchr::memchr2_iter(b'\n', b'\r', bytes) {
            let ends_line = bytes[position] == b'\n' || bytes.get(position + 1) != Some(&b'\n');
            if ends_line {
                // No file of this size is read; its lines past that have the last number.
                let Ok(start) = u32::try_from(position + 1) else {
                    break;
                };
                starts.push(start);
            }
        }
        Self { starts }
    }

    /// Gives the line of an offset, counted from 1.
    pub fn line(&self, offset: usize) -> u32 {
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        let index = self.starts.partition_point(|start| *start <= offset);
        u32::try_from(index).unwrap_or(u32::MAX)
    }

    /// Gives the lines of offsets that never go back.
    pub fn in_order(&self) -> LinesInOrder<'_> {
        LinesInOrder {
            starts: &self.starts,
            line: 0,
        }
    }
}

/// Escapes control, bidirectional and other invisible characters, so that untrusted text cannot act on a terminal or forge a line.
pub fn escape_untrusted(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if is_deceptive(character) {
            escaped.extend(character.escape_unicode());
        } else {
            escaped.push(character);
        }
    }
    escaped
}

/// Says whether a character is a control, a bidirectional override or invisible, such as the tag characters that hide text from people only.
pub fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{061c}'
            | '\u{ad}' | '\u{180e}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_with_any_newline() {
        let index = LineIndex::new("a\nb\r\nc\rd");
        let lines: Vec<u32> = [0, 2, 5, 7].map(|offset| index.line(offset)).to_vec();
        assert_eq!(lines, [1, 2, 3, 4]);
    }

    #[test]
    fn deceptive_characters_are_escaped() {
        assert_eq!(
            escape_untrusted("a\n\u{1b}[31m\u{202e}é"),
            "a\\u{a}\\u{1b}[31m\\u{202e}é"
        );
        assert_eq!(escape_untrusted("a\u{e0041}\u{ad}b"), "a\\u{e0041}\\u{ad}b");
    }
}
