//! Finds what looks like a secret. Must leave commit ids, hashes and UUIDs alone. One pass; each byte is looked at a bounded number of times.

use std::borrow::Cow;

use base64::Engine as _;
use synthesizer_model::secret::MASK;

/// A token whose first characters tell what it is.
struct Prefix {
    text: &'static str,
    /// The least length of what follows.
    shortest: usize,
    /// Whether what follows may hold `-` and `_`.
    dashes: bool,
    /// Whether what follows must mix digits and capitals, because the prefix alone says little.
    mixed: bool,
}

const fn prefix(text: &'static str, shortest: usize, dashes: bool) -> Prefix {
    Prefix {
        text,
        shortest,
        dashes,
        mixed: false,
    }
}

/// Prefixes as their makers document them.
const PREFIXES: &[Prefix] = &[
    prefix("ghp_", 20, false),
    prefix("gho_", 20, false),
    prefix("ghs_", 20, false),
    prefix("ghu_", 20, false),
    prefix("ghr_", 20, false),
    prefix("github_pat_", 20, true),
    prefix("glpat-", 16, true),
    prefix("hf_", 20, false),
    prefix("npm_", 36, false),
    prefix("AKIA", 16, false),
    prefix("ASIA", 16, false),
    Prefix {
        text: "sk-",
        shortest: 20,
        dashes: true,
        mixed: true,
    },
];

/// Names whose value is a secret, as the last part of a longer name too (`client_secret`).
const NAMES: &[&str] = &[
    "token",
    "password",
    "passwd",
    "secret",
    "api_key",
    "apikey",
    "api-key",
    "access_key",
    "private_key",
];

const BEGIN: &str = "-----BEGIN ";
const PRIVATE: &str = "PRIVATE KEY-----";

/// Masks what looks like a secret.
pub(super) fn mask(text: &str) -> Cow<'_, str> {
    let mut masked = String::new();
    let mut copied = 0;
    let mut position = 0;
    while position < text.len() {
        match secret_at(text, position) {
            Found::Secret { start, end } => {
                masked.push_str(&text[copied..start]);
                masked.push_str(MASK);
                copied = end;
                position = end;
            }
            Found::Nothing { next } => position = next,
        }
    }
    if copied == 0 && masked.is_empty() {
        return Cow::Borrowed(text);
    }
    masked.push_str(&text[copied..]);
    Cow::Owned(masked)
}

/// What lies at a position; all offsets are on character boundaries, since they lie beside ASCII characters.
enum Found {
    Secret { start: usize, end: usize },
    Nothing { next: usize },
}

/// Looks at the word, or the one character, that begins at the position.
fn secret_at(text: &str, position: usize) -> Found {
    let rest = &text[position..];
    if rest.starts_with("://") {
        return user_information(text, position + 3);
    }
    if rest.starts_with(BEGIN) {
        return private_key(text, position);
    }
    let word = &rest[..run(rest, is_word)];
    if word.is_empty() {
        let step = rest.chars().next().map_or(1, char::len_utf8);
        return Found::Nothing {
            next: position + step,
        };
    }
    let end = position + word.len();
    if let Some(length) = token_length(word) {
        return Found::Secret {
            start: position,
            end: position + length,
        };
    }
    if let Some((start, end)) =
        header_value(text, word, end).or_else(|| named_value(text, word, end))
    {
        return Found::Secret { start, end };
    }
    Found::Nothing { next: end }
}

/// Finds `user:password@` after `://`.
fn user_information(text: &str, start: usize) -> Found {
    let authority = &text[start..];
    let ends = |byte: u8| {
        byte.is_ascii_whitespace()
            || matches!(byte, b'/' | b'?' | b'#' | b'"' | b'\'' | b'<' | b'>')
    };
    let authority = &authority[..run(authority, |byte| !ends(byte))];
    match authority.rfind('@') {
        Some(at) if &authority[..at] != MASK => Found::Secret {
            start,
            end: start + at,
        },
        Some(at) => Found::Nothing { next: start + at },
        // The host is looked at again as words.
        None => Found::Nothing { next: start },
    }
}

/// Finds a PEM block of a private key, up to its end line or, where that is cut off, the end of the text.
fn private_key(text: &str, start: usize) -> Found {
    let label = &text[start + BEGIN.len()..];
    let label = &label[..run(label, |byte| byte.is_ascii_uppercase() || byte == b' ')];
    let after_label = start + BEGIN.len() + label.len();
    if !format!("{label}-----").ends_with(PRIVATE) || !text[after_label..].starts_with("-----") {
        return Found::Nothing { next: after_label };
    }
    let body = after_label + "-----".len();
    let end = text[body..].find("-----END ").map_or(text.len(), |end| {
        let end = body + end + "-----END ".len();
        text[end..]
            .find("-----")
            .map_or(text.len(), |dashes| end + dashes + "-----".len())
    });
    Found::Secret { start, end }
}

