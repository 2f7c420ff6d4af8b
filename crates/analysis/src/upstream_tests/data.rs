//! Which data the tests of a source read: files and folders beside them that they name. Never takes a module of the source.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_model::{python::PythonFile, tree::TreePath};

use super::layout::{Layout, is_collected, is_conftest, join, parent};

/// The most data files of one folder that is named.
const MOST_IN_FOLDER: usize = 5_000;

/// Data that tests name, with the file and line that names each.
#[derive(Debug, Default)]
pub(super) struct TestData {
    /// The files.
    pub(super) files: BTreeMap<TreePath, (String, u32)>,
    /// Folders of which something was left out because they are too large.
    pub(super) too_large: BTreeSet<String>,
    /// Folders that were looked through already.
    seen: BTreeSet<String>,
}

/// Names that a file has in quotes, each with a line; 1 where the line is not known.
fn quoted(facts: &PythonFile) -> BTreeMap<&str, u32> {
    let whole = facts.quoted_names.iter().map(|name| (name.as_str(), 1));
    let parts = facts.path_literals.iter().flat_map(|literal| {
        let parts = literal.text.split('/').filter(|part| !part.is_empty());
        parts.map(|part| (part, literal.line))
    });
    whole.chain(parts).collect()
}

impl TestData {
    /// Adds what one file names: in its own folder, in those above up to the topmost one of tests, and files at the top of the tree.
    pub(super) fn add(&mut self, layout: &Layout<'_>, path: &TreePath, facts: &PythonFile) {
        let names = quoted(facts);
        let mut folder = parent(path.as_str());
        loop {
            let is_of_tests = layout.is_test(&join(folder, "any.py"));
            for (name, line) in &names {
                if matches!(*name, "." | "..") {
                    continue;
                }
                let place = join(folder, name);
                let found = (path.to_string(), *line);
                if let Some(file) = layout.files.get(place.as_str()) {
                    let is_named_whole = name.contains('.');
                    if is_named_whole && !place.ends_with(".py") && !place.ends_with(".pyc") {
                        self.files.entry((*file).clone()).or_insert(found);
                    }
                } else if is_of_tests && !folder.is_empty() {
                    self.folder(layout, &place, &found);
                }
            }
            if folder.is_empty() || !is_of_tests {
                break;
            }
            folder = parent(folder);
        }
        self.whole_paths(layout, path, facts);
    }

    /// Files named by their path from the top of the tree, as tests do that run from there.
    fn whole_paths(&mut self, layout: &Layout<'_>, path: &TreePath, facts: &PythonFile) {
        for literal in facts
            .path_literals
            .iter()
            .filter(|literal| literal.text.contains('/'))
        {
            let text = literal.text.trim_start_matches("./").trim_end_matches('/');
            let found = (path.to_string(), literal.line);
            match layout.files.get(text) {
                Some(file) if !text.ends_with(".py") => {
                    self.files.entry((*file).clone()).or_insert(found);
                }
                Some(_) => {}
                None if layout.is_test(&join(text, "any.py")) => self.folder(layout, text, &found),
                None => {}
            }
        }
    }

    /// Adds a file or folder that is looked for from the place of a module.
    pub(super) fn add_place(&mut self, layout: &Layout<'_>, place: &str, found: (String, u32)) {
        match layout.files.get(place) {
            Some(file) if !place.ends_with(".py") => {
                self.files.entry((*file).clone()).or_insert(found);
            }
            Some(_) => {}
            None => self.folder(layout, place, &found),
        }
    }

    /// Takes everything below a folder that holds no tests of its own.
    fn folder(&mut self, layout: &Layout<'_>, folder: &str, found: &(String, u32)) {
        let prefix = format!("{folder}/");
        let below = || {
            layout
                .files
                .range(prefix.as_str()..)
                .take_while(|(path, _)| path.starts_with(&prefix))
        };
        if below().next().is_none() || !self.seen.insert(folder.to_owned()) {
            return;
        }
        let has_tests = below()
            .take(MOST_IN_FOLDER)
            .any(|(path, _)| is_collected(path) || is_conftest(path));
        if has_tests {
            return;
        }
        if below().nth(MOST_IN_FOLDER).is_some() {
            self.too_large.insert(folder.to_owned());
        }
        for (path, file) in below().take(MOST_IN_FOLDER) {
            if !path.ends_with(".pyc") {
                self.files
                    .entry((*file).clone())
                    .or_insert_with(|| found.clone());
            }
        }
    }
}
