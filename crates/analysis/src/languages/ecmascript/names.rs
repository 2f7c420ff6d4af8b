//! Which names an import that is an expression takes: known where its value is taken apart or bound, before the import itself is met.

use std::collections::HashMap;

use oxc_ast::ast::{
    Argument, BindingPattern, CallExpression, Expression, FormalParameters, StaticMemberExpression,
};

/// Names by the place of the import that they are taken from.
#[derive(Default)]
pub(super) struct NamesTaken {
    by_start: HashMap<u32, Vec<String>>,
}

impl NamesTaken {
    /// Gives what is taken from the import that starts here; nothing when its value is not named.
    pub(super) fn of(&mut self, start: u32) -> Vec<String> {
        self.by_start.remove(&start).unwrap_or_default()
    }

    /// Notes `const pattern = <value>`.
    pub(super) fn by_pattern(
        &mut self,
        pattern: &BindingPattern<'_>,
        value: &Expression<'_>,
        requires: &[String],
    ) {
        if let Some(start) = import_start(value, requires) {
            self.by_start.insert(start, names_of_pattern(pattern));
        }
    }

    /// Notes that the whole value is kept under some name.
    pub(super) fn whole(&mut self, value: &Expression<'_>, requires: &[String]) {
        if let Some(start) = import_start(value, requires) {
            self.by_start
                .entry(start)
                .or_insert_with(|| vec!["*".to_owned()]);
        }
    }

    /// Notes `<value>.name`.
    pub(super) fn by_member(&mut self, member: &StaticMemberExpression<'_>, requires: &[String]) {
        let name = member.property.name.as_str();
        if matches!(name, "then" | "catch" | "finally") {
            return;
        }
        if let Some(start) = import_start(&member.object, requires) {
            self.by_start.insert(start, vec![name.to_owned()]);
        }
    }

    /// Notes `<value>.then((pattern) => …)`.
    pub(super) fn by_continuation(&mut self, call: &CallExpression<'_>, requires: &[String]) {
        let Some(member) = call.callee.get_member_expr() else {
            return;
        };
        if member
            .static_property_name()
            .is_none_or(|name| name != "then")
        {
            return;
        }
        let Some(start) = import_start(member.object(), requires) else {
            return;
        };
        let parameters: Option<&FormalParameters<'_>> = match call.arguments.first() {
            Some(Argument::ArrowFunctionExpression(function)) => Some(&function.params),
            Some(Argument::FunctionExpression(function)) => Some(&function.params),
            _ => None,
        };
        let names = parameters
            .and_then(|parameters| parameters.items.first())
            .map_or_else(Vec::new, |parameter| names_of_pattern(&parameter.pattern));
        self.by_start.insert(start, names);
    }
}

/// Gives the start of the import that an expression is, below `await`, parentheses and type assertions.
fn import_start(expression: &Expression<'_>, requires: &[String]) -> Option<u32> {
    let mut expression = expression.get_inner_expression();
    while let Expression::AwaitExpression(awaited) = expression {
        expression = awaited.argument.get_inner_expression();
    }
    match expression {
        Expression::ImportExpression(import) => Some(import.span.start),
        Expression::CallExpression(call) if is_require(call, requires) => Some(call.span.start),
        _ => None,
    }
}

/// Says whether a call is one of `require`, by one of its names.
pub(super) fn is_require(call: &CallExpression<'_>, requires: &[String]) -> bool {
    call.callee
        .get_identifier_reference()
        .is_some_and(|callee| requires.iter().any(|name| callee.name.as_str() == name))
}

/// Says whether a value is that of an import: what is bound to it is no definition of this file.
pub(super) fn is_import(expression: &Expression<'_>, requires: &[String]) -> bool {
    let mut expression = expression.get_inner_expression();
    loop {
        expression = match expression {
            Expression::AwaitExpression(awaited) => awaited.argument.get_inner_expression(),
            Expression::StaticMemberExpression(member) => member.object.get_inner_expression(),
            Expression::ComputedMemberExpression(member) => member.object.get_inner_expression(),
            Expression::ImportExpression(_) => return true,
            Expression::CallExpression(call) => return is_require(call, requires),
            _ => return false,
        };
    }
}

fn names_of_pattern(pattern: &BindingPattern<'_>) -> Vec<String> {
    let BindingPattern::ObjectPattern(object) = pattern else {
        return vec!["*".to_owned()];
    };
    let mut names: Vec<String> = object
        .properties
        .iter()
        .map(|property| match property.key.static_name() {
            Some(name) => name.into_owned(),
            None => "*".to_owned(),
        })
        .collect();
    if object.rest.is_some() {
        names.push("*".to_owned());
    }
    names
}
