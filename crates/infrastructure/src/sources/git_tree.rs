//! A commit's files, read from the object database. Bounded in depth, count and size; never fetches, never follows a link.

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use gix::{
    ObjectId,
    objs::{CommitRefIter, FindExt as _, TreeRefIter, tree::EntryKind as GitKind},
    odb::{Header as _, Store},
};
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    finding::Problem,
    tree::{Blob, EntryKind, Origin, SourceTree, TreeEntry, TreePath},
};

use super::{collector::Collector, git_store::Lease, memory_tree::no_such_file};
use crate::config::Limits;

/// The deepest folder.
const MOST_DEPTH: usize = 256;
/// The largest commit or tree object; a tree of a hundred thousand names is about 5 MiB.
const MOST_OBJECT_BYTES: u64 = 32 << 20;

/// A commit's files in an object database that nobody changes.
pub(super) struct GitTree {
    origin: Origin,
    entries: Vec<TreeEntry>,
    problems: Vec<Problem>,
    blobs: HashMap<TreePath, ObjectId>,
    store: Arc<Store>,
    /// Keeps the object database where it is.
    _lease: Lease,
}

/// A folder that is still to be listed.
struct Folder {
    id: ObjectId,
    prefix: Vec<u8>,
    depth: usize,
}

impl GitTree {
    /// Lists the files of the commit that `origin.revision` names.
    ///
    /// # Errors
    /// `E_LIMIT` past a bound, `E_UPSTREAM` when the repository is damaged, `E_NOT_FOUND` when the commit is none.
    pub(super) fn open(lease: Lease, origin: Origin, limits: &Limits) -> Result<Self, Failure> {
        let store = Store::at_opts(
            lease.repository.join("objects"),
            gix::hash::Kind::Sha1,
            &mut std::iter::empty(),
            gix::odb::store::init::Options::default(),
        )
        .map_err(|_| damaged("its object database cannot be opened"))?;
        let store = Arc::new(store);
        let mut reader = Reader::new(&store);
        let commit = ObjectId::from_hex(origin.revision.as_bytes())
            .map_err(|_| damaged("the commit id is wrong"))?;
        let root = reader.tree_of(&commit)?;
        let mut collector = Collector::new(limits);
        let mut blobs = HashMap::new();
        let mut waiting = vec![Folder {
            id: root,
            prefix: Vec::new(),
            depth: 0,
        }];
        while let Some(folder) = waiting.pop() {
            reader.list(&folder, &mut waiting, &mut collector, &mut blobs)?;
        }
        let (entries, problems) = collector.finish();
        Ok(Self {
            origin,
            entries,
            problems,
            blobs,
            store,
            _lease: lease,
        })
    }
}

impl SourceTree for GitTree {
    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn entries(&self) -> &[TreeEntry] {
        &self.entries
    }

    fn problems(&self) -> &[Problem] {
        &self.problems
    }

    fn blob_id(&self, path: &TreePath) -> Option<String> {
        self.blobs.get(path).map(ToString::to_string)
    }

    fn read(&self, path: &TreePath) -> Result<Blob, Failure> {
        let id = self.blobs.get(path).ok_or_else(|| no_such_file(path))?;
        let reader = Reader::new(&self.store);
        let mut buffer = Vec::new();
        let missing =
            || Failure::internal(format!("the cached repository lost the contents of {path}"));
        reader
            .handle
            .find_blob(id, &mut buffer)
            .map_err(|_| missing())?;
        let blob = Blob::new(Bytes::from(std::mem::take(&mut buffer)));
        // The id is computed anew from the bytes, so a damaged cache shows here.
        if ObjectId::from_hex(blob.id.as_bytes()).is_ok_and(|found| found == *id) {
            Ok(blob)
        } else {
            Err(missing())
        }
    }
}

/// A thread's own handle of the object database.
struct Reader {
    handle: gix::odb::HandleArc,
    buffer: Vec<u8>,
}

