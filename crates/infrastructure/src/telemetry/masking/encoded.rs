//! Text as it reads once its encoding is undone: percent-encoding and Base64. Must keep track of where each byte came from.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use super::scan::{self, Span};

/// How often percent-encoding is undone: `%2567` is `%67` is `g`.
const ROUNDS: usize = 3;

/// The shortest and the longest run of Base64 that is decoded.
const RUN: std::ops::RangeInclusive<usize> = 20..=8192;

const FORGIVING: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, FORGIVING);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, FORGIVING);

/// Finds secrets of a text that are written percent-encoded, with `find` on the decoded text.
pub(super) fn percent_encoded(text: &str, find: impl Fn(&str) -> Vec<Span>) -> Vec<Span> {
    let mut found = Vec::new();
    let mut places: Vec<usize> = Vec::new();
    let mut current = text.to_owned();
    for round in 0..ROUNDS {
        let Some((decoded, offsets)) = decode(&current) else {
            break;
        };
        places = if round == 0 {
            offsets
        } else {
            offsets.iter().map(|offset| places[*offset]).collect()
        };
        let spans = find(&decoded);
        found.extend(spans.into_iter().map(|span| Span {
            start: places[span.start],
            end: places[span.end],
            ..span
        }));
        current = decoded;
    }
    found
}

/// Undoes the percent-encoding of printable ASCII; gives the text and where each of its bytes, and its end, came from.
fn decode(text: &str) -> Option<(String, Vec<usize>)> {
    let bytes = text.as_bytes();
    let mut decoded = String::with_capacity(text.len());
    let mut offsets = Vec::with_capacity(text.len() + 1);
    let mut changed = false;
    let mut position = 0;
    while let Some(character) = text[position..].chars().next() {
        let escape = (character == '%')
            .then(|| {
                Some((digit(*bytes.get(position + 1)?)? << 4) | digit(*bytes.get(position + 2)?)?)
            })
            .flatten()
            .filter(|byte| (0x20..0x7f).contains(byte));
        let (character, step) = match escape {
            Some(byte) => (char::from(byte), 3),
            None => (character, character.len_utf8()),
        };
        changed |= escape.is_some();
        decoded.push(character);
        offsets.extend((0..character.len_utf8()).map(|inner| position + inner.min(step - 1)));
        position += step;
    }
    offsets.push(text.len());
    changed.then_some((decoded, offsets))
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

/// Finds runs of Base64 that hold secrets.
pub(super) fn base64_runs(text: &str) -> Vec<Span> {
    let is_base64 =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut position = 0;
    while position < bytes.len() {
        if !is_base64(bytes[position]) {
            position += 1;
            continue;
        }
        let length = bytes[position..]
            .iter()
            .position(|byte| !is_base64(*byte))
            .unwrap_or(bytes.len() - position);
        let end = position + length;
        if RUN.contains(&length) && holds_secret(&text[position..end]) {
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

fn holds_secret(run: &str) -> bool {
    let engine = if run.contains(['-', '_']) {
        &URL_SAFE
    } else {
        &STANDARD
    };
    let Ok(decoded) = engine.decode(run) else {
        return false;
    };
    // Random bytes are rarely text, and still more rarely a secret.
    std::str::from_utf8(&decoded).is_ok_and(|text| {
        text.bytes()
            .all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace())
            && !scan::secrets(text).is_empty()
    })
}
