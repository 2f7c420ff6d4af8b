//! TOML with the line of every value. Bounds nesting through the parser (80 levels); knows no manifest.

use synthesizer_model::text::LineIndex;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// How many bytes a parsed document may take, by [`too_heavy`].
const HEAVIEST: usize = 384 << 20;

/// A value with its place.
pub(super) type Value<'t> = Spanned<DeValue<'t>>;

/// A parsed document.
pub(super) struct Document<'t> {
    root: DeTable<'t>,
    lines: LineIndex,
}

/// Why a text is no TOML.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not valid TOML: {message}")]
pub(super) struct TomlError {
    /// Where.
    pub line: u32,
    /// What is wrong, one line.
    pub message: String,
}

impl<'t> Document<'t> {
    /// Parses a text.
    ///
    /// # Errors
    /// Names the first mistake.
    pub(super) fn parse(text: &'t str) -> Result<Self, TomlError> {
        let lines = LineIndex::new(text);
        if let Some(place) = too_heavy(text) {
            return Err(TomlError {
                line: lines.line(place),
                message: "more tables and values than are read".to_owned(),
            });
        }
        match DeTable::parse(text) {
            Ok(root) => Ok(Self {
                root: root.into_inner(),
                lines,
            }),
            Err(error) => Err(TomlError {
                line: error.span().map_or(1, |span| lines.line(span.start)),
                message: error
                    .message()
                    .lines()
                    .next()
                    .unwrap_or("unknown mistake")
                    .to_owned(),
            }),
        }
    }

    /// Gives the table below the given keys.
    pub(super) fn table(&self, keys: &[&str]) -> Option<&DeTable<'t>> {
        keys.iter().try_fold(&self.root, |table, key| {
            table.get(*key)?.get_ref().as_table()
        })
    }

    /// Gives the value below the given keys.
    pub(super) fn value(&self, keys: &[&str]) -> Option<&Value<'t>> {
        let (last, parents) = keys.split_last()?;
        self.table(parents)?.get(*last)
    }

    /// Gives the text below the given keys with its line.
    pub(super) fn text(&self, keys: &[&str]) -> Option<(&str, u32)> {
        let value = self.value(keys)?;
        Some((value.get_ref().as_str()?, self.line(value)))
    }

    /// Gives the texts of the list below the given keys; other values are passed over.
    pub(super) fn texts(&self, keys: &[&str]) -> Vec<(&str, u32)> {
        self.value(keys)
            .map_or_else(Vec::new, |value| self.texts_of(value))
    }

    /// Gives the texts of a list.
    pub(super) fn texts_of<'d>(&self, value: &'d Value<'t>) -> Vec<(&'d str, u32)> {
        let items = value.get_ref().as_array().into_iter().flatten();
        items
            .filter_map(|item| Some((item.get_ref().as_str()?, self.line(item))))
            .collect()
    }

    /// Gives the keys and values of the table below the given keys, in the order of their lines.
    pub(super) fn entries(&self, keys: &[&str]) -> Vec<(&str, &Value<'t>)> {
        let mut entries: Vec<(usize, &str, &Value<'t>)> = self
            .table(keys)
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.span().start, key.get_ref().as_ref(), value))
            .collect();
        entries.sort_unstable_by_key(|(start, ..)| *start);
        entries
            .into_iter()
            .map(|(_, key, value)| (key, value))
            .collect()
    }

    /// Gives the keys of a table with the lines where they stand first, and its values, in the order of their lines.
    pub(super) fn keyed<'d>(&self, table: &'d DeTable<'t>) -> Vec<(&'d str, u32, &'d Value<'t>)> {
        let mut entries: Vec<(usize, &str, &Value<'t>)> = table
            .iter()
            .map(|(key, value)| (key.span().start, key.get_ref().as_ref(), value))
            .collect();
        entries.sort_unstable_by_key(|(start, ..)| *start);
        entries
            .into_iter()
            .map(|(start, key, value)| (key, self.lines.line(start), value))
            .collect()
    }

    /// Gives the line of a value, counted from 1.
    pub(super) fn line(&self, value: &Value<'t>) -> u32 {
        self.lines.line(value.span().start)
    }
}

