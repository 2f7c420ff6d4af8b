//! Tests of one manifest: requirements with their lines, entry points, licenses, hostile texts.

use proptest::prelude::*;

use super::*;
use crate::manifests::allowance::{MOST_DEPENDENCIES, MOST_ITEMS};

fn read(text: &str) -> (PackageJson, Vec<String>) {
    let mut problems = ProblemList::default();
    let package = parse(
        "app/package.json",
        text,
        &mut Room::default(),
        &mut problems,
    )
    .expect("an object");
    let problems = problems.texts().into_iter().map(str::to_owned).collect();
    (package, problems)
}

/// Checks requirements as `line group key -> name specifier | parsed | url | marker`, leaving out what is not there.
fn check_requirements(text: &str, expected: &[&str]) {
    let (package, _) = read(text);
    let shown: Vec<String> = package
        .dependencies
        .iter()
        .map(|asked| {
            let known = &asked.dependency;
            let group = known.group.as_deref().unwrap_or("run");
            let mut text = format!("{} {group} ", known.line);
            if let Some(key) = &known.imported_as {
                text.push_str(&format!("{key} -> "));
            }
            text.push_str(&format!("{} {}", known.name, known.specifier));
            for more in [&known.parsed, &known.url, &known.marker]
                .into_iter()
                .flatten()
            {
                text.push_str(&format!(" | {more}"));
            }
            text
        })
        .collect();
    assert_eq!(shown, expected);
}

#[test]
fn every_section_is_a_group_with_lines() {
    check_requirements(
        r#"{
  "peerDependencies": {
    "react": ">=17", "vue": "*"
  },
  "peerDependenciesMeta": { "vue": {"optional": true}, "react": {"optional": false} },
  "dependencies": {
    "a": "^1.2.3",
    "maybe": "1",
    "tag": "latest", "any": ""
  },
  "devDependencies": { "a": "~1.2.3" },
  "optionalDependencies": { "maybe": "2" },
  "bundledDependencies": ["a", "maybe"]
}"#,
        &[
            "3 peer react >=17 | >=17.0.0",
            "3 peer vue * | optional",
            "7 run a ^1.2.3 | >=1.2.3, <2.0.0-0 | bundled",
            "9 run tag latest",
            "9 run any ",
            "11 dev a ~1.2.3 | >=1.2.3, <1.3.0-0",
            "12 optional maybe 2 | >=2.0.0, <3.0.0-0 | bundled",
        ],
    );
}

#[test]
fn aliases_and_places_are_told() {
    check_requirements(
        r#"{"dependencies": {
"old": "npm:@scope/new@^1",
"same": "npm:same@1.0.0",
"fork": "github:me/fork#v1",
"private": "git+https://me:secret@host.example/x.git",
"near": "file:../near",
"members": "workspace:^",
"shared": "catalog:"
}}"#,
        &[
            "2 run old -> @scope/new npm:@scope/new@^1 | >=1.0.0, <2.0.0-0",
            "3 run same npm:same@1.0.0 | =1.0.0",
            "4 run fork github:me/fork#v1 | github:me/fork#v1",
            "5 run private git+https://host.example/x.git | git+https://host.example/x.git",
            "6 run near file:../near | file:../near",
            "7 run members workspace:^",
            "8 run shared catalog:",
        ],
    );
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    let (package, problems) = read(
        "\u{feff}{ // a comment\n\"name\": 1,\n\"dependencies\": {\"a\": 1,\n\"a\": \"1\", \"\": \"1\", \"__proto__\": \"2\"},\n\"devDependencies\": [],\n\"name\": \"x\",\n\"overrides\": {\"b\": \"1\"},\n}",
    );
    assert_eq!(package.facts.name.as_deref(), Some("x"));
    let names: Vec<&str> = package
        .dependencies
        .iter()
        .map(|asked| asked.dependency.name.as_str())
        .collect();
    assert_eq!(names, ["a", "__proto__"]);
    assert_eq!(
        problems,
        [
            "line 1: has comments, which JSON does not; npm refuses the file",
            "line 7: has a comma before a closing bracket, which JSON does not; npm refuses the file",
            "line 2: the key name is there again later, which counts",
            "line 3: a is there again later in dependencies, which counts",
            "line 4: a dependency whose name is empty or too long",
            "line 5: devDependencies is no object",
            "line 7: overrides of b: they replace versions that other packages ask for, and are not merged into what is declared",
        ]
    );
}

#[test]
fn texts_that_are_no_manifest_are_problems() {
    for text in ["", "[]", "null", "{", "{\"a\": \u{0}}", "nonsense"] {
        let mut problems = ProblemList::default();
        assert!(
            parse("package.json", text, &mut Room::default(), &mut problems).is_none(),
            "{text:?}"
        );
        assert_eq!(problems.texts().len(), 1);
    }
}

