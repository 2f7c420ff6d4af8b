//! The tests of a source that come along with a closure, and what they need to run. Decides what is taken; where it goes and how it
//! changes is decided elsewhere.
//!
//! - `layout`: where tests lie and where their imports lead
//! - `taken`: which modules the closure has
//! - `reading`: what one file needs
//! - `views`: names of packages whose own file is not taken
//! - `data`: files and folders that tests name
//! - `requirements`: what files beside the manifests ask for to test
//! - `plugins`: plugins of the test runner that tests use
//! - `choosing`: which files come along
//!
//! The rules are in `docs/design/017-python-tests-and-rewriting.md`.

mod choosing;
mod data;
mod layout;
mod plugins;
mod reading;
mod requirements;
mod taken;
#[cfg(test)]
mod tests;
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
    let is_test = |path: &TreePath| layout.is_test(path.as_str());
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
