//! Go: facts of one file, and where its imports lead. Does no I/O and does not know which files a build would leave out.
//!
//! Map:
//! - `vocabulary`: the parts of the grammar that are looked at
//! - `reader`: one walk that collects definitions and imports
//! - `directives`: comments that speak to the tools: `//go:build`, `//go:embed`, the C text above `import "C"`
//! - `packages`: the folders of a tree as Go sees them
//! - `resolver`: from an import path to a folder's files
//! - `embedded`: from the patterns of `//go:embed` to files
//! - `standard_library`: the packages that come with Go

mod directives;
mod embedded;
mod packages;
mod reader;
mod resolver;
mod standard_library;
mod vocabulary;

#[cfg(test)]
mod tests;

use synthesizer_model::{code::CodeFacts, dependency::Ecosystem};

use super::{FileKind, Language, LanguageDescriptor, Resolver, SourceFiles};

static DESCRIPTOR: LanguageDescriptor = LanguageDescriptor {
    names: &["Go"],
    documentation: "The Go Programming Language Specification; grammar: tree-sitter-go",
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
