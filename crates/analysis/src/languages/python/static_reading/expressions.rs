//! The evaluator's expressions.

use std::rc::Rc;

use ruff_python_ast::{
    BoolOp, Expr, ExprBinOp, ExprDict, ExprFString, ExprSlice, ExprSubscript, FStringPart,
    InterpolatedStringElement, Number, Operator, UnaryOp,
};

use super::comparisons::truth_value;
use super::condition::Truth;
use super::evaluator::{Evaluator, LONGEST_TEXT, MOST_ELEMENTS};
use super::value::{List, Table, Value, VersionPart};

impl<'a> Evaluator<'_, 'a> {
    /// Evaluates an expression.
    pub(super) fn value(&mut self, expression: &'a Expr) -> Value<'a> {
        let line = self.line(expression);
        if !self.spend(1) {
            return Value::unknown(line, "too much to be evaluated");
        }
        let too_deep = Value::unknown(line, "nested too deeply to be evaluated");
        self.descend(too_deep, |evaluator| evaluator.value_at(expression, line))
    }

    fn value_at(&mut self, expression: &'a Expr, line: u32) -> Value<'a> {
        match expression {
            Expr::StringLiteral(literal) => self.bounded(literal.value.to_str().to_owned(), line),
            Expr::BooleanLiteral(literal) => Value::Truth(literal.value),
            Expr::NoneLiteral(_) => Value::Nothing,
            Expr::NumberLiteral(number) => match &number.value {
                Number::Int(number) => number
                    .as_i64()
                    .map_or_else(|| Value::unknown(line, "a large number"), Value::Number),
                Number::Float(_) | Number::Complex { .. } => Value::unknown(line, "a number"),
            },
            Expr::FString(text) => self.f_string(text, line),
            Expr::Name(name) => self.name(&name.id, line),
            Expr::Attribute(attribute) => {
                let value = self.value(&attribute.value);
                attribute_of(value, attribute.attr.as_str(), line)
            }
            Expr::List(list) => self.list(&list.elts),
            Expr::Tuple(tuple) => self.list(&tuple.elts),
            Expr::Set(set) => self.list(&set.elts),
            Expr::Dict(table) => self.table(table),
            Expr::BinOp(operation) => self.operation(operation, line),
            Expr::UnaryOp(operation) if operation.op == UnaryOp::USub => {
                match self.value(&operation.operand) {
                    Value::Number(number) => Value::Number(number.wrapping_neg()),
                    _ => Value::unknown(line, "a computed number"),
                }
            }
            Expr::UnaryOp(operation) if operation.op == UnaryOp::Not => {
                truth_value(self.truth(expression), line)
            }
            Expr::Compare(_) => truth_value(self.truth(expression), line),
            Expr::BoolOp(operation) => self.alternatives(operation.op, &operation.values, line),
            Expr::If(choice) => {
                let truth = self.truth(&choice.test);
                let first = self.value(&choice.body);
                let second = self.value(&choice.orelse);
                self.either(&truth, first, second, line)
            }
            Expr::Subscript(subscript) => self.subscript(subscript, line),
            Expr::Call(call) => self.call(call, line),
            Expr::ListComp(made) => self.comprehension(&made.generators, &made.elt, line),
            Expr::SetComp(made) => self.comprehension(&made.generators, &made.elt, line),
            Expr::Generator(made) => self.comprehension(&made.generators, &made.elt, line),
            Expr::DictComp(made) => match made.key.as_deref() {
                Some(key) => self.table_comprehension(&made.generators, key, &made.value, line),
                None => Value::unknown(line, "a computed table"),
            },
            Expr::Lambda(lambda) => Value::Lambda(lambda),
            Expr::Named(named) => {
                let value = self.value(&named.value);
                self.assign(&named.target, value.clone());
                value
            }
            Expr::Starred(starred) => self.value(&starred.value),
            _ => Value::unknown(line, "a computed value"),
        }
    }

    /// Makes a text, unless it is too long.
    pub(super) fn bounded(&mut self, text: String, line: u32) -> Value<'a> {
        if text.len() > LONGEST_TEXT || !self.spend(text.len() / 16) {
            return Value::unknown(line, "a text that is too long");
        }
        Value::Text(text)
    }

    fn f_string(&mut self, f_string: &'a ExprFString, line: u32) -> Value<'a> {
        let mut text = String::new();
        for part in &f_string.value {
            let elements = match part {
                FStringPart::Literal(literal) => {
                    text.push_str(literal);
                    continue;
                }
                FStringPart::FString(f_string) => &f_string.elements,
            };
            for element in elements {
                match element {
                    InterpolatedStringElement::Literal(literal) => text.push_str(literal),
                    InterpolatedStringElement::Interpolation(inner) => {
                        let value = self.value(&inner.expression);
                        match (written(&value), &inner.format_spec) {
                            (Some(inside), None) => text.push_str(&inside),
                            _ => return Value::unknown(line, "a text with a computed part"),
                        }
                    }
                }
                if text.len() > LONGEST_TEXT {
                    return Value::unknown(line, "a text that is too long");
                }
            }
        }
        self.bounded(text, line)
    }

    fn list(&mut self, elements: &'a [Expr]) -> Value<'a> {
        let mut list = List::default();
        for element in elements {
            let line = self.line(element);
            if list.items.len() >= MOST_ELEMENTS {
                list.gaps
                    .push(Self::gap(line, "more elements than are read"));
                break;
            }
            match element {
                Expr::Starred(starred) => {
                    let value = self.value(&starred.value);
                    match self.elements(value, line) {
                        Some(other) => list.extend(other),
                        None => list.gaps.push(Self::gap(line, "a computed part of a list")),
                    }
                }
                element => {
                    let value = self.value(element);
                    list.push(value, line);
                }
            }
        }
        Value::List(list)
    }

    fn table(&mut self, dict: &'a ExprDict) -> Value<'a> {
        let mut table = Table::default();
        for item in dict.items.iter().take(MOST_ELEMENTS) {
            let line = self.line(item.key.as_ref().unwrap_or(&item.value));
            let value = self.value(&item.value);
            if !self.spend(table.entries.len() / 8) {
                break;
            }
            match &item.key {
                None => match value {
                    Value::Table(other) => table.update(other),
                    _ => table
                        .gaps
                        .push(Self::gap(line, "a computed part of a table")),
                },
                Some(key) => match self.value(key) {
                    Value::Text(key) => table.set(key, line, value),
                    _ => table.gaps.push(Self::gap(line, "a computed key")),
                },
            }
        }
        Value::Table(table)
    }

    fn operation(&mut self, operation: &'a ExprBinOp, line: u32) -> Value<'a> {
        let left = self.value(&operation.left);
        let right = self.value(&operation.right);
        match operation.op {
            Operator::Add | Operator::BitOr => self.added(left, right, line),
            Operator::Mod => match left {
                Value::Text(format) => self.formatted(&format, right, line),
                _ => Value::unknown(line, "a computed value"),
            },
            Operator::Div => match (left.path(), right.path()) {
                (Some(folder), Some(rest)) => Value::Path(join_paths(folder, rest)),
                _ => Value::unknown(line, "a computed path"),
            },
            Operator::Sub => difference(left, &right, line),
            _ => Value::unknown(line, "a computed value"),
        }
    }

    /// Gives `left + right` or `left | right`.
    pub(super) fn added(&mut self, left: Value<'a>, right: Value<'a>, line: u32) -> Value<'a> {
        if !self.spend(left.size() + right.size()) {
            return Value::unknown(line, "too much to be evaluated");
        }
        match (left, right) {
            (Value::Text(left), Value::Text(right)) => self.bounded(left + &right, line),
            (Value::Number(left), Value::Number(right)) => Value::Number(left.wrapping_add(right)),
            (Value::List(mut left), right) => {
                match self.elements(right, line) {
                    Some(right) if left.items.len() + right.items.len() <= MOST_ELEMENTS => {
                        left.extend(right)
                    }
                    _ => left.gaps.push(Self::gap(line, "a computed part of a list")),
                }
                Value::List(left)
            }
            (left, Value::List(mut right)) => {
                match self.elements(left, line) {
                    Some(mut left) if left.items.len() + right.items.len() <= MOST_ELEMENTS => {
                        left.extend(right);
                        return Value::List(left);
                    }
                    _ => right
                        .gaps
                        .push(Self::gap(line, "a computed part of a list")),
                }
                Value::List(right)
            }
            (Value::Table(mut left), Value::Table(right)) => {
                left.update(right);
                Value::Table(left)
            }
            (Value::Table(mut left), _) => {
                left.gaps
                    .push(Self::gap(line, "a computed part of a table"));
                Value::Table(left)
            }
            _ => Value::unknown(line, "a computed value"),
        }
    }

    /// Gives `format % value`.
    fn formatted(&mut self, format: &str, value: Value<'a>, line: u32) -> Value<'a> {
        let values: Vec<String> = match &value {
            Value::List(list) if list.gaps.is_empty() => list
                .items
                .iter()
                .filter(|item| item.test.is_none())
                .filter_map(|item| written(&item.value))
                .collect(),
            value => written(value).into_iter().collect(),
        };
        let mut text = String::new();
        let mut values = values.into_iter();
        let mut rest = format;
        while let Some((before, after)) = rest.split_once('%') {
            text.push_str(before);
            let kind = after.chars().next();
            let value = kind.filter(|kind| *kind != '%').and_then(|_| values.next());
            match (kind, value) {
                (Some('%'), _) => text.push('%'),
                (Some('s' | 'd'), Some(value)) => text.push_str(&value),
                _ => return Value::unknown(line, "a text with a computed part"),
            }
            rest = after.get(1..).unwrap_or("");
            if text.len() > LONGEST_TEXT {
                return Value::unknown(line, "a text that is too long");
            }
        }
        text.push_str(rest);
        self.bounded(text, line)
    }

    fn alternatives(&mut self, operator: BoolOp, values: &'a [Expr], line: u32) -> Value<'a> {
        let decisive = operator == BoolOp::Or;
        let mut truths = Vec::new();
        for (position, value) in values.iter().enumerate() {
            let truth = self.truth(value);
            if position + 1 == values.len() && truths.is_empty() {
                return self.value(value);
            }
            match truth {
                Truth::Known(truth) if truth == decisive && truths.is_empty() => {
                    return self.value(value);
                }
                Truth::Known(truth) if truth != decisive => {}
                truth => truths.push(truth),
            }
        }
        truth_value(Truth::join(truths, operator == BoolOp::And), line)
    }

    fn subscript(&mut self, subscript: &'a ExprSubscript, line: u32) -> Value<'a> {
        let value = self.value(&subscript.value);
        if let Expr::Slice(slice) = &*subscript.slice {
            return self.slice(value, slice, line);
        }
        let key = self.value(&subscript.slice);
        match (value, key) {
            (Value::Table(table), Value::Text(key)) => match table.get(&key) {
                Some(value) => Value::clone(value),
                None => Value::unknown(line, "a key that is not known"),
            },
            (Value::Definitions(path), Value::Text(name)) => Value::Definition { path, name },
            (
                Value::VersionInfo(VersionPart::All | VersionPart::First(_)),
                Value::Number(place),
            ) => usize::try_from(place).map_or_else(
                |_| Value::unknown(line, "a computed value"),
                |place| Value::VersionInfo(VersionPart::At(place)),
            ),
            (Value::List(list), Value::Number(place)) => element_at(&list, place, line),
            (Value::Text(text), Value::Number(place)) => {
                let place = usize::try_from(place).ok();
                let character = place.and_then(|place| text.chars().nth(place));
                character.map_or_else(
                    || Value::unknown(line, "a computed value"),
                    |character| Value::Text(character.to_string()),
                )
            }
            // The one thing that a pattern has found.
            (found @ Value::Definition { .. }, Value::Number(0)) => found,
            // Parts of a line that names a requirement still name it.
            (line @ Value::FileLine(_), Value::Number(0)) => line,
            _ => Value::unknown(line, "a computed value"),
        }
    }

    fn slice(&mut self, value: Value<'a>, slice: &'a ExprSlice, line: u32) -> Value<'a> {
        let mut bound = |bound: &'a Option<Box<Expr>>| match bound {
            None => Some(None),
            Some(bound) => match self.value(bound) {
                Value::Number(number) => Some(Some(number)),
                _ => None,
            },
        };
        let (Some(lower), Some(upper)) = (bound(&slice.lower), bound(&slice.upper)) else {
            return Value::unknown(line, "a computed part");
        };
        if slice.step.is_some() {
            return Value::unknown(line, "a computed part");
        }
        match value {
            Value::VersionInfo(VersionPart::All) if lower.unwrap_or(0) == 0 => {
                let length = upper.and_then(|upper| usize::try_from(upper).ok());
                Value::VersionInfo(length.map_or(VersionPart::All, VersionPart::First))
            }
            Value::List(mut list) if list.gaps.is_empty() => {
                let length = list.items.len();
                let (start, end) = ends(lower, upper, length);
                list.items = list.items.get(start..end).unwrap_or_default().to_vec();
                Value::List(list)
            }
            Value::Text(text) => {
                let length = text.chars().count();
                let (start, end) = ends(lower, upper, length);
                let taken = end.saturating_sub(start);
                Value::Text(text.chars().skip(start).take(taken).collect())
            }
            line @ Value::FileLine(_) => line,
            // Of a file's lines those at its beginning and end may be left out; which, cannot be told.
            _ => Value::unknown(line, "a part of something computed"),
        }
    }
}

/// Gives an attribute of a value.
pub(super) fn attribute_of<'a>(value: Value<'a>, attribute: &str, line: u32) -> Value<'a> {
    match value {
        Value::Name(name) => {
            let name = format!("{name}.{attribute}");
            if name.len() > 1024 {
                return Value::unknown(line, "a name that is too long");
            }
            match name.as_str() {
                "sys.platform" => Value::Environment("sys_platform"),
                "os.name" => Value::Environment("os_name"),
                "sys.implementation.name" => Value::Environment("implementation_name"),
                "sys.version" => Value::Environment("python_version"),
                "sys.version_info" => Value::VersionInfo(VersionPart::All),
                _ => Value::Name(name),
            }
        }
        Value::VersionInfo(VersionPart::All) => match attribute {
            "major" => Value::VersionInfo(VersionPart::At(0)),
            "minor" => Value::VersionInfo(VersionPart::At(1)),
            _ => Value::unknown(line, "a computed value"),
        },
        Value::Path(path) | Value::Text(path) if attribute == "parent" => Value::Path(
            path.rsplit_once('/')
                .map_or("", |(folder, _)| folder)
                .to_owned(),
        ),
        // A requirement that a library of pip has parsed.
        line @ Value::FileLine(_) if matches!(attribute, "req" | "requirement") => line,
        Value::Definitions(path) => Value::Definition {
            path,
            name: attribute.to_owned(),
        },
        _ => Value::unknown(line, "an attribute of something computed"),
    }
}

/// Writes a value as `str` does, where that is certain.
pub(super) fn written(value: &Value<'_>) -> Option<String> {
    match value {
        Value::Text(text) | Value::Path(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Joins two paths; one from the root replaces the other.
pub(super) fn join_paths(folder: &str, rest: &str) -> String {
    match (folder, rest) {
        ("", rest) => rest.to_owned(),
        (_, rest) if rest.starts_with('/') => rest.to_owned(),
        (folder, "") => folder.to_owned(),
        (folder, rest) => format!("{}/{rest}", folder.trim_end_matches('/')),
    }
}

fn element_at<'a>(list: &List<'a>, place: i64, line: u32) -> Value<'a> {
    let length = list.items.len();
    let (place, _) = ends(Some(place), None, length);
    let certain = list.gaps.is_empty() && list.items.iter().all(|item| item.test.is_none());
    match list.items.get(place).filter(|_| certain) {
        Some(item) => Value::clone(&item.value),
        None => Value::unknown(line, "an element that is not known"),
    }
}

/// Gives the places that a slice's bounds mean in a sequence.
fn ends(lower: Option<i64>, upper: Option<i64>, length: usize) -> (usize, usize) {
    let place = |bound: i64| match usize::try_from(bound) {
        Ok(bound) => bound.min(length),
        Err(_) => {
            let back = usize::try_from(bound.unsigned_abs()).unwrap_or(usize::MAX);
            length.saturating_sub(back)
        }
    };
    let start = lower.map_or(0, place);
    let end = upper.map_or(length, place);
    (start, end.max(start))
}

/// Gives the elements of one list that another has not.
fn difference<'a>(left: Value<'a>, right: &Value<'a>, line: u32) -> Value<'a> {
    match (left, right) {
        (Value::List(mut left), Value::List(right)) if right.gaps.is_empty() => {
            let without: std::collections::HashSet<&str> = right
                .items
                .iter()
                .filter_map(|item| item.value.text())
                .collect();
            left.items
                .retain(|item| !item.value.text().is_some_and(|text| without.contains(text)));
            Value::List(left)
        }
        _ => Value::unknown(line, "a computed value"),
    }
}

/// Makes a list of one element.
pub(super) fn list_of_one<'a>(value: Value<'a>, line: u32) -> List<'a> {
    let mut list = List::default();
    list.items.push(super::value::Element {
        value: Rc::new(value),
        line,
        test: None,
    });
    list
}
