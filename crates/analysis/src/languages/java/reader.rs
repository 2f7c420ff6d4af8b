//! One walk over a file of Java that collects definitions and imports. Knows no other file.
//!
//! Public is what other packages can use: `public` and `protected`, members of interfaces and annotations, of types that are
//! public themselves. Documented is what has a Javadoc comment of its own. Constants are `static final` fields and the fields of
//! interfaces. Members of local and anonymous classes are left out.

use synthesizer_model::{
    code::{Circumstances, CodeFacts, Import, ImportForm, SymbolKind},
    text::ByteRange,
};

use super::{
    super::syntax_tree::{
        self, Definition, FactsBuilder, Node as TreeNode, Place, Visit, Visitor,
        documentation_summary,
    },
    used_names::UsedNames,
    vocabulary::{Field, GRAMMAR, JavaSyntax, Kind},
};

type Node<'t> = TreeNode<'t, JavaSyntax>;

/// Imports on demand that are kept of one file: resolving each looks at all simple names of the file.
const MOST_ON_DEMAND: usize = 200;

/// Longest name of an import, in bytes.
const MAX_NAME_BYTES: usize = 1_000;

/// Reads the facts of one file.
pub(super) fn read(text: &str) -> CodeFacts {
    syntax_tree::read(&GRAMMAR, text, |tree| {
        let mut reader = Reader::default();
        tree.walk(&mut reader);
        reader.finish()
    })
}

/// What ends when a node is left.
enum Opened {
    /// A type whose members were collected.
    Type,
    /// A method or constructor.
    Function,
    /// Something whose inner definitions are local to it.
    Local,
}

/// A type whose members are being collected.
#[derive(Clone, Copy)]
struct Enclosing {
    /// Whether other packages can use it.
    public: bool,
    /// Whether its members are public unless they say otherwise.
    is_interface: bool,
}

#[derive(Default)]
struct Reader<'t> {
    facts: FactsBuilder,
    names: UsedNames<'t>,
    opened: Vec<Opened>,
    types: Vec<Enclosing>,
    /// How many initialisers and fields the walk is in.
    local: usize,
    /// The last Javadoc comment, until something takes it.
    javadoc: Option<&'t str>,
    /// The comment before the package declaration: documentation in a `package-info.java`, often a license elsewhere.
    package_javadoc: Option<&'t str>,
    has_types: bool,
    on_demand: usize,
    /// The line of the first import that was left out.
    left_out: Option<u32>,
}

/// The modifiers of a declaration that matter here.
#[derive(Default, Clone, Copy)]
struct Modifiers {
    public: bool,
    protected: bool,
    private: bool,
    is_static: bool,
    is_final: bool,
}

impl Modifiers {
    fn of(declaration: Node<'_>) -> Self {
        let mut modifiers = Self::default();
        for word in declaration
            .first(Kind::Modifiers)
            .into_iter()
            .flat_map(Node::children)
        {
            match word.kind() {
                Kind::Public => modifiers.public = true,
                Kind::Protected => modifiers.protected = true,
                Kind::Private => modifiers.private = true,
                Kind::Static => modifiers.is_static = true,
                Kind::Final => modifiers.is_final = true,
                _ => {}
            }
        }
        modifiers
    }
}

