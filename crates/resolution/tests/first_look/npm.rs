//! JavaScript packages: copies nest, peers do not.

use synthesizer_model::dependency::{Dependency, Ecosystem};

use super::{asks, look, repository};

/// A dependency with the comparators that its range means.
fn dependency(group: Option<&str>, specifier: &str, parsed: &str) -> Dependency {
    Dependency {
        group: group.map(str::to_owned),
        parsed: (!parsed.is_empty()).then(|| parsed.to_owned()),
        ..asks(Ecosystem::Npm, "react", specifier)
    }
}

fn seventeen(group: Option<&str>) -> Dependency {
    dependency(group, "^17", ">=17.0.0, <18.0.0-0")
}

fn eighteen(group: Option<&str>) -> Dependency {
    dependency(group, "^18", ">=18.0.0, <19.0.0-0")
}

fn optional(peer: Dependency) -> Dependency {
    Dependency {
        marker: Some("optional".to_owned()),
        ..peer
    }
}

/// Repositories `a`, `b`, … with these dependencies.
fn check(all: &[&[Dependency]], expected: &[&str]) {
    let repositories: Vec<_> = all
        .iter()
        .zip('a'..='z')
        .map(|(dependencies, name)| repository(&name.to_string(), dependencies.to_vec()))
        .collect();
    assert_eq!(look(Ecosystem::Npm, &repositories, None), expected);
}

const PEER: Option<&str> = Some("peer");

#[test]
fn copies_nest() {
    check(&[&[seventeen(None)], &[eighteen(None)]], &[]);
    check(&[&[seventeen(Some("optional"))], &[eighteen(None)]], &[]);
}

#[test]
fn peers_are_met_by_one_version() {
    let clash = ["react: a react@^17, b react@^18"];
    check(&[&[seventeen(PEER)], &[eighteen(PEER)]], &clash);
    check(&[&[seventeen(PEER)], &[optional(eighteen(PEER))]], &clash);
    check(
        &[&[optional(seventeen(PEER))], &[optional(eighteen(PEER))]],
        &[],
    );
    let both = dependency(
        PEER,
        "^17 || ^18",
        ">=17.0.0, <18.0.0-0 || >=18.0.0, <19.0.0-0",
    );
    check(&[&[seventeen(PEER)], std::slice::from_ref(&both)], &[]);
    check(
        &[&[seventeen(PEER)], &[both], &[eighteen(PEER)]],
        &["react: a react@^17, c react@^18"],
    );
    check(
        &[
            &[seventeen(PEER)],
            &[dependency(PEER, "*", "")],
            &[dependency(PEER, "next", "")],
        ],
        &[],
    );
}

#[test]
fn a_dependency_never_clashes_with_a_peer() {
    check(&[&[seventeen(PEER)], &[eighteen(None)]], &[]);
    check(
        &[&[seventeen(PEER), eighteen(None)], &[eighteen(PEER)]],
        &[],
    );
}

#[test]
fn a_range_of_nothing_is_a_conflict_of_its_own() {
    let nothing = |group| dependency(group, ">=3 <2", ">=3.0.0, <2.0.0-0");
    check(
        &[&[nothing(None)], &[eighteen(None)]],
        &["react: a react@>=3 <2"],
    );
    check(&[&[nothing(Some("optional"))]], &[]);
    check(
        &[&[dependency(None, ">*", "<0.0.0-0")]],
        &["react: a react@>*"],
    );
    check(
        &[&[dependency(None, "<1 >2 || 3", ">2.0.0, <1.0.0-0 || =3.0.0")]],
        &[],
    );
}

#[test]
fn pre_releases_fit_where_they_are_named() {
    let pin = |version: &str| dependency(PEER, version, &format!("={version}"));
    check(
        &[
            &[pin("18.0.0-rc.1")],
            &[dependency(PEER, "^18.0.0-rc.0", ">=18.0.0-rc.0, <19.0.0-0")],
        ],
        &[],
    );
    check(
        &[&[pin("18.1.0-rc.1")], &[eighteen(PEER)]],
        &["react: a react@18.1.0-rc.1, b react@^18"],
    );
}
