//! What the reader tells of texts, seen from outside.

mod comments;
mod imports;
mod robustness;
mod symbols;

use synthesizer_model::code::{CodeFacts, Import};

use crate::languages::FileKind;

/// Reads a text by the suffix of its file.
fn read(suffix: &str, text: &str) -> CodeFacts {
    let language = match suffix {
        "tsx" => "TSX",
        "jsx" => "JSX",
        suffix if suffix.ends_with("ts") => "TypeScript",
        _ => "JavaScript",
    };
    super::read(text, FileKind { language, suffix })
}

/// Reads a text that has no errors.
fn read_well(suffix: &str, text: &str) -> CodeFacts {
    let facts = read(suffix, text);
    assert_eq!(facts.syntax_errors, [], "{text}");
    facts
}

/// Writes what an import is in one line: `form target {names} marks`.
fn described(import: &Import) -> String {
    let form = serde_json::to_string(&import.form).expect("a name");
    let mut line = format!("{} {}", form.trim_matches('"'), import.target);
    if !import.names.is_empty() {
        line.push_str(&format!(" {{{}}}", import.names.join(", ")));
    }
    let circumstances = import.circumstances;
    for (mark, holds) in [
        ("in-function", circumstances.in_function),
        ("types", circumstances.type_checking),
        ("guarded", circumstances.guarded),
        ("fallback", circumstances.fallback),
        ("conditional", circumstances.conditional),
    ] {
        if holds {
            line.push_str(" +");
            line.push_str(mark);
        }
    }
    line
}
