//! A license by its text, against the texts of the SPDX list. A score, not a judgement; the same text gives the same answer.

use std::{cmp::Ordering, sync::OnceLock};

use spdx::detection::{LicenseType, Store, TextData};
use synthesizer_model::license::RecognizedLicense;

/// How much of a text must fit.
pub(super) const CONFIDENT: f32 = 0.9;
/// What ends the terms of Apache-2.0 and the GNU licenses.
const END_MARK: &str = "END OF TERMS AND CONDITIONS";
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

static STORE: OnceLock<Option<Store>> = OnceLock::new();

fn store() -> Option<&'static Store> {
    let load = || {
        let mut store = Store::load_inline().ok()?;
        add_texts_without_appendix(&mut store);
        Some(store)
    };
    STORE.get_or_init(load).as_ref()
}

/// Adds the texts up to their end mark: many projects leave out the appendix "how to apply", and without it Apache-2.0
/// would look more like licenses that were made of it.
fn add_texts_without_appendix(store: &mut Store) {
    for license in spdx::identifiers::LICENSES {
        let Some(text) = spdx::license_id(license.name).map(|id| id.text()) else {
            continue;
        };
        if let Some(end) = text.find(END_MARK) {
            let data = TextData::new(&text[..end + END_MARK.len()]).without_text();
            // A license that the store lacks has no entry to add to.
            let _ = store.add_variant(license.name, LicenseType::Alternate, data);
        }
    }
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
    let Some(store) = store() else {
        return Vec::new();
    };
    if text.len() > LARGEST || text.trim().is_empty() {
        return Vec::new();
    }
    let mut data = TextData::new(text);
    let is_searched = text.len() <= LARGEST_SEARCHED && data.lines().len() <= MOST_LINES_SEARCHED;
    let mut found: Vec<Recognized> = Vec::new();
    for _ in 0..MOST_IN_ONE_TEXT {
        let Some(best) = best_of(store, &data) else {
            break;
        };
        let fits_whole = best.score >= CONFIDENT;
        if fits_whole {
            add(&mut found, best);
        }
        if !is_searched || (fits_whole && best.score >= COMPLETE) {
            break;
        }
        let (part, score) = data.optimize_bounds(best.data);
        if score < CONFIDENT {
            break;
        }
        add(&mut found, Best { score, ..best });
        data = part.white_out();
    }
    found
}

/// Adds a license that is not known yet; the share of the whole text, which comes first, stays as it is.
fn add(found: &mut Vec<Recognized>, best: Best<'_>) {
    let recognized = best.recognized();
    if !found.iter().any(|known| known.spdx == recognized.spdx) {
        found.push(recognized);
    }
}

#[derive(Clone, Copy)]
struct Best<'s> {
    name: &'s str,
    score: f32,
    data: &'s TextData,
}

impl Best<'_> {
    fn recognized(self) -> Recognized {
        Recognized {
            spdx: current_identifier(self.name),
            confidence: self.score.clamp(0.0, 1.0),
        }
    }
}

/// Finds the text of the store that fits best; of equal ones, the shortest name and then the first.
fn best_of<'s>(store: &'s Store, text: &TextData) -> Option<Best<'s>> {
    let candidates = store.iter().flat_map(|(name, entry)| {
        std::iter::once(&entry.original)
            .chain(&entry.alternates)
            .chain(&entry.headers)
            .map(move |data| Best {
                name,
                score: data.match_score(text),
                data,
            })
    });
    candidates.max_by(|left, right| {
        let by_score = left
            .score
            .partial_cmp(&right.score)
            .unwrap_or(Ordering::Equal);
        by_score
            .then_with(|| right.name.len().cmp(&left.name.len()))
            .then_with(|| right.name.cmp(left.name))
    })
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
