//! The type names that a file uses without importing them: by their qualified names, and by simple names that another file of the
//! package or an import on demand must explain. Does not know which of them exist.
//!
//! Java's grammar cannot tell a package from a variable or a type; its naming convention can (JLS 6.1): packages begin with a small
//! letter, types with a capital, and constants have capitals alone.

use std::collections::{HashMap, HashSet};

use synthesizer_model::{
    code::{Circumstances, Import, ImportForm},
    text::ByteRange,
};

use super::tokens::{COMMA, DOT, GREATER, JavaTokens, Kind, LESS, PARENTHESIS};
use crate::languages::lexical::Shape;

/// Simple names that are kept of one file, and likewise qualified ones.
const MOST: usize = 2_000;

/// Longest name that is kept, in bytes.
const MAX_NAME_BYTES: usize = 300;

/// Parts of a qualified name that are looked at.
const MOST_PARTS: usize = 64;

/// Names of `java.lang` that are in every second file and that no package declares anew.
const UBIQUITOUS: &[&str] = &[
    "Boolean",
    "CharSequence",
    "Class",
    "Comparable",
    "Deprecated",
    "Double",
    "Exception",
    "IllegalArgumentException",
    "IllegalStateException",
    "Integer",
    "InterruptedException",
    "Iterable",
    "Long",
    "Math",
    "NullPointerException",
    "Object",
    "Override",
    "Runnable",
    "RuntimeException",
    "String",
    "StringBuilder",
    "SuppressWarnings",
    "System",
    "Thread",
    "Throwable",
    "UnsupportedOperationException",
];

/// The names of one file as they are met.
#[derive(Default)]
pub(super) struct UsedNames<'t> {
    simple: HashMap<&'t str, Use>,
    qualified: Vec<Import>,
    /// Names of types that are declared within others, of variables, of type parameters of members.
    declared_within: HashSet<&'t str>,
    /// Names of top-level types and their type parameters, and names that are imported.
    declared: HashSet<&'t str>,
    /// Whether what is looked at stands outside of the bodies of all types.
    is_outside: bool,
}

/// Where a simple name is used first.
struct Use {
    range: ByteRange,
    line: u32,
    /// Whether some use stands outside of the bodies of all types, where what is declared within them is not seen.
    is_outside: bool,
}

impl<'t> UsedNames<'t> {
    /// Notes that the file itself declares or imports a name, and where that is.
    pub(super) fn declare(&mut self, name: &'t str) {
        if self.is_outside {
            self.declared.insert(name);
        } else {
            self.declared_within.insert(name);
        }
    }

    /// Says whether what comes next stands outside of the bodies of all types.
    pub(super) fn set_outside(&mut self, is_outside: bool) {
        self.is_outside = is_outside;
    }

    /// Looks at the names joined with dots that begin with a word; gives the place behind them.
    pub(super) fn path(&mut self, tokens: &JavaTokens<'t>, start: usize) -> usize {
        let first = tokens.text(start);
        if is_type(first) {
            self.simple_name(tokens, start, first);
        }
        let mut named = is_type(first);
        let mut at = start;
        let mut parts = 1;
        while tokens.kind(at + 1) == DOT && tokens.kind(at + 2) == Kind::Word {
            at += 2;
            parts += 1;
            if !named && parts <= MOST_PARTS && is_type(tokens.text(at)) {
                named = true;
                self.qualified_name(tokens, start, at);
            }
        }
        at + 1
    }

    /// A name that begins with a capital and has nothing before it.
    fn simple_name(&mut self, tokens: &JavaTokens<'t>, at: usize, name: &'t str) {
        if self.declared.contains(name) {
            return;
        }
        if let Some(known) = self.simple.get_mut(name) {
            known.is_outside |= self.is_outside;
            return;
        }
        let is_full = self.simple.len() >= MOST || name.len() > MAX_NAME_BYTES;
        if is_full || (is_constant(name) && !stands_for_type(tokens, at, at)) {
            return;
        }
        let first = Use {
            range: tokens.range(at, at + 1),
            line: tokens.line(at),
            is_outside: self.is_outside,
        };
        self.simple.insert(name, first);
    }

