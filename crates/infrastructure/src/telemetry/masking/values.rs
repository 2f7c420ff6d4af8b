//! Values of names: `password=value`, `"token": "value"`, `secret: value`. Must leave alone what stands in for a value, commit ids, hashes and
//! UUIDs that no name calls a secret, and prose.

use synthesizer_model::secret::MASK;

use super::{
    rules::entropy,
    scan::Span,
    structure::{is_part, is_word, run},
};

/// What a name says of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It is a secret, which people may have thought up.
    Password,
    /// It is a secret, but sentences have such words too: `unexpected token: name`.
    Secret,
    /// It is a secret when it looks random.
    Perhaps,
}

/// Names, as the last part of a longer name too (`client_secret`).
pub(super) const NAMES: &[(Meaning, &[&str])] = &[
    (Meaning::Password, &["password", "passwd", "passphrase"]),
    (
        Meaning::Secret,
        &[
            "token",
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
        ],
    ),
    (
        Meaning::Perhaps,
        &[
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
        ],
    ),
];

/// How many characters of a name may follow a rule's keyword, such as `_api_token` after `datadog`.
pub(super) const NAME_REST: usize = 24;

/// The longest value that is looked at.
const VALUE_LIMIT: usize = 1 << 16;

/// Where a value begins, and how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) start: usize,
    quote: Quote,
    /// Only a colon stands between an unquoted name and the value, as in YAML, headers and prose.
    bare_colon: bool,
}

/// What a value is enclosed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quote {
    None,
    Plain(u8),
    /// A quote after a backslash, in a text that is itself within quotes.
    Escaped(u8),
}

/// Finds the value in `password=value`, `password = "value"` and `"password": "value"`, where the name ends at `end`.
///
/// `looked` says up to where values were looked at that are not random; text that repeats a name without end is then read once.
pub(super) fn named_value(
    text: &str,
    end: usize,
    meaning: Meaning,
    looked: &mut usize,
) -> Option<Span> {
    let place = value_after(text, end, 0)?;
    let must_be_random = meaning == Meaning::Perhaps || place.bare_colon;
    if must_be_random && end < *looked {
        return None;
    }
    let from_start = &text[place.start..];
    let is_masked = from_start
        .trim_start_matches(['<', '$', '{', '(', '%'])
        .starts_with(MASK);
    if is_masked || (place.quote == Quote::None && is_call(from_start)) {
        return None;
    }
    let value = value(text, place);
    let is_secret = match meaning {
        _ if value.is_empty() || is_placeholder(value) => false,
        _ if must_be_random && value.contains(MASK) => false,
        Meaning::Password if place.bare_colon => is_like_password(value) || is_random(value),
        Meaning::Secret if place.bare_colon => is_long_hexadecimal(value) || is_random(value),
        Meaning::Password | Meaning::Secret => true,
        Meaning::Perhaps => is_random(value),
    };
    if !is_secret {
        if must_be_random {
            *looked = place.start + value.len();
        }
        return None;
    }
    Some(Span {
        start: place.start,
        end: place.start + value.len(),
        rule: if must_be_random {
            "random-value-of-a-name"
        } else {
            "value-of-a-secret-name"
        },
    })
}

/// Gives where the value begins that is given to a name; up to `rest` further characters of the name may follow.
pub(super) fn value_after(text: &str, end: usize, rest: usize) -> Option<Value> {
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
    let (name_quote, after) = opened(after);
    let after = trim_blanks(after);
    let is_named = name_quote != Quote::None;
    let (bare_colon, value) = match after.strip_prefix(':') {
        Some(value) => match value.strip_prefix('=') {
            Some(value) => (false, value),
            // What goes on after a second colon is a path: `secret::Value`.
            None if value.starts_with(':') => return None,
            None => (!is_named, value),
        },
        None => {
            let value = after.strip_prefix('=')?;
            let value = value
                .strip_prefix('>')
                .or_else(|| value.strip_prefix('='))
                .unwrap_or(value);
            (false, value)
        }
    };
    let value = trim_blanks(value);
    let (quote, unquoted) = opened(value);
    Some(Value {
        start: text.len() - unquoted.len(),
        quote,
        bare_colon,
    })
}

