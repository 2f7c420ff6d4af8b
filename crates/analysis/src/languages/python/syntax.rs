//! The calls into the parser: errors as lines and texts, and how deep a tree is.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, ModModule, Pattern, PySourceType, Stmt};
use ruff_python_parser::{Parsed, parse_unchecked_source};

use super::source::Source;

/// Most errors that are listed for one text.
const MAX_ERRORS: usize = 100;

/// A parsed module with its tokens and errors.
pub(super) type Module = Parsed<ModModule>;

/// Parses a module; the tree is partial where the text has errors.
pub(super) fn parse(text: &str) -> Module {
    parse_unchecked_source(text, PySourceType::Python)
}

/// Lists the syntax errors by line, at most [`MAX_ERRORS`] and a last entry that counts the rest.
pub(super) fn errors(module: &Module, source: &Source<'_>) -> Vec<(u32, String)> {
    let all = module.errors();
    let mut errors: Vec<(u32, String)> = all
        .iter()
        .take(MAX_ERRORS)
        .map(|error| {
            let line = source.line(error.location.start().to_usize());
            (line, error.error.to_string())
        })
        .collect();
    if let Some(next) = all.get(MAX_ERRORS) {
        let line = source.line(next.location.start().to_usize());
        errors.push((line, format!("{} more errors", all.len() - MAX_ERRORS)));
    }
    errors
}

/// Whether the tree is deeper than `limit`; looks no deeper than that.
pub(super) fn is_deeper_than(module: &Module, limit: usize) -> bool {
    let mut plumb = Plumb {
        left: limit,
        hit_ground: false,
    };
    plumb.visit_body(&module.syntax().body);
    plumb.hit_ground
}

struct Plumb {
    left: usize,
    hit_ground: bool,
}

impl Plumb {
    fn descend(&mut self, walk: impl FnOnce(&mut Self)) {
        match self.left.checked_sub(1) {
            None => self.hit_ground = true,
            Some(_) if self.hit_ground => {}
            Some(left) => {
                self.left = left;
                walk(self);
                self.left += 1;
            }
        }
    }
}

impl<'a> Visitor<'a> for Plumb {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        self.descend(|plumb| visitor::walk_stmt(plumb, statement));
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        self.descend(|plumb| visitor::walk_expr(plumb, expression));
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        self.descend(|plumb| visitor::walk_pattern(plumb, pattern));
    }
}
