//! How deep a parser goes and how often it reads the same text again, from the tokens of one reading. Estimates from above; where the
//! estimate is too high by a little, a larger stack is used than needed.
//!
//! Depth: each open bracket is a level, and so is each token that can make a parser go deeper without one. Those of an expression count
//! until its comma, those of a statement until its end.
//!
//! Repeated reading: a parser of JavaScript tries whether a parenthesis holds the parameters of an arrow function, and reads it again when
//! it does not. One of TypeScript also tries whether `<` begins type arguments, what a parenthesis in a type is, and where the constraint of
//! an inferred type ends; the last two are tried inside each other, so the work doubles with every level.

use super::{
    kinds::{Before, Bracket, Kind, Token},
    words::{self, Word},
};

/// Bytes that count as much as one token.
const BYTES_OF_A_TOKEN: usize = 64;

/// Levels of doubling beyond which the work is out of all bounds.
const MOST_DOUBLINGS: u32 = 30;

/// Whether a parenthesis can hold the parameters of an arrow function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Arrow {
    /// It cannot.
    No,
    /// Its first token will tell.
    First,
    /// Its second token will tell.
    Second,
    /// It can.
    May,
}

/// How much of `infer name extends` was met right before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Infer {
    /// Nothing.
    No,
    /// `infer`
    Word,
    /// `infer name`
    Name,
}

/// What has been met in one bracket since its last comma or its last statement.
#[derive(Debug, Clone, Copy)]
struct Frame {
    /// Tokens of the expression that go deeper.
    chain: u32,
    /// Tokens of the statement that go deeper.
    statements: u32,
    /// `<` without `>`.
    angles: u32,
    /// What is read again up to the next comma: arrow functions with a result type in conditional expressions, and `await` at the top.
    again: u32,
    /// Whether work is doubled here, and how many `<` were open when it began to be.
    doubles: Option<u32>,
    /// Whether `class` was met in this statement.
    classes: bool,
    /// How many `<` were open where `?` was met.
    questions: Option<u32>,
    /// Whether it can be a pattern: `=` is a default in it.
    is_pattern: bool,
    /// Whether its closing parenthesis is followed by a statement.
    is_header: bool,
    arrow: Arrow,
    /// Whether a statement can begin at the next token.
    at_statement: bool,
}

impl Frame {
    fn new(is_pattern: bool, is_header: bool, arrow: Arrow) -> Self {
        Self {
            chain: 0,
            statements: 0,
            angles: 0,
            again: 0,
            doubles: None,
            classes: false,
            questions: None,
            is_pattern,
            is_header,
            arrow,
            at_statement: true,
        }
    }

    fn join(&mut self, other: &Self) {
        self.chain = self.chain.max(other.chain);
        self.statements = self.statements.max(other.statements);
        self.angles = self.angles.max(other.angles);
        self.again = self.again.max(other.again);
        self.doubles = self.doubles.max(other.doubles);
        self.classes |= other.classes;
        self.questions = match (self.questions, other.questions) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        self.is_pattern |= other.is_pattern;
        self.is_header |= other.is_header;
        self.arrow = self.arrow.max(other.arrow);
        self.at_statement |= other.at_statement;
    }
}

/// What the tokens up to a place come to.
#[derive(Debug, Clone)]
pub(super) struct Load {
    types: bool,
    frames: Vec<Frame>,
    /// Sums over all frames.
    chained: usize,
    tried: u64,
    doublings: u32,
    /// How often the tokens of this place are read, by these sums.
    times: u64,
    /// The token before; a semicolon at the beginning.
    last: Kind,
    /// Where it ended.
    last_end: usize,
    /// Whether the last word can be a label.
    may_label: bool,
    /// Whether the statement has ended unless the next word continues it.
    may_have_ended: bool,
    /// Whether the header of a statement was closed right before.
    after_header: bool,
    infers: Infer,
    /// Parentheses that can hold parameters.
    pub(super) parentheses: u64,
    /// The greatest depth.
    pub(super) deepest: usize,
    /// Tokens read, again and again.
    pub(super) work: u64,
}

