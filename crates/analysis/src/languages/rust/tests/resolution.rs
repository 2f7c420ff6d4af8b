//! Where imports lead in small trees.

use std::collections::BTreeMap;

use proptest::prelude::*;
use synthesizer_model::{
    analysis::ProjectFacts,
    code::CodeFacts,
    dependency::{Dependency, Ecosystem},
    project::{Project, ProjectRole, Target},
    source_file::FileRole,
    tree::TreePath,
};

use super::{read, shown_import};
use crate::{
    languages::{Language as _, Resolved, SourceFile, SourceFiles, rust::Rust},
    memory_tree::MemoryTree,
};

fn package(folder: &str, name: &str, dependencies: &[(&str, &str)]) -> Project {
    let dependencies = dependencies.iter().map(|(imported, name)| Dependency {
        imported_as: (imported != name).then(|| (*imported).to_owned()),
        ..Dependency::new(Ecosystem::Cargo, *name, "Cargo.toml", 1)
    });
    Project {
        folder: folder.to_owned(),
        ecosystem: Ecosystem::Cargo,
        role: ProjectRole::Root,
        manifests: Vec::new(),
        workspace: None,
        facts: ProjectFacts {
            name: Some(name.to_owned()),
            ..ProjectFacts::default()
        },
        targets: Vec::new(),
        dependencies: dependencies.collect(),
        extras: Vec::new(),
        runtimes: BTreeMap::from([("edition".to_owned(), "2021".to_owned())]),
        license: None,
        license_as_written: None,
        license_files: Vec::new(),
        private: false,
    }
}

/// Resolves every import of one file; each row is an import and where it leads.
fn check(texts: &[(&str, &str)], projects: &[Project], from: &str, expected: &[(&str, &str)]) {
    let found = resolved(texts, projects, from);
    let found: Vec<(&str, &str)> = found
        .iter()
        .map(|(import, lead)| (import.as_str(), lead.as_str()))
        .collect();
    assert_eq!(found, expected);
}

fn resolved(texts: &[(&str, &str)], projects: &[Project], from: &str) -> Vec<(String, String)> {
    let tree = MemoryTree::of_texts(texts.iter().copied());
    let mut sorted: Vec<(TreePath, Option<CodeFacts>)> = texts
        .iter()
        .map(|(path, text)| {
            let facts = path.ends_with(".rs").then(|| read(text));
            (TreePath::new(path).unwrap(), facts)
        })
        .collect();
    sorted.sort_by(|one, other| one.0.cmp(&other.0));
    let list = sorted
        .iter()
        .map(|(path, code)| SourceFile {
            path,
            language: code.is_some().then_some("Rust"),
            role: FileRole::Source,
            code: code.as_ref(),
        })
        .collect();
    let files = SourceFiles::new(&tree, list, projects);
    let resolver = Rust.resolver(&files);
    let index = files.index(from).unwrap();
    let imports = &files.file(index).code.unwrap().imports;
    imports
        .iter()
        .map(|import| {
            let lead = match resolver.resolve(index, import) {
                Resolved::Files(found) => {
                    let paths = found.iter().map(|file| files.file(*file).path.as_str());
                    paths.collect::<Vec<_>>().join(" ")
                }
                Resolved::StandardLibrary => "standard".to_owned(),
                Resolved::External(name) => format!("external {name}"),
                Resolved::Unresolved(reason) => format!("unresolved: {reason}"),
                Resolved::Nothing => "nothing".to_owned(),
            };
            (shown_import(import), lead)
        })
        .collect()
}

