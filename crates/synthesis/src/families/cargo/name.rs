//! The names that packages of Cargo can have. Knows no project.

use synthesizer_model::{ErrorCode, Failure, tree::TreePath};

use crate::families::python::ProjectName;

/// The longest name, in bytes, as registries have it.
const LONGEST: usize = 64;

/// Names of crates that come with Rust, or that Cargo refuses.
const RESERVED: &[&str] = &[
    "alloc",
    "build",
    "core",
    "deps",
    "examples",
    "incremental",
    "proc_macro",
    "std",
    "test",
];

/// Strict and reserved words of all editions (reference, "Keywords").
const KEYWORDS: &[&str] = &[
    "Self", "_", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue",
    "crate", "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if",
    "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub",
    "ref", "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

impl ProjectName {
    /// Reads the name of a Rust project; its crate is called the same with `_` for `-`.
    ///
    /// # Errors
    /// `E_ARGUMENT` when a package cannot have it: letters, digits, `-` and `_`, beginning with a letter, at most 64 bytes, no word of the
    /// language and no crate that comes with it.
    pub fn for_cargo(name: &str) -> Result<Self, Failure> {
        if let Some(why) = refusal(name) {
            return Err(Failure::new(ErrorCode::Argument, format!("the project's name {why}")).with_hint(
                "use letters, digits, - and _, begin with a letter, and avoid Rust's own names; for example my-toolbox",
            ));
        }
        Ok(Self::of(name.to_owned(), name.replace('-', "_")))
    }
}

/// Says why no package can have a name, as the end of a sentence.
pub(super) fn refusal(name: &str) -> Option<&'static str> {
    let valid = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
    if name.is_empty() || name.len() > LONGEST {
        return Some("is empty or longer than 64 bytes");
    }
    if !name.starts_with(|first: char| first.is_ascii_alphabetic()) || !name.chars().all(valid) {
        return Some("is no name of a package");
    }
    let code = name.replace('-', "_");
    if KEYWORDS.contains(&code.as_str()) || RESERVED.contains(&code.to_ascii_lowercase().as_str()) {
        return Some("is a word of Rust or a crate that comes with it");
    }
    TreePath::new(name)
        .is_err()
        .then_some("is reserved by some file system")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_packages() {
        let check = |name: &str, expected: Option<&str>| {
            let parsed = ProjectName::for_cargo(name);
            assert_eq!(
                parsed.as_ref().ok().map(ProjectName::package),
                expected,
                "{name:?}"
            );
        };
        check("my-tool_box2", Some("my_tool_box2"));
        check("", None);
        check("std", None);
        check("proc-macro", None);
        check("fn", None);
        check("2x", None);
        check("a.b", None);
        check("a/b", None);
        check("nul", None);
        check(&"x".repeat(65), None);
    }
}