impl Load {
    pub(super) fn new(types: bool) -> Self {
        Self {
            types,
            frames: vec![Frame::new(false, false, Arrow::No)],
            chained: 0,
            tried: 0,
            doublings: 0,
            times: 1,
            last: Kind::Semicolon,
            last_end: 0,
            may_label: false,
            may_have_ended: false,
            after_header: false,
            infers: Infer::No,
            parentheses: 0,
            deepest: 0,
            work: 0,
        }
    }

    /// Takes the greater of two loads at the same place.
    pub(super) fn join(&mut self, other: &Self) {
        for (own, other) in self.frames.iter_mut().zip(&other.frames) {
            own.join(other);
        }
        self.may_label |= other.may_label;
        self.infers = self.infers.max(other.infers);
        self.may_have_ended &= other.may_have_ended;
        self.parentheses = self.parentheses.max(other.parentheses);
        self.deepest = self.deepest.max(other.deepest);
        self.work = self.work.max(other.work);
        self.sum();
    }

    fn sum(&mut self) {
        self.chained = 0;
        self.tried = 0;
        self.doublings = 0;
        for frame in &self.frames {
            self.chained += (frame.chain + frame.statements + frame.angles) as usize;
            self.tried += u64::from(frame.angles + frame.again);
            self.tried += u64::from(frame.arrow == Arrow::May);
            self.doublings += u32::from(frame.doubles.is_some());
        }
        self.weigh();
    }

    /// Counts a token.
    pub(super) fn token(&mut self, token: Token, text: &[u8]) {
        let word = &text[token.start..token.end];
        if self.may_have_ended || token.newline || self.last == Kind::Close(Bracket::Curly) {
            self.end_statement(token, word);
        }
        self.may_have_ended = token.kind == Kind::Semicolon;
        self.after_header = false;
        let weight = 1 + token.end.saturating_sub(self.last_end) / BYTES_OF_A_TOKEN;
        self.work = self
            .work
            .saturating_add(self.times.saturating_mul(weight as u64));
        if matches!(self.top().arrow, Arrow::First | Arrow::Second) {
            self.look_for_arrow(token.kind);
        }
        if self.types {
            self.infer(token.kind, word);
        }
        match token.kind {
            Kind::Word(kind) => self.word(kind, word),
            Kind::Open(bracket) => self.open(token, bracket),
            Kind::Close(bracket) => self.close(bracket),
            Kind::Middle => {
                self.close(Bracket::Substitution);
                self.open(token, Bracket::Substitution);
            }
            Kind::Comma => self.comma(),
            Kind::Colon => self.colon(),
            Kind::Question => {
                let frame = self.top();
                let angles = frame.angles;
                frame.questions = Some(frame.questions.map_or(angles, |known| known.min(angles)));
                self.lengthen();
            }
            Kind::Assign => {
                self.default();
                self.lengthen();
            }
            Kind::Less(count) => {
                if self.types {
                    self.top().angles += count;
                    self.chained += count as usize;
                    self.tried += u64::from(count);
                    self.weigh();
                }
                self.lengthen();
            }
            Kind::Greater(count) => {
                let frame = self.top();
                let closed = count.min(frame.angles);
                frame.angles -= closed;
                let left = frame.angles;
                frame.questions = frame.questions.filter(|known| *known <= left);
                if closed > 0 {
                    self.chained -= closed as usize;
                    self.tried -= u64::from(closed);
                    self.end_doubling(|begun| left < begun);
                    self.weigh();
                }
                self.lengthen();
            }
            Kind::Binary => {
                self.forget_angles();
                self.lengthen();
            }
            Kind::Dot | Kind::Arrow | Kind::Operator => self.lengthen(),
            Kind::String | Kind::Literal | Kind::Semicolon => {}
        }
        if !matches!(token.kind, Kind::Word(_)) {
            self.may_label = false;
        }
        self.last = token.kind;
        self.last_end = token.end;
    }

    fn top(&mut self) -> &mut Frame {
        // The outermost frame is never closed.
        self.frames.last_mut().expect("the outermost frame")
    }

    fn lengthen(&mut self) {
        self.top().chain += 1;
        self.chained += 1;
        self.note_depth();
    }

    fn lengthen_statement(&mut self) {
        self.top().statements += 1;
        self.chained += 1;
        self.note_depth();
    }

    fn note_depth(&mut self) {
        self.deepest = self.deepest.max(self.frames.len() + self.chained);
    }

