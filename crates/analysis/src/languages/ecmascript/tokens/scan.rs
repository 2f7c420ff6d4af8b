//! The parts of a text between two tokens, and tokens that are found by their end: white space, comments, strings, templates, regular
//! expressions, words and numbers. Offsets in, offsets out.

/// White space and comments that were skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Skipped {
    /// Where the next token begins.
    pub(super) position: usize,
    /// Whether a line ended in between.
    pub(super) newline: bool,
}

/// How comments of HTML are read, which old scripts have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HtmlComments {
    /// Whether the text is a module by its name: then they are no comments in the middle of a line.
    pub(super) module: bool,
}

/// Skips white space and comments. `None` for a comment that does not end or cannot be.
pub(super) fn skip(
    text: &[u8],
    start: usize,
    newline: bool,
    html: HtmlComments,
) -> Option<Skipped> {
    let mut position = start;
    let mut newline = newline;
    loop {
        match text.get(position) {
            Some(b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'(' | b')' | b'.' | b',') => break,
            Some(b' ' | b'\t' | 0x0b | 0x0c) => position += 1,
            Some(b'\n' | b'\r') => {
                newline = true;
                position += 1;
            }
            Some(b'/') => match text.get(position + 1) {
                Some(b'/') => position = line_end(text, position + 2),
                Some(b'*') => {
                    let length = memchr::memmem::find(&text[position + 2..], b"*/")?;
                    let end = position + 2 + length + 2;
                    newline = newline || has_line_end(&text[position..end]);
                    position = end;
                }
                _ => break,
            },
            Some(b'<') if text[position..].starts_with(b"<!--") => match html.module {
                // At the beginning of a line of a module it is an error.
                true if newline => return None,
                true => break,
                false => position = line_end(text, position + 4),
            },
            Some(b'-') if newline && !html.module && text[position..].starts_with(b"-->") => {
                position = line_end(text, position + 3);
            }
            Some(0xc2 | 0xe1..=0xe3 | 0xef) => match wide_space(text, position) {
                Some((length, ends_line)) => {
                    newline |= ends_line;
                    position += length;
                }
                None => break,
            },
            _ => break,
        }
    }
    Some(Skipped { position, newline })
}

/// Gives the length of white space outside of ASCII, and whether it ends a line.
fn wide_space(text: &[u8], position: usize) -> Option<(usize, bool)> {
    match text[position..] {
        [0xc2, 0xa0 | 0x85, ..] => Some((2, false)),
        [0xe2, 0x80, 0xa8 | 0xa9, ..] => Some((3, true)),
        [0xe1, 0x9a, 0x80, ..]
        | [0xe2, 0x80, 0x80..=0x8b | 0xaf, ..]
        | [0xe2, 0x81, 0x9f, ..]
        | [0xe3, 0x80, 0x80, ..]
        | [0xef, 0xbb, 0xbf, ..] => Some((3, false)),
        _ => None,
    }
}

/// Finds the end of the line, or of the text.
pub(super) fn line_end(text: &[u8], start: usize) -> usize {
    let mut position = start;
    while let Some(length) = memchr::memchr3(b'\n', b'\r', 0xe2, &text[position..]) {
        position += length;
        if text[position] != 0xe2 || wide_space(text, position).is_some_and(|(_, ends)| ends) {
            return position;
        }
        position += 1;
    }
    text.len()
}

fn has_line_end(text: &[u8]) -> bool {
    line_end(text, 0) < text.len()
}

/// Finds the end of a string that begins before `start`; `None` when its line ends first.
pub(super) fn string_end(text: &[u8], start: usize, quote: u8, odd: &mut usize) -> Option<usize> {
    let mut position = start;
    loop {
        match *text.get(position)? {
            byte if byte == quote => return Some(position + 1),
            b'\\' => {
                *odd += usize::from(is_odd_escape(&text[position..]));
                // A carriage return and a line feed are one end of a line.
                let is_pair = text[position..].starts_with(b"\\\r\n");
                position += if is_pair { 3 } else { 2 };
            }
            b'\n' | b'\r' => return None,
            _ => position += 1,
        }
    }
}

/// Finds the end of a quoted value in JSX, which has no escapes and may have lines.
pub(super) fn jsx_string_end(text: &[u8], start: usize, quote: u8) -> Option<usize> {
    memchr::memchr(quote, &text[start..]).map(|length| start + length + 1)
}

/// Where a piece of a template ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TemplateEnd {
    /// After the closing backtick.
    Closed(usize),
    /// After `${`.
    Substitution(usize),
}

/// Finds the end of a piece of a template.
pub(super) fn template_end(text: &[u8], start: usize) -> Option<TemplateEnd> {
    let mut position = start;
    loop {
        position += memchr::memchr3(b'`', b'\\', b'$', text.get(position..)?)?;
        match text[position] {
            b'`' => return Some(TemplateEnd::Closed(position + 1)),
            b'\\' => position += 2,
            _ if text.get(position + 1) == Some(&b'{') => {
                return Some(TemplateEnd::Substitution(position + 2));
            }
            _ => position += 1,
        }
    }
}

