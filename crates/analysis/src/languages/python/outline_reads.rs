//! Which names a statement binds and which it reads from around it. In doubt a name is read; strings of annotations are not looked at.

use std::collections::BTreeSet;

use foldhash::HashSet;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{
    Comprehension, ExceptHandler, Expr, ExprContext, Parameters, Pattern, Stmt, StmtClassDef,
    StmtFunctionDef,
};

use super::outline::Reads;

/// How many functions within functions are looked into; deeper code can read anything.
const DEEPEST: usize = 50;
/// The longest string of which the identifiers count, in bytes.
const LONGEST_TEXT: usize = 200;

/// Lists the names that statements bind in their own scope, at any depth of blocks.
pub(super) fn bound_by(statements: &[Stmt]) -> BTreeSet<String> {
    let mut bound = Bound::default();
    bound.visit_body(statements);
    let names = bound.names.difference(&bound.declared);
    names.map(|name| (*name).to_owned()).collect()
}

#[derive(Default)]
struct Bound<'a> {
    names: HashSet<&'a str>,
    declared: HashSet<&'a str>,
}

impl<'a> Visitor<'a> for Bound<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(function) => {
                self.names.insert(&function.name);
            }
            Stmt::ClassDef(class) => {
                self.names.insert(&class.name);
            }
            Stmt::Import(import) => {
                self.names.extend(import.names.iter().map(|alias| {
                    let whole = || alias.name.split('.').next().unwrap_or_default();
                    alias
                        .asname
                        .as_ref()
                        .map_or_else(whole, |name| name.as_str())
                }));
            }
            Stmt::ImportFrom(import) => {
                let names = import.names.iter();
                self.names.extend(
                    names.map(|alias| alias.asname.as_ref().unwrap_or(&alias.name).as_str()),
                );
            }
            Stmt::Global(global) => self
                .declared
                .extend(global.names.iter().map(|name| name.as_str())),
            Stmt::Nonlocal(nonlocal) => {
                self.declared
                    .extend(nonlocal.names.iter().map(|name| name.as_str()));
            }
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Name(name) if !matches!(name.ctx, ExprContext::Load) => {
                self.names.insert(name.id.as_str());
            }
            // Scopes of their own.
            Expr::Lambda(_)
            | Expr::ListComp(_)
            | Expr::SetComp(_)
            | Expr::DictComp(_)
            | Expr::Generator(_) => {}
            _ => visitor::walk_expr(self, expression),
        }
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(caught) = handler;
        self.names
            .extend(caught.name.as_ref().map(|name| name.as_str()));
        visitor::walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        let name = match pattern {
            Pattern::MatchAs(capture) => capture.name.as_ref(),
            Pattern::MatchStar(star) => star.name.as_ref(),
            Pattern::MatchMapping(mapping) => mapping.rest.as_ref(),
            _ => None,
        };
        self.names.extend(name.map(|name| name.as_str()));
        visitor::walk_pattern(self, pattern);
    }
}

/// Gathers what code reads.
pub(super) struct Reader<'a> {
    pub(super) reads: Reads,
    postponed: bool,
    /// The names of the functions, lambdas and comprehensions around.
    scopes: Vec<HashSet<&'a str>>,
}

impl<'a> Reader<'a> {
    /// Makes one; `postponed` says that annotations are not evaluated.
    pub(super) fn new(postponed: bool) -> Self {
        Self {
            reads: Reads::default(),
            postponed,
            scopes: Vec::new(),
        }
    }

    /// Reads a statement as a whole.
    pub(super) fn statement(&mut self, statement: &'a Stmt) {
        self.visit_stmt(statement);
    }

    /// Reads what runs when a function is defined.
    pub(super) fn function_head(&mut self, function: &'a StmtFunctionDef) {
        for decorator in &function.decorator_list {
            self.visit_expr(&decorator.expression);
        }
        self.parameters(&function.parameters);
        if let Some(returns) = &function.returns {
            self.visit_annotation(returns);
        }
    }

