//! The kinds of Java's tokens. Knows brackets, no grammar; words are told apart by their text.

use crate::languages::lexical::{Shape, TokenKind, Tokens};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// After the last token.
    End,
    /// A name or keyword.
    Word,
    /// A number, string or character.
    Literal,
    /// `/** … */`, or `///` lines.
    Javadoc,
    /// An opening bracket.
    Open(Shape),
    /// A closing bracket.
    Close(Shape),
    /// A closing bracket that closes nothing.
    Stray,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `::`
    DoubleColon,
    /// `->`
    Arrow,
    /// `==`, `!=`, `<=`, `>=`
    Comparison,
    /// Any other character.
    Mark(u8),
}

impl TokenKind for Kind {
    const END: Self = Self::End;
    const STRAY: Self = Self::Stray;

    fn opening(shape: Shape) -> Self {
        Self::Open(shape)
    }

    fn closing(shape: Shape) -> Self {
        Self::Close(shape)
    }

    fn opens(self) -> Option<Shape> {
        match self {
            Self::Open(shape) => Some(shape),
            _ => None,
        }
    }

    fn closes(self) -> Option<Shape> {
        match self {
            Self::Close(shape) => Some(shape),
            _ => None,
        }
    }
}

/// The tokens of a Java text.
pub(super) type JavaTokens<'t> = Tokens<'t, Kind>;

/// `.`
pub(super) const DOT: Kind = Kind::Mark(b'.');
/// `;`
pub(super) const SEMICOLON: Kind = Kind::Mark(b';');
/// `,`
pub(super) const COMMA: Kind = Kind::Mark(b',');
/// `=`
pub(super) const EQUALS: Kind = Kind::Mark(b'=');
/// `<`
pub(super) const LESS: Kind = Kind::Mark(b'<');
/// `>`
pub(super) const GREATER: Kind = Kind::Mark(b'>');
/// `@`
pub(super) const AT: Kind = Kind::Mark(b'@');
/// `(`
pub(super) const PARENTHESIS: Kind = Kind::Open(Shape::Round);
/// `[`
pub(super) const BRACKET: Kind = Kind::Open(Shape::Square);
/// `{`
pub(super) const BRACE: Kind = Kind::Open(Shape::Curly);

/// How many tokens type arguments may have.
const MOST_ARGUMENTS: usize = 256;

/// Gives the place behind type arguments or parameters that begin with `<`; `None` where it is a comparison.
pub(super) fn after_angles(tokens: &JavaTokens<'_>, at: usize) -> Option<usize> {
    let mut open = 0_usize;
    let mut place = at;
    while place < at + MOST_ARGUMENTS {
        match tokens.kind(place) {
            LESS => open += 1,
            GREATER => {
                open -= 1;
                if open == 0 {
                    return Some(place + 1);
                }
            }
            Kind::Word | DOT | COMMA | AT | Kind::Mark(b'?' | b'&') => {}
            // `@Size(3)`, `int[]`
            PARENTHESIS | BRACKET => {
                place = tokens.after(place);
                continue;
            }
            _ => return None,
        }
        place += 1;
    }
    None
}
