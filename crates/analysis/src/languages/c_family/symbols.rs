//! The definitions of one file while they are collected: bounded, and joined at the end where a file declares a thing and then
//! defines it. Knows no tokens.

use std::collections::{HashMap, hash_map::Entry};

use synthesizer_model::{
    code::{Symbol, SymbolKind},
    text::ByteRange,
};

/// Definitions that are kept of one file.
const MOST: usize = 100_000;

/// How much of a thing a statement shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shows {
    /// A function or variable without its body or value, or another name for a type.
    Declaration,
    /// All of it.
    Definition,
    /// All of a member, outside of its type.
    DefinitionElsewhere,
    /// A macro.
    Macro,
}

#[derive(Debug)]
struct Collected {
    symbol: Symbol,
    shows: Shows,
    removed: bool,
}

/// The definitions of a file, in source order.
#[derive(Debug, Default)]
pub(super) struct Symbols {
    collected: Vec<Collected>,
    /// The line of the first that was not kept.
    pub(super) left_out: Option<u32>,
}

impl Symbols {
    /// Keeps a definition; gives its place, by which it can be changed while the file is read.
    pub(super) fn add(&mut self, symbol: Symbol, shows: Shows) -> Option<usize> {
        if self.collected.len() >= MOST {
            self.left_out.get_or_insert(symbol.lines.0);
            return None;
        }
        self.collected.push(Collected {
            symbol,
            shows,
            removed: false,
        });
        Some(self.collected.len() - 1)
    }

    /// Gives how many there are.
    pub(super) fn len(&self) -> usize {
        self.collected.len()
    }

    /// Sets where a definition ends.
    pub(super) fn end(&mut self, place: usize, end: usize, line: u32) {
        if let Some(collected) = self.collected.get_mut(place) {
            let symbol = &mut collected.symbol;
            symbol.range = ByteRange::new(symbol.range.start, end.max(symbol.range.start));
            symbol.lines.1 = line.max(symbol.lines.0);
        }
    }

    /// Sets the complexity of a function.
    pub(super) fn complexity(&mut self, place: usize, complexity: u32) {
        if let Some(collected) = self.collected.get_mut(place) {
            collected.symbol.complexity = Some(complexity);
        }
    }

    /// Says that the definitions from a place on have documentation.
    pub(super) fn document_from(&mut self, place: usize) {
        for collected in self.collected.iter_mut().skip(place) {
            collected.symbol.documented = true;
        }
    }

    /// Ends the collection: a declaration gives way to the definition of the same name, and names of types, constants, macros and
    /// namespaces are there once. Overloads of C++ all stay; in C a function has one name, so its declarations are one.
    pub(super) fn finish(mut self, overloads: bool) -> Vec<Symbol> {
        self.join_functions(overloads);
        self.join_names();
        self.collected
            .into_iter()
            .filter(|collected| !collected.removed)
            .map(|collected| collected.symbol)
            .collect()
    }

    fn join_functions(&mut self, overloads: bool) {
        let mut declared: HashMap<String, Vec<usize>> = HashMap::new();
        for place in 0..self.collected.len() {
            let collected = &self.collected[place];
            if collected.shows != Shows::Declaration || !is_function(collected.symbol.kind) {
                continue;
            }
            let same = declared.entry(collected.symbol.name.clone()).or_default();
            if overloads || same.is_empty() {
                same.push(place);
            } else {
                let documented = collected.symbol.documented;
                self.collected[place].removed = true;
                self.collected[same[0]].symbol.documented |= documented;
            }
        }
        if declared.is_empty() {
            return;
        }
        // From the front: the first definition takes the first declaration.
        for places in declared.values_mut() {
            places.reverse();
        }
        for place in 0..self.collected.len() {
            let collected = &self.collected[place];
            let is_defined = matches!(
                collected.shows,
                Shows::Definition | Shows::DefinitionElsewhere
            );
            if !is_defined || !is_function(collected.symbol.kind) {
                continue;
            }
            let Some(from) = declared.get_mut(&collected.symbol.name).and_then(Vec::pop) else {
                continue;
            };
            self.replace(from, place);
        }
    }

    /// Takes a declaration away in favour of what is defined at `by`.
    fn replace(&mut self, declaration: usize, by: usize) {
        self.collected[declaration].removed = true;
        let (public, documented) = {
            let symbol = &self.collected[declaration].symbol;
            (symbol.public, symbol.documented)
        };
        let defined = &mut self.collected[by];
        defined.symbol.documented |= documented;
        if defined.shows == Shows::DefinitionElsewhere {
            defined.symbol.public = public;
        } else {
            defined.symbol.public |= public;
        }
    }

    fn join_names(&mut self) {
        let mut known: HashMap<(bool, String), usize> = HashMap::new();
        for place in 0..self.collected.len() {
            let collected = &self.collected[place];
            let is_macro = collected.shows == Shows::Macro;
            if collected.removed || (is_function(collected.symbol.kind) && !is_macro) {
                continue;
            }
            match known.entry((is_macro, collected.symbol.name.clone())) {
                Entry::Vacant(entry) => {
                    entry.insert(place);
                }
                Entry::Occupied(mut entry) => {
                    let earlier = *entry.get();
                    let is_better = collected.shows != Shows::Declaration
                        && self.collected[earlier].shows == Shows::Declaration;
                    if is_better {
                        entry.insert(place);
                        self.replace(earlier, place);
                    } else {
                        let documented = collected.symbol.documented;
                        self.collected[place].removed = true;
                        self.collected[earlier].symbol.documented |= documented;
                    }
                }
            }
        }
    }
}

const fn is_function(kind: SymbolKind) -> bool {
    matches!(kind, SymbolKind::Function | SymbolKind::Method)
}