#[test]
fn modules_lead_to_their_files() {
    let texts = [
        (
            "src/lib.rs",
            "mod a; mod b; mod gone; #[path = \"odd/place.rs\"] mod c; mod inline { mod deep; #[path = \"other.rs\"] mod e; }",
        ),
        ("src/a.rs", "mod x;"),
        ("src/a/x.rs", ""),
        ("src/b/mod.rs", "mod y;"),
        ("src/b/y.rs", ""),
        ("src/odd/place.rs", "mod z;"),
        ("src/odd/z.rs", ""),
        ("src/inline/deep.rs", ""),
        ("src/inline/other.rs", ""),
    ];
    let projects = [package("", "p", &[])];
    check(
        &texts,
        &projects,
        "src/lib.rs",
        &[
            ("ModuleDeclaration a {a}", "src/a.rs"),
            ("ModuleDeclaration b {b}", "src/b/mod.rs"),
            (
                "ModuleDeclaration gone {gone}",
                "unresolved: no file for this module",
            ),
            ("ModuleDeclaration odd/place.rs {c}", "src/odd/place.rs"),
            ("ModuleDeclaration deep {deep}", "src/inline/deep.rs"),
            ("ModuleDeclaration other.rs {e}", "src/inline/other.rs"),
        ],
    );
    check(
        &texts,
        &projects,
        "src/a.rs",
        &[("ModuleDeclaration x {x}", "src/a/x.rs")],
    );
    check(
        &texts,
        &projects,
        "src/b/mod.rs",
        &[("ModuleDeclaration y {y}", "src/b/y.rs")],
    );
    check(
        &texts,
        &projects,
        "src/odd/place.rs",
        &[("ModuleDeclaration z {z}", "src/odd/z.rs")],
    );
}

#[test]
fn paths_lead_through_modules_and_re_exports() {
    let texts = [
        (
            "src/lib.rs",
            "mod a; mod user; pub mod prelude; pub use a::Thing; #[macro_use] mod macros;",
        ),
        (
            "src/a/mod.rs",
            "mod deep; pub use self::deep::Thing; pub fn direct() {} pub enum E { V }",
        ),
        (
            "src/a/deep.rs",
            "pub struct Thing; pub mod inner { pub fn f() { super::Thing; } }",
        ),
        (
            "src/prelude.rs",
            "pub use crate::a::*; pub use serde::Serialize;",
        ),
        (
            "src/macros.rs",
            "#[macro_export] macro_rules! shout { () => {} }",
        ),
        (
            "src/user.rs",
            "use crate::a::Thing;\nuse crate::a::direct;\nuse crate::a::E::V;\nuse super::a;\nuse crate::a::deep::inner::f;\nuse crate::prelude::Thing as T;\nuse crate::prelude::Serialize;\nuse crate::Thing as U;\nuse crate::shout;\nuse crate::a::generated;\nuse crate::nothing;\nuse self::local::x;\nmod local { use super::*; pub fn x() {} }\nfn g() { crate::a::direct(); a::E::V; }",
        ),
    ];
    check(
        &texts,
        &[package("", "p", &[("serde", "serde")])],
        "src/user.rs",
        &[
            (
                "Static crate::a::Thing {Thing}",
                "src/a/mod.rs src/a/deep.rs",
            ),
            ("Static crate::a::direct {direct}", "src/a/mod.rs"),
            ("Static crate::a::E::V {V}", "src/a/mod.rs"),
            ("Static super::a {a}", "src/a/mod.rs"),
            ("Static crate::a::deep::inner::f {f}", "src/a/deep.rs"),
            (
                "Static crate::prelude::Thing {Thing}",
                "src/prelude.rs src/a/mod.rs src/a/deep.rs",
            ),
            (
                "Static crate::prelude::Serialize {Serialize}",
                "src/prelude.rs",
            ),
            (
                "Static crate::Thing {Thing}",
                "src/lib.rs src/a/mod.rs src/a/deep.rs",
            ),
            ("Static crate::shout {shout}", "src/macros.rs"),
            ("Static crate::a::generated {generated}", "src/a/mod.rs"),
            ("Static crate::nothing {nothing}", "src/lib.rs"),
            ("Static self::local::x {x}", "nothing"),
            ("Static super {*}", "nothing"),
            ("Path crate::a::direct ()", "src/a/mod.rs"),
        ],
    );
}

