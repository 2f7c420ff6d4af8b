//! Collects the facts of one Go file in one walk.

use synthesizer_model::{
    code::{Circumstances, CodeFacts, Import, ImportForm, SymbolKind},
    text::ByteRange,
};

use super::{
    directives,
    vocabulary::{Field, GRAMMAR, GoVocabulary, Kind},
};
use crate::languages::syntax_tree::{
    self, Definition, FactsBuilder, LeadingComments, Place, Visit, Visitor, documentation_summary,
};

type Node<'t> = syntax_tree::Node<'t, GoVocabulary>;

/// Reads the facts of one file.
pub(super) fn read(text: &str) -> CodeFacts {
    syntax_tree::read(&GRAMMAR, text, |tree| {
        let mut reader = Reader::default();
        tree.walk(&mut reader);
        reader.facts.finish()
    })
}

/// What ends with a node.
#[derive(Debug, Clone, Copy)]
enum Ending {
    /// A function, or a type with methods of its own.
    Definition,
    /// A function literal outside of functions.
    Literal,
    /// A group of constants, variables or types.
    Group,
}

#[derive(Default)]
struct Reader {
    facts: FactsBuilder,
    comments: LeadingComments,
    endings: Vec<Ending>,
    /// Function literals that are open outside of functions.
    literals: u32,
    /// Extent and documentation of the declaration that is open, for the one or many things it declares.
    group: Option<Group>,
    /// Whether the file is part of some builds only.
    constrained: bool,
    /// Whether a package clause was met.
    named: bool,
    /// The visibility of the interface that is open.
    interface_is_public: bool,
}

/// A declaration that may declare several things in brackets.
#[derive(Debug, Clone, Copy)]
struct Group {
    lines: (u32, u32),
    range: ByteRange,
    documented: bool,
}

impl<'t> Visitor<'t, GoVocabulary> for Reader {
    fn enter(&mut self, node: Node<'t>, _place: &Place<'_, 't, GoVocabulary>) -> Visit {
        match node.kind() {
            Kind::Comment => self.comment(node),
            Kind::PackageClause => self.package(node),
            Kind::ImportSpec => self.import(node),
            Kind::Function => self.function(node),
            Kind::Method => self.method(node),
            Kind::FunctionLiteral if !self.facts.in_function() => {
                self.literals += 1;
                self.end_with(Ending::Literal)
            }
            Kind::TypeDeclaration | Kind::ConstDeclaration | Kind::VarDeclaration => {
                self.group(node)
            }
            Kind::TypeSpec | Kind::TypeAlias => self.type_definition(node),
            Kind::ConstSpec | Kind::VarSpec => {
                self.constants(node);
                Visit::Children
            }
            Kind::MethodElement => self.interface_method(node),
            Kind::InterfaceType if !self.is_local() => Visit::Children,
            Kind::If
            | Kind::For
            | Kind::ExpressionCase
            | Kind::TypeCase
            | Kind::CommunicationCase
            | Kind::And
            | Kind::Or => {
                self.facts.branch();
                Visit::Children
            }
            Kind::InterfaceType
            | Kind::StructType
            | Kind::ParameterList
            | Kind::TypeParameters
            | Kind::TypeArguments
            | Kind::PointerType
            | Kind::QualifiedType
            | Kind::SliceType
            | Kind::ArrayType
            | Kind::MapType
            | Kind::FunctionType
            | Kind::InterpretedString
            | Kind::RawString
            | Kind::Identifier
            | Kind::TypeIdentifier => Visit::Skip,
            _ => Visit::Children,
        }
    }

    fn leave(&mut self) {
        match self.endings.pop() {
            Some(Ending::Definition) => self.facts.close(),
            Some(Ending::Literal) => self.literals = self.literals.saturating_sub(1),
            Some(Ending::Group) => self.group = None,
            None => {}
        }
    }
}

impl Reader {
    fn end_with(&mut self, ending: Ending) -> Visit {
        self.endings.push(ending);
        Visit::ChildrenThenLeave
    }

    /// Says whether definitions are local to a function.
    fn is_local(&self) -> bool {
        self.facts.in_function() || self.literals > 0
    }

    fn comment(&mut self, comment: Node<'_>) -> Visit {
        let text = comment.text();
        self.comments.note(comment);
        if !self.named && directives::is_build_constraint(text) {
            self.constrained = true;
        }
        for (pattern, range) in directives::embedded_patterns(text, comment.range().start) {
            self.facts.import(Import {
                target: pattern.to_owned(),
                form: ImportForm::Resource,
                names: Vec::new(),
                range,
                line: comment.line(),
                circumstances: self.circumstances(),
            });
        }
        Visit::Skip
    }

    fn circumstances(&self) -> Circumstances {
        Circumstances {
            conditional: self.constrained,
            ..Circumstances::default()
        }
    }

    fn package(&mut self, node: Node<'_>) -> Visit {
        if !self.named {
            self.named = true;
            let documentation = self
                .leading(node)
                .filter(|comments| directives::is_documentation(comments))
                .and_then(documentation_summary);
            let facts = self.facts.facts();
            facts.namespace = node
                .first(Kind::PackageIdentifier)
                .map(|name| name.text().to_owned());
            facts.documentation = documentation;
        }
        Visit::Skip
    }

