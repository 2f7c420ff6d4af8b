//! The evaluator's statements, apart from branches.

use ruff_python_ast::{
    Expr, Operator, Stmt, StmtAugAssign, StmtFor, StmtImport, StmtImportFrom, StmtTry, StmtWith,
};

use super::evaluator::{Evaluator, Flow, MOST_ELEMENTS};
use super::value::{List, Value};

impl<'a> Evaluator<'_, 'a> {
    /// Runs statements in their order; what lies too deep ends the program.
    pub(super) fn block(&mut self, body: &'a [Stmt]) -> Flow<'a> {
        self.descend(Flow::Stop, |evaluator| evaluator.sequence(body))
    }

    fn sequence(&mut self, body: &'a [Stmt]) -> Flow<'a> {
        for (position, statement) in body.iter().enumerate() {
            if !self.spend(1) {
                return Flow::Stop;
            }
            let flow = match statement {
                // A branch that returns needs to know what follows if it does not.
                Stmt::If(choice) => self.branches(choice, &body[position + 1..]),
                statement => self.statement(statement),
            };
            match flow {
                Flow::Next => {}
                flow => return flow,
            }
        }
        Flow::Next
    }

    fn statement(&mut self, statement: &'a Stmt) -> Flow<'a> {
        match statement {
            Stmt::Expr(expression) => return self.expression_statement(&expression.value),
            Stmt::Assign(assignment) => {
                let value = self.value(&assignment.value);
                for target in &assignment.targets {
                    self.assign(target, value.clone());
                }
            }
            Stmt::AnnAssign(assignment) => {
                if let Some(value) = &assignment.value {
                    let value = self.value(value);
                    self.assign(&assignment.target, value);
                }
            }
            Stmt::AugAssign(assignment) => self.augment(assignment),
            Stmt::FunctionDef(definition) => {
                self.bind(definition.name.as_str(), Value::Function(definition));
            }
            Stmt::ClassDef(definition) => {
                let line = self.line(definition);
                self.bind(definition.name.as_str(), Value::unknown(line, "a class"));
            }
            Stmt::Import(import) => self.import(import),
            Stmt::ImportFrom(import) => self.import_from(import),
            Stmt::For(repetition) => return self.repeat(repetition),
            Stmt::While(repetition) => self.invalidate(&repetition.body),
            Stmt::With(with) => return self.with(with),
            Stmt::Try(attempt) => return self.attempt(attempt),
            Stmt::Return(answer) => {
                let value = answer.value.as_deref();
                return Flow::Return(value.map_or(Value::Nothing, |value| self.value(value)));
            }
            Stmt::Match(choice) => {
                for case in &choice.cases {
                    self.invalidate(&case.body);
                }
            }
            Stmt::Raise(_) => return Flow::Stop,
            Stmt::Break(_) | Stmt::Continue(_) => return Flow::Leave,
            Stmt::Delete(deletion) => {
                for target in &deletion.targets {
                    self.forget(target);
                }
            }
            _ => {}
        }
        Flow::Next
    }

    fn expression_statement(&mut self, expression: &'a Expr) -> Flow<'a> {
        if let Expr::Call(call) = expression {
            if let Expr::Attribute(method) = &*call.func
                && self.change(method, call)
            {
                return Flow::Next;
            }
            if let Value::Name(name) = self.value(&call.func)
                && matches!(name.as_str(), "sys.exit" | "os._exit" | "exit" | "quit")
            {
                return Flow::Stop;
            }
        }
        drop(self.value(expression));
        Flow::Next
    }

    fn augment(&mut self, assignment: &'a StmtAugAssign) {
        let added = self.value(&assignment.value);
        let line = self.line(assignment);
        if assignment.op != Operator::Add && assignment.op != Operator::BitOr {
            return self.assign(&assignment.target, Value::unknown(line, "a computed value"));
        }
        let before = self.value(&assignment.target);
        let sum = self.added(before, added, line);
        self.assign(&assignment.target, sum);
    }

    fn import(&mut self, import: &'a StmtImport) {
        for alias in &import.names {
            let module = alias.name.as_str();
            match &alias.asname {
                Some(local) => self.bind(local.as_str(), Value::Name(module.to_owned())),
                None => {
                    let first = module.split('.').next().unwrap_or(module);
                    self.bind(first, Value::Name(first.to_owned()));
                }
            }
        }
    }

    fn import_from(&mut self, import: &'a StmtImportFrom) {
        let level = usize::try_from(import.level).unwrap_or(0).min(16);
        let module = import.module.as_ref().map_or("", |module| module.as_str());
        for alias in &import.names {
            let name = alias.name.as_str();
            if name == "*" {
                continue;
            }
            let local = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
            let dots = ".".repeat(level);
            let separator = if module.is_empty() { "" } else { "." };
            let name = format!("{dots}{module}{separator}{name}");
            self.bind(local, Value::Name(name));
        }
    }

    /// Runs a loop over a known list once for each element; of any other, what its body binds is unknown.
    fn repeat(&mut self, repetition: &'a StmtFor) -> Flow<'a> {
        let line = self.line(repetition);
        let sequence = self.value(&repetition.iter);
        let Some(List { items, gaps }) = self.elements(sequence, line) else {
            self.invalidate(&repetition.body);
            return Flow::Next;
        };
        if !gaps.is_empty() {
            self.invalidate(&repetition.body);
        }
        for item in items.into_iter().take(MOST_ELEMENTS) {
            if !self.spend(1) {
                break;
            }
            let value = std::rc::Rc::unwrap_or_clone(item.value);
            let flow = match item.test {
                None => {
                    self.assign(&repetition.target, value);
                    self.block(&repetition.body)
                }
                Some(test) => {
                    if !self.spend(self.names_bound()) {
                        break;
                    }
                    let before = self.scope.clone();
                    self.assign(&repetition.target, value);
                    let flow = self.block(&repetition.body);
                    let after = std::mem::replace(&mut self.scope, before);
                    self.take_branch(&test, after, line);
                    flow
                }
            };
            match flow {
                Flow::Next | Flow::Leave => {}
                flow => return flow,
            }
        }
        // A loop that ends well hardly ever ends the program, which its `else` after a `break` would.
        match self.block(&repetition.orelse) {
            Flow::Stop => Flow::Next,
            flow => flow,
        }
    }

    fn with(&mut self, with: &'a StmtWith) -> Flow<'a> {
        for item in &with.items {
            let value = self.value(&item.context_expr);
            if let Some(target) = &item.optional_vars {
                self.assign(target, value);
            }
        }
        self.block(&with.body)
    }

    /// The body of a `try` is taken to succeed; what its handlers add to lists may as well not be there.
    fn attempt(&mut self, attempt: &'a StmtTry) -> Flow<'a> {
        let copies = 2 + 2 * attempt.handlers.len();
        if !self.spend(self.names_bound().saturating_mul(copies)) {
            return Flow::Stop;
        }
        let before = self.scope.clone();
        let mut flow = self.block(&attempt.body);
        if matches!(flow, Flow::Stop) {
            // What fails for certain is handled.
            self.scope = before;
            flow = Flow::Next;
            for handler in &attempt.handlers {
                let ruff_python_ast::ExceptHandler::ExceptHandler(handler) = handler;
                flow = self.block(&handler.body);
            }
        } else {
            let after = self.scope.clone();
            for handler in &attempt.handlers {
                let ruff_python_ast::ExceptHandler::ExceptHandler(handler) = handler;
                let line = self.line(handler);
                self.scope = before.clone();
                let leaves = !matches!(self.block(&handler.body), Flow::Next);
                let handled = std::mem::replace(&mut self.scope, after.clone());
                if !leaves {
                    self.take_handler(handled, line);
                }
            }
        }
        if matches!(flow, Flow::Next) {
            flow = self.block(&attempt.orelse);
        }
        match self.block(&attempt.finalbody) {
            Flow::Next => flow,
            last => last,
        }
    }
}
