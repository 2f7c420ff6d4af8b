//! The items at the top of one file, each with its range and what it names: for taking some of a file's items and not others.
//!
//! Reads tokens only; what an item names is collected in `outline_names`. Names in macros count like others, what a macro makes is not known.

use std::collections::BTreeSet;

use synthesizer_model::text::ByteRange;

use super::{
    heads, lexer,
    outline_names::look_through,
    tokens::{Kind, RustTokens},
};
use crate::languages::lexical::Shape;

/// Largest text that is read, in bytes.
const MAX_TEXT_BYTES: usize = 16 << 20;

/// What an item is, as far as taking it depends on that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ItemKind {
    /// `mod x;`
    ModuleFile,
    /// `mod x { … }`
    InlineModule,
    /// `use …;`
    Use,
    /// `extern crate x;`
    ExternCrate,
    /// `macro_rules! x { … }`
    MacroDefinition,
    /// `x! { … }`
    MacroCall,
    /// `impl …`
    Implementation,
    /// Anything with a name of its own.
    Named,
    /// What cannot be told.
    Other,
}

/// A `mod x;`, wherever in an item it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeclaredModule {
    /// The inline modules around it and its own name.
    pub(crate) names: Vec<String>,
    /// What `#[path]` names.
    pub(crate) path: Option<String>,
    /// Its line.
    pub(crate) line: u32,
}

/// One name that `use` binds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Binding {
    /// The name; `*` when everything is taken.
    pub(crate) name: String,
    /// The path.
    pub(crate) path: String,
}

/// One item at the top of a file.
#[derive(Debug, Clone)]
pub(crate) struct OutlineItem {
    pub(crate) kind: ItemKind,
    /// Attributes and documentation included.
    pub(crate) range: ByteRange,
    /// The line of its first word.
    pub(crate) line: u32,
    /// The names that it defines in the file's module; for an implementation the last name of the type.
    pub(crate) names: Vec<String>,
    /// For an implementation the type's path as it is written, without arguments; else empty.
    pub(crate) type_path: String,
    /// `pub`, `pub(crate)` and so on; empty where such a word would stand.
    pub(crate) visibility: ByteRange,
    /// Whether `#[macro_use]` stands before it.
    pub(crate) takes_macros: bool,
    /// Whether `#[macro_export]` stands before it.
    pub(crate) exports_macro: bool,
    /// Whether it is there in tests only.
    pub(crate) only_tests: bool,
    /// Whether it is there in some builds only.
    pub(crate) conditional: bool,
    /// What its `use` binds.
    pub(crate) bindings: Vec<Binding>,
    /// Paths and single names in it, as seen from the file's module.
    pub(crate) paths: BTreeSet<String>,
    /// Macros that it calls by a single name.
    pub(crate) macros: BTreeSet<String>,
    /// Files of modules that it declares.
    pub(crate) modules: Vec<DeclaredModule>,
}

/// An attribute of the whole file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InnerAttribute {
    pub(crate) range: ByteRange,
    pub(crate) line: u32,
    /// Its words, such as `cfg_attr`, `not`, `feature`.
    pub(crate) words: Vec<String>,
}

/// The top of one file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outline {
    pub(crate) attributes: Vec<InnerAttribute>,
    pub(crate) items: Vec<OutlineItem>,
    /// Whether the text could not be read to its end.
    pub(crate) broken: bool,
}

/// Reads the top of a file. Linear in the text but for inline modules, which are bounded in depth.
pub(crate) fn outline(text: &str) -> Outline {
    if text.len() > MAX_TEXT_BYTES {
        return Outline {
            broken: true,
            ..Outline::default()
        };
    }
    let (tokens, problems) = lexer::tokens(text);
    let mut reader = OutlineReader {
        tokens,
        outline: Outline {
            broken: !problems.is_empty(),
            ..Outline::default()
        },
    };
    let mut at = 0;
    while at < reader.tokens.len() {
        at = reader.item(at).max(at + 1);
    }
    reader.outline
}

struct OutlineReader<'t> {
    tokens: RustTokens<'t>,
    outline: Outline,
}

/// What stands before an item.
#[derive(Default)]
struct Before {
    takes_macros: bool,
    exports_macro: bool,
    only_tests: bool,
    conditional: bool,
    path: Option<String>,
}

