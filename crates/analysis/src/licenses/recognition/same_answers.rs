//! The recognition beside the `spdx` crate's own comparison, which it does again in less time: the same pairs of words, and
//! the same licenses in the same order.

use std::{
    cmp::Ordering,
    path::{Path, PathBuf},
};

use spdx::detection::{Store, TextData};

use super::{
    COMPLETE, CONFIDENT, LARGEST, LARGEST_SEARCHED, MOST_IN_ONE_TEXT, MOST_LINES_SEARCHED,
    current_identifier,
    generation::{Pairs, pairs_of, store},
    lines::Lines,
    recognize,
    view::View,
};

/// How much the confidences may differ.
const CLOSE: f32 = 0.001;

fn own_pairs(text: &str) -> Pairs {
    let lines = Lines::of(text);
    let view = View::of(&lines);
    let mut pairs = Pairs::new();
    view.pairs(0..view.lines(), |pair| {
        *pairs.entry(pair).or_insert(0) += 1;
    });
    pairs
}

/// Compares the pairs of words; where two common starts of lines are equally frequent, the crate takes any of them.
fn check_pairs(text: &str) {
    let own = own_pairs(text);
    let mut others = (0..30).map(|_| pairs_of(&TextData::new(text)));
    assert!(others.any(|other| other == own), "{text:?}");
}

#[test]
fn texts_of_the_list_have_the_same_pairs() {
    for license in spdx::identifiers::LICENSES.iter().step_by(4) {
        check_pairs(
            spdx::license_id(license.name)
                .expect("a known license")
                .text(),
        );
    }
}

#[test]
fn odd_texts_have_the_same_pairs() {
    for text in [
        "",
        "\n\n\n",
        "The license\n\nis here",
        "The license version 2.0 copyright me\n\nis here",
        "The license of this\n\nis here",
        "license license version \n\nis here",
        "\n\nThe license\n\nis here",
        "copyright 2012 me\nis here",
        "\n\n\n  copyright me\n\nis here",
        "a\n\ncopyright me\n\nb\n\n copyright you\n\ncopyright them\n\nc",
        "a\n\ncopyright me\n\n\n---\n\n\ncopyright you\n\nc\n---\n---\ncopyright them\n---\nd",
        "a b\ncopyright (c) 2012\n(c) 2013 me\nb c\ncopyright\n\n\n2012\n\n13 c c\ncopyright\nd e",
        "a b\ncopyright 2012\ncopyright 2013\ncopyrighted c 2012\ncopyright notice\nb",
        "a b\n\ncopyright me",
        "a b\n\ncopyright me\n",
        "a b\n\ncopyright me\n\n",
        "a b\n\ncopyright me\n\n\n\n",
        "at htt$ps://ex ample http:// x httphttp://a/b c/http://d",
        "14 of 44/4\\4 t|4",
        "“quoted” «so» ''it'' is—so – it-- ‘was’ © 2012 Ⓒⓒ 2013 ｛a｝ b_‿_c ²³ x\u{301}e\u{301} a\u{200d}b ΑΣ ΣΑΣ.Σ İ ſ K ٣",
        "a\rb\r\rc\u{b}d\u{c}\u{c}\u{c}e\u{85}f\u{2028}g\u{a0}h\u{3000}i\r\ncopyright\u{85}2012\r\nend",
        "// one two\n// three four\n// five six\n//\n// copyright c 2012\nseven",
        "rem one two\nrem three four\nrem five six\nrem seven\n\nrem eight",
        "words one\nwords two\nwords three x\nwords three y\nwords three z",
    ] {
        check_pairs(text);
    }
}

/// Puts texts together from pieces that the rules are about, always the same ones.
#[test]
fn texts_of_pieces_have_the_same_pairs() {
    const PIECES: [&str; 32] = [
        "copyright",
        "Copyright (c)",
        "copyright 2012",
        " c",
        "c",
        " 2013",
        "\n",
        "\n",
        "\n\n",
        "\n\n\n",
        "\r\n",
        "\r",
        "license",
        " license",
        " version 2",
        " ",
        "  ",
        "---",
        "-",
        "*",
        "dnl ",
        "dnl word ",
        "word",
        "other words",
        "é",
        "\u{301}",
        "http://",
        "$",
        "“",
        "\u{2028}",
        "4",
        "\u{b}",
    ];
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 33) as usize
    };
    for _ in 0..4_000 {
        let count = next() % 24;
        let text: String = (0..count).map(|_| PIECES[next() % PIECES.len()]).collect();
        check_pairs(&text);
    }
}

