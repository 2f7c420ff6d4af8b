//! Answers in a SQLite file that several processes share. A file that cannot be used forgets; it never fails a caller.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::{FutureExt as _, future::BoxFuture};
use synthesizer_model::{ErrorCode, Failure};
use tokio::sync::OnceCell;

use super::{
    CacheEntry, CacheStore,
    answers::{self, Found, Moment, PAGE},
    disk_file::{self, Opened},
    disk_health::Health,
    lifetime::{bounded, is_kept, is_usable, result_of},
};
use crate::{
    storage::{Clock, FileIdentity, SKEW, SqliteFile, Trouble, millis, reason, trouble},
    telemetry::events::CacheLooked,
};

/// How old the note of the last use may become, in milliseconds, before a use is noted again: reading shall seldom write.
const USE_INTERVAL: i64 = 60_000;

/// Pages that the file has before its first entry, with some to spare.
const EMPTY_PAGES: u64 = 16;

/// The layer on disk: `answers.db` in a folder. Nothing is opened or created before the first entry is put.
///
/// Its connections live on threads of their own, which paused time does not wait for: tests that pause it use a cache in memory.
#[derive(Debug)]
pub struct DiskCache {
    file: SqliteFile,
    /// The most bytes of the file, its write-ahead log (some 16 MiB at most) not counted.
    bound: u64,
    /// The most pages that SQLite itself admits, a second fence.
    pages: u64,
    clock: Clock,
    slot: Mutex<Arc<Slot>>,
    health: Health,
}

/// The place of one opening of the file.
#[derive(Debug, Default)]
struct Slot {
    /// The file that was found damaged, which is to be replaced.
    damaged: Option<FileIdentity>,
    opened: OnceCell<Arc<Opened>>,
}

/// The right to use the open file.
struct Using {
    slot: Arc<Slot>,
    opened: Arc<Opened>,
}

/// The file cannot be used now; what there was to say is said.
#[derive(Debug)]
struct Unavailable;

impl DiskCache {
    /// Names the file and its bound in bytes.
    pub fn new(folder: &Path, bytes: u64) -> Self {
        Self::with_clock(folder, bytes, Clock::system())
    }

    pub(super) fn with_clock(folder: &Path, bytes: u64, clock: Clock) -> Self {
        Self {
            file: SqliteFile::new(folder, "answers.db"),
            bound: bytes,
            pages: bytes / PAGE + EMPTY_PAGES,
            clock,
            slot: Mutex::default(),
            health: Health::default(),
        }
    }

    /// Gives an entry that may be used.
    pub(super) async fn find(&self, kind: &str, key: &str) -> Option<CacheEntry> {
        let now = self.clock.now();
        let looked = self.look(kind, key).await;
        let result = match &looked {
            Ok(Some(entry)) => result_of(entry, now),
            Ok(None) => "miss",
            Err(Unavailable) => "error",
        };
        CacheLooked {
            layer: "disk",
            kind,
            result,
        }
        .emit();
        looked.ok().flatten()
    }

    /// Keeps an entry; one that cannot be kept takes the place of the older one all the same.
    pub(super) async fn keep(&self, kind: &str, key: &str, entry: CacheEntry) {
        let entry = bounded(entry);
        let now = self.clock.now();
        let needed = answers::needed(kind, key, &entry) + EMPTY_PAGES * PAGE;
        if needed > self.bound || !is_kept(kind, key, &entry, now) {
            return self.forget(kind, key).await;
        }
        let Ok(Some(using)) = self.open(true).await else {
            return;
        };
        let moment = Moment {
            now: millis(now),
            soon: millis(now.checked_add(SKEW).unwrap_or(now)),
        };
        let kept = answers::keep(
            &using.opened.writer,
            (kind, key),
            &entry,
            moment,
            self.bound,
        );
        match kept.await {
            Ok(true) => {}
            Ok(false) => tracing::debug!(kind, "no room was made for an answer at once"),
            Err(error) => self.failed(&using, "write", &error),
        }
    }

    /// Forgets an entry.
    pub(super) async fn forget(&self, kind: &str, key: &str) {
        let Ok(Some(using)) = self.open(false).await else {
            return;
        };
        let forgotten = async {
            let mut connection = using.opened.writer.acquire().await?;
            answers::forget(&mut connection, kind, key).await
        };
        if let Err(error) = forgotten.await {
            self.failed(&using, "write", &error);
        }
    }

    /// Forgets everything.
    ///
    /// # Errors
    /// `E_CONFIG` when the file cannot be used.
    pub async fn clear(&self) -> Result<(), Failure> {
        let using = match self.open(false).await {
            Ok(Some(using)) => using,
            Ok(None) => return Ok(()),
            Err(Unavailable) => return Err(not_usable("empty", "it cannot be opened")),
        };
        let cleared = async {
            let mut connection = using.opened.writer.acquire().await?;
            answers::clear(&mut connection).await
        };
        let Err(error) = cleared.await else {
            return Ok(());
        };
        self.failed(&using, "empty", &error);
        // A damaged file is replaced by an empty one.
        match trouble(&error) {
            Trouble::Damaged if self.open(true).await.is_ok() => Ok(()),
            _ => Err(not_usable("empty", &reason(&error))),
        }
    }