    /// Notes that one of the sums has changed.
    fn weigh(&mut self) {
        self.times = (1 + self.tried) << self.doublings.min(MOST_DOUBLINGS);
    }

    /// Forgets what the statement has met where one has ended: after a semicolon or a closed block, or at a line's end between two values,
    /// unless the word that follows continues it.
    fn end_statement(&mut self, token: Token, word: &[u8]) {
        let is_word = matches!(token.kind, Kind::Word(_));
        let begins = match token.kind {
            Kind::Word(
                Word::Plain | Word::Statement | Word::Header | Word::Nesting | Word::MaybePrefix,
            ) => true,
            Kind::Word(Word::Prefix) => matches!(word, b"return" | b"case" | b"throw" | b"default"),
            Kind::Word(Word::Modifier) => matches!(
                word,
                b"async"
                    | b"declare"
                    | b"abstract"
                    | b"namespace"
                    | b"module"
                    | b"readonly"
                    | b"accessor"
            ),
            Kind::String | Kind::Literal => true,
            _ => false,
        };
        let is_escaped = token.kind == Kind::Word(Word::Escaped);
        let continues = is_escaped || is_word && words::continues(word);
        if !continues && (self.may_have_ended || begins && self.value_ended(token, word)) {
            self.reset_statement();
        }
    }

    /// Says whether the token before ended a value or a block, so that a word cannot go on with it.
    fn value_ended(&self, token: Token, word: &[u8]) -> bool {
        match self.last {
            Kind::Close(Bracket::Curly) => true,
            Kind::Close(Bracket::Round) => {
                token.newline && token.before == Before::Either && !self.after_header
            }
            Kind::Close(_) | Kind::String | Kind::Literal => token.newline,
            Kind::Word(Word::Plain) => token.newline,
            // Type arguments or a comparison, which does not go on with one of these.
            Kind::Greater(_) => token.newline && words::is_no_value(word),
            _ => false,
        }
    }

    fn word(&mut self, kind: Word, word: &[u8]) {
        match kind {
            Word::Plain => {
                let frame = self.top();
                let may_label = frame.at_statement;
                frame.at_statement = false;
                self.may_label = may_label;
            }
            Word::Nesting | Word::Header | Word::Escaped => {
                let frame = self.top();
                frame.classes |= kind == Word::Escaped || word == b"class";
                // Types extend too, and end at commas; the heritage of a class does not.
                if !frame.classes && matches!(word, b"extends" | b"implements") {
                    return self.lengthen();
                }
                self.lengthen_statement();
                self.top().at_statement = true;
            }
            Word::Statement => self.top().at_statement = false,
            Word::Prefix | Word::MaybePrefix | Word::Modifier => {
                // Whether it is an operator there is known only after all of the text.
                if self.frames.len() == 1 && word == b"await" {
                    self.top().again += 1;
                    self.tried += 1;
                    self.weigh();
                }
                self.lengthen();
            }
        }
    }

    /// Follows `infer name extends`.
    fn infer(&mut self, kind: Kind, word: &[u8]) {
        let is_escaped = kind == Kind::Word(Word::Escaped);
        self.infers = match (self.infers, kind) {
            (Infer::Name, Kind::Word(_)) if is_escaped || word == b"extends" => {
                self.double();
                Infer::No
            }
            (Infer::Word, Kind::Word(_)) => Infer::Name,
            (_, Kind::Word(_)) if is_escaped || word == b"infer" => Infer::Word,
            _ => Infer::No,
        };
    }

    /// Ends what a comma ends. Within type arguments, it ends none of what is around them.
    fn comma(&mut self) {
        let angles = self.top().angles;
        if angles == 0 {
            self.reset_expression();
        } else {
            self.end_doubling(|begun| angles <= begun);
        }
    }

    /// Ends the doubling of work if it began at this many open `<`.
    fn end_doubling(&mut self, ends: impl FnOnce(u32) -> bool) {
        let frame = self.top();
        if frame.doubles.is_some_and(ends) {
            frame.doubles = None;
            self.doublings -= 1;
            self.weigh();
        }
    }

