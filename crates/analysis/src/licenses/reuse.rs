//! Licenses by the REUSE specification 3.3: `REUSE.toml`, the older `.reuse/dep5`, and `.license` files beside what they speak of.
//! Says what they state for a path; reads no header.

use synthesizer_model::{
    finding::Problem,
    tree::{SourceTree, TreePath},
};

use super::{declared::valid_expression, headers};

/// The largest file of statements that is read, in bytes.
const LARGEST: usize = 1 << 20;
/// Where statements of the older form are.
const OLDER: &str = ".reuse/dep5";
/// How many statements are kept.
const MOST: usize = 2_000;
/// How many bytes a pattern with wildcards may have, and all of them together; each is compared with each path.
const LONGEST_PATTERN: usize = 256;
const ALL_PATTERNS: usize = 16 << 10;

/// How a statement stands to the file's own header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Precedence {
    /// Holds where the file says nothing itself.
    Closest,
    /// Holds beside what the file says.
    Aggregate,
    /// Holds whatever the file says.
    Override,
}

/// One statement about the files of a pattern.
#[derive(Debug)]
struct Statement {
    /// The folder that patterns are relative to.
    folder: String,
    pattern: Vec<Piece>,
    precedence: Precedence,
    spdx: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    /// One character.
    Exact(char),
    /// Any characters but a slash.
    InFolder,
    /// Any characters.
    Any,
    /// One character.
    One,
}

impl Piece {
    const fn is_exact(&self) -> bool {
        matches!(self, Self::Exact(_))
    }
}

/// What the REUSE files of a tree state.
#[derive(Debug, Default)]
pub(super) struct Reuse {
    statements: Vec<Statement>,
    /// How many bytes the patterns with wildcards have.
    wild_bytes: usize,
    /// Paths with a `.license` file beside them, with what it states, sorted.
    beside: Vec<(String, String)>,
    /// What could not be read.
    pub(super) problems: Vec<Problem>,
}

impl Reuse {
    /// Reads the REUSE files of a tree.
    pub(super) fn read(tree: &dyn SourceTree) -> Self {
        let mut reuse = Self::default();
        for entry in tree.entries().iter().filter(|entry| entry.is_file()) {
            let path = &entry.path;
            if path.file_name() == "REUSE.toml" {
                if let Some(text) = reuse.text(tree, path) {
                    reuse.annotations(path, &text);
                }
            } else if path.as_str() == OLDER {
                if let Some(text) = reuse.text(tree, path) {
                    reuse.dep5(&text);
                }
            } else if let Some(subject) = path.as_str().strip_suffix(".license")
                && let Some(text) = reuse.text(tree, path)
                && let Some(spdx) = headers::header(&text).spdx
            {
                reuse.beside.push((subject.to_owned(), spdx));
            }
        }
        reuse.beside.sort();
        reuse
    }

    /// Gives the license of a file, given what its own header says; `true` when a REUSE file states it.
    pub(super) fn license(&self, path: &str, header: Option<&str>) -> Option<(String, bool)> {
        let beside = self
            .beside
            .binary_search_by(|(subject, _)| subject.as_str().cmp(path));
        if let Ok(place) = beside {
            return Some((self.beside[place].1.clone(), true));
        }
        // Of several statements about one file the last one counts.
        let statement = self
            .statements
            .iter()
            .rev()
            .find(|statement| statement.is_about(path));
        match (statement, header) {
            (None, None) => None,
            (None, Some(header)) => Some((header.to_owned(), false)),
            (Some(statement), None) => Some((statement.spdx.clone(), true)),
            (Some(statement), Some(header)) => match statement.precedence {
                Precedence::Closest => Some((header.to_owned(), false)),
                Precedence::Override => Some((statement.spdx.clone(), true)),
                Precedence::Aggregate if statement.spdx == header => {
                    Some((header.to_owned(), false))
                }
                Precedence::Aggregate => {
                    let both = [header.to_owned(), statement.spdx.clone()];
                    headers::join(&both).map(|both| (both, true))
                }
            },
        }
    }