    /// Gives the number of entries and the bytes of the file; nothing when there is no file.
    ///
    /// # Errors
    /// `E_CONFIG` when the file cannot be used.
    pub async fn size(&self) -> Result<(u64, u64), Failure> {
        let using = match self.open(false).await {
            Ok(Some(using)) => using,
            Ok(None) => return Ok((0, 0)),
            Err(Unavailable) => return Err(not_usable("measure", "it cannot be opened")),
        };
        match answers::count(&using.opened.readers).await {
            Ok(entries) => Ok((entries, self.file.bytes())),
            Err(error) => {
                self.failed(&using, "read", &error);
                Err(not_usable("measure", &reason(&error)))
            }
        }
    }

    /// Closes the file and folds its write-ahead log into it. A later use opens it again.
    pub async fn close(&self) {
        let slot = self.current();
        self.replace(&slot, None);
        if let Some(opened) = slot.opened.get() {
            opened.readers.close().await;
            opened.writer.close().await;
        }
    }

    async fn look(&self, kind: &str, key: &str) -> Result<Option<CacheEntry>, Unavailable> {
        let Some(using) = self.open(false).await? else {
            return Ok(None);
        };
        match answers::find(&using.opened.readers, kind, key).await {
            Ok(Some(found)) if !found.intact => {
                self.health.failed("read", &"an answer was damaged");
                self.forget(kind, key).await;
                Err(Unavailable)
            }
            Ok(Some(found)) if is_usable(&found.entry, self.clock.now()) => {
                self.note_use(&using, &found).await;
                Ok(Some(found.entry))
            }
            Ok(_) => Ok(None),
            Err(error) => {
                self.failed(&using, "read", &error);
                Err(Unavailable)
            }
        }
    }

    /// Notes a use now and then, unless that would wait for another writer of this process.
    async fn note_use(&self, using: &Using, found: &Found) {
        let writer = &using.opened.writer;
        let now = millis(self.clock.now());
        let noted = (found.used_at..found.used_at.saturating_add(USE_INTERVAL)).contains(&now);
        let busy = writer.size() > 0 && writer.num_idle() == 0;
        if noted || busy {
            return;
        }
        if let Err(error) = answers::note_use(writer, found.id, now).await {
            self.failed(using, "write", &error);
        }
    }

    /// Gives the open file; opens it first, or creates it when `create` says so.
    async fn open(&self, create: bool) -> Result<Option<Using>, Unavailable> {
        if self.health.rests() {
            return Err(Unavailable);
        }
        let there = self.file.identity();
        let mut slot = self.current();
        if let Some(opened) = slot.opened.get() {
            if opened.identity == there {
                let opened = Arc::clone(opened);
                return Ok(Some(Using { slot, opened }));
            }
            // Somebody deleted the file, or another process replaced it.
            self.replace(&slot, None);
            slot = self.current();
        }
        if !create && there.is_none() {
            return Ok(None);
        }
        let opened = slot.opened.get_or_try_init(|| self.open_file(slot.damaged));
        let opened = Arc::clone(opened.await?);
        Ok(Some(Using { slot, opened }))
    }

    async fn open_file(&self, damaged: Option<FileIdentity>) -> Result<Arc<Opened>, Unavailable> {
        // Those who waited for one that failed must not all try.
        if self.health.rests() {
            return Err(Unavailable);
        }
        match disk_file::open(&self.file, self.pages, damaged).await {
            Ok(opened) => Ok(Arc::new(opened)),
            Err(error) => {
                self.health.not_opened(&error);
                Err(Unavailable)
            }
        }
    }

    fn failed(&self, using: &Using, action: &str, error: &sqlx::Error) {
        self.health.failed(action, &reason(error));
        if trouble(error) == Trouble::Damaged && self.replace(&using.slot, using.opened.identity) {
            self.health.damaged();
        }
    }

    fn current(&self) -> Arc<Slot> {
        let slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&slot)
    }

    /// Lets the next use open the file again; `false` when another task has said so already.
    fn replace(&self, old: &Arc<Slot>, damaged: Option<FileIdentity>) -> bool {
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        let current = Arc::ptr_eq(&slot, old);
        if current {
            *slot = Arc::new(Slot {
                damaged,
                opened: OnceCell::new(),
            });
        }
        current
    }
}

impl CacheStore for DiskCache {
    fn layer(&self) -> &'static str {
        "disk"
    }

    fn get<'a>(&'a self, kind: &'a str, key: &'a str) -> BoxFuture<'a, Option<CacheEntry>> {
        self.find(kind, key).boxed()
    }

    fn put<'a>(&'a self, kind: &'a str, key: &'a str, entry: CacheEntry) -> BoxFuture<'a, ()> {
        self.keep(kind, key, entry).boxed()
    }

    fn remove<'a>(&'a self, kind: &'a str, key: &'a str) -> BoxFuture<'a, ()> {
        self.forget(kind, key).boxed()
    }
}

fn not_usable(action: &str, why: &str) -> Failure {
    Failure::new(
        ErrorCode::Config,
        format!("cannot {action} the file of answers below [paths] cache: {why}"),
    )
    .with_hint(
        "let [paths] cache name a folder that this user can write, or delete answers.db in it",
    )
}

#[cfg(test)]
#[path = "disk_tests.rs"]
mod tests;
