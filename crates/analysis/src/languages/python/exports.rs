//! The literal value of `__all__`, gathered from the statements that build it.

use ruff_python_ast::{Arguments, Expr, Operator};

/// What `__all__` holds, as far as the walk has come.
#[derive(Debug, Default)]
pub(super) struct Exports {
    names: Option<Vec<String>>,
    is_computed: bool,
}

impl Exports {
    /// Takes `__all__ = value` or `__all__ += value`; branches add up.
    pub(super) fn extend(&mut self, value: &Expr) {
        match literal_names(value) {
            Some(added) => {
                let names = self.names.get_or_insert_default();
                names.extend(added.into_iter().map(str::to_owned));
            }
            None => self.give_up(),
        }
    }

    /// Takes `__all__.extend([…])` and `__all__.append("…")`; any other method makes the value unknown.
    pub(super) fn call(&mut self, method: &str, arguments: &Arguments) {
        match (method, &*arguments.args) {
            ("extend", [names]) => self.extend(names),
            ("append", [Expr::StringLiteral(name)]) => {
                let names = self.names.get_or_insert_default();
                names.push(name.value.to_str().to_owned());
            }
            ("sort" | "reverse", _) => {}
            _ => self.give_up(),
        }
    }

    /// The value is not a literal.
    pub(super) fn give_up(&mut self) {
        self.is_computed = true;
    }

    /// Gives the names, each once; none without a literal `__all__`.
    pub(super) fn into_names(self) -> Option<Vec<String>> {
        if self.is_computed {
            return None;
        }
        let mut seen = std::collections::HashSet::new();
        let mut names = self.names?;
        names.retain(|name| seen.insert(name.clone()));
        Some(names)
    }
}

fn literal_names(value: &Expr) -> Option<Vec<&str>> {
    let elements = match value {
        Expr::List(list) => &list.elts,
        Expr::Tuple(tuple) => &tuple.elts,
        Expr::BinOp(sum) if sum.op == Operator::Add => {
            let mut names = literal_names(&sum.left)?;
            names.extend(literal_names(&sum.right)?);
            return Some(names);
        }
        _ => return None,
    };
    elements
        .iter()
        .map(|element| Some(element.as_string_literal_expr()?.value.to_str()))
        .collect()
}
