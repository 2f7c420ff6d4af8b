//! What the reader finds in Rust files, and where imports lead in small trees; each row is a text and the facts in a short notation.

mod definitions;
mod imports;
mod resolution;
mod robustness;

use synthesizer_model::code::{CodeFacts, Import, Symbol, SymbolKind};

use super::reader::read;

/// Reads a text that must have no syntax errors.
fn sound(text: &str) -> CodeFacts {
    let facts = read(text);
    assert_eq!(facts.syntax_errors, [], "in {text:?}");
    facts
}

/// A symbol as `kind name`, with `+` for public, `d` for documented, and its complexity.
fn shown_symbol(symbol: &Symbol) -> String {
    let kind = match symbol.kind {
        SymbolKind::Module => "mod",
        SymbolKind::Class => "class",
        SymbolKind::Function => "fn",
        SymbolKind::Method => "method",
        SymbolKind::Type => "type",
        SymbolKind::Constant => "const",
    };
    let public = if symbol.public { " +" } else { "" };
    let documented = if symbol.documented { " d" } else { "" };
    let complexity = symbol.complexity.map(|count| format!(" {count}"));
    format!(
        "{kind} {}{public}{documented}{}",
        symbol.name,
        complexity.unwrap_or_default()
    )
}

/// An import as `form target {names}`, with `?` for conditional and `()` for in a function.
fn shown_import(import: &Import) -> String {
    let names = if import.names.is_empty() {
        String::new()
    } else {
        format!(" {{{}}}", import.names.join(","))
    };
    let conditional = if import.circumstances.conditional {
        " ?"
    } else {
        ""
    };
    let in_function = if import.circumstances.in_function {
        " ()"
    } else {
        ""
    };
    format!(
        "{:?} {}{names}{conditional}{in_function}",
        import.form, import.target
    )
}
