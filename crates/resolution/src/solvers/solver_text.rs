//! A solver's own words, made safe to show. Knows no solver.

use synthesizer_infrastructure::process::ChildOutput;
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    text::is_deceptive,
};

/// How much of a solver's text is shown on one line, in characters.
const LONGEST_LINE: usize = 600;
/// How many lines of a failure are shown.
const MOST_LINES: usize = 8;

/// Puts a failure with its causes on one line: no addresses, no paths, no control characters, at most 600 characters.
pub(super) fn one_line(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && *line != "Caused by:")
        .take(MOST_LINES)
        .collect();
    let joined: String = lines.join("; ").chars().take(4 * LONGEST_LINE).collect();
    let mut safe = String::with_capacity(joined.len());
    for word in joined.split_inclusive(is_separator) {
        let (bare, separator) = match word.char_indices().next_back() {
            Some((at, last)) if is_separator(last) => word.split_at(at),
            _ => (word, ""),
        };
        let whole_word = safe.is_empty() || safe.ends_with(is_separator);
        if bare.contains("://") {
            safe.push_str("[address]");
        } else if whole_word && bare.starts_with('/') && bare.len() > 1 {
            safe.push_str("[path]");
        } else {
            safe.push_str(bare);
        }
        safe.push_str(separator);
    }
    let mut shown = String::with_capacity(safe.len());
    for character in safe.chars().take(LONGEST_LINE) {
        if is_deceptive(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Lets the output of a solver that ended by itself pass.
///
/// # Errors
/// `E_UPSTREAM` for one that a signal ended: what it wrote before says nothing.
pub(super) fn of_its_own_end(name: &str, output: ChildOutput) -> Result<ChildOutput, Failure> {
    if output.status.is_some() {
        return Ok(output);
    }
    let message = format!("{name} was ended by a signal before it had an answer");
    Err(Failure::new(ErrorCode::Upstream, message).with_hint(
        "look whether this machine has enough memory, and ask again; narrower requirements need less",
    ))
}

fn is_separator(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '`' | '"' | '\'' | '(' | ')' | '[' | ']' | '<' | '>' | ',' | ';' | '='
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_addresses_nor_paths_nor_controls_are_shown() {
        let check = |text: &str, expected: &str| assert_eq!(one_line(text), expected);
        check(
            "failed to get `x` from `https://user:word@host.example/x`\n\nCaused by:\n  [7] no (/home/me/x, npm=/a/b)\u{1b}[31m\n",
            "failed to get `x` from `[address]`; [7] no ([path], npm=[path])\\u{1b}[31m",
        );
        check("", "");
        check(" and / or ", "and / or");
        assert_eq!(one_line(&"é".repeat(5_000)).chars().count(), 600);
    }
}