    /// Reads what runs when a function is called.
    pub(super) fn function_body(&mut self, function: &'a StmtFunctionDef) {
        let mut bound = Bound::default();
        bound.visit_body(&function.body);
        let mut names: HashSet<&str> = bound.names.difference(&bound.declared).copied().collect();
        names.extend(
            function
                .parameters
                .iter()
                .map(|parameter| parameter.name().as_str()),
        );
        if let Some(parameters) = &function.type_params {
            names.extend(parameters.iter().map(|parameter| parameter.name().as_str()));
        }
        self.within(names, |reader| reader.visit_body(&function.body));
    }

    /// Reads what a class is made of, without its body.
    pub(super) fn class_head(&mut self, class: &'a StmtClassDef) {
        for decorator in &class.decorator_list {
            self.visit_expr(&decorator.expression);
        }
        if let Some(arguments) = &class.arguments {
            self.visit_arguments(arguments);
        }
    }

    fn parameters(&mut self, parameters: &'a Parameters) {
        for parameter in parameters.iter() {
            if let Some(default) = parameter.default() {
                self.visit_expr(default);
            }
            if let Some(annotation) = parameter.annotation() {
                self.visit_annotation(annotation);
            }
        }
    }

    fn within(&mut self, names: HashSet<&'a str>, work: impl FnOnce(&mut Self)) {
        if self.scopes.len() >= DEEPEST {
            self.reads.dynamic = true;
            return;
        }
        self.scopes.push(names);
        work(self);
        self.scopes.pop();
    }

    fn is_own(&self, name: &str) -> bool {
        self.scopes.iter().any(|names| names.contains(name))
    }

    fn name(&mut self, name: &str) {
        if !self.is_own(name) && !self.reads.names.contains(name) {
            self.reads.names.insert(name.to_owned());
        }
    }

    fn change(&mut self, target: &'a Expr) {
        match target {
            Expr::Attribute(_) | Expr::Subscript(_) => {
                if let Some(root) = root_of(target).filter(|root| !self.is_own(root)) {
                    self.reads.changes.insert(root.to_owned());
                }
            }
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|target| self.change(target)),
            Expr::List(list) => list.elts.iter().for_each(|target| self.change(target)),
            Expr::Starred(starred) => self.change(&starred.value),
            _ => {}
        }
    }

    /// A call whose value nobody wants.
    fn effect(&mut self, expression: &'a Expr) {
        let Expr::Call(call) = expression else { return };
        match call.func.as_ref() {
            Expr::Name(name) if !self.is_own(&name.id) => {
                self.reads.calls.insert(name.id.to_string());
            }
            callee => self.change(callee),
        }
    }

    fn comprehension(&mut self, generators: &'a [Comprehension], elements: &[&'a Expr]) {
        let mut bound = Bound::default();
        for generator in generators {
            bound.visit_expr(&generator.target);
        }
        if let Some(first) = generators.first() {
            self.visit_expr(&first.iter);
        }
        self.within(bound.names, |reader| {
            for (position, generator) in generators.iter().enumerate() {
                if position > 0 {
                    reader.visit_expr(&generator.iter);
                }
                reader.visit_expr(&generator.target);
                generator
                    .ifs
                    .iter()
                    .for_each(|test| reader.visit_expr(test));
            }
            elements
                .iter()
                .for_each(|element| reader.visit_expr(element));
        });
    }

    fn texts(&mut self, text: &str) {
        if text.len() > LONGEST_TEXT {
            return;
        }
        let is_part = |character: char| character == '_' || character.is_alphanumeric();
        let is_list = text
            .chars()
            .all(|character| is_part(character) || matches!(character, ',' | ' '));
        if is_list {
            let words = text.split([',', ' ']).filter(|word| !word.is_empty());
            self.reads.texts.extend(words.map(str::to_owned));
        }
    }

    fn calls_for_names(&self, callee: &str, has_arguments: bool) -> bool {
        match callee {
            "eval" | "exec" | "globals" => true,
            "vars" | "locals" | "dir" => !has_arguments && self.scopes.is_empty(),
            _ => false,
        }
    }
}

