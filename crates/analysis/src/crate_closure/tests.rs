//! Tests of what taking Rust code brings.

use synthesizer_model::{finding::Severity, progress::Unwatched};

use super::{CrateClosure, take};
use crate::{manifests::inventory, memory_tree::MemoryTree};

fn closure(files: &[(&str, &str)], components: &[&str]) -> Result<CrateClosure, String> {
    let tree = MemoryTree::of_texts(files.iter().copied());
    let inventory = inventory::read(&tree, &Unwatched).expect("read");
    let components: Vec<String> = components.iter().map(|one| (*one).to_owned()).collect();
    take(&tree, &inventory.projects, &components, true, &Unwatched)
        .map_err(|failure| format!("{} {}", failure.code.as_str(), failure.message))
}

fn shown(closure: &CrateClosure) -> Vec<String> {
    let crates = closure.crates.iter();
    crates
        .map(|taken| {
            let files: Vec<&str> = taken.files.iter().map(|file| file.place.as_str()).collect();
            format!("{} ({}): {}", taken.name, taken.reason, files.join(" "))
        })
        .collect()
}

fn check(files: &[(&str, &str)], components: &[&str], expected: &[&str]) {
    let closure = closure(files, components).expect("taken");
    assert_eq!(shown(&closure), expected);
    let errors = closure
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error);
    assert_eq!(errors.count(), 0, "{:#?}", closure.findings);
}

const WORKSPACE: &[(&str, &str)] = &[
    (
        "Cargo.toml",
        "[workspace]\nmembers = [\"a\", \"b\", \"c\"]\ndefault-members = [\"a\"]\n",
    ),
    (
        "a/Cargo.toml",
        "[package]\nname = \"a\"\nversion = \"1.0.0\"\nexclude = [\"/data\"]\n[dependencies]\nb = { path = \"../b\" }\n",
    ),
    (
        "a/src/lib.rs",
        "const A: &str = include_str!(\"../data/x.txt\");\n",
    ),
    ("a/data/x.txt", "x"),
    ("a/data/y.txt", "y"),
    ("a/benches/speed.rs", ""),
    ("a/examples/e.rs", ""),
    ("a/tests/t.rs", ""),
    ("a/.cargo/config.toml", ""),
    (
        "b/Cargo.toml",
        "[package]\nname = \"b\"\nversion = \"1.0.0\"\n[dev-dependencies]\na = { path = \"../a\" }\n",
    ),
    ("b/src/lib.rs", ""),
    (
        "b/nested/Cargo.toml",
        "[package]\nname = \"nested\"\nversion = \"1.0.0\"\n",
    ),
    ("b/nested/src/lib.rs", ""),
    (
        "c/Cargo.toml",
        "[package]\nname = \"c\"\nversion = \"1.0.0\"\n",
    ),
    (
        "c/src/lib.rs",
        "const A: &str = include_str!(\"../../a/data/y.txt\");\n",
    ),
];

#[test]
fn packages_come_with_those_that_they_name_by_path() {
    let a = "a (requested): data/x.txt src/lib.rs tests/t.rs";
    let b = "b (path dependency of a): src/lib.rs";
    check(WORKSPACE, &[], &[a, b]);
    check(WORKSPACE, &["a/Cargo.toml"], &[a, b]);
    let a = "a (path dependency of b): data/x.txt src/lib.rs tests/t.rs";
    check(WORKSPACE, &["b"], &[a, "b (requested): src/lib.rs"]);
    check(
        WORKSPACE,
        &["c"],
        &["c (requested): outside/y.txt src/lib.rs"],
    );
}

#[test]
fn names_of_files_outside_of_the_package_are_changed() {
    let closure = closure(WORKSPACE, &["c"]).expect("taken");
    let file = &closure.crates[0].files[1];
    assert_eq!(file.edits.len(), 1);
    assert_eq!(file.edits[0].1, "../outside/y.txt");
}

const LIBRARY: &[(&str, &str)] = &[
    (
        "Cargo.toml",
        "[package]\nname = \"lib\"\nversion = \"1.0.0\"\nedition = \"2021\"\n",
    ),
    (
        "src/lib.rs",
        "#[macro_use]\nmod macros;\nmod parse;\npub mod other;\nmod shared;\npub use parse::Parser;\npub struct Error;\nimpl Error { fn x() { crate::shared::help() } }\npub struct Neighbour;\npub struct Unneeded;\n",
    ),
    ("src/macros.rs", "macro_rules! make { () => {} }\n"),
    (
        "src/parse/mod.rs",
        "mod deep;\npub use self::deep::Parser;\npub fn f() -> crate::Error { make!(); crate::Error }\n",
    ),
    ("src/parse/deep.rs", "pub struct Parser;\n"),
    (
        "src/other.rs",
        "impl std::fmt::Display for crate::Error {}\nimpl std::fmt::Display for crate::Neighbour {}\n",
    ),
    ("src/shared.rs", "pub fn help() {}\n"),
    ("src/lonely.rs", ""),
];

