//! Large artifacts: one file each in the job's folder, named by step and hash, written whole or not at all.

use std::{
    fs::{self, DirBuilder},
    io::{self, Read as _, Write as _},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use synthesizer_model::{
    failure::{ErrorCode, Failure},
    tree::sha256_hex,
};

/// The largest artifact, in bytes.
pub const LARGEST_ARTIFACT: usize = 64 << 20;

/// The largest artifact that is kept in the table itself, in bytes.
pub(super) const LARGEST_ROW: usize = 32 << 10;

/// Gives the folder of one job below the data folder: its log, and its large artifacts.
///
/// `id` must be a handle of this program, which is a plain name.
pub fn job_folder(data: &Path, id: &str) -> PathBuf {
    data.join("jobs").join(id)
}

/// Makes the folder of a job, for this user alone.
///
/// # Errors
/// Any error of the file system.
pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Writes an artifact and gives its hash.
///
/// # Errors
/// `E_LIMIT` when it is too large or the disk is full, `E_CONFIG` when it cannot be written.
pub(super) fn write(folder: &Path, step: usize, content: &[u8]) -> Result<String, Failure> {
    let hash = sha256_hex(content);
    let written = make_folder(folder).and_then(|()| {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(content)?;
        file.as_file().sync_data()?;
        file.persist(folder.join(name(step, &hash)))
            .map_err(|error| error.error)
    });
    match written {
        Ok(_) => Ok(hash),
        Err(error) => Err(cannot_write(&error)),
    }
}

/// Reads an artifact; `None` when it is missing or not what was written, so that the step is done again.
pub(super) fn read(folder: &Path, step: usize, hash: &str, bytes: usize) -> Option<Vec<u8>> {
    if bytes > LARGEST_ARTIFACT {
        return None;
    }
    let file = fs::File::open(folder.join(name(step, hash))).ok()?;
    let mut content = Vec::with_capacity(bytes);
    file.take(bytes as u64 + 1).read_to_end(&mut content).ok()?;
    (sha256_hex(&content) == hash).then_some(content)
}

/// Removes the artifacts of a job, which has no use for them any more.
pub(super) fn remove(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            // What stays goes with the job.
            let _ = fs::remove_file(path);
        }
    }
    // One with a log is not empty, and stays as long as the job is remembered.
    let _ = fs::remove_dir(folder);
}

fn name(step: usize, hash: &str) -> String {
    format!("{step}-{hash}.json")
}

fn cannot_write(error: &io::Error) -> Failure {
    let reason = error.kind();
    let message = format!("cannot write what a step found out below [paths] data: {reason}");
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            Failure::new(ErrorCode::Limit, message)
                .with_hint("make room on the disk of [paths] data, and resume the job")
        }
        _ => Failure::new(ErrorCode::Config, message)
            .with_hint("let [paths] data name a folder that this user can write"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_artifact_that_changed_is_none() {
        let place = tempfile::tempdir().unwrap();
        let folder = job_folder(place.path(), "some");
        let content = vec![7_u8; LARGEST_ROW + 1];
        let hash = write(&folder, 2, &content).unwrap();
        assert_eq!(
            read(&folder, 2, &hash, content.len()),
            Some(content.clone())
        );
        assert_eq!(read(&folder, 1, &hash, content.len()), None);
        fs::write(folder.join(name(2, &hash)), b"other").unwrap();
        assert_eq!(read(&folder, 2, &hash, content.len()), None);
    }
}
