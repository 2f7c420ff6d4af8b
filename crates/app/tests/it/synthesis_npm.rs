//! JavaScript and TypeScript packages and modules, taken from the registry and from folders; placed, installed, imported and tested. Needs
//! the network when it runs for the first time.

use std::{path::Path, process::Command};

use serde_json::Value;
use synthesizer_testkit::program::{Program, Run};

use crate::{
    crafted::{assert_nothing_left, checks, findings, folder, program},
    project::Project,
};

fn run(program: &Program, repositories: &[&str], more: &[&str]) -> Run {
    let mut arguments = vec![
        "synthesize",
        "--json",
        "--ecosystem",
        "npm",
        "--name",
        "fresh",
        "--output",
        "out",
    ];
    for repository in repositories {
        arguments.extend(["--repo", repository]);
    }
    arguments.extend(more);
    program.run(arguments)
}

/// Runs `synthesize` for a project `fresh` in `./out`, which has to succeed.
fn taken(program: &Program, repositories: &[&str], more: &[&str]) -> (Value, Project) {
    let run = run(program, repositories, more).expect_status(0);
    (run.json(), Project::at(program.work().join("out")))
}

fn assert_passed(answer: &Value, names: &[&str]) {
    let checks = checks(answer);
    let shown = &answer["verification"]["checks"];
    for name in names {
        assert_eq!(
            checks.get(*name).map(String::as_str),
            Some("passed"),
            "{name}: {shown:#}"
        );
    }
}

