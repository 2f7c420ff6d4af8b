//! An archive as a tree, unpacked in memory within bounds. Never writes a member to disk and never believes a header's size.
//!
//! A member that leads outside (`..`, an absolute name) or a name that comes twice makes the whole archive `E_FORBIDDEN`:
//! no packaging tool writes such an archive. Links, devices and other special members are left out as problems.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    text::escape_untrusted,
    tree::{EntryKind, Origin, TreePath},
};

use super::{
    collector::Collector,
    memory_tree::{MemoryFile, MemoryTree},
    tar_members, zip_members,
};
use crate::config::Limits;

/// What an archive may grow to, as a multiple of its own size; text seldom passes 20.
const MOST_GROWTH: u64 = 200;
/// Below this many bytes the growth is not looked at.
const HARMLESS_BYTES: u64 = 32 << 20;
/// Names of license files that a wheel's metadata folder may hold.
const LICENSE_PREFIXES: &[&str] = &["license", "licence", "copying", "notice", "authors"];

/// The formats that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ArchiveFormat {
    /// A gzip-compressed tar file: a source archive, a package of npm or a crate, with one top folder.
    TarGz,
    /// A zip file: a source archive with one top folder.
    Zip,
    /// A zip file with packages at the top and a `.dist-info` folder.
    Wheel,
}

impl ArchiveFormat {
    /// Tells the format by the file's name.
    pub(super) fn of(file_name: &str) -> Option<Self> {
        let name = file_name.to_ascii_lowercase();
        if [".tar.gz", ".tgz", ".crate"]
            .iter()
            .any(|ending| name.ends_with(ending))
        {
            Some(Self::TarGz)
        } else if name.ends_with(".zip") {
            Some(Self::Zip)
        } else if name.ends_with(".whl") {
            Some(Self::Wheel)
        } else {
            None
        }
    }
}

/// What a member is.
#[derive(Debug, Clone)]
pub(super) enum MemberBody {
    /// A file with its contents.
    File {
        /// Whether it has the executable bit.
        executable: bool,
        /// The contents.
        contents: Bytes,
    },
    /// Something that is left out, with the reason.
    LeftOut(String),
}

/// One member under its checked name.
#[derive(Debug, Clone)]
pub(super) struct Member {
    name: Vec<u8>,
    body: MemberBody,
}

/// Takes members while an archive is read and holds the bounds.
#[derive(Debug)]
pub(super) struct Members {
    /// The most bytes that all members together may unpack to.
    pub(super) unpacked_limit: u64,
    /// The most bytes of one file.
    pub(super) file_bytes: u64,
    most_members: usize,
    count: usize,
    names: HashSet<Vec<u8>>,
    list: Vec<Member>,
}

impl Members {
    fn new(packed: u64, limits: &Limits) -> Self {
        let grown = packed.saturating_mul(MOST_GROWTH).max(HARMLESS_BYTES);
        Self {
            unpacked_limit: limits.source_bytes.min(grown),
            file_bytes: limits.file_bytes,
            most_members: limits.source_files,
            count: 0,
            names: HashSet::new(),
            list: Vec::new(),
        }
    }

    /// Checks a member's name; gives it normalised, or `None` for the top folder itself.
    ///
    /// # Errors
    /// `E_FORBIDDEN` for a name that leads outside or comes twice, `E_LIMIT` for too many members.
    pub(super) fn name(&mut self, raw: &[u8], is_folder: bool) -> Result<Option<Vec<u8>>, Failure> {
        self.count += 1;
        if self.count > self.most_members {
            return Err(Failure::new(
                ErrorCode::Limit,
                format!("the archive has more than {} members", self.most_members),
            ));
        }
        if leads_outside(raw) {
            let shown: String = escape_untrusted(&String::from_utf8_lossy(raw))
                .chars()
                .take(256)
                .collect();
            return Err(Failure::new(
                ErrorCode::Forbidden,
                format!("the archive has a member that leads outside of it: {shown}"),
            ));
        }
        let name: Vec<&[u8]> = raw
            .split(|byte| *byte == b'/')
            .filter(|part| !part.is_empty() && *part != b".")
            .collect();
        let name = name.join(&b'/');
        if name.is_empty() {
            return Ok(None);
        }
        if !is_folder && !self.names.insert(name.clone()) {
            let shown: String = escape_untrusted(&String::from_utf8_lossy(&name))
                .chars()
                .take(256)
                .collect();
            return Err(Failure::new(
                ErrorCode::Forbidden,
                format!("the archive has two members named {shown}"),
            ));
        }
        Ok(Some(name))
    }

    /// Takes a member whose name was checked.
    pub(super) fn push(&mut self, name: Vec<u8>, body: MemberBody) {
        self.list.push(Member { name, body });
    }

    /// Describes a file that is over the bound.
    pub(super) fn too_large(&self) -> MemberBody {
        MemberBody::LeftOut(format!("larger than {} bytes", self.file_bytes))
    }
}

