//! What the counter must know of each language, worked out from `tokei`'s table when a language is met for the first time. Reads no
//! text.

use std::{
    collections::HashMap,
    sync::{LazyLock, OnceLock},
};

use tokei::LanguageType;

use super::search::ByteSet;

/// How texts of other languages lie in a language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Embedding {
    /// They do not.
    None,
    /// Markdown in the lines of documentation comments.
    DocumentationComments,
    /// Any language between fences of three backticks.
    Fences,
    /// Scripts, styles and templates between tags.
    Tags,
    /// The target language between `{=` and `=}`.
    Blocks,
}

/// What a token begins.
#[derive(Debug, Clone, Copy)]
pub(super) enum Begins {
    /// A string, by its place in [`Rules::strings`].
    String(u8),
    /// A comment over several lines, by its place in [`Rules::comments`].
    Comment(u8),
    /// A comment to the end of the line.
    LineComment,
}

/// A text that begins something.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    /// The text.
    pub(super) text: &'static [u8],
    /// What it begins.
    pub(super) begins: Begins,
}

/// A form of strings.
#[derive(Debug)]
pub(super) struct StringForm {
    start: &'static [u8],
    /// What ends it.
    pub(super) end: &'static [u8],
    /// Whether it knows no escapes.
    pub(super) verbatim: bool,
    /// The bytes in it that can mean something.
    pub(super) stops: ByteSet,
}

/// A form of comments over several lines.
#[derive(Debug)]
pub(super) struct CommentForm {
    /// What begins it.
    pub(super) start: &'static [u8],
    /// What ends it.
    pub(super) end: &'static [u8],
    /// Whether it can lie in another.
    pub(super) nests: bool,
    /// The bytes in it that can mean something.
    pub(super) stops: ByteSet,
}

/// One language, as the counter sees it.
#[derive(Debug)]
pub(super) struct Rules {
    /// Whether all that is not blank is comment.
    pub(super) literate: bool,
    /// Whether a comment must begin in the first column.
    pub(super) by_column: bool,
    /// How other languages lie in it.
    pub(super) embedding: Embedding,
    /// Forms of strings, in the order in which they are tried.
    pub(super) strings: Vec<StringForm>,
    /// Forms of comments over several lines, in the order in which they are tried.
    pub(super) comments: Vec<CommentForm>,
    /// What begins comments to the end of the line.
    pub(super) line_comments: Vec<&'static [u8]>,
    /// What begins strings with escapes, each of which can itself be escaped.
    pub(super) escapable: Vec<&'static [u8]>,
    /// The bytes outside strings and comments that can mean something on a line that is looked at closely.
    pub(super) stops: ByteSet,
    /// The bytes that can make `tokei` look at a line closely, and the end of a line.
    pub(super) first_stops: ByteSet,
    /// Whether a line that is a comment can begin with a byte.
    pub(super) begins_comment_line: [bool; 256],
    tokens: ByFirstByte<Token>,
    important: ByFirstByte<&'static [u8]>,
}

impl Rules {
    /// Gives the rules of a language.
    pub(super) fn of(language: LanguageType) -> &'static Self {
        static ALL: LazyLock<Vec<OnceLock<Rules>>> = LazyLock::new(|| {
            let mut all = Vec::new();
            all.resize_with(LanguageType::list().len(), OnceLock::new);
            all
        });
        ALL[language as usize].get_or_init(|| Self::new(language))
    }

    /// Lists the tokens that begin with a byte, in the order in which they are tried.
    pub(super) fn tokens(&self, first: u8) -> &[Token] {
        self.tokens.of(first)
    }

    /// Lists the texts that begin with a byte and make `tokei` look at a line more closely.
    pub(super) fn important(&self, first: u8) -> &[&'static [u8]] {
        self.important.of(first)
    }

    fn new(language: LanguageType) -> Self {
        let embedding = embedding(language);
        let strings = strings(language);
        let comments = comments(language);
        let line_comments = bytes(language.line_comments());
        let important = bytes(language.important_syntax());
        let tokens = tokens(&strings, &comments, &line_comments);
        let mut begins_comment_line = [false; 256];
        for token in &tokens {
            let is_comment = !matches!(token.begins, Begins::String(_));
            begins_comment_line[usize::from(token.text[0])] |= is_comment;
        }
        let documentation = (embedding == Embedding::DocumentationComments).then_some(b'/');
        let stops = tokens.iter().map(|token| token.text[0]);
        let first_stops = important.iter().map(|text| text[0]);
        Self {
            literate: language.is_literate(),
            by_column: matches!(
                language,
                LanguageType::FortranModern | LanguageType::FortranLegacy
            ),
            embedding,
            escapable: language
                .quotes()
                .iter()
                .map(|(start, _)| start.as_bytes())
                .collect(),
            stops: ByteSet::new(stops.chain(documentation).chain([b'\\', b'\n'])),
            first_stops: ByteSet::new(first_stops.chain([b'\n'])),
            begins_comment_line,
            strings,
            comments,
            line_comments,
            tokens: ByFirstByte::new(tokens, |token| token.text[0]),
            important: ByFirstByte::new(important, |text| text[0]),
        }
    }
}

