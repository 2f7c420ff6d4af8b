//! Checks of a project: by its text, then by installing its lock and importing its modules in the sandbox. Never runs anything of
//! the project or of its dependencies outside the sandbox.

mod environment;
mod install;
mod runner;
mod text;

use std::sync::Arc;

use synthesizer_analysis::memory_tree::MemoryTree;
use synthesizer_model::{
    failure::Failure,
    tree::SourceTree,
    verification::{Check, Level, Outcome, Verification},
};

use crate::{Call, Engine};

pub(crate) use text::ProjectText;

/// What is verified.
pub(crate) struct Subject {
    /// Its files as they were read; checks see these and nothing else of the project.
    pub(crate) text: Arc<ProjectText>,
}

impl Engine {
    /// Verifies a project up to a level.
    ///
    /// # Errors
    /// `E_CANCELLED`, `E_INTERNAL`. A check that fails or cannot be run is part of the answer.
    pub(crate) async fn verify_subject(
        &self,
        call: &Call,
        subject: Subject,
        level: Level,
    ) -> Result<Verification, Failure> {
        let mut checks = subject.text.check();
        let broken = checks.iter().any(|check| check.result == Outcome::Failed);
        if level >= Level::Install {
            if broken {
                checks.push(not_run("install", "the text of the project is broken"));
                checks.push(not_run("import", "the text of the project is broken"));
            } else {
                checks.extend(self.install_checks(call, &subject, level).await?);
            }
        }
        Ok(Verification { level, checks })
    }
}

pub(crate) fn passed(name: &str, detail: impl Into<String>) -> Check {
    Check {
        name: name.to_owned(),
        result: Outcome::Passed,
        detail: detail.into(),
    }
}

pub(crate) fn failed(name: &str, detail: impl Into<String>) -> Check {
    Check {
        name: name.to_owned(),
        result: Outcome::Failed,
        detail: detail.into(),
    }
}

pub(crate) fn not_run(name: &str, detail: impl Into<String>) -> Check {
    Check {
        name: name.to_owned(),
        result: Outcome::NotRun,
        detail: detail.into(),
    }
}

/// Makes a tree of a project's files in memory.
pub(crate) fn memory_tree(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> MemoryTree {
    let origin = synthesizer_model::tree::Origin {
        slug: "project".to_owned(),
        url: ".".to_owned(),
        revision: String::new(),
        version: None,
        platform: "local".to_owned(),
    };
    MemoryTree::new(origin, files)
}

/// Reads every file of a tree into memory; what cannot be read is left out, the checks then miss it.
pub(crate) fn read_all(tree: &dyn SourceTree) -> Vec<(String, Vec<u8>)> {
    tree.entries()
        .iter()
        .filter(|entry| entry.is_file())
        .filter_map(|entry| {
            Some((
                entry.path.to_string(),
                tree.read(&entry.path).ok()?.bytes.to_vec(),
            ))
        })
        .collect()
}