#[test]
fn a_module_comes_with_what_it_uses_and_what_is_implemented_for_that() {
    let closure = closure(LIBRARY, &["lib::parse"]).expect("taken");
    assert_eq!(
        shown(&closure),
        [
            "lib (requested): src/lib.rs src/macros.rs src/other.rs src/parse/deep.rs src/parse/mod.rs src/shared.rs"
        ]
    );
    let part = closure.crates[0].part.as_ref().expect("a part");
    assert_eq!(part.name, "lib-parse");
    assert_eq!(closure.components[0].path, ["parse"]);
    let root = &closure.crates[0].files[0];
    let text = LIBRARY[1].1;
    let kept: Vec<&str> = root
        .kept
        .as_ref()
        .expect("cut")
        .iter()
        .filter_map(|range| range.of(text))
        .collect();
    assert!(
        !kept.iter().any(|item| item.contains("Unneeded")),
        "{kept:?}"
    );
    // A file without modules below it is taken whole, so what all of it names has to be there.
    assert!(kept.contains(&"pub struct Neighbour;"), "{kept:?}");
    assert!(kept.contains(&"pub use parse::Parser;"), "{kept:?}");
    assert_eq!(root.edits.len(), 1, "{:?}", root.edits);
}

/// A module that uses one trait, beside what only a reader of the whole crate sees: implementations for types of others and for types
/// without a name, a trait that a macro makes with its implementations, and a trait that is used for its methods alone.
const TRAITS: &[(&str, &str)] = &[
    (
        "Cargo.toml",
        "[package]\nname = \"lib\"\nversion = \"1.0.0\"\nedition = \"2021\"\n",
    ),
    (
        "src/lib.rs",
        "pub mod visit;\npub mod wanted;\nmod extended;\nmod unneeded;\n",
    ),
    (
        "src/wanted/mod.rs",
        "use crate::extended::Extended;\nuse crate::unneeded::Unneeded;\npub fn f(x: impl crate::visit::Visit + crate::visit::Made) { x.extended() }\nmod below;\nfn g() -> Unneeded {}\n",
    ),
    ("src/wanted/below.rs", ""),
    (
        "src/visit/mod.rs",
        "use other::Set;\nuse crate::unneeded::Own;\nmod filter;\npub trait Visit {}\nimpl Visit for Set {}\nimpl<T> Visit for (T, u8) {}\nimpl Visit for Own {}\nmake! { pub trait Made {} }\nMade! { &'a T }\nMine! { &'a T }\n",
    ),
    ("src/visit/filter.rs", "pub struct Filter;\n"),
    (
        "src/extended.rs",
        "pub trait Extended { fn extended(self) where Self: Sized {} }\nimpl<T> Extended for T {}\n",
    ),
    ("src/unneeded.rs", "pub struct Unneeded;\npub struct Own;\n"),
];

#[test]
fn a_trait_comes_with_what_implements_it_beside_it() {
    let closure = closure(TRAITS, &["lib::wanted::f"]).expect("taken");
    let files = &closure.crates[0].files;
    let kept = |path: &str| -> Vec<String> {
        let file = files.iter().find(|file| file.place.as_str() == path);
        let text = TRAITS.iter().find(|(name, _)| *name == path).expect("is").1;
        let kept = file.expect(path).kept.as_ref().expect("cut").iter();
        kept.filter_map(|range| Some(range.of(text)?.to_owned()))
            .collect()
    };
    assert_eq!(
        kept("src/visit/mod.rs"),
        [
            "use other::Set;",
            "pub trait Visit {}",
            "impl Visit for Set {}",
            "impl<T> Visit for (T, u8) {}",
            "make! { pub trait Made {} }",
            "Made! { &'a T }",
        ]
    );
    let wanted = kept("src/wanted/mod.rs");
    assert!(
        wanted.contains(&"use crate::extended::Extended;".to_owned()),
        "{wanted:?}"
    );
    assert!(
        !wanted.iter().any(|item| item.contains("Unneeded")),
        "{wanted:?}"
    );
    let places: Vec<&str> = files.iter().map(|file| file.place.as_str()).collect();
    assert!(places.contains(&"src/extended.rs"), "{places:?}");
    assert!(!places.contains(&"src/unneeded.rs"), "{places:?}");
}

#[test]
fn a_small_module_comes_alone() {
    let closure = closure(LIBRARY, &["src/shared.rs"]).expect("taken");
    assert_eq!(
        shown(&closure),
        ["lib (requested): src/lib.rs src/shared.rs"]
    );
    let part = closure.crates[0].part.as_ref().expect("a part");
    assert_eq!(part.left_out, ["macros", "other", "parse", "parse::deep"]);
}

#[test]
fn what_cannot_be_taken_is_refused() {
    let refused = |files: &[(&str, &str)], component: &str, expected: &str| {
        let failure = closure(files, &[component]).expect_err("refused");
        assert!(failure.starts_with(expected), "{failure}");
    };
    refused(LIBRARY, "lib::absent", "E_NOT_FOUND");
    refused(LIBRARY, "src/lonely.rs", "E_NOT_FOUND");
    refused(LIBRARY, "src/absent.rs", "E_NOT_FOUND");
    refused(WORKSPACE, "d", "E_NOT_FOUND");
    let unstable = [
        (
            "Cargo.toml",
            "[package]\nname = \"u\"\nversion = \"1.0.0\"\n",
        ),
        ("src/lib.rs", "#![feature(x)]\npub mod a;\n"),
        ("src/a.rs", ""),
    ];
    refused(
        &unstable,
        "u::a",
        "E_INCOMPATIBLE the module cannot be taken alone: src/lib.rs:1",
    );
}
