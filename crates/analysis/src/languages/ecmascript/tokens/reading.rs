//! Splits a text into tokens and tracks its brackets, by one reading of what is ambiguous: `/` may divide or begin a regular expression,
//! `<` may compare or begin an element of JSX. Builds no tree and never recurses.

use super::{
    kinds::{Before, Bracket, Choice, Kind, Step, Syntax, Token},
    scan::{self, HtmlComments, TemplateEnd},
    words::{self, Word},
};

/// One reading of a text up to a place.
#[derive(Debug, Clone)]
pub(in super::super) struct Reading<'t> {
    text: &'t [u8],
    syntax: Syntax,
    position: usize,
    brackets: Vec<Bracket>,
    before: Before,
    /// Whether the value of an attribute comes next.
    in_tag_value: bool,
    /// Whether the name of the tag has just been read.
    after_tag_name: bool,
    /// Depth of `<` in types of a tag.
    tag_angles: u32,
    /// Lexemes that parsers complain of without giving up.
    pub(in super::super) odd: usize,
    /// Bytes that were looked at to find out whether a regular expression ends.
    pub(in super::super) looked_ahead: usize,
}

impl<'t> Reading<'t> {
    /// Begins to read.
    pub(in super::super) fn new(text: &'t str, syntax: Syntax) -> Self {
        let bytes = text.as_bytes();
        let mark = if bytes.starts_with(b"\xef\xbb\xbf") {
            3
        } else {
            0
        };
        let position = if bytes[mark..].starts_with(b"#!") {
            scan::line_end(bytes, mark)
        } else {
            mark
        };
        Self {
            text: bytes,
            syntax,
            position,
            brackets: Vec::new(),
            before: Before::Start,
            in_tag_value: false,
            after_tag_name: false,
            tag_angles: 0,
            odd: 0,
            looked_ahead: 0,
        }
    }

    /// Where the next token is looked for.
    pub(in super::super) fn position(&self) -> usize {
        self.position
    }

    /// Goes on with the next line behind what no reading fits, as if nothing were open.
    pub(in super::super) fn recover(&mut self) {
        self.brackets.clear();
        self.before = Before::Start;
        self.in_tag_value = false;
        self.after_tag_name = false;
        let end = scan::line_end(self.text, self.position);
        self.position = (end + 1).min(self.text.len());
    }

    /// How much is open.
    pub(in super::super) fn depth(&self) -> usize {
        self.brackets.len()
    }

    /// Says whether two readings have come to the same state: from here on they give the same tokens.
    pub(in super::super) fn agrees_with(&self, other: &Self) -> bool {
        self.position == other.position
            && self.before == other.before
            && self.in_tag_value == other.in_tag_value
            && self.after_tag_name == other.after_tag_name
            && self.tag_angles == other.tag_angles
            && self.brackets == other.brackets
    }

    /// Takes the next step. `choice` answers a fork.
    pub(in super::super) fn step(&mut self, choice: Option<Choice>) -> Step {
        match self.brackets.last() {
            Some(Bracket::Children) => self.step_in_children(),
            Some(Bracket::Tag | Bracket::ClosingTag) => self.step_in_tag(),
            _ => self.step_in_code(choice),
        }
    }

    fn skip(&self) -> Option<scan::Skipped> {
        let html = HtmlComments {
            module: self.syntax.module,
        };
        scan::skip(self.text, self.position, self.position == 0, html)
    }

