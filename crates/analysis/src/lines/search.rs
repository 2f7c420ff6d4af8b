//! The search for the next of a few bytes. Knows no languages.

use memchr::{memchr, memchr2, memchr3};

/// A set of bytes that is searched for again and again.
#[derive(Debug, Clone)]
pub(super) struct ByteSet {
    table: [bool; 256],
    few: Few,
}

/// Up to three bytes are searched for with vectors.
#[derive(Debug, Clone, Copy)]
enum Few {
    One(u8),
    Two(u8, u8),
    Three(u8, u8, u8),
    Many,
}

impl ByteSet {
    /// Makes a set.
    pub(super) fn new(bytes: impl IntoIterator<Item = u8>) -> Self {
        let mut table = [false; 256];
        for byte in bytes {
            table[usize::from(byte)] = true;
        }
        let all: Vec<u8> = (0..=u8::MAX)
            .filter(|&byte| table[usize::from(byte)])
            .collect();
        let few = match all[..] {
            [one] => Few::One(one),
            [one, two] => Few::Two(one, two),
            [one, two, three] => Few::Three(one, two, three),
            _ => Few::Many,
        };
        Self { table, few }
    }

    /// Finds the first byte of the set; the length of the text when there is none.
    pub(super) fn find(&self, text: &[u8]) -> usize {
        let found = match self.few {
            Few::One(one) => memchr(one, text),
            Few::Two(one, two) => memchr2(one, two, text),
            Few::Three(one, two, three) => memchr3(one, two, three, text),
            Few::Many => return self.find_in_table(text),
        };
        found.unwrap_or(text.len())
    }

    fn find_in_table(&self, text: &[u8]) -> usize {
        let is_in = |byte: u8| self.table[usize::from(byte)];
        let (chunks, _) = text.as_chunks::<8>();
        let mut start = 0;
        for chunk in chunks {
            // Without a branch for each byte.
            if chunk.iter().fold(false, |found, &byte| found | is_in(byte)) {
                break;
            }
            start += chunk.len();
        }
        let rest = text[start..].iter().position(|&byte| is_in(byte));
        rest.map_or(text.len(), |offset| start + offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_byte_of_a_set_is_found() {
        let text = b"some text, which is longer than the longest vector of all: a;b:c,d";
        for bytes in [&b";"[..], b",;", b":;,", b"abcd", b"xyz", b"#", b"", b"s"] {
            let set = ByteSet::new(bytes.iter().copied());
            for start in 0..text.len() {
                let text = &text[start..];
                let first = text.iter().position(|byte| bytes.contains(byte));
                assert_eq!(set.find(text), first.unwrap_or(text.len()), "{bytes:?}");
            }
        }
    }
}
