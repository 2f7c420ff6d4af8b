//! The whole analysis of trees that are made to hurt: each comes back in bounded time, says what it left out, and stops when it is told to.
//! Trees are in memory; what a file system or a git server can do is tried with the program itself, in the tests of the app.

#![expect(clippy::print_stderr, reason = "each case tells its figures")]

mod cancellation;
mod declared;
mod generated;
mod patterns;
mod texts;

use std::time::{Duration, Instant};

use cancellation::Asked;
use synthesizer_analysis::{
    memory_tree::MemoryTree,
    reading::Bounds,
    repository::{self, Options},
};
use synthesizer_model::{analysis::RepositoryAnalysis, facts_store::Forgetful, tree::Origin};

/// Far more than any of these trees takes in a build without optimisation on a busy machine, far less than anything quadratic.
const LONG: Duration = Duration::from_secs(120);

/// A file of a tree.
type File = (String, Vec<u8>);

fn file(path: impl Into<String>, contents: impl Into<Vec<u8>>) -> File {
    (path.into(), contents.into())
}

fn tree(files: Vec<File>) -> MemoryTree {
    let origin = Origin {
        slug: "hostile".to_owned(),
        url: "hostile".to_owned(),
        revision: "tree:hostile".to_owned(),
        version: None,
        platform: "local".to_owned(),
    };
    MemoryTree::new(origin, files)
}

fn options() -> Options {
    Options {
        components: true,
        symbols: true,
        full: true,
        ..Options::default()
    }
}

/// Analyses a tree; checks that it takes bounded time and that a file beside the hostile ones is still read.
fn analyze(case: &str, mut files: Vec<File>) -> RepositoryAnalysis {
    files.push(file(
        "honest/module.py",
        "import os\n\n\ndef honest():\n    return 1\n",
    ));
    let tree = tree(files);
    let began = Instant::now();
    let asked = Asked::new(usize::MAX);
    let analysis = repository::analyze(&tree, &options(), &Forgetful, Bounds::default(), &asked)
        .unwrap_or_else(|failure| panic!("{case}: {failure}"));
    let took = began.elapsed();
    eprintln!(
        "{case}: {took:.1?}; longest without a question: {:.1?}",
        asked.longest()[0]
    );
    assert!(took < LONG, "{case}: {took:?}");
    let honest = analysis
        .files
        .iter()
        .find(|file| file.path == "honest/module.py");
    assert_eq!(
        honest.map(|file| file.public_symbols),
        Some(Some(1)),
        "{case}"
    );
    analysis
}

/// Checks that a problem of a path says something; the empty path stands for any.
fn assert_told(case: &str, analysis: &RepositoryAnalysis, path: &str, words: &str) {
    let is_told = analysis
        .problems
        .iter()
        .any(|problem| problem.path.contains(path) && problem.what.contains(words));
    assert!(is_told, "{case}: {path}: {words}: {:#?}", analysis.problems);
}
