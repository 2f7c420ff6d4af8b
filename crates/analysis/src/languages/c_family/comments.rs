//! Comments of C and C++ as documentation: those that lead a definition, those that follow it by Doxygen's marks, and what the first
//! ones of a file say about it. Knows no declaration.

use synthesizer_model::text::ByteRange;

use super::super::documentation::documentation_summary;

/// How much of a comment is looked at.
const LOOKED_AT: usize = 4096;

/// How many comments at the beginning of a file may document it.
const MOST_AT_TOP: usize = 4;

/// The comments that were met so far, as far as they matter.
#[derive(Debug, Default)]
pub(super) struct Comments {
    /// The last comments that stand on lines of their own without an empty line between them.
    run: Option<Run>,
    /// The line of the last comment that documents what stands before it on its line.
    trailing: Option<u32>,
    /// The first ones of the file.
    top: Vec<Run>,
    /// Whether code has begun.
    closed_top: bool,
}

#[derive(Debug, Clone, Copy)]
struct Run {
    range: ByteRange,
    lines: (u32, u32),
    /// Whether it says something, once that was asked.
    tells: Option<bool>,
}

impl Comments {
    /// Takes the next comment.
    pub(super) fn note(
        &mut self,
        text: &str,
        (start, end): (usize, usize),
        (first_line, last_line): (u32, u32),
        begins_line: bool,
    ) {
        let range = ByteRange::new(start, end);
        if is_trailing(range.of(text).unwrap_or_default()) {
            self.trailing = Some(first_line);
            return;
        }
        if !begins_line {
            return;
        }
        let joined = self
            .run
            .filter(|run| run.lines.1.saturating_add(1) >= first_line);
        let run = Run {
            range: ByteRange::new(joined.map_or(start, |run| run.range.start), end),
            lines: (joined.map_or(first_line, |run| run.lines.0), last_line),
            tells: None,
        };
        self.run = Some(run);
        if self.closed_top {
            return;
        }
        if joined.is_some() {
            self.top.pop();
        }
        if self.top.len() < MOST_AT_TOP {
            self.top.push(run);
        }
    }

    /// Says whether comments that tell something end on the line before this one, or before something on this line.
    pub(super) fn lead(&mut self, line: u32, text: &str) -> bool {
        let Some(run) = &mut self.run else {
            return false;
        };
        let ends = run.lines.1;
        if ends != line && ends.saturating_add(1) != line {
            return false;
        }
        *run.tells
            .get_or_insert_with(|| tells_something(run.range.of(text).unwrap_or_default()))
    }

    /// Says whether a comment after what ends on this line documents it. Asked once.
    pub(super) fn takes_trailing(&mut self, line: u32) -> bool {
        self.trailing.take_if(|on| *on == line).is_some()
    }

    /// Says that code begins: what follows is not about the whole file. `line` is that of the code.
    pub(super) fn close_top(&mut self, line: u32) {
        if self.closed_top {
            return;
        }
        self.closed_top = true;
        // What stands directly above the first definition is about that.
        self.top
            .retain(|run| run.lines.1.saturating_add(1) < line || run.lines.0 == 1);
    }

    /// Gives the first paragraph about the whole file: of a comment that says so (`@file`), else of the first that is no license.
    pub(super) fn about_the_file(&self, text: &str) -> Option<String> {
        let comments = || self.top.iter().filter_map(|run| run.range.of(text));
        let marked = comments().find(|comment| {
            let head = head(comment);
            head.contains("@file") || head.contains("\\file")
        });
        marked
            .and_then(first_paragraph)
            .or_else(|| comments().find_map(first_paragraph))
    }
}

/// Says whether a comment documents what stands before it: `///<`, `//!<`, `/**<`, `/*!<`.
pub(super) fn is_trailing(comment: &str) -> bool {
    ["///<", "//!<", "/**<", "/*!<"]
        .iter()
        .any(|mark| comment.starts_with(mark))
}

fn head(comment: &str) -> &str {
    &comment[..comment.floor_char_boundary(LOOKED_AT)]
}

/// Says whether a comment has words, and they are no license and no order to a tool.
fn tells_something(comment: &str) -> bool {
    let head = head(comment);
    if is_license(head) {
        return false;
    }
    let words = head.trim_start_matches(['/', '*', '!', '-', '=', '#', ' ', '\t', '\r', '\n']);
    let is_order = [
        "clang-format",
        "NOLINT",
        "NOLINTNEXTLINE",
        "LINT",
        "IWYU",
        "cppcheck-suppress",
        "coverity",
    ]
    .iter()
    .any(|order| words.starts_with(order));
    !is_order && words.contains(char::is_alphabetic)
}

fn is_license(text: &str) -> bool {
    [
        "copyright",
        "Copyright",
        "COPYRIGHT",
        "(c) ",
        "(C) ",
        "SPDX-",
        "license",
        "License",
        "LICENSE",
        "licence",
        "public domain",
        "All rights reserved",
        "WARRANTY",
        "-*-",
        "vim:",
    ]
    .iter()
    .any(|word| text.contains(word))
}

/// Gives the first paragraph that is no license, of what follows `@file` where that is.
fn first_paragraph(comment: &str) -> Option<String> {
    let comment = head(comment);
    let mark = comment.find("@file").or_else(|| comment.find("\\file"));
    let mut rest = mark
        .and_then(|mark| comment[mark..].split_once('\n'))
        .map_or(comment, |(_, after)| after);
    // Each turn takes at least one line away.
    while !rest.is_empty() {
        match documentation_summary(rest) {
            Some(paragraph) if !is_license(&paragraph) => return Some(paragraph),
            _ => rest = after_paragraph(rest),
        }
    }
    None
}

/// Takes lines away up to and with the first that is empty or has marks alone; at least one.
fn after_paragraph(text: &str) -> &str {
    let mut rest = text;
    let mut began = false;
    while !rest.is_empty() {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        let has_words = line.contains(char::is_alphanumeric);
        rest = after;
        if began && !has_words {
            break;
        }
        began |= has_words;
    }
    rest
}
