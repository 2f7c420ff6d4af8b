//! Tokens of C and C++ from text that no preprocessor has seen. Never fails: what is no token is left out, what is not closed ends with
//! its line or with the text. Linear in the text; knows no grammar.

use super::comments::Comments;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or keyword.
    Word,
    /// A number.
    Number,
    /// A string literal.
    Text,
    /// A character literal.
    Character,
    /// `::`
    Scope,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `->`
    Arrow,
    /// `==`, `!=`, `<=`, `>=`
    Comparison,
    /// Any other character.
    Mark(u8),
    /// A whole preprocessor directive, its continuation lines included, its line's end not.
    Directive,
    /// In place of a pair of braces whose contents were left out.
    Braces,
    /// The end of the text.
    End,
}

/// One token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    /// What it is.
    pub(super) kind: Kind,
    /// Whether nothing but white space stands before it on its line.
    pub(super) begins_line: bool,
    /// How many parentheses and square brackets are open around it; set by the scanner, not here.
    pub(super) depth: u16,
    /// Its first byte.
    pub(super) start: u32,
    /// One past its last byte.
    pub(super) end: u32,
    /// Its line, counted from 1.
    pub(super) line: u32,
}

impl Token {
    /// Gives its text.
    pub(super) fn text(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize)
            .unwrap_or_default()
    }

    /// Says whether it is a given character.
    pub(super) fn is(self, mark: u8) -> bool {
        self.kind == Kind::Mark(mark)
    }
}

/// Reads tokens one by one.
pub(super) struct Lexer<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    line: u32,
    begins_line: bool,
    raw_strings: bool,
    /// The comments that were met.
    pub(super) comments: Comments,
    /// Line and name of what is not closed at the end of the text.
    pub(super) unclosed: Option<(u32, &'static str)>,
}

