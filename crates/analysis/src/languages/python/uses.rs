//! Uses of names that plain imports bound, and which of those imports' uses are not all known.

use std::collections::{BTreeSet, HashMap, HashSet};

use ruff_python_ast::Expr;
use ruff_text_size::Ranged;
use synthesizer_model::python::{DottedUse, ImportKind};
use synthesizer_model::text::ByteRange;

use super::scope::{ImportName, NameFacts, ScopeId, ScopeKind};
use super::source::{Source, byte_range};
use super::string_annotations::{self, Reading};
use super::walker::{Facts, Reference, StringAnnotation};

/// Most names listed as shadowing one use.
const MAX_SHADOWING: usize = 512;

/// Most shadowing names listed for all uses of a file together.
const MAX_SHADOWING_IN_FILE: usize = 1 << 18;

/// Lists the uses in source order, and the plain imports whose uses cannot all be rewritten in place.
pub(super) fn collect(
    facts: &Facts<'_>,
    source: &Source<'_>,
) -> (Vec<DottedUse>, HashSet<ImportName>) {
    let mut collector = Collector {
        facts,
        source,
        uses: Vec::new(),
        inexact: facts.scopes.ambiguous_plain_imports().collect(),
        names_by_scope: HashMap::new(),
        shadowing_left: MAX_SHADOWING_IN_FILE,
    };
    let names = plainly_imported(facts);
    for reference in &facts.references {
        if names.contains(reference.name) {
            collector.reference(reference);
        }
    }
    if !names.is_empty() {
        for annotation in &facts.string_annotations {
            collector.string_annotation(annotation, &names);
        }
    }
    collector
        .uses
        .sort_by_key(|found| found.ranges.first().map(|range| range.start));
    (collector.uses, collector.inexact)
}

/// The first names of all plain imports without alias.
fn plainly_imported<'f>(facts: &'f Facts<'_>) -> HashSet<&'f str> {
    facts
        .imports
        .iter()
        .filter_map(|import| match &import.kind {
            ImportKind::Plain(names) => Some(names),
            ImportKind::From { .. } => None,
        })
        .flatten()
        .filter(|name| name.alias.is_none())
        .map(|name| name.module.split('.').next().unwrap_or(&name.module))
        .collect()
}

/// A name with the attributes taken from it, and the range of each in the file.
pub(super) struct Dotted {
    pub(super) parts: Vec<String>,
    pub(super) ranges: Vec<ByteRange>,
}

/// Reads a chain of attributes; `text` is what was parsed and begins at `base` in the file.
///
/// A closing parenthesis ends the chain, so that the text from the first part to any other can be replaced.
pub(super) fn dotted(chain: &Expr, text: &str, base: usize) -> Option<Dotted> {
    let mut attributes = Vec::new();
    let mut current = chain;
    while let Expr::Attribute(attribute) = current {
        attributes.push(&attribute.attr);
        current = &attribute.value;
    }
    let Expr::Name(name) = current else {
        return None;
    };
    let mut last = byte_range(name.range());
    let mut dotted = Dotted {
        parts: vec![name.id.to_string()],
        ranges: vec![ByteRange::new(last.start + base, last.end + base)],
    };
    for attribute in attributes.into_iter().rev() {
        let range = byte_range(attribute.range());
        let between = text.get(last.end..range.start).unwrap_or(")");
        if attribute.is_empty() || between.contains(')') {
            break;
        }
        dotted.parts.push(attribute.as_str().to_owned());
        dotted
            .ranges
            .push(ByteRange::new(range.start + base, range.end + base));
        last = range;
    }
    Some(dotted)
}

struct Collector<'f, 'a> {
    facts: &'f Facts<'a>,
    source: &'f Source<'f>,
    uses: Vec<DottedUse>,
    inexact: HashSet<ImportName>,
    /// What each scope binds; none where there are too many names.
    names_by_scope: HashMap<ScopeId, Option<Vec<&'a str>>>,
    shadowing_left: usize,
}

/// Where a use stands.
#[derive(Clone, Copy)]
struct Place {
    scope: ScopeId,
    in_function: bool,
    in_string: bool,
}

impl<'f, 'a> Collector<'f, 'a> {
    fn reference(&mut self, reference: &Reference<'_>) {
        if let Some(dotted) = dotted(reference.chain, self.source.text, 0) {
            let place = Place {
                scope: reference.scope,
                in_function: reference.in_function,
                in_string: false,
            };
            self.add(dotted, place);
        }
    }

    fn string_annotation(&mut self, annotation: &StringAnnotation<'_>, names: &HashSet<&str>) {
        let mut reading = Reading::default();
        let mentions = |name: &str| names.contains(name);
        string_annotations::read(
            annotation.literal,
            self.source.text,
            0,
            &mentions,
            &mut reading,
        );
        let place = Place {
            scope: annotation.scope,
            in_function: annotation.in_function,
            in_string: true,
        };
        for dotted in reading.uses {
            self.add(dotted, place);
        }
        for name in reading.unmapped {
            if let Some((_, facts)) = self.binder(place.scope, &name) {
                self.inexact.extend(facts.plain_imports());
            }
        }
    }

    fn binder(&self, scope: ScopeId, name: &str) -> Option<(ScopeId, &'f NameFacts)> {
        let binder = self.facts.scopes.resolve(scope, name)?;
        Some((binder, self.facts.scopes.facts(binder, name)?))
    }

    fn add(&mut self, dotted: Dotted, place: Place) {
        let (Some(name), Some(first)) = (dotted.parts.first(), dotted.ranges.first()) else {
            return;
        };
        let Some((binder, facts)) = self.binder(place.scope, name) else {
            return;
        };
        if !facts.has_only_plain_imports() {
            self.note_class_fallback(place.scope, binder, name);
        }
        if facts.plain_imports().next().is_none() {
            return;
        }
        let shadowing = self.shadowing(place.scope, binder);
        if shadowing.is_none() {
            self.inexact.extend(facts.plain_imports());
        }
        self.uses.push(DottedUse {
            line: self.source.line(first.start),
            in_string: place.in_string,
            in_function: place.in_function,
            shadowing: shadowing.unwrap_or_default(),
            parts: dotted.parts,
            ranges: dotted.ranges,
        });
    }

    /// A class body sees the outer name until it binds its own: the outer import's uses are then not certain.
    fn note_class_fallback(&mut self, scope: ScopeId, binder: ScopeId, name: &str) {
        let scopes = &self.facts.scopes;
        let in_class = binder == scope && scopes.kind(scope) == ScopeKind::Class;
        if in_class
            && let Some(outer) = scopes.resolve_outside(scope, name)
            && let Some(facts) = scopes.facts(outer, name)
        {
            self.inexact.extend(facts.plain_imports());
        }
    }

    /// Collects the names around a use; none if there are too many.
    fn shadowing(&mut self, from: ScopeId, to: ScopeId) -> Option<Vec<String>> {
        if self.shadowing_left == 0 {
            return None;
        }
        let scopes = &self.facts.scopes;
        let mut around = BTreeSet::new();
        for scope in scopes.between(from, to) {
            let names = self
                .names_by_scope
                .entry(scope)
                .or_insert_with(|| scopes.names_to_avoid(scope, MAX_SHADOWING));
            around.extend(names.as_ref()?.iter().copied());
        }
        if around.len() > MAX_SHADOWING {
            return None;
        }
        self.shadowing_left = self.shadowing_left.saturating_sub(around.len());
        Some(around.into_iter().map(str::to_owned).collect())
    }
}
