//! Text that is too dense for a person to have written, and bundles that say so. Reads what is between the words, not the words.

use memchr::memchr_iter;

/// Languages whose files are made small for browsers. HTML is left out: pages hold long lines of data and of menus.
const MINIFIED_LANGUAGES: &[&str] = &["JavaScript", "JSX", "TypeScript", "TSX", "CSS"];
/// Shorter texts are not judged.
const LEAST_BYTES: usize = 512;
/// Lines of people are shorter, in bytes.
const LONG_LINE: usize = 500;
/// Most of a text must be in long lines.
const LONG_SHARE: usize = 60;
/// The white space of a dense line is at most this share, in percent. Prose and written code have 15 to 40.
const BLANK_SHARE: usize = 12;

/// How the output of bundlers begins, after comments and blank lines.
const BUNDLES: &[&[u8]] = &[
    b"/******/",
    b"(function webpackUniversalModuleDefinition(",
    b"(function e(t,n,r){function s(o,u)",
    b"(function(){function r(e,n,t){function o(i,f)",
    b"require=(function e(t,n,r)",
    b"require=(function(){function r(e,n,t)",
    b"parcelRequire=",
    b"parcelRequire = (function",
];

/// Says whether a text of a language is minified or bundled. Linear in the length of the text.
pub(super) fn is_minified(language: &str, text: &[u8]) -> bool {
    if !MINIFIED_LANGUAGES.contains(&language) || text.len() < LEAST_BYTES {
        return false;
    }
    is_dense(text) || is_bundle(text)
}

fn is_dense(text: &[u8]) -> bool {
    let mut long = 0;
    let mut blanks = 0;
    let mut start = 0;
    for end in memchr_iter(b'\n', text).chain([text.len()]) {
        let line = &text[start..end];
        start = end + 1;
        if line.len() >= LONG_LINE {
            long += line.len();
            blanks += line
                .iter()
                .filter(|&&byte| matches!(byte, b' ' | b'\t' | b'\r'))
                .count();
        }
    }
    long >= text.len() / 100 * LONG_SHARE && long > 0 && blanks <= long / 100 * BLANK_SHARE
}

/// Says whether one of the first lines begins as bundles do.
fn is_bundle(text: &[u8]) -> bool {
    let beginning = &text[..text.len().min(4096)];
    beginning
        .split(|&byte| byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty())
        .take(12)
        .any(|line| BUNDLES.iter().any(|bundle| line.starts_with(bundle)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(language: &str, text: &str, expected: bool) {
        assert_eq!(
            is_minified(language, text.as_bytes()),
            expected,
            "{text:.60}"
        );
    }

    #[test]
    fn dense_text_is_minified() {
        let dense = "function a(b,c){return b?c:d(b)};".repeat(40);
        check("JavaScript", &dense, true);
        check(
            "JavaScript",
            &format!("/*! license\n of it */\n{dense}\n//# sourceMappingURL=x.js.map"),
            true,
        );
        check("CSS", &"a{b:c;d:e}".repeat(100), true);
        check("Python", &dense, false);
        check("JavaScript", "function a(){}", false);
        check("JavaScript", &dense.replace("};", "};\n"), false);
    }

    #[test]
    fn long_lines_of_prose_are_written() {
        let prose = "// A long line of words, as some people write them.  ".repeat(30);
        check("JavaScript", &prose, false);
        let one_long = format!(
            "{}const data = \"{}\";\n",
            "let x = 1;\n".repeat(400),
            "x".repeat(900)
        );
        check("JavaScript", &one_long, false);
    }

    #[test]
    fn bundles_are_told_by_how_they_begin() {
        let module = "\n  let x = 1;".repeat(60);
        check(
            "JavaScript",
            &format!("/******/ (() => {{ // webpackBootstrap{module}"),
            true,
        );
        check(
            "JavaScript",
            &format!("(function webpackUniversalModuleDefinition(root, factory) {{{module}"),
            true,
        );
        check(
            "JavaScript",
            &format!("const start = \"/******/\";{module}"),
            false,
        );
    }
}
