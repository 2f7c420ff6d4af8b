//! The kinds of Go's tokens. Knows words and brackets, no grammar.

use crate::languages::lexical::{Shape, TokenKind, Tokens};

/// What a token is. Words that the reader does not ask for are [`Kind::Word`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// After the last token.
    End,
    /// An identifier.
    Identifier,
    /// `"…"`
    Text,
    /// `` `…` ``
    RawText,
    /// Any other literal.
    Literal,
    /// An opening bracket.
    Open(Shape),
    /// A closing bracket.
    Close(Shape),
    /// `;`, also one that a line's end stands for.
    Semicolon,
    /// `,`
    Comma,
    /// `.`
    Dot,
    /// `=`
    Equals,
    /// `*`
    Star,
    /// `&&` or `||`
    Logical,
    /// `++` or `--`
    Step,
    /// Any other punctuation.
    Punctuation,
    /// A word that none of those below is.
    Word,
    /// `break`, `continue`, `fallthrough` or `return`: a statement can end with it.
    Jump,
    /// `case`
    Case,
    /// `const`
    Const,
    /// `for`
    For,
    /// `func`
    Func,
    /// `if`
    If,
    /// `import`
    Import,
    /// `interface`
    Interface,
    /// `package`
    Package,
    /// `struct`
    Struct,
    /// `type`
    Type,
    /// `var`
    Var,
}

impl Kind {
    /// Says what a word is.
    pub(super) fn of_word(word: &str) -> Self {
        match word {
            "break" | "continue" | "fallthrough" | "return" => Self::Jump,
            "case" => Self::Case,
            "const" => Self::Const,
            "for" => Self::For,
            "func" => Self::Func,
            "if" => Self::If,
            "import" => Self::Import,
            "interface" => Self::Interface,
            "package" => Self::Package,
            "struct" => Self::Struct,
            "type" => Self::Type,
            "var" => Self::Var,
            "chan" | "default" | "defer" | "else" | "go" | "goto" | "map" | "range" | "select"
            | "switch" => Self::Word,
            _ => Self::Identifier,
        }
    }

    /// Says whether the end of a line after the token ends a statement.
    pub(super) const fn ends_statement(self) -> bool {
        matches!(
            self,
            Self::Identifier
                | Self::Text
                | Self::RawText
                | Self::Literal
                | Self::Close(_)
                | Self::Step
                | Self::Jump
        )
    }
}

impl TokenKind for Kind {
    const END: Self = Self::End;
    const STRAY: Self = Self::Punctuation;

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

/// The tokens of a Go text.
pub(super) type GoTokens<'t> = Tokens<'t, Kind>;
