//! Imports of every form, with their ranges and circumstances.

use super::{described, read, read_well};

fn check(suffix: &str, text: &str, expected: &[&str]) {
    let facts = read_well(suffix, text);
    let found: Vec<String> = facts.imports.iter().map(described).collect();
    assert_eq!(found, expected, "{text}");
    for import in &facts.imports {
        let written = import.range.of(text).expect("a range of the text");
        let line = text[..import.range.start].matches('\n').count() + 1;
        assert_eq!(import.line as usize, line, "{text}");
        if !import.target.contains("..") {
            assert_eq!(written, import.target, "{text}");
        }
    }
}

#[test]
fn statements() {
    check(
        "js",
        "import a, { b as c, default as d } from './x';\nimport * as e from \"y\";\nimport 'z'",
        &[
            "static ./x {default, b, default}",
            "static y {*}",
            "static z",
        ],
    );
    check(
        "js",
        "export * from './a'; export * as b from './b'; export { c as d, default } from './c'; export {} from './e'",
        &[
            "re-export ./a {*}",
            "re-export ./b {*}",
            "re-export ./c {c, default}",
            "re-export ./e",
        ],
    );
    check(
        "js",
        "import x from './x.json' with { type: 'json' }",
        &["static ./x.json {default}"],
    );
    check(
        "js",
        "import defer * as a from 'a'; import source b from 'b'",
        &["static a {*}", "static b {default}"],
    );
}

#[test]
fn statements_of_typescript() {
    check(
        "ts",
        "import type { A } from './a'; import { type B } from './b'; import { type C, d } from './c'; import type E from './e'",
        &[
            "static ./a {A} +types",
            "static ./b {B} +types",
            "static ./c {C, d}",
            "static ./e {default} +types",
        ],
    );
    check(
        "ts",
        "export type { A } from './a'; export type * from './b'; export { type C } from './c'",
        &[
            "re-export ./a {A} +types",
            "re-export ./b {*} +types",
            "re-export ./c {C} +types",
        ],
    );
    check(
        "ts",
        "import a = require('./a'); import type b = require('b'); import c = a.c; export import d = require('d')",
        &["require ./a {*}", "require b {*} +types", "require d {*}"],
    );
    check(
        "ts",
        "let a: import('./a').B.C; type D = typeof import('./d'); function f<T extends import(\"e\")>() {}",
        &[
            "static ./a {B} +types",
            "static ./d +types",
            "static e +types",
        ],
    );
    check(
        "ts",
        "declare module './a' { interface B { c: import('c').D } }\ndeclare module 'e' { import f from 'f' }",
        &[
            "static ./a +types",
            "static c {D} +types",
            "static f {default}",
        ],
    );
    check(
        "d.ts",
        "import { A } from './a'; export { A }",
        &["static ./a {A} +types"],
    );
}

#[test]
fn expressions() {
    check(
        "js",
        "const { a, b: c } = await import('./x'); const d = await import(`./y`); import('./z'); (await import('./w')).e",
        &[
            "dynamic ./x {a, b}",
            "dynamic ./y {*}",
            "dynamic ./z",
            "dynamic ./w {e}",
        ],
    );
    check(
        "js",
        "import('./x').then(({ a }) => a); import('./y').then(m => m); import('./z').catch(f)",
        &["dynamic ./x {a}", "dynamic ./y {*}", "dynamic ./z +guarded"],
    );
    check(
        "js",
        "const { a, ...b } = require('./x'), c = require('./y'); require('./z'); d.e = require('./w').f; g(require('./v')())",
        &[
            "require ./x {a, *}",
            "require ./y {*}",
            "require ./z",
            "require ./w {f}",
            "require ./v",
        ],
    );
    check(
        "js",
        "require.resolve('./x'); module.require('./y'); import.meta.resolve('./z'); require('./w').a = 1",
        &[
            "require ./x",
            "require ./y",
            "require ./z",
            "require ./w {a}",
        ],
    );
    check(
        "mjs",
        "import { createRequire } from 'module'; const load = createRequire(import.meta.url); load('./x'); createRequire(u)('./y'); other('./z')",
        &[
            "static module {createRequire}",
            "require ./x",
            "require ./y",
        ],
    );
    check(
        "js",
        "define(['./x', 'require', 'exports'], function (x) { require('./y') }); require(['./z'], f)",
        &["require ./x", "require ./y", "require ./z"],
    );
    check(
        "js",
        "define('own', ['./x'], function (x) {}); define('other', {}); f('own', ['./y'])",
        &["require ./x"],
    );
}

#[test]
fn computed_names_keep_their_text() {
    let long = "a".repeat(300);
    let text = format!(
        "require('./x/' + y); import(z); require(`./${{a}}`); require.context('./d'); require({long}); import.meta.glob(['./e/*.js', './f.js'])"
    );
    let facts = read_well("js", &text);
    let found: Vec<&str> = facts
        .imports
        .iter()
        .map(|import| import.target.as_str())
        .collect();
    assert_eq!(
        found,
        [
            "'./x/' + y",
            "z",
            "`./${a}`",
            "'./d'",
            &long[..200],
            "['./e/*.js', './f.js']"
        ]
    );
    assert_eq!(described(&facts.imports[0]), "computed './x/' + y");
}