    fn text(&mut self, tree: &dyn SourceTree, path: &TreePath) -> Option<String> {
        let what = match tree.read(path) {
            Err(failure) => failure.message,
            Ok(blob) if blob.bytes.len() > LARGEST => format!("larger than {LARGEST} bytes"),
            Ok(blob) => match String::from_utf8(blob.bytes.to_vec()) {
                Ok(text) => return Some(text),
                Err(_) => "not UTF-8 text".to_owned(),
            },
        };
        self.problems.push(Problem::new(path.as_str(), what));
        None
    }

    fn annotations(&mut self, path: &TreePath, text: &str) {
        let table: toml::Table = match text.parse() {
            Ok(table) => table,
            Err(error) => {
                let what = format!("does not parse: {}", error.message());
                self.problems.push(Problem::new(path.as_str(), what));
                return;
            }
        };
        let annotations = table.get("annotations").and_then(toml::Value::as_array);
        let mut left_out = 0;
        for annotation in annotations.into_iter().flatten() {
            let licenses: Vec<String> = texts(annotation.get("SPDX-License-Identifier"))
                .filter_map(valid_expression)
                .collect();
            let Some(spdx) = headers::join(&licenses) else {
                continue;
            };
            let precedence = match annotation.get("precedence").and_then(toml::Value::as_str) {
                Some("override") => Precedence::Override,
                Some("aggregate") => Precedence::Aggregate,
                _ => Precedence::Closest,
            };
            for pattern in texts(annotation.get("path")) {
                let pattern = pieces(pattern, false);
                left_out += usize::from(!self.add(path.parent(), pattern, precedence, &spdx));
            }
        }
        self.tell_left_out(path.as_str(), left_out);
    }

    fn dep5(&mut self, text: &str) {
        let mut left_out = 0;
        for paragraph in text.split("\n\n") {
            let field = |name: &str| field(paragraph, name);
            let (Some(files), Some(license)) = (field("Files:"), field("License:")) else {
                continue;
            };
            let first = license.lines().next().unwrap_or_default();
            let Some(spdx) = valid_expression(first) else {
                continue;
            };
            for pattern in files.split_whitespace() {
                let pattern = pieces(pattern, true);
                let precedence = Precedence::Aggregate;
                left_out += usize::from(!self.add("", pattern, precedence, &spdx));
            }
        }
        self.tell_left_out(OLDER, left_out);
    }

    /// Keeps a statement; false when it is left out, because every file is compared with every pattern.
    fn add(
        &mut self,
        folder: &str,
        pattern: Vec<Piece>,
        precedence: Precedence,
        spdx: &str,
    ) -> bool {
        let is_wild = pattern.iter().any(|piece| !piece.is_exact());
        let bytes = if is_wild { pattern.len() } else { 0 };
        if self.statements.len() >= MOST
            || bytes > LONGEST_PATTERN
            || self.wild_bytes + bytes > ALL_PATTERNS
        {
            return false;
        }
        self.wild_bytes += bytes;
        self.statements.push(Statement {
            folder: folder.to_owned(),
            pattern,
            precedence,
            spdx: spdx.to_owned(),
        });
        true
    }

    fn tell_left_out(&mut self, path: &str, count: usize) {
        if count > 0 {
            let what = format!("{count} patterns were left out: too many or too long");
            self.problems.push(Problem::new(path, what));
        }
    }
}

/// Gives the texts of a value that is one text or a list of them.
fn texts(value: Option<&toml::Value>) -> impl Iterator<Item = &str> {
    let single = value.and_then(toml::Value::as_str);
    let several = value.and_then(toml::Value::as_array);
    single.into_iter().chain(
        several
            .into_iter()
            .flatten()
            .filter_map(toml::Value::as_str),
    )
}

