//! Tests of what proves a contradiction and of how it is told.

use synthesizer_model::{
    dependency::{Dependency, Ecosystem},
    resolution::{Constraint, RepositoryRequirements, ResolutionRequest},
};

use super::*;
use crate::solvers::npm_workspace;

/// A package, a range and a group.
type Asked<'a> = (&'a str, &'a str, Option<&'a str>);

fn workspace(all: &[(&str, &[Asked<'_>])], constraints: &[&str]) -> Workspace {
    let repository = |(name, requirements): &(&str, &[Asked<'_>])| {
        let dependency = |((package, range, group), line): (&Asked<'_>, u32)| {
            let group: Option<&str> = *group;
            Dependency {
                specifier: (*range).to_owned(),
                group: group.map(str::to_owned),
                ..Dependency::new(Ecosystem::Npm, *package, "package.json", line)
            }
        };
        RepositoryRequirements {
            repository: format!("./{name}"),
            slug: (*name).to_owned(),
            requirements: requirements.iter().zip(1..).map(dependency).collect(),
            ..RepositoryRequirements::default()
        }
    };
    let request = ResolutionRequest {
        repositories: all.iter().map(repository).collect(),
        constraints: constraints
            .iter()
            .copied()
            .map(Constraint::beside)
            .collect(),
        ..ResolutionRequest::default()
    };
    npm_workspace::workspace(&request).expect("a workspace").0
}

fn edge(text: &str) -> Edge {
    let (kind, rest) = text.split_once('|').unwrap_or(("", text));
    let words: Vec<&str> = rest.split(' ').collect();
    let [package, range, "of", asker] = words[..] else {
        panic!("{text}")
    };
    let version = match asker {
        "repo-1-a" | "repo-2-b" => "0.0.0",
        _ => "1.2.0",
    };
    Edge {
        kind: kind.to_owned(),
        package: package.to_owned(),
        range: range.to_owned(),
        asker: (asker != "root").then(|| (asker.to_owned(), version.to_owned())),
    }
}

fn way(edges: &[&str]) -> Way {
    edges.iter().map(|text| edge(text)).collect()
}

#[test]
fn only_what_nothing_else_could_replace_is_fixed() {
    let workspace = workspace(&[("a", &[]), ("b", &[])], &[]);
    let members = Members::of(&workspace);
    let check = |edges: &[&str], expected: Side| {
        assert_eq!(members.side(&way(edges)), expected, "{edges:?}");
    };
    let choice = |package: &str, range: &str| Side::Choice(package.to_owned(), range.to_owned());
    check(&["react ^17 of repo-1-a"], Side::Fixed("^17".to_owned()));
    check(&["react ^17 of root"], Side::Fixed("^17".to_owned()));
    check(
        &["react ^17 of dom", "dom 1.2.0 of repo-1-a"],
        Side::Fixed("^17".to_owned()),
    );
    check(
        &["react ^17 of dom", "dom ^1 of repo-1-a"],
        choice("dom", "^1"),
    );
    check(
        &["react ^17 of dom", "dom ^1 of kit", "kit 1.2.0 of repo-1-a"],
        choice("dom", "^1"),
    );
    check(
        &["react ^17 of dom", "dom 1.2.0 of kit", "kit ^1 of repo-1-a"],
        Side::Open,
    );
    check(&["react ^17 of dom"], Side::Open);
    check(&[], Side::Open);
}

fn check(explained: &Explained, conflict: &str, derivation: &[&str], explanation: &str) {
    let requirements: Vec<String> = explained
        .conflict
        .requirements
        .iter()
        .map(|one| format!("{} {} {}", one.repository, one.specifier, one.place()))
        .collect();
    let steps: Vec<String> = explained
        .derivation
        .iter()
        .map(|one| format!("{} -> {} {}", one.subject, one.package, one.versions))
        .collect();
    let shown = format!(
        "{} between {}: {}",
        explained.conflict.what,
        explained.conflict.repositories.join(" and "),
        requirements.join(" | ")
    );
    assert_eq!(shown, conflict);
    assert_eq!(steps, derivation);
    assert_eq!(explained.explanation, explanation);
}

#[test]
fn peers_that_contradict_each_other_are_named_with_their_places() {
    let workspace = workspace(
        &[
            ("a", &[("react", "^17", Some("peer"))]),
            (
                "b",
                &[("react", "^18", None), ("react", "^18", Some("peer"))],
            ),
        ],
        &["react@>=16"],
    );
    let clash = Clash {
        found: Some(("react".to_owned(), "17.0.2".to_owned())),
        found_for: vec![
            way(&["react >=16 of root"]),
            way(&["peer|react ^17 of repo-1-a"]),
        ],
        failing: way(&["peer|react ^18 of repo-2-b"]),
    };
    check(
        &Members::of(&workspace).clash(&clash, true),
        "react between ./b and ./a: ./b react ^18 package.json:2 | ./a react ^17 package.json:1",
        &["./b -> react ^18", "./a -> react ^17"],
        "./b needs react ^18 as a peer.\n./a needs react ^17 as a peer.\nOne version of react has to suit all of them, and none does.",
    );
}

#[test]
fn a_way_through_packages_leads_to_the_requirement_of_the_repository() {
    let workspace = workspace(
        &[("a", &[("react", "18.2.0", None), ("kit", "^1", None)])],
        &["react@>=16"],
    );
    let clash = Clash {
        found: Some(("react".to_owned(), "18.2.0".to_owned())),
        found_for: vec![
            way(&["react >=16 of root"]),
            way(&["react 18.2.0 of repo-1-a"]),
        ],
        failing: way(&[
            "peer|react >=16 of dom",
            "peer|dom ^1 of kit",
            "kit ^1 of repo-1-a",
        ]),
    };
    check(
        &Members::of(&workspace).clash(&clash, false),
        "react between ./a: ./a kit ^1 package.json:2 | constraint react >=16  | ./a react 18.2.0 package.json:1",
        &[
            "./a -> kit ^1",
            "kit 1.2.0 -> dom ^1",
            "dom 1.2.0 -> react >=16",
            "constraint -> react >=16",
            "./a -> react 18.2.0",
        ],
        "./a needs kit ^1, of which 1.2.0 needs dom ^1 as a peer, of which 1.2.0 needs react >=16 as a peer.\nconstraint needs react >=16.\n./a needs react 18.2.0.\nOf react, 18.2.0 was taken, which does not suit both. npm does not try other versions.",
    );
}

#[test]
fn what_is_not_there_is_said_so() {
    let workspace = workspace(
        &[
            ("a", &[("gone", "^1", None)]),
            ("b", &[("gone", "2", None)]),
        ],
        &[],
    );
    let members = Members::of(&workspace);
    check(
        &members.lack("gone", Some("^1")),
        "gone between ./a: ./a gone ^1 package.json:1",
        &["./a -> gone ^1"],
        "./a needs gone ^1.\nThe registry has no version of gone that ^1 allows.",
    );
    check(
        &members.lack("far", Some("^1")),
        "far between : ",
        &[],
        "The registry has no version of far that ^1 allows.",
    );
}

#[test]
fn the_versions_of_a_package_tell_what_they_ask_for() {
    let check = |json: &str, expected: Option<&[(&str, bool)]>| {
        let found = demands(json, "dom", "react");
        let found: Option<Vec<(String, bool)>> = found.map(|demands| {
            let one = |demand: Demand| {
                let (_, version) = demand.held.expect("a version");
                (version, demand.range.is_some())
            };
            demands.into_iter().map(one).collect()
        });
        let expected = expected.map(|all| {
            all.iter()
                .map(|(version, some)| ((*version).to_owned(), *some))
                .collect()
        });
        assert_eq!(found, expected, "{json}");
    };
    check(
        r#"[{"version": "9.0.0", "peerDependencies": {"react": "^9"}}, {"version": "10.0.0", "dependencies": {"react": "next"}}, {"version": "8.0.0"}]"#,
        Some(&[("10.0.0", false), ("9.0.0", true), ("8.0.0", false)]),
    );
    check(
        r#"{"version": "9.0.0", "dependencies": {"react": "^9"}}"#,
        Some(&[("9.0.0", true)]),
    );
    for json in ["", "[]", "[{}]", "\"9.0.0\"", r#"{"error": {}}"#] {
        check(json, None);
    }
}
