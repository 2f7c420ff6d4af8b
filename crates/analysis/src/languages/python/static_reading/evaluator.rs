//! The evaluator: which names are bound to what, and the bounds of its work. The language itself is in the files beside.

use std::collections::HashMap;
use std::rc::Rc;

use ruff_python_ast::Stmt;
use ruff_text_size::{Ranged, TextRange};

use super::super::source::Source;
use super::outcome::{self, Static};
use super::value::Value;
use super::{Gap, SetupCall};

/// How much work any program is worth, in values looked at or copied.
const LEAST_WORK: usize = 20_000;
/// How much more it is worth for each byte of its text.
const WORK_PER_BYTE: usize = 20;
/// How much work is the most.
const MOST_WORK: usize = 1_000_000;
/// How deep expressions and calls may lie in each other, all together.
const DEEPEST: usize = 200;
/// How many functions of the program may call each other.
pub(super) const MOST_CALLS: usize = 12;
/// How many elements a list may have.
pub(super) const MOST_ELEMENTS: usize = 20_000;
/// How long a text may become, in bytes.
pub(super) const LONGEST_TEXT: usize = 1 << 18;
/// How many calls of `setup` are told.
const MOST_FURTHER: usize = 20;

/// Names of one scope.
pub(super) type Names<'a> = HashMap<String, Rc<Value<'a>>>;

/// What is bound at some point of the program.
#[derive(Clone, Default)]
pub(super) struct Scope<'a> {
    pub(super) module: Names<'a>,
    /// The names of the function that runs, if one does.
    pub(super) function: Option<Names<'a>>,
}

/// How a statement ends.
#[derive(Debug)]
pub(super) enum Flow<'a> {
    /// The next one follows.
    Next,
    /// The function returns.
    Return(Value<'a>),
    /// The program ends, or fails.
    Stop,
    /// The loop goes on or ends.
    Leave,
}

/// Evaluates one program.
pub(super) struct Evaluator<'s, 'a> {
    source: &'s Source<'s>,
    /// The program's own path.
    pub(super) path: String,
    pub(super) scope: Scope<'a>,
    work_left: usize,
    gave_up: bool,
    depth: usize,
    pub(super) calls: usize,
    /// Files whose names were all taken over.
    pub(super) taken_over: Vec<String>,
    call: Option<SetupCall>,
}

impl<'s, 'a> Evaluator<'s, 'a> {
    /// Makes an evaluator of a program at a path.
    pub(super) fn new(source: &'s Source<'s>, path: &str) -> Self {
        let work = LEAST_WORK + WORK_PER_BYTE.saturating_mul(source.text.len());
        Self {
            source,
            path: path.to_owned(),
            scope: Scope::default(),
            work_left: work.min(MOST_WORK),
            gave_up: false,
            depth: 0,
            calls: 0,
            taken_over: Vec::new(),
            call: None,
        }
    }

    /// Runs a program.
    pub(super) fn run(&mut self, body: &'a [Stmt]) {
        drop(self.block(body));
    }

    /// Gives the call of `setup`, and whether the evaluation reached the end of what the program is worth or of its depth.
    pub(super) fn into_call(self) -> (Option<SetupCall>, bool) {
        (self.call, self.gave_up)
    }

    /// Gives the value of a name at the top level.
    pub(super) fn into_value(self, name: &str) -> Option<Static> {
        let value = self.scope.module.get(name)?;
        Some(outcome::of(value, 1))
    }

    /// Takes a call of `setup`; the first counts.
    pub(super) fn note_call(&mut self, call: SetupCall) {
        match &mut self.call {
            Some(known) if known.further.len() < MOST_FURTHER => known.further.push(call.line),
            Some(_) => {}
            none => *none = Some(call),
        }
    }

    /// Gives the line of something.
    pub(super) fn line(&self, place: &impl Ranged) -> u32 {
        self.line_of(place.range())
    }

    fn line_of(&self, range: TextRange) -> u32 {
        self.source.line(range.start().to_usize())
    }

    /// Takes some of the work that the program is worth; false when there is none left.
    pub(super) fn spend(&mut self, work: usize) -> bool {
        match self.work_left.checked_sub(work) {
            Some(left) => {
                self.work_left = left;
                true
            }
            None => {
                self.work_left = 0;
                self.gave_up = true;
                false
            }
        }
    }

    /// Gives how many names are bound, which a branch copies.
    pub(super) fn names_bound(&self) -> usize {
        self.scope.module.len() + self.scope.function.as_ref().map_or(0, Names::len)
    }

    /// Does something one level deeper, if that is not too deep.
    pub(super) fn descend<T>(&mut self, too_deep: T, work: impl FnOnce(&mut Self) -> T) -> T {
        if self.depth == DEEPEST {
            self.gave_up = true;
            return too_deep;
        }
        self.depth += 1;
        let done = work(self);
        self.depth -= 1;
        done
    }

    /// Gives the value of a name.
    pub(super) fn name(&mut self, name: &str, line: u32) -> Value<'a> {
        let local = self
            .scope
            .function
            .as_ref()
            .and_then(|names| names.get(name));
        if let Some(value) = local.or_else(|| self.scope.module.get(name)) {
            let value = Rc::clone(value);
            if !self.spend(value.size()) {
                return Value::unknown(line, "too much to be evaluated");
            }
            return Value::clone(&value);
        }
        match name {
            "__file__" => Value::Path(self.path.clone()),
            "__name__" => Value::Text("__main__".to_owned()),
            _ => match self.taken_over.last() {
                Some(path) if !is_builtin(name) => Value::Definition {
                    path: path.clone(),
                    name: name.to_owned(),
                },
                _ => Value::Name(name.to_owned()),
            },
        }
    }

    /// Binds a name.
    pub(super) fn bind(&mut self, name: &str, value: Value<'a>) {
        let names = self
            .scope
            .function
            .as_mut()
            .unwrap_or(&mut self.scope.module);
        names.insert(name.to_owned(), Rc::new(value));
    }

    /// Gives the value that a name is bound to, to change it; a local name goes before one of the module.
    pub(super) fn bound(&mut self, name: &str) -> Option<&mut Value<'a>> {
        let is_local = self
            .scope
            .function
            .as_ref()
            .is_some_and(|names| names.contains_key(name));
        let names = match (&mut self.scope.function, is_local) {
            (Some(names), true) => names,
            _ => &mut self.scope.module,
        };
        names.get_mut(name).map(Rc::make_mut)
    }

    /// Puts a gap where something was expected.
    pub(super) fn gap(line: u32, what: impl Into<String>) -> Gap {
        Gap {
            line,
            what: what.into(),
        }
    }
}

/// Names that a file which is run for its names hardly defines.
fn is_builtin(name: &str) -> bool {
    matches!(
        name,
        "dict"
            | "list"
            | "tuple"
            | "set"
            | "frozenset"
            | "sorted"
            | "str"
            | "open"
            | "sum"
            | "map"
            | "filter"
            | "exec"
            | "execfile"
            | "getattr"
            | "hasattr"
            | "len"
            | "print"
            | "int"
            | "bool"
            | "any"
            | "all"
            | "reversed"
            | "exit"
            | "quit"
            | "setup"
            | "isinstance"
            | "zip"
            | "enumerate"
            | "range"
            | "compile"
    )
}
