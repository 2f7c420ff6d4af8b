//! Sets of SemVer versions as Cargo and npm mean them: what lies between two bounds, and the pre-releases that a comparator names. A set is
//! never smaller than what the tool accepts.

use std::{fmt, ops::Bound};

use semver::{Comparator, Op, Prerelease, VersionReq};

/// The three numbers of a version.
pub(super) type Numbers = [u64; 3];

/// How many pre-releases one set may name before it is not read.
const MOST_NAMED: usize = 32;

/// A version without its build metadata, in the order of SemVer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Point {
    numbers: Numbers,
    /// Empty for a release, which is the greatest.
    pre_release: Prerelease,
}

/// A set of versions.
#[derive(Debug, Clone)]
pub(super) struct VersionSet {
    low: Bound<Point>,
    high: Bound<Point>,
    /// The numbers of the versions whose pre-releases belong to it as far as they lie between the bounds; sorted.
    pre_releases_of: Vec<Numbers>,
}

impl VersionSet {
    /// Gives the set of all releases.
    pub(super) const fn all() -> Self {
        Self {
            low: Bound::Unbounded,
            high: Bound::Unbounded,
            pre_releases_of: Vec::new(),
        }
    }

    /// Reads a requirement of Cargo; `None` for what is none.
    pub(super) fn of_cargo(text: &str) -> Option<Self> {
        let requirement = VersionReq::parse(text.trim()).ok()?;
        let mut set = Self::all();
        for comparator in &requirement.comparators {
            set.narrow(comparator)?;
        }
        set.pre_releases_of = requirement
            .comparators
            .iter()
            .filter(|comparator| !comparator.pre.is_empty())
            .map(|comparator| from(comparator).numbers)
            .collect();
        set.finish()
    }

    fn finish(mut self) -> Option<Self> {
        self.pre_releases_of.sort_unstable();
        self.pre_releases_of.dedup();
        (self.pre_releases_of.len() <= MOST_NAMED).then_some(self)
    }

    /// Takes out what a comparator does not accept; `None` when its numbers are too large to compute with.
    fn narrow(&mut self, comparator: &Comparator) -> Option<()> {
        let low = from(comparator);
        let release = |numbers| Point {
            numbers,
            pre_release: Prerelease::EMPTY,
        };
        let (low, high) = match comparator.op {
            Op::Exact | Op::Wildcard if comparator.patch.is_some() => {
                (Bound::Included(low.clone()), Bound::Included(low))
            }
            Op::Exact | Op::Wildcard => (
                Bound::Included(low),
                Bound::Excluded(release(next(comparator)?)),
            ),
            Op::Greater if comparator.patch.is_some() => (Bound::Excluded(low), Bound::Unbounded),
            Op::Greater => (
                Bound::Included(release(next(comparator)?)),
                Bound::Unbounded,
            ),
            Op::GreaterEq => (Bound::Included(low), Bound::Unbounded),
            Op::Less => (Bound::Unbounded, Bound::Excluded(low)),
            Op::LessEq if comparator.patch.is_some() => (Bound::Unbounded, Bound::Included(low)),
            Op::LessEq => (
                Bound::Unbounded,
                Bound::Excluded(release(next(comparator)?)),
            ),
            Op::Tilde => {
                let end = match comparator.minor {
                    Some(minor) => [comparator.major, minor.checked_add(1)?, 0],
                    None => [comparator.major.checked_add(1)?, 0, 0],
                };
                (Bound::Included(low), Bound::Excluded(release(end)))
            }
            Op::Caret => (
                Bound::Included(low),
                Bound::Excluded(release(caret_end(comparator)?)),
            ),
            // An operator of a later version of SemVer: nothing is known.
            _ => return None,
        };
        self.between(low, high);
        Some(())
    }

    fn between(&mut self, low: Bound<Point>, high: Bound<Point>) {
        self.low = higher_start(&self.low, &low).clone();
        self.high = lower_end(&self.high, &high).clone();
    }

    /// Gives the versions that are in both.
    pub(super) fn meet(&self, other: &Self) -> Self {
        Self {
            low: higher_start(&self.low, &other.low).clone(),
            high: lower_end(&self.high, &other.high).clone(),
            pre_releases_of: self
                .pre_releases_of
                .iter()
                .filter(|numbers| other.pre_releases_of.binary_search(numbers).is_ok())
                .copied()
                .collect(),
        }
    }

    /// Gives the part between two releases, the second one left out together with its pre-releases.
    pub(super) fn part(&self, start: Numbers, end: Option<Numbers>) -> Self {
        let first = Point {
            numbers: start,
            pre_release: lowest_pre_release(),
        };
        let mut part = self.clone();
        let end = end.map(|numbers| Point {
            numbers,
            pre_release: lowest_pre_release(),
        });
        part.between(
            Bound::Included(first),
            end.map_or(Bound::Unbounded, Bound::Excluded),
        );
        part
    }

    /// Says whether no version can be in it.
    pub(super) fn is_empty(&self) -> bool {
        let (first, end) = self.releases();
        let has_release = end.is_none_or(|end| first < end);
        !has_release
            && !self
                .pre_releases_of
                .iter()
                .any(|numbers| self.has_pre(*numbers))
    }

