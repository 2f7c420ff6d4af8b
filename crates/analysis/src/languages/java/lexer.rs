//! Cuts a Java text into tokens and matches its brackets. Linear, without recursion; never fails.

use memchr::{memchr, memchr2, memchr3, memmem};

use super::tokens::{JavaTokens, Kind};
use crate::languages::lexical::{Problems, Shape, TokenWriter};

/// Cuts a text shorter than 4 GiB into tokens.
pub(super) fn tokens(text: &str) -> (JavaTokens<'_>, Problems) {
    let mut lexer = Lexer {
        bytes: text.as_bytes(),
        position: if text.starts_with('\u{feff}') { 3 } else { 0 },
        tokens: TokenWriter::new(text),
    };
    while lexer.position < lexer.bytes.len() {
        lexer.token();
    }
    lexer.tokens.finish(text)
}

struct Lexer<'t> {
    bytes: &'t [u8],
    position: usize,
    tokens: TokenWriter<Kind>,
}

impl Lexer<'_> {
    fn at(&self, ahead: usize) -> u8 {
        self.bytes.get(self.position + ahead).copied().unwrap_or(0)
    }

    fn rest(&self, ahead: usize) -> &[u8] {
        self.bytes.get(self.position + ahead..).unwrap_or_default()
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
        let byte = self.bytes[self.position];
        if is_name_byte(byte) && !byte.is_ascii_digit() {
            let rest = self.rest(0);
            let length = rest.iter().position(|byte| !is_name_byte(*byte));
            self.push(Kind::Word, length.unwrap_or(rest.len()));
            return;
        }
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0c => self.position += 1,
            b'0'..=b'9' => self.number(),
            b'.' if self.at(1).is_ascii_digit() => self.number(),
            b'"' if self.at(1) == b'"' && self.at(2) == b'"' => self.text_block(),
            b'"' => self.quoted(b'"', "string"),
            b'\'' => self.quoted(b'\'', "character"),
            b'/' if self.at(1) == b'/' => self.line_comment(),
            b'/' if self.at(1) == b'*' => self.block_comment(),
            b'(' => self.bracket(|tokens, at| tokens.open(Shape::Round, at)),
            b'[' => self.bracket(|tokens, at| tokens.open(Shape::Square, at)),
            b'{' => self.bracket(|tokens, at| tokens.open(Shape::Curly, at)),
            b')' => self.bracket(|tokens, at| tokens.close(Shape::Round, at)),
            b']' => self.bracket(|tokens, at| tokens.close(Shape::Square, at)),
            b'}' => self.bracket(|tokens, at| tokens.close(Shape::Curly, at)),
            _ => self.mark(byte),
        }
    }

    fn mark(&mut self, byte: u8) {
        let double = match (byte, self.at(1)) {
            (b'&', b'&') => Some(Kind::And),
            (b'|', b'|') => Some(Kind::Or),
            (b':', b':') => Some(Kind::DoubleColon),
            (b'-', b'>') => Some(Kind::Arrow),
            (b'=' | b'!' | b'<' | b'>', b'=') => Some(Kind::Comparison),
            _ => None,
        };
        match double {
            Some(kind) => self.push(kind, 2),
            None => self.push(Kind::Mark(byte), 1),
        }
    }

    fn number(&mut self) {
        let mut before = 0;
        let mut length = 0;
        for &byte in self.rest(0) {
            let is_sign =
                matches!(byte, b'+' | b'-') && matches!(before, b'e' | b'E' | b'p' | b'P');
            if !is_name_byte(byte) && byte != b'.' && !is_sign {
                break;
            }
            before = byte;
            length += 1;
        }
        self.push(Kind::Literal, length);
    }

    /// A literal between quotes, which ends with its line.
    fn quoted(&mut self, quote: u8, name: &str) {
        let rest = self.rest(0);
        let mut length = 1;
        let is_closed = loop {
            let Some(found) = memchr3(quote, b'\\', b'\n', rest.get(length..).unwrap_or_default())
            else {
                length = rest.len();
                break false;
            };
            length += found;
            match rest[length] {
                b'\\' => length += 2,
                b'\n' => break false,
                _ => {
                    length += 1;
                    break true;
                }
            }
        };
        if !is_closed {
            self.tokens.problem(
                self.position,
                format!("the {name} that begins here is not closed"),
            );
        }
        self.push(Kind::Literal, length);
    }

    /// `""" … """` (JLS 3.10.6).
    fn text_block(&mut self) {
        let rest = self.rest(0);
        let mut length = 3;
        loop {
            let Some(found) = memchr2(b'"', b'\\', rest.get(length..).unwrap_or_default()) else {
                self.tokens.problem(
                    self.position,
                    "the text block that begins here is not closed".to_owned(),
                );
                self.push(Kind::Literal, self.rest(0).len());
                return;
            };
            length += found;
            if rest[length] == b'\\' {
                length += 2;
            } else if rest[length..].starts_with(b"\"\"\"") {
                self.push(Kind::Literal, length + 3);
                return;
            } else {
                length += 1;
            }
        }
    }

    fn block_comment(&mut self) {
        let found = memmem::find(self.rest(2), b"*/");
        if found.is_none() {
            self.tokens.problem(
                self.position,
                "the comment that begins here is not closed".to_owned(),
            );
        }
        let length = found.map_or(self.rest(0).len(), |found| found + 4);
        if self.at(2) == b'*' && length > 4 {
            self.push(Kind::Javadoc, length);
        } else {
            self.position += length;
        }
    }

    fn line_comment(&mut self) {
        if self.at(2) != b'/' {
            let rest = self.rest(0);
            self.position += memchr(b'\n', rest).unwrap_or(rest.len());
            return;
        }
        // Lines that begin with `///` are one Javadoc comment (JEP 467).
        let rest = self.rest(0);
        let mut length = 0;
        loop {
            let line = &rest[length..];
            length += memchr(b'\n', line).unwrap_or(line.len());
            let after = &rest[length..];
            let spaces = after
                .iter()
                .take_while(|byte| byte.is_ascii_whitespace())
                .count();
            if memchr::memchr_iter(b'\n', &after[..spaces]).count() != 1
                || !after[spaces..].starts_with(b"///")
            {
                break;
            }
            length += spaces;
        }
        self.push(Kind::Javadoc, length);
    }
}

/// Says whether a byte can be part of a name; all bytes of characters beyond ASCII can.
fn is_name_byte(byte: u8) -> bool {
    NAME_BYTES[usize::from(byte)]
}

static NAME_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    loop {
        table[byte as usize] =
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80;
        if byte == u8::MAX {
            break table;
        }
        byte += 1;
    }
};