/// Gives the value of a field of a Debian control paragraph, with its continuation lines.
fn field(paragraph: &str, name: &str) -> Option<String> {
    let mut lines = paragraph.lines();
    let first = lines.find_map(|line| line.strip_prefix(name))?;
    let mut value = first.trim().to_owned();
    for line in lines.take_while(|line| line.starts_with([' ', '\t'])) {
        value.push('\n');
        value.push_str(line.trim());
    }
    Some(value)
}

/// Reads a pattern; in `dep5` a star also stands for slashes, and `?` for one character.
fn pieces(pattern: &str, dep5: bool) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        let piece = match character {
            '\\' => Piece::Exact(characters.next().unwrap_or('\\')),
            '*' if dep5 => Piece::Any,
            '*' if characters.peek() == Some(&'*') => {
                characters.next();
                Piece::Any
            }
            '*' => Piece::InFolder,
            '?' if dep5 => Piece::One,
            other => Piece::Exact(other),
        };
        let repeats =
            matches!(piece, Piece::Any | Piece::InFolder) && pieces.last() == Some(&piece);
        if !repeats {
            pieces.push(piece);
        }
    }
    pieces
}

impl Statement {
    fn is_about(&self, path: &str) -> bool {
        let inside = if self.folder.is_empty() {
            Some(path)
        } else {
            path.strip_prefix(&self.folder)
                .and_then(|rest| rest.strip_prefix('/'))
        };
        inside.is_some_and(|path| fits(&self.pattern, path))
    }
}

/// Matches by the set of places that the pattern can have reached: (length of pattern) × (length of path) steps at most, and few where the
/// beginning or the end tells already.
fn fits(pattern: &[Piece], path: &str) -> bool {
    let is_exact = |piece: &&Piece| piece.is_exact();
    let mut characters = path.chars();
    let mut first = 0;
    // Most patterns differ from most paths early, however long they are.
    while let Some(Piece::Exact(expected)) = pattern.get(first) {
        if characters.next() != Some(*expected) {
            return false;
        }
        first += 1;
    }
    let pattern = &pattern[first..];
    let same = |(piece, found): (&Piece, char)| *piece == Piece::Exact(found);
    let exact_at_the_end = pattern.iter().rev().take_while(is_exact);
    let found = path.chars().rev();
    if !exact_at_the_end.zip(found).all(same) {
        return false;
    }
    let mut reached = vec![false; pattern.len() + 1];
    let mut next = reached.clone();
    reached[0] = true;
    skip_stars(pattern, &mut reached);
    for character in characters {
        next.fill(false);
        for (place, piece) in pattern
            .iter()
            .enumerate()
            .filter(|(place, _)| reached[*place])
        {
            match piece {
                Piece::Exact(expected) => next[place + 1] |= *expected == character,
                Piece::One => next[place + 1] = true,
                Piece::Any => next[place] = true,
                Piece::InFolder => next[place] |= character != '/',
            }
        }
        skip_stars(pattern, &mut next);
        std::mem::swap(&mut reached, &mut next);
    }
    reached[pattern.len()]
}

