//! Imports that are expressions: `import('x')`, `require('x')` in its many forms, AMD modules, and files named beside the module as data.

use oxc_ast::ast::{
    Argument, ArrayExpression, ArrayExpressionElement, AssignmentExpression, BinaryExpression,
    BindingPattern, CallExpression, Expression, ImportExpression, NewExpression, TemplateLiteral,
    VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::GetSpan;
use oxc_syntax::operator::BinaryOperator;
use synthesizer_model::{code::ImportForm, text::ByteRange};

use super::{
    imports::{inside_quotes, range_of},
    names::is_require,
    walker::Walker,
};

/// Longest text of a computed import that is kept, in bytes.
const MAX_COMPUTED_BYTES: usize = 200;

/// Names that a file may give to the function that makes a `require`.
const MAKERS_OF_REQUIRE: &[&str] = &["createRequire", "createRequireFromPath"];

/// Most names of one file that are called like `require`; each call is compared with all of them.
const MOST_REQUIRES: usize = 16;

impl Walker<'_> {
    /// Takes `import(…)`.
    pub(super) fn import_expression(&mut self, import: &ImportExpression<'_>) {
        let names = self.names_taken.of(import.span.start);
        self.expression_import(&import.source, ImportForm::Dynamic, names);
    }

    /// Takes a call apart that may import, and walks it.
    pub(super) fn call(&mut self, call: &CallExpression<'_>) {
        self.names_taken.by_continuation(call, &self.requires);
        self.exports_by_call(call);
        if let Some(form) = self.import_form(call) {
            let names = self.names_taken.of(call.span.start);
            match (form, call.arguments.first()) {
                (ImportForm::Computed, Some(argument)) => {
                    self.computed(range_of(argument.span()));
                }
                (_, Some(_)) if let Some(modules) = amd_list(call) => {
                    self.amd_modules(&modules.elements);
                }
                (form, Some(argument)) => {
                    if let Some(argument) = argument.as_expression() {
                        self.expression_import(argument, form, names);
                    }
                }
                (_, None) => {}
            }
        } else if is_path_of_module(call) {
            self.path_of_module(call);
        }
        self.walk_call(call);
    }

    /// Walks a call; functions that it runs at once are no functions that run on a call.
    fn walk_call(&mut self, call: &CallExpression<'_>) {
        let is_guarded = call.callee.get_member_expr().is_some_and(|member| {
            member
                .static_property_name()
                .is_some_and(|name| name == "catch")
                && matches!(
                    member.object().get_inner_expression(),
                    Expression::ImportExpression(_) | Expression::CallExpression(_)
                )
        });
        if is_guarded {
            self.inside_guard(|walker| walker.visit_expression(&call.callee));
        } else if let Some(function) = immediate_function(call) {
            self.visit_immediate(function);
        } else {
            self.visit_expression(&call.callee);
        }
        if let Some(arguments) = &call.type_arguments {
            self.visit_ts_type_parameter_instantiation(arguments);
        }
        let runs_arguments = is_named(&call.callee, "define");
        for argument in &call.arguments {
            match argument.as_expression() {
                Some(function) if runs_arguments => self.visit_immediate(function),
                _ => walk::walk_argument(self, argument),
            }
        }
    }

    /// Says by which form a call imports, if it does.
    fn import_form(&self, call: &CallExpression<'_>) -> Option<ImportForm> {
        if is_require(call, &self.requires) {
            return Some(ImportForm::Require);
        }
        match call.callee.get_inner_expression() {
            Expression::Identifier(callee) => {
                (callee.name == "define" || callee.name == "requirejs").then_some(())?;
                amd_list(call).map(|_| ImportForm::Require)
            }
            Expression::StaticMemberExpression(member) => {
                let property = member.property.name.as_str();
                match member.object.get_inner_expression() {
                    Expression::Identifier(object) if self.is_name_of_require(&object.name) => {
                        match property {
                            "resolve" => Some(ImportForm::Require),
                            "context" => Some(ImportForm::Computed),
                            _ => None,
                        }
                    }
                    Expression::Identifier(object) if object.name == "module" => {
                        (property == "require").then_some(ImportForm::Require)
                    }
                    Expression::ImportMeta(_) => match property {
                        "resolve" => Some(ImportForm::Require),
                        "glob" | "globEager" => Some(ImportForm::Computed),
                        _ => None,
                    },
                    _ => None,
                }
            }
            Expression::CallExpression(maker) => {
                is_maker_of_require(maker).then_some(ImportForm::Require)
            }
            _ => None,
        }
    }

    fn is_name_of_require(&self, name: &str) -> bool {
        self.requires.iter().any(|known| known == name)
    }

    /// Keeps an import by the expression that names it.
    fn expression_import(&mut self, target: &Expression<'_>, form: ImportForm, names: Vec<String>) {
        match literal(target) {
            Some((name, range)) => {
                let circumstances = self.circumstances();
                self.import(name, form, names, range, circumstances);
            }
            None => self.computed(range_of(target.span())),
        }
    }

    fn computed(&mut self, range: ByteRange) {
        let text = self.slice(range);
        let text = &text[..text.floor_char_boundary(MAX_COMPUTED_BYTES)];
        let circumstances = self.circumstances();
        self.import(text, ImportForm::Computed, Vec::new(), range, circumstances);
    }

    fn amd_modules(&mut self, modules: &[ArrayExpressionElement<'_>]) {
        for module in modules {
            let Some((name, range)) = module.as_expression().and_then(literal) else {
                continue;
            };
            if matches!(name.as_str(), "require" | "exports" | "module") {
                continue;
            }
            let circumstances = self.circumstances();
            self.import(name, ImportForm::Require, Vec::new(), range, circumstances);
        }
    }

    /// Takes `new URL('./x', import.meta.url)`.
    pub(super) fn url_of_module(&mut self, new: &NewExpression<'_>) {
        if !is_named(&new.callee, "URL") {
            return;
        }
        let [name, base] = new.arguments.as_slice() else {
            return;
        };
        let is_own = base.as_expression().is_some_and(|base| {
            matches!(base.get_inner_expression(), Expression::StaticMemberExpression(member)
                if member.property.name == "url"
                    && matches!(member.object, Expression::ImportMeta(_)))
        });
        if let (true, Some((name, range))) = (is_own, name.as_expression().and_then(literal)) {
            self.resource(name, range);
        }
    }

    /// Takes `path.join(__dirname, 'x')`; of several literals the target is their path and the range reaches from the first to the last.
    fn path_of_module(&mut self, call: &CallExpression<'_>) {
        let mut path = String::new();
        let mut range: Option<ByteRange> = None;
        for argument in call.arguments.iter().skip(1) {
            let Some((part, part_range)) = argument.as_expression().and_then(literal) else {
                return;
            };
            if !path.is_empty() {
                path.push('/');
            }
            path.push_str(&part);
            let start = range.map_or(part_range.start, |range| range.start);
            range = Some(ByteRange::new(start, part_range.end));
        }
        if let Some(range) = range {
            self.resource(path, range);
        }
    }

    /// Takes `__dirname + '/x'`.
    pub(super) fn concatenated_path(&mut self, expression: &BinaryExpression<'_>) {
        if expression.operator != BinaryOperator::Addition || !is_own_folder(&expression.left) {
            return;
        }
        if let Some((name, range)) = literal(&expression.right) {
            self.resource(name, range);
        }
    }

    /// Takes `${__dirname}/x`.
    pub(super) fn template_path(&mut self, template: &TemplateLiteral<'_>) {
        let ([folder], [before, after]) =
            (template.expressions.as_slice(), template.quasis.as_slice())
        else {
            return;
        };
        if !before.value.raw.is_empty() || !is_own_folder(folder) {
            return;
        }
        let end = (template.span.end as usize).saturating_sub(1);
        let name = after.value.raw.as_str();
        let range = ByteRange::new(end.saturating_sub(name.len()), end);
        if self.slice(range) == name {
            self.resource(name.to_owned(), range);
        }
    }

    fn resource(&mut self, name: String, range: ByteRange) {
        let circumstances = self.circumstances();
        self.import(name, ImportForm::Resource, Vec::new(), range, circumstances);
    }

    /// Notes what a declaration takes from an import, and names that are called like `require` from here on.
    pub(super) fn note_declarator(&mut self, declarator: &VariableDeclarator<'_>) {
        let Some(value) = &declarator.init else {
            return;
        };
        self.names_taken
            .by_pattern(&declarator.id, value, &self.requires);
        if let (BindingPattern::BindingIdentifier(name), Expression::CallExpression(call)) =
            (&declarator.id, value.get_inner_expression())
            && is_maker_of_require(call)
            && self.requires.len() < MOST_REQUIRES
            && !self.is_name_of_require(&name.name)
        {
            self.requires.push(name.name.to_string());
        }
    }

    /// Notes that an assignment keeps the whole value of an import.
    pub(super) fn note_assignment(&mut self, assignment: &AssignmentExpression<'_>) {
        self.names_taken.whole(&assignment.right, &self.requires);
    }
}

/// Gives the text of a literal string and the range of what is between its quotes.
pub(super) fn literal(expression: &Expression<'_>) -> Option<(String, ByteRange)> {
    match expression.get_inner_expression() {
        Expression::StringLiteral(literal) => {
            Some((literal.value.to_string(), inside_quotes(literal.span)))
        }
        Expression::TemplateLiteral(template) => {
            let text = template.single_quasi()?;
            Some((text.to_string(), inside_quotes(template.span)))
        }
        _ => None,
    }
}

fn is_named(expression: &Expression<'_>, name: &str) -> bool {
    expression
        .get_inner_expression()
        .get_identifier_reference()
        .is_some_and(|identifier| identifier.name == name)
}

/// Gives the modules that a call lists as AMD does: `define([…], …)`, `define('name', […], …)`, `require([…], …)`.
fn amd_list<'c, 'a>(call: &'c CallExpression<'a>) -> Option<&'c ArrayExpression<'a>> {
    let mut arguments = call.arguments.iter();
    let first = match arguments.next()? {
        Argument::StringLiteral(_) if is_named(&call.callee, "define") => arguments.next()?,
        first => first,
    };
    match first {
        Argument::ArrayExpression(modules) => Some(modules),
        _ => None,
    }
}

fn is_maker_of_require(call: &CallExpression<'_>) -> bool {
    let name = match call.callee.get_inner_expression() {
        Expression::Identifier(callee) => callee.name.as_str(),
        Expression::StaticMemberExpression(member) => member.property.name.as_str(),
        _ => return false,
    };
    MAKERS_OF_REQUIRE.contains(&name)
}

/// Says whether a call is `path.join(__dirname, …)` or `resolve(import.meta.dirname, …)`.
fn is_path_of_module(call: &CallExpression<'_>) -> bool {
    let name = match call.callee.get_inner_expression() {
        Expression::Identifier(callee) => callee.name.as_str(),
        Expression::StaticMemberExpression(member) => member.property.name.as_str(),
        _ => return false,
    };
    matches!(name, "join" | "resolve")
        && call
            .arguments
            .first()
            .and_then(Argument::as_expression)
            .is_some_and(is_own_folder)
}

/// Says whether an expression is the folder of the module itself.
fn is_own_folder(expression: &Expression<'_>) -> bool {
    match expression.get_inner_expression() {
        Expression::Identifier(name) => name.name == "__dirname",
        Expression::StaticMemberExpression(member) => {
            member.property.name == "dirname" && matches!(member.object, Expression::ImportMeta(_))
        }
        _ => false,
    }
}

/// Gives the function that a call runs at once: `(() => …)()`, `(function () { … }).call(this)`.
fn immediate_function<'e, 'a>(call: &'e CallExpression<'a>) -> Option<&'e Expression<'a>> {
    let callee = call.callee.without_parentheses();
    let function = match callee {
        Expression::StaticMemberExpression(member)
            if matches!(member.property.name.as_str(), "call" | "apply") =>
        {
            member.object.without_parentheses()
        }
        _ => callee,
    };
    function.is_function().then_some(function)
}
