//! Tests of pnpm's lock files: the three versions, peers, aliases, links, hostile texts.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

fn check(text: &str, expected: &[&str]) {
    let own = [
        OwnPackage {
            folder: "",
            name: "app",
            version: "1.0.0",
            asks: &[],
        },
        OwnPackage {
            folder: "packages/lib",
            name: "@s/lib",
            version: "0.2.0",
            asks: &[],
        },
    ];
    let mut problems = ProblemList::default();
    let lock = parse("pnpm-lock.yaml", text, &own, &mut problems).expect("YAML");
    let found: Vec<String> = lock
        .packages
        .iter()
        .map(|package| {
            let flags = [(package.own, " own"), (package.development, " dev")];
            let flags: String = flags
                .iter()
                .filter(|flag| flag.0)
                .map(|flag| flag.1)
                .collect();
            let by = package.required_by.join(",");
            format!(
                "{}@{} {} [{by}]{flags}",
                package.name, package.version, package.source
            )
        })
        .collect();
    assert_eq!(found, expected);
    assert_eq!(problems.texts(), Vec::<&str>::new());
}

#[test]
fn version_nine_has_snapshots() {
    check(
        r"lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      '@s/ui':
        specifier: ^1
        version: 1.0.0(react@18.0.0)
      '@s/lib':
        specifier: workspace:*
        version: link:packages/lib
    devDependencies:
      old:
        specifier: npm:new@^2
        version: new@2.0.0
  packages/lib:
    dependencies:
      forked:
        specifier: github:o/forked
        version: https://host.example/o/forked/tar.gz/0123456789012345678901234567890123456789
      react:
        specifier: ^18
        version: 18.0.0
packages:
  '@s/ui@1.0.0':
    resolution: {integrity: sha512-x==}
    engines: {node: '>=18'}
    peerDependencies:
      react: '*'
  forked@https://host.example/o/forked/tar.gz/0123456789012345678901234567890123456789:
    resolution: {tarball: https://host.example/o/forked/tar.gz/0123456789012345678901234567890123456789}
    version: 0.3.0
  new@2.0.0:
    resolution: {integrity: sha512-x==}
  react@18.0.0:
    resolution: {integrity: sha512-x==}
snapshots:
  '@s/ui@1.0.0(react@18.0.0)':
    dependencies:
      react: 18.0.0
  '@s/ui@1.0.0(react@18.0.0)(vue@3.0.0)':
    dependencies:
      react: 18.0.0
  forked@https://host.example/o/forked/tar.gz/0123456789012345678901234567890123456789: {}
  new@2.0.0:
    optionalDependencies:
      react: 18.0.0
  react@18.0.0: {}
",
        &[
            "@s/lib@0.2.0 path [app] own",
            "@s/ui@1.0.0 registry [app]",
            "app@1.0.0 path [] own",
            "forked@0.3.0 git [@s/lib]",
            "new@2.0.0 registry [app] dev",
            "react@18.0.0 registry [@s/lib,@s/ui,new]",
        ],
    );
}

#[test]
fn version_six_has_slashes() {
    check(
        r"lockfileVersion: '6.0'
dependencies:
  '@s/ui':
    specifier: ^1
    version: 1.0.0(react@18.0.0)
devDependencies:
  old:
    specifier: npm:new@^2
    version: /new@2.0.0
packages:
  /@s/ui@1.0.0(react@18.0.0):
    resolution: {integrity: sha512-x==}
    dependencies:
      react: 18.0.0
      forked: host.example/o/forked/0123456789012345678901234567890123456789
    dev: false
  /new@2.0.0:
    resolution: {integrity: sha512-x==}
    dev: true
  /react@18.0.0:
    resolution: {integrity: sha512-x==}
    dev: false
  file:packages/near:
    resolution: {directory: packages/near, type: directory}
    name: near
    dev: false
  host.example/o/forked/0123456789012345678901234567890123456789:
    resolution: {tarball: https://host.example/o/forked/tar.gz/0123456789012345678901234567890123456789}
    name: forked
    version: 0.3.0
    dev: false
",
        &[
            "@s/ui@1.0.0 registry [app]",
            "app@1.0.0 path [] own",
            "forked@0.3.0 git [@s/ui]",
            "near@ path []",
            "new@2.0.0 registry [app] dev",
            "react@18.0.0 registry [@s/ui]",
        ],
    );
}

#[test]
fn version_five_has_underscores() {
    check(
        r"lockfileVersion: 5.4
specifiers:
  '@s/ui': ^1
  old: npm:new@^2
dependencies:
  '@s/ui': 1.0.0_react@18.0.0
devDependencies:
  old: /new/2.0.0
packages:
  /@s/ui/1.0.0_react@18.0.0:
    resolution: {integrity: sha512-x==}
    dependencies:
      react: 18.0.0
    dev: false
  /new/2.0.0:
    resolution: {integrity: sha512-x==}
    dev: true
  /react/18.0.0:
    resolution: {integrity: sha512-x==}
    dev: false
",
        &[
            "@s/ui@1.0.0 registry [app]",
            "app@1.0.0 path [] own",
            "new@2.0.0 registry [app] dev",
            "react@18.0.0 registry [@s/ui]",
        ],
    );
}

#[test]
fn the_last_document_is_that_of_the_project() {
    check(
        "---\nlockfileVersion: '9.0'\npackages:\n  tool@1.0.0: {}\n---\nlockfileVersion: '9.0'\npackages:\n  a@1.0.0: {}\n",
        &["a@1.0.0 registry []", "app@1.0.0 path [] own"],
    );
}

#[test]
fn many_packages_take_linear_time() {
    let count = 5_000;
    let mut text = "lockfileVersion: '9.0'\npackages:\n".to_owned();
    for number in 0..count {
        text.push_str(&format!(
            "  p{number}@1.0.0:\n    resolution: {{integrity: sha512-x==}}\n"
        ));
    }
    text.push_str("snapshots:\n");
    for number in 0..count {
        text.push_str(&format!(
            "  p{number}@1.0.0:\n    dependencies:\n      p{}: 1.0.0\n      p0: 1.0.0\n",
            number + 1
        ));
    }
    let started = Instant::now();
    let mut problems = ProblemList::default();
    let lock = parse("pnpm-lock.yaml", &text, &[], &mut problems).expect("YAML");
    assert_eq!(lock.packages.len(), count + 1);
    assert!(
        started.elapsed() < Duration::from_secs(30),
        "{:?}",
        started.elapsed()
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_key_makes_it_panic(key in "[/@(a1.0_:é)-]{0,16}", reference in "[/@(a1.0_:é)-]{0,16}") {
        let json = serde_json::json!({"importers": {(key.clone()): {"dependencies": {(reference.clone()): {"version": reference}}}},
            "packages": {(key.clone()): {"dependencies": {(key): reference}}}});
        drop(parse("pnpm-lock.yaml", &json.to_string(), &[], &mut ProblemList::default()));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        drop(parse("pnpm-lock.yaml", &String::from_utf8_lossy(&bytes), &[], &mut ProblemList::default()));
    }
}
