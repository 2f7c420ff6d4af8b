//! Forward references: names inside string literals that are types, mapped back to exact ranges (PEP 484).

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, ExprStringLiteral};
use ruff_python_parser::parse_parenthesized_expression_range;
use ruff_text_size::{TextRange, TextSize};

use super::depth;
use super::literals::verbatim_range;
use super::uses::{Dotted, dotted};

/// Deepest nesting that a string annotation may have; real ones stay far below.
const MAX_DEPTH: usize = 60;

/// What a string annotation says about the names looked for.
#[derive(Default)]
pub(super) struct Reading {
    pub(super) uses: Vec<Dotted>,
    /// Names that the string mentions in a way that cannot be mapped to ranges.
    pub(super) unmapped: Vec<String>,
}

/// Reads a literal as a type expression; `text` begins at `base` in the file and holds the literal.
///
/// A text that is no expression cannot be evaluated by anyone and holds no uses.
pub(super) fn read(
    literal: &ExprStringLiteral,
    text: &str,
    base: usize,
    looks_for: &dyn Fn(&str) -> bool,
    reading: &mut Reading,
) {
    let value = literal.value.to_str();
    let mentioned: Vec<&str> = identifiers(value).filter(|name| looks_for(name)).collect();
    if mentioned.is_empty() {
        return;
    }
    let inside = verbatim_range(literal, text, base)
        .filter(|_| depth::estimate(value, MAX_DEPTH) <= MAX_DEPTH);
    let (Some(inside), Ok(length)) = (inside, TextSize::try_from(value.len())) else {
        reading
            .unmapped
            .extend(mentioned.into_iter().map(str::to_owned));
        return;
    };
    let range = TextRange::up_to(length);
    let Ok(parsed) = parse_parenthesized_expression_range(value, range) else {
        return;
    };
    let mut type_reader = TypeReader {
        text: value,
        base: inside.start,
        looks_for,
        reading,
        expects_type: true,
        in_own_scope: false,
    };
    type_reader.visit_expr(&parsed.syntax().body);
}

/// Splits a text into what could be identifiers.
fn identifiers(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_alphanumeric() && character != '_')
        .filter(|part| !part.is_empty())
}

struct TypeReader<'r> {
    text: &'r str,
    base: usize,
    looks_for: &'r dyn Fn(&str) -> bool,
    reading: &'r mut Reading,
    expects_type: bool,
    /// Inside a lambda or comprehension, whose names are not resolved here.
    in_own_scope: bool,
}

impl TypeReader<'_> {
    fn with(&mut self, expects_type: bool, expression: &Expr) {
        let outer = std::mem::replace(&mut self.expects_type, expects_type);
        self.visit_expr(expression);
        self.expects_type = outer;
    }

    fn chain(&mut self, expression: &Expr) {
        let mut base = expression;
        while let Expr::Attribute(attribute) = base {
            base = &attribute.value;
        }
        let Expr::Name(name) = base else {
            return self.visit_expr(base);
        };
        if !(self.looks_for)(&name.id) {
            return;
        }
        match dotted(expression, self.text, self.base) {
            Some(dotted) if !self.in_own_scope => self.reading.uses.push(dotted),
            _ => self.reading.unmapped.push(name.id.to_string()),
        }
    }
}

impl<'e> Visitor<'e> for TypeReader<'_> {
    fn visit_expr(&mut self, expression: &'e Expr) {
        match expression {
            Expr::Name(_) | Expr::Attribute(_) => self.chain(expression),
            Expr::StringLiteral(literal) if self.expects_type => {
                read(literal, self.text, self.base, self.looks_for, self.reading);
            }
            Expr::Subscript(subscript) => {
                self.visit_expr(&subscript.value);
                let expects_type = self.expects_type;
                match (last_name(&subscript.value), &*subscript.slice) {
                    (Some("Literal"), slice) => self.with(false, slice),
                    (Some("Annotated"), Expr::Tuple(tuple)) => {
                        for (position, element) in tuple.elts.iter().enumerate() {
                            self.with(expects_type && position == 0, element);
                        }
                    }
                    (_, slice) => self.visit_expr(slice),
                }
            }
            Expr::Call(call) => {
                self.visit_expr(&call.func);
                let outer = std::mem::replace(&mut self.expects_type, false);
                self.visit_arguments(&call.arguments);
                self.expects_type = outer;
            }
            Expr::Lambda(_)
            | Expr::ListComp(_)
            | Expr::SetComp(_)
            | Expr::DictComp(_)
            | Expr::Generator(_)
            | Expr::Named(_) => {
                let outer = std::mem::replace(&mut self.in_own_scope, true);
                visitor::walk_expr(self, expression);
                self.in_own_scope = outer;
            }
            _ => visitor::walk_expr(self, expression),
        }
    }
}

fn last_name(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Name(name) => Some(&name.id),
        Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
        _ => None,
    }
}