impl<'a> Visitor<'a> for Reader<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(function) => {
                self.function_head(function);
                self.function_body(function);
            }
            Stmt::ClassDef(class) => {
                self.class_head(class);
                // Names of the class are read too often here, never too rarely.
                self.visit_body(&class.body);
            }
            Stmt::Global(global) => {
                for name in &global.names {
                    self.reads.names.insert(name.to_string());
                    self.reads.changes.insert(name.to_string());
                }
            }
            Stmt::AugAssign(assign) => {
                if let Expr::Name(name) = assign.target.as_ref() {
                    self.name(&name.id);
                }
                self.change(&assign.target);
                visitor::walk_stmt(self, statement);
            }
            Stmt::Assign(assign) => {
                assign.targets.iter().for_each(|target| self.change(target));
                visitor::walk_stmt(self, statement);
            }
            Stmt::AnnAssign(assign) => {
                self.change(&assign.target);
                visitor::walk_stmt(self, statement);
            }
            Stmt::Delete(delete) => {
                delete.targets.iter().for_each(|target| self.change(target));
                visitor::walk_stmt(self, statement);
            }
            Stmt::Expr(expression) => {
                self.effect(&expression.value);
                visitor::walk_stmt(self, statement);
            }
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_annotation(&mut self, annotation: &'a Expr) {
        if !self.postponed {
            self.visit_expr(annotation);
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Name(name) => {
                if !matches!(name.ctx, ExprContext::Store) {
                    self.name(&name.id);
                }
            }
            Expr::Attribute(attribute) => {
                let root = match attribute.value.as_ref() {
                    Expr::Name(name) => Some(name.id.as_str()),
                    Expr::Call(call) => call.func.as_name_expr().map(|name| name.id.as_str()),
                    _ => None,
                };
                if let Some(root) = root {
                    let pair = (root.to_owned(), attribute.attr.to_string());
                    self.reads.attributes.insert(pair);
                }
                visitor::walk_expr(self, expression);
            }
            Expr::Call(call) => {
                if let Expr::Name(name) = call.func.as_ref()
                    && self.calls_for_names(&name.id, !call.arguments.is_empty())
                {
                    self.reads.dynamic = true;
                }
                visitor::walk_expr(self, expression);
            }
            Expr::Lambda(lambda) => {
                let mut names = HashSet::default();
                if let Some(parameters) = &lambda.parameters {
                    self.parameters(parameters);
                    names.extend(parameters.iter().map(|parameter| parameter.name().as_str()));
                }
                self.within(names, |reader| reader.visit_expr(&lambda.body));
            }
            Expr::ListComp(list) => self.comprehension(&list.generators, &[&list.elt]),
            Expr::SetComp(set) => self.comprehension(&set.generators, &[&set.elt]),
            Expr::Generator(generator) => {
                self.comprehension(&generator.generators, &[&generator.elt]);
            }
            Expr::DictComp(dict) => {
                let mut elements: Vec<&Expr> = Vec::new();
                elements.extend(dict.key.as_deref());
                elements.push(&dict.value);
                self.comprehension(&dict.generators, &elements);
            }
            Expr::StringLiteral(literal) => self.texts(literal.value.to_str()),
            _ => visitor::walk_expr(self, expression),
        }
    }
}

/// Gives the first name of `name.a[b].c`.
fn root_of(expression: &Expr) -> Option<&str> {
    let mut current = expression;
    loop {
        current = match current {
            Expr::Name(name) => return Some(name.id.as_str()),
            Expr::Attribute(attribute) => &attribute.value,
            Expr::Subscript(subscript) => &subscript.value,
            Expr::Call(call) => &call.func,
            _ => return None,
        };
    }
}
