//! Blob ids of a local folder's files from the last time that it was opened, as git's index has them: a file of which the file system
//! tells the same as then is not read again.
//!
//! What a file of the cache says is used only when every field of a file's stamp is equal; the contents are compared with the id when
//! they are read. A file that changed shortly before it was seen is not remembered, because it could change again within one tick of
//! the file system's clock. A cache that is missing, damaged or of another folder costs time and nothing else.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::{Buf as _, BufMut as _, Bytes};
use gix::ObjectId;
use synthesizer_model::tree::{TreePath, sha256_hex};

use super::cache;

/// The beginning of every file of the cache; the last character is the version of the format.
const MAGIC: &[u8] = b"synthesizer files 1\n";
/// The checksum at the end, in bytes.
const SUM: usize = 4;
/// The largest file of the cache.
const MOST_BYTES: usize = 64 << 20;
/// The room for all folders together, and the number of them.
const ROOM: u64 = 256 << 20;
const MOST_FOLDERS: usize = 256;
/// The coarsest clock of a file system in use.
const TICK: Duration = Duration::from_secs(2);

/// What the file system tells of a file, and what of it changes when the contents change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Bytes.
    pub(super) size: u64,
    /// When the contents changed last, in seconds and nanoseconds; programs can set it.
    pub(super) modified: (i64, u32),
    /// When anything of the file changed last; no program can set it.
    pub(super) changed: (i64, u32),
    /// The file's number.
    pub(super) inode: u64,
    /// Where that number counts: major and minor.
    pub(super) device: (u32, u32),
}

impl Stamp {
    /// Says whether the file had its contents for long enough before a time that a later change must show.
    fn is_settled(&self, seen: SystemTime) -> bool {
        let Some(seen) = seen
            .checked_sub(TICK)
            .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
        else {
            return false;
        };
        let limit = (i64::try_from(seen.as_secs()).unwrap_or(i64::MAX), 0);
        self.modified < limit && self.changed < limit
    }
}

/// One file of the folder.
#[derive(Debug, Clone)]
struct KnownFile {
    path: Box<str>,
    stamp: Stamp,
    id: ObjectId,
}

/// What is known of a folder's files.
#[derive(Debug, Default)]
pub(super) struct KnownFiles {
    /// Where it is kept; nowhere for a folder that is not remembered.
    place: Option<PathBuf>,
    /// The file of the cache as it was read.
    written: Bytes,
    /// Sorted by path.
    files: Vec<KnownFile>,
}

impl KnownFiles {
    /// Reads what the cache has of the folder at a path whose links were resolved.
    pub(super) fn load(cache: &Path, folder: &Path) -> Self {
        let name = sha256_hex(folder.as_os_str().as_encoded_bytes());
        let place = cache.join("folders").join(name);
        let written = cache::read_bounded(&place, MOST_BYTES as u64).unwrap_or_default();
        let files = decode(&written).unwrap_or_default();
        Self {
            place: Some(place),
            written,
            files,
        }
    }

    /// Says whether a file was there the last time.
    pub(super) fn has(&self, path: &str) -> bool {
        self.position(path).is_some()
    }

    /// Gives the blob id of a file of which the file system tells the same as the last time.
    pub(super) fn id(&self, path: &str, stamp: &Stamp) -> Option<ObjectId> {
        let file = &self.files[self.position(path)?];
        (file.stamp == *stamp).then_some(file.id)
    }

    fn position(&self, path: &str) -> Option<usize> {
        self.files
            .binary_search_by(|file| (*file.path).cmp(path))
            .ok()
    }

    /// Keeps what was seen now, sorted by path, in the place of what was known; `begun` is when looking began. Writes nothing when
    /// nothing changed, and nothing when it cannot: the cache only saves time.
    pub(super) fn replace<'a>(
        &self,
        files: impl Iterator<Item = (&'a TreePath, &'a Stamp, ObjectId)>,
        begun: SystemTime,
    ) {
        let Some(place) = &self.place else {
            return;
        };
        let settled = files.filter(|(_, stamp, _)| stamp.is_settled(begun));
        let bytes = encode(settled);
        let nothing = bytes.len() == MAGIC.len() + SUM && self.written.is_empty();
        if nothing || bytes.len() > MOST_BYTES || bytes == self.written {
            return;
        }
        if cache::replace_file(place, &bytes).is_ok()
            && let Some(folder) = place.parent()
        {
            make_room(folder, place);
        }
    }
}

