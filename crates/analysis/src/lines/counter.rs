//! One pass over a text in one language: which of its lines are code, comment and blank. A state machine in the steps of `tokei`'s, so
//! that it says the same of every text, faults of `tokei` included; it reads each byte a bounded number of times. Does not look into
//! texts of other languages: `embedded` finds where they lie.

use memchr::memchr;
use synthesizer_model::source_file::LineCounts;
use tokei::LanguageType;

use super::{
    count::{self, Inside, MOST_LEVELS},
    embedded::{Child, Contents, Embedded, is_blank, trim_end},
    rules::{Begins, CommentForm, Embedding, Rules, StringForm},
    search::ByteSet,
};

/// The state of one pass.
pub(super) struct Counter<'a> {
    rules: &'static Rules,
    text: &'a [u8],
    /// The form of the string that the text is in.
    string: Option<&'static StringForm>,
    /// Whether the last string knew no escapes.
    verbatim: bool,
    /// The comments that the text is in, the innermost last, by their place in the rules.
    comments: Vec<u8>,
    embedded: Embedded<'a>,
    level: u8,
    lines: LineCounts,
    inside: &'a mut Inside,
}

/// Where a step ends.
enum Step {
    /// Within the line.
    To(usize),
    /// At the end of the line.
    EndOfLine(usize),
    /// At the end of a text of another language, which has been counted. The line is not counted any more.
    Past(usize),
}

impl<'a> Counter<'a> {
    /// Begins a pass over a text that lies `level` texts deep.
    pub(super) fn new(
        language: LanguageType,
        text: &'a [u8],
        level: u8,
        inside: &'a mut Inside,
    ) -> Self {
        let rules = Rules::of(language);
        let embedding = if level > MOST_LEVELS {
            Embedding::None
        } else {
            rules.embedding
        };
        Self {
            rules,
            text,
            string: None,
            verbatim: false,
            comments: Vec::new(),
            embedded: Embedded::new(embedding, text),
            level,
            lines: LineCounts::default(),
            inside,
        }
    }

    /// Says which language lies between `{=` and `=}`.
    pub(super) fn for_target(mut self, target: LanguageType) -> Self {
        self.embedded.set_target(target);
        self
    }

    /// Makes the pass.
    pub(super) fn count(mut self) -> LineCounts {
        let mut position = 0;
        while position < self.text.len() {
            position = if self.string.is_none() && self.comments.is_empty() {
                self.plain_line(position)
            } else {
                self.line(position)
            };
        }
        self.lines
    }

    /// Counts a line that begins outside strings and comments; most need no closer look.
    fn plain_line(&mut self, start: usize) -> usize {
        let first = self.skip_blanks(start);
        if self.text.get(first).is_none_or(|&byte| byte == b'\n') {
            self.lines.blanks += 1;
            return (first + 1).min(self.text.len());
        }
        let mut position = first;
        loop {
            position = self.find(&self.rules.first_stops, position);
            match self.text.get(position) {
                None | Some(b'\n') => break,
                Some(_) if self.is_important(position) => return self.line(start),
                Some(_) => position += 1,
            }
        }
        let comments_from = if self.rules.by_column { start } else { first };
        if self.rules.literate || self.begins_with_line_comment(comments_from) {
            self.lines.comments += 1;
        } else {
            self.lines.code += 1;
        }
        (position + 1).min(self.text.len())
    }

    /// Counts a line by everything that begins and ends on it.
    fn line(&mut self, start: usize) -> usize {
        let began_in_comment = !self.comments.is_empty();
        self.embedded.enter_line(start);
        let mut position = start;
        let end = loop {
            let step = if let Some(string) = self.string {
                self.step_in_string(position, string)
            } else if let Some(&comment) = self.comments.last() {
                self.step_in_comment(position, &self.rules.comments[usize::from(comment)])
            } else {
                self.step_in_plain(position)
            };
            match step {
                Step::To(next) => position = next,
                Step::EndOfLine(end) => break end,
                Step::Past(end) => return end,
            }
        };
        let is_comment = self.rules.literate
            || self.string.is_none() && (began_in_comment || self.is_comment_line(start, end));
        if is_comment {
            self.lines.comments += 1;
        } else {
            self.lines.code += 1;
        }
        end
    }

    fn step_in_string(&mut self, from: usize, string: &StringForm) -> Step {
        let mut position = from;
        loop {
            position = self.find(&string.stops, position);
            match self.text.get(position) {
                None => return Step::EndOfLine(position),
                Some(b'\n') => return Step::EndOfLine(position + 1),
                Some(_) => {}
            }
            if self.text[position..].starts_with(string.end) {
                self.string = None;
                return Step::To(position + string.end.len());
            }
            position += if self.is_escape(position) { 2 } else { 1 };
        }
    }

    fn step_in_comment(&mut self, from: usize, innermost: &CommentForm) -> Step {
        let mut position = from;
        loop {
            position = self.find(&innermost.stops, position);
            match self.text.get(position) {
                None => return Step::EndOfLine(position),
                Some(b'\n') => return Step::EndOfLine(position + 1),
                Some(_) => {}
            }
            if self.is_escape(position) {
                position += 2;
                continue;
            }
            let rest = &self.text[position..];
            if rest.starts_with(innermost.end) {
                self.comments.pop();
                return Step::To(position + innermost.end.len());
            }
            let comments = (0_u8..).zip(&self.rules.comments);
            let begins = comments
                .into_iter()
                .find(|(_, comment)| rest.starts_with(comment.start));
            let Some((place, comment)) = begins else {
                position += 1;
                continue;
            };
            position += comment.start.len();
            if comment.nests {
                self.comments.push(place);
                return Step::To(position);
            }
        }
    }

