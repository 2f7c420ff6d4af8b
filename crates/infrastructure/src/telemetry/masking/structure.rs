//! Secrets that are known by their form: URL credentials, private keys, web tokens, headers. Must leave public keys and plain URLs alone.

use base64::Engine as _;
use synthesizer_model::secret::MASK;

use super::scan::Span;

/// A form that code recognises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Structure {
    /// `user:password@` of a URL (RFC 3986, section 3.2.1).
    UserInformation,
    /// A private key in PEM (RFC 7468) or a PuTTY or PGP key.
    PrivateKey,
    /// A JSON Web Token (RFC 7519).
    WebToken,
    /// The credential of an `Authorization` header (RFC 9110, section 11.6).
    Header,
}

/// What a form begins with.
pub(super) struct Beginning {
    pub(super) structure: Structure,
    pub(super) text: &'static str,
    pub(super) any_case: bool,
}

/// What each form begins with.
pub(super) const STRUCTURES: &[Beginning] = &[
    begins(Structure::UserInformation, "://", false),
    begins(Structure::PrivateKey, "-----BEGIN ", false),
    begins(Structure::WebToken, "eyJ", false),
    begins(Structure::Header, "bearer ", true),
    begins(Structure::Header, "basic ", true),
];

const fn begins(structure: Structure, text: &'static str, any_case: bool) -> Beginning {
    Beginning {
        structure,
        text,
        any_case,
    }
}

/// Recognises a form whose beginning lies at `start..end`; another secret ends at `covered`.
pub(super) fn find(
    text: &str,
    form: Structure,
    (start, end): (usize, usize),
    covered: usize,
) -> Option<Span> {
    let is_beginning = || start == covered || begins_word(text, start);
    match form {
        Structure::UserInformation => user_information(text, end),
        Structure::PrivateKey => private_key(text, start, end),
        Structure::WebToken => is_beginning().then(|| web_token(text, start)).flatten(),
        Structure::Header => is_beginning()
            .then(|| header_value(text, start, end))
            .flatten(),
    }
}

/// Finds `user:password@` after `://`.
fn user_information(text: &str, start: usize) -> Option<Span> {
    let authority = &text[start..];
    let ends = |byte: u8| {
        byte.is_ascii_whitespace()
            || matches!(
                byte,
                b'/' | b'?' | b'#' | b'"' | b'\'' | b'<' | b'>' | b'\\'
            )
    };
    let authority = &authority[..run(authority, |byte| !ends(byte))];
    let at = authority.rfind('@')?;
    let credentials = &authority[..at];
    let password = credentials
        .rsplit_once(':')
        .map_or(credentials, |(_, password)| password);
    (at > 0 && password != MASK).then_some(Span {
        start,
        end: start + at,
        rule: "url-credentials",
    })
}

/// Finds a PEM block of a private key, up to its end line or, where that is cut off, the end of the text.
fn private_key(text: &str, start: usize, after_begin: usize) -> Option<Span> {
    let label = &text[after_begin..];
    let label = &label[..run(label, |byte| {
        byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b' '
    })];
    let body = after_begin + label.len();
    let is_private = label.ends_with("PRIVATE KEY") || label.ends_with("PRIVATE KEY BLOCK");
    if !is_private || !text[body..].starts_with("-----") {
        return None;
    }
    let end = text[body..].find("-----END ").map_or(text.len(), |end| {
        let end = body + end + "-----END ".len();
        text[end..]
            .find("-----")
            .map_or(text.len(), |dashes| end + dashes + "-----".len())
    });
    Some(Span {
        start,
        end,
        rule: "private-key",
    })
}

/// Recognises a JSON Web Token: three parts in Base64, of which the first begins with `{"`.
fn web_token(text: &str, start: usize) -> Option<Span> {
    if text[..start].ends_with('-') {
        return None;
    }
    // Part by part: a word of many parts is then read once in all.
    let part = |from: usize| run(&text[from..], |byte| is_part(byte) || byte == b'-');
    let header = start + part(start);
    let payload = text[header..]
        .strip_prefix('.')
        .map(|_| header + 1 + part(header + 1))?;
    let signature = text[payload..]
        .strip_prefix('.')
        .map(|_| payload + 1 + part(payload + 1))?;
    let long_enough = header - start >= 10 && payload - header > 4;
    long_enough.then_some(Span {
        start,
        end: signature,
        rule: "json-web-token",
    })
}

/// Finds the credential after `Bearer ` or `Basic `.
fn header_value(text: &str, start: usize, end: usize) -> Option<Span> {
    let rest = &text[end..];
    let value = &rest[..run(rest, |byte| {
        is_word(byte) || matches!(byte, b'~' | b'+' | b'/' | b'=')
    })];
    let is_credential = if text[start..end].eq_ignore_ascii_case("bearer ") {
        value.len() >= 16 && value.bytes().any(|byte| byte.is_ascii_digit())
    } else {
        let decoded = base64::engine::general_purpose::STANDARD.decode(value);
        decoded.is_ok_and(|decoded| decoded.contains(&b':'))
    };
    is_credential.then_some(Span {
        start: end,
        end: end + value.len(),
        rule: "authorization-header",
    })
}

/// Says whether a token may begin at a place: not within a word, but the letters of an escape such as `\n`, `\u00e9` or a terminal's colour
/// are no part of one.
pub(super) fn begins_word(text: &str, start: usize) -> bool {
    let Some(before) = text.as_bytes().get(..start) else {
        return false;
    };
    match before {
        [] => true,
        [.., last] if !is_part(*last) => true,
        [.., b'\\', b'n' | b'r' | b't' | b'b' | b'f' | b'v' | b'0'] => true,
        [.., b'\\', b'u', a, b, c, d] => [a, b, c, d].iter().all(|byte| byte.is_ascii_hexdigit()),
        [rest @ .., b'm'] => {
            let mut parameters = rest.iter().rev().take(16);
            let first = parameters.find(|byte| !byte.is_ascii_digit() && **byte != b';');
            first == Some(&b'[')
        }
        _ => false,
    }
}

/// Says whether a byte beside a token would make it part of a longer word.
pub(super) fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Says whether a byte may be part of a name with dots and dashes.
pub(super) fn is_word(byte: u8) -> bool {
    is_part(byte) || matches!(byte, b'-' | b'.')
}

/// Counts the leading bytes that pass the test; a test that refuses all or no bytes above 127 keeps character boundaries.
pub(super) fn run(text: &str, test: impl Fn(u8) -> bool) -> usize {
    text.bytes()
        .position(|byte| !test(byte))
        .unwrap_or(text.len())
}
