//! Checks by a project's text alone: every file parses, every import that runs at once leads somewhere.

use std::collections::BTreeMap;

use synthesizer_analysis::ecmascript_closure::{EcmaScriptSource, PlacedProject, placed_project};
use synthesizer_model::{failure::Failure, progress::Progress, verification::Check};

use crate::verification::{failed, list, memory_tree, passed};

/// The JavaScript parts of a project.
pub(super) struct NpmText {
    pub(super) project: PlacedProject,
}

impl NpmText {
    /// Reads a project from its files.
    ///
    /// # Errors
    /// `E_CANCELLED`.
    pub(super) fn new(
        files: &BTreeMap<String, Vec<u8>>,
        progress: &dyn Progress,
    ) -> Result<Self, Failure> {
        let tree = memory_tree(files.clone());
        let read = EcmaScriptSource::read(&tree, progress)?;
        let project = placed_project(&tree, &read, progress);
        Ok(Self { project })
    }

    /// Makes the checks `parse` and `imports-resolve`.
    pub(super) fn check(&self) -> Vec<Check> {
        let project = &self.project;
        let parse = if project.broken.is_empty() {
            passed("parse", format!("{} files parse", project.files))
        } else {
            failed("parse", list(project.broken.clone()))
        };
        let resolve = if project.unresolved.is_empty() {
            passed(
                "imports-resolve",
                "every import that runs when a module is loaded leads to a file, a declared package or Node.js",
            )
        } else {
            failed("imports-resolve", list(project.unresolved.clone()))
        };
        vec![parse, resolve]
    }
}
