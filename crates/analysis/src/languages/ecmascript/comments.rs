//! What comments tell: which definitions are documented, what the file says about itself, and imports that stand in comments.

use memchr::{memchr_iter, memmem};
use oxc_ast::ast::{Comment, Program, Statement};
use oxc_span::GetSpan;
use synthesizer_model::{code::ImportForm, text::ByteRange};

use crate::languages::documentation::documentation_summary;

use super::{imports::range_of, names};

/// Words by which a header is known that speaks of rights instead of the file.
const LEGAL_WORDS: &[&str] = &[
    "copyright",
    "license",
    "licence",
    "@preserve",
    "spdx-",
    "all rights reserved",
    "(c) ",
];

/// Tags by which a comment speaks of the whole file.
const FILE_TAGS: &[&str] = &[
    "@file",
    "@overview",
    "@module",
    "@packageDocumentation",
    "@fileoverview",
];

/// Comments of the top that are looked at for what the file says about itself.
const HEADERS: usize = 8;

/// An import that stands in a comment.
pub(super) struct CommentImport {
    /// What is between the quotes.
    pub(super) target: ByteRange,
    /// `Include` for the path of a reference, which is always relative; else `Static`.
    pub(super) form: ImportForm,
}

/// The comments of a file, in source order.
pub(super) struct Comments<'t> {
    text: &'t str,
    comments: Vec<Comment>,
    /// Where the first statement begins.
    first_statement: usize,
}

impl<'t> Comments<'t> {
    /// Takes the comments that the parser found.
    pub(super) fn of(text: &'t str, program: &Program<'_>) -> Self {
        let first_statement = program
            .body
            .first()
            .map_or(text.len(), |statement| statement.span().start as usize);
        Self {
            text,
            comments: program.comments.iter().copied().collect(),
            first_statement,
        }
    }

    /// Says whether a JSDoc comment stands before what begins here, with nothing but other comments between.
    pub(super) fn documents(&self, start: u32) -> bool {
        let after = self
            .comments
            .partition_point(|comment| comment.span.start < start);
        self.comments[..after]
            .iter()
            .rev()
            .take_while(|comment| comment.attached_to == start)
            .any(|comment| self.is_documentation(comment))
    }

    /// Gives the first paragraph of what the file says about itself.
    pub(super) fn file_documentation(&self, program: &Program<'_>) -> Option<String> {
        let headers = self
            .comments
            .iter()
            .take(HEADERS)
            .take_while(|comment| (comment.span.start as usize) < self.first_statement);
        for (place, comment) in headers.enumerate() {
            if !comment.is_block() {
                continue;
            }
            let text = self.content(comment);
            if is_legal(text) || text.contains("@private") || text.contains("@api private") {
                continue;
            }
            if self.speaks_of_file(place, comment, text, program) {
                return documentation_summary(&without_tag(text));
            }
        }
        None
    }

    /// Lists the imports in comments, those of JSDoc only when asked for.
    pub(super) fn imports(&self, with_documentation: bool) -> Vec<CommentImport> {
        let mut found = Vec::new();
        for comment in &self.comments {
            if comment.is_line() {
                if (comment.span.start as usize) < self.first_statement {
                    found.extend(self.reference(comment));
                }
            } else if with_documentation && self.is_documentation(comment) {
                self.documented_imports(comment, &mut found);
            }
        }
        found
    }

