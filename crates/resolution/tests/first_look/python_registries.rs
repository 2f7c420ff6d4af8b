//! Made-up registries of one distribution, tried version by version with the specifiers' own matching: where that finds a version, the first
//! look is silent. And on a registry with every version that the specifiers can tell apart, it is silent only there.

use std::str::FromStr as _;

use pep440_rs::{Version, VersionSpecifiers};
use proptest::prelude::*;
use synthesizer_model::dependency::{Dependency, Ecosystem};

use super::{asks, look, repository};

fn version() -> impl Strategy<Value = String> {
    let suffix = prop_oneof![
        6 => Just(String::new()),
        1 => (0..2_u8).prop_map(|number| format!("a{number}")),
        1 => (0..2_u8).prop_map(|number| format!("rc{number}")),
        1 => (0..2_u8).prop_map(|number| format!(".post{number}")),
        1 => (0..2_u8).prop_map(|number| format!(".dev{number}")),
        1 => Just("a1.dev1".to_owned()),
        1 => Just("rc1.post1".to_owned()),
        1 => Just(".post1.dev1".to_owned()),
    ];
    let epoch = prop_oneof![9 => Just(""), 1 => Just("1!")];
    (epoch, 0..3_u8, 0..3_u8, 0..2_u8, suffix).prop_map(|(epoch, major, minor, patch, suffix)| {
        format!("{epoch}{major}.{minor}.{patch}{suffix}")
    })
}

fn specifier() -> impl Strategy<Value = String> {
    let compared = (
        prop_oneof![
            Just("=="),
            Just("!="),
            Just("<"),
            Just("<="),
            Just(">"),
            Just(">="),
            Just("~=")
        ],
        version(),
    )
        .prop_map(|(operator, version)| format!("{operator}{version}"));
    let prefix = (
        prop_oneof![Just("=="), Just("!=")],
        0..3_u8,
        proptest::option::of(0..3_u8),
    )
        .prop_map(|(operator, major, minor)| match minor {
            Some(minor) => format!("{operator}{major}.{minor}.*"),
            None => format!("{operator}{major}.*"),
        });
    let local = version().prop_map(|version| format!("=={version}+local"));
    let one = prop_oneof![8 => compared, 2 => prefix, 1 => local];
    proptest::collection::vec(one, 1..4).prop_map(|all| all.join(","))
}

fn published() -> impl Strategy<Value = Vec<String>> {
    let version = (version(), any::<bool>()).prop_map(|(version, local)| {
        if local {
            format!("{version}+local")
        } else {
            version
        }
    });
    proptest::collection::vec(version, 1..40)
}

/// Every version that the specifiers above can tell apart, and what lies between.
fn every_version() -> Vec<Version> {
    // A fourth number lies between two releases.
    let suffixes = [
        ".1",
        ".dev0",
        ".dev1",
        ".dev2",
        "a0.dev0",
        "a0",
        "a0.post0",
        "a1.dev0",
        "a1.dev1",
        "a1.dev2",
        "a1",
        "a1.post0",
        "a2",
        "rc0.dev0",
        "rc0",
        "rc0.post0",
        "rc1.dev0",
        "rc1",
        "rc1.post0",
        "rc1.post1.dev0",
        "rc1.post1",
        "rc1.post2",
        "rc2",
        "",
        ".post0.dev0",
        ".post0",
        ".post1.dev0",
        ".post1.dev1",
        ".post1.dev2",
        ".post1",
        ".post2.dev0",
        ".post2",
    ];
    let mut versions = Vec::new();
    for epoch in ["", "1!"] {
        for [major, minor, patch] in (0..4 * 4 * 3).map(|n| [n / 12, n / 3 % 4, n % 3]) {
            for suffix in suffixes {
                for local in ["", "+local"] {
                    let text = format!("{epoch}{major}.{minor}.{patch}{suffix}{local}");
                    versions.push(Version::from_str(&text).expect("a version"));
                }
            }
        }
    }
    versions
}

fn fits(version: &Version, all: &[VersionSpecifiers]) -> bool {
    all.iter().all(|specifiers| specifiers.contains(version))
}

fn is_conflict(specifiers: &[String]) -> bool {
    let repositories: Vec<_> = specifiers
        .iter()
        .map(|specifier| repository("a", vec![asks(Ecosystem::Python, "x", specifier)]))
        .collect();
    !look(Ecosystem::Python, &repositories, None).is_empty()
}

