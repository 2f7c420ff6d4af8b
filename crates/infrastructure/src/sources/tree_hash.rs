//! The hash that git would give to a tree of files. Pure: gets names, kinds and blob ids.

use std::collections::{BTreeMap, BTreeSet};

use gix::{ObjectId, hash::Kind as HashKind, objs::Kind as ObjectKind};
use synthesizer_model::{
    failure::Failure,
    tree::{EntryKind, TreePath},
};

/// One name in one folder.
#[derive(Debug, Clone)]
struct Name {
    name: String,
    mode: &'static str,
    id: ObjectId,
}

impl Name {
    /// Gives the bytes by which git sorts: a folder sorts as if its name ended with a slash.
    fn key(&self) -> Vec<u8> {
        let mut key = self.name.clone().into_bytes();
        if self.mode == FOLDER {
            key.push(b'/');
        }
        key
    }
}

const FOLDER: &str = "40000";

/// Computes the tree's hash, in hex; submodules, which have no contents here, are left out.
///
/// # Errors
/// `E_INTERNAL` when hashing fails.
pub(super) fn tree_hash<'a>(
    files: impl IntoIterator<Item = (&'a TreePath, EntryKind, ObjectId)>,
) -> Result<String, Failure> {
    let mut folders: BTreeMap<String, Vec<Name>> = BTreeMap::from([(String::new(), Vec::new())]);
    for (path, kind, id) in files {
        let mode = match kind {
            EntryKind::File => "100644",
            EntryKind::Executable => "100755",
            EntryKind::Symlink => "120000",
            EntryKind::Submodule => continue,
        };
        let name = Name {
            name: path.file_name().to_owned(),
            mode,
            id,
        };
        folders
            .entry(path.parent().to_owned())
            .or_default()
            .push(name);
    }
    // The deepest folders come first, so that each one's hash is known when its parent is hashed.
    let mut order: BTreeSet<(std::cmp::Reverse<usize>, String)> = BTreeSet::new();
    for folder in folders.keys() {
        let mut current = folder.as_str();
        while order.insert((std::cmp::Reverse(depth(current)), current.to_owned()))
            && !current.is_empty()
        {
            current = current.rsplit_once('/').map_or("", |(parent, _)| parent);
        }
    }
    let mut last = ObjectId::null(HashKind::Sha1);
    for (_, folder) in order {
        last = hash_folder(folders.remove(&folder).unwrap_or_default())?;
        if !folder.is_empty() {
            let (parent, name) = folder.rsplit_once('/').unwrap_or(("", &folder));
            let name = Name {
                name: name.to_owned(),
                mode: FOLDER,
                id: last,
            };
            folders.entry(parent.to_owned()).or_default().push(name);
        }
    }
    Ok(last.to_string())
}

fn hash_folder(mut names: Vec<Name>) -> Result<ObjectId, Failure> {
    names.sort_by_cached_key(Name::key);
    let mut data = Vec::new();
    for name in names {
        data.extend_from_slice(name.mode.as_bytes());
        data.push(b' ');
        data.extend_from_slice(name.name.as_bytes());
        data.push(0);
        data.extend_from_slice(name.id.as_slice());
    }
    gix::objs::compute_hash(HashKind::Sha1, ObjectKind::Tree, &data)
        .map_err(|error| Failure::internal(format!("the tree cannot be hashed: {error}")))
}

fn depth(folder: &str) -> usize {
    if folder.is_empty() {
        0
    } else {
        folder.split('/').count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_tree_has_its_well_known_hash() {
        assert_eq!(
            tree_hash([]).expect("hashes"),
            "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
        );
    }

    #[test]
    fn a_folder_sorts_with_its_slash() {
        // `git write-tree` over these files gives this hash: a-b, a/x, a.c would sort otherwise without the slash.
        let id = ObjectId::from_hex(b"ce013625030ba8dba906f756967f9e9ca394464a").expect("an id");
        let paths = ["a/x", "a-b", "a.c"].map(|path| TreePath::new(path).expect("a path"));
        let forward =
            tree_hash(paths.iter().map(|path| (path, EntryKind::File, id))).expect("hashes");
        let backward =
            tree_hash(paths.iter().rev().map(|path| (path, EntryKind::File, id))).expect("hashes");
        assert_eq!(forward, backward);
        assert_eq!(forward, "8692bde68aa735f133c4322a13546be6c2f18d60");
    }
}
