//! The Python files of one tree, read and parsed in parallel. Keeps bytes only of Python files.

use std::collections::BTreeMap;

use bytes::Bytes;
use rayon::prelude::*;
use synthesizer_model::{
    failure::Failure,
    finding::Problem,
    progress::Progress,
    python::PythonFile,
    tree::{SourceTree, TreePath},
};

use crate::{languages::python, licenses, module_graph::ModuleGraph};

/// One Python file of a tree.
#[derive(Debug, Clone)]
pub struct ParsedFile {
    /// The contents as they are in the source.
    pub bytes: Bytes,
    /// The git blob id.
    pub blob: String,
    /// The facts; `None` when the file is not UTF-8.
    pub facts: Option<PythonFile>,
    /// The SPDX expression of the file's own header.
    pub spdx_header: Option<String>,
}

/// The Python part of one tree.
#[derive(Debug, Default)]
pub struct PythonSource {
    /// The modules by name.
    pub graph: ModuleGraph,
    /// The parsed files by path.
    pub files: BTreeMap<TreePath, ParsedFile>,
    /// What could not be read or parsed.
    pub problems: Vec<Problem>,
}

impl PythonSource {
    /// Reads and parses every module of the tree.
    ///
    /// # Errors
    /// `E_CANCELLED` when the work was cancelled. A file that cannot be read is a problem, not an error.
    pub fn read(
        tree: &dyn SourceTree,
        project: Option<&str>,
        progress: &dyn Progress,
    ) -> Result<Self, Failure> {
        let graph = ModuleGraph::of(tree, project);
        let results: Vec<(TreePath, Result<ParsedFile, Problem>)> = graph
            .nodes()
            .par_iter()
            .filter(|_| !progress.is_cancelled())
            .map(|node| (node.path.clone(), parse_file(tree, &node.path)))
            .collect();
        if progress.is_cancelled() {
            return Err(Failure::cancelled());
        }
        let mut source = Self {
            graph,
            ..Self::default()
        };
        for (path, result) in results {
            match result {
                Ok(file) => {
                    source.note_syntax_errors(&path, &file);
                    source.files.insert(path, file);
                }
                Err(problem) => source.problems.push(problem),
            }
        }
        Ok(source)
    }

    fn note_syntax_errors(&mut self, path: &TreePath, file: &ParsedFile) {
        match &file.facts {
            None => self
                .problems
                .push(Problem::new(path.as_str(), "the file is not UTF-8 text")),
            Some(facts) => {
                if let Some((line, what)) = facts.syntax_errors.first() {
                    self.problems
                        .push(Problem::new(path.as_str(), format!("line {line}: {what}")));
                }
            }
        }
    }

    /// Finds the module above a module without a file whose code makes it: one that is no package, or that writes to `sys.modules`.
    pub fn maker_of(&self, module: &str) -> Option<usize> {
        let above = module.rmatch_indices('.').map(|(dot, _)| &module[..dot]);
        let index = above.into_iter().find_map(|name| self.graph.index(name))?;
        let node = self.graph.node(index);
        let mentions = || {
            self.facts(index)
                .is_some_and(|facts| facts.mentions.sys_modules)
        };
        let makes = !node.is_package || mentions();
        makes.then_some(index)
    }

    /// Gives the facts of a module by its index in the graph.
    pub fn facts(&self, index: usize) -> Option<&PythonFile> {
        self.files.get(&self.graph.node(index).path)?.facts.as_ref()
    }
}

fn parse_file(tree: &dyn SourceTree, path: &TreePath) -> Result<ParsedFile, Problem> {
    let blob = tree
        .read(path)
        .map_err(|failure| Problem::new(path.as_str(), failure.message))?;
    let text = std::str::from_utf8(&blob.bytes).ok();
    Ok(ParsedFile {
        facts: text.map(python::parse),
        spdx_header: text.and_then(licenses::spdx_header),
        bytes: blob.bytes,
        blob: blob.id,
    })
}
