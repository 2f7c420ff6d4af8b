//! Text as it reads once its encoding is undone: percent-encoding and Base64. Must keep track of where each byte came from.

use super::scan::Span;

/// How often percent-encoding is undone: `%2567` is `%67` is `g`.
const ROUNDS: usize = 3;

/// The shortest run of Base64 that is decoded.
const SHORTEST_RUN: usize = 20;

/// The shortest decoded text that may hold a secret.
const SHORTEST_TEXT: usize = 14;

/// Finds secrets of a text that are written percent-encoded, with `find` on the decoded text of each word that holds an escape.
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
        let end = bytes[percent..]
            .iter()
            .position(|byte| ends_word(*byte))
            .map_or(bytes.len(), |length| percent + length);
        found.extend(in_word(&text[start..end], &find).into_iter().map(|span| Span {
            start: start + span.start,
            end: start + span.end,
            ..span
        }));
        position = end;
        passed = end;
    }
    found
}

/// Says whether a byte separates words; such bytes are escaped themselves within what is percent-encoded.
fn ends_word(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'`')
}

/// Undoes the encoding of one word several times and finds the secrets of each reading.
fn in_word(word: &str, find: &impl Fn(&str) -> Vec<Span>) -> Vec<Span> {
    let mut readings = vec![word.to_owned()];
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
        readings.push(decoded);
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
    // Every run that is long enough holds the byte that is looked at first; most bytes are never looked at.
    while let Some(probed) = bytes.get(position..position + SHORTEST_RUN) {
        if let Some(gap) = probed.iter().rposition(|byte| !is_digit(*byte)) {
            position += gap + 1;
            continue;
        }
        let end = bytes[position + SHORTEST_RUN..]
            .iter()
            .position(|byte| !is_digit(*byte))
            .map_or(bytes.len(), |length| position + SHORTEST_RUN + length);
        if holds_secret(&bytes[position..end], &find) {
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

/// Says whether a run holds a secret. The Base64 may begin at the run's start or after a sign that is a separator as well as a digit.
fn holds_secret(run: &[u8], find: &impl Fn(&str) -> bool) -> bool {
    // Up to where the run was read in each of the four ways to divide it, so that each is read once.
    let mut read = [0; 4];
    let mut start = 0;
    loop {
        if start >= read[start % 4] {
            let text = decoded_text(&run[start..]);
            read[start % 4] = start + text.len() / 3 * 4;
            if text.len() >= SHORTEST_TEXT && find(&text) {
                return true;
            }
        }
        let next = run[start..]
            .iter()
            .position(|byte| matches!(byte, b'/' | b'-' | b'_' | b'+'));
        match next {
            Some(length) => start += length + 1,
            None => return false,
        }
    }
}

/// Decodes Base64 as long as it gives text: random bytes soon do not.
fn decoded_text(run: &[u8]) -> String {
    let mut text = String::new();
    for group in run.chunks(4) {
        let mut bits = 0_u32;
        for digit in group {
            bits = (bits << 6) | u32::from(DIGITS[usize::from(*digit)]);
        }
        bits <<= 6 * (4 - group.len());
        let [_, bytes @ ..] = bits.to_be_bytes();
        for byte in bytes.into_iter().take(group.len().saturating_sub(1)) {
            if !byte.is_ascii_graphic() && !byte.is_ascii_whitespace() {
                return text;
            }
            text.push(char::from(byte));
        }
    }
    text
}
