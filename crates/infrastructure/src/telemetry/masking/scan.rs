//! Finds secrets in text: keywords first, then the rule at each keyword's place, within bounds. Must not change the text.

use std::ops::Range;

use super::{
    rules::{Kind, Owner, RULES, Rule},
    structure::{self, Structure},
    values,
};

/// The most characters after a keyword that a pattern is held against.
const LONGEST: usize = 2100;

/// Where a secret lies, and which rule says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) rule: &'static str,
}

impl Span {
    /// Gives the span as it lies in a text in which this one's begins at `offset`.
    pub(super) fn moved(self, offset: usize) -> Self {
        Self {
            start: offset + self.start,
            end: offset + self.end,
            ..self
        }
    }
}

/// Finds the secrets of a text beside those that are known already, in any order; they may overlap. Offsets are on character boundaries.
///
/// `known` is in order and without overlaps: what begins within it needs no second look, and a secret may begin where one ends.
pub(super) fn secrets(text: &str, known: &[Span]) -> Vec<Span> {
    let rules = &*RULES;
    let mut spans: Vec<Span> = Vec::new();
    let mut looked = Looked::default();
    let mut known = known.iter().peekable();
    rules.keywords.each(text, |owner, start, end| {
        while let Some(span) = known.next_if(|span| span.start <= start) {
            looked.covered = looked.covered.max(span.end);
        }
        if let Some(span) = look(text, *owner, start, end, &mut looked) {
            looked.covered = looked.covered.max(span.end);
            spans.push(span);
        }
    });
    spans
}

/// Looks at one place for what begins there or is named there.
fn look(text: &str, owner: Owner, start: usize, end: usize, looked: &mut Looked) -> Option<Span> {
    match owner {
        Owner::Structure(form) => looked.structure(text, form, start, end),
        // What lies within a secret needs no second look; this also bounds the work on hostile text.
        _ if start < looked.covered => None,
        Owner::Rule(index) => by_rule(text, &RULES.list[index], start, end, looked),
        Owner::Name(meaning) => values::named_value(text, end, meaning, &mut looked.values),
    }
}

/// How far the text is done with.
#[derive(Default)]
struct Looked {
    /// Everything before is part of a secret or was passed.
    covered: usize,
    /// Everything before is part of a private key or was passed.
    keys: usize,
    /// Values before it were looked at and are not random.
    values: usize,
    /// What fits this rule's pattern before here is not random enough, and no part of it is.
    monotonous: Option<(&'static Rule, usize)>,
}

impl Looked {
    /// Looks for a form. It may begin within the value of a name and go on beyond it, as a private key or a password with a comma does.
    fn structure(&mut self, text: &str, form: Structure, start: usize, end: usize) -> Option<Span> {
        if start < self.keys {
            return None;
        }
        let span = structure::find(text, form, (start, end), self.covered)?;
        if form == Structure::PrivateKey {
            self.keys = span.end;
        }
        Some(span)
    }

    /// Gives up to where nothing is random enough for a rule.
    fn monotonous(&self, rule: &Rule) -> usize {
        match self.monotonous {
            Some((other, end)) if std::ptr::eq(other, rule) => end,
            _ => 0,
        }
    }
}

fn by_rule(
    text: &str,
    rule: &'static Rule,
    start: usize,
    end: usize,
    looked: &mut Looked,
) -> Option<Span> {
    match rule.kind {
        Kind::Named => named(text, rule, end),
        Kind::Shape if rule.back.is_empty() => shape(text, rule, (start, end), looked),
        Kind::Shape => rule
            .back
            .iter()
            .rev()
            .find_map(|back| shape(text, rule, (start.checked_sub(*back)?, end), looked)),
    }
}

/// Says whether so many letters and digits begin at a place.
fn has_run(text: &str, start: usize, length: usize) -> bool {
    text.as_bytes()
        .get(start..start + length)
        .is_some_and(|run| run.iter().all(u8::is_ascii_alphanumeric))
}

/// Holds a rule against what begins at a place, which is where a word begins or another secret ends; its keyword ends at `end`.
fn shape(
    text: &str,
    rule: &'static Rule,
    (start, end): (usize, usize),
    looked: &mut Looked,
) -> Option<Span> {
    if start < looked.monotonous(rule) {
        return None;
    }
    // What comes before the keyword may be any character, of several bytes too.
    let is_beginning = start == looked.covered || structure::begins_word(text, start);
    if !is_beginning || !text.is_char_boundary(start) || !has_run(text, end, rule.run) {
        return None;
    }
    let window = &text[start..text.floor_char_boundary((start + LONGEST).min(text.len()))];
    let mut length = rule.regex().find(window)?.end();
    if !rule.is_random_enough(&window[..length]) {
        looked.monotonous = Some((rule, start + length));
        return None;
    }
    if rule.open_end {
        length += structure::run(&text[start + length..], |byte| {
            structure::is_part(byte) || byte == b'-'
        });
    } else if window[length..].starts_with(|next: char| next.is_ascii_alphanumeric()) {
        return None;
    }
    Some(Span {
        start,
        end: start + length,
        rule: &rule.id,
    })
}

/// Holds a rule against the value of the name whose keyword ends at a place.
fn named(text: &str, rule: &'static Rule, end: usize) -> Option<Span> {
    let start = values::value_after(text, end, values::NAME_REST)?.start;
    let window = &text[start..text.floor_char_boundary((start + LONGEST).min(text.len()))];
    let length = rule.regex().find(window)?.end();
    let ends = !window[length..]
        .starts_with(|next: char| u8::try_from(next).is_ok_and(structure::is_part));
    (ends && rule.is_random_enough(&window[..length])).then_some(Span {
        start,
        end: start + length,
        rule: &rule.id,
    })
}

/// Gives what lies before, between and after spans, which are in order and without overlaps.
pub(super) fn gaps(spans: &[Span], length: usize) -> impl Iterator<Item = Range<usize>> {
    let starts = std::iter::once(0).chain(spans.iter().map(|span| span.end));
    let ends = spans.iter().map(|span| span.start).chain([length]);
    starts.zip(ends).map(|(start, end)| start..end)
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
