//! What CommonJS exports: `module.exports = …`, `exports.x = …`, and members that a file's own top-level names get by assignment.

use oxc_ast::ast::{
    Argument, AssignmentExpression, AssignmentTarget, CallExpression, Expression, ObjectExpression,
    ObjectPropertyKind, PropertyKind,
};
use oxc_ast_visit::Visit;
use oxc_syntax::operator::AssignmentOperator;
use synthesizer_model::{code::SymbolKind, text::ByteRange};

use super::{definitions::Place, imports::range_of, names, walker::Walker};

/// What the left side of an assignment is to the exports of a file.
enum ExportTarget {
    /// `module.exports`, `exports`
    All,
    /// `exports.name`
    Name(String),
    /// `exports[…]`
    Unknown,
    /// `name`
    Local(String),
    /// `owner.name`, `owner.prototype.name`
    Member { owner: String, name: String },
    /// Anything else.
    Other,
}

/// An assignment with all its targets: `a = module.exports = value`.
pub(super) struct Assigned<'e, 'a> {
    targets: Vec<ExportTarget>,
    value: &'e Expression<'a>,
}

impl<'e, 'a> Assigned<'e, 'a> {
    /// Takes an expression apart; one that is no assignment has no targets.
    pub(super) fn of(expression: &'e Expression<'a>) -> Self {
        let mut targets = Vec::new();
        let mut value = expression.without_parentheses();
        while let Expression::AssignmentExpression(assignment) = value {
            if assignment.operator != AssignmentOperator::Assign {
                break;
            }
            targets.push(target_of(assignment));
            value = assignment.right.without_parentheses();
        }
        Self { targets, value }
    }

    /// The value that is assigned.
    pub(super) fn value(&self) -> &'e Expression<'a> {
        self.value
    }

    /// Says whether the value is exported, whole or by a name.
    pub(super) fn is_exported(&self) -> bool {
        self.targets
            .iter()
            .any(|target| matches!(target, ExportTarget::All | ExportTarget::Name(_)))
    }
}

impl Walker<'_> {
    /// Takes a statement of the top level that assigns.
    pub(super) fn assignment_statement(&mut self, expression: &Expression<'_>, whole: ByteRange) {
        let assigned = Assigned::of(expression);
        if let Expression::AssignmentExpression(assignment) = expression.without_parentheses() {
            self.walk_targets(assignment);
        }
        if assigned
            .targets
            .iter()
            .any(|target| matches!(target, ExportTarget::Unknown))
        {
            self.exports_more = true;
        }
        if assigned.is_exported() {
            for target in &assigned.targets {
                if let ExportTarget::Local(name) = target {
                    self.symbols.export(name);
                }
            }
            self.exported_value(&assigned, whole);
        } else {
            self.member_value(&assigned, whole);
        }
    }

    /// Walks the left sides of a chain of assignments, and notes that each keeps what is assigned.
    fn walk_targets(&mut self, assignment: &AssignmentExpression<'_>) {
        let mut assignment = assignment;
        loop {
            self.visit_assignment_target(&assignment.left);
            self.note_assignment(assignment);
            let Expression::AssignmentExpression(next) = assignment.right.without_parentheses()
            else {
                return;
            };
            if next.operator != AssignmentOperator::Assign {
                return;
            }
            assignment = next;
        }
    }

    fn exported_value(&mut self, assigned: &Assigned<'_, '_>, whole: ByteRange) {
        let all = assigned
            .targets
            .iter()
            .any(|target| matches!(target, ExportTarget::All));
        let name = assigned.targets.iter().find_map(|target| match target {
            ExportTarget::Name(name) => Some(name.as_str()),
            _ => None,
        });
        match assigned.value {
            Expression::Identifier(value) => {
                if value.name != "undefined" {
                    self.symbols.export(&value.name);
                }
                return;
            }
            Expression::ObjectExpression(object) if all => return self.exported_object(object),
            value if all && names::is_import(value, &self.requires) => self.exports_more = true,
            _ => {}
        }
        let value = assigned.value;
        let place = Place {
            range: whole,
            visible: true,
            documented: self.comments.documents(start_of(whole)),
        };
        match name {
            Some(name) if !is_nothing(value) => self.define_value(name, value, place),
            None if value.is_function() || matches!(value, Expression::ClassExpression(_)) => {
                let name = own_name(value).unwrap_or_else(|| "module.exports".to_owned());
                self.define_value(&name, value, place);
            }
            _ => self.visit_expression(value),
        }
    }

    /// Takes `module.exports = { … }`.
    fn exported_object(&mut self, object: &ObjectExpression<'_>) {
        for property in &object.properties {
            let property = match property {
                ObjectPropertyKind::ObjectProperty(property) => property,
                ObjectPropertyKind::SpreadProperty(spread) => {
                    self.exports_more = true;
                    self.visit_spread_element(spread);
                    continue;
                }
            };
            let Some(name) = property.key.static_name() else {
                self.exports_more = true;
                self.visit_object_property(property);
                continue;
            };
            let value = property.value.get_inner_expression();
            match value {
                Expression::Identifier(value) => self.symbols.export(&value.name),
                value if names::is_import(value, &self.requires) => self.visit_expression(value),
                value => {
                    let range = range_of(property.span);
                    let place = Place {
                        range,
                        visible: true,
                        documented: self.comments.documents(property.span.start),
                    };
                    if property.kind == PropertyKind::Init {
                        self.define_value(&name, value, place);
                    } else {
                        self.define_accessor(&name, value, place);
                    }
                }
            }
        }
    }

    /// Takes `owner.name = function …` and `owner.prototype.name = function …`.
    fn member_value(&mut self, assigned: &Assigned<'_, '_>, whole: ByteRange) {
        let member = assigned.targets.iter().find_map(|target| match target {
            ExportTarget::Member { owner, name } => Some((owner, name)),
            _ => None,
        });
        let Some((owner, name)) = member.filter(|_| assigned.value.is_function()) else {
            return self.visit_expression(assigned.value);
        };
        let definition = self.function_definition(
            name,
            SymbolKind::Method,
            assigned.value,
            Place {
                range: whole,
                visible: true,
                documented: self.comments.documents(start_of(whole)),
            },
        );
        self.symbols.open_member_of(owner, definition);
        self.visit_expression(assigned.value);
        self.symbols.close();
    }

    /// Notes calls that export what no symbol shows: `Object.assign(exports, …)`, `__exportStar(require('x'), exports)`.
    pub(super) fn exports_by_call(&mut self, call: &CallExpression<'_>) {
        let name = match &call.callee {
            Expression::Identifier(callee) => callee.name.as_str(),
            Expression::StaticMemberExpression(member) => member.property.name.as_str(),
            _ => return,
        };
        let place = match name {
            "assign" | "defineProperties" => 0,
            "__exportStar" => 1,
            _ => return,
        };
        let exports = call.arguments.get(place).and_then(Argument::as_expression);
        if exports.is_some_and(is_exports) {
            self.exports_more = true;
        }
    }
}

