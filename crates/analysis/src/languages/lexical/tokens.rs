//! The tokens of one text by number: kind, text, place, and where the group ends that a bracket opens.

use synthesizer_model::text::ByteRange;

use super::{
    brackets::{Brackets, Shape},
    line_starts::LineStarts,
};

/// What a text breaks, by the byte where.
pub(crate) type Problems = Vec<(usize, String)>;

/// Problems that are kept of one text.
const MOST_PROBLEMS: usize = 100;

/// The kinds of tokens of one language.
pub(crate) trait TokenKind: Copy + PartialEq {
    /// What is after the last token.
    const END: Self;
    /// A bracket that closes nothing.
    const STRAY: Self;
    /// Makes an opening bracket.
    fn opening(shape: Shape) -> Self;
    /// Makes a closing bracket.
    fn closing(shape: Shape) -> Self;
    /// Gives the shape of an opening bracket.
    fn opens(self) -> Option<Shape>;
    /// Gives the shape of a closing bracket.
    fn closes(self) -> Option<Shape>;
}

/// One token.
#[derive(Debug, Clone, Copy)]
struct Token<K> {
    kind: K,
    start: u32,
    end: u32,
    /// For an opening bracket: the token that closes it, or before which it is taken as closed.
    partner: u32,
}

/// The tokens of a text.
pub(crate) struct Tokens<'t, K> {
    text: &'t str,
    list: Vec<Token<K>>,
    lines: LineStarts,
}

impl<'t, K: TokenKind> Tokens<'t, K> {
    /// Gives the whole text.
    pub(crate) const fn file_text(&self) -> &'t str {
        self.text
    }

    /// Gives the number of tokens.
    pub(crate) const fn len(&self) -> usize {
        self.list.len()
    }

    /// Gives the kind of a token; [`TokenKind::END`] beyond the last.
    pub(crate) fn kind(&self, token: usize) -> K {
        self.list.get(token).map_or(K::END, |token| token.kind)
    }

    /// Gives the text of a token; empty beyond the last.
    pub(crate) fn text(&self, token: usize) -> &'t str {
        let range = self.range(token, token + 1);
        range.of(self.text).unwrap_or_default()
    }

    /// Gives the bytes from the first token to the one before `end`; empty at the text's end beyond the last.
    pub(crate) fn range(&self, first: usize, end: usize) -> ByteRange {
        let start = self
            .list
            .get(first)
            .map_or(self.text.len(), |token| token.start as usize);
        let last = end.min(self.list.len()).checked_sub(1);
        let end = last
            .and_then(|last| self.list.get(last))
            .map_or(start, |token| token.end as usize);
        ByteRange::new(start, end.max(start))
    }

    /// Gives the line of a byte.
    pub(crate) fn line_of(&self, offset: usize) -> u32 {
        self.lines.line(offset)
    }

    /// Gives the line of a token.
    pub(crate) fn line(&self, token: usize) -> u32 {
        self.lines.line(self.range(token, token + 1).start)
    }

    /// Gives first and last line of the tokens from the first to the one before `end`.
    pub(crate) fn lines(&self, first: usize, end: usize) -> (u32, u32) {
        let range = self.range(first, end);
        let last = range.end.saturating_sub(1).max(range.start);
        (self.lines.line(range.start), self.lines.line(last))
    }

    /// Gives the token that closes a bracket, or before which it is taken as closed; the next token for any other token.
    pub(crate) fn partner(&self, token: usize) -> usize {
        match self.list.get(token) {
            Some(found) if found.kind.opens().is_some() => found.partner as usize,
            _ => token + 1,
        }
    }

    /// Gives the token after this one, or after the group that it opens.
    pub(crate) fn after(&self, token: usize) -> usize {
        let Some(shape) = self.kind(token).opens() else {
            return token + 1;
        };
        let partner = self.partner(token);
        partner + usize::from(self.kind(partner).closes() == Some(shape))
    }
}

/// Takes the tokens of one text in order.
pub(crate) struct TokenWriter<K> {
    list: Vec<Token<K>>,
    brackets: Brackets,
    problems: Problems,
}

impl<K: TokenKind> TokenWriter<K> {
    /// Begins with a text shorter than 4 GiB.
    pub(crate) fn new(text: &str) -> Self {
        Self {
            list: Vec::with_capacity(text.len() / 5),
            brackets: Brackets::default(),
            problems: Vec::new(),
        }
    }

    /// Gives the kind of the token before.
    pub(crate) fn last(&self) -> K {
        self.list.last().map_or(K::END, |token| token.kind)
    }

    /// Adds a token that is no bracket.
    pub(crate) fn push(&mut self, kind: K, start: usize, end: usize) {
        self.list.push(Token {
            kind,
            start: number(start),
            end: number(end),
            partner: 0,
        });
    }

    /// Adds an opening bracket.
    pub(crate) fn open(&mut self, shape: Shape, start: usize) {
        self.brackets.open(number(self.list.len()), shape);
        self.push(K::opening(shape), start, start + 1);
    }

    /// Adds a closing bracket, and ends the groups that it closes.
    pub(crate) fn close(&mut self, shape: Shape, start: usize) {
        let own = number(self.list.len());
        let (list, problems) = (&mut self.list, &mut self.problems);
        let fits = self.brackets.close(shape, |opener, missing| {
            if let Some(token) = list.get_mut(opener as usize) {
                token.partner = own;
                if let Some(shape) = missing {
                    note(problems, token.start as usize, never_closed(shape));
                }
            }
        });
        if fits {
            self.push(K::closing(shape), start, start + 1);
        } else {
            self.problem(start, format!("unexpected `{}`", shape.closer()));
            self.push(K::STRAY, start, start + 1);
        }
    }

    /// Notes what the text breaks.
    pub(crate) fn problem(&mut self, position: usize, what: String) {
        note(&mut self.problems, position, what);
    }

    /// Ends the text.
    pub(crate) fn finish(mut self, text: &str) -> (Tokens<'_, K>, Problems) {
        let end = number(self.list.len());
        for (opener, shape) in self.brackets.unclosed() {
            if let Some(token) = self.list.get_mut(opener as usize) {
                token.partner = end;
                note(
                    &mut self.problems,
                    token.start as usize,
                    never_closed(shape),
                );
            }
        }
        let tokens = Tokens {
            text,
            list: self.list,
            lines: LineStarts::new(text),
        };
        (tokens, self.problems)
    }
}

fn note(problems: &mut Problems, position: usize, what: String) {
    if problems.len() < MOST_PROBLEMS {
        problems.push((position, what));
    }
}

fn never_closed(shape: Shape) -> String {
    format!("`{}` is never closed", shape.opener())
}

/// Offsets and numbers of tokens fit, because longer texts are refused.
fn number(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}
