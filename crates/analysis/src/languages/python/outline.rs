//! The statements of a module and of its classes, with what each binds, reads and changes. Decides nothing about them.

use std::collections::BTreeSet;

use ruff_python_ast::{Decorator, Expr, Stmt, StmtClassDef, StmtFunctionDef};
use ruff_text_size::Ranged;
use synthesizer_model::text::ByteRange;

use super::{
    bounded,
    outline_reads::{self, Reader},
    source::{Source, byte_range},
};

/// The longest text that is outlined, in bytes.
const LONGEST: usize = 4 << 20;

/// One statement of a module, or of a class that is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unit {
    /// The whole statement, its decorators included.
    pub(crate) range: ByteRange,
    /// Line of its first byte, counted from 1.
    pub(crate) line: u32,
    /// What it is.
    pub(crate) kind: UnitKind,
    /// The names that it binds where it stands.
    pub(crate) binds: BTreeSet<String>,
    /// What it reads where it stands: of a function and a class of a module without their bodies.
    pub(crate) reads: Reads,
    /// What the body of a function reads from outside of it.
    pub(crate) inner: Reads,
}

/// The kinds of statements that matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum UnitKind {
    /// `import` or `from … import`.
    Import(Vec<ImportedAlias>),
    /// A function.
    Function(FunctionUnit),
    /// A class of a module, with the statements of its body.
    Class(Vec<Unit>),
    /// An assignment to names alone, a type alias or a class in a class.
    Definition,
    /// A string, a number, `...` or `pass`.
    Nothing,
    /// Anything else.
    Other,
}

/// One name of an import statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImportedAlias {
    /// The name that it binds; `*` for all.
    pub(crate) bound: String,
    /// The name with its alias.
    pub(crate) range: ByteRange,
    /// Whether it is `import a` or `import a.b`, which another statement may do as well.
    pub(crate) plain: bool,
}

/// What of a function matters to a test runner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FunctionUnit {
    /// The names of its parameters.
    pub(crate) parameters: Vec<String>,
    /// Whether it is a fixture.
    pub(crate) fixture: Option<Fixture>,
}

/// A fixture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fixture {
    /// The name by which tests ask for it; `None` where it is computed.
    pub(crate) name: Option<String>,
    /// Whether tests have it without asking, or it cannot be told.
    pub(crate) automatic: bool,
}

/// What code reads and changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reads {
    /// Names that are not its own.
    pub(crate) names: BTreeSet<String>,
    /// `name.attribute`, whosever the name is; `super` stands for `super()`.
    pub(crate) attributes: BTreeSet<(String, String)>,
    /// Identifiers in its strings.
    pub(crate) texts: BTreeSet<String>,
    /// Names that are not its own of which it may change the value: it assigns to a part of them, or calls a method for its effect.
    pub(crate) changes: BTreeSet<String>,
    /// Functions that it calls for their effect.
    pub(crate) calls: BTreeSet<String>,
    /// Whether it can read names that its text does not show.
    pub(crate) dynamic: bool,
}

/// Outlines a text; `None` where it does not parse, is too long or too deep.
pub(crate) fn outline(text: &str) -> Option<Vec<Unit>> {
    if text.len() > LONGEST {
        return None;
    }
    let outlined = bounded::with_tree_and_room(text, |module| {
        if !module.errors().is_empty() {
            return None;
        }
        let source = Source::new(text);
        let body = &module.syntax().body;
        let postponed = body.iter().any(postpones_annotations);
        let outliner = Outliner {
            source: &source,
            postponed,
        };
        Some(
            body.iter()
                .map(|statement| outliner.unit(statement, true))
                .collect(),
        )
    });
    outlined.ok().flatten()
}

fn postpones_annotations(statement: &Stmt) -> bool {
    let Stmt::ImportFrom(import) = statement else {
        return false;
    };
    import
        .module
        .as_ref()
        .is_some_and(|module| module.as_str() == "__future__")
        && import
            .names
            .iter()
            .any(|alias| alias.name.as_str() == "annotations")
}

struct Outliner<'a> {
    source: &'a Source<'a>,
    postponed: bool,
}

