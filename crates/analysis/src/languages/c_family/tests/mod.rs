//! The reader of C and C++ and the resolver of includes, on small texts and trees.

mod declarations;
mod preprocessing;
mod resolving;

use synthesizer_model::code::{CodeFacts, SymbolKind};

use super::super::FileKind;

/// Reads a text as a file of a language.
fn read(language: &str, text: &str) -> CodeFacts {
    let suffix = match language {
        "C" => "c",
        "C Header" => "h",
        "C++" => "cpp",
        "C++ Header" => "hpp",
        _ => "cppm",
    };
    super::read(text, FileKind { language, suffix })
}

/// One symbol in a line: `kind name public documented complexity`.
fn symbols(facts: &CodeFacts) -> Vec<String> {
    let words = |symbol: &synthesizer_model::code::Symbol| {
        let kind = match symbol.kind {
            SymbolKind::Module => "module",
            SymbolKind::Class => "class",
            SymbolKind::Function => "function",
            SymbolKind::Method => "method",
            SymbolKind::Type => "type",
            SymbolKind::Constant => "constant",
        };
        let mut words = vec![kind.to_owned(), symbol.name.clone()];
        words.extend(symbol.public.then(|| "public".to_owned()));
        words.extend(symbol.documented.then(|| "documented".to_owned()));
        words.extend(symbol.complexity.map(|complexity| complexity.to_string()));
        words.join(" ")
    };
    facts.symbols.iter().map(words).collect()
}

fn check_symbols(language: &str, text: &str, expected: &[&str]) {
    let facts = read(language, text);
    assert_eq!(symbols(&facts), expected, "{text}");
    assert_eq!(facts.syntax_errors, [], "{text}");
}
