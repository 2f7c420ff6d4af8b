//! Conditions on the machine and the interpreter, in the terms of environment markers (PEP 508).

use std::fmt;

/// The longest condition, in comparisons.
const LONGEST: usize = 64;

/// A condition that a marker can express.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Test {
    Compare {
        variable: &'static str,
        operator: &'static str,
        value: String,
    },
    /// `'text' in variable`, or its opposite.
    Contains {
        variable: &'static str,
        text: String,
        negated: bool,
    },
    All(Vec<Test>),
    Any(Vec<Test>),
}

/// What is known of the truth of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Truth {
    Known(bool),
    When(Test),
    Unknown,
}

impl Test {
    /// Makes a comparison; a value that no marker can quote gives nothing.
    pub(super) fn compare(
        variable: &'static str,
        operator: &'static str,
        value: &str,
    ) -> Option<Self> {
        is_quotable(value).then(|| Self::Compare {
            variable,
            operator,
            value: value.to_owned(),
        })
    }

    /// Makes `'text' in variable`.
    pub(super) fn contains(variable: &'static str, text: &str, negated: bool) -> Option<Self> {
        is_quotable(text).then(|| Self::Contains {
            variable,
            text: text.to_owned(),
            negated,
        })
    }

    /// Gives the opposite.
    pub(super) fn negated(&self) -> Self {
        match self {
            Self::Compare {
                variable,
                operator,
                value,
            } => Self::Compare {
                variable,
                operator: opposite(operator),
                value: value.clone(),
            },
            Self::Contains {
                variable,
                text,
                negated,
            } => Self::Contains {
                variable,
                text: text.clone(),
                negated: !negated,
            },
            Self::All(tests) => Self::Any(tests.iter().map(Self::negated).collect()),
            Self::Any(tests) => Self::All(tests.iter().map(Self::negated).collect()),
        }
    }

    /// Gives the condition that both hold; `None` when it becomes too long.
    pub(super) fn and(self, other: &Self) -> Option<Self> {
        if self == *other {
            return Some(self);
        }
        let joined = match self {
            Self::All(mut tests) => {
                tests.push(other.clone());
                Self::All(tests)
            }
            test => Self::All(vec![test, other.clone()]),
        };
        (joined.size() <= LONGEST).then_some(joined)
    }

    /// Gives how many comparisons it has.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::All(tests) | Self::Any(tests) => tests.iter().map(Self::size).sum(),
            Self::Compare { .. } | Self::Contains { .. } => 1,
        }
    }
}

/// The platforms write neither quotes nor control characters.
fn is_quotable(value: &str) -> bool {
    value.len() <= 100
        && value
            .chars()
            .all(|character| !character.is_control() && !matches!(character, '\'' | '"'))
}

fn opposite(operator: &'static str) -> &'static str {
    match operator {
        "==" => "!=",
        "!=" => "==",
        "<" => ">=",
        ">=" => "<",
        ">" => "<=",
        "<=" => ">",
        other => other,
    }
}

impl Truth {
    /// Gives the opposite.
    pub(super) fn negated(self) -> Self {
        match self {
            Self::Known(truth) => Self::Known(!truth),
            Self::When(test) => Self::When(test.negated()),
            Self::Unknown => Self::Unknown,
        }
    }

    /// Makes what is known of a test that may not be expressible.
    pub(super) fn when(test: Option<Test>) -> Self {
        test.map_or(Self::Unknown, Self::When)
    }

    /// Joins truths that must all hold, or one of which must.
    pub(super) fn join(truths: Vec<Self>, all: bool) -> Self {
        let mut tests = Vec::new();
        let mut unknown = false;
        for truth in truths {
            match truth {
                Self::Known(truth) if truth != all => return Self::Known(truth),
                Self::Known(_) => {}
                Self::When(test) => tests.push(test),
                Self::Unknown => unknown = true,
            }
        }
        let size: usize = tests.iter().map(Test::size).sum();
        match (unknown || size > LONGEST, tests.len()) {
            (true, _) => Self::Unknown,
            (false, 0) => Self::Known(all),
            (false, 1) => Self::When(tests.remove(0)),
            (false, _) => Self::When(if all {
                Test::All(tests)
            } else {
                Test::Any(tests)
            }),
        }
    }
}

impl fmt::Display for Test {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compare {
                variable,
                operator,
                value,
            } => write!(formatter, "{variable} {operator} \"{value}\""),
            Self::Contains {
                variable,
                text,
                negated,
            } => {
                let not = if *negated { "not " } else { "" };
                write!(formatter, "\"{text}\" {not}in {variable}")
            }
            Self::All(tests) => write_joined(tests, " and ", formatter),
            Self::Any(tests) => write_joined(tests, " or ", formatter),
        }
    }
}

fn write_joined(tests: &[Test], word: &str, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (position, test) in tests.iter().enumerate() {
        if position > 0 {
            formatter.write_str(word)?;
        }
        match test {
            Test::All(_) | Test::Any(_) => write!(formatter, "({test})")?,
            Test::Compare { .. } | Test::Contains { .. } => write!(formatter, "{test}")?,
        }
    }
    Ok(())
}

/// Compares `sys.version_info`, or its first `length` numbers, with a tuple; `length` is `None` for the whole, which is longer than any
/// tuple of two or three.
pub(super) fn version_tuple(
    length: Option<usize>,
    operator: &str,
    numbers: &[i64],
) -> Option<Test> {
    let written = numbers
        .iter()
        .take(3)
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(".");
    if numbers.is_empty() || numbers.len() > 3 || numbers.iter().any(|number| *number < 0) {
        return None;
    }
    let whole = length.is_none_or(|length| length > numbers.len());
    // `(3, 8, 1, …) > (3, 8)` holds for all of 3.8; `(3, 8) > (3, 8)` does not.
    let operator = match (operator, whole) {
        ("<" | "<=", true) => "<",
        (">" | ">=", true) => ">=",
        ("==" | "!=", true) => return None,
        ("<", false) => "<",
        ("<=", false) => "<=",
        (">", false) => ">",
        (">=", false) => ">=",
        ("==", false) => "==",
        ("!=", false) => "!=",
        _ => return None,
    };
    match (numbers.len(), operator) {
        (1, "<" | ">=") => Test::compare("python_version", operator, &written),
        (1, _) => major(operator, numbers[0]),
        (2, _) => Test::compare("python_version", operator, &written),
        (_, _) => Test::compare("python_full_version", operator, &written),
    }
}

/// Compares a number of `sys.version_info` with another.
pub(super) fn version_number(place: usize, operator: &'static str, number: i64) -> Option<Test> {
    match place {
        0 => major(operator, number),
        _ => None,
    }
}

/// Compares the first number of the version.
fn major(operator: &str, number: i64) -> Option<Test> {
    let from = |number: i64| Test::compare("python_version", ">=", &number.to_string());
    let below = |number: i64| Test::compare("python_version", "<", &number.to_string());
    let next = number.checked_add(1)?;
    match operator {
        "<" => below(number),
        "<=" => below(next),
        ">" => from(next),
        ">=" => from(number),
        // There is no Python before 2 in use, and none after 3.
        "==" if number == 2 => below(3),
        "==" if number == 3 => from(3),
        "!=" if number == 2 => from(3),
        "!=" if number == 3 => below(3),
        _ => None,
    }
}
