//! Markdown in the documentation comments of Rust. Counts Markdown that has no code in it, which is most of it, without making a text of
//! it first.

use std::borrow::Cow;

use memchr::{memchr, memmem};
use synthesizer_model::source_file::LineCounts;
use tokei::LanguageType;

use super::embedded::{Child, Contents, is_blank, trim};

/// Gives the documentation that begins at a position: lines that begin with the same mark, blank lines between them left out.
pub(super) fn child(text: &[u8], position: usize) -> Option<Child<'_>> {
    let rest = text.get(position..)?;
    let mark = rest
        .get(..3)
        .filter(|mark| matches!(*mark, b"///" | b"//!"))?;
    let lines = Lines {
        text: rest,
        mark,
        next: Some(0),
    };
    let (counted, end) = lines.clone().count_markdown();
    let contents = if memmem::find(&rest[..end], b"```").is_some() {
        let markdown: Vec<u8> = lines.flat_map(|(line, _)| line).copied().collect();
        Contents::Text(Cow::Owned(trim(&markdown).to_vec()))
    } else {
        Contents::Counted(counted)
    };
    Some(Child {
        language: LanguageType::Markdown,
        contents,
        end: position + end,
        code: 0,
        comments: 0,
    })
}

/// The lines of one documentation comment: what is after the mark on each, its end included, and where the next one begins.
#[derive(Clone)]
struct Lines<'a> {
    text: &'a [u8],
    mark: &'a [u8],
    /// Where the mark of the next line is.
    next: Option<usize>,
}

impl<'a> Iterator for Lines<'a> {
    type Item = (&'a [u8], usize);

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.next? + self.mark.len();
        let rest = &self.text[start..];
        let length = memchr(b'\n', rest).map_or(rest.len(), |newline| newline + 1);
        let after = &rest[length..];
        let blanks = after.iter().position(|&byte| !is_blank(byte));
        let next = blanks.filter(|&blanks| after[blanks..].starts_with(self.mark));
        self.next = next.map(|blanks| start + length + blanks);
        Some((&rest[..length], start + length))
    }
}

impl Lines<'_> {
    /// Counts the lines as Markdown without code, in which everything that is not blank is a comment. Gives where they end too.
    fn count_markdown(self) -> (LineCounts, usize) {
        let mut counts = LineCounts::default();
        let mut blanks_before = 0;
        let mut end = 0;
        for (line, line_end) in self {
            end = line_end;
            if line.iter().all(|&byte| is_blank(byte)) {
                blanks_before += u32::from(counts.comments > 0);
            } else {
                // Blank lines count only when there is something on both sides.
                counts.comments += 1;
                counts.blanks += blanks_before;
                blanks_before = 0;
            }
        }
        (counts, end)
    }
}
