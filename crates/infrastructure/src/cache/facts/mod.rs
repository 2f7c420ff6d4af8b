//! Facts of blobs on disk: one piece per source, and pieces of what was new since, so that a second look at a source is one read.
//! Losing all of it costs time alone; nothing here fails its caller.
//!
//! Map:
//! - this file: [`FactsFolder`], the pieces of all sources within a bound
//! - [`piece`]: the form of one piece

mod piece;

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use synthesizer_model::{
    facts_store::{FactsKey, FactsStore, KeptFacts},
    tree::sha256_hex,
};

use piece::{Piece, Table};

/// How many pieces of what was new a source may have before all is written as one.
const MOST_ADDITIONS: usize = 8;
/// A source's facts are written as one piece when more than one in this many of them are in no piece of it.
const REWRITTEN_SHARE: usize = 10;
/// Pieces that are being written for longer than this were left behind by a process that was killed.
const STALE: Duration = Duration::from_secs(3600);
/// The ending of a piece's name.
const ENDING: &str = ".facts";

/// Keeps facts below one folder, the least recently used source first to go.
#[derive(Debug)]
pub struct FactsFolder {
    folder: PathBuf,
    limit: u64,
    /// What the pieces hold, by the name of the piece; a piece never changes under its name.
    tables: Mutex<HashMap<String, Arc<Table>>>,
}

/// One piece as the folder lists it.
struct Listed {
    name: String,
    bytes: u64,
    used: SystemTime,
}

impl FactsFolder {
    /// Takes the folder, which is made when something is kept, and the most bytes to keep in it; 0 keeps nothing.
    pub fn new(folder: PathBuf, limit: u64) -> Self {
        Self {
            folder,
            limit,
            tables: Mutex::new(HashMap::new()),
        }
    }

    /// Lists the pieces, by name.
    fn list(&self) -> Vec<Listed> {
        let mut listed: Vec<Listed> = fs::read_dir(&self.folder)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
                Some(Listed {
                    name,
                    bytes: metadata.len(),
                    used: metadata.modified().ok()?,
                })
            })
            .filter(|piece| piece.name.ends_with(ENDING))
            .collect();
        listed.sort_by(|left, right| left.name.cmp(&right.name));
        listed
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Names the pieces of a source, the oldest first.
    fn pieces_of(&self, source: &str) -> Vec<String> {
        let prefix = prefix_of(source);
        self.list()
            .into_iter()
            .map(|piece| piece.name)
            .filter(|name| name.starts_with(&prefix))
            .collect()
    }

    /// Gives what a piece holds; reads it once.
    fn table(&self, name: &str) -> Option<Arc<Table>> {
        let known = |tables: &HashMap<String, Arc<Table>>| tables.get(name).cloned();
        if let Some(table) = known(&self.tables.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Some(table);
        }
        let table = Arc::new(Table::read(&self.path(name))?);
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        tables.insert(name.to_owned(), Arc::clone(&table));
        Some(table)
    }

    fn touch(&self, name: &str) {
        if let Ok(file) = fs::File::open(self.path(name)) {
            let times = fs::FileTimes::new().set_modified(SystemTime::now());
            // A time that cannot be set makes the piece go earlier; nothing else.
            let _ = file.set_times(times);
        }
    }

    /// Removes the least recently used pieces until the rest fits, and what killed processes left behind.
    fn evict(&self) {
        let mut pieces = self.list();
        let mut total: u64 = pieces.iter().map(|piece| piece.bytes).sum();
        pieces.sort_by_key(|piece| piece.used);
        for piece in &pieces {
            if total <= self.limit {
                break;
            }
            self.remove(&piece.name);
            total = total.saturating_sub(piece.bytes);
        }
        piece::remove_stale(&self.folder, STALE);
    }

    fn remove(&self, name: &str) {
        // Another process may have removed it already.
        let _ = fs::remove_file(self.path(name));
        self.tables
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(name);
    }
}

impl FactsStore for FactsFolder {
    fn of_source(&self, source: &str) -> HashMap<FactsKey, Bytes> {
        let mut found = HashMap::new();
        for name in self.pieces_of(source) {
            match Piece::read(&self.path(&name), self.limit) {
                Some(piece) => {
                    found.extend(piece.facts());
                    self.touch(&name);
                }
                None => self.remove(&name),
            }
        }
        found
    }

    fn load(&self, keys: &[FactsKey]) -> Vec<Option<Bytes>> {
        let mut found = vec![None; keys.len()];
        let mut missing = keys.len();
        for listed in self.list() {
            if missing == 0 {
                break;
            }
            let Some(table) = self.table(&listed.name) else {
                continue;
            };
            let mut reader = None;
            for (place, key) in keys.iter().enumerate() {
                if found[place].is_some() {
                    continue;
                }
                let Some(at) = table.place(key) else { continue };
                if reader.is_none() {
                    reader = fs::File::open(self.path(&listed.name)).ok();
                }
                found[place] = reader.as_ref().and_then(|file| piece::read_at(file, at));
                missing -= usize::from(found[place].is_some());
            }
            if reader.is_some() {
                self.touch(&listed.name);
            }
        }
        found
    }

    fn save(&self, source: &str, facts: Vec<KeptFacts>) {
        let bytes: u64 = facts.iter().map(|one| one.bytes.len() as u64).sum();
        if bytes > self.limit || facts.is_empty() {
            return;
        }
        let existing = self.pieces_of(source);
        let new = facts.iter().filter(|one| one.new).count();
        if new == 0 && !existing.is_empty() {
            return;
        }
        let is_addition = !existing.is_empty()
            && existing.len() <= MOST_ADDITIONS
            && new * REWRITTEN_SHARE <= facts.len();
        let kept: Vec<&KeptFacts> = facts.iter().filter(|one| !is_addition || one.new).collect();
        let mut seen = HashSet::new();
        let kept: Vec<&KeptFacts> = kept
            .into_iter()
            .filter(|one| seen.insert(one.key))
            .collect();
        let name = next_name(source, &existing);
        if piece::write(&self.folder, &name, &kept).is_err() {
            return;
        }
        if !is_addition {
            for old in existing.iter().filter(|old| **old != name) {
                self.remove(old);
            }
        }
        self.evict();
    }
}

/// The part of the names of a source's pieces that is theirs alone.
fn prefix_of(source: &str) -> String {
    let mut digest = sha256_hex(source.as_bytes());
    digest.truncate(32);
    digest.push('-');
    digest
}

/// Gives a name that no piece of the source had: the next number.
fn next_name(source: &str, existing: &[String]) -> String {
    let prefix = prefix_of(source);
    let last = existing
        .last()
        .and_then(|name| {
            name.strip_prefix(&prefix)?
                .strip_suffix(ENDING)?
                .parse::<u64>()
                .ok()
        })
        .unwrap_or(0);
    // Two processes may choose the same number; then the later one's piece stands, and what it lacks is read anew.
    format!("{prefix}{:012}{ENDING}", last.saturating_add(1))
}

/// Gives the folder below the cache in which facts lie.
pub fn folder_of(cache: &Path) -> PathBuf {
    cache.join("facts")
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
