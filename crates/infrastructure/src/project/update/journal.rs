//! Which update is being written. The old state, the new one and the note about both are on the disk before the first file of the project
//! changes, and the note goes last, so that an update that was killed is finished by the next.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Read as _, Write as _},
    path::Path,
    sync::Arc,
};

use cap_std::fs::{Dir, OpenOptions};
use serde::{Deserialize, Serialize};
use synthesizer_model::failure::{ErrorCode, Failure};

use super::{
    importing::Commit,
    merging::checked,
    objects::{ObjectStore, is_id},
    repository::{GitProject, OWN, cannot_write, look_in, open_below},
    writing::{Change, Side, write_all},
};
use crate::{project::owned_folder::open_folder, telemetry::tasks};

/// What the project was before its last update.
pub const BEFORE: &str = "refs/synthesizer/before-update";
/// What its last update made of it.
pub const AFTER: &str = "refs/synthesizer/update";
/// What its lock gives without anybody's edits.
pub const BASE: &str = "refs/synthesizer/base";

/// The note's name in our folder.
const NOTE: &str = "update.json";
/// The longest note that is read, in bytes.
const LONGEST_NOTE: u64 = 4096;

/// The note about an update that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    version: u32,
    before: String,
    after: String,
    base: String,
}

/// The right to write an update into a project; others wait while it is held.
#[derive(Debug)]
pub struct Journal {
    project: Arc<GitProject>,
    folder: Dir,
    note: Option<Note>,
}

/// How the writing ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// How many files were written or removed.
    pub written: usize,
    /// Files that were not touched, each with the reason; the new state has what would have been written.
    pub left: Vec<(String, String)>,
    /// Files in `.git/synthesizer` with what somebody wrote while a killed update was at work.
    pub saved: Vec<String>,
}

impl Journal {
    /// Says whether an update was begun and not finished; changes nothing.
    ///
    /// # Errors
    /// `E_FORBIDDEN` for a note that is none.
    pub fn is_unfinished(project: &GitProject) -> Result<bool, Failure> {
        match open_below(project.git(), OWN) {
            Ok(folder) => Ok(read_note(&folder)?.is_some()),
            Err(_) => Ok(false),
        }
    }

    /// Takes the right to write.
    ///
    /// # Errors
    /// `E_EXISTS` while another update is running, `E_FORBIDDEN` for a note that is none, `E_PATH`.
    pub fn open(project: &Arc<GitProject>) -> Result<Self, Failure> {
        let folder = project.own_folder()?;
        let note = read_note(&folder)?;
        Ok(Self {
            project: Arc::clone(project),
            folder,
            note,
        })
    }

    /// Says whether an earlier update was begun and not finished.
    pub fn has_unfinished(&self) -> bool {
        self.note.is_some()
    }

    /// Puts both states into the project's repository and notes that the second is being written. No file of the project changes yet.
    ///
    /// # Errors
    /// `E_PATH`, `E_LIMIT` without space; those of git.
    pub async fn begin(
        &mut self,
        store: &ObjectStore,
        before: &Commit,
        after: &Commit,
        base: &Commit,
    ) -> Result<(), Failure> {
        let (pack, folder) = store.pack(&[&before.id, &after.id, &base.id]).await?;
        self.install(&folder, &pack)
            .map_err(|error| cannot_write("the project's repository", &error))?;
        self.set_reference(BEFORE, &before.id)?;
        self.set_reference(AFTER, &after.id)?;
        let note = Note {
            version: 1,
            before: before.id.clone(),
            after: after.id.clone(),
            base: base.id.clone(),
        };
        let text = serde_json::to_vec(&note).map_err(|error| {
            Failure::internal(format!("the journal cannot be written: {error}"))
        })?;
        self.replace(&self.folder, NOTE, &text)
            .map_err(|error| cannot_write("the journal of the update", &error))?;
        self.note = Some(note);
        Ok(())
    }

