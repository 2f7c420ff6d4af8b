//! An upper bound of how deep the syntax tree of a text will be, from its tokens alone. Builds no tree.
//!
//! The bound may be far too high for odd text; it must never be too low, also where the parser recovers from errors:
//! closers that do not match are ignored, and nothing is reset while a bracket is open.

use std::collections::BTreeSet;

use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{Mode, lexer};

use super::glance;

/// Added for text whose indentation cannot be bounded line by line.
const UNBOUNDED_INDENTATION: usize = 1_000;

/// Estimates from above the depth of the tree that the parser would build. A depth of at most `enough` may come from a glance at the bytes,
/// which is cheaper and higher.
pub(super) fn estimate(text: &str, enough: usize) -> usize {
    let indentation = indentation(text);
    let glanced = glance::nesting(text).filter(|nesting| nesting + indentation <= enough);
    glanced.unwrap_or_else(|| nesting(text)) + indentation
}

/// Estimates how deep the tokens nest.
pub(super) fn nesting(text: &str) -> usize {
    let mut nesting = Nesting::default();
    let mut tokens = lexer::lex(text, Mode::Module);
    loop {
        match tokens.next_token() {
            TokenKind::EndOfFile => break,
            kind => nesting.token(kind),
        }
    }
    nesting.deepest
}

/// Counts distinct widths of indentation; nested blocks have strictly growing ones.
fn indentation(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut small = [false; 64];
    let mut large = BTreeSet::new();
    let mut joined = 0;
    let begins = memchr::memchr2_iter(b'\n', b'\r', bytes).map(|end| end + 1);
    for begin in std::iter::once(0).chain(begins) {
        let line = &bytes[begin..];
        let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\t' | 0x0c);
        let width = line.iter().take_while(is_blank).count();
        match small.get_mut(width) {
            Some(seen) => *seen = true,
            None => {
                large.insert(width);
            }
        }
        if line.get(width) == Some(&b'\\') {
            joined = UNBOUNDED_INDENTATION;
        }
    }
    small.iter().filter(|seen| **seen).count() + large.len() + joined
}

/// What has been opened up to the current token.
#[derive(Default)]
struct Nesting {
    brackets: Vec<Bracket>,
    /// Tokens since the last separator, outside of brackets.
    outermost: Chain,
    /// Colons outside of brackets in this logical line: headers of compound statements written in one line.
    colons: usize,
    /// Sum of all chains' lengths.
    chained: usize,
    /// Indented blocks; the parser's recovery can nest them without growing indentation.
    blocks: usize,
    deepest: usize,
}

struct Bracket {
    closer: TokenKind,
    chain: Chain,
}

/// Tokens of one expression that can each add a level: operators, dots, closed brackets, keywords.
#[derive(Default)]
struct Chain {
    length: usize,
    /// Lambdas whose colon has not come yet: commas belong to their parameters, and the parser looks for the colon beyond
    /// closers and lines' ends.
    open_lambdas: usize,
    /// A comma does not end what follows `yield`.
    has_yield: bool,
}

impl Nesting {
    fn token(&mut self, kind: TokenKind) {
        if let Some(closer) = closer_of(kind) {
            self.lengthen();
            self.brackets.push(Bracket {
                closer,
                chain: Chain::default(),
            });
            self.note_depth();
            return;
        }
        match kind {
            TokenKind::Rpar
            | TokenKind::Rsqb
            | TokenKind::Rbrace
            | TokenKind::FStringEnd
            | TokenKind::TStringEnd => self.close(kind),
            TokenKind::Newline => self.end_line(),
            TokenKind::Semi => self.end_statement(),
            TokenKind::Comma => self.separate(),
            TokenKind::Indent => {
                self.blocks += 1;
                self.note_depth();
            }
            TokenKind::Dedent => self.blocks = self.blocks.saturating_sub(1),
            TokenKind::Lambda => {
                self.chain().open_lambdas += 1;
                self.lengthen();
            }
            TokenKind::Yield => {
                self.chain().has_yield = true;
                self.lengthen();
            }
            TokenKind::Colon => self.colon(),
            kind if adds_no_level(kind) => {}
            _ => self.lengthen(),
        }
    }

    fn chain(&mut self) -> &mut Chain {
        match self.brackets.last_mut() {
            Some(bracket) => &mut bracket.chain,
            None => &mut self.outermost,
        }
    }

