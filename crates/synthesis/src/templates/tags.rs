//! Says whether a text of a template stays within the small language that templates are written in. Fills nothing in.
//!
//! The engine behind it could do more, such as join texts until memory ends. What is not listed here does not reach it.

/// The words with which a block may begin.
const BLOCKS: &[&str] = &["if", "elif", "else", "endif", "for", "endfor"];

/// Why a text is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub(super) struct TagRefusal {
    /// Counted from 1.
    pub(super) line: usize,
    reason: &'static str,
}

/// Checks every tag of a text: `{{ value }}`, `{{ value.part | filter }}`, `{% if %}`, `{% for %}`, `{% raw %}` and `{# comment #}`.
///
/// An expression is made of names, dots, `==`, `!=`, `not`, `and`, `or`, plain strings and filters without arguments.
///
/// # Errors
/// Names the first line that has something else.
pub(super) fn check(text: &str) -> Result<(), TagRefusal> {
    let mut rest = text;
    while let Some((start, kind)) = next_tag(rest) {
        let line = text[..text.len() - rest.len() + start]
            .matches('\n')
            .count()
            + 1;
        let refuse = |reason| Err(TagRefusal { line, reason });
        let inner = &rest[start + 2..];
        let end_mark = match kind {
            Kind::Value => "}}",
            Kind::Block => "%}",
            Kind::Comment => "#}",
        };
        let Some((inner, after)) = inner.split_once(end_mark) else {
            return refuse("a tag has no end");
        };
        let inner = inner.trim_matches('-').trim();
        rest = after;
        match kind {
            Kind::Comment => {}
            Kind::Value if is_expression(inner) => {}
            Kind::Value => return refuse("a value is more than names, dots and filters"),
            Kind::Block if inner == "raw" => {
                let Some(after) = after_raw(after) else {
                    return refuse("a raw block has no end");
                };
                rest = after;
            }
            Kind::Block => {
                let (word, expression) = inner.split_once(' ').unwrap_or((inner, ""));
                if !BLOCKS.contains(&word) || !is_expression(expression) {
                    return refuse("a block is not one of if, elif, else, endif, for, endfor, raw");
                }
            }
        }
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Kind {
    Value,
    Block,
    Comment,
}

fn next_tag(text: &str) -> Option<(usize, Kind)> {
    let bytes = text.as_bytes();
    bytes
        .windows(2)
        .enumerate()
        .find_map(|(at, pair)| match pair {
            b"{{" => Some((at, Kind::Value)),
            b"{%" => Some((at, Kind::Block)),
            b"{#" => Some((at, Kind::Comment)),
            _ => None,
        })
}

/// Gives what follows the end of a raw block.
fn after_raw(text: &str) -> Option<&str> {
    let mut rest = text;
    loop {
        let (_, after) = rest.split_once("{%")?;
        let (inner, behind) = after.split_once("%}")?;
        if inner.trim_matches('-').trim() == "endraw" {
            return Some(behind);
        }
        rest = after;
    }
}

/// Strings are plain, so no end of a tag can hide in one.
fn is_expression(text: &str) -> bool {
    text.chars().all(|character| {
        character.is_ascii_alphanumeric()
            || matches!(character, '_' | '.' | '|' | ' ' | '=' | '!' | '"' | '-')
    }) && !text.contains("--")
        && !has_minus_outside_strings(text)
}

/// A minus is part of a plain string, such as an ecosystem's name, and no calculation.
fn has_minus_outside_strings(text: &str) -> bool {
    text.split('"')
        .step_by(2)
        .any(|outside| outside.contains('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_line(text: &str, expected: Option<usize>) {
        assert_eq!(
            check(text).err().map(|refusal| refusal.line),
            expected,
            "{text:?}"
        );
    }

    #[test]
    fn only_the_small_language_passes() {
        check_line("plain { text } % #", None);
        check_line("{{ package }} {{- title | quoted -}}", None);
        check_line(
            "{% for one in components %}{{ one.module }}{% endfor %}",
            None,
        );
        check_line(
            "{% if ecosystem == \"python\" %}a{% else %}b{% endif %}",
            None,
        );
        check_line(
            "{# a ~ b #}{% raw %}${{ matrix.x ~ y }}{% endraw %}{{ a }}",
            None,
        );
        check_line("\n{{ a ~ a }}", Some(2));
        check_line("{{ a * 9 }}", Some(1));
        check_line("{{ a - b }}", Some(1));
        check_line("{{ f(a) }}", Some(1));
        check_line("{{ [a, a] }}", Some(1));
        check_line("{% set a = b %}", Some(1));
        check_line("{% include \"x\" %}", Some(1));
        check_line("{% macro a %}", Some(1));
        check_line("a\n\n{{ a", Some(3));
        check_line("{% raw %}{{ x }}", Some(1));
        check_line("{% raw %}{% endraw %}{{ x ~ y }}", Some(1));
        check_line("{{ \"%}\" }}", Some(1));
        check_line("{{ \"a\nb\" }}", Some(1));
    }
}