    fn content(&self, comment: &Comment) -> &'t str {
        range_of(comment.span).of(self.text).unwrap_or_default()
    }

    fn is_documentation(&self, comment: &Comment) -> bool {
        comment.is_block() && {
            let content = self.content(comment);
            content.starts_with("/**") && content.len() > "/***/".len()
        }
    }

    /// A header speaks of the file by its tag, or because what follows it is not something that it could document: another comment, an
    /// import, an empty line, or nothing.
    fn speaks_of_file(
        &self,
        place: usize,
        comment: &Comment,
        content: &str,
        program: &Program<'_>,
    ) -> bool {
        if FILE_TAGS.iter().any(|tag| content.contains(tag)) {
            return true;
        }
        let end = comment.span.end as usize;
        let next_comment = self
            .comments
            .get(place + 1)
            .map_or(usize::MAX, |next| next.span.start as usize);
        let before_directive = program
            .directives
            .first()
            .is_some_and(|directive| directive.span.start as usize >= end);
        if next_comment < self.first_statement || before_directive {
            return true;
        }
        let Some(first) = program.body.first() else {
            return true;
        };
        let between = self.text.get(end..self.first_statement).unwrap_or_default();
        imports(first) || between.bytes().filter(|byte| *byte == b'\n').count() > 1
    }

    /// Reads `/// <reference path="…" />`.
    fn reference(&self, comment: &Comment) -> Option<CommentImport> {
        let range = range_of(comment.span);
        let content = self.content(comment);
        let rest = content.strip_prefix("///")?.trim_start();
        let rest = rest.strip_prefix("<reference")?;
        let attributes_start = range.start + (content.len() - rest.len());
        let attribute = |name: &str| -> Option<ByteRange> {
            let found = memmem::find_iter(rest.as_bytes(), name)
                .find(|found| *found > 0 && rest.as_bytes()[found - 1].is_ascii_whitespace())?;
            let value = &rest[found + name.len()..];
            let value = value.trim_start().strip_prefix('=')?.trim_start();
            let quote = value
                .chars()
                .next()
                .filter(|quote| "'\"".contains(*quote))?;
            let inner = &value[1..];
            let start = attributes_start + (rest.len() - inner.len());
            Some(ByteRange::new(start, start + inner.find(quote)?))
        };
        let (target, form) = match attribute("path") {
            Some(path) => (path, ImportForm::Include),
            None => (attribute("types")?, ImportForm::Static),
        };
        Some(CommentImport { target, form })
    }

    /// Finds `@import { A } from 'x'`, and `import('x')` in the types of tags, in a JSDoc comment. What stands in examples is not meant.
    fn documented_imports(&self, comment: &Comment, found: &mut Vec<CommentImport>) {
        let start = range_of(comment.span).start;
        let content = self.content(comment);
        if memmem::find(content.as_bytes(), b"import").is_none() {
            return;
        }
        let keep = |quote: usize| {
            let target = between_quotes(content, quote)?;
            Some(CommentImport {
                target: ByteRange::new(start + target.start, start + target.end),
                form: ImportForm::Static,
            })
        };
        for tag in documentation_tags(content) {
            match tag {
                Tag::Import(at) => found.extend(from_clause(content, at).and_then(keep)),
                Tag::Type(region) => {
                    let text = region.of(content).unwrap_or_default();
                    let words = memmem::find_iter(text.as_bytes(), "import");
                    let ends = words.map(|word| region.start + word + "import".len());
                    found.extend(ends.filter_map(|end| {
                        let rest = content[end..].trim_start().strip_prefix('(')?;
                        keep(content.len() - rest.trim_start().len())
                    }));
                }
            }
        }
    }
}

/// A tag of a JSDoc comment that may import.
enum Tag {
    /// `@import`, by what follows it.
    Import(usize),
    /// The braces of a tag's type.
    Type(ByteRange),
}

/// Tags whose text is no type, whatever it looks like.
const TAGS_OF_TEXT: &[&str] = &["example", "link", "see", "deprecated", "description"];

