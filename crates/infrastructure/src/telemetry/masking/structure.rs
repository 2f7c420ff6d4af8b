//! Secrets that are known by their place or form: URL credentials, private keys, web tokens, headers, values of names. Must leave commit
//! ids, hashes and UUIDs alone that no name calls a secret.

use base64::Engine as _;
use synthesizer_model::secret::MASK;

use super::{rules::entropy, scan::Span};

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

/// What each form begins with.
pub(super) const STRUCTURES: &[(Structure, &str)] = &[
    (Structure::UserInformation, "://"),
    (Structure::PrivateKey, "-----BEGIN "),
    (Structure::WebToken, "eyJ"),
    (Structure::Header, "bearer "),
    (Structure::Header, "basic "),
];

/// Names whose value is a secret, as the last part of a longer name too (`client_secret`).
pub(super) const NAMES: &[&str] = &[
    "token",
    "password",
    "passwd",
    "passphrase",
    "secret",
    "api_key",
    "apikey",
    "api-key",
    "access_key",
    "access-key",
    "accesskey",
    "private_key",
    "private-key",
    "privatekey",
    "secret_key",
    "secretkey",
    "signing_key",
    "encryption_key",
    "client_key",
];

/// Names whose value is a secret when it looks random.
pub(super) const WEAK_NAMES: &[&str] = &[
    "auth",
    "credential",
    "credentials",
    "pass",
    "pwd",
    "session",
    "sessionid",
    "session_id",
    "cookie",
    "signature",
    "_key",
    "-key",
    "connectionstring",
    "connection_string",
];

/// How many characters of a name may follow a rule's keyword, such as `_api_token` after `datadog`.
pub(super) const NAME_REST: usize = 24;

const PRIVATE: &str = "PRIVATE KEY";

/// The longest value that is looked at.
const VALUE_LIMIT: usize = 1 << 16;

/// Recognises a form whose beginning lies at `start..end`.
pub(super) fn find(text: &str, form: Structure, start: usize, end: usize) -> Option<Span> {
    match form {
        Structure::UserInformation => user_information(text, end),
        Structure::PrivateKey => private_key(text, start, end),
        Structure::WebToken => web_token(text, start),
        Structure::Header => header_value(text, start, end),
    }
}

