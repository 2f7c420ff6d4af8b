//! Tests of the scratch workspace: what npm is given, what it is not, and what is said about it.

use super::*;

fn dependency(name: &str, specifier: &str, group: Option<&str>) -> Dependency {
    Dependency {
        specifier: specifier.to_owned(),
        group: group.map(str::to_owned),
        ..Dependency::new(Ecosystem::Npm, name, "package.json", 7)
    }
}

fn given(requirements: Vec<Dependency>) -> (Vec<(String, Value)>, Vec<String>) {
    let request = ResolutionRequest {
        repositories: vec![RepositoryRequirements {
            repository: "./a".to_owned(),
            slug: "a".to_owned(),
            requirements,
            ..RepositoryRequirements::default()
        }],
        ..ResolutionRequest::default()
    };
    let (workspace, warnings) = workspace(&request).expect("a workspace");
    let manifest = |member: &Member| {
        let sections = Value::Object(sections(&member.requirements));
        (member.name.clone(), sections)
    };
    (workspace.members.iter().map(manifest).collect(), warnings)
}

fn check(requirements: Vec<Dependency>, expected: &[(&str, Value)], expected_warnings: &[&str]) {
    let (manifests, warnings) = given(requirements);
    let expected: Vec<(String, Value)> = expected
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    assert_eq!(manifests, expected);
    assert_eq!(warnings, expected_warnings);
}

#[test]
fn everything_that_counts_is_given() {
    let mut alias = dependency("react", "npm:react@17", None);
    alias.imported_as = Some("rx".to_owned());
    let mut scoped = dependency("@scope/real", "npm:@scope/real@^1", None);
    scoped.imported_as = Some("short".to_owned());
    let mut optional_peer = dependency("vue", "^3", Some("peer"));
    optional_peer.marker = Some("optional".to_owned());
    let mut catalog = dependency("zod", "catalog:", None);
    catalog.parsed = Some(">=3.0.0, <4.0.0-0 || >=5.0.0, <6.0.0-0".to_owned());
    check(
        vec![
            dependency("react", "^18.2.0 || 19", None),
            dependency("react", ">=17", Some("peer")),
            dependency("fsevents", "~2.3", Some("optional")),
            dependency("next", "latest", None),
            dependency("any", "", None),
            dependency("jest", "^29", Some("dev")),
            dependency("own", "workspace:^", None),
            alias,
            scoped,
            optional_peer,
            catalog,
        ],
        &[(
            "repo-1-a",
            json!({
                "dependencies": {"react": "^18.2.0 || 19", "next": "latest", "any": "*", "rx": "npm:react@17",
                    "short": "npm:@scope/real@^1", "zod": ">=3.0.0  <4.0.0-0 || >=5.0.0  <6.0.0-0"},
                "optionalDependencies": {"fsevents": "~2.3"},
                "peerDependencies": {"react": ">=17", "vue": "^3"},
                "peerDependenciesMeta": {"vue": {"optional": true}},
            }),
        )],
        &[],
    );
}

#[test]
fn manifests_that_differ_become_members_of_their_own() {
    let in_file = |specifier: &str, manifest: &str| Dependency {
        manifest: manifest.to_owned(),
        ..dependency("react", specifier, None)
    };
    check(
        vec![
            in_file("^17", "a/package.json"),
            in_file("^18", "b/package.json"),
            in_file("^16", "a/package.json"),
        ],
        &[
            ("repo-1-a", json!({"dependencies": {"react": "^17"}})),
            ("repo-1-a--2", json!({"dependencies": {"react": "^18"}})),
        ],
        &[
            "./a: the requirement `react ^16` (a/package.json:7) was left out: its manifest names it twice",
        ],
    );
    check(
        vec![
            in_file("^17", "a/package.json"),
            in_file("^17", "b/package.json"),
        ],
        &[("repo-1-a", json!({"dependencies": {"react": "^17"}}))],
        &[],
    );
}

#[test]
fn places_go_by_name_and_what_npm_could_take_for_one_is_left_out() {
    let mut forge = dependency("forge", "git+https://host.example/x", None);
    forge.url = Some(forge.specifier.clone());
    let out = |text: &str| {
        format!(
            "./a: the requirement `{text}` (package.json:7) was left out: its version is neither a range nor a tag"
        )
    };
    let specifiers = [
        "../x",
        "1.0.0-beta.tgz",
        "a/b",
        "https://host.example/x",
        "~/x",
        ">>1 <",
    ];
    let mut requirements = vec![forge, dependency("repo-1-a--2", "1", None)];
    requirements.extend(specifiers.map(|specifier| dependency("x", specifier, None)));
    requirements.extend(
        ["../up", ".x", "@a", "node_modules", "a b", ""].map(|name| dependency(name, "1", None)),
    );
    let (manifests, warnings) = given(requirements);
    assert_eq!(manifests[0].1, json!({"dependencies": {"forge": "*"}}));
    assert_eq!(
        warnings[..2],
        [
            "./a asks for forge by a direct reference (package.json:7); it was solved by its name alone, in any version",
            "./a: the requirement `repo-1-a--2 1` (package.json:7) was left out: it has the name of a member of the scratch workspace",
        ]
    );
    let expected = specifiers.map(|specifier| out(&format!("x {specifier}")));
    assert_eq!(warnings[2..8], expected);
    assert!(
        warnings[8..]
            .iter()
            .all(|warning| warning.ends_with("its name is not that of a package")),
        "{warnings:?}"
    );
    assert_eq!(warnings.len(), 14);
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
    check("react@^17", Ok(("react", "^17")));
    check("@scope/name@>=1 <3", Ok(("@scope/name", ">=1 <3")));
    check("react@next", Ok(("react", "next")));
    check("@scope/name", Ok(("@scope/name", "")));
    check("react@", Err("no versions stand behind its `@`"));
    check(
        "react@../x",
        Err("its version is neither a range nor a tag"),
    );
    check("@", Err("its name is not that of a package"));
    check("", Err("its name is not that of a package"));
}

#[test]
fn constraints_about_one_package_are_joined() {
    let joined = constraints(&[
        Constraint::beside("react@>=17"),
        Constraint::beside("react@<19"),
    ])
    .expect("constraints");
    assert_eq!(joined[0].range, ">=17 <19");
    let refused = constraints(&[
        Constraint::beside("react@^17 || ^18"),
        Constraint::beside("react@<19"),
    ]);
    assert_eq!(refused.expect_err("refused").code, ErrorCode::Argument);
}

#[test]
fn names_that_npm_takes_for_something_else_are_left_out() {
    let names = ["constructor", "toString", "hasOwnProperty"];
    let (manifests, warnings) = given(
        names
            .map(|name| dependency(name, "1", None))
            .into_iter()
            .chain([dependency("constructors", "1", None)])
            .collect(),
    );
    assert_eq!(
        manifests[0].1,
        json!({"dependencies": {"constructors": "1"}})
    );
    assert_eq!(warnings.len(), names.len(), "{warnings:?}");
}
