//! Ranges of npm (`^1.2`, `1.x || >=2.5.0 <3`, `1.2 - 2`) as plain comparators, read as forgivingly as npm itself reads them in manifests.
//! Grammar: <https://github.com/npm/node-semver#range-grammar>. Knows no registry: tags such as `latest` are no ranges.

mod partial;

use std::fmt;

use partial::{Partial, partial};

/// The longest range that is read, in bytes.
const LONGEST: usize = 1_024;
/// How many comparators one conjunction may have.
const MOST_COMPARATORS: usize = 50;
/// The longest version that is one, in bytes.
const LONGEST_VERSION: usize = 256;
/// The largest number of a version: the largest integer of JavaScript.
const LARGEST: u64 = 9_007_199_254_740_991;

/// Versions that one of several conjunctions of comparators admits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Range {
    /// Never empty; an empty conjunction admits every version that is no pre-release.
    alternatives: Vec<Vec<Comparator>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Comparator {
    operator: Operator,
    version: Version,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Version {
    numbers: [u64; 3],
    /// What stands after the hyphen; empty when nothing does.
    pre_release: String,
}

impl Range {
    /// Reads a range; `None` for what npm would take for a tag.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let mut alternatives: Vec<Vec<Comparator>> =
            text.split("||").filter_map(alternative).collect();
        // What admits nothing adds nothing to what does.
        if alternatives.len() > 1 {
            let some = alternatives
                .iter()
                .position(|comparators| !admits_nothing(comparators));
            match some {
                None => alternatives.truncate(1),
                Some(_) => alternatives.retain(|comparators| !admits_nothing(comparators)),
            }
        }
        if alternatives.iter().any(Vec::is_empty) {
            alternatives = vec![Vec::new()];
        }
        (!alternatives.is_empty()).then_some(Self { alternatives })
    }

    /// Gives the plain comparators, `>=1.2.0, <2.0.0-0 || =3.0.0`; `None` when any version will do.
    ///
    /// An upper bound that ends with `-0` leaves out the pre-releases of its own version too.
    pub(super) fn plain(&self) -> Option<String> {
        let is_any = self.alternatives.iter().any(Vec::is_empty);
        (!is_any).then(|| self.to_string())
    }
}

impl fmt::Display for Range {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, comparators) in self.alternatives.iter().enumerate() {
            if position > 0 {
                formatter.write_str(" || ")?;
            }
            for (position, comparator) in comparators.iter().enumerate() {
                if position > 0 {
                    formatter.write_str(", ")?;
                }
                write!(formatter, "{comparator}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Comparator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operator = match self.operator {
            Operator::Equal => "=",
            Operator::Less => "<",
            Operator::LessOrEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterOrEqual => ">=",
        };
        let [major, minor, patch] = self.version.numbers;
        write!(formatter, "{operator}{major}.{minor}.{patch}")?;
        if !self.version.pre_release.is_empty() {
            write!(formatter, "-{}", self.version.pre_release)?;
        }
        Ok(())
    }
}

impl Comparator {
    const fn new(operator: Operator, numbers: [u64; 3], pre_release: String) -> Self {
        Self {
            operator,
            version: Version {
                numbers,
                pre_release,
            },
        }
    }

    fn at_least(numbers: [u64; 3], pre_release: &str) -> Self {
        Self::new(Operator::GreaterOrEqual, numbers, pre_release.to_owned())
    }

    /// Below a version and below its pre-releases; `None` when the version's number is too large.
    fn below(numbers: [u64; 3]) -> Option<Self> {
        let in_bounds = numbers.iter().all(|number| *number <= LARGEST);
        in_bounds.then(|| Self::new(Operator::Less, numbers, "0".to_owned()))
    }

    fn is_nothing(&self) -> bool {
        *self == Self::new(Operator::Less, [0, 0, 0], "0".to_owned())
    }

    /// `>=0.0.0` says nothing.
    fn is_everything(&self) -> bool {
        *self == Self::new(Operator::GreaterOrEqual, [0, 0, 0], String::new())
    }
}

fn admits_nothing(comparators: &[Comparator]) -> bool {
    comparators.first().is_some_and(Comparator::is_nothing)
}

/// Reads what stands between two `||`; `None` when nothing of it is a comparator.
fn alternative(text: &str) -> Option<Vec<Comparator>> {
    let text = text.trim_matches(is_space);
    let mut found = Found::default();
    if let Some((low, high)) = hyphen(text) {
        found.take(low);
        found.take(high);
        return found.finish();
    }
    let mut rest = text;
    if rest.is_empty() {
        return Some(Vec::new());
    }
    while !rest.is_empty() {
        let (prefix, version, after) = next_term(rest);
        found.take(term(prefix, version));
        rest = after;
    }
    found.finish()
}