fn encode<'a>(files: impl Iterator<Item = (&'a TreePath, &'a Stamp, ObjectId)>) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    for (path, stamp, id) in files {
        // A path has 4,096 bytes at most.
        bytes.put_u16(u16::try_from(path.as_str().len()).unwrap_or(u16::MAX));
        bytes.put_slice(path.as_str().as_bytes());
        bytes.put_u64(stamp.size);
        for (seconds, nanoseconds) in [stamp.modified, stamp.changed] {
            bytes.put_i64(seconds);
            bytes.put_u32(nanoseconds);
        }
        bytes.put_u64(stamp.inode);
        bytes.put_u32(stamp.device.0);
        bytes.put_u32(stamp.device.1);
        bytes.put_slice(id.as_slice());
    }
    let sum = crc32fast::hash(&bytes);
    bytes.put_u32(sum);
    bytes
}

/// Reads a file of the cache; `None` when anything of it is not as [`encode`] writes it.
fn decode(written: &Bytes) -> Option<Vec<KnownFile>> {
    let (body, sum) = written.split_at_checked(written.len().checked_sub(SUM)?)?;
    if crc32fast::hash(body).to_be_bytes() != *sum {
        return None;
    }
    let mut rest = body.strip_prefix(MAGIC)?;
    let mut files: Vec<KnownFile> = Vec::new();
    while !rest.is_empty() {
        let file = decode_file(&mut rest)?;
        let sorted = files.last().is_none_or(|before| before.path < file.path);
        if !sorted {
            return None;
        }
        files.push(file);
    }
    Some(files)
}

fn decode_file(rest: &mut &[u8]) -> Option<KnownFile> {
    let length = usize::from(rest.try_get_u16().ok()?);
    let (path, after) = rest.split_at_checked(length)?;
    let path = std::str::from_utf8(path).ok()?.into();
    *rest = after;
    let time = |rest: &mut &[u8]| Some((rest.try_get_i64().ok()?, rest.try_get_u32().ok()?));
    let stamp = Stamp {
        size: rest.try_get_u64().ok()?,
        modified: time(rest)?,
        changed: time(rest)?,
        inode: rest.try_get_u64().ok()?,
        device: (rest.try_get_u32().ok()?, rest.try_get_u32().ok()?),
    };
    let (id, after) = rest.split_at_checked(gix::hash::Kind::Sha1.len_in_bytes())?;
    *rest = after;
    Some(KnownFile {
        path,
        stamp,
        id: ObjectId::try_from(id).ok()?,
    })
}

