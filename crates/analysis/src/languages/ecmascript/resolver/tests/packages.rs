//! Names of packages of the tree and from elsewhere, of modules of Node.js, and private names.

use synthesizer_model::project::ProjectRole;

use super::{Fixture, NOT_THERE};

#[test]
fn modules_of_node() {
    let tree = Fixture::new(&[("package.json", "{}")], &["a.js"]).with_project(
        "",
        ProjectRole::Root,
        "root",
        &[("events", "^3"), ("buffer", "^6")],
    );
    tree.check("a.js", "fs", "(library)");
    tree.check("a.js", "fs/promises", "(library)");
    tree.check("a.js", "node:sqlite", "(library)");
    tree.check("a.js", "events", "(events)");
    tree.check("a.js", "buffer/", "(buffer)");
    tree.check("a.js", "punycode/", "(library)");
    tree.check("a.js", "test", "(test)");
    tree.check("a.js", "fs/nothing", "(fs)");
}

#[test]
fn packages_from_elsewhere() {
    let tree = Fixture::new(&[], &["a.ts", "packages/b/c.ts"])
        .with_project(
            "",
            ProjectRole::Root,
            "root",
            &[("alias", "npm:real-name"), ("@types/untyped", "1")],
        )
        .with_project("packages/b", ProjectRole::Member, "b", &[("react", "1")]);
    tree.check("a.ts", "react", "(react)");
    tree.check("a.ts", "react/jsx-runtime", "(react)");
    tree.check("a.ts", "@scope/name/deep/er", "(@scope/name)");
    tree.check("a.ts", "alias/x", "(real-name)");
    tree.check("packages/b/c.ts", "alias", "(real-name)");
    tree.check_types("a.ts", "untyped", "(@types/untyped)");
    tree.check("a.ts", "untyped", "(untyped)");
    tree.check("a.ts", "npm:chalk@5", "(chalk)");
}

const MAPPED: &str = r##"{
    "name": "mapped",
    "exports": {
        ".": {"types": "./types/index.d.ts", "import": "./esm/index.mjs", "require": "./cjs/index.cjs"},
        "./feature/*": "./dist/feature/*.js",
        "./source": {"development": "./src/source.ts", "default": "./dist/source.js"},
        "./package.json": "./package.json",
        "./blocked": null
    },
    "imports": {
        "#own": "./src/own.ts",
        "#deep/*": "./src/deep/*.ts",
        "#lib": {"node": "lib-node", "default": "./src/polyfill.js"}
    }
}"##;

#[test]
fn a_package_by_its_map() {
    let tree = Fixture::new(
        &[("mapped/package.json", MAPPED)],
        &[
            "mapped/types/index.d.ts",
            "mapped/esm/index.mjs",
            "mapped/cjs/index.cjs",
            "mapped/src/feature/a.ts",
            "mapped/src/source.ts",
            "mapped/src/own.ts",
            "mapped/src/deep/er.ts",
            "other/b.ts",
        ],
    )
    .with_project("mapped", ProjectRole::Member, "mapped", &[])
    .with_project(
        "other",
        ProjectRole::Member,
        "other",
        &[("renamed", "npm:mapped")],
    );
    tree.check("other/b.ts", "mapped", "mapped/esm/index.mjs");
    tree.check_types("other/b.ts", "mapped", "mapped/types/index.d.ts");
    tree.check_require("other/b.ts", "mapped", "mapped/cjs/index.cjs");
    tree.check("other/b.ts", "mapped/feature/a", "mapped/src/feature/a.ts");
    tree.check("other/b.ts", "mapped/source", "mapped/src/source.ts");
    tree.check("other/b.ts", "mapped/package.json", "mapped/package.json");
    tree.check(
        "other/b.ts",
        "mapped/none",
        "!the package of the tree has no such module",
    );
    tree.check("other/b.ts", "renamed", "mapped/esm/index.mjs");
    tree.check(
        "mapped/src/own.ts",
        "mapped/feature/a",
        "mapped/src/feature/a.ts",
    );
    tree.check("mapped/src/own.ts", "#own", "mapped/src/own.ts");
    tree.check("mapped/src/own.ts", "#deep/er", "mapped/src/deep/er.ts");
    tree.check("mapped/src/own.ts", "#lib", "(lib-node)");
    tree.check(
        "mapped/src/own.ts",
        "#none",
        "!the manifest has no such private name",
    );
}

