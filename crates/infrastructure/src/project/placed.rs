//! Whether a folder is exactly a project already: the same files, bytes and executable bits, and nothing else but its repository. Reads
//! through handles and follows no link.

use std::{
    collections::BTreeMap,
    io::{self, Read as _},
    ops::Bound,
    path::Path,
};

use cap_std::fs::{Dir, MetadataExt as _};

use super::{owned_folder, staging::ProjectFile};
use crate::folders;

/// Says whether the folder at an absolute path without links holds exactly these files and a `.git` folder.
///
/// What cannot be read is not the same. The work is bounded by the files that are expected.
pub fn holds_exactly(target: &Path, files: &[ProjectFile]) -> bool {
    let Ok(top) = folders::open(target) else {
        return false;
    };
    let mut expected: BTreeMap<&str, &ProjectFile> = files
        .iter()
        .map(|file| (file.path.as_str(), file))
        .collect();
    matches!(compare(&top, "", &mut expected), Ok(true)) && expected.is_empty()
}

/// Takes every file of a folder out of those that are expected; `false` at the first that is not.
fn compare(
    folder: &Dir,
    prefix: &str,
    expected: &mut BTreeMap<&str, &ProjectFile>,
) -> io::Result<bool> {
    for entry in folder.entries()? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else {
            return Ok(false);
        };
        let data = entry.metadata()?;
        if prefix.is_empty() && name == ".git" && data.is_dir() {
            continue;
        }
        let path = format!("{prefix}{name}");
        if data.is_dir() {
            let below = format!("{path}/");
            // A folder in which nothing is expected is not entered, so that a deep one costs nothing.
            let from = (Bound::Included(below.as_str()), Bound::Unbounded);
            let first = expected.range::<str, _>(from).next();
            if !first.is_some_and(|(known, _)| known.starts_with(&below)) {
                return Ok(false);
            }
            let inner = owned_folder::open_folder(folder, name)?;
            if !compare(&inner, &below, expected)? {
                return Ok(false);
            }
            continue;
        }
        let Some(file) = expected.remove(path.as_str()) else {
            return Ok(false);
        };
        let executable = data.mode() & 0o111 != 0;
        if !data.is_file()
            || data.len() != file.contents.len() as u64
            || executable != file.executable
        {
            return Ok(false);
        }
        let mut contents = Vec::with_capacity(file.contents.len());
        let open = folder.open(name)?;
        open.take(data.len() + 1).read_to_end(&mut contents)?;
        if contents != file.contents {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use bytes::Bytes;
    use synthesizer_model::tree::TreePath;

    use super::*;

    fn file(path: &str, contents: &str) -> ProjectFile {
        ProjectFile {
            path: TreePath::new(path).expect("a path"),
            contents: Bytes::from(contents.to_owned()),
            executable: path.ends_with(".sh"),
        }
    }

    #[test]
    fn any_difference_is_seen() {
        type Change = fn(&Path);
        let changes: [(&str, Change, bool); 9] = [
            ("none", |_| {}, true),
            (
                "its repository",
                |top| fs::write(top.join(".git/x"), "x").unwrap(),
                true,
            ),
            (
                "a byte",
                |top| fs::write(top.join("a.py"), "b").unwrap(),
                false,
            ),
            (
                "a longer file",
                |top| fs::write(top.join("a.py"), "aa").unwrap(),
                false,
            ),
            (
                "a new file",
                |top| fs::write(top.join("d/n"), "").unwrap(),
                false,
            ),
            (
                "a new folder",
                |top| fs::create_dir(top.join("n")).unwrap(),
                false,
            ),
            (
                "a missing file",
                |top| fs::remove_file(top.join("d/b.py")).unwrap(),
                false,
            ),
            (
                "a bit",
                |top| {
                    fs::set_permissions(top.join("c.sh"), fs::Permissions::from_mode(0o644))
                        .unwrap();
                },
                false,
            ),
            (
                "a link to the same",
                |top| {
                    fs::rename(top.join("a.py"), top.join(".git/a.py")).unwrap();
                    std::os::unix::fs::symlink(".git/a.py", top.join("a.py")).unwrap();
                },
                false,
            ),
        ];
        let files = [file("a.py", "a"), file("d/b.py", ""), file("c.sh", "x")];
        for (name, change, same) in changes {
            let place = tempfile::tempdir().unwrap();
            let top = place.path().canonicalize().unwrap().join("out");
            fs::create_dir_all(top.join(".git")).unwrap();
            fs::create_dir_all(top.join("d")).unwrap();
            for file in &files {
                fs::write(top.join(file.path.as_str()), &file.contents).unwrap();
            }
            fs::set_permissions(top.join("c.sh"), fs::Permissions::from_mode(0o755)).unwrap();
            change(&top);
            assert_eq!(holds_exactly(&top, &files), same, "{name}");
        }
        assert!(!holds_exactly(Path::new("/nowhere/at/all"), &files));
    }
}
