//! Texts that nobody would write: deep, long, broken.

use super::{described, read};

/// What of the kinds of files is read by another grammar.
const SUFFIXES: &[&str] = &["js", "mjs", "cjs", "ts", "tsx", "d.ts"];

/// Reads a text by every grammar; it must come back.
fn survive(text: &str) {
    for suffix in SUFFIXES {
        let facts = read(suffix, text);
        assert!(facts.syntax_errors.len() <= 101);
        for symbol in &facts.symbols {
            assert!(symbol.range.of(text).is_some());
        }
    }
}

fn refused(suffix: &str, text: &str, expected: &str) {
    let facts = read(suffix, text);
    let message = facts
        .syntax_errors
        .first()
        .map(|(_, message)| message.as_str());
    let beginning: String = text.chars().take(60).collect();
    assert_eq!(message, Some(expected), "{beginning}");
}

const TOO_DEEP: &str = "nested too deeply, not parsed";
const TOO_MUCH: &str = "too ambiguous to be parsed within bounds";

#[test]
fn odd_texts_are_survived() {
    for text in [
        "",
        "\0",
        "\u{feff}",
        "#!",
        "import",
        "import {",
        "export",
        "export default",
        "'",
        "`",
        "`${",
        "/*",
        "/",
        "<",
        "<a",
        "<a>",
        "({a=",
        "\\",
        "\\u{110000}",
        "1_",
        "require(",
        "require(...a)",
        "import('\u{2028}')",
        "exports.a = exports.b = exports.c",
        "module.exports = module.exports = module.exports",
        "class { constructor }",
        "a\u{2028}/b/",
        "<?xml version=\"1.0\"?><TS></TS>",
        "{% if x %}\nimport a from 'b'\n{% endif %}",
        "\u{fffd}\u{fffd}",
    ] {
        survive(text);
    }
}

#[test]
fn deep_texts_are_refused() {
    let deep = 20_000;
    for text in [
        "(".repeat(deep),
        "[".repeat(deep),
        format!("{}{}", "(".repeat(deep), ")".repeat(deep)),
        format!("{}0{}", "[".repeat(deep), "]".repeat(deep)),
        format!("x = {}0{}", "{a:".repeat(deep), "}".repeat(deep)),
        format!("{}0", "!".repeat(deep)),
        format!("{}0", "a ? b : ".repeat(deep)),
        format!("{}0", "a = ".repeat(deep)),
        format!("{}0", "a => ".repeat(deep)),
        format!("{}0", "a ** ".repeat(deep)),
        format!("{};", "if (a) ".repeat(deep)),
        format!("{};", "a: ".repeat(deep).replacen("a", "b", 1)),
        format!("if (a) b; {}", "else if (a) b; ".repeat(deep)),
        format!("x = {}0{}", "`${".repeat(deep), "}`".repeat(deep)),
        format!("{}{}", "function f() {".repeat(deep), "}".repeat(deep)),
        format!("x = 0{}", " + a".repeat(deep)),
    ] {
        refused("js", &text, TOO_DEEP);
    }
    for text in [
        format!("x = {}{}", "<a>".repeat(deep), "</a>".repeat(deep)),
        format!("x = {}0{}", "<a b={".repeat(deep), "}/>".repeat(deep)),
    ] {
        refused("js", &text, TOO_DEEP);
        refused("tsx", &text, TOO_DEEP);
    }
    for text in [
        format!("type A = {}0", "a extends b ? c : ".repeat(deep)),
        format!("type A = {}a", "keyof ".repeat(deep)),
        format!("type A = {}a{}", "(".repeat(deep), ")".repeat(deep)),
        format!("x = {}a", "<a>".repeat(deep)),
    ] {
        refused("ts", &text, TOO_DEEP);
    }
}

/// Nesting within bounds is read, on whatever stack it takes.
#[test]
fn texts_that_are_not_too_deep_are_read() {
    let deep = 1_500;
    for text in [
        format!("{}{}", "(".repeat(deep), "a".to_owned() + &")".repeat(deep)),
        format!("x = {}0{}", "[".repeat(deep), "]".repeat(deep)),
        format!("x = {}0{}", "{a:".repeat(deep), "}".repeat(deep)),
        format!("{}0", "a ? b : ".repeat(deep)),
        format!("{}0", "!".repeat(deep)),
        format!("{};", "if (a) ".repeat(deep)),
        format!("if (a) b; {}", "else if (a) b; ".repeat(deep)),
        format!("x = {}0{}", "`${".repeat(deep), "}`".repeat(deep)),
        format!("x = {}0{}", "() => {".repeat(deep), "}".repeat(deep)),
        format!("x = a{}", ".b()".repeat(deep)),
        format!("x = {}{}", "<a>".repeat(deep), "</a>".repeat(deep)),
        format!("/*#__PURE__*/ a{}", " + a".repeat(deep)),
    ] {
        let text = format!("{text}\nrequire('./x')");
        let facts = read("js", &text);
        let beginning: String = text.chars().take(60).collect();
        assert_eq!(facts.syntax_errors, [], "{beginning}");
        assert_eq!(facts.imports.len(), 1, "{beginning}");
    }
    let text = format!(
        "type A = {}0\nimport './x'",
        "a extends b ? c : ".repeat(deep)
    );
    assert_eq!(read("ts", &text).imports.len(), 1);
}