/// Gives what an ECMAScript module prints that runs at the top of a folder.
fn print_by_node(folder: &Path, module: &str) -> String {
    let output = Command::new("node")
        .args(["--input-type=module", "-e", module])
        .current_dir(folder)
        .output()
        .expect("node runs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

fn transforms(project: &Project, path: &str) -> Vec<String> {
    let lock = project.lock();
    let file = lock.files.iter().find(|file| file.path == path);
    file.expect(path).transforms.clone()
}

const ALL: [&str; 6] = [
    "parse",
    "imports-resolve",
    "install",
    "types",
    "import",
    "tests",
];

#[test]
fn published_packages_and_modules_become_one_project() {
    let program = program();
    let repositories = [
        "npm:ms@2.1.3",
        "npm:semver@7.6.3#functions/satisfies.js",
        "npm:mime-types@2.1.35",
        "npm:date-fns@3.6.0#format.mjs=>dates",
        "npm:qs@6.13.0#lib/utils.js",
    ];
    let (answer, project) = taken(&program, &repositories, &["--level", "test"]);
    assert_passed(&answer, &ALL);
    assert_nothing_left(&program);
    project.assert_committed();
    let imports: Vec<&str> = answer["imports"]
        .as_array()
        .expect("imports")
        .iter()
        .filter_map(|hint| hint["import_as"].as_str())
        .collect();
    assert_eq!(
        imports,
        [
            "import ms from \"ms\";",
            "import satisfies from \"./src/semver/functions/satisfies.js\";",
            "import mimeTypes from \"mime-types\";",
            "import * as format from \"./src/dates/format.mjs\";",
            "import utils from \"./src/qs/lib/utils.js\";",
        ]
    );
    let manifest: Value = serde_json::from_str(&project.text("package.json")).expect("JSON");
    assert_eq!(
        manifest["workspaces"],
        serde_json::json!(["packages/mime-types", "packages/ms"])
    );
    assert_eq!(manifest["type"], "module");
    assert!(project.text("src/semver/package.json").contains("commonjs"));
    assert_eq!(
        transforms(&project, "packages/ms/package.json"),
        ["moved", "manifest-normalised"]
    );
    assert_eq!(transforms(&project, "packages/ms/index.js"), ["moved"]);
    let tests: Vec<String> = project
        .moved()
        .into_keys()
        .filter(|path| path.starts_with("tests/qs/test/"))
        .collect();
    assert!(
        tests.contains(&"tests/qs/test/utils.js".to_owned()),
        "{tests:?}"
    );
    // The project says how it is used, in the words of its family.
    let readme = project.text("README.md");
    assert!(readme.contains("```javascript\nimport ms from"), "{readme}");
    assert!(readme.contains("npm ci --ignore-scripts"), "{readme}");
    assert!(!readme.contains("uv sync"), "{readme}");
    let verified = program
        .run(["verify", "out", "--level", "install", "--locked", "--json"])
        .expect_status(0);
    assert_passed(&verified.json(), &["locked", "install", "import"]);

    // What was placed answers as it did.
    let installed = Command::new("npm")
        .args([
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--silent",
        ])
        .current_dir(project.root())
        .status()
        .expect("npm runs");
    assert!(installed.success());
    let printed = print_by_node(
        project.root(),
        r#"
        import ms from "ms";
        import mime from "mime-types";
        import satisfies from "./src/semver/functions/satisfies.js";
        import { format } from "./src/dates/format.mjs";
        import utils from "./src/qs/lib/utils.js";
        const day = format(new Date(2020, 1, 3), "yyyy-MM-dd");
        console.log(ms("2 days"), mime.lookup("a.json"), satisfies("1.4.0", "^1.2"), day, utils.encode("a b"));
        "#,
    );
    assert_eq!(
        printed,
        "172800000 application/json true 2020-02-03 a%20b\n"
    );
}

#[test]
fn source_of_typescript_is_compiled_with_the_project() {
    let program = program();
    let (answer, project) = taken(
        &program,
        &["npm:immer@10.1.1#src/immer.ts"],
        &["--level", "test"],
    );
    assert_passed(&answer, &ALL);
    assert!(project.text("src/immer/immer.ts").contains("./internal"));
    assert_eq!(
        answer["imports"][0]["import_as"],
        "import * as immer from \"./src/immer/immer.js\";"
    );
}

#[test]
fn what_is_minified_or_bundled_is_refused_with_a_hint_to_its_sources() {
    let program = program();
    let bundle = "// src/a.js\nexport const a = 1;\n// src/b.js\nexport const b = 2;\n";
    let manifest = r#"{"name": "m", "version": "1.0.0", "repository": "https://git.example/m"}"#;
    folder(
        &program,
        "m",
        &[("package.json", manifest), ("index.js", bundle)],
    );
    let check = |repository: &str, hint: &str| {
        let run = run(&program, &[repository], &["--level", "parse"]);
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(said.contains("E_INCOMPATIBLE"), "{repository}: {said}");
        assert!(said.contains(hint), "{repository}: {said}");
        assert!(!program.work().join("out").exists(), "{repository}: {said}");
        assert_nothing_left(&program);
    };
    check("npm:qs@6.13.0#dist/qs.js", "ljharb/qs");
    check("./m#index.js", "https://git.example/m");
    check("./m", "https://git.example/m");
}

#[test]
fn a_hostile_package_runs_nothing_and_leads_nowhere() {
    let program = program();
    let marker = program.work().join("ran");
    let manifest = serde_json::json!({
        "name": "evil",
        "version": "1.0.0",
        "license": "MIT",
        "main": "index.js",
        "exports": {".": "./index.js", "./x": "../../../../etc/passwd", "./y": "./%2e%2e/y.js"},
        "bin": {"../../evil": "./index.js", "evil": "./index.js"},
        "scripts": {"preinstall": format!("touch {}", marker.display()), "test": "node test.js"},
        "workspaces": ["**/*", "packages/{a,b}/**/**/**"],
        "dependencies": {"sub": "file:../../../etc", "git": "git+https://git.example/x.git"},
        "bundledDependencies": ["left"],
        "config": {"a": 1},
    });
    let mut text = manifest.to_string();
    text.insert_str(1, "\"__proto__\": {\"polluted\": true}, ");
    let index = "module.exports = { polluted: {}.polluted };\ntry { require('./..%2f..%2fetc/passwd') } catch {}\ntry { require('../../../etc/passwd') } catch {}\n";
    let source = folder(
        &program,
        "evil",
        &[
            ("package.json", text.as_str()),
            ("index.js", index),
            (".npmrc", "ignore-scripts=false\nscript-shell=/bin/sh\n"),
        ],
    );
    std::os::unix::fs::symlink("/etc/passwd", source.join("link.js")).expect("a link");
    let (answer, project) = taken(&program, &["./evil"], &["--level", "install"]);
    assert_passed(&answer, &["parse", "imports-resolve", "install", "import"]);
    assert!(!marker.exists(), "the lifecycle script ran");
    let moved: Vec<String> = project.moved().into_keys().collect();
    assert_eq!(
        moved,
        ["packages/evil/index.js", "packages/evil/package.json"]
    );
    let placed: Value =
        serde_json::from_str(&project.text("packages/evil/package.json")).expect("JSON");
    let expected = serde_json::json!({
        "name": "evil",
        "version": "1.0.0",
        "license": "MIT",
        "main": "index.js",
        "exports": {".": "./index.js"},
        "bin": {"evil": "./index.js"},
        "scripts": {"test": "node test.js"},
        "config": {"a": 1},
    });
    assert_eq!(placed, expected);
    assert_eq!(findings(&answer, "entry-outside").len(), 3, "{answer:#}");
    assert_eq!(findings(&answer, "direct-reference").len(), 2, "{answer:#}");
    let scripts = findings(&answer, "lifecycle-script-removed");
    assert!(
        scripts[0].contains("preinstall") && scripts[0].contains("touch"),
        "{scripts:?}"
    );
    assert_nothing_left(&program);
}

#[test]
fn a_module_that_never_ends_is_stopped_in_the_sandbox() {
    let program = program().with_config("[sandbox]\ntimeout = \"10 s\"\n");
    let files = [
        (
            "package.json",
            r#"{"name": "slow", "version": "1.0.0", "license": "MIT"}"#,
        ),
        ("index.js", "for (;;) {}\n"),
    ];
    folder(&program, "slow", &files);
    let run = run(&program, &["./slow"], &["--level", "install"]).expect_status(1);
    let answer = run.json();
    assert_eq!(answer["code"], "E_VERIFY");
    let results = checks(&answer);
    assert_eq!(
        results.get("import").map(String::as_str),
        Some("failed"),
        "{results:?}"
    );
    assert!(run.stdout.contains("importing slow"), "{}", run.stdout);
    assert_nothing_left(&program);
}

#[test]
fn modules_of_folders_keep_their_kind_and_find_each_other() {
    let program = program();
    let manifest = r##"{
      "name": "@me/kit", "version": "2.0.0", "license": "Apache-2.0", "type": "module",
      "exports": {"./part": "./src/part.js"}, "imports": {"#inner/*": "./src/inner/*.js"},
      "scripts": {"test": "node --test test/"}
    }"##;
    folder(
        &program,
        "kit",
        &[
            ("package.json", manifest),
            (
                "src/main.js",
                "import data from './data.json';\nimport { inner } from '#inner/a';\nimport { part } from '@me/kit/part';\nexport const main = () => [data.value, inner, part].join();\n",
            ),
            ("src/part.js", "export const part = 'part';\n"),
            ("src/inner/a.js", "export const inner = 'inner';\n"),
            ("src/data.json", "{\"value\": 7}\n"),
            (
                "test/main.test.js",
                "import test from 'node:test';\nimport assert from 'node:assert';\nimport { main } from '../src/main.js';\ntest('main', () => assert.equal(main(), '7,inner,part'));\n",
            ),
        ],
    );
    folder(
        &program,
        "old",
        &[
            (
                "package.json",
                r#"{"name": "old", "version": "1.0.0", "license": "MIT"}"#,
            ),
            ("lib/a.js", "exports.a = require('./b').b;\n"),
            (
                "lib/b.js",
                "exports.b = require.main === module ? 'no' : 'b';\n",
            ),
        ],
    );
    let repositories = ["./kit#src/main.js:main", "./old#lib/a.js"];
    let (answer, project) = taken(&program, &repositories, &["--level", "test"]);
    assert_passed(&answer, &ALL);
    let main = project.text("src/me-kit/main.js");
    assert!(
        main.starts_with("// Modified by Synthesizer: imports rewritten"),
        "{main}"
    );
    assert!(
        main.contains("from './data.json' with { type: \"json\" };"),
        "{main}"
    );
    assert!(main.contains("from './inner/a.js'"), "{main}");
    assert!(main.contains("from './part.js'"), "{main}");
    assert!(
        project
            .text("tests/me-kit/test/main.test.js")
            .contains("../../../src/me-kit/main.js")
    );
    assert!(project.text("src/old/package.json").contains("commonjs"));
    assert_eq!(
        answer["imports"][0]["import_as"],
        "import { main } from \"./src/me-kit/main.js\";"
    );
}
