//! Closures of small trees.

use synthesizer_model::{
    component::Reason,
    ecmascript::{EcmaScriptClosure, ModuleKind, NpmNeedKind, TakenAs},
    failure::{ErrorCode, Failure},
    progress::Unwatched,
};

use super::{EcmaScriptSource, take};
use crate::memory_tree::MemoryTree;

fn taken(files: &[(&str, &str)], components: &[&str]) -> Result<EcmaScriptClosure, Failure> {
    let tree = MemoryTree::of_texts(files.iter().copied());
    let read = EcmaScriptSource::read(&tree, &Unwatched).expect("read");
    let components: Vec<String> = components.iter().map(|one| (*one).to_owned()).collect();
    take(&tree, &read, &components, &Unwatched)
}

fn paths(closure: &EcmaScriptClosure) -> Vec<&str> {
    closure
        .files
        .iter()
        .map(|file| file.path.as_str())
        .collect()
}

fn findings(closure: &EcmaScriptClosure) -> Vec<String> {
    closure
        .findings
        .iter()
        .map(|finding| {
            let path = finding.path.as_deref().unwrap_or("");
            let line = finding.line.unwrap_or(0);
            format!("{} {path}:{line}", finding.kind)
        })
        .collect()
}

const MANIFEST: &str = r##"{
  "name": "sample", "version": "1.2.3",
  "exports": {".": "./lib/index.js", "./part": "./lib/part.js", "./out": "../../../etc/passwd"},
  "imports": {"#inner": "./lib/inner.js"},
  "dependencies": {"dep": "^1.0.0", "git": "git+https://git.example/x.git"},
  "peerDependencies": {"peer": ">=2"},
  "devDependencies": {"mocha": "^10.0.0", "tape": "^5.0.0"},
  "scripts": {"preinstall": "exit 1", "test": "mocha"}
}"##;

#[test]
fn a_module_brings_what_it_imports_in_every_form() {
    let closure = taken(
        &[
            ("package.json", MANIFEST),
            ("lib/index.js", "require('./a')"),
            (
                "lib/a.js",
                "const b = require('./b');\nconst d = require('./data.json');\nimport('./lazy.mjs');\nconst self = require('sample/part');\nconst inner = require('#inner');\nrequire('dep/x'); require('node:fs'); require('peer');\nconst t = require('path').join(__dirname, 'text.txt');\nrequire(name);\n",
            ),
            ("lib/a.d.ts", "import type { T } from './types';\nexport const a: T;"),
            ("lib/types.d.ts", "export type T = 1;"),
            ("lib/b.js", "exports.b = 1;"),
            ("lib/data.json", "{}"),
            ("lib/lazy.mjs", "export default 1;"),
            ("lib/part.js", "exports.p = 1;"),
            ("lib/inner.js", "exports.i = 1;"),
            ("lib/text.txt", "text"),
            ("lib/other.js", "1"),
        ],
        &["lib/a.js"],
    )
    .expect("taken");
    assert_eq!(
        paths(&closure),
        [
            "lib/a.d.ts",
            "lib/a.js",
            "lib/b.js",
            "lib/data.json",
            "lib/inner.js",
            "lib/lazy.mjs",
            "lib/part.js",
            "lib/text.txt",
            "lib/types.d.ts",
        ]
    );
    assert_eq!(findings(&closure), ["computed-import lib/a.js:8"]);
    let needs: Vec<(&str, &str)> = closure
        .needs
        .iter()
        .map(|need| (need.name.as_str(), need.range.as_str()))
        .collect();
    assert_eq!(needs, [("dep", "^1.0.0"), ("peer", ">=2")]);
    let kind = |path: &str| {
        let file = closure.files.iter().find(|file| file.path.as_str() == path);
        file.and_then(|file| file.kind)
    };
    assert_eq!(kind("lib/a.js"), Some(ModuleKind::CommonJs));
    assert_eq!(kind("lib/lazy.mjs"), Some(ModuleKind::Module));
    assert_eq!(kind("lib/text.txt"), None);
    assert_eq!(closure.components[0].files, 9);
}

#[test]
fn a_package_is_taken_whole_without_what_is_of_tools() {
    let dense = "function a(b,c){return b?c:d(b)};".repeat(40);
    let files = [
        ("package.json", MANIFEST),
        ("README.md", "text"),
        ("lib/index.js", "require('./a')"),
        ("lib/a.js", "exports.a = 1"),
        ("lib/a.js.map", "{\"version\":3}"),
        ("dist/sample.min.js", dense.as_str()),
        (
            "test/a.js",
            "const a = require('../lib/a');\ndescribe('a', () => {});",
        ),
        (".npmrc", "ignore-scripts=false"),
        ("node_modules/x/index.js", "1"),
    ];
    let closure = taken(&files, &[]).expect("taken");
    assert_eq!(
        paths(&closure),
        ["README.md", "lib/a.js", "lib/index.js", "test/a.js"]
    );
    assert_eq!(
        findings(&closure),
        ["bundled-left-out dist/sample.min.js:0"]
    );
    let package = &closure.packages[0];
    assert!(package.whole);
    assert_eq!(package.test_packages.iter().collect::<Vec<_>>(), ["mocha"]);
    assert_eq!(closure.needs.len(), 1);
    assert_eq!(closure.needs[0].kind, NpmNeedKind::Required);
}