    /// Gives the first release that can be in it and the first one after it, `None` when it has no end.
    pub(super) fn releases(&self) -> (Numbers, Option<Numbers>) {
        let first = match &self.low {
            Bound::Unbounded => [0, 0, 0],
            Bound::Excluded(point) if point.pre_release.is_empty() => {
                after(point.numbers).unwrap_or(point.numbers)
            }
            Bound::Included(point) | Bound::Excluded(point) => point.numbers,
        };
        let end = match &self.high {
            Bound::Unbounded => None,
            Bound::Included(point) if point.pre_release.is_empty() => after(point.numbers),
            Bound::Included(point) | Bound::Excluded(point) => Some(point.numbers),
        };
        (first, end)
    }

    /// Gives the numbers of the versions whose pre-releases can be in it.
    pub(super) fn with_pre_releases(&self) -> impl Iterator<Item = Numbers> {
        self.pre_releases_of
            .iter()
            .copied()
            .filter(|numbers| self.has_pre(*numbers))
    }

    fn has_pre(&self, numbers: Numbers) -> bool {
        let first = Bound::Included(Point {
            numbers,
            pre_release: lowest_pre_release(),
        });
        let end = Bound::Excluded(Point {
            numbers,
            pre_release: Prerelease::EMPTY,
        });
        match (higher_start(&self.low, &first), lower_end(&self.high, &end)) {
            (Bound::Included(low), Bound::Included(high)) => low <= high,
            (
                Bound::Included(low) | Bound::Excluded(low),
                Bound::Included(high) | Bound::Excluded(high),
            ) => low < high,
            (Bound::Unbounded, _) | (_, Bound::Unbounded) => true,
        }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(formatter, "{major}.{minor}.{patch}")?;
        if !self.pre_release.is_empty() {
            write!(formatter, "-{}", self.pre_release)?;
        }
        Ok(())
    }
}

impl fmt::Display for VersionSet {
    /// Writes the bounds, `>=1.2.0 <2.0.0`; `*` for all.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.low, &self.high) {
            (Bound::Included(low), Bound::Included(high)) if low == high => {
                return write!(formatter, "{low}");
            }
            (Bound::Unbounded, Bound::Unbounded) => return formatter.write_str("*"),
            _ => {}
        }
        match &self.low {
            Bound::Included(low) => write!(formatter, ">={low}")?,
            Bound::Excluded(low) => write!(formatter, ">{low}")?,
            Bound::Unbounded => {}
        }
        let space = if matches!(self.low, Bound::Unbounded) {
            ""
        } else {
            " "
        };
        match &self.high {
            Bound::Included(high) => write!(formatter, "{space}<={high}"),
            Bound::Excluded(high) => write!(formatter, "{space}<{high}"),
            Bound::Unbounded => Ok(()),
        }
    }
}

fn lowest_pre_release() -> Prerelease {
    Prerelease::new("0").expect("a number is a pre-release")
}

/// The next release; `None` past the largest.
fn after([major, minor, patch]: Numbers) -> Option<Numbers> {
    Some([major, minor, patch.checked_add(1)?])
}

fn from(comparator: &Comparator) -> Point {
    Point {
        numbers: [
            comparator.major,
            comparator.minor.unwrap_or(0),
            comparator.patch.unwrap_or(0),
        ],
        pre_release: comparator.pre.clone(),
    }
}

/// The first release that does not begin with the numbers written, of which there are one or two.
fn next(comparator: &Comparator) -> Option<Numbers> {
    Some(match comparator.minor {
        Some(minor) => [comparator.major, minor.checked_add(1)?, 0],
        None => [comparator.major.checked_add(1)?, 0, 0],
    })
}

/// The first release that a caret leaves out: the leftmost number that is not zero goes up.
fn caret_end(comparator: &Comparator) -> Option<Numbers> {
    Some(
        match (comparator.major, comparator.minor, comparator.patch) {
            (0, Some(0), Some(patch)) => [0, 0, patch.checked_add(1)?],
            (0, Some(minor), _) => [0, minor.checked_add(1)?, 0],
            (major, _, _) => [major.checked_add(1)?, 0, 0],
        },
    )
}

/// The bound below that leaves out more.
fn higher_start<'b>(one: &'b Bound<Point>, other: &'b Bound<Point>) -> &'b Bound<Point> {
    match (one, other) {
        (Bound::Unbounded, _) => other,
        (_, Bound::Unbounded) => one,
        (
            Bound::Included(first) | Bound::Excluded(first),
            Bound::Included(second) | Bound::Excluded(second),
        ) => {
            let first_wins = match first.cmp(second) {
                std::cmp::Ordering::Equal => matches!(one, Bound::Excluded(_)),
                order => order.is_gt(),
            };
            if first_wins { one } else { other }
        }
    }
}

/// The bound above that leaves out more.
fn lower_end<'b>(one: &'b Bound<Point>, other: &'b Bound<Point>) -> &'b Bound<Point> {
    match (one, other) {
        (Bound::Unbounded, _) => other,
        (_, Bound::Unbounded) => one,
        (
            Bound::Included(first) | Bound::Excluded(first),
            Bound::Included(second) | Bound::Excluded(second),
        ) => {
            let first_wins = match first.cmp(second) {
                std::cmp::Ordering::Equal => matches!(one, Bound::Excluded(_)),
                order => order.is_lt(),
            };
            if first_wins { one } else { other }
        }
    }
}
