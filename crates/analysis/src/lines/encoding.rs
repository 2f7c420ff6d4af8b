//! Texts that are not UTF-8, as `tokei` reads them: told by a byte order mark alone.

use std::borrow::Cow;

/// Gives the text as UTF-8 without its byte order mark. A text without one is given as it is, whatever it holds.
///
/// A text of a byte order mark of UTF-16 and nothing else is given as it is.
pub(super) fn as_utf8(text: &[u8]) -> Cow<'_, [u8]> {
    match text {
        [0xef, 0xbb, 0xbf, rest @ ..] => match String::from_utf8_lossy(rest) {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        },
        [0xff, 0xfe, rest @ ..] if !rest.is_empty() => from_utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] if !rest.is_empty() => from_utf16(rest, u16::from_be_bytes),
        _ => Cow::Borrowed(text),
    }
}

fn from_utf16(text: &[u8], unit: fn([u8; 2]) -> u16) -> Cow<'_, [u8]> {
    let (pairs, rest) = text.as_chunks::<2>();
    let units = pairs.iter().map(|&pair| unit(pair));
    let mut decoded: String = char::decode_utf16(units)
        .map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    if !rest.is_empty() {
        decoded.push(char::REPLACEMENT_CHARACTER);
    }
    Cow::Owned(decoded.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &[u8], expected: &[u8]) {
        assert_eq!(as_utf8(text).as_ref(), expected, "{text:?}");
    }

    #[test]
    fn a_byte_order_mark_tells_the_encoding() {
        check(b"", b"");
        check(b"a\xff", b"a\xff");
        check(b"\xef\xbb\xbfa", b"a");
        check(b"\xef\xbb\xbf", b"");
        check(b"\xef\xbb\xbfa\xff", "a\u{fffd}".as_bytes());
        check(b"\xff\xfea\0\n\0", b"a\n");
        check(b"\xfe\xff\0a\0\n", b"a\n");
        check(b"\xff\xfe", b"\xff\xfe");
        check(b"\xff\xfea\0b", "a\u{fffd}".as_bytes());
        check(b"\xff\xfe\0\xd8a\0", "\u{fffd}a".as_bytes());
    }
}
