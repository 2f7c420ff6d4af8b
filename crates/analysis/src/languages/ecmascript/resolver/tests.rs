//! Where imports lead, on small trees in memory.

use synthesizer_model::{
    analysis::ProjectFacts,
    code::{Circumstances, Import, ImportForm},
    dependency::{Dependency, Ecosystem},
    project::{Project, ProjectRole},
    source_file::FileRole,
    text::ByteRange,
    tree::{SourceTree as _, TreePath},
};

use crate::{
    languages::{Resolved, Resolver as _, SourceFile, SourceFiles},
    memory_tree::MemoryTree,
};

use super::EcmaScriptResolver;

/// A tree in which imports are resolved.
struct Fixture {
    tree: MemoryTree,
    paths: Vec<TreePath>,
    projects: Vec<Project>,
}

impl Fixture {
    /// Makes a tree of texts; files whose text does not matter are named alone.
    fn new(texts: &[(&str, &str)], empty: &[&str]) -> Self {
        let empty = empty.iter().map(|path| (*path, ""));
        let tree = MemoryTree::of_texts(texts.iter().copied().chain(empty));
        let paths = tree
            .entries()
            .iter()
            .map(|entry| entry.path.clone())
            .collect();
        Self {
            tree,
            paths,
            projects: Vec::new(),
        }
    }

    /// Adds a package with what it asks for: name and specifier.
    fn with_project(
        mut self,
        folder: &str,
        role: ProjectRole,
        name: &str,
        asked: &[(&str, &str)],
    ) -> Self {
        let manifest = if folder.is_empty() {
            "package.json".to_owned()
        } else {
            format!("{folder}/package.json")
        };
        let dependencies = asked.iter().map(|(name, specifier)| {
            let mut dependency = Dependency::new(Ecosystem::Npm, *name, &manifest, 1);
            dependency.specifier = (*specifier).to_owned();
            if let Some(real) = specifier.strip_prefix("npm:") {
                dependency.imported_as = Some((*name).to_owned());
                dependency.name = real.to_owned();
            }
            dependency
        });
        self.projects.push(Project {
            folder: folder.to_owned(),
            ecosystem: Ecosystem::Npm,
            role,
            manifests: vec![manifest.clone()],
            workspace: None,
            facts: ProjectFacts {
                name: Some(name.to_owned()),
                ..ProjectFacts::default()
            },
            targets: Vec::new(),
            dependencies: dependencies.collect(),
            extras: Vec::new(),
            runtimes: Default::default(),
            license: None,
            license_as_written: None,
            license_files: Vec::new(),
            private: false,
        });
        self
    }

    /// Resolves a name of a form as seen from a file, and writes where it leads.
    fn resolve(&self, from: &str, target: &str, form: ImportForm, types: bool) -> String {
        let files = self.paths.iter().map(|path| SourceFile {
            path,
            language: None,
            role: FileRole::Source,
            code: None,
        });
        let files = SourceFiles::new(&self.tree, files.collect(), &self.projects);
        let import = Import {
            target: target.to_owned(),
            form,
            names: Vec::new(),
            range: ByteRange::new(0, 0),
            line: 1,
            circumstances: Circumstances {
                type_checking: types,
                ..Circumstances::default()
            },
        };
        let from = files.index(from).expect("a file of the tree");
        match EcmaScriptResolver::new(&files).resolve(from, &import) {
            Resolved::Files(found) => {
                let paths = found.iter().map(|index| files.file(*index).path.as_str());
                paths.collect::<Vec<_>>().join(" ")
            }
            Resolved::StandardLibrary => "(library)".to_owned(),
            Resolved::External(name) => format!("({name})"),
            Resolved::Unresolved(reason) => format!("!{reason}"),
            Resolved::Nothing => "(nothing)".to_owned(),
        }
    }

    fn check(&self, from: &str, target: &str, expected: &str) {
        let found = self.resolve(from, target, ImportForm::Static, false);
        assert_eq!(found, expected, "{target} from {from}");
    }

    fn check_types(&self, from: &str, target: &str, expected: &str) {
        let found = self.resolve(from, target, ImportForm::Static, true);
        assert_eq!(found, expected, "types of {target} from {from}");
    }

    fn check_require(&self, from: &str, target: &str, expected: &str) {
        let found = self.resolve(from, target, ImportForm::Require, false);
        assert_eq!(found, expected, "require of {target} from {from}");
    }
}

const NOT_THERE: &str = "!no such file in the tree";

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
