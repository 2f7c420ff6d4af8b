//! What the contents of one file tell of its role. Knows no paths, so that equal contents need be looked at once.

use synthesizer_model::source_file::RoleMarks;

use super::{density, words};

/// Looks at the contents of a file for signs that a program wrote it.
///
/// `suffix` is that of [`crate::lines::suffix_of`], `language` the name that `tokei` shows. Only the first 4 KiB are read for words (of Go,
/// whatever is before the package clause, up to 64 KiB); minified text is told in one pass.
pub fn marks(suffix: &str, language: Option<&str>, text: &[u8]) -> RoleMarks {
    let generated = if suffix == "map" && text.starts_with(b"{\"version\":3") {
        Some("source map".to_owned())
    } else {
        words::generated_by(language, text)
    };
    RoleMarks {
        generated,
        minified: language.is_some_and(|language| density::is_minified(language, text)),
    }
}
