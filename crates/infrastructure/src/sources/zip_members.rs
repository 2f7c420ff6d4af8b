//! Members of a zip file (APPNOTE.TXT of PKWARE, sections 4.3 to 4.5). Reads the plain format that packaging tools write:
//! stored and deflated members, one disk, no encryption, no ZIP64; two records that could be read in two ways are refused.

use std::io::Read as _;

use bytes::Bytes;
use flate2::{Crc, read::DeflateDecoder};
use synthesizer_model::failure::{ErrorCode, Failure};

use super::archive::{MemberBody, Members, bomb, damaged};

const END_SIGNATURE: u32 = 0x0605_4b50;
const CENTRAL_SIGNATURE: u32 = 0x0201_4b50;
const LOCAL_SIGNATURE: u32 = 0x0403_4b50;
const END_BYTES: usize = 22;
const CENTRAL_BYTES: usize = 46;
const LOCAL_BYTES: usize = 30;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
const MADE_BY_UNIX: u8 = 3;
const UNIX_KIND: u32 = 0o170_000;

/// One record of the central directory.
#[derive(Debug)]
struct Record<'a> {
    name: &'a [u8],
    flags: u16,
    method: u16,
    crc: u32,
    packed: u64,
    unpacked: u64,
    header: u64,
    unix_mode: Option<u32>,
}

/// Reads all members in the order of the central directory.
///
/// # Errors
/// `E_FORBIDDEN`, `E_LIMIT`, `E_UPSTREAM`; see [`super::archive::unpack`].
pub(super) fn read(archive: &Bytes, members: &mut Members) -> Result<(), Failure> {
    let (mut rest, count) = central_directory(archive)?;
    let mut budget = members.unpacked_limit;
    // Members of an honest archive share no bytes; a bomb's do.
    let mut packed_budget = archive.len() as u64;
    for _ in 0..count {
        let record = next_record(&mut rest)?;
        packed_budget = packed_budget.checked_sub(record.packed).ok_or_else(|| {
            Failure::new(ErrorCode::Forbidden, "the archive has members that overlap")
        })?;
        let is_folder = record.name.ends_with(b"/");
        let Some(name) = members.name(record.name, is_folder)? else {
            continue;
        };
        if is_folder {
            continue;
        }
        let body = match special_kind(&record) {
            Some(what) => MemberBody::LeftOut(what.to_owned()),
            None => read_member(archive, &record, members, &mut budget)?,
        };
        members.push(name, body);
    }
    if rest.is_empty() {
        Ok(())
    } else {
        Err(damaged("its directory has more records than it says"))
    }
}

/// Finds the central directory and the number of its records.
fn central_directory(archive: &[u8]) -> Result<(&[u8], u16), Failure> {
    // The record may be followed by a comment of up to 65,535 bytes; the one whose comment ends with the file is meant.
    let earliest = archive
        .len()
        .saturating_sub(END_BYTES + usize::from(u16::MAX));
    let mut start = archive
        .len()
        .checked_sub(END_BYTES)
        .ok_or_else(|| damaged("it is too short"))?;
    loop {
        let record = &archive[start..];
        if u32_at(record, 0) == Some(END_SIGNATURE)
            && u16_at(record, 20)
                .is_some_and(|comment| END_BYTES + usize::from(comment) == record.len())
        {
            return directory_of(archive, start);
        }
        if start == earliest {
            return Err(damaged("it has no end record"));
        }
        start -= 1;
    }
}

fn directory_of(archive: &[u8], end: usize) -> Result<(&[u8], u16), Failure> {
    let record = &archive[end..];
    let number = |at| u16_at(record, at).unwrap_or(u16::MAX);
    let count = number(10);
    let (bytes, offset) = (
        u32_at(record, 12).unwrap_or(u32::MAX),
        u32_at(record, 16).unwrap_or(u32::MAX),
    );
    if count == u16::MAX || bytes == u32::MAX || offset == u32::MAX {
        return Err(damaged("the ZIP64 format is not supported"));
    }
    if number(4) != 0 || number(6) != 0 || number(8) != count {
        return Err(damaged("it is spread over several disks"));
    }
    let start = offset as usize;
    let directory = start
        .checked_add(bytes as usize)
        .filter(|stop| *stop == end)
        .and_then(|stop| archive.get(start..stop));
    directory
        .map(|directory| (directory, count))
        .ok_or_else(|| damaged("its directory is not where it says"))
}