#[test]
fn minified_and_bundled_modules_are_refused_with_a_hint() {
    let dense = "function a(b,c){return b?c:d(b)};".repeat(40);
    let bundle = "// src/a.ts\nvar a = 1;\n// src/b.ts\nvar b = 2;\n";
    for text in [dense.as_str(), bundle] {
        let manifest = r#"{"name": "m", "main": "m.js", "repository": {"url": "git+https://git.example/m.git"}}"#;
        for components in [&["m.js"][..], &[], &["user.js"]] {
            let files = [
                ("package.json", manifest),
                ("m.js", text),
                ("user.js", "require('./m')"),
            ];
            let failure = taken(&files, components).expect_err("refused");
            assert_eq!(failure.code, ErrorCode::Incompatible);
            let hint = failure.hint.unwrap_or_default();
            assert!(hint.contains("https://git.example/m.git"), "{hint}");
        }
    }
}

#[test]
fn tests_of_a_module_come_along_with_what_they_need() {
    let closure = taken(
        &[
            ("package.json", MANIFEST),
            ("lib/index.js", "1"),
            ("lib/a.js", "exports.a = 1"),
            ("test/a.js", "const test = require('tape');\nrequire('../lib/a');\nrequire('./help');\nrequire('./fixtures/x.json')"),
            ("test/help.js", "1"),
            ("test/fixtures/x.json", "{}"),
            ("test/b.js", "require('../lib/a'); require('../lib/index');"),
            ("test/c.js", "require('../lib/a');\nit('x', () => {});"),
            ("test/d.js", "require('../lib/a'); require('not-declared');"),
            ("test/other.js", "require('../lib/index')"),
        ],
        &["lib/a.js"],
    )
    .expect("taken");
    let tests: Vec<&str> = closure
        .files
        .iter()
        .filter(|file| file.taken_as == TakenAs::Test)
        .map(|file| file.path.as_str())
        .collect();
    assert_eq!(
        tests,
        [
            "lib/index.js",
            "test/a.js",
            "test/b.js",
            "test/c.js",
            "test/fixtures/x.json",
            "test/help.js"
        ]
    );
    assert_eq!(findings(&closure), ["test-left-out test/d.js:0"]);
    let needs: Vec<&str> = closure
        .needs
        .iter()
        .map(|need| need.name.as_str())
        .collect();
    assert_eq!(needs, ["mocha", "tape"]);
}