impl<'t> Visitor<'t, JavaSyntax> for Reader<'t> {
    fn enter(&mut self, node: Node<'t>, _place: &Place<'_, 't, JavaSyntax>) -> Visit {
        match node.kind() {
            Kind::BlockComment | Kind::LineComment => self.comment(node),
            Kind::PackageDeclaration => return self.package(node),
            Kind::ImportDeclaration => return self.import(node),
            Kind::ClassDeclaration => return self.type_declaration(node, SymbolKind::Class, false),
            Kind::EnumDeclaration | Kind::RecordDeclaration => {
                return self.type_declaration(node, SymbolKind::Type, false);
            }
            Kind::InterfaceDeclaration | Kind::AnnotationType => {
                return self.type_declaration(node, SymbolKind::Type, true);
            }
            Kind::Method
            | Kind::Constructor
            | Kind::CompactConstructor
            | Kind::AnnotationElement => {
                return self.function(node);
            }
            Kind::FieldDeclaration | Kind::ConstantDeclaration => return self.fields(node),
            Kind::EnumConstant | Kind::StaticInitializer => return self.initializer(),
            Kind::Initializer if !self.facts.in_function() && self.local == 0 => {
                return self.initializer();
            }
            Kind::ModuleDeclaration => return self.module(node),
            Kind::RequiresDirective => return self.requires(node),
            Kind::UsesDirective | Kind::ProvidesDirective => return self.services(node),
            Kind::TypeParameter => {
                if let Some(name) = node.first(Kind::TypeIdentifier) {
                    self.names.declare(name.text());
                }
            }
            Kind::ScopedType | Kind::TypeIdentifier => self.names.type_name(node),
            Kind::Annotation | Kind::MarkerAnnotation => {
                if let Some(name) = node.child(Field::Name) {
                    self.names.type_name(name);
                }
            }
            Kind::RecordPattern => {
                if let Some(name) = node.first(Kind::Identifier) {
                    self.names.type_name(name);
                }
            }
            Kind::FieldAccess | Kind::MethodInvocation | Kind::MethodReference => {
                self.names.expression(node);
            }
            Kind::If
            | Kind::For
            | Kind::EnhancedFor
            | Kind::While
            | Kind::Do
            | Kind::Case
            | Kind::CatchClause
            | Kind::Ternary
            | Kind::And
            | Kind::Or => self.facts.branch(),
            _ => {}
        }
        Visit::Children
    }

    fn leave(&mut self) {
        match self.opened.pop() {
            Some(Opened::Type) => {
                self.types.pop();
                self.facts.close();
            }
            Some(Opened::Function) => self.facts.close(),
            Some(Opened::Local) => self.local = self.local.saturating_sub(1),
            None => {}
        }
        if !self.facts.in_function() {
            self.javadoc = None;
        }
    }
}

impl<'t> Reader<'t> {
    fn comment(&mut self, node: Node<'t>) {
        if self.facts.in_function() || self.local > 0 {
            return;
        }
        let text = node.text();
        // `///` is Javadoc since Java 23 (JEP 467).
        if (text.starts_with("/**") && !text.starts_with("/**/")) || text.starts_with("///") {
            self.javadoc = Some(text);
        }
    }

    fn package(&mut self, node: Node<'t>) -> Visit {
        self.package_javadoc = self.javadoc.take();
        let name = node
            .children()
            .find(|child| matches!(child.kind(), Kind::Identifier | Kind::ScopedIdentifier));
        self.facts.facts().namespace = name.map(|name| without_spaces(name.text()));
        Visit::Skip
    }

    fn import(&mut self, node: Node<'t>) -> Visit {
        self.javadoc = None;
        let mut path = None;
        let (mut on_demand, mut is_static) = (false, false);
        for child in node.children() {
            match child.kind() {
                Kind::Identifier | Kind::ScopedIdentifier => path = Some(child),
                Kind::Asterisk => on_demand = true,
                Kind::Static => is_static = true,
                _ => {}
            }
        }
        let Some(path) = path else {
            return Visit::Skip;
        };
        let last = path.child(Field::Name).unwrap_or(path).text();
        let mut range = path.range();
        let mut names = Vec::new();
        if on_demand {
            self.on_demand += 1;
            if self.on_demand > MOST_ON_DEMAND {
                self.left_out.get_or_insert(node.line());
                return Visit::Skip;
            }
            names.push("*".to_owned());
        } else if is_static {
            // The member is what is taken; the type is what it is taken from.
            let text = path.text();
            let owner = text.get(..text.len() - last.len()).unwrap_or_default();
            let owner = owner.trim_end().trim_end_matches('.').trim_end();
            range.end = range.start + owner.len();
            names.push(last.to_owned());
        } else {
            self.names.declare(last);
        }
        self.add_import(path, range, names, Circumstances::default());
        Visit::Skip
    }

    fn add_import(
        &mut self,
        node: Node<'t>,
        range: ByteRange,
        names: Vec<String>,
        circumstances: Circumstances,
    ) {
        let target = without_spaces(range.of(node.file_text()).unwrap_or_default());
        if target.len() > MAX_NAME_BYTES {
            self.left_out.get_or_insert(node.line());
            return;
        }
        if target.is_empty() {
            return;
        }
        self.facts.import(Import {
            target,
            form: ImportForm::Static,
            names,
            range,
            line: node.line(),
            circumstances,
        });
    }

    fn type_declaration(&mut self, node: Node<'t>, kind: SymbolKind, is_interface: bool) -> Visit {
        let Some(name) = node.child(Field::Name) else {
            return Visit::Children;
        };
        self.names.declare(name.text());
        if self.facts.in_function() || self.local > 0 {
            return Visit::Children;
        }
        let public = self.is_public(Modifiers::of(node));
        let javadoc = self.javadoc.take();
        if self.types.is_empty() && !self.has_types {
            self.has_types = true;
            self.facts.facts().documentation = javadoc.and_then(documentation_summary);
        }
        self.facts.open(
            Definition::new(name.text(), kind, node)
                .public(public)
                .documented(javadoc.is_some()),
        );
        self.types.push(Enclosing {
            public,
            is_interface,
        });
        self.opened.push(Opened::Type);
        Visit::ChildrenThenLeave
    }