    fn lengthen(&mut self) {
        self.chain().length += 1;
        self.chained += 1;
        self.note_depth();
    }

    fn note_depth(&mut self) {
        let depth = self.brackets.len() + self.chained + self.colons + self.blocks;
        self.deepest = self.deepest.max(depth);
    }

    fn close(&mut self, kind: TokenKind) {
        let closes =
            |bracket: &mut Bracket| bracket.closer == kind && bracket.chain.open_lambdas == 0;
        if let Some(bracket) = self.brackets.pop_if(closes) {
            self.chained -= bracket.chain.length;
        }
    }

    fn colon(&mut self) {
        let chain = self.chain();
        chain.open_lambdas = chain.open_lambdas.saturating_sub(1);
        if self.brackets.is_empty() {
            self.colons += 1;
        }
        self.lengthen();
    }

    fn separate(&mut self) {
        let chain = self.chain();
        if chain.open_lambdas == 0 && !chain.has_yield {
            self.reset();
        }
    }

    fn end_statement(&mut self) {
        if self.brackets.is_empty() && self.outermost.open_lambdas == 0 {
            self.reset();
        }
    }

    fn end_line(&mut self) {
        self.end_statement();
        if self.brackets.is_empty() {
            self.colons = 0;
        }
    }

    fn reset(&mut self) {
        let chain = std::mem::take(self.chain());
        self.chained -= chain.length;
    }
}

fn closer_of(kind: TokenKind) -> Option<TokenKind> {
    match kind {
        TokenKind::Lpar => Some(TokenKind::Rpar),
        TokenKind::Lsqb => Some(TokenKind::Rsqb),
        TokenKind::Lbrace => Some(TokenKind::Rbrace),
        TokenKind::FStringStart => Some(TokenKind::FStringEnd),
        TokenKind::TStringStart => Some(TokenKind::TStringEnd),
        _ => None,
    }
}

fn adds_no_level(kind: TokenKind) -> bool {
    kind.is_trivia()
        || matches!(
            kind,
            TokenKind::Name
                | TokenKind::Int
                | TokenKind::Float
                | TokenKind::Complex
                | TokenKind::String
                | TokenKind::FStringMiddle
                | TokenKind::TStringMiddle
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, at_least: usize, at_most: usize) {
        let depth = estimate(text, 0);
        assert!(
            (at_least..=at_most).contains(&depth),
            "{depth} for {:?}",
            text.chars().take(60).collect::<String>()
        );
    }

    #[test]
    fn ordinary_text_is_shallow() {
        check("", 0, 2);
        check("x = {'a': 1, 'b': [2, 3]}\n", 2, 10);
        check(&"x = f(a.b, c.d)\n".repeat(5_000), 1, 20);
        check(&"a=1;".repeat(5_000), 1, 20);
        check(&format!("x = [{}]", "-1, ".repeat(20_000)), 1, 20);
        check(
            &format!("x = [{}]", "lambda a, b: 0, ".repeat(20_000)),
            1,
            20,
        );
        check("x = '((((((((((((((((((('\n", 0, 5);
    }

    #[test]
    fn every_kind_of_nesting_counts() {
        for text in [
            "(".repeat(500),
            format!("{}{}", "[".repeat(500), "]".repeat(500)),
            format!("x = a{}", "+a".repeat(500)),
            format!("x = a{}", ".b()".repeat(500)),
            format!("x = {}1", "-".repeat(500)),
            format!("x = {}1", "not ".repeat(500)),
            format!("x = {}1", "lambda a, b: ".repeat(500)),
            format!("x = {}1", "yield 1, ".repeat(500)),
            format!("{}pass", "if x, y: ".repeat(500)),
            format!("{}pass", "if x: 1; ".repeat(500)),
            "((((]]]]".repeat(125),
            "([)".repeat(500),
            "lambda \n".repeat(500),
            "for x in y\n   z\n  ".repeat(500),
            "f'{".repeat(500),
            (0..500)
                .map(|width| format!("{}if x, y:\n", " ".repeat(width)))
                .collect(),
            format!(
                "(\n{}",
                (0..500)
                    .map(|width| format!("{}if x, y:\n", " ".repeat(width)))
                    .collect::<String>()
            ),
        ] {
            check(&text, 250, 5_000);
        }
    }
}
