//! Looks through bodies, types, attributes and macros in one pass: branches, paths, imports, files that are read by name.

use std::borrow::Cow;

use synthesizer_model::code::{Circumstances, Import, ImportForm};

use super::{path_uses::PathUse, reader::Reader, tokens::Kind, use_trees::UseTree};
use crate::languages::lexical::Shape;

/// Longest text of a computed name, in bytes.
const MAX_COMPUTED_BYTES: usize = 200;

/// What is counted and remembered along a pass.
#[derive(Default)]
struct Pass {
    branches: i64,
    /// The token before which everything is there in some builds only.
    conditional_until: usize,
    /// Whether the next `for` belongs to an `impl`.
    in_implementation: bool,
    /// The value of `#[path = "…"]` before the statement.
    module_path: Option<usize>,
}

impl<'t> Reader<'t> {
    /// Looks through the tokens from the first to the one before `end`; gives the number of branches.
    pub(super) fn code(&mut self, first: usize, end: usize, circumstances: Circumstances) -> u32 {
        let end = end.min(self.tokens.len());
        let mut pass = Pass::default();
        let mut at = first;
        while at < end {
            let here = Circumstances {
                conditional: circumstances.conditional || at < pass.conditional_until,
                ..circumstances
            };
            at = match self.tokens.kind(at) {
                Kind::Use if self.tokens.kind(at + 1) != Kind::Less => {
                    self.local_use(at, end, here)
                }
                Kind::Mod => self.local_module(at, here, pass.module_path.take()),
                Kind::Extern if self.tokens.kind(at + 1) == Kind::Crate => {
                    self.external_crate(at + 1, false, here)
                }
                Kind::Identifier
                | Kind::Crate
                | Kind::SelfValue
                | Kind::SelfType
                | Kind::Super
                | Kind::PathSeparator
                | Kind::Dollar => self.path(at, end, here),
                Kind::Hash => {
                    self.note_attribute(at, end, &mut pass);
                    at + 1
                }
                kind => {
                    self.count(kind, at, first, &mut pass);
                    at + 1
                }
            };
        }
        u32::try_from(pass.branches.max(0)).unwrap_or(u32::MAX)
    }

    fn count(&self, kind: Kind, at: usize, first: usize, pass: &mut Pass) {
        let before = if at > first {
            self.tokens.kind(at - 1)
        } else {
            Kind::End
        };
        match kind {
            Kind::If | Kind::While => pass.branches += 1,
            Kind::FatArrow => pass.branches += 1,
            // A match with n arms has n - 1 branches more than none.
            Kind::Match => pass.branches -= 1,
            Kind::And | Kind::Or | Kind::Question if before.ends_expression() => pass.branches += 1,
            // `let … else`; the `else` of `if` follows a bracket.
            Kind::Else if before != Kind::Close(Shape::Curly) => pass.branches += 1,
            Kind::For if pass.in_implementation => pass.in_implementation = false,
            Kind::For if self.tokens.kind(at + 1) != Kind::Less => pass.branches += 1,
            Kind::Impl => pass.in_implementation = self.is_local_implementation(at, before),
            Kind::Open(Shape::Curly) | Kind::Semicolon => {
                pass.in_implementation = false;
                pass.module_path = None;
            }
            _ => {}
        }
    }

    /// Tells `impl X for Y {` from the type `impl X`.
    fn is_local_implementation(&self, at: usize, before: Kind) -> bool {
        let begins = matches!(
            before,
            Kind::End | Kind::Semicolon | Kind::Open(_) | Kind::Close(_) | Kind::Unsafe
        );
        begins && self.tokens.kind(at + 1) != Kind::End
    }

