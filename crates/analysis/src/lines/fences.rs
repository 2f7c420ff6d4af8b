//! Code between fences of three backticks, in Markdown. Counts nothing.

use std::borrow::Cow;

use memchr::memmem;

use super::{
    embedded::{Child, Contents, Opening, first_character, trim},
    rules,
};

const FENCE: &[u8] = b"```";

/// Finds the first fence of a line that is followed by a name and white space.
pub(super) fn opening(text: &[u8], start: usize, end: usize) -> Option<Opening> {
    let mut from = start;
    loop {
        let fence = from + memmem::find(&text[from..end], FENCE)?;
        let name = fence + FENCE.len();
        let (length, stop) = name_length(&text[name..end]);
        let after = name + length;
        match stop {
            Stop::Blank(blank) if length > 0 => {
                return Some(Opening {
                    start: fence,
                    end: after + blank,
                });
            }
            // A fence before the same stop cannot have a name either.
            Stop::Blank(blank) => from = after + blank,
            Stop::NoText => from = after + 1,
            Stop::End => return None,
        }
    }
}

/// Gives the code after a fence; `None` when its language is not known.
pub(super) fn child(text: &[u8], opening: Opening) -> Option<Child<'_>> {
    let name = trim(&text[opening.start..opening.end]);
    let language = name[FENCE.len()..]
        .split(|&byte| byte == b',')
        .find_map(rules::by_name_in_any_case)?;
    let after = &text[opening.end..];
    let close = memmem::find(after, FENCE);
    let code = &after[..close.unwrap_or(after.len())];
    let end = close.map_or(after.len(), |close| {
        let end = close + FENCE.len();
        end + first_blank_length(&after[end..])
    });
    Some(Child {
        language,
        contents: Contents::Text(Cow::Borrowed(trim(code))),
        end: opening.end + end,
        code: 0,
        comments: if close.is_some() { 2 } else { 1 },
    })
}

/// What ends a name.
enum Stop {
    /// White space of any script, with its length.
    Blank(usize),
    /// A byte that is not UTF-8.
    NoText,
    /// The end of the line.
    End,
}

fn name_length(text: &[u8]) -> (usize, Stop) {
    let mut length = 0;
    while length < text.len() {
        match first_character(&text[length..]) {
            None => return (length, Stop::NoText),
            Some(character) if character.is_whitespace() => {
                return (length, Stop::Blank(character.len_utf8()));
            }
            Some(character) => length += character.len_utf8(),
        }
    }
    (length, Stop::End)
}

fn first_blank_length(text: &[u8]) -> usize {
    first_character(text)
        .filter(|character| character.is_whitespace())
        .map_or(0, char::len_utf8)
}