    fn step_in_code(&mut self, choice: Option<Choice>) -> Step {
        let Some(skipped) = self.skip() else {
            return Step::Dead;
        };
        let start = skipped.position;
        let Some(&byte) = self.text.get(start) else {
            return if self.brackets.is_empty() {
                Step::End
            } else {
                Step::Dead
            };
        };
        let made = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' | b'\\' | b'#' | b'@' | 0x80.. => {
                self.word(start)
            }
            b'0'..=b'9' => Some(self.number(start)),
            b'\'' | b'"' => scan::string_end(self.text, start + 1, byte, &mut self.odd)
                .map(|end| (Kind::String, end, Before::Value)),
            b'`' => self.template(start),
            b'(' => Some(self.open(Bracket::Round, start + 1)),
            b'[' => Some(self.open(Bracket::Square, start + 1)),
            b'{' => Some(self.open(Bracket::Curly, start + 1)),
            b')' => self.close(Bracket::Round, start + 1, Before::Either),
            b']' => self.close(Bracket::Square, start + 1, Before::Value),
            b'}' => self.close_curly(start),
            b'/' => return self.slash(start, skipped.newline, choice),
            b'<' => return self.less(start, skipped.newline, choice),
            _ => self.punctuation(byte, start),
        };
        match made {
            Some((kind, end, before)) => self.token(kind, start, end, skipped.newline, before),
            None => Step::Dead,
        }
    }

    fn token(
        &mut self,
        kind: Kind,
        start: usize,
        end: usize,
        newline: bool,
        before: Before,
    ) -> Step {
        let token = Token {
            kind,
            start,
            end,
            newline,
            before: self.before,
        };
        self.position = end;
        self.before = before;
        Step::Token(token)
    }

    fn word(&mut self, start: usize) -> Option<(Kind, usize, Before)> {
        // A decorator's mark and a private name's are taken with their words.
        let marked = usize::from(matches!(self.text[start], b'#' | b'@'));
        let end = scan::word_end(self.text, start + marked).max(start + 1);
        let word = &self.text[start..end];
        if !self.escapes(word) {
            return None;
        }
        if marked > 0 {
            let before = if word == b"@" {
                Before::Start
            } else {
                Before::Value
            };
            return Some((Kind::Word(Word::Modifier), end, before));
        }
        if self.before == Before::Dot {
            return Some((Kind::Word(Word::Plain), end, Before::Value));
        }
        let kind = words::kind(word);
        let before = match kind {
            Word::Plain | Word::Modifier => Before::Value,
            Word::MaybePrefix | Word::Escaped => Before::Either,
            Word::Prefix | Word::Nesting | Word::Header | Word::Statement => Before::Start,
        };
        Some((Kind::Word(kind), end, before))
    }

    /// Says whether the escapes of a word are good, and counts them: each may stand for a letter that names do not have.
    fn escapes(&mut self, word: &[u8]) -> bool {
        let count = word.iter().filter(|byte| **byte == b'\\').count();
        self.odd += count;
        count == 0 || scan::has_good_escapes(word)
    }

    fn number(&mut self, start: usize) -> (Kind, usize, Before) {
        let end = scan::number_end(self.text, start, &mut self.odd);
        (Kind::Literal, end, Before::Value)
    }

    fn template(&mut self, start: usize) -> Option<(Kind, usize, Before)> {
        match scan::template_end(self.text, start + 1)? {
            TemplateEnd::Closed(end) => Some((Kind::String, end, Before::Value)),
            TemplateEnd::Substitution(end) => Some(self.open(Bracket::Substitution, end)),
        }
    }

    fn open(&mut self, bracket: Bracket, end: usize) -> (Kind, usize, Before) {
        self.brackets.push(bracket);
        (Kind::Open(bracket), end, Before::Start)
    }

    fn close(
        &mut self,
        bracket: Bracket,
        end: usize,
        before: Before,
    ) -> Option<(Kind, usize, Before)> {
        self.brackets.pop_if(|open| *open == bracket)?;
        Some((Kind::Close(bracket), end, before))
    }

    fn close_curly(&mut self, start: usize) -> Option<(Kind, usize, Before)> {
        match self.brackets.last()? {
            Bracket::Substitution => match scan::template_end(self.text, start + 1)? {
                TemplateEnd::Closed(end) => self.close(Bracket::Substitution, end, Before::Value),
                TemplateEnd::Substitution(end) => Some((Kind::Middle, end, Before::Start)),
            },
            Bracket::Braces => self.close(Bracket::Braces, start + 1, Before::Start),
            _ => self.close(Bracket::Curly, start + 1, Before::Either),
        }
    }

    fn slash(&mut self, start: usize, newline: bool, choice: Option<Choice>) -> Step {
        let may_divide = !matches!(self.before, Before::Start);
        let may_begin = match self.before {
            Before::Start | Before::Either => true,
            Before::Value => newline,
            Before::Dot => false,
        };
        let mut odd = self.odd;
        let end = if may_begin {
            scan::regex_end(self.text, start + 1, &mut odd)
        } else {
            None
        };
        self.looked_ahead += end.unwrap_or(start).saturating_sub(start);
        if may_begin && end.is_none() {
            self.looked_ahead += scan::line_end(self.text, start) - start;
        }
        match (end, may_divide, choice) {
            (Some(_), true, None) => Step::Fork,
            (Some(end), false, _) | (Some(end), true, Some(Choice::Beginning)) => {
                self.odd = odd;
                self.token(Kind::Literal, start, end, newline, Before::Value)
            }
            (None, true, _) | (Some(_), true, Some(Choice::Operator)) => {
                let is_assignment = self.text.get(start + 1) == Some(&b'=');
                let end = start + 1 + usize::from(is_assignment);
                self.token(Kind::Binary, start, end, newline, Before::Start)
            }
            (None, false, _) => Step::Dead,
        }
    }

    fn less(&mut self, start: usize, newline: bool, choice: Option<Choice>) -> Step {
        if self.brackets.last() == Some(&Bracket::TagTypes) {
            self.tag_angles += 1;
            return self.token(Kind::Less(1), start, start + 1, newline, Before::Start);
        }
        let may_compare = !matches!(self.before, Before::Start);
        let may_begin = self.syntax.jsx
            && match self.before {
                Before::Start | Before::Either => true,
                Before::Value => newline,
                Before::Dot => false,
            };
        let shape = if may_begin {
            self.shape(start + 1)
        } else {
            Shape::Operator
        };
        let begins = match (shape, may_compare, choice) {
            (Shape::Operator, _, _) => false,
            (Shape::Element, false, _) => true,
            (_, _, Some(choice)) => choice == Choice::Beginning,
            (_, _, None) => return Step::Fork,
        };
        if begins {
            return self.tag(start, newline);
        }
        let rest = &self.text[start..];
        let (length, kind) = match rest {
            [_, b'<', b'=', ..] => (3, Kind::Binary),
            // Type arguments may begin with one of the two, and the first of them with the other.
            [_, b'<', ..] => (2, Kind::Less(2)),
            [_, b'=', ..] => (2, Kind::Binary),
            _ => (1, Kind::Less(1)),
        };
        self.token(kind, start, start + length, newline, Before::Start)
    }

    /// Says what can begin with a `<` before this place.
    fn shape(&self, start: usize) -> Shape {
        let after = |position: usize| {
            let html = HtmlComments { module: true };
            scan::skip(self.text, position, false, html)
                .map_or(self.text.len(), |skipped| skipped.position)
        };
        let word = |position: usize| scan::word_end(self.text, position);
        let name = after(start);
        match self.text.get(name) {
            Some(b'>') => return Shape::Element,
            Some(b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' | b'\\' | 0x80..) => {}
            _ => return Shape::Operator,
        }
        if !self.syntax.types {
            return Shape::Element;
        }
        let mut name_end = word(name);
        if matches!(&self.text[name..name_end], b"const" | b"in" | b"out") {
            name_end = word(after(name_end)).max(name_end);
        }
        let next = after(name_end);
        match self.text.get(next) {
            // Type parameters, or what no element can begin with.
            Some(b',' | b'=' | b'[' | b'(' | b'|' | b'&') => Shape::Operator,
            Some(b'>') if self.text.get(after(next + 1)) != Some(&b'(') => Shape::Element,
            Some(b'>') => Shape::Either,
            _ if self.text[next..].starts_with(b"extends") => Shape::Either,
            _ => Shape::Element,
        }
    }

    fn tag(&mut self, start: usize, newline: bool) -> Step {
        self.brackets.push(Bracket::Tag);
        self.after_tag_name = false;
        self.in_tag_value = false;
        self.token(
            Kind::Open(Bracket::Tag),
            start,
            start + 1,
            newline,
            Before::Start,
        )
    }

    fn step_in_tag(&mut self) -> Step {
        let Some(skipped) = self.skip() else {
            return Step::Dead;
        };
        let start = skipped.position;
        let newline = skipped.newline;
        let Some(&byte) = self.text.get(start) else {
            return Step::Dead;
        };
        let is_value = std::mem::take(&mut self.in_tag_value);
        let after_name = std::mem::take(&mut self.after_tag_name);
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' | b'\\' | 0x80.. if !is_value => {
                let end = tag_word_end(self.text, start);
                if !self.escapes(&self.text[start..end]) {
                    return Step::Dead;
                }
                self.after_tag_name = self.before == Before::Start || self.before == Before::Dot;
                self.token(Kind::Word(Word::Plain), start, end, newline, Before::Value)
            }
            b'.' | b':' if !is_value => {
                self.token(Kind::Dot, start, start + 1, newline, Before::Dot)
            }
            b'=' if !is_value => {
                self.in_tag_value = true;
                self.token(Kind::Operator, start, start + 1, newline, Before::Value)
            }
            b'\'' | b'"' if is_value => match scan::jsx_string_end(self.text, start + 1, byte) {
                Some(end) => self.token(Kind::Literal, start, end, newline, Before::Value),
                None => Step::Dead,
            },
            b'{' => {
                self.brackets.push(Bracket::Braces);
                self.token(
                    Kind::Open(Bracket::Braces),
                    start,
                    start + 1,
                    newline,
                    Before::Start,
                )
            }
            b'<' if is_value => self.tag(start, newline),
            b'<' if after_name && self.syntax.types => {
                self.brackets.push(Bracket::TagTypes);
                self.tag_angles = 1;
                self.token(
                    Kind::Open(Bracket::TagTypes),
                    start,
                    start + 1,
                    newline,
                    Before::Start,
                )
            }
            b'/' if !is_value => {
                let after = Self {
                    position: start + 1,
                    ..self.without_brackets()
                };
                match after.skip() {
                    Some(skipped) if self.text.get(skipped.position) == Some(&b'>') => {
                        self.end_tag(start, skipped.position + 1, newline)
                    }
                    _ => Step::Dead,
                }
            }
            b'>' if !is_value => {
                if self.brackets.last() == Some(&Bracket::ClosingTag) {
                    return self.end_closing_tag(start, newline);
                }
                self.brackets.pop();
                self.brackets.push(Bracket::Children);
                self.token(Kind::Literal, start, start + 1, newline, Before::Start)
            }
            _ => Step::Dead,
        }
    }

    /// Ends an element that has no children.
    fn end_tag(&mut self, start: usize, end: usize, newline: bool) -> Step {
        if self.brackets.pop_if(|open| *open == Bracket::Tag).is_none() {
            return Step::Dead;
        }
        self.token(
            Kind::Close(Bracket::Tag),
            start,
            end,
            newline,
            Before::Value,
        )
    }

    /// Ends an element after its closing tag.
    fn end_closing_tag(&mut self, start: usize, newline: bool) -> Step {
        self.brackets.pop();
        if self
            .brackets
            .pop_if(|open| *open == Bracket::Children)
            .is_none()
        {
            return Step::Dead;
        }
        self.token(
            Kind::Close(Bracket::Children),
            start,
            start + 1,
            newline,
            Before::Value,
        )
    }

    fn step_in_children(&mut self) -> Step {
        let start = self.position;
        let Some(length) = self.text[start..]
            .iter()
            .position(|byte| matches!(byte, b'<' | b'{' | b'>' | b'}'))
        else {
            return Step::Dead;
        };
        if length > 0 {
            return self.token(Kind::Literal, start, start + length, false, Before::Start);
        }
        match self.text[start] {
            b'{' => {
                self.brackets.push(Bracket::Braces);
                self.token(
                    Kind::Open(Bracket::Braces),
                    start,
                    start + 1,
                    false,
                    Before::Start,
                )
            }
            b'<' => {
                let after = Self {
                    position: start + 1,
                    ..self.without_brackets()
                };
                match after.skip() {
                    Some(skipped) if self.text.get(skipped.position) == Some(&b'/') => {
                        self.brackets.push(Bracket::ClosingTag);
                        self.token(
                            Kind::Literal,
                            start,
                            skipped.position + 1,
                            false,
                            Before::Start,
                        )
                    }
                    Some(_) => self.tag(start, false),
                    None => Step::Dead,
                }
            }
            _ => Step::Dead,
        }
    }

    /// Makes a copy that only skips.
    fn without_brackets(&self) -> Self {
        Self {
            brackets: Vec::new(),
            ..*self
        }
    }

    fn punctuation(&mut self, byte: u8, start: usize) -> Option<(Kind, usize, Before)> {
        let rest = &self.text[start..];
        let run = |limit: usize| {
            rest.iter()
                .take(limit)
                .take_while(|other| **other == byte)
                .count()
        };
        let (kind, length) = match byte {
            b',' => (Kind::Comma, 1),
            b';' => (Kind::Semicolon, 1),
            b':' => (Kind::Colon, 1),
            b'.' if rest.get(1).is_some_and(u8::is_ascii_digit) => return Some(self.number(start)),
            b'.' if rest.starts_with(b"...") => (Kind::Operator, 3),
            b'.' => (Kind::Dot, 1),
            b'?' if rest.starts_with(b"?.") && !rest.get(2).is_some_and(u8::is_ascii_digit) => {
                (Kind::Dot, 2)
            }
            b'?' if rest.starts_with(b"??") => (Kind::Binary, 2),
            b'?' => (Kind::Question, 1),
            b'=' if rest.starts_with(b"=>") => (Kind::Arrow, 2),
            b'=' if rest.starts_with(b"==") => (Kind::Binary, run(3)),
            b'=' => (Kind::Assign, 1),
            b'>' => return Some(self.greater(start, run(3))),
            b'+' | b'-' if run(2) == 2 => return Some((Kind::Operator, start + 2, Before::Either)),
            b'!' if rest.starts_with(b"!=") => (Kind::Binary, 2),
            b'!' => {
                // After a value it says in TypeScript that the value is there.
                let after_value = self.syntax.types && self.before != Before::Start;
                let before = if after_value {
                    Before::Either
                } else {
                    Before::Start
                };
                return Some((Kind::Operator, start + 1, before));
            }
            b'&' | b'|' if run(2) == 2 => (Kind::Binary, 2),
            b'%' | b'^' | b'~' => (Kind::Binary, 1),
            b'+' | b'-' | b'*' | b'&' | b'|' => (Kind::Operator, 1),
            _ => return None,
        };
        let before = if kind == Kind::Dot {
            Before::Dot
        } else {
            Before::Start
        };
        Some((kind, start + length, before))
    }

    fn greater(&mut self, start: usize, run: usize) -> (Kind, usize, Before) {
        if self.brackets.last() == Some(&Bracket::TagTypes) {
            self.tag_angles = self.tag_angles.saturating_sub(1);
            if self.tag_angles == 0 {
                self.brackets.pop();
                return (Kind::Close(Bracket::TagTypes), start + 1, Before::Value);
            }
            return (Kind::Greater(1), start + 1, Before::Either);
        }
        let before = if self.syntax.types {
            Before::Either
        } else {
            Before::Start
        };
        let count = u32::try_from(run).unwrap_or(u32::MAX);
        (Kind::Greater(count), start + run, before)
    }
}

/// What can begin with a `<`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Operator,
    Element,
    Either,
}

fn tag_word_end(text: &[u8], start: usize) -> usize {
    let mut end = scan::word_end(text, start);
    while text.get(end) == Some(&b'-') {
        end = scan::word_end(text, end + 1);
    }
    end
}
