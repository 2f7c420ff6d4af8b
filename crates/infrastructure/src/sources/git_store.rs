//! The commits that were fetched of git repositories, each in a bare repository of its own
//! (`git/<hash of the URL>/<commit>-<blob limit>`), which appears whole and never changes. Fetches nothing.
//!
//! Whoever reads one holds a shared lock on its `HEAD`; what has no room any more is taken away only by who gets an exclusive one. The
//! system drops the lock with the process, however that ends.

use std::{
    fs::{self, File},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use synthesizer_model::{
    failure::{ErrorCode, Failure},
    tree::sha256_hex,
};

use super::{
    cache,
    room::{self, Entry},
};
use crate::config::Config;

/// The cached commits of one repository.
#[derive(Debug)]
pub(super) struct Store {
    cache: PathBuf,
    folder: PathBuf,
    blob_limit: u64,
    room: u64,
}

/// A commit's repository that nobody takes away while this lives.
#[derive(Debug)]
pub(super) struct Lease {
    /// The repository.
    pub(super) repository: PathBuf,
    /// Holds the lock.
    _lock: File,
}

impl Store {
    /// Takes the configuration's cache and the address of the repository.
    pub(super) fn new(config: &Config, url: &url::Url) -> Self {
        let key = sha256_hex(url.as_str().as_bytes());
        Self {
            cache: config.paths.cache.clone(),
            folder: config.paths.cache.join("git").join(key),
            blob_limit: config.limits.file_bytes,
            room: config.cache.git_bytes,
        }
    }

    /// Gives a commit that is there, for as long as the lease lives.
    pub(super) fn lease(&self, commit: &str) -> Option<Lease> {
        let repository = self.repository(commit);
        let head = File::open(repository.join("HEAD")).ok()?;
        // Where files cannot be locked nothing is ever taken away.
        let _ = head.lock_shared();
        // Until the lock was there, it could have been taken away, and fetched again.
        let there = fs::metadata(repository.join("HEAD")).ok()?;
        let locked = head.metadata().ok()?;
        if (there.ino(), there.dev()) != (locked.ino(), locked.dev()) {
            return None;
        }
        room::touch(&head);
        Some(Lease {
            repository,
            _lock: head,
        })
    }

    /// Moves a whole repository into place, makes room for it and gives it; when another process was faster, its copy is as good.
    ///
    /// # Errors
    /// `E_CONFIG` when the cache cannot be written.
    pub(super) fn keep(&self, bare: &Path, commit: &str) -> Result<Lease, Failure> {
        cache::make_folder(&self.folder)?;
        let place = self.repository(commit);
        let mut moved = fs::rename(bare, &place);
        let mut lease = self.lease(commit);
        if lease.is_none() && moved.is_err() && place.exists() {
            // What lies there is no repository; something interrupted or changed it.
            set_aside(&self.cache, &place);
            moved = fs::rename(bare, &place);
            lease = self.lease(commit);
        }
        match (lease, moved) {
            (Some(lease), _) => {
                make_room(&self.cache, self.room);
                Ok(lease)
            }
            (None, Err(error)) => Err(Failure::new(
                ErrorCode::Config,
                format!("the cache folder cannot be written: {}", error.kind()),
            )),
            (None, Ok(())) => Err(Failure::new(
                ErrorCode::Config,
                "what was just fetched vanished from the cache folder",
            )
            .with_hint("another process cleared it; run it again")),
        }
    }

    /// Gives the commit that a revision was the last time.
    pub(super) fn remembered(&self, revision: &str) -> Option<String> {
        let text = cache::read_bounded(&self.note(revision), 64)?;
        let commit = String::from_utf8_lossy(&text).into_owned();
        is_commit_id(&commit).then_some(commit)
    }

    /// Remembers which commit a revision is.
    ///
    /// # Errors
    /// `E_CONFIG` when the cache cannot be written.
    pub(super) fn remember(&self, revision: &str, commit: &str) -> Result<(), Failure> {
        cache::write_atomically(&self.note(revision), commit.as_bytes())
    }

    fn repository(&self, commit: &str) -> PathBuf {
        self.folder.join(format!("{commit}-{}", self.blob_limit))
    }

    fn note(&self, revision: &str) -> PathBuf {
        self.folder
            .join("revisions")
            .join(sha256_hex(revision.as_bytes()))
    }
}

/// Says whether a text is a whole commit id.
pub(super) fn is_commit_id(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Takes away the commits that were used longest ago and are not in use, until the others have room.
fn make_room(cache: &Path, room: u64) {
    let mut entries = Vec::new();
    for of_url in fs::read_dir(cache.join("git"))
        .into_iter()
        .flatten()
        .flatten()
    {
        for commit in fs::read_dir(of_url.path()).into_iter().flatten().flatten() {
            // A link leads to what is not ours.
            if !commit.file_type().is_ok_and(|kind| kind.is_dir()) {
                continue;
            }
            let place = commit.path();
            let head = fs::metadata(place.join("HEAD"));
            if let Ok(used) = head.and_then(|head| head.modified()) {
                let size = cache::folder_bytes(&place);
                entries.push(Entry { place, size, used });
            }
        }
    }
    room::make_room(entries, room, |place| take_away(cache, place));
}

/// Removes what nobody can use.
fn set_aside(cache: &Path, place: &Path) {
    if let Ok(scratch) = cache::scratch_folder(cache) {
        // Another process may have done so.
        let _ = fs::rename(place, scratch.path().join("broken.git"));
    }
}

/// Removes a repository that nobody uses; says whether it did.
fn take_away(cache: &Path, repository: &Path) -> bool {
    let Ok(head) = File::open(repository.join("HEAD")) else {
        return false;
    };
    if head.try_lock().is_err() {
        return false;
    }
    // In one step under another name, so that nobody finds half of it.
    let Ok(scratch) = cache::scratch_folder(cache) else {
        return false;
    };
    let moved = fs::rename(repository, scratch.path().join("gone.git")).is_ok();
    // Whoever waits for the lock need not wait for the removal.
    drop(head);
    moved
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Arc, Barrier},
        thread,
        time::{Duration, SystemTime},
    };

    use super::*;
    use crate::sources::testing::config;

    const SIZE: usize = 1000;

    struct Kept {
        folder: tempfile::TempDir,
        store: Store,
    }

    fn kept(room: u64) -> Kept {
        let folder = tempfile::tempdir().expect("a folder");
        let mut config = config(folder.path());
        config.cache.git_bytes = room;
        let url = url::Url::parse("https://git.example/o/n.git").expect("a URL");
        let store = Store::new(&config, &url);
        Kept { folder, store }
    }

    fn commit(number: usize) -> String {
        format!("{number:040x}")
    }

    impl Kept {
        /// Keeps a commit that was used so many seconds ago.
        fn add(&self, number: usize, age: u64) -> Lease {
            let bare = self.folder.path().join("bare.git");
            fs::create_dir(&bare).expect("a folder");
            fs::write(bare.join("HEAD"), "x".repeat(SIZE)).expect("a file");
            let lease = self.store.keep(&bare, &commit(number)).expect("kept");
            let used = SystemTime::now() - Duration::from_secs(age);
            let head = File::open(lease.repository.join("HEAD")).expect("a file");
            head.set_times(fs::FileTimes::new().set_modified(used))
                .expect("a time");
            lease
        }

        fn there(&self) -> Vec<usize> {
            let is_there = |number: &usize| self.store.repository(&commit(*number)).is_dir();
            (0..6).filter(is_there).collect()
        }
    }

    #[test]
    fn what_was_not_used_for_the_longest_goes_and_nothing_is_left_of_it() {
        let kept = kept(3 * SIZE as u64);
        for (number, age) in [(0, 50), (1, 90), (2, 70)] {
            drop(kept.add(number, age));
        }
        drop(kept.add(3, 10));
        assert_eq!(kept.there(), [0, 2, 3]);
        // Use counts, not age.
        drop(kept.store.lease(&commit(2)));
        drop(kept.add(4, 5));
        assert_eq!(kept.there(), [2, 3, 4]);
        let scratch = kept.store.cache.join("scratch");
        assert_eq!(fs::read_dir(scratch).expect("a folder").count(), 0);
        assert!(kept.store.lease(&commit(0)).is_none());
    }

    #[test]
    fn what_is_in_use_stays_and_the_newest_is_given_whatever_its_size() {
        let kept = kept(0);
        let first = kept.add(0, 50);
        let second = kept.add(1, 40);
        assert_eq!(kept.there(), [0, 1]);
        drop(first);
        drop(kept.add(2, 30));
        assert_eq!(kept.there(), [1, 2]);
        drop(second);
        let last = kept.add(3, 20);
        assert_eq!(kept.there(), [3]);
        assert!(last.repository.join("HEAD").is_file());
    }

    #[test]
    fn what_lies_in_the_place_of_a_repository_and_is_none_is_set_aside() {
        let kept = kept(3 * SIZE as u64);
        let place = kept.store.repository(&commit(0));
        fs::create_dir_all(place.join("objects")).expect("a folder");
        let lease = kept.add(0, 10);
        assert!(lease.repository.join("HEAD").is_file());
        assert!(!place.join("objects").exists());
    }

    #[test]
    fn a_lease_is_of_a_repository_that_stays() {
        let kept = Arc::new(kept(0));
        for _ in 0..200 {
            drop(kept.add(0, 50));
            let together = Arc::new(Barrier::new(2));
            let reader = {
                let (kept, together) = (Arc::clone(&kept), Arc::clone(&together));
                thread::spawn(move || {
                    together.wait();
                    let lease = kept.store.lease(&commit(0))?;
                    Some(lease.repository.join("HEAD").is_file())
                })
            };
            together.wait();
            make_room(&kept.store.cache, 0);
            assert_ne!(reader.join().expect("no panic"), Some(false));
            make_room(&kept.store.cache, 0);
            assert_eq!(kept.there(), [] as [usize; 0]);
        }
    }
}
