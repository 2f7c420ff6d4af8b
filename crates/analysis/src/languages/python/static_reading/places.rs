//! The evaluator's targets: what is bound, and lists and tables that are changed in place.

use std::rc::Rc;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, ExprAttribute, ExprCall, ExprContext, Stmt};

use super::evaluator::{Evaluator, MOST_ELEMENTS};
use super::outcome::Gap;
use super::value::{List, Table, Value};

impl<'a> Evaluator<'_, 'a> {
    /// Binds a target to a value.
    pub(super) fn assign(&mut self, target: &'a Expr, value: Value<'a>) {
        let line = self.line(target);
        match target {
            Expr::Name(name) => self.bind(&name.id, value),
            Expr::Starred(starred) => {
                self.assign(&starred.value, Value::unknown(line, "a computed list"))
            }
            Expr::Tuple(tuple) => self.unpack(&tuple.elts, value, line),
            Expr::List(list) => self.unpack(&list.elts, value, line),
            Expr::Subscript(subscript) => {
                let key = self.value(&subscript.slice);
                self.at(&subscript.value, &mut |place| {
                    if let Value::Table(table) = place {
                        match key.text() {
                            Some(key) => table.set(key.to_owned(), line, value.clone()),
                            None => table.gaps.push(gap(line, "a computed key")),
                        }
                    }
                });
            }
            _ => {}
        }
    }

    fn unpack(&mut self, targets: &'a [Expr], value: Value<'a>, line: u32) {
        match value {
            Value::List(list) if list.gaps.is_empty() && list.items.len() == targets.len() => {
                for (target, item) in targets.iter().zip(list.items) {
                    self.assign(target, Rc::unwrap_or_clone(item.value));
                }
            }
            _ => {
                for target in targets {
                    self.assign(target, Value::unknown(line, "a computed value"));
                }
            }
        }
    }

    /// Changes the value at a place, if it is one that is known.
    ///
    /// A place is a name, an entry of a table by a literal key, or `table.setdefault(key, default)`.
    pub(super) fn at(&mut self, place: &'a Expr, change: &mut dyn FnMut(&mut Value<'a>)) {
        self.descend((), |evaluator| match place {
            Expr::Name(name) => {
                let size = evaluator.bound(&name.id).map_or(0, |value| value.size());
                // Changing what a branch has copied copies it again.
                if evaluator.spend(size / 16)
                    && let Some(value) = evaluator.bound(&name.id)
                {
                    change(value);
                }
            }
            Expr::Subscript(subscript) => {
                let key = evaluator.value(&subscript.slice);
                let Value::Text(key) = key else { return };
                evaluator.at(&subscript.value, &mut |value| {
                    entry(value, &key, None, change)
                });
            }
            Expr::Call(call) => {
                let Expr::Attribute(method) = &*call.func else {
                    return;
                };
                let [key, default] = &*call.arguments.args else {
                    return;
                };
                if method.attr.as_str() == "setdefault"
                    && let Value::Text(key) = evaluator.value(key)
                {
                    let line = evaluator.line(call);
                    let default = evaluator.value(default);
                    evaluator.at(&method.value, &mut |value| {
                        entry(value, &key, Some((line, &default)), change);
                    });
                }
            }
            _ => {}
        });
    }

    /// Does what a method that changes its list or table does; false when it is no such method.
    pub(super) fn change(&mut self, method: &'a ExprAttribute, call: &'a ExprCall) -> bool {
        let line = self.line(call);
        let name = method.attr.as_str();
        let arguments = &call.arguments;
        let is_change = matches!(
            name,
            "append"
                | "extend"
                | "insert"
                | "add"
                | "update"
                | "setdefault"
                | "remove"
                | "pop"
                | "discard"
                | "clear"
        );
        if !is_change {
            return false;
        }
        let given: Vec<Value<'a>> = arguments
            .args
            .iter()
            .map(|value| self.value(value))
            .collect();
        let named: Vec<(String, Value<'a>)> = arguments
            .keywords
            .iter()
            .map(|keyword| {
                let name = keyword.arg.as_ref().map_or("", |name| name.as_str());
                (name.to_owned(), self.value(&keyword.value))
            })
            .collect();
        let elements = match (name, given.last()) {
            ("extend" | "update", Some(last)) => self.elements(last.clone(), line),
            _ => None,
        };
        let mut changed = false;
        self.at(&method.value, &mut |place| {
            changed = true;
            match place {
                Value::List(list) => change_list(list, name, &given, elements.as_ref(), line),
                Value::Table(table) => change_table(table, name, &given, &named, line),
                _ => changed = false,
            }
        });
        changed
    }

    /// Forgets a name or an entry.
    pub(super) fn forget(&mut self, target: &'a Expr) {
        match target {
            Expr::Name(name) => {
                let line = self.line(name);
                self.bind(&name.id, Value::unknown(line, "a deleted name"));
            }
            Expr::Subscript(subscript) => {
                if let Value::Text(key) = self.value(&subscript.slice) {
                    self.at(&subscript.value, &mut |place| {
                        if let Value::Table(table) = place {
                            table.entries.retain(|row| row.key != key);
                        }
                    });
                }
            }
            _ => {}
        }
    }

    /// Says that whatever these statements bind or change is not known from here on; what lists had before stays.
    pub(super) fn invalidate(&mut self, body: &'a [Stmt]) {
        let mut changes = Changes::default();
        changes.visit_body(body);
        for (name, at) in changes.names {
            let line = self.line(at);
            match self.bound(name) {
                Some(Value::List(list)) => list.gaps.push(gap(line, "elements that a loop adds")),
                Some(Value::Table(table)) => table.gaps.push(gap(line, "entries that a loop adds")),
                _ => self.bind(name, Value::unknown(line, "a value that a loop computes")),
            }
        }
    }
}

