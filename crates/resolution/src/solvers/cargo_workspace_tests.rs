//! Tests of the scratch workspace: what Cargo is given, what it is not, and what is said about it.

use super::*;

fn dependency(text: &str) -> Dependency {
    let (name, specifier) = text.split_once(' ').unwrap_or((text, ""));
    Dependency {
        specifier: specifier.to_owned(),
        ..Dependency::new(Ecosystem::Cargo, name, "Cargo.toml", 7)
    }
}

fn with_url(text: &str, url: &str) -> Dependency {
    Dependency {
        url: Some(url.to_owned()),
        ..dependency(text)
    }
}

/// Gives the tables of the one member and the warnings.
fn given(requirements: Vec<Dependency>) -> (Table, Vec<String>) {
    let request = ResolutionRequest {
        repositories: vec![RepositoryRequirements {
            repository: "./a".to_owned(),
            slug: "a".to_owned(),
            requirements,
            ..RepositoryRequirements::default()
        }],
        ..ResolutionRequest::default()
    };
    let registries = BTreeSet::from(["corp".to_owned()]);
    let (members, warnings) = members(&request, &registries).expect("members");
    let text = render(&manifest(&members[0], Some("1.70"))).expect("renders");
    (toml::from_str(&text).expect("parses"), warnings)
}

fn check(requirements: Vec<Dependency>, expected: &str, expected_warnings: &[&str]) {
    let (manifest, warnings) = given(requirements);
    let expected: Table = toml::from_str(expected).expect("TOML");
    let seen: Table = manifest
        .into_iter()
        .filter(|(key, value)| {
            key.ends_with("dependencies") && value.as_table().is_some_and(|one| !one.is_empty())
        })
        .collect();
    assert_eq!(seen, expected);
    assert_eq!(warnings, expected_warnings);
}

#[test]
fn everything_that_counts_is_given() {
    let mut features = dependency("serde 1");
    features.extras = vec!["derive".to_owned(), NO_DEFAULT_FEATURES.to_owned()];
    features.imported_as = Some("other".to_owned());
    let mut build = dependency("cc =1.0.4");
    build.group = Some("build".to_owned());
    build.marker = Some("cfg(\"broken".to_owned());
    let mut again = dependency("serde >=1.0.3, <2");
    again.group = Some("optional".to_owned());
    let mut dev = dependency("insta 1");
    dev.group = Some("dev".to_owned());
    check(
        vec![features, build, again, dev, dependency("any")],
        "[dependencies]\nserde = { version = '^1', features = ['derive'], default-features = false }\n\
         serde--2 = { package = 'serde', version = '>=1.0.3, <2' }\nany = { version = '*' }\n\
         [build-dependencies]\ncc = { version = '=1.0.4' }",
        &[],
    );
}

#[test]
fn direct_references_go_by_name_and_own_members_are_left_out() {
    check(
        vec![
            with_url("near", "path+crates/near"),
            with_url("far 0.2", "path+../far"),
            with_url("forge", "git+https://host.example/x"),
            with_url("mine 1", "registry+corp"),
            with_url("theirs 1", "registry+unheard-of"),
            with_url("public 1", "registry+crates-io"),
        ],
        "[dependencies]\nfar = { version = '^0.2' }\nforge = { version = '*' }\nmine = { version = '^1', registry = 'corp' }\n\
         theirs = { version = '^1' }\npublic = { version = '^1' }",
        &[
            "./a asks for far by a direct reference (Cargo.toml:7); it was solved by its name alone, in the versions ^0.2",
            "./a asks for forge by a direct reference (Cargo.toml:7); it was solved by its name alone, in any version",
            "./a asks for theirs by a direct reference (Cargo.toml:7); it was solved by its name alone, in the versions ^1",
        ],
    );
}

#[test]
fn what_cargo_could_not_read_is_left_out_and_named() {
    let mut feature = dependency("serde 1");
    feature.extras = vec!["a/b".to_owned()];
    check(
        vec![
            dependency("a.b 1"),
            dependency("x one"),
            dependency("\"]\n[x] 1"),
            feature,
            dependency("fine 1"),
        ],
        "[dependencies]\nfine = { version = '^1' }",
        &[
            "./a: the requirement `a.b 1` (Cargo.toml:7) was left out: its name is not that of a crate",
            "./a: the requirement `x one` (Cargo.toml:7) was left out: its version requirement cannot be read",
            "./a: the requirement `\"]\\u{a}[x] 1` (Cargo.toml:7) was left out: its name is not that of a crate",
            "./a: the requirement `serde 1` (Cargo.toml:7) was left out: a feature that it asks for is none",
        ],
    );
}

#[test]
fn only_so_many_requirements_are_taken() {
    let (manifest, warnings) = given(vec![dependency("serde 1"); MOST_REQUIREMENTS + 1]);
    let taken = manifest["dependencies"].as_table().map(Table::len);
    assert_eq!(taken, Some(MOST_REQUIREMENTS));
    assert_eq!(
        warnings,
        ["./a: only the first 5000 requirements were taken"]
    );
}

#[test]
fn constraints_are_read() {
    let check = |text: &str, expected: Result<(&str, &str), &str>| {
        let read = read_constraint(text);
        let seen = read
            .as_ref()
            .map(|one| (one.name.as_str(), one.specifier.as_str()))
            .map_err(|reason| *reason);
        assert_eq!(seen, expected, "{text}");
    };
    check("serde@^1.0.100", Ok(("serde", "^1.0.100")));
    check(" serde @ >=1, <2 ", Ok(("serde", ">=1, <2")));
    check("serde", Ok(("serde", "")));
    check("serde@", Err("no versions stand behind its `@`"));
    check("serde@one", Err("its version requirement cannot be read"));
    check("@scope/x@1", Err("its name is not that of a crate"));
    check("", Err("its name is not that of a crate"));
}