    /// A name with packages before it.
    fn qualified_name(&mut self, tokens: &JavaTokens<'t>, start: usize, at: usize) {
        let is_surely_type = stands_for_type(tokens, start, at);
        // `request.User` may be a field of a variable; one part before the type is too little to tell.
        let is_too_little = at == start + 2 && !is_surely_type;
        let is_field = is_constant(tokens.text(at)) && !is_surely_type;
        if is_too_little || is_field || self.qualified.len() >= MOST {
            return;
        }
        if matches!(tokens.text(start), "this" | "super")
            || tokens.kind(at + 1) == PARENTHESIS && !is_surely_type
        {
            return;
        }
        let mut target = String::new();
        for place in start..=at {
            target.push_str(tokens.text(place));
            if target.len() > MAX_NAME_BYTES {
                return;
            }
        }
        let range = tokens.range(start, at + 1);
        self.qualified
            .push(path_import(target, range, tokens.line(start)));
    }

    /// Gives the names as imports, in no order. `namespace` is the file's package.
    pub(super) fn into_imports(self, namespace: Option<&str>) -> Vec<Import> {
        let in_language_package = namespace
            .is_some_and(|package| package == "java.lang" || package.starts_with("java.lang."));
        let mut imports = self.qualified;
        let (within, outside) = (self.declared_within, self.declared);
        let is_own = |name: &str, first: &Use| {
            outside.contains(name) || (!first.is_outside && within.contains(name))
        };
        imports.extend(
            self.simple
                .into_iter()
                .filter(|(name, first)| !is_own(name, first))
                .filter(|(name, _)| in_language_package || UBIQUITOUS.binary_search(name).is_err())
                .map(|(name, first)| path_import(name.to_owned(), first.range, first.line)),
        );
        imports
    }
}

fn is_type(name: &str) -> bool {
    match name.as_bytes().first() {
        Some(byte) if byte.is_ascii() => byte.is_ascii_uppercase(),
        _ => name.starts_with(char::is_uppercase),
    }
}

fn is_constant(name: &str) -> bool {
    name.len() > 1 && !name.bytes().any(|byte| byte.is_ascii_lowercase())
}

/// Says whether a name stands where only a type can: by the tokens before its first part and behind its last.
fn stands_for_type(tokens: &JavaTokens<'_>, first: usize, last: usize) -> bool {
    let before = first
        .checked_sub(1)
        .map_or(Kind::End, |before| tokens.kind(before));
    let after = tokens.kind(last + 1);
    let by_what_follows = match after {
        Kind::Word => !matches!(tokens.text(last + 1), "instanceof"),
        DOT | Kind::DoubleColon | LESS => true,
        // `Type[] x`
        Kind::Open(Shape::Square) => tokens.kind(last + 2) == Kind::Close(Shape::Square),
        _ => false,
    };
    let by_what_is_before = match before {
        Kind::Word => matches!(
            tokens.text(first - 1),
            "new"
                | "extends"
                | "implements"
                | "throws"
                | "instanceof"
                | "permits"
                | "super"
                | "with"
                | "uses"
                | "provides"
        ),
        Kind::Mark(b'@') => true,
        LESS => matches!(after, GREATER | COMMA | LESS),
        // `List<A, B>`; an argument has a bracket behind it.
        COMMA => after == GREATER,
        // `(TYPE) value`
        PARENTHESIS => after == Kind::Close(Shape::Round) && begins_value(tokens, last + 2),
        _ => false,
    };
    by_what_follows || by_what_is_before
}

fn begins_value(tokens: &JavaTokens<'_>, at: usize) -> bool {
    matches!(tokens.kind(at), Kind::Word | Kind::Literal | PARENTHESIS)
}

fn path_import(target: String, range: ByteRange, line: u32) -> Import {
    Import {
        target,
        form: ImportForm::Path,
        names: Vec::new(),
        range,
        line,
        circumstances: Circumstances::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ubiquitous_names_are_sorted() {
        assert!(UBIQUITOUS.is_sorted());
    }
}
