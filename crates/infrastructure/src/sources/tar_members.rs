//! Members of a gzip-compressed tar file. Interprets extension headers itself, each within a bound.

use std::{
    cell::Cell,
    io::{self, Read},
};

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use synthesizer_model::failure::{ErrorCode, Failure};
use tar::{Archive, EntryType, PaxExtensions};

use super::archive::{MemberBody, Members, bomb, damaged};

/// The longest extension header (a long name, PAX records); names themselves are bounded further by `TreePath`.
const LONGEST_EXTENSION: u64 = 64 << 10;

/// What extension headers said about the next member.
#[derive(Debug, Default)]
struct Extensions {
    name: Option<Vec<u8>>,
    size: Option<u64>,
    sparse: bool,
}

/// Reads all members to the end of the compressed stream, so that its checksum is verified.
///
/// # Errors
/// `E_FORBIDDEN`, `E_LIMIT`, `E_UPSTREAM`; see [`super::archive::unpack`].
pub(super) fn read(archive: &Bytes, members: &mut Members) -> Result<(), Failure> {
    let limit = members.unpacked_limit;
    let exceeded = Cell::new(false);
    let bounded = Bounded {
        inner: MultiGzDecoder::new(&archive[..]),
        remaining: limit,
        exceeded: &exceeded,
    };
    let mut tar = Archive::new(bounded);
    let outcome = read_members(&mut tar, members);
    if exceeded.get() {
        return Err(bomb(limit));
    }
    outcome?;
    let drained = io::copy(&mut tar.into_inner(), &mut io::sink());
    if exceeded.get() {
        return Err(bomb(limit));
    }
    drained.map(|_| ()).map_err(damaged)
}

fn read_members<R: Read>(tar: &mut Archive<R>, members: &mut Members) -> Result<(), Failure> {
    let mut extensions = Extensions::default();
    let mut any = false;
    for entry in tar.entries().map_err(damaged)?.raw(true) {
        let mut entry = entry.map_err(damaged)?;
        any = true;
        let kind = entry.header().entry_type();
        let size = entry.header().entry_size().map_err(damaged)?;
        match kind {
            EntryType::GNULongName => {
                let mut name = read_extension(&mut entry, size)?;
                while name.last() == Some(&0) {
                    name.pop();
                }
                extensions.name = Some(name);
                continue;
            }
            EntryType::XHeader => {
                let records = read_extension(&mut entry, size)?;
                apply_records(&records, &mut extensions)?;
                continue;
            }
            EntryType::GNULongLink | EntryType::XGlobalHeader => {
                read_extension(&mut entry, size)?;
                continue;
            }
            _ => {}
        }
        let said = std::mem::take(&mut extensions);
        if said.size.is_some_and(|said| said != size) {
            return Err(Failure::new(
                ErrorCode::Forbidden,
                "the archive gives one member two sizes",
            ));
        }
        let raw_name = said
            .name
            .unwrap_or_else(|| entry.header().path_bytes().into_owned());
        // Old tar files mark folders by a trailing slash alone.
        let is_folder =
            kind == EntryType::Directory || (kind.is_file() && raw_name.ends_with(b"/"));
        let Some(name) = members.name(&raw_name, is_folder)? else {
            continue;
        };
        if is_folder {
            continue;
        }
        let body = match kind {
            EntryType::Regular | EntryType::Continuous if said.sparse => {
                MemberBody::LeftOut("a sparse file".to_owned())
            }
            EntryType::Regular | EntryType::Continuous if size > members.file_bytes => {
                members.too_large()
            }
            EntryType::Regular | EntryType::Continuous => {
                let executable = entry.header().mode().unwrap_or(0) & 0o111 != 0;
                MemberBody::File {
                    executable,
                    contents: read_contents(&mut entry, size)?,
                }
            }
            EntryType::GNUSparse => {
                // Its header goes on in blocks that no size counts; nothing behind it can be found safely.
                return Err(Failure::new(
                    ErrorCode::Forbidden,
                    "the archive has a sparse member",
                ));
            }
            other => MemberBody::LeftOut(describe(other).to_owned()),
        };
        members.push(name, body);
    }
    if any {
        Ok(())
    } else {
        Err(damaged("it has no members"))
    }
}

fn read_extension(entry: &mut impl Read, size: u64) -> Result<Vec<u8>, Failure> {
    if size > LONGEST_EXTENSION {
        return Err(Failure::new(
            ErrorCode::Limit,
            "the archive has an extension header that is too long",
        ));
    }
    Ok(read_contents(entry, size)?.to_vec())
}

/// Reads exactly what the header announces; the announcement is not used to reserve more than 64 KiB.
fn read_contents(entry: &mut impl Read, size: u64) -> Result<Bytes, Failure> {
    let mut contents = Vec::with_capacity(usize::try_from(size.min(64 << 10)).unwrap_or(0));
    entry
        .take(size)
        .read_to_end(&mut contents)
        .map_err(damaged)?;
    if contents.len() as u64 != size {
        return Err(damaged("a member ends early"));
    }
    Ok(Bytes::from(contents))
}

fn apply_records(records: &[u8], extensions: &mut Extensions) -> Result<(), Failure> {
    for record in PaxExtensions::new(records) {
        let record = record.map_err(damaged)?;
        match record.key_bytes() {
            b"path" => extensions.name = Some(record.value_bytes().to_vec()),
            b"size" => {
                let size = record.value().ok().and_then(|size| size.parse().ok());
                extensions.size = Some(size.ok_or_else(|| damaged("a size that is no number"))?);
            }
            key if key.starts_with(b"GNU.sparse.") => extensions.sparse = true,
            _ => {}
        }
    }
    Ok(())
}

fn describe(kind: EntryType) -> &'static str {
    match kind {
        EntryType::Symlink => "a symbolic link",
        EntryType::Link => "a hard link",
        EntryType::Char | EntryType::Block => "a device",
        EntryType::Fifo => "a FIFO",
        _ => "a special member",
    }
}

/// Reads at most a number of bytes, and remembers when there were more.
#[derive(Debug)]
struct Bounded<'a, R> {
    inner: R,
    remaining: u64,
    exceeded: &'a Cell<bool>,
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        match self.remaining.checked_sub(count as u64) {
            Some(remaining) => {
                self.remaining = remaining;
                Ok(count)
            }
            None => {
                self.exceeded.set(true);
                Err(io::Error::other("too many bytes"))
            }
        }
    }
}
