//! Reads a file of C or C++ as a preprocessor would not: all branches, no macro expanded. Finds where declarations begin and end, and
//! the bodies of functions; what a declaration says is decided in `declarations`.
//!
//! No parser for these languages reads text whose macros are not expanded without guessing; this one guesses from the few words before
//! a bracket, so that a macro it does not know costs one declaration and not the rest of the file.

use std::rc::Rc;

use synthesizer_model::{
    code::{CodeFacts, Import, Symbol, SymbolKind},
    text::ByteRange,
};

use super::{
    Dialect,
    conditionals::Conditionals,
    declarations::{self, Opening},
    functions,
    state::{Mode, Scope, ScopeKind, Skipped, State, Statement},
    symbols::{Shows, Symbols},
    tokens::{Kind, Lexer, Token},
    words,
};

/// Scopes within scopes that are told apart; deeper ones are left out.
const DEEPEST: usize = 128;

/// Longest name of a definition without what stands before it, in bytes.
pub(super) const MAX_NAME_BYTES: usize = 200;

/// Reads one file. `resynchronises` ends a function at a brace in the first column, whatever is open in it.
pub(super) fn scan(text: &str, dialect: Dialect, resynchronises: bool) -> Scanned {
    let mut scanner = Scanner::new(text, dialect, resynchronises);
    scanner.run();
    scanner.finish()
}

/// What a scan gives.
pub(super) struct Scanned {
    /// The facts.
    pub(super) facts: CodeFacts,
    /// Whether braces were left open or closed once too often.
    pub(super) is_unbalanced: bool,
}

pub(super) struct Scanner<'t> {
    pub(super) text: &'t str,
    pub(super) dialect: Dialect,
    pub(super) lexer: Lexer<'t>,
    pub(super) state: State,
    pub(super) conditionals: Conditionals,
    pub(super) symbols: Symbols,
    pub(super) imports: Vec<Import>,
    /// Names of macros that stand for the name of a file, with where it is written.
    pub(super) file_macros: Vec<(&'t str, bool, ByteRange)>,
    pub(super) namespace: Option<String>,
    /// The definitions of the last statement: the first one's place, and the line on which they end.
    last: Option<(usize, u32)>,
    resynchronises: bool,
    /// The line of the first closing brace that closes nothing.
    stray: Option<u32>,
    pub(super) left_out: Option<u32>,
}

impl<'t> Scanner<'t> {
    fn new(text: &'t str, dialect: Dialect, resynchronises: bool) -> Self {
        Self {
            text,
            dialect,
            lexer: Lexer::new(text, dialect.is_cplusplus),
            state: State::new(),
            conditionals: Conditionals::new(dialect.defines_cplusplus()),
            symbols: Symbols::default(),
            imports: Vec::new(),
            file_macros: Vec::new(),
            namespace: None,
            last: None,
            resynchronises,
            stray: None,
            left_out: None,
        }
    }

    fn run(&mut self) {
        loop {
            let token = self.lexer.next();
            match token.kind {
                Kind::End => return,
                Kind::Directive => self.directive(token),
                _ if !self.conditionals.is_read() => {}
                _ => match self.state.mode {
                    Mode::Skip(skipped) => self.skip(token, skipped),
                    Mode::Collect => self.collect(token),
                },
            }
        }
    }

    /// Goes on inside braces whose contents are left out, as long as no directive interrupts.
    fn skip(&mut self, first: Token, mut skipped: Skipped) {
        let mut token = first;
        let mut before = Kind::Mark(b'{');
        loop {
            match token.kind {
                Kind::Mark(b'{') => skipped.depth += 1,
                Kind::Mark(b'}') => {
                    skipped.depth -= 1;
                    let is_end = self.resynchronises
                        && skipped.function.is_some()
                        && self.begins_text_line(token);
                    if skipped.depth == 0 || is_end {
                        self.end_skip(token, skipped);
                        return;
                    }
                }
                Kind::Word if skipped.function.is_some() => {
                    skipped.branches += u32::from(is_branch(token.text(self.text)));
                }
                // `auto &&x` and `T<U> &&x` are no conjunctions.
                Kind::And if !matches!(before, Kind::Mark(b'>')) => skipped.branches += 1,
                Kind::Or | Kind::Mark(b'?') => skipped.branches += 1,
                Kind::Directive => {
                    self.state.mode = Mode::Skip(skipped);
                    self.directive(token);
                    return;
                }
                Kind::End => {
                    self.state.mode = Mode::Skip(skipped);
                    return;
                }
                _ => {}
            }
            before = token.kind;
            token = self.lexer.next();
        }
    }

