//! Comparators of Semantic Versioning, in the spellings of Cargo and npm. Pre-releases count as their release.

use super::bounds::{Bounds, End, after, compare};

/// The longest specifier that is read, in bytes.
const LONGEST: usize = 1_000;

/// What a version without an operator means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bare {
    /// Every compatible one (Cargo).
    Caret,
    /// That one, or those that begin so when numbers are missing (npm).
    Exact,
}

/// Reads comparators that all have to hold; `None` for what is no range of versions.
pub(super) fn read(text: &str, bare: Bare) -> Option<Bounds> {
    if text.len() > LONGEST {
        return None;
    }
    let mut bounds = Bounds::default();
    for part in parts(text) {
        comparator(&part, bare, &mut bounds)?;
    }
    Some(bounds)
}

/// Gives the smallest interval that holds both.
pub(super) fn hull(one: Bounds, other: Bounds) -> Bounds {
    let ends = |one: Option<End>, other: Option<End>, first: bool| match (one, other) {
        (Some(one), Some(other)) => {
            Some(if compare(&one.release, &other.release).is_le() == first {
                one
            } else {
                other
            })
        }
        (None, _) | (_, None) => None,
    };
    Bounds {
        lower: ends(one.lower, other.lower, true),
        upper: ends(one.upper, other.upper, false),
        exclusions: Vec::new(),
    }
}

/// Cuts into comparators, each with its version even where a space lies between.
fn parts(text: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for word in text.split([',', ' ', '\t']).filter(|word| !word.is_empty()) {
        match parts.last_mut() {
            Some(last) if last.ends_with(['<', '>', '=', '^', '~']) => last.push_str(word),
            _ => parts.push(word.to_owned()),
        }
    }
    parts
}

fn comparator(part: &str, bare: Bare, bounds: &mut Bounds) -> Option<()> {
    let start = part
        .find(|character| !matches!(character, '<' | '>' | '=' | '^' | '~'))
        .unwrap_or(part.len());
    let (sign, version) = part.split_at(start);
    let version = version.trim_start_matches('v');
    let release = numbers(version)?;
    if release.is_empty() {
        return Some(());
    }
    let text = version
        .split(['*', 'x', 'X', '+'])
        .next()
        .unwrap_or_default()
        .trim_end_matches('.');
    let end = |included| End::new(text, release.clone(), included);
    let from_to = |bounds: &mut Bounds, kept: usize| {
        bounds.raise_lower(end(true));
        bounds.reduce_upper(End::of(&after(&release, kept), false));
    };
    match sign {
        ">=" => bounds.raise_lower(end(true)),
        ">" => bounds.raise_lower(end(false)),
        "<=" => bounds.reduce_upper(end(true)),
        "<" => bounds.reduce_upper(end(false)),
        "^" => from_to(bounds, caret(&release)),
        "~" | "~>" => from_to(bounds, release.len().min(2)),
        "" if bare == Bare::Caret && text.len() == version.len() => {
            from_to(bounds, caret(&release));
        }
        "=" | "" if release.len() < 3 => from_to(bounds, release.len()),
        "=" | "" => {
            bounds.raise_lower(end(true));
            bounds.reduce_upper(end(true));
        }
        _ => return None,
    }
    Some(())
}

/// Gives how many numbers compatible versions share: up to the first that is not 0.
pub(super) fn caret(release: &[u64]) -> usize {
    let leading = release.iter().take_while(|number| **number == 0).count();
    (leading + 1).min(release.len()).min(3)
}

/// Reads up to three numbers; a wildcard ends them. `None` for what is no version.
fn numbers(version: &str) -> Option<Vec<u64>> {
    let release = version.split(['-', '+']).next()?;
    let mut numbers = Vec::new();
    for part in release.split('.').take(4) {
        if matches!(part, "*" | "x" | "X" | "") {
            break;
        }
        numbers.push(part.parse().ok()?);
    }
    let wild = release.starts_with(['*', 'x', 'X']);
    (wild || !numbers.is_empty()).then_some(numbers)
}
