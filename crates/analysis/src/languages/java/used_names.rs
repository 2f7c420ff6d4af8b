//! The type names that a file uses without importing them: by their qualified names, and by simple names that another file of the
//! package or an import on demand must explain. Does not know which of them exist.
//!
//! Java's grammar cannot tell a package from a variable or a type; its naming convention can (JLS 6.1): packages begin with a small
//! letter, types with a capital.

use std::collections::{HashMap, HashSet};

use synthesizer_model::{
    code::{Circumstances, Import, ImportForm},
    text::ByteRange,
};

use super::{super::syntax_tree::Node, vocabulary::JavaSyntax};

/// Simple names that are kept of one file, and likewise qualified ones.
const MOST: usize = 2_000;

/// Longest name that is kept, in bytes.
const MAX_NAME_BYTES: usize = 300;

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
    simple: HashMap<&'t str, (ByteRange, u32)>,
    qualified: Vec<Import>,
    declared: HashSet<&'t str>,
    /// Up to where the text's names were already looked at.
    seen_until: usize,
}

impl<'t> UsedNames<'t> {
    /// Notes that the file itself declares or imports a name.
    pub(super) fn declare(&mut self, name: &'t str) {
        self.declared.insert(name);
    }

    /// Notes a name that stands where only a type can.
    pub(super) fn type_name(&mut self, node: Node<'t, JavaSyntax>) {
        let start = node.range().start;
        if start < self.seen_until {
            return;
        }
        let path = LeadingPath::of(node.text());
        self.seen_until = start + path.end;
        self.note(&path, start, node.line(), 1);
    }

    /// Notes what an expression begins with: `Type.method()`, `package.Type.FIELD`, `Type::method`.
    pub(super) fn expression(&mut self, node: Node<'t, JavaSyntax>) {
        let start = node.range().start;
        if start < self.seen_until {
            return;
        }
        let mut path = LeadingPath::of(node.text());
        self.seen_until = start + path.end;
        if path.is_called {
            path.parts.pop();
        }
        // `request.session.User` may be a chain of variables; one part before the type is too little to tell.
        self.note(&path, start, node.line(), 2);
    }

    fn note(&mut self, path: &LeadingPath<'t>, start: usize, line: u32, least_packages: usize) {
        let is_type = |part: &str| part.starts_with(|first: char| first.is_uppercase());
        let Some(place) = path.parts.iter().position(|(_, part)| is_type(part)) else {
            return;
        };
        let (offset, name) = path.parts[place];
        if place == 0 {
            if self.simple.len() < MOST && name.len() <= MAX_NAME_BYTES {
                let range = ByteRange::new(start + offset, start + offset + name.len());
                self.simple.entry(name).or_insert((range, line));
            }
            return;
        }
        let is_constant = name.len() > 1 && !name.contains(|letter: char| letter.is_lowercase());
        if place < least_packages || (is_constant && least_packages > 1) {
            return;
        }
        let packages = &path.parts[..place];
        let first = packages[0].1;
        if matches!(first, "this" | "super") || self.qualified.len() >= MOST {
            return;
        }
        let target = packages
            .iter()
            .map(|(_, part)| *part)
            .chain([name])
            .collect::<Vec<_>>()
            .join(".");
        if target.len() <= MAX_NAME_BYTES {
            let range = ByteRange::new(start, start + offset + name.len());
            self.qualified.push(path_import(target, range, line));
        }
    }

    /// Gives the names as imports, in no order. `namespace` is the file's package.
    pub(super) fn into_imports(self, namespace: Option<&str>) -> Vec<Import> {
        let in_language_package = namespace
            .is_some_and(|package| package == "java.lang" || package.starts_with("java.lang."));
        let mut imports = self.qualified;
        let declared = self.declared;
        imports.extend(
            self.simple
                .into_iter()
                .filter(|(name, _)| !declared.contains(name))
                .filter(|(name, _)| in_language_package || UBIQUITOUS.binary_search(name).is_err())
                .map(|(name, (range, line))| path_import(name.to_owned(), range, line)),
        );
        imports
    }
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

/// The names joined with dots that a text begins with.
struct LeadingPath<'t> {
    /// Offset and text of each.
    parts: Vec<(usize, &'t str)>,
    /// Where they end.
    end: usize,
    /// Whether a parenthesis follows, so that the last is the name of a method.
    is_called: bool,
}

impl<'t> LeadingPath<'t> {
    fn of(text: &'t str) -> Self {
        let bytes = text.as_bytes();
        let skip_spaces = |mut at: usize| {
            while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
                at += 1;
            }
            at
        };
        let mut parts = Vec::new();
        let mut end = 0;
        let mut at = 0;
        loop {
            let start = at;
            while bytes.get(at).copied().is_some_and(is_name_byte) {
                at += 1;
            }
            // More parts than any name has: a chain of fields that some program wrote.
            if start == at || parts.len() == 64 {
                break;
            }
            parts.push((start, text.get(start..at).unwrap_or_default()));
            end = at;
            let dot = skip_spaces(at);
            if bytes.get(dot) != Some(&b'.') {
                break;
            }
            at = skip_spaces(dot + 1);
        }
        let is_called = bytes.get(skip_spaces(end)) == Some(&b'(');
        Self {
            parts,
            end,
            is_called,
        }
    }
}

const fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ubiquitous_names_are_sorted() {
        assert!(UBIQUITOUS.is_sorted());
    }

    #[test]
    fn leading_paths_end_where_the_names_end() {
        let check = |text: &str, expected: &[&str], called: bool| {
            let path = LeadingPath::of(text);
            let parts: Vec<&str> = path.parts.iter().map(|(_, part)| *part).collect();
            assert_eq!(
                (parts.as_slice(), path.is_called),
                (expected, called),
                "{text}"
            );
        };
        check("a.b.C", &["a", "b", "C"], false);
        check("Foo\n  .builder()\n .x()", &["Foo", "builder"], true);
        check("Foo::bar", &["Foo"], false);
        check("f(x).y", &["f"], true);
        check("(a).b", &[], true);
        check("Größe.x[0]", &["Größe", "x"], false);
        check("", &[], false);
    }
}
