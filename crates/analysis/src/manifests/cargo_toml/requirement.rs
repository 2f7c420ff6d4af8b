//! Version requirements of Cargo as plain comparators: carets, tildes and wildcards become `>=` and `<`.

use semver::{Comparator, Op, VersionReq};

/// Writes what a requirement means in `=`, `>`, `>=`, `<`, `<=` of whole versions, joined with `, `; `None` when any version will do.
///
/// A pre-release fits only where a comparator names one of the same three numbers, by Cargo's rule; the comparators do not repeat that.
///
/// # Errors
/// Says why it is no requirement.
pub(in crate::manifests) fn plain_comparators(text: &str) -> Result<Option<String>, semver::Error> {
    let requirement = VersionReq::parse(text)?;
    let bounds: Vec<String> = requirement.comparators.iter().flat_map(bounds).collect();
    Ok((!bounds.is_empty()).then(|| bounds.join(", ")))
}

/// Gives the one or two bounds that a comparator means.
fn bounds(comparator: &Comparator) -> Vec<String> {
    let Comparator {
        op,
        major,
        minor,
        patch,
        pre,
    } = comparator;
    let (major, minor, patch) = (*major, *minor, *patch);
    let floor = if pre.is_empty() {
        format!("{major}.{}.{}", minor.unwrap_or(0), patch.unwrap_or(0))
    } else {
        format!(
            "{major}.{}.{}-{pre}",
            minor.unwrap_or(0),
            patch.unwrap_or(0)
        )
    };
    // The first version that the written numbers do not begin; none when the numbers end there.
    let next = match (minor, patch) {
        (None, _) => next_major(major),
        (Some(minor), None) => next_minor(major, minor),
        (Some(minor), Some(patch)) => next_patch(major, minor, patch),
    };
    let range = |end: Option<String>| {
        let end = end.map(|end| format!("<{end}"));
        std::iter::once(format!(">={floor}")).chain(end).collect()
    };
    let is_whole = patch.is_some();
    match op {
        Op::Exact if is_whole => vec![format!("={floor}")],
        Op::Exact | Op::Wildcard => range(next),
        Op::Greater if is_whole => vec![format!(">{floor}")],
        Op::Greater => vec![next.map_or_else(|| format!(">{floor}"), |next| format!(">={next}"))],
        Op::GreaterEq => vec![format!(">={floor}")],
        Op::Less => vec![format!("<{floor}")],
        Op::LessEq if is_whole => vec![format!("<={floor}")],
        Op::LessEq => next.into_iter().map(|next| format!("<{next}")).collect(),
        Op::Tilde => range(match minor {
            Some(minor) => next_minor(major, minor),
            None => next_major(major),
        }),
        _ => range(match (major, minor, patch) {
            (0, Some(0), Some(patch)) => next_patch(0, 0, patch),
            (0, Some(minor), _) => next_minor(0, minor),
            _ => next_major(major),
        }),
    }
}

fn next_major(major: u64) -> Option<String> {
    Some(format!("{}.0.0", major.checked_add(1)?))
}

fn next_minor(major: u64, minor: u64) -> Option<String> {
    minor
        .checked_add(1)
        .map(|minor| format!("{major}.{minor}.0"))
        .or_else(|| next_major(major))
}

fn next_patch(major: u64, minor: u64, patch: u64) -> Option<String> {
    patch
        .checked_add(1)
        .map(|patch| format!("{major}.{minor}.{patch}"))
        .or_else(|| next_minor(major, minor))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use semver::Version;

    use super::*;

    fn check(text: &str, expected: &str) {
        let found = plain_comparators(text).expect("a requirement");
        assert_eq!(found.as_deref().unwrap_or("any"), expected, "{text}");
    }

    #[test]
    fn every_operator_becomes_plain() {
        check("1.2.3", ">=1.2.3, <2.0.0");
        check("^0.2.3", ">=0.2.3, <0.3.0");
        check("0.0.3", ">=0.0.3, <0.0.4");
        check("0.0", ">=0.0.0, <0.1.0");
        check("0", ">=0.0.0, <1.0.0");
        check("0.3", ">=0.3.0, <0.4.0");
        check("~1.2.3", ">=1.2.3, <1.3.0");
        check("~1", ">=1.0.0, <2.0.0");
        check("1.*", ">=1.0.0, <2.0.0");
        check("1.2.*", ">=1.2.0, <1.3.0");
        check("*", "any");
        check("=1.2.3", "=1.2.3");
        check("=1.2", ">=1.2.0, <1.3.0");
        check(">1.2", ">=1.3.0");
        check(">1.2.3", ">1.2.3");
        check("<=1", "<2.0.0");
        check(">= 1.2, < 1.5", ">=1.2.0, <1.5.0");
        check("1.0.0-rc.1+x", ">=1.0.0-rc.1, <2.0.0");
    }

    #[test]
    fn absurd_numbers_have_no_end() {
        check("18446744073709551615", ">=18446744073709551615.0.0");
        check(
            "~1.18446744073709551615",
            ">=1.18446744073709551615.0, <2.0.0",
        );
        assert!(plain_comparators("18446744073709551616").is_err());
        assert!(plain_comparators(&"1,".repeat(100_000)).is_err());
        assert!(plain_comparators("").is_err());
    }

    proptest! {
        /// The plain comparators admit the same released versions as the requirement.
        #[test]
        fn plain_comparators_mean_the_same(
            operator in "(\\^|~|=|>|>=|<|<=|)",
            numbers in proptest::collection::vec(0_u64..4, 1..4),
            version in (0_u64..5, 0_u64..5, 0_u64..5),
        ) {
            let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
            let text = format!("{operator}{}", numbers.join("."));
            let version = Version::new(version.0, version.1, version.2);
            let plain = plain_comparators(&text).expect("a requirement").expect("has bounds");
            let plain = VersionReq::parse(&plain).expect("plain comparators");
            let original = VersionReq::parse(&text).expect("a requirement");
            prop_assert_eq!(plain.matches(&version), original.matches(&version));
        }

        #[test]
        fn any_text_ends_well(text in ".{0,80}") {
            drop(plain_comparators(&text));
        }
    }
}
