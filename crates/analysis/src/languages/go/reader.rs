//! Collects the facts of one Go file from its tokens: declarations at the top, branches in bodies. Knows no other file.

use synthesizer_model::{
    code::{Circumstances, CodeFacts, Import, ImportForm, SymbolKind},
    text::{ByteRange, escape_untrusted},
};

use super::{
    comments::Comments,
    directives,
    lexer::{self, Lexed},
    tokens::{GoTokens, Kind},
};
use crate::languages::{
    documentation::documentation_summary,
    facts_builder::{Definition, FactsBuilder},
    lexical::Shape,
};

/// Largest text that is read.
const MAX_TEXT_BYTES: usize = 16 << 20;

/// Syntax errors that are kept.
const MOST_ERRORS: usize = 100;

/// Reads the facts of one file.
pub(super) fn read(text: &str) -> CodeFacts {
    if text.len() > MAX_TEXT_BYTES {
        let refusal = format!("larger than {} MiB, not parsed", MAX_TEXT_BYTES >> 20);
        return CodeFacts {
            syntax_errors: vec![(1, refusal)],
            ..CodeFacts::default()
        };
    }
    let Lexed {
        tokens,
        comments,
        problems,
    } = lexer::lex(text);
    let errors = problems
        .into_iter()
        .map(|(position, what)| (tokens.line_of(position), what))
        .collect();
    let mut reader = Reader {
        comments: Comments {
            text,
            list: comments,
        },
        tokens,
        facts: FactsBuilder::default(),
        circumstances: Circumstances::default(),
        errors,
    };
    reader.directives();
    reader.declarations();
    reader.finish()
}

struct Reader<'t> {
    tokens: GoTokens<'t>,
    comments: Comments<'t>,
    facts: FactsBuilder,
    /// When the whole file's imports run.
    circumstances: Circumstances,
    errors: Vec<(u32, String)>,
}

/// A declaration that may declare several things in brackets.
#[derive(Clone, Copy)]
struct Declaration {
    /// Its keyword.
    keyword: usize,
    /// The token after it.
    end: usize,
    documented: bool,
    kind: Kind,
}

impl<'t> Reader<'t> {
    /// Reads the comments that speak to tools.
    fn directives(&mut self) {
        let code_begins = self.tokens.range(0, 1).start;
        for comment in &self.comments.list {
            let text = comment.of(self.comments.text).unwrap_or_default();
            if comment.start < code_begins && directives::is_build_constraint(text) {
                self.circumstances.conditional = true;
            }
            for (pattern, range) in directives::embedded_patterns(text, comment.start) {
                self.facts.import(Import {
                    target: pattern.to_owned(),
                    form: ImportForm::Resource,
                    names: Vec::new(),
                    range,
                    line: self.tokens.line_of(comment.start),
                    circumstances: self.circumstances,
                });
            }
        }
    }

    fn declarations(&mut self) {
        let mut at = 0;
        while at < self.tokens.len() {
            at = match self.tokens.kind(at) {
                Kind::Semicolon => at + 1,
                Kind::Package => self.package(at),
                Kind::Func => self.function(at),
                Kind::Import | Kind::Type | Kind::Var | Kind::Const => self.declaration(at),
                _ => {
                    self.unexpected(at);
                    self.statement_end(at, self.tokens.len())
                }
            };
        }
    }

    fn unexpected(&mut self, token: usize) {
        if self.errors.len() < MOST_ERRORS {
            let text: String = self.tokens.text(token).chars().take(40).collect();
            let what = format!("unexpected `{}`", escape_untrusted(&text));
            self.errors.push((self.tokens.line(token), what));
        }
    }

    /// Gives the semicolon that ends a statement, or `end`; what stands in brackets ends none.
    fn statement_end(&self, first: usize, end: usize) -> usize {
        let mut at = first;
        while at < end && self.tokens.kind(at) != Kind::Semicolon {
            at = self.tokens.after(at).max(at + 1);
        }
        at.min(end)
    }

