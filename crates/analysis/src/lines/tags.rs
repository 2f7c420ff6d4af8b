//! Scripts, styles and templates between tags, in HTML and its like. Counts nothing.
//!
//! `tokei` finds a tag by a greedy pattern over one line. Its language is what lies between the last attribute and the last quote before
//! the last `>` of the line, over whatever is between, and the tag ends at the first `>` after that. The places of those last ones are
//! kept for the line, so that a line of a million tags takes linear time.

use std::borrow::Cow;

use memchr::{memchr, memmem, memrchr};
use tokei::LanguageType;

use super::{
    embedded::{Child, Contents, trim, without_outer_lines},
    rules,
};

/// A tag that holds another language.
struct Tag {
    open: &'static [u8],
    close: &'static [u8],
    /// What is before the name of the language, by its place in [`ATTRIBUTES`].
    attribute: usize,
    language: fn(&[u8]) -> Option<LanguageType>,
    /// The language of a tag that names none.
    default: LanguageType,
}

const ATTRIBUTES: [&[u8]; 2] = [b"type=\"", b"lang=\""];

/// Every tag, in the order in which they are tried.
static TAGS: [Tag; 3] = [
    Tag {
        open: b"<script",
        close: b"</script>",
        attribute: 0,
        language: |mime| LanguageType::from_mime(&String::from_utf8_lossy(mime)),
        default: LanguageType::JavaScript,
    },
    Tag {
        open: b"<style",
        close: b"</style>",
        attribute: 1,
        language: rules::by_name_in_any_case,
        default: LanguageType::Css,
    },
    Tag {
        open: b"<template",
        close: b"</template>",
        attribute: 1,
        language: rules::by_name_in_any_case,
        default: LanguageType::Html,
    },
];

/// One tag on a line.
#[derive(Debug, Clone, Copy)]
struct OpenTag {
    start: usize,
    end: usize,
    /// The name of the language.
    argument: Option<(usize, usize)>,
}

/// The tags of the line that is looked at.
#[derive(Debug, Default)]
pub(super) struct Tags {
    /// The first of each kind from a position on; the outer `None` before the line was searched.
    first: [Option<Option<OpenTag>>; 3],
    /// The end of the line, as each kind sees it.
    tails: [Option<Tail>; 3],
    /// From where on each kind is not closed any more.
    unclosed_from: [Option<usize>; 3],
}

impl Tags {
    /// Forgets the tags of a line.
    pub(super) fn leave_line(&mut self) {
        self.first = [None; 3];
        self.tails = [const { None }; 3];
    }

    /// Finds the first tags from a position to the end of its line.
    pub(super) fn enter(&mut self, text: &[u8], start: usize, end: usize) {
        for place in 0..TAGS.len() {
            let is_known = match self.first[place] {
                None => false,
                Some(None) => true,
                Some(Some(open)) => open.start >= start,
            };
            if !is_known {
                self.first[place] = Some(self.find(place, text, start, end));
            }
        }
    }

    /// Gives the next position, from one on, where a tag or its argument begins.
    pub(super) fn next_start(&self, position: usize) -> usize {
        let mut next = usize::MAX;
        for open in self.first.iter().flatten().flatten() {
            let argument = open.argument.map_or(open.start, |(start, _)| start);
            for start in [open.start, argument] {
                if start >= position {
                    next = next.min(start);
                }
            }
        }
        next
    }

