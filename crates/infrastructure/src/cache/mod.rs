//! Answers that may be used again, in memory and on disk behind one port. Losing all of it costs time alone.
//!
//! Map:
//! - `layered`: [`Cache`], memory before disk
//! - `memory`, `disk`: one layer each
//! - `disk_file`: opening the file on disk, and beginning a new one in place of one that is damaged
//! - `disk_health`: when the file is left alone for a while, and how often that is said
//! - `answers`: the statements on that file
//! - `lifetime`: how long entries are used, whatever clocks did
//! - [`facts`]: what analysis read of blobs, in a folder of its own

use std::{fmt::Debug, time::SystemTime};

use bytes::Bytes;
use futures_util::future::BoxFuture;

mod answers;
mod disk;
mod disk_file;
mod disk_health;
pub mod facts;
mod layered;
mod lifetime;
mod memory;
#[cfg(test)]
mod testing;

pub use disk::DiskCache;
pub use layered::{Cache, CacheSize};
pub use memory::MemoryCache;

/// The largest value that is kept, in bytes.
pub const LARGEST_VALUE: usize = 8 << 20;

/// The longest key that is kept, in bytes.
pub const LONGEST_KEY: usize = 16 << 10;

/// One kept answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheEntry {
    /// What was kept.
    pub value: Bytes,
    /// When it was written.
    pub stored_at: SystemTime,
    /// Until when it may be used without asking.
    pub fresh_until: SystemTime,
    /// Until when it is kept at all.
    pub kept_until: SystemTime,
}

/// A place for answers. No method fails: a store that is broken forgets, logs and counts it.
pub trait CacheStore: Send + Sync + Debug {
    /// The layer's name in metrics: `memory`, `disk`; `any` for several behind one.
    fn layer(&self) -> &'static str;

    /// Gives an entry that is not past `kept_until`.
    fn get<'a>(&'a self, kind: &'a str, key: &'a str) -> BoxFuture<'a, Option<CacheEntry>>;

    /// Keeps an entry, and forgets others when there is no room.
    fn put<'a>(&'a self, kind: &'a str, key: &'a str, entry: CacheEntry) -> BoxFuture<'a, ()>;

    /// Forgets an entry.
    fn remove<'a>(&'a self, kind: &'a str, key: &'a str) -> BoxFuture<'a, ()>;
}
