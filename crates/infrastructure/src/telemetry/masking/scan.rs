//! Finds secrets in text: keywords first, then the rule at each keyword's place, within bounds. Must not change the text.

use super::{
    rules::{Kind, Owner, RULES, Rule},
    structure,
};

/// The most characters after a keyword that belong to one secret of a rule.
const LONGEST: usize = 2100;

/// Where a secret lies, and which rule says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) rule: &'static str,
}

/// Finds the secrets of a text, in order, without overlaps. Offsets are on character boundaries.
pub(super) fn secrets(text: &str) -> Vec<Span> {
    let rules = &*RULES;
    let mut spans: Vec<Span> = Vec::new();
    let mut looked = Looked::default();
    for hit in rules.automaton.find_overlapping_iter(text) {
        let (owner, keyword) = &rules.owners[hit.pattern().as_usize()];
        // What lies within a secret needs no second look; this also bounds the work on hostile text.
        if hit.start() < looked.covered {
            continue;
        }
        let span = match owner {
            Owner::Rule(index) => {
                let rule = &rules.list[*index];
                let exact = rule.kind == Kind::Named || text[hit.range()] == **keyword;
                exact
                    .then(|| by_rule(text, rule, hit.start(), hit.end()))
                    .flatten()
            }
            Owner::Structure(form) => structure::find(text, *form, hit.start(), hit.end()),
            Owner::Name => structure::named_value(text, hit.end(), false, &mut looked.names),
            Owner::WeakName => structure::named_value(text, hit.end(), true, &mut looked.names),
        };
        if let Some(span) = span {
            looked.covered = looked.covered.max(span.end);
            spans.push(span);
        }
    }
    merged(spans)
}

/// How far the text is done with.
#[derive(Debug, Default)]
struct Looked {
    /// Everything before is part of a secret or was passed.
    covered: usize,
    /// Values of names before it were looked at.
    names: usize,
}

fn by_rule(text: &str, rule: &'static Rule, start: usize, end: usize) -> Option<Span> {
    match rule.kind {
        Kind::Shape => (0..=rule.back)
            .rev()
            .find_map(|back| shape(text, rule, start.checked_sub(back)?)),
        Kind::Named => named(text, rule, end),
    }
}

/// Holds a rule against what begins at a place.
fn shape(text: &str, rule: &'static Rule, start: usize) -> Option<Span> {
    if !text.is_char_boundary(start) || text[..start].ends_with(is_part) {
        return None;
    }
    let window = &text[start..text.floor_char_boundary((start + LONGEST).min(text.len()))];
    let length = rule.regex().find(window)?.end();
    let ends =
        rule.open_end || !window[length..].starts_with(|next: char| next.is_ascii_alphanumeric());
    (ends && rule.is_random_enough(&window[..length])).then_some(Span {
        start,
        end: start + length,
        rule: &rule.id,
    })
}

/// Holds a rule against the value of the name whose keyword ends at a place.
fn named(text: &str, rule: &'static Rule, end: usize) -> Option<Span> {
    let (start, _) = structure::value_after(text, end, structure::NAME_REST)?;
    let window = &text[start..text.floor_char_boundary((start + LONGEST).min(text.len()))];
    let length = rule.regex().find(window)?.end();
    let ends = !window[length..].starts_with(is_part);
    (ends && rule.is_random_enough(&window[..length])).then_some(Span {
        start,
        end: start + length,
        rule: &rule.id,
    })
}

/// Says whether a character beside a token would make it part of a longer word.
fn is_part(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// Sorts spans and joins those that overlap.
pub(super) fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
    let mut joined: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.start < last.end => last.end = last.end.max(span.end),
            _ => joined.push(span),
        }
    }
    joined
}
