//! PEP 440 specifiers in plain comparators: `~=2.2` is `>=2.2, <3`. Compares no versions.

use std::collections::HashSet;

use pep440_rs::{Operator, Version, VersionSpecifier, VersionSpecifiers};

/// Writes a specifier in plain comparators: lower bounds, then upper ones, then exact versions, then excluded ones, each once.
///
/// `~=2.2` is `>=2.2, <3`, and `==1.*` is `>=1, <2`; `!=1.5.*` stays, as two comparators could only say it with an "or". Versions are
/// normalised (PEP 440, "Normalization"). `None` when any version will do and for what is no specifier.
pub(super) fn plain(specifier: &str) -> Option<String> {
    if specifier.trim().is_empty() {
        return None;
    }
    let specifiers: VersionSpecifiers = specifier.parse().ok()?;
    let mut comparators: Vec<(u8, String)> = Vec::new();
    let mut met = HashSet::new();
    for specifier in specifiers.iter() {
        let found = comparators_of(specifier)?;
        comparators.extend(
            found
                .into_iter()
                .filter(|comparator| met.insert(comparator.clone())),
        );
    }
    comparators.sort_by_key(|(rank, _)| *rank);
    let texts: Vec<String> = comparators.into_iter().map(|(_, text)| text).collect();
    Some(texts.join(", "))
}

/// Gives the comparators of one specifier, each with its rank.
fn comparators_of(specifier: &VersionSpecifier) -> Option<Vec<(u8, String)>> {
    let version = specifier.version();
    let one = |rank: u8, operator: &str| Some(vec![(rank, format!("{operator}{version}"))]);
    match specifier.operator() {
        Operator::GreaterThan => one(0, ">"),
        Operator::GreaterThanEqual => one(0, ">="),
        Operator::LessThan => one(1, "<"),
        Operator::LessThanEqual => one(1, "<="),
        Operator::Equal => one(2, "=="),
        Operator::ExactEqual => one(2, "==="),
        Operator::NotEqual => one(3, "!="),
        Operator::NotEqualStar => Some(vec![(3, format!("!={version}.*"))]),
        Operator::EqualStar => between(version, version.release().len()),
        Operator::TildeEqual => between(version, version.release().len().checked_sub(1)?),
    }
}

/// Gives the range from a version to the next one whose first `kept` numbers differ.
fn between(version: &Version, kept: usize) -> Option<Vec<(u8, String)>> {
    let mut release = version.release().get(..kept)?.to_vec();
    let last = release.last_mut()?;
    *last = last.checked_add(1)?;
    let next = Version::new(release).with_epoch(version.epoch());
    Some(vec![(0, format!(">={version}")), (1, format!("<{next}"))])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(specifier: &str, expected: &str) {
        let found = plain(specifier).unwrap_or_default();
        assert_eq!(found, expected, "{specifier}");
    }

    #[test]
    fn specifiers_become_comparators() {
        check("", "");
        check("~=2.2", ">=2.2, <3");
        check("~=1.4.5", ">=1.4.5, <1.5");
        check("~=2.2.post3", ">=2.2.post3, <3");
        check("~=1!2.3", ">=1!2.3, <1!3");
        check("==1.*", ">=1, <2");
        check("==1.2.*", ">=1.2, <1.3");
        check("!=1.5", "!=1.5");
        check("!=1.5.*", "!=1.5.*");
        check("===1.0", "===1.0");
        check("<3,>=1.0alpha1,!=2", ">=1.0a1, <3, !=2");
        check("<3,<3", "<3");
        check("==18446744073709551615.*", "");
        check("nonsense", "");
    }
}
