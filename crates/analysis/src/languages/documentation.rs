//! What documentation says first. Knows the comment marks of the C family of languages only.

use super::facts_builder::truncate;

/// Longest summary of documentation, in bytes.
const MAX_SUMMARY_BYTES: usize = 400;

/// Gives the first paragraph of comments without their marks, in one line, at most 400 bytes; `None` when nothing is said.
///
/// A paragraph ends at an empty line, at a tag (`@param`, `\param`) and at the first mark of a code block or heading after text.
pub(crate) fn documentation_summary(comments: &str) -> Option<String> {
    let mut summary = String::new();
    for line in comments.lines() {
        let line = without_marks(line);
        let line = without_brief(line);
        if line.is_empty() {
            if summary.is_empty() {
                continue;
            }
            break;
        }
        if line.starts_with(['@', '\\']) || line.starts_with("```") {
            break;
        }
        if !summary.is_empty() {
            summary.push(' ');
        }
        summary.push_str(line);
        if summary.len() > MAX_SUMMARY_BYTES {
            break;
        }
    }
    truncate(&mut summary, MAX_SUMMARY_BYTES);
    (!summary.is_empty()).then_some(summary)
}

/// Takes the marks of a comment from one line of it.
fn without_marks(line: &str) -> &str {
    let line = line.trim();
    let line = line.strip_suffix("*/").unwrap_or(line).trim_end();
    let begun = [
        "///<", "///", "//!<", "//!", "//", "/**<", "/**", "/*!", "/*",
    ]
    .iter()
    .find_map(|mark| line.strip_prefix(mark));
    let inner = match begun {
        Some(rest) => rest.trim_start_matches('/'),
        None => line.trim_start_matches('*'),
    };
    let inner = inner.trim();
    if inner.bytes().all(|byte| b"*-=#_~/".contains(&byte)) {
        return ""; // A line of decoration.
    }
    inner
}

/// Takes Doxygen's mark of a summary away.
fn without_brief(line: &str) -> &str {
    ["@brief ", "\\brief "]
        .iter()
        .find_map(|mark| line.strip_prefix(mark))
        .unwrap_or(line)
        .trim_start()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_are_the_first_paragraph_without_marks() {
        let check = |comments: &str, expected: Option<&str>| {
            assert_eq!(
                documentation_summary(comments).as_deref(),
                expected,
                "{comments:?}"
            );
        };
        check("// One\n// two.\n//\n// Three.", Some("One two."));
        check("/// One.\n///\n/// Two.", Some("One."));
        check(
            "/**\n * One **bold**.\n * @param x y\n */",
            Some("One **bold**."),
        );
        check("/* One. */", Some("One."));
        check("/*************\n * One.\n *************/", Some("One."));
        check("/** @brief One.\n\n Two. */", Some("One."));
        check("//", None);
        check("", None);
        let long = documentation_summary(&"é".repeat(500)).expect("a summary");
        assert_eq!(long.len(), 400);
    }
}
