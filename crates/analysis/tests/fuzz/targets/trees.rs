//! The whole analysis of small trees, with licenses of all forms and resolvers of all languages, and facts that were kept and came back
//! damaged.

use std::collections::HashMap;

use bytes::Bytes;
use synthesizer_analysis::{
    memory_tree::MemoryTree,
    reading::{Bounds, kept},
    repository::{self, Options},
};
use synthesizer_model::{
    analysis::RepositoryAnalysis,
    facts_store::{FactsKey, FactsStore, Forgetful, KeptFacts},
    failure::Failure,
    finding::Problem,
    progress::Unwatched,
    tree::{Blob, Origin, SourceTree, TreeEntry, TreePath, blob_id},
};

use crate::{
    bundle,
    random::Random,
    seeds::Input,
    session::{self, Care, Target},
    shape::{self, Shape},
};

#[test]
fn whole_trees() {
    session::run(&Target {
        name: "trees",
        inputs: 100,
        words: &[
            "\n=== LICENSE\n",
            "\n=== COPYING\n",
            "\n=== REUSE.toml\n",
            "\n=== .reuse/dep5\n",
            "\n=== a.py.license\n",
            "\n=== .gitattributes\n",
            "\n=== tsconfig.json\n",
            "\n=== package.json\n",
            "\n=== a/__init__.py\n",
            "\n=== a/b.py\n",
            "\n=== src/lib.rs\n",
            "\n=== src/a/mod.rs\n",
            "\n=== src/index.ts\n",
            "\n=== a.h\n",
            "\n=== a.c\n",
            "\n=== a/B.java\n",
            "\n=== a/b.go\n",
            "\n=== go.mod\n",
            "\n=== Cargo.toml\n",
            "\n=== README.md\n",
            "\n=== .github/workflows/a.yml\n",
            "\n=== tests/test_a.py\n",
            "[[annotations]]\npath = \"**\"\n",
            "precedence = \"override\"\n",
            "SPDX-License-Identifier = \"MIT\"\n",
            "Files: *\nLicense: MIT\n\n",
            "\"paths\": {\"@/*\": [\"./*\"]}",
            "\"extends\": \"./tsconfig.json\"",
            "\"exports\": {\"./*\": \"./src/*.ts\"}",
            "\"imports\": {\"#a\": \"./a\"}",
            "import a.b\n",
            "from .. import a\n",
            "from .b import *\n",
            "import './a'\n",
            "export * from './index'\n",
            "mod a;\n",
            "use crate::a::*;\n",
            "use super::super::x;\n",
            "#include \"a.h\"\n",
            "import a.B;\n",
            "import \"a/b\"\n",
            "importlib.import_module(f'a.{x}')\n",
            "* linguist-vendored\n",
            "Permission is hereby granted, free of charge",
            "../",
            "SKIP",
        ],
        check,
    });
}

fn check(input: &Input, care: Care) -> Shape {
    let tree = bundle::tree(&input.bytes);
    let analysis = analyze(&tree, &Forgetful);
    check_answer(&tree, &analysis);
    let value = serde_json::to_value(&analysis).expect("an answer is JSON");
    if care == Care::Thorough {
        let again = serde_json::to_value(analyze(&tree, &Forgetful)).expect("an answer is JSON");
        assert!(value == again, "the same tree gave another answer");
        check_kept(tree, &analysis);
    }
    let digest = input.bytes.iter().fold(0, |sum: u64, byte| {
        sum.wrapping_mul(31).wrapping_add((*byte).into())
    });
    check_damaged(&mut Random::new(digest), &input.bytes);
    shape::of(&value)
}

fn analyze(tree: &dyn SourceTree, store: &dyn FactsStore) -> RepositoryAnalysis {
    let options = Options {
        components: true,
        symbols: true,
        full: true,
        ..Options::default()
    };
    repository::analyze(tree, &options, store, Bounds::default(), &Unwatched)
        .expect("nobody cancels")
}

