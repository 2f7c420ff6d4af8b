//! npm's version ranges as intervals, so that it can be told whether two of them have no version in common. Decides nothing else.
//!
//! Grammar: npm's documentation of package.json, dependencies. Pre-releases lie within an interval whatever npm's rule
//! says, so that a range is never smaller than what npm accepts.

use semver::{Prerelease, Version};

const LONGEST_RANGE: usize = 1_024;
const MOST_ALTERNATIVES: usize = 24;

/// A range: alternatives, each from a first version on and up to an end that is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NpmRange(Vec<Interval>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Interval {
    from: Version,
    above: bool,
    to: Option<(Version, bool)>,
}

impl NpmRange {
    /// Reads a range; `None` for a tag and for anything else that is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() > LONGEST_RANGE {
            return None;
        }
        let alternatives: Vec<&str> = text.split("||").take(MOST_ALTERNATIVES + 1).collect();
        if alternatives.len() > MOST_ALTERNATIVES {
            return None;
        }
        let read: Option<Vec<Interval>> = alternatives.into_iter().map(Interval::read).collect();
        read.map(Self)
    }

    /// Says whether no version can be in both.
    pub(super) fn is_disjoint(&self, other: &Self) -> bool {
        let apart = |one: &Interval| other.0.iter().all(|another| one.is_disjoint(another));
        self.0.iter().all(apart)
    }

    /// Says whether every release is in it.
    pub(super) fn is_any(&self) -> bool {
        let first = Version::new(0, 0, 0);
        let any = |one: &Interval| one.to.is_none() && one.from <= first && !one.above;
        self.0.iter().any(any)
    }

    /// Says whether one version alone is in it.
    pub(super) fn is_exact(&self) -> bool {
        let [only] = &self.0[..] else {
            return false;
        };
        !only.above && only.to.as_ref() == Some(&(only.from.clone(), true))
    }
}

impl Interval {
    fn all() -> Self {
        Self {
            from: lowest(0, 0, 0),
            above: false,
            to: None,
        }
    }

    fn read(text: &str) -> Option<Self> {
        let mut interval = Self::all();
        if let Some((first, last)) = text.split_once(" - ") {
            interval.narrow(">=", first.trim())?;
            interval.narrow("<=", last.trim())?;
            return Some(interval);
        }
        let mut operator = String::new();
        for word in text.split([' ', '\t', ',']).filter(|word| !word.is_empty()) {
            let end = word
                .find(|character: char| !"<>=^~".contains(character))
                .unwrap_or(word.len());
            let (before, version) = word.split_at(end);
            operator.push_str(before);
            if !version.is_empty() {
                interval.narrow(&operator, version)?;
                operator.clear();
            }
        }
        operator.is_empty().then_some(interval)
    }

    fn narrow(&mut self, operator: &str, text: &str) -> Option<()> {
        let partial = Partial::read(text)?;
        let from = partial.first();
        match operator {
            "" | "=" => match (&partial.next()?, partial.is_whole()) {
                (_, true) => {
                    self.start(from.clone(), false);
                    self.end(from, true);
                }
                (next, false) => self.between(from, next.clone()),
            },
            "^" => self.between(from, partial.caret_end()?),
            "~" | "~>" => self.between(from, partial.tilde_end()?),
            ">=" => self.start(from, false),
            ">" if partial.is_whole() => self.start(from, true),
            // `>1` begins behind all of 1; `>*` is nothing, which is read as anything.
            ">" => {
                if let Some(next) = partial.next()? {
                    self.start(next, false);
                }
            }
            "<" => self.end(partial.lowest(), false),
            "<=" if partial.is_whole() => self.end(from, true),
            "<=" => {
                if let Some(next) = partial.next()? {
                    self.end(next, false);
                }
            }
            _ => return None,
        }
        Some(())
    }

    fn between(&mut self, from: Version, end: Option<Version>) {
        self.start(from, false);
        if let Some(end) = end {
            self.end(end, false);
        }
    }

    fn start(&mut self, from: Version, above: bool) {
        if (&from, above) > (&self.from, self.above) {
            (self.from, self.above) = (from, above);
        }
    }

    fn end(&mut self, to: Version, included: bool) {
        if self
            .to
            .as_ref()
            .is_none_or(|old| (&to, included) < (&old.0, old.1))
        {
            self.to = Some((to, included));
        }
    }

    fn is_disjoint(&self, other: &Self) -> bool {
        let mut both = self.clone();
        both.start(other.from.clone(), other.above);
        if let Some((to, included)) = &other.to {
            both.end(to.clone(), *included);
        }
        match &both.to {
            None => false,
            Some((to, included)) => match both.from.cmp(to) {
                std::cmp::Ordering::Less => false,
                std::cmp::Ordering::Equal => both.above || !included,
                std::cmp::Ordering::Greater => true,
            },
        }
    }
}

/// A version of which the last numbers may be missing.
struct Partial {
    major: Option<u64>,
    minor: Option<u64>,
    patch: Option<u64>,
    pre: Prerelease,
}

impl Partial {
    fn read(text: &str) -> Option<Self> {
        let text = text.trim_start_matches(['v', '=']);
        let text = text.split('+').next().unwrap_or(text);
        let (numbers, pre) = match text.split_once('-') {
            Some((numbers, pre)) => (numbers, Prerelease::new(pre).ok()?),
            None => (text, Prerelease::EMPTY),
        };
        let mut parts = numbers.split('.');
        let mut number = || match parts.next() {
            None | Some("x" | "X" | "*" | "") => Some(None),
            Some(part) => part.parse::<u64>().ok().map(Some),
        };
        let (major, minor, patch) = (number()?, number()?, number()?);
        if parts.next().is_some() || text.is_empty() {
            return None;
        }
        Some(Self {
            major,
            minor: major.and(minor),
            patch: major.and(minor).and(patch),
            pre,
        })
    }

