//! What several threads found in a folder, put in the order of names: bounds are counted and clashes decided as if one thread had walked.
//! Reads nothing.

use std::{collections::HashMap, ffi::CString};

use bytes::Bytes;
use gix::ObjectId;
use synthesizer_model::{
    failure::Failure,
    finding::Problem,
    tree::{EntryKind, TreeEntry, TreePath},
};

use super::{collector::Collector, local_file::Status, stat_cache::Stamp};
use crate::config::Limits;

/// A folder's entries with everything that is known of them.
pub(super) struct Walked {
    /// Sorted by path.
    pub(super) entries: Vec<TreeEntry>,
    /// What was left out.
    pub(super) problems: Vec<Problem>,
    /// What is known of each entry, in the same order.
    pub(super) known: Vec<Known>,
    /// Contents that were read on the way, of some of the files.
    pub(super) contents: HashMap<TreePath, Bytes>,
}

/// What is known of one entry.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Known {
    /// Its blob id; `None` for a link that cannot be read.
    pub(super) id: Option<ObjectId>,
    /// What the file system told of it when it was read; `None` for links.
    pub(super) stamp: Option<Stamp>,
}

/// What was found of one folder, or of some of its files.
#[derive(Default)]
pub(super) struct Part {
    /// The folder's number; 0 is the top.
    pub(super) folder: usize,
    /// Why the whole folder is left out.
    pub(super) closed: Option<&'static str>,
    /// What is wrong with its ignore rules.
    pub(super) problem: Option<String>,
    /// Its names, in any order.
    pub(super) names: Vec<Found>,
}

/// One name of a folder that is not ignored.
pub(super) struct Found {
    /// As the system gives it.
    pub(super) name: CString,
    /// `None` for a name that cannot be used.
    pub(super) path: Option<TreePath>,
    /// What was found there.
    pub(super) what: What,
}

/// What a name is.
pub(super) enum What {
    /// A folder with its number.
    Folder(usize),
    /// A folder that is not entered.
    TooDeep,
    /// A link with the blob id of its target.
    Link(Option<ObjectId>),
    /// A file with its blob id.
    File(ObjectId, Status),
    /// A file over the bound.
    TooLarge,
    /// A file that is not for us, or none any more.
    Unreadable,
    /// A device, socket or FIFO.
    Special,
}

/// Puts everything in the order of the names, and leaves out what clashes; `folders` is how many numbers were given.
///
/// # Errors
/// `E_LIMIT` past a bound.
pub(super) fn assemble(
    parts: Vec<Part>,
    folders: usize,
    limits: &Limits,
) -> Result<Walked, Failure> {
    let mut gathered: Vec<Part> = Vec::new();
    gathered.resize_with(folders, Part::default);
    for part in parts {
        let folder = &mut gathered[part.folder];
        folder.closed = folder.closed.or(part.closed);
        folder.problem = folder.problem.take().or(part.problem);
        folder.names.extend(part.names);
    }
    for folder in &mut gathered {
        folder
            .names
            .sort_unstable_by(|left, right| left.name.cmp(&right.name));
    }
    let mut ordered = Ordered {
        collector: Collector::new(limits),
        known: Vec::new(),
    };
    let mut frames = vec![ordered.enter(&mut gathered, 0, String::new())];
    while let Some((prefix, names)) = frames.last_mut() {
        let Some(found) = names.next() else {
            frames.pop();
            continue;
        };
        if let Some((number, path)) = ordered.take(prefix, found, &gathered, limits)? {
            frames.push(ordered.enter(&mut gathered, number, format!("{path}/")));
        }
    }
    let (entries, problems) = ordered.collector.finish();
    let mut known = ordered.known;
    known.sort_by(|left, right| left.0.cmp(&right.0));
    Ok(Walked {
        entries,
        problems,
        known: known.into_iter().map(|(_, known)| known).collect(),
        contents: HashMap::new(),
    })
}

struct Ordered {
    collector: Collector,
    /// One for each entry.
    known: Vec<(TreePath, Known)>,
}

impl Ordered {
    fn enter(
        &mut self,
        gathered: &mut [Part],
        number: usize,
        prefix: String,
    ) -> (String, std::vec::IntoIter<Found>) {
        let part = std::mem::take(&mut gathered[number]);
        if let Some(problem) = part.problem {
            let place = format!("{prefix}.gitignore");
            self.collector.problem_at(place.as_bytes(), problem);
        }
        (prefix, part.names.into_iter())
    }

    /// Takes one name; gives the folder to go into.
    fn take(
        &mut self,
        prefix: &str,
        found: Found,
        gathered: &[Part],
        limits: &Limits,
    ) -> Result<Option<(usize, TreePath)>, Failure> {
        let Some(path) = found.path else {
            let full = [prefix.as_bytes(), found.name.to_bytes()].concat();
            self.collector.visit(&full)?;
            // It says why the name cannot be used.
            self.collector.path(&full);
            return Ok(None);
        };
        self.collector.visit(path.as_str().as_bytes())?;
        let left_out = match found.what {
            What::Folder(number) => match gathered[number].closed {
                Some(why) => why.to_owned(),
                None => return Ok(Some((number, path))),
            },
            What::Link(id) => {
                if self.collector.add(path.clone(), EntryKind::Symlink, None) {
                    self.known.push((path, Known { id, stamp: None }));
                }
                return Ok(None);
            }
            What::File(id, status) => {
                let size = status.stamp.size;
                let kind = if status.executable {
                    EntryKind::Executable
                } else {
                    EntryKind::File
                };
                if self.collector.admit_size(&path, size)?
                    && self.collector.add(path.clone(), kind, Some(size))
                {
                    let known = Known {
                        id: Some(id),
                        stamp: Some(status.stamp),
                    };
                    self.known.push((path, known));
                }
                return Ok(None);
            }
            What::TooDeep => "left out: the folder is too deep".to_owned(),
            What::TooLarge => format!("left out: larger than {} bytes", limits.file_bytes),
            What::Unreadable => "left out: the file cannot be read".to_owned(),
            What::Special => "left out: a device, socket or FIFO".to_owned(),
        };
        self.collector.problem(&path, left_out);
        Ok(None)
    }
}
