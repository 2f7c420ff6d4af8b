//! What a single `Cargo.toml` tells, and what becomes of one that is not as it should be.

use proptest::prelude::*;

use super::*;

fn read(text: &str) -> (CargoToml, Vec<String>) {
    let mut problems = ProblemList::default();
    let manifest = parse("Cargo.toml", text, &mut problems).unwrap_or_default();
    let told = problems.texts().into_iter().map(str::to_owned).collect();
    (manifest, told)
}

/// Checks requirements, each as `line kind target key`, and the problems.
fn check(text: &str, expected: &[&str], problems: &[&str]) -> CargoToml {
    let (manifest, told) = read(text);
    let found: Vec<String> = manifest
        .dependencies
        .iter()
        .map(|declaration| {
            let target = declaration.target.as_deref().unwrap_or("-");
            format!(
                "{} {:?} {target} {}",
                declaration.line, declaration.kind, declaration.key
            )
        })
        .collect();
    assert_eq!(found, expected, "{text}");
    assert_eq!(told, problems, "{text}");
    manifest
}

#[test]
fn every_spelling_of_a_requirement_has_its_line() {
    let manifest = check(
        "[package]\nname = 'a'\n[dependencies]\none = '1'\ntwo = { version = '2', features = ['x'], default_features = false }\n\
         three.version = '3'\nthree.optional = true\n[dependencies.four]\ngit = 'https://example.test/four'\nrev = 'abc'\n\
         [dev_dependencies]\nfive = { path = '../five', package = 'real-five' }\n[build-dependencies]\nsix = { workspace = true }\n\
         [target.'cfg(unix)'.dependencies]\nseven = '7'\n[target.x86_64-pc-windows-gnu.dev-dependencies.eight]\nversion = '8'\n",
        &[
            "4 Normal - one",
            "5 Normal - two",
            "6 Normal - three",
            "8 Normal - four",
            "12 Development - five",
            "14 Build - six",
            "16 Normal cfg(unix) seven",
            "17 Development x86_64-pc-windows-gnu eight",
        ],
        &[],
    );
    let of = |index: usize| &manifest.dependencies[index].specification;
    assert_eq!(of(1).features, ["x"]);
    assert_eq!(of(1).default_features, Some(false));
    assert!(of(2).optional);
    assert_eq!(of(3).git_reference, Some(("rev", "abc".to_owned())));
    assert_eq!(of(4).package.as_deref(), Some("real-five"));
    assert!(of(5).inherited);
}

#[test]
fn of_two_spellings_of_a_table_the_first_counts() {
    check(
        "[package]\nname='a'\n[dev-dependencies]\na='1'\n[dev_dependencies]\nb='1'\n",
        &["4 Development - a"],
        &[],
    );
}

#[test]
fn the_package_and_its_workspace_are_read() {
    let (manifest, problems) = read(
        "[project]\nname = 'a'\nversion.workspace = true\nlicense = 'MIT'\npublish = []\nbuild = false\nautobins = false\n\
         [workspace]\nmembers = ['x', 'y/*']\nexclude = ['z']\n[workspace.package]\nversion = '1.0.0'\n\
         [workspace.dependencies]\nserde = '1'\n[features]\ndefault = ['dep:b']\n",
    );
    assert!(problems.is_empty(), "{problems:?}");
    let package = manifest.package.expect("a package");
    assert_eq!(package.fields.version, Some(Field::Inherited(3)));
    assert_eq!(
        package.fields.license,
        Some(Field::Written("MIT".to_owned()))
    );
    assert_eq!(package.fields.publish, Some(Field::Written(false)));
    assert_eq!(package.build, Build::None);
    assert_eq!(package.autobins, Some(false));
    let workspace = manifest.workspace.expect("a workspace");
    assert_eq!(
        workspace.members,
        [("x".to_owned(), 9), ("y/*".to_owned(), 9)]
    );
    assert_eq!(workspace.dependencies[0].0, "serde");
    assert_eq!(
        manifest.features,
        [("default".to_owned(), vec!["dep:b".to_owned()])]
    );
}

#[test]
fn what_is_not_as_it_should_be_is_a_problem_with_its_line() {
    check(
        "[package]\nname = 1\n[dependencies]\na = 1\nb = {}\nc = { version = '1', features = 'x', optional = 'no' }\n",
        &["5 Normal - b", "6 Normal - c"],
        &[
            "line 2: `name` is no text",
            "line 1: the package has no name",
            "line 4: the requirement of `a` is neither a text nor a table",
            "line 5: a requirement without a version, path or repository",
            "line 6: `features` is no list",
            "line 6: `optional` is neither true nor false",
        ],
    );
    check(
        "[profile.dev]\n",
        &[],
        &["has neither a [package] nor a [workspace] table"],
    );
    let (_, problems) = read("[package]\nname = 'a\n");
    assert!(
        problems[0].starts_with("line 2: not valid TOML"),
        "{problems:?}"
    );
}

#[test]
fn many_and_long_things_are_bounded() {
    let mut text = "[package]\nname='a'\n[dependencies]\n".to_owned();
    for number in 0..100_000 {
        text.push_str(&format!("a{number} = '1'\n"));
    }
    let (manifest, problems) = read(&text);
    assert_eq!(manifest.dependencies.len(), MOST_ITEMS);
    assert_eq!(
        problems,
        ["line 20004: more than 20000 requirements; the rest is left out"]
    );
    let long = "x".repeat(1_000_000);
    let (manifest, problems) = read(&format!(
        "[package]\nname='{long}'\n[dependencies]\n{long}='1'\nb='{long}'\n"
    ));
    assert_eq!(manifest.dependencies.len(), 1);
    assert_eq!(
        manifest.dependencies[0]
            .specification
            .version
            .as_ref()
            .map(String::len),
        Some(LONGEST_NAME)
    );
    assert!(manifest.package.expect("a package").name.is_none());
    assert_eq!(problems.len(), 3);
}

proptest! {
    #[test]
    fn any_bytes_end_well(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        read(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_pieces_of_a_manifest_end_well(
        pieces in proptest::collection::vec(
            prop_oneof![
                Just("[package]\n"), Just("name = 'a'\n"), Just("[dependencies]\n"), Just("[dependencies.a]\n"), Just("a = {"),
                Just("version = '1', "), Just("}\n"), Just("[[bin]]\n"), Just("[target.'cfg(x)'.dependencies]\n"), Just("path = '.'\n"),
                Just("[workspace]\n"), Just("members = ['*', 1]\n"), Just("[features]\n"), Just("workspace = true\n"), Just("b.c = 1\n"),
                Just("[patch.x]\n"), Just("[lib]\n"), Just("build = ['x']\n"),
            ],
            0..16,
        ),
    ) {
        read(&pieces.concat());
    }
}