/// Says where a text passes the bound of what its parsed form may take, without parsing it: a table of six bytes takes more than a
/// thousand. The weights were measured with tables, arrays, keys, values and words of one byte.
fn too_heavy(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut weight = 0_usize;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let (next, added) = match byte {
            b'"' | b'\'' => (end_of_string(bytes, at), 100),
            b'#' => {
                let end = memchr::memchr(b'\n', &bytes[at..]);
                (end.map_or(bytes.len(), |end| at + end), 60)
            }
            b'{' => (at + 1, 1_700),
            b'.' => (at + 1, 1_600),
            b'[' => (at + 1, 950),
            b'=' => (at + 1, 400),
            b',' => (at + 1, 160),
            b' ' | b'\t' => (at + 1, 0),
            b'\n' | b'}' | b']' => (at + 1, 60),
            _ => (end_of_word(bytes, at), 60),
        };
        weight += added;
        if weight > HEAVIEST {
            return Some(at);
        }
        at = next;
    }
    None
}

/// Gives the place behind a run of bytes that have no weight of their own.
fn end_of_word(bytes: &[u8], start: usize) -> usize {
    let ends = |byte: &u8| b" \t\n\"'#{}[].=,".contains(byte);
    let length = bytes[start..].iter().position(ends);
    length.map_or(bytes.len(), |length| start + length.max(1))
}

/// Gives the place behind a string that begins at the given one; a string that does not end there ends with its line or with the text.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let quote = bytes[start];
    let escapes = quote == b'"';
    let is_long = bytes[start..].starts_with(&[quote; 3]);
    let mut at = start + if is_long { 3 } else { 1 };
    while let Some(&byte) = bytes.get(at) {
        if byte == b'\\' && escapes {
            at += 2;
        } else if is_long && bytes[at..].starts_with(&[quote; 3]) {
            return at + 3;
        } else if !is_long && (byte == quote || byte == b'\n') {
            return at + 1;
        } else {
            at += 1;
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_know_their_lines() {
        let document = Document::parse("z = ['a',\r\n 'b']\na = 1\n").expect("valid");
        assert_eq!(document.texts(&["z"]), [("a", 1), ("b", 2)]);
        let keys: Vec<&str> = document.entries(&[]).iter().map(|(key, _)| *key).collect();
        assert_eq!(keys, ["z", "a"]);
    }

    #[test]
    fn what_would_take_much_memory_is_not_parsed() {
        let heavy = |text: &str| Document::parse(text).err().map(|error| error.line);
        let tables = "{a=1},".repeat(300_000);
        assert_eq!(heavy(&format!("\na=[\n{tables}]")), Some(3));
        assert!(heavy(&"[[a]]\n".repeat(300_000)).is_some());
        assert!(heavy(&"\n".repeat(7_000_000)).is_some());
        // In strings and comments the same characters weigh nothing.
        let text = tables.as_str();
        let quoted = format!(
            "a='{text}' # {text}\nb=\"\\\"{text}\"\nc=\"\"\"\"\"{text}\n\"\"\"\nd=\'\'\'\'{text}\'\'\'\n"
        );
        assert_eq!(heavy(&quoted), None);
    }

    #[test]
    fn nesting_is_bounded_and_mistakes_have_lines() {
        let many = 200_000;
        for text in [
            format!("a = {}", "[".repeat(many)),
            format!("a = {}", "{a=".repeat(many)),
            format!("a{} = 1", ".a".repeat(many)),
            format!("[a{}]", ".a".repeat(many)),
            "[".repeat(many),
        ] {
            assert!(Document::parse(&text).is_err());
        }
        assert_eq!(
            Document::parse("a = 1\nb = ?\n")
                .err()
                .map(|error| error.line),
            Some(2)
        );
    }
}
