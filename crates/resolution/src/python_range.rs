//! Ranges of Python versions, by release numbers alone (PEP 440 without pre-releases). Must not ask which Pythons exist.

use std::{collections::BTreeSet, ops::Bound, str::FromStr};

use pep440_rs::{
    Operator, Version, VersionSpecifier, VersionSpecifiers, release_specifier_to_range,
    release_specifiers_to_ranges,
};
use version_ranges::Ranges;

/// The lower bound where nobody gives one: the oldest Python series with which today's tools still work.
pub(crate) const DEFAULT_LOWER_BOUND: &str = ">=3.9";

const LONGEST_SPECIFIER: usize = 1_000;
const MOST_SPECIFIERS: usize = 64;
const LARGEST_NUMBER: u64 = 1_000_000_000;

/// A set of Python versions with the exclusions that it was written with.
#[derive(Debug, Clone)]
pub(crate) struct PythonRange {
    ranges: Ranges<Version>,
    exclusions: BTreeSet<String>,
}

/// Parses a version specifier within bounds; `None` for what PEP 440 does not know or no package can mean.
pub(crate) fn parse_specifiers(text: &str) -> Option<VersionSpecifiers> {
    if text.len() > LONGEST_SPECIFIER {
        return None;
    }
    let specifiers = VersionSpecifiers::from_str(text).ok()?;
    is_reasonable(&specifiers).then_some(specifiers)
}

/// Says whether every number is small enough to compute with: the range of `==N.*` ends at N + 1.
pub(crate) fn is_reasonable(specifiers: &VersionSpecifiers) -> bool {
    specifiers.len() <= MOST_SPECIFIERS
        && specifiers.iter().all(|specifier| {
            let version = specifier.version();
            let release = version.release();
            let suffixes = [
                version.pre().map_or(0, |pre| pre.number),
                version.post().unwrap_or(0),
                version.dev().unwrap_or(0),
            ];
            let mut numbers = release.iter().chain(&suffixes);
            release.len() <= 16 && numbers.all(|number| *number <= LARGEST_NUMBER)
        })
}

impl PythonRange {
    /// Gives the range of all versions.
    pub(crate) fn full() -> Self {
        Self {
            ranges: Ranges::full(),
            exclusions: BTreeSet::new(),
        }
    }

