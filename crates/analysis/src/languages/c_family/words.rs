//! Words of C and C++ by what they mean in a declaration. Decides nothing else.

/// Says whether a word can be no name of a function.
pub(super) fn is_keyword(word: &str) -> bool {
    is_type_keyword(word)
        || is_specifier(word)
        || begins_no_declaration(word)
        || is_type_key(word)
        || matches!(
            word,
            "alignof"
                | "sizeof"
                | "requires"
                | "defined"
                | "namespace"
                | "using"
                | "typedef"
                | "template"
                | "typename"
                | "operator"
                | "concept"
                | "static_assert"
                | "_Static_assert"
                | "co_await"
        )
}

/// Says whether a word begins the definition of a type.
pub(super) fn is_type_key(word: &str) -> bool {
    matches!(word, "struct" | "class" | "union" | "enum")
}

/// Says whether a word is a type of the language.
pub(super) fn is_type_keyword(word: &str) -> bool {
    matches!(
        word,
        "void"
            | "char"
            | "short"
            | "int"
            | "long"
            | "float"
            | "double"
            | "signed"
            | "unsigned"
            | "bool"
            | "_Bool"
            | "auto"
            | "wchar_t"
            | "char8_t"
            | "char16_t"
            | "char32_t"
            | "_Complex"
            | "__int128"
            | "decltype"
            | "typeof"
    )
}

/// Says whether a word may stand before a declaration's type without being one.
pub(super) fn is_specifier(word: &str) -> bool {
    matches!(
        word,
        "static"
            | "extern"
            | "inline"
            | "__inline"
            | "__inline__"
            | "__forceinline"
            | "virtual"
            | "explicit"
            | "constexpr"
            | "consteval"
            | "constinit"
            | "friend"
            | "register"
            | "thread_local"
            | "_Thread_local"
            | "__thread"
            | "_Noreturn"
            | "noreturn"
            | "mutable"
            | "const"
            | "volatile"
            | "__const"
            | "__volatile__"
            | "restrict"
            | "__restrict"
            | "__restrict__"
            | "export"
            | "__extension__"
            | "typedef"
    )
}

/// Says whether a word may stand between the parameters of a function and its body or end.
pub(super) fn is_trailing(word: &str) -> bool {
    is_trailing_keyword(word) || is_macro_like(word) || word.starts_with("__")
}

/// Says whether a keyword may stand there.
pub(super) fn is_trailing_keyword(word: &str) -> bool {
    matches!(
        word,
        "const"
            | "volatile"
            | "override"
            | "final"
            | "noexcept"
            | "try"
            | "restrict"
            | "sealed"
            | "abstract"
            | "requires"
            | "mutable"
    )
}

/// Says whether a word begins a statement that belongs into a function.
pub(super) fn begins_no_declaration(word: &str) -> bool {
    matches!(
        word,
        "if" | "else"
            | "for"
            | "while"
            | "do"
            | "switch"
            | "case"
            | "default"
            | "return"
            | "break"
            | "continue"
            | "goto"
            | "delete"
            | "new"
            | "throw"
            | "catch"
            | "co_return"
            | "co_yield"
            | "this"
    )
}

/// Says whether a word is written like a macro: capitals, no small letter.
pub(super) fn is_macro_like(word: &str) -> bool {
    word.len() > 1
        && word.bytes().any(|byte| byte.is_ascii_uppercase())
        && !word.bytes().any(|byte| byte.is_ascii_lowercase())
}
