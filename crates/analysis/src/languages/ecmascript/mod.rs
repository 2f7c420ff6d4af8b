//! JavaScript and TypeScript: facts of one file from its text, and where its imports lead. The only place that knows the parser's types;
//! does no I/O.
//!
//! Map, in the order of the work:
//! - `dialect`: the grammar that a file's name asks for
//! - `bounded`: refuses what is too large or nested too deeply, and gives deep text a large stack
//! - `syntax`: calls the parser
//! - `walker`: one walk that knows the circumstances of each place
//! - `definitions`, `exports`, `symbols`: what the file defines and who sees it
//! - `imports`, `calls`, `names`: imports that are statements, and those that are expressions
//! - `comments`: documentation, and imports in comments
//! - `resolver`: where imports lead

mod bounded;
mod calls;
mod comments;
mod definitions;
mod dialect;
mod exports;
mod imports;
mod names;
mod resolver;
mod symbols;
mod syntax;
mod tokens;
mod unread;
mod walker;

#[cfg(test)]
mod tests;

use synthesizer_model::code::CodeFacts;

pub(super) use self::resolver::is_builtin;

use self::dialect::Dialect;
use super::{FileKind, Resolver, SourceFiles};

/// The version of the reader; raised whenever the same text gives other facts.
pub(super) const VERSION: u32 = 2;

/// Reads the facts of one file.
///
/// Never fails: what the parser cannot read is listed as syntax errors. Ranges are byte offsets into `text`, a byte order mark included.
pub(super) fn read(text: &str, kind: FileKind<'_>) -> CodeFacts {
    bounded::facts(text, Dialect::of(kind))
}

/// Makes what finds the files that imports of a tree lead to.
pub(super) fn resolver<'a>(files: &'a SourceFiles<'a>) -> Box<dyn Resolver + 'a> {
    Box::new(resolver::EcmaScriptResolver::new(files))
}

/// Finds what imports lead to where sources are taken: a package's own TypeScript means the source by the package's name.
pub(super) fn resolver_of_sources<'a>(files: &'a SourceFiles<'a>) -> Box<dyn Resolver + 'a> {
    Box::new(resolver::EcmaScriptResolver::new(files).with_own_sources())
}