    fn begins_text_line(&self, token: Token) -> bool {
        let start = token.start as usize;
        start == 0 || self.text.as_bytes().get(start - 1) == Some(&b'\n')
    }

    fn end_skip(&mut self, closing: Token, skipped: Skipped) {
        self.state.mode = Mode::Collect;
        if let Some(function) = skipped.function {
            self.symbols
                .end(function, closing.end as usize, closing.line);
            self.symbols
                .complexity(function, skipped.branches.saturating_add(1));
        }
        if skipped.continues {
            self.state.mark_braces(closing);
        } else {
            self.end(closing);
        }
    }

    /// Leaves braces out that begin with this token.
    fn begin_skip(&mut self, token: Token, continues: bool, function: Option<usize>) {
        self.state.mode = Mode::Skip(Skipped {
            depth: 1,
            continues,
            function,
            branches: 0,
            line: token.line,
        });
    }

    /// Takes a token of a declaration.
    fn collect(&mut self, token: Token) {
        self.conditionals.note_code();
        if self.state.statement.begun {
            self.end_value(token);
            self.forget_macro(token);
        }
        if !self.state.statement.begun {
            self.begin(token);
        }
        if self.state.statement.angles > 0 && self.template_parameter(token) {
            return;
        }
        let statement = &mut self.state.statement;
        match token.kind {
            Kind::Mark(b'(' | b'[') => {
                let is_call_operator = statement
                    .previous
                    .is_some_and(|previous| previous.text(self.text) == "operator");
                statement.in_operator &= is_call_operator;
                statement.open(token);
            }
            Kind::Mark(b')' | b']') => statement.close(token),
            Kind::Mark(b'{') => self.open_brace(token),
            Kind::Mark(b'}') => self.close_brace(token),
            Kind::Mark(b';') if statement.depth == 0 => self.end_statement(token),
            Kind::Mark(b':') if statement.depth == 0 => self.colon(token),
            Kind::Mark(b'=') if statement.depth == 0 => {
                let in_operator = statement.in_operator;
                statement.push(token);
                statement.has_value |= !in_operator;
            }
            Kind::Mark(b'<') => self.angle(token),
            Kind::Word if statement.depth == 0 => self.word(token),
            _ => statement.push(token),
        }
    }

    fn begin(&mut self, token: Token) {
        self.mark_trailing();
        if self.state.scopes.is_empty() {
            self.lexer.comments.close_top(token.line);
        }
        let documented = self.lexer.comments.lead(token.line, self.text);
        self.state.statement = Statement::beginning(token, documented);
    }

    /// Gives the last statement the comment that follows it on its line.
    pub(super) fn mark_trailing(&mut self) {
        if let Some((first, line)) = self.last.take()
            && self.lexer.comments.takes_trailing(line)
        {
            self.symbols.document_from(first);
        }
    }

    fn end(&mut self, last: Token) {
        self.state.statement = Statement::default();
        if let Some((_, line)) = &mut self.last {
            *line = last.line;
        }
    }

    /// A word behind the braces of a value is another declaration: a macro hides the end of the first, as in
    /// `SEQUENCE(X) = { … } SEQUENCE_END(X)`.
    fn end_value(&mut self, token: Token) {
        let statement = &self.state.statement;
        let Some(braces) = statement
            .previous
            .filter(|previous| previous.kind == Kind::Braces)
        else {
            return;
        };
        let is_operator = matches!(token.text(self.text), "and" | "or" | "xor");
        if statement.has_value && statement.depth == 0 && token.kind == Kind::Word && !is_operator {
            self.end_statement(braces);
        }
    }

    /// A macro on a line of its own, such as `BEGIN_DECLS` and `DECLARE(x)`, is no part of what follows.
    fn forget_macro(&mut self, token: Token) {
        let statement = &mut self.state.statement;
        if !token.begins_line
            || token.kind != Kind::Word
            || statement.depth > 0
            || statement.has_value
        {
            return;
        }
        let is_macro =
            |token: &Token| token.kind == Kind::Word && words::is_macro_like(token.text(self.text));
        let is_alone = match statement.tokens.as_slice() {
            [only] => is_macro(only),
            [name, open, .., close] => {
                let is_call = is_macro(name) && open.is(b'(') && close.is(b')') && close.depth == 0;
                is_call
                    && statement.tokens[1..statement.tokens.len() - 1]
                        .iter()
                        .skip(1)
                        .all(|inner| inner.depth > 0)
                    && !words::is_trailing_keyword(token.text(self.text))
            }
            _ => false,
        };
        if !is_alone {
            return;
        }
        if statement.tokens.len() == 1 && statement.line.saturating_add(1) == token.line {
            // `API` above a function on a line of its own: part of it, and so is the comment above.
            statement.tokens.clear();
            statement.documented |= self.lexer.comments.lead(token.line, self.text);
            return;
        }
        self.begin(token);
    }

