//! Odd, broken and hostile text: nothing panics, errors are listed, the rest is still read.

use std::time::{Duration, Instant};

use super::super::{parse, syntax_errors};
use super::shown_uses;

#[test]
fn broken_text_still_gives_facts() {
    let text =
        "import a.b\nprint 'python 2'\ndef f(x:\n  pass\ndef g():\n  a.b.c\nfrom .x import y\n";
    let file = parse(text);
    let lines: Vec<u32> = file.syntax_errors.iter().map(|(line, _)| *line).collect();
    assert!(lines.starts_with(&[2]), "{:?}", file.syntax_errors);
    assert_eq!(file.imports.len(), 2);
    assert_eq!(shown_uses(text, &file.uses), ["a.b.c()"]);
    assert_eq!(syntax_errors(text), file.syntax_errors);
}

#[test]
fn incomplete_imports_are_left_out() {
    for text in [
        "import",
        "import a.",
        "import a..b",
        "from import x",
        "from . import",
        "from a import",
        "import *",
        "from . import (",
        "import a as",
        "from a. import b",
    ] {
        let file = parse(text);
        assert!(!file.syntax_errors.is_empty(), "in {text}");
        for import in &file.imports {
            assert!(import.range.of(text).is_some(), "in {text}");
        }
    }
}

#[test]
fn odd_characters_do_no_harm() {
    for text in [
        "\0",
        "x = 1\0\nimport a",
        "\u{feff}",
        "\u{feff}\u{feff}import a",
        "'\u{1F600}",
        "f'{",
        "f'{a.b",
        "'''",
        "\\",
        "\\\n",
        "  import a\n import b",
        "\t",
        "\r",
        "\u{c}",
        "\u{2028}import a",
        "x = 'a\u{0}b.c'",
        "import a\na.\n",
        "import a\na..b\n",
        "import a\nx: 'a.\u{0}'\n",
        "match x:\n case",
        "lambda",
        "class",
        "@",
        "def f[T",
        "x = `a`",
        "raise E, 'x'",
        "exec 'x' in y",
        "print >>f, x",
        "0777",
        "ur'x'",
        "a <> b",
        "%matplotlib inline",
        "!ls",
        "?x",
        "async async def f(): pass",
    ] {
        parse(text);
    }
}

#[test]
fn a_text_of_errors_lists_a_hundred() {
    let errors = syntax_errors(&"$ $\n".repeat(5_000));
    assert_eq!(errors.len(), 101);
    assert!(errors[100].1.ends_with("more errors"), "{:?}", errors[100]);
}

fn check_deep(name: &str, text: &str) {
    let started = Instant::now();
    let file = parse(text);
    assert!(
        started.elapsed() < Duration::from_secs(60),
        "{name} took {:?}",
        started.elapsed()
    );
    let too_deep = [(1, "nested too deeply, not parsed".to_owned())];
    assert_eq!(file.syntax_errors, too_deep, "{name}");
}

#[test]
fn nesting_without_end_is_refused() {
    let deep = 30_000;
    for (name, text) in [
        (
            "parentheses",
            format!("{}1{}", "(".repeat(deep), ")".repeat(deep)),
        ),
        ("unclosed", "(".repeat(deep)),
        ("lists", format!("{}{}", "[".repeat(deep), "]".repeat(deep))),
        ("dicts", "{1:".repeat(deep)),
        ("sum", format!("a{}", "+a".repeat(deep))),
        ("calls", format!("a{}", ".b()".repeat(deep))),
        ("subscripts", format!("a{}", "[0]".repeat(deep))),
        ("minus", format!("{}1", "-".repeat(deep))),
        ("not", format!("{}1", "not ".repeat(deep))),
        ("await", format!("{}1", "await ".repeat(deep))),
        ("lambda", format!("{}1", "lambda a, b: ".repeat(deep))),
        ("ternary", format!("{}1", "1 if 1 else ".repeat(deep))),
        ("power", format!("1{}", "**1".repeat(deep))),
        ("walrus", "(a:=".repeat(deep)),
        ("f-strings", "f'{".repeat(deep)),
        ("patterns", format!("match x:\n case {}", "[".repeat(deep))),
        ("one-line blocks", format!("{}pass", "if x: ".repeat(deep))),
        ("types", format!("x: {}", "a[".repeat(deep))),
    ] {
        check_deep(name, &text);
    }
}

