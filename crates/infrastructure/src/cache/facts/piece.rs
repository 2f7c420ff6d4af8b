//! One piece of kept facts: a table of keys with places, then the facts. Written whole or not at all; what does not add up is not
//! believed.
//!
//! Layout, numbers in little-endian order: 8 bytes that name the format; the count of entries (8 bytes); the CRC-32 of the table (4)
//! and of the facts (4); per entry, sorted by key: the key (20), the place counted from the start of the file (8), the length (4), the
//! CRC-32 of the entry's facts (4); then the facts.

use std::{
    fs,
    io::{self, Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, FileExt as _},
    path::Path,
    time::Duration,
};

use bytes::Bytes;
use synthesizer_model::facts_store::{FactsKey, KeptFacts};

/// Names the format and its version.
const MAGIC: &[u8; 8] = b"SYNFACT1";
const HEAD: usize = 24;
const ENTRY: usize = 36;
/// The longest table that is read.
const MOST_ENTRIES: usize = 4_000_000;

/// Where the facts of one key are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    start: u64,
    length: u32,
    checksum: u32,
}

/// The table of a piece.
#[derive(Debug)]
pub(super) struct Table {
    entries: Vec<(FactsKey, Place)>,
}

impl Table {
    /// Reads the table of the piece at a path; `None` when it is damaged.
    pub(super) fn read(path: &Path) -> Option<Self> {
        let mut file = fs::File::open(path).ok()?;
        let size = file.metadata().ok()?.len();
        let mut head = [0; HEAD];
        file.read_exact(&mut head).ok()?;
        let (count, checksum) = read_head(&head)?;
        let mut table = vec![0; count.checked_mul(ENTRY)?];
        if table.len() as u64 + HEAD as u64 > size {
            return None;
        }
        file.read_exact(&mut table).ok()?;
        Self::of(&table, checksum, size)
    }

    fn of(table: &[u8], checksum: u32, size: u64) -> Option<Self> {
        if crc32fast::hash(table) != checksum {
            return None;
        }
        let mut entries = Vec::with_capacity(table.len() / ENTRY);
        for entry in table.chunks_exact(ENTRY) {
            let key = FactsKey(entry[..20].try_into().ok()?);
            let place = Place {
                start: u64::from_le_bytes(entry[20..28].try_into().ok()?),
                length: u32::from_le_bytes(entry[28..32].try_into().ok()?),
                checksum: u32::from_le_bytes(entry[32..36].try_into().ok()?),
            };
            if place.start.checked_add(u64::from(place.length))? > size {
                return None;
            }
            entries.push((key, place));
        }
        entries
            .is_sorted_by_key(|entry| entry.0)
            .then_some(Self { entries })
    }

    /// Gives the place of a key's facts.
    pub(super) fn place(&self, key: &FactsKey) -> Option<Place> {
        let found = self.entries.binary_search_by(|entry| entry.0.cmp(key));
        found.ok().map(|index| self.entries[index].1)
    }
}

/// A whole piece in memory.
#[derive(Debug)]
pub(super) struct Piece {
    table: Table,
    bytes: Bytes,
}

impl Piece {
    /// Reads the piece at a path; `None` when it is damaged or larger than the limit.
    pub(super) fn read(path: &Path, limit: u64) -> Option<Self> {
        let file = fs::File::open(path).ok()?;
        let size = file.metadata().ok()?.len();
        if size > limit.saturating_mul(2) {
            return None;
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).ok()?);
        file.take(size).read_to_end(&mut bytes).ok()?;
        let head: &[u8; HEAD] = bytes.first_chunk()?;
        let (count, checksum) = read_head(head)?;
        let end = count.checked_mul(ENTRY)?.checked_add(HEAD)?;
        let table = Table::of(bytes.get(HEAD..end)?, checksum, bytes.len() as u64)?;
        let announced = u32::from_le_bytes(bytes[20..24].try_into().ok()?);
        (crc32fast::hash(&bytes[end..]) == announced).then(|| Self {
            table,
            bytes: Bytes::from(bytes),
        })
    }

    /// Lists the facts; they share the piece's memory.
    pub(super) fn facts(&self) -> impl Iterator<Item = (FactsKey, Bytes)> + '_ {
        self.table.entries.iter().filter_map(|(key, place)| {
            let start = usize::try_from(place.start).ok()?;
            let end = start.checked_add(place.length as usize)?;
            Some((*key, self.bytes.slice(start..end)))
        })
    }
}

fn read_head(head: &[u8; HEAD]) -> Option<(usize, u32)> {
    if head[..8] != MAGIC[..] {
        return None;
    }
    let count = usize::try_from(u64::from_le_bytes(head[8..16].try_into().ok()?)).ok()?;
    let checksum = u32::from_le_bytes(head[16..20].try_into().ok()?);
    (count <= MOST_ENTRIES).then_some((count, checksum))
}

/// Reads the facts at a place of an open piece.
pub(super) fn read_at(file: &fs::File, place: Place) -> Option<Bytes> {
    let mut bytes = vec![0; place.length as usize];
    file.read_exact_at(&mut bytes, place.start).ok()?;
    (crc32fast::hash(&bytes) == place.checksum).then(|| Bytes::from(bytes))
}

/// Writes a piece under a name; readers see all of it or nothing.
pub(super) fn write(folder: &Path, name: &str, facts: &[&KeptFacts]) -> io::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let mut sorted: Vec<&&KeptFacts> = facts.iter().collect();
    sorted.sort_by_key(|one| one.key);
    let mut table = Vec::with_capacity(sorted.len() * ENTRY);
    let mut start = (HEAD + sorted.len() * ENTRY) as u64;
    let mut of_facts = crc32fast::Hasher::new();
    for one in &sorted {
        let length = u32::try_from(one.bytes.len()).map_err(io::Error::other)?;
        table.extend_from_slice(&one.key.0);
        table.extend_from_slice(&start.to_le_bytes());
        table.extend_from_slice(&length.to_le_bytes());
        table.extend_from_slice(&crc32fast::hash(&one.bytes).to_le_bytes());
        of_facts.update(&one.bytes);
        start += u64::from(length);
    }
    let file = tempfile::Builder::new()
        .prefix(".new-")
        .tempfile_in(folder)?;
    let mut writer = io::BufWriter::with_capacity(1 << 20, file);
    writer.write_all(MAGIC)?;
    writer.write_all(&(sorted.len() as u64).to_le_bytes())?;
    writer.write_all(&crc32fast::hash(&table).to_le_bytes())?;
    writer.write_all(&of_facts.finalize().to_le_bytes())?;
    writer.write_all(&table)?;
    for one in &sorted {
        writer.write_all(&one.bytes)?;
    }
    let file = writer
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?;
    // Not synced: after a power failure the checksums tell, and the facts are read anew.
    file.persist(folder.join(name))
        .map_err(|error| error.error)?;
    Ok(())
}

/// Removes what killed processes were writing.
pub(super) fn remove_stale(folder: &Path, age: Duration) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_ours = entry
            .file_name()
            .to_str()
            .is_some_and(|name| name.starts_with(".new-"));
        let is_old = entry
            .metadata()
            .and_then(|metadata| metadata.modified())
            .ok()
            .and_then(|time| time.elapsed().ok())
            .is_some_and(|since| since > age);
        if is_ours && is_old {
            // Another process may be removing it at the same time.
            let _ = fs::remove_file(entry.path());
        }
    }
}
