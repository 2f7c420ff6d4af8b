//! Text that is broken, deep, long or odd: nothing is lost that can be read, and nothing takes long.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::{read, shown_symbol};

#[test]
fn errors_are_told_by_line_and_the_rest_is_read() {
    let check = |text: &str, errors: &[(u32, &str)], symbols: &[&str]| {
        let facts = read(text);
        let told: Vec<(u32, &str)> = facts
            .syntax_errors
            .iter()
            .map(|(line, what)| (*line, what.as_str()))
            .collect();
        let shown: Vec<String> = facts.symbols.iter().map(shown_symbol).collect();
        assert_eq!(
            (
                told.as_slice(),
                shown
                    .iter()
                    .map(String::as_str)
                    .collect::<Vec<_>>()
                    .as_slice()
            ),
            (errors, symbols),
            "in {text:?}"
        );
    };
    check(
        "fn a() {}\n}\nfn b() {}",
        &[(2, "unexpected `}`")],
        &["fn a 1", "fn b 1"],
    );
    check(
        "fn a() { ( }\nfn b() {}",
        &[(1, "`(` is never closed")],
        &["fn a 1", "fn b 1"],
    );
    check(
        "fn a() {}\nwhat is this;\nfn b() {}",
        &[(2, "unexpected `what`")],
        &["fn a 1", "fn b 1"],
    );
    check(
        "fn a() { \"",
        &[
            (1, "a string that does not end"),
            (1, "`{` is never closed"),
        ],
        &["fn a 1"],
    );
    check("/* /* */", &[(1, "a comment that does not end")], &[]);
    check("fn (", &[(1, "`(` is never closed")], &[]);
}

#[test]
fn literals_hide_what_is_in_them() {
    for text in [
        "fn f() { \"}\\\"}\"; r#\"}\"}\"#; b\"}\"; br##\"}\"#}\"##; c\"}\"; '}'; b'}'; '\\''; b'\\''; '\\u{7d}'; }",
        "fn f<'a>(x: &'a str) -> &'a str { 'l: loop { break 'l; } }",
        "fn f() { 1..2; 1.5e-3; 1e+3; 0xE+1; 1.max(2); x.0.1; }",
        "fn f() { /* } /* } */ } */ } // }",
        "#!/usr/bin/env run\nfn f() {}",
        "\u{feff}fn f() {}",
        "fn f() { let größe = 'ß'; '\u{1f600}'; }",
        "fn f() { a << b >> c; a >>= 1; if a < b && c > d {} }",
    ] {
        let facts = read(text);
        assert_eq!(facts.syntax_errors, [], "in {text:?}");
        let names: Vec<&str> = facts
            .symbols
            .iter()
            .map(|symbol| symbol.name.as_str())
            .collect();
        assert_eq!(names, ["f"], "in {text:?}");
    }
}

#[test]
fn hostile_texts_are_read_in_linear_time() {
    const COUNT: usize = 30_000;
    let texts = [
        "(".repeat(COUNT),
        "{[(".repeat(COUNT),
        "}".repeat(COUNT),
        "([)".repeat(COUNT),
        format!("{}{}", "mod m {".repeat(COUNT), "}".repeat(COUNT)),
        format!("impl A {{ {} }}", "impl A {".repeat(COUNT)),
        format!("use {}x", "a::{".repeat(COUNT)),
        format!("use {}", "{".repeat(COUNT)),
        format!("use {}a;", "a::".repeat(COUNT)),
        format!("use a::{{{}}};", "self, ".repeat(COUNT)),
        format!("fn f() {{ {} }}", "a::b; ".repeat(COUNT)),
        format!("fn f() {{ {}x }}", "#[cfg(a)] ".repeat(COUNT)),
        format!("fn f() {{ {}x }}", "#[cfg(a)] {".repeat(COUNT)),
        format!("fn f() {{ {} }}", "a::".repeat(COUNT)),
        "#[cfg(a)]".repeat(COUNT),
        "#[path = \"x\"] ".repeat(COUNT),
        "#![cfg(a)]".repeat(COUNT),
        "m! {".repeat(COUNT),
        "cfg_if! {".repeat(COUNT),
        "cfg_if! { mod a { ".repeat(COUNT),
        "fn f(".repeat(COUNT),
        "impl<".repeat(COUNT),
        "pub ".repeat(COUNT),
        "unsafe ".repeat(COUNT),
        "'".repeat(COUNT),
        "r#".repeat(COUNT),
        "b'".repeat(COUNT),
        "/*".repeat(COUNT),
        "\0".repeat(COUNT),
        "é\u{202e}\u{2028}".repeat(COUNT),
        "fn f() {} ".repeat(COUNT),
        "$crate::".repeat(COUNT),
        "x".repeat(COUNT * 10),
        "x ".repeat(COUNT),
        "x::".repeat(COUNT),
        "x! ".repeat(COUNT),
        "< ".repeat(COUNT),
        "macro_rules! ".repeat(COUNT),
        "extern \"C\" ".repeat(COUNT),
    ];
    for text in &texts {
        let begun = Instant::now();
        let facts = read(text);
        let taken = begun.elapsed();
        let shown: String = text.chars().take(30).collect();
        // A text of quadratic cost would take much longer.
        assert!(taken < Duration::from_secs(3), "{taken:?} for {shown:?}");
        assert!(facts.syntax_errors.len() <= 100);
    }
}

#[test]
fn every_cut_of_a_text_is_read() {
    let text = "//! D\n#![cfg(a)]\nuse a::{b as c, d::*};\n#[path = \"x\"] mod m;\nimpl<T: F<{ 1 }>> A for B<T> { fn f() -> u8 { 'x'; r#\"s\"#; b'\\n'; a::b!(\"é\") } }\ncfg_x! { if #[cfg(u)] { mod y; } }\ninclude_str!(\"z\");";
    for (cut, _) in text.char_indices() {
        read(&text[..cut]);
        read(&text[cut..]);
    }
}

#[test]
fn a_huge_text_is_refused_unread() {
    let facts = read(&" ".repeat((16 << 20) + 1));
    assert_eq!(
        facts.syntax_errors,
        [(1, "larger than 16 MiB, not parsed".to_owned())]
    );
}

/// Reads a text and checks what must hold whatever it is.
fn read_any(text: &str) {
    let facts = read(text);
    let lines = u32::try_from(text.matches('\n').count() + 1).unwrap();
    for symbol in &facts.symbols {
        assert!(symbol.range.of(text).is_some(), "{symbol:?} of {text:?}");
        assert!(symbol.lines.0 >= 1 && symbol.lines.0 <= symbol.lines.1 && symbol.lines.1 <= lines);
    }
    for import in &facts.imports {
        assert!(import.range.of(text).is_some(), "{import:?} of {text:?}");
        assert!(import.line >= 1 && import.line <= lines);
        assert!(!import.target.is_empty());
    }
    assert!(facts.imports.is_sorted_by_key(|import| import.range.start));
}

proptest! {
    #[test]
    fn any_text_ends_well(text in ".{0,200}") {
        read_any(&text);
    }

    #[test]
    fn any_words_end_well(
        text in "((use|mod|fn|pub|impl|for|trait|struct|enum|const|static|extern|crate|macro_rules|cfg_if|include_str|if|match|else|a|b|self|super|as|where|unsafe|é|::|->|=>|==|&&|\\|\\||[#!$<>*?;,.=(){}'\"]|\\[|\\]|r#\"|/\\*|//|///|#\\[cfg\\(a\\)\\]|#\\[path = \"x\"\\])[ \n]?){0,60}",
    ) {
        read_any(&text);
    }
}