#[test]
fn built_files_mean_their_sources() {
    let check = |manifest: &str, sources: &[&str], subpath: &str, expected: &str| {
        let mut empty = vec!["b.ts"];
        empty.extend_from_slice(sources);
        let tree = Fixture::new(&[("a/package.json", manifest)], &empty)
            .with_project("", ProjectRole::Root, "root", &[])
            .with_project("a", ProjectRole::Member, "a", &[]);
        tree.check("b.ts", &format!("a{subpath}"), expected);
    };
    let index: &[&str] = &["a/src/index.ts"];
    check(r#"{"main": "dist/index.js"}"#, index, "", "a/src/index.ts");
    check(
        r#"{"main": "./build/cjs/index.min.js"}"#,
        index,
        "",
        "a/src/index.ts",
    );
    check(r#"{"main": "dist/bundle.js"}"#, index, "", "a/src/index.ts");
    check(
        r#"{"exports": {"import": "./dist/a.mjs"}}"#,
        index,
        "",
        "a/src/index.ts",
    );
    check(
        r#"{"types": "lib/index.d.ts"}"#,
        index,
        "",
        "a/src/index.ts",
    );
    check("{}", index, "", "a/src/index.ts");
    check("{}", &["a/index.js"], "", "a/index.js");
    check(
        r#"{"source": "source/main.ts", "main": "dist/x.js"}"#,
        &["a/source/main.ts"],
        "",
        "a/source/main.ts",
    );
    check(
        r#"{"exports": {"./*": "./dist/*.js"}}"#,
        &["a/src/x/index.tsx"],
        "/x",
        "a/src/x/index.tsx",
    );
    check(
        r#"{"main": "dist/index.js"}"#,
        &["a/src/x.ts"],
        "/dist/x",
        "a/src/x.ts",
    );
    check(
        r#"{"main": "lib/index.js"}"#,
        &["a/lib/index.js", "a/src/index.ts"],
        "",
        "a/lib/index.js",
    );
    check(r#"{"main": "../../x.js"}"#, index, "", "a/src/index.ts");
    check(
        &format!(r#"{{"main": "{}x.js"}}"#, "dist/".repeat(500)),
        index,
        "",
        "a/src/index.ts",
    );
}

#[test]
fn packages_of_the_tree() {
    let tree = Fixture::new(
        &[
            ("package.json", r#"{"name": "root", "main": "index.js"}"#),
            ("examples/e/package.json", r#"{"name": "e"}"#),
            (
                "test/react/package.json",
                r#"{"name": "react", "main": "index.js"}"#,
            ),
            (
                "test/node_modules/dep/package.json",
                r#"{"name": "dep", "main": "d.js"}"#,
            ),
        ],
        &[
            "index.js",
            "examples/e/a.js",
            "test/react/index.js",
            "test/b.js",
            "test/node_modules/dep/d.js",
        ],
    )
    .with_project(
        "",
        ProjectRole::Root,
        "root",
        &[("linked", "file:./test/react")],
    )
    .with_project(
        "examples/e",
        ProjectRole::Example,
        "e",
        &[("root", "workspace:*")],
    )
    .with_project("test/react", ProjectRole::Test, "react", &[]);
    tree.check("examples/e/a.js", "root", "index.js");
    // A package of a test's own is not what the name means elsewhere.
    tree.check("index.js", "react", "(react)");
    tree.check("test/react/index.js", "react", "test/react/index.js");
    tree.check("index.js", "linked", "test/react/index.js");
    tree.check("test/b.js", "dep", "test/node_modules/dep/d.js");
    tree.check("index.js", "dep", "(dep)");
}

#[test]
fn hostile_manifests_are_survived() {
    let deep = format!("{}1{}", r#"{"exports":"#.repeat(1_000), "}".repeat(1_000));
    let circle = r##"{"name": "a", "imports": {"#a": "#b", "#b": "#a", "#c": "#c/*"}, "exports": {".": "../../../x"}}"##;
    let configuration = format!(
        r#"{{"compilerOptions": {{"baseUrl": "{}"}}}}"#,
        "../".repeat(1_000)
    );
    let tree = Fixture::new(
        &[
            ("deep/package.json", &deep),
            ("circle/package.json", circle),
            ("circle/tsconfig.json", &configuration),
            ("broken/package.json", "{"),
        ],
        &["deep/a.js", "circle/a.js", "broken/a.js"],
    )
    .with_project("circle", ProjectRole::Root, "a", &[]);
    tree.check("deep/a.js", "#x", "!the manifest has no such private name");
    tree.check(
        "circle/a.js",
        "#a",
        "!the manifest has no such private name",
    );
    tree.check(
        "circle/a.js",
        "a",
        "!the package of the tree has no such module",
    );
    tree.check("broken/a.js", "./", NOT_THERE);
}

#[test]
fn entries_by_who_asks() {
    let manifest = r##"{
        "name": "@own/pkg",
        "type": "module",
        "imports": {
            "#flag": {"module-sync": "./flags/true.js", "default": "./flags/false.js"},
            "#fs": "node:fs",
            "#self": "@own/pkg/sub",
            "#dep/*": "dep/lib/*.js"
        },
        "exports": {
            ".": {"import": {"types": "./i.d.ts", "default": "./i.js"}, "require": {"types": "./i.d.cts", "default": "./i.cjs"}},
            "./sub": ["./gone.js", "./sub.js"],
            "./nested": {"node": {"import": "./n.mjs", "require": "./n.cjs"}, "default": "./browser.js"},
            "./versions": {"types@>=4.7": "./v.d.ts", "default": "./v.js"},
            "./files/*.js": "./f/*.js",
            "./files/private/*": null,
            "./data.json": "./data.json"
        }
    }"##;
    let files = [
        "i.d.ts",
        "i.js",
        "i.d.cts",
        "i.cjs",
        "sub.js",
        "n.mjs",
        "n.cjs",
        "browser.js",
        "v.d.ts",
        "v.js",
        "f/a.js",
        "f/private/b.js",
        "files/private/b.js",
        "data.json",
        "flags/true.js",
        "flags/true.d.ts",
        "flags/false.js",
        "x.js",
        "x.ts",
        "x.cts",
    ];
    let tree = Fixture::new(&[("package.json", manifest)], &files).with_project(
        "",
        ProjectRole::Root,
        "@own/pkg",
        &[],
    );
    tree.check("x.js", "@own/pkg", "i.js");
    tree.check_require("x.js", "@own/pkg", "i.cjs");
    tree.check_types("x.js", "@own/pkg", "i.d.ts");
    tree.check("x.ts", "@own/pkg", "i.js i.d.ts");
    tree.check_types("x.ts", "@own/pkg", "i.d.ts");
    // A file of CommonJS asks by `require`, whatever it writes.
    tree.check_types("x.cts", "@own/pkg", "i.d.cts");
    tree.check("x.js", "@own/pkg/sub", "sub.js");
    tree.check("x.js", "@own/pkg/nested", "n.mjs");
    tree.check_require("x.js", "@own/pkg/nested", "n.cjs");
    tree.check_types("x.ts", "@own/pkg/versions", "v.d.ts");
    tree.check("x.js", "@own/pkg/versions", "v.js");
    tree.check("x.js", "@own/pkg/files/a.js", "f/a.js");
    tree.check("x.js", "@own/pkg/data.json", "data.json");
    tree.check(
        "x.js",
        "@own/pkg/files/private/b.js",
        "!the package of the tree has no such module",
    );
    tree.check("x.js", "#flag", "flags/true.js");
    tree.check_require("x.js", "#flag", "flags/true.js");
    tree.check_types("x.ts", "#flag", "flags/true.d.ts");
    tree.check("x.js", "#fs", "(library)");
    tree.check("x.js", "#self", "sub.js");
    tree.check("x.js", "#dep/a", "(dep)");
}

#[test]
fn members_of_a_workspace_ask_for_each_other() {
    let tree = Fixture::new(
        &[
            ("package.json", r#"{"workspaces": ["packages/*"]}"#),
            (
                "packages/a/package.json",
                r#"{"name": "@w/a", "exports": {".": {"types": "./dist/index.d.ts", "default": "./dist/index.mjs"}, "./*": "./dist/*.mjs"}}"#,
            ),
            (
                "packages/b/package.json",
                r#"{"name": "b", "main": "lib/b", "types": "src/b.ts"}"#,
            ),
        ],
        &[
            "packages/a/src/index.ts",
            "packages/a/src/deep/x.tsx",
            "packages/b/lib/b.js",
            "packages/b/src/b.ts",
            "packages/b/styles.css",
        ],
    )
    .with_project("", ProjectRole::Root, "", &[])
    .with_project("packages/a", ProjectRole::Member, "@w/a", &[("b", "workspace:^")])
    .with_project("packages/b", ProjectRole::Member, "b", &[("other-a", "npm:@w/a@*")]);
    let (a, b) = ("packages/a/src/index.ts", "packages/b/src/b.ts");
    tree.check(b, "@w/a", "packages/a/src/index.ts");
    tree.check(b, "@w/a/deep/x", "packages/a/src/deep/x.tsx");
    tree.check(a, "b", "packages/b/lib/b.js");
    tree.check_types(a, "b", "packages/b/src/b.ts");
    tree.check(a, "b/styles.css", "packages/b/styles.css");
    tree.check(
        "packages/b/lib/b.js",
        "@w/a/none",
        "!the package of the tree has no such module",
    );
}