fn parsed(specifiers: &[String]) -> Vec<VersionSpecifiers> {
    let parse = |text: &String| VersionSpecifiers::from_str(text).expect("specifiers");
    specifiers.iter().map(parse).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn no_conflict_where_a_version_fits(
        specifiers in proptest::collection::vec(specifier(), 1..5),
        published in published(),
    ) {
        let all = parsed(&specifiers);
        let solved = published
            .iter()
            .map(|text| Version::from_str(text).expect("a version"))
            .find(|version| fits(version, &all));
        if let Some(version) = solved {
            prop_assert!(!is_conflict(&specifiers), "{version} fits {specifiers:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 300, ..ProptestConfig::default() })]

    /// Without markers it is silent only where some version fits.
    #[test]
    fn it_is_never_silent_without_reason(specifiers in proptest::collection::vec(plain(), 1..4)) {
        let all = parsed(&specifiers);
        let solved = every_version().into_iter().find(|version| fits(version, &all));
        prop_assert_eq!(is_conflict(&specifiers), solved.is_none(), "{:?} {:?}", specifiers, solved);
    }

    #[test]
    fn markers_split_as_environments_do(
        wanted in proptest::collection::vec((plain(), 0..MARKERS.len()), 1..5),
        published in published(),
    ) {
        let requirement = |(specifier, marker): &(String, usize)| Dependency {
            marker: MARKERS[*marker].0.map(str::to_owned),
            ..asks(Ecosystem::Python, "x", specifier)
        };
        let all: Vec<_> = wanted.iter().map(|one| repository("a", vec![requirement(one)])).collect();
        let found = look(Ecosystem::Python, &all, None);
        let published: Vec<Version> = published.iter().map(|text| Version::from_str(text).expect("a version")).collect();
        // A solver has to find a version for every environment.
        let is_solved = ENVIRONMENTS.iter().all(|environment| {
            let held: Vec<String> = wanted
                .iter()
                .filter(|(_, marker)| (MARKERS[*marker].1)(environment))
                .map(|(specifier, _)| specifier.clone())
                .collect();
            let held = parsed(&held);
            held.is_empty() || published.iter().any(|version| fits(version, &held))
        });
        if is_solved {
            prop_assert_eq!(found, Vec::<String>::new());
        }
    }
}

/// A specifier of releases alone: there the matching of prefixes and of bounds leaves nothing open.
fn plain() -> impl Strategy<Value = String> {
    let release = (0..3_u8, 0..3_u8, 0..2_u8).prop_map(|(a, b, c)| format!("{a}.{b}.{c}"));
    let operator = prop_oneof![
        Just("=="),
        Just("!="),
        Just("<"),
        Just("<="),
        Just(">"),
        Just(">="),
        Just("~=")
    ];
    let one = (operator, release).prop_map(|(operator, release)| format!("{operator}{release}"));
    proptest::collection::vec(one, 1..4).prop_map(|all| all.join(","))
}

/// A platform and a minor version of Python 3.
type Environment = (&'static str, u8);

const ENVIRONMENTS: &[Environment] = &[
    ("linux", 9),
    ("linux", 10),
    ("linux", 13),
    ("win32", 9),
    ("win32", 10),
    ("win32", 13),
    ("darwin", 9),
    ("darwin", 10),
    ("darwin", 13),
];

/// Markers with what they mean.
#[expect(clippy::type_complexity, reason = "a table that is read once")]
const MARKERS: &[(Option<&str>, fn(&Environment) -> bool)] = &[
    (None, |_| true),
    (Some("sys_platform == 'win32'"), |one| one.0 == "win32"),
    (Some("sys_platform != 'win32'"), |one| one.0 != "win32"),
    (Some("os_name == 'posix'"), |one| one.0 != "win32"),
    (Some("platform_system == 'Darwin'"), |one| one.0 == "darwin"),
    (Some("'linux' in sys_platform"), |one| one.0 == "linux"),
    (Some("python_version < '3.10'"), |one| one.1 < 10),
    (Some("python_version >= '3.10'"), |one| one.1 >= 10),
    (
        Some("python_version >= '3.10' and sys_platform == 'linux'"),
        |one| one.1 >= 10 && one.0 == "linux",
    ),
    (
        Some("python_version < '3.10' or sys_platform == 'win32'"),
        |one| one.1 < 10 || one.0 == "win32",
    ),
    (Some("python_version in '3.9 3.10'"), |one| one.1 < 13),
    (Some("python_version < '3.0'"), |_| false),
];
