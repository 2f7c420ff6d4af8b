//! Answers in this process's memory, the least recently used forgotten first.

use std::fmt;

use bytes::Bytes;
use futures_util::{FutureExt as _, future::BoxFuture};
use moka::{policy::EvictionPolicy, sync::Cache};

use super::{
    CacheEntry, CacheStore,
    lifetime::{bounded, is_kept, is_usable, result_of},
};
use crate::{storage::Clock, telemetry::events::CacheLooked};

/// What an entry costs beside its texts and its value, in bytes, by measure of the parts it is made of.
const OVERHEAD: usize = 256;

/// Kind and key.
type Name = (Box<str>, Box<str>);

/// The layer in memory. Its bound counts values, keys and what keeping them costs.
pub struct MemoryCache {
    entries: Cache<Name, CacheEntry>,
    clock: Clock,
}

impl MemoryCache {
    /// Makes an empty layer of so many bytes.
    pub fn new(bytes: u64) -> Self {
        Self::with_clock(bytes, Clock::system())
    }

    pub(super) fn with_clock(bytes: u64, clock: Clock) -> Self {
        let entries = Cache::builder()
            .max_capacity(bytes)
            .weigher(|(kind, key): &Name, entry: &CacheEntry| {
                let weight = OVERHEAD + kind.len() + key.len() + entry.value.len();
                u32::try_from(weight).unwrap_or(u32::MAX)
            })
            // The default policy may refuse what has just been asked for, in favour of what was asked for often.
            .eviction_policy(EvictionPolicy::lru())
            .build();
        Self { entries, clock }
    }

    /// Gives an entry that may be used.
    pub(super) fn find(&self, kind: &str, key: &str) -> Option<CacheEntry> {
        let now = self.clock.now();
        let name = name(kind, key);
        let found = self.entries.get(&name);
        let usable = found.filter(|entry| is_usable(entry, now));
        CacheLooked {
            layer: "memory",
            kind,
            result: usable
                .as_ref()
                .map_or("miss", |entry| result_of(entry, now)),
        }
        .emit();
        usable
    }

    /// Keeps an entry; one that cannot be kept takes the place of the older one all the same.
    pub(super) fn keep(&self, kind: &str, key: &str, entry: CacheEntry) {
        let mut entry = bounded(entry);
        let name = name(kind, key);
        if is_kept(kind, key, &entry, self.clock.now()) {
            // A part of a larger buffer would hold the whole of it.
            entry.value = Bytes::copy_from_slice(&entry.value);
            self.entries.insert(name, entry);
        } else {
            self.entries.invalidate(&name);
        }
        // Without this, up to some hundred entries would be kept beyond the bound for a while.
        self.entries.run_pending_tasks();
    }

    /// Forgets an entry.
    pub(super) fn forget(&self, kind: &str, key: &str) {
        self.entries.invalidate(&name(kind, key));
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.entries.invalidate_all();
        self.entries.run_pending_tasks();
    }

    /// Gives the number of entries and their bytes.
    pub fn size(&self) -> (u64, u64) {
        self.entries.run_pending_tasks();
        (self.entries.entry_count(), self.entries.weighted_size())
    }
}

// Written by hand: that of the map would print every answer.
impl fmt::Debug for MemoryCache {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("MemoryCache")
            .field("entries", &self.entries.entry_count())
            .finish_non_exhaustive()
    }
}

impl CacheStore for MemoryCache {
    fn layer(&self) -> &'static str {
        "memory"
    }

    fn get<'a>(&'a self, kind: &'a str, key: &'a str) -> BoxFuture<'a, Option<CacheEntry>> {
        async move { self.find(kind, key) }.boxed()
    }

    fn put<'a>(&'a self, kind: &'a str, key: &'a str, entry: CacheEntry) -> BoxFuture<'a, ()> {
        async move { self.keep(kind, key, entry) }.boxed()
    }

    fn remove<'a>(&'a self, kind: &'a str, key: &'a str) -> BoxFuture<'a, ()> {
        async move { self.forget(kind, key) }.boxed()
    }
}

fn name(kind: &str, key: &str) -> Name {
    (kind.into(), key.into())
}

#[cfg(test)]
mod tests {
    use super::{
        super::testing::{Times, entry},
        *,
    };

    #[test]
    fn the_bound_holds_after_every_entry() {
        let times = Times::new();
        let cache = MemoryCache::with_clock(1 << 20, times.clock());
        for number in 0..500 {
            let length = (number * 7919) % 60_000;
            cache.keep("http", &format!("key {number}"), entry(&times, length));
            // Asked without the maintenance that `size` does.
            let bytes = cache.entries.weighted_size();
            assert!(bytes <= 1 << 20, "{bytes} after {number}");
        }
        assert!(cache.size().0 > 10);
        assert!(cache.find("http", "key 499").is_some());
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let times = Times::new();
        let cache = MemoryCache::with_clock(4 * 1300, times.clock());
        for key in ["a", "b", "c", "d"] {
            cache.keep("http", key, entry(&times, 1000));
        }
        assert!(cache.find("http", "a").is_some());
        cache.keep("http", "e", entry(&times, 1000));
        let kept: Vec<&str> = ["a", "b", "c", "d", "e"]
            .into_iter()
            .filter(|key| cache.find("http", key).is_some())
            .collect();
        assert_eq!(kept, ["a", "c", "d", "e"]);
    }

    #[test]
    fn entries_end_at_their_time_and_kinds_are_apart() {
        let times = Times::new();
        let cache = MemoryCache::with_clock(1 << 20, times.clock());
        cache.keep("http", "key", entry(&times, 10));
        assert_eq!(cache.find("quota", "key"), None);
        times.forward(7199);
        assert!(cache.find("http", "key").is_some());
        times.forward(1);
        assert_eq!(cache.find("http", "key"), None);
    }

    #[test]
    fn an_entry_that_is_too_large_replaces_the_older_one_by_nothing() {
        let times = Times::new();
        let cache = MemoryCache::with_clock(64 << 20, times.clock());
        cache.keep("http", "key", entry(&times, 10));
        cache.keep(
            "http",
            "key",
            entry(&times, super::super::LARGEST_VALUE + 1),
        );
        assert_eq!(cache.find("http", "key"), None);
        cache.keep("http", "key", entry(&times, super::super::LARGEST_VALUE));
        assert!(cache.find("http", "key").is_some());
        assert!(!format!("{cache:?}").contains("key"));
    }
}
