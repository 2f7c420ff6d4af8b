//! Import declarations, and the directives of a module. Does not know where they lead.

use synthesizer_model::code::{Circumstances, Import, ImportForm};

use super::{
    reader::{joined, statement_end},
    tokens::{DOT, JavaTokens, Kind, SEMICOLON},
    used_names::UsedNames,
};
use crate::languages::facts_builder::FactsBuilder;

/// Imports on demand that are kept of one file: resolving each looks at all simple names of the file.
const MOST_ON_DEMAND: usize = 200;

/// Longest name of an import, in bytes.
const MAX_NAME_BYTES: usize = 1_000;

/// What was read of a file's imports.
#[derive(Debug, Default)]
pub(super) struct Imports {
    on_demand: usize,
    /// The line of the first that was left out.
    left_out: Option<u32>,
}

impl Imports {
    /// Reads `import …` up to the place of its end.
    pub(super) fn read<'t>(
        &mut self,
        tokens: &JavaTokens<'t>,
        facts: &mut FactsBuilder,
        names: &mut UsedNames<'t>,
        at: usize,
        end: usize,
    ) {
        let second = tokens.text(at + 1);
        let is_static = second == "static";
        let is_module = second == "module" && tokens.kind(at + 2) == Kind::Word;
        let first = at + 1 + usize::from(is_static || is_module);
        let is_on_demand = tokens.kind(end.wrapping_sub(1)) == Kind::Mark(b'*');
        if is_on_demand || is_module {
            self.on_demand += 1;
            let last = if is_module {
                end
            } else {
                end.saturating_sub(2)
            };
            if self.on_demand > MOST_ON_DEMAND {
                self.left_out.get_or_insert(tokens.line(at));
            } else {
                self.add(tokens, facts, (first, last), vec!["*".to_owned()], false);
            }
            return;
        }
        let name = tokens.text(end.saturating_sub(1));
        if is_static {
            // The member is what is taken; the type is what it is taken from.
            self.add(
                tokens,
                facts,
                (first, end.saturating_sub(2)),
                vec![name.to_owned()],
                false,
            );
        } else {
            names.declare(name);
            self.add(tokens, facts, (first, end), Vec::new(), false);
        }
    }

    /// Reads the body of a module: `requires a.b;`, `uses a.B;`, `provides a.B with c.D;`.
    pub(super) fn directives<'t>(
        &mut self,
        tokens: &JavaTokens<'t>,
        facts: &mut FactsBuilder,
        names: &mut UsedNames<'t>,
        mut at: usize,
        end: usize,
    ) {
        while at < end {
            let stop = statement_end(tokens, at);
            match tokens.text(at) {
                "requires" => {
                    let is_modifier = |place: usize| {
                        matches!(tokens.text(place), "static" | "transitive")
                            && tokens.kind(place + 1) == Kind::Word
                    };
                    let mut first = at + 1;
                    let mut is_optional = false;
                    while first < stop && is_modifier(first) {
                        is_optional |= tokens.text(first) == "static";
                        first += 1;
                    }
                    self.add(tokens, facts, (first, stop), Vec::new(), is_optional);
                }
                "uses" | "provides" => {
                    let mut place = at + 1;
                    while place < stop {
                        place = if tokens.kind(place) == Kind::Word {
                            names.path(tokens, place)
                        } else {
                            place + 1
                        };
                    }
                }
                _ => {}
            }
            at = stop + 1;
            if tokens.kind(stop) != SEMICOLON {
                return;
            }
        }
    }

    fn add(
        &mut self,
        tokens: &JavaTokens<'_>,
        facts: &mut FactsBuilder,
        (first, end): (usize, usize),
        names: Vec<String>,
        conditional: bool,
    ) {
        let is_name = first < end
            && (first..end).all(|place| {
                let expected = if (place - first).is_multiple_of(2) {
                    Kind::Word
                } else {
                    DOT
                };
                tokens.kind(place) == expected
            });
        if !is_name {
            return;
        }
        let range = tokens.range(first, end);
        let line = tokens.line(first);
        if range.end - range.start > MAX_NAME_BYTES {
            self.left_out.get_or_insert(line);
            return;
        }
        facts.import(Import {
            target: joined(tokens, first, end),
            form: ImportForm::Static,
            names,
            range,
            line,
            circumstances: Circumstances {
                conditional,
                ..Circumstances::default()
            },
        });
    }

    /// Says what was left out.
    pub(super) fn problem(&self) -> Option<(u32, String)> {
        let what = "too many imports on demand or too long a name, left out";
        self.left_out.map(|line| (line, what.to_owned()))
    }
}
