//! Cuts a Go text into tokens and comments, matches its brackets, and puts semicolons where lines end statements. Linear; never fails.

use memchr::{memchr, memchr2, memchr3};
use synthesizer_model::text::ByteRange;

use super::tokens::{GoTokens, Kind};
use crate::languages::lexical::{Problems, Shape, TokenWriter};

/// A text in parts.
pub(super) struct Lexed<'t> {
    pub(super) tokens: GoTokens<'t>,
    /// Every comment, in order.
    pub(super) comments: Vec<ByteRange>,
    pub(super) problems: Problems,
}

/// Cuts a text shorter than 4 GiB into tokens and comments.
pub(super) fn lex(text: &str) -> Lexed<'_> {
    let mut lexer = Lexer {
        text,
        bytes: text.as_bytes(),
        position: 0,
        tokens: TokenWriter::new(text),
        comments: Vec::new(),
    };
    if text.starts_with('\u{feff}') {
        lexer.position = '\u{feff}'.len_utf8();
    }
    while lexer.position < lexer.bytes.len() {
        lexer.token();
    }
    lexer.end_of_line();
    let (tokens, problems) = lexer.tokens.finish(text);
    Lexed {
        tokens,
        comments: lexer.comments,
        problems,
    }
}

struct Lexer<'t> {
    text: &'t str,
    bytes: &'t [u8],
    position: usize,
    tokens: TokenWriter<Kind>,
    comments: Vec<ByteRange>,
}

impl Lexer<'_> {
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
            b'\n' => {
                self.end_of_line();
                self.position += 1;
            }
            b' ' | b'\t' | b'\r' => self.position += 1,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(),
            b'0'..=b'9' => self.number(),
            b'.' if self.at(1).is_ascii_digit() => self.number(),
            b'"' => self.quoted(b'"', Kind::Text),
            b'\'' => self.quoted(b'\'', Kind::Literal),
            b'`' => self.raw_string(),
            b'/' if self.at(1) == b'/' => self.line_comment(),
            b'/' if self.at(1) == b'*' => self.general_comment(),
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

    /// A line's end is a semicolon after what can end a statement.
    fn end_of_line(&mut self) {
        if self.tokens.last().ends_statement() {
            self.tokens
                .push(Kind::Semicolon, self.position, self.position);
        }
    }

    fn punctuation(&mut self, byte: u8) {
        let (kind, length) = match (byte, self.at(1)) {
            (b'&', b'&') | (b'|', b'|') => (Kind::Logical, 2),
            (b'+', b'+') | (b'-', b'-') => (Kind::Step, 2),
            (b'=', b'=') => (Kind::Punctuation, 2),
            (b';', _) => (Kind::Semicolon, 1),
            (b',', _) => (Kind::Comma, 1),
            (b'.', _) => (Kind::Dot, 1),
            (b'=', _) => (Kind::Equals, 1),
            (b'*', _) => (Kind::Star, 1),
            (0..=31 | b'#' | b'$' | b'?' | b'@' | b'\\' | 0x7f, _) => {
                let what = format!("unexpected `{}`", char::from(byte).escape_default());
                self.tokens.problem(self.position, what);
                (Kind::Punctuation, 1)
            }
            _ => (Kind::Punctuation, 1),
        };
        self.push(kind, length);
    }

    /// Gives the length of the letters, digits and underscores from a place on.
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
        let length = self.word_length(self.position);
        let end = self.position + length;
        let word = self.text.get(self.position..end).unwrap_or_default();
        self.push(Kind::of_word(word), length);
    }

    fn number(&mut self) {
        let mut length = 0;
        loop {
            length += self.word_length(self.position + length);
            let is_hexadecimal = matches!(self.at(1), b'x' | b'X');
            let exponent = self.at(length.saturating_sub(1));
            let has_sign = matches!(self.at(length), b'+' | b'-')
                && match exponent {
                    b'e' | b'E' => !is_hexadecimal,
                    b'p' | b'P' => true,
                    _ => false,
                };
            if has_sign || self.at(length) == b'.' {
                length += 1;
            } else {
                break;
            }
        }
        self.push(Kind::Literal, length.max(1));
    }

    /// Reads a literal that ends in its line.
    fn quoted(&mut self, quote: u8, kind: Kind) {
        let mut at = self.position + 1;
        loop {
            let rest = self.bytes.get(at..).unwrap_or_default();
            let Some(found) = memchr3(quote, b'\\', b'\n', rest) else {
                at = self.bytes.len();
                break;
            };
            at += found;
            match self.bytes[at] {
                b'\\' => at += 2,
                b'\n' => break,
                _ => return self.push(kind, at + 1 - self.position),
            }
        }
        self.tokens
            .problem(self.position, "a string that does not end".to_owned());
        self.push(kind, at.saturating_sub(self.position));
    }

    fn raw_string(&mut self) {
        let rest = self.bytes.get(self.position + 1..).unwrap_or_default();
        match memchr(b'`', rest) {
            Some(found) => self.push(Kind::RawText, found + 2),
            None => {
                self.tokens
                    .problem(self.position, "a string that does not end".to_owned());
                self.push(Kind::RawText, rest.len() + 1);
            }
        }
    }

    fn line_comment(&mut self) {
        let start = self.position;
        let rest = &self.bytes[start..];
        let end = start + memchr(b'\n', rest).unwrap_or(rest.len());
        self.comments.push(ByteRange::new(start, end));
        self.position = end;
    }

    fn general_comment(&mut self) {
        let start = self.position;
        let mut at = start + 2;
        let end = loop {
            match memchr2(b'*', b'\n', self.bytes.get(at..).unwrap_or_default()) {
                None => {
                    self.tokens
                        .problem(start, "a comment that does not end".to_owned());
                    break self.bytes.len();
                }
                Some(found) => {
                    at += found;
                    if self.bytes[at] == b'\n' {
                        // With a line's end in it, it stands for one.
                        self.end_of_line();
                    } else if self.bytes.get(at + 1) == Some(&b'/') {
                        break at + 2;
                    }
                    at += 1;
                }
            }
        };
        self.comments.push(ByteRange::new(start, end));
        self.position = end;
    }

    fn beyond_ascii(&mut self) {
        let length = self.word_length(self.position);
        if length > 0 {
            return self.push(Kind::Identifier, length);
        }
        let rest = self.text.get(self.position..).unwrap_or_default();
        let first = rest.chars().next().unwrap_or('\u{fffd}');
        let what = format!("unexpected `{}`", first.escape_unicode());
        self.tokens.problem(self.position, what);
        self.position += first.len_utf8();
    }
}
