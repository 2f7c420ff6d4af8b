//! Where texts of other languages lie inside a text, asked line by line. Counts nothing of them, except Markdown that needs no closer
//! look.

use std::borrow::Cow;

use memchr::memchr;
use synthesizer_model::source_file::LineCounts;
use tokei::LanguageType;

use super::{blocks, doc_comments, fences, rules::Embedding, tags::Tags};

/// A text of another language.
#[derive(Debug)]
pub(super) struct Child<'a> {
    /// Its language.
    pub(super) language: LanguageType,
    /// The text itself.
    pub(super) contents: Contents<'a>,
    /// Where the text around it goes on.
    pub(super) end: usize,
    /// Lines of code that what marks it counts for.
    pub(super) code: u32,
    /// Lines of comments that what marks it counts for.
    pub(super) comments: u32,
}

/// What lies inside.
#[derive(Debug)]
pub(super) enum Contents<'a> {
    /// A text that is still to be counted.
    Text(Cow<'a, [u8]>),
    /// The lines of a text that has no other language inside.
    Counted(LineCounts),
}

/// What marks the beginning of a text of another language on one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Opening {
    /// Where the mark begins.
    pub(super) start: usize,
    /// Where it ends.
    pub(super) end: usize,
}

/// Finds texts of other languages in one text.
#[derive(Debug)]
pub(super) struct Embedded<'a> {
    embedding: Embedding,
    text: &'a [u8],
    target: LanguageType,
    /// The end of the line that is looked at. What follows a text of another language on its last line is looked at as a line too.
    line_end: usize,
    /// The mark on that line that has no tag.
    opening: Option<Opening>,
    tags: Tags,
}

impl<'a> Embedded<'a> {
    /// Begins with a text.
    pub(super) fn new(embedding: Embedding, text: &'a [u8]) -> Self {
        Self {
            embedding,
            text,
            target: LanguageType::LinguaFranca,
            line_end: 0,
            opening: None,
            tags: Tags::default(),
        }
    }

    /// Says which language lies between `{=` and `=}`.
    pub(super) fn set_target(&mut self, target: LanguageType) {
        self.target = target;
    }

    /// Looks for marks from a position to the end of its line: the first of each kind, as `tokei` sees no other.
    pub(super) fn enter_line(&mut self, start: usize) {
        let find_opening = match self.embedding {
            Embedding::None | Embedding::DocumentationComments => return,
            Embedding::Fences => Some(fences::opening as fn(&[u8], usize, usize) -> _),
            Embedding::Blocks => Some(blocks::opening as fn(&[u8], usize, usize) -> _),
            Embedding::Tags => None,
        };
        if start >= self.line_end {
            let newline = memchr(b'\n', &self.text[start..]);
            self.line_end = newline.map_or(self.text.len(), |offset| start + offset + 1);
            self.tags.leave_line();
        }
        match find_opening {
            Some(find) => self.opening = find(self.text, start, self.line_end),
            None => self.tags.enter(self.text, start, self.line_end),
        }
    }

    /// Gives the next position, from one on, where a mark of this line is.
    pub(super) fn next_start(&self, position: usize) -> usize {
        let next = match self.embedding {
            Embedding::None | Embedding::DocumentationComments => None,
            Embedding::Fences | Embedding::Blocks => self.opening.map(|opening| opening.start),
            Embedding::Tags => return self.tags.next_start(position),
        };
        next.filter(|&start| start >= position)
            .unwrap_or(usize::MAX)
    }

    /// Gives the text of another language that begins at a position; `None` when none does.
    pub(super) fn child_at(&mut self, position: usize) -> Option<Child<'a>> {
        let opening = self.opening.filter(|opening| opening.start == position);
        match self.embedding {
            Embedding::None => None,
            Embedding::DocumentationComments => doc_comments::child(self.text, position),
            Embedding::Fences => fences::child(self.text, opening?),
            Embedding::Blocks => Some(blocks::child(self.text, opening?, self.target)),
            Embedding::Tags => self.tags.child_at(self.text, position),
        }
    }
}

/// Takes the first and the last line off a text when they are blank, as `tokei` does: a first line that is not blank loses its first
/// character that is not white space, and what is before.
pub(super) fn without_outer_lines(text: &[u8]) -> &[u8] {
    let matters = |byte: &u8| *byte == b'\n' || !is_blank(*byte);
    let most = text.len().saturating_sub(1);
    let start = text.iter().position(matters);
    let start = start.map_or(0, |first| (first + 1).min(most));
    let end = text.iter().rposition(matters);
    let end = end.map_or(most, |last| match &text[..=last] {
        [.., b'\r', b'\n'] => last - 1,
        _ => last,
    });
    // `tokei` fails on a text that is blank and whose first line ends with a carriage return.
    text.get(start..=end).unwrap_or_default()
}

/// Says whether a byte is white space.
pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// Takes white space off both ends.
pub(super) fn trim(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|&byte| !is_blank(byte));
    trim_end(&text[start.unwrap_or(text.len())..])
}

/// Takes white space off the end.
pub(super) fn trim_end(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|&byte| !is_blank(byte));
    &text[..end.map_or(0, |last| last + 1)]
}

/// Gives the first character of a text; `None` at its end and before bytes that are not UTF-8.
pub(super) fn first_character(text: &[u8]) -> Option<char> {
    let beginning = &text[..text.len().min(4)];
    beginning.utf8_chunks().next()?.valid().chars().next()
}