fn bytes(texts: &'static [&'static str]) -> Vec<&'static [u8]> {
    texts.iter().map(|text| text.as_bytes()).collect()
}

fn strings(language: LanguageType) -> Vec<StringForm> {
    let string = |&(start, end): &(&'static str, &'static str), verbatim: bool| {
        let end = end.as_bytes();
        let escape = (!verbatim).then_some(b'\\');
        StringForm {
            start: start.as_bytes(),
            end,
            verbatim,
            stops: ByteSet::new([end[0], b'\n'].into_iter().chain(escape)),
        }
    };
    let documentation = language.doc_quotes().iter();
    let verbatim = language.verbatim_quotes().iter();
    let strings = language.quotes().iter();
    documentation
        .map(|pair| string(pair, false))
        .chain(verbatim.map(|pair| string(pair, true)))
        .chain(strings.map(|pair| string(pair, false)))
        .collect()
}

fn comments(language: LanguageType) -> Vec<CommentForm> {
    let plain = language.multi_line_comments();
    let nested = language.nested_comments();
    let all = || plain.iter().chain(nested);
    let starts: Vec<u8> = all().map(|(start, _)| start.as_bytes()[0]).collect();
    all()
        .map(|pair| CommentForm {
            start: pair.0.as_bytes(),
            end: pair.1.as_bytes(),
            nests: language.allows_nested() || nested.contains(pair),
            stops: ByteSet::new(
                starts
                    .iter()
                    .copied()
                    .chain([pair.1.as_bytes()[0], b'\\', b'\n']),
            ),
        })
        .collect()
}

/// Lists everything that can begin outside strings and comments, in the order in which `tokei` tries it.
fn tokens(
    strings: &[StringForm],
    comments: &[CommentForm],
    line_comments: &[&'static [u8]],
) -> Vec<Token> {
    let strings = (0_u8..).zip(strings).map(|(place, string)| Token {
        text: string.start,
        begins: Begins::String(place),
    });
    let comments = (0_u8..).zip(comments).map(|(place, comment)| Token {
        text: comment.start,
        begins: Begins::Comment(place),
    });
    let line_comments = line_comments.iter().map(|text| Token {
        text,
        begins: Begins::LineComment,
    });
    strings.chain(comments).chain(line_comments).collect()
}

fn embedding(language: LanguageType) -> Embedding {
    match language {
        LanguageType::Markdown | LanguageType::UnrealDeveloperMarkdown => Embedding::Fences,
        LanguageType::Rust => Embedding::DocumentationComments,
        LanguageType::LinguaFranca => Embedding::Blocks,
        LanguageType::Html
        | LanguageType::RubyHtml
        | LanguageType::Svelte
        | LanguageType::Vue
        | LanguageType::GlimmerJs
        | LanguageType::GlimmerTs => Embedding::Tags,
        _ => Embedding::None,
    }
}

/// Things grouped by their first byte, in their order within a group.
#[derive(Debug)]
struct ByFirstByte<T> {
    items: Vec<T>,
    ranges: [(u8, u8); 256],
}

impl<T> ByFirstByte<T> {
    fn new(mut items: Vec<T>, first: impl Fn(&T) -> u8) -> Self {
        items.sort_by_key(&first);
        let mut ranges = [(0, 0); 256];
        for (place, item) in (0_u8..).zip(&items) {
            let range = &mut ranges[usize::from(first(item))];
            if range.1 == 0 {
                range.0 = place;
            }
            range.1 = place + 1;
        }
        Self { items, ranges }
    }

    fn of(&self, first: u8) -> &[T] {
        let (start, end) = self.ranges[usize::from(first)];
        &self.items[usize::from(start)..usize::from(end)]
    }
}

/// Gives a language by the name that `tokei` shows.
pub(super) fn by_name(name: &str) -> Option<LanguageType> {
    static NAMES: LazyLock<HashMap<&'static str, LanguageType>> =
        LazyLock::new(|| all().map(|language| (language.name(), language)).collect());
    NAMES.get(name).copied()
}

/// Gives a language by its name in any letter case.
pub(super) fn by_name_in_any_case(name: &[u8]) -> Option<LanguageType> {
    static NAMES: LazyLock<HashMap<String, LanguageType>> = LazyLock::new(|| {
        all()
            .map(|language| (language.name().to_lowercase(), language))
            .collect()
    });
    let name = String::from_utf8_lossy(name).to_lowercase();
    NAMES.get(&name).copied()
}

/// Lists every language of the table.
pub(super) fn all() -> impl Iterator<Item = LanguageType> {
    LanguageType::list().iter().map(|&(language, _)| language)
}