#[test]
fn files_beside_the_module() {
    check(
        "mjs",
        "new URL('./a.svg', import.meta.url); new URL('./b', base); new Worker(new URL('./c.js', import.meta.url))",
        &["resource ./a.svg", "resource ./c.js"],
    );
    check(
        "js",
        "fs.readFileSync(path.join(__dirname, '..', 'a', 'b.json')); resolve(__dirname, 'c'); join(d, 'e'); join(__dirname, f)",
        &["resource ../a/b.json", "resource c"],
    );
    check(
        "js",
        "a(__dirname + '/b'); `${__dirname}/c.html`; `${__dirname}/${d}`; `${e}/f`; path.join(import.meta.dirname, 'g')",
        &["resource /b", "resource /c.html", "resource g"],
    );
}

#[test]
fn circumstances() {
    check(
        "js",
        "function f() { require('a') } const g = () => import('b'); class C { m() { require('c') } static s = require('d'); i = require('e') }",
        &[
            "require a +in-function",
            "dynamic b +in-function",
            "require c +in-function",
            "require d",
            "require e +in-function",
        ],
    );
    check(
        "js",
        "try { require('a') } catch { require('b') } finally { require('c') } try { require('d') } finally {}",
        &[
            "require a +guarded",
            "require b +fallback",
            "require c",
            "require d",
        ],
    );
    check(
        "js",
        "if (require('a')) require('b'); else require('c'); x ? require('d') : 0; y && require('e'); z ??= require('f'); switch (g) { case 1: require('g') }",
        &[
            "require a",
            "require b +conditional",
            "require c +conditional",
            "require d +conditional",
            "require e +conditional",
            "require f {*} +conditional",
            "require g +conditional",
        ],
    );
    check(
        "js",
        "(function () { require('a') })(); (() => { require('b') })(); (function () { require('c') }).call(this); !function () { require('d') }()",
        &["require a", "require b", "require c", "require d"],
    );
}

#[test]
fn ranges_count_bytes() {
    for text in [
        "\u{feff}import a from './é/x'\nrequire('ü')",
        "#!/usr/bin/env node\nimport a from './x'\n/* é */ require('y')",
        "\u{feff}'use strict'\r\nrequire('./x')\r\nrequire('./y')",
    ] {
        let facts = read_well("js", text);
        assert_eq!(facts.imports.len(), 2);
        for import in &facts.imports {
            assert_eq!(
                import.range.of(text),
                Some(import.target.as_str()),
                "{text}"
            );
        }
    }
}

#[test]
fn a_target_with_escapes_is_what_it_means() {
    let text = r"import '\x2e/a'";
    let facts = read_well("js", text);
    assert_eq!(facts.imports[0].target, "./a");
    assert_eq!(facts.imports[0].range.of(text), Some(r"\x2e/a"));
}

#[test]
fn comments_import_too() {
    check(
        "ts",
        "/// <reference path=\"./a.d.ts\" />\n/// <reference types='node' preserve=\"true\" />\n/// <reference lib=\"dom\" />\nlet x\n/// <reference path=\"b\" />",
        &["include ./a.d.ts +types", "static node +types"],
    );
    check(
        "js",
        "/** @type {import('./a').B} */ let a\n/** @import { C } from \"./c\" */\n/* import('./d') */ // import('./e')\n/** imported ('./f') and @import * x */",
        &["static ./a +types", "static ./c +types"],
    );
    check("ts", "/** {@link import('./a').B} */ let a", &[]);
    check(
        "js",
        "/**\n * @param {import('./a').B} a\n * @param b {import('./c')}\n * @property {{c: import('./d')}} e\n * @typedef {\n *   Promise<import(\"./e\").F>\n * } F\n * @param {'@x' | import('./f')} [g={}]\n * @type {import('./g') */ let a",
        &[
            "static ./a +types",
            "static ./c +types",
            "static ./d +types",
            "static ./e +types",
            "static ./f +types",
            "static ./g +types",
        ],
    );
    // Examples and prose name what is not there.
    check(
        "js",
        "/**\n * load(() => import('./a'))\n * @example { a: import('./b') }\n * lazy({ c: import('./c') })\n * a@b {import('./d')}\n * @see {import('./e')} */ let a",
        &[],
    );
}

#[test]
fn comments_of_many_tags_take_linear_time() {
    for part in [
        "@a { import('",
        "@import ",
        "@a a",
        "@param ",
        "{@",
        "@a {import(",
    ] {
        let text = format!("/** {} */ let a", part.repeat(200_000));
        read("js", &text);
    }
}

#[test]
fn texts_with_flow_types() {
    check(
        "js",
        "// @flow\nimport type { A } from './a';\nimport B, { type C } from './b';\nfunction f(x: number): string { return require('./d') }",
        &[
            "static ./a {A} +types",
            "static ./b {default, C}",
            "require ./d +in-function",
        ],
    );
    let facts = read(
        "js",
        "// @flow\nimport typeof A from './a';\nimport { b, type C } from './b';\ntype D = {| +e: ?string, ... |};\nexport * from './f';\nexport { g } from './g';\nexport const h = require('./h');\nimport('./i')",
    );
    let found: Vec<String> = facts.imports.iter().map(described).collect();
    assert_eq!(
        found,
        [
            "static ./a {default} +types",
            "static ./b {b, C}",
            "re-export ./f {*}",
            "re-export ./g {g}",
            "require ./h",
            "dynamic ./i",
        ]
    );
    assert!(facts.exports_more);
    assert_eq!(facts.syntax_errors.len(), 1);
}
