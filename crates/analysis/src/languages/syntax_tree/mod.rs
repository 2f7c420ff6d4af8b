//! What all languages read by tree-sitter share: bounded parsing, a walk without recursion, definitions, comments, syntax errors.
//! The only place that calls tree-sitter; knows no language.
//!
//! A language declares the node kinds and fields that it looks at with `vocabulary!`, makes one static [`Grammar`] of them, and gives
//! [`read`] a function that walks the tree with a [`Visitor`]:
//!
//! ```ignore
//! vocabulary! {
//!     /// What the reader of Go looks at.
//!     pub(super) struct Go;
//!     kinds { Function = "function_declaration", If = "if_statement" }
//!     tokens { And = "&&" }
//!     fields { Name = "name" }
//! }
//! static GRAMMAR: LazyLock<Grammar<Go>> = LazyLock::new(|| Grammar::new(tree_sitter_go::LANGUAGE));
//!
//! fn facts(text: &str) -> CodeFacts {
//!     syntax_tree::read(&GRAMMAR, text, |tree| {
//!         let mut reader = Reader::new();            // holds a FactsBuilder; `impl Visitor<'_, Go> for Reader`
//!         tree.walk(&mut reader);
//!         reader.facts.finish()
//!     })
//! }
//! ```
//!
//! Costs: everything is linear in the text. Do not add what walks to a parent or to a sibling from a node: in tree-sitter both start
//! over from the root.
//!
//! Map:
//! - `vocabulary`: node kinds as a dense enum of the language instead of strings
//! - `parsing`: the bounds of size and work, parsers reused by thread, cancellation
//! - `node`: one node, its text, range, lines, children
//! - `walk`: the iterative walk
//! - `comments`: comments that lead a definition
//! - `errors`: what the parser could not read

mod comments;
mod errors;
mod node;
mod parsing;
mod vocabulary;
mod walk;

#[cfg(test)]
mod tests;

pub(crate) use super::{
    documentation::documentation_summary,
    facts_builder::{Definition, FactsBuilder},
};

pub(crate) use self::{
    comments::LeadingComments,
    node::Node,
    parsing::{cancellable, read},
    vocabulary::{Grammar, Vocabulary, vocabulary},
    walk::{Place, Visit, Visitor},
};
