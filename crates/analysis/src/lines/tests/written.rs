//! Texts whose lines are counted by hand, so that a change of `tokei`'s definitions shows.

use super::{super::count, oracle::tokei_lines};
use crate::lines::rules;

/// `expected` is the language with code, comments and blanks, for each language.
fn check(language: &str, text: &str, expected: &[(&str, u32, u32, u32)]) {
    let lines = count(language, text.as_bytes());
    let told: Vec<_> = lines
        .iter()
        .map(|part| {
            let lines = part.lines;
            (
                part.language.as_str(),
                lines.code,
                lines.comments,
                lines.blanks,
            )
        })
        .collect();
    assert_eq!(told, expected, "{text:?}");
    let known = rules::by_name(language).unwrap();
    assert_eq!(lines, tokei_lines(known, text.as_bytes()), "{text:?}");
}

#[test]
fn lines_are_code_comment_or_blank() {
    check("Python", "", &[("Python", 0, 0, 0)]);
    check("Python", "x", &[("Python", 1, 0, 0)]);
    check("Python", "x\n\n# c\n", &[("Python", 1, 1, 1)]);
    check("Python", "x # c\n", &[("Python", 1, 0, 0)]);
    check("Python", "x = '# c'\n # d\r\n\r\n", &[("Python", 1, 1, 1)]);
    check(
        "C",
        "/* a\n\n b */ int x;\n/* c */\n/* d */ int y;\n",
        &[("C", 1, 4, 0)],
    );
    check("JSON", "{\n\n}\n", &[("JSON", 2, 0, 1)]);
    check("Plain Text", "a\n\nb\n", &[("Plain Text", 0, 2, 1)]);
}

#[test]
fn strings_over_several_lines_are_code() {
    check("Python", "'''a\n\n# b\n'''\n", &[("Python", 4, 0, 0)]);
    check(
        "Python",
        "x = '''\\'''\n# a\n'''\n# b\n",
        &[("Python", 3, 1, 0)],
    );
    check(
        "JavaScript",
        "x = `\n// a\n`\n// b\n",
        &[("JavaScript", 3, 1, 0)],
    );
    check(
        "Rust",
        "let x = r#\"\n// \\\"\nx\\\"#;\n// a\n",
        &[("Rust", 3, 1, 0)],
    );
}

#[test]
fn comments_nest_where_the_language_says_so() {
    check("Rust", "/* /* */\nx */\ny\n", &[("Rust", 1, 2, 0)]);
    check("C", "/* /* */\nx */\ny\n", &[("C", 2, 1, 0)]);
    check("D", "/+ /+ +/\nx +/\ny\n", &[("D", 1, 2, 0)]);
}

#[test]
fn lines_inside_other_languages_count_for_their_own() {
    check(
        "Markdown",
        "# T\n\n```rust\nfn f() {} // x\n// y\n```\ntext\n",
        &[("Markdown", 0, 4, 1), ("Rust", 1, 1, 0)],
    );
    check(
        "Rust",
        "/// a\n///\n/// ```rust\n/// let x;\n/// ```\nfn f() {}\n",
        &[("Rust", 1, 0, 0), ("Markdown", 0, 3, 1), ("Rust", 1, 0, 0)],
    );
    check(
        "HTML",
        "<p>\n<script>\nf();\n// c\n</script>\n",
        &[("HTML", 3, 0, 0), ("JavaScript", 1, 1, 0)],
    );
    check(
        "HTML",
        "<style lang=\"scss\">\na {}\n</style>\n",
        &[("HTML", 2, 0, 0), ("CSS", 1, 0, 0)],
    );
}

#[test]
fn a_line_that_documentation_follows_counts_for_nothing() {
    // So it is in `tokei`, whose search for documentation begins at the end of the line with the string.
    check(
        "Rust",
        "x(\"a\");\n\n/// b\nfn f() {}\n",
        &[("Rust", 1, 0, 0), ("Markdown", 0, 1, 0)],
    );
}

#[test]
fn an_unknown_language_has_no_lines() {
    assert!(count("Klingon", b"x").is_empty());
}

#[test]
fn the_table_of_languages_is_of_the_form_that_the_counter_takes() {
    for language in rules::all() {
        let pairs = [
            language.multi_line_comments(),
            language.nested_comments(),
            language.quotes(),
            language.doc_quotes(),
            language.verbatim_quotes(),
        ];
        let texts = [language.line_comments(), language.important_syntax()];
        let tokens: Vec<&str> = pairs
            .into_iter()
            .flatten()
            .flat_map(|&(start, end)| [start, end])
            .chain(texts.into_iter().flatten().copied())
            .collect();
        assert!(tokens.len() < 200, "{language}: {}", tokens.len());
        for token in tokens {
            assert!(!token.is_empty(), "{language}");
            assert!(!token.contains('\n'), "{language} {token:?}");
            assert!(token.trim_start() == token, "{language} {token:?}");
        }
    }
}