fn check_targets(text: &str, expected: &[(&str, &str, Option<&str>)]) {
    let (package, _) = read(text);
    let found: Vec<(&str, &str, Option<&str>)> = package
        .targets
        .iter()
        .map(|target| {
            (
                target.kind.as_str(),
                target.name.as_str(),
                target.path.as_deref(),
            )
        })
        .collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn entry_points_have_paths_from_the_top() {
    check_targets(
        r#"{"name": "@s/tool", "main": "./lib", "types": "index.d.ts", "bin": "cli.js", "browser": {"a": false}}"#,
        &[
            ("main", ".", Some("app/lib")),
            ("types", ".", Some("app/index.d.ts")),
            ("bin", "tool", Some("app/cli.js")),
        ],
    );
    check_targets(
        r##"{"bin": {"one": "bin/one.js", "two": "../../../etc/passwd"}, "exports": {
            ".": {"types": "./a.d.ts", "import": {"node": "./a.mjs", "default": "./a.js"}, "require": "./a.js"},
            "./x/*": ["./src/x/*.js", null], "./internal/*": null, "./package.json": "./package.json"},
            "imports": {"#dep": {"node": "native-dep", "default": "./shim.js"}}}"##,
        &[
            ("bin", "one", Some("app/bin/one.js")),
            ("bin", "two", None),
            ("export", ".", Some("app/a.d.ts")),
            ("export", ".", Some("app/a.mjs")),
            ("export", ".", Some("app/a.js")),
            ("export", "./x/*", Some("app/src/x/*.js")),
            ("export", "./package.json", Some("app/package.json")),
            ("import", "#dep", None),
            ("import", "#dep", Some("app/shim.js")),
        ],
    );
    check_targets(
        r#"{"exports": "./index.js"}"#,
        &[("export", ".", Some("app/index.js"))],
    );
    let (package, _) = read(r#"{"name": "x", "bin": "./x.js"}"#);
    let entry_points: Vec<(&String, &String)> = package.facts.entry_points.iter().collect();
    assert_eq!(entry_points, [(&"x".to_owned(), &"app/x.js".to_owned())]);
}

fn check_license(text: &str, spdx: Option<&str>, as_written: Option<&str>, files: &[&str]) {
    let (package, _) = read(text);
    let license = package.license;
    assert_eq!(license.spdx.as_deref(), spdx, "{text}");
    assert_eq!(license.as_written.as_deref(), as_written, "{text}");
    assert_eq!(license.files, files, "{text}");
}