#[test]
fn names_outside_are_crates_in_the_order_that_rust_looks() {
    let texts = [
        (
            "src/lib.rs",
            "mod log; use log::info; use std::fmt; use ::log::warn; use serde_json::Value; use renamed::X; use own_name::Y; use core::mem; use unknown::Z; fn f() { serde_json::to_string(); fmt::Debug; vendored::x(); alloc::vec(); }",
        ),
        ("src/log.rs", "pub fn info() {}"),
        ("src/main.rs", "use own_name::Y; use log::info;"),
    ];
    let mut project = package(
        "",
        "own-name",
        &[
            ("log", "log"),
            ("serde-json", "serde-json"),
            ("renamed", "real"),
        ],
    );
    check(
        &texts,
        std::slice::from_ref(&project),
        "src/lib.rs",
        &[
            ("ModuleDeclaration log {log}", "src/log.rs"),
            ("Static log::info {info}", "src/log.rs"),
            ("Static std::fmt {fmt}", "standard"),
            ("Static ::log::warn {warn}", "external log"),
            ("Static serde_json::Value {Value}", "external serde-json"),
            ("Static renamed::X {X}", "external real"),
            ("Static own_name::Y {Y}", "nothing"),
            ("Static core::mem {mem}", "standard"),
            (
                "Static unknown::Z {Z}",
                "unresolved: neither a module nor a declared dependency",
            ),
            ("Path serde_json::to_string ()", "external serde-json"),
            ("Path vendored::x ()", "nothing"),
            ("Path alloc::vec ()", "standard"),
        ],
    );
    check(
        &texts,
        std::slice::from_ref(&project),
        "src/main.rs",
        &[
            ("Static own_name::Y {Y}", "src/lib.rs"),
            ("Static log::info {info}", "external log"),
        ],
    );
    project.runtimes.clear();
    let old = [
        ("src/lib.rs", "extern crate log; mod a; mod b;"),
        ("src/a.rs", "use b::f; use log::info; fn g() { ::b::f(); }"),
        ("src/b.rs", "pub fn f() {}"),
    ];
    check(
        &old,
        &[project],
        "src/a.rs",
        &[
            ("Static b::f {f}", "src/b.rs"),
            ("Static log::info {info}", "external log"),
            ("Path ::b::f ()", "src/b.rs"),
        ],
    );
}

#[test]
fn crates_of_the_workspace_are_entered() {
    let texts = [
        (
            "app/src/main.rs",
            "use core_lib::tools::hammer; use alias::Thing; use other;",
        ),
        (
            "core-lib/source/root.rs",
            "pub mod tools; pub struct Thing;",
        ),
        ("core-lib/source/tools.rs", "pub fn hammer() {}"),
    ];
    let mut library = package("core-lib", "core-lib", &[]);
    library.targets.push(Target {
        kind: "lib".to_owned(),
        name: "core_lib".to_owned(),
        path: Some("core-lib/source/root.rs".to_owned()),
    });
    let app = package(
        "app",
        "app",
        &[
            ("core-lib", "core-lib"),
            ("alias", "core-lib"),
            ("other", "other"),
        ],
    );
    check(
        &texts,
        &[app, library],
        "app/src/main.rs",
        &[
            (
                "Static core_lib::tools::hammer {hammer}",
                "core-lib/source/tools.rs",
            ),
            ("Static alias::Thing {Thing}", "core-lib/source/root.rs"),
            ("Static other {other}", "external other"),
        ],
    );
}

