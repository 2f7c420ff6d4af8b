//! Checks of a project: what every family of packages shares. Never runs anything of the project or of its dependencies outside the sandbox.

pub(crate) mod cargo;
mod locked;
pub(crate) mod npm;
pub(crate) mod python;
pub(crate) mod stages;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use synthesizer_analysis::memory_tree::MemoryTree;
use synthesizer_infrastructure::project::Scratch;
use synthesizer_model::{
    failure::Failure,
    synthesis::SynthesisLock,
    text::escape_untrusted,
    tree::{SourceTree, TreePath},
    verification::{Check, Level, Outcome, Verification},
};

use crate::{Call, Engine, families, opening};

pub(crate) use locked::{check_hashes, check_recreated};

/// How many items a detail names.
const NAMED: usize = 5;

/// What is verified.
#[derive(Clone)]
pub(crate) struct Subject {
    /// Its files as they were read, by path; checks see these and nothing else of the project.
    pub(crate) files: Arc<BTreeMap<String, Vec<u8>>>,
}

impl Subject {
    /// Takes a project's files.
    pub(crate) fn new(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        Self {
            files: Arc::new(files.into_iter().collect()),
        }
    }

    /// Gives a file's text; `None` when it is not there or not UTF-8.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        std::str::from_utf8(self.files.get(path)?).ok()
    }

    /// Gives the family that the project's lock names; that of Python for a project without a lock.
    fn ecosystem(&self) -> String {
        let lock = self.text("synthesis.lock");
        let lock = lock.and_then(|text| toml::from_str::<SynthesisLock>(text).ok());
        lock.map_or_else(|| "python".to_owned(), |lock| lock.project.ecosystem)
    }
}

impl Engine {
    /// Verifies a project up to a level.
    ///
    /// # Errors
    /// `E_CANCELLED`, `E_INTERNAL`; `E_ARGUMENT` when its lock names an unknown family. A check that fails or cannot be run is part of the answer.
    pub(crate) async fn verify_subject(
        &self,
        call: &Call,
        subject: Subject,
        level: Level,
    ) -> Result<Verification, Failure> {
        let family = families::family(&subject.ecosystem())?;
        let checks = family.verify(self, call, subject, level).await?;
        Ok(Verification { level, checks })
    }
}

/// Writes the files as they were read into the scratch folder, for the sandbox to see.
///
/// The project's own folder is not shown to it: that holds what was not read, such as ignored files and `.git`, and its path may lead
/// elsewhere by now.
pub(crate) async fn copy_of_files(
    subject: &Subject,
    scratch: &Arc<Scratch>,
) -> Result<PathBuf, Failure> {
    let (files, scratch) = (Arc::clone(&subject.files), Arc::clone(scratch));
    opening::compute(move || {
        let top = scratch.path().join("files");
        fs::create_dir(&top).map_err(|error| unwritable(&error))?;
        for (path, contents) in files.iter() {
            // Only paths below the folder are in a tree.
            let path = TreePath::new(path).map_err(|refusal| {
                Failure::internal(format!("a file of the project has a name with {refusal}"))
            })?;
            let place = top.join(path.as_str());
            let written = fs::create_dir_all(place.parent().unwrap_or(&top))
                .and_then(|()| fs::write(&place, contents));
            written.map_err(|error| unwritable(&error))?;
        }
        Ok(top)
    })
    .await
}

/// Makes what a program said fit to be shown: without the scratch folder and secrets, short.
pub(crate) fn sanitised(said: &str, scratch: &Path) -> String {
    let text = said.replace(&*scratch.to_string_lossy(), "");
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let text = lines.join(" ");
    let masked = synthesizer_infrastructure::telemetry::masking::mask(&text).into_owned();
    escape_untrusted(&masked.chars().take(600).collect::<String>())
}

/// The failure of a scratch folder that cannot be written to.
pub(crate) fn unwritable(error: &std::io::Error) -> Failure {
    synthesizer_infrastructure::project::cannot_write_scratch(error)
}

/// Joins items, naming the first few and counting the rest.
pub(crate) fn list(items: Vec<String>) -> String {
    let rest = items.len().saturating_sub(NAMED);
    let mut text = items.into_iter().take(NAMED).collect::<Vec<_>>().join("; ");
    if rest > 0 {
        text.push_str(&format!("; and {rest} more"));
    }
    synthesizer_model::text::escape_untrusted(&text)
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