/// Gives how much of the word is a token, if it begins like one.
fn token_length(word: &str) -> Option<usize> {
    if let Some(length) = web_token_length(word) {
        return Some(length);
    }
    let prefix = PREFIXES
        .iter()
        .find(|prefix| word.starts_with(prefix.text))?;
    let body = &word[prefix.text.len()..];
    let dashes = |byte: u8| prefix.dashes && matches!(byte, b'-' | b'_');
    let body = &body[..run(body, |byte| byte.is_ascii_alphanumeric() || dashes(byte))];
    let has = |test: fn(&u8) -> bool| body.as_bytes().iter().any(test);
    let mixed = !prefix.mixed || (has(u8::is_ascii_digit) && has(u8::is_ascii_uppercase));
    (body.len() >= prefix.shortest && mixed).then_some(prefix.text.len() + body.len())
}

/// Recognises a JSON Web Token (RFC 7519): three parts in Base64, of which the first begins with `{"`.
fn web_token_length(word: &str) -> Option<usize> {
    if !word.starts_with("eyJ") {
        return None;
    }
    let mut parts = word.splitn(4, '.');
    let (header, payload, signature) = (parts.next()?, parts.next()?, parts.next()?);
    let long_enough = header.len() >= 10 && payload.len() >= 4;
    long_enough.then_some(header.len() + payload.len() + signature.len() + 2)
}

/// Finds the credential after `Bearer` or `Basic`.
fn header_value(text: &str, word: &str, end: usize) -> Option<(usize, usize)> {
    let rest = text[end..].strip_prefix(' ')?;
    let value = &rest[..run(rest, |byte| {
        is_word(byte) || matches!(byte, b'~' | b'+' | b'/' | b'=')
    })];
    let is_credential = if word.eq_ignore_ascii_case("bearer") {
        value.len() >= 16 && value.bytes().any(|byte| byte.is_ascii_digit())
    } else if word.eq_ignore_ascii_case("basic") {
        let decoded = base64::engine::general_purpose::STANDARD.decode(value);
        decoded.is_ok_and(|decoded| decoded.contains(&b':'))
    } else {
        false
    };
    is_credential.then_some((end + 1, end + 1 + value.len()))
}

/// Finds the value in `password=value`, `password = "value"` and `"password": "value"`.
fn named_value(text: &str, word: &str, end: usize) -> Option<(usize, usize)> {
    let named = |name: &&str| {
        let tail = word
            .len()
            .checked_sub(name.len())
            .and_then(|start| word.get(start..));
        tail.is_some_and(|tail| tail.eq_ignore_ascii_case(name))
    };
    if !NAMES.iter().any(named) {
        return None;
    }
    let rest = &text[end..];
    let (quoted_name, rest) = match rest
        .strip_prefix("\\\"")
        .or_else(|| rest.strip_prefix(['"', '\'']))
    {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let rest = rest.trim_start_matches(' ');
    let rest = match rest.strip_prefix(':') {
        Some(rest) if quoted_name => rest,
        _ => rest.strip_prefix('=')?,
    };
    let rest = rest.trim_start_matches(' ');
    let value = rest
        .strip_prefix("\\\"")
        .or_else(|| rest.strip_prefix(['"', '\'']))
        .unwrap_or(rest);
    let is_quoted = value.len() < rest.len();
    let ends = |byte: u8| {
        matches!(byte, b'"' | b'\'' | b'\\')
            || (!is_quoted
                && (byte.is_ascii_whitespace()
                    || matches!(byte, b'&' | b',' | b';' | b')' | b'}' | b']')))
    };
    let length = run(value, |byte| !ends(byte));
    let start = text.len() - value.len();
    let is_secret = length > 0 && &value[..length] != MASK;
    is_secret.then_some((start, start + length))
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// Counts the leading bytes that pass the test; a test that refuses all or no bytes above 127 keeps character boundaries.
fn run(text: &str, test: impl Fn(u8) -> bool) -> usize {
    text.bytes()
        .position(|byte| !test(byte))
        .unwrap_or(text.len())
}

#[cfg(test)]
#[path = "shapes_tests.rs"]
mod tests;
