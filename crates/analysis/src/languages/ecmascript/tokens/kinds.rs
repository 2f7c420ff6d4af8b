//! What tokens and brackets there are, and how an ambiguous place can be read.

use super::words::Word;

/// What of a grammar matters for tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Syntax {
    /// Whether there are types.
    pub(in super::super) types: bool,
    /// Whether there is JSX.
    pub(in super::super) jsx: bool,
    /// Whether the text is a module by its name.
    pub(in super::super) module: bool,
}

/// What is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Bracket {
    /// `(`
    Round,
    /// `[`
    Square,
    /// `{`
    Curly,
    /// `${` of a template.
    Substitution,
    /// `<name …` of an element.
    Tag,
    /// `</name …`
    ClosingTag,
    /// What is between the tags of an element.
    Children,
    /// `{` in a tag or between tags.
    Braces,
    /// `<` after the name in a tag.
    TagTypes,
}

/// What the token before was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Before {
    /// A value cannot have ended: a regular expression or an element may follow.
    Start,
    /// A value has ended.
    Value,
    /// Who knows: after `)`, `}` and their like.
    Either,
    /// A dot: a word that follows is a name.
    Dot,
}

/// A token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Token {
    pub(in super::super) kind: Kind,
    pub(in super::super) start: usize,
    pub(in super::super) end: usize,
    /// Whether it is the first on its line.
    pub(in super::super) newline: bool,
    /// What came before it.
    pub(in super::super) before: Before,
}

/// The kinds of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Kind {
    /// A name or keyword.
    Word(Word),
    /// A string, also one without substitutions in backticks.
    String,
    /// A number, a regular expression, text of JSX.
    Literal,
    /// Something was opened.
    Open(Bracket),
    /// Something was closed.
    Close(Bracket),
    /// A template goes on after a substitution: one is closed and one is opened.
    Middle,
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// `.`, `?.`
    Dot,
    /// `:`
    Colon,
    /// `?`
    Question,
    /// `=`
    Assign,
    /// `=>`
    Arrow,
    /// `<`, `<<`
    Less(u32),
    /// `>`, as many as there are, with `=` or without.
    Greater(u32),
    /// An operator that cannot stand in a type.
    Binary,
    /// Any other operator.
    Operator,
}

/// What the next step of a reading gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Step {
    /// A token.
    Token(Token),
    /// What comes next can be read in two ways: ask again with each.
    Fork,
    /// The text has ended.
    End,
    /// By this reading the text is not of this grammar; no parser goes on here.
    Dead,
}

/// How an ambiguous place is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Choice {
    /// As an operator.
    Operator,
    /// As the beginning of a regular expression or an element.
    Beginning,
}