    fn documentation(&self, token: usize) -> Option<&'t str> {
        let offset = self.tokens.range(token, token + 1).start;
        let (comments, _) = self.comments.before(offset)?;
        directives::is_documentation(comments).then_some(comments)
    }

    fn package(&mut self, at: usize) -> usize {
        let documentation = self.documentation(at).and_then(documentation_summary);
        let facts = self.facts.facts();
        if facts.namespace.is_none() && self.tokens.kind(at + 1) == Kind::Identifier {
            facts.namespace = Some(self.tokens.text(at + 1).to_owned());
            facts.documentation = documentation;
        }
        self.statement_end(at + 1, self.tokens.len())
    }

    fn function(&mut self, at: usize) -> usize {
        let has_receiver = self.tokens.kind(at + 1) == Kind::Open(Shape::Round);
        let name = if has_receiver {
            self.tokens.after(at + 1)
        } else {
            at + 1
        };
        let body = self.body(name + 1);
        let has_body = self.tokens.kind(body) == Kind::Open(Shape::Curly);
        let end = if has_body {
            self.tokens.after(body)
        } else {
            body
        };
        if self.tokens.kind(name) != Kind::Identifier {
            self.unexpected(name);
            return end.max(at + 1);
        }
        let own_name = self.tokens.text(name);
        let receiver = if has_receiver {
            self.receiver_type(at + 2, self.tokens.partner(at + 1))
        } else {
            ""
        };
        let full = format!("{receiver}.{own_name}");
        let (name, kind) = if has_receiver {
            (full.as_str(), SymbolKind::Method)
        } else {
            (own_name, SymbolKind::Function)
        };
        let definition = Definition {
            name,
            kind,
            lines: self.tokens.lines(at, end),
            range: self.tokens.range(at, end),
            public: is_exported(own_name) && (!has_receiver || is_exported(receiver)),
            documented: self.documentation(at).is_some(),
            typed: None,
        };
        if own_name == "_" {
            return end;
        }
        if !has_body {
            self.facts.add(definition);
            return end;
        }
        self.facts.open(definition);
        let branches = self.branches(body + 1, self.tokens.partner(body));
        self.facts.branches(branches);
        self.facts.close();
        end
    }

    /// Finds a function's body, or the semicolon that ends it without one. The brackets of types are no body.
    fn body(&self, first: usize) -> usize {
        let mut at = first;
        while at < self.tokens.len() {
            match self.tokens.kind(at) {
                Kind::Semicolon => break,
                Kind::Open(Shape::Curly)
                    if !matches!(self.tokens.kind(at - 1), Kind::Interface | Kind::Struct) =>
                {
                    break;
                }
                _ => at = self.tokens.after(at),
            }
        }
        at
    }

    /// Finds the name of the type that a method belongs to: `T` of `(t *T[K])`.
    fn receiver_type(&self, first: usize, end: usize) -> &'t str {
        let mut name = "";
        let mut at = first;
        while at < end {
            match self.tokens.kind(at) {
                Kind::Identifier => name = self.tokens.text(at),
                Kind::Open(Shape::Round) => {
                    at += 1; // `(*(T))`
                    continue;
                }
                Kind::Comma => break,
                _ => {}
            }
            at = self.tokens.after(at);
        }
        name
    }

    fn branches(&self, first: usize, end: usize) -> u32 {
        let branching = (first..end).filter(|token| {
            matches!(
                self.tokens.kind(*token),
                Kind::If | Kind::For | Kind::Case | Kind::Logical
            )
        });
        u32::try_from(branching.count()).unwrap_or(u32::MAX)
    }

    fn declaration(&mut self, at: usize) -> usize {
        let end = self.statement_end(at + 1, self.tokens.len());
        let declaration = Declaration {
            keyword: at,
            end,
            documented: self.documentation(at).is_some(),
            kind: self.tokens.kind(at),
        };
        if self.tokens.kind(at + 1) != Kind::Open(Shape::Round) {
            self.specification(declaration, at + 1, end);
            return end;
        }
        let last = self.tokens.partner(at + 1);
        let mut spec = at + 2;
        while spec < last {
            let spec_end = self.statement_end(spec, last);
            if spec_end > spec {
                self.specification(declaration, spec, spec_end);
            }
            spec = spec_end + 1;
        }
        end
    }

    fn specification(&mut self, declaration: Declaration, first: usize, end: usize) {
        match declaration.kind {
            Kind::Import => self.import(first, end),
            Kind::Type => self.type_definition(declaration, first, end),
            _ => self.constants(declaration, first, end),
        }
    }

    fn import(&mut self, first: usize, end: usize) {
        let path = first + usize::from(end > first + 1);
        let quoted = self.tokens.range(path, path + 1);
        let is_path = matches!(self.tokens.kind(path), Kind::Text | Kind::RawText);
        if !is_path || quoted.end < quoted.start + 2 {
            return self.unexpected(path);
        }
        let range = ByteRange::new(quoted.start + 1, quoted.end - 1);
        let target = range.of(self.tokens.file_text()).unwrap_or_default();
        let takes_all = path > first && self.tokens.kind(first) == Kind::Dot;
        if target == "C" {
            self.c_headers(first);
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
            line: self.tokens.line(path),
            circumstances: self.circumstances,
        });
    }

    /// Keeps what the C text above `import "C"` includes.
    fn c_headers(&mut self, spec: usize) {
        let is_alone = spec > 0 && self.tokens.kind(spec - 1) == Kind::Import;
        let offset = self
            .tokens
            .range(spec - usize::from(is_alone), spec + 1)
            .start;
        let Some((comments, start)) = self.comments.before(offset) else {
            return;
        };
        for header in directives::included_headers(comments) {
            let start = start + header.start;
            self.facts.import(Import {
                target: header.name.to_owned(),
                form: if header.system {
                    ImportForm::SystemInclude
                } else {
                    ImportForm::Include
                },
                names: Vec::new(),
                range: ByteRange::new(start, start + header.name.len()),
                line: self.tokens.line_of(start),
                circumstances: self.circumstances,
            });
        }
    }

    /// Makes the definition of something that a declaration declares: alone it has the whole declaration's extent.
    fn declared(
        &self,
        declaration: Declaration,
        first: usize,
        end: usize,
        name: &'t str,
        kind: SymbolKind,
    ) -> Definition<'t> {
        let is_alone = declaration.keyword + 1 == first && declaration.end == end;
        let first_of_all = if is_alone { declaration.keyword } else { first };
        Definition {
            name,
            kind,
            lines: self.tokens.lines(first_of_all, end),
            range: self.tokens.range(first_of_all, end),
            public: is_exported(name),
            documented: declaration.documented || self.documentation(first).is_some(),
            typed: None,
        }
    }

    fn type_definition(&mut self, declaration: Declaration, first: usize, end: usize) {
        if self.tokens.kind(first) != Kind::Identifier {
            return self.unexpected(first);
        }
        let name = self.tokens.text(first);
        if name == "_" {
            return;
        }
        let definition = self.declared(declaration, first, end, name, SymbolKind::Type);
        self.facts.open(definition);
        let mut at = first + 1;
        if self.tokens.kind(at) == Kind::Open(Shape::Square) {
            at = self.tokens.after(at);
        }
        if self.tokens.kind(at) == Kind::Equals {
            at += 1;
        }
        if self.tokens.kind(at) == Kind::Interface {
            self.interface_methods(at + 1, definition.public);
        }
        self.facts.close();
    }

    fn interface_methods(&mut self, open: usize, public: bool) {
        let end = self.tokens.partner(open);
        let mut at = open + 1;
        while at < end {
            let element_end = self.statement_end(at, end);
            let is_method = self.tokens.kind(at) == Kind::Identifier
                && self.tokens.kind(at + 1) == Kind::Open(Shape::Round);
            if is_method {
                let name = self.tokens.text(at);
                self.facts.add(Definition {
                    name,
                    kind: SymbolKind::Method,
                    lines: self.tokens.lines(at, element_end),
                    range: self.tokens.range(at, element_end),
                    public: public && is_exported(name),
                    documented: self.documentation(at).is_some(),
                    typed: None,
                });
            }
            at = element_end + 1;
        }
    }

    fn constants(&mut self, declaration: Declaration, first: usize, end: usize) {
        let mut at = first;
        while at < end && self.tokens.kind(at) == Kind::Identifier {
            let name = self.tokens.text(at);
            if name != "_" {
                let kind = SymbolKind::Constant;
                let definition = self.declared(declaration, first, end, name, kind);
                self.facts.add(definition);
            }
            if self.tokens.kind(at + 1) != Kind::Comma {
                break;
            }
            at += 2;
        }
    }

    fn finish(self) -> CodeFacts {
        let mut facts = self.facts.finish();
        facts.imports.sort_by_key(|import| import.range.start);
        facts.syntax_errors.extend(self.errors);
        facts.syntax_errors.sort_by_key(|(line, _)| *line);
        facts.syntax_errors.truncate(MOST_ERRORS);
        facts
    }
}

fn is_exported(name: &str) -> bool {
    name.chars().next().is_some_and(char::is_uppercase)
}
