//! Opening folders by paths whose links were resolved and checked before. A folder that became a link since then is refused, not followed.

use std::{
    io,
    path::{Component, Path, PathBuf},
};

use cap_std::{ambient_authority, fs::Dir};
use rustix::fs::{Mode, OFlags};

/// Opens a folder by an absolute path without links.
///
/// # Errors
/// `NotADirectory` when a part of the path is a link or no folder; `InvalidInput` when it is not absolute or not plain.
pub(crate) fn open(path: &Path) -> io::Result<Dir> {
    Ok(walk(path, |_, _| Ok(()))?.0)
}

/// Opens a folder as [`open`] does and makes what is missing; gives also what was made, the topmost first.
pub(crate) fn create(path: &Path) -> io::Result<(Dir, Vec<Made>)> {
    let (folder, made) = walk(path, |parent, name| parent.create_dir(name))?;
    Ok((folder, made))
}

/// A folder that was made.
#[derive(Debug)]
pub(crate) struct Made {
    parent: Dir,
    name: PathBuf,
    /// Where it is, for people.
    pub(crate) path: PathBuf,
}

impl Made {
    /// Removes the folder if it is empty.
    pub(crate) fn remove_if_empty(&self) {
        // Somebody may have put something into it, and then it stays.
        let _ = self.parent.remove_dir(&self.name);
    }
}

/// Goes down from the root, one handle to the next; what is missing is given to `missing` first.
fn walk(
    path: &Path,
    missing: impl Fn(&Dir, &Path) -> io::Result<()>,
) -> io::Result<(Dir, Vec<Made>)> {
    let mut parts = path.components();
    if parts.next() != Some(Component::RootDir) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut folder = Dir::open_ambient_dir("/", ambient_authority())?;
    let mut made = Vec::new();
    let mut place = PathBuf::from("/");
    for part in parts {
        let Component::Normal(name) = part else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        place.push(name);
        let inner = match open_in(&folder, name.as_ref()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                match missing(&folder, name.as_ref()) {
                    Ok(()) => made.push(Made {
                        parent: folder.try_clone()?,
                        name: PathBuf::from(name),
                        path: place.clone(),
                    }),
                    // Another process was faster.
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                    Err(error) => return Err(error),
                }
                open_in(&folder, name.as_ref())?
            }
            other => other?,
        };
        folder = inner;
    }
    Ok((folder, made))
}

fn open_in(folder: &Dir, name: &Path) -> io::Result<Dir> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let inner = rustix::fs::openat(folder, name, flags, Mode::empty())?;
    Ok(Dir::from_std_file(inner.into()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_link_anywhere_on_the_way_is_refused() {
        let place = tempfile::tempdir().expect("a folder");
        let place = place.path().canonicalize().expect("resolves");
        std::fs::create_dir_all(place.join("real/inner")).expect("made");
        symlink(place.join("real"), place.join("link")).expect("linked");
        let opens = |path: &str| open(&place.join(path)).is_ok();
        assert!(opens("real/inner"));
        for refused in ["link", "link/inner", "absent", "real/../real"] {
            assert!(!opens(refused), "{refused}");
        }
        create(&place.join("link/new")).expect_err("a link");
        assert!(open(Path::new("relative")).is_err());
        let (_, made) = create(&place.join("real/inner/a/b")).expect("made");
        assert_eq!(made.len(), 2);
        made.iter().rev().for_each(Made::remove_if_empty);
        assert!(opens("real/inner") && !opens("real/inner/a"));
    }
}
