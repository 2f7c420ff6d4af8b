//! What a version of a Maven requirement means: one version that is only recommended, or ranges that are binding.
//! Specification: <https://maven.apache.org/pom.html#dependency-version-requirement-specification>

/// How many ranges one requirement may have.
const MOST_RANGES: usize = 64;

/// What a version means.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::manifests) enum Versions {
    /// A recommendation, which any other requirement may overrule; also any version at all.
    Any,
    /// Plain comparators, alternatives joined with `||`.
    Plain(String),
    /// No version and no range.
    Wrong,
}

/// Says what a version means: `[1,2)` is `>=1, <2`, `[1]` is `=1`, `(,1),(1,)` is `<1 || >1`.
pub(in crate::manifests) fn plain_comparators(text: &str) -> Versions {
    let mut rest = text.trim();
    if !rest.starts_with(['[', '(']) {
        return match rest.contains(['[', '(', ']', ')', ',']) {
            true => Versions::Wrong,
            false => Versions::Any,
        };
    }
    let mut alternatives = Vec::new();
    while !rest.is_empty() {
        if alternatives.len() == MOST_RANGES {
            return Versions::Wrong;
        }
        let Some(end) = rest.find([']', ')']) else {
            return Versions::Wrong;
        };
        let (range, after) = rest.split_at(end + 1);
        match comparators(range) {
            Some(plain) if plain.is_empty() => return Versions::Any,
            Some(plain) => alternatives.push(plain),
            None => return Versions::Wrong,
        }
        rest = after.trim_start();
        if let Some(next) = rest.strip_prefix(',') {
            rest = next.trim_start();
            if rest.is_empty() {
                return Versions::Wrong;
            }
        } else if !rest.is_empty() {
            return Versions::Wrong;
        }
    }
    Versions::Plain(alternatives.join(" || "))
}

/// Writes one range with its brackets; empty when it has no end on either side.
fn comparators(range: &str) -> Option<String> {
    let includes_lower = match range.as_bytes().first()? {
        b'[' => true,
        b'(' => false,
        _ => return None,
    };
    let includes_upper = range.ends_with(']');
    let inside = range.get(1..range.len() - 1)?.trim();
    if inside.contains(['[', '(']) {
        return None;
    }
    let Some((lower, upper)) = inside.split_once(',') else {
        let is_one = includes_lower && includes_upper && !inside.is_empty();
        return is_one.then(|| format!("={inside}"));
    };
    let (lower, upper) = (lower.trim(), upper.trim());
    if upper.contains(',') {
        return None;
    }
    let operator = |includes: bool, sign: &str| match includes {
        true => format!("{sign}="),
        false => sign.to_owned(),
    };
    let lower = (!lower.is_empty()).then(|| operator(includes_lower, ">") + lower);
    let upper = (!upper.is_empty()).then(|| operator(includes_upper, "<") + upper);
    let bounds: Vec<String> = lower.into_iter().chain(upper).collect();
    Some(bounds.join(", "))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: Versions) {
        assert_eq!(plain_comparators(text), expected, "{text}");
    }

    #[test]
    fn ranges_become_plain() {
        let plain = |text: &str| Versions::Plain(text.to_owned());
        check("1.0", Versions::Any);
        check("LATEST", Versions::Any);
        check("(,)", Versions::Any);
        check("[1.0]", plain("=1.0"));
        check("(,1.0]", plain("<=1.0"));
        check("[1.2,1.3]", plain(">=1.2, <=1.3"));
        check("[1.0 , 2.0)", plain(">=1.0, <2.0"));
        check("[1.5,)", plain(">=1.5"));
        check("(,1.0],[1.2,)", plain("<=1.0 || >=1.2"));
        check("(,1.1),(1.1,)", plain("<1.1 || >1.1"));
    }

    #[test]
    fn what_is_no_range_is_wrong() {
        for text in [
            "[1",
            "1,2",
            "[1,2,3]",
            "(1)",
            "[]",
            "[1,2] [3,4]",
            "[1,2],",
            "[[1,2]]",
            "[é",
        ] {
            check(text, Versions::Wrong);
        }
        check(&"[1,2],".repeat(100_000), Versions::Wrong);
    }

    proptest! {
        #[test]
        fn any_text_ends_well(text in "[\\[\\](),.0-9é ]{0,40}") {
            plain_comparators(&text);
        }
    }
}
