//! The kinds of Rust's tokens. Knows words and brackets, no grammar.

use synthesizer_model::text::ByteRange;

use crate::languages::lexical::{Shape, TokenKind, Tokens};

/// What a token is. Words that the reader does not ask for are identifiers, or [`Kind::Word`] when no expression can end with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// After the last token.
    End,
    /// An identifier, also a raw one.
    Identifier,
    /// `'a`
    Lifetime,
    /// `"…"`
    Text,
    /// `r"…"`, `r#"…"#`
    RawText,
    /// Any other literal.
    Literal,
    /// `/// …`, `/** … */`
    OuterDocumentation,
    /// `//! …`, `/*! … */`
    InnerDocumentation,
    /// An opening bracket.
    Open(Shape),
    /// A closing bracket.
    Close(Shape),
    /// `::`
    PathSeparator,
    /// `->`
    Arrow,
    /// `=>`
    FatArrow,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `?`
    Question,
    /// `;`
    Semicolon,
    /// `,`
    Comma,
    /// `=`, not the beginning of `==`
    Equals,
    /// `#`
    Hash,
    /// `!`
    Bang,
    /// `$`
    Dollar,
    /// `<`
    Less,
    /// `>`
    Greater,
    /// `*`
    Star,
    /// `.`
    Dot,
    /// Any other punctuation.
    Punctuation,
    /// A word that is none of those below.
    Word,
    /// `as`
    As,
    /// `async`
    Async,
    /// `const`
    Const,
    /// `crate`
    Crate,
    /// `else`
    Else,
    /// `enum`
    Enum,
    /// `extern`
    Extern,
    /// `fn`
    Fn,
    /// `for`
    For,
    /// `if`
    If,
    /// `impl`
    Impl,
    /// `match`
    Match,
    /// `mod`
    Mod,
    /// `pub`
    Pub,
    /// `self`
    SelfValue,
    /// `Self`
    SelfType,
    /// `static`
    Static,
    /// `struct`
    Struct,
    /// `super`
    Super,
    /// `trait`
    Trait,
    /// `type`
    Type,
    /// `unsafe`
    Unsafe,
    /// `use`
    Use,
    /// `where`
    Where,
    /// `while`
    While,
}

impl Kind {
    /// Says what a word is.
    pub(super) fn of_word(word: &str) -> Self {
        match word {
            "as" => Self::As,
            "async" => Self::Async,
            "const" => Self::Const,
            "crate" => Self::Crate,
            "else" => Self::Else,
            "enum" => Self::Enum,
            "extern" => Self::Extern,
            "fn" => Self::Fn,
            "for" => Self::For,
            "if" => Self::If,
            "impl" => Self::Impl,
            "match" => Self::Match,
            "mod" => Self::Mod,
            "pub" => Self::Pub,
            "self" => Self::SelfValue,
            "Self" => Self::SelfType,
            "static" => Self::Static,
            "struct" => Self::Struct,
            "super" => Self::Super,
            "trait" => Self::Trait,
            "type" => Self::Type,
            "unsafe" => Self::Unsafe,
            "use" => Self::Use,
            "where" => Self::Where,
            "while" => Self::While,
            "break" | "continue" | "dyn" | "in" | "let" | "loop" | "move" | "mut" | "ref"
            | "return" | "yield" => Self::Word,
            _ => Self::Identifier,
        }
    }

    /// Says whether an expression can end with the token.
    pub(super) const fn ends_expression(self) -> bool {
        matches!(
            self,
            Self::Identifier
                | Self::Text
                | Self::RawText
                | Self::Literal
                | Self::Close(_)
                | Self::Question
                | Self::SelfValue
                | Self::SelfType
        )
    }

    /// Says whether the token can be one name of a path.
    pub(super) const fn is_segment(self) -> bool {
        matches!(
            self,
            Self::Identifier | Self::Crate | Self::SelfValue | Self::SelfType | Self::Super
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

/// The tokens of a Rust text.
pub(super) type RustTokens<'t> = Tokens<'t, Kind>;

impl<'t> RustTokens<'t> {
    /// Says whether a token is this identifier.
    pub(super) fn is_word(&self, token: usize, word: &str) -> bool {
        self.kind(token) == Kind::Identifier && self.text(token) == word
    }

    /// Gives the contents of a string literal and their bytes; escapes are left as they are.
    pub(super) fn literal(&self, token: usize) -> Option<(&'t str, ByteRange)> {
        if !matches!(self.kind(token), Kind::Text | Kind::RawText) {
            return None;
        }
        let whole = self.range(token, token + 1);
        let text = self.text(token);
        let first = text.find('"')?;
        let last = text.rfind('"').filter(|last| *last > first)?;
        let range = ByteRange::new(whole.start + first + 1, whole.start + last);
        Some((text.get(first + 1..last)?, range))
    }
}
