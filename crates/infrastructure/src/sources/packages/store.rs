//! Archives of packages by their hash, and which one a version is. Trusts nothing that it reads back.

use std::{
    fs,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use synthesizer_model::{failure::Failure, tree::sha256_hex};

use super::pylock::is_sha256;
use crate::{
    config::Config,
    sources::{
        archive::ArchiveFormat,
        cache,
        room::{self, Entry},
    },
};

/// The longest note.
const MOST_NOTE_BYTES: u64 = 4096;
/// How many notes are kept.
const MOST_NOTES: u64 = 10_000;

/// What the store remembers of one version.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Note {
    /// The package's name, as the registry writes it.
    pub(super) name: String,
    /// The version, whole.
    pub(super) version: String,
    /// The archive's file name, which tells its format.
    pub(super) file_name: String,
    /// The archive's SHA-256, in hex.
    pub(super) sha256: String,
}

/// A version and its archive.
#[derive(Debug)]
pub(super) struct Kept {
    /// Which version it is.
    pub(super) note: Note,
    /// The archive, whose hash was compared.
    pub(super) archive: Bytes,
}

/// What is kept of one registry, as the user's configuration has it now.
#[derive(Debug)]
pub(super) struct Store {
    folder: PathBuf,
    registry: &'static str,
    settings: String,
    most_bytes: u64,
    room: u64,
}

impl Store {
    /// Takes the registry's prefix and every setting that decides where its packages come from.
    pub(super) fn new(config: &Config, registry: &'static str, settings: String) -> Self {
        Self {
            folder: config.paths.cache.join("packages"),
            registry,
            settings,
            most_bytes: config.limits.download_bytes,
            room: config.cache.packages_bytes,
        }
    }

    /// Gives the archive of a hash.
    pub(super) fn archive(&self, sha256: &str) -> Option<Bytes> {
        let bytes = cache::read_bounded(&self.folder.join(sha256), self.most_bytes)?;
        (sha256_hex(&bytes) == sha256).then_some(bytes)
    }

    /// Gives what was kept under a key.
    pub(super) fn recall(&self, name: &str, key: &str) -> Option<Kept> {
        let text = cache::read_bounded(&self.note(name, key), MOST_NOTE_BYTES)?;
        let note: Note = serde_json::from_slice(&text).ok()?;
        if !is_sha256(&note.sha256) || ArchiveFormat::of(&note.file_name).is_none() {
            return None;
        }
        let archive = self.archive(&note.sha256)?;
        for used in [self.folder.join(&note.sha256), self.note(name, key)] {
            // What went meanwhile needs no time.
            let _ = fs::File::open(used).map(|file| room::touch(&file));
        }
        Some(Kept { note, archive })
    }

    /// Keeps an archive where there is room for it, and remembers it under each key. The caller has checked that the archive has the note's hash.
    ///
    /// # Errors
    /// `E_CONFIG` when the cache cannot be written.
    pub(super) fn keep(
        &self,
        name: &str,
        keys: &[String],
        note: Note,
        archive: Bytes,
    ) -> Result<Kept, Failure> {
        if archive.len() as u64 > self.room {
            return Ok(Kept { note, archive });
        }
        let place = self.folder.join(&note.sha256);
        if self.archive(&note.sha256).is_none() {
            cache::write_atomically(&place, &archive)?;
        } else if let Ok(file) = fs::File::open(&place) {
            // Else it could be the first to make room for itself.
            room::touch(&file);
        }
        for key in keys {
            self.remember(name, key, &note)?;
        }
        self.make_room();
        Ok(Kept { note, archive })
    }

    /// Remembers under a further key what is kept already.
    ///
    /// # Errors
    /// `E_CONFIG` when the cache cannot be written.
    pub(super) fn remember(&self, name: &str, key: &str, note: &Note) -> Result<(), Failure> {
        let text =
            serde_json::to_vec(note).map_err(|error| Failure::internal(error.to_string()))?;
        cache::write_atomically(&self.note(name, key), &text)
    }

    /// Removes what was used longest ago. Who reads an archive has all of it in memory, so none is in use.
    fn make_room(&self) {
        let remove = |place: &Path| {
            // Another process may have removed it already.
            let _ = fs::remove_file(place);
            true
        };
        let archives = entries(&self.folder, is_sha256);
        room::make_room(archives, self.room, remove);
        let mut notes = entries(&self.folder.join("versions"), |name| {
            name.ends_with(".json")
        });
        notes.iter_mut().for_each(|note| note.size = 1);
        room::make_room(notes, MOST_NOTES, remove);
    }

    fn note(&self, name: &str, key: &str) -> PathBuf {
        let key = format!("{}:{name}@{key}\n{}", self.registry, self.settings);
        let key = sha256_hex(key.as_bytes());
        self.folder.join("versions").join(format!("{key}.json"))
    }
}

/// Gives the files of a folder whose names pass.
fn entries(folder: &Path, is_wanted: impl Fn(&str) -> bool) -> Vec<Entry> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let wanted = files.filter(|file| file.file_name().to_str().is_some_and(&is_wanted));
    wanted
        .filter_map(|file| {
            let metadata = file.metadata().ok().filter(fs::Metadata::is_file)?;
            Some(Entry {
                place: file.path(),
                size: metadata.len(),
                used: metadata.modified().ok()?,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::sources::testing::config;

    #[test]
    fn archives_that_were_not_used_for_the_longest_make_room() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut config = config(folder.path());
        config.cache.packages_bytes = 250;
        let store = Store::new(&config, "npm", String::new());
        let keep = |name: &str, age: u64| {
            let archive = Bytes::from(name.repeat(100));
            let note = Note {
                name: name.to_owned(),
                version: "1.0.0".to_owned(),
                file_name: format!("{name}.tgz"),
                sha256: sha256_hex(&archive),
            };
            let place = store.folder.join(&note.sha256);
            let keys = ["1.0.0".to_owned()];
            let kept = store.keep(name, &keys, note, archive).expect("kept");
            let used = SystemTime::now() - Duration::from_secs(age);
            if let Ok(file) = fs::File::open(place) {
                file.set_times(fs::FileTimes::new().set_modified(used))
                    .expect("a time");
            }
            kept.archive.len()
        };
        let there = |name: &str| store.recall(name, "1.0.0").is_some();
        assert_eq!((keep("a", 90), keep("b", 60)), (100, 100));
        // Use counts, not age.
        assert!(there("a"));
        keep("c", 0);
        assert_eq!(["a", "b", "c"].map(there), [true, false, true]);
        assert_eq!(keep("large", 0), 500, "it is given, and not kept");
        assert_eq!(["a", "c", "large"].map(there), [true, true, false]);
    }
}
