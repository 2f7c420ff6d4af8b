//! Which grammar a file's name asks for, and which one is tried when the text does not follow it. Parses nothing.

use oxc_span::SourceType;

use crate::languages::FileKind;

/// How a text is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect {
    /// The grammar by the file's name.
    pub(super) grammar: SourceType,
    /// The grammar to try when the first one does not fit; used only where it fits without an error.
    pub(super) fallback: Option<SourceType>,
    /// Whether the file holds declarations only (`.d.ts`): nothing of it runs.
    pub(super) declarations: bool,
}

impl Dialect {
    /// Chooses by the file's name. JSX is allowed in every kind of JavaScript; what is JavaScript by name alone may be typed by Flow,
    /// whose syntax is close enough to TypeScript's that most files can be read as that.
    pub(super) fn of(kind: FileKind<'_>) -> Self {
        let last = kind.suffix.rsplit('.').next().unwrap_or(kind.suffix);
        let declarations = is_declaration_suffix(kind.suffix);
        let grammar = match (kind.language, last) {
            ("TypeScript", _) if declarations => SourceType::d_ts(),
            ("TypeScript", "mts") => SourceType::ts().with_module(true),
            ("TypeScript", "cts") => SourceType::ts().with_commonjs(true),
            ("TypeScript", _) => SourceType::ts(),
            ("TSX", _) => SourceType::tsx(),
            (_, "mjs") => SourceType::mjs().with_jsx(true),
            (_, "cjs") => SourceType::cjs().with_jsx(true),
            _ => SourceType::unambiguous().with_jsx(true),
        };
        let fallback = grammar
            .is_javascript()
            .then(|| SourceType::tsx().with_unambiguous(true));
        Self {
            grammar,
            fallback,
            declarations,
        }
    }

    /// Says whether types can be written in files of this name.
    pub(super) fn is_typed(self) -> bool {
        !self.grammar.is_javascript()
    }
}

/// Says whether a suffix is one of TypeScript's declarations: `d.ts`, `d.mts`, `d.cts`, `d.css.ts`.
pub(super) fn is_declaration_suffix(suffix: &str) -> bool {
    suffix.starts_with("d.")
        && [".ts", ".mts", ".cts"]
            .iter()
            .any(|end| suffix.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(language: &str, suffix: &str, expected: SourceType, declarations: bool) {
        let dialect = Dialect::of(FileKind { language, suffix });
        assert_eq!(dialect.grammar, expected, "{suffix}");
        assert_eq!(dialect.declarations, declarations, "{suffix}");
        assert_eq!(dialect.fallback.is_some(), expected.is_javascript());
    }

    #[test]
    fn a_suffix_tells_the_grammar() {
        let javascript = SourceType::unambiguous().with_jsx(true);
        check("JavaScript", "js", javascript, false);
        check("JavaScript", "", javascript, false);
        check("JavaScript", "config.js", javascript, false);
        check("JSX", "jsx", javascript, false);
        check("JavaScript", "mjs", SourceType::mjs().with_jsx(true), false);
        check(
            "JavaScript",
            "test.cjs",
            SourceType::cjs().with_jsx(true),
            false,
        );
        check("TypeScript", "ts", SourceType::ts(), false);
        check(
            "TypeScript",
            "mts",
            SourceType::ts().with_module(true),
            false,
        );
        check("TypeScript", "d.ts", SourceType::d_ts(), true);
        check("TypeScript", "d.mts", SourceType::d_ts(), true);
        check("TypeScript", "d.css.ts", SourceType::d_ts(), true);
        check("TypeScript", "test-d.ts", SourceType::ts(), false);
        check("TSX", "tsx", SourceType::tsx(), false);
    }
}
