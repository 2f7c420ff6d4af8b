//! Whether every file of a project is as its lock says.

use std::collections::BTreeSet;

use synthesizer_model::{synthesis::SynthesisLock, tree::sha256_hex, verification::Check};

use super::{Subject, failed, list, not_run, passed};

/// Compares every file with the hash that `synthesis.lock` has for it; `left_out` says what could not be read as a file.
pub(crate) fn check_hashes(subject: &Subject, left_out: &[String]) -> Check {
    let Some(text) = subject.text("synthesis.lock") else {
        return not_run("locked", "the project has no synthesis.lock");
    };
    let lock: SynthesisLock = match toml::from_str(text) {
        Ok(lock) => lock,
        Err(error) => {
            return failed(
                "locked",
                format!("synthesis.lock cannot be read: {}", error.message()),
            );
        }
    };
    let mut differences = Vec::new();
    for file in &lock.files {
        match subject.files.get(&file.path) {
            None => differences.push(format!("{} is missing", file.path)),
            Some(contents) if sha256_hex(contents) != file.sha256 => {
                differences.push(format!("{} differs", file.path))
            }
            Some(_) => {}
        }
    }
    let locked: BTreeSet<&str> = lock.files.iter().map(|file| file.path.as_str()).collect();
    let unknown = subject
        .files
        .keys()
        .filter(|path| *path != "synthesis.lock" && !locked.contains(path.as_str()));
    differences.extend(unknown.map(|path| format!("{path} is not in the lock")));
    differences.extend_from_slice(left_out);
    if differences.is_empty() {
        passed(
            "locked",
            format!(
                "{} files are as the lock says; files that git ignores were not looked at",
                lock.files.len()
            ),
        )
    } else {
        failed("locked", list(differences))
    }
}