/// Removes the folders that were written longest ago, until the others have room. The one that was just written stays.
fn make_room(folder: &Path, newest: &Path) {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<(SystemTime, u64, PathBuf)> = files
        .filter_map(|file| {
            let metadata = file.metadata().ok()?;
            Some((metadata.modified().ok()?, metadata.len(), file.path()))
        })
        .filter(|(_, _, path)| path != newest)
        .collect();
    found.sort_by_key(|(written, _, _)| std::cmp::Reverse(*written));
    let mut room = ROOM.saturating_sub(fs::metadata(newest).map_or(0, |metadata| metadata.len()));
    for (number, (_, size, path)) in found.into_iter().enumerate() {
        match room.checked_sub(size) {
            Some(rest) if number + 1 < MOST_FOLDERS => room = rest,
            // Another process may be removing it at the same time.
            _ => drop(fs::remove_file(path)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "ce013625030ba8dba906f756967f9e9ca394464a";

    fn stamp(second: i64) -> Stamp {
        Stamp {
            size: 6,
            modified: (second, 7),
            changed: (second, 8),
            inode: 9,
            device: (1, 2),
        }
    }

    fn at(second: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(second)
    }

    fn id() -> ObjectId {
        ObjectId::from_hex(ID.as_bytes()).expect("an id")
    }

    #[test]
    fn what_is_settled_is_known_the_next_time() {
        let cache = tempfile::tempdir().expect("a folder");
        let root = Path::new("/somewhere");
        let (old, young) = ("a/old", "a/young");
        let paths = [old, young].map(|path| TreePath::new(path).expect("a path"));
        let stamps = [stamp(100), stamp(108)];
        let files = paths
            .iter()
            .zip(&stamps)
            .map(|(path, stamp)| (path, stamp, id()));
        KnownFiles::load(cache.path(), root).replace(files, at(110));
        let known = KnownFiles::load(cache.path(), root);
        assert_eq!(known.id(old, &stamps[0]), Some(id()));
        assert!(!known.has(young));
        let other_folder = KnownFiles::load(cache.path(), Path::new("/elsewhere"));
        assert!(!other_folder.has(old));
        let differ: [fn(&mut Stamp); 5] = [
            |stamp| stamp.size += 1,
            |stamp| stamp.modified.1 += 1,
            |stamp| stamp.changed.1 += 1,
            |stamp| stamp.inode += 1,
            |stamp| stamp.device.1 += 1,
        ];
        for change in differ {
            let mut changed = stamps[0];
            change(&mut changed);
            assert_eq!(known.id(old, &changed), None, "{changed:?}");
        }
    }

    #[test]
    fn a_file_is_settled_a_tick_after_its_last_change() {
        let check = |modified: i64, changed: i64, seen: u64, expected: bool| {
            let stamp = Stamp {
                modified: (modified, 999_999_999),
                changed: (changed, 0),
                ..stamp(0)
            };
            assert_eq!(stamp.is_settled(at(seen)), expected, "{stamp:?} {seen}");
        };
        check(100, 100, 103, true);
        check(100, 100, 102, false);
        // A program may say that it changed long ago; the other time tells.
        check(1, 101, 102, false);
        check(101, 1, 102, false);
        check(-5, -5, 1, false);
        check(200, 200, 100, false);
    }

    #[test]
    fn a_damaged_file_is_no_cache() {
        let (path, stamp) = (TreePath::new("a").expect("a path"), stamp(1));
        let whole = encode([(&path, &stamp, id())].into_iter());
        let read = |bytes: &[u8]| decode(&Bytes::copy_from_slice(bytes)).map(|files| files.len());
        assert_eq!(read(&whole), Some(1));
        assert_eq!(read(b""), None);
        for cut in 0..whole.len() {
            assert_eq!(read(&whole[..cut]), None, "{cut}");
        }
        for place in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[place] ^= 1;
            assert_eq!(read(&damaged), None, "{place}");
        }
        let unsorted = [(&path, &stamp, id()), (&path, &stamp, id())];
        assert_eq!(read(&encode(unsorted.into_iter())), None);
    }

    #[test]
    fn folders_that_were_written_long_ago_make_room() {
        let cache = tempfile::tempdir().expect("a folder");
        let folders = cache.path().join("folders");
        fs::create_dir(&folders).expect("a folder");
        for number in 0..MOST_FOLDERS + 3 {
            let file = fs::File::create(folders.join(number.to_string())).expect("a file");
            file.set_modified(at(number as u64)).expect("a time");
        }
        let (path, stamp) = (TreePath::new("a").expect("a path"), stamp(1));
        let known = KnownFiles::load(cache.path(), Path::new("/somewhere"));
        known.replace([(&path, &stamp, id())].into_iter(), at(1_000));
        assert_eq!(
            fs::read_dir(&folders).expect("a folder").count(),
            MOST_FOLDERS
        );
        assert!(!folders.join("3").exists() && folders.join("4").exists());
        assert!(KnownFiles::load(cache.path(), Path::new("/somewhere")).has("a"));
    }
}