    /// An opening angle bracket, which may begin template parameters.
    fn angle(&mut self, token: Token) {
        let statement = &mut self.state.statement;
        let follows = self.dialect.is_cplusplus
            && statement.depth == 0
            && statement
                .tokens
                .last()
                .is_some_and(|last| last.kind == Kind::Word && last.text(self.text) == "template");
        if !follows {
            statement.push(token);
            return;
        }
        statement.tokens.pop();
        statement.is_template = true;
        statement.angles = 1;
    }

    /// Takes a token within template parameters; says whether it was one.
    fn template_parameter(&mut self, token: Token) -> bool {
        let statement = &mut self.state.statement;
        match token.kind {
            Kind::Mark(b'(' | b'[') => statement.depth += 1,
            Kind::Mark(b')' | b']') => statement.depth = statement.depth.saturating_sub(1),
            Kind::Mark(b'<') if statement.depth == 0 => {
                statement.angles = statement.angles.saturating_add(1)
            }
            Kind::Mark(b'>') if statement.depth == 0 => statement.angles -= 1,
            Kind::Mark(b';' | b'{' | b'}') => {
                statement.angles = 0;
                statement.depth = 0;
                return false;
            }
            _ => {}
        }
        true
    }

    fn word(&mut self, token: Token) {
        let word = token.text(self.text);
        let statement = &mut self.state.statement;
        if words::is_type_key(word) && !statement.has_value && !statement.has_initializers {
            statement.has_type_key = true;
        }
        statement.in_operator |= word == "operator" && self.dialect.is_cplusplus;
        statement.push(token);
    }

    fn colon(&mut self, token: Token) {
        if self.access_label() {
            self.state.statement = Statement::default();
            return;
        }
        let statement = &mut self.state.statement;
        if statement.has_group && !statement.has_type_key && !statement.has_value {
            statement.has_initializers = true;
        }
        statement.push(token);
    }

    /// Takes `public:` and its likes, and labels that a macro writes, such as `PRIVATE_UNLESS_TESTED:`.
    fn access_label(&mut self) -> bool {
        let tokens = &self.state.statement.tokens;
        let Some(scope) = self.state.scopes.last_mut() else {
            return false;
        };
        if !self.dialect.is_cplusplus || scope.kind != ScopeKind::Type {
            return false;
        }
        if let Some(access) = declarations::access_label(tokens, self.text) {
            scope.access = access;
            return true;
        }
        matches!(tokens.as_slice(), [only] if words::is_macro_like(only.text(self.text)))
    }

    fn open_brace(&mut self, token: Token) {
        let statement = &self.state.statement;
        let previous = statement.previous.filter(|_| statement.has_initializers);
        let initialises_member = previous.is_some_and(|previous| {
            (previous.kind == Kind::Word && previous.text(self.text) != "try") || previous.is(b'>')
        });
        if statement.depth > 0 || statement.has_value || initialises_member {
            self.begin_skip(token, true, None);
            return;
        }
        let opening = declarations::opening(self);
        let is_too_deep = self.state.scopes.len() >= DEEPEST;
        match opening {
            Opening::Continues => self.begin_skip(token, true, None),
            Opening::Nothing => self.begin_skip(token, false, None),
            Opening::Function(found) => {
                self.last = Some((self.symbols.len(), token.line));
                let symbol = self.define(&found.name, found.kind, found.public, found.shows, token);
                self.begin_skip(token, false, symbol);
            }
            Opening::Scope(_) | Opening::Type(_) if is_too_deep => {
                self.left_out.get_or_insert(token.line);
                self.begin_skip(token, false, None);
            }
            Opening::Scope(scope) => {
                let symbol = scope.defines.then(|| {
                    self.define(
                        &scope.name,
                        SymbolKind::Module,
                        scope.public,
                        Shows::Definition,
                        token,
                    )
                });
                self.state.scopes.push(Scope {
                    kind: scope.kind,
                    name: shortened(if scope.is_transparent {
                        ""
                    } else {
                        &scope.name
                    }),
                    visible: scope.visible,
                    access: true,
                    exported: scope.exported,
                    line: token.line,
                    symbol: symbol.flatten(),
                    head: None,
                });
                self.state.statement = Statement::default();
            }
            Opening::Type(found) => self.open_type(token, &found),
        }
    }