/// Finds `user:password@` after `://`.
fn user_information(text: &str, start: usize) -> Option<Span> {
    let authority = &text[start..];
    let ends = |byte: u8| {
        byte.is_ascii_whitespace()
            || matches!(byte, b'/' | b'?' | b'#' | b'"' | b'\'' | b'<' | b'>')
    };
    let authority = &authority[..run(authority, |byte| !ends(byte))];
    let at = authority.rfind('@')?;
    (at > 0 && &authority[..at] != MASK).then_some(Span {
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
    let is_private = label.ends_with(PRIVATE) || label.ends_with("PRIVATE KEY BLOCK");
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
    if text[..start]
        .ends_with(|before: char| before.is_ascii_alphanumeric() || matches!(before, '_' | '-'))
        || !text[start..].starts_with("eyJ")
    {
        return None;
    }
    // Part by part: a word of many parts is then read once in all.
    let part = |from: usize| {
        run(&text[from..], |byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
        })
    };
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
    if text[..start].ends_with(|before: char| before.is_ascii_alphanumeric()) {
        return None;
    }
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

/// Finds the value in `password=value`, `password = "value"` and `"password": "value"`, where the name ends at `end`.
///
/// `looked` says up to where values were looked at already; text that repeats a name without end is then read once.
pub(super) fn named_value(text: &str, end: usize, weak: bool, looked: &mut usize) -> Option<Span> {
    if end < *looked {
        return None;
    }
    let (start, is_quoted) = value_after(text, end, 0)?;
    let value = &text[start..text.floor_char_boundary((start + VALUE_LIMIT).min(text.len()))];
    let length = run(value, |byte| {
        !(matches!(byte, b'"' | b'\'' | b'\\' | b'\n')
            || (!is_quoted
                && (byte.is_ascii_whitespace()
                    || matches!(byte, b'&' | b',' | b';' | b')' | b'}' | b']'))))
    });
    let value = &value[..length];
    if value.is_empty() || value == MASK {
        return None;
    }
    let is_call = !is_quoted
        && value
            .find(['(', '['])
            .is_some_and(|at| value[..at].bytes().all(is_word));
    let is_secret = !is_call && !is_placeholder(value) && (!weak || is_random(value));
    if !is_secret {
        *looked = start + length;
        return None;
    }
    Some(Span {
        start,
        end: start + length,
        rule: if weak {
            "random-value-of-a-name"
        } else {
            "value-of-a-secret-name"
        },
    })
}

/// Gives where the value begins that is given to a name, and whether it is quoted; up to `rest` further characters of the name may follow.
pub(super) fn value_after(text: &str, end: usize, rest: usize) -> Option<(usize, bool)> {
    let after = &text[end..];
    // Not the whole name, which may be as long as the text.
    let name = after
        .bytes()
        .take(rest + 1)
        .take_while(|byte| is_word(*byte))
        .count();
    if name > rest {
        return None;
    }
    let after = &after[name..];
    let (quoted_name, after) = match after
        .strip_prefix("\\\"")
        .or_else(|| after.strip_prefix(['"', '\'']))
    {
        Some(after) => (true, after),
        None => (false, after),
    };
    let after = trim_blanks(after);
    let value = match after.strip_prefix(':') {
        // A rule's own pattern guards its value, so a bare colon will do there.
        Some(value) if quoted_name || rest > 0 => value.strip_prefix('=').unwrap_or(value),
        Some(value) => value.strip_prefix('=')?,
        None => {
            let value = after.strip_prefix('=')?;
            value
                .strip_prefix('>')
                .or_else(|| value.strip_prefix('='))
                .unwrap_or(value)
        }
    };
    let value = trim_blanks(value);
    let unquoted = value
        .strip_prefix("\\\"")
        .or_else(|| value.strip_prefix(['"', '\'', '`']))
        .unwrap_or(value);
    Some((text.len() - unquoted.len(), unquoted.len() < value.len()))
}

/// Removes some blanks, not any number of them.
fn trim_blanks(text: &str) -> &str {
    let blanks = text
        .bytes()
        .take(8)
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .count();
    &text[blanks..]
}

/// Says whether a value is what is written where a secret will be: `None`, `<token>`, `${TOKEN}`, `$TOKEN`, `%(token)s`, `xxxx`.
fn is_placeholder(value: &str) -> bool {
    const WORDS: &[&str] = &[
        "none",
        "null",
        "nil",
        "true",
        "false",
        "undefined",
        "str",
        "string",
        "optional",
        "required",
    ];
    let lower = value.to_ascii_lowercase();
    let first = value.bytes().next().unwrap_or_default();
    let wrapped = [
        ("<", ">"),
        ("${", "}"),
        ("${", ""),
        ("{{", "}}"),
        ("{", ""),
        ("%(", ")s"),
        ("$(", ")"),
    ];
    let is_name = |text: &str| {
        text.len() <= 64
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-' | b'.' | b' '))
    };
    let in_wrapping = wrapped.iter().any(|(open, close)| {
        value
            .strip_prefix(open)
            .and_then(|inner| inner.strip_suffix(close))
            .is_some_and(is_name)
    });
    let variable = value.strip_prefix('$').is_some_and(|name| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    });
    WORDS.contains(&lower.as_str())
        || in_wrapping
        || variable
        || (matches!(first, b'*' | b'x' | b'X' | b'.' | b'-')
            && value.bytes().all(|byte| byte == first))
}

/// Says whether a value looks made by a machine, and not a hash, a UUID, a number or a name.
fn is_random(value: &str) -> bool {
    let has = |test: fn(&u8) -> bool| value.as_bytes().iter().any(test);
    let is_hex = value
        .bytes()
        .all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let plain = value.bytes().all(|byte| byte.is_ascii_graphic());
    plain
        && value.len() >= 20
        && !is_hex
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_alphabetic)
        && !value.contains("://")
        && entropy(value) >= 3.7
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
