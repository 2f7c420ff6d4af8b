//! JavaScript, with or without JSX. What it shares with TypeScript is in `ecmascript`; must not know the parser.

use synthesizer_model::{code::CodeFacts, dependency::Ecosystem};

use super::{FileKind, Language, LanguageDescriptor, Resolver, SourceFiles, ecmascript};

/// JavaScript.
#[derive(Debug)]
pub struct JavaScript;

static DESCRIPTOR: LanguageDescriptor = LanguageDescriptor {
    names: &["JavaScript", "JSX"],
    documentation: "https://tc39.es/ecma262/",
    ecosystem: Some(Ecosystem::Npm),
    version: ecmascript::VERSION,
};

impl Language for JavaScript {
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
