//! Code in the target language of a Lingua Franca file, between `{=` and `=}`. Counts nothing.

use std::borrow::Cow;

use memchr::memmem;
use tokei::LanguageType;

use super::embedded::{Child, Contents, Opening, first_character, without_outer_lines};

/// Finds the first block that begins on a line.
pub(super) fn opening(text: &[u8], start: usize, end: usize) -> Option<Opening> {
    let start = start + memmem::find(&text[start..end], b"{=")?;
    Some(Opening {
        start,
        end: start + 2,
    })
}

/// Gives the code of a block; one that is not closed reaches to the end.
pub(super) fn child(text: &[u8], opening: Opening, target: LanguageType) -> Child<'_> {
    let after = &text[opening.end..];
    let end = memmem::find(after, b"=}").unwrap_or(after.len());
    Child {
        language: target,
        contents: Contents::Text(Cow::Borrowed(without_outer_lines(&after[..end]))),
        end: opening.end + end,
        code: 0,
        comments: 0,
    }
}

/// Gives the language that a file declares for its blocks (`target Python;`); `None` when it declares none that is known.
pub(super) fn target_language(text: &[u8]) -> Option<LanguageType> {
    let name = memmem::find_iter(text, b"target").find_map(|start| declared(text, start))?;
    match name {
        "CCpp" => Some(LanguageType::C),
        name => LanguageType::from_name(name),
    }
}

/// Gives the name that the word `target` at a position declares.
fn declared(text: &[u8], start: usize) -> Option<&str> {
    if character_before(&text[..start]).is_some_and(is_word) {
        return None;
    }
    let after = &text[start + b"target".len()..];
    let (_, after) =
        take_while(after, char::is_whitespace).filter(|(blanks, _)| !blanks.is_empty())?;
    let (name, after) = take_while(after, is_word).filter(|(name, _)| !name.is_empty())?;
    let (blanks, after) = take_while(after, char::is_whitespace)?;
    let ends = after.is_empty() || matches!(after[0], b';' | b'{') || blanks.contains('\n');
    ends.then_some(name)
}

/// Splits a text after the characters of a kind at its beginning.
fn take_while(text: &[u8], is_kind: impl Fn(char) -> bool) -> Option<(&str, &[u8])> {
    let mut length = 0;
    while let Some(character) = first_character(&text[length..]).filter(|&one| is_kind(one)) {
        length += character.len_utf8();
    }
    let (kind, rest) = text.split_at(length);
    Some((std::str::from_utf8(kind).ok()?, rest))
}

/// Gives what the regular expressions of `tokei` take for the last character: they do not mind stray bytes after it.
fn character_before(text: &[u8]) -> Option<char> {
    let end = &text[text.len().saturating_sub(4)..];
    let start = end.iter().rposition(|&byte| byte & 0xc0 != 0x80);
    first_character(&end[start.unwrap_or(0)..])
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}
