//! Files of a project put in place of others, one at a time, through handles. A file that is not what is expected is left alone: what
//! somebody wrote meanwhile is never replaced.

use std::io::{self, Write as _};

use bytes::Bytes;
use cap_std::fs::{Dir, MetadataExt as _, OpenOptions};
use rustix::{
    fs::{Mode, RenameFlags},
    io::Errno,
};
use synthesizer_model::{failure::Failure, tree::TreePath};

use super::{
    super::owned_folder::open_folder,
    journal::Applied,
    repository::{Present, cannot_write, look_in, open_below},
};

/// Where files wait in our folder of the repository.
const WAITING: &str = "files";

/// One side of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Side {
    /// Nothing is there.
    Nothing,
    /// A file.
    File { contents: Bytes, executable: bool },
    /// A link or a submodule, which is never written.
    Other,
}

impl Side {
    fn is(&self, present: Option<&Present>) -> bool {
        match (self, present) {
            (Self::Nothing, None) => true,
            (
                Self::File {
                    contents,
                    executable,
                },
                Some(Present::File {
                    contents: there,
                    executable: is,
                }),
            ) => contents == there && executable == is,
            _ => false,
        }
    }

    fn length(&self) -> u64 {
        match self {
            Self::File { contents, .. } => contents.len() as u64,
            Self::Nothing | Self::Other => 0,
        }
    }
}

/// One change of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) path: TreePath,
    pub(super) before: Side,
    pub(super) after: Side,
}

impl Change {
    /// The longest file that can be one of the sides.
    fn limit(&self) -> u64 {
        self.before.length().max(self.after.length())
    }
}

/// What became of a change.
enum Outcome {
    Written,
    Left(&'static str),
}

const CHANGED: &str = "it was changed while the update was written";
const IN_THE_WAY: &str = "something that is no file of the project is in its way";

/// Makes all changes; what is made already is not made again, so that this can be repeated after it was killed.
///
/// # Errors
/// `E_PATH`, `E_LIMIT` when a file cannot be written. Those before it are written then, and the next attempt goes on.
pub(super) fn write_all(top: &Dir, own: &Dir, changes: &[Change]) -> Result<Applied, Failure> {
    let mut applied = Applied::default();
    let waiting = waiting_folder(own, changes, &mut applied)
        .map_err(|error| cannot_write("the journal of the update", &error))?;
    // What goes makes room for what comes: a file may become a folder.
    let removals = |change: &Change| change.after == Side::Nothing;
    let numbered = || changes.iter().enumerate();
    let order = numbered()
        .filter(|(_, change)| removals(change))
        .chain(numbered().filter(|(_, change)| !removals(change)));
    for (number, change) in order {
        let outcome = write_one(top, &waiting, number, change)
            .map_err(|error| cannot_write(change.path.as_str(), &error))?;
        match outcome {
            Outcome::Written => applied.written += 1,
            Outcome::Left(why) => applied.left.push((change.path.to_string(), why.to_owned())),
        }
    }
    rustix::fs::syncfs(top).map_err(|error| cannot_write("the project", &error.into()))?;
    drop(waiting);
    // Empty by now; if it is not, the next update looks at what is in it.
    let _ = own.remove_dir(WAITING);
    Ok(applied)
}

/// Opens the folder of waiting files; what a killed attempt left there is removed, but for contents that exist nowhere else.
fn waiting_folder(own: &Dir, changes: &[Change], applied: &mut Applied) -> io::Result<Dir> {
    match own.create_dir(WAITING) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let waiting = open_folder(own, WAITING)?;
    for entry in waiting.entries()? {
        let name = entry?.file_name();
        let Some(name) = name.to_str() else { continue };
        let change = name
            .parse()
            .ok()
            .and_then(|number: usize| changes.get(number));
        let is_known = change.is_none_or(|change| {
            let there = look_in(&waiting, name, change.limit());
            change.before.is(there.as_ref()) || change.after.is(there.as_ref())
        });
        if is_known {
            waiting.remove_file(name)?;
            continue;
        }
        let saved = (0..1_000)
            .map(|number| format!("saved-{number}"))
            .find(|saved| own.symlink_metadata(saved).is_err())
            .ok_or(io::ErrorKind::AlreadyExists)?;
        rustix::fs::renameat(&waiting, name, own, &saved)?;
        applied.saved.push(saved);
    }
    Ok(waiting)
}

fn write_one(top: &Dir, waiting: &Dir, number: usize, change: &Change) -> io::Result<Outcome> {
    if change.before == Side::Other || change.after == Side::Other {
        return Ok(Outcome::Left("it is a link or a submodule"));
    }
    let is_removal = change.after == Side::Nothing;
    let parent = match if is_removal {
        open_below(top, change.path.parent())
    } else {
        make_below(top, change.path.parent())
    } {
        Ok(parent) => parent,
        Err(error) if is_removal && error.kind() == io::ErrorKind::NotFound => {
            return Ok(Outcome::Written);
        }
        Err(error) if error.kind() == io::ErrorKind::StorageFull => return Err(error),
        Err(_) => return Ok(Outcome::Left(IN_THE_WAY)),
    };
    let name = change.path.file_name();
    let there = look_in(&parent, name, change.limit());
    if change.after.is(there.as_ref()) {
        return Ok(Outcome::Written);
    }
    if !change.before.is(there.as_ref()) {
        let is_other = matches!(there, Some(Present::Link(_) | Present::Other));
        return Ok(Outcome::Left(if is_other { IN_THE_WAY } else { CHANGED }));
    }
    let step = Step {
        parent: &parent,
        name,
        waiting,
        number: number.to_string(),
        change,
    };
    match (&change.before, &change.after) {
        (_, Side::Nothing) => {
            let outcome = step.remove()?;
            remove_empty(top, change.path.parent());
            Ok(outcome)
        }
        (
            Side::Nothing,
            Side::File {
                contents,
                executable,
            },
        ) => {
            step.prepare(contents, if *executable { 0o755 } else { 0o644 })?;
            step.add()
        }
        (
            _,
            Side::File {
                contents,
                executable,
            },
        ) => {
            let mode = parent.symlink_metadata(name)?.mode() & 0o777;
            let mode = if *executable {
                mode | (mode & 0o444) >> 2
            } else {
                mode & !0o111
            };
            step.prepare(contents, mode)?;
            step.exchange()
        }
        (_, Side::Other) => Ok(Outcome::Left(IN_THE_WAY)),
    }
}

/// One file on its way.
struct Step<'a> {
    parent: &'a Dir,
    name: &'a str,
    waiting: &'a Dir,
    /// The file's name among those that wait.
    number: String,
    change: &'a Change,
}