/// Quotes and brackets in regular expressions, comments and text must not hide what follows.
#[test]
fn nothing_hides_depth() {
    let deep = "(".repeat(20_000);
    for hidden in [
        "x = a\n/'/; ",
        "{}/'/; ",
        "if (a) /\"/; ",
        "x = <a>it's</a>; ",
        "x = <a>`</a>; ",
        "x = <a>/*</a>; ",
        "return\u{a0}/'/; ",
        "// \u{2028}",
        "a++ /'/ b; '; ",
        "var a\n/'/; ",
        "yield /'/; ",
        "x = \u{3000}/'/; ",
        "<!-- '\n",
        "\n--> '\n",
    ] {
        refused("js", &format!("{hidden}{deep}"), TOO_DEEP);
    }
    for hidden in ["x! /'/; ';", "type A = B\n/'/; ", "x = a as B\n/'/; "] {
        refused("ts", &format!("{hidden}{deep}"), TOO_DEEP);
    }
    for hidden in [
        "x = <T,>(a) => '>'; ",
        "x = <a<B>>it's</a>; ",
        "f<T>('>'); ",
    ] {
        refused("tsx", &format!("{hidden}{deep}"), TOO_DEEP);
    }
}

/// Short texts that a parser without bounds would read for hours.
#[test]
fn repeated_reading_is_bounded() {
    let nested = |open: &str, inner: &str, close: &str, count: usize| {
        format!("{}{inner}{}", open.repeat(count), close.repeat(count))
    };
    for text in [
        format!("type T = {}", nested("({a = 1 as ", "x", "}) => void", 40)),
        format!("type T = {}", nested("([a = 1 as ", "x", "]) => void", 40)),
        format!(
            "type T = X extends {} ? 1 : 2",
            nested("(infer A extends ", "x", " ? 1 : 2)", 40)
        ),
        format!("x = {}", nested("a<({b = ", "c", "}) => void> + 1", 40)),
        format!("f({}0)", "a<b,".repeat(30_000)),
        format!("x = {}0", "a ? (b) : c => ".repeat(3_000)),
    ] {
        refused("ts", &text, TOO_MUCH);
    }
    refused("js", &nested("(a=", "a", ")", 4_500), TOO_MUCH);
    refused("js", &"1_;({});".repeat(30_000), TOO_MUCH);
    let ordinary = "f<A, B>(a < b, c > d); x = (a, b) => a < b ? (c) : d;\n".repeat(2_000);
    assert_eq!(read("ts", &ordinary).syntax_errors, []);
}

#[test]
fn a_huge_text_is_refused_unread() {
    refused(
        "js",
        &" ".repeat((16 << 20) + 1),
        "larger than 16 MiB, not parsed",
    );
}

#[test]
fn a_long_line_is_read() {
    let text = format!(
        "x = '{}'; require('./a'); {}",
        "a".repeat(1_000_000),
        "f(/[']/,{a:1});".repeat(20_000)
    );
    let facts = read("js", &text);
    assert_eq!(facts.syntax_errors, []);
    assert_eq!(facts.imports.len(), 1);
}

#[test]
fn many_definitions_are_bounded() {
    let facts = read("js", &"export let a;".repeat(100_001));
    assert_eq!(facts.symbols.len(), 100_000);
    assert_eq!(facts.syntax_errors.len(), 1);
}

#[test]
fn many_errors_are_bounded() {
    let facts = read("ts", &"class A { x?!: 1; }\n".repeat(500));
    assert!(
        facts.syntax_errors.len() <= 101,
        "{}",
        facts.syntax_errors.len()
    );
}

/// What the parser gives up on still shows its imports.
#[test]
fn broken_texts_show_their_imports() {
    for suffix in ["js", "ts"] {
        let facts = read(
            suffix,
            "import a from './a'\nlet x = ((]\nconst b = require('./b')\nexport { c } from './c'",
        );
        let found: Vec<String> = facts.imports.iter().map(described).collect();
        assert_eq!(
            found,
            ["static ./a {default}", "require ./b", "re-export ./c {c}"],
            "{suffix}"
        );
        assert_eq!(facts.syntax_errors.len(), 1);
        assert_eq!(facts.syntax_errors[0].0, 2);
    }
}

/// Text without an end to anything must not be looked at again and again.
#[test]
fn what_does_not_end_is_looked_at_once() {
    for text in [
        "/* ".repeat(40_000),
        "\\` ".repeat(40_000),
        "` ${ ".repeat(30_000),
        ")/[".repeat(40_000),
        "'\n".repeat(40_000),
        "<a b='".repeat(30_000),
        "import ".repeat(40_000),
        "import {".repeat(30_000),
        "/** import( */".repeat(20_000),
    ] {
        survive(&text);
    }
}
