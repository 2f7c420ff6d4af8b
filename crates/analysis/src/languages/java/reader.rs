//! The scopes of a file of Java and what they define. Knows no other file.
//!
//! Public is what other packages can use: `public` and `protected`, members of interfaces and annotations, of types that are
//! public themselves. Documented is what has a Javadoc comment of its own. Constants are `static final` fields and the fields of
//! interfaces. Members of local and anonymous classes are left out, and so are the constants of enumerations.

use synthesizer_model::{
    code::{CodeFacts, SymbolKind},
    text::escape_untrusted,
};

use super::{
    code::{look_through, type_parameters},
    imports::Imports,
    lexer,
    modifiers::Modifiers,
    tokens::{
        AT, BRACE, BRACKET, COMMA, DOT, EQUALS, JavaTokens, Kind, LESS, PARENTHESIS, SEMICOLON,
        after_angles,
    },
    used_names::UsedNames,
};
use crate::languages::{
    documentation::documentation_summary,
    facts_builder::{Definition, FactsBuilder},
    lexical::Shape,
};

/// Largest text that is read.
const MAX_TEXT_BYTES: usize = 16 << 20;

/// Reads the facts of one file.
pub(super) fn read(text: &str) -> CodeFacts {
    if text.len() > MAX_TEXT_BYTES {
        let refusal = format!("larger than {} MiB, not parsed", MAX_TEXT_BYTES >> 20);
        return CodeFacts {
            syntax_errors: vec![(1, refusal)],
            ..CodeFacts::default()
        };
    }
    let (tokens, mut problems) = lexer::tokens(text);
    let mut reader = Reader::new(&tokens);
    reader.run();
    problems.append(&mut reader.problems);
    problems.sort_by_key(|(position, _)| *position);
    let mut facts = reader.finish();
    let errors = problems
        .into_iter()
        .map(|(position, what)| (tokens.line_of(position), what));
    facts.syntax_errors.extend(errors);
    facts.syntax_errors.sort_by_key(|(line, _)| *line);
    facts.syntax_errors.truncate(100);
    facts
}

/// A type whose body is being read.
struct Enclosing<'t> {
    name: &'t str,
    /// The token that closes it.
    end: usize,
    /// Whether other packages can use it.
    public: bool,
    /// Whether its members are public unless they say otherwise.
    is_interface: bool,
    /// Whether constants of an enumeration come next.
    has_constants: bool,
}

struct Reader<'a, 't> {
    tokens: &'a JavaTokens<'t>,
    facts: FactsBuilder,
    names: UsedNames<'t>,
    imports: Imports,
    types: Vec<Enclosing<'t>>,
    /// The last Javadoc comment, until something takes it.
    javadoc: Option<&'t str>,
    /// The comment before the package declaration: documentation in a `package-info.java`, often a license elsewhere.
    package_javadoc: Option<&'t str>,
    has_types: bool,
    problems: Vec<(usize, String)>,
}

impl<'a, 't> Reader<'a, 't> {
    fn new(tokens: &'a JavaTokens<'t>) -> Self {
        Self {
            tokens,
            facts: FactsBuilder::default(),
            names: UsedNames::default(),
            imports: Imports::default(),
            types: Vec::new(),
            javadoc: None,
            package_javadoc: None,
            has_types: false,
            problems: Vec::new(),
        }
    }

    fn run(&mut self) {
        let mut at = 0;
        loop {
            if let Some(ended) = self.types.pop_if(|enclosing| at >= enclosing.end) {
                at = ended.end
                    + usize::from(self.tokens.kind(ended.end) == Kind::Close(Shape::Curly));
                self.facts.close();
                self.javadoc = None;
                continue;
            }
            if at >= self.tokens.len() {
                return;
            }
            self.names.set_outside(self.types.is_empty());
            at = self.member(at);
        }
    }

    /// Reads one member of the file or of a type; gives the place behind it or, for a type, behind its opening brace.
    fn member(&mut self, at: usize) -> usize {
        match self.tokens.kind(at) {
            Kind::Javadoc => {
                self.javadoc = Some(self.tokens.text(at));
                return at + 1;
            }
            SEMICOLON => {
                if let Some(enclosing) = self.types.last_mut() {
                    enclosing.has_constants = false;
                }
                self.javadoc = None;
                return at + 1;
            }
            _ => {}
        }
        if self
            .types
            .last()
            .is_some_and(|enclosing| enclosing.has_constants)
        {
            return self.enumeration_constant(at);
        }
        let (modifiers, begin) = Modifiers::read(self.tokens, &mut self.names, at);
        if self.types.is_empty()
            && let Some(next) = self.heading(begin)
        {
            return next;
        }
        match self.declaration(at, begin, modifiers) {
            Ok(next) => next,
            Err(place) => self.unexpected(place),
        }
    }

