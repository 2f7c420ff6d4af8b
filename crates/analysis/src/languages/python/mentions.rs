//! What a file's text mentions, without regard to scopes: attributes of imported names, short names in quotes, `sys.modules`.
//! Cautious on purpose: a mention in a comment counts.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::HashSet;
use synthesizer_model::python::{ImportKind, ImportStatement, TextMentions};

/// How many attributes of one name, and how many quoted names, are kept of a file.
const MOST: usize = 1000;
/// The longest quoted name that could be a module's.
const LONGEST: usize = 64;

/// Gives the attributes that the text uses of each name that an import binds under a name of its own.
///
/// One pass over the text, whatever the number of names.
pub(super) fn attributes(text: &str, imports: &[ImportStatement]) -> BTreeMap<String, Vec<String>> {
    let bound: HashSet<&str> = imports.iter().flat_map(bound_names).collect();
    let mut found: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    if bound.is_empty() {
        return BTreeMap::new();
    }
    for dot in memchr::memchr_iter(b'.', text.as_bytes()) {
        let name = word_before(text, dot);
        if name.is_empty() || text[..dot - name.len()].ends_with('.') {
            continue;
        }
        if let Some(name) = bound.get(name) {
            let attribute = word_after(text, dot + 1);
            let known = found.entry(name).or_default();
            if !attribute.is_empty() && known.len() < MOST {
                known.insert(attribute);
            }
        }
    }
    found
        .into_iter()
        .filter(|(_, attributes)| !attributes.is_empty())
        .map(|(name, attributes)| {
            let attributes = attributes.into_iter().map(str::to_owned).collect();
            (name.to_owned(), attributes)
        })
        .collect()
}

fn bound_names(statement: &ImportStatement) -> Vec<&str> {
    match &statement.kind {
        ImportKind::Plain(names) => names
            .iter()
            .filter_map(|name| name.alias.as_deref())
            .collect(),
        ImportKind::From { names, .. } => names
            .iter()
            .map(|name| name.alias.as_deref().unwrap_or(&name.name))
            .collect(),
    }
}

/// Gives the identifiers that stand alone between quotes, sorted, each once.
pub(super) fn quoted_names(text: &str) -> Vec<String> {
    let bytes = text.as_bytes();
    let mut found: HashSet<&str> = HashSet::default();
    for start in memchr::memchr2_iter(b'"', b'\'', bytes) {
        let name = word_after(text, start + 1);
        let is_short = !name.is_empty() && name.len() <= LONGEST;
        let is_closed = bytes.get(start + 1 + name.len()) == Some(&bytes[start]);
        if is_short && is_closed && found.len() < MOST {
            found.insert(name);
        }
    }
    let mut names: Vec<String> = found.into_iter().map(str::to_owned).collect();
    names.sort_unstable();
    names
}

/// Says what else the text mentions.
pub(super) fn of(text: &str) -> TextMentions {
    let bytes = text.as_bytes();
    let any = |texts: &[&str]| {
        let mut texts = texts.iter();
        texts.any(|one| memchr::memmem::find(bytes, one.as_bytes()).is_some())
    };
    TextMentions {
        sys_modules: any(&["sys.modules"]),
        dynamic_names: any(&["globals()", "vars()", "setattr(", "sys.modules[__name__]"]),
        platform: any(&["sys.platform", "os.name", "platform.system"]),
        refusal: any(&["raise ImportError", "assert sys.platform"]),
    }
}

/// Gives the identifier that ends at a byte; its length is bounded, so that a text of one word costs no more than others.
fn word_before(text: &str, end: usize) -> &str {
    let bytes = text.as_bytes();
    let is_ascii_part = |byte: &u8| *byte == b'_' || byte.is_ascii_alphanumeric();
    let ascii = bytes[..end].iter().rev().take(4 * LONGEST);
    let length = ascii.take_while(|byte| is_ascii_part(byte)).count();
    let stops_at_ascii = end == length || bytes[end - length - 1].is_ascii();
    if length < 4 * LONGEST && stops_at_ascii {
        return &text[end - length..end];
    }
    let mut start = end;
    for (position, character) in text[..end].char_indices().rev() {
        if !is_part(character) || end - position > 4 * LONGEST {
            break;
        }
        start = position;
    }
    &text[start..end]
}

fn word_after(text: &str, start: usize) -> &str {
    let rest = &text[start..];
    let bytes = rest.as_bytes();
    let is_ascii_part = |byte: &u8| *byte == b'_' || byte.is_ascii_alphanumeric();
    let ascii = bytes.iter().take(4 * LONGEST);
    let length = ascii.take_while(|byte| is_ascii_part(byte)).count();
    if length < 4 * LONGEST && bytes.get(length).is_none_or(u8::is_ascii) {
        return &rest[..length];
    }
    let end = rest
        .char_indices()
        .find(|(position, character)| !is_part(*character) || *position > 4 * LONGEST)
        .map_or(rest.len(), |(position, _)| position);
    &rest[..end]
}

fn is_part(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use crate::languages::python::parse;

    #[test]
    fn attributes_of_imported_names_are_mentioned() {
        let text = "import a.b as c\nfrom . import d, e as f\nc.x.y; d.z; f.é; self.d.no; d . w; e.no; 'd.in_text'\n# c.remark\nd.\n";
        let file = parse(text);
        let expected = [
            ("c", vec!["remark", "x"]),
            ("d", vec!["in_text", "z"]),
            ("f", vec!["é"]),
        ];
        let found: Vec<(&str, Vec<&str>)> = file
            .attributes
            .iter()
            .map(|(name, of)| (name.as_str(), of.iter().map(String::as_str).collect()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn identifiers_between_quotes_are_mentioned_once() {
        let file = parse("x = ['b', \"a\", 'a', 'a b', 'c.d', \"e', '']\n");
        assert_eq!(file.quoted_names, ["a", "b"]);
        assert!(!file.mentions.sys_modules);
        assert!(
            parse("import sys\nsys.modules['x'] = 1\n")
                .mentions
                .sys_modules
        );
    }

    #[test]
    fn a_text_of_one_endless_word_is_read_in_one_pass() {
        let text = format!("import a as b\n{}\n", "b.c\n".repeat(100_000));
        assert_eq!(parse(&text).attributes["b"], ["c"]);
        parse(&format!("'{}'", "a".repeat(1_000_000)));
    }
}
