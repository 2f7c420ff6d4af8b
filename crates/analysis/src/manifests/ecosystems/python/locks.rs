//! Python's lock files, one format a file: `uv.lock`, `poetry.lock`, `pdm.lock`, `Pipfile.lock`, `pylock.toml` (PEP 751), and requirements
//! files that a program pinned. Runs no solver.

mod compiled_requirements;
mod graph;
mod pdm_lock;
mod pipfile_lock;
mod poetry_lock;
mod pylock;
mod uv_lock;

use synthesizer_model::{
    project::{LockFile, Project},
    tree::TreePath,
};

use super::super::super::{
    problem_list::ProblemList,
    tree_reading::{TreeReading, folder_of, join},
};
use super::placed::Compiled;
use graph::LockGraph;

/// The largest lock file that is read, in bytes.
const LARGEST: usize = 16 << 20;

/// A lock file's place and the packages of the tree that it may speak of.
struct Lock<'l> {
    path: &'l str,
    projects: &'l [Project],
}

impl<'l> Lock<'l> {
    /// Gives the package in the lock file's own folder.
    fn project(&self) -> Option<&'l Project> {
        let folder = folder_of(self.path);
        self.projects
            .iter()
            .find(|project| project.folder == folder)
    }

    /// Says whether a path that the lock file names leads to one of the tree's own packages.
    fn is_own(&self, path: &str) -> bool {
        join(folder_of(self.path), path)
            .is_some_and(|folder| self.projects.iter().any(|project| project.folder == folder))
    }
}

/// A format of lock files.
struct LockFormat {
    /// Says whether a file has it, by its name.
    matches: fn(name: &str) -> bool,
    /// Reads a file; `None` when it is none.
    parse:
        for<'t> fn(lock: &Lock<'_>, text: &'t str, problems: &mut ProblemList) -> Option<LockGraph>,
}

/// Every format.
static FORMATS: &[&LockFormat] = &[
    &uv_lock::FORMAT,
    &poetry_lock::FORMAT,
    &pdm_lock::FORMAT,
    &pipfile_lock::FORMAT,
    &pylock::FORMAT,
];

/// Says whether a file is a lock file, by its name.
pub(super) fn is_lock(name: &str) -> bool {
    FORMATS.iter().any(|format| (format.matches)(name))
}

/// Reads the lock files.
pub(super) fn read(
    reading: &mut TreeReading<'_>,
    paths: &[&TreePath],
    projects: &[Project],
) -> Vec<LockFile> {
    let mut found = Vec::new();
    for path in paths {
        let name = path.file_name();
        let format = FORMATS.iter().find(|format| (format.matches)(name));
        if let (Some(format), Some(text)) = (format, text_of(reading, path)) {
            let lock = Lock {
                path: path.as_str(),
                projects,
            };
            let graph = (format.parse)(&lock, &text, &mut reading.problems);
            found.extend(graph.map(|graph| graph.finish(path.as_str(), &mut reading.problems)));
        }
    }
    found
}

/// Reads the requirements files that a program wrote; those that do not pin everything are no lock files.
pub(super) fn compiled(
    reading: &mut TreeReading<'_>,
    files: &[Compiled<'_>],
    projects: &[Project],
) -> Vec<LockFile> {
    let mut found = Vec::new();
    for file in files {
        let Some(text) = text_of(reading, file.path) else {
            continue;
        };
        let owner = file.owner.as_deref();
        let project = projects
            .iter()
            .find(|project| Some(project.folder.as_str()) == owner);
        let graph = compiled_requirements::parse(project, &text);
        let path = file.path.as_str();
        found.extend(graph.map(|graph| graph.finish(path, &mut reading.problems)));
    }
    found
}

fn text_of(reading: &mut TreeReading<'_>, path: &TreePath) -> Option<String> {
    let text = reading.text(path)?;
    if text.len() > LARGEST {
        let what = format_args!("larger than {LARGEST} bytes, not read");
        reading.problems.tell(path.as_str(), what);
        return None;
    }
    Some(text)
}
