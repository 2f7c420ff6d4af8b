//! Reads an Atom feed with the OpenSearch and arXiv extensions out of untrusted bytes. Must not know addresses, and expands no entity.

use quick_xml::{
    XmlVersion,
    events::{BytesRef, BytesStart, Event},
    reader::Reader,
};
use synthesizer_model::{ErrorCode, Failure};

/// The name space of Atom (RFC 4287, section 1.2).
const ATOM: &str = "http://www.w3.org/2005/Atom";
/// How deep elements may lie in each other; a feed of papers needs four levels.
const DEPTH_LIMIT: usize = 32;
/// The most entries that are read; arXiv gives at most so many in one slice (user manual, section 3.1.1.2).
const ENTRY_LIMIT: usize = 2_000;
/// The most bytes that are kept of one element's text.
const TEXT_LIMIT: usize = 32 << 10;
/// The most bytes of an attribute that is kept.
const ATTRIBUTE_LIMIT: usize = 2_048;
/// The most attributes of one element that are looked at.
const ATTRIBUTES_LIMIT: usize = 32;
/// The most categories and links of one entry that are kept, each.
const LIST_LIMIT: usize = 64;

/// A feed, as far as a search needs it. Texts are as they came, capped, not cleaned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Feed {
    /// `opensearch:totalResults`.
    pub(super) total: Option<u64>,
    /// `opensearch:startIndex`.
    pub(super) start: Option<u64>,
    /// The entries, in their order.
    pub(super) entries: Vec<Entry>,
    /// How many entries were left out because there were too many.
    pub(super) left_out: usize,
}

/// One entry of a feed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Entry {
    /// `id`.
    pub(super) id: String,
    /// `title`.
    pub(super) title: String,
    /// `summary`.
    pub(super) summary: String,
    /// `published`.
    pub(super) published: String,
    /// `updated`.
    pub(super) updated: String,
    /// `arxiv:primary_category`.
    pub(super) primary_category: Option<String>,
    /// The terms of `category`.
    pub(super) categories: Vec<String>,
    /// `arxiv:comment`.
    pub(super) comment: String,
    /// `arxiv:doi`.
    pub(super) doi: String,
    /// `link`.
    pub(super) links: Vec<Link>,
}

/// A link of an entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Link {
    /// Where it leads.
    pub(super) href: String,
    /// What it is to the entry, such as `alternate`.
    pub(super) rel: String,
    /// What it is called, such as `pdf`.
    pub(super) title: String,
}

/// Reads a feed.
///
/// Time and memory grow with the length of `bytes` alone, which the caller bounds. Entities that a document declares itself are
/// never expanded, since a document with a document type is refused.
///
/// # Errors
/// `E_UPSTREAM` for bytes that are not UTF-8, for what is not well-formed, breaks off, nests too deeply or is no Atom feed.
pub(super) fn parse(bytes: &[u8]) -> Result<Feed, Failure> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|_| refuse("is not UTF-8"))?;
    let mut reader = Reader::from_str(text);
    let mut parser = Parser::default();
    loop {
        match reader.read_event().map_err(|_| malformed(&parser))? {
            Event::Start(element) => parser.open(&element)?,
            Event::Empty(element) => {
                parser.open(&element)?;
                parser.close();
            }
            Event::End(_) => parser.close(),
            Event::Text(text) => parser.text(&text.xml10_content())?,
            Event::CData(text) => parser.text(&text.xml10_content())?,
            Event::GeneralRef(reference) => parser.reference(&reference)?,
            Event::DocType(name) => return Err(document_type(&name)),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => return parser.finish(),
        }
    }
}

/// The element whose text is being gathered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Total,
    Start,
    Id,
    Title,
    Summary,
    Published,
    Updated,
    Comment,
    Doi,
}

#[derive(Debug, Default)]
struct Parser {
    feed: Feed,
    depth: usize,
    rooted: bool,
    /// The prefix of Atom's elements, empty for most feeds.
    prefix: String,
    entry: Option<Entry>,
    /// What is gathered, and at which depth its element lies.
    field: Option<(Field, usize)>,
    gathered: String,
}

impl Parser {
    fn open(&mut self, element: &BytesStart<'_>) -> Result<(), Failure> {
        self.depth += 1;
        if self.depth > DEPTH_LIMIT {
            return Err(refuse("nests its elements too deeply"));
        }
        if self.depth == 1 {
            return self.open_root(element);
        }
        let name = element.name();
        let name: &str = name.as_ref();
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let atom = prefix == self.prefix;
        match self.depth {
            2 if atom && local == "entry" => self.entry = Some(Entry::default()),
            2 if !atom => self.gather(feed_field(local)),
            3 if self.entry.is_some() => self.open_in_entry(atom, local, element),
            _ => {}
        }
        Ok(())
    }

    fn open_root(&mut self, element: &BytesStart<'_>) -> Result<(), Failure> {
        if self.rooted {
            return Err(refuse("has more than one root element"));
        }
        self.rooted = true;
        let name = element.name();
        let name: &str = name.as_ref();
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let declaration = if prefix.is_empty() {
            "xmlns".to_owned()
        } else {
            format!("xmlns:{prefix}")
        };
        if local.eq_ignore_ascii_case("html") {
            return Err(refuse("is a web page and no Atom feed"));
        }
        if local != "feed" || attribute(element, &declaration).as_deref() != Some(ATOM) {
            return Err(refuse("is no Atom feed"));
        }
        prefix.clone_into(&mut self.prefix);
        Ok(())
    }