#[test]
fn licenses_in_all_their_forms() {
    check_license(r#"{"license": "MIT"}"#, Some("MIT"), None, &[]);
    check_license(
        r#"{"license": "(MIT OR Apache-2.0)"}"#,
        Some("(MIT OR Apache-2.0)"),
        None,
        &[],
    );
    check_license(
        r#"{"license": "Apache 2.0"}"#,
        Some("Apache-2.0"),
        None,
        &[],
    );
    check_license(r#"{"license": "BSD"}"#, None, Some("BSD"), &[]);
    check_license(
        r#"{"license": {"type": "ISC", "url": "x"}}"#,
        Some("ISC"),
        None,
        &[],
    );
    check_license(
        r#"{"licenses": [{"type": "MIT"}, "GPL-2.0-only OR Zlib"]}"#,
        Some("MIT OR (GPL-2.0-only OR Zlib)"),
        None,
        &[],
    );
    check_license(
        r#"{"licenses": [{"type": "MIT"}, {"type": "Own"}]}"#,
        None,
        Some("MIT, Own"),
        &[],
    );
    check_license(
        r#"{"license": "UNLICENSED"}"#,
        None,
        Some("UNLICENSED"),
        &[],
    );
    check_license(
        r#"{"license": "SEE LICENSE IN <docs/TERMS.md>"}"#,
        None,
        Some("SEE LICENSE IN <docs/TERMS.md>"),
        &["docs/TERMS.md"],
    );
    check_license(
        r#"{"license": "see licénse in x"}"#,
        None,
        Some("see licénse in x"),
        &[],
    );
    check_license("{}", None, None, &[]);
}

#[test]
fn runtimes_and_workspaces() {
    let (package, problems) = read(
        r#"{"private": true, "type": "module", "packageManager": "pnpm@9.1.0+sha512.abc", "engines": {"node": ">=18", "npm": 9},
            "volta": {"node": "20.1.0", "extends": "../package.json"}, "os": ["darwin", "!win32"], "cpu": "x64",
            "devEngines": {"runtime": [{"name": "node", "version": ">=22"}], "packageManager": {"name": "npm"}},
            "workspaces": {"packages": ["packages/*", "!packages/x", 1], "nohoist": ["**"], "catalog": {"a": "^1"}}}"#,
    );
    assert!(package.private);
    let runtimes: Vec<(&str, &str)> = package
        .runtimes
        .iter()
        .map(|(name, version)| (name.as_str(), version.as_str()))
        .collect();
    assert_eq!(
        runtimes,
        [
            ("cpu", "x64"),
            ("devEngines.packageManager.npm", "*"),
            ("devEngines.runtime.node", ">=22"),
            ("node", ">=18"),
            ("os", "darwin, !win32"),
            ("packageManager", "pnpm@9.1.0+sha512.abc"),
            ("type", "module"),
            ("volta.extends", "../package.json"),
            ("volta.node", "20.1.0"),
        ]
    );
    let patterns = package.workspaces.expect("there");
    let patterns: Vec<&str> = patterns
        .iter()
        .map(|(pattern, _)| pattern.as_str())
        .collect();
    assert_eq!(patterns, ["packages/*", "!packages/x"]);
    assert_eq!(package.catalogs.get("default", "a"), Some("^1"));
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(read(r#"{"workspaces": false}"#).0.workspaces.is_none());
    assert_eq!(read(r#"{"workspaces": []}"#).0.workspaces, Some(Vec::new()));
}

#[test]
fn texts_are_made_safe_to_show() {
    let (package, _) = read(
        r#"{"name": "a\u202eb\u001b[31m", "description": "\n one\n two", "version": "1\ud800"}"#,
    );
    assert_eq!(
        package.facts.name.as_deref(),
        Some("a\\u{202e}b\\u{1b}[31m")
    );
    assert_eq!(package.facts.description.as_deref(), Some("one"));
    assert_eq!(package.facts.version.as_deref(), Some("1\u{fffd}"));
}

#[test]
fn large_manifests_are_bounded() {
    let mut text = "{\"dependencies\": {".to_owned();
    for number in 0..30_000 {
        text.push_str(&format!("\"p{number}\": \"^1\",\n"));
    }
    text.push_str("\"last\": \"1\"}, \"exports\": {");
    for number in 0..30_000 {
        text.push_str(&format!("\"./{number}\": \"./x\",\n"));
    }
    text.push_str("\".\": \"./x\"}}");
    let (package, problems) = read(&text);
    assert_eq!(package.dependencies.len(), MOST_DEPENDENCIES);
    assert_eq!(package.targets.len(), MOST_ITEMS);
    assert_eq!(problems.len(), 2);
}

#[test]
fn many_manifests_share_their_room() {
    let mut text = "{\"dependencies\": {".to_owned();
    for number in 0..15_000 {
        text.push_str(&format!("\"p{number}\": \"^1\",\n"));
    }
    text.push_str("\"last\": \"1\"}, \"workspaces\": [");
    text.push_str(&"\"a\",".repeat(15_000));
    text.push_str("\"a\"]}");
    let mut problems = ProblemList::default();
    let mut room = Room::default();
    let mut read = |_| {
        let package = parse("package.json", &text, &mut room, &mut problems).expect("an object");
        let patterns = package.workspaces.map_or(0, |patterns| patterns.len());
        (package.dependencies.len(), patterns)
    };
    let counts: Vec<(usize, usize)> = (0..22).map(&mut read).collect();
    let asked: usize = counts.iter().map(|(asked, _)| asked).sum();
    let patterns: usize = counts.iter().map(|(_, patterns)| patterns).sum();
    assert_eq!((asked, patterns), (MOST_DEPENDENCIES, 300_000));
    assert!(problems.texts().iter().all(|what| what.ends_with(LEFT_OUT)));
}

fn any_manifest() -> impl Strategy<Value = String> {
    let keys = [
        "name",
        "version",
        "license",
        "licenses",
        "type",
        "dependencies",
        "peerDependencies",
        "peerDependenciesMeta",
        "optionalDependencies",
        "bundleDependencies",
        "workspaces",
        "packages",
        "catalogs",
        "exports",
        "imports",
        "bin",
        "directories",
        "engines",
        "volta",
        "devEngines",
        "os",
        "overrides",
        "a",
        ".",
        "./x",
        "*",
        "__proto__",
        "",
    ];
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<f64>().prop_map(serde_json::Value::from),
        ".{0,8}".prop_map(serde_json::Value::from),
        proptest::sample::select(vec![
            "^1",
            "npm:a@1",
            "workspace:^",
            "SEE LICENSE IN x",
            "./x/../..",
            "git@a:b"
        ])
        .prop_map(serde_json::Value::from),
    ];
    let value = leaf.prop_recursive(4, 40, 5, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            proptest::collection::vec((proptest::sample::select(keys.to_vec()), inner), 0..8)
                .prop_map(|members| {
                    let members = members
                        .into_iter()
                        .map(|(key, value)| (key.to_owned(), value));
                    serde_json::Value::Object(members.collect())
                }),
        ]
    });
    value.prop_map(|value| value.to_string())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_manifest_makes_it_panic(text in any_manifest()) {
        drop(parse("a/package.json", &text, &mut Room::default(), &mut ProblemList::default()));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        drop(parse("package.json", &String::from_utf8_lossy(&bytes), &mut Room::default(), &mut ProblemList::default()));
    }
}