impl<'t> Lexer<'t> {
    /// Begins with a text shorter than 4 GiB; a byte order mark is left out. `raw_strings` are those of C++: `R"(…)"`.
    pub(super) fn new(text: &'t str, raw_strings: bool) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: if text.starts_with('\u{feff}') { 3 } else { 0 },
            line: 1,
            begins_line: true,
            raw_strings,
            comments: Comments::default(),
            unclosed: None,
        }
    }

    /// Gives the next token; [`Kind::End`] for ever after the last.
    pub(super) fn next(&mut self) -> Token {
        loop {
            let start = self.at;
            let Some(&byte) = self.bytes.get(start) else {
                return self.token(Kind::End, start, self.line);
            };
            let line = self.line;
            if is_word_byte(byte) && !byte.is_ascii_digit() {
                return self.word(start, line);
            }
            match byte {
                b'\n' => {
                    self.at += 1;
                    self.line += 1;
                    self.begins_line = true;
                }
                b' ' | b'\t' | b'\r' | 0x0b | 0x0c | 0 => self.at += 1,
                b'\\' if self.splice() > 0 => {
                    self.at += self.splice();
                    self.line += 1;
                }
                b'/' if self.follows(1, b'/') => self.line_comment(),
                b'/' if self.follows(1, b'*') => self.block_comment(),
                b'#' if self.begins_line => {
                    self.directive();
                    return self.token(Kind::Directive, start, line);
                }
                b'"' => {
                    self.quoted(b'"');
                    return self.token(Kind::Text, start, line);
                }
                b'\'' => {
                    self.quoted(b'\'');
                    return self.token(Kind::Character, start, line);
                }
                b'0'..=b'9' => {
                    self.number();
                    return self.token(Kind::Number, start, line);
                }
                b'.' if self.bytes.get(start + 1).is_some_and(u8::is_ascii_digit) => {
                    self.number();
                    return self.token(Kind::Number, start, line);
                }
                _ => return self.mark(byte, start, line),
            }
        }
    }

    fn token(&mut self, kind: Kind, start: usize, line: u32) -> Token {
        let begins_line = self.begins_line;
        self.begins_line = false;
        Token {
            kind,
            begins_line,
            depth: 0,
            start: offset(start),
            end: offset(self.at),
            line,
        }
    }

    fn follows(&self, distance: usize, byte: u8) -> bool {
        self.bytes.get(self.at + distance) == Some(&byte)
    }

    /// The length of a backslash with a line's end behind it, where one stands; else 0.
    fn splice(&self) -> usize {
        match self.bytes.get(self.at..) {
            Some([b'\\', b'\n', ..]) => 2,
            Some([b'\\', b'\r', b'\n', ..]) => 3,
            _ => 0,
        }
    }

    fn word(&mut self, start: usize, line: u32) -> Token {
        let mut at = start + 1;
        while self.bytes.get(at).copied().is_some_and(is_word_byte) {
            at += 1;
        }
        self.at = at;
        if self.follows(0, b'"') || self.follows(0, b'\'') {
            let prefix = &self.bytes[start..at];
            if self.raw_strings
                && self.follows(0, b'"')
                && matches!(prefix, b"R" | b"LR" | b"uR" | b"UR" | b"u8R")
            {
                self.raw_string();
                return self.token(Kind::Text, start, line);
            }
            if matches!(prefix, b"L" | b"u" | b"U" | b"u8") {
                let quote = self.bytes[at];
                self.quoted(quote);
                let kind = if quote == b'"' {
                    Kind::Text
                } else {
                    Kind::Character
                };
                return self.token(kind, start, line);
            }
        }
        self.token(Kind::Word, start, line)
    }

    fn mark(&mut self, byte: u8, start: usize, line: u32) -> Token {
        let double = match byte {
            b':' if self.follows(1, b':') => Some(Kind::Scope),
            b'&' if self.follows(1, b'&') => Some(Kind::And),
            b'|' if self.follows(1, b'|') => Some(Kind::Or),
            b'-' if self.follows(1, b'>') => Some(Kind::Arrow),
            b'=' | b'!' | b'<' | b'>' if self.follows(1, b'=') => Some(Kind::Comparison),
            _ => None,
        };
        self.at += if double.is_some() { 2 } else { 1 };
        self.token(double.unwrap_or(Kind::Mark(byte)), start, line)
    }

    /// A number, with the quotes between its digits that C++14 and C23 allow.
    fn number(&mut self) {
        let mut before = 0;
        while let Some(&byte) = self.bytes.get(self.at) {
            let continues = is_word_byte(byte)
                || byte == b'.'
                || (matches!(byte, b'+' | b'-') && matches!(before, b'e' | b'E' | b'p' | b'P'))
                || (byte == b'\''
                    && self
                        .bytes
                        .get(self.at + 1)
                        .is_some_and(u8::is_ascii_alphanumeric));
            if !continues {
                break;
            }
            before = byte;
            self.at += 1;
        }
    }

    /// A literal between quotes; ends with its line where it is not closed.
    fn quoted(&mut self, quote: u8) {
        self.at += 1;
        while let Some(rest) = self.bytes.get(self.at..) {
            let Some(found) = memchr::memchr3(quote, b'\\', b'\n', rest) else {
                self.at = self.bytes.len();
                return;
            };
            self.at += found;
            match self.bytes[self.at] {
                b'\\' => {
                    let splice = self.splice();
                    if splice > 0 {
                        self.line += 1;
                    }
                    self.at = (self.at + splice.max(2)).min(self.bytes.len());
                }
                b'\n' => return,
                _ => {
                    self.at += 1;
                    return;
                }
            }
        }
    }

    /// `"delimiter( … )delimiter"`, the delimiter at most 16 characters (C++ [lex.string]).
    fn raw_string(&mut self) {
        let open = self.at + 1;
        let head = &self.bytes[open..self.bytes.len().min(open + 17)];
        let Some(length) = memchr::memchr(b'(', head) else {
            self.quoted(b'"');
            return;
        };
        let mut closer = Vec::with_capacity(length + 2);
        closer.push(b')');
        closer.extend_from_slice(&head[..length]);
        closer.push(b'"');
        let body = open + length + 1;
        let end = memchr::memmem::find(&self.bytes[body..], &closer);
        if end.is_none() {
            self.unclosed.get_or_insert((self.line, "raw string"));
        }
        let end = end.map_or(self.bytes.len(), |found| body + found + closer.len());
        self.count_lines(self.at, end);
        self.at = end;
    }

    fn count_lines(&mut self, from: usize, to: usize) {
        let lines = memchr::memchr_iter(b'\n', &self.bytes[from..to]).count();
        self.line = self.line.saturating_add(offset(lines));
    }

    fn line_comment(&mut self) {
        let (start, line) = (self.at, self.line);
        loop {
            let rest = &self.bytes[self.at..];
            let Some(found) = memchr::memchr(b'\n', rest) else {
                self.at = self.bytes.len();
                break;
            };
            self.at += found;
            let before = self.bytes[..self.at]
                .strip_suffix(b"\r")
                .unwrap_or(&self.bytes[..self.at]);
            if before.last() != Some(&b'\\') {
                break;
            }
            self.at += 1;
            self.line += 1;
        }
        self.comments.note(
            self.text,
            (start, self.at),
            (line, self.line),
            self.begins_line,
        );
    }

    fn block_comment(&mut self) {
        let (start, line) = (self.at, self.line);
        let body = start + 2;
        let end = memchr::memmem::find(&self.bytes[body..], b"*/");
        if end.is_none() {
            self.unclosed.get_or_insert((line, "comment"));
        }
        let end = end.map_or(self.bytes.len(), |found| body + found + 2);
        self.count_lines(start, end);
        self.at = end;
        self.comments
            .note(self.text, (start, end), (line, self.line), self.begins_line);
    }

    /// Goes to the end of a directive's line. Comments in it may go on over lines; quotes hide what looks like one.
    fn directive(&mut self) {
        self.at += 1;
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'\n' => return,
                b'\\' => {
                    let splice = self.splice();
                    if splice > 0 {
                        self.line += 1;
                    }
                    self.at += splice.max(1);
                }
                b'/' if self.follows(1, b'*') => {
                    let body = self.at + 2;
                    let end = memchr::memmem::find(&self.bytes[body..], b"*/");
                    let end = end.map_or(self.bytes.len(), |found| body + found + 2);
                    self.count_lines(self.at, end);
                    self.at = end;
                }
                b'/' if self.follows(1, b'/') => {
                    // Up to the line's end, where a backslash still continues it.
                    let rest = &self.bytes[self.at..];
                    self.at += memchr::memchr2(b'\n', b'\\', rest).unwrap_or(rest.len());
                }
                b'"' => self.quoted(b'"'),
                // An apostrophe may be one of a message in words.
                b'\'' if self.follows(2, b'\'') => self.at += 3,
                b'\'' if self.follows(1, b'\\') && self.follows(3, b'\'') => self.at += 4,
                _ => self.at += 1,
            }
        }
    }
}

/// Says whether a byte can be part of a name; all bytes of characters beyond ASCII can.
pub(super) fn is_word_byte(byte: u8) -> bool {
    WORD_BYTES[byte as usize]
}

/// A look-up instead of comparisons: half of all bytes are asked for.
static WORD_BYTES: [bool; 256] = {
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

/// Texts are refused long before 4 GiB.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
