//! Memory before disk. What the disk has and memory has not is taken into memory.

use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::{FutureExt as _, future::BoxFuture};
use synthesizer_model::Failure;

use super::{CacheEntry, CacheStore, DiskCache, MemoryCache, lifetime::bounded};
use crate::{config::Config, storage::Clock};

/// The answers of this process, and of others on this machine through the file on disk.
#[derive(Debug)]
pub struct Cache {
    memory: MemoryCache,
    disk: Option<DiskCache>,
    clock: Clock,
    /// How often memory was changed by a caller; held while memory is changed, so that a slow look-up cannot undo it.
    changes: Mutex<u64>,
}

/// What a cache holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CacheSize {
    /// Entries in memory.
    pub memory_entries: u64,
    /// What they cost, in bytes.
    pub memory_bytes: u64,
    /// Entries on disk, ended ones included.
    pub disk_entries: u64,
    /// The bytes of the file.
    pub disk_bytes: u64,
}

impl Cache {
    /// Makes the cache of a configuration. Touches no file before it is used.
    pub fn open(config: &Config) -> Self {
        let settings = &config.cache;
        let disk = settings
            .disk
            .then(|| DiskCache::new(&config.paths.cache, settings.disk_bytes));
        Self::of(
            MemoryCache::new(settings.memory_bytes),
            disk,
            Clock::system(),
        )
    }

    /// Makes a cache that touches no disk; the one for tests with paused time.
    pub fn in_memory(bytes: u64) -> Self {
        Self::of(MemoryCache::new(bytes), None, Clock::system())
    }

    pub(super) fn of(memory: MemoryCache, disk: Option<DiskCache>, clock: Clock) -> Self {
        Self {
            memory,
            disk,
            clock,
            changes: Mutex::new(0),
        }
    }

    /// Forgets everything, on disk too.
    ///
    /// # Errors
    /// `E_CONFIG` when the file on disk cannot be used.
    pub async fn clear(&self) -> Result<(), Failure> {
        self.change(MemoryCache::clear);
        if let Some(disk) = &self.disk {
            disk.clear().await?;
            // What was found on disk in the meantime.
            self.change(MemoryCache::clear);
        }
        Ok(())
    }

    /// Measures both layers.
    ///
    /// # Errors
    /// `E_CONFIG` when the file on disk cannot be used.
    pub async fn size(&self) -> Result<CacheSize, Failure> {
        let (memory_entries, memory_bytes) = self.memory.size();
        let (disk_entries, disk_bytes) = match &self.disk {
            Some(disk) => disk.size().await?,
            None => (0, 0),
        };
        Ok(CacheSize {
            memory_entries,
            memory_bytes,
            disk_entries,
            disk_bytes,
        })
    }

    /// Closes the file on disk. A later use opens it again.
    pub async fn close(&self) {
        if let Some(disk) = &self.disk {
            disk.close().await;
        }
    }

    async fn find(&self, kind: &str, key: &str) -> Option<CacheEntry> {
        // Before memory is asked: a change between the two look-ups must count.
        let before = *self.changes();
        let in_memory = self.memory.find(kind, key);
        let fresh = in_memory
            .as_ref()
            .is_some_and(|entry| self.clock.now() < entry.fresh_until);
        let Some(disk) = self.disk.as_ref().filter(|_| !fresh) else {
            return in_memory;
        };
        // Another process may have asked the service again since this one did.
        let on_disk = disk.find(kind, key).await.filter(|found| {
            in_memory
                .as_ref()
                .is_none_or(|old| found.fresh_until > old.fresh_until)
        });
        let Some(found) = on_disk else {
            return in_memory;
        };
        let changes = self.changes();
        if *changes == before {
            self.memory.keep(kind, key, found.clone());
        }
        Some(found)
    }

    async fn keep(&self, kind: &str, key: &str, entry: CacheEntry) {
        let entry = bounded(entry);
        self.change(|memory| memory.keep(kind, key, entry.clone()));
        if let Some(disk) = &self.disk {
            disk.keep(kind, key, entry).await;
        }
    }

    async fn forget(&self, kind: &str, key: &str) {
        self.change(|memory| memory.forget(kind, key));
        if let Some(disk) = &self.disk {
            disk.forget(kind, key).await;
            // What was found on disk in the meantime.
            self.change(|memory| memory.forget(kind, key));
        }
    }

    fn change(&self, change: impl FnOnce(&MemoryCache)) {
        let mut changes = self.changes();
        *changes = changes.wrapping_add(1);
        change(&self.memory);
    }

    fn changes(&self) -> MutexGuard<'_, u64> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CacheStore for Cache {
    fn layer(&self) -> &'static str {
        "any"
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

#[cfg(test)]
#[path = "layered_tests.rs"]
mod tests;
