//! Go: facts of one file, and where its imports lead. Does no I/O and does not know which files a build would leave out.
//!
//! Files are read by their tokens, not by a syntax tree: Go's declarations begin with their keywords, and of bodies only branches are
//! asked. So a file costs little more than cutting it into tokens. The price: syntax errors inside bodies are seen only when they break
//! tokens or brackets.
//!
//! Map:
//! - `lexer`, `tokens`: the text as tokens with matched brackets, and comments
//! - `comments`: the comments that lead a declaration
//! - `reader`: definitions and imports
//! - `directives`: comments that speak to the tools: `//go:build`, `//go:embed`, the C text above `import "C"`
//! - `packages`: the folders of a tree as Go sees them
//! - `resolver`: from an import path to a folder's files
//! - `embedded`: from the patterns of `//go:embed` to files
//! - `standard_library`: the packages that come with Go

mod comments;
mod directives;
mod embedded;
mod lexer;
mod packages;
mod reader;
mod resolver;
mod standard_library;
mod tokens;

#[cfg(test)]
mod tests;

use synthesizer_model::{code::CodeFacts, dependency::Ecosystem};

use super::{FileKind, Language, LanguageDescriptor, Resolver, SourceFiles};

static DESCRIPTOR: LanguageDescriptor = LanguageDescriptor {
    names: &["Go"],
    documentation: "The Go Programming Language Specification",
    ecosystem: Some(Ecosystem::Go),
    version: 1,
};

/// The language Go.
#[derive(Debug, Clone, Copy)]
pub struct Go;

impl Language for Go {
    fn descriptor(&self) -> &'static LanguageDescriptor {
        &DESCRIPTOR
    }

    fn read(&self, text: &str, _kind: FileKind<'_>) -> CodeFacts {
        reader::read(text)
    }

    fn resolver<'a>(&self, files: &'a SourceFiles<'a>) -> Box<dyn Resolver + 'a> {
        Box::new(resolver::GoResolver::new(files))
    }
}