fn check_answer(tree: &MemoryTree, analysis: &RepositoryAnalysis) {
    let has = |path: &str| TreePath::new(path).is_ok_and(|path| tree.read(&path).is_ok());
    assert!(
        analysis.files_analyzed <= tree.entries().len(),
        "more files than there are"
    );
    let (mut files, mut lines) = (0, 0);
    for counts in analysis.structure.roles.values() {
        files += counts.files;
        lines += counts.code + counts.comments + counts.blanks;
    }
    assert_eq!(files, analysis.files.len(), "files by role");
    let listed: u64 = analysis
        .files
        .iter()
        .map(|file| u64::from(file.code) + u64::from(file.comments) + u64::from(file.blanks))
        .sum();
    assert_eq!(lines, listed, "lines by role");
    for edge in &analysis.imports.edges {
        assert!(
            has(&edge.from) && has(&edge.to),
            "an edge to no file: {edge:?}"
        );
    }
    for component in &analysis.components {
        assert!(
            component.files.iter().all(|file| has(file)),
            "files of {}",
            component.id
        );
        assert!(
            component.files.len() <= component.file_count,
            "files of {}",
            component.id
        );
    }
    let shares = analysis
        .languages
        .values()
        .chain(&analysis.quality_score.overall);
    for share in shares.chain(analysis.quality_score.parts.values()) {
        assert!((0.0..=100.0).contains(share), "{share} percent");
    }
}

/// Facts that were kept give the same answer as the files, and any other bytes in their place do no harm.
fn check_kept(tree: MemoryTree, analysis: &RepositoryAnalysis) {
    let tree = Identified(tree);
    let store = Keeping::default();
    analyze(&tree, &store);
    let kept = store.0.into_inner().expect("no thread panics");
    let store = Keeping(std::sync::Mutex::new(kept.clone()));
    let again = analyze(&tree, &store);
    assert_eq!(
        serde_json::to_value(analysis).expect("an answer is JSON"),
        serde_json::to_value(again).expect("an answer is JSON"),
        "kept facts gave another answer"
    );
    let cut = |bytes: &Bytes| bytes.slice(..bytes.len() / 2);
    let exchanged = kept.values().skip(1).chain(kept.values().take(1)).map(cut);
    let damaged = kept.keys().copied().zip(exchanged).collect();
    analyze(&tree, &Keeping(std::sync::Mutex::new(damaged)));
}

/// Bytes that are no facts, or other facts, are refused or read back as what they say.
fn check_damaged(random: &mut Random, bytes: &[u8]) {
    let _ = kept::decode(bytes);
    let facts = synthesizer_analysis::reading::blob::facts(bytes, Some("Python"), "py", 1 << 20);
    let mut encoded = kept::encode(&facts).expect("facts can be encoded").to_vec();
    for _ in 0..random.size(4) {
        let place = random.below(encoded.len());
        encoded[place] = random.byte();
    }
    if let Some(other) = kept::decode(&encoded) {
        let again = kept::encode(&other).and_then(|bytes| kept::decode(&bytes));
        assert!(again == Some(other), "damaged facts are not what they say");
    }
}

/// A tree that knows the ids of its files, so that kept facts are asked for.
struct Identified(MemoryTree);

impl SourceTree for Identified {
    fn origin(&self) -> &Origin {
        self.0.origin()
    }

    fn entries(&self) -> &[TreeEntry] {
        self.0.entries()
    }

    fn problems(&self) -> &[Problem] {
        self.0.problems()
    }

    fn blob_id(&self, path: &TreePath) -> Option<String> {
        Some(blob_id(&self.0.read(path).ok()?.bytes))
    }

    fn read(&self, path: &TreePath) -> Result<Blob, Failure> {
        self.0.read(path)
    }
}

/// Keeps facts in memory.
#[derive(Default)]
struct Keeping(std::sync::Mutex<HashMap<FactsKey, Bytes>>);

impl FactsStore for Keeping {
    fn of_source(&self, _source: &str) -> HashMap<FactsKey, Bytes> {
        self.0.lock().expect("no thread panics").clone()
    }

    fn load(&self, keys: &[FactsKey]) -> Vec<Option<Bytes>> {
        vec![None; keys.len()]
    }

    fn save(&self, _source: &str, facts: Vec<KeptFacts>) {
        let kept = facts.into_iter().map(|facts| (facts.key, facts.bytes));
        *self.0.lock().expect("no thread panics") = kept.collect();
    }
}
