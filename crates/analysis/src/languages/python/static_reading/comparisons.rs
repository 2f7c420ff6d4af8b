//! The evaluator's conditions: what is known of the truth of an expression, in the terms of the machine where it depends on that.

use ruff_python_ast::{BoolOp, CmpOp, Expr, ExprCompare, UnaryOp};

use super::condition::{self, Test, Truth};
use super::evaluator::Evaluator;
use super::value::{List, Value, VersionPart};

impl<'a> Evaluator<'_, 'a> {
    /// Gives what is known of the truth of an expression.
    pub(super) fn truth(&mut self, expression: &'a Expr) -> Truth {
        let spent = self.spend(1);
        self.descend(Truth::Unknown, |evaluator| {
            if spent {
                evaluator.truth_at(expression)
            } else {
                Truth::Unknown
            }
        })
    }

    fn truth_at(&mut self, expression: &'a Expr) -> Truth {
        match expression {
            Expr::BoolOp(operation) => {
                let truths = operation.values.iter().map(|value| self.truth(value));
                let truths: Vec<Truth> = truths.collect();
                Truth::join(truths, operation.op == BoolOp::And)
            }
            Expr::UnaryOp(operation) if operation.op == UnaryOp::Not => {
                self.truth(&operation.operand).negated()
            }
            Expr::Compare(comparison) => self.comparison(comparison),
            expression => {
                let value = self.value(expression);
                truth_of(&value)
            }
        }
    }

    fn comparison(&mut self, comparison: &'a ExprCompare) -> Truth {
        let mut left = self.value(&comparison.left);
        let mut truths = Vec::new();
        for (operator, right) in comparison.ops.iter().zip(&comparison.comparators) {
            let right = self.value(right);
            truths.push(compare(&left, *operator, &right));
            left = right;
        }
        Truth::join(truths, true)
    }
}

/// Makes a value of what is known of a truth.
pub(super) fn truth_value<'a>(truth: Truth, line: u32) -> Value<'a> {
    match truth {
        Truth::Known(truth) => Value::Truth(truth),
        Truth::When(test) => Value::Condition(test),
        Truth::Unknown => Value::unknown(line, "a condition that is not static"),
    }
}

fn truth_of(value: &Value<'_>) -> Truth {
    match value {
        Value::Nothing => Truth::Known(false),
        Value::Truth(truth) => Truth::Known(*truth),
        Value::Number(number) => Truth::Known(*number != 0),
        Value::Text(text) => Truth::Known(!text.is_empty()),
        Value::Condition(test) => Truth::When(test.clone()),
        Value::List(list) if list.gaps.is_empty() => {
            let certain = list.items.iter().any(|item| item.test.is_none());
            if certain || list.items.is_empty() {
                Truth::Known(certain)
            } else {
                Truth::Unknown
            }
        }
        Value::Table(table) if table.gaps.is_empty() => Truth::Known(!table.entries.is_empty()),
        Value::FileLine(_) => Truth::Known(true),
        // What a pattern finds in a file is looked up there.
        Value::Definition { .. } => Truth::Known(true),
        Value::Function(_) | Value::Lambda(_) | Value::VersionInfo(_) => Truth::Known(true),
        Value::Name(name) => match name.as_str() {
            "six.PY2" => Truth::when(Test::compare("python_version", "<", "3")),
            "six.PY3" => Truth::when(Test::compare("python_version", ">=", "3")),
            "typing.TYPE_CHECKING" => Truth::Known(false),
            _ => Truth::Unknown,
        },
        Value::Choice(test, left, right) => match (truth_of(left), truth_of(right)) {
            (Truth::Known(true), Truth::Known(false)) => Truth::When(test.clone()),
            (Truth::Known(false), Truth::Known(true)) => Truth::When(test.negated()),
            (left, right) if left == right => left,
            _ => Truth::Unknown,
        },
        _ => Truth::Unknown,
    }
}

fn operator_text(operator: CmpOp) -> Option<&'static str> {
    match operator {
        CmpOp::Eq => Some("=="),
        CmpOp::NotEq => Some("!="),
        CmpOp::Lt => Some("<"),
        CmpOp::LtE => Some("<="),
        CmpOp::Gt => Some(">"),
        CmpOp::GtE => Some(">="),
        _ => None,
    }
}

fn mirrored(operator: CmpOp) -> CmpOp {
    match operator {
        CmpOp::Lt => CmpOp::Gt,
        CmpOp::LtE => CmpOp::GtE,
        CmpOp::Gt => CmpOp::Lt,
        CmpOp::GtE => CmpOp::LtE,
        other => other,
    }
}

