//! The lines of a text without what does not tell licenses apart: symbols, addresses, kinds of quotes and dashes.

use std::{borrow::Cow, ops::Range};

use memchr::memmem;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::characters::{Kind, kind};

/// What an address becomes.
const ADDRESS: &str = "http://blackboxed/url";

/// The lines of a text, one after the other.
#[derive(Debug)]
pub(super) struct Lines {
    text: String,
    ranges: Vec<Range<usize>>,
}

impl Lines {
    /// Normalizes each line of a text; as many lines come out as there are.
    pub(super) fn of(text: &str) -> Self {
        let mut lines = Self {
            text: String::with_capacity(text.len()),
            ranges: Vec::new(),
        };
        let mut line = Line::default();
        for raw in text.split('\n') {
            line.normalize(raw);
            let start = lines.text.len();
            lines.text.push_str(line.text.trim());
            lines.ranges.push(start..lines.text.len());
        }
        lines
    }

    /// Gives the lines in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.ranges
            .iter()
            .map(|range| self.text.get(range.clone()).unwrap_or_default())
    }
}

/// One line while it is made.
#[derive(Debug, Default)]
struct Line {
    text: String,
    /// What the line holds without symbols, when it holds any.
    without_junk: String,
    last: Option<Kind>,
}

impl Line {
    fn normalize(&mut self, raw: &str) {
        self.text.clear();
        self.last = None;
        let composed = compose(raw);
        if !composed.chars().any(|c| kind(c) == Kind::Junk) {
            self.add_with_addresses(&composed);
            return;
        }
        let mut without_junk = std::mem::take(&mut self.without_junk);
        without_junk.clear();
        without_junk.extend(composed.chars().filter(|c| kind(*c) != Kind::Junk));
        self.add_with_addresses(&without_junk);
        self.without_junk = without_junk;
    }

    fn add_with_addresses(&mut self, line: &str) {
        let mut rest = line;
        while let Some(address) = address_in(rest) {
            self.add(&rest[..address.start]);
            self.add(ADDRESS);
            rest = &rest[address.end..];
        }
        self.add(rest);
    }

    /// Adds a piece of the line; runs of one kind go on from piece to piece.
    fn add(&mut self, piece: &str) {
        for character in piece.chars() {
            let kind = kind(character);
            match kind.replacement() {
                Some(_) if self.last == Some(kind) => {}
                Some(replacement) => self.text.push_str(replacement),
                None if kind == Kind::Circled => self.text.push_str("(c)"),
                None => self.text.push(character),
            }
            self.last = Some(kind);
        }
    }
}

/// Brings a line to the form in which letters with accents are one character each.
fn compose(line: &str) -> Cow<'_, str> {
    if line.is_ascii() || is_nfc_quick(line.chars()) == IsNormalized::Yes {
        Cow::Borrowed(line)
    } else {
        Cow::Owned(line.nfc().collect())
    }
}

/// Finds the first address of a line: a scheme and what follows up to white space.
fn address_in(line: &str) -> Option<Range<usize>> {
    let mut from = 0;
    while let Some(found) = memmem::find(line.get(from..)?.as_bytes(), b"http") {
        let start = from + found;
        let scheme = line.get(start + "http".len()..)?;
        let scheme = scheme.strip_prefix('s').unwrap_or(scheme);
        if let Some(rest) = scheme.strip_prefix("://") {
            let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
            if length > 0 {
                return Some(start..line.len() - rest.len() + length);
            }
        }
        from = start + "http".len();
    }
    None
}
