//! What one item of a file names: paths as the file's module would write them, macros, and modules that it declares.
//!
//! Reads tokens only, resolves nothing.

use synthesizer_model::code::{Circumstances, ImportForm};

use super::{
    outline::{Binding, DeclaredModule, ItemKind, OutlineItem, plain},
    tokens::{Kind, RustTokens},
    use_trees::{self, UseTree},
};
use crate::languages::lexical::Shape;

/// Names that one item may have before the rest is left out; the text that is read is bounded.
const MOST_PATHS: usize = 200_000;
/// Deepest nesting of inline modules that is followed.
const DEEPEST: usize = 64;

/// Collects what the tokens of an item name.
pub(super) fn look_through(
    tokens: &RustTokens<'_>,
    first: usize,
    end: usize,
    found: &mut OutlineItem,
) {
    // The inline modules that are open: their ends and names. The item itself counts when it is one.
    let mut open: Vec<(usize, String)> = Vec::new();
    let mut at = first;
    while at < end && found.paths.len() < MOST_PATHS {
        while open.last().is_some_and(|(last, _)| at >= *last) {
            open.pop();
        }
        let depth = open.len();
        match tokens.kind(at) {
            Kind::Mod if tokens.kind(at + 1) == Kind::Identifier => {
                let name = plain(tokens.text(at + 1));
                match tokens.kind(at + 2) {
                    Kind::Open(Shape::Curly) if depth < DEEPEST => {
                        open.push((tokens.partner(at + 2), name));
                    }
                    Kind::Semicolon => {
                        let around = open.iter().map(|(_, name)| name.clone());
                        found.modules.push(DeclaredModule {
                            names: around.chain([name]).collect(),
                            path: None,
                            line: tokens.line(at),
                        });
                    }
                    _ => {}
                }
                at += 3;
            }
            Kind::Use if !matches!(tokens.kind(at + 1), Kind::Less) => {
                at = use_tree(tokens, at, end, depth, found);
            }
            Kind::Dollar if tokens.kind(at + 1) != Kind::Crate => at += 2,
            Kind::PathSeparator | Kind::Dollar => at = path(tokens, at, end, depth, found),
            kind if kind.is_segment() => at = path(tokens, at, end, depth, found),
            _ => at += 1,
        }
    }
}

fn use_tree(
    tokens: &RustTokens<'_>,
    at: usize,
    end: usize,
    depth: usize,
    found: &mut OutlineItem,
) -> usize {
    let tree = UseTree {
        first: at + 1,
        end,
        form: ImportForm::Static,
        circumstances: Circumstances::default(),
    };
    let is_own = found.kind == ItemKind::Use;
    let after = use_trees::flatten(tokens, &tree, &mut |import, bound| {
        let name = bound.map_or_else(|| "*".to_owned(), plain);
        let Some(path) = as_seen_from_file(&import.target, depth) else {
            return;
        };
        if is_own {
            let path = path.clone();
            found.bindings.push(Binding {
                name: name.clone(),
                path,
            });
        }
        let path = if name == "*" {
            format!("{path}::*")
        } else {
            path
        };
        found.paths.insert(path);
    });
    after.max(at + 1)
}

fn path(
    tokens: &RustTokens<'_>,
    first: usize,
    end: usize,
    depth: usize,
    found: &mut OutlineItem,
) -> usize {
    let mut text = String::new();
    let mut at = first;
    let is_member = first > 0 && tokens.kind(first - 1) == Kind::Dot;
    if tokens.kind(at) == Kind::Dollar {
        at += 1;
    }
    if tokens.kind(at) == Kind::PathSeparator {
        text.push_str("::");
        at += 1;
    }
    let mut count = 0;
    while at < end && tokens.kind(at).is_segment() {
        if count > 0 {
            text.push_str("::");
        }
        text.push_str(&plain(tokens.text(at)));
        count += 1;
        at += 1;
        if tokens.kind(at) != Kind::PathSeparator || !tokens.kind(at + 1).is_segment() {
            break;
        }
        at += 1;
    }
    if count == 0 {
        return at.max(first + 1);
    }
    if tokens.kind(at) == Kind::Bang && matches!(tokens.kind(at + 1), Kind::Open(_)) && count == 1 {
        found.macros.insert(text.clone());
    }
    if !is_member
        && text.len() < 500
        && let Some(path) = as_seen_from_file(&text, depth)
    {
        found.paths.insert(path);
    }
    at.max(first + 1)
}

/// Gives a path of an inline module `depth` levels deep as the file's own module would write it; `None` for one that stays inside.
fn as_seen_from_file(path: &str, depth: usize) -> Option<String> {
    if depth == 0 {
        return Some(path.to_owned());
    }
    let mut segments = path.split("::").peekable();
    match segments.peek().copied() {
        Some("self") => None,
        Some("super") => {
            let mut above = 0;
            while segments.next_if_eq(&"super").is_some() {
                above += 1;
            }
            let rest: Vec<&str> = segments.collect();
            let beginning = match above {
                above if above < depth => return None,
                above if above == depth => vec!["self"],
                above => vec!["super"; above - depth],
            };
            Some([beginning, rest].concat().join("::"))
        }
        _ => Some(path.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::outline::outline;

    #[test]
    fn paths_are_those_that_the_file_would_write() {
        let text = "mod t { use super::*; use super::super::x::y; fn f() { self::g(); super::h::i(); crate::j!(k); a.b; n!{} } mod u { mod v; } }";
        let outline = outline(text);
        let item = &outline.items[0];
        let paths: Vec<&str> = item.paths.iter().map(String::as_str).collect();
        assert_eq!(
            paths,
            [
                "a",
                "crate::j",
                "f",
                "k",
                "n",
                "self::*",
                "self::h::i",
                "super::x::y"
            ]
        );
        assert!(item.macros.contains("n"));
        assert_eq!(item.modules[0].names, ["t", "u", "v"]);
    }
}
