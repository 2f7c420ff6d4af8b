//! Text as it reads once its encoding is undone: percent-encoding and Base64. Must keep track of where each byte came from.

use std::borrow::Cow;

use super::scan::Span;

/// How often percent-encoding is undone: `%2567` is `%67` is `g`.
const ROUNDS: usize = 3;

/// The shortest word with an escape that may hold a secret: `token%3Da`.
const SHORTEST_WORD: usize = 9;

/// How far apart words with escapes are at most that are read together.
const NEAR: usize = 128;

/// The shortest run of Base64 that is decoded.
const SHORTEST_RUN: usize = 20;

/// The shortest decoded text that may hold a secret.
const SHORTEST_TEXT: usize = 14;

/// Finds secrets of a text that are written percent-encoded, with `find` on the decoded text of words that hold escapes.
pub(super) fn percent_encoded(text: &str, find: impl Fn(&str) -> Vec<Span>) -> Vec<Span> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let (mut position, mut passed) = (0, 0);
    while let Some(percent) = text[position..].find('%') {
        let percent = position + percent;
        if escape(bytes, percent).is_none() {
            position = percent + 1;
            continue;
        }
        let start = bytes[passed..percent]
            .iter()
            .rposition(|byte| ends_word(*byte))
            .map_or(passed, |end| passed + end + 1);
        let mut end = word_end(bytes, percent);
        // Neighbours are read together, which costs less than one by one.
        while let Some(next) = next_escape(bytes, end) {
            end = word_end(bytes, next);
        }
        if end - start >= SHORTEST_WORD {
            let spans = in_word(&text[start..end], &find);
            found.extend(spans.into_iter().map(|span| span.moved(start)));
        }
        position = end;
        passed = end;
    }
    found
}

fn word_end(bytes: &[u8], start: usize) -> usize {
    bytes[start..]
        .iter()
        .position(|byte| ends_word(*byte))
        .map_or(bytes.len(), |length| start + length)
}

/// Gives where the next escape begins, if it is near.
fn next_escape(bytes: &[u8], start: usize) -> Option<usize> {
    let near = start..(start + NEAR).min(bytes.len());
    near.into_iter()
        .find(|position| escape(bytes, *position).is_some())
}

/// Says whether a byte separates words; such bytes are escaped themselves within what is percent-encoded.
fn ends_word(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'`')
}

/// Undoes the encoding of words several times and finds the secrets of each reading.
fn in_word(word: &str, find: &impl Fn(&str) -> Vec<Span>) -> Vec<Span> {
    let mut readings = vec![Cow::Borrowed(word)];
    let mut found: Vec<Span> = Vec::new();
    for _ in 0..ROUNDS {
        let Some(decoded) = readings.last().and_then(|reading| decode(reading)) else {
            break;
        };
        let mut spans = find(&decoded);
        for encoded in readings.iter().rev() {
            places(encoded, &mut spans);
        }
        found.extend(spans);
        readings.push(Cow::Owned(decoded));
    }
    found
}

/// Undoes the percent-encoding of printable ASCII; gives nothing when there is none.
fn decode(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut decoded = String::with_capacity(text.len());
    let mut copied = 0;
    let mut position = 0;
    while let Some(percent) = text[position..].find('%') {
        let percent = position + percent;
        position = percent + 1;
        if let Some(byte) = escape(bytes, percent) {
            decoded.push_str(&text[copied..percent]);
            decoded.push(char::from(byte));
            position = percent + 3;
            copied = position;
        }
    }
    if copied == 0 {
        return None;
    }
    decoded.push_str(&text[copied..]);
    Some(decoded)
}

/// Moves spans of a decoded text to where they came from in the encoded one.
fn places(encoded: &str, spans: &mut [Span]) {
    let mut ends: Vec<&mut usize> = spans
        .iter_mut()
        .flat_map(|span| [&mut span.start, &mut span.end])
        .collect();
    ends.sort_unstable();
    let bytes = encoded.as_bytes();
    let (mut from, mut to) = (0, 0);
    for end in ends {
        while to < *end {
            from += if escape(bytes, from).is_some() { 3 } else { 1 };
            to += 1;
        }
        *end = from;
    }
}

