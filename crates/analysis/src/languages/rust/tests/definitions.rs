//! Symbols: names, kinds, visibility, documentation, complexity, extents.

use super::{read, shown_symbol, sound};

fn check(text: &str, expected: &[&str]) {
    let facts = sound(text);
    let shown: Vec<String> = facts.symbols.iter().map(shown_symbol).collect();
    assert_eq!(shown, expected, "in {text:?}");
}

#[test]
fn items_are_found_with_their_visibility() {
    check(
        "pub fn a() {} fn b() {} pub(crate) fn c();",
        &["fn a + 1", "fn b 1", "fn c"],
    );
    check(
        "/// Words.\n#[derive(Debug)]\npub struct S<const N: usize = { 1 + 1 }> { a: u8 }\npub struct T(u8);\nenum E { A }\npub union U { a: u8 }\npub type A = u8;",
        &["type S + d", "type T +", "type E", "type U +", "type A +"],
    );
    check(
        "pub const A: u8 = { 1; 2 };\nstatic mut B: [u8; 2] = [1; 2];\nconst _: () = { fn inner() {} };",
        &["const A +", "const B"],
    );
    check(
        "#[doc = \"x\"] fn a() {}\n#[doc(hidden)] fn b() {}",
        &["fn a d 1", "fn b 1"],
    );
    check(
        "/** x */ fn a() {}\n//// x\nfn b() {}\n/**/ fn c() {}",
        &["fn a d 1", "fn b 1", "fn c 1"],
    );
    check(
        "pub async unsafe extern \"C\" fn r#async() {} const fn b() {}",
        &["fn r#async + 1", "fn b 1"],
    );
    check(
        "#[macro_export]\nmacro_rules! a { ($x:expr) => { $x } }\nmacro_rules! b ( () => () );\npub macro c($x:expr) { $x }",
        &["fn a +", "fn b", "fn c +"],
    );
}

#[test]
fn members_carry_their_type_and_modules() {
    check(
        "pub mod m { //! Words.\n pub struct S; impl S { pub fn a(&self) {} fn b() {} pub const C: u8 = 1; } }",
        &[
            "mod m + d",
            "type m.S +",
            "method m.S.a + 1",
            "method m.S.b 1",
            "const m.S.C +",
        ],
    );
    check("mod m { pub fn a() {} }", &["mod m", "fn m.a 1"]);
    check(
        "pub trait T { type X; const C: u8; /// Words.\n fn a(); fn b() {} }",
        &[
            "type T +",
            "const T.C +",
            "method T.a + d",
            "method T.b + 1",
        ],
    );
    check(
        "struct S; impl S { pub fn a() {} }",
        &["type S", "method S.a 1"],
    );
    check(
        "impl<T: Fn() -> u8> std::fmt::Display for a::Wrapper<'_, T> where T: X<{ 1 }> { fn fmt() {} }",
        &["method Wrapper.fmt 1"],
    );
    check(
        "impl X for (A, B) { fn f() {} } impl X for fn(A) -> B { fn g() {} }",
        &["method f 1", "method g 1"],
    );
    check(
        "unsafe impl !Send for S {} impl<'a> X for &'a mut dyn for<'b> Y<'b> { fn f() {} }",
        &["method Y.f 1"],
    );
    check(
        "unsafe extern \"C\" { pub fn a(); pub safe static B: u8; type O; }",
        &["fn a +", "const B +", "type O"],
    );
    check("pub trait Alias = Send + Sync;", &["type Alias +"]);
}

#[test]
fn items_in_macros_count() {
    check(
        "cfg_if::cfg_if! { if #[cfg(unix)] { pub fn a() {} } else { pub struct B; } }",
        &["fn a + 1", "type B +"],
    );
    check(
        "cfg_rt! { pub mod m { pub fn a() {} } }",
        &["mod m +", "fn m.a + 1"],
    );
    check("impl S { cfg_x! { pub fn a() {} } }", &["method S.a + 1"]);
    check(
        "lazy_static! { /// Words.\n pub static ref A: u8 = 1; }",
        &["const A + d"],
    );
    check(
        "thread_local! { static A: u8 = const { 1 }; }",
        &["const A"],
    );
    check(
        "bitflags! { pub struct F: u8 { const A = 1; } }",
        &["type F +"],
    );
    check("make!(struct);\nother! { a => b }", &[]);
}

#[test]
fn complexity_counts_branches() {
    let check = |body: &str, expected: u32| {
        let facts = sound(&format!("fn f() {{ {body} }}"));
        assert_eq!(facts.symbols[0].complexity, Some(expected), "{body}");
    };
    check("", 1);
    check("if a && b || c {} else if d {}", 5);
    check("while x { for y in z { loop {} } }", 3);
    check("match x { A => 1, B if c => 2, _ => 3 }", 4);
    check("let Some(x) = y else { return }; z?; w.f()?.g();", 4);
    check("let f = || a; let g = |x| x; let h: &&u8 = &&b;", 1);
    check(
        "impl X for Y { fn g() {} } fn h<F: for<'a> Fn(&'a u8) + ?Sized>() {}",
        1,
    );
    check("if let Some(x) = y && z {}", 3);
}

#[test]
fn extents_are_those_of_the_item_without_attributes() {
    let text = "/// Words.\n#[inline]\npub fn a() {\n}\nstruct S;\n";
    let facts = sound(text);
    let extents: Vec<_> = facts
        .symbols
        .iter()
        .map(|symbol| (symbol.lines, symbol.range.of(text).unwrap()))
        .collect();
    assert_eq!(
        extents,
        [((3, 4), "pub fn a() {\n}"), ((5, 5), "struct S;")]
    );
}

#[test]
fn the_file_has_documentation_of_its_own() {
    let documentation = |text: &str| read(text).documentation;
    assert_eq!(
        documentation("//! One\n//! two.\n//!\n//! Three.\n\nfn a() {}").as_deref(),
        Some("One two.")
    );
    assert_eq!(documentation("#![allow(x)]\nfn a() { //! inner\n }"), None);
    assert_eq!(documentation("/*! One. */").as_deref(), Some("One."));
}