    fn unexpected(&mut self, at: usize) -> usize {
        let range = self.tokens.range(at, at + 1);
        let text: String = self.tokens.text(at).chars().take(40).collect();
        if self.problems.len() < 100 && self.tokens.kind(at) != Kind::Stray {
            let text = escape_untrusted(&text);
            self.problems
                .push((range.start, format!("unexpected `{text}`")));
        }
        self.javadoc = None;
        self.tokens.after(at)
    }

    /// Reads `package`, `import` and `module`; `None` for anything else.
    fn heading(&mut self, at: usize) -> Option<usize> {
        if self.tokens.kind(at) != Kind::Word {
            return None;
        }
        let tokens = self.tokens;
        match tokens.text(at) {
            "package" => {
                self.package_javadoc = self.javadoc.take();
                let end = statement_end(tokens, at);
                self.facts.facts().namespace = Some(joined(tokens, at + 1, end));
                Some(end + 1)
            }
            "import" => {
                self.javadoc = None;
                let end = statement_end(tokens, at);
                self.imports
                    .read(tokens, &mut self.facts, &mut self.names, at, end);
                Some(end + 1)
            }
            "open" if tokens.text(at + 1) == "module" => self.module(at, at + 1),
            "module" => self.module(at, at),
            _ => None,
        }
    }

    fn module(&mut self, at: usize, keyword: usize) -> Option<usize> {
        let tokens = self.tokens;
        let mut body = keyword + 1;
        while tokens.kind(body) == Kind::Word || tokens.kind(body) == DOT {
            body += 1;
        }
        if tokens.kind(body) != BRACE || body == keyword + 1 {
            return None;
        }
        let javadoc = self.javadoc.take();
        self.has_types = true;
        self.facts.facts().documentation = javadoc.and_then(documentation_summary);
        let name = joined(tokens, keyword + 1, body);
        let end = tokens.after(body);
        self.facts.add(Definition {
            documented: javadoc.is_some(),
            ..self.definition(&name, SymbolKind::Module, at, end, true)
        });
        self.imports.directives(
            tokens,
            &mut self.facts,
            &mut self.names,
            body + 1,
            tokens.partner(body),
        );
        Some(end)
    }

