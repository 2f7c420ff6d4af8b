//! What a PEP 440 specifier allows, as ranges: never less than what any installer accepts. Reads no marker.
//!
//! Where installers differ the wider reading counts: `==1.0` and `<=1.0` take every local version of 1.0 (PEP 440, "Version matching"), and
//! pre-releases count wherever the order of versions puts them, whether or not an installer would take them.

use pep440_rs::{Operator, Prerelease, Version, VersionSpecifier};
use version_ranges::Ranges;

use crate::python_range::parse_specifiers;

/// How many pieces a range may have.
pub(super) const MOST_PIECES: usize = 256;

/// Reads a specifier; `None` for what is none, and for numbers that are absurd.
pub(super) fn read(text: &str) -> Option<Ranges<Version>> {
    let specifiers = parse_specifiers(text)?;
    // There is no version below the first development version of 0.
    let mut ranges = Ranges::higher_than(Version::new([0]).with_dev(Some(0)));
    for specifier in specifiers.iter() {
        ranges = ranges.intersection(&range(specifier)?);
    }
    Some(ranges)
}

/// Gives what both have in common; `None` when it falls into too many pieces.
pub(super) fn meet(one: &Ranges<Version>, other: &Ranges<Version>) -> Option<Ranges<Version>> {
    let both = one.intersection(other);
    (both.iter().take(MOST_PIECES + 1).count() <= MOST_PIECES).then_some(both)
}

fn range(specifier: &VersionSpecifier) -> Option<Ranges<Version>> {
    let version = specifier.version().clone();
    Some(match specifier.operator() {
        Operator::Equal | Operator::ExactEqual => equal(version),
        Operator::NotEqual => equal(version).complement(),
        Operator::EqualStar => beginning_with(&version)?,
        Operator::NotEqualStar => beginning_with(&version)?.complement(),
        Operator::TildeEqual => {
            let (_, series) = version.release().split_last()?;
            let series = Version::new(series.iter().copied()).with_epoch(version.epoch());
            Ranges::higher_than(version).intersection(&beginning_with(&series)?)
        }
        Operator::GreaterThanEqual => Ranges::higher_than(version),
        Operator::LessThanEqual => Ranges::strictly_lower_than(after_local(&version)),
        Operator::LessThan if version.any_prerelease() || version.is_post() => {
            Ranges::strictly_lower_than(version)
        }
        // A release leaves its own pre-releases out too.
        Operator::LessThan => Ranges::strictly_lower_than(version.with_dev(Some(0))),
        Operator::GreaterThan if version.is_post() || version.is_dev() => {
            Ranges::higher_than(after_local(&version))
        }
        // A version leaves its own post-releases out too.
        Operator::GreaterThan => Ranges::strictly_higher_than(version.with_max(Some(0))),
    })
}

fn equal(version: Version) -> Ranges<Version> {
    if version.is_local() {
        return Ranges::singleton(version);
    }
    let end = after_local(&version);
    Ranges::from_range_bounds(version..end)
}

/// The first version that comes after a version and all its local versions.
fn after_local(version: &Version) -> Version {
    let version = version.clone();
    match (version.dev(), version.post()) {
        (Some(dev), _) => version.with_dev(Some(dev + 1)),
        (None, Some(post)) => version.with_post(Some(post + 1)).with_dev(Some(0)),
        (None, None) => version.with_post(Some(0)).with_dev(Some(0)),
    }
}

/// Every version that begins so: from its first development version to that of the next one.
fn beginning_with(version: &Version) -> Option<Ranges<Version>> {
    let low = version.clone().with_dev(Some(0));
    let next = match (version.post(), version.pre()) {
        (Some(post), _) => version.clone().with_post(Some(post + 1)),
        (None, Some(Prerelease { kind, number })) => version.clone().with_pre(Some(Prerelease {
            kind,
            number: number + 1,
        })),
        (None, None) => {
            let mut release = version.release().to_vec();
            let last = release.last_mut()?;
            *last = last.checked_add(1)?;
            version.clone().with_release(release)
        }
    };
    Some(Ranges::from_range_bounds(low..next.with_dev(Some(0))))
}