impl Outliner<'_> {
    fn unit(&self, statement: &Stmt, of_module: bool) -> Unit {
        let range = byte_range(statement.range());
        let mut reader = Reader::new(self.postponed);
        let mut inner = Reads::default();
        let kind = match statement {
            Stmt::Import(import) => {
                let aliases = import.names.iter().map(|alias| ImportedAlias {
                    bound: match &alias.asname {
                        Some(name) => name.to_string(),
                        None => first_part(&alias.name).to_owned(),
                    },
                    plain: alias.asname.is_none(),
                    range: byte_range(alias.range()),
                });
                UnitKind::Import(aliases.collect())
            }
            Stmt::ImportFrom(import) => {
                let aliases = import.names.iter().map(|alias| ImportedAlias {
                    bound: alias.asname.as_ref().unwrap_or(&alias.name).to_string(),
                    plain: false,
                    range: byte_range(alias.range()),
                });
                UnitKind::Import(aliases.collect())
            }
            Stmt::FunctionDef(function) => {
                reader.function_head(function);
                let mut body = Reader::new(self.postponed);
                body.function_body(function);
                inner = body.reads;
                UnitKind::Function(of_function(function))
            }
            Stmt::ClassDef(class) if of_module => {
                reader.class_head(class);
                UnitKind::Class(self.members(class))
            }
            other => {
                reader.statement(other);
                kind_of(other)
            }
        };
        Unit {
            range,
            line: self.source.line(range.start),
            kind,
            binds: outline_reads::bound_by(std::slice::from_ref(statement)),
            reads: reader.reads,
            inner,
        }
    }

    fn members(&self, class: &StmtClassDef) -> Vec<Unit> {
        let body = class.body.iter();
        body.map(|statement| self.unit(statement, false)).collect()
    }
}

fn kind_of(statement: &Stmt) -> UnitKind {
    match statement {
        Stmt::ClassDef(_) | Stmt::TypeAlias(_) => UnitKind::Definition,
        Stmt::Assign(assign) if assign.targets.iter().all(is_name) => UnitKind::Definition,
        Stmt::AnnAssign(assign) if is_name(&assign.target) => UnitKind::Definition,
        Stmt::Pass(_) => UnitKind::Nothing,
        Stmt::Expr(expression) if expression.value.is_literal_expr() => UnitKind::Nothing,
        _ => UnitKind::Other,
    }
}

fn is_name(target: &Expr) -> bool {
    match target {
        Expr::Name(_) => true,
        Expr::Tuple(tuple) => tuple.elts.iter().all(Expr::is_name_expr),
        _ => false,
    }
}

fn first_part(dotted: &str) -> &str {
    dotted.split('.').next().unwrap_or(dotted)
}

fn of_function(function: &StmtFunctionDef) -> FunctionUnit {
    let parameters = function.parameters.iter();
    FunctionUnit {
        parameters: parameters
            .map(|parameter| parameter.name().to_string())
            .collect(),
        fixture: function
            .decorator_list
            .iter()
            .find_map(|decorator| fixture_of(decorator, &function.name)),
    }
}

/// Reads `@pytest.fixture`, `@fixture(name="x", autouse=True)` and the like.
fn fixture_of(decorator: &Decorator, function: &str) -> Option<Fixture> {
    let (callee, keywords) = match &decorator.expression {
        Expr::Call(call) => (call.func.as_ref(), &call.arguments.keywords[..]),
        other => (other, &[][..]),
    };
    let name = match callee {
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        Expr::Name(name) => name.id.as_str(),
        _ => return None,
    };
    if !matches!(name, "fixture" | "yield_fixture") {
        return None;
    }
    let mut fixture = Fixture {
        name: Some(function.to_owned()),
        automatic: false,
    };
    for keyword in keywords {
        match keyword.arg.as_ref().map(|name| name.as_str()) {
            Some("name") => {
                let literal = keyword.value.as_string_literal_expr();
                fixture.name = literal.map(|literal| literal.value.to_str().to_owned());
            }
            Some("autouse") => {
                let literal = keyword.value.as_boolean_literal_expr();
                fixture.automatic = literal.is_none_or(|literal| literal.value);
            }
            Some(_) => {}
            None => fixture.automatic = true,
        }
    }
    Some(fixture)
}