/// Compares two values.
fn compare(left: &Value<'_>, operator: CmpOp, right: &Value<'_>) -> Truth {
    match (left, right) {
        (Value::Environment(variable), right) => compare_environment(variable, operator, right),
        (Value::Text(text), Value::Environment(variable)) => match operator {
            CmpOp::In => Truth::when(Test::contains(variable, text, false)),
            CmpOp::NotIn => Truth::when(Test::contains(variable, text, true)),
            operator => compare_environment(variable, mirrored(operator), left),
        },
        (Value::VersionInfo(part), right) => compare_version(*part, operator, right),
        (left, Value::VersionInfo(part)) => compare_version(*part, mirrored(operator), left),
        (Value::Text(text), Value::Name(name)) if name == "sys.builtin_module_names" => {
            let pypy = Test::compare("platform_python_implementation", "==", "PyPy");
            match (text.as_str(), operator) {
                ("__pypy__", CmpOp::In) => Truth::when(pypy),
                ("__pypy__", CmpOp::NotIn) => Truth::when(pypy).negated(),
                _ => Truth::Unknown,
            }
        }
        (Value::Text(left), Value::Text(right)) => match operator {
            CmpOp::Eq => Truth::Known(left == right),
            CmpOp::NotEq => Truth::Known(left != right),
            CmpOp::In => Truth::Known(right.contains(left.as_str())),
            CmpOp::NotIn => Truth::Known(!right.contains(left.as_str())),
            _ => Truth::Unknown,
        },
        (Value::Number(left), Value::Number(right)) => match operator {
            CmpOp::Eq => Truth::Known(left == right),
            CmpOp::NotEq => Truth::Known(left != right),
            CmpOp::Lt => Truth::Known(left < right),
            CmpOp::LtE => Truth::Known(left <= right),
            CmpOp::Gt => Truth::Known(left > right),
            CmpOp::GtE => Truth::Known(left >= right),
            _ => Truth::Unknown,
        },
        (Value::Text(text), Value::List(list)) => member_of(text, list, operator),
        (Value::Text(key), Value::Table(table)) if table.gaps.is_empty() => match operator {
            CmpOp::In => Truth::Known(table.get(key).is_some()),
            CmpOp::NotIn => Truth::Known(table.get(key).is_none()),
            _ => Truth::Unknown,
        },
        (Value::Nothing, Value::Nothing) => match operator {
            CmpOp::Is | CmpOp::Eq => Truth::Known(true),
            CmpOp::IsNot | CmpOp::NotEq => Truth::Known(false),
            _ => Truth::Unknown,
        },
        (Value::Text(_) | Value::List(_) | Value::Table(_), Value::Nothing) => match operator {
            CmpOp::Is | CmpOp::Eq => Truth::Known(false),
            CmpOp::IsNot | CmpOp::NotEq => Truth::Known(true),
            _ => Truth::Unknown,
        },
        _ => Truth::Unknown,
    }
}

fn member_of(text: &str, list: &List<'_>, operator: CmpOp) -> Truth {
    let certain = list.gaps.is_empty()
        && list
            .items
            .iter()
            .all(|item| item.test.is_none() && item.value.text().is_some());
    let is_in = list
        .items
        .iter()
        .any(|item| item.value.text() == Some(text));
    match operator {
        CmpOp::In if certain => Truth::Known(is_in),
        CmpOp::NotIn if certain => Truth::Known(!is_in),
        _ => Truth::Unknown,
    }
}

fn compare_environment(variable: &'static str, operator: CmpOp, right: &Value<'_>) -> Truth {
    match (operator, right) {
        (CmpOp::In | CmpOp::NotIn, Value::List(list)) => {
            let texts: Option<Vec<&str>> =
                list.items.iter().map(|item| item.value.text()).collect();
            let tests: Option<Vec<Truth>> = texts.map(|texts| {
                let one = |text: &&str| {
                    Truth::when(Test::compare(variable, "==", spelled(variable, text)))
                };
                texts.iter().map(one).collect()
            });
            let any = tests.map_or(Truth::Unknown, |tests| Truth::join(tests, false));
            if operator == CmpOp::In {
                any
            } else {
                any.negated()
            }
        }
        (operator, Value::Text(text)) => match operator_text(operator) {
            Some(operator) => {
                Truth::when(Test::compare(variable, operator, spelled(variable, text)))
            }
            None => Truth::Unknown,
        },
        _ => Truth::Unknown,
    }
}

/// Writes a system's name as the variable has it, though programs compare it in lower case.
pub(super) fn spelled<'t>(variable: &str, text: &'t str) -> &'t str {
    match (variable, text) {
        ("platform_system", "windows") => "Windows",
        ("platform_system", "linux") => "Linux",
        ("platform_system", "darwin") => "Darwin",
        ("platform_system", "java") => "Java",
        ("platform_python_implementation", "pypy") => "PyPy",
        ("platform_python_implementation", "cpython") => "CPython",
        _ => text,
    }
}

fn compare_version(part: VersionPart, operator: CmpOp, right: &Value<'_>) -> Truth {
    let Some(operator) = operator_text(operator) else {
        return Truth::Unknown;
    };
    let test = match (part, right) {
        (VersionPart::At(place), Value::Number(number)) => {
            condition::version_number(place, operator, *number)
        }
        (VersionPart::All | VersionPart::First(_), Value::List(list)) => {
            let numbers: Option<Vec<i64>> = list
                .items
                .iter()
                .map(|item| match *item.value {
                    Value::Number(number) => Some(number),
                    _ => None,
                })
                .collect();
            let length = match part {
                VersionPart::First(length) => Some(length),
                VersionPart::All | VersionPart::At(_) => None,
            };
            numbers.and_then(|numbers| condition::version_tuple(length, operator, &numbers))
        }
        _ => None,
    };
    Truth::when(test)
}
