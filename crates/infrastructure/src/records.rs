//! Small JSON records, one file each, written whole or not at all, the oldest forgotten.

use std::{fs, io, os::unix::fs::DirBuilderExt as _, path::PathBuf, time::SystemTime};

use serde::{Serialize, de::DeserializeOwned};

/// The largest record that is read back, in bytes.
const LARGEST: u64 = 64 << 20;

/// A folder of records; made when the first one is written.
#[derive(Debug)]
pub struct RecordFolder {
    folder: PathBuf,
    keep: usize,
}

impl RecordFolder {
    /// Names the folder and how many records it keeps.
    pub fn new(folder: PathBuf, keep: usize) -> Self {
        Self { folder, keep }
    }

    /// Writes a record; `name` must be a plain file name, such as a UUID.
    ///
    /// # Errors
    /// Any error of the file system.
    pub fn write(&self, name: &str, record: &impl Serialize) -> io::Result<()> {
        // The names are handles, which others must not be able to list.
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)?;
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        serde_json::to_writer(&mut file, record)?;
        file.persist(self.folder.join(format!("{name}.json")))
            .map_err(|error| error.error)?;
        self.forget_oldest()
    }

    /// Reads a record; `None` when there is none or it cannot be read.
    pub fn read<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let path = self.folder.join(format!("{name}.json"));
        if fs::metadata(&path).ok()?.len() > LARGEST {
            return None;
        }
        serde_json::from_slice(&fs::read(path).ok()?).ok()
    }

    /// Says whether a process of this machine is alive.
    pub fn is_alive(&self, process: u32) -> bool {
        i32::try_from(process)
            .ok()
            .and_then(rustix::process::Pid::from_raw)
            .is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok())
    }

    fn forget_oldest(&self) -> io::Result<()> {
        let mut files: Vec<(SystemTime, PathBuf)> = fs::read_dir(&self.folder)?
            .filter_map(Result::ok)
            .filter(|entry| {
                entry
                    .path()
                    .extension()
                    .is_some_and(|extension| extension == "json")
            })
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .collect();
        if files.len() > self.keep {
            files.sort();
            for (_, path) in &files[..files.len() - self.keep] {
                // Another process may have removed it first.
                let _ = fs::remove_file(path);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_records_are_forgotten() {
        let folder = tempfile::tempdir().expect("a folder");
        let records = RecordFolder::new(folder.path().join("jobs"), 2);
        for name in ["a", "b", "c"] {
            records.write(name, &name).expect("writes");
        }
        let kept = ["a", "b", "c"]
            .iter()
            .filter(|name| records.read::<String>(name).is_some())
            .count();
        assert_eq!(kept, 2);
        let mode = fs::metadata(folder.path().join("jobs"))
            .expect("is there")
            .permissions();
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o077, 0);
    }
}
