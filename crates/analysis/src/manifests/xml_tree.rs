//! XML as a tree of elements with lines, within bounds. Expands no entity but the five of XML itself and single characters; knows no
//! document.

use std::borrow::Cow;

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};
use synthesizer_model::text::LineIndex;

use super::allowance::{LONGEST_TEXT, cut};

/// How many elements of one document are kept.
const MOST_ELEMENTS: usize = 300_000;
/// How deep elements may lie in each other; deeper ones are passed over.
const DEEPEST: usize = 40;
/// How many remarks of one document are made.
const MOST_REMARKS: usize = 100;

/// An element; its name is without the prefix of a namespace.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub name: String,
    /// The line of its start tag.
    pub line: u32,
    /// Its own text, without white space at the ends.
    pub text: String,
    pub children: Vec<Element>,
}

impl Element {
    /// Gives the first element of a name.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// Gives the elements of a name within the first list of another name, such as `dependency` within `dependencies`.
    pub(super) fn list<'e>(&'e self, list: &str, name: &'e str) -> impl Iterator<Item = &'e Self> {
        let items = self.child(list).map_or(&[][..], |list| &list.children);
        items.iter().filter(move |item| item.name == name)
    }

    /// Gives the text of the first element of a name, if it has any.
    pub(super) fn text_of(&self, name: &str) -> Option<&str> {
        let text = self.child(name)?.text.as_str();
        (!text.is_empty()).then_some(text)
    }
}

/// What could be read of a document.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// The outermost element, as far as the document was read.
    pub root: Option<Element>,
    /// What is wrong with the document, with lines.
    pub remarks: Vec<(u32, String)>,
}

/// Reads a document, by its byte order mark or the encoding that it declares. What follows a mistake is left out.
pub(super) fn parse(bytes: &[u8]) -> Document {
    let mut document = Document::default();
    let (text, remark) = decode(bytes);
    document.remarks.extend(remark.map(|what| (1, what)));
    let mut builder = Builder {
        lines: LineIndex::new(&text),
        open: Vec::new(),
        skipped: 0,
        prefix: None,
        namespace: None,
        elements: 0,
        document,
    };
    let mut reader = Reader::from_str(&text);
    let config = reader.config_mut();
    config.allow_dangling_amp = true;
    config.expand_empty_elements = true;
    loop {
        let start = usize::try_from(reader.buffer_position()).unwrap_or(0);
        match reader.read_event() {
            Ok(Event::Eof) => break,
            Ok(event) => {
                if !builder.take(event, start) {
                    break;
                }
            }
            Err(error) => {
                let place = usize::try_from(reader.error_position()).unwrap_or(start);
                builder.remark(place, format!("not well-formed XML: {error}"));
                break;
            }
        }
    }
    builder.finish()
}

struct Builder {
    lines: LineIndex,
    open: Vec<Element>,
    /// How many open elements are passed over.
    skipped: usize,
    /// The prefix and the default namespace of the outermost element; other elements with another one are passed over.
    prefix: Option<String>,
    namespace: Option<String>,
    elements: usize,
    document: Document,
}

impl Builder {
    fn remark(&mut self, place: usize, what: String) {
        if self.document.remarks.len() < MOST_REMARKS {
            self.document.remarks.push((self.lines.line(place), what));
        }
    }

    /// Takes what was read; false when no more is taken.
    fn take(&mut self, event: Event<'_>, place: usize) -> bool {
        match event {
            Event::Start(tag) => return self.start(&tag, place),
            Event::End(_) => self.end(),
            Event::Text(text) => self.text(&text.xml10_content()),
            Event::CData(text) => self.text(&text.xml10_content()),
            Event::GeneralRef(reference) => self.reference(&reference, place),
            Event::DocType(_) => {
                let what = "a document type declaration; entities that it defines are not expanded";
                self.remark(place, what.to_owned());
            }
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::Eof => {}
        }
        true
    }

