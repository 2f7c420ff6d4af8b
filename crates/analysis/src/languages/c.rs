//! The language C, and headers of C++ that are named like those of C.

use synthesizer_model::code::CodeFacts;

use super::{FileKind, Language, LanguageDescriptor, Resolver, SourceFiles, c_family};

static DESCRIPTOR: LanguageDescriptor = LanguageDescriptor {
    names: &["C", "C Header"],
    documentation: "ISO/IEC 9899:2024 (C23)",
    ecosystem: None,
    version: c_family::VERSION,
};

/// The language C.
#[derive(Debug, Clone, Copy)]
pub struct C;

impl Language for C {
    fn descriptor(&self) -> &'static LanguageDescriptor {
        &DESCRIPTOR
    }

    fn read(&self, text: &str, kind: FileKind<'_>) -> CodeFacts {
        c_family::read(text, kind)
    }

    fn resolver<'a>(&self, files: &'a SourceFiles<'a>) -> Box<dyn Resolver + 'a> {
        Box::new(c_family::IncludeResolver::new(files))
    }
}
