//! Makes the data that the recognition reads from the `spdx` crate and from the regular expressions that its comparison of
//! texts uses, and checks that the files are what they would be made to be.

use std::{collections::BTreeMap, fs, path::PathBuf};

use regex::Regex;
use spdx::detection::{LicenseType, Store, TextData};

use super::{
    characters::{FIRST_OF_TABLE, Kind, kind},
    index::{GROUP_BITS, LENGTH_BITS, LONG, REST_BITS},
    segments::{hash_of_pair, hash_of_word},
};

/// When it is set, files that differ are written.
const WRITE: &str = "SYNTHESIZER_WRITE_LICENSE_DATA";
/// What ends the terms of Apache-2.0 and the GNU licenses.
const END_MARK: &str = "END OF TERMS AND CONDITIONS";

/// The pairs of words of a text, and how often it has each.
pub(super) type Pairs = BTreeMap<u32, u32>;

/// Loads the texts of the list, with some that are left out of many projects' files.
pub(super) fn store() -> Store {
    let mut store = Store::load_inline().expect("the crate's own store");
    add_texts_without_appendix(&mut store);
    store
}

/// Adds the texts up to their end mark: many projects leave out the appendix "how to apply", and without it Apache-2.0
/// would look more like licenses that were made of it.
fn add_texts_without_appendix(store: &mut Store) {
    for license in spdx::identifiers::LICENSES {
        let text = spdx::license_id(license.name)
            .expect("a known license")
            .text();
        if let Some(end) = text.find(END_MARK) {
            let data = TextData::new(&text[..end + END_MARK.len()]).without_text();
            // A license that the store lacks has no entry to add to.
            let _ = store.add_variant(license.name, LicenseType::Alternate, data);
        }
    }
}

/// Takes the pairs out of what the crate prints for a text; it has no other way to them.
pub(super) fn pairs_of(data: &TextData) -> Pairs {
    let printed = format!("{data:?}");
    let (_, map) = printed.split_once("map: {").expect("a map of pairs");
    let (map, size) = map
        .split_once("}, n: 2, size: ")
        .expect("the end of the map");
    let mut pairs = Pairs::new();
    let mut rest = map;
    while let Some(text) = rest.strip_prefix('"') {
        let (pair, after) = text.split_once("\": ").expect("a pair and its number");
        let (count, after) = after.split_once(", ").unwrap_or((after, ""));
        let (left, right) = pair.split_once(' ').expect("two words");
        let hash = hash_of_pair(
            hash_of_word(&unescaped(left)),
            hash_of_word(&unescaped(right)),
        );
        *pairs.entry(hash).or_insert(0) += count.parse::<u32>().expect("a number");
        rest = after;
    }
    let all: u32 = pairs.values().sum();
    assert!(
        size.starts_with(&format!("{all} }}")),
        "{all} pairs read of {size:.40}"
    );
    pairs
}

/// Undoes what printing does to characters that are not seen by themselves, such as accents.
fn unescaped(word: &str) -> String {
    let mut parts = word.split("\\u{");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (code, after) = part.split_once('}').expect("an escape");
        let code = u32::from_str_radix(code, 16).expect("a code");
        text.push(char::from_u32(code).expect("a character"));
        text.push_str(after);
    }
    assert!(!text.contains('\\'), "{word}");
    text
}

#[test]
fn the_index_is_what_the_list_gives() {
    check("index.bin", &index_file(&store()));
}

