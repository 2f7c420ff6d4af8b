//! Includes, conditions and macros, comments, and text that is not as it should be.

use synthesizer_model::code::ImportForm;

use super::{check_symbols, read, symbols};

/// The includes as `form target conditional guarded line`.
fn check_imports(text: &str, expected: &[&str]) {
    let facts = read("C Header", text);
    let told: Vec<String> = facts
        .imports
        .iter()
        .map(|import| {
            let form = match import.form {
                ImportForm::Include => "quoted",
                ImportForm::SystemInclude => "angled",
                ImportForm::Computed => "computed",
                ImportForm::Resource => "resource",
                other => panic!("{other:?}"),
            };
            if form != "computed" {
                assert_eq!(import.range.of(text), Some(import.target.as_str()));
            }
            let mut words = vec![form.to_owned(), import.target.clone()];
            words.extend(
                import
                    .circumstances
                    .conditional
                    .then(|| "conditional".to_owned()),
            );
            words.extend(import.circumstances.guarded.then(|| "guarded".to_owned()));
            words.push(import.line.to_string());
            words.join(" ")
        })
        .collect();
    assert_eq!(told, expected, "{text}");
}

#[test]
fn includes_know_their_conditions() {
    check_imports(
        "/* License */
#ifndef A_H
#define A_H
#include \"always.h\"
#if 0
#include \"never.h\"
#else
#include \"surely.h\"
#endif
#ifdef X
#  include <x.h>
#elif defined(Y)
#  include <y.h>
#else
#  include <z.h>
#endif
#if __has_include(<optional>)
#include <optional>
#endif
#define CONFIG \"config.h\"
#include CONFIG
#include FT_H
#embed \"data.bin\" limit(3)
/* #include \"comment.h\" */
#endif
",
        &[
            "quoted always.h 4",
            "quoted surely.h 8",
            "angled x.h conditional 11",
            "angled y.h conditional 13",
            "angled z.h conditional 15",
            "computed __has_include(<optional>) guarded 17",
            "angled optional conditional guarded 18",
            "quoted config.h 21",
            "computed FT_H 22",
            "resource data.bin 23",
        ],
    );
    check_imports(
        "int x;\n#ifndef A\n#define A\n#include <a>\n#endif\n",
        &["angled a conditional 4"],
    );
    check_imports(
        "#if !defined(A)\n#define A\n#include <a>\n#endif\n",
        &["angled a 3"],
    );
    check_imports(
        "#pragma once\n#ifdef A\n#endif\n#include <a>\n",
        &["angled a 4"],
    );
}

#[test]
fn branches_that_open_a_brace_each_open_one() {
    check_symbols(
        "C",
        "#ifdef A
int f(int a) {
#else
int f(long a) {
#endif
    if (a) {
#if X
    } else if (b) {
#endif
    }
}
int g(void) {
#ifndef A
    return 1; }
#else
    return 2; }
#endif
#if 0
don't { { read this
#endif
static int
#ifdef B
h(int a)
#else
h(long a)
#endif
{ }
",
        &[
            "function f public 3",
            "function f public 1",
            "function g public 1",
            "function h 1",
        ],
    );
}

#[test]
fn a_macro_that_hides_a_brace_costs_one_function() {
    check_symbols(
        "C",
        "int a(void)\n{\n  LOOP_BEGIN {\n  LOOP_END\n}\n\nint b(void)\n{\n}\n\nint c(void)\n{\n}\n",
        &[
            "function a public 1",
            "function b public 1",
            "function c public 1",
        ],
    );
}

#[test]
fn macros_with_a_body_are_definitions() {
    check_symbols(
        "C Header",
        "#ifndef G_H\n#define G_H\n#define EMPTY\n/* Doc. */\n#define ONE 1\n#define TWO 2 /**< Doc. */\n#define CALL(x) (x)\n#endif\n",
        &[
            "constant ONE public documented",
            "constant TWO public documented",
            "function CALL public",
        ],
    );
}

#[test]
fn comments_document_what_they_stand_above() {
    check_symbols(
        "C Header",
        "// Copyright X\nint license(void);\n// Doc.\nint above(void);\n// Far.\n\nint far(void);\n/* ---- */\nint ruled(void);
// clang-format off\nint order(void);\nint before(void); // no\nint after(void); //!< Doc.\nstruct s { int x; }; /**< Doc. */\n/** Same. */ int same(void);\n",
        &[
            "function license public",
            "function above public documented",
            "function far public",
            "function ruled public",
            "function order public",
            "function before public",
            "function after public documented",
            "type s public documented",
            "function same public documented",
        ],
    );
}

