//! Which lines of a text its words are taken from: not its title, and not what looks like a copyright statement.

use super::segments::{Chain, Copyright, Segment};

/// Calls `keep` with the segments of a text that are neither a title nor copyright statements.
///
/// Three things count as copyright statements: a paragraph of one line that starts with the word; the first line, when it
/// has the word; and a line that starts with the word and goes on with `(c)` or a number, which may be on the next line.
pub(super) fn keep_others<'s>(
    segments: impl Iterator<Item = &'s Segment>,
    mut keep: impl FnMut(&'s Segment),
) {
    let all = with_fewer_empty(segments);
    let text = match all.as_slice() {
        [title, empty, rest @ ..] if title.is_title && empty.is_empty && !rest.is_empty() => rest,
        text => text,
    };
    // The first segment from which on a paragraph may take the empty line before it.
    let mut free = 0;
    let mut only_empty = true;
    let mut at = 0;
    while let Some(segment) = text.get(at) {
        if segment.copyright != Copyright::Nowhere {
            if is_paragraph(text, at, only_empty, free) {
                free = at + 2;
                at += 2;
                only_empty = false;
                continue;
            }
            let last = (at == 0).then_some(0).or_else(|| statement_end(text, at));
            if let Some(last) = last {
                free = last;
                at = last + 1;
                only_empty = false;
                continue;
            }
        }
        only_empty &= segment.is_empty;
        keep(segment);
        at += 1;
    }
}

/// Makes one empty segment of many; at the start and at the end of the text there may be two.
fn with_fewer_empty<'s>(segments: impl Iterator<Item = &'s Segment>) -> Vec<&'s Segment> {
    let mut kept: Vec<&Segment> = Vec::new();
    let mut empty = 0;
    let mut any = false;
    for segment in segments {
        if segment.was_empty {
            empty += 1;
            // Two line ends stand for all; within the text the first of them ends the line before.
            if empty <= if any { 1 } else { 2 } {
                kept.push(segment);
            }
        } else {
            (empty, any) = (0, true);
            kept.push(segment);
        }
    }
    if any && empty > 1 {
        // The last segment has no line end after it, so there is one more.
        kept.extend(kept.last().copied());
    }
    kept
}

/// Tells whether a segment starts with "copyright" and has an empty line before and after it.
fn is_paragraph(text: &[&Segment], at: usize, only_empty: bool, free: usize) -> bool {
    let starts = matches!(
        text[at].copyright,
        Copyright::AfterSpace | Copyright::AtStart(_)
    );
    let is_empty = |index: usize| text.get(index).is_some_and(|segment| segment.is_empty);
    starts
        && is_empty(at + 1)
        && at + 2 < text.len()
        && (only_empty || (at >= free + 2 && is_empty(at - 1)))
}

/// Finds the last segment of a copyright statement that starts at the start of a segment.
fn statement_end(text: &[&Segment], at: usize) -> Option<usize> {
    let Copyright::AtStart(mut chain) = text[at].copyright else {
        return None;
    };
    let mut last = None;
    let mut index = at;
    loop {
        match chain {
            Chain::Missing => return last,
            Chain::Ends => return Some(index),
            Chain::Through => last = Some(index),
            Chain::Open => {}
        }
        index += 1;
        let Some(segment) = text.get(index) else {
            return last;
        };
        chain = segment.goes_on;
    }
}