/// The comparators that a term means; `None` when it is none.
type Meaning = Option<Vec<Comparator>>;

/// The comparators of one conjunction.
#[derive(Default)]
struct Found {
    comparators: Vec<Comparator>,
    any_valid: bool,
    nothing: bool,
}

impl Found {
    /// Takes what one term means; a term that means nothing is passed over, as npm does in manifests.
    fn take(&mut self, term: Meaning) {
        let Some(comparators) = term else {
            return;
        };
        self.any_valid = true;
        for comparator in comparators {
            self.nothing |= comparator.is_nothing();
            let is_full = self.comparators.len() > MOST_COMPARATORS;
            if !is_full && !comparator.is_everything() && !self.comparators.contains(&comparator) {
                self.comparators.push(comparator);
            }
        }
    }

    fn finish(self) -> Option<Vec<Comparator>> {
        if self.nothing {
            let nothing = Comparator::new(Operator::Less, [0, 0, 0], "0".to_owned());
            return Some(vec![nothing]);
        }
        self.any_valid.then_some(self.comparators)
    }
}

/// What stands before a version.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Prefix {
    None,
    Caret,
    Tilde,
    Compare(Operator),
}

/// Splits off the first term: an operator, white space, and what reaches to the next white space.
fn next_term(text: &str) -> (Prefix, &str, &str) {
    let prefixes = [
        ("~>", Prefix::Tilde),
        ("~", Prefix::Tilde),
        ("^", Prefix::Caret),
        (">=", Prefix::Compare(Operator::GreaterOrEqual)),
        ("<=", Prefix::Compare(Operator::LessOrEqual)),
        (">", Prefix::Compare(Operator::Greater)),
        ("<", Prefix::Compare(Operator::Less)),
        ("=", Prefix::Compare(Operator::Equal)),
    ];
    let found = prefixes
        .iter()
        .find_map(|(written, prefix)| Some((*prefix, text.strip_prefix(written)?)));
    let (prefix, rest) = found.unwrap_or((Prefix::None, text));
    let rest = rest.trim_start_matches(is_space);
    // `> =1.2` is `>=1.2`.
    let prefix = match (prefix, rest.starts_with('=')) {
        (Prefix::Compare(Operator::Less), true) => Prefix::Compare(Operator::LessOrEqual),
        (Prefix::Compare(Operator::Greater), true) => Prefix::Compare(Operator::GreaterOrEqual),
        (prefix, _) => prefix,
    };
    let end = rest.find(is_space).unwrap_or(rest.len());
    let (version, after) = rest.split_at(end);
    (prefix, version, after.trim_start_matches(is_space))
}

/// White space as JavaScript's regular expressions have it.
fn is_space(character: char) -> bool {
    character.is_whitespace() && character != '\u{85}' || character == '\u{feff}'
}

/// Gives the comparators that a term means.
fn term(prefix: Prefix, text: &str) -> Meaning {
    let partial = partial(text)?;
    if partial.numbers.is_empty() {
        return Some(match prefix {
            Prefix::Compare(Operator::Less | Operator::Greater) => {
                vec![Comparator::below([0, 0, 0])?]
            }
            _ => Vec::new(),
        });
    }
    let low = partial.padded();
    let from = Comparator::at_least(low, &partial.pre_release);
    Some(match prefix {
        Prefix::Caret => vec![from, Comparator::below(caret_end(&partial))?],
        Prefix::Tilde => {
            let end = match partial.numbers.len() {
                1 => [low[0] + 1, 0, 0],
                _ => [low[0], low[1] + 1, 0],
            };
            vec![from, Comparator::below(end)?]
        }
        Prefix::None | Prefix::Compare(Operator::Equal) if !partial.is_whole() => {
            vec![from, Comparator::below(partial.next())?]
        }
        Prefix::None => vec![Comparator::new(Operator::Equal, low, partial.pre_release)],
        Prefix::Compare(operator) => vec![compared(operator, partial)?],
    })
}

/// The first version that a caret leaves out: the leftmost number that is not zero goes up.
fn caret_end(partial: &Partial) -> [u64; 3] {
    let [major, minor, patch] = partial.padded();
    match (major, minor, partial.numbers.len()) {
        (1.., _, _) | (0, _, 1) => [major + 1, 0, 0],
        (0, 1.., _) | (0, _, 2) => [0, minor + 1, 0],
        (0, 0, _) => [0, 0, patch + 1],
    }
}

/// A comparison, where a version that is not told whole stands for all that begin with it.
fn compared(operator: Operator, partial: Partial) -> Option<Comparator> {
    let low = partial.padded();
    if partial.is_whole() {
        return Some(Comparator::new(operator, low, partial.pre_release));
    }
    Some(match operator {
        Operator::Greater => {
            let next = Comparator::below(partial.next())?;
            Comparator::at_least(next.version.numbers, "")
        }
        Operator::LessOrEqual => Comparator::below(partial.next())?,
        Operator::Less => Comparator::below(low)?,
        Operator::GreaterOrEqual | Operator::Equal => Comparator::at_least(low, ""),
    })
}