/// Gives the printable character that is written as `%XX` at a place.
fn escape(bytes: &[u8], position: usize) -> Option<u8> {
    let [b'%', high, low] = bytes.get(position..position + 3)? else {
        return None;
    };
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let byte = (digit(*high)? << 4) | digit(*low)?;
    (0x20..0x7f).contains(&byte).then_some(byte)
}

/// What each byte stands for in Base64 of either alphabet (RFC 4648, sections 4 and 5).
static DIGITS: [u8; 256] = digits();

const NO_DIGIT: u8 = u8::MAX;

/// Digits from here on are signs that often separate words.
const SEPARATORS: u8 = 62;

const fn digits() -> [u8; 256] {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut digits = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 64 {
        digits[alphabet[value as usize] as usize] = value;
        value += 1;
    }
    digits[b'-' as usize] = 62;
    digits[b'_' as usize] = 63;
    digits
}

fn is_digit(byte: u8) -> bool {
    DIGITS[usize::from(byte)] != NO_DIGIT
}

/// Finds runs of Base64 that hold secrets, with `find` on what they decode to.
pub(super) fn base64_runs(text: &str, find: impl Fn(&str) -> bool) -> Vec<Span> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut position = 0;
    // A run that is long enough holds all bytes of one such window; most bytes of other text are never looked at.
    while let Some(window) = bytes.get(position..position + SHORTEST_RUN) {
        if let Some(gap) = window.iter().rposition(|byte| !is_digit(*byte)) {
            position += gap + 1;
            continue;
        }
        let run = Run::read(&bytes[position..], &find);
        let end = position + run.length;
        if run.holds_secret {
            let padding = bytes[end..]
                .iter()
                .take(2)
                .take_while(|byte| **byte == b'=')
                .count();
            found.push(Span {
                start: position,
                end: end + padding,
                rule: "base64-of-a-secret",
            });
        }
        position = end;
    }
    found
}

/// Bytes that may all be Base64.
struct Run {
    length: usize,
    holds_secret: bool,
}

impl Run {
    /// Reads the run at the beginning. The Base64 may begin there, after a sign that is a separator as well as a digit, or, where something was
    /// cut off, in the middle of four digits.
    fn read(bytes: &[u8], find: &impl Fn(&str) -> bool) -> Self {
        // Up to where the run was read in each of the four ways to divide it, so that each is read once.
        let mut read = [0; 4];
        let mut holds_secret_from = |start: usize| {
            start >= read[start % 4] && {
                let text = decoded_text(&bytes[start..]);
                read[start % 4] = start + text.len() / 3 * 4;
                text.len() >= SHORTEST_TEXT && find(&text)
            }
        };
        let mut holds_secret = (0..4).any(&mut holds_secret_from);
        let mut start = 0;
        loop {
            let stop = bytes[start..]
                .iter()
                .position(|byte| DIGITS[usize::from(*byte)] >= SEPARATORS)
                .map_or(bytes.len(), |length| start + length);
            match bytes.get(stop) {
                Some(byte) if is_digit(*byte) => {
                    start = stop + 1;
                    holds_secret = holds_secret || holds_secret_from(start);
                }
                _ => {
                    return Self {
                        length: stop,
                        holds_secret,
                    };
                }
            }
        }
    }
}

/// Decodes Base64 as long as it gives text: random bytes soon do not.
fn decoded_text(bytes: &[u8]) -> String {
    let mut text = String::new();
    for group in bytes.chunks(4) {
        let digits = group.iter().take_while(|byte| is_digit(**byte)).count();
        let mut bits = 0_u32;
        for digit in &group[..digits] {
            bits = (bits << 6) | u32::from(DIGITS[usize::from(*digit)]);
        }
        bits <<= 6 * (4 - digits);
        let [_, decoded @ ..] = bits.to_be_bytes();
        for byte in decoded.into_iter().take(digits.saturating_sub(1)) {
            if !byte.is_ascii_graphic() && !byte.is_ascii_whitespace() {
                return text;
            }
            text.push(char::from(byte));
        }
        if digits < 4 {
            break;
        }
    }
    text
}