#[test]
fn files_outside_of_the_module_tree_have_a_place() {
    let texts = [
        (
            "src/lib.rs",
            "mod a; pub struct S; include!(\"part.rs\"); mod cfg { macro_rules! m { () => { mod made; } } }",
        ),
        ("src/a.rs", ""),
        ("src/lost.rs", "use super::S; use crate::a;"),
        ("src/part.rs", "use crate::S; use a as b;"),
        ("tests/it/main.rs", "mod common; use common::x; use p::S;"),
        ("tests/it/common.rs", "pub fn x() {}"),
        ("examples/deep/part.rs", "use crate::y; use p::S;"),
    ];
    let projects = [package("", "p", &[])];
    check(
        &texts,
        &projects,
        "src/lost.rs",
        &[
            ("Static super::S {S}", "src/lib.rs"),
            ("Static crate::a {a}", "src/a.rs"),
        ],
    );
    check(
        &texts,
        &projects,
        "src/part.rs",
        &[
            ("Static crate::S {S}", "src/lib.rs"),
            ("Static a {a}", "src/a.rs"),
        ],
    );
    check(
        &texts,
        &projects,
        "tests/it/main.rs",
        &[
            ("ModuleDeclaration common {common}", "tests/it/common.rs"),
            ("Static common::x {x}", "tests/it/common.rs"),
            ("Static p::S {S}", "src/lib.rs"),
        ],
    );
    check(
        &texts,
        &projects,
        "examples/deep/part.rs",
        &[
            ("Static crate::y {y}", "nothing"),
            ("Static p::S {S}", "src/lib.rs"),
        ],
    );
}

#[test]
fn circles_end() {
    let texts = [
        (
            "src/lib.rs",
            "#[path = \"lib.rs\"] mod again; mod a; mod b; pub use a::*; pub use b::*; use missing;",
        ),
        (
            "src/a.rs",
            "pub use crate::b::*; pub use crate::b::X; #[path = \"b.rs\"] mod c;",
        ),
        (
            "src/b.rs",
            "pub use crate::a::*; pub use crate::a::X; #[path = \"a.rs\"] mod c; use X;",
        ),
    ];
    check(
        &texts,
        &[package("", "p", &[])],
        "src/b.rs",
        &[
            ("ReExport crate::a {*}", "src/a.rs"),
            ("ReExport crate::a::X {X}", "src/a.rs"),
            ("ModuleDeclaration a.rs {c}", "src/a.rs"),
            ("Static X {X}", "src/a.rs"),
        ],
    );
}

#[test]
fn data_is_found_beside_the_file_and_in_the_package() {
    let texts = [
        (
            "p/src/a.rs",
            "const A: &str = include_str!(\"../data.txt\"); const B: &str = include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/data.txt\")); const C: &str = include_str!(\"../../../x\"); include!(concat!(env!(\"OUT_DIR\"), \"/x.rs\"));",
        ),
        ("p/data.txt", ""),
    ];
    let computed = "Computed concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/data.txt\")";
    check(
        &texts,
        &[package("p", "p", &[])],
        "p/src/a.rs",
        &[
            ("Resource ../data.txt", "p/data.txt"),
            (computed, "p/data.txt"),
            (
                "Resource ../../../x",
                "unresolved: no such file in the tree",
            ),
            (
                "Computed concat!(env!(\"OUT_DIR\"), \"/x.rs\")",
                "unresolved: written by the build script",
            ),
        ],
    );
}

proptest! {
    #[test]
    fn any_modules_end_well(
        root in WORDS, one in WORDS, two in WORDS, old in any::<bool>(),
    ) {
        let texts = [
            ("src/lib.rs", root.as_str()),
            ("src/a.rs", one.as_str()),
            ("src/a/b.rs", two.as_str()),
            ("src/b/mod.rs", two.as_str()),
            ("src/x.rs", one.as_str()),
        ];
        let mut project = package("", "a", &[("b", "b")]);
        if old {
            project.runtimes.clear();
        }
        for (path, _) in &texts {
            resolved(&texts, std::slice::from_ref(&project), path);
        }
    }
}

/// Items that import and declare the same few names again and again.
const WORDS: &str = "((mod a;|mod b;|mod a \\{|\\}|pub use |use |crate::|self::|super::|::|a::|b::|a;|b;|\\*;|#\\[path = \"lib.rs\"\\]|#\\[path = \"x.rs\"\\]|include!\\(\"x.rs\"\\);|fn a\\(\\) \\{|struct b;) ?){0,25}";
