//! Made-up registries of one package that several repositories have for a peer, tried version by version: where one fits all, the first look is
//! silent, and only there.

use proptest::prelude::*;
use semver::{Version, VersionReq};
use synthesizer_model::dependency::{Dependency, Ecosystem};

use super::{asks, look, repository};

fn alternative() -> impl Strategy<Value = String> {
    prop_oneof![
        (0..4_u8).prop_map(|major| format!(">={major}.0.0, <{}.0.0-0", major + 1)),
        (0..4_u8, 0..3_u8).prop_map(|(major, minor)| format!("={major}.{minor}.0")),
        (0..4_u8, 0..3_u8).prop_map(|(major, minor)| format!(">={major}.{minor}.0")),
        (0..4_u8, 0..3_u8).prop_map(|(major, minor)| format!("<{major}.{minor}.0-0")),
        (0..4_u8).prop_map(|major| format!(">={major}.0.0-rc.1, <{}.0.0-0", major + 1)),
        (0..4_u8).prop_map(|major| format!("={major}.0.0-rc.1")),
    ]
}

fn range() -> impl Strategy<Value = String> {
    proptest::collection::vec(alternative(), 1..4).prop_map(|all| all.join(" || "))
}

fn every_version() -> Vec<Version> {
    let numbers = (0..5_u64 * 4).map(|n| [n / 4, n % 4]);
    numbers
        .flat_map(|[major, minor]| {
            ["0-rc.1", "0-rc.2", "0", "1"].map(|patch| {
                Version::parse(&format!("{major}.{minor}.{patch}")).expect("a version")
            })
        })
        .collect()
}

fn fits(version: &Version, range: &str) -> bool {
    let matches = |text: &str| {
        VersionReq::parse(text)
            .expect("comparators")
            .matches(version)
    };
    range
        .split("||")
        .any(|alternative| matches(alternative.trim()))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn peers_clash_where_no_version_fits_all(
        ranges in proptest::collection::vec(range(), 1..5),
        published in proptest::sample::subsequence(every_version(), 1..40),
    ) {
        let peer = |range: &String| Dependency {
            parsed: Some(range.clone()),
            group: Some("peer".to_owned()),
            ..asks(Ecosystem::Npm, "x", range)
        };
        let repositories: Vec<_> = ranges.iter().map(|range| repository("a", vec![peer(range)])).collect();
        let is_conflict = !look(Ecosystem::Npm, &repositories, None).is_empty();
        let fits_all = |version: &&Version| ranges.iter().all(|range| fits(version, range));
        if published.iter().any(|version| fits_all(&version)) {
            prop_assert!(!is_conflict, "{ranges:?}");
        }
        let every = every_version();
        let solved = every.iter().find(fits_all);
        prop_assert_eq!(is_conflict, solved.is_none(), "{:?} {:?}", ranges, solved);
    }
}