    fn note_attribute(&self, hash: usize, end: usize, pass: &mut Pass) {
        let name = hash + 2;
        if self.tokens.kind(hash + 1) != Kind::Open(Shape::Square) {
            return;
        }
        if self.tokens.is_word(name, "path") && self.tokens.kind(name + 1) == Kind::Equals {
            pass.module_path = Some(name + 2);
        } else if self.tokens.is_word(name, "cfg") {
            self.note_condition(hash, end, pass);
        }
    }

    /// Notes what `#[cfg(…)]` is about: up to the end of the statement, or of its first block.
    fn note_condition(&self, hash: usize, end: usize, pass: &mut Pass) {
        if hash < pass.conditional_until {
            return;
        }
        let mut at = self.tokens.after(hash + 1);
        while at < end {
            let kind = self.tokens.kind(at);
            let next = self.tokens.after(at);
            match kind {
                Kind::Semicolon | Kind::Comma | Kind::Close(_) => break,
                Kind::Open(Shape::Curly) => {
                    at = next;
                    break;
                }
                _ => at = next,
            }
        }
        pass.conditional_until = at;
    }

    fn local_use(&mut self, at: usize, end: usize, circumstances: Circumstances) -> usize {
        let is_public = at > 0 && self.tokens.kind(at - 1) == Kind::Pub;
        let form = if is_public && !circumstances.in_function {
            ImportForm::ReExport
        } else {
            ImportForm::Static
        };
        let tree = UseTree {
            first: at + 1,
            end,
            form,
            circumstances,
        };
        self.take_tree(&tree).max(at + 1)
    }

    /// Reads `mod x;` in a function or a macro.
    fn local_module(
        &mut self,
        at: usize,
        circumstances: Circumstances,
        path: Option<usize>,
    ) -> usize {
        let name = at + 1;
        let is_declaration = self.tokens.kind(name) == Kind::Identifier
            && self.tokens.kind(name + 1) == Kind::Semicolon;
        if is_declaration {
            let own = self.tokens.text(name);
            let placed = path.and_then(|token| Some((token, self.tokens.literal(token)?)));
            let (token, (target, range)) =
                placed.unwrap_or((name, (own, self.tokens.range(name, name + 1))));
            self.facts.import(Import {
                target: target.to_owned(),
                form: ImportForm::ModuleDeclaration,
                names: vec![own.to_owned()],
                range,
                line: self.tokens.line(token),
                circumstances,
            });
        }
        name
    }

    /// Reads `extern crate x as y`, from the word `crate` on.
    pub(super) fn external_crate(
        &mut self,
        crate_word: usize,
        public: bool,
        circumstances: Circumstances,
    ) -> usize {
        let name = crate_word + 1;
        let has_alias = self.tokens.kind(name + 1) == Kind::As;
        let end = name + if has_alias { 3 } else { 1 };
        if self.tokens.kind(name) == Kind::Identifier {
            let text = self.tokens.text(name);
            let bound = if has_alias {
                self.tokens.text(name + 2)
            } else {
                text
            };
            self.paths.bind(bound);
            self.facts.import(Import {
                target: text.to_owned(),
                form: if public {
                    ImportForm::ReExport
                } else {
                    ImportForm::Static
                },
                names: vec![text.to_owned()],
                range: self.tokens.range(name, name + 1),
                line: self.tokens.line(name),
                circumstances,
            });
        }
        end + usize::from(self.tokens.kind(end) == Kind::Semicolon)
    }