/// The licenses of a text by the crate's own comparison.
fn by_the_crate(store: &Store, text: &str) -> Vec<(String, f32)> {
    let mut found: Vec<(String, f32)> = Vec::new();
    if text.len() > LARGEST || text.trim().is_empty() {
        return found;
    }
    let mut data = TextData::new(text);
    let is_searched = text.len() <= LARGEST_SEARCHED && data.lines().len() <= MOST_LINES_SEARCHED;
    for _ in 0..MOST_IN_ONE_TEXT {
        let (name, best, score) = best_of(store, &data);
        if score >= CONFIDENT {
            add(&mut found, name, score);
        }
        if !is_searched || score >= COMPLETE {
            break;
        }
        let (part, score) = data.optimize_bounds(best);
        if score < CONFIDENT {
            break;
        }
        add(&mut found, name, score);
        data = part.white_out();
    }
    found
}

fn add(found: &mut Vec<(String, f32)>, name: &str, score: f32) {
    let name = current_identifier(name);
    if found.iter().all(|(known, _)| *known != name) {
        found.push((name, score));
    }
}

fn best_of<'s>(store: &'s Store, text: &TextData) -> (&'s str, &'s TextData, f32) {
    let candidates = store.iter().flat_map(|(name, entry)| {
        std::iter::once(&entry.original)
            .chain(&entry.alternates)
            .chain(&entry.headers)
            .map(move |data| (name.as_str(), data, data.match_score(text)))
    });
    let best = candidates.max_by(|left, right| {
        let by_score = left.2.partial_cmp(&right.2).unwrap_or(Ordering::Equal);
        by_score
            .then_with(|| right.0.len().cmp(&left.0.len()))
            .then_with(|| right.0.cmp(left.0))
    });
    best.expect("the store has texts")
}

/// Tells how the answers for a text differ, when they do.
fn difference(store: &Store, text: &str) -> Option<String> {
    let expected = by_the_crate(store, text);
    let found: Vec<(String, f32)> = recognize(text)
        .into_iter()
        .map(|recognized| (recognized.spdx, recognized.confidence))
        .collect();
    let is_same = expected.len() == found.len()
        && expected
            .iter()
            .zip(&found)
            .all(|(expected, found)| expected.0 == found.0 && (expected.1 - found.1).abs() < CLOSE);
    (!is_same).then(|| format!("expected {expected:?}, found {found:?}"))
}

#[test]
fn texts_of_the_list_tell_the_same_licenses() {
    check_list(48);
}

#[test]
#[ignore = "takes minutes"]
fn all_texts_of_the_list_tell_the_same_licenses() {
    check_list(1);
}

/// Compares the answers for one of so many texts of the list, alone and together with another one.
fn check_list(step: usize) {
    let store = store();
    let texts: Vec<(&str, &str)> = spdx::identifiers::LICENSES
        .iter()
        .map(|license| {
            (
                license.name,
                spdx::license_id(license.name)
                    .expect("a known license")
                    .text(),
            )
        })
        .collect();
    for (place, (name, text)) in texts.iter().enumerate().step_by(step) {
        let (other_name, other) = texts[(place * 7 + 11) % texts.len()];
        let both = format!("A notice\n\n{text}\n\n---\n\n{other}\nand more");
        assert_eq!(difference(&store, text), None, "{name}");
        assert_eq!(difference(&store, &both), None, "{name} and {other_name}");
    }
}

/// Compares the answers for the license files of real trees: `LICENSE_TREES` names their folders, with a space between them.
#[test]
#[ignore = "reads folders that an environment variable names"]
#[expect(clippy::disallowed_methods, reason = "a test by hand")]
fn files_of_trees_tell_the_same_licenses() {
    let store = store();
    let folders = std::env::var("LICENSE_TREES").expect("LICENSE_TREES names folders");
    let mut files = Vec::new();
    for folder in folders.split_whitespace() {
        add_license_files(Path::new(folder), &mut files);
    }
    let mut texts: Vec<String> = files
        .iter()
        .map(|path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned())
        .collect();
    texts.sort();
    texts.dedup();
    let differences: Vec<String> = texts
        .iter()
        .filter_map(|text| {
            difference(&store, text).map(|difference| format!("{text:.200?}: {difference}"))
        })
        .collect();
    assert!(
        differences.is_empty(),
        "{} of {} texts of {} files differ:\n{}",
        differences.len(),
        texts.len(),
        files.len(),
        differences.join("\n")
    );
}

fn add_license_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let kind = entry.file_type().unwrap();
        let name = entry.file_name().to_string_lossy().to_ascii_lowercase();
        if kind.is_dir() {
            add_license_files(&entry.path(), files);
        } else if kind.is_file()
            && ["licen", "copying", "notice", "copyright"]
                .iter()
                .any(|part| name.contains(part))
        {
            files.push(entry.path());
        }
    }
}