    /// Parses a `requires-python` text; the empty text is the range of all versions.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let specifiers = parse_specifiers(text.trim())?;
        let exclusions = specifiers
            .iter()
            .filter(|specifier| {
                matches!(
                    specifier.operator(),
                    Operator::NotEqual | Operator::NotEqualStar
                )
            })
            .map(ToString::to_string)
            .collect();
        Some(Self {
            ranges: release_specifiers_to_ranges(specifiers),
            exclusions,
        })
    }

    /// Gives the range of one release or series, such as `3.12` (all of `3.12.*`) or `3.12.4`.
    pub(crate) fn of_version(text: &str) -> Option<Self> {
        let version = Version::from_str(text.trim()).ok()?;
        let series = if version.release().len() < 3 {
            ".*"
        } else {
            ""
        };
        Self::parse(&format!("=={}{series}", version.only_release()))
    }

    /// Gives the versions that are in both.
    pub(crate) fn intersect(&self, other: &Self) -> Self {
        Self {
            ranges: self.ranges.intersection(&other.ranges),
            exclusions: self.exclusions.union(&other.exclusions).cloned().collect(),
        }
    }

    /// Says whether no version is in the range.
    pub(crate) fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Says whether the range goes down without end.
    pub(crate) fn has_no_lower_bound(&self) -> bool {
        matches!(self.ranges.bounding_range(), Some((Bound::Unbounded, _)))
    }

    /// Gives the lowest version of the range; `None` when it goes down without end or is empty.
    pub(crate) fn lowest(&self) -> Option<Version> {
        match self.ranges.bounding_range()? {
            (Bound::Included(version) | Bound::Excluded(version), _) => Some(version.clone()),
            (Bound::Unbounded, _) => None,
        }
    }

    /// Says whether a version, such as `3.11.7`, is in the range.
    pub(crate) fn contains(&self, version: &str) -> bool {
        Version::from_str(version)
            .is_ok_and(|version| self.ranges.contains(&version.only_release()))
    }

    /// Gives a release in the range, the lowest that is likely to exist.
    pub(crate) fn example(&self) -> Option<String> {
        let candidates =
            (0..=40_u64).flat_map(|minor| (0..=30_u64).map(move |patch| [3, minor, patch]));
        candidates
            .chain([[2, 7, 18]])
            .map(Version::new)
            .find(|version| self.ranges.contains(version))
            .map(|version| version.to_string())
    }

    /// Writes the range as one specifier: lower bound, upper bound, and the exclusions that lie between.
    pub(crate) fn specifier(&self) -> String {
        let Some((lower, upper)) = self.ranges.bounding_range() else {
            return String::new();
        };
        let mut parts = Vec::new();
        match lower {
            Bound::Included(version) if Bound::Included(version) == upper => {
                return format!("=={version}");
            }
            Bound::Included(version) => parts.push(format!(">={version}")),
            Bound::Excluded(version) => parts.push(format!(">{version}")),
            Bound::Unbounded => {}
        }
        match upper {
            Bound::Included(version) => parts.push(format!("<={version}")),
            Bound::Excluded(version) => parts.push(format!("<{version}")),
            Bound::Unbounded => {}
        }
        let hull = Ranges::from_range_bounds((lower.cloned(), upper.cloned()));
        let matters = |text: &&String| {
            VersionSpecifier::from_str(text)
                .is_ok_and(|specifier| !hull.subset_of(&release_specifier_to_range(specifier)))
        };
        parts.extend(self.exclusions.iter().filter(matters).cloned());
        parts.join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(parts: &[&str], expected: &str) {
        let range = parts
            .iter()
            .map(|part| PythonRange::parse(part).expect("a specifier"))
            .fold(PythonRange::full(), |whole, part| whole.intersect(&part));
        let found = if range.is_empty() {
            "none".to_owned()
        } else {
            range.specifier()
        };
        assert_eq!(found, expected, "{parts:?}");
    }

    #[test]
    fn ranges_are_intersected() {
        check(&[">=3.8", ">=3.9,<4"], ">=3.9,<4");
        check(&[">=3.8", "==3.12.*"], ">=3.12,<3.13");
        check(&["~=3.9", "!=3.9.1,!=3.5.*"], ">=3.9,<4,!=3.9.1");
        check(&["", ""], "");
        check(&["<3.12", ">3.9", "<=3.11"], ">3.9,<=3.11");
        check(&[">=3.12", "<3.11"], "none");
        check(&["==3.11.2", ">=3.9"], "==3.11.2");
        check(&["!=3.0.*, !=3.1.*, >=2.7"], ">=2.7,!=3.0.*,!=3.1.*");
    }

    #[test]
    fn what_is_no_range_is_refused() {
        let absurd = format!("=={}.*", u64::MAX);
        for text in [absurd.as_str(), "three", ">=", "~=3", &">=3,".repeat(1_000)] {
            assert!(PythonRange::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_version_is_a_series_unless_it_is_exact() {
        let specifier = |text| PythonRange::of_version(text).map(|range| range.specifier());
        assert_eq!(specifier("3.12").as_deref(), Some(">=3.12,<3.13"));
        assert_eq!(specifier("3.12.4").as_deref(), Some("==3.12.4"));
        assert_eq!(specifier("3.x"), None);
    }

    #[test]
    fn an_example_is_in_the_range() {
        let example = |text| PythonRange::parse(text).expect("a range").example();
        assert_eq!(example(">=3.13").as_deref(), Some("3.13.0"));
        assert_eq!(example(">3.9.0,<3.10").as_deref(), Some("3.9.1"));
        assert_eq!(example("<3").as_deref(), Some("2.7.18"));
        assert_eq!(example(">=4"), None);
    }
}
