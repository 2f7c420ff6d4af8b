//! What words mean for what may follow them. A word that is wrongly taken for a plain name could hide nesting; the other way round does
//! no harm.

/// What a word is to the tokens around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Word {
    /// A name or a value.
    Plain,
    /// A name that may also be an operator or a modifier: `keyof`, `as`, `static`.
    Modifier,
    /// What a value follows: `return`, `typeof`.
    Prefix,
    /// What a value may follow: `yield`, `await`.
    MaybePrefix,
    /// What begins a statement that nests without brackets: `if`, `else`, `class`.
    Nesting,
    /// A word before a parenthesis that is no value: `if`, `for`, `while`.
    Header,
    /// What begins any other statement: `const`, `import`.
    Statement,
    /// A word with escapes, which may be any of these.
    Escaped,
}

/// Tells what a word is.
pub(in super::super) fn kind(word: &[u8]) -> Word {
    if word.len() < 2 || word.len() > 10 || !word[0].is_ascii_lowercase() {
        return if word.contains(&b'\\') {
            Word::Escaped
        } else {
            Word::Plain
        };
    }
    match word {
        b"if" | b"for" | b"while" | b"with" => Word::Header,
        b"else" | b"do" | b"class" | b"extends" | b"implements" | b"try" => Word::Nesting,
        b"return" | b"typeof" | b"case" | b"in" | b"instanceof" | b"new" | b"delete" | b"void"
        | b"throw" | b"default" => Word::Prefix,
        b"yield" | b"await" | b"of" | b"break" | b"continue" | b"debugger" => Word::MaybePrefix,
        b"const" | b"let" | b"var" | b"function" | b"import" | b"export" | b"switch" | b"enum" => {
            Word::Statement
        }
        b"keyof" | b"infer" | b"readonly" | b"unique" | b"is" | b"asserts" | b"as"
        | b"satisfies" | b"abstract" | b"declare" | b"namespace" | b"module" | b"async"
        | b"catch" | b"finally" | b"accessor" | b"out" | b"using" => Word::Modifier,
        word if word.contains(&b'\\') => Word::Escaped,
        _ => Word::Plain,
    }
}

/// Says whether a word continues the statement before it instead of beginning one.
pub(in super::super) fn continues(word: &[u8]) -> bool {
    matches!(
        word,
        b"else"
            | b"while"
            | b"catch"
            | b"finally"
            | b"in"
            | b"of"
            | b"instanceof"
            | b"as"
            | b"satisfies"
            | b"is"
            | b"extends"
            | b"implements"
    )
}

/// Says whether a word begins a statement and can be no part of a value.
pub(in super::super) fn is_no_value(word: &[u8]) -> bool {
    matches!(
        word,
        b"const"
            | b"var"
            | b"export"
            | b"switch"
            | b"enum"
            | b"if"
            | b"for"
            | b"return"
            | b"throw"
            | b"case"
    )
}
