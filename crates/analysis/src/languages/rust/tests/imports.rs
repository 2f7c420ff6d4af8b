//! Imports: `use`, `mod`, `extern crate`, paths, files read by name.

use synthesizer_model::code::ImportForm;

use super::{shown_import, sound};

/// Checks the imports; their ranges must hold the text that the target ends with.
fn check(text: &str, expected: &[&str]) {
    let facts = sound(text);
    for import in &facts.imports {
        let own = import
            .range
            .of(text)
            .expect("a range on character boundaries");
        let is_end = import.target.ends_with(own);
        assert!(
            is_end || own == "self" || own == "*" || own.contains(char::is_whitespace),
            "{own:?} of {import:?}"
        );
        let line = text[..import.range.start].matches('\n').count() + 1;
        assert_eq!(usize::try_from(import.line), Ok(line), "{import:?}");
    }
    let shown: Vec<String> = facts.imports.iter().map(shown_import).collect();
    assert_eq!(shown, expected, "in {text:?}");
}

#[test]
fn use_trees_are_flattened() {
    check("use a;", &["Static a {a}"]);
    check("use a::b as c;", &["Static a::b {b}"]);
    check("use a::b::*;", &["Static a::b {*}"]);
    check("pub use a::b;", &["ReExport a::b {b}"]);
    check("pub(crate) use a::b;", &["Static a::b {b}"]);
    check(
        "use a::{self, b, c::{d, e::*}, f as g, };",
        &[
            "Static a {a}",
            "Static a::b {b}",
            "Static a::c::d {d}",
            "Static a::c::e {*}",
            "Static a::f {f}",
        ],
    );
    check("use {a::b, ::c};", &["Static a::b {b}", "Static ::c {c}"]);
    check(
        "use ::{a, b::{c}};",
        &["Static ::a {a}", "Static ::b::c {c}"],
    );
    check(
        "use super::super::x; use self::y;",
        &["Static super::super::x {x}", "Static self::y {y}"],
    );
    check(
        "use crate :: a // words\n :: b;",
        &["Static crate::a::b {b}"],
    );
}

#[test]
fn re_exports_of_everything_are_told() {
    assert!(sound("pub use a::*;").exports_more);
    assert!(!sound("use a::*; pub use a::b;").exports_more);
}

#[test]
fn modules_name_their_files() {
    check(
        "mod a; pub mod b { mod c; }",
        &["ModuleDeclaration a {a}", "ModuleDeclaration c {c}"],
    );
    check(
        "#[path = \"x/y.rs\"] mod a;",
        &["ModuleDeclaration x/y.rs {a}"],
    );
    check(
        "#[cfg_attr(unix, path = \"unix.rs\")]\n#[cfg_attr(windows, path = \"windows.rs\")]\nmod a;",
        &[
            "ModuleDeclaration unix.rs {a} ?",
            "ModuleDeclaration windows.rs {a} ?",
            "ModuleDeclaration a {a} ?",
        ],
    );
    check(
        "fn f() { #[path = \"x.rs\"] mod a; }",
        &["ModuleDeclaration x.rs {a} ()"],
    );
    check(
        "cfg_rt! { mod a; pub use b::c; }",
        &["ModuleDeclaration a {a} ?", "ReExport b::c {c} ?"],
    );
}

#[test]
fn circumstances_are_told() {
    check(
        "#[cfg(unix)] use a; use b;",
        &["Static a {a} ?", "Static b {b}"],
    );
    check(
        "#[cfg(test)] mod tests { use super::*; }",
        &["Static super {*} ?"],
    );
    check("#![cfg(unix)]\nuse a;", &["Static a {a} ?"]);
    check(
        "fn f() { use a; #[cfg(x)] use b; #[cfg(y)] { use c; } use d; }",
        &[
            "Static a {a} ()",
            "Static b {b} ? ()",
            "Static c {c} ? ()",
            "Static d {d} ()",
        ],
    );
}

#[test]
fn crates_are_imported_by_declaration() {
    check(
        "extern crate a; pub extern crate b as c; extern crate self as d;",
        &["Static a {a}", "ReExport b {b}"],
    );
    check("fn f() { extern crate a; a::b(); }", &["Static a {a} ()"]);
}

#[test]
fn paths_without_import_are_kept_once() {
    check(
        "fn f() { a::b::c(); a::b::d(); a::e(); }",
        &["Path a::b::c ()", "Path a::e ()"],
    );
    check("fn f(x: a::B) { a::B::c(); }", &["Path a::B"]);
    check("use a; fn f() { a::b(); }", &["Static a {a}"]);
    check("use x as a; fn f() { a::b(); }", &["Static x {x}"]);
    check(
        "fn f() { Vec::<u8>::new(); u8::MAX; Self::g(); x.collect::<Vec<_>>(); }",
        &[],
    );
    check(
        "fn f() { crate::a::b(); crate::a::c(); ::d::e(); }",
        &[
            "Path crate::a::b ()",
            "Path crate::a::c ()",
            "Path ::d::e ()",
        ],
    );
    check(
        "fn f() { <T as a::B>::c(); m!(d::e, $crate::x::Y, $z::w); }",
        &["Path a::B ()", "Path d::e ()", "Path $crate::x::Y ()"],
    );
    check(
        "#[derive(a::B, C)] #[d::e] struct S;",
        &["Path a::B", "Path d::e"],
    );
    check("#[allow(clippy::all)] fn f() { quote! { ::x::y } }", &[]);
    check("a::m! { }", &["Path a::m"]);
}

#[test]
fn files_read_by_name_are_resources() {
    check(
        "const A: &str = include_str!(\"a b.txt\");",
        &["Resource a b.txt"],
    );
    check(
        "#![doc = include_str!(\"../README.md\")]",
        &["Resource ../README.md"],
    );
    check("include!(r\"x.rs\");", &["Resource x.rs"]);
    check("macro_rules! m { ($f:expr) => { include_str!($f) } }", &[]);
    let facts = sound("include!(concat!(env!(\"OUT_DIR\"), \"/x.rs\"));");
    assert_eq!(facts.imports[0].form, ImportForm::Computed);
    assert_eq!(
        facts.imports[0].target,
        "concat!(env!(\"OUT_DIR\"), \"/x.rs\")"
    );
}