    fn open_in_entry(&mut self, atom: bool, local: &str, element: &BytesStart<'_>) {
        match (atom, local) {
            (true, "link") => self.add_link(element),
            (true, "category") => {
                let term = attribute(element, "term");
                if let (Some(entry), Some(term)) = (&mut self.entry, term)
                    && entry.categories.len() < LIST_LIMIT
                {
                    entry.categories.push(term);
                }
            }
            (false, "primary_category") => {
                if let Some(entry) = &mut self.entry {
                    entry.primary_category = attribute(element, "term");
                }
            }
            (true, _) => self.gather(entry_field(local)),
            (false, "comment") => self.gather(Some(Field::Comment)),
            (false, "doi") => self.gather(Some(Field::Doi)),
            (false, _) => {}
        }
    }

    fn add_link(&mut self, element: &BytesStart<'_>) {
        let Some(entry) = &mut self.entry else { return };
        let Some(href) = attribute(element, "href") else {
            return;
        };
        if entry.links.len() < LIST_LIMIT {
            entry.links.push(Link {
                href,
                rel: attribute(element, "rel").unwrap_or_default(),
                title: attribute(element, "title").unwrap_or_default(),
            });
        }
    }

    fn gather(&mut self, field: Option<Field>) {
        if let Some(field) = field {
            self.field = Some((field, self.depth));
            self.gathered.clear();
        }
    }

    fn text(&mut self, text: &str) -> Result<(), Failure> {
        if self.depth == 0 {
            return match text.trim().is_empty() {
                true => Ok(()),
                false => Err(refuse("is no Atom feed")),
            };
        }
        if self.field.is_some() {
            let room = TEXT_LIMIT.saturating_sub(self.gathered.len());
            self.gathered
                .push_str(&text[..text.floor_char_boundary(room)]);
        }
        Ok(())
    }

    /// Takes characters by number and the five names that XML itself knows; any other reference stays as it was written.
    fn reference(&mut self, reference: &BytesRef<'_>) -> Result<(), Failure> {
        let known = match &**reference {
            "lt" => Some('<'),
            "gt" => Some('>'),
            "amp" => Some('&'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => reference
                .resolve_char_ref()
                .map_err(|_| refuse("names a character that does not exist"))?,
        };
        match known {
            Some(character) => self.text(character.encode_utf8(&mut [0; 4])),
            None => {
                self.text("&")?;
                self.text(reference)?;
                self.text(";")
            }
        }
    }

    fn close(&mut self) {
        if let Some((field, depth)) = self.field
            && depth == self.depth
        {
            self.field = None;
            self.store(field);
        }
        if self.depth == 2 {
            self.close_entry();
        }
        self.depth = self.depth.saturating_sub(1);
    }

    fn close_entry(&mut self) {
        let Some(entry) = self.entry.take() else {
            return;
        };
        if self.feed.entries.len() < ENTRY_LIMIT {
            self.feed.entries.push(entry);
        } else {
            self.feed.left_out += 1;
        }
    }

    /// Puts the gathered text where it belongs; the first element of a kind wins.
    fn store(&mut self, field: Field) {
        let text = std::mem::take(&mut self.gathered);
        let number = text.trim().parse().ok();
        let Some(entry) = &mut self.entry else {
            match field {
                Field::Total => self.feed.total = self.feed.total.or(number),
                Field::Start => self.feed.start = self.feed.start.or(number),
                _ => {}
            }
            return;
        };
        let place = match field {
            Field::Total | Field::Start => return,
            Field::Id => &mut entry.id,
            Field::Title => &mut entry.title,
            Field::Summary => &mut entry.summary,
            Field::Published => &mut entry.published,
            Field::Updated => &mut entry.updated,
            Field::Comment => &mut entry.comment,
            Field::Doi => &mut entry.doi,
        };
        if place.is_empty() {
            *place = text;
        }
    }

    fn finish(self) -> Result<Feed, Failure> {
        if self.depth > 0 {
            return Err(refuse("breaks off before its end"));
        }
        if !self.rooted {
            return Err(refuse("is no Atom feed"));
        }
        Ok(self.feed)
    }
}

fn feed_field(local: &str) -> Option<Field> {
    Some(match local {
        "totalResults" => Field::Total,
        "startIndex" => Field::Start,
        _ => return None,
    })
}

fn entry_field(local: &str) -> Option<Field> {
    Some(match local {
        "id" => Field::Id,
        "title" => Field::Title,
        "summary" => Field::Summary,
        "published" => Field::Published,
        "updated" => Field::Updated,
        _ => return None,
    })
}

/// Gives an attribute by its qualified name. The check for doubles is left out: its time grows with the square of their number.
fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = element.attributes();
    let found = attributes
        .with_checks(false)
        .take(ATTRIBUTES_LIMIT)
        .filter_map(Result::ok)
        .find(|attribute| {
            let key: &str = attribute.key.as_ref();
            key == name
        })?;
    if found.value.len() > ATTRIBUTE_LIMIT {
        return None;
    }
    let value = found.normalized_value(XmlVersion::Implicit1_0).ok()?;
    Some(value.into_owned())
}

fn malformed(parser: &Parser) -> Failure {
    if parser.depth == 0 {
        refuse("is no Atom feed")
    } else {
        refuse("is not well-formed or breaks off")
    }
}

fn document_type(name: &str) -> Failure {
    let name = name.trim_start();
    if name
        .get(..4)
        .is_some_and(|name| name.eq_ignore_ascii_case("html"))
    {
        return refuse("is a web page and no Atom feed");
    }
    refuse("declares a document type, which an Atom feed has not")
}

fn refuse(what: &str) -> Failure {
    Failure::new(ErrorCode::Upstream, format!("the answer {what}"))
}

#[cfg(test)]
#[path = "atom_tests.rs"]
mod tests;
