//! The lines of every file of the drawn trees, as `analyze --detail full` lists them, beside a walk of `tokei`, which is asked to leave out
//! nothing: neither hidden files nor those that a `.gitignore` names.

#![expect(clippy::print_stderr, reason = "prints the figures")]

use std::collections::BTreeMap;

use synthesizer_analysis::{
    lines,
    memory_tree::MemoryTree,
    reading::Bounds,
    repository::{self, Options},
};
use synthesizer_model::{
    facts_store::Forgetful,
    progress::Unwatched,
    source_file::{LanguageLines, LineCounts},
};
use synthesizer_testkit::real_trees::{self, RealTree};
use tokei::{CodeStats, Config, LanguageType, Languages};

/// As many trees of each ecosystem must be compared.
const FEWEST_TREES: usize = 6;

/// The language and the lines of one file: all of them together, then by language, those inside of it sorted by name.
#[derive(Debug, PartialEq, Eq)]
struct Lines {
    language: String,
    together: LineCounts,
    by_language: Vec<LanguageLines>,
}

type Files = BTreeMap<String, Lines>;

fn counts(statistics: &CodeStats) -> LineCounts {
    let number = |lines: usize| u32::try_from(lines).expect("a bounded file");
    LineCounts {
        code: number(statistics.code),
        comments: number(statistics.comments),
        blanks: number(statistics.blanks),
    }
}

fn add_inside(statistics: &CodeStats, inside: &mut BTreeMap<&'static str, LineCounts>) {
    for (language, statistics) in &statistics.blobs {
        let lines = inside.entry(language.name()).or_default();
        lines.add(counts(statistics));
        add_inside(statistics, inside);
    }
}

fn by_language(language: LanguageType, statistics: &CodeStats) -> Vec<LanguageLines> {
    let named = |name: &str, lines| LanguageLines {
        language: name.to_owned(),
        lines,
    };
    let mut inside = BTreeMap::new();
    add_inside(statistics, &mut inside);
    inside.retain(|_, lines| lines.total() > 0);
    let outside = named(language.name(), counts(statistics));
    let inside = inside.into_iter().map(|(name, lines)| named(name, lines));
    std::iter::once(outside).chain(inside).collect()
}

fn walk(tree: &RealTree) -> Files {
    let everything = Config {
        hidden: Some(true),
        no_ignore: Some(true),
        ..Config::default()
    };
    let mut languages = Languages::new();
    languages.get_statistics(&[&tree.folder], &[], &everything);
    let mut files = Files::new();
    for (language, reports) in &languages {
        assert!(!reports.inaccurate, "tokei could not read all of it");
        for report in &reports.reports {
            let path = report.name.strip_prefix(&tree.folder);
            let path = path.expect("below the folder").to_str().expect("UTF-8");
            let lines = Lines {
                language: language.name().to_owned(),
                together: counts(&report.stats.summarise()),
                by_language: by_language(*language, &report.stats),
            };
            files.insert(path.to_owned(), lines);
        }
    }
    files
}

fn analyze(tree: &RealTree) -> Files {
    let texts: BTreeMap<String, Vec<u8>> = real_trees::files(&tree.folder).into_iter().collect();
    let contents = MemoryTree::of_files(texts.clone());
    let options = Options {
        full: true,
        ..Options::default()
    };
    let bounds = Bounds::default();
    let analysis = repository::analyze(&contents, &options, &Forgetful, bounds, &Unwatched);
    let listed = analysis.expect("not cancelled").files.into_iter();
    listed
        .map(|file| {
            let lines = Lines {
                by_language: lines::count(&file.language, &texts[&file.path]),
                language: file.language,
                together: LineCounts {
                    code: file.code,
                    comments: file.comments,
                    blanks: file.blanks,
                },
            };
            (file.path, lines)
        })
        .collect()
}

fn compare(tree: &RealTree) {
    let what = format!("{} {}", tree.drawn.name, tree.drawn.version);
    let expected = walk(tree);
    let found = analyze(tree);
    let paths = expected.keys().chain(found.keys());
    let differing = paths.filter(|path| expected.get(*path) != found.get(*path));
    let differing: Vec<String> = differing
        .map(|path| {
            let [ours, theirs] = [found.get(path), expected.get(path)];
            format!("{path}: {ours:?}, by tokei {theirs:?}")
        })
        .collect();
    assert!(differing.is_empty(), "{what}: {}", differing.join("\n"));
    let total: u32 = expected.values().map(|lines| lines.together.total()).sum();
    eprintln!("{what}: {} files, {total} lines, all equal", expected.len());
}

fn compare_all(ecosystem: &str) {
    let trees = real_trees::fetch_all(ecosystem);
    assert!(trees.len() >= FEWEST_TREES);
    for tree in &trees {
        compare(tree);
    }
}

#[test]
fn python_trees_have_the_lines_that_tokei_finds() {
    compare_all("pypi");
}

#[test]
fn npm_trees_have_the_lines_that_tokei_finds() {
    compare_all("npm");
}

#[test]
fn crates_have_the_lines_that_tokei_finds() {
    compare_all("crates");
}
