//! The facts of one file's bytes, in its language. Depends on nothing but the bytes, the language and the suffix, so that equal
//! blobs need be read once.

use synthesizer_model::source_file::{FileFacts, LicenseHeader};

use crate::{
    languages::{self, FileKind, python},
    licenses, lines, roles,
};

/// How many bytes of a file without a suffix are looked at to tell its language.
const BEGINNING: usize = 256;
/// How many bytes of a file are searched for the zero byte that no text has, as git does.
const BINARY_BYTES: usize = 8000;

/// Stands for the suffix of files whose name says that their text is a license.
pub const LICENSE_SUFFIX: &str = "LICENSE";

/// Reads the facts of a file; `language` is what the file's name tells.
pub fn facts(
    bytes: &[u8],
    language: Option<&'static str>,
    suffix: &str,
    parsed_bytes: usize,
) -> FileFacts {
    let language = language.or_else(|| {
        let beginning = &bytes[..bytes.len().min(BEGINNING)];
        suffix
            .is_empty()
            .then(|| lines::language_of("file", beginning))
            .flatten()
    });
    let license_text = (suffix == LICENSE_SUFFIX).then(|| licenses::recognized(bytes));
    let mut facts = FileFacts {
        license_text,
        ..FileFacts::default()
    };
    let Some(language) = language else {
        return facts;
    };
    let counted = lines::measure(language, bytes);
    facts.lines = counted.lines;
    facts.problem = counted.problem.map(str::to_owned);
    let is_utf_16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let beginning = &bytes[..bytes.len().min(BINARY_BYTES)];
    if !is_utf_16 && memchr::memchr(0, beginning).is_some() {
        // Counted, as tokei does; but nobody wrote it, and it shows nothing.
        facts.marks.generated = Some("binary contents".to_owned());
        return facts;
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        if languages::reader(language).is_some() {
            facts.problem = Some("the file is not UTF-8 text and was counted only".to_owned());
        }
        return facts;
    };
    facts.marks = roles::marks(suffix, Some(language), bytes);
    facts.license = header(text);
    let kind = FileKind { language, suffix };
    parse(&mut facts, text, kind, parsed_bytes);
    facts
}

fn parse(facts: &mut FileFacts, text: &str, kind: FileKind<'_>, parsed_bytes: usize) {
    let Some(reader) = languages::reader(kind.language) else {
        return;
    };
    if text.len() > parsed_bytes {
        let what = format!("larger than {parsed_bytes} bytes: counted, not parsed");
        facts.problem = Some(what);
        return;
    }
    if kind.language == "Python" {
        let file = python::parse(text);
        facts.code = Some(python::code_facts(&file));
        facts.python = Some(Box::new(file));
    } else if facts.marks.minified {
        // Nobody takes parts of it, and its names say nothing.
        return;
    } else {
        facts.code = Some(reader.read(text, kind));
    }
    let error = facts
        .code
        .as_ref()
        .and_then(|code| code.syntax_errors.first());
    if let Some((line, what)) = error {
        facts.problem = Some(format!("line {line}: {what}"));
    }
}

fn header(text: &str) -> LicenseHeader {
    licenses::header(text)
}

/// Gives the language of a file whose name does not tell it.
pub fn language_by_contents(facts: &FileFacts) -> Option<&'static str> {
    let name = &facts.lines.first()?.language;
    lines::known_name(name)
}
