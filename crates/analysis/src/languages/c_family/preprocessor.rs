//! What the scanner does with directives: conditions change where it is, includes are imports, macros are definitions.

use synthesizer_model::{
    code::{Circumstances, Import, ImportForm, Symbol, SymbolKind},
    text::ByteRange,
};

use super::{
    comments::is_trailing,
    directives::{self, Condition, Directive, Included},
    scanner::{MAX_NAME_BYTES, Scanner},
    state::{Mode, Skipped, State},
    symbols::Shows,
    tokens::Token,
};

/// Imports that are kept of one file.
const MOST_IMPORTS: usize = 100_000;

/// Macros that stand for the name of a file and are kept of one file.
const MOST_FILE_MACROS: usize = 64;

impl<'t> Scanner<'t> {
    /// Keeps the import of a module.
    pub(super) fn import_module(
        &mut self,
        target: String,
        form: ImportForm,
        range: ByteRange,
        line: u32,
    ) {
        self.import(target, form, range, line, Circumstances::default());
    }

    fn import(
        &mut self,
        target: String,
        form: ImportForm,
        range: ByteRange,
        line: u32,
        circumstances: Circumstances,
    ) {
        if self.imports.len() >= MOST_IMPORTS {
            self.left_out.get_or_insert(line);
            return;
        }
        let conditional = self.conditionals.is_conditional();
        self.imports.push(Import {
            target,
            form,
            names: Vec::new(),
            range,
            line,
            circumstances: Circumstances {
                conditional,
                ..circumstances
            },
        });
    }

    /// Takes a directive.
    pub(super) fn directive(&mut self, token: Token) {
        match directives::read(token.text(self.text), token.start as usize) {
            Directive::If(condition) => {
                self.note_asked(&condition, token);
                self.conditionals.begin(&condition, &self.state);
            }
            Directive::Elif(condition) => {
                let next = self.conditionals.turn(Some(&condition), &self.state);
                self.go_on(next, token);
                self.note_asked(&condition, token);
            }
            Directive::Else => {
                let next = self.conditionals.turn(None, &self.state);
                self.go_on(next, token);
            }
            Directive::Endif => {
                let next = self.conditionals.end();
                self.go_on(next, token);
            }
            Directive::Include(included) if self.conditionals.is_read() => {
                self.include(included, token, false);
            }
            Directive::Embed(included) if self.conditionals.is_read() => {
                self.include(included, token, true);
            }
            Directive::Define {
                name,
                is_function,
                body,
            } => {
                if !self.conditionals.is_guard(name) && self.conditionals.is_read() {
                    self.macro_definition(name, is_function, body, token);
                }
            }
            Directive::Include(_) | Directive::Embed(_) | Directive::Other => {}
        }
    }

    /// Goes on with another state. A function that is open in this one ends here.
    fn go_on(&mut self, next: Option<State>, token: Token) {
        let Some(next) = next else {
            return;
        };
        if let Mode::Skip(Skipped {
            function: Some(function),
            branches,
            ..
        }) = self.state.mode
        {
            let continues =
                matches!(next.mode, Mode::Skip(other) if other.function == Some(function));
            if !continues {
                self.symbols.end(function, token.start as usize, token.line);
                self.symbols
                    .complexity(function, branches.saturating_add(1));
            }
        }
        self.state = next;
    }

    /// A file that a condition asks for is one that the code can do without.
    fn note_asked(&mut self, condition: &Condition<'_>, token: Token) {
        if !self.conditionals.is_read() {
            return;
        }
        for (_, expression, range) in &condition.asked {
            let target = expression.split_whitespace().collect();
            let circumstances = Circumstances {
                guarded: true,
                ..Circumstances::default()
            };
            self.import(
                target,
                ImportForm::Computed,
                *range,
                token.line,
                circumstances,
            );
        }
    }

    fn include(&mut self, included: Included<'t>, token: Token, is_embedded: bool) {
        let (mut name, form, mut range) = match included {
            Included::Quoted(name, range) => (name, ImportForm::Include, range),
            Included::Angled(name, range) => (name, ImportForm::SystemInclude, range),
            Included::Computed(name, range) => (name, ImportForm::Computed, range),
        };
        let mut form = if is_embedded && form != ImportForm::Computed {
            ImportForm::Resource
        } else {
            form
        };
        let file_macro = self
            .file_macros
            .iter()
            .rfind(|(macro_name, ..)| *macro_name == name);
        if let (ImportForm::Computed, Some((_, is_quoted, of))) = (form, file_macro) {
            range = *of;
            name = range.of(self.text).unwrap_or_default();
            form = if *is_quoted {
                ImportForm::Include
            } else {
                ImportForm::SystemInclude
            };
        }
        let circumstances = Circumstances {
            guarded: self.conditionals.asks_for(name),
            ..Circumstances::default()
        };
        let before =
            &self.text.as_bytes()[token.start as usize..range.start.max(token.start as usize)];
        let line =
            token.line + u32::try_from(memchr::memchr_iter(b'\n', before).count()).unwrap_or(0);
        let line = if range.start < token.start as usize {
            token.line
        } else {
            line
        };
        self.import(name.to_owned(), form, range, line, circumstances);
    }

    fn macro_definition(
        &mut self,
        name: &'t str,
        is_function: bool,
        body: ByteRange,
        token: Token,
    ) {
        self.mark_trailing();
        let written = body.of(self.text).unwrap_or_default();
        if written.is_empty() {
            return;
        }
        self.note_file_macro(name, written, body);
        let kind = if is_function {
            SymbolKind::Function
        } else {
            SymbolKind::Constant
        };
        let whole = token.text(self.text).trim_end();
        let lines =
            u32::try_from(memchr::memchr_iter(b'\n', whole.as_bytes()).count()).unwrap_or(0);
        let rest = &whole[(body.end - token.start as usize).min(whole.len())..];
        let documented =
            self.lexer.comments.lead(token.line, self.text) || is_trailing(rest.trim_start());
        let start = token.start as usize;
        let symbol = Symbol {
            name: name[..name.floor_char_boundary(MAX_NAME_BYTES)].to_owned(),
            kind,
            lines: (token.line, token.line.saturating_add(lines)),
            range: ByteRange::new(start, start + whole.len()),
            public: self.dialect.is_header,
            documented,
            complexity: None,
            typed: None,
        };
        self.symbols.add(symbol, Shows::Macro);
    }

    /// `#define CONFIG "x.h"` for a later `#include CONFIG`.
    fn note_file_macro(&mut self, name: &'t str, written: &str, body: ByteRange) {
        let is_quoted = written.len() > 2 && written.starts_with('"') && written.ends_with('"');
        let is_angled = written.len() > 2 && written.starts_with('<') && written.ends_with('>');
        if (is_quoted || is_angled) && self.file_macros.len() < MOST_FILE_MACROS {
            let range = ByteRange::new(body.start + 1, body.end - 1);
            self.file_macros.push((name, is_quoted, range));
        }
    }
}