impl Step<'_> {
    /// Writes the new contents where files wait; a file that is not whole yet has another name.
    fn prepare(&self, contents: &[u8], mode: u32) -> io::Result<()> {
        let fresh = format!("{}.new", self.number);
        let options = OpenOptions::new().write(true).create_new(true).clone();
        let mut open = self.waiting.open_with(&fresh, &options)?;
        open.write_all(contents)?;
        rustix::fs::fchmod(&open, Mode::from_raw_mode(mode))?;
        rustix::fs::renameat(self.waiting, &fresh, self.waiting, &self.number)?;
        Ok(())
    }

    /// Puts the waiting file where nothing is.
    fn add(&self) -> io::Result<Outcome> {
        let renamed = rustix::fs::renameat_with(
            self.waiting,
            &self.number,
            self.parent,
            self.name,
            RenameFlags::NOREPLACE,
        );
        match renamed {
            Ok(()) => Ok(Outcome::Written),
            Err(Errno::EXIST) => {
                self.waiting.remove_file(&self.number)?;
                Ok(Outcome::Left(CHANGED))
            }
            Err(error) if cannot_exchange(error) => {
                rustix::fs::renameat(self.waiting, &self.number, self.parent, self.name)?;
                Ok(Outcome::Written)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Exchanges the waiting file with the one in place, looks at what came out, and exchanges them back if it is not the expected one.
    fn exchange(&self) -> io::Result<Outcome> {
        let exchange = || {
            rustix::fs::renameat_with(
                self.waiting,
                &self.number,
                self.parent,
                self.name,
                RenameFlags::EXCHANGE,
            )
        };
        match exchange() {
            Ok(()) => {}
            Err(error) if cannot_exchange(error) => {
                rustix::fs::renameat(self.waiting, &self.number, self.parent, self.name)?;
                return Ok(Outcome::Written);
            }
            // It went away meanwhile.
            Err(Errno::NOENT) => {
                self.waiting.remove_file(&self.number)?;
                return Ok(Outcome::Left(CHANGED));
            }
            Err(error) => return Err(error.into()),
        }
        let came_out = look_in(self.waiting, &self.number, self.change.limit());
        let expected = self.change.before.is(came_out.as_ref());
        if !expected {
            exchange()?;
        }
        self.waiting.remove_file(&self.number)?;
        Ok(if expected {
            Outcome::Written
        } else {
            Outcome::Left(CHANGED)
        })
    }

    /// Moves the file in place away, looks at it, and puts it back if it is not the expected one.
    fn remove(&self) -> io::Result<Outcome> {
        rustix::fs::renameat(self.parent, self.name, self.waiting, &self.number)?;
        let came_out = look_in(self.waiting, &self.number, self.change.limit());
        if self.change.before.is(came_out.as_ref()) {
            self.waiting.remove_file(&self.number)?;
            return Ok(Outcome::Written);
        }
        self.add().map(|_| Outcome::Left(CHANGED))
    }
}

/// Says whether a file system cannot do what is more than a plain rename.
fn cannot_exchange(error: Errno) -> bool {
    matches!(error, Errno::INVAL | Errno::NOSYS | Errno::NOTSUP)
}

/// Opens a folder below the top and makes what is missing, one handle to the next; a link on the way is refused.
fn make_below(top: &Dir, path: &str) -> io::Result<Dir> {
    let mut folder = open_folder(top, ".")?;
    for name in path.split('/').filter(|name| !name.is_empty()) {
        folder = match open_folder(&folder, name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                match folder.create_dir(name) {
                    Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                        return Err(error);
                    }
                    _ => open_folder(&folder, name)?,
                }
            }
            other => other?,
        };
    }
    Ok(folder)
}

/// Removes a folder and those above it while they are empty.
fn remove_empty(top: &Dir, path: &str) {
    let mut path = path;
    while !path.is_empty() {
        let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
        let removed = open_below(top, above).and_then(|above| above.remove_dir(name));
        if removed.is_err() {
            return;
        }
        path = above;
    }
}
