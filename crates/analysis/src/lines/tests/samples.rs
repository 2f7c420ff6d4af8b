//! Counting equals `tokei`'s, for every language, on texts put together from what is hard to count.

use proptest::{collection, prelude::*, sample, test_runner::FileFailurePersistence};
use tokei::LanguageType;

use super::{super::count, oracle::tokei_lines};

/// Pieces that mean something in one language or another.
const PIECES: &[&str] = &[
    "\n",
    "\n",
    "\n",
    "\r\n",
    "\n\n",
    " ",
    "  ",
    "\t",
    "\u{b}",
    "\r",
    "x",
    "a = 1",
    "é",
    "\u{3000}",
    "\\",
    "\\\\",
    "\\\"",
    "\\'",
    "\"",
    "\"",
    "'",
    "'",
    "`",
    "```",
    "```rust\n",
    "```python,x\n",
    "``` html\n",
    "```C++\t",
    "```\n",
    "````rust ",
    "\"\"\"",
    "'''",
    "//",
    "///",
    "//!",
    "/*",
    "*/",
    "/*/",
    "/+",
    "+/",
    "#",
    "##",
    "###",
    "#\"",
    "\"#",
    "r#\"",
    "r##\"",
    "\"##",
    "#=",
    "=#",
    "#|",
    "|#",
    "--",
    "-- ",
    "--[[",
    "]]",
    "{-",
    "-}",
    "<!--",
    "-->",
    "<script>",
    "<script",
    "</script>",
    "<script type=\"text/css\">",
    "<script a=\"b type=\"x\">",
    "<style>",
    "<style lang=\"scss\">",
    "<style lang=\"Markdown\">",
    "</style>",
    "<template>",
    "<template lang=\"rust\">",
    "</template>",
    ">",
    "{=",
    "=}",
    "target Rust;\n",
    "target C",
    "=begin",
    "=end",
    "=begin pod",
    "=end pod",
    "(*",
    "*)",
    "%",
    ";",
    "!",
    "c",
    "C",
    "*",
    "REM",
    "{{!--",
    "--}}",
    "{#",
    "#}",
    "( ",
    ")",
    "(",
    "R\"(",
    ")\"",
    "@\"",
    "\u{1f4ad}",
    "\u{ff62}",
    "\u{ff63}",
    "templ",
    "css",
    "\\<open>",
    "\\<close>",
    "⍝",
];

fn pieces_of(language: LanguageType) -> Vec<&'static str> {
    let pairs = [
        language.multi_line_comments(),
        language.nested_comments(),
        language.quotes(),
        language.doc_quotes(),
        language.verbatim_quotes(),
    ];
    let texts = [language.line_comments(), language.important_syntax()];
    pairs
        .into_iter()
        .flatten()
        .flat_map(|&(start, end)| [start, end])
        .chain(texts.into_iter().flatten().copied())
        .chain(["\n", "\n", " ", "x", "\\", "\n\n"])
        .collect()
}

fn text_of(language: LanguageType) -> impl Strategy<Value = Vec<u8>> {
    let own = sample::select(pieces_of(language)).prop_map(|text| text.as_bytes().to_vec());
    let other = sample::select(PIECES).prop_map(|text| text.as_bytes().to_vec());
    let byte = any::<u8>().prop_map(|byte| vec![byte]);
    let piece = prop_oneof![6 => own, 5 => other, 1 => byte];
    collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// Says whether `tokei` fails on a text, so that it cannot be asked.
fn tokei_fails(language: LanguageType, text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let is_empty_block = |block: &str| block.trim().is_empty() && block.contains("\r\n");
    language == LanguageType::LinguaFranca
        && (text
            .split("{=")
            .skip(1)
            .any(|block| is_empty_block(block.split("=}").next().unwrap_or_default()))
            || text.matches("{=").count() > 4)
}

fn check(language: LanguageType, text: &[u8]) -> Result<(), TestCaseError> {
    if tokei_fails(language, text) {
        return Ok(());
    }
    prop_assert_eq!(
        count(language.name(), text),
        tokei_lines(language, text),
        "{:?} in {}",
        String::from_utf8_lossy(text),
        language.name()
    );
    Ok(())
}

fn configuration(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..ProptestConfig::default()
    }
}

/// Runs so many texts for each of some languages.
fn check_languages(languages: impl IntoIterator<Item = LanguageType>, cases: u32) {
    for language in languages {
        let mut runner = proptest::test_runner::TestRunner::new(configuration(cases));
        let result = runner.run(&text_of(language), |text| check(language, &text));
        assert!(result.is_ok(), "{result:?}");
    }
}

#[test]
fn every_language_is_counted_as_tokei_counts_it() {
    check_languages(super::super::rules::all(), 64);
}

#[test]
fn languages_with_others_inside_are_counted_as_tokei_counts_them() {
    let languages = [
        LanguageType::Rust,
        LanguageType::Markdown,
        LanguageType::UnrealDeveloperMarkdown,
        LanguageType::Html,
        LanguageType::Vue,
        LanguageType::Svelte,
        LanguageType::RubyHtml,
        LanguageType::GlimmerJs,
        LanguageType::GlimmerTs,
        LanguageType::LinguaFranca,
    ];
    check_languages(languages, 1500);
}

#[test]
fn common_languages_are_counted_as_tokei_counts_them() {
    let languages = [
        LanguageType::Python,
        LanguageType::JavaScript,
        LanguageType::TypeScript,
        LanguageType::Go,
        LanguageType::Java,
        LanguageType::C,
        LanguageType::Cpp,
        LanguageType::D,
        LanguageType::Lua,
        LanguageType::Raku,
        LanguageType::FortranLegacy,
        LanguageType::Haskell,
    ];
    check_languages(languages, 600);
}

proptest! {
    #![proptest_config(configuration(400))]

    #[test]
    fn notebooks_are_counted_as_tokei_counts_them(
        cells in collection::vec((any::<bool>(), text_of(LanguageType::Markdown)), 0..4),
        language in sample::select(&["python", "R", "Rust", "none", "html"][..]),
    ) {
        let cells: Vec<_> = cells
            .iter()
            .map(|(is_code, text)| {
                let text = String::from_utf8_lossy(text);
                let lines: Vec<&str> = text.split_inclusive('\n').collect();
                let kind = if *is_code { "code" } else { "markdown" };
                serde_json::json!({"cell_type": kind, "source": lines, "metadata": {"a": [1, 2.5, null]}})
            })
            .collect();
        let notebook = serde_json::json!({
            "cells": cells,
            "metadata": {
                "kernelspec": {"language": language, "display_name": ["x"]},
                "language_info": {"file_extension": "py"},
            },
        });
        check(LanguageType::Jupyter, notebook.to_string().as_bytes())?;
    }
}
