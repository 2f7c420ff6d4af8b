//! A tree of several files written as one text, so that changing the text changes names and contents of files alike.

use synthesizer_analysis::memory_tree::MemoryTree;
use synthesizer_model::tree::Origin;

/// Begins the line that names the file below it.
const HEAD: &[u8] = b"=== ";

/// Makes a tree from a text: each line `=== PATH` begins a file. What stands before the first such line is `README.md`. Names that are
/// refused become problems of the tree.
pub(crate) fn tree(text: &[u8]) -> MemoryTree {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if let Some(path) = line.strip_prefix(HEAD) {
            let path = String::from_utf8_lossy(path);
            files.push((path.trim_end_matches(['\r', '\n']).to_owned(), Vec::new()));
            continue;
        }
        match files.last_mut() {
            Some((_, contents)) => contents.extend_from_slice(line),
            None => files.push(("README.md".to_owned(), line.to_vec())),
        }
    }
    let origin = Origin {
        slug: "fuzz".to_owned(),
        url: "fuzz".to_owned(),
        revision: "tree:fuzz".to_owned(),
        version: None,
        platform: "local".to_owned(),
    };
    MemoryTree::new(origin, files)
}

#[test]
fn heads_name_the_files_below_them() {
    use synthesizer_model::tree::SourceTree as _;
    let tree = tree(b"a\n=== b/c.py\nx = 1\n=== ../d\n=== e");
    let paths: Vec<&str> = tree
        .entries()
        .iter()
        .map(|entry| entry.path.as_str())
        .collect();
    assert_eq!(paths, ["README.md", "b/c.py", "e"]);
    assert_eq!(tree.problems().len(), 1);
}