impl OutlineReader<'_> {
    fn item(&mut self, first: usize) -> usize {
        let (before, head) = self.before(first);
        if head >= self.tokens.len() {
            return head;
        }
        // Inner attributes that were passed are no part of the item.
        let start = self.first_of_item(first, head);
        let visible = self.after_visibility(head);
        let keyword = self.qualifiers(visible);
        let (kind, names, end) = self.extent(keyword);
        let end = end.max(keyword + 1).min(self.tokens.len());
        let mut found = OutlineItem {
            kind,
            range: self.tokens.range(start, end),
            line: self.tokens.line(head),
            names,
            type_path: match kind {
                ItemKind::Implementation => self.type_path(keyword),
                _ => String::new(),
            },
            visibility: if visible > head {
                self.tokens.range(head, visible)
            } else {
                let at = self.tokens.range(head, head + 1).start;
                ByteRange::new(at, at)
            },
            takes_macros: before.takes_macros,
            exports_macro: before.exports_macro,
            only_tests: before.only_tests,
            conditional: before.conditional,
            bindings: Vec::new(),
            paths: BTreeSet::new(),
            macros: BTreeSet::new(),
            modules: Vec::new(),
        };
        look_through(&self.tokens, start, end, &mut found);
        if let (ItemKind::ModuleFile, Some(module)) = (kind, found.modules.first_mut()) {
            module.path = before.path;
        }
        if kind == ItemKind::Use {
            found.names = found
                .bindings
                .iter()
                .filter(|binding| binding.name != "*" && binding.name != "_")
                .map(|binding| binding.name.clone())
                .collect();
        }
        self.outline.items.push(found);
        end
    }

    /// Gives the first token of an item whose attributes may follow attributes of the file.
    fn first_of_item(&self, first: usize, head: usize) -> usize {
        let mut at = first;
        let mut start = first;
        while at < head {
            let is_inner = self.tokens.kind(at) == Kind::InnerDocumentation
                || (self.tokens.kind(at) == Kind::Hash && self.tokens.kind(at + 1) == Kind::Bang);
            at = self.attribute_end(at);
            if is_inner {
                start = at;
            }
        }
        start.min(head)
    }

    fn attribute_end(&self, at: usize) -> usize {
        if self.tokens.kind(at) != Kind::Hash {
            return at + 1;
        }
        let group = at + 1 + usize::from(self.tokens.kind(at + 1) == Kind::Bang);
        self.tokens.after(group)
    }

    /// Reads documentation and attributes; gives the token after them.
    fn before(&mut self, first: usize) -> (Before, usize) {
        let mut before = Before::default();
        let mut at = first;
        while at < self.tokens.len() {
            match self.tokens.kind(at) {
                Kind::OuterDocumentation | Kind::InnerDocumentation => {}
                Kind::Hash => {
                    let is_inner = self.tokens.kind(at + 1) == Kind::Bang;
                    let group = at + 1 + usize::from(is_inner);
                    if self.tokens.kind(group) != Kind::Open(Shape::Square) {
                        break;
                    }
                    if is_inner {
                        self.inner(at, group);
                    } else {
                        self.outer(group, &mut before);
                    }
                }
                _ => break,
            }
            at = self.attribute_end(at);
        }
        (before, at)
    }

    fn inner(&mut self, first: usize, group: usize) {
        let words = self.words(group);
        self.outline.attributes.push(InnerAttribute {
            range: self.tokens.range(first, self.tokens.after(group)),
            line: self.tokens.line(first),
            words,
        });
    }

    fn words(&self, group: usize) -> Vec<String> {
        (group + 1..self.tokens.partner(group))
            .take(1000)
            .filter(|token| self.tokens.kind(*token).is_segment())
            .map(|token| self.tokens.text(token).to_owned())
            .collect()
    }

    fn outer(&self, group: usize, before: &mut Before) {
        let words = self.words(group);
        match words.first().map(String::as_str) {
            Some("macro_use") => before.takes_macros = true,
            Some("macro_export") => before.exports_macro = true,
            Some("test") => before.only_tests = true,
            Some("cfg") => {
                before.conditional = true;
                before.only_tests |= words.len() == 2 && words[1] == "test";
            }
            Some("path") => {
                let value = self.tokens.literal(group + 3);
                before.path = value.map(|(text, _)| text.to_owned());
            }
            Some("cfg_attr") => {
                before.takes_macros |= words.iter().any(|word| word == "macro_use");
                before.exports_macro |= words.iter().any(|word| word == "macro_export");
            }
            _ => {}
        }
    }

    fn after_visibility(&self, at: usize) -> usize {
        if self.tokens.kind(at) != Kind::Pub {
            return at;
        }
        match self.tokens.kind(at + 1) {
            Kind::Open(Shape::Round) => self.tokens.after(at + 1),
            _ => at + 1,
        }
    }

    /// Gives the token after `unsafe`, `async`, `const fn`, `extern "C" fn` and the like.
    fn qualifiers(&self, first: usize) -> usize {
        let mut at = first;
        loop {
            let next = self.tokens.kind(at + 1);
            let qualifies = match self.tokens.kind(at) {
                Kind::Unsafe | Kind::Async => true,
                Kind::Const => matches!(
                    next,
                    Kind::Fn | Kind::Unsafe | Kind::Async | Kind::Extern | Kind::Trait
                ),
                Kind::Extern => {
                    let named = usize::from(matches!(next, Kind::Text | Kind::RawText));
                    if self.tokens.kind(at + 1 + named) == Kind::Fn {
                        return at + 1 + named;
                    }
                    false
                }
                Kind::Identifier => {
                    matches!(self.tokens.text(at), "default" | "auto" | "safe")
                        && matches!(next, Kind::Fn | Kind::Impl | Kind::Unsafe | Kind::Trait)
                }
                _ => false,
            };
            if !qualifies {
                return at;
            }
            at += 1;
        }
    }

    /// Gives what an item is, the names that it defines and the token after it.
    fn extent(&self, keyword: usize) -> (ItemKind, Vec<String>, usize) {
        let tokens = &self.tokens;
        let end = tokens.len();
        let own = |token: usize| -> Vec<String> {
            let named = tokens.kind(token) == Kind::Identifier;
            named
                .then(|| plain(tokens.text(token)))
                .into_iter()
                .collect()
        };
        let to_semicolon = |from: usize| heads::statement_end(tokens, from, end) + 1;
        let to_body = |from: usize| tokens.after(heads::head_end(tokens, from, end));
        match tokens.kind(keyword) {
            Kind::Mod if tokens.kind(keyword + 2) == Kind::Open(Shape::Curly) => (
                ItemKind::InlineModule,
                own(keyword + 1),
                tokens.after(keyword + 2),
            ),
            Kind::Mod => (
                ItemKind::ModuleFile,
                own(keyword + 1),
                to_semicolon(keyword),
            ),
            Kind::Use => (ItemKind::Use, Vec::new(), to_semicolon(keyword)),
            Kind::Extern if tokens.kind(keyword + 1) == Kind::Crate => {
                let last = to_semicolon(keyword);
                let alias = (keyword..last).find(|token| tokens.kind(*token) == Kind::As);
                (
                    ItemKind::ExternCrate,
                    own(alias.map_or(keyword + 2, |alias| alias + 1)),
                    last,
                )
            }
            Kind::Extern => {
                let named = matches!(tokens.kind(keyword + 1), Kind::Text | Kind::RawText);
                (
                    ItemKind::Other,
                    Vec::new(),
                    tokens.after(keyword + 1 + usize::from(named)),
                )
            }
            Kind::Impl => {
                let body = heads::head_end(tokens, keyword + 1, end);
                let found = heads::implementation(tokens, keyword + 1, body);
                let names = Some(found.type_name).filter(|name| !name.is_empty());
                (
                    ItemKind::Implementation,
                    names.map(plain).into_iter().collect(),
                    tokens.after(body),
                )
            }
            Kind::Fn | Kind::Enum | Kind::Trait => {
                (ItemKind::Named, own(keyword + 1), to_body(keyword + 2))
            }
            Kind::Struct => self.structure(keyword),
            Kind::Const | Kind::Static | Kind::Type => {
                let mut name = keyword + 1;
                while tokens.kind(name) == Kind::Word {
                    name += 1;
                }
                (ItemKind::Named, own(name), to_semicolon(keyword))
            }
            Kind::Identifier
                if tokens.is_word(keyword, "union")
                    && tokens.kind(keyword + 1) == Kind::Identifier =>
            {
                self.structure(keyword)
            }
            Kind::Identifier
                if tokens.is_word(keyword, "macro_rules")
                    && tokens.kind(keyword + 1) == Kind::Bang =>
            {
                let group = keyword + 3;
                let after = tokens.after(group);
                let more = usize::from(
                    tokens.kind(group) != Kind::Open(Shape::Curly)
                        && tokens.kind(after) == Kind::Semicolon,
                );
                (ItemKind::MacroDefinition, own(keyword + 2), after + more)
            }
            Kind::Identifier | Kind::Crate | Kind::PathSeparator | Kind::SelfValue => {
                self.macro_call(keyword)
            }
            _ => (ItemKind::Other, Vec::new(), tokens.after(keyword)),
        }
    }

    /// Gives the path of the type that an implementation is for: its last name and what stands before it.
    fn type_path(&self, keyword: usize) -> String {
        let tokens = &self.tokens;
        let first = keyword + 1;
        let body = heads::head_end(tokens, first, tokens.len());
        let Some(last) = heads::implementation(tokens, first, body).type_token else {
            return String::new();
        };
        let mut begin = last;
        while begin > first && tokens.kind(begin - 1) == Kind::PathSeparator {
            begin -= 1;
            if begin == first || !tokens.kind(begin - 1).is_segment() {
                break;
            }
            begin -= 1;
        }
        (begin..=last).fold(String::new(), |mut path, token| {
            path.push_str(&plain(tokens.text(token)));
            path
        })
    }

    fn structure(&self, keyword: usize) -> (ItemKind, Vec<String>, usize) {
        let tokens = &self.tokens;
        let body = heads::head_end(tokens, keyword + 2, tokens.len());
        let name = plain(tokens.text(keyword + 1));
        (ItemKind::Named, vec![name], tokens.after(body))
    }

    fn macro_call(&self, first: usize) -> (ItemKind, Vec<String>, usize) {
        let tokens = &self.tokens;
        let mut at = first;
        while tokens.kind(at).is_segment() || tokens.kind(at) == Kind::PathSeparator {
            at += 1;
        }
        if tokens.kind(at) != Kind::Bang {
            return (ItemKind::Other, Vec::new(), at.max(first + 1));
        }
        let group = at + 1 + usize::from(tokens.kind(at + 1) == Kind::Identifier);
        let after = tokens.after(group);
        let more = usize::from(
            tokens.kind(group) != Kind::Open(Shape::Curly) && tokens.kind(after) == Kind::Semicolon,
        );
        (ItemKind::MacroCall, Vec::new(), after + more)
    }
}