    /// Gives the text after a tag that begins at a position; `None` when it is not closed or blank.
    ///
    /// `tokei` takes the beginning of a tag's argument for a tag too, when it comes by outside of a string.
    pub(super) fn child_at<'a>(&mut self, text: &'a [u8], position: usize) -> Option<Child<'a>> {
        let (place, (end, argument)) =
            self.first.iter().enumerate().find_map(|(place, open)| {
                Some((place, open.as_ref()?.as_ref()?.seen_from(position)?))
            })?;
        let tag = &TAGS[place];
        let length = self.find_close(place, text, end)?;
        let contents = &text[end..end + length];
        if trim(contents).is_empty() {
            return None;
        }
        let language = argument.and_then(|(start, end)| (tag.language)(trim(&text[start..end])));
        Some(Child {
            language: language.unwrap_or(tag.default),
            contents: Contents::Text(Cow::Borrowed(without_outer_lines(contents))),
            end: end + length,
            code: 1,
            comments: 0,
        })
    }

    /// Finds the closing tag from a position on, as a distance. Does not search again where there is none.
    fn find_close(&mut self, place: usize, text: &[u8], from: usize) -> Option<usize> {
        let close = TAGS[place].close;
        let unclosed_from = self.unclosed_from[place].unwrap_or(text.len());
        let most = (unclosed_from + close.len()).min(text.len());
        let found = memmem::find(text.get(from..most)?, close);
        if found.is_none() {
            self.unclosed_from[place] = Some(unclosed_from.min(from));
        }
        found
    }

    fn find(&mut self, place: usize, text: &[u8], start: usize, end: usize) -> Option<OpenTag> {
        let tag = &TAGS[place];
        let mut from = start;
        loop {
            let open = from + memmem::find(&text[from..end], tag.open)?;
            let after = open + tag.open.len();
            let tail = match &mut self.tails[place] {
                Some(tail) if after <= tail.end => tail,
                tail => tail.insert(Tail::new(text, after, end)),
            };
            if let Some((end, argument)) = tail.end_of_tag(tag, text, after) {
                return Some(OpenTag {
                    start: open,
                    end,
                    argument,
                });
            }
            // No tag in the rest of this text ends, whose last bytes are looked at again with what follows.
            from = (tail.end + 1).saturating_sub(tag.open.len()).max(open + 1);
        }
    }
}

impl OpenTag {
    fn seen_from(&self, position: usize) -> Option<(usize, Option<(usize, usize)>)> {
        if self.start == position {
            return Some((self.end, self.argument));
        }
        let (_, end) = self.argument.filter(|&(start, _)| start == position)?;
        Some((end, None))
    }
}

/// The end of a line, or of the part of a line that is UTF-8, and the last places in it that matter.
#[derive(Debug)]
struct Tail {
    end: usize,
    angle: Option<usize>,
    /// The last quote before that.
    quote: Option<usize>,
    /// The last of each attribute before that.
    attributes: [Option<usize>; 2],
}

impl Tail {
    fn new(text: &[u8], from: usize, end: usize) -> Self {
        let line = &text[from..end];
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let valid = line.utf8_chunks().next();
        let line = &line[..valid.map_or(0, |chunk| chunk.valid().len())];
        let angle = memrchr(b'>', line);
        let quote = angle.and_then(|angle| memrchr(b'"', &line[..angle]));
        let attributes = ATTRIBUTES.map(|attribute| {
            let before = &line[..quote.unwrap_or(0)];
            memmem::rfind(before, attribute).map(|offset| from + offset)
        });
        Self {
            end: from + line.len(),
            angle: angle.map(|offset| from + offset),
            quote: quote.map(|offset| from + offset),
            attributes,
        }
    }

    /// Gives where a tag ends whose name ends at a position, and its argument; `None` when it does not end.
    fn end_of_tag(
        &self,
        tag: &Tag,
        text: &[u8],
        from: usize,
    ) -> Option<(usize, Option<(usize, usize)>)> {
        self.angle.filter(|&angle| angle >= from)?;
        let attribute = self.attributes[tag.attribute].filter(|&attribute| attribute >= from);
        let argument = attribute
            .zip(self.quote)
            .map(|(start, end)| (start + ATTRIBUTES[tag.attribute].len(), end));
        let from = argument.map_or(from, |(_, end)| end + 1);
        let angle = from + memchr(b'>', &text[from..])?;
        Some((angle + 1, argument))
    }
}
