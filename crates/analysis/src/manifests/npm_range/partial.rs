//! Versions inside ranges, of which the last parts may be missing. Knows no operator.

use super::{LARGEST, LONGEST_VERSION, is_space};

/// A version of which the last parts may be missing or `x`.
pub(super) struct Partial {
    /// As many numbers as are told before the first `x`.
    pub numbers: Vec<u64>,
    /// What stands after the hyphen; empty when nothing does.
    pub pre_release: String,
}

impl Partial {
    /// Gives the numbers with zeros for those that are not told.
    pub(super) fn padded(&self) -> [u64; 3] {
        let number = |position| self.numbers.get(position).copied().unwrap_or(0);
        [number(0), number(1), number(2)]
    }

    /// Says whether all three numbers are told.
    pub(super) const fn is_whole(&self) -> bool {
        self.numbers.len() == 3
    }

    /// The lowest version after all that the told numbers begin with. Only for one to three numbers.
    pub(super) fn next(&self) -> [u64; 3] {
        let [major, minor, patch] = self.padded();
        match self.numbers.len() {
            1 => [major + 1, 0, 0],
            2 => [major, minor + 1, 0],
            _ => [major, minor, patch + 1],
        }
    }
}

/// Reads `v1.2.3-rc.1+build` with any number of its parts missing or `x`; `None` when it is something else.
///
/// As npm reads manifests, `v` and `=` may stand before it, and the hyphen before a pre-release may be missing.
pub(super) fn partial(text: &str) -> Option<Partial> {
    let text = text.trim_start_matches(|character: char| {
        matches!(character, 'v' | '=') || is_space(character)
    });
    if text.len() > LONGEST_VERSION {
        return None;
    }
    let mut numbers = Vec::new();
    let mut told = true;
    let mut rest = text;
    for position in 0..3 {
        if position > 0 {
            match rest.strip_prefix('.') {
                Some(after) => rest = after,
                None => break,
            }
        }
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 {
            let number: u64 = rest[..digits].parse().ok()?;
            if number > LARGEST {
                return None;
            }
            if told {
                numbers.push(number);
            }
            rest = &rest[digits..];
        } else {
            rest = rest.strip_prefix(['x', 'X', '*'])?;
            told = false;
        }
        if position == 2 {
            let (pre_release, after) = pre_release(rest)?;
            return is_build(after).then(|| Partial {
                pre_release: if told { pre_release } else { String::new() },
                numbers,
            });
        }
    }
    let is_whole_text = rest.is_empty();
    is_whole_text.then_some(Partial {
        numbers,
        pre_release: String::new(),
    })
}

/// Splits off a pre-release, with its numbers written without leading zeros; empty when there is none.
fn pre_release(text: &str) -> Option<(String, &str)> {
    let end = text.find('+').unwrap_or(text.len());
    let (written, after) = text.split_at(end);
    if written.is_empty() {
        return Some((String::new(), after));
    }
    let written = written.strip_prefix('-').unwrap_or(written);
    let parts: Option<Vec<String>> = written.split('.').map(identifier).collect();
    Some((parts?.join("."), after))
}

fn identifier(part: &str) -> Option<String> {
    let is_identifier = !part.is_empty()
        && part
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !is_identifier {
        return None;
    }
    if part.bytes().all(|byte| byte.is_ascii_digit()) {
        let number = part.trim_start_matches('0');
        return Some(if number.is_empty() { "0" } else { number }.to_owned());
    }
    Some(part.to_owned())
}

/// Says whether a text is nothing or a build such as `+20.a`, which no comparison looks at.
fn is_build(text: &str) -> bool {
    text.is_empty()
        || text
            .strip_prefix('+')
            .is_some_and(|build| build.split('.').all(|part| identifier(part).is_some()))
}