/// Unpacks an archive.
///
/// # Errors
/// `E_FORBIDDEN` for an archive made to do harm, `E_LIMIT` past a bound, `E_UPSTREAM` when it is damaged.
pub(super) fn unpack(
    archive: &Bytes,
    format: ArchiveFormat,
    origin: Origin,
    limits: &Limits,
) -> Result<MemoryTree, Failure> {
    let mut members = Members::new(archive.len() as u64, limits);
    match format {
        ArchiveFormat::TarGz => tar_members::read(archive, &mut members)?,
        ArchiveFormat::Zip | ArchiveFormat::Wheel => zip_members::read(archive, &mut members)?,
    }
    let mut list = members.list;
    if format == ArchiveFormat::Wheel {
        let surfaced = surface_metadata(&list);
        list.extend(surfaced);
    } else {
        strip_top_folder(&mut list);
    }
    build(list, origin, limits)
}

/// Makes the failure of an archive that cannot be read to its end.
pub(super) fn damaged(what: impl std::fmt::Display) -> Failure {
    let what = escape_untrusted(&what.to_string());
    Failure::new(
        ErrorCode::Upstream,
        format!("the archive is damaged: {what}"),
    )
}

/// Makes the failure of an archive that unpacks to too much.
pub(super) fn bomb(limit: u64) -> Failure {
    Failure::new(
        ErrorCode::Limit,
        format!("the archive unpacks to more than {limit} bytes"),
    )
    .with_hint("raise limits.source_bytes if you trust it; an archive may grow 200 times at most")
}

fn build(list: Vec<Member>, origin: Origin, limits: &Limits) -> Result<MemoryTree, Failure> {
    let mut collector = Collector::new(limits);
    let mut files = HashMap::new();
    for Member { name, body } in list {
        collector.visit(&name)?;
        let (executable, contents) = match body {
            MemberBody::File {
                executable,
                contents,
            } => (executable, contents),
            MemberBody::LeftOut(reason) => {
                collector.problem_at(&name, format!("left out: {reason}"));
                continue;
            }
        };
        let Some(path) = collector.path(&name) else {
            continue;
        };
        let size = contents.len() as u64;
        let kind = if executable {
            EntryKind::Executable
        } else {
            EntryKind::File
        };
        if collector.admit_size(&path, size)? && collector.add(path.clone(), kind, Some(size)) {
            files.insert(path, MemoryFile::new(contents));
        }
    }
    let (entries, problems) = collector.finish();
    Ok(MemoryTree {
        origin,
        entries,
        problems,
        contents: files,
    })
}

fn leads_outside(raw: &[u8]) -> bool {
    let drive = raw.len() >= 2 && raw[0].is_ascii_alphabetic() && raw[1] == b':';
    let absolute = raw
        .first()
        .is_some_and(|first| matches!(first, b'/' | b'\\'));
    drive
        || absolute
        || raw
            .split(|byte| matches!(byte, b'/' | b'\\'))
            .any(|part| part == b"..")
}

/// Removes the single top folder of a source archive, if there is one.
fn strip_top_folder(list: &mut [Member]) {
    let Some(top) = list
        .first()
        .and_then(|member| member.name.split(|byte| *byte == b'/').next())
    else {
        return;
    };
    let mut prefix = top.to_vec();
    prefix.push(b'/');
    if !list
        .iter()
        .all(|member| member.name.len() > prefix.len() && member.name.starts_with(&prefix))
    {
        return;
    }
    for member in list {
        member.name.drain(..prefix.len());
    }
}

/// Copies a wheel's metadata to where a source archive has it: `PKG-INFO` and license files at the top.
fn surface_metadata(list: &[Member]) -> Vec<Member> {
    let taken: HashSet<String> = list.iter().map(|member| lower(&member.name)).collect();
    let mut surfaced: Vec<Member> = Vec::new();
    for member in list {
        let name = String::from_utf8_lossy(&member.name);
        let Some((folder, rest)) = name.split_once('/') else {
            continue;
        };
        if !folder.ends_with(".dist-info") || !matches!(member.body, MemberBody::File { .. }) {
            continue;
        }
        let target = match rest {
            "METADATA" => "PKG-INFO",
            _ => match rest.strip_prefix("licenses/").unwrap_or(rest) {
                license if !license.contains('/') && is_license(license) => license,
                _ => continue,
            },
        };
        let is_new = !surfaced
            .iter()
            .any(|other| lower(&other.name) == target.to_ascii_lowercase());
        if is_new && !taken.contains(&target.to_ascii_lowercase()) {
            surfaced.push(Member {
                name: target.as_bytes().to_vec(),
                body: member.body.clone(),
            });
        }
    }
    surfaced
}

fn is_license(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    LICENSE_PREFIXES
        .iter()
        .any(|prefix| name.starts_with(prefix))
        && TreePath::new(&name).is_ok()
}

fn lower(name: &[u8]) -> String {
    String::from_utf8_lossy(name).to_ascii_lowercase()
}

#[cfg(test)]
#[path = "archive_tests.rs"]
mod tests;
