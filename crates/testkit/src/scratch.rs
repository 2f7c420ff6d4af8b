//! Where tests keep what they download, so that a second run needs no network. Never holds anything that a test wrote about itself.

use std::path::{Path, PathBuf};

/// Gives a folder below Cargo's target folder that outlives the test run; below the system's temporary folder when
/// the running binary is not in one.
///
/// It is shared by test processes that run at the same time: put files there by renaming.
pub fn lasting_folder(name: &str) -> PathBuf {
    let binary = std::env::current_exe().expect("a running test has a path");
    let base = binary
        .ancestors()
        .find(|folder| folder.join("CACHEDIR.TAG").is_file())
        .map_or_else(std::env::temp_dir, Path::to_path_buf);
    let folder = base.join("tmp").join("synthesizer-testkit").join(name);
    std::fs::create_dir_all(&folder).expect("the target folder can be written");
    folder
}

/// Puts a file in place in one step, so that other processes see all of it or nothing.
pub(crate) fn put(path: &Path, contents: &[u8]) {
    let folder = path.parent().expect("a file lies in a folder");
    let mut file = tempfile::NamedTempFile::new_in(folder).expect("the folder can be written");
    std::io::Write::write_all(&mut file, contents).expect("the disk has room");
    file.persist(path)
        .expect("a rename within one folder works");
}
