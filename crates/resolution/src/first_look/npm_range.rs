//! Ranges of npm as sets of versions, from what people write (`^17 || >=18.2 <20`, `14.x`, `1.2 - 2`) and from plain comparators. Reads no tag:
//! that is no range. Grammar: <https://github.com/npm/node-semver#range-grammar>.

use std::{borrow::Cow, fmt};

use super::version_set::VersionSet;

/// The longest range that is read, in bytes.
const LONGEST: usize = 1_024;
/// How many alternatives (`||`) a range may have before it is not read.
const MOST_ALTERNATIVES: usize = 12;

/// Versions that one of several sets has.
#[derive(Debug, Clone)]
pub(crate) struct NpmRange(Vec<VersionSet>);

impl NpmRange {
    /// Reads a range; `None` when a part of it is none.
    pub(crate) fn read(text: &str) -> Option<Self> {
        if text.len() > LONGEST || text.split("||").count() > MOST_ALTERNATIVES {
            return None;
        }
        let sets: Option<Vec<VersionSet>> = text.split("||").map(alternative).collect();
        sets.map(|sets| Self(sets.into_iter().filter(|set| !set.is_empty()).collect()))
    }

    /// Says whether no version can be in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Gives the versions that are in both. The parts can multiply: see [`Self::is_simple`].
    pub(crate) fn meet(&self, other: &Self) -> Self {
        let pairs = self
            .0
            .iter()
            .flat_map(|one| other.0.iter().map(|another| one.meet(another)));
        Self(pairs.filter(|set| !set.is_empty()).collect())
    }

    /// Says whether it has so few parts that it can be met with others without growing out of bounds.
    pub(crate) fn is_simple(&self) -> bool {
        self.0.len() <= MOST_ALTERNATIVES
    }
}

impl fmt::Display for NpmRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, set) in self.0.iter().enumerate() {
            if position > 0 {
                formatter.write_str(" || ")?;
            }
            write!(formatter, "{set}")?;
        }
        Ok(())
    }
}

/// Reads what stands between two `||`.
fn alternative(text: &str) -> Option<VersionSet> {
    let spaced = text.replace(',', " ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut terms: Vec<String> = Vec::new();
    if let [low, "-", high] = words.as_slice() {
        terms.extend(term(">=", low)?);
        terms.extend(term("<=", high)?);
    } else {
        let mut waiting = "";
        for word in words {
            let end = word
                .find(|character| !matches!(character, '<' | '>' | '=' | '^' | '~'))
                .unwrap_or(word.len());
            let (operator, version) = word.split_at(end);
            // `>= 14` is `>=14`.
            let operator = match (waiting, operator) {
                ("", operator) => operator,
                (waiting, "") => waiting,
                _ => return None,
            };
            if version.is_empty() {
                waiting = operator;
                continue;
            }
            waiting = "";
            terms.extend(term(operator, version)?);
        }
        if !waiting.is_empty() {
            return None;
        }
    }
    if terms.is_empty() {
        return Some(VersionSet::all());
    }
    VersionSet::of_cargo(&terms.join(", "))
}

/// Writes a term in the words of Cargo, where a version alone would be a caret; `Some(None)` when it says nothing.
fn term(operator: &str, version: &str) -> Option<Option<String>> {
    let operator = match operator {
        "" | "=" => "=",
        "~>" => "~",
        "^" | "~" | ">" | ">=" | "<" | "<=" => operator,
        _ => return None,
    };
    let version = version.trim_start_matches(['v', 'V']);
    let release = version.split(['-', '+']).next().unwrap_or(version);
    let is_any = |part: &str| matches!(part, "x" | "X" | "*");
    let written: Vec<&str> = release
        .split('.')
        .take_while(|part| !is_any(part))
        .collect();
    let is_cut = release.split('.').any(is_any);
    let version = match (written.is_empty(), is_cut) {
        // Nothing is above or below any version.
        (true, _) if matches!(operator, "<" | ">") => return Some(Some("<0.0.0-0".to_owned())),
        (true, _) => return Some(None),
        (false, true) => Cow::Owned(written.join(".")),
        (false, false) => Cow::Borrowed(version),
    };
    Some(Some(format!("{operator}{version}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let found = NpmRange::read(text).map_or("no range".to_owned(), |range| range.to_string());
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn ranges_are_read_as_npm_reads_them() {
        check("^17 || >=18.2 <20", ">=17.0.0 <18.0.0 || >=18.2.0 <20.0.0");
        check("14.x", ">=14.0.0 <15.0.0");
        check("1.2", ">=1.2.0 <1.3.0");
        check("1.2 - 2", ">=1.2.0 <3.0.0");
        check("1.2.3 - 2.0.1", ">=1.2.3 <=2.0.1");
        check(">= 14.17", ">=14.17.0");
        check("> 14", ">=15.0.0");
        check("~> 1.2.3", ">=1.2.3 <1.3.0");
        check("v16.1.0", "16.1.0");
        check("<=14.*", "<15.0.0");
        check("*", "*");
        check("", "*");
        check("x || 3", "* || >=3.0.0 <4.0.0");
        check(">=1.2.0, <2.0.0-0 || =3.0.0", ">=1.2.0 <2.0.0-0 || 3.0.0");
        check("0.0.3-beta", "0.0.3-beta");
        check(">=3 <2", "");
        check("<*", "");
    }

    #[test]
    fn what_is_no_range_is_not_read() {
        for text in [
            "latest",
            "workspace:*",
            ">",
            "1 > ",
            ">>1",
            "1.2.3.4",
            "- -",
            "a.b",
            "1 || next",
        ] {
            check(text, "no range");
        }
        check(&"1 || ".repeat(20), "no range");
        check(&" ".repeat(2_000), "no range");
    }
}
