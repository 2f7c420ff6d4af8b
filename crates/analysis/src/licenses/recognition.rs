//! A license by its text, against the texts of the SPDX list. A score, not a judgement; the same text gives the same answer.
//!
//! A text becomes the pairs of its neighbouring words, without titles, copyright statements and punctuation; the score is the
//! share of pairs that it has in common with a text of the list (Dice's coefficient). The list's texts are an index of
//! hashed pairs that a test makes from the `spdx` crate.

use synthesizer_model::license::RecognizedLicense;

use self::{
    index::{Best, Index, index},
    lines::Lines,
    view::View,
};

mod characters;
mod index;
mod lines;
mod prefixes;
mod search;
mod segments;
mod statements;
mod view;

#[cfg(test)]
mod generation;
#[cfg(test)]
mod same_answers;

/// How much of a text must fit.
pub(super) const CONFIDENT: f32 = 0.9;
/// From which share on nothing else can be in a text.
const COMPLETE: f32 = 0.99;
/// The largest text that is compared, in bytes; license texts are below 100 KiB.
pub(super) const LARGEST: usize = 256 << 10;
/// The largest text that is searched for several licenses, in bytes and in lines; the search is slow.
const LARGEST_SEARCHED: usize = 96 << 10;
const MOST_LINES_SEARCHED: usize = 2_000;
/// How many licenses of one text are told apart.
const MOST_IN_ONE_TEXT: usize = 4;

/// A license found in a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Recognized {
    /// SPDX identifier.
    pub spdx: String,
    /// Share of the text (or of the part where it was found) that fits, 0 to 1.
    pub confidence: f32,
}

/// Names the licenses that the bytes of a license file consist of; empty when they fit none.
pub fn recognized(bytes: &[u8]) -> Vec<RecognizedLicense> {
    if bytes.len() > LARGEST {
        return Vec::new();
    }
    recognize(&String::from_utf8_lossy(bytes))
        .into_iter()
        .map(|found| RecognizedLicense {
            spdx: found.spdx,
            confidence: found.confidence,
        })
        .collect()
}

/// Names the licenses that a text consists of: usually one, several when texts were put together, none when it fits none.
pub(super) fn recognize(text: &str) -> Vec<Recognized> {
    if text.len() > LARGEST || text.trim().is_empty() {
        return Vec::new();
    }
    let index = index();
    let lines = Lines::of(text);
    let mut view = View::of(&lines);
    let is_searched = text.len() <= LARGEST_SEARCHED && view.lines() <= MOST_LINES_SEARCHED;
    let mut found: Vec<Recognized> = Vec::new();
    for _ in 0..MOST_IN_ONE_TEXT {
        let Some(best) = best_of(index, &view) else {
            break;
        };
        let fits_whole = best.score >= CONFIDENT;
        if fits_whole {
            add(&mut found, best);
        }
        if !is_searched || (fits_whole && best.score >= COMPLETE) {
            break;
        }
        let (range, score) = search::best_range(&view, index, best.variant);
        if score < CONFIDENT {
            break;
        }
        add(&mut found, Best { score, ..best });
        view.blank(range);
    }
    found
}

/// Finds the text of the list that fits a whole text best.
fn best_of(index: &Index, view: &View<'_>) -> Option<Best> {
    let mut pairs = Vec::new();
    view.pairs(0..view.lines(), |pair| pairs.push(pair));
    pairs.sort_unstable();
    index.best(&pairs)
}

/// Adds a license that is not known yet; the share of the whole text, which comes first, stays as it is.
fn add(found: &mut Vec<Recognized>, best: Best) {
    let spdx = current_identifier(best.name);
    if !found.iter().any(|known| known.spdx == spdx) {
        found.push(Recognized {
            spdx,
            confidence: best.score.clamp(0.0, 1.0),
        });
    }
}

/// Gives the identifier that SPDX uses today.
///
/// The text of a GNU license does not tell whether later versions may be used, so the narrower `-only` is given.
fn current_identifier(name: &str) -> String {
    let is_gnu = ["GPL-", "LGPL-", "AGPL-", "GFDL-"]
        .iter()
        .any(|family| name.starts_with(family));
    if !is_gnu {
        return name.to_owned();
    }
    let base = name
        .trim_end_matches("-or-later")
        .trim_end_matches("-only")
        .trim_end_matches('+');
    let only = format!("{base}-only");
    if spdx::license_id(&only).is_some() {
        only
    } else {
        name.to_owned()
    }
}

/// Takes a number off the front: seven bits a byte, the lowest first, the highest bit set on all bytes but the last.
#[inline]
fn number(bytes: &mut &[u8]) -> Option<u32> {
    let (byte, rest) = bytes.split_first()?;
    *bytes = rest;
    if *byte < 0x80 {
        return Some(u32::from(*byte));
    }
    let mut number = u32::from(byte & 0x7f);
    for shift in (7..32).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u32::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(name: &str) -> &'static str {
        spdx::license_id(name).expect("a known license").text()
    }

    fn check(text: &str, expected: &[&str]) {
        let found = recognize(text);
        let names: Vec<&str> = found
            .iter()
            .map(|recognized| recognized.spdx.as_str())
            .collect();
        assert_eq!(names, expected, "{found:?}");
    }

    #[test]
    fn texts_tell_their_license() {
        for name in [
            "MIT",
            "Apache-2.0",
            "BSD-3-Clause",
            "BSD-2-Clause",
            "MPL-2.0",
            "GPL-3.0-only",
        ] {
            check(text_of(name), &[name]);
        }
    }

    #[test]
    fn other_texts_tell_none() {
        check("", &[]);
        check("All rights reserved.\nDo not copy.", &[]);
        check(&"word ".repeat(10_000), &[]);
        check(&"a\n".repeat(200_000), &[]);
    }

    #[test]
    fn texts_made_to_be_slow_end() {
        for text in [
            "copyright\n".repeat(9_000),
            "copyright\n\n\u{85}\n".repeat(450),
            "license version ".repeat(6_000),
            "http".repeat(20_000),
            format!("a{}", "\u{301}\u{327}".repeat(20_000)),
            (0..420).map(|length| "p".repeat(length) + "\n").collect(),
            (0..14_000).map(|word| format!("w{word} ")).collect(),
            "\0".repeat(LARGEST),
            "\r".repeat(LARGEST_SEARCHED),
        ] {
            check(&text, &[]);
        }
    }

    #[test]
    fn the_appendix_may_be_missing() {
        let text = text_of("Apache-2.0");
        let end = text.find("APPENDIX").expect("has an appendix");
        check(&text[..end], &["Apache-2.0"]);
    }

    #[test]
    fn texts_put_together_tell_each() {
        let text = format!(
            "{}\n\n-----------\n\n{}",
            text_of("BSD-3-Clause"),
            text_of("Apache-2.0")
        );
        check(&text, &["Apache-2.0", "BSD-3-Clause"]);
        let text = format!(
            "{}\n\nParts are under:\n\n{}",
            text_of("MIT"),
            text_of("BSD-3-Clause")
        );
        check(&text, &["BSD-3-Clause", "MIT"]);
    }
}
