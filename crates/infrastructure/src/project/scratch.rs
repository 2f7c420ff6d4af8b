//! Temporary folders below the cache.

use std::{
    borrow::Borrow,
    io,
    path::{Path, PathBuf},
};

use synthesizer_model::failure::{ErrorCode, Failure};

use super::owned_folder::{self, OwnedFolder};

/// How the names of the folders begin.
const PREFIX: &str = "run-";

/// A temporary folder below the cache that only this user can read; removed on drop.
///
/// One that a killed process left behind is removed when the next is made.
#[derive(Debug)]
pub struct Scratch {
    // Held for its removal.
    _folder: OwnedFolder,
    path: PathBuf,
}

impl Scratch {
    /// Makes a folder below `<cache>/scratch`; the cache folder is made where it is missing.
    ///
    /// # Errors
    /// `E_PATH` when it cannot be made, `E_LIMIT` when the disk is full.
    pub fn create(cache: &Path) -> Result<Self, Failure> {
        let place = cache.join("scratch");
        let made = std::fs::create_dir_all(&place)
            .and_then(|()| owned_folder::open(&place))
            .and_then(|parent| OwnedFolder::create(parent, PREFIX, 0o700));
        let folder = made.map_err(|error| {
            let code = if is_full(&error) {
                ErrorCode::Limit
            } else {
                ErrorCode::Path
            };
            Failure::new(
                code,
                format!("cannot make a temporary folder below the cache folder: {error}"),
            )
            .with_hint("make the folder that paths.cache names writable and room on its disk, or name another")
        })?;
        let path = place.join(folder.name());
        Ok(Self {
            _folder: folder,
            path,
        })
    }

    /// Gives the folder's path.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Makes the failure of a file of a temporary folder that cannot be written: `E_LIMIT` when the disk is full, else `E_INTERNAL`.
pub fn cannot_write_scratch(error: impl Borrow<io::Error>) -> Failure {
    let error = error.borrow();
    let message = format!("cannot write to the scratch folder: {error}");
    if is_full(error) {
        return Failure::new(ErrorCode::Limit, message)
            .with_hint("make room on the disk of paths.cache, or let it name another");
    }
    Failure::internal(message)
}

fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}

/// Removes the temporary folders below the cache that killed processes left behind.
pub fn remove_scratch_left_behind(cache: &Path) {
    // Without the folder there is nothing in it.
    if let Ok(parent) = owned_folder::open(&cache.join("scratch")) {
        owned_folder::remove_stale(&parent, PREFIX);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_scratch_folder_is_private_and_goes_with_its_owner() {
        let cache = tempfile::tempdir().expect("a folder");
        let scratch = Scratch::create(&cache.path().join("missing")).expect("creates");
        let path = scratch.path().to_owned();
        std::fs::create_dir_all(path.join("a/b")).expect("creates");
        assert_eq!(
            std::fs::metadata(&path)
                .expect("is there")
                .permissions()
                .mode()
                & 0o777,
            0o700
        );
        drop(scratch);
        assert!(!path.exists());
    }

    #[test]
    fn a_cache_that_cannot_be_written_is_a_failure() {
        let cache = tempfile::NamedTempFile::new().expect("a file");
        let failure = Scratch::create(cache.path()).expect_err("is a file");
        assert_eq!(failure.code, ErrorCode::Path);
    }
}
