//! Names that lead to files by their path, and what configurations make of names.

use synthesizer_model::code::ImportForm;

use super::{Fixture, NOT_THERE};

#[test]
fn relative_paths() {
    let tree = Fixture::new(
        &[("lib/package.json", r#"{"main": "./main"}"#)],
        &[
            "src/a.ts",
            "src/b.js",
            "src/c.tsx",
            "src/d.d.ts",
            "src/e/index.ts",
            "src/f.json",
            "src/g.css",
            "src/h.mts",
            "src/i.vue",
            "src/j.ios.tsx",
            "src/j.android.js",
            "src/k.d.css.ts",
            "src/index.ts",
            "lib/main.js",
            "src/with.dot.ts",
        ],
    );
    let check = |target: &str, expected: &str| tree.check("src/a.ts", target, expected);
    check("./b", "src/b.js");
    check("./b.js", "src/b.js");
    check("./c", "src/c.tsx");
    check("./c.js", "src/c.tsx");
    check("./c.jsx", "src/c.tsx");
    check("./d", "src/d.d.ts");
    check("./d.js", "src/d.d.ts");
    check("./e", "src/e/index.ts");
    check("./e/", "src/e/index.ts");
    check("./e/index.js", "src/e/index.ts");
    check("./f.json", "src/f.json");
    check("./f", "src/f.json");
    check("./g.css", "src/g.css");
    check("./g.css?inline", "src/g.css");
    check("raw!./g.css", "src/g.css");
    check("./h.mjs", "src/h.mts");
    check("./i", "src/i.vue");
    check("./j", "src/j.ios.tsx src/j.android.js");
    check("./k.css", "src/k.d.css.ts");
    check("./with.dot", "src/with.dot.ts");
    check(".", "src/index.ts");
    check("./", "src/index.ts");
    check("..", NOT_THERE);
    check("../lib", "lib/main.js");
    check("./none", NOT_THERE);
    check("./.js", NOT_THERE);
    check("../../x", "!outside the tree");
    check(
        &format!("./{}", "x".repeat(2_000)),
        "!a name that is too long",
    );
}

#[test]
fn a_module_and_its_declaration() {
    let tree = Fixture::new(
        &[],
        &[
            "a.ts", "a.js", "b.js", "b.d.ts", "c.d.ts", "d.d.ts", "d.ts", "m.d.mts", "m.mjs",
            "u.js", "x.d.ts",
        ],
    );
    tree.check("a.ts", "./b", "b.js b.d.ts");
    tree.check("a.ts", "./b.js", "b.js b.d.ts");
    tree.check_types("a.ts", "./b", "b.d.ts");
    tree.check("u.js", "./b", "b.js");
    tree.check("x.d.ts", "./b.js", "b.d.ts");
    tree.check("a.ts", "./c", "c.d.ts");
    tree.check("a.ts", "./d.js", "d.ts");
    tree.check("a.ts", "./m.mjs", "m.mjs m.d.mts");
    // Which of two files a compiled name means depends on who asks.
    tree.check("a.ts", "./a.js", "a.ts");
    tree.check("u.js", "./a.js", "a.js");
    tree.check("u.js", "./a", "a.js");
    // Declarations keep the names of their sources.
    tree.check("x.d.ts", "./b.ts", "b.d.ts");
}

#[test]
fn a_folder_by_its_manifest_depends_on_who_asks() {
    let tree = Fixture::new(
        &[
            (
                "both/package.json",
                r#"{"main": "./b.cjs", "module": "./b.mjs", "types": "./types/b.d.ts"}"#,
            ),
            ("typed/package.json", r#"{"typings": "../t.d.ts"}"#),
        ],
        &[
            "a.ts",
            "u.js",
            "c.d.cts",
            "both/b.cjs",
            "both/b.mjs",
            "both/types/b.d.ts",
            "typed/index.js",
            "t.d.ts",
        ],
    );
    tree.check("u.js", "./both", "both/b.mjs");
    tree.check_require("u.js", "./both", "both/b.cjs");
    tree.check_types("u.js", "./both", "both/types/b.d.ts");
    tree.check("a.ts", "./both", "both/b.mjs");
    tree.check_types("a.ts", "./both", "both/types/b.d.ts");
    // What names types alone has its code at the index.
    tree.check("u.js", "./typed", "typed/index.js");
    tree.check_types("u.js", "./typed", "t.d.ts");
    tree.check_types("c.d.cts", "./typed", "t.d.ts");
}

#[test]
fn names_that_lead_nowhere() {
    let tree = Fixture::new(&[], &["a.ts"]);
    tree.check("a.ts", "https://example.org/a.js", "!a URL");
    tree.check(
        "a.ts",
        "virtual:icons",
        "!made by the build tool or the runtime",
    );
    tree.check("a.ts", "~/x", "!an alias of the build tool");
    tree.check("a.ts", "#x", "!the manifest has no such private name");
    tree.check("a.ts", "/x", "!a path from the top of a site or a machine");
    tree.check("a.ts", "data:text/plain,x", "(nothing)");
    let computed = tree.resolve("a.ts", "'./' + x", ImportForm::Computed, false);
    assert_eq!(computed, "!the name is computed");
}

#[test]
fn aliases_mean_the_sources_by_custom() {
    let tree = Fixture::new(
        &[("web/package.json", "{}")],
        &[
            "web/src/a.ts",
            "web/src/b.ts",
            "web/c.ts",
            "web/public/d.svg",
            "web/e.html",
        ],
    );
    tree.check("web/src/a.ts", "@/b", "web/src/b.ts");
    tree.check("web/src/a.ts", "~/c", "web/c.ts");
    tree.check("web/src/a.ts", "/d.svg", "web/public/d.svg");
    tree.check("web/src/a.ts", "/src/b.ts?worker", "web/src/b.ts");
}

#[test]
fn configurations_of_typescript() {
    let tree = Fixture::new(
        &[
            (
                "tsconfig.base.json",
                r#"{"compilerOptions": {"paths": {"@app/*": ["./packages/*/src"]}}}"#,
            ),
            (
                "packages/a/tsconfig.json",
                r#"{"extends": "../../tsconfig.base", /* c */ "compilerOptions": {"rootDirs": ["src", "generated"]}}"#,
            ),
            (
                "packages/b/tsconfig.json",
                r#"{"files": [], "references": [{"path": "./tsconfig.app.json"}, {"path": "./gone"}]}"#,
            ),
            (
                "packages/b/tsconfig.app.json",
                r#"{"compilerOptions": {"baseUrl": "./src", "paths": {"~/*": ["*"], "exact": ["./x.ts"]}}}"#,
            ),
            (
                "packages/c/jsconfig.json",
                r#"{"compilerOptions": {"baseUrl": "."}}"#,
            ),
            (
                "packages/loop/tsconfig.json",
                r#"{"extends": ["./tsconfig.json", "./tsconfig.json", "pkg/base"]}"#,
            ),
        ],
        &[
            "packages/a/src/index.ts",
            "packages/a/generated/types.ts",
            "packages/b/src/index.ts",
            "packages/b/src/x.ts",
            "packages/b/src/deep/y.ts",
            "packages/c/src/z.js",
            "packages/loop/a.ts",
        ],
    );
    tree.check(
        "packages/a/src/index.ts",
        "@app/b",
        "packages/b/src/index.ts",
    );
    tree.check(
        "packages/a/src/index.ts",
        "./types",
        "packages/a/generated/types.ts",
    );
    tree.check(
        "packages/b/src/index.ts",
        "~/deep/y",
        "packages/b/src/deep/y.ts",
    );
    tree.check("packages/b/src/index.ts", "exact", "packages/b/src/x.ts");
    tree.check(
        "packages/b/src/index.ts",
        "deep/y",
        "packages/b/src/deep/y.ts",
    );
    tree.check("packages/b/src/index.ts", "react", "(react)");
    tree.check("packages/c/src/z.js", "src/z", "packages/c/src/z.js");
    tree.check("packages/loop/a.ts", "@app/b", "(@app/b)");
}

#[test]
fn files_beside_the_module() {
    let tree = Fixture::new(&[], &["a/b.js", "a/c.svg", "d.json", "a/e.ts"]);
    let check = |target: &str, expected: &str| {
        let found = tree.resolve("a/b.js", target, ImportForm::Resource, false);
        assert_eq!(found, expected, "{target}");
    };
    check("./c.svg", "a/c.svg");
    check("c.svg#icon", "a/c.svg");
    check("/c.svg", "a/c.svg");
    check("../d.json", "d.json");
    check("./e.js", "a/e.ts");
    check("../../x", "(nothing)");
    check("./made-later", "(nothing)");
    check("https://example.org", "(nothing)");
    let reference = tree.resolve("a/e.ts", "b", ImportForm::Include, true);
    assert_eq!(reference, "a/b.js");
}

#[test]
fn patterns_of_configurations_take_names_that_no_package_has() {
    let paths = r##"{"compilerOptions": {"paths": {
        "@own": ["./src/own.ts"], "virtual:*": ["./src/*"], "~*": ["./src/*"], "data": ["./src/data.json"],
        "several/*": ["./gone/*", "./src/*"], "*.svg": ["./src/svg.d.ts"], "#short/*": ["./src/*"]
    }}}"##;
    let tree = Fixture::new(
        &[("tsconfig.json", paths)],
        &["src/own.ts", "src/data.json", "src/svg.d.ts", "src/a.ts"],
    );
    tree.check("src/a.ts", "@own", "src/own.ts");
    tree.check("src/a.ts", "virtual:own", "src/own.ts");
    tree.check("src/a.ts", "~own", "src/own.ts");
    tree.check("src/a.ts", "data", "src/data.json");
    tree.check("src/a.ts", "several/own", "src/own.ts");
    tree.check("src/a.ts", "icon.svg", "src/svg.d.ts");
    tree.check("src/a.ts", "#short/own", "src/own.ts");
    tree.check("src/a.ts", "@other", "!no name of a package");
}

#[test]
fn names_of_data_and_of_other_languages() {
    let tree = Fixture::new(
        &[],
        &[
            "a.js",
            "a.ts",
            "b.json",
            "c.node",
            "d.wasm",
            "e.d.json.ts",
            "e.json",
        ],
    );
    for from in ["a.js", "a.ts"] {
        tree.check(from, "./b.json", "b.json");
        tree.check(from, "./b", "b.json");
        tree.check(from, "./d.wasm", "d.wasm");
        tree.check(from, "./e.json", "e.json");
    }
    tree.check_require("a.js", "./c", "c.node");
    tree.check_require("a.js", "./c.node", "c.node");
}
