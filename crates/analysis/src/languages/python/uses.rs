//! Uses of names that plain imports bound, and which of those imports' uses are not all known.

use foldhash::{HashMap, HashSet};

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

/// What is known of uses.
pub(super) struct Collected {
    /// In source order.
    pub(super) uses: Vec<DottedUse>,
    /// The names of the scopes around them.
    pub(super) scopes: Vec<Vec<String>>,
    /// The plain imports whose uses cannot all be rewritten in place.
    pub(super) inexact: HashSet<ImportName>,
}

/// Lists the uses, and the plain imports whose uses cannot all be rewritten in place.
pub(super) fn collect(facts: &Facts<'_>, source: &Source<'_>) -> Collected {
    let mut collector = Collector {
        facts,
        source,
        uses: Vec::new(),
        inexact: facts.scopes.ambiguous_plain_imports().collect(),
        position_by_scope: HashMap::default(),
        scopes: Vec::new(),
        names_left: MAX_SHADOWING_IN_FILE,
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
    Collected {
        uses: collector.uses,
        scopes: collector.scopes,
        inexact: collector.inexact,
    }
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
    /// Where the names of each scope are listed; none where there are too many.
    position_by_scope: HashMap<ScopeId, Option<u32>>,
    scopes: Vec<Vec<String>>,
    names_left: usize,
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
            scopes: shadowing.unwrap_or_default(),
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

    /// Gives the scopes around a use that bind anything; none if they bind too much.
    fn shadowing(&mut self, from: ScopeId, to: ScopeId) -> Option<Vec<u32>> {
        let scopes = &self.facts.scopes;
        let mut around = Vec::new();
        let mut names = 0;
        for scope in scopes.between(from, to) {
            let position = match self.position_by_scope.get(&scope) {
                Some(known) => (*known)?,
                None => self.list(scope)?,
            };
            let listed = self.scopes.get(usize::try_from(position).ok()?)?.len();
            names += listed;
            if names > MAX_SHADOWING {
                return None;
            }
            if listed > 0 {
                around.push(position);
            }
        }
        Some(around)
    }

    /// Lists the names of a scope; none if there are too many.
    fn list(&mut self, scope: ScopeId) -> Option<u32> {
        let names = self.facts.scopes.names_to_avoid(scope, MAX_SHADOWING);
        let names = names.filter(|names| names.len() <= self.names_left);
        let position = names.and_then(|mut names| {
            self.names_left -= names.len();
            names.sort_unstable();
            self.scopes
                .push(names.into_iter().map(str::to_owned).collect());
            u32::try_from(self.scopes.len() - 1).ok()
        });
        self.position_by_scope.insert(scope, position);
        position
    }
}
