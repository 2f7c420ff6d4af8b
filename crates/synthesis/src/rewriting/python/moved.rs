//! A Python source's file on its way into the new project.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_model::{component::ClosureFile, python::PythonFile};

use super::NewNames;
use crate::{
    families::python::input::SourceInput,
    rewriting::{Rewritten, Transform},
    source::SourceFile,
};

/// A file on its way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MovedFile<'a> {
    /// Its source.
    pub(crate) source: &'a SourceInput,
    /// The new names of the source's modules.
    pub(crate) names: &'a NewNames<'a>,
    /// Its place in the source.
    pub(crate) file: &'a ClosureFile,
    /// Its contents.
    pub(crate) contents: &'a SourceFile,
    /// Its facts; `None` when it is not Python or not UTF-8.
    pub(crate) facts: Option<&'a PythonFile>,
    /// The new project's package.
    pub(crate) package: &'a str,
    /// Where the modules beside it are, when it is for testing.
    pub(crate) tests: Option<&'a TestNames>,
}

/// The new names of what lies beside the tests of a source, as one file of them names it.
#[derive(Debug, Default)]
pub(crate) struct TestNames {
    /// New dotted names by those that the file has.
    pub(crate) modules: BTreeMap<String, String>,
    /// Packages that stand in for those whose own file is not placed, by the names of those.
    pub(crate) views: BTreeMap<String, String>,
    /// Whether a part of the file was left out already.
    pub(crate) is_cut: bool,
    /// Where it looks for data above a taken module: from where to where `module.__file__` is, with the module's path below its import root.
    pub(crate) above: BTreeMap<usize, (usize, String)>,
}

/// Rewrites a module or stub; leaves any other file byte for byte.
pub(crate) fn rewrite(moved: &MovedFile<'_>) -> Rewritten {
    let name = moved.file.path.file_name();
    if [".py", ".pyi"].iter().any(|ending| name.ends_with(ending)) {
        super::rewriting::rewrite(moved)
    } else {
        untouched(moved)
    }
}

/// Gives a file as it is.
pub(super) fn untouched(moved: &MovedFile<'_>) -> Rewritten {
    Rewritten {
        contents: moved.contents.bytes.clone(),
        transforms: BTreeSet::from([Transform::Moved]),
        findings: Vec::new(),
    }
}
