//! A requirement's versions as one interval, and how far its ends may be moved. Compares release numbers alone and asks nobody.

use std::cmp::Ordering;

/// One end of an interval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct End {
    /// The version as written.
    pub(super) text: String,
    /// Its release numbers.
    pub(super) release: Vec<u64>,
    /// Whether the version itself is meant too.
    pub(super) included: bool,
}

/// The versions between two ends, either of which may be open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Bounds {
    /// The lower end.
    pub(super) lower: Option<End>,
    /// The upper end.
    pub(super) upper: Option<End>,
    /// Versions left out between them, as written.
    pub(super) exclusions: Vec<String>,
}

/// Another interval for a requirement and how much of a change it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Move {
    /// From 1, a step within a major version, to [`LIFTED`].
    pub(super) severity: u8,
    /// The interval.
    pub(super) bounds: Bounds,
}

/// An end moves within one major version.
const WITHIN_MAJOR: u8 = 1;
/// An end moves just far enough into another major version.
const JUST_ENOUGH: u8 = 2;
/// An end moves farther.
const FARTHER: u8 = 3;
/// How many of the versions that others ask for are taken into account.
const MOST_NEEDS: usize = 3;
/// An end goes.
const LIFTED: u8 = 4;

impl End {
    /// Makes an end.
    pub(super) fn new(text: impl Into<String>, release: Vec<u64>, included: bool) -> Self {
        Self {
            text: text.into(),
            release,
            included,
        }
    }

    /// Makes an end of release numbers alone.
    pub(super) fn of(release: &[u64], included: bool) -> Self {
        let numbers: Vec<String> = release.iter().map(u64::to_string).collect();
        Self::new(numbers.join("."), release.to_vec(), included)
    }

    fn major(&self) -> u64 {
        self.release.first().copied().unwrap_or_default()
    }
}