    fn start(&mut self, tag: &BytesStart<'_>, place: usize) -> bool {
        let is_outermost = self.open.is_empty() && self.skipped == 0;
        if is_outermost && self.document.root.is_some() {
            self.remark(place, "a second outermost element".to_owned());
            return false;
        }
        if self.elements == MOST_ELEMENTS {
            let what = format!("more than {MOST_ELEMENTS} elements; the rest is left out");
            self.remark(place, what);
            return false;
        }
        self.elements += 1;
        let name = tag.name();
        let prefix = name.prefix().map(|prefix| prefix.into_inner().to_owned());
        let namespace = default_namespace(tag);
        if is_outermost {
            self.prefix = prefix;
            self.namespace = namespace;
        } else if self.skipped > 0
            || self.open.len() >= DEEPEST
            || prefix != self.prefix
            || (namespace.is_some() && namespace != self.namespace)
        {
            self.skipped += 1;
            return true;
        }
        self.open.push(Element {
            name: cut(name.local_name().into_inner(), LONGEST_TEXT).to_owned(),
            line: self.lines.line(place),
            ..Element::default()
        });
        true
    }

    fn end(&mut self) {
        if self.skipped > 0 {
            self.skipped -= 1;
            return;
        }
        let Some(mut element) = self.open.pop() else {
            return;
        };
        let trimmed = element.text.trim();
        if trimmed.len() < element.text.len() {
            element.text = trimmed.to_owned();
        }
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.document.root = Some(element),
        }
    }

    fn text(&mut self, text: &str) {
        if self.skipped > 0 {
            return;
        }
        if let Some(element) = self.open.last_mut() {
            // White space before an element's text is no part of what is kept of it.
            let text = if element.text.is_empty() {
                text.trim_start()
            } else {
                text
            };
            let left = LONGEST_TEXT.saturating_sub(element.text.len());
            element.text.push_str(cut(text, left));
        }
    }

    fn reference(&mut self, reference: &quick_xml::events::BytesRef<'_>, place: usize) {
        if let Ok(Some(character)) = reference.resolve_char_ref() {
            self.text(character.encode_utf8(&mut [0; 4]));
            return;
        }
        let name = reference.xml10_content();
        match quick_xml::escape::resolve_xml_entity(&name) {
            Some(text) => self.text(text),
            None => {
                self.text(&format!("&{};", cut(&name, 100)));
                let what = format!("the entity `{}` is not expanded", cut(&name, 100));
                self.remark(place, what);
            }
        }
    }

    /// Closes what is open, so that the beginning of a broken document counts.
    fn finish(mut self) -> Document {
        self.skipped = 0;
        while !self.open.is_empty() {
            self.end();
        }
        self.document
    }
}

/// Gives the default namespace that a tag declares.
fn default_namespace(tag: &BytesStart<'_>) -> Option<String> {
    if !tag.attributes_raw().contains("xmlns") {
        return None;
    }
    let mut attributes = tag.attributes();
    // Looking for attributes of the same name takes quadratic time.
    attributes.with_checks(false);
    attributes
        .filter_map(Result::ok)
        .find(|attribute| attribute.key.into_inner() == "xmlns")
        .map(|attribute| attribute.value.into_owned())
}

