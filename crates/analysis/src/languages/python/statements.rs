//! The walk's statements: definitions, assignments, and the circumstances of branches.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{
    BoolOp, ExceptHandler, Expr, Stmt, StmtAnnAssign, StmtAssign, StmtClassDef, StmtFor,
    StmtFunctionDef, StmtIf, StmtTry, StmtTypeAlias, StmtWith, TypeParam, TypeParams, UnaryOp,
};
use ruff_text_size::{Ranged, TextRange};
use synthesizer_model::python::{Circumstances, SymbolKind};

use super::callables;
use super::scope::{BindingEvent, Declaration, ScopeId, ScopeKind};
use super::walker::{LiteralBinding, Walker, docstring};

impl<'a> Walker<'a> {
    pub(super) fn statement(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(definition) => self.function(definition),
            Stmt::ClassDef(definition) => self.class(definition),
            Stmt::TypeAlias(alias) => self.type_alias(alias),
            Stmt::Assign(assignment) => self.assignment(assignment),
            Stmt::AnnAssign(assignment) => self.annotated_assignment(assignment),
            Stmt::AugAssign(assignment) => {
                if self.is_export_list(&assignment.target) {
                    self.facts.exports.extend(&assignment.value);
                }
                visitor::walk_stmt(self, statement);
            }
            Stmt::For(loop_) => self.for_loop(loop_),
            Stmt::If(branches) => self.branches(branches),
            Stmt::Try(attempt) => self.attempt(attempt),
            Stmt::With(with) => self.with(with),
            Stmt::Import(import) => self.import(import),
            Stmt::ImportFrom(import) => self.import_from(import),
            Stmt::Global(global) => {
                for name in &global.names {
                    self.declare(name.as_str(), Declaration::Global);
                }
            }
            Stmt::Nonlocal(nonlocal) => {
                for name in &nonlocal.names {
                    self.declare(name.as_str(), Declaration::Nonlocal);
                }
            }
            Stmt::Expr(statement) => self.expression_statement(&statement.value),
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn declare(&mut self, name: &'a str, declaration: Declaration) {
        self.facts.scopes.declare(self.scope, name, declaration);
    }

    /// A string that stands alone is documentation and names no file.
    fn expression_statement(&mut self, value: &'a Expr) {
        if value.is_string_literal_expr() {
            return;
        }
        if let Expr::Call(call) = value
            && let Expr::Attribute(method) = &*call.func
            && self.is_export_list(&method.value)
        {
            self.facts
                .exports
                .call(method.attr.as_str(), &call.arguments);
        }
        self.visit_expr(value);
    }

    fn function(&mut self, definition: &'a StmtFunctionDef) {
        for decorator in &definition.decorator_list {
            self.visit_decorator(decorator);
        }
        let name = definition.name.as_str();
        self.bind(name, BindingEvent::Definition);
        let kind = match self.facts.scopes.kind(self.scope) {
            ScopeKind::Class => SymbolKind::Method,
            _ => SymbolKind::Function,
        };
        let documented = docstring(&definition.body).is_some();
        let is_method = kind == SymbolKind::Method;
        if let Some(symbol) = self.symbol(name, kind, definition.range(), documented) {
            symbol.complexity = Some(callables::complexity(&definition.body));
            symbol.typed = Some(callables::is_typed(definition, is_method));
        }
        self.defaults(&definition.parameters);
        self.with_type_parameters(definition.type_params.as_deref(), |walker| {
            for parameter in &*definition.parameters {
                if let Some(annotation) = parameter.annotation() {
                    walker.visit_annotation(annotation);
                }
            }
            if let Some(returns) = &definition.returns {
                walker.visit_annotation(returns);
            }
            walker.in_function(|walker| {
                walker.bind_parameters(&definition.parameters);
                walker.definition_body(&definition.body);
            });
        });
    }

    fn class(&mut self, definition: &'a StmtClassDef) {
        for decorator in &definition.decorator_list {
            self.visit_decorator(decorator);
        }
        let name = definition.name.as_str();
        self.bind(name, BindingEvent::Definition);
        let documented = docstring(&definition.body).is_some();
        self.symbol(name, SymbolKind::Class, definition.range(), documented);
        self.with_type_parameters(definition.type_params.as_deref(), |walker| {
            for base in definition.bases() {
                walker.typed(true, base);
            }
            for keyword in definition.keywords() {
                walker.visit_expr(&keyword.value);
            }
            walker.qualifier.push(name);
            walker.in_scope(ScopeKind::Class, |walker| {
                walker.definition_body(&definition.body);
            });
            walker.qualifier.pop();
        });
    }

    fn type_alias(&mut self, alias: &'a StmtTypeAlias) {
        self.visit_expr(&alias.name);
        self.in_scope(ScopeKind::TypeParameters, |walker| {
            if let Some(parameters) = &alias.type_params {
                walker.type_parameters(parameters);
            }
            walker.visit_annotation(&alias.value);
        });
    }

    fn with_type_parameters(
        &mut self,
        parameters: Option<&'a TypeParams>,
        walk: impl FnOnce(&mut Self),
    ) {
        match parameters {
            None => walk(self),
            Some(parameters) => self.in_scope(ScopeKind::TypeParameters, |walker| {
                walker.type_parameters(parameters);
                walk(walker);
            }),
        }
    }

    fn type_parameters(&mut self, parameters: &'a TypeParams) {
        for parameter in &parameters.type_params {
            self.bind(parameter.name().as_str(), BindingEvent::Definition);
            let bound = match parameter {
                TypeParam::TypeVar(variable) => variable.bound.as_deref(),
                TypeParam::TypeVarTuple(_) | TypeParam::ParamSpec(_) => None,
            };
            for expression in [bound, parameter.default()].into_iter().flatten() {
                self.visit_annotation(expression);
            }
        }
    }

    fn assignment(&mut self, assignment: &'a StmtAssign) {
        self.visit_expr(&assignment.value);
        for target in &assignment.targets {
            self.visit_expr(target);
            self.literal_binding(target, LiteralBinding::Value(&assignment.value));
            self.constant(target, assignment.range());
            if self.is_export_list(target) {
                self.facts.exports.extend(&assignment.value);
            } else if let Expr::Tuple(tuple) = target
                && tuple
                    .elts
                    .iter()
                    .any(|element| self.is_export_list(element))
            {
                self.facts.exports.give_up();
            }
        }
    }

    fn annotated_assignment(&mut self, assignment: &'a StmtAnnAssign) {
        self.visit_annotation(&assignment.annotation);
        let Some(value) = &assignment.value else {
            match &*assignment.target {
                Expr::Name(name) if assignment.simple => {
                    self.bind(&name.id, BindingEvent::Annotation);
                }
                Expr::Name(_) => {}
                target => self.visit_expr(target),
            }
            return;
        };
        let is_alias = self.known_names.typing_name(&assignment.annotation) == Some("TypeAlias");
        self.typed(is_alias, value);
        self.visit_expr(&assignment.target);
        self.literal_binding(&assignment.target, LiteralBinding::Value(value));
        self.constant(&assignment.target, assignment.range());
        if self.is_export_list(&assignment.target) {
            self.facts.exports.extend(value);
        }
    }

    fn is_export_list(&self, target: &Expr) -> bool {
        self.scope == ScopeId::MODULE && matches!(target, Expr::Name(name) if name.id == "__all__")
    }

    fn constant(&mut self, target: &'a Expr, range: TextRange) {
        if let Expr::Name(name) = target
            && self.scope == ScopeId::MODULE
            && name.id.chars().any(char::is_uppercase)
            && !name.id.chars().any(char::is_lowercase)
        {
            self.symbol(&name.id, SymbolKind::Constant, range, false);
        }
    }

    fn for_loop(&mut self, loop_: &'a StmtFor) {
        self.visit_expr(&loop_.iter);
        self.visit_expr(&loop_.target);
        self.literal_binding(&loop_.target, LiteralBinding::ElementOf(&loop_.iter));
        self.visit_body(&loop_.body);
        self.visit_body(&loop_.orelse);
    }

    /// A branch that runs only if `TYPE_CHECKING` is true never runs.
    fn branches(&mut self, branches: &'a StmtIf) {
        let mut never_runs = false;
        let mut undecided = false;
        let first = (Some(&*branches.test), &branches.body);
        let further = branches
            .elif_else_clauses
            .iter()
            .map(|clause| (clause.test.as_ref(), &clause.body));
        for (test, body) in std::iter::once(first).chain(further) {
            let outcome = test.and_then(|test| self.outcome_without_type_checking(test));
            undecided |= test.is_some() && outcome.is_none();
            let circumstances = Circumstances {
                type_checking: self.circumstances.type_checking
                    || never_runs
                    || outcome == Some(false),
                conditional: self.circumstances.conditional || undecided,
                ..self.circumstances
            };
            if let Some(test) = test {
                self.visit_expr(test);
            }
            self.under(circumstances, |walker| walker.visit_body(body));
            never_runs |= outcome == Some(true);
        }
    }

    /// What a test gives when `TYPE_CHECKING` is false, if that alone decides it.
    fn outcome_without_type_checking(&self, test: &'a Expr) -> Option<bool> {
        match test {
            Expr::UnaryOp(operation) if operation.op == UnaryOp::Not => self
                .outcome_without_type_checking(&operation.operand)
                .map(|outcome| !outcome),
            Expr::BoolOp(operation) => {
                let decisive = operation.op == BoolOp::Or;
                let mut all_decided = true;
                for value in &operation.values {
                    match self.outcome_without_type_checking(value) {
                        Some(outcome) if outcome == decisive => return Some(decisive),
                        Some(_) => {}
                        None => all_decided = false,
                    }
                }
                all_decided.then_some(!decisive)
            }
            _ => self.known_names.is_type_checking(test).then_some(false),
        }
    }

    fn attempt(&mut self, attempt: &'a StmtTry) {
        let outer = self.circumstances;
        let handles = |handler: &ExceptHandler| {
            let ExceptHandler::ExceptHandler(handler) = handler;
            handler.type_.as_deref().is_none_or(catches_import_error)
        };
        let guarded = outer.guarded || attempt.handlers.iter().any(handles);
        self.under(Circumstances { guarded, ..outer }, |walker| {
            walker.visit_body(&attempt.body);
        });
        for clause in &attempt.handlers {
            let fallback = outer.fallback || handles(clause);
            let ExceptHandler::ExceptHandler(handler) = clause;
            if let Some(type_) = &handler.type_ {
                self.visit_expr(type_);
            }
            if let Some(name) = &handler.name {
                self.bind(name.as_str(), BindingEvent::Definition);
            }
            self.under(Circumstances { fallback, ..outer }, |walker| {
                walker.visit_body(&handler.body);
            });
        }
        // What follows a guarded import that succeeded may as well not run.
        let conditional = outer.conditional || attempt.handlers.iter().any(handles);
        self.under(
            Circumstances {
                conditional,
                ..outer
            },
            |walker| {
                walker.visit_body(&attempt.orelse);
            },
        );
        self.visit_body(&attempt.finalbody);
    }

    fn with(&mut self, with: &'a StmtWith) {
        for item in &with.items {
            self.visit_with_item(item);
        }
        let suppresses = with.items.iter().any(|item| match &item.context_expr {
            Expr::Call(call) => {
                self.known_names.is_suppress(&call.func)
                    && call.arguments.args.iter().any(catches_import_error)
            }
            _ => false,
        });
        let circumstances = Circumstances {
            guarded: self.circumstances.guarded || suppresses,
            ..self.circumstances
        };
        self.under(circumstances, |walker| walker.visit_body(&with.body));
    }
}

/// Whether a handler for this expression catches a failed import.
fn catches_import_error(expression: &Expr) -> bool {
    let is_name = |name: &str| {
        matches!(
            name,
            "ImportError" | "ModuleNotFoundError" | "Exception" | "BaseException"
        )
    };
    match expression {
        Expr::Name(name) => is_name(&name.id),
        Expr::Attribute(attribute) => {
            is_name(attribute.attr.as_str())
                && matches!(&*attribute.value, Expr::Name(module) if module.id == "builtins")
        }
        Expr::Tuple(tuple) => tuple.elts.iter().any(catches_import_error),
        _ => false,
    }
}