    fn is_whole(&self) -> bool {
        self.patch.is_some()
    }

    fn first(&self) -> Version {
        match (self.major, self.minor, self.patch) {
            (Some(major), Some(minor), Some(patch)) => {
                let mut version = Version::new(major, minor, patch);
                version.pre = self.pre.clone();
                version
            }
            (Some(major), minor, _) => Version::new(major, minor.unwrap_or(0), 0),
            (None, _, _) => lowest(0, 0, 0),
        }
    }

    /// Gives the version itself, or the lowest pre-release of the first one when numbers are missing.
    fn lowest(&self) -> Version {
        let numbers = [self.major, self.minor, self.patch].map(Option::unwrap_or_default);
        if self.is_whole() {
            let mut version = Version::new(numbers[0], numbers[1], numbers[2]);
            version.pre = self.pre.clone();
            version
        } else {
            lowest(numbers[0], numbers[1], numbers[2])
        }
    }

    /// Gives the first version behind all that begin with the numbers written; the outer `None` when they are too large.
    #[expect(clippy::option_option, reason = "no end is not the same as no answer")]
    fn next(&self) -> Option<Option<Version>> {
        Some(match (self.major, self.minor, self.patch) {
            (None, _, _) => None,
            (Some(major), None, _) => Some(lowest(major.checked_add(1)?, 0, 0)),
            (Some(major), Some(minor), None) => Some(lowest(major, minor.checked_add(1)?, 0)),
            (Some(major), Some(minor), Some(patch)) => {
                Some(lowest(major, minor, patch.checked_add(1)?))
            }
        })
    }

    #[expect(clippy::option_option, reason = "no end is not the same as no answer")]
    fn caret_end(&self) -> Option<Option<Version>> {
        Some(match (self.major, self.minor, self.patch) {
            (Some(0), Some(0), Some(patch)) => Some(lowest(0, 0, patch.checked_add(1)?)),
            (Some(0), Some(minor), _) => Some(lowest(0, minor.checked_add(1)?, 0)),
            (Some(major), _, _) => Some(lowest(major.checked_add(1)?, 0, 0)),
            (None, _, _) => None,
        })
    }

    #[expect(clippy::option_option, reason = "no end is not the same as no answer")]
    fn tilde_end(&self) -> Option<Option<Version>> {
        Some(match (self.major, self.minor) {
            (Some(major), Some(minor)) => Some(lowest(major, minor.checked_add(1)?, 0)),
            (Some(major), None) => Some(lowest(major.checked_add(1)?, 0, 0)),
            (None, _) => None,
        })
    }
}

/// The lowest pre-release of a version.
fn lowest(major: u64, minor: u64, patch: u64) -> Version {
    let mut version = Version::new(major, minor, patch);
    version.pre = Prerelease::new("0").expect("a number is a pre-release");
    version
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_without_a_common_version_are_told() {
        let check = |one: &str, other: &str, expected: bool| {
            let (first, second) = (NpmRange::parse(one), NpmRange::parse(other));
            let (first, second) = (first.expect("a range"), second.expect("a range"));
            assert_eq!(first.is_disjoint(&second), expected, "{one} and {other}");
            assert_eq!(second.is_disjoint(&first), expected, "{other} and {one}");
        };
        check("^17", "^18", true);
        check("^17.0.0", "17.0.2", false);
        check("^16.8.0 || ^17", "^18 || 19.x", true);
        check(">=16 <18", "^17 || ^18", false);
        check(">=16 <18", "^18", true);
        check("~1.2", "1.3.0", true);
        check("1.2 - 1.4", "1.4.9", false);
        check("1.2 - 1.4", "1.5", true);
        check("*", "18", false);
        check("", "18", false);
        check("> 1", "1.x", true);
        check(">1.2.3", "<=1.2.3", true);
        check(">=1.2.3", "<=1.2.3", false);
        check("^0.2.3", "^0.3.0", true);
        check("^0.0.3", "0.0.4", true);
        check("^0", "0.9.1", false);
        check("18.0.0-rc.1", "^18", true);
        check("18.0.0-rc.1", ">=18.0.0-rc.0", false);
        check("<18.0.0", "^18", true);
        check("18.0.0-rc.1", "<18", true);
        check("=v1.2.3", "1.2.3+build", false);
    }

    #[test]
    fn what_is_no_range_is_not_read() {
        for text in [
            "latest",
            ">>1 <",
            "1.2.3.4",
            "^",
            "git+https://host.example/x",
            "99999999999999999999999",
            "^18446744073709551615",
        ] {
            assert_eq!(NpmRange::parse(text), None, "{text}");
        }
        assert_eq!(NpmRange::parse(&"1 || ".repeat(200)), None);
    }

    #[test]
    fn what_allows_every_release_is_any() {
        let check = |text: &str, expected: bool| {
            assert_eq!(NpmRange::parse(text).expect("a range").is_any(), expected);
        };
        check("", true);
        check("*", true);
        check("1 || x", true);
        check(">=0", true);
        check(">=0.1", false);
        check(">0.0.0", false);
    }

    #[test]
    fn one_version_is_exact() {
        let check = |text: &str, expected: bool| {
            assert_eq!(NpmRange::parse(text).expect("a range").is_exact(), expected);
        };
        check("17.0.2", true);
        check("=17.0.2-rc.1", true);
        check("17.0", false);
        check("^17.0.2", false);
        check("1.0.0 || 2.0.0", false);
        check(">=1.0.0 <=1.0.0", true);
    }
}