#[test]
fn deep_nesting_within_bounds_is_read() {
    let deep = 2_400;
    for (name, text) in [
        (
            "parentheses",
            format!("{}1{}", "(".repeat(deep), ")".repeat(deep)),
        ),
        (
            "lists",
            format!("x = {}{}", "[".repeat(deep), "]".repeat(deep)),
        ),
        ("sum", format!("x = a{}", "+a".repeat(5_000))),
        ("calls", format!("a{}", ".b()".repeat(deep))),
        ("subscripts", format!("a{}", "[0]".repeat(deep))),
        ("not", format!("{}1", "not ".repeat(5_000))),
        ("minus", format!("{}1", "-".repeat(5_000))),
        ("lambda", format!("{}1", "lambda: ".repeat(deep))),
        ("ternary", format!("{}1", "1 if 1 else ".repeat(deep))),
        (
            "calls in calls",
            format!("{}{}", "f(".repeat(deep), ")".repeat(deep)),
        ),
        (
            "comprehensions",
            format!("{}1{}", "[".repeat(1_000), " for x in y]".repeat(1_000)),
        ),
        (
            "blocks",
            (0..1_000)
                .map(|width| format!("{}if x:\n", " ".repeat(width)))
                .chain([format!("{}pass", " ".repeat(1_000))])
                .collect(),
        ),
        (
            "functions",
            (0..1_000)
                .map(|width| format!("{}def f(x):\n", " ".repeat(width)))
                .chain([format!("{}pass", " ".repeat(1_000))])
                .collect(),
        ),
        (
            "tries",
            (0..1_000)
                .map(|width| format!("{}try:\n", " ".repeat(width)))
                .collect(),
        ),
        (
            "elif",
            format!("if x: pass\n{}", "elif x: pass\n".repeat(3_000)),
        ),
        ("bool", format!("x{}", " and x".repeat(5_000))),
        ("strings", "'a' ".repeat(20_000)),
    ] {
        let file = parse(&format!("import a.b\n{text}\n"));
        assert_eq!(
            file.imports.len(),
            1,
            "{name}: {:?}",
            file.syntax_errors.first()
        );
    }
}

/// The recovery from errors must not build a deeper tree than the estimate allows.
#[test]
fn deep_nesting_by_error_recovery_is_read_or_refused() {
    let deep = 3_000;
    for text in [
        "((((]]]]".repeat(deep),
        "([)]".repeat(deep),
        "if x: 1; ".repeat(deep),
        "class A: def f(): ".repeat(deep),
        "lambda lambda ".repeat(deep),
        "f'{f\"{".repeat(deep),
        "(\n".repeat(deep),
        "[x for x in ".repeat(deep),
        "(x for".repeat(deep),
        "try: ".repeat(deep),
        "with (".repeat(deep),
        "match (".repeat(deep),
        "async ".repeat(deep),
        "@".repeat(deep),
        "*".repeat(deep),
        "a if ".repeat(deep),
        "yield ".repeat(deep),
        "yield 1, ".repeat(deep),
        "return lambda, ".repeat(deep),
        "def f[T: ".repeat(deep),
        "f'{x:".repeat(deep),
        "case ".repeat(deep),
        (0..1_000)
            .map(|width| format!("{}(if x, y:\n", " ".repeat(width)))
            .collect(),
    ] {
        parse(&text);
    }
}

#[test]
fn large_text_takes_linear_time() {
    let repeated = |line: &str, size: usize| line.repeat(size / line.len());
    for text in [
        format!("x = [{}]", repeated("'a/b', ", 1 << 18)),
        format!("import a.b\n{}", repeated("a.b.c(1)\n", 1 << 18)),
        repeated("import a.b\n", 1 << 18),
        repeated("x = 1;", 1 << 18),
        repeated("from . import (a)\n", 1 << 18),
        format!("x = '{}'", "a".repeat(1 << 20)),
        repeated("x1 = f'{a.b}'\n", 1 << 18),
        format!(
            "import a.b\n{}",
            repeated("def f(x: 'a.b'): pass\n", 1 << 18)
        ),
    ] {
        let started = Instant::now();
        let file = parse(&text);
        assert_eq!(file.syntax_errors, []);
        assert!(
            started.elapsed() < Duration::from_secs(30),
            "{:?}",
            started.elapsed()
        );
    }
}