/// Turns bytes into text; what cannot be turned is replaced and gives a remark.
fn decode(bytes: &[u8]) -> (Cow<'_, str>, Option<String>) {
    match bytes {
        [0xfe, 0xff, rest @ ..] => return sixteen_bits(rest, u16::from_be_bytes),
        [0xff, 0xfe, rest @ ..] => return sixteen_bits(rest, u16::from_le_bytes),
        [0, b'<', ..] => return sixteen_bits(bytes, u16::from_be_bytes),
        [b'<', 0, ..] => return sixteen_bits(bytes, u16::from_le_bytes),
        _ => {}
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let declared = declared_encoding(bytes);
    let latin: Option<fn(u8) -> char> = match declared.as_deref() {
        Some("iso-8859-1" | "latin1" | "iso_8859-1") => Some(char::from),
        Some("iso-8859-15" | "latin9" | "latin-9") => Some(latin_9),
        Some("windows-1252" | "cp1252") => Some(windows_1252),
        _ => None,
    };
    if let Some(character_of) = latin {
        return (bytes.iter().map(|byte| character_of(*byte)).collect(), None);
    }
    let is_known = matches!(
        declared.as_deref(),
        None | Some("utf-8" | "utf8" | "us-ascii" | "ascii")
    );
    let text = String::from_utf8_lossy(bytes);
    let remark = match &text {
        Cow::Borrowed(_) => None,
        Cow::Owned(_) if is_known => {
            Some("not all of it is UTF-8; the rest is replaced".to_owned())
        }
        Cow::Owned(_) => Some(format!(
            "the encoding `{}` is not read; what is not UTF-8 is replaced",
            declared.unwrap_or_default()
        )),
    };
    (text, remark)
}

/// Gives the encoding of the XML declaration in lower case.
fn declared_encoding(bytes: &[u8]) -> Option<String> {
    let beginning = String::from_utf8_lossy(bytes.get(..200).unwrap_or(bytes));
    let declaration = beginning.strip_prefix("<?xml")?;
    let (declaration, _) = declaration.split_once("?>")?;
    let (_, after) = declaration.split_once("encoding")?;
    let value = after.trim_start().strip_prefix('=')?.trim_start();
    let quote = value
        .chars()
        .next()
        .filter(|quote| matches!(quote, '"' | '\''))?;
    let (value, _) = value[1..].split_once(quote)?;
    Some(value.to_ascii_lowercase())
}

fn sixteen_bits(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> (Cow<'static, str>, Option<String>) {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let mut is_whole = bytes.len().is_multiple_of(2);
    let text = char::decode_utf16(units)
        .map(|found| {
            is_whole &= found.is_ok();
            found.unwrap_or(char::REPLACEMENT_CHARACTER)
        })
        .collect();
    let what = "not all of it is UTF-16; the rest is replaced";
    (text, (!is_whole).then(|| what.to_owned()))
}

fn latin_9(byte: u8) -> char {
    match byte {
        0xa4 => '€',
        0xa6 => 'Š',
        0xa8 => 'š',
        0xb4 => 'Ž',
        0xb8 => 'ž',
        0xbc => 'Œ',
        0xbd => 'œ',
        0xbe => 'Ÿ',
        byte => char::from(byte),
    }
}

/// Source of the table: the Unicode Consortium's mapping of Windows code page 1252.
fn windows_1252(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        byte => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn show(element: &Element) -> String {
        let children: Vec<String> = element.children.iter().map(show).collect();
        let Element {
            name, line, text, ..
        } = element;
        format!("{name}@{line}{text:?}[{}]", children.join(" "))
    }

    fn check(bytes: &[u8], expected: &str, remarks: &[&str]) {
        let document = parse(bytes);
        let found = document.root.as_ref().map(show).unwrap_or_default();
        assert_eq!(found, expected);
        let told: Vec<String> = document
            .remarks
            .iter()
            .map(|(line, what)| format!("{line} {what}"))
            .collect();
        assert_eq!(told, remarks);
    }

    #[test]
    fn elements_know_their_lines_and_texts() {
        check(
            b"<?xml version='1.0'?>\n<a>\n <b>x &lt;&#65;<!-- c -->y</b><b/>\r\n <c><![CDATA[<&]]></c>\n</a>\n",
            "a@2\"\"[b@3\"x <Ay\"[] b@3\"\"[] c@4\"<&\"[]]",
            &[],
        );
    }

    #[test]
    fn elements_of_other_namespaces_are_passed_over() {
        check(
            b"<m:a xmlns:m='u' xmlns:n='v'><m:b>1</m:b><n:b><m:c/></n:b><b/></m:a>",
            "a@1\"\"[b@1\"1\"[]]",
            &[],
        );
        check(
            b"<a xmlns='u'><b xmlns='u'/><b xmlns='v'><c/></b></a>",
            "a@1\"\"[b@1\"\"[]]",
            &[],
        );
    }

    #[test]
    fn no_entity_is_expanded() {
        let mut text = String::from("<!DOCTYPE a [<!ENTITY l0 'ha'>");
        for level in 1..30 {
            let before = level - 1;
            let ten = format!("&l{before};").repeat(10);
            text.push_str(&format!("<!ENTITY l{level} '{ten}'>"));
        }
        text.push_str("<!ENTITY f SYSTEM 'file:///etc/passwd'>]><a>&l29;&f;</a>");
        check(
            text.as_bytes(),
            "a@1\"&l29;&f;\"[]",
            &[
                "1 a document type declaration; entities that it defines are not expanded",
                "1 the entity `l29` is not expanded",
                "1 the entity `f` is not expanded",
            ],
        );
    }

    #[test]
    fn the_beginning_of_a_broken_document_counts() {
        let document = parse(b"<a>\n<b>1</b>\n<c></b></a>");
        assert_eq!(
            show(&document.root.expect("a beginning")),
            "a@1\"\"[b@2\"1\"[] c@3\"\"[]]"
        );
        assert_eq!(document.remarks[0].0, 3);
        assert!(document.remarks[0].1.starts_with("not well-formed XML"));
    }

    #[test]
    fn other_encodings_are_read() {
        check(
            b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xe9\xff</a>",
            "a@1\"\u{e9}\u{ff}\"[]",
            &[],
        );
        check(
            b"<?xml version='1.0' encoding = 'windows-1252'?><a>\x80\xe9</a>",
            "a@1\"\u{20ac}\u{e9}\"[]",
            &[],
        );
        let wide: Vec<u8> = "\u{feff}<a>é</a>"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        check(&wide, "a@1\"é\"[]", &[]);
        check(
            b"<?xml version='1.0' encoding='EUC-JP'?><a>\xb0</a>",
            "a@1\"\u{fffd}\"[]",
            &["1 the encoding `euc-jp` is not read; what is not UTF-8 is replaced"],
        );
    }

    #[test]
    fn deep_wide_and_long_documents_are_bounded() {
        let deep = "<a>".repeat(100_000);
        let document = parse(deep.as_bytes());
        assert!(document.root.is_some());
        let wide = format!("<a>{}</a>", "<b/>".repeat(MOST_ELEMENTS + 10));
        let document = parse(wide.as_bytes());
        assert_eq!(
            document.root.expect("a beginning").children.len(),
            MOST_ELEMENTS - 1
        );
        let attributes: String = (0..100_000)
            .map(|number| format!(" xmlns:a{number}='x'"))
            .collect();
        let document = parse(format!("<a{attributes}>{}</a>", "x".repeat(1_000_000)).as_bytes());
        assert_eq!(document.root.expect("a root").text.len(), LONGEST_TEXT);
    }

    proptest! {
        #[test]
        fn any_bytes_end_well(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            parse(&bytes);
        }

        #[test]
        fn any_pieces_of_a_document_end_well(
            pieces in proptest::collection::vec(
                prop_oneof![
                    Just("<a>"), Just("</a>"), Just("<b xmlns='x'>"), Just("</b>"), Just("&x;"), Just("&#0;"), Just("&"), Just("<![CDATA["),
                    Just("]]>"), Just("<!DOCTYPE a ["), Just("]>"), Just("<?xml encoding='utf-16'?>"), Just("é"), Just("<a/>"), Just("<p:a>"),
                ],
                0..20,
            ),
        ) {
            parse(pieces.concat().as_bytes());
        }
    }
}
