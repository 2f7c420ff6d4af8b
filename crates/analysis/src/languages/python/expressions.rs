//! The walk's expressions: uses of names, scopes of lambdas and comprehensions, places of forward references.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{
    Arguments, CmpOp, Comprehension, Expr, ExprCall, ExprCompare, ExprContext, ExprLambda,
    ExprName, ExprStringLiteral, ExprSubscript, Operator, Parameters,
};
use ruff_text_size::Ranged;
use synthesizer_model::python::PathLiteral;

use super::known_names::TypeArguments;
use super::literals;
use super::scope::{BindingEvent, ScopeKind};
use super::walker::{
    LiteralBinding, MachineryForm, MachineryUse, Reference, StringAnnotation, Walker,
};

impl<'a> Walker<'a> {
    pub(super) fn expression(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Name(name) => self.name(name, expression),
            Expr::Attribute(_) => self.attribute(expression),
            Expr::Call(call) => {
                self.joined_path(expression);
                self.call(call);
            }
            Expr::BinOp(operation) => {
                if operation.op == Operator::Div {
                    self.joined_path(expression);
                }
                visitor::walk_expr(self, expression);
            }
            Expr::Subscript(subscript) => self.subscript(subscript),
            Expr::Compare(compare) => self.compare(compare, expression),
            Expr::StringLiteral(literal) => self.string(literal),
            Expr::Lambda(lambda) => self.lambda(lambda),
            Expr::Named(named) => {
                self.visit_expr(&named.value);
                self.walrus_target(&named.target);
            }
            Expr::ListComp(comprehension) => {
                self.comprehension(&comprehension.generators, &[&comprehension.elt]);
            }
            Expr::SetComp(comprehension) => {
                self.comprehension(&comprehension.generators, &[&comprehension.elt]);
            }
            Expr::Generator(comprehension) => {
                self.comprehension(&comprehension.generators, &[&comprehension.elt]);
            }
            Expr::DictComp(comprehension) => {
                let mut elements: Vec<&'a Expr> = vec![&comprehension.value];
                elements.extend(comprehension.key.as_deref());
                self.comprehension(&comprehension.generators, &elements);
            }
            _ => visitor::walk_expr(self, expression),
        }
    }

    fn name(&mut self, name: &'a ExprName, expression: &'a Expr) {
        match name.ctx {
            ExprContext::Load => self.reference(name, expression),
            ExprContext::Store => self.bind(&name.id, BindingEvent::Definition),
            ExprContext::Del => self.bind(&name.id, BindingEvent::Deletion),
            ExprContext::Invalid => {}
        }
    }

    fn reference(&mut self, name: &'a ExprName, chain: &'a Expr) {
        if !name.id.is_empty() {
            self.facts.references.push(Reference {
                chain,
                name: &name.id,
                scope: self.scope,
                in_function: self.circumstances.in_function,
            });
        }
    }

    /// A chain of attributes is one reference when it begins with a name.
    fn attribute(&mut self, expression: &'a Expr) {
        let mut base = expression;
        while let Expr::Attribute(attribute) = base {
            base = &attribute.value;
        }
        match base {
            Expr::Name(name) => self.reference(name, expression),
            _ => self.visit_expr(base),
        }
    }

    fn walrus_target(&mut self, target: &'a Expr) {
        if let Expr::Name(name) = target {
            let scope = self.facts.scopes.walrus_target(self.scope);
            self.facts
                .scopes
                .bind(scope, &name.id, BindingEvent::Definition);
        } else {
            self.visit_expr(target);
        }
    }

    fn machinery(&mut self, form: MachineryForm<'a>) {
        self.facts.machinery.push(MachineryUse {
            form,
            scope: self.scope,
            circumstances: self.circumstances,
        });
    }

    /// Notes `files("p") / "a" / "b"` and `files("p").joinpath("a", "b")` at the call of `files`, and the literals of any joined path.
    fn joined_path(&mut self, expression: &'a Expr) {
        if let Some((call, path)) = literals::joined_path(expression) {
            self.facts.joined_paths.entry(call.range()).or_insert(path);
        }
        if self.joined_parts.contains(&expression.range()) {
            return;
        }
        if let Some(joined) = literals::literals_of_path(expression) {
            self.joined_parts.extend(joined.inner);
            self.facts
                .path_literals
                .extend(joined.text.map(|text| PathLiteral {
                    text,
                    line: self.source.line(expression.start().to_usize()),
                    inside: None,
                }));
        }
    }

    fn call(&mut self, call: &'a ExprCall) {
        if matches!(*call.func, Expr::Name(_) | Expr::Attribute(_)) {
            self.machinery(MachineryForm::Call(call));
        }
        self.visit_expr(&call.func);
        let type_arguments = self.known_names.type_arguments(call);
        self.arguments(&call.arguments, type_arguments);
    }

    fn arguments(&mut self, arguments: &'a Arguments, types: TypeArguments) {
        for (position, argument) in arguments.args.iter().enumerate() {
            let is_type = match types {
                TypeArguments::None => false,
                TypeArguments::First => position == 0,
                TypeArguments::AfterFirst => position > 0,
            };
            self.typed(is_type, argument);
        }
        for keyword in &arguments.keywords {
            let name = keyword.arg.as_ref().map(|name| name.as_str());
            let is_type = match types {
                TypeArguments::None => false,
                TypeArguments::First => matches!(name, Some("typ" | "arg")),
                TypeArguments::AfterFirst => matches!(name, Some("bound" | "default" | "tp")),
            };
            self.typed(is_type, &keyword.value);
        }
    }

    /// Strings in a type's subscript are types too, except in `Literal` and after the first argument of `Annotated`.
    fn subscript(&mut self, subscript: &'a ExprSubscript) {
        if matches!(*subscript.value, Expr::Name(_) | Expr::Attribute(_)) && !self.expects_type {
            self.machinery(MachineryForm::Lookup {
                mapping: &subscript.value,
                key: &subscript.slice,
            });
        }
        self.visit_expr(&subscript.value);
        let expects_type = self.expects_type || self.known_names.is_generic(&subscript.value);
        match (
            self.known_names.subscripted_name(&subscript.value),
            &*subscript.slice,
        ) {
            (Some("Literal"), slice) => self.typed(false, slice),
            (Some("Annotated"), Expr::Tuple(tuple)) => {
                for (position, element) in tuple.elts.iter().enumerate() {
                    self.typed(expects_type && position == 0, element);
                }
            }
            (_, slice) => self.typed(expects_type, slice),
        }
    }

    fn compare(&mut self, compare: &'a ExprCompare, expression: &'a Expr) {
        let operands = std::iter::once(&*compare.left).chain(&compare.comparators);
        for ((key, operator), mapping) in operands.zip(&compare.ops).zip(&compare.comparators) {
            if matches!(operator, CmpOp::In | CmpOp::NotIn) && key.is_string_literal_expr() {
                self.machinery(MachineryForm::Lookup { mapping, key });
            }
        }
        visitor::walk_expr(self, expression);
    }

    fn string(&mut self, literal: &'a ExprStringLiteral) {
        if self.expects_type {
            self.facts.string_annotations.push(StringAnnotation {
                literal,
                scope: self.scope,
                in_function: self.circumstances.in_function,
            });
        } else if literals::could_name_a_file(literal.value.to_str()) {
            self.facts.path_literals.push(PathLiteral {
                text: literal.value.to_str().to_owned(),
                line: self.source.line(literal.start().to_usize()),
                inside: literals::verbatim_range(literal, self.source.text, 0),
            });
        }
    }

    fn lambda(&mut self, lambda: &'a ExprLambda) {
        let outer = std::mem::replace(&mut self.expects_type, false);
        if let Some(parameters) = &lambda.parameters {
            self.defaults(parameters);
        }
        self.in_function(|walker| {
            if let Some(parameters) = &lambda.parameters {
                walker.bind_parameters(parameters);
            }
            walker.visit_expr(&lambda.body);
        });
        self.expects_type = outer;
    }

    /// Walks the default values of parameters, which are evaluated outside.
    pub(super) fn defaults(&mut self, parameters: &'a Parameters) {
        for default in parameters.iter_non_variadic_params() {
            if let Some(default) = default.default() {
                self.visit_expr(default);
            }
        }
    }

    pub(super) fn bind_parameters(&mut self, parameters: &'a Parameters) {
        for parameter in parameters {
            self.bind(parameter.name().as_str(), BindingEvent::Definition);
        }
    }

    /// The first iterable belongs to the scope around, all else to the comprehension's own.
    fn comprehension(&mut self, generators: &'a [Comprehension], elements: &[&'a Expr]) {
        let outer = std::mem::replace(&mut self.expects_type, false);
        if let Some(first) = generators.first() {
            self.visit_expr(&first.iter);
        }
        self.in_scope(ScopeKind::Comprehension, |walker| {
            for (position, generator) in generators.iter().enumerate() {
                if position > 0 {
                    walker.visit_expr(&generator.iter);
                }
                walker.visit_expr(&generator.target);
                walker.literal_binding(
                    &generator.target,
                    LiteralBinding::ElementOf(&generator.iter),
                );
                for condition in &generator.ifs {
                    walker.visit_expr(condition);
                }
            }
            for element in elements {
                walker.visit_expr(element);
            }
        });
        self.expects_type = outer;
    }

    /// Remembers that a name is bound to a literal, or to what could resolve to one.
    pub(super) fn literal_binding(&mut self, target: &'a Expr, binding: LiteralBinding<'a>) {
        let (LiteralBinding::Value(value) | LiteralBinding::ElementOf(value)) = binding;
        let may_be_literal = matches!(
            value,
            Expr::StringLiteral(_)
                | Expr::Tuple(_)
                | Expr::List(_)
                | Expr::Set(_)
                | Expr::Name(_)
                | Expr::FString(_)
                | Expr::BinOp(_)
        );
        if let (Expr::Name(name), true) = (target, may_be_literal) {
            self.facts
                .literal_bindings
                .entry((self.scope, &name.id))
                .or_default()
                .push(binding);
        }
    }
}