#[test]
fn the_kinds_are_what_the_expressions_give() {
    let kinds = kinds();
    check("characters.bin", &character_file(&kinds));
    for (code, expected) in (0..).zip(&kinds) {
        if let Some(character) = char::from_u32(code) {
            assert_eq!(kind(character), *expected, "{character:?}");
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "files are written by hand only")]
fn check(name: &str, expected: &[u8]) {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/data/licenses")).join(name);
    if fs::read(&path).is_ok_and(|bytes| bytes == expected) {
        return;
    }
    assert!(
        std::env::var_os(WRITE).is_some(),
        "{name} is not what it would be made to be; set {WRITE} to write it, then build again"
    );
    fs::write(&path, expected).expect("the file can be written");
}

/// The texts that differ, by the license with the shortest name that has them.
fn variants(store: &Store) -> Vec<(String, Pairs)> {
    let mut names: Vec<&String> = store.licenses().collect();
    names.sort_by_key(|name| (name.len(), *name));
    let entries: BTreeMap<&String, _> = store.iter().collect();
    let mut by_pairs: BTreeMap<Vec<(u32, u32)>, (&String, usize)> = BTreeMap::new();
    for name in names {
        let entry = entries[name];
        let texts = std::iter::once(&entry.original)
            .chain(&entry.alternates)
            .chain(&entry.headers);
        for (place, text) in texts.enumerate() {
            let pairs: Vec<(u32, u32)> = pairs_of(text).into_iter().collect();
            // A text without pairs fits nothing.
            if !pairs.is_empty() {
                by_pairs.entry(pairs).or_insert((name, place));
            }
        }
    }
    let mut variants: Vec<_> = by_pairs.into_iter().collect();
    variants.sort_by_key(|(_, place)| *place);
    variants
        .into_iter()
        .map(|(pairs, (name, _))| (name.clone(), pairs.into_iter().collect()))
        .collect()
}

fn index_file(store: &Store) -> Vec<u8> {
    let variants = variants(store);
    let mut file = Vec::new();
    put_number(&mut file, variants.len() as u32);
    let mut last = "";
    let mut lists: BTreeMap<u32, Vec<(u32, u32)>> = BTreeMap::new();
    for (place, (name, pairs)) in (0..).zip(&variants) {
        let is_known = name == last;
        put_number(&mut file, if is_known { 0 } else { name.len() as u32 });
        if !is_known {
            file.extend_from_slice(name.as_bytes());
            last = name;
        }
        put_number(&mut file, pairs.values().sum());
        for (pair, count) in pairs {
            lists.entry(*pair).or_default().push((place, *count));
        }
    }
    let mut starts = Vec::new();
    let mut groups = Vec::new();
    for group in 0..1_u32 << GROUP_BITS {
        starts.extend_from_slice(&(groups.len() as u32).to_le_bytes());
        let first = group << REST_BITS;
        let last = first | ((1 << REST_BITS) - 1);
        put_group(&mut groups, &lists.range(first..=last).collect::<Vec<_>>());
    }
    starts.extend_from_slice(&(groups.len() as u32).to_le_bytes());
    [file, starts, groups].concat()
}

fn put_group(groups: &mut Vec<u8>, lists: &[(&u32, &Vec<(u32, u32)>)]) {
    groups.push(u8::try_from(lists.len()).expect("a group is small"));
    let mut bodies = Vec::new();
    for (pair, list) in lists {
        let body = list_bytes(list);
        let length = (body.len() as u32).min(LONG);
        let rest = **pair & ((1 << REST_BITS) - 1);
        groups.extend_from_slice(&(rest << LENGTH_BITS | length).to_le_bytes()[..3]);
        if length == LONG {
            let long = u16::try_from(body.len()).expect("a list is short");
            bodies.extend_from_slice(&long.to_le_bytes());
        }
        bodies.extend(body);
    }
    groups.extend(bodies);
}

fn list_bytes(list: &[(u32, u32)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut last = 0;
    for (variant, count) in list {
        let is_repeated = *count > 1;
        put_number(&mut bytes, (variant - last) << 1 | u32::from(is_repeated));
        if is_repeated {
            put_number(&mut bytes, count - 2);
        }
        last = *variant;
    }
    bytes
}

fn put_number(bytes: &mut Vec<u8>, number: u32) {
    let mut rest = number;
    while rest >= 0x80 {
        bytes.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
}

/// Tells the kind of each character by the expressions; of several that match one, the last counts.
fn kinds() -> Vec<Kind> {
    let all: String = ('\0'..=char::MAX).collect();
    let mut kinds = vec![Kind::Junk; char::MAX as usize + 1];
    for (expression, kind) in [
        (r"\pP+", Kind::Mark),
        (r"\w+", Kind::Letter),
        (r"\d+", Kind::Digit),
        (r"\s+", Kind::Break),
        (r"[\t\p{Zs}\\/4]+", Kind::Blank),
        (r#"["'\p{Pi}\p{Pf}]+"#, Kind::Quote),
        (r"\p{Pd}+", Kind::Dash),
        (r"\p{Ps}+", Kind::Open),
        (r"\p{Pe}+", Kind::Close),
        (r"\p{Pc}+", Kind::Under),
        ("[Ⓒⓒ]+", Kind::Circled),
    ] {
        let expression = Regex::new(expression).expect("a valid expression");
        for found in expression.find_iter(&all) {
            for character in found.as_str().chars() {
                kinds[character as usize] = kind;
            }
        }
    }
    kinds
}

fn character_file(kinds: &[Kind]) -> Vec<u8> {
    let mut file = Vec::new();
    for range in kinds[FIRST_OF_TABLE as usize..].chunk_by(|left, right| left == right) {
        put_number(&mut file, (range.len() as u32) << 4 | range[0] as u32);
    }
    file
}