#[test]
fn the_file_is_documented_by_its_own_comment() {
    let check = |text: &str, expected: Option<&str>| {
        assert_eq!(read("C", text).documentation.as_deref(), expected, "{text}");
    };
    check(
        "/* hash.c -- tables.\n *\n * Copyright X. */\nint x;\n",
        Some("hash.c -- tables."),
    );
    check(
        "/* Copyright X.\n *\n * All rights reserved. */\n\n/* Tables. */\n\nint x;\n",
        Some("Tables."),
    );
    check(
        "// Copyright X\n\n/**\n * @file a.c\n * @brief Tables.\n */\n#include <a>\n",
        Some("Tables."),
    );
    check("// Copyright X\n\n// About x.\nint x;\n", None);
    check("int x;\n// Later.\n", None);
}

#[test]
fn only_what_no_compiler_accepts_is_an_error() {
    let errors = |text: &str| read("C++", text).syntax_errors;
    assert_eq!(errors("FOO BAR(( ) baz ] ; } int"), []);
    assert_eq!(errors("int f() { }}}"), []);
    assert_eq!(
        errors("int x;\n/* open"),
        [(2, "the comment that begins here is not closed".to_owned())]
    );
    assert_eq!(
        errors("auto x = R\"a(b)\";"),
        [(
            1,
            "the raw string that begins here is not closed".to_owned()
        )]
    );
    assert_eq!(
        errors("#if A\nint x;\n"),
        [(3, "an `#if` is not closed".to_owned())]
    );
    assert_eq!(
        errors("int x;\nint f() { if (a) {\n"),
        [(2, "a brace that opens here is not closed".to_owned())]
    );
}

#[test]
fn literals_hide_what_is_in_them() {
    check_symbols(
        "C++",
        "const char *a = R\"x(}; // \" )\" )x\";\nint b = '\"' + '\\'' + 1'000'000;\nauto c = u8\"//\" L\"{\" \"\\\"\";\n#error don't\nint d = 1;\n#define Q '\"' // x\nint e;\n\u{feff}",
        &[
            "constant a public",
            "constant b public",
            "constant c public",
            "constant d public",
            "constant Q",
            "constant e public",
        ],
    );
}

#[test]
fn hostile_texts_are_bounded() {
    for text in [
        "(".repeat(20_000),
        "{".repeat(20_000),
        "namespace a {".repeat(5_000),
        "class A { ".repeat(5_000),
        "#if A\n".repeat(10_000),
        "#if A\nx\n#else\ny {\n#endif\n".repeat(2_000),
        format!(
            "{}#if A\n{}",
            "namespace a { ".repeat(100),
            "x y z (\n#elif B\n".repeat(5_000)
        ),
        format!("int x = {}1;", "<".repeat(20_000)),
        format!("{}x;", "a<".repeat(20_000)),
        "a<b<c ;".repeat(5_000),
        format!("template <{} class A {{}};", "<".repeat(20_000)),
        "int f(int a);".repeat(5_000),
        "f(a) int b;".repeat(5_000),
        format!("int {}(void);", "a".repeat(1_000_000)),
        format!("namespace {} {{ int x; }}", "a::".repeat(10_000)),
        format!("/*{}*/{}", "x".repeat(1_000_000), "int a;".repeat(2_000)),
        "// x\n".repeat(20_000),
        "\"".repeat(20_000),
        "R\"(".repeat(10_000),
        "\\\n".repeat(20_000),
        "#define A(\\\n".repeat(5_000),
        "#if __has_include(<".repeat(5_000),
        "/*".repeat(20_000),
        "\0".repeat(20_000),
        "é\u{202e}\u{1f600}".repeat(5_000),
        format!("import {};", "a.".repeat(20_000)),
        "operator".repeat(5_000),
        "operator ".repeat(5_000),
        "using x = y;".repeat(5_000),
    ] {
        for language in ["C Header", "C++"] {
            let facts = read(language, &text);
            assert!(facts.syntax_errors.len() <= 3);
            assert!(facts.symbols.iter().all(|symbol| symbol.name.len() <= 700));
        }
    }
    let refused = read("C", &" ".repeat((16 << 20) + 1));
    assert_eq!(
        refused.syntax_errors,
        [(1, "larger than 16 MiB, not parsed".to_owned())]
    );
    assert_eq!(symbols(&refused), [""; 0]);
}
