//! Archives of packages by their hash, and which one a version is. Trusts nothing that it reads back.

use std::path::PathBuf;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use synthesizer_model::{failure::Failure, tree::sha256_hex};

use super::pylock::is_sha256;
use crate::{
    config::Config,
    sources::{archive::ArchiveFormat, cache},
};

/// The longest note.
const MOST_NOTE_BYTES: u64 = 4096;

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
}

impl Store {
    /// Takes the registry's prefix and every setting that decides where its packages come from.
    pub(super) fn new(config: &Config, registry: &'static str, settings: String) -> Self {
        Self {
            folder: config.paths.cache.join("packages"),
            registry,
            settings,
            most_bytes: config.limits.download_bytes,
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
        Some(Kept { note, archive })
    }

    /// Keeps an archive and remembers it under each key. The caller has checked that the archive has the note's hash.
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
        if self.archive(&note.sha256).is_none() {
            cache::write_atomically(&self.folder.join(&note.sha256), &archive)?;
        }
        for key in keys {
            self.remember(name, key, &note)?;
        }
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

    fn note(&self, name: &str, key: &str) -> PathBuf {
        let key = format!("{}:{name}@{key}\n{}", self.registry, self.settings);
        let key = sha256_hex(key.as_bytes());
        self.folder.join("versions").join(format!("{key}.json"))
    }
}