    fn open_type(&mut self, token: Token, found: &declarations::TypeHead) {
        let symbol = match &found.name {
            Some(name) => self.define(name, found.kind, found.public, Shows::Definition, token),
            None => None,
        };
        self.state.statement.defined_type = symbol.or(self.state.statement.defined_type);
        if found.is_enumeration {
            self.begin_skip(token, true, None);
            return;
        }
        let head = Rc::new(std::mem::take(&mut self.state.statement));
        // C has one space of names for all types, wherever they stand.
        let name = found.name.as_deref().filter(|_| self.dialect.is_cplusplus);
        self.state.scopes.push(Scope {
            kind: ScopeKind::Type,
            name: shortened(name.unwrap_or_default()),
            visible: found.public,
            access: found.members_are_public,
            exported: false,
            line: token.line,
            symbol,
            head: Some(head),
        });
    }

    fn close_brace(&mut self, token: Token) {
        let Some(scope) = self.state.scopes.pop() else {
            self.stray.get_or_insert(token.line);
            self.state.statement = Statement::default();
            return;
        };
        if let Some(symbol) = scope.symbol {
            self.symbols.end(symbol, token.end as usize, token.line);
        }
        self.state.statement = Statement::default();
        if let Some(head) = scope.head {
            self.state.statement = Rc::unwrap_or_clone(head);
            self.state.mark_braces(token);
        }
    }

    fn end_statement(&mut self, token: Token) {
        if !self.dialect.is_cplusplus
            && self.state.enclosing_type().is_none()
            && let Some(head) = functions::old_style_head(&self.state.statement.tokens, self.text)
        {
            self.state.statement.tokens.truncate(head);
            return;
        }
        if let Some(symbol) = self.state.statement.defined_type {
            self.symbols.end(symbol, token.end as usize, token.line);
        }
        let first = self.symbols.len();
        for found in declarations::declared(self) {
            self.define(&found.name, found.kind, found.public, found.shows, token);
        }
        let first = self.state.statement.defined_type.unwrap_or(first);
        self.last = Some((first.min(self.symbols.len()), token.line));
        self.end(token);
    }

    /// Keeps a definition of the statement, which ends with the given token as far as is known.
    fn define(
        &mut self,
        name: &str,
        kind: SymbolKind,
        public: bool,
        shows: Shows,
        last: Token,
    ) -> Option<usize> {
        let statement = &self.state.statement;
        let mut full = self.state.prefix();
        full.push_str(&name[..name.floor_char_boundary(MAX_NAME_BYTES)]);
        let symbol = Symbol {
            name: full,
            kind,
            lines: (statement.line, last.line),
            range: ByteRange::new(statement.start as usize, last.end as usize),
            public,
            documented: statement.documented,
            complexity: None,
            typed: None,
        };
        self.symbols.add(symbol, shows)
    }

    fn finish(mut self) -> Scanned {
        self.mark_trailing();
        let unclosed = match self.state.mode {
            Mode::Skip(skipped) => Some(skipped.line),
            Mode::Collect => self
                .state
                .scopes
                .iter()
                .find(|scope| scope.kind == ScopeKind::Type)
                .map(|scope| scope.line),
        };
        let mut syntax_errors = Vec::new();
        if let Some((line, what)) = self.lexer.unclosed {
            syntax_errors.push((line, format!("the {what} that begins here is not closed")));
        } else if self.conditionals.is_open() {
            syntax_errors.push((self.lexer_line(), "an `#if` is not closed".to_owned()));
        } else if let Some(line) = unclosed {
            syntax_errors.push((line, "a brace that opens here is not closed".to_owned()));
        }
        if let Some(line) = self.left_out.or(self.symbols.left_out) {
            let what =
                "too many definitions or imports, or nested too deeply; the rest is left out";
            syntax_errors.push((line, what.to_owned()));
        }
        let is_unbalanced = unclosed.is_some() || self.stray.is_some();
        let facts = CodeFacts {
            symbols: self.symbols.finish(self.dialect.is_cplusplus),
            imports: self.imports,
            namespace: self.namespace,
            documentation: self.lexer.comments.about_the_file(self.text),
            exports_more: false,
            syntax_errors,
        };
        Scanned {
            facts,
            is_unbalanced,
        }
    }

    fn lexer_line(&mut self) -> u32 {
        self.lexer.next().line
    }
}

fn shortened(name: &str) -> Rc<str> {
    Rc::from(&name[..name.floor_char_boundary(MAX_NAME_BYTES)])
}

/// Says whether a word is a branch of its function, by McCabe.
fn is_branch(word: &str) -> bool {
    matches!(
        word,
        "if" | "for" | "while" | "case" | "catch" | "and" | "or"
    )
}
