//! Texts on which `tokei`'s own counter fails or takes quadratic time: ours takes linear time and says something sensible.

use std::time::{Duration, Instant};

use super::super::{count, measure, whole_file};

/// Far more than any of these takes in a build without optimisation, far less than a quadratic one would take.
const LONG: Duration = Duration::from_secs(15);

const LANGUAGES: &[&str] = &[
    "Python",
    "Rust",
    "Markdown",
    "HTML",
    "Vue",
    "JavaScript",
    "Plain Text",
    "JSON",
    "C++",
    "Raku",
    "Forth",
    "Lingua Franca",
    "FORTRAN Legacy",
    "Jupyter Notebooks",
];

const PIECES: &[&[u8]] = &[
    b"x",
    b" ",
    b"\"",
    b"'",
    b"\\",
    b"/*",
    b"/* x",
    b"/",
    b"///",
    b"//!",
    b"`",
    b"``` ",
    b"```x",
    b"```rust ",
    b"```rust ``` ",
    b"<script",
    b"<script>",
    b"<script>a</script>",
    b"<style lang=\"rust\">a</style>",
    b"<template \0",
    b"<script type=\"",
    b"{=",
    b"{= =}",
    b"target ",
    b"( ",
    b"{-",
    b"x \"\" ",
    b"[",
    b"\xe3\x80\x80",
    b"{\"a\":",
    b"=begin ",
    b"\"\"\"",
    b"\n",
    b"x\n",
    b"\"\"\n",
    b"<script>\n",
    b"<style>\nx",
    b"<template a=\"\n>",
    b"```x\n",
    b"```rust\nx",
    b"/// a\n",
    b"/// ```rust\n",
    b"///\n\n",
    b"\"\"\n\n",
    b"/*\n",
    b"//! a\n/// b\n",
    b"{=\n",
    b"x ( \n",
    b"/* \" */\n\n\n",
    b"<script\xff",
    b"```x\xff",
    b"```\xe3\x80",
    b"<style lang=\"\xff\">",
    b"\r\n",
];

fn check(language: &str, text: &[u8]) -> u32 {
    let started = Instant::now();
    let lines = count(language, text);
    let took = started.elapsed();
    let beginning = String::from_utf8_lossy(&text[..text.len().min(40)]);
    assert!(took < LONG, "{language} {beginning:?}: {took:?}");
    whole_file(&lines).total()
}

fn repeated(piece: &str, bytes: usize) -> Vec<u8> {
    piece.repeat(bytes / piece.len()).into_bytes()
}

#[test]
fn runs_of_anything_are_counted_in_linear_time() {
    for language in LANGUAGES {
        for piece in PIECES {
            check(language, &piece.repeat(16_384 / piece.len()));
        }
    }
}

#[test]
fn long_lines_take_linear_time() {
    // What is searched for with vectors shows its cost only when it is long.
    for (language, piece) in [
        ("Markdown", "```rust ``` "),
        ("HTML", "<script>a</script>"),
        ("HTML", "<script\u{0}"),
        ("Lingua Franca", "{= =}"),
        ("Python", "\"\" "),
    ] {
        check(language, &repeated(piece, 2 << 20));
    }
}

#[test]
fn many_lines_take_linear_time() {
    for (language, piece) in [
        ("HTML", "<script>\n"),
        ("Vue", "<template lang=\"\n\">"),
        ("Markdown", "```x\n"),
        ("Rust", "///\n\n"),
        ("Rust", "\"\"\n\n"),
    ] {
        check(language, &repeated(piece, 2 << 20));
    }
}

#[test]
fn code_before_long_white_space_is_counted_once() {
    let mut text = repeated("\"x\" ", 1 << 18);
    text.extend(repeated(" ", 1 << 18));
    text.extend(b"\n");
    assert_eq!(check("Rust", &text), 1);
}

#[test]
fn texts_that_lie_deeply_inside_each_other_are_counted_to_some_depth() {
    let text = repeated("{=x", 300_000);
    let counted = measure("Lingua Franca", &text);
    assert!(counted.problem.is_some());
    // An empty block with Windows line ends, at which `tokei` fails.
    assert_eq!(check("Lingua Franca", b"{=\r\n   =}"), 1);
    let mut notebook = "x".to_owned();
    for _ in 0..20 {
        let style = format!("<style lang=\"jupyter notebooks\">\n{notebook}\n</style>\n")
            .replace('\\', "\\u005c")
            .replace('<', "\\u003c")
            .replace('"', "\\u0022")
            .replace('\n', "\\n");
        notebook = format!(
            r#"{{"cells":[{{"cell_type":"code","source":["{style}"]}}],"metadata":{{"kernelspec":{{"language":"html"}},"language_info":{{}}}}}}"#
        );
    }
    let counted = measure("Jupyter Notebooks", notebook.as_bytes());
    assert!(counted.problem.is_some());
}