/// Compares release numbers; missing ones are 0.
pub(super) fn compare(one: &[u64], other: &[u64]) -> Ordering {
    let length = one.len().max(other.len());
    let number = |release: &[u64], index: usize| release.get(index).copied().unwrap_or_default();
    (0..length)
        .map(|index| number(one, index).cmp(&number(other, index)))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// Gives the first version after all that share the first `kept` numbers, which are filled up with 0.
pub(super) fn after(release: &[u64], kept: usize) -> Vec<u64> {
    let mut next: Vec<u64> = release.iter().copied().take(kept).collect();
    next.resize(kept, 0);
    if let Some(last) = next.last_mut() {
        *last = last.saturating_add(1);
    }
    next
}

impl Bounds {
    /// Takes another lower end, if that is higher.
    pub(super) fn raise_lower(&mut self, end: End) {
        let higher = |known: &End| compare(&end.release, &known.release).is_gt();
        if self.lower.as_ref().is_none_or(higher) {
            self.lower = Some(end);
        }
    }

    /// Takes another upper end, if that is lower.
    pub(super) fn reduce_upper(&mut self, end: End) {
        let lower = |known: &End| compare(&end.release, &known.release).is_lt();
        if self.upper.as_ref().is_none_or(lower) {
            self.upper = Some(end);
        }
    }

    /// Says whether exactly one version is meant.
    pub(super) fn is_pin(&self) -> bool {
        matches!((&self.lower, &self.upper), (Some(lower), Some(upper))
            if lower.included && upper.included && compare(&lower.release, &upper.release).is_eq())
    }

    fn ends_before(&self, release: &[u64]) -> bool {
        self.upper
            .as_ref()
            .is_some_and(|upper| match compare(&upper.release, release) {
                Ordering::Less => true,
                Ordering::Equal => !upper.included,
                Ordering::Greater => false,
            })
    }

    fn begins_after(&self, release: &[u64]) -> bool {
        self.lower
            .as_ref()
            .is_some_and(|lower| match compare(&lower.release, release) {
                Ordering::Greater => true,
                Ordering::Equal => !lower.included,
                Ordering::Less => false,
            })
    }
}

/// Lists intervals that take in more, the mildest first.
///
/// `needs` are what others ask of the same package, `taken` the versions with which a solution is known, of which there are several where
/// environments differ. `ends` gives, for a version, the first versions after the series that it belongs to, the smallest series first.
pub(super) fn moves(
    own: &Bounds,
    needs: &[Bounds],
    taken: &[Vec<u64>],
    ends: &dyn Fn(&[u64]) -> Vec<Vec<u64>>,
) -> Vec<Move> {
    let by_release = |one: &&[u64], other: &&[u64]| compare(one, other);
    let versions = || taken.iter().map(Vec::as_slice);
    let newest = versions().max_by(by_release);
    let lowered = lowered(own, needs, versions().min_by(by_release));
    let mut found = raised(own, needs, newest, ends, lowered.is_empty());
    found.extend(lowered);
    if !own.exclusions.is_empty() {
        let bounds = Bounds {
            exclusions: Vec::new(),
            ..own.clone()
        };
        found.push(Move {
            severity: FARTHER,
            bounds,
        });
    }
    found.retain(|one| one.bounds != *own);
    found.sort_by_key(|one| one.severity);
    let mut distinct: Vec<Move> = Vec::new();
    for one in found {
        if distinct.iter().all(|known| known.bounds != one.bounds) {
            distinct.push(one);
        }
    }
    distinct
}

fn raised(
    own: &Bounds,
    needs: &[Bounds],
    newest: Option<&[u64]>,
    ends: &dyn Fn(&[u64]) -> Vec<Vec<u64>>,
    loosens_pin: bool,
) -> Vec<Move> {
    let Some(upper) = &own.upper else {
        return Vec::new();
    };
    let needed = needs.iter().filter_map(|need| need.lower.as_ref());
    let mut targets: Vec<&[u64]> = needed
        .map(|lower| lower.release.as_slice())
        .filter(|release| own.ends_before(release))
        .collect();
    targets.sort_by(|one, other| compare(one, other));
    targets.dedup();
    targets.truncate(MOST_NEEDS);
    targets.extend(newest.filter(|release| own.ends_before(release)));
    if targets.is_empty() && loosens_pin && own.is_pin() {
        targets.push(&upper.release);
    }
    let mut moves: Vec<Move> = Vec::new();
    for target in targets {
        for (step, end) in ends(target).iter().enumerate() {
            let end = End::of(end, false);
            let severity = match (reaches(&end) == reaches(upper), step) {
                (true, _) => WITHIN_MAJOR,
                (false, 0) => JUST_ENOUGH,
                (false, _) => FARTHER,
            };
            let upper = Some(end);
            let bounds = Bounds {
                upper,
                ..own.clone()
            };
            moves.push(Move { severity, bounds });
        }
    }
    if !moves.is_empty() {
        let bounds = Bounds {
            upper: None,
            ..own.clone()
        };
        moves.push(Move {
            severity: LIFTED,
            bounds,
        });
    }
    moves
}

/// Gives the major version of the last versions below an upper end.
fn reaches(upper: &End) -> u64 {
    let is_whole = upper.release.iter().skip(1).all(|number| *number == 0);
    if is_whole && !upper.included {
        upper.major().saturating_sub(1)
    } else {
        upper.major()
    }
}

fn lowered(own: &Bounds, needs: &[Bounds], oldest: Option<&[u64]>) -> Vec<Move> {
    let Some(lower) = &own.lower else {
        return Vec::new();
    };
    let asks_less = |need: &&Bounds| {
        need.upper.as_ref().is_some_and(|upper| {
            let order = compare(&upper.release, &lower.release);
            order.is_lt() || order.is_eq() && !(upper.included && lower.included)
        })
    };
    let allowed: Vec<&Bounds> = needs.iter().filter(asks_less).collect();
    let oldest = oldest.filter(|release| own.begins_after(release));
    let mut ends: Vec<End> = Vec::new();
    if let Some(oldest) = oldest {
        // Only as far as versions are known to do, by their first two numbers where those differ.
        let same = oldest.iter().take(2).eq(lower.release.iter().take(2));
        let kept = if same { oldest.len() } else { 2 };
        let series: Vec<u64> = oldest.iter().copied().take(kept).collect();
        ends.push(End::of(&series, true));
    }
    let lowest = allowed.iter().filter_map(|need| need.lower.as_ref());
    let lowest = lowest.max_by(|one, other| compare(&one.release, &other.release));
    ends.extend(lowest.map(|end| End {
        included: true,
        ..end.clone()
    }));
    if ends.is_empty() && allowed.is_empty() {
        return Vec::new();
    }
    ends.retain(|end| compare(&end.release, &lower.release).is_lt());
    let mut moves: Vec<Move> = Vec::new();
    for (step, end) in ends.into_iter().enumerate() {
        let severity = match (end.major() == lower.major(), step) {
            (true, _) => WITHIN_MAJOR,
            (false, 0) => JUST_ENOUGH,
            (false, _) => FARTHER,
        };
        let lower = Some(end);
        let bounds = Bounds {
            lower,
            ..own.clone()
        };
        moves.push(Move { severity, bounds });
    }
    let bounds = Bounds {
        lower: None,
        ..own.clone()
    };
    moves.push(Move {
        severity: LIFTED,
        bounds,
    });
    moves
}

#[cfg(test)]
mod tests {
    use super::super::{dialect::Dialect as _, python::Python};
    use super::*;

    fn check(own: &str, needs: &[&str], taken: &[&[u64]], expected: &[&str]) {
        let read = |text: &str| Python.read(text).expect("an interval");
        let needs: Vec<Bounds> = needs.iter().map(|need| read(need)).collect();
        let taken: Vec<Vec<u64>> = taken.iter().map(|one| one.to_vec()).collect();
        let ends = |release: &[u64]| Python.ends(release);
        let found: Vec<String> = moves(&read(own), &needs, &taken, &ends)
            .iter()
            .map(|one| format!("{} {}", one.severity, Python.write(&one.bounds)))
            .collect();
        assert_eq!(found, expected, "{own} against {needs:?}");
    }

    #[test]
    fn ends_move_as_little_as_others_need() {
        check(
            "==7.0",
            &[">=8.1"],
            &[&[8, 3, 1]],
            &["2 >=7.0,<8.2", "2 >=7.0,<8.4", "3 >=7.0,<9", "4 >=7.0"],
        );
        check(
            ">=2",
            &[">=1.21.1,<1.25"],
            &[&[1, 24, 3]],
            &["2 >=1.24", "3 >=1.21.1", "4 "],
        );
        check(
            "==2.20.0",
            &[],
            &[&[2, 32, 5]],
            &["1 >=2.20.0,<2.33", "1 >=2.20.0,<3", "4 >=2.20.0"],
        );
        check(
            "==8.1",
            &["<8"],
            &[&[7, 1, 2]],
            &["2 >=7.1,<=8.1", "4 <=8.1"],
        );
        check(
            "<2,!=1.5",
            &[">=2"],
            &[],
            &["2 <2.1,!=1.5", "3 <3,!=1.5", "3 <2", "4 !=1.5"],
        );
        check(">=1.0.150", &[], &[&[1, 0, 100]], &["1 >=1.0.100", "4 "]);
        check(">=1", &[">=3"], &[&[4]], &[]);
        check(
            "==3.4",
            &[],
            &[&[3, 2, 1], &[3, 4]],
            &["1 >=3.2,<=3.4", "4 <=3.4"],
        );
    }
}