/// Lists the tags of a comment that may import, in one pass.
fn documentation_tags(content: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut passed = 0;
    for at in memchr_iter(b'@', content.as_bytes()) {
        // A tag begins after a space or the star of its line; what is inside the type before it is no tag.
        let begins =
            content[..at].ends_with(|before: char| before.is_whitespace() || before == '*');
        if at < passed || !begins {
            continue;
        }
        let rest = &content[at + 1..];
        let name_length = rest
            .bytes()
            .take_while(u8::is_ascii_alphanumeric)
            .take(MAX_TARGET)
            .count();
        let name = &rest[..name_length];
        let after = at + 1 + name_length;
        if name == "import" {
            tags.push(Tag::Import(after));
        } else if !TAGS_OF_TEXT.contains(&name)
            && let Some(open) = opening_brace(&content[after..])
        {
            let open = after + open;
            passed = open + braces_length(&content[open..]);
            tags.push(Tag::Type(ByteRange::new(open, passed)));
        }
    }
    tags
}

/// Finds the brace of a tag's type: at once, or after a name on the same line (`@param a {string}`).
fn opening_brace(rest: &str) -> Option<usize> {
    let first = rest.trim_start_matches([' ', '\t']);
    let named = first.trim_start_matches(|character: char| {
        character.is_alphanumeric() || "_$.[]".contains(character)
    });
    [first, named.trim_start_matches([' ', '\t'])]
        .into_iter()
        .find(|text| text.starts_with('{'))
        .map(|text| rest.len() - text.len())
}

/// Gives the length of a text in braces, braces included; all of it when they are not closed.
fn braces_length(text: &str) -> usize {
    let mut depth = 0_usize;
    for (place, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => {
                depth -= 1;
                if depth == 0 {
                    return place + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// Gives what stands between the quotes that begin at a place, all on one line.
fn between_quotes(content: &str, at: usize) -> Option<ByteRange> {
    let bytes = content.as_bytes();
    let quote = *bytes.get(at).filter(|quote| b"'\"".contains(quote))?;
    let inner = &bytes[at + 1..];
    let length = inner
        .iter()
        .take(MAX_TARGET)
        .position(|byte| *byte == quote || *byte == b'\n')?;
    (inner[length] == quote && length > 0).then(|| ByteRange::new(at + 1, at + 1 + length))
}

/// Longest name of a module in a comment.
const MAX_TARGET: usize = 1_000;

/// Gives the place after the `from` of an `@import` tag, which ends with the next tag.
fn from_clause(content: &str, at: usize) -> Option<usize> {
    let rest = &content[at..];
    let window = &rest[..rest.floor_char_boundary(MAX_TARGET)];
    let from = memmem::find(window.as_bytes(), b"from")?;
    if window[..from].contains('@') {
        return None;
    }
    let quoted = rest[from + "from".len()..].trim_start();
    Some(content.len() - quoted.len())
}

/// Says whether a statement does nothing but import.
fn imports(statement: &Statement<'_>) -> bool {
    match statement {
        Statement::VariableDeclaration(variables) => {
            let value = variables.declarations.first();
            let value = value.and_then(|declarator| declarator.init.as_ref());
            value.is_some_and(|value| names::is_import(value, &["require".to_owned()]))
        }
        other => other
            .as_module_declaration()
            .is_some_and(|declaration| declaration.is_import()),
    }
}

fn is_legal(content: &str) -> bool {
    let head = &content[..content.floor_char_boundary(2_000)];
    let head = head.to_ascii_lowercase();
    content.starts_with("/*!") || LEGAL_WORDS.iter().any(|word| head.contains(word))
}

/// Takes the tags of a file's comment away, so that the text after them is its first paragraph.
fn without_tag(content: &str) -> String {
    let head = &content[..content.floor_char_boundary(4_000)];
    let mut text = String::with_capacity(head.len());
    for line in head.lines() {
        let inner = line.trim_start().trim_start_matches(['/', '*']).trim();
        let rest = FILE_TAGS
            .iter()
            .rev()
            .find_map(|tag| inner.strip_prefix(tag))
            .filter(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace));
        match rest {
            Some(_) if inner.starts_with("@module") => {}
            Some(rest) => text.push_str(rest.trim()),
            None => text.push_str(inner),
        }
        text.push('\n');
    }
    text
}
