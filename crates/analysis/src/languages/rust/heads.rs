//! What stands before and around an item's name: attributes, visibility, where its body begins, what an `impl` is for.

use synthesizer_model::text::ByteRange;

use super::{
    reader::{Reader, Scope},
    tokens::{Kind, RustTokens},
};
use crate::languages::lexical::Shape;

/// What the attributes and comments before an item tell.
#[derive(Debug, Default)]
pub(super) struct Head<'t> {
    /// Whether the item has documentation.
    pub(super) documented: bool,
    /// Whether it is there in some builds only.
    pub(super) conditional: bool,
    /// Whether `#[macro_export]` stands before it.
    pub(super) exported: bool,
    /// The files that `#[path]` names, with whether only some builds use them.
    pub(super) paths: Vec<(&'t str, ByteRange, u32, bool)>,
}

impl<'t> Reader<'t> {
    /// Reads documentation and attributes; gives the token after them.
    pub(super) fn head(&mut self, first: usize, scope: Scope) -> (Head<'t>, usize) {
        let mut head = Head::default();
        let mut at = first;
        while at < scope.end {
            match self.tokens.kind(at) {
                Kind::OuterDocumentation => head.documented = true,
                Kind::InnerDocumentation => {}
                Kind::Hash => {
                    let is_inner = self.tokens.kind(at + 1) == Kind::Bang;
                    let group = at + 1 + usize::from(is_inner);
                    if self.tokens.kind(group) != Kind::Open(Shape::Square) {
                        break;
                    }
                    if is_inner {
                        self.inner_attribute(group);
                    } else {
                        self.outer_attribute(group, &mut head);
                    }
                    let conditional = head.conditional;
                    let end = self.tokens.partner(group);
                    self.code(group + 1, end, self.circumstances(scope, conditional));
                    at = self.tokens.after(group);
                    continue;
                }
                _ => break,
            }
            at += 1;
        }
        (head, at)
    }

    /// `#![cfg(…)]` is about everything around it.
    fn inner_attribute(&mut self, group: usize) {
        if self.tokens.is_word(group + 1, "cfg")
            && let Some(scope) = self.scopes.last_mut()
        {
            scope.conditional = true;
        }
    }

    fn outer_attribute(&self, group: usize, head: &mut Head<'t>) {
        let name = group + 1;
        match self.tokens.text(name) {
            "cfg" => head.conditional = true,
            "doc" => head.documented |= self.tokens.kind(name + 1) == Kind::Equals,
            "macro_export" => head.exported = true,
            "path" => head.paths.extend(self.path_value(name, false)),
            "cfg_attr" => {
                for token in name..self.tokens.partner(group) {
                    if self.tokens.is_word(token, "path") {
                        head.paths.extend(self.path_value(token, true));
                    }
                }
            }
            _ => {}
        }
    }

    /// Reads `path = "…"`.
    fn path_value(
        &self,
        name: usize,
        conditional: bool,
    ) -> Option<(&'t str, ByteRange, u32, bool)> {
        if self.tokens.kind(name + 1) != Kind::Equals {
            return None;
        }
        let (value, range) = self.tokens.literal(name + 2)?;
        Some((value, range, self.tokens.line(name + 2), conditional))
    }

    /// Reads a visibility; gives whether it is public for everybody, and the token after it.
    pub(super) fn visibility(&self, at: usize) -> (bool, usize) {
        if self.tokens.kind(at) != Kind::Pub {
            return (false, at);
        }
        if self.tokens.kind(at + 1) == Kind::Open(Shape::Round) {
            return (false, self.tokens.after(at + 1));
        }
        (true, at + 1)
    }

    /// Gives the token after words that say how an item is and not what it is: `unsafe`, `async`, `const fn`, `extern "C" fn`.
    pub(super) fn qualifiers(&self, first: usize) -> usize {
        let mut at = first;
        loop {
            let next = self.tokens.kind(at + 1);
            let is_qualifier = match self.tokens.kind(at) {
                Kind::Unsafe | Kind::Async => true,
                Kind::Const => {
                    matches!(
                        next,
                        Kind::Fn | Kind::Unsafe | Kind::Async | Kind::Extern | Kind::Trait
                    ) || self.tokens.is_word(at + 1, "gen")
                }
                Kind::Extern => {
                    let is_named = matches!(next, Kind::Text | Kind::RawText);
                    let function = self.tokens.kind(at + 1 + usize::from(is_named));
                    if function == Kind::Fn {
                        return at + 1 + usize::from(is_named);
                    }
                    false
                }
                Kind::Identifier => {
                    matches!(self.tokens.text(at), "default" | "auto" | "safe" | "gen")
                        && matches!(
                            next,
                            Kind::Fn
                                | Kind::Impl
                                | Kind::Unsafe
                                | Kind::Async
                                | Kind::Const
                                | Kind::Trait
                                | Kind::Type
                                | Kind::Static
                                | Kind::Extern
                        )
                }
                _ => false,
            };
            if !is_qualifier {
                return at;
            }
            at += 1;
        }
    }
}

/// Finds where an item's head ends: at its `{`, its `;`, or where its scope ends. Brackets of constant arguments are no body.
pub(super) fn head_end(tokens: &RustTokens<'_>, first: usize, end: usize) -> usize {
    let mut angles = 0_usize;
    let mut at = first;
    while at < end {
        match tokens.kind(at) {
            Kind::Less => angles += 1,
            Kind::Greater => angles = angles.saturating_sub(1),
            Kind::Open(Shape::Curly) if angles == 0 => return at,
            Kind::Semicolon => return at,
            _ => {}
        }
        at = tokens.after(at);
    }
    end
}

/// Finds the `;` that ends an item, or where its scope ends.
pub(super) fn statement_end(tokens: &RustTokens<'_>, first: usize, end: usize) -> usize {
    let mut at = first;
    while at < end && tokens.kind(at) != Kind::Semicolon {
        at = tokens.after(at);
    }
    at.min(end)
}

/// What an `impl` is for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Implementation<'t> {
    /// The last name of the type; empty when it has none, like a tuple.
    pub(super) type_name: &'t str,
    /// The token of that name.
    pub(super) type_token: Option<usize>,
    /// Whether a trait is implemented.
    pub(super) of_trait: bool,
}

/// Reads the head of an `impl`, from the token after the word to the one before its body.
pub(super) fn implementation<'t>(
    tokens: &RustTokens<'t>,
    first: usize,
    end: usize,
) -> Implementation<'t> {
    let mut angles = 0_usize;
    let mut of_trait = false;
    let mut type_name = "";
    let mut type_token = None;
    // A name is the type's until a name of another part of the path, or the trait's `for`, comes.
    let mut is_complete = false;
    let mut at = first;
    while at < end {
        match tokens.kind(at) {
            Kind::Less => angles += 1,
            Kind::Greater => angles = angles.saturating_sub(1),
            Kind::Where | Kind::Arrow if angles == 0 => break,
            // `fn(A) -> B` is a type without a name.
            Kind::Fn if angles == 0 && !is_complete => is_complete = true,
            Kind::For if angles == 0 && tokens.kind(at + 1) != Kind::Less => {
                of_trait = true;
                type_name = "";
                type_token = None;
                is_complete = false;
            }
            Kind::PathSeparator if angles == 0 => is_complete = false,
            Kind::Identifier | Kind::SelfType if angles == 0 && !is_complete => {
                type_name = tokens.text(at);
                type_token = Some(at);
                is_complete = true;
            }
            _ => {}
        }
        at = tokens.after(at);
    }
    Implementation {
        type_name,
        type_token,
        of_trait,
    }
}