/// Gives a name without the mark of a raw one.
pub(super) fn plain(name: &str) -> String {
    name.strip_prefix("r#").unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let outline = outline(text);
        assert!(!outline.broken, "{text}");
        let items = outline.items.iter();
        items
            .map(|item| {
                let source = item.range.of(text).expect("a range of the text");
                let source: Vec<&str> = source.split_whitespace().collect();
                format!(
                    "{:?} {} | {}",
                    item.kind,
                    item.names.join(","),
                    source.join(" ")
                )
            })
            .collect()
    }

    #[test]
    fn items_end_where_they_end() {
        let check = |text: &str, expected: &[&str]| assert_eq!(shown(text), expected, "{text}");
        check(
            "//! File.\n#![no_std]\n/// Doc.\n#[cfg(x)] pub(crate) mod a;\nmod b { fn c() {} }\n",
            &[
                "ModuleFile a | /// Doc. #[cfg(x)] pub(crate) mod a;",
                "InlineModule b | mod b { fn c() {} }",
            ],
        );
        check(
            "pub use a::{b as c, d::*}; extern crate x as y; macro_rules! m { () => {} } m!(); m! {}",
            &[
                "Use c | pub use a::{b as c, d::*};",
                "ExternCrate y | extern crate x as y;",
                "MacroDefinition m | macro_rules! m { () => {} }",
                "MacroCall  | m!();",
                "MacroCall  | m! {}",
            ],
        );
        check(
            "pub const fn f<const N: usize>() -> [u8; { 1 }] where u8: Copy { } struct T(u8); struct U<T> { t: T } const C: [u8; 1] = [{ 2 }; 1]; impl<T> Tr for m::U<T> {} unsafe extern \"C\" { fn g(); }",
            &[
                "Named f | pub const fn f<const N: usize>() -> [u8; { 1 }] where u8: Copy { }",
                "Named T | struct T(u8);",
                "Named U | struct U<T> { t: T }",
                "Named C | const C: [u8; 1] = [{ 2 }; 1];",
                "Implementation U | impl<T> Tr for m::U<T> {}",
                "Other  | unsafe extern \"C\" { fn g(); }",
            ],
        );
    }

    #[test]
    fn the_type_of_an_implementation_is_as_written() {
        let check = |text: &str, expected: &str| {
            assert_eq!(outline(text).items[0].type_path, expected, "{text}");
        };
        check("impl A {}", "A");
        check(
            "impl<T> Tr<b::B> for crate::a::r#A<T> where T: C {}",
            "crate::a::A",
        );
        check("impl Tr for ::A {}", "::A");
        check("impl Tr for &mut super::A {}", "super::A");
        check("impl Tr for fn(A) -> B {}", "");
        check("fn impl_nothing() {}", "");
    }

    #[test]
    fn any_text_is_read_to_its_end() {
        for text in [
            "mod",
            "use a::{b",
            "impl",
            "pub(",
            "#[",
            "fn f(",
            "macro_rules! x",
            "struct",
            "x!",
            "::",
            "$",
        ] {
            let _ = outline(text);
        }
    }
}