    /// Reads a path, and the files that a macro of its name reads; gives the token after the path.
    fn path(&mut self, first: usize, end: usize, circumstances: Circumstances) -> usize {
        let mut at = first;
        let mut names = 0;
        if self.tokens.kind(at) == Kind::Dollar {
            // Only `$crate` leads anywhere; `$x::y` is known where the macro is called.
            if self.tokens.kind(at + 1) != Kind::Crate {
                return self.after_path(at + 1, end);
            }
            at += 1;
        }
        if self.tokens.kind(at) == Kind::PathSeparator {
            if !self.tokens.kind(at + 1).is_segment() {
                return at + 1;
            }
            at += 1;
        }
        let mut last = at;
        while at < end && self.tokens.kind(at).is_segment() {
            names += 1;
            last = at;
            at += 1;
            if self.tokens.kind(at) != Kind::PathSeparator || !self.tokens.kind(at + 1).is_segment()
            {
                break;
            }
            at += 1;
        }
        let is_member = first > 0 && self.tokens.kind(first - 1) == Kind::Dot;
        let begins_globally = self.tokens.kind(first) == Kind::PathSeparator;
        let follows = first > 0 && begins_globally && self.continues(first - 1);
        if (names > 1 || begins_globally) && !is_member && !follows {
            self.note_path(first, last + 1, circumstances);
        }
        if self.tokens.kind(last + 1) == Kind::Bang {
            if self.is_template(last) {
                return self.tokens.after(last + 2);
            }
            self.macro_resource(last, circumstances);
        }
        at.max(first + 1)
    }

    /// Says whether a macro's contents are code for another place, whose paths mean nothing here.
    fn is_template(&self, name: usize) -> bool {
        let is_quote = matches!(
            self.tokens.text(name),
            "quote" | "quote_spanned" | "parse_quote" | "parse_quote_spanned"
        );
        is_quote && matches!(self.tokens.kind(name + 2), Kind::Open(_))
    }

    /// Says whether `::` after a token goes on with it: `<T>::x`, `$x::y`.
    fn continues(&self, token: usize) -> bool {
        let kind = self.tokens.kind(token);
        kind == Kind::Greater || kind.is_segment() || matches!(kind, Kind::Close(_))
    }

    fn after_path(&self, first: usize, end: usize) -> usize {
        let mut at = first;
        while at < end
            && (self.tokens.kind(at).is_segment() || self.tokens.kind(at) == Kind::PathSeparator)
        {
            at += 1;
        }
        at.max(first)
    }

    fn note_path(&mut self, first: usize, end: usize, circumstances: Circumstances) {
        let range = self.tokens.range(first, end);
        let Some(text) = range.of(self.tokens.file_text()) else {
            return;
        };
        let is_plain = text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'_' | b'#' | b'$'));
        let path = if is_plain {
            Cow::Borrowed(text)
        } else {
            let parts = (first..end).map(|token| self.tokens.text(token));
            Cow::Owned(parts.collect())
        };
        self.paths.note(PathUse {
            path,
            range,
            line: self.tokens.line(first),
            circumstances,
        });
    }

    /// Keeps the file that `include!("x")`, `include_str!("x")` or `include_bytes!("x")` reads.
    fn macro_resource(&mut self, name: usize, circumstances: Circumstances) {
        if !matches!(
            self.tokens.text(name),
            "include" | "include_str" | "include_bytes"
        ) {
            return;
        }
        let group = name + 2;
        if !matches!(self.tokens.kind(group), Kind::Open(_)) {
            return;
        }
        let (first, end) = (group + 1, self.tokens.partner(group));
        let is_alone =
            first + 1 == end || (first + 2 == end && self.tokens.kind(first + 1) == Kind::Comma);
        let named = self.tokens.literal(first).filter(|_| is_alone);
        let (target, range, form) = match named {
            Some((text, range)) => (text, range, ImportForm::Resource),
            None => {
                let range = self.tokens.range(first, end);
                let text = range.of(self.tokens.file_text()).unwrap_or_default();
                (text, range, ImportForm::Computed)
            }
        };
        if target.is_empty() || target.starts_with('$') {
            return;
        }
        let shown = &target[..target.floor_char_boundary(MAX_COMPUTED_BYTES)];
        self.facts.import(Import {
            target: if form == ImportForm::Computed {
                shown.to_owned()
            } else {
                target.to_owned()
            },
            form,
            names: Vec::new(),
            range,
            line: self.tokens.line(first),
            circumstances,
        });
    }
}
