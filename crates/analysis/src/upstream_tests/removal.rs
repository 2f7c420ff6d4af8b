//! Taking statements and names of import statements out of a text. Knows ranges and lines, not what they mean.

use synthesizer_model::text::ByteRange;

/// What goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Removal {
    /// A statement with its lines.
    Statement {
        /// The statement.
        range: ByteRange,
        /// Whether comments directly above are about it.
        has_comments: bool,
    },
    /// The names of an import statement of which some stay, each with whether it goes.
    Names(Vec<(ByteRange, bool)>),
}

/// Gives a text without what goes; removals are in the order of the text and do not overlap.
pub(super) fn without(text: &str, removals: &[Removal]) -> String {
    let mut edits: Vec<(ByteRange, &str)> = Vec::new();
    for removal in removals {
        match removal {
            Removal::Statement {
                range,
                has_comments,
            } => edits.push(statement(text, *range, *has_comments)),
            Removal::Names(names) => {
                edits.extend(gaps(names).into_iter().map(|range| (range, "")));
            }
        }
    }
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    let mut kept = String::with_capacity(text.len());
    let mut done = 0;
    for (range, replacement) in edits {
        if range.end <= done {
            continue;
        }
        let start = range.start.max(done);
        kept.push_str(text.get(done..start).unwrap_or_default());
        kept.push_str(replacement);
        done = range.end;
    }
    kept.push_str(text.get(done..).unwrap_or_default());
    kept
}

/// Gives the lines of a statement, with comments above and blank lines below; `pass` takes its place where it shares a line.
fn statement(text: &str, range: ByteRange, has_comments: bool) -> (ByteRange, &'static str) {
    let before = text.get(..range.start).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    let after = text.get(range.end..).unwrap_or_default();
    let line_end = after.find('\n').map_or(after.len(), |end| end + 1);
    let rest = after[..line_end].trim();
    let is_alone = before[line_start..]
        .chars()
        .all(|character| matches!(character, ' ' | '\t' | '\u{c}' | '\u{feff}'))
        && (rest.is_empty() || rest.starts_with('#'));
    if !is_alone {
        return (range, "pass");
    }
    let indentation = &before[line_start..];
    let mut start = range.start - indentation.trim_start_matches('\u{feff}').len();
    loop {
        let above = text.get(..start).unwrap_or_default();
        let Some(above) = above.strip_suffix('\n') else {
            break;
        };
        let line = above.rfind('\n').map_or(0, |end| end + 1);
        let is_about_it = above[line..]
            .strip_prefix(indentation)
            .is_some_and(|comment| comment.starts_with('#') && !comment.contains("SPDX"));
        if !has_comments || !is_about_it || line == 0 {
            break;
        }
        start = line;
    }
    let mut end = range.end + line_end;
    loop {
        let below = text.get(end..).unwrap_or_default();
        let length = below.find('\n').map_or(below.len(), |end| end + 1);
        if length == 0 || !below[..length].trim().is_empty() {
            break;
        }
        end += length;
    }
    (ByteRange::new(start, end), "")
}

/// Lists what to take out between the names of an import statement: commas, and comments after the names, go with them.
fn gaps(names: &[(ByteRange, bool)]) -> Vec<ByteRange> {
    let mut gaps = Vec::new();
    let last_kept = names.iter().rposition(|(_, gone)| !gone);
    let Some(last_kept) = last_kept else {
        return gaps;
    };
    for pair in names[..=last_kept].windows(2) {
        if pair[0].1 {
            gaps.push(ByteRange::new(pair[0].0.start, pair[1].0.start));
        }
    }
    if let Some((last, true)) = names.last() {
        gaps.push(ByteRange::new(names[last_kept].0.end, last.end));
    }
    gaps
}
