//! Crates: ranges of compatible versions, pre-releases, renamed packages, targets.

use synthesizer_model::dependency::{Dependency, Ecosystem};

use super::{asks, look, repository};

/// Repositories `a`, `b`, … each asking for one crate, `x` where no name is written.
fn check(specifiers: &[&str], expected: &[&str]) {
    let repositories: Vec<_> = specifiers
        .iter()
        .zip('a'..='z')
        .map(|(specifier, name)| {
            repository(
                &name.to_string(),
                vec![asks(Ecosystem::Cargo, "x", specifier)],
            )
        })
        .collect();
    assert_eq!(
        look(Ecosystem::Cargo, &repositories, None),
        expected,
        "{specifiers:?}"
    );
}

#[test]
fn incompatible_versions_live_together() {
    check(&["1", "2"], &[]);
    check(&["0.7", "0.8"], &[]);
    check(&["0.0.3", "0.0.4"], &[]);
    check(&["=1.2.3", "=2.0.0", "1.2"], &[]);
}

#[test]
fn one_range_has_one_version() {
    check(&["=1.2.3", "1.3"], &["x: a x =1.2.3, b x 1.3"]);
    check(&["=1.2.3", "=1.2.4", "1"], &["x: a x =1.2.3, b x =1.2.4"]);
    check(&["=0.7.1", "^0.7.2", "0.8"], &["x: a x =0.7.1, b x ^0.7.2"]);
    check(&["~1.2", "~1.3"], &["x: a x ~1.2, b x ~1.3"]);
    check(
        &["1.2.*", ">=1.3, <1.9"],
        &["x: a x 1.2.*, b x >=1.3, <1.9"],
    );
    check(&["<1.5, >=1", "1.5"], &["x: a x <1.5, >=1, b x 1.5"]);
    check(&["=1.2", "=1.2.9"], &[]);
    check(&["=0.0.3", "0.0.3"], &[]);
    check(&[">=3, <2"], &["x: a x >=3, <2"]);
    check(&[">1.2.3, <1.2.4"], &["x: a x >1.2.3, <1.2.4"]);
}

#[test]
fn what_may_choose_is_free_while_it_has_a_choice() {
    check(&[">=1, <3", "=1.0.0"], &[]);
    check(&[">=1", "=1.0.0", "=2.0.0"], &[]);
    check(&["*", "=1.0.0"], &[]);
    check(&[">=1.5, <2.1", "=1.0.0"], &[]);
    check(
        &[">=1.5, <2.1", "=1.0.0", "=2.5.0", "3"],
        &["x: a x >=1.5, <2.1, b x =1.0.0, c x =2.5.0"],
    );
    check(&["0", "=0.1.0", "=0.2.0"], &[]);
    // 0.10 and all that follow are free.
    check(&["<1.0.1, >=0.9.5", "=0.9.1", "1.2"], &[]);
}

#[test]
fn pre_releases_belong_to_their_range() {
    check(
        &["=1.0.0-alpha.1", "1.0.0-alpha.2"],
        &["x: a x =1.0.0-alpha.1, b x 1.0.0-alpha.2"],
    );
    check(&["=1.0.0-alpha.2", "1.0.0-alpha.1"], &[]);
    check(&["=1.0.0-alpha.1", "1"], &["x: a x =1.0.0-alpha.1, b x 1"]);
    check(&["=1.0.0-alpha.1", "=2.0.0-alpha.1"], &[]);
    check(&[">1.0.0-alpha, <1.0.0-beta"], &[]);
}

#[test]
fn targets_keep_nothing_apart_and_places_do() {
    let on = |marker: &str, specifier: &str| Dependency {
        marker: Some(marker.to_owned()),
        ..asks(Ecosystem::Cargo, "x", specifier)
    };
    let pair = |one: Dependency, other: Dependency| {
        [repository("a", vec![one]), repository("b", vec![other])]
    };
    let both = pair(on("cfg(windows)", "=1.0.1"), on("cfg(unix)", "=1.0.2"));
    assert_eq!(
        look(Ecosystem::Cargo, &both, None),
        ["x: a x =1.0.1, b x =1.0.2"]
    );
    let mut renamed = asks(Ecosystem::Cargo, "x", "=1.0.1");
    renamed.imported_as = Some("y".to_owned());
    let both = pair(renamed, asks(Ecosystem::Cargo, "y", "=1.0.2"));
    assert_eq!(look(Ecosystem::Cargo, &both, None), [""; 0]);
    for place in ["registry+other", "git+https://host.example/x", "path+x"] {
        let mut elsewhere = asks(Ecosystem::Cargo, "x", "=1.0.1");
        elsewhere.url = Some(place.to_owned());
        let both = pair(elsewhere, asks(Ecosystem::Cargo, "x", "=1.0.2"));
        assert_eq!(look(Ecosystem::Cargo, &both, None), [""; 0], "{place}");
    }
}