#[test]
fn typescript_that_must_be_built_is_taken_as_modules() {
    let closure = taken(
        &[
            (
                "package.json",
                r#"{"name": "typed", "type": "module", "main": "dist/index.js", "types": "dist/index.d.ts", "dependencies": {"dep": "1"}, "devDependencies": {"@types/dep": "1.1"}}"#,
            ),
            ("tsconfig.json", r#"{"compilerOptions": {"baseUrl": ".", "paths": {"@lib/*": ["src/lib/*"]}}}"#),
            ("src/index.ts", "import { x } from '@lib/x';\nimport dep from 'dep';\nexport * from './other.js';"),
            ("src/lib/x.ts", "export const x = 1;"),
            ("src/other.ts", "export const o = 1;"),
            ("src/unused.ts", "1"),
        ],
        &[],
    )
    .expect("taken");
    assert_eq!(
        paths(&closure),
        ["src/index.ts", "src/lib/x.ts", "src/other.ts"]
    );
    assert_eq!(findings(&closure), ["taken-as-sources src/index.ts:0"]);
    let needs: Vec<(&str, NpmNeedKind)> = closure
        .needs
        .iter()
        .map(|need| (need.name.as_str(), need.kind))
        .collect();
    assert_eq!(
        needs,
        [
            ("@types/dep", NpmNeedKind::Development),
            ("dep", NpmNeedKind::Required)
        ]
    );
}

#[test]
fn members_of_a_workspace_are_named_and_bring_their_siblings() {
    let files = [
        (
            "package.json",
            r#"{"private": true, "workspaces": ["packages/*"]}"#,
        ),
        (
            "packages/a/package.json",
            r#"{"name": "@x/a", "version": "1.0.0", "dependencies": {"@x/b": "workspace:^"}}"#,
        ),
        ("packages/a/index.js", "require('@x/b')"),
        (
            "packages/b/package.json",
            r#"{"name": "@x/b", "version": "2.0.0"}"#,
        ),
        ("packages/b/index.js", "exports.b = 1"),
    ];
    for component in ["@x/a", "packages/a"] {
        let closure = taken(&files, &[component]).expect("taken");
        assert_eq!(
            paths(&closure),
            ["packages/a/index.js", "packages/b/index.js"]
        );
        let siblings = &closure.packages[0].siblings;
        assert_eq!(siblings.get("@x/b").map(String::as_str), Some("packages/b"));
    }
    let failure = taken(&files, &[]).expect_err("no package at the top");
    assert!(failure.hint.unwrap_or_default().contains("packages/a"));
    let module = taken(&files, &["packages/a/index.js"]).expect("taken");
    assert_eq!(
        paths(&module),
        ["packages/a/index.js", "packages/b/index.js"]
    );
}

#[test]
fn what_is_missing_stops_only_what_would_fail_at_once() {
    let text = "require('./gone');\ntry { require('./maybe') } catch {}\nfunction f() { require('./later') }\n";
    let files = [("package.json", MANIFEST), ("lib/a.js", text)];
    let closure = taken(&files, &["lib/a.js"]).expect("taken");
    let severities: Vec<(Option<u32>, String)> = closure
        .findings
        .iter()
        .map(|finding| (finding.line, format!("{:?}", finding.severity)))
        .collect();
    let expected = [(1, "Error"), (2, "Info"), (3, "Warning")];
    assert_eq!(
        severities,
        expected.map(|(line, severity)| (Some(line), severity.to_owned()))
    );
}

#[test]
fn names_that_lead_out_of_the_tree_lead_nowhere() {
    let text = "require('sample/out'); require('../../../etc/passwd'); require('%2e%2e/x'); require('a\\nb'); require('./\\0')";
    let files = [("package.json", MANIFEST), ("lib/a.js", text)];
    let closure = taken(&files, &["lib/a.js"]).expect("taken");
    assert_eq!(paths(&closure), ["lib/a.js"]);
    assert!(closure.needs.is_empty(), "{:?}", closure.needs);
    assert_eq!(closure.findings.len(), 5, "{:?}", closure.findings);
    let outside = r#"{"name": "x", "main": "../../../etc/passwd"}"#;
    let failure = taken(&[("package.json", outside), ("a.js", "1")], &[]).expect_err("no module");
    assert_eq!(failure.code, ErrorCode::Incompatible);
}

#[test]
fn symbols_and_names_of_exports_find_their_module() {
    let files = [
        ("package.json", MANIFEST),
        ("lib/part.js", "exports.part = function part() {};"),
        ("lib/index.js", "1"),
    ];
    let check = |component: &str, expected: Option<&str>| {
        let found = taken(&files, &[component]).ok().map(|closure| {
            assert_eq!(closure.files[0].reason, Reason::Requested);
            paths(&closure).join(" ")
        });
        assert_eq!(found.as_deref(), expected, "{component}");
    };
    check("lib/part.js:part", Some("lib/part.js"));
    check("lib/part", Some("lib/part.js"));
    check("part", Some("lib/part.js"));
    check("sample/part", Some("lib/part.js"));
    check("lib/part.js:none", None);
    check("lib/none.js", None);
}

#[test]
fn wide_maps_of_exports_take_little_time() {
    let entries: Vec<String> = (0..10_000)
        .map(|number| format!("\"./x{number}/*\": \"./lib/*/{number}.js\""))
        .collect();
    let manifest = format!(
        "{{\"name\": \"wide\", \"main\": \"a.js\", \"exports\": {{\".\": \"./a.js\", {}}}, \"__proto__\": {{\"polluted\": true}}}}",
        entries.join(",")
    );
    let text: String = (0..200)
        .map(|number| format!("require('wide/x{number}/y');\n"))
        .collect();
    let files = [("package.json", manifest.as_str()), ("a.js", text.as_str())];
    let begun = std::time::Instant::now();
    let closure = taken(&files, &["a.js"]).expect("taken");
    assert_eq!(paths(&closure), ["a.js"]);
    assert!(closure.findings.len() <= 61);
    assert!(begun.elapsed().as_secs() < 20);
}

#[test]
fn tests_that_import_their_package_by_its_name_mean_the_source() {
    let manifest = r#"{
        "name": "p", "version": "1.0.0", "scripts": {"test": "vitest run"},
        "exports": {".": {"@p/source": "./src/index.ts", "types": "./index.d.ts", "import": "./index.js"}}
    }"#;
    let test = "import { expect, test } from \"vitest\";\nimport * as p from \"p\";\n";
    let files = [
        ("package.json", manifest),
        ("src/index.ts", "export const a = 1;\n"),
        ("src/a.test.ts", test),
        ("index.js", "export const a = 1;\n"),
        ("index.d.ts", "export declare const a: number;\n"),
    ];
    let closure = taken(&files, &["src/index.ts"]).expect("taken");
    assert_eq!(paths(&closure), ["src/a.test.ts", "src/index.ts"]);
}
