//! Cuts a Rust text into tokens and matches its brackets. Linear, without recursion; never fails.

use memchr::{memchr, memchr2};

use super::tokens::{Kind, RustTokens};
use crate::languages::lexical::{Problems, Shape, TokenWriter};

/// Cuts a text shorter than 4 GiB into tokens.
pub(super) fn tokens(text: &str) -> (RustTokens<'_>, Problems) {
    let mut lexer = Lexer {
        text,
        bytes: text.as_bytes(),
        position: 0,
        tokens: TokenWriter::new(text),
    };
    lexer.skip_beginning();
    while lexer.position < lexer.bytes.len() {
        lexer.token();
    }
    lexer.tokens.finish(text)
}

struct Lexer<'t> {
    text: &'t str,
    bytes: &'t [u8],
    position: usize,
    tokens: TokenWriter<Kind>,
}

impl Lexer<'_> {
    /// Leaves out a byte order mark and a line that is meant for the shell.
    fn skip_beginning(&mut self) {
        if self.text.starts_with('\u{feff}') {
            self.position = '\u{feff}'.len_utf8();
        }
        let rest = &self.bytes[self.position..];
        if let Some(after) = rest.strip_prefix(b"#!") {
            let next = after.iter().find(|byte| !byte.is_ascii_whitespace());
            if next != Some(&b'[') {
                self.position += memchr(b'\n', rest).unwrap_or(rest.len());
            }
        }
    }

    fn at(&self, ahead: usize) -> u8 {
        self.bytes.get(self.position + ahead).copied().unwrap_or(0)
    }

    fn push(&mut self, kind: Kind, length: usize) {
        let start = self.position;
        self.position = (start + length).min(self.bytes.len());
        self.tokens.push(kind, start, self.position);
    }

    fn bracket(&mut self, work: impl FnOnce(&mut TokenWriter<Kind>, usize)) {
        work(&mut self.tokens, self.position);
        self.position += 1;
    }

    fn token(&mut self) {
        match self.bytes[self.position] {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => self.position += 1,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(),
            b'0'..=b'9' => self.number(),
            b'"' => self.string(0),
            b'\'' => self.quote(),
            b'/' if self.at(1) == b'/' => self.line_comment(),
            b'/' if self.at(1) == b'*' => self.block_comment(),
            b'(' => self.bracket(|tokens, at| tokens.open(Shape::Round, at)),
            b'[' => self.bracket(|tokens, at| tokens.open(Shape::Square, at)),
            b'{' => self.bracket(|tokens, at| tokens.open(Shape::Curly, at)),
            b')' => self.bracket(|tokens, at| tokens.close(Shape::Round, at)),
            b']' => self.bracket(|tokens, at| tokens.close(Shape::Square, at)),
            b'}' => self.bracket(|tokens, at| tokens.close(Shape::Curly, at)),
            128.. => self.beyond_ascii(),
            byte => self.punctuation(byte),
        }
    }

    fn punctuation(&mut self, byte: u8) {
        let next = self.at(1);
        let (kind, length) = match (byte, next) {
            (b':', b':') => (Kind::PathSeparator, 2),
            (b'-', b'>') => (Kind::Arrow, 2),
            (b'=', b'>') => (Kind::FatArrow, 2),
            (b'=', b'=') => (Kind::Punctuation, 2),
            (b'&', b'&') => (Kind::And, 2),
            (b'|', b'|') => (Kind::Or, 2),
            (b'?', _) => (Kind::Question, 1),
            (b';', _) => (Kind::Semicolon, 1),
            (b',', _) => (Kind::Comma, 1),
            (b'=', _) => (Kind::Equals, 1),
            (b'#', _) => (Kind::Hash, 1),
            (b'!', _) => (Kind::Bang, 1),
            (b'$', _) => (Kind::Dollar, 1),
            (b'<', _) => (Kind::Less, 1),
            (b'>', _) => (Kind::Greater, 1),
            (b'*', _) => (Kind::Star, 1),
            (b'.', _) => (Kind::Dot, 1),
            (0..=31 | b'\\' | b'`' | 0x7f, _) => {
                let what = format!("unexpected `{}`", char::from(byte).escape_default());
                self.tokens.problem(self.position, what);
                (Kind::Punctuation, 1)
            }
            _ => (Kind::Punctuation, 1),
        };
        self.push(kind, length);
    }

    /// Gives the length of the letters, digits and underscores from here on.
    fn word_length(&self, from: usize) -> usize {
        let mut end = from;
        while let Some(byte) = self.bytes.get(end).copied() {
            if byte.is_ascii_alphanumeric() || byte == b'_' {
                end += 1;
            } else if byte >= 128 {
                match self.text.get(end..).and_then(|rest| rest.chars().next()) {
                    Some(letter) if letter.is_alphanumeric() => end += letter.len_utf8(),
                    _ => break,
                }
            } else {
                break;
            }
        }
        end - from
    }

    fn word(&mut self) {
        match (self.at(0), self.at(1), self.at(2)) {
            (b'r', b'"', _) => return self.raw_string(1, Kind::RawText),
            (b'r', b'#', b'"' | b'#') => return self.raw_string(1, Kind::RawText),
            (b'b' | b'c', b'r', b'"' | b'#') => return self.raw_string(2, Kind::Literal),
            (b'b' | b'c', b'"', _) => return self.string(1),
            (b'b', b'\'', _) => return self.byte_literal(),
            _ => {}
        }
        if self.at(0) == b'r' && self.at(1) == b'#' {
            let length = self.word_length(self.position + 2);
            if length > 0 {
                return self.push(Kind::Identifier, length + 2);
            }
        }
        let length = self.word_length(self.position);
        let end = self.position + length;
        let word = self.text.get(self.position..end).unwrap_or_default();
        self.push(Kind::of_word(word), length);
    }

    fn number(&mut self) {
        let mut length = self.word_length(self.position);
        // `1.5`, but neither `1..2` nor `1.max(2)`.
        if self.at(length) == b'.' && self.at(length + 1).is_ascii_digit() {
            length += 1 + self.word_length(self.position + length + 1);
        }
        let is_decimal = !matches!(self.at(1), b'x' | b'b' | b'o');
        let exponent = matches!(self.at(length.saturating_sub(1)), b'e' | b'E');
        if is_decimal && exponent && matches!(self.at(length), b'+' | b'-') {
            length += 1 + self.word_length(self.position + length + 1);
        }
        self.push(Kind::Literal, length.max(1));
    }

    fn string(&mut self, prefix: usize) {
        let mut at = self.position + prefix + 1;
        let kind = if prefix == 0 {
            Kind::Text
        } else {
            Kind::Literal
        };
        while let Some(found) = memchr2(b'"', b'\\', self.bytes.get(at..).unwrap_or_default()) {
            at += found;
            if self.bytes[at] == b'"' {
                return self.push(kind, at + 1 - self.position);
            }
            at += 2;
        }
        self.unterminated(kind);
    }

    fn raw_string(&mut self, prefix: usize, kind: Kind) {
        let mut at = self.position + prefix;
        let hashes = self.bytes[at..]
            .iter()
            .take_while(|byte| **byte == b'#')
            .count();
        at += hashes;
        if self.bytes.get(at) != Some(&b'"') {
            // A raw identifier, or nothing that Rust knows.
            let length = prefix + hashes + self.word_length(at);
            return self.push(Kind::Identifier, length);
        }
        at += 1;
        while let Some(found) = memchr(b'"', self.bytes.get(at..).unwrap_or_default()) {
            at += found + 1;
            let closing = self.bytes[at..].iter().take(hashes);
            if closing.filter(|byte| **byte == b'#').count() == hashes {
                return self.push(kind, at + hashes - self.position);
            }
        }
        self.unterminated(kind);
    }

    fn unterminated(&mut self, kind: Kind) {
        self.tokens
            .problem(self.position, "a string that does not end".to_owned());
        self.push(kind, self.bytes.len() - self.position);
    }

    fn byte_literal(&mut self) {
        // The first place where the closing quote can be; the longest escape is `\\x7f`.
        let from = if self.at(2) == b'\\' { 4 } else { 3 };
        let rest = self.bytes.get(self.position + from..).unwrap_or_default();
        let window = &rest[..rest.len().min(3)];
        let length = memchr(b'\'', window).map_or(2, |found| from + found + 1);
        self.push(Kind::Literal, length);
    }

    /// Reads a character or a lifetime.
    fn quote(&mut self) {
        let after = self.position + 1;
        let rest = self.text.get(after..).unwrap_or_default();
        let Some(first) = rest.chars().next() else {
            return self.push(Kind::Punctuation, 1);
        };
        if first == '\\' {
            // The escaped character itself may be a quote.
            let from = after + 2;
            let line_end = memchr2(b'\'', b'\n', self.bytes.get(from..).unwrap_or_default());
            let length = line_end.map_or(2, |found| from + found + 1 - self.position);
            return self.push(Kind::Literal, length);
        }
        if rest[first.len_utf8()..].starts_with('\'') {
            return self.push(Kind::Literal, first.len_utf8() + 2);
        }
        let length = self.word_length(after);
        if length > 0 {
            self.push(Kind::Lifetime, length + 1);
        } else {
            self.push(Kind::Punctuation, 1);
        }
    }

    fn line_comment(&mut self) {
        let rest = &self.bytes[self.position..];
        let length = memchr(b'\n', rest).unwrap_or(rest.len());
        let comment = &rest[..length];
        if comment.starts_with(b"//!") {
            self.push(Kind::InnerDocumentation, length);
        } else if comment.starts_with(b"///") && comment.get(3) != Some(&b'/') {
            self.push(Kind::OuterDocumentation, length);
        } else {
            self.position += length;
        }
    }

    fn block_comment(&mut self) {
        let start = self.position;
        let mut depth = 1_usize;
        let mut at = start + 2;
        while depth > 0 {
            let Some(found) = memchr2(b'/', b'*', self.bytes.get(at..).unwrap_or_default()) else {
                self.tokens
                    .problem(start, "a comment that does not end".to_owned());
                at = self.bytes.len();
                break;
            };
            at += found;
            match (self.bytes[at], self.bytes.get(at + 1)) {
                (b'/', Some(b'*')) => {
                    depth += 1;
                    at += 2;
                }
                (b'*', Some(b'/')) => {
                    depth -= 1;
                    at += 2;
                }
                _ => at += 1,
            }
        }
        let comment = &self.bytes[start..at];
        if comment.starts_with(b"/*!") {
            self.push(Kind::InnerDocumentation, at - start);
        } else if comment.starts_with(b"/**") && !matches!(comment.get(3), Some(b'*' | b'/')) {
            self.push(Kind::OuterDocumentation, at - start);
        } else {
            self.position = at;
        }
    }

    fn beyond_ascii(&mut self) {
        let length = self.word_length(self.position);
        if length > 0 {
            return self.push(Kind::Identifier, length);
        }
        let rest = self.text.get(self.position..).unwrap_or_default();
        let first = rest.chars().next().unwrap_or('\u{fffd}');
        let is_space = first.is_whitespace() || matches!(first, '\u{200e}' | '\u{200f}');
        if !is_space {
            let what = format!("unexpected `{}`", first.escape_unicode());
            self.tokens.problem(self.position, what);
        }
        self.position += first.len_utf8();
    }
}