/// A star may stand for nothing.
fn skip_stars(pattern: &[Piece], reached: &mut [bool]) {
    for (place, piece) in pattern.iter().enumerate() {
        if reached[place] && matches!(piece, Piece::Any | Piece::InFolder) {
            reached[place + 1] = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory_tree::MemoryTree;

    fn reuse(files: &[(&str, &str)]) -> Reuse {
        Reuse::read(&MemoryTree::of_texts(files.iter().copied()))
    }

    fn check(reuse: &Reuse, path: &str, header: Option<&str>, expected: Option<(&str, bool)>) {
        let found = reuse.license(path, header);
        let found = found
            .as_ref()
            .map(|(spdx, stated)| (spdx.as_str(), *stated));
        assert_eq!(found, expected, "{path} {header:?}");
    }

    #[test]
    fn annotations_hold_by_their_precedence() {
        let text = "version = 1\n[[annotations]]\npath = 'src/**'\nSPDX-License-Identifier = 'MIT'\n[[annotations]]\npath = ['src/a*.c', 'src/\\*']\nprecedence = 'override'\nSPDX-License-Identifier = ['MIT', '0BSD']\n[[annotations]]\npath = '*.md'\nprecedence = 'aggregate'\nSPDX-License-Identifier = 'CC0-1.0'\n";
        let found = reuse(&[("REUSE.toml", text)]);
        check(&found, "src/x/y.c", None, Some(("MIT", true)));
        check(&found, "src/x/y.c", Some("0BSD"), Some(("0BSD", false)));
        check(
            &found,
            "src/ab.c",
            Some("ISC"),
            Some(("MIT AND 0BSD", true)),
        );
        check(&found, "src/a/b.c", None, Some(("MIT", true)));
        check(&found, "src/*", None, Some(("MIT AND 0BSD", true)));
        check(&found, "a.md", Some("MIT"), Some(("MIT AND CC0-1.0", true)));
        check(&found, "docs/a.md", None, None);
    }

    #[test]
    fn a_nested_file_speaks_of_its_folder_and_a_file_beside_wins() {
        let text = "[[annotations]]\npath = '*'\nSPDX-License-Identifier = 'MIT'\n";
        let files = [
            ("lib/REUSE.toml", text),
            (
                "lib/logo.png.license",
                "SPDX-License-Identifier: CC-BY-4.0\n",
            ),
        ];
        let found = reuse(&files);
        check(&found, "lib/x", None, Some(("MIT", true)));
        check(&found, "libx", None, None);
        check(&found, "lib/logo.png", None, Some(("CC-BY-4.0", true)));
    }

    #[test]
    fn the_older_form_is_read() {
        let text = "Format: x\n\nFiles: docs/* *.svg\nCopyright: A\nLicense: CC0-1.0\n\nFiles: docs/?.x\nLicense: MIT\n text\n";
        let found = reuse(&[(".reuse/dep5", text)]);
        check(&found, "docs/a/b.md", None, Some(("CC0-1.0", true)));
        check(&found, "a/b.svg", None, Some(("CC0-1.0", true)));
        check(&found, "docs/a.x", None, Some(("MIT", true)));
        check(&found, "a.c", None, None);
    }

    #[test]
    fn a_file_that_does_not_parse_is_told_and_patterns_take_linear_steps() {
        assert_eq!(reuse(&[("REUSE.toml", "[[x")]).problems.len(), 1);
        assert_eq!(
            reuse(&[("REUSE.toml", "annotations = 1")]).problems.len(),
            0
        );
        let pattern = pieces(&"**a".repeat(300), false);
        assert!(!fits(&pattern, &format!("{}b", "a".repeat(4000))));
        assert!(fits(&pattern, &"a".repeat(300)));
    }

    #[test]
    fn patterns_are_bounded_and_what_is_left_out_is_told() {
        let statement = |pattern: &str| {
            format!("[[annotations]]\npath = '{pattern}'\nSPDX-License-Identifier = 'MIT'\n")
        };
        let long = statement(&"*a".repeat(LONGEST_PATTERN));
        let found = reuse(&[("REUSE.toml", &format!("{long}{}", statement("b*")))]);
        assert_eq!(found.statements.len(), 1);
        assert_eq!(
            found.problems[0].what,
            "1 patterns were left out: too many or too long"
        );
        let older = format!(
            "Files: {}\nLicense: MIT\n",
            "a*b ".repeat(ALL_PATTERNS / 3 + 1)
        );
        let found = reuse(&[(OLDER, &older)]);
        assert_eq!(found.problems.len(), 1);
        let exact = statement(&"a".repeat(LONGEST_PATTERN * 2));
        assert_eq!(reuse(&[("REUSE.toml", &exact)]).problems.len(), 0);
    }
}
