//! What the languages that are read by their tokens share: tokens with matched brackets and lines. Knows no language.
//!
//! A language has its own lexer, which gives what it finds to a [`TokenWriter`], and reads the [`Tokens`] by number, without recursion.

mod brackets;
mod line_starts;
mod tokens;

pub(crate) use self::{
    brackets::Shape,
    tokens::{Problems, TokenKind, TokenWriter, Tokens},
};
