//! Tests of npm's lock files: the three versions, aliases, links, hostile texts.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use synthesizer_model::{
    dependency::{Dependency, Ecosystem},
    project::LockedPackage,
};

use super::*;

/// Shows a package as `name@version source [required by] own dev license`.
fn shown(package: &LockedPackage) -> String {
    let by = package.required_by.join(",");
    let mut text = format!(
        "{}@{} {} [{by}]",
        package.name, package.version, package.source
    );
    if package.own {
        text.push_str(" own");
    }
    if package.development {
        text.push_str(" dev");
    }
    if let Some(license) = &package.license {
        text.push_str(&format!(" {license}"));
    }
    text
}

fn check(text: &str, own: &[OwnPackage<'_>], expected: &[&str]) {
    let mut problems = ProblemList::default();
    let lock = parse("package-lock.json", text, own, &mut problems).expect("JSON");
    let found: Vec<String> = lock.packages.iter().map(shown).collect();
    assert_eq!(found, expected);
    assert_eq!(problems.texts(), Vec::<&str>::new());
}

#[test]
fn places_links_and_aliases_of_version_three() {
    check(
        r#"{"name": "app", "lockfileVersion": 3, "packages": {
"": {"name": "app", "version": "1.0.0", "license": "MIT", "workspaces": ["packages/*"],
  "dependencies": {"a": "^1", "old": "npm:new@2", "zip": "https://host.example/zip.tgz"}, "devDependencies": {"@s/tool": "1"}},
"node_modules/a": {"version": "1.1.0", "license": "ISC", "dependencies": {"b": "^1"}, "peerDependencies": {"missing": "1"}},
"node_modules/b": {"version": "2.0.0", "dev": true},
"node_modules/a/node_modules/b": {"version": "1.5.0"},
"node_modules/old": {"name": "new", "version": "2.0.0"},
"node_modules/zip": {"version": "0.1.0", "resolved": "https://host.example/zip.tgz"},
"node_modules/forked": {"version": "3.0.0", "resolved": "git+ssh://git@host.example/o/forked.git#0123"},
"node_modules/@s/tool": {"version": "1.0.0", "dev": true, "optionalDependencies": {"b": "*", "forked": "o/forked"}},
"node_modules/@s/lib": {"resolved": "packages/lib", "link": true},
"node_modules/out": {"resolved": "../out", "link": true},
"../out": {"version": "9.0.0"},
"packages/lib": {"name": "@s/lib", "version": "0.2.0", "dependencies": {"a": "^1", "out": "file:../../../out"}, "devDependencies": {"b": "2"}},
"packages/bare": {"dependencies": {"@s/lib": "*"}}
}}"#,
        &[],
        &[
            "@s/lib@0.2.0 path [bare] own",
            "@s/tool@1.0.0 registry [app] dev",
            "a@1.1.0 registry [@s/lib,app] ISC",
            "app@1.0.0 path [] own MIT",
            "b@1.5.0 registry [a]",
            "b@2.0.0 registry [@s/lib,@s/tool] dev",
            "bare@ path [] own",
            "forked@3.0.0 git [@s/tool]",
            "new@2.0.0 registry [app]",
            "out@9.0.0 path [@s/lib]",
            "zip@0.1.0 url [app]",
        ],
    );
}

#[test]
fn version_one_lies_in_each_other() {
    let mut asked = Dependency::new(Ecosystem::Npm, "a", "package.json", 1);
    asked.group = Some("dev".to_owned());
    let own = OwnPackage {
        folder: "",
        name: "app",
        version: "1.0.0",
        asks: &[asked],
    };
    check(
        r#"{"name": "app", "version": "1.0.0", "lockfileVersion": 1, "requires": true, "dependencies": {
"a": {"version": "1.0.0", "dev": true, "requires": {"b": "^1", "old": "npm:new@1"}, "dependencies": {"b": {"version": "1.2.0", "dev": true}}},
"b": {"version": "2.0.0"},
"old": {"version": "npm:new@1.0.0"},
"forked": {"version": "git+https://host.example/o/forked.git#abc"},
"near": {"version": "file:../near"}
}}"#,
        &[own],
        &[
            "a@1.0.0 registry [app] dev",
            "app@1.0.0 path [] own",
            "b@1.2.0 registry [a] dev",
            "b@2.0.0 registry []",
            "forked@abc git []",
            "near@ path []",
            "new@1.0.0 registry [a]",
        ],
    );
}

