//! Rust: facts of one file, and where its imports lead. Does no I/O, expands no macro, evaluates no `cfg`.
//!
//! Files are read by their tokens, not by a syntax tree: items are found by their keywords in the brackets of modules, `impl`, `trait`
//! and of macros that hold items; everything else is looked through for paths and branches. So macros' contents count like other code,
//! syntax that is newer than this reader does no harm, and a file costs little more than cutting it into tokens. The price: of syntax
//! errors only those of tokens, brackets and items are seen.
//!
//! Map:
//! - `lexer`, `tokens`: the text as tokens with matched brackets
//! - `reader`: the scopes of a file and what ends them
//! - `items`: what one item defines and imports
//! - `heads`: attributes, visibility, signatures: what stands before and around an item's name
//! - `code`: bodies, types and macros: branches, paths, files read by name
//! - `use_trees`: the leaves of `use`
//! - `outline`, `outline_names`: the items at the top of a file and what they name, for taking some of them
//! - `path_uses`: paths used without being imported, each once
//! - `crates`: the crates of a tree and what they know each other by
//! - `module_tree`, `file_names`: the modules of every crate and what is named in them
//! - `search`, `resolver`: from a path to files

mod code;
mod crates;
mod file_names;
mod heads;
mod items;
mod lexer;
mod module_tree;
pub(crate) mod outline;
mod outline_names;
mod path_uses;
mod reader;
mod resolver;
mod search;
mod tokens;
mod use_trees;

#[cfg(test)]
mod tests;

use synthesizer_model::{code::CodeFacts, dependency::Ecosystem};

use super::{FileKind, Language, LanguageDescriptor, Resolver, SourceFiles};

static DESCRIPTOR: LanguageDescriptor = LanguageDescriptor {
    names: &["Rust"],
    documentation: "The Rust Reference",
    ecosystem: Some(Ecosystem::Cargo),
    version: 1,
};

/// The language Rust.
#[derive(Debug, Clone, Copy)]
pub struct Rust;

impl Language for Rust {
    fn descriptor(&self) -> &'static LanguageDescriptor {
        &DESCRIPTOR
    }

    fn read(&self, text: &str, _kind: FileKind<'_>) -> CodeFacts {
        reader::read(text)
    }

    fn resolver<'a>(&self, files: &'a SourceFiles<'a>) -> Box<dyn Resolver + 'a> {
        Box::new(resolver::RustResolver::new(files))
    }
}