/// Changes an entry of a table, or of the one that is put in its place.
fn entry<'a>(
    value: &mut Value<'a>,
    key: &str,
    default: Option<(u32, &Value<'a>)>,
    change: &mut dyn FnMut(&mut Value<'a>),
) {
    let Value::Table(table) = value else {
        return;
    };
    if let (Some((line, default)), None) = (default, table.get(key)) {
        table.set(key.to_owned(), line, default.clone());
    }
    if let Some(row) = table.entries.iter_mut().find(|row| row.key == key) {
        change(Rc::make_mut(&mut row.value));
    }
}

fn change_list<'a>(
    list: &mut List<'a>,
    name: &str,
    given: &[Value<'a>],
    elements: Option<&List<'a>>,
    line: u32,
) {
    if list.items.len() >= MOST_ELEMENTS {
        return;
    }
    match (name, given) {
        ("append" | "add", [value]) => list.push(value.clone(), line),
        ("insert", [_, value]) => list.push(value.clone(), line),
        ("extend" | "update", [_]) => match elements {
            Some(elements) => list.extend(elements.clone()),
            None => list.gaps.push(gap(line, "computed elements")),
        },
        ("remove" | "discard", [Value::Text(text)]) => {
            list.items.retain(|item| item.value.text() != Some(text));
        }
        ("clear", []) => *list = List::default(),
        _ => list.gaps.push(gap(line, "a change of the list")),
    }
}

fn change_table<'a>(
    table: &mut Table<'a>,
    name: &str,
    given: &[Value<'a>],
    named: &[(String, Value<'a>)],
    line: u32,
) {
    match (name, given) {
        ("update", given) => {
            for value in given {
                match value {
                    Value::Table(other) => table.update(other.clone()),
                    _ => table.gaps.push(gap(line, "computed entries")),
                }
            }
            for (key, value) in named {
                table.set(key.clone(), line, value.clone());
            }
        }
        ("setdefault", [Value::Text(key), value]) => {
            if table.get(key).is_none() {
                table.set(key.clone(), line, value.clone());
            }
        }
        ("pop", [Value::Text(key), ..]) => table.entries.retain(|row| row.key != *key),
        ("clear", []) => *table = Table::default(),
        _ => table.gaps.push(gap(line, "a change of the table")),
    }
}

fn gap(line: u32, what: &str) -> Gap {
    Gap {
        line,
        what: what.to_owned(),
    }
}

/// Names that statements bind, or whose lists and tables they change.
#[derive(Default)]
struct Changes<'a> {
    names: Vec<(&'a str, &'a Expr)>,
}

impl<'a> Changes<'a> {
    fn note(&mut self, place: &'a Expr) {
        let mut base = place;
        loop {
            base = match base {
                Expr::Subscript(subscript) => &subscript.value,
                Expr::Attribute(attribute) => &attribute.value,
                Expr::Call(call) => &call.func,
                Expr::Name(name) => {
                    let known = self
                        .names
                        .iter()
                        .any(|(known, _)| *known == name.id.as_str());
                    if !known && self.names.len() < 1_000 {
                        self.names.push((&name.id, base));
                    }
                    return;
                }
                _ => return,
            };
        }
    }
}

impl<'a> Visitor<'a> for Changes<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        // What a function does, it does when it is called.
        if !matches!(statement, Stmt::FunctionDef(_) | Stmt::ClassDef(_)) {
            visitor::walk_stmt(self, statement);
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Name(name) if name.ctx == ExprContext::Store => self.note(expression),
            Expr::Subscript(subscript) if subscript.ctx == ExprContext::Store => {
                self.note(expression);
            }
            Expr::Call(call) => {
                if let Expr::Attribute(method) = &*call.func
                    && matches!(
                        method.attr.as_str(),
                        "append" | "extend" | "insert" | "add" | "update" | "setdefault"
                    )
                {
                    self.note(&method.value);
                }
            }
            _ => {}
        }
        visitor::walk_expr(self, expression);
    }
}
