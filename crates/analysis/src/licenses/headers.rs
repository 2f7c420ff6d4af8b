//! What the beginning of a file says about its license and its owners. Reads comments by their words alone.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use synthesizer_model::{source_file::LicenseHeader, text::escape_untrusted};

use super::declared::valid_expression;

/// How many lines of a file may hold its license header.
const HEADER_LINES: usize = 40;
/// How many bytes of a file are looked at for them.
const HEADER_BYTES: usize = 16 << 10;
/// How many lines about owners are kept, and how much of each, in bytes.
const MOST_COPYRIGHTS: usize = 10;
const LONGEST_COPYRIGHT: usize = 200;
/// What ends a tag within its line: the ends of comments.
const ENDS: [&str; 5] = ["*/", "-->", "#}", "\"\"\"", "'''"];

/// Without one of these a text says nothing about its license or its owners.
static SIGNS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let signs = ["SPDX-", "Copyright", "©"];
    AhoCorasick::new(signs).expect("the signs are few and short")
});

/// Reads the license statements of a file's text.
pub fn header(text: &str) -> LicenseHeader {
    let mut expressions: Vec<String> = Vec::new();
    let mut copyrights: Vec<String> = Vec::new();
    let beginning = beginning(text);
    if !SIGNS.is_match(beginning) {
        return LicenseHeader::default();
    }
    for line in beginning.lines().take(HEADER_LINES) {
        if let Some(expression) =
            tagged(line, "SPDX-License-Identifier:").and_then(valid_expression)
            && !expressions.contains(&expression)
        {
            expressions.push(expression);
        }
        if copyrights.len() < MOST_COPYRIGHTS
            && let Some(owner) = owner(line)
            && !copyrights.contains(&owner)
        {
            copyrights.push(owner);
        }
    }
    LicenseHeader {
        spdx: join(&expressions),
        copyrights,
    }
}

/// Gives the expression of the `SPDX-License-Identifier` lines within the first 40 lines of a file, if they are valid.
pub fn spdx_header(text: &str) -> Option<String> {
    header(text).spdx
}

/// Joins expressions that hold together.
pub(super) fn join(expressions: &[String]) -> Option<String> {
    match expressions {
        [] => None,
        [only] => Some(only.clone()),
        several => {
            let parts: Vec<String> = several
                .iter()
                .map(|part| {
                    if part.contains(" OR ") {
                        format!("({part})")
                    } else {
                        part.clone()
                    }
                })
                .collect();
            Some(parts.join(" AND "))
        }
    }
}

fn beginning(text: &str) -> &str {
    let mut end = text.len().min(HEADER_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Gives what follows a tag in a comment; what is quoted before it is code that writes headers.
fn tagged<'t>(line: &'t str, tag: &str) -> Option<&'t str> {
    let (before, after) = line.split_once(tag)?;
    if before.contains(['"', '\'']) {
        return None;
    }
    let end = ENDS.iter().filter_map(|end| after.find(end)).min();
    Some(after[..end.unwrap_or(after.len())].trim())
}

/// Gives the owner that a comment line names.
fn owner(line: &str) -> Option<String> {
    let text = tagged(line, "SPDX-FileCopyrightText:").or_else(|| {
        let start = line.find("Copyright").or_else(|| line.find("©"))?;
        let before = &line[..start];
        let is_comment = !before.contains(|character: char| character.is_alphanumeric())
            && !before.contains(['"', '\'']);
        let rest = &line[start..];
        let has_year = rest.bytes().any(|byte| byte.is_ascii_digit());
        (is_comment && (has_year || rest.contains("(c)") || rest.contains("(C)"))).then(|| {
            let end = ENDS.iter().filter_map(|end| rest.find(end)).min();
            rest[..end.unwrap_or(rest.len())].trim()
        })
    })?;
    let text: String = text.chars().take(LONGEST_COPYRIGHT).collect();
    let mut text = escape_untrusted(&text);
    text.truncate(text.floor_char_boundary(LONGEST_COPYRIGHT));
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, spdx: Option<&str>, copyrights: &[&str]) {
        let found = header(text);
        assert_eq!(found.spdx.as_deref(), spdx, "{text:?}");
        assert_eq!(found.copyrights, copyrights, "{text:?}");
    }

    #[test]
    fn headers_of_many_comment_styles_are_read() {
        check("# SPDX-License-Identifier: MIT\n", Some("MIT"), &[]);
        check("/* SPDX-License-Identifier: mit */", Some("MIT"), &[]);
        check(
            "<!-- SPDX-License-Identifier: Apache-2.0 -->",
            Some("Apache-2.0"),
            &[],
        );
        check(
            "// SPDX-FileCopyrightText: 2020 Ä. Person <a@b.example>\n// SPDX-License-Identifier: MIT OR Apache-2.0\n// SPDX-License-Identifier: 0BSD\n",
            Some("(MIT OR Apache-2.0) AND 0BSD"),
            &["2020 Ä. Person <a@b.example>"],
        );
        check(
            " * Copyright (c) Facebook, Inc. */",
            None,
            &["Copyright (c) Facebook, Inc."],
        );
        check("print('SPDX-License-Identifier: MIT')", None, &[]);
        check("x = \"Copyright 2020 nobody\"", None, &[]);
        check("The Copyright of 2020", None, &[]);
        check("# SPDX-License-Identifier: NOT-A-LICENSE", None, &[]);
        let owner = format!(
            "# SPDX-FileCopyrightText: {}",
            "é".repeat(LONGEST_COPYRIGHT)
        );
        check(&owner, None, &["é".repeat(LONGEST_COPYRIGHT / 2).as_str()]);
    }

    #[test]
    fn only_the_beginning_counts() {
        let late = format!(
            "{}# SPDX-License-Identifier: MIT\n",
            "\n".repeat(HEADER_LINES)
        );
        check(&late, None, &[]);
        let long = format!(
            "{}# SPDX-License-Identifier: MIT\n",
            "é".repeat(HEADER_BYTES)
        );
        check(&long, None, &[]);
    }
}