    fn definition<'n>(
        &self,
        name: &'n str,
        kind: SymbolKind,
        first: usize,
        end: usize,
        public: bool,
    ) -> Definition<'n> {
        Definition {
            name,
            kind,
            lines: self.tokens.lines(first, end),
            range: self.tokens.range(first, end),
            public,
            documented: false,
            typed: None,
        }
    }

    /// Reads a declaration whose modifiers end before `at`; gives the place behind it, or where it ends to be one.
    fn declaration(
        &mut self,
        start: usize,
        at: usize,
        modifiers: Modifiers,
    ) -> Result<usize, usize> {
        let tokens = self.tokens;
        match tokens.kind(at) {
            BRACE => {
                look_through(tokens, &mut self.names, at, tokens.after(at));
                self.javadoc = None;
                Ok(tokens.after(at))
            }
            // `@interface`
            AT if tokens.text(at + 1) == "interface" => {
                self.type_declaration(start, at + 1, modifiers)
            }
            Kind::Word => match tokens.text(at) {
                "class" | "interface" | "enum" => self.type_declaration(start, at, modifiers),
                "record" if is_record(tokens, at) => self.type_declaration(start, at, modifiers),
                _ => self.function_or_field(start, at, modifiers),
            },
            LESS => {
                let at = type_parameters(tokens, &mut self.names, at);
                self.function_or_field(start, at, modifiers)
            }
            _ => Err(at),
        }
    }

    fn type_declaration(
        &mut self,
        start: usize,
        keyword: usize,
        modifiers: Modifiers,
    ) -> Result<usize, usize> {
        let tokens = self.tokens;
        let name = keyword + 1;
        let mut body = name + 1;
        if tokens.kind(body) == LESS {
            body = type_parameters(tokens, &mut self.names, body);
        }
        let header = body;
        while !matches!(
            tokens.kind(body),
            BRACE | SEMICOLON | Kind::Close(_) | Kind::End
        ) {
            body = tokens.after(body);
        }
        if tokens.kind(name) != Kind::Word || tokens.kind(body) != BRACE {
            return Err(body);
        }
        look_through(tokens, &mut self.names, header, body);
        let text = tokens.text(name);
        self.names.declare(text);
        let kind = match tokens.text(keyword) {
            "class" => SymbolKind::Class,
            _ => SymbolKind::Type,
        };
        let public = self.is_public(modifiers);
        let javadoc = self.javadoc.take();
        if self.types.is_empty() && !self.has_types {
            self.has_types = true;
            self.facts.facts().documentation = javadoc.and_then(documentation_summary);
        }
        let definition = Definition {
            documented: javadoc.is_some(),
            ..self.definition(text, kind, start, tokens.after(body), public)
        };
        self.facts.open(definition);
        self.types.push(Enclosing {
            name: text,
            end: tokens.partner(body),
            public,
            is_interface: tokens.text(keyword) == "interface",
            has_constants: tokens.text(keyword) == "enum",
        });
        Ok(body + 1)
    }

    /// Says whether other packages can use a member of the type that is being read, or a top-level type.
    fn is_public(&self, modifiers: Modifiers) -> bool {
        match self.types.last() {
            None => modifiers.public,
            Some(outer) if outer.is_interface => outer.public && !modifiers.private,
            Some(outer) => outer.public && (modifiers.public || modifiers.protected),
        }
    }

    fn enumeration_constant(&mut self, at: usize) -> usize {
        let tokens = self.tokens;
        self.javadoc = None;
        let (_, mut next) = Modifiers::read(tokens, &mut self.names, at);
        if tokens.kind(next) != Kind::Word {
            if let Some(enclosing) = self.types.last_mut() {
                enclosing.has_constants = false;
            }
            return if tokens.kind(at) == COMMA {
                at + 1
            } else {
                self.unexpected(at)
            };
        }
        let first = next + 1;
        next = first;
        if tokens.kind(next) == PARENTHESIS {
            next = tokens.after(next);
        }
        if tokens.kind(next) == BRACE {
            next = tokens.after(next);
        }
        look_through(tokens, &mut self.names, first, next);
        next + usize::from(tokens.kind(next) == COMMA)
    }

    /// Reads a method, a constructor or fields, whose type begins at `at`.
    fn function_or_field(
        &mut self,
        start: usize,
        at: usize,
        modifiers: Modifiers,
    ) -> Result<usize, usize> {
        let tokens = self.tokens;
        let mut name = None;
        let mut place = at;
        loop {
            match tokens.kind(place) {
                Kind::Word => {
                    name = Some(place);
                    place += 1;
                }
                DOT | AT | Kind::Javadoc => place += 1,
                BRACKET => place = tokens.after(place),
                LESS => match after_angles(tokens, place) {
                    Some(after) => place = after,
                    None => return Err(place),
                },
                // An annotation of the type: `List<@Size(1) String>`, `java.lang.@Size(1) String`.
                PARENTHESIS if is_annotation(tokens, place) => place = tokens.after(place),
                PARENTHESIS | BRACE | EQUALS | SEMICOLON | COMMA => break,
                _ => return Err(place),
            }
        }
        let Some(name) = name else {
            return Err(place);
        };
        look_through(tokens, &mut self.names, at, name);
        match tokens.kind(place) {
            PARENTHESIS => Ok(self.function(start, name, place, modifiers)),
            // The compact constructor of a record.
            BRACE
                if self
                    .types
                    .last()
                    .is_some_and(|outer| outer.name == tokens.text(name)) =>
            {
                Ok(self.function(start, name, place, modifiers))
            }
            BRACE => Err(place),
            _ => Ok(self.fields(start, name, modifiers)),
        }
    }

    fn function(
        &mut self,
        start: usize,
        name: usize,
        parameters: usize,
        modifiers: Modifiers,
    ) -> usize {
        let tokens = self.tokens;
        let mut body = parameters;
        while !matches!(
            tokens.kind(body),
            BRACE | SEMICOLON | Kind::Close(_) | Kind::End
        ) {
            // The default value of an annotation's element may have braces: `default {}`.
            let is_default = tokens.kind(body) == Kind::Word && tokens.text(body) == "default";
            body = if is_default {
                statement_end(tokens, body)
            } else {
                tokens.after(body)
            };
        }
        let end = match tokens.kind(body) {
            BRACE => tokens.after(body),
            SEMICOLON => body + 1,
            _ => body,
        };
        // A method outside of any type is one of a compact source file (Java 25).
        let kind = if self.types.is_empty() {
            SymbolKind::Function
        } else {
            SymbolKind::Method
        };
        let definition = Definition {
            documented: self.javadoc.take().is_some(),
            ..self.definition(
                tokens.text(name),
                kind,
                start,
                end,
                self.is_public(modifiers),
            )
        };
        self.facts.open(definition);
        let branches = look_through(tokens, &mut self.names, parameters, end);
        self.facts.branches(branches);
        self.facts.close();
        end
    }

    fn fields(&mut self, start: usize, first: usize, modifiers: Modifiers) -> usize {
        let tokens = self.tokens;
        let documented = self.javadoc.take().is_some();
        let in_interface = self.types.last().is_some_and(|outer| outer.is_interface);
        let is_constant = in_interface || (modifiers.is_static && modifiers.is_final);
        let public = self.is_public(modifiers);
        let mut names = vec![first];
        let mut end = first + 1;
        while !matches!(tokens.kind(end), SEMICOLON | Kind::Close(_) | Kind::End) {
            if tokens.kind(end) == COMMA && declares(tokens, end + 1) {
                names.push(end + 1);
            }
            // Type arguments have commas of their own.
            let angles = (tokens.kind(end) == LESS)
                .then(|| after_angles(tokens, end))
                .flatten();
            end = angles.unwrap_or_else(|| tokens.after(end));
        }
        look_through(tokens, &mut self.names, first + 1, end);
        let end = end + usize::from(tokens.kind(end) == SEMICOLON);
        for name in names {
            let text = tokens.text(name);
            self.names.declare(text);
            if is_constant {
                let definition = Definition {
                    documented,
                    ..self.definition(text, SymbolKind::Constant, start, end, public)
                };
                self.facts.add(definition);
            }
        }
        end
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
        facts.syntax_errors.extend(self.imports.problem());
        facts
    }
}

