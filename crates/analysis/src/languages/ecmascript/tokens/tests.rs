//! The bound on depth, told from tokens.

use super::{Effort, Refusal, Syntax, effort};

const MOST: Effort = Effort {
    depth: 5_000,
    work: 1_000_000,
};

const SCRIPT: Syntax = Syntax {
    types: false,
    jsx: true,
    module: false,
};

const TYPES: Syntax = Syntax {
    types: true,
    jsx: false,
    module: false,
};

const BOTH: Syntax = Syntax {
    types: true,
    jsx: true,
    module: false,
};

fn check_depth(syntax: Syntax, text: &str, at_least: usize, at_most: usize) {
    let depth = effort(text, syntax, MOST).map(|effort| effort.depth);
    let beginning: String = text.chars().take(60).collect();
    assert!(
        depth.is_ok_and(|depth| (at_least..=at_most).contains(&depth)),
        "{depth:?} for {beginning:?}"
    );
}

#[test]
fn ordinary_text_is_shallow() {
    for text in [
        "",
        "a = b.c(d, e)[f] ? g : h;\n",
        "const a = [1, 2, 3], b = { c: d, e: 'f' }\n",
        "if (a) { b } else if (c) { d } else { e }\n",
        "a\nb\nfunction c() {}\n(d)\n",
        "x = `a ${b} c ${d}`\n",
        "for (const a of b) c\n",
        "f(/[(]/, a / b / c, '(((', \"[[[\", `{{{`)\n",
        "// (((((((((((\n/* [[[[[[[[[ */\n",
        "case_ = a\n? b\n: c\nwhile (d) e\n",
    ] {
        check_depth(SCRIPT, &text.repeat(2_000), 0, 40);
        check_depth(TYPES, &text.repeat(2_000), 0, 40);
    }
    let jsx = "x = <a b='c' {...d} e={f}>it's {g} <h.i/> </a>\n";
    check_depth(SCRIPT, &jsx.repeat(2_000), 1, 40);
    check_depth(BOTH, &jsx.repeat(2_000), 1, 40);
    let types = "export type A<B extends C> = B extends { d: infer E } ? E[] : Map<F, G<H>>\n";
    check_depth(TYPES, &types.repeat(2_000), 1, 40);
    check_depth(BOTH, &types.repeat(2_000), 1, 40);
}

#[test]
fn lists_and_chains_count_what_they_are() {
    check_depth(SCRIPT, &format!("x = [{}]", "-1, ".repeat(3_000)), 1, 20);
    check_depth(
        SCRIPT,
        &format!("x = 0{}", " + a".repeat(3_000)),
        3_000,
        3_020,
    );
    check_depth(
        SCRIPT,
        &format!("x = a{}", ".b".repeat(3_000)),
        3_000,
        3_020,
    );
}

/// A comma ends an expression, but not the statements around it.
#[test]
fn statements_count_beyond_commas() {
    let level = format!("{}a, function () {{", "if (a) ".repeat(100));
    let text = format!("{}{}", level.repeat(20), "}".repeat(20));
    check_depth(SCRIPT, &text, 2_000, 5_000);
}

#[test]
fn what_can_be_read_in_two_ways_is_read_in_both() {
    let nested = format!("{}{}", "[".repeat(300), "]".repeat(300));
    for (before, after) in [
        ("a = b\n/c", "/d"),
        ("} /", "/g"),
        ("if (a) /'/.b(", ")"),
        ("a++ / b; /'/; c(", ")"),
    ] {
        let text = format!("{{ {before}{nested}{after} }}").replace("{ }", "{ {}");
        let found = effort(&text, SCRIPT, MOST);
        match found {
            Ok(found) => assert!(found.depth >= 300, "{text} {found:?}"),
            // The regular expression hides the brackets by every reading that goes on.
            Err(refusal) => assert!(matches!(refusal, Refusal::BreaksOff(_)), "{text}"),
        }
    }
}

#[test]
fn what_no_parser_reads_breaks_off() {
    for text in [
        "(]",
        "'a\nb'",
        "`a",
        "/* a",
        "a = <b></c",
        "\\q",
        "}",
        "a\u{1}",
    ] {
        let found = effort(text, SCRIPT, MOST);
        assert!(
            matches!(found, Err(Refusal::BreaksOff(_))),
            "{text} {found:?}"
        );
    }
}

#[test]
fn repeated_reading_is_work() {
    let work = |text: &str| effort(text, TYPES, MOST).map(|effort| effort.work);
    let nested = |count: usize| {
        let text = format!(
            "type T = {}x{}",
            "({a = 1 as ".repeat(count),
            "}) => void".repeat(count)
        );
        work(&text).expect("within bounds")
    };
    assert!(nested(8) > 16 * nested(4));
    let plain = work(&"f({ a: 1 });\n".repeat(1_000)).expect("within bounds");
    assert!(plain < 20_000, "{plain}");
    let list = |count: usize| work(&format!("f({}0)", "a<b,".repeat(count)));
    assert!(list(600).expect("within bounds") > 500_000);
    assert_eq!(list(6_000), Err(Refusal::TooMuch));
}
