//! Calls the parser and tells what it could not read.

use oxc_allocator::Allocator;
use oxc_ast::ast::Program;
use oxc_parser::{ParseOptions, Parser};
use oxc_span::SourceType;
use synthesizer_model::text::LineIndex;

/// Errors of one file that are told.
const MOST_ERRORS: usize = 100;

/// Longest message that is kept, in bytes.
const MAX_MESSAGE_BYTES: usize = 200;

/// A parsed text.
pub(super) struct Parsed<'a> {
    /// The tree; empty when the parser gave up.
    pub(super) program: Program<'a>,
    /// Errors with their places.
    pub(super) errors: Vec<(usize, String)>,
    /// How many errors there are, those that are not told included.
    pub(super) error_count: usize,
    /// Whether the parser gave up.
    pub(super) gave_up: bool,
}

/// Parses a text by one grammar.
pub(super) fn parse<'a>(
    allocator: &'a Allocator,
    text: &'a str,
    grammar: SourceType,
) -> Parsed<'a> {
    let options = ParseOptions {
        parse_regular_expression: false,
        allow_return_outside_function: true,
        preserve_parens: true,
        allow_v8_intrinsics: false,
        enable_ident_hashes: false,
    };
    let outcome = Parser::new(allocator, text, grammar)
        .with_options(options)
        .parse();
    let errors = outcome
        .diagnostics
        .iter()
        .take(MOST_ERRORS)
        .map(|error| {
            let place = error.labels.first().map_or(0, |label| label.offset());
            let message = &error.message;
            let message = &message[..message.floor_char_boundary(MAX_MESSAGE_BYTES)];
            (place as usize, message.to_owned())
        })
        .collect();
    Parsed {
        program: outcome.program,
        errors,
        error_count: outcome.diagnostics.len(),
        gave_up: outcome.panicked,
    }
}

/// Gives errors by line, with a remark on those that are not told.
pub(super) fn by_line(
    text: &str,
    errors: Vec<(usize, String)>,
    count: usize,
) -> Vec<(u32, String)> {
    if errors.is_empty() {
        return Vec::new();
    }
    let lines = LineIndex::new(text);
    let told = errors.len();
    let mut by_line: Vec<(u32, String)> = errors
        .into_iter()
        .map(|(place, message)| (lines.line(place), message))
        .collect();
    by_line.sort();
    if count > told {
        by_line.pop();
        let line = by_line.last().map_or(1, |(line, _)| *line);
        by_line.push((line, format!("{} more errors", count - told + 1)));
    }
    by_line
}