    /// Writes what the note says, and takes the note away. Files that are neither as before nor as after stay as they are.
    ///
    /// # Errors
    /// `E_FORBIDDEN` when the note names states that were not saved; `E_PATH`, `E_LIMIT`; those of git. The note stays then.
    pub async fn finish(&mut self, store: &ObjectStore) -> Result<Applied, Failure> {
        let Some(note) = self.note.clone() else {
            return Ok(Applied::default());
        };
        for (reference, id) in [(BEFORE, &note.before), (AFTER, &note.after)] {
            if store.reference(reference).await.as_ref() != Some(id) {
                return Err(no_note());
            }
        }
        let changes = changes(store, &note).await?;
        let (project, folder) = (Arc::clone(&self.project), self.folder.try_clone());
        let folder = folder.map_err(|error| cannot_write(".git", &error))?;
        let work = move || write_all(project.top(), &folder, &changes);
        let applied = tasks::spawn_blocking("write_update", work)
            .await
            .map_err(|error| Failure::internal(format!("writing the update failed: {error}")))??;
        // A base that is no commit of this repository would only not be found by the next update.
        if is_id(&note.base) {
            self.set_reference(BASE, &note.base)?;
        }
        self.folder
            .remove_file(NOTE)
            .map_err(|error| cannot_write("the journal of the update", &error))?;
        self.note = None;
        Ok(applied)
    }

    /// Copies a pack into the repository; its index comes last, because git takes a pack by its index.
    fn install(&self, folder: &Path, pack: &str) -> io::Result<()> {
        let packs = open_below(self.project.git(), "objects/pack")?;
        for ending in ["pack", "idx"] {
            let name = format!("{pack}.{ending}");
            if packs.symlink_metadata(&name).is_ok() {
                continue;
            }
            let contents = fs::read(folder.join(&name))?;
            self.replace(&packs, &name, &contents)?;
        }
        Ok(())
    }

    /// Lets a reference of ours name a commit.
    fn set_reference(&self, name: &str, id: &str) -> Result<(), Failure> {
        let set = || -> io::Result<()> {
            let refs = open_below(self.project.git(), "refs")?;
            match refs.create_dir(OWN) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
            let own = open_folder(&refs, OWN)?;
            let last = name.rsplit('/').next().unwrap_or(name);
            self.replace(&own, last, format!("{id}\n").as_bytes())
        };
        set().map_err(|error| cannot_write(name, &error))
    }

    /// Writes a file whole under a name of a folder on the repository's file system.
    fn replace(&self, folder: &Dir, name: &str, contents: &[u8]) -> io::Result<()> {
        const FRESH: &str = "fresh";
        match self.folder.remove_file(FRESH) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let options = OpenOptions::new().write(true).create_new(true).clone();
        let mut open = self.folder.open_with(FRESH, &options)?;
        open.write_all(contents)?;
        open.sync_all()?;
        rustix::fs::renameat(&self.folder, FRESH, folder, name)?;
        rustix::fs::fsync(folder)?;
        Ok(())
    }
}

/// Reads what differs between the states of a note.
async fn changes(store: &ObjectStore, note: &Note) -> Result<Vec<Change>, Failure> {
    let differences = store.differences(&note.before, &note.after, false).await?;
    let sides = || {
        differences
            .iter()
            .flat_map(|one| [one.before.as_ref(), one.after.as_ref()])
            .flatten()
    };
    let ids: BTreeSet<String> = sides()
        .filter(|entry| entry.is_file())
        .map(|entry| entry.id.clone())
        .collect();
    let blobs = store.blobs(&ids).await?;
    let side = |entry: &Option<super::Entry>| match entry {
        None => Side::Nothing,
        Some(entry) => blobs
            .get(&entry.id)
            .map_or(Side::Other, |contents| Side::File {
                contents: contents.clone(),
                executable: entry.is_executable(),
            }),
    };
    differences
        .iter()
        .map(|one| {
            Ok(Change {
                path: checked(&one.path)?,
                before: side(&one.before),
                after: side(&one.after),
            })
        })
        .collect()
}

fn read_note(folder: &Dir) -> Result<Option<Note>, Failure> {
    match look_in(folder, NOTE, LONGEST_NOTE) {
        None => return Ok(None),
        Some(super::Present::File { contents, .. }) => {
            let mut text = String::new();
            let read = contents.as_ref().read_to_string(&mut text);
            let note = read.ok().and_then(|_| serde_json::from_str(&text).ok());
            note.filter(|note: &Note| {
                note.version == 1 && [&note.before, &note.after].iter().all(|id| is_id(id))
            })
        }
        Some(_) => None,
    }
    .map_or_else(|| Err(no_note()), |note| Ok(Some(note)))
}

fn no_note() -> Failure {
    Failure::new(
        ErrorCode::Forbidden,
        "the journal of an earlier update is not one that this program wrote",
    )
    .with_hint("look at the project, then remove .git/synthesizer/update.json")
}
