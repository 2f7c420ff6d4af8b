//! Poetry's version constraints (`^1.2`, `~1.2`, `1.*`, `||`) as PEP 440 specifiers.

use pep440_rs::{Operator, Version, VersionSpecifiers};

use super::{requirement, specifier_range};

/// The longest constraint that is looked at, in bytes.
const LONGEST: usize = 1024;

/// Why a constraint cannot be written as a specifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum ConstraintError {
    /// Not in Poetry's notation.
    #[error("a version constraint that Poetry does not know")]
    Syntax,
    /// Alternatives without a lowest or highest version in common.
    #[error("alternatives of versions that no specifier can express")]
    Alternatives,
}

/// A specifier, and whether it allows more than the constraint did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Converted {
    /// The PEP 440 specifier; empty when any version will do.
    pub specifier: String,
    /// Whether alternatives were replaced by the range around them all.
    pub widened: bool,
    /// What alternatives mean in plain comparators, joined with `||`.
    pub range: Option<String>,
}

/// Converts a constraint.
///
/// Alternatives (`||`) become the range from the lowest to the highest version, as PEP 440 has no "or".
///
/// # Errors
/// Says why it cannot be done.
pub(super) fn to_pep440(constraint: &str) -> Result<Converted, ConstraintError> {
    if constraint.len() > LONGEST {
        return Err(ConstraintError::Syntax);
    }
    let parts: Vec<&str> = constraint
        .split('|')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    match parts.as_slice() {
        [] if constraint.trim().is_empty() => Ok(Converted {
            specifier: String::new(),
            widened: false,
            range: None,
        }),
        [] => Err(ConstraintError::Syntax),
        [only] => Ok(Converted {
            specifier: conjunction(only)?,
            widened: false,
            range: None,
        }),
        several => Ok(Converted {
            specifier: hull(several)?,
            widened: true,
            range: alternatives(several),
        }),
    }
}

/// Writes alternatives that no specifier can express in plain comparators; `None` when one of them admits any version, or is none.
pub(super) fn alternatives_of(constraint: &str) -> Option<String> {
    let parts = constraint.split('|').map(str::trim);
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    alternatives(&parts)
}

fn alternatives(parts: &[&str]) -> Option<String> {
    let ranges: Option<Vec<String>> = parts
        .iter()
        .map(|part| specifier_range::plain(&conjunction(part).ok()?))
        .collect();
    ranges.map(|ranges| ranges.join(" || "))
}

/// Converts parts that must all hold, separated by commas or white space.
fn conjunction(text: &str) -> Result<String, ConstraintError> {
    let mut specifiers: Vec<String> = Vec::new();
    for part in parts_of(text) {
        let specifier = single(&part)?;
        if !specifier.is_empty() {
            specifiers.push(specifier);
        }
    }
    requirement::clean_specifier(&specifiers.join(",")).map_err(|_| ConstraintError::Syntax)
}

/// Splits at commas and white space, and keeps an operator with the version after it.
fn parts_of(text: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for piece in text
        .split([',', ' ', '\t'])
        .map(str::trim)
        .filter(|piece| !piece.is_empty())
    {
        match parts.last_mut() {
            Some(last) if last.chars().all(|character| "<>=!~^".contains(character)) => {
                last.push_str(piece)
            }
            _ => parts.push(piece.to_owned()),
        }
    }
    parts
}

fn single(part: &str) -> Result<String, ConstraintError> {
    if part == "*" {
        return Ok(String::new());
    }
    if let Some(base) = part.strip_prefix('^') {
        return range(base, |release| {
            release
                .iter()
                .position(|number| *number != 0)
                .unwrap_or(release.len() - 1)
        });
    }
    if part.starts_with("~=") {
        return Ok(part.to_owned());
    }
    if let Some(base) = part.strip_prefix('~') {
        return range(base, |release| usize::from(release.len() > 1));
    }
    if part.starts_with(['<', '>', '!']) || part.starts_with("==") {
        return Ok(part.to_owned());
    }
    let version = part.strip_prefix('=').unwrap_or(part);
    Ok(format!("=={version}"))
}

/// Writes `>=base,<next`, where the next version has the number at the chosen place raised by one and zeros after it.
fn range(base: &str, place: fn(&[u64]) -> usize) -> Result<String, ConstraintError> {
    let base = base.trim().trim_end_matches(".*");
    let version: Version = base.parse().map_err(|_| ConstraintError::Syntax)?;
    let mut release = version.release().to_vec();
    if release.is_empty() {
        return Err(ConstraintError::Syntax);
    }
    let place = place(&release);
    release[place] = release[place]
        .checked_add(1)
        .ok_or(ConstraintError::Syntax)?;
    release[place + 1..].fill(0);
    let next = Version::new(release).with_epoch(version.epoch());
    Ok(format!(">={base},<{next}"))
}