fn next_record<'a>(rest: &mut &'a [u8]) -> Result<Record<'a>, Failure> {
    let cut = || damaged("its directory is cut");
    let data = *rest;
    if data.len() < CENTRAL_BYTES || u32_at(data, 0) != Some(CENTRAL_SIGNATURE) {
        return Err(cut());
    }
    let short = |at| u16_at(data, at).ok_or_else(cut);
    let long = |at| u32_at(data, at).ok_or_else(cut);
    let name_end = CENTRAL_BYTES + usize::from(short(28)?);
    let record_end = name_end + usize::from(short(30)?) + usize::from(short(32)?);
    let name = data.get(CENTRAL_BYTES..name_end).ok_or_else(cut)?;
    *rest = data.get(record_end..).ok_or_else(cut)?;
    Ok(Record {
        name,
        flags: short(8)?,
        method: short(10)?,
        crc: long(16)?,
        packed: u64::from(long(20)?),
        unpacked: u64::from(long(24)?),
        header: u64::from(long(42)?),
        unix_mode: (data[5] == MADE_BY_UNIX).then_some(long(38)? >> 16),
    })
}

fn special_kind(record: &Record<'_>) -> Option<&'static str> {
    if record.flags & 1 != 0 {
        return Some("an encrypted member");
    }
    match record.unix_mode.unwrap_or(0) & UNIX_KIND {
        0 | 0o100_000 => None,
        0o120_000 => Some("a symbolic link"),
        0o010_000 => Some("a FIFO"),
        0o020_000 | 0o060_000 => Some("a device"),
        _ => Some("a special member"),
    }
}

fn read_member(
    archive: &Bytes,
    record: &Record<'_>,
    members: &Members,
    budget: &mut u64,
) -> Result<MemberBody, Failure> {
    let packed = packed_bytes(archive, record)?;
    // One byte more than allowed is read, to see that there is more; sizes in headers decide nothing.
    let bound = members.file_bytes.min(*budget).saturating_add(1);
    let mut contents =
        Vec::with_capacity(usize::try_from(record.unpacked.min(64 << 10)).unwrap_or(0));
    match record.method {
        STORED => packed.take(bound).read_to_end(&mut contents),
        DEFLATED => DeflateDecoder::new(packed)
            .take(bound)
            .read_to_end(&mut contents),
        _ => {
            return Ok(MemberBody::LeftOut(
                "packed by a method that is not supported".to_owned(),
            ));
        }
    }
    .map_err(damaged)?;
    let size = contents.len() as u64;
    *budget = budget
        .checked_sub(size)
        .ok_or_else(|| bomb(members.unpacked_limit))?;
    if size > members.file_bytes {
        return Ok(members.too_large());
    }
    let mut crc = Crc::new();
    crc.update(&contents);
    if size != record.unpacked || crc.sum() != record.crc {
        return Err(damaged("a member does not match its checksum"));
    }
    let executable = record.unix_mode.unwrap_or(0) & 0o111 != 0;
    Ok(MemberBody::File {
        executable,
        contents: Bytes::from(contents),
    })
}

/// Finds a member's bytes behind its local header, which must repeat the name.
fn packed_bytes<'a>(archive: &'a [u8], record: &Record<'_>) -> Result<&'a [u8], Failure> {
    let cut = || damaged("a member is not where the directory says");
    let start = usize::try_from(record.header).map_err(|_| cut())?;
    let local = archive.get(start..).ok_or_else(cut)?;
    if u32_at(local, 0) != Some(LOCAL_SIGNATURE) {
        return Err(cut());
    }
    let name_end = LOCAL_BYTES + usize::from(u16_at(local, 26).ok_or_else(cut)?);
    let data_start = name_end + usize::from(u16_at(local, 28).ok_or_else(cut)?);
    if local.get(LOCAL_BYTES..name_end) != Some(record.name) {
        return Err(Failure::new(
            ErrorCode::Forbidden,
            "the archive gives one member two names",
        ));
    }
    let data_end = usize::try_from(record.packed)
        .ok()
        .and_then(|packed| data_start.checked_add(packed))
        .ok_or_else(cut)?;
    local.get(data_start..data_end).ok_or_else(cut)
}

fn u16_at(data: &[u8], at: usize) -> Option<u16> {
    data.get(at..at + 2)?
        .try_into()
        .ok()
        .map(u16::from_le_bytes)
}

fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    data.get(at..at + 4)?
        .try_into()
        .ok()
        .map(u32::from_le_bytes)
}
