//! Whether a header is C or C++: both languages call theirs `.h`. Looks at the tokens alone.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::{
    conditionals::Conditionals,
    directives::{self, Directive, Included},
    include_paths::is_cplusplus_header_name,
    state::State,
    tokens::{Kind, Lexer, Token},
};

/// How the text of a file is to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialect {
    /// Whether it is C++.
    pub(super) is_cplusplus: bool,
    /// Whether C reads it too.
    pub(super) is_shared: bool,
    /// Whether other files include it.
    pub(super) is_header: bool,
    /// Whether it is a module of C++20.
    pub(super) is_module: bool,
}

impl Dialect {
    /// Says whether `__cplusplus` is defined; `None` where both may be.
    pub(super) const fn defines_cplusplus(self) -> Option<bool> {
        if self.is_shared {
            None
        } else {
            Some(self.is_cplusplus)
        }
    }
}

/// What C++ has and C has not, as text; a header without any of it is C.
static MARKS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    AhoCorasick::new([
        "namespace",
        "template",
        "class",
        "public",
        "private",
        "protected",
        "::",
        "using",
        "virtual",
        "typename",
        "operator",
        "static_cast",
        "noexcept",
        "decltype",
        "nullptr",
        "constexpr",
        "extern \"C\"",
        "#include <c",
        "include <",
    ])
    .ok()
});

/// Finds the dialect of a header that is named like those of C: it is C++ where it has something outside of comments that C does not
/// have, and shared where all of that stands under `#ifdef __cplusplus`.
pub(super) fn of_header(text: &str) -> Dialect {
    let has_marks = MARKS.as_ref().is_none_or(|marks| marks.is_match(text));
    let for_all = has_marks && has_cplusplus(text, Some(false));
    let for_cplusplus =
        for_all || (has_marks && text.contains("__cplusplus") && has_cplusplus(text, Some(true)));
    Dialect {
        is_cplusplus: for_cplusplus,
        is_shared: !for_all,
        is_header: true,
        is_module: false,
    }
}

/// Says whether a text has something of C++, where `__cplusplus` is defined or not.
fn has_cplusplus(text: &str, defined: Option<bool>) -> bool {
    let mut lexer = Lexer::new(text, true);
    let mut conditionals = Conditionals::new(defined);
    let nothing = State::new();
    let mut last = [None, None];
    loop {
        let token = lexer.next();
        match token.kind {
            Kind::End => return false,
            Kind::Directive => match directives::read(token.text(text), token.start as usize) {
                Directive::If(condition) => conditionals.begin(&condition, &nothing),
                Directive::Elif(condition) => drop(conditionals.turn(Some(&condition), &nothing)),
                Directive::Else => drop(conditionals.turn(None, &nothing)),
                Directive::Endif => drop(conditionals.end()),
                Directive::Include(Included::Angled(name, _))
                    if conditionals.is_read() && is_cplusplus_header_name(name) =>
                {
                    return true;
                }
                _ => {}
            },
            _ if conditionals.is_read() => {
                if tells(last, token, text, defined) {
                    return true;
                }
                last = [last[1], Some(token)];
            }
            _ => {}
        }
    }
}

/// Says whether a token behind two others is one that C does not have there.
fn tells(last: [Option<Token>; 2], token: Token, text: &str, defined: Option<bool>) -> bool {
    let [first, before] = last;
    let Some(before) = before else {
        return false;
    };
    let is_word = |token: Token| token.kind == Kind::Word;
    let first_is_word = first.is_some_and(is_word);
    match before.text(text) {
        "namespace" => is_word(token) || token.is(b'{'),
        "template" => token.is(b'<'),
        "public" | "private" | "protected" => token.is(b':'),
        "using" | "typename" | "virtual" => is_word(token) && !first_is_word,
        "static_cast" | "reinterpret_cast" | "const_cast" | "dynamic_cast" => token.is(b'<'),
        "operator" => !is_word(token) && !token.is(b';') && !token.is(b',') && !token.is(b')'),
        "decltype" | "noexcept" => token.is(b'('),
        "::" => is_word(token) && first_is_word,
        // `struct class x;` and members with this name are C.
        _ => {
            first.is_some_and(|first| first.text(text) == "class" && is_word(before))
                && (token.is(b'{') || token.is(b':') || token.is(b';'))
                || (defined == Some(false)
                    && before.kind == Kind::Text
                    && token.is(b'{')
                    && first.is_some_and(|first| first.text(text) == "extern"))
        }
    }
}