impl Reader {
    fn new(store: &Arc<Store>) -> Self {
        let mut handle = store.to_cache_arc();
        // Blobs may be missing because of the filter; looking for them again on disk would find nothing.
        handle.refresh_never();
        Self {
            handle,
            buffer: Vec::new(),
        }
    }

    fn tree_of(&mut self, commit: &ObjectId) -> Result<ObjectId, Failure> {
        let header = self.handle.try_header(commit).ok().flatten();
        match header.map(|header| (header.kind(), header.size())) {
            Some((gix::objs::Kind::Commit, size)) if size <= MOST_OBJECT_BYTES => {}
            Some((gix::objs::Kind::Commit, _)) => return Err(too_large()),
            Some(_) => {
                return Err(Failure::new(
                    ErrorCode::NotFound,
                    "the revision names no commit",
                ));
            }
            None => return Err(damaged("its commit is missing")),
        }
        let data = self
            .handle
            .find(commit, &mut self.buffer)
            .map_err(|_| damaged("its commit cannot be read"))?;
        CommitRefIter::from_bytes(data.data, gix::hash::Kind::Sha1)
            .tree_id()
            .map_err(|_| damaged("its commit names no tree"))
    }

    /// Takes the entries of one folder; subfolders are put on the waiting list.
    fn list(
        &mut self,
        folder: &Folder,
        waiting: &mut Vec<Folder>,
        collector: &mut Collector,
        blobs: &mut HashMap<TreePath, ObjectId>,
    ) -> Result<(), Failure> {
        let size = self
            .handle
            .try_header(&folder.id)
            .ok()
            .flatten()
            .map(|header| header.size());
        if size.ok_or_else(|| damaged("a folder is missing"))? > MOST_OBJECT_BYTES {
            return Err(too_large());
        }
        let data = self
            .handle
            .find(&folder.id, &mut self.buffer)
            .map_err(|_| damaged("a folder cannot be read"))?;
        for entry in TreeRefIter::from_bytes(data.data, gix::hash::Kind::Sha1) {
            let entry = entry.map_err(|_| damaged("a folder cannot be read"))?;
            let mut name = folder.prefix.clone();
            name.extend_from_slice(entry.filename);
            collector.visit(&name)?;
            if entry.filename.contains(&b'/') {
                collector.problem_at(&name, "left out: the name has a slash");
                continue;
            }
            let Some(path) = collector.path(&name) else {
                continue;
            };
            let kind = match entry.mode.kind() {
                GitKind::Tree if folder.depth >= MOST_DEPTH => {
                    collector.problem(&path, "left out: the folder is too deep");
                    continue;
                }
                GitKind::Tree => {
                    name.push(b'/');
                    waiting.push(Folder {
                        id: entry.oid.to_owned(),
                        prefix: name,
                        depth: folder.depth + 1,
                    });
                    continue;
                }
                GitKind::Link => EntryKind::Symlink,
                GitKind::Commit => EntryKind::Submodule,
                GitKind::Blob => EntryKind::File,
                GitKind::BlobExecutable => EntryKind::Executable,
            };
            if matches!(kind, EntryKind::Symlink | EntryKind::Submodule) {
                collector.add(path, kind, None);
                continue;
            }
            let header = self
                .handle
                .try_header(entry.oid)
                .map_err(|_| damaged("a file cannot be read"))?;
            let Some(header) = header else {
                collector.problem(
                    &path,
                    "left out: the server did not send it, because it is larger than the limit",
                );
                continue;
            };
            if header.kind() != gix::objs::Kind::Blob {
                return Err(damaged("a file is no blob"));
            }
            if collector.admit_size(&path, header.size())?
                && collector.add(path.clone(), kind, Some(header.size()))
            {
                blobs.insert(path, entry.oid.to_owned());
            }
        }
        Ok(())
    }
}

fn damaged(what: &str) -> Failure {
    Failure::new(
        ErrorCode::Upstream,
        format!("the repository is damaged: {what}"),
    )
}

fn too_large() -> Failure {
    Failure::new(
        ErrorCode::Limit,
        format!("the repository has an object of more than {MOST_OBJECT_BYTES} bytes"),
    )
}