    fn leading<'t>(&self, node: Node<'t>) -> Option<&'t str> {
        self.comments.before(node.line(), node.file_text())
    }

    fn is_documented(&self, node: Node<'_>) -> bool {
        self.leading(node).is_some_and(directives::is_documentation)
    }

    fn import(&mut self, spec: Node<'_>) -> Visit {
        let Some(path) = spec.child(Field::Path) else {
            return Visit::Skip;
        };
        let quoted = path.range();
        let range = ByteRange::new(quoted.start + 1, quoted.end.saturating_sub(1));
        let target = range.of(spec.file_text()).unwrap_or_default();
        let takes_all = spec
            .child(Field::Name)
            .is_some_and(|name| name.text() == ".");
        if target == "C" {
            self.c_headers(spec);
        }
        self.facts.import(Import {
            target: target.to_owned(),
            form: ImportForm::Static,
            names: if takes_all {
                vec!["*".to_owned()]
            } else {
                Vec::new()
            },
            range,
            line: path.line(),
            circumstances: self.circumstances(),
        });
        Visit::Skip
    }

    /// Keeps what the C text above `import "C"` includes.
    fn c_headers(&mut self, spec: Node<'_>) {
        let file_text = spec.file_text();
        let Some(comments) = self.leading(spec) else {
            return;
        };
        let offset = comments.as_ptr() as usize - file_text.as_ptr() as usize;
        let mut line = spec.line();
        line = line.saturating_sub(u32::try_from(comments.lines().count()).unwrap_or(u32::MAX));
        let mut position = 0;
        for header in directives::included_headers(comments) {
            let lines_on = comments[position..header.start].matches('\n').count();
            position = header.start;
            line = line.saturating_add(u32::try_from(lines_on).unwrap_or(u32::MAX));
            let start = offset + header.start;
            self.facts.import(Import {
                target: header.name.to_owned(),
                form: if header.system {
                    ImportForm::SystemInclude
                } else {
                    ImportForm::Include
                },
                names: Vec::new(),
                range: ByteRange::new(start, start + header.name.len()),
                line,
                circumstances: self.circumstances(),
            });
        }
    }

    fn function(&mut self, node: Node<'_>) -> Visit {
        let name = node.child(Field::Name).map_or("", |name| name.text());
        let definition = Definition::new(name, SymbolKind::Function, node)
            .public(is_exported(name))
            .documented(self.is_documented(node));
        self.facts.open(definition);
        self.end_with(Ending::Definition)
    }

    fn method(&mut self, node: Node<'_>) -> Visit {
        let name = node.child(Field::Name).map_or("", |name| name.text());
        let receiver = node
            .child(Field::Receiver)
            .and_then(receiver_type)
            .map_or("", |name| name.text());
        let full = format!("{receiver}.{name}");
        let definition = Definition::new(&full, SymbolKind::Method, node)
            .public(is_exported(name) && is_exported(receiver))
            .documented(self.is_documented(node));
        self.facts.open(definition);
        self.end_with(Ending::Definition)
    }

    fn group(&mut self, node: Node<'_>) -> Visit {
        if self.is_local() {
            return Visit::Children;
        }
        self.group = Some(Group {
            lines: node.lines(),
            range: node.range(),
            documented: self.is_documented(node),
        });
        self.end_with(Ending::Group)
    }

    /// Makes the definition of something that the open declaration declares: alone it has the whole declaration's extent.
    fn declared<'a>(&self, name: &'a str, kind: SymbolKind, node: Node<'_>) -> Definition<'a> {
        let definition = Definition::new(name, kind, node).public(is_exported(name));
        let Some(group) = self.group else {
            return definition;
        };
        let is_alone = group.lines.0 == node.line() && group.range.end == node.range().end;
        Definition {
            lines: if is_alone {
                group.lines
            } else {
                definition.lines
            },
            range: if is_alone {
                group.range
            } else {
                definition.range
            },
            documented: group.documented || self.is_documented(node),
            ..definition
        }
    }

    fn type_definition(&mut self, node: Node<'_>) -> Visit {
        if self.is_local() {
            return Visit::Children;
        }
        let name = node.child(Field::Name).map_or("", |name| name.text());
        let definition = self.declared(name, SymbolKind::Type, node);
        self.interface_is_public = definition.public;
        self.facts.open(definition);
        self.end_with(Ending::Definition)
    }

    fn constants(&mut self, node: Node<'_>) {
        if self.is_local() {
            return;
        }
        // The names are the identifiers before the type and the value.
        for child in node.children() {
            if child.is(Kind::Identifier) {
                let name = child.text();
                if name != "_" {
                    let definition = self.declared(name, SymbolKind::Constant, node);
                    self.facts.add(definition);
                }
            } else if child.text() != "," {
                break;
            }
        }
    }

    fn interface_method(&mut self, node: Node<'_>) -> Visit {
        if !self.is_local() && !self.facts.prefix().is_empty() {
            let name = node.child(Field::Name).map_or("", |name| name.text());
            let definition = Definition::new(name, SymbolKind::Method, node)
                .public(self.interface_is_public && is_exported(name))
                .documented(self.is_documented(node));
            self.facts.add(definition);
        }
        Visit::Skip
    }
}

/// Finds the name of the type that a method belongs to: `T` of `(t *pkg.T[K])`.
fn receiver_type(receiver: Node<'_>) -> Option<Node<'_>> {
    let mut found = receiver
        .first(Kind::ParameterDeclaration)?
        .child(Field::Type)?;
    // Pointers and brackets around the name; nobody writes more of them than this.
    for _ in 0..8 {
        found = match found.kind() {
            Kind::TypeIdentifier => return Some(found),
            Kind::GenericType => found.child(Field::Type)?,
            Kind::PointerType | Kind::ParenthesizedType => {
                found.children().find(|child| child.is_named())?
            }
            _ => return None,
        };
    }
    None
}

fn is_exported(name: &str) -> bool {
    name.chars().next().is_some_and(char::is_uppercase)
}
