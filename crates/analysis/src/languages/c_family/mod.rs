//! C and C++: facts of one file, and where its includes lead. Does no I/O, expands no macro, and reads all branches of conditions.
//!
//! A grammar that knows neither macros nor branches loses its way in every second file of real C++, so the text is read by its tokens
//! and brackets. What is missing then is what macros write: functions whose names they make up, and types whose braces they hide.
//! Only what no compiler accepts either is told as a syntax error: a comment, a raw string, an `#if` or a brace that is not closed.
//!
//! Map, in the order of the work:
//! - `dialect`: whether a header is C or C++
//! - `tokens`, `comments`: tokens, and comments as documentation
//! - `directives`, `conditionals`: what the preprocessor is told, and the branches around a place
//! - `scanner`, `preprocessor`, `state`: where declarations begin and end, what directives do to that
//! - `outline`, `words`: one declaration as a list of words and groups
//! - `declarations`, `functions`, `variables`: what a declaration defines
//! - `symbols`: the definitions, declarations joined with them
//! - `include_paths`, `resolver`: from an include to a file of the tree or a library
//! - `standard_headers`, `libraries`: the headers of the languages and systems, and of well-known libraries

mod comments;
mod conditionals;
mod declarations;
mod dialect;
mod directives;
mod functions;
mod include_paths;
mod libraries;
mod outline;
mod preprocessor;
mod resolver;
mod scanner;
mod standard_headers;
mod state;
mod symbols;
mod tokens;
mod variables;
mod words;

#[cfg(test)]
mod tests;

use synthesizer_model::code::CodeFacts;

use self::dialect::Dialect;
use super::FileKind;

pub(super) use self::resolver::IncludeResolver;

/// Raised whenever the same text gives other facts.
pub(super) const VERSION: u32 = 1;

/// Largest text that is read.
const MAX_TEXT_BYTES: usize = 16 << 20;

/// Suffixes of files that `tokei` counts as C++ and that other files include.
const INCLUDED_SUFFIXES: &[&str] = &["tpp", "tcc", "txx", "inl", "ipp"];

/// Reads the facts of one file.
pub(super) fn read(text: &str, kind: FileKind<'_>) -> CodeFacts {
    if text.len() > MAX_TEXT_BYTES {
        let refusal = format!("larger than {} MiB, not parsed", MAX_TEXT_BYTES >> 20);
        return CodeFacts {
            syntax_errors: vec![(1, refusal)],
            ..CodeFacts::default()
        };
    }
    let dialect = dialect_of(text, kind);
    let scanned = scanner::scan(text, dialect, false);
    if !scanned.is_unbalanced {
        return scanned.facts;
    }
    // A macro hides a brace; the layout tells where functions end.
    let again = scanner::scan(text, dialect, true);
    if again.facts.symbols.len() > scanned.facts.symbols.len() {
        again.facts
    } else {
        scanned.facts
    }
}

fn dialect_of(text: &str, kind: FileKind<'_>) -> Dialect {
    if kind.language == "C Header" {
        return dialect::of_header(text);
    }
    let is_cplusplus = kind.language != "C";
    Dialect {
        is_cplusplus,
        is_shared: false,
        is_header: kind.language == "C++ Header" || INCLUDED_SUFFIXES.contains(&kind.suffix),
        is_module: kind.language == "C++ Module",
    }
}
