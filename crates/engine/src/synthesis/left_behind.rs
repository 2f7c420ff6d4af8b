//! Reads what sources have at their top for the whole of themselves: ignore rules, manifests, workflows, settings of tools. What of it comes
//! into the project, and what stays behind, is decided where it is merged.

use synthesizer_model::tree::{SourceTree, TreeEntry};
use synthesizer_synthesis::merging::{self, Kind, LARGEST, SharedText};

use super::sources::{Opened, unique_ids};

/// The most files of one kind of one source that are looked at.
const MOST_FILES: usize = 100;
/// What is read; what tests need of their runner a family reads itself, with the tests.
const KINDS: &[Kind] = &[
    Kind::Pyproject,
    Kind::Gitignore,
    Kind::CargoManifest,
    Kind::PackageJson,
    Kind::Workflow,
    Kind::ToolConfiguration,
];

/// Reads the texts of each source, in the order of the sources; what cannot be read is left out, for it is not taken either.
pub(crate) fn texts(opened: &[Opened]) -> Vec<SharedText> {
    let ids = unique_ids(opened);
    opened
        .iter()
        .zip(&ids)
        .flat_map(|(source, id)| {
            let whole = source.wanted.components.is_empty();
            of_source(source.tree.as_ref(), id, whole)
        })
        .collect()
}

fn of_source(tree: &dyn SourceTree, id: &str, whole: bool) -> Vec<SharedText> {
    let of_kind = |kind: &Kind| {
        let kind = *kind;
        tree.entries()
            .iter()
            .filter(move |entry| {
                entry.is_file() && merging::kind_of(entry.path.as_str()) == Some(kind)
            })
            .take(MOST_FILES)
            .filter_map(move |entry| {
                Some(SharedText {
                    source: id.to_owned(),
                    path: entry.path.to_string(),
                    text: text(tree, entry)?,
                    whole,
                })
            })
    };
    KINDS.iter().flat_map(of_kind).collect()
}

fn text(tree: &dyn SourceTree, entry: &TreeEntry) -> Option<String> {
    if entry.size.is_some_and(|size| size > LARGEST as u64) {
        return None;
    }
    let blob = tree.read(&entry.path).ok()?;
    String::from_utf8(blob.bytes.to_vec())
        .ok()
        .filter(|text| text.len() <= LARGEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use synthesizer_analysis::memory_tree::MemoryTree;

    fn check(files: &[(&str, &[u8])], expected: &[&str]) {
        let files = files
            .iter()
            .map(|(path, contents)| ((*path).to_owned(), contents.to_vec()));
        let tree = MemoryTree::of_files(files);
        let read = of_source(&tree, "x", true);
        let paths: Vec<&str> = read.iter().map(|text| text.path.as_str()).collect();
        assert_eq!(paths, expected);
        assert!(read.iter().all(|text| text.source == "x" && text.whole));
    }

    #[test]
    fn only_texts_at_the_top_are_read() {
        check(
            &[
                (".gitignore", b"a"),
                ("below/.gitignore", b"b"),
                ("Cargo.toml", b""),
                ("below/Cargo.toml", b""),
                ("package.json", b"{}"),
                (".github/workflows/check.yml", b"on: push"),
                (".github/workflows/deep/check.yml", b""),
                ("src/tsconfig.json", b"{}"),
                ("tsconfig.json", b"{}"),
                ("README.md", b""),
                ("pyproject.toml", b""),
            ],
            &[
                "pyproject.toml",
                ".gitignore",
                "Cargo.toml",
                "package.json",
                ".github/workflows/check.yml",
                "tsconfig.json",
            ],
        );
    }

    #[test]
    fn what_is_no_text_or_too_large_is_left_out() {
        let large = vec![b'a'; LARGEST + 1];
        check(
            &[
                (".gitignore", b"\xff\xfe"),
                ("package.json", &large),
                ("tsconfig.json", b""),
            ],
            &["tsconfig.json"],
        );
        let many: Vec<(String, &[u8])> = (0..MOST_FILES + 5)
            .map(|number| (format!(".github/workflows/{number:03}.yml"), &b"a"[..]))
            .collect();
        let many: Vec<(&str, &[u8])> = many
            .iter()
            .map(|(path, text)| (path.as_str(), *text))
            .collect();
        let tree = MemoryTree::of_files(
            many.iter()
                .map(|(path, text)| ((*path).to_owned(), text.to_vec())),
        );
        assert_eq!(of_source(&tree, "x", false).len(), MOST_FILES);
    }
}
