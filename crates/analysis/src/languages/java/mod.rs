//! Java: facts of one file, and where its imports lead. Does no I/O and knows no class path.
//!
//! A type of the same package needs no import, and `import a.b.*` does not say which types it is for. So the reader also gives every
//! type name that a file uses without importing or declaring it, as a path of one part; the resolver leads those to the files of the
//! same package, and joins them with the imports on demand. Without them a closure would not compile.
//!
//! Files are read by their tokens, not by a syntax tree: declarations are found by their keywords and brackets in the bodies of types,
//! everything else is looked through for names and branches. Of syntax errors only those of tokens, brackets and members are seen.
//!
//! Map:
//! - `lexer`, `tokens`: the text as tokens with matched brackets
//! - `reader`, `modifiers`: the scopes of a file and what they define
//! - `imports`: import declarations and the directives of modules
//! - `code`, `used_names`: branches, and the type names that a file uses without importing them
//! - `type_index`: the packages and top-level types of a tree
//! - `resolver`: from an import to a file, the standard library, or a declared dependency
//! - `maven_packages`: from a package name to the declared dependency that it probably comes from
//! - `standard_library`: the packages that come with a JDK

mod code;
mod imports;
mod lexer;
mod maven_packages;
mod modifiers;
mod reader;
mod resolver;
mod standard_library;
mod tokens;
mod type_index;
mod used_names;

#[cfg(test)]
mod tests;

use synthesizer_model::{code::CodeFacts, dependency::Ecosystem};

use super::{FileKind, Language, LanguageDescriptor, Resolver, SourceFiles};

static DESCRIPTOR: LanguageDescriptor = LanguageDescriptor {
    names: &["Java"],
    documentation: "The Java Language Specification, Java SE 25 Edition",
    ecosystem: Some(Ecosystem::Maven),
    version: 1,
};

/// The language Java.
#[derive(Debug, Clone, Copy)]
pub struct Java;

impl Language for Java {
    fn descriptor(&self) -> &'static LanguageDescriptor {
        &DESCRIPTOR
    }

    fn read(&self, text: &str, _kind: FileKind<'_>) -> CodeFacts {
        reader::read(text)
    }

    fn resolver<'a>(&self, files: &'a SourceFiles<'a>) -> Box<dyn Resolver + 'a> {
        Box::new(resolver::JavaResolver::new(files))
    }
}