/// Finds the end of a regular expression that begins before `start`, flags included; `None` when its line ends first.
pub(super) fn regex_end(text: &[u8], start: usize, odd: &mut usize) -> Option<usize> {
    let mut position = start;
    let mut in_class = false;
    loop {
        match *text.get(position)? {
            b'/' if !in_class => break,
            b'[' => in_class = true,
            b']' => in_class = false,
            b'\\' => position += 1,
            b'\n' | b'\r' => return None,
            0xe2 if wide_space(text, position).is_some_and(|(_, ends)| ends) => return None,
            _ => {}
        }
        position += 1;
    }
    let flags = position + 1;
    let end = word_end(text, flags);
    let is_odd = |flag: &u8| !b"dgimsuvy".contains(flag);
    let odd_flags = text[flags..end].iter().filter(|flag| is_odd(flag)).count();
    *odd += odd_flags + (end - flags).saturating_sub(8);
    Some(end)
}

/// Which bytes go on a word without a second look.
static IN_WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        let letter = byte as u8;
        table[byte] = letter.is_ascii_alphanumeric() || letter == b'_' || letter == b'$';
        byte += 1;
    }
    table
};

/// Finds the end of a word: names with escapes and with letters outside of ASCII too.
pub(super) fn word_end(text: &[u8], start: usize) -> usize {
    let mut position = start;
    while let Some(byte) = text.get(position) {
        if IN_WORD[usize::from(*byte)] {
            position += 1;
            continue;
        }
        match byte {
            b'\\' => position += 1,
            // The braces of `\u{61}`.
            b'{' if text[start..position].ends_with(b"\\u") => {
                match hexadecimal_end(text, position + 1) {
                    Some(end) => position = end,
                    None => break,
                }
            }
            0x80.. if wide_space(text, position).is_none() => position += 1,
            _ => break,
        }
    }
    position
}

fn hexadecimal_end(text: &[u8], start: usize) -> Option<usize> {
    let digits = text[start..]
        .iter()
        .take(12)
        .take_while(|byte| byte.is_ascii_hexdigit())
        .count();
    (text.get(start + digits) == Some(&b'}')).then_some(start + digits + 1)
}

/// Finds the end of a number. Takes everything that could belong to one; what is wrong in it is counted as odd.
pub(super) fn number_end(text: &[u8], start: usize, odd: &mut usize) -> usize {
    let mut position = start;
    let mut is_odd = false;
    while let Some(byte) = text.get(position) {
        match byte {
            // An exponent needs digits.
            b'e' | b'E' if !is_hexadecimal(&text[start..position]) => {
                let signed = usize::from(matches!(text.get(position + 1), Some(b'+' | b'-')));
                is_odd |= !text
                    .get(position + 1 + signed)
                    .is_some_and(u8::is_ascii_digit);
                position += 1;
            }
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => position += 1,
            b'.' if text.get(position + 1) != Some(&b'.') => position += 1,
            b'_' => {
                let next = text.get(position + 1);
                is_odd |= !next.is_some_and(u8::is_ascii_hexdigit);
                position += 1;
            }
            _ => break,
        }
    }
    *odd += usize::from(is_odd);
    position
}

fn is_hexadecimal(number: &[u8]) -> bool {
    matches!(number, [b'0', b'x' | b'X', ..])
}

/// Says whether all escapes of a word are ones of names; parsers that meet others swallow what follows.
pub(super) fn has_good_escapes(word: &[u8]) -> bool {
    let mut rest = word;
    while let Some(place) = memchr::memchr(b'\\', rest) {
        let escape = &rest[place..];
        let digits = match escape {
            [_, b'u', b'{', digits @ ..] => {
                let length = digits
                    .iter()
                    .position(|byte| *byte == b'}')
                    .unwrap_or(digits.len());
                &digits[..length]
            }
            [_, b'u', a, b, c, d, ..] => &[*a, *b, *c, *d][..],
            _ => return false,
        };
        let value = std::str::from_utf8(digits)
            .ok()
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|digits| u32::from_str_radix(digits, 16).ok());
        if value.is_none_or(|value| value > 0x0010_ffff) {
            return false;
        }
        rest = &escape[2..];
    }
    true
}

/// Says whether an escape is one that parsers complain of.
fn is_odd_escape(escape: &[u8]) -> bool {
    let hexadecimal =
        |bytes: Option<&[u8]>| bytes.is_some_and(|bytes| bytes.iter().all(u8::is_ascii_hexdigit));
    match escape {
        [_, b'x', ..] => !hexadecimal(escape.get(2..4)),
        [_, b'u', b'{', ..] => hexadecimal_end(escape, 3).is_none(),
        [_, b'u', ..] => !hexadecimal(escape.get(2..6)),
        _ => false,
    }
}
