//! Whether a module can be imported first: follows the imports in the order in which Python runs them and looks for a name that is
//! taken out of a module before that module has bound it. Where the text leaves doubt, it finds nothing.

use std::collections::BTreeMap;

use synthesizer_model::{
    component::Reason,
    python::{FromName, ImportKind, ImportStatement, PythonFile},
};

use crate::{placed, python_source::PythonSource, relative_names};

/// Says whether importing the module before all others fails in a circle, when of the packages only the taken ones have their own code.
pub(crate) fn is_broken(
    source: &PythonSource,
    first: usize,
    taken: &BTreeMap<usize, Reason>,
) -> bool {
    let mut run = Run {
        source,
        taken,
        states: BTreeMap::new(),
        stack: Vec::new(),
    };
    run.load(&source.graph.node(first).name);
    run.misses_a_name()
}

/// How far a module is.
#[derive(Clone, Copy)]
enum State {
    /// At the statement of this line.
    Running(u32),
    Done,
}

/// A module that runs, with the imports that it has still to do; the next is the last.
struct Frame<'a> {
    index: usize,
    left: Vec<Step<'a>>,
}

#[derive(Clone)]
enum Step<'a> {
    Statement(&'a ImportStatement),
    /// Names out of a module that was asked for before.
    Names(String, &'a [FromName]),
}

struct Run<'a> {
    source: &'a PythonSource,
    taken: &'a BTreeMap<usize, Reason>,
    states: BTreeMap<usize, State>,
    stack: Vec<Frame<'a>>,
}

impl<'a> Run<'a> {
    /// Runs every module to its end; true when a name is missing on the way.
    fn misses_a_name(&mut self) -> bool {
        while let Some(frame) = self.stack.last_mut() {
            let index = frame.index;
            match frame.left.pop() {
                None => {
                    self.states.insert(index, State::Done);
                    self.stack.pop();
                }
                Some(Step::Statement(statement)) => {
                    self.states.insert(index, State::Running(statement.line));
                    self.statement(index, statement);
                }
                Some(Step::Names(base, names)) => {
                    if names.iter().any(|name| self.lacks(&base, &name.name)) {
                        return true;
                    }
                }
            }
        }
        false
    }

    fn statement(&mut self, index: usize, statement: &'a ImportStatement) {
        match &statement.kind {
            ImportKind::Plain(names) => {
                for name in names.iter().rev() {
                    self.load(&name.module);
                }
            }
            ImportKind::From {
                level,
                module,
                names,
                ..
            } => {
                let base = match level {
                    0 => Some(module.clone()),
                    level => {
                        relative_names::absolute(self.source.graph.node(index), *level, module)
                    }
                };
                if let Some(base) = base {
                    if let Some(frame) = self.stack.last_mut() {
                        frame.left.push(Step::Names(base.clone(), names));
                    }
                    self.load(&base);
                }
            }
        }
    }

    /// Lets a module and the packages above it run, unless they do already; the outermost runs first.
    fn load(&mut self, module: &str) {
        let ends = module.match_indices('.').map(|(dot, _)| dot);
        let ends: Vec<usize> = ends.chain([module.len()]).collect();
        for end in ends.into_iter().rev() {
            let index = self.source.graph.index(&module[..end]);
            let Some(index) = index.filter(|index| self.taken.contains_key(index)) else {
                continue;
            };
            if self.states.contains_key(&index) {
                continue;
            }
            self.states.insert(index, State::Running(0));
            let mut left: Vec<Step<'a>> = self
                .source
                .facts(index)
                .into_iter()
                .flat_map(|facts| &facts.imports)
                .filter(|statement| placed::runs_always(statement))
                .map(Step::Statement)
                .collect();
            left.reverse();
            self.stack.push(Frame { index, left });
        }
    }

    /// Says whether a module that still runs has surely not bound the name yet, and has no submodule of it. Lets that submodule run.
    fn lacks(&mut self, base: &str, name: &str) -> bool {
        let Some(index) = self.source.graph.index(base) else {
            return false;
        };
        let submodule = format!("{base}.{name}");
        let has_submodule = self.source.graph.index(&submodule).is_some();
        let bound = match (self.states.get(&index), self.source.facts(index)) {
            (Some(State::Running(line)), Some(facts)) => is_bound(facts, name, *line),
            _ => Some(true),
        };
        if has_submodule && bound != Some(true) {
            self.load(&submodule);
        }
        bound == Some(false) && !has_submodule
    }
}

/// Says whether a module has bound a name before a line; none where the text does not tell.
fn is_bound(facts: &PythonFile, name: &str, line: u32) -> Option<bool> {
    let mut known = false;
    for symbol in facts.symbols.iter().filter(|symbol| symbol.name == name) {
        known = true;
        if symbol.lines.0 < line {
            return Some(true);
        }
    }
    for statement in facts
        .imports
        .iter()
        .filter(|statement| !statement.circumstances.in_function)
    {
        let (binds, star) = binds(statement, name);
        known |= binds;
        if (binds || star) && statement.line < line {
            return if binds { Some(true) } else { None };
        }
    }
    known.then_some(false)
}

fn binds(statement: &ImportStatement, name: &str) -> (bool, bool) {
    match &statement.kind {
        ImportKind::Plain(names) => {
            let binds = names.iter().any(|plain| {
                let first = plain.module.split('.').next().unwrap_or_default();
                plain.alias.as_deref().unwrap_or(first) == name
            });
            (binds, false)
        }
        ImportKind::From { names, .. } => (
            names
                .iter()
                .any(|from| from.alias.as_ref().unwrap_or(&from.name) == name),
            names.iter().any(|from| from.name == "*"),
        ),
    }
}