    /// Says whether other packages can use a member of the type that the walk is in, or a top-level type.
    fn is_public(&self, modifiers: Modifiers) -> bool {
        match self.types.last() {
            None => modifiers.public,
            Some(outer) if outer.is_interface => outer.public && !modifiers.private,
            Some(outer) => outer.public && (modifiers.public || modifiers.protected),
        }
    }

    fn function(&mut self, node: Node<'t>) -> Visit {
        let Some(name) = node.child(Field::Name) else {
            return Visit::Children;
        };
        if self.facts.in_function() || self.local > 0 {
            return Visit::Children;
        }
        let public = self.is_public(Modifiers::of(node));
        // A method outside of any type is one of a compact source file (Java 25).
        let kind = if self.types.is_empty() {
            SymbolKind::Function
        } else {
            SymbolKind::Method
        };
        self.facts.open(
            Definition::new(name.text(), kind, node)
                .public(public)
                .documented(self.javadoc.take().is_some()),
        );
        self.opened.push(Opened::Function);
        Visit::ChildrenThenLeave
    }

    fn fields(&mut self, node: Node<'t>) -> Visit {
        if self.facts.in_function() || self.local > 0 {
            return Visit::Children;
        }
        let documented = self.javadoc.take().is_some();
        let modifiers = Modifiers::of(node);
        let in_interface = self.types.last().is_some_and(|outer| outer.is_interface);
        let is_constant = in_interface || (modifiers.is_static && modifiers.is_final);
        let public = self.is_public(modifiers);
        for declarator in node
            .children()
            .filter(|child| child.is(Kind::VariableDeclarator))
        {
            let Some(name) = declarator.child(Field::Name) else {
                continue;
            };
            self.names.declare(name.text());
            if is_constant {
                self.facts.add(
                    Definition::new(name.text(), SymbolKind::Constant, node)
                        .public(public)
                        .documented(documented),
                );
            }
        }
        self.initializer()
    }

    /// Leaves out what is defined in a field's value, an initialiser or the body of an enum's constant.
    fn initializer(&mut self) -> Visit {
        self.javadoc = None;
        self.local += 1;
        self.opened.push(Opened::Local);
        Visit::ChildrenThenLeave
    }

    fn module(&mut self, node: Node<'t>) -> Visit {
        let javadoc = self.javadoc.take();
        self.has_types = true;
        self.facts.facts().documentation = javadoc.and_then(documentation_summary);
        if let Some(name) = node.child(Field::Name) {
            let name = without_spaces(name.text());
            self.facts.add(
                Definition::new(&name, SymbolKind::Module, node)
                    .public(true)
                    .documented(javadoc.is_some()),
            );
        }
        Visit::Children
    }

    fn requires(&mut self, node: Node<'t>) -> Visit {
        if let Some(module) = node.child(Field::Module) {
            let is_optional = node
                .children()
                .any(|child| child.is(Kind::RequiresModifier) && child.text() == "static");
            let circumstances = Circumstances {
                conditional: is_optional,
                ..Circumstances::default()
            };
            self.add_import(module, module.range(), Vec::new(), circumstances);
        }
        Visit::Skip
    }

    /// The types after `uses`, `provides` and `with`.
    fn services(&mut self, node: Node<'t>) -> Visit {
        for child in node.children() {
            if matches!(child.kind(), Kind::Identifier | Kind::ScopedIdentifier) {
                self.names.type_name(child);
            }
        }
        Visit::Skip
    }

    fn finish(mut self) -> CodeFacts {
        if !self.has_types {
            self.facts.facts().documentation = self.package_javadoc.and_then(documentation_summary);
        }
        let mut facts = self.facts.finish();
        facts
            .imports
            .extend(self.names.into_imports(facts.namespace.as_deref()));
        facts.imports.sort_by_key(|import| import.range);
        if let Some(line) = self.left_out {
            let what = "too many imports on demand or too long a name, left out";
            facts.syntax_errors.push((line, what.to_owned()));
        }
        facts
    }
}

/// Takes white space out of a qualified name, which may stand on several lines.
fn without_spaces(name: &str) -> String {
    name.split_whitespace().collect()
}
