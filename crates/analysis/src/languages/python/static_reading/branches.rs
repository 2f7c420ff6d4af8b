//! Branches: which one runs, or what the names are bound to when that depends on the machine, or is not known.

use std::rc::Rc;

use ruff_python_ast::{ElifElseClause, Expr, Stmt, StmtIf};

use super::condition::{Test, Truth};
use super::evaluator::{Evaluator, Flow, Names, Scope};
use super::value::{List, Row, Table, Value};

/// How many alternatives one value may have.
const MOST_ALTERNATIVES: usize = 8;

/// Under which condition one of two values holds.
enum By<'t> {
    Test(&'t Test),
    /// Not known; both values are only what may be.
    Unknown,
    /// The second value is that of a handler which hardly runs.
    Handler,
}

impl<'a> Evaluator<'_, 'a> {
    /// Runs an `if`; `rest` is what follows it in its block, and has run too when the answer is a return.
    pub(super) fn branches(&mut self, choice: &'a StmtIf, rest: &'a [Stmt]) -> Flow<'a> {
        let line = self.line(choice);
        let further = &choice.elif_else_clauses;
        self.branch(Some(&choice.test), &choice.body, further, rest, line)
    }

    fn branch(
        &mut self,
        test: Option<&'a Expr>,
        body: &'a [Stmt],
        further: &'a [ElifElseClause],
        rest: &'a [Stmt],
        line: u32,
    ) -> Flow<'a> {
        let truth = test.map_or(Truth::Known(true), |test| self.truth(test));
        if let Truth::Known(true) = truth {
            return self.block(body);
        }
        let otherwise = |evaluator: &mut Self| match further.split_first() {
            None => Flow::Next,
            Some((next, further)) => {
                let line = evaluator.line(next);
                let test = next.test.as_ref();
                evaluator.descend(Flow::Stop, |evaluator| {
                    evaluator.branch(test, &next.body, further, rest, line)
                })
            }
        };
        if let Truth::Known(false) = truth {
            return otherwise(self);
        }
        if !self.spend(self.names_bound()) {
            return Flow::Stop;
        }
        let before = self.scope.clone();
        let first = self.block(body);
        let of_first = std::mem::replace(&mut self.scope, before);
        let second = otherwise(self);
        match (first, second) {
            // What ends the program, or the round of a loop, is taken not to happen.
            (Flow::Stop | Flow::Leave, second) => second,
            (first, Flow::Stop | Flow::Leave) => {
                self.scope = of_first;
                first
            }
            (Flow::Next, Flow::Next) => {
                self.merge(&truth, of_first, line);
                Flow::Next
            }
            (Flow::Return(first), Flow::Return(second)) => {
                Flow::Return(self.either(&truth, first, second, line))
            }
            (Flow::Return(first), Flow::Next) => match self.returned(rest) {
                Some(second) => Flow::Return(self.either(&truth, first, second, line)),
                None => Flow::Return(first),
            },
            (Flow::Next, Flow::Return(second)) => {
                self.scope = of_first;
                match self.returned(rest) {
                    Some(first) => Flow::Return(self.either(&truth, first, second, line)),
                    None => Flow::Return(second),
                }
            }
        }
    }

    /// Runs the rest of a function; `None` when it ends the program.
    fn returned(&mut self, rest: &'a [Stmt]) -> Option<Value<'a>> {
        match self.block(rest) {
            Flow::Return(value) => Some(value),
            Flow::Next | Flow::Leave => Some(Value::Nothing),
            Flow::Stop => None,
        }
    }

    /// Takes the names that a branch has bound, under its condition, into those of the other.
    pub(super) fn take_branch(&mut self, test: &Test, of_branch: Scope<'a>, line: u32) {
        self.merge(&Truth::When(test.clone()), of_branch, line);
    }

    /// Takes what a handler has added.
    pub(super) fn take_handler(&mut self, handled: Scope<'a>, line: u32) {
        self.merge_scopes(&By::Handler, handled, line);
    }

    /// Gives the value that is one of two.
    pub(super) fn either(
        &mut self,
        truth: &Truth,
        first: Value<'a>,
        second: Value<'a>,
        line: u32,
    ) -> Value<'a> {
        match truth {
            Truth::Known(true) => first,
            Truth::Known(false) => second,
            Truth::When(test) => self.merged(&By::Test(test), first, second, line),
            Truth::Unknown => self.merged(&By::Unknown, first, second, line),
        }
    }

    fn merge(&mut self, truth: &Truth, of_branch: Scope<'a>, line: u32) {
        let by = match truth {
            Truth::When(test) => By::Test(test),
            Truth::Known(_) | Truth::Unknown => By::Unknown,
        };
        self.merge_scopes(&by, of_branch, line);
    }

    fn merge_scopes(&mut self, by: &By<'_>, of_branch: Scope<'a>, line: u32) {
        let module = std::mem::take(&mut self.scope.module);
        self.scope.module = self.merged_names(by, of_branch.module, module, line);
        if let (Some(first), Some(second)) = (of_branch.function, self.scope.function.take()) {
            let names = self.merged_names(by, first, second, line);
            self.scope.function = Some(names);
        }
    }

    fn merged_names(
        &mut self,
        by: &By<'_>,
        first: Names<'a>,
        mut second: Names<'a>,
        line: u32,
    ) -> Names<'a> {
        for (name, value) in first {
            // A name that only one branch binds is used where that branch ran.
            let Some(other) = second.get_mut(&name) else {
                second.insert(name, value);
                continue;
            };
            if Rc::ptr_eq(&value, other) {
                continue;
            }
            let value = Rc::unwrap_or_clone(value);
            let known = Value::clone(other);
            let merged = self.merged(by, value, known, line);
            second.insert(name, Rc::new(merged));
        }
        second
    }

    fn merged(&mut self, by: &By<'_>, first: Value<'a>, second: Value<'a>, line: u32) -> Value<'a> {
        let cost = match by {
            By::Test(test) => test.size(),
            By::Unknown | By::Handler => 1,
        };
        if !self.spend((first.size() + second.size()).saturating_mul(cost)) {
            return Value::unknown(line, "too much to be evaluated");
        }
        if first.is_same(&second) {
            return second;
        }
        match (first, second) {
            // Whichever tool's function it is, it is called the same way.
            (Value::Name(first), Value::Name(second)) if is_setup(&first) && is_setup(&second) => {
                Value::Name(second)
            }
            (Value::List(first), Value::List(second)) => {
                Value::List(lists(by, first, second, line))
            }
            (Value::Table(first), Value::Table(second)) => {
                Value::Table(self.tables(by, first, second, line))
            }
            (first, second) => match by {
                By::Handler => second,
                By::Test(_) if matches!(first, Value::Unknown(_)) => first,
                By::Test(_) if matches!(second, Value::Unknown(_)) => second,
                By::Test(_) if first.alternatives() + second.alternatives() > MOST_ALTERNATIVES => {
                    Value::unknown(line, "too many alternatives")
                }
                By::Test(test) => Value::Choice((*test).clone(), Box::new(first), Box::new(second)),
                By::Unknown => Value::unknown(line, "a condition decides it that is not static"),
            },
        }
    }

    fn tables(&mut self, by: &By<'_>, first: Table<'a>, second: Table<'a>, line: u32) -> Table<'a> {
        let mut merged = second;
        for gap in first.gaps {
            if !merged.gaps.contains(&gap) && merged.gaps.len() < 100 {
                merged.gaps.push(gap);
            }
        }
        let only_second: Vec<usize> = (0..merged.entries.len())
            .filter(|place| {
                let key = &merged.entries[*place].key;
                !first.entries.iter().any(|row| row.key == *key)
            })
            .collect();
        for place in only_second {
            let value = Value::clone(&merged.entries[place].value);
            let empty = empty_of(&value);
            let value = self.merged(by, empty, value, line);
            merged.entries[place].value = Rc::new(value);
        }
        for Row {
            key,
            line: at,
            value,
        } in first.entries
        {
            let value = Rc::unwrap_or_clone(value);
            let known = match merged.get(&key) {
                Some(known) => Value::clone(known),
                None => empty_of(&value),
            };
            let value = self.merged(by, value, known, line);
            merged.set(key, at, value);
        }
        merged
    }
}

fn is_setup(name: &str) -> bool {
    name.rsplit('.').next() == Some("setup")
}

/// What a table has where it lacks a value like this.
fn empty_of<'a>(value: &Value<'a>) -> Value<'a> {
    match value {
        Value::List(_) => Value::List(List::default()),
        Value::Table(_) => Value::Table(Table::default()),
        _ => Value::Nothing,
    }
}