/// Gives the range around all alternatives.
fn hull(alternatives: &[&str]) -> Result<String, ConstraintError> {
    let mut lowest: Option<Option<(Version, String)>> = None;
    let mut highest: Option<Option<(Version, String)>> = None;
    for alternative in alternatives {
        let specifiers: VersionSpecifiers = conjunction(alternative)?
            .parse()
            .map_err(|_| ConstraintError::Syntax)?;
        let (lower, upper) = bounds(&specifiers);
        lowest = Some(outer(lowest, lower, |kept, other| other < kept));
        highest = Some(outer(highest, upper, |kept, other| other > kept));
    }
    let ends = [lowest.flatten(), highest.flatten()];
    let ends: Vec<String> = ends.into_iter().flatten().map(|(_, text)| text).collect();
    if ends.is_empty() {
        Err(ConstraintError::Alternatives)
    } else {
        Ok(ends.join(","))
    }
}

type Bound = Option<(Version, String)>;

/// Keeps the outer of two bounds; no bound is the outermost of all.
fn outer(kept: Option<Bound>, other: Bound, is_further: fn(&Version, &Version) -> bool) -> Bound {
    match (kept, other) {
        (None, other) => other,
        (Some(None), _) | (_, None) => None,
        (Some(Some(kept)), Some(other)) => Some(if is_further(&kept.0, &other.0) {
            other
        } else {
            kept
        }),
    }
}

fn bounds(specifiers: &VersionSpecifiers) -> (Bound, Bound) {
    let mut lower = None;
    let mut upper = None;
    for specifier in specifiers.iter() {
        let version = specifier.version().clone();
        match specifier.operator() {
            Operator::GreaterThan | Operator::GreaterThanEqual => {
                lower = Some((version, specifier.to_string()))
            }
            Operator::LessThan | Operator::LessThanEqual => {
                upper = Some((version, specifier.to_string()))
            }
            Operator::Equal | Operator::ExactEqual => {
                lower = Some((version.clone(), format!(">={version}")));
                upper = Some((version.clone(), format!("<={version}")));
            }
            Operator::EqualStar | Operator::TildeEqual => {
                lower = Some((version.clone(), format!(">={version}")))
            }
            Operator::NotEqual | Operator::NotEqualStar => {}
        }
    }
    (lower, upper)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(constraint: &str, expected: &str) {
        let found = to_pep440(constraint).map(|converted| converted.specifier);
        assert_eq!(found.as_deref(), Ok(expected), "{constraint}");
    }

    #[test]
    fn constraints_become_specifiers() {
        check("^1.2.3", ">=1.2.3,<2.0.0");
        check("^1.2", ">=1.2,<2.0");
        check("^3", ">=3,<4");
        check("^0.2.3", ">=0.2.3,<0.3.0");
        check("^0.0.3", ">=0.0.3,<0.0.4");
        check("^0.0", ">=0.0,<0.1");
        check("^1.0b1", ">=1.0b1,<2.0");
        check("~1.2.3", ">=1.2.3,<1.3.0");
        check("~1", ">=1,<2");
        check("~=1.2", "~=1.2");
        check("1.2.*", "==1.2.*");
        check("1.2.3", "==1.2.3");
        check("=1.2", "==1.2");
        check(">= 1.0, < 2.0 !=1.5", ">=1.0,<2.0,!=1.5");
        check("*", "");
        check("", "");
    }

    #[test]
    fn alternatives_become_the_range_around_them() {
        check("^1.2 || ^2.5", ">=1.2,<3.0");
        check("~2.7 || ^3.5", ">=2.7,<4.0");
        check("<1 | >=2,<3", "<3");
        assert_eq!(to_pep440("<1 || >2"), Err(ConstraintError::Alternatives));
        let range = to_pep440("~2.7 || ^3.5").map(|converted| converted.range);
        assert_eq!(range, Ok(Some(">=2.7, <2.8 || >=3.5, <4.0".to_owned())));
        assert_eq!(alternatives_of("<1 || >2").as_deref(), Some("<1 || >2"));
    }

    #[test]
    fn what_poetry_does_not_know_is_refused() {
        for text in [
            "^",
            "^x",
            "latest",
            "||",
            "^18446744073709551615",
            ">=1.*.*",
        ] {
            assert!(to_pep440(text).is_err(), "{text}");
        }
    }
}
