//! A clock that tests set, and entries of any length.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;

use super::CacheEntry;
use crate::storage::Clock;

/// A time that moves only when it is told to.
#[derive(Debug, Clone)]
pub(super) struct Times(Arc<Mutex<SystemTime>>);

impl Times {
    /// Begins at a fixed time.
    pub(super) fn new() -> Self {
        let begin = UNIX_EPOCH + Duration::from_secs(1_795_000_000);
        Self(Arc::new(Mutex::new(begin)))
    }

    /// Gives the time.
    pub(super) fn now(&self) -> SystemTime {
        *self.0.lock().unwrap()
    }

    /// Goes on by so many seconds.
    pub(super) fn forward(&self, seconds: u64) {
        *self.0.lock().unwrap() += Duration::from_secs(seconds);
    }

    /// Goes back by so many seconds.
    pub(super) fn back(&self, seconds: u64) {
        *self.0.lock().unwrap() -= Duration::from_secs(seconds);
    }

    /// Gives the clock for a layer.
    pub(super) fn clock(&self) -> Clock {
        let times = self.clone();
        Clock::of(move || times.now())
    }
}

/// Makes an entry of so many bytes that is fresh for an hour and kept for two.
pub(super) fn entry(times: &Times, length: usize) -> CacheEntry {
    let value: Vec<u8> = (0..length)
        .map(|index| (index * 31 + length) as u8)
        .collect();
    CacheEntry {
        value: Bytes::from(value),
        stored_at: times.now(),
        fresh_until: times.now() + Duration::from_secs(3600),
        kept_until: times.now() + Duration::from_secs(7200),
    }
}