fn start_of(range: ByteRange) -> u32 {
    u32::try_from(range.start).unwrap_or(u32::MAX)
}

/// Says whether an expression is the object that holds the exports.
fn is_exports(expression: &Expression<'_>) -> bool {
    match expression {
        Expression::Identifier(name) => name.name == "exports",
        Expression::StaticMemberExpression(member) => {
            member.property.name == "exports"
                && matches!(&member.object, Expression::Identifier(object) if object.name == "module")
        }
        _ => false,
    }
}

/// Says whether a value stands for none: compilers write `exports.x = void 0` before the real value.
fn is_nothing(value: &Expression<'_>) -> bool {
    matches!(value, Expression::UnaryExpression(unary) if unary.operator.as_str() == "void")
}

fn own_name(value: &Expression<'_>) -> Option<String> {
    match value {
        Expression::FunctionExpression(function) => {
            function.id.as_ref().map(|name| name.name.to_string())
        }
        Expression::ClassExpression(class) => class.id.as_ref().map(|name| name.name.to_string()),
        _ => None,
    }
}

fn target_of(assignment: &AssignmentExpression<'_>) -> ExportTarget {
    match &assignment.left {
        AssignmentTarget::AssignmentTargetIdentifier(name) if name.name == "exports" => {
            ExportTarget::All
        }
        AssignmentTarget::AssignmentTargetIdentifier(name) => {
            ExportTarget::Local(name.name.to_string())
        }
        AssignmentTarget::StaticMemberExpression(member) => {
            member_target(&member.object, member.property.name.as_str())
        }
        AssignmentTarget::ComputedMemberExpression(member) => match &member.expression {
            Expression::StringLiteral(name) => member_target(&member.object, &name.value),
            _ if is_exports(&member.object) => ExportTarget::Unknown,
            _ => ExportTarget::Other,
        },
        _ => ExportTarget::Other,
    }
}

fn member_target(object: &Expression<'_>, name: &str) -> ExportTarget {
    match object {
        Expression::Identifier(object) if object.name == "module" && name == "exports" => {
            ExportTarget::All
        }
        object if is_exports(object) => ExportTarget::Name(name.to_owned()),
        Expression::Identifier(object) => ExportTarget::Member {
            owner: object.name.to_string(),
            name: name.to_owned(),
        },
        Expression::StaticMemberExpression(prototype) if prototype.property.name == "prototype" => {
            match &prototype.object {
                Expression::Identifier(owner) => ExportTarget::Member {
                    owner: owner.name.to_string(),
                    name: name.to_owned(),
                },
                _ => ExportTarget::Other,
            }
        }
        _ => ExportTarget::Other,
    }
}
