//! What a function's own text tells of it: how many ways lead through it, and whether it is typed. Looks at no other function.

use ruff_python_ast::{ExceptHandler, Expr, Stmt, StmtFunctionDef};

/// Counts the ways through a body (McCabe's cyclomatic complexity), as the check `C901` of ruff does.
///
/// One, and one more for each `if` and `elif`, `for` and `while`, `except`, `else` of a `try`, `case` (but a last one that takes
/// everything), and for each function defined inside. Nothing for `with`, `assert`, `else`, `finally`, comprehensions, conditional
/// expressions and boolean operators.
pub(super) fn complexity(body: &[Stmt]) -> u32 {
    branches(body).saturating_add(1)
}

fn branches(body: &[Stmt]) -> u32 {
    body.iter()
        .map(branches_of)
        .fold(0_u32, u32::saturating_add)
}

fn branches_of(statement: &Stmt) -> u32 {
    match statement {
        Stmt::If(choice) => {
            let further = choice.elif_else_clauses.iter();
            further.fold(1 + branches(&choice.body), |sum, clause| {
                sum + u32::from(clause.test.is_some()) + branches(&clause.body)
            })
        }
        Stmt::For(repetition) => 1 + branches(&repetition.body) + branches(&repetition.orelse),
        Stmt::While(repetition) => 1 + branches(&repetition.body) + branches(&repetition.orelse),
        Stmt::Try(attempt) => {
            let plain = branches(&attempt.body)
                + u32::from(!attempt.orelse.is_empty())
                + branches(&attempt.orelse)
                + branches(&attempt.finalbody);
            attempt.handlers.iter().fold(plain, |sum, handler| {
                let ExceptHandler::ExceptHandler(handler) = handler;
                sum + 1 + branches(&handler.body)
            })
        }
        Stmt::With(with) => branches(&with.body),
        Stmt::Match(choice) => {
            let all: u32 = choice
                .cases
                .iter()
                .map(|case| 1 + branches(&case.body))
                .sum();
            let takes_all = choice
                .cases
                .last()
                .is_some_and(|case| case.guard.is_none() && case.pattern.is_irrefutable());
            all - u32::from(takes_all)
        }
        Stmt::FunctionDef(inner) => 1 + branches(&inner.body),
        Stmt::ClassDef(inner) => branches(&inner.body),
        _ => 0,
    }
}

/// Says whether every parameter and the result have a type.
///
/// The first parameter of a method needs none, unless the method is static. The result of `__init__` needs none when a parameter
/// has one, as type checkers see it.
pub(super) fn is_typed(definition: &StmtFunctionDef, is_method: bool) -> bool {
    let is_static = definition.decorator_list.iter().any(
        |decorator| matches!(&decorator.expression, Expr::Name(name) if name.id == "staticmethod"),
    );
    let without_first = usize::from(is_method && !is_static);
    let mut typed = 0;
    for parameter in definition.parameters.iter().skip(without_first) {
        if parameter.annotation().is_none() {
            return false;
        }
        typed += 1;
    }
    let is_initializer = is_method && definition.name.as_str() == "__init__";
    definition.returns.is_some() || (is_initializer && typed > 0)
}