    fn colon(&mut self) {
        if self.may_label {
            self.lengthen_statement();
            self.top().at_statement = true;
            return;
        }
        let after_parenthesis = self.last == Kind::Close(Bracket::Round);
        let frame = self.top();
        if after_parenthesis && frame.questions.is_some() {
            frame.again += 1;
            if self.types {
                self.tried += 1;
                self.weigh();
            } else {
                self.top().again = 0;
            }
        }
        self.lengthen();
    }

    fn open(&mut self, token: Token, bracket: Bracket) {
        self.lengthen();
        let last = self.last;
        let is_pattern = matches!(bracket, Bracket::Curly | Bracket::Square)
            && matches!(
                last,
                Kind::Open(Bracket::Round | Bracket::Square | Bracket::Curly)
                    | Kind::Comma
                    | Kind::Colon
                    | Kind::Operator
                    | Kind::Word(Word::Modifier)
            );
        let is_header = bracket == Bracket::Round
            && matches!(
                last,
                Kind::Word(Word::Header | Word::MaybePrefix | Word::Statement | Word::Escaped)
            );
        let may_be_arrow = bracket == Bracket::Round
            && (token.before != Before::Value
                || matches!(last, Kind::Word(Word::Modifier | Word::Escaped)));
        let arrow = if may_be_arrow {
            Arrow::First
        } else {
            Arrow::No
        };
        self.top().at_statement = false;
        self.frames.push(Frame::new(is_pattern, is_header, arrow));
        self.note_depth();
    }

    fn close(&mut self, bracket: Bracket) {
        if self.frames.len() < 2 {
            return;
        }
        let Some(frame) = self.frames.pop() else {
            return;
        };
        self.chained -= (frame.chain + frame.statements + frame.angles) as usize;
        self.tried -= u64::from(frame.angles + frame.again);
        self.tried -= u64::from(frame.arrow == Arrow::May);
        self.doublings -= u32::from(frame.doubles.is_some());
        self.weigh();
        // What follows the header of a statement goes on with it.
        self.after_header = bracket == Bracket::Round && frame.is_header;
        self.top().at_statement = self.after_header;
    }

    fn look_for_arrow(&mut self, kind: Kind) {
        let types = self.types;
        let frame = self.top();
        let next = match (frame.arrow, kind) {
            (Arrow::First, Kind::Word(_)) => Arrow::Second,
            (
                Arrow::First,
                Kind::Open(Bracket::Square | Bracket::Curly) | Kind::Operator | Kind::Close(_),
            ) => Arrow::May,
            (
                Arrow::Second,
                Kind::Comma | Kind::Assign | Kind::Close(_) | Kind::Colon | Kind::Question,
            ) => Arrow::May,
            (Arrow::Second, Kind::Word(_) | Kind::Open(_)) if types => Arrow::May,
            (Arrow::First | Arrow::Second, _) => Arrow::No,
            (known, _) => known,
        };
        let confirmed = frame.arrow != Arrow::May && next == Arrow::May;
        frame.arrow = next;
        if confirmed {
            self.tried += 1;
            self.parentheses += 1;
            self.weigh();
        }
    }

    fn default(&mut self) {
        if self.types && self.top().is_pattern {
            self.double();
        }
    }

    fn double(&mut self) {
        let frame = self.top();
        if frame.doubles.is_none() {
            frame.doubles = Some(frame.angles);
            self.doublings += 1;
            self.weigh();
        }
    }

    fn forget_angles(&mut self) {
        let frame = self.top();
        let angles = std::mem::take(&mut frame.angles);
        if angles > 0 {
            self.chained -= angles as usize;
            self.tried -= u64::from(angles);
            self.weigh();
        }
    }

    fn reset_expression(&mut self) {
        let frame = self.top();
        let chain = std::mem::take(&mut frame.chain);
        let again = std::mem::take(&mut frame.again);
        let doubles = frame.doubles.take().is_some();
        frame.questions = None;
        self.chained -= chain as usize;
        if again > 0 || doubles {
            self.tried -= u64::from(again);
            self.doublings -= u32::from(doubles);
            self.weigh();
        }
    }

    fn reset_statement(&mut self) {
        self.reset_expression();
        self.forget_angles();
        let frame = self.top();
        let statements = std::mem::take(&mut frame.statements);
        frame.classes = false;
        frame.at_statement = true;
        self.chained -= statements as usize;
    }
}
