//! Made-up registries of one crate, solved by trying every choice with Cargo's own matching: where that finds a set, the first look is silent.
//! And where no requirement may choose, it is silent only there.

use proptest::prelude::*;
use semver::{Version, VersionReq};
use synthesizer_model::dependency::Ecosystem;

use super::{asks, look, repository};

fn requirement() -> impl Strategy<Value = String> {
    let operator = prop_oneof![
        Just(""),
        Just("^"),
        Just("~"),
        Just("="),
        Just(">"),
        Just(">="),
        Just("<"),
        Just("<=")
    ];
    let numbers = (
        0..3_u8,
        proptest::option::of((0..3_u8, proptest::option::of(0..3_u8))),
    );
    let pre =
        prop_oneof![4 => Just(""), 1 => Just("-alpha"), 1 => Just("-alpha.1"), 1 => Just("-rc.1")];
    let one = (operator, numbers, pre).prop_map(|(operator, (major, rest), pre)| match rest {
        None => format!("{operator}{major}"),
        Some((minor, None)) => format!("{operator}{major}.{minor}"),
        Some((minor, Some(patch))) => format!("{operator}{major}.{minor}.{patch}{pre}"),
    });
    let wildcard = prop_oneof![
        Just("*".to_owned()),
        Just("1.*".to_owned()),
        Just("0.1.*".to_owned())
    ];
    let several = proptest::collection::vec(one, 1..3).prop_map(|all: Vec<String>| all.join(", "));
    prop_oneof![9 => several, 1 => wildcard]
}

/// Every version that the requirements above can tell apart.
fn every_version() -> Vec<Version> {
    let numbers = (0..4_u64 * 4 * 5).map(|n| [n / 20, n / 5 % 4, n % 5]);
    numbers
        .flat_map(|[major, minor, patch]| {
            ["", "-0", "-alpha", "-alpha.1", "-alpha.2", "-rc.1", "-zz"].map(|pre| {
                Version::parse(&format!("{major}.{minor}.{patch}{pre}")).expect("a version")
            })
        })
        .collect()
}

/// The range of compatible versions of a version.
fn bucket(version: &Version) -> (u64, u64, u64) {
    match (version.major, version.minor) {
        (0, 0) => (0, 0, version.patch),
        (0, minor) => (0, minor, 0),
        (major, _) => (major, 0, 0),
    }
}

/// Whether every requirement can take a version so that no range of compatible versions has two.
fn is_solvable(wanted: &[VersionReq], published: &[Version], taken: &mut Vec<Version>) -> bool {
    let Some((first, rest)) = wanted.split_first() else {
        return true;
    };
    for version in published.iter().filter(|version| first.matches(version)) {
        let same = taken.iter().find(|taken| bucket(taken) == bucket(version));
        if same.is_some_and(|same| same != version) {
            continue;
        }
        taken.push(version.clone());
        let solved = is_solvable(rest, published, taken);
        taken.pop();
        if solved {
            return true;
        }
    }
    false
}

fn is_conflict(wanted: &[String]) -> bool {
    let repositories: Vec<_> = wanted
        .iter()
        .map(|specifier| repository("a", vec![asks(Ecosystem::Cargo, "x", specifier)]))
        .collect();
    !look(Ecosystem::Cargo, &repositories, None).is_empty()
}

fn parsed(wanted: &[String]) -> Vec<VersionReq> {
    let parse = |text: &String| VersionReq::parse(text).expect("a requirement");
    wanted.iter().map(parse).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn no_conflict_where_a_set_fits(
        wanted in proptest::collection::vec(requirement(), 1..5),
        published in proptest::sample::subsequence(every_version(), 1..60),
    ) {
        if is_solvable(&parsed(&wanted), &published, &mut Vec::new()) {
            prop_assert!(!is_conflict(&wanted), "{wanted:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 200, ..ProptestConfig::default() })]

    /// Requirements on one range of compatible versions leave nothing open.
    #[test]
    fn it_is_never_silent_without_reason(minors in proptest::collection::vec((0..6_usize, 0..3_u8, 0..3_u8), 1..5)) {
        let forms = ["=1.M.P", "~1.M.P", "^1.M.P", ">=1.M.P, <2", ">=1, <1.M.P", ">=1.0.0, <=1.M.P"];
        let wanted: Vec<String> = minors
            .iter()
            .map(|(form, minor, patch)| {
                forms[*form].replace('M', &minor.to_string()).replace('P', &patch.to_string())
            })
            .collect();
        let solvable = is_solvable(&parsed(&wanted), &every_version(), &mut Vec::new());
        prop_assert_eq!(is_conflict(&wanted), !solvable, "{:?}", wanted);
    }
}
