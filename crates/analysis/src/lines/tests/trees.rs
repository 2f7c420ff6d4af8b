//! The sum over a tree equals that of `tokei`'s own walk, file by file.

use std::{collections::BTreeMap, fs, path::Path};

use synthesizer_model::source_file::{LanguageLines, LineCounts};
use tokei::{Config, Languages};

use super::{
    super::{count, language_of},
    oracle::of_statistics,
};

const FILES: &[(&str, &[u8])] = &[
    ("setup.py", b"#!/usr/bin/env python\n'''Doc.\n\n# not a comment\n'''\nx = \"#\"  # y\n"),
    ("run", b"#!/bin/sh\n\n# comment\necho 'a\n# b'\n"),
    ("Makefile", b"all:\n\techo # x\n# c\n"),
    ("src/lib.rs", b"//! Crate.\n//!\n//! ```\n//! let x = 1; // y\n//! ```\n\n/* a /* b */\n */\nfn f() {}\n"),
    ("src/latin.c", b"/* \xe9 */\nint x; /* y\n*/ int z;\n"),
    ("web/page.html", b"<!-- c -->\n<style>\n/* c */\na {}\n</style>\n<script>\n// c\nf();\n</script>\n"),
    ("web/part.vue", b"<template>\n<p/>\n</template>\n<script lang=\"ts\">\nlet x;\n</script>\n"),
    ("README.md", b"# Title\r\n\r\n```python\r\nx = 1  # y\r\n```\r\ntext\r\n"),
    ("docs/index.rst", b"Title\n=====\n\n.. comment\n"),
    ("windows.cs", b"\xff\xfea\0\n\0/\0/\0b\0\n\0"),
    ("windows.java", b"\xef\xbb\xbf// a\r\nclass A {}\r\n"),
    ("data.json", b"{\n\n}"),
    ("note.ipynb", br##"{"cells":[{"cell_type":"markdown","source":["# a\n","\n","```python\n","x\n","```\n"]},{"cell_type":"code","source":["x = 1\n","# c"]}],"metadata":{"kernelspec":{"language":"python"},"language_info":{}}}"##),
    ("picture.png", b"\x89PNG\n"),
    ("empty.go", b""),
];

#[test]
fn a_tree_has_the_lines_that_tokei_finds_in_it() {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in FILES {
        let file = folder.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    let mut languages = Languages::new();
    languages.get_statistics(&[folder.path()], &[], &Config::default());

    let mut expected_files = BTreeMap::new();
    let mut expected_rows = BTreeMap::new();
    for (language, files) in &languages {
        let row = LineCounts {
            code: u32::try_from(files.code).unwrap(),
            comments: u32::try_from(files.comments).unwrap(),
            blanks: u32::try_from(files.blanks).unwrap(),
        };
        expected_rows.insert(language.name().to_owned(), row);
        for report in &files.reports {
            let path = report.name.strip_prefix(folder.path()).unwrap();
            let path = path.to_str().unwrap().to_owned();
            expected_files.insert(path, of_statistics(*language, &report.stats));
        }
    }

    let counted = count_files(folder.path());
    assert_eq!(counted, expected_files);
    let mut rows: BTreeMap<String, LineCounts> = BTreeMap::new();
    for lines in counted.values() {
        rows.entry(lines[0].language.clone())
            .or_default()
            .add(lines[0].lines);
    }
    assert_eq!(rows, expected_rows);
}

fn count_files(folder: &Path) -> BTreeMap<String, Vec<LanguageLines>> {
    let mut counted = BTreeMap::new();
    for (path, _) in FILES {
        let text = fs::read(folder.join(path)).unwrap();
        if let Some(language) = language_of(path, &text) {
            counted.insert((*path).to_owned(), count(language, &text));
        }
    }
    counted
}