/// What the two ends of `1.2 - 2.3` mean, if the text is such a range.
fn hyphen(text: &str) -> Option<(Meaning, Meaning)> {
    let middle = text
        .char_indices()
        .filter(|(_, character)| *character == '-')
        .find(|(position, _)| {
            text[..*position].ends_with(is_space) && text[position + 1..].starts_with(is_space)
        })?
        .0;
    let low = partial(text[..middle].trim_matches(is_space))?;
    let high = partial(text[middle + 1..].trim_matches(is_space))?;
    let from = if low.numbers.is_empty() {
        Some(Vec::new())
    } else {
        Some(vec![Comparator::at_least(low.padded(), &low.pre_release)])
    };
    let to = if high.numbers.is_empty() {
        Some(Vec::new())
    } else {
        compared(Operator::LessOrEqual, high).map(|comparator| vec![comparator])
    };
    Some((from, to))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: &str) {
        let found = Range::parse(text).map_or("no range".to_owned(), |range| {
            range.plain().unwrap_or_default()
        });
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn operators_are_told_in_plain_comparators() {
        check("1.2.3", "=1.2.3");
        check("=v1.2.3+build.5", "=1.2.3");
        check("^1.2.3", ">=1.2.3, <2.0.0-0");
        check("^0.2.3", ">=0.2.3, <0.3.0-0");
        check("^0.0.3", ">=0.0.3, <0.0.4-0");
        check("^0.0", ">=0.0.0, <0.1.0-0".trim_start_matches(">=0.0.0, "));
        check("^0", "<1.0.0-0");
        check("^1.x", ">=1.0.0, <2.0.0-0");
        check("^1.2.3-beta.02", ">=1.2.3-beta.2, <2.0.0-0");
        check("~1.2.3", ">=1.2.3, <1.3.0-0");
        check("~> 1", ">=1.0.0, <2.0.0-0");
        check("~1.2.3-rc.1", ">=1.2.3-rc.1, <1.3.0-0");
        check("1.2.x", ">=1.2.0, <1.3.0-0");
        check("1.*", ">=1.0.0, <2.0.0-0");
        check("> 1.2", ">=1.3.0");
        check("<=1.2", "<1.3.0-0");
        check("<1", "<1.0.0-0");
        check(">=1.2", ">=1.2.0");
        check("> =1.2", ">=1.2.0");
        check(">=1.2.3 <2", ">=1.2.3, <2.0.0-0");
        check("1.2 - 2.3.4", ">=1.2.0, <=2.3.4");
        check("1.2.3 - 2", ">=1.2.3, <3.0.0-0");
        check("* - 2", "<3.0.0-0");
        check("1 || ^2.1", ">=1.0.0, <2.0.0-0 || >=2.1.0, <3.0.0-0");
        check("1.2.3beta", "=1.2.3-beta");
    }

    #[test]
    fn any_version_has_no_comparators() {
        for text in [
            "",
            " ",
            "*",
            "x",
            ">=0",
            ">=0.0.0",
            "^*",
            "~x",
            "1 || *",
            "||",
            "* 1.x.x || ",
        ] {
            check(text, "");
        }
        check("* 1", ">=1.0.0, <2.0.0-0");
    }

    #[test]
    fn what_admits_nothing_is_told_once() {
        check(">*", "<0.0.0-0");
        check("<* || >x", "<0.0.0-0");
        check("<* || 1.2.3", "=1.2.3");
        check(">1 <*", "<0.0.0-0");
    }

    #[test]
    fn tags_and_other_texts_are_no_ranges() {
        for text in [
            "latest",
            "next-11",
            "1.2.3.4",
            "1.",
            "a.b.c",
            ">",
            "^",
            "- -",
            "99999999999999999",
            "^9007199254740991",
        ] {
            check(text, "no range");
        }
        check("1.2.3 latest", "=1.2.3");
        check(&"1 || ".repeat(LONGEST), "no range");
        check(&format!("1.0.0-{}", "a".repeat(300)), "no range");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_text_makes_it_panic(text in "[\\^~<>=|x*0-9.v+\\- aé]{0,40}") {
            drop(Range::parse(&text).and_then(|range| range.plain()));
        }

        #[test]
        fn plain_comparators_are_ranges_of_the_same_meaning(text in "[\\^~<>=|x*0-3.\\- ]{0,20}") {
            if let Some(range) = Range::parse(&text) {
                let again = Range::parse(&range.to_string().replace(", ", " "));
                prop_assert_eq!(again, Some(range));
            }
        }
    }
}