    fn step_in_plain(&mut self, from: usize) -> Step {
        let mut position = from;
        loop {
            let next_child = self.embedded.next_start(position);
            let most = next_child.min(self.text.len());
            position += self.rules.stops.find(&self.text[position..most]);
            let first = match self.text.get(position) {
                None => return Step::EndOfLine(position),
                Some(b'\n') => return self.end_of_plain_line(position),
                Some(&first) => first,
            };
            if self.is_escape(position) {
                position += 2;
                continue;
            }
            if let Some(child) = self.embedded.child_at(position) {
                return Step::Past(self.count_child(child));
            }
            let rest = &self.text[position..];
            let token = self.rules.tokens(first).iter();
            let Some(token) = token.into_iter().find(|token| rest.starts_with(token.text)) else {
                position += 1;
                continue;
            };
            match token.begins {
                Begins::String(place) => {
                    let string = &self.rules.strings[usize::from(place)];
                    self.string = Some(string);
                    self.verbatim = string.verbatim;
                }
                Begins::Comment(place) => self.comments.push(place),
                Begins::LineComment => return Step::EndOfLine(self.end_of_line(position)),
            }
            return Step::To(position + token.text.len());
        }
    }

    /// Ends a line that was looked at closely and ends outside strings and comments. `tokei` lets documentation that follows such a line
    /// swallow it: the line counts for nothing then.
    fn end_of_plain_line(&mut self, newline: usize) -> Step {
        if self.rules.embedding == Embedding::DocumentationComments {
            let next = self.skip_white_space(newline);
            if let Some(child) = self.embedded.child_at(next) {
                return Step::Past(self.count_child(child));
            }
        }
        Step::EndOfLine(newline + 1)
    }

    fn count_child(&mut self, child: Child<'_>) -> usize {
        self.lines.code += child.code;
        self.lines.comments += child.comments;
        let lines = match child.contents {
            Contents::Counted(lines) => lines,
            Contents::Text(text) => {
                count::count_text(child.language, &text, self.level + 1, self.inside)
            }
        };
        self.inside.add(child.language, lines);
        child.end
    }

    /// Finds the next byte of a set; the end of the text when there is none.
    fn find(&self, bytes: &ByteSet, from: usize) -> usize {
        from + bytes.find(&self.text[from..])
    }

    /// Skips white space up to the end of the line.
    fn skip_blanks(&self, from: usize) -> usize {
        let rest = self.text[from..].iter();
        rest.copied()
            .position(|byte| byte == b'\n' || !is_blank(byte))
            .map_or(self.text.len(), |offset| from + offset)
    }

    /// Skips white space, ends of lines included.
    fn skip_white_space(&self, from: usize) -> usize {
        let rest = self.text[from..].iter();
        rest.copied()
            .position(|byte| !is_blank(byte))
            .map_or(self.text.len(), |offset| from + offset)
    }

    fn end_of_line(&self, from: usize) -> usize {
        memchr(b'\n', &self.text[from..]).map_or(self.text.len(), |offset| from + offset + 1)
    }

    /// Says whether two bytes are to be skipped: a backslash with another, or with what begins a string. `tokei` asks that in comments
    /// and outside of strings too.
    fn is_escape(&self, position: usize) -> bool {
        let [b'\\', rest @ ..] = &self.text[position..] else {
            return false;
        };
        if self.verbatim {
            return false;
        }
        let mut escapable = self.rules.escapable.iter();
        rest.first() == Some(&b'\\') || escapable.any(|start| rest.starts_with(start))
    }

    fn is_important(&self, position: usize) -> bool {
        let first = self.text[position];
        let mut important = self.rules.important(first).iter();
        important.any(|text| self.has_on_line(position, text))
    }

    fn begins_with_line_comment(&self, position: usize) -> bool {
        if !self.rules.begins_comment_line[usize::from(self.text[position])] {
            return false;
        }
        let mut line_comments = self.rules.line_comments.iter();
        line_comments.any(|text| self.has_on_line(position, text))
    }

    /// Says whether a text is at a position of a line without the white space at its end.
    fn has_on_line(&self, position: usize, text: &[u8]) -> bool {
        let Some(rest) = self.text[position..].strip_prefix(text) else {
            return false;
        };
        if !text.last().is_some_and(|&last| is_blank(last)) {
            return true;
        }
        let after = self.text.len() - rest.len();
        let next = self.skip_blanks(after);
        self.text.get(next).is_some_and(|&byte| byte != b'\n')
    }

    /// Says whether a line, by its beginning and its end, is a comment.
    fn is_comment_line(&self, start: usize, end: usize) -> bool {
        let first = self.skip_blanks(start);
        if first >= end || !self.rules.begins_comment_line[usize::from(self.text[first])] {
            return false;
        }
        if self.begins_with_line_comment(first) {
            return true;
        }
        let innermost = self.comments.last();
        let innermost = innermost.map(|&place| self.rules.comments[usize::from(place)].end);
        let line = trim_end(&self.text[first..end]);
        self.rules.comments.iter().any(|comment| {
            line.starts_with(comment.start)
                && (line.ends_with(comment.end) || innermost == Some(comment.end))
        })
    }
}
