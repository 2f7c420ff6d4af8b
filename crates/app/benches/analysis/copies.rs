//! Trees that may be changed: copies of fetched ones in the system's temporary folder, away from any other repository's rules.

use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    thread,
    time::{Duration, SystemTime},
};

use tempfile::TempDir;

/// So long a file has to be as it is before a program can know by its times that it did not change meanwhile.
const SETTLED: Duration = Duration::from_secs(4);

/// A tree that is gone when it is dropped.
#[derive(Debug)]
pub(crate) struct Copy {
    folder: TempDir,
    ready: SystemTime,
}

/// What a tree holds.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Size {
    /// Files.
    pub(crate) files: usize,
    /// Their bytes.
    pub(crate) bytes: u64,
}

impl Copy {
    /// Copies a folder.
    pub(crate) fn of(tree: &Path) -> Self {
        Self::made_by(|folder| {
            for file in files(tree) {
                let inside = file.strip_prefix(tree).expect("it lies in the tree");
                let target = folder.join(inside);
                let parent = target.parent().expect("it lies in the tree");
                fs::create_dir_all(parent).expect("the temporary folder can be written");
                fs::copy(&file, &target).expect("the disk has room");
            }
        })
    }

    /// Lets a function write a tree into an empty folder.
    pub(crate) fn made_by(write: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        write(&folder.path().join("tree"));
        Self {
            folder,
            ready: SystemTime::now() + SETTLED,
        }
    }

    /// Gives the folder.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("tree")
    }

    /// Gives what it holds.
    pub(crate) fn size(&self) -> Size {
        files(&self.path())
            .iter()
            .fold(Size::default(), |size, file| Size {
                files: size.files + 1,
                bytes: size.bytes + fs::metadata(file).map_or(0, |data| data.size()),
            })
    }

    /// Waits until its files are as old as those of a tree that nobody just made.
    pub(crate) fn settle(&self) {
        while let Ok(left) = self.ready.duration_since(SystemTime::now()) {
            thread::sleep(left);
        }
    }

    /// Gives the file in the middle of all that end with `suffix`, ordered by path.
    pub(crate) fn middle_file(&self, suffix: &str) -> ChangedFile {
        let mut files = files(&self.path());
        files.retain(|file| file.to_string_lossy().ends_with(suffix));
        files.sort();
        let path = files.swap_remove(files.len() / 2);
        let contents = fs::read(&path).expect("the file is there");
        ChangedFile { path, contents }
    }
}

/// A file that is changed again and again.
#[derive(Debug)]
pub(crate) struct ChangedFile {
    path: PathBuf,
    contents: Vec<u8>,
}

impl ChangedFile {
    /// Puts text behind the file's first contents.
    pub(crate) fn change(&self, text: &str) {
        let mut contents = self.contents.clone();
        contents.extend_from_slice(text.as_bytes());
        fs::write(&self.path, contents).expect("the disk has room");
    }
}

/// Gives all files of a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the folder can be read") {
            let entry = entry.expect("the folder can be read");
            let kind = entry.file_type().expect("the folder can be read");
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                found.push(entry.path());
            }
        }
    }
    found
}
