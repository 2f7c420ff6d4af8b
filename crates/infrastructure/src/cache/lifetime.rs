//! How long an entry is used. A clock that jumps must neither keep an entry for ever nor bring back an old one.

use std::time::{Duration, SystemTime};

use super::{CacheEntry, LARGEST_VALUE, LONGEST_KEY};
use crate::storage::{SKEW, from_millis, millis};

/// The longest time that an entry is kept.
const LONGEST: Duration = Duration::from_secs(400 * 24 * 3600);

/// Gives the entry as both layers keep it: whole milliseconds, not kept for more than 400 days, not fresh for longer than kept.
pub(super) fn bounded(entry: CacheEntry) -> CacheEntry {
    let stored_at = from_millis(millis(entry.stored_at));
    let last = stored_at.checked_add(LONGEST).unwrap_or(stored_at);
    let kept_until = from_millis(millis(entry.kept_until)).min(last);
    CacheEntry {
        value: entry.value,
        stored_at,
        fresh_until: from_millis(millis(entry.fresh_until)).min(kept_until),
        kept_until,
    }
}

/// Says whether the entry may be given at this time: not past its end, not written more than a day in the future.
pub(super) fn is_usable(entry: &CacheEntry, now: SystemTime) -> bool {
    let soon = now.checked_add(SKEW).unwrap_or(now);
    now < entry.kept_until && entry.stored_at <= soon
}

/// Says whether a layer keeps such an entry at all.
pub(super) fn is_kept(kind: &str, key: &str, entry: &CacheEntry, now: SystemTime) -> bool {
    entry.value.len() <= LARGEST_VALUE
        && kind.len() + key.len() <= LONGEST_KEY
        && is_usable(entry, now)
}

/// Names the result of a look-up that found something.
pub(super) fn result_of(entry: &CacheEntry, now: SystemTime) -> &'static str {
    match now < entry.fresh_until {
        true => "hit",
        false => "stale",
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use bytes::Bytes;

    use super::*;

    const DAY: u64 = 24 * 3600;

    fn day(number: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(number * DAY)
    }

    #[test]
    fn an_entry_is_used_between_a_day_before_it_was_stored_and_its_end() {
        let check = |stored: u64, kept: u64, now: u64, expected: bool| {
            let entry = bounded(CacheEntry {
                value: Bytes::new(),
                stored_at: day(stored),
                fresh_until: day(kept + 5),
                kept_until: day(kept),
            });
            assert!(entry.fresh_until <= entry.kept_until);
            let found = is_usable(&entry, day(now));
            assert_eq!(found, expected, "{stored} {kept} {now}");
        };
        check(1000, 1010, 1000, true);
        check(1000, 1010, 1009, true);
        check(1000, 1010, 1010, false);
        // A clock that went back by a day is borne, one that went back further is not.
        check(1000, 1010, 999, true);
        check(1000, 1010, 998, false);
        // What says that it is kept for ever is not.
        check(1000, 90_000, 1399, true);
        check(1000, 90_000, 1400, false);
        check(0, 90_000, 1000, false);
    }
}