/// Says whether `record` begins a declaration: it is a name elsewhere.
fn is_record(tokens: &JavaTokens<'_>, at: usize) -> bool {
    tokens.kind(at + 1) == Kind::Word && {
        let after = match tokens.kind(at + 2) {
            LESS => after_angles(tokens, at + 2).unwrap_or(at + 2),
            _ => at + 2,
        };
        let header = tokens.after(after);
        tokens.kind(after) == PARENTHESIS
            && (tokens.kind(header) == BRACE || tokens.text(header) == "implements")
    }
}

/// Says whether parentheses belong to the annotation that is named before them.
fn is_annotation(tokens: &JavaTokens<'_>, at: usize) -> bool {
    let mut place = at;
    while place > 1 && tokens.kind(place - 1) == Kind::Word {
        match tokens.kind(place - 2) {
            AT => return true,
            DOT => place -= 2,
            _ => return false,
        }
    }
    false
}

/// Says whether the name of another variable stands here: `int a = 1, b;`
fn declares(tokens: &JavaTokens<'_>, at: usize) -> bool {
    tokens.kind(at) == Kind::Word
        && matches!(tokens.kind(at + 1), EQUALS | COMMA | SEMICOLON | BRACKET)
}

/// Gives the place of the semicolon that ends a statement, or of what makes an end of it.
pub(super) fn statement_end(tokens: &JavaTokens<'_>, at: usize) -> usize {
    let mut end = at;
    while !matches!(tokens.kind(end), SEMICOLON | Kind::Close(_) | Kind::End) {
        end = tokens.after(end);
    }
    end
}

/// Gives the text of words and dots without the space between them, at most a thousand bytes.
pub(super) fn joined(tokens: &JavaTokens<'_>, first: usize, end: usize) -> String {
    let mut text = String::new();
    for place in first..end {
        let part = tokens.text(place);
        if text.len() + part.len() > 1_000 {
            break;
        }
        text.push_str(part);
    }
    text
}