#[test]
fn a_lock_without_packages_is_empty() {
    check(r#"{"lockfileVersion": 3, "packages": {}}"#, &[], &[]);
    check("{}", &[], &[]);
    let mut problems = ProblemList::default();
    assert!(parse("package-lock.json", "[1]", &[], &mut problems).is_none());
    assert!(parse("package-lock.json", "{", &[], &mut problems).is_none());
    assert_eq!(problems.texts().len(), 2);
}

#[test]
fn many_packages_take_linear_time() {
    let mut text = "{\"packages\": {\"\": {\"dependencies\": {\"p0\": \"1\"}}".to_owned();
    let count = 10_000;
    for number in 0..count {
        let next = number + 1;
        text.push_str(&format!(
            ",\n\"node_modules/p{number}\": {{\"version\": \"1.0.0\", \"dependencies\": {{\"p{next}\": \"1\", \"p0\": \"1\", \"none\": \"1\"}}}}"
        ));
    }
    text.push_str("}}");
    let started = Instant::now();
    let mut problems = ProblemList::default();
    let lock = parse("package-lock.json", &text, &[], &mut problems).expect("JSON");
    assert_eq!(lock.packages.len(), count + 1);
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn places_that_lie_too_deep_are_problems() {
    let deep = "node_modules/a/".repeat(200);
    let long = "a".repeat(5_000);
    let text = serde_json::json!({"packages": {(deep): {"version": "1"}, (long): {"version": "1"}, "node_modules/b": 1}});
    let mut problems = ProblemList::default();
    let lock = parse("package-lock.json", &text.to_string(), &[], &mut problems).expect("JSON");
    assert!(lock.packages.is_empty());
    assert_eq!(problems.texts().len(), 3);
    let nested = "{\"dependencies\": {\"a\": ".repeat(90) + "1" + &"}}".repeat(90);
    assert!(parse("package-lock.json", &nested, &[], &mut problems).is_some());
}

fn any_lock() -> impl Strategy<Value = String> {
    let keys = [
        "",
        "node_modules/a",
        "node_modules/a/node_modules/b",
        "node_modules/",
        "node_modules",
        "node_modules/@s",
        "packages/x",
        "../x",
        "a",
        "b",
        "__proto__",
        "dependencies",
        "requires",
        "version",
        "resolved",
        "link",
        "name",
        "dev",
    ];
    let texts = [
        "a",
        "b",
        "packages/x",
        "npm:b@1",
        "git+x#y",
        "#",
        ":",
        "@",
        "1.0.0",
        "node_modules/a",
        "./packages/x",
    ];
    let leaf = prop_oneof![
        any::<bool>().prop_map(serde_json::Value::from),
        proptest::sample::select(texts.to_vec()).prop_map(serde_json::Value::from),
    ];
    let object = move |inner: BoxedStrategy<serde_json::Value>| {
        let members =
            proptest::collection::vec((proptest::sample::select(keys.to_vec()), inner), 0..8);
        members
            .prop_map(|members| {
                let members = members
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), value));
                serde_json::Value::Object(members.collect())
            })
            .boxed()
    };
    let fields = object(leaf.boxed());
    let places = object(object(object(fields)));
    (places, any::<bool>()).prop_map(|(places, newer)| {
        let key = if newer { "packages" } else { "dependencies" };
        serde_json::json!({(key): places}).to_string()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_lock_makes_it_panic(text in any_lock()) {
        drop(parse("package-lock.json", &text, &[], &mut ProblemList::default()));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        drop(parse("package-lock.json", &String::from_utf8_lossy(&bytes), &[], &mut ProblemList::default()));
    }
}
