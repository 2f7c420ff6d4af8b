//! TypeScript, with or without JSX. What it shares with JavaScript is in `ecmascript`; must not know the parser.

use synthesizer_model::{code::CodeFacts, dependency::Ecosystem};

use super::{FileKind, Language, LanguageDescriptor, Resolver, SourceFiles, ecmascript};

/// TypeScript.
#[derive(Debug)]
pub struct TypeScript;

static DESCRIPTOR: LanguageDescriptor = LanguageDescriptor {
    names: &["TypeScript", "TSX"],
    documentation: "https://www.typescriptlang.org/docs/",
    ecosystem: Some(Ecosystem::Npm),
    version: ecmascript::VERSION,
};

impl Language for TypeScript {
    fn descriptor(&self) -> &'static LanguageDescriptor {
        &DESCRIPTOR
    }

    fn read(&self, text: &str, kind: FileKind<'_>) -> CodeFacts {
        ecmascript::read(text, kind)
    }

    fn resolver<'a>(&self, files: &'a SourceFiles<'a>) -> Box<dyn Resolver + 'a> {
        ecmascript::resolver(files)
    }
}