/// Puts two lists together: what both begin with, then the rest of each under its condition.
fn lists<'a>(by: &By<'_>, first: List<'a>, second: List<'a>, line: u32) -> List<'a> {
    let common = first
        .items
        .iter()
        .zip(&second.items)
        .take_while(|(left, right)| {
            left.test == right.test
                && (Rc::ptr_eq(&left.value, &right.value) || left.value.is_same(&right.value))
        })
        .count();
    let mut merged = List {
        items: first.items[..common].to_vec(),
        gaps: second.gaps,
    };
    for gap in first.gaps {
        if !merged.gaps.contains(&gap) {
            merged.gaps.push(gap);
        }
    }
    for (items, is_first) in [
        (&first.items[common..], true),
        (&second.items[common..], false),
    ] {
        match by {
            By::Test(test) => {
                let before = merged.items.len();
                merged.items.extend(items.iter().cloned());
                let test = if is_first {
                    (*test).clone()
                } else {
                    test.negated()
                };
                merged.limit(before, &test);
            }
            By::Handler if !is_first => merged.items.extend(items.iter().cloned()),
            By::Unknown | By::Handler => {
                for item in items {
                    match Rc::as_ref(&item.value) {
                        // Which lines of a file are requirements is what such conditions ask.
                        Value::FileLine(_) => merged.items.push(item.clone()),
                        value => {
                            let what = value.text().map_or_else(String::new, |text| {
                                let end = text.floor_char_boundary(80);
                                format!(": {}", &text[..end])
                            });
                            let line = if item.line == 0 { line } else { item.line };
                            merged.gaps.push(super::Gap {
                                line,
                                what: format!(
                                    "only under a condition that no marker expresses{what}"
                                ),
                            });
                        }
                    }
                }
            }
        }
    }
    merged
}
