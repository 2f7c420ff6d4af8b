//! YAML as a small tree with the line of every value. Bounds size, depth and what aliases copy; knows no format and keeps no tags.
//!
//! Scalars keep their text: nothing turns `on` or `1.10` into another value. An alias becomes a copy of what it names, within a bound
//! for the whole document. Merge keys (`<<`) are ordinary keys.

mod building;

use saphyr_parser::{BufferedInput, Event, Parser};

use building::{Building, Metered};

/// The longest text that is read, in bytes.
const LONGEST: usize = 32 << 20;
/// How deep collections may lie in each other, aliases included.
const DEEPEST: usize = 100;
/// How many values one text may have, copies by aliases included.
const MOST_NODES: usize = 3_000_000;
/// How many values aliases may copy.
const MOST_COPIES: usize = 20_000;

/// A value and where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    /// Its line, counted from 1.
    pub(crate) line: u32,
    value: Value,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    /// A missing value, `~` or `null`, and an alias that could not be followed.
    Null,
    Scalar {
        text: Box<str>,
        plain: bool,
    },
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key of a mapping, with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The key.
    pub(crate) key: Box<str>,
    /// The key's line, counted from 1.
    pub(crate) line: u32,
    /// The value.
    pub(crate) value: Node,
}

/// One document of a text.
#[derive(Debug)]
pub(crate) struct Document {
    /// Its value.
    pub(crate) root: Node,
    /// What is not in the tree, by line: keys that are collections, aliases that lead nowhere or would copy too much.
    pub(crate) problems: Vec<(u32, &'static str)>,
}

/// Why a text could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not valid YAML: {message}")]
pub(crate) struct YamlError {
    /// Where.
    pub(crate) line: u32,
    /// What is wrong, one line.
    pub(crate) message: String,
}

impl Node {
    /// Gives the text of a scalar, quoted or not; `None` for null and for collections.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            Value::Null | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// Gives the truth value of an unquoted `true` or `false`.
    pub(crate) fn boolean(&self) -> Option<bool> {
        match &self.value {
            Value::Scalar { text, plain: true } => match &**text {
                "true" | "True" | "TRUE" => Some(true),
                "false" | "False" | "FALSE" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// Says whether there is no value.
    #[cfg(test)]
    pub(crate) fn is_null(&self) -> bool {
        self.value == Value::Null
    }

    /// Gives the values of a list; none for anything else.
    pub(crate) fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            Value::Null | Value::Scalar { .. } | Value::Map(_) => &[],
        }
    }

    /// Gives the keys and values of a mapping in their order; none for anything else.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            Value::Null | Value::Scalar { .. } | Value::List(_) => &[],
        }
    }

    /// Gives the value of a key, the last one if there are several. Looks through all keys: not for large mappings in a loop.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        let entry = self.entries().iter().rev().find(|entry| &*entry.key == key);
        Some(&entry?.value)
    }

    /// Gives the value below the given keys.
    #[cfg(test)]
    pub(crate) fn at(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Gives the text below a key.
    pub(crate) fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    /// Gives the scalars of a list, or the one scalar that stands instead of a list, with their lines; collections are passed over.
    pub(crate) fn texts(&self) -> Vec<(&str, u32)> {
        let alone = self.text().map(|text| (text, self.line));
        let listed = self
            .items()
            .iter()
            .filter_map(|item| Some((item.text()?, item.line)));
        alone.into_iter().chain(listed).collect()
    }
}

/// Reads the documents of a text; an empty text has none.
///
/// # Errors
/// Names the first mistake, or the bound that the text breaks.
///
/// # Example
/// ```ignore
/// let document = yaml_text::parse_one("on: push\njobs:\n  test:\n    steps:\n      - uses: a/b@v1\n")?;
/// for job in document.root.get("jobs").map_or(&[][..], Node::entries) {
///     for step in job.value.get("steps").map_or(&[][..], Node::items) {
///         assert_eq!(step.text_of("uses"), Some("a/b@v1"));
///     }
/// }
/// ```
pub(crate) fn parse(text: &str) -> Result<Vec<Document>, YamlError> {
    if text.len() > LONGEST {
        return Err(YamlError {
            line: 1,
            message: format!("longer than {} MiB", LONGEST >> 20),
        });
    }
    let meter = building::Meter::default();
    let characters = Metered::new(text.trim_start_matches('\u{feff}').chars(), &meter);
    let mut parser = Parser::new(BufferedInput::new(characters));
    let mut building = Building::default();
    let mut documents = Vec::new();
    let mut line = 1;
    while let Some(event) = parser.next_event() {
        if meter.is_spent() {
            break;
        }
        let (event, span) = event.map_err(|error| YamlError {
            line: line_of(error.marker()),
            message: one_line(error.info()),
        })?;
        meter.restart();
        line = line_of(&span.start);
        let taken = match event {
            Event::DocumentStart(_) => {
                building = building.next_document();
                Ok(())
            }
            Event::DocumentEnd => {
                documents.push(building.take_document(line));
                Ok(())
            }
            Event::Scalar(text, style, anchor, _) => building.scalar(&text, style, anchor, line),
            Event::SequenceStart(anchor, _) => building.open_list(anchor, line),
            Event::MappingStart(anchor, _) => building.open_map(anchor, line),
            Event::SequenceEnd | Event::MappingEnd => building.close(),
            Event::Alias(anchor) => building.alias(anchor, line),
            Event::Nothing | Event::StreamStart | Event::StreamEnd => Ok(()),
        };
        taken.map_err(|message| YamlError { line, message })?;
    }
    if meter.is_spent() {
        let message = "an inline collection or a text that is too long".to_owned();
        return Err(YamlError { line, message });
    }
    Ok(documents)
}

/// Reads the first document of a text; an empty text is one without a value.
///
/// # Errors
/// As [`parse`], mistakes of later documents included.
pub(crate) fn parse_one(text: &str) -> Result<Document, YamlError> {
    let first = parse(text)?.into_iter().next();
    Ok(first.unwrap_or_else(|| Building::default().take_document(1)))
}

fn line_of(marker: &saphyr_parser::Marker) -> u32 {
    u32::try_from(marker.line()).unwrap_or(u32::MAX).max(1)
}

fn one_line(message: &str) -> String {
    message
        .lines()
        .next()
        .unwrap_or("unknown mistake")
        .to_owned()
}

#[cfg(test)]
#[path = "yaml_text/tests.rs"]
mod tests;
