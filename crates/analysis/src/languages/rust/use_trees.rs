//! The take of `use` trees. Reads tokens; iterative, because trees can be nested as deeply as the text is long.

use synthesizer_model::{
    code::{Circumstances, Import, ImportForm},
    text::ByteRange,
};

use super::tokens::{Kind, RustTokens};
use crate::languages::lexical::Shape;

/// Longest path that is followed, in bytes.
const MAX_PATH_BYTES: usize = 500;

/// One `use` tree.
pub(super) struct UseTree {
    /// The first token after `use`.
    pub(super) first: usize,
    /// The token before which it ends at the latest.
    pub(super) end: usize,
    /// What it is.
    pub(super) form: ImportForm,
    /// When it runs.
    pub(super) circumstances: Circumstances,
}

/// Calls `take` for every leaf of a tree with the name that it binds, if it binds one; gives the token after the tree.
pub(super) fn flatten<'t>(
    tokens: &RustTokens<'t>,
    tree: &UseTree,
    take: &mut impl FnMut(Import, Option<&'t str>),
) -> usize {
    let mut walk = Walk {
        tokens,
        tree,
        prefix: String::new(),
        open: Vec::new(),
        too_long: 0,
    };
    let mut at = tree.first;
    while at < tree.end {
        match tokens.kind(at) {
            Kind::Semicolon => return at + 1,
            Kind::Comma => at += 1,
            Kind::Open(Shape::Curly) => {
                walk.open("", at);
                at += 1;
            }
            Kind::Close(Shape::Curly) => {
                if !walk.close() {
                    return at;
                }
                at += 1;
            }
            Kind::Star => {
                walk.all(at, at, at + 1, take);
                at += 1;
            }
            Kind::PathSeparator | Kind::Dollar => at = walk.path(at, take),
            kind if kind.is_segment() => at = walk.path(at, take),
            _ => return at,
        }
    }
    at
}

struct Walk<'w, 't> {
    tokens: &'w RustTokens<'t>,
    tree: &'w UseTree,
    prefix: String,
    /// For the groups that are open: the length of the prefix before it, and the token of the last name in it.
    open: Vec<(usize, usize)>,
    /// Groups that are open below a path that is too long to follow.
    too_long: usize,
}

impl<'t> Walk<'_, 't> {
    /// Opens a group below a path.
    fn open(&mut self, path: &str, last: usize) {
        let before = self.prefix.len();
        self.open.push((before, last));
        if self.too_long > 0 || before + path.len() + 2 > MAX_PATH_BYTES {
            self.too_long += 1;
            return;
        }
        self.extend(path);
    }

    fn extend(&mut self, path: &str) {
        let is_joined = self.prefix.is_empty() || self.prefix.ends_with("::");
        if !is_joined && !path.is_empty() && !path.starts_with("::") {
            self.prefix.push_str("::");
        }
        self.prefix.push_str(path);
    }

    fn close(&mut self) -> bool {
        let Some((before, _)) = self.open.pop() else {
            return false;
        };
        self.prefix.truncate(before);
        self.too_long = self.too_long.saturating_sub(1);
        true
    }

    /// Reads a path and what follows it: a group, a star, a new name, or nothing.
    fn path(&mut self, first: usize, take: &mut impl FnMut(Import, Option<&'t str>)) -> usize {
        let mut path = String::new();
        let mut at = first;
        let mut last = first;
        loop {
            match self.tokens.kind(at) {
                Kind::PathSeparator => {
                    match self.tokens.kind(at + 1) {
                        Kind::Open(Shape::Curly) => {
                            if at == first {
                                path.push_str("::");
                            }
                            self.open(&path, last);
                            return at + 2;
                        }
                        Kind::Star => {
                            self.extended(&path, |walk| walk.all(first, at, at + 1, take));
                            return at + 2;
                        }
                        _ => path.push_str("::"),
                    }
                    at += 1;
                }
                Kind::Dollar => {
                    path.push('$');
                    at += 1;
                }
                kind if kind.is_segment() && at < self.tree.end => {
                    path.push_str(self.tokens.text(at));
                    last = at;
                    at += 1;
                    if self.tokens.kind(at) != Kind::PathSeparator {
                        break;
                    }
                }
                _ => break,
            }
        }
        if path.ends_with("::") {
            return at.max(first + 1); // Its rest is not there, or a macro's to write.
        }
        let alias = (self.tokens.kind(at) == Kind::As).then(|| self.tokens.text(at + 1));
        self.leaf(&path, first, last, alias, take);
        if alias.is_some() {
            at + 2
        } else {
            at.max(first + 1)
        }
    }

    fn extended(&mut self, path: &str, work: impl FnOnce(&mut Self)) {
        let before = self.prefix.len();
        self.extend(path);
        work(self);
        self.prefix.truncate(before);
    }

    fn leaf(
        &mut self,
        path: &str,
        first: usize,
        last: usize,
        alias: Option<&'t str>,
        take: &mut impl FnMut(Import, Option<&'t str>),
    ) {
        let name = self.tokens.text(last);
        let is_group_itself = path == "self" && !self.prefix.is_empty();
        let range = self.tokens.range(first, last + 1);
        self.extended(if is_group_itself { "" } else { path }, |walk| {
            let name = if is_group_itself {
                walk.own_last_name()
            } else {
                name
            };
            let bound = alias.unwrap_or(name);
            let names = vec![name.to_owned()];
            walk.give(names, range, first, Some(bound), take);
        });
    }

    fn all(
        &mut self,
        first: usize,
        end: usize,
        star: usize,
        take: &mut impl FnMut(Import, Option<&'t str>),
    ) {
        let end = if end > first { end } else { star };
        let range = self.tokens.range(first, end.max(first + 1));
        self.give(vec!["*".to_owned()], range, first, None, take);
    }

    fn give(
        &mut self,
        names: Vec<String>,
        range: ByteRange,
        first: usize,
        bound: Option<&'t str>,
        take: &mut impl FnMut(Import, Option<&'t str>),
    ) {
        let is_placeholder = self.prefix.starts_with('$') && !self.prefix.starts_with("$crate");
        let is_bad = self.prefix.is_empty() || self.prefix.len() > MAX_PATH_BYTES;
        if self.too_long > 0 || is_bad || is_placeholder {
            return;
        }
        let import = Import {
            target: self.prefix.clone(),
            form: self.tree.form,
            names,
            range,
            line: self.tokens.line(first),
            circumstances: self.tree.circumstances,
        };
        take(import, bound);
    }

    /// Gives the name before the group that is open.
    fn own_last_name(&self) -> &'t str {
        self.open
            .last()
            .map_or("", |(_, last)| self.tokens.text(*last))
    }
}