/// Takes the quote that a text begins with.
fn opened(text: &str) -> (Quote, &str) {
    let backslashes = text
        .bytes()
        .take(7)
        .take_while(|byte| *byte == b'\\')
        .count();
    match text.as_bytes().get(backslashes) {
        Some(quote @ (b'"' | b'\'' | b'`')) => {
            let rest = &text[backslashes + 1..];
            if backslashes == 0 {
                (Quote::Plain(*quote), rest)
            } else {
                (Quote::Escaped(*quote), rest)
            }
        }
        _ => (Quote::None, text),
    }
}

/// Gives the text of a value up to where it ends.
fn value(text: &str, place: Value) -> &str {
    let from = place.start;
    let rest = &text[from..text.floor_char_boundary((from + VALUE_LIMIT).min(text.len()))];
    let closed = match place.quote {
        Quote::None => None,
        Quote::Plain(quote) => quoted(rest, quote),
        Quote::Escaped(quote) => {
            let end = run(rest, |byte| byte != quote && byte != b'\n');
            rest.as_bytes()
                .get(end)
                .is_some_and(|byte| *byte == quote)
                .then(|| rest[..end].trim_end_matches('\\').len())
        }
    };
    // A quote that nothing closes was no quote, or its value is cut off.
    &rest[..closed.unwrap_or_else(|| unquoted(rest))]
}

/// Gives the length of a quoted value when its end is there on the same line. After a backslash, a quote belongs to the value.
fn quoted(rest: &str, quote: u8) -> Option<usize> {
    let mut bytes = rest.bytes().enumerate();
    while let Some((position, byte)) = bytes.next() {
        match byte {
            b'\\' => {
                bytes.next();
            }
            b'\n' => return None,
            _ if byte == quote => return Some(position),
            _ => {}
        }
    }
    None
}

/// Gives the length of a value without quotes: up to a blank, a control character, a sign that ends an argument, or an escape.
fn unquoted(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut position = 0;
    while let Some(byte) = bytes.get(position) {
        match byte {
            b'"' | b'\'' | b'`' | b'&' | b',' | b';' | b')' | b'}' | b']' => return position,
            b'\\' => match bytes.get(position + 1) {
                Some(b'\\') => position += 2,
                None | Some(b'n' | b'r' | b't' | b'"' | b'\'') => return position,
                Some(b'u') if is_code(bytes, position + 2) => return position,
                Some(_) => position += 1,
            },
            _ if byte.is_ascii_whitespace() || byte.is_ascii_control() => return position,
            _ => position += 1,
        }
    }
    position
}

/// Says whether the four digits of `\u0026` are there.
fn is_code(bytes: &[u8], start: usize) -> bool {
    bytes
        .get(start..start + 4)
        .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
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

/// Says whether what begins here is source that takes the value from elsewhere: `next_token()`, `os.environ["TOKEN"]`.
fn is_call(text: &str) -> bool {
    let name = run(text, is_word);
    name > 0
        && matches!(text.as_bytes().get(name), Some(b'(' | b'['))
        && !text.starts_with(|first: char| first.is_ascii_digit())
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
    let first = value.bytes().next().unwrap_or_default();
    WORDS.iter().any(|word| value.eq_ignore_ascii_case(word))
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

/// Says whether a value may be a password that a person thought up rather than a word or a type: no blanks, letters and digits.
fn is_like_password(value: &str) -> bool {
    let has = |test: fn(&u8) -> bool| value.as_bytes().iter().any(test);
    value.len() >= 6
        && !value.contains(char::is_whitespace)
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_alphabetic)
}

/// Says whether a value is a key in hexadecimal, or a UUID.
fn is_long_hexadecimal(value: &str) -> bool {
    value.len() >= 32
        && value
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
        && value
            .bytes()
            .any(|byte| is_part(byte) && byte.is_ascii_digit())
}
