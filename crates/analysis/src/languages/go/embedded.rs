//! From the patterns of `//go:embed` to files of the tree. Patterns are those of Go's `path.Match`, folders stand for what is in them.

use std::collections::{BTreeMap, HashMap};

use crate::languages::SourceFiles;

/// Files that one pattern gives at most.
const MOST_FILES: usize = 10_000;

/// What lies directly in each folder of a tree.
pub(super) struct Listing<'a> {
    folders: HashMap<&'a str, BTreeMap<&'a str, Entry>>,
}

/// A file or a folder.
#[derive(Debug, Clone, Copy)]
enum Entry {
    File(usize),
    Folder,
}

impl<'a> Listing<'a> {
    /// Lists every folder of a tree.
    pub(super) fn new(files: &'a SourceFiles<'a>) -> Self {
        let mut folders: HashMap<&'a str, BTreeMap<&'a str, Entry>> = HashMap::new();
        for (index, file) in files.files().iter().enumerate() {
            let mut child = file.path.as_str();
            let mut entry = Entry::File(index);
            loop {
                let (parent, name) = child.rsplit_once('/').unwrap_or(("", child));
                let is_new = folders
                    .entry(parent)
                    .or_default()
                    .insert(name, entry)
                    .is_none();
                if parent.is_empty() || !is_new {
                    break;
                }
                child = parent;
                entry = Entry::Folder;
            }
        }
        Self { folders }
    }

    /// Finds the files that a pattern of a file in `folder` embeds, by index in order.
    pub(super) fn matching(&self, folder: &str, pattern: &str) -> Vec<usize> {
        let (pattern, with_hidden) = match pattern.strip_prefix("all:") {
            Some(rest) => (rest, true),
            None => (pattern, false),
        };
        let mut found = Vec::new();
        let mut open = vec![folder.to_owned()];
        let mut parts = pattern.split('/').filter(|part| *part != ".").peekable();
        if parts.peek().is_none() {
            self.take_folder(folder, with_hidden, &mut found);
        }
        while let Some(part) = parts.next() {
            let is_last = parts.peek().is_none();
            let mut next = Vec::new();
            for folder in &open {
                for (name, entry) in self.entries_like(folder, part) {
                    match entry {
                        Entry::File(index) if is_last => found.push(index),
                        Entry::Folder if is_last => {
                            self.take_folder(&join(folder, name), with_hidden, &mut found);
                        }
                        Entry::Folder => next.push(join(folder, name)),
                        Entry::File(_) => {}
                    }
                    if next.len() > MOST_FILES || found.len() > MOST_FILES {
                        break;
                    }
                }
            }
            open = next;
        }
        found.truncate(MOST_FILES);
        found.sort_unstable();
        found.dedup();
        found
    }

    fn entries_like<'s>(
        &'s self,
        folder: &str,
        pattern: &'s str,
    ) -> Box<dyn Iterator<Item = (&'a str, Entry)> + 's> {
        let Some(entries) = self.folders.get(folder) else {
            return Box::new(std::iter::empty());
        };
        if pattern.contains(['*', '?', '[', '\\']) {
            let matching = entries
                .iter()
                .filter(move |(name, _)| is_match(pattern.as_bytes(), name.as_bytes()));
            return Box::new(matching.map(|(name, entry)| (*name, *entry)));
        }
        let exact = entries.get_key_value(pattern);
        Box::new(exact.into_iter().map(|(name, entry)| (*name, *entry)))
    }

    /// Takes everything in a folder, without names that begin with a dot or an underscore unless they are asked for.
    fn take_folder(&self, folder: &str, with_hidden: bool, found: &mut Vec<usize>) {
        let mut open = vec![folder.to_owned()];
        while let Some(folder) = open.pop() {
            for (name, entry) in self.folders.get(folder.as_str()).into_iter().flatten() {
                if !with_hidden && name.starts_with(['.', '_']) {
                    continue;
                }
                match entry {
                    Entry::File(index) => found.push(*index),
                    Entry::Folder => open.push(join(&folder, name)),
                }
                if found.len() > MOST_FILES {
                    return;
                }
            }
        }
    }
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

/// Matches one name against one part of a pattern. The cost is at most the product of their lengths.
fn is_match(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut position) = (0, 0);
    // Where to go on when what follows the last star does not fit: the star takes one byte more.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        if at < pattern.len() && pattern[at] == b'*' {
            retry = Some((at + 1, position));
            at += 1;
            continue;
        }
        if position == name.len() {
            return pattern[at..].iter().all(|byte| *byte == b'*');
        }
        if let Some(used) = match_one(&pattern[at..], name[position]) {
            at += used;
            position += 1;
            continue;
        }
        let Some((star, taken)) = retry else {
            return false;
        };
        retry = Some((star, taken + 1));
        at = star;
        position = taken + 1;
    }
}

/// Gives how many bytes of the pattern match the byte; `None` when they do not.
fn match_one(pattern: &[u8], byte: u8) -> Option<usize> {
    match *pattern.first()? {
        b'?' => Some(1),
        b'\\' => (*pattern.get(1)? == byte).then_some(2),
        b'[' => {
            let end = pattern.iter().skip(2).position(|byte| *byte == b']')? + 2;
            let set = &pattern[1..end];
            let (negated, set) = match set.strip_prefix(b"^") {
                Some(rest) => (true, rest),
                None => (false, set),
            };
            (in_set(set, byte) != negated).then_some(end + 1)
        }
        literal => (literal == byte).then_some(1),
    }
}

fn in_set(mut set: &[u8], byte: u8) -> bool {
    while let Some((first, rest)) = set.split_first() {
        if let [b'-', last, after @ ..] = rest {
            if (*first..=*last).contains(&byte) {
                return true;
            }
            set = after;
        } else {
            if *first == byte {
                return true;
            }
            set = rest;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_one_name() {
        let check = |pattern: &str, name: &str, expected: bool| {
            assert_eq!(
                is_match(pattern.as_bytes(), name.as_bytes()),
                expected,
                "{pattern} {name}"
            );
        };
        check("*.html", "a.html", true);
        check("*.html", "a.htm", false);
        check("*", "", true);
        check("a?c", "abc", true);
        check("[a-c]x", "bx", true);
        check("[^a-c]x", "bx", false);
        check("\\*", "*", true);
        check("a*b*c", "axxbyyc", true);
        check("[", "a", false);
        check(&"*a".repeat(200), &"a".repeat(200), true);
        check(&"*a".repeat(200), &"b".repeat(20_000), false);
    }
}
