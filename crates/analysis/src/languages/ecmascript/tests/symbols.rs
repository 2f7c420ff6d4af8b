//! Symbols: kinds, visibility, documentation, complexity, types.

use synthesizer_model::code::Symbol;

use super::read_well;

/// Writes a symbol in one line: `name kind public documented complexity typed`.
fn described(symbol: &Symbol) -> String {
    let kind = serde_json::to_string(&symbol.kind).expect("a name");
    let mut line = format!("{} {}", symbol.name, kind.trim_matches('"'));
    for (mark, holds) in [("public", symbol.public), ("documented", symbol.documented)] {
        if holds {
            line.push(' ');
            line.push_str(mark);
        }
    }
    if let Some(complexity) = symbol.complexity {
        line.push_str(&format!(" {complexity}"));
    }
    match symbol.typed {
        Some(true) => line.push_str(" typed"),
        Some(false) => line.push_str(" untyped"),
        None => {}
    }
    line
}

fn check(suffix: &str, text: &str, expected: &[&str]) {
    let facts = read_well(suffix, text);
    let found: Vec<String> = facts.symbols.iter().map(described).collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn modules_export_by_statements() {
    check(
        "js",
        "export function a() {} function b() {} const c = () => 0, d = 1; let e; export { b, d as f }; export class G { m() {} }",
        &[
            "a function public 1",
            "b function public 1",
            "c function 1",
            "d constant public",
            "e constant",
            "G class public",
            "G.m method public 1",
        ],
    );
    check(
        "js",
        "export default function () {}",
        &["default function public 1"],
    );
    check("js", "export default class A {}", &["A class public"]);
    check(
        "js",
        "const a = 1; export default a",
        &["a constant public"],
    );
    check(
        "js",
        "export default { a() {} }",
        &["default constant public"],
    );
    check(
        "js",
        "export default () => {}",
        &["default function public 1"],
    );
    check(
        "js",
        "export const { a, b: [c] } = d",
        &["a constant public", "c constant public"],
    );
    check(
        "js",
        "const { a } = require('x'), b = await import('y'), c = require('z').d",
        &[],
    );
}

#[test]
fn modules_export_by_assignment() {
    check(
        "js",
        "module.exports = function a() {}; exports.b = () => {}; module.exports.c = class {}; exports['d'] = 1; exports.e = void 0",
        &[
            "a function public 1",
            "b function public 1",
            "c class public",
            "d constant public",
        ],
    );
    check(
        "js",
        "function a() {} function b() {} function c() {} module.exports = { a, d: b, e() {}, get f() { return 1 }, g: 2 }",
        &[
            "a function public 1",
            "b function public 1",
            "c function 1",
            "e function public 1",
            "f constant public",
            "g constant public",
        ],
    );
    check(
        "js",
        "var app = exports = module.exports = {}; app.a = function () {}; app.b = 1; function C() {} C.prototype.d = function () {}; C.e = () => {}",
        &[
            "app constant public",
            "app.a method public 1",
            "C function 1",
            "C.d method 1",
            "C.e method 1",
        ],
    );
    check(
        "js",
        "exports = module.exports = a; function a() {}",
        &["a function public 1"],
    );
    check(
        "js",
        "const a = exports.a = function () {}",
        &["a function public 1"],
    );
    check(
        "js",
        "module.exports = () => {}",
        &["module.exports function public 1"],
    );
    check(
        "js",
        "exports.a = a; a.b = function () {}",
        &["a.b method public 1"],
    );
}

#[test]
fn forms_that_symbols_do_not_show() {
    for text in [
        "export * from 'a'",
        "module.exports = require('./a')",
        "module.exports = { ...a }",
        "Object.assign(exports, a)",
        "__exportStar(require('./a'), exports)",
        "exports[a] = 1",
        "export default require('./a')",
    ] {
        assert!(read_well("js", text).exports_more, "{text}");
    }
    for text in [
        "export * as b from 'a'",
        "Object.assign(a, b)",
        "a[b] = 1",
        "exports.a = 1",
    ] {
        assert!(!read_well("js", text).exports_more, "{text}");
    }
}

#[test]
fn types_and_namespaces() {
    check(
        "ts",
        "export interface A {} type B = 1; export enum C { D } declare const e: number; export declare function f(): void",
        &[
            "A type public",
            "B type",
            "C type public",
            "e constant",
            "f function public 1 typed",
        ],
    );
    check(
        "ts",
        "export namespace A.B { export const c = 1; const d = 2 } namespace E { export class F {} }",
        &[
            "A module public",
            "A.B module public",
            "A.B.c constant public",
            "A.B.d constant",
            "E module",
            "E.F class",
        ],
    );
    check(
        "ts",
        "declare module 'x' { function f(): void } declare global { interface Window {} }",
        &[
            "x module public",
            "x.f function public 1 typed",
            "global module public",
            "global.Window type public",
        ],
    );
    check(
        "ts",
        "function a() {} export = a",
        &["a function public 1 untyped"],
    );
}

#[test]
fn declarations_export_what_they_list() {
    check(
        "d.ts",
        "declare const a: 1; export {}; export const b: 2",
        &["a constant", "b constant public"],
    );
    check(
        "d.ts",
        "declare const a: 1; export const b: 2",
        &["a constant public", "b constant public"],
    );
    check(
        "d.ts",
        "declare class A { m(): void }",
        &["A class public", "A.m method public 1 typed"],
    );
}

#[test]
fn members_are_hidden_by_modifier() {
    check(
        "ts",
        "export class A { constructor(private a: 1) {} private b() {} protected c() {} public d(): 1 {} #e() {} static f = 1; g = 2; h = () => 0; get i(): 1 {} set i(v: 1) {} [Symbol.iterator](): 1 {} 'j k'(): 1 {} static { if (a) b } }",
        &[
            "A class public",
            "A.constructor method public 1 typed",
            "A.b method 1 untyped",
            "A.c method 1 untyped",
            "A.d method public 1 typed",
            "A.#e method 1 untyped",
            "A.f constant public",
            "A.h method public 1 untyped",
            "A.i method public 1 typed",
            "A.i method public 1 typed",
            "A.[Symbol.iterator] method public 1 typed",
            "A.j k method public 1 typed",
        ],
    );
}

#[test]
fn signatures_are_one_function() {
    let text = "/** D */ export function a(x: 1): 1;\nexport function a(x: 2): 2;\nexport function a(x) { if (x) y }\nclass B { m(): 1; m(x: 1): 1; m(x?) {} }";
    check(
        "ts",
        text,
        &[
            "a function public documented 2 typed",
            "B class",
            "B.m method 1 typed",
        ],
    );
    let facts = read_well("ts", text);
    assert_eq!(facts.symbols[0].lines, (1, 3));
}

#[test]
fn types_of_functions() {
    check(
        "ts",
        "function a(x: 1): 1 {} function b(x): 1 {} function c(x: 1) {} const d: D = x => 1; const e = (...x: 1[]): 1 => 1; function f({ a }: A, b: 1 = 1): asserts b {}",
        &[
            "a function 1 typed",
            "b function 1 untyped",
            "c function 1 untyped",
            "d function 1 typed",
            "e function 1 typed",
            "f function 1 typed",
        ],
    );
}

#[test]
fn complexity_counts_branches() {
    let check = |body: &str, expected: u32| {
        let facts = read_well("js", &format!("async function f(a) {{ {body} }}"));
        assert_eq!(facts.symbols[0].complexity, Some(expected), "{body}");
    };
    check("", 1);
    check("if (a) b; else if (c) d; else e", 3);
    check(
        "for (;;) {} for (a in b) {} for (a of b) {} for await (a of b) {} while (a) {} do {} while (a)",
        7,
    );
    check("switch (a) { case 1: case 2: b; default: c }", 3);
    check("try {} catch {} finally {}", 2);
    check("(a && b || c) ?? d", 4);
    check("a ? b : c ? d : e", 3);
    check("a ||= b; a += b", 2);
    check("const g = () => { if (a) b }; function h() { if (a) b }", 3);
}

#[test]
fn documentation_stands_before_what_it_documents() {
    let check = |text: &str, expected: bool| {
        let facts = read_well("ts", text);
        assert_eq!(
            facts.symbols.last().expect("a symbol").documented,
            expected,
            "{text}"
        );
    };
    check("/** D */ export const a = 1", true);
    check(
        "/** D */\n// eslint-disable-next-line\nexport function a() {}",
        true,
    );
    check("/** D */ @b export class A {}", true);
    check("export /** D */ class A {}", true);
    check("/* D */ const a = 1", false);
    check("// D\nconst a = 1", false);
    check("/** D */ const b = 1; const a = 1", false);
    check("const a = /** D */ 1", false);
    check("/** D */ exports.a = function () {}", true);
    check("module.exports = { /** D */ a() {} }", true);
    check("class A { /** D */ static async m() {} }", true);
    check("/***/ const a = 1", false);
}

#[test]
fn lines_and_ranges_are_whole() {
    let text = "// é\nexport const a = () => {\n  1\n}\nclass B {\n  m() {}\n}\n";
    let facts = read_well("js", text);
    let whole: Vec<(&str, (u32, u32))> = facts
        .symbols
        .iter()
        .map(|symbol| (symbol.range.of(text).expect("a range"), symbol.lines))
        .collect();
    assert_eq!(
        whole,
        [
            ("export const a = () => {\n  1\n}", (2, 4)),
            ("class B {\n  m() {}\n}", (5, 7)),
            ("m() {}", (6, 6)),
        ]
    );
}
