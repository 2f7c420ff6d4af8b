//! The tests of a source that come along with a closure, and what they need to run. Decides what is taken; where it goes and how it
//! changes is decided elsewhere.
//!
//! - `layout`: where tests lie and where their imports lead
//! - `taken`: which modules the closure has
//! - `reading`: what one file needs
//! - `views`: names of packages whose own file is not taken
//! - `data`: files and folders that tests name
//! - `file_uses`: data that they look for from the place of a taken module
//! - `requirements`: what files beside the manifests ask for to test
//! - `plugins`: plugins of the test runner that tests use
//! - `cutting`, `unit_rules`, `removal`: the part of one file that stands without what the project lacks
//! - `parts`: what follows from that for the files that use it
//! - `choosing`, `telling`: which files come along, and what is told of the others
//!
//! The rules are in `docs/design/017-python-tests-and-rewriting.md`.

mod choosing;
mod cutting;
#[cfg(test)]
mod cutting_tests;
mod data;
mod file_uses;
mod layout;
mod parts;
mod plugins;
mod reading;
mod removal;
mod requirements;
mod taken;
mod telling;
#[cfg(test)]
mod tests;
mod unit_rules;
mod views;

use std::collections::BTreeMap;

use synthesizer_model::{
    component::{ExternalImport, Reason},
    dependency::Dependency,
    finding::Finding,
    tree::{SourceTree, TreePath},
};

use crate::{
    closure::Selection,
    python_source::{ParsedFile, PythonSource},
};

pub use file_uses::FileUse;
use layout::Layout;
pub use views::{View, ViewedName};

/// What comes along of a source's tests.
#[derive(Debug, Clone, Default)]
pub struct UpstreamTests {
    /// The files, sorted by path.
    pub files: Vec<UpstreamTestFile>,
    /// What they import from elsewhere; nothing that the closure's source has.
    pub external: Vec<ExternalImport>,
    /// Everything that the source asks for, for any purpose: its manifests first, then what lies beside them.
    pub declared: Vec<Dependency>,
    /// Normalised names of declared plugins of the test runner that they use.
    pub plugins: Vec<String>,
    /// Packages whose own file is not taken, with the names of taken modules that the tests use of them, or could.
    pub views: BTreeMap<String, View>,
    /// What does not come along, and what will not work of what does.
    pub findings: Vec<Finding>,
}

/// One file that comes along.
#[derive(Debug, Clone)]
pub struct UpstreamTestFile {
    /// Where it is in the source.
    pub path: TreePath,
    /// Its path below the folder that stands for the source's import root.
    pub import_path: String,
    /// Its dotted name in the source; `None` for data.
    pub module: Option<String>,
    /// Why it comes along.
    pub reason: Reason,
    /// The file as it was parsed; `None` for data and for a file of which only an empty one comes along.
    pub parsed: Option<ParsedFile>,
    /// Modules beside the tests as the file names them, each with the path of its file or folder below the import root.
    pub names: BTreeMap<String, String>,
    /// Those of [`UpstreamTests::views`] that it uses.
    pub views: Vec<String>,
    /// Whether only a part of it comes along: what needs something that the project does not have was left out of `parsed`.
    pub is_cut: bool,
    /// Where it looks for data from the place of a taken module.
    pub file_uses: Vec<FileUse>,
}

/// Finds the tests that import modules of a closure, and what they need.
///
/// `declared` is everything that the source's manifests ask for, groups for development included.
pub fn find(
    tree: &dyn SourceTree,
    source: &PythonSource,
    closure: &synthesizer_model::component::Closure,
    declared: &[Dependency],
) -> UpstreamTests {
    choosing::choose(tree, source, closure, declared)
}

/// Leaves out of a package that is taken as a whole what is for testing it: that comes along as tests do, or not at all.
///
/// What is asked for by its own name or lies in a folder for tests that is asked for stays.
pub fn without_tests(
    tree: &dyn SourceTree,
    source: &PythonSource,
    selection: &Selection,
) -> Selection {
    if !selection.whole {
        return selection.clone();
    }
    let layout = Layout::new(tree, &source.graph);
    // What measures a package is not for using it, either.
    let is_test = |path: &TreePath| {
        let mut folders = path.parent().split('/');
        layout.is_test(path.as_str()) || folders.any(|name| name == "benchmarks")
    };
    let mut kept = selection.clone();
    kept.modules.retain(|module| {
        let index = source.graph.index(module);
        index.is_none_or(|index| !is_test(&source.graph.node(index).path))
    });
    kept.data.retain(|path| !is_test(path));
    if kept.modules.is_empty() && kept.data.is_empty() {
        return selection.clone();
    }
    kept
}
