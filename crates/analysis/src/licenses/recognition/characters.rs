//! What kind of character a character is, for the comparison of license texts. The kinds of what is not ASCII come from a
//! generated table (`data/licenses/characters.bin`).

use std::sync::OnceLock;

use super::number;

/// Ranges of characters from U+0080 on, each as one number: its length times 16, and its kind.
const TABLE: &[u8] = include_bytes!("../../../data/licenses/characters.bin");
/// The first character of the table.
pub(super) const FIRST_OF_TABLE: u32 = 0x80;

/// The kinds that the comparison tells apart; every character has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    /// Symbols and controls, which are left out.
    Junk,
    /// Part of a word.
    Letter,
    /// Part of a word, and a decimal digit.
    Digit,
    /// Space within a line, or what stands for it.
    Blank,
    /// White space that is not within a line.
    Break,
    Quote,
    Dash,
    Open,
    Close,
    /// A connector such as `_`; part of a word.
    Under,
    /// Other punctuation.
    Mark,
    /// A letter in a circle that stands for `(c)`.
    Circled,
}

impl Kind {
    pub(super) const ALL: [Self; 12] = [
        Self::Junk,
        Self::Letter,
        Self::Digit,
        Self::Blank,
        Self::Break,
        Self::Quote,
        Self::Dash,
        Self::Open,
        Self::Close,
        Self::Under,
        Self::Mark,
        Self::Circled,
    ];

    /// What a run of characters of this kind becomes; `None` when the characters stay.
    pub(super) fn replacement(self) -> Option<&'static str> {
        match self {
            Self::Junk => Some(""),
            Self::Blank => Some(" "),
            Self::Quote => Some("'"),
            Self::Dash => Some("-"),
            Self::Open => Some("("),
            Self::Close => Some(")"),
            Self::Under => Some("_"),
            Self::Letter | Self::Digit | Self::Break | Self::Mark | Self::Circled => None,
        }
    }
}

/// Tells the kind of a character.
pub(super) fn kind(character: char) -> Kind {
    let code = u32::from(character);
    match ASCII.get(code as usize) {
        Some(kind) => *kind,
        None => {
            let ranges = RANGES.get_or_init(ranges);
            let after = ranges.partition_point(|(start, _)| *start <= code);
            after
                .checked_sub(1)
                .and_then(|index| ranges.get(index))
                .map_or(Kind::Junk, |(_, kind)| *kind)
        }
    }
}

static ASCII: [Kind; 128] = ascii();

const fn ascii() -> [Kind; 128] {
    let mut kinds = [Kind::Junk; 128];
    let mut code = 0;
    while code < kinds.len() {
        kinds[code] = match code as u8 {
            // The digit four counts as a space within a line where the texts of the index were made, so it does here.
            b'\t' | b' ' | b'/' | b'\\' | b'4' => Kind::Blank,
            b'\n' | 0x0b | 0x0c | b'\r' => Kind::Break,
            b'0'..=b'9' => Kind::Digit,
            b'A'..=b'Z' | b'a'..=b'z' => Kind::Letter,
            b'"' | b'\'' => Kind::Quote,
            b'-' => Kind::Dash,
            b'(' | b'[' | b'{' => Kind::Open,
            b')' | b']' | b'}' => Kind::Close,
            b'_' => Kind::Under,
            b'!' | b'#' | b'%' | b'&' | b'*' | b',' | b'.' | b':' | b';' | b'?' | b'@' => {
                Kind::Mark
            }
            _ => Kind::Junk,
        };
        code += 1;
    }
    kinds
}

static RANGES: OnceLock<Vec<(u32, Kind)>> = OnceLock::new();

fn ranges() -> Vec<(u32, Kind)> {
    let mut table = TABLE;
    let mut start = FIRST_OF_TABLE;
    let mut ranges = Vec::new();
    while let Some(range) = number(&mut table) {
        let kind = Kind::ALL.get((range & 15) as usize);
        ranges.push((start, kind.copied().unwrap_or(Kind::Junk)));
        start = start.saturating_add(range >> 4);
    }
    ranges
}
