//! Ranges of versions that several sources ask for, as one range that suits all of them.

/// Longest range that is written, in bytes.
const LONGEST: usize = 400;

/// Gives one range for several; `None` when they cannot be written as one.
pub fn together<'r>(ranges: impl Iterator<Item = &'r str>) -> Option<String> {
    let mut parts: Vec<&str> = ranges
        .map(str::trim)
        .filter(|range| !matches!(*range, "" | "*" | "x" | "latest"))
        .collect();
    parts.sort_unstable();
    parts.dedup();
    match parts.as_slice() {
        [] => Some("*".to_owned()),
        [only] => Some((*only).to_owned()),
        several => {
            let joined = several.join(" ");
            let simple = several.iter().all(|range| is_simple(range));
            (simple && joined.len() <= LONGEST).then_some(joined)
        }
    }
}

/// Says whether a range means "and" when another one is written beside it.
fn is_simple(range: &str) -> bool {
    let comparators = range
        .chars()
        .all(|character| character.is_ascii_alphanumeric() || ".^~<>=*+- ".contains(character));
    let is_version = range
        .trim_start_matches(['^', '~', '<', '>', '=', 'v', ' '])
        .starts_with(|first: char| first.is_ascii_digit());
    comparators && is_version && !range.contains(" - ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_joined_where_that_means_and() {
        let check = |ranges: &[&str], expected: Option<&str>| {
            assert_eq!(
                together(ranges.iter().copied()).as_deref(),
                expected,
                "{ranges:?}"
            );
        };
        check(&[], Some("*"));
        check(&["*", "^1.2.0"], Some("^1.2.0"));
        check(&["^1.2.0", "^1.2.0"], Some("^1.2.0"));
        check(&["^1.4.0", ">=1.2 <2"], Some(">=1.2 <2 ^1.4.0"));
        check(&["^1 || ^2"], Some("^1 || ^2"));
        check(&["^1 || ^2", "^2.1"], None);
        check(&["1 - 2", "^2.1"], None);
        check(&["next", "^2.1"], None);
        check(&["npm:a@1", "^2.1"], None);
    }
}
