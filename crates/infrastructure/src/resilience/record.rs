//! What the processes of one machine tell each other about services, and the port to where they keep it. Knows no storage.

use std::{
    fmt::Debug,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use futures_util::future::BoxFuture;
use synthesizer_model::failure::Failure;

/// What is shared of one service. Times have whole milliseconds, and a store keeps them exactly.
///
/// What a person does begins a new epoch: everything else holds only beside the newest `reset_at`. So two records of one service always
/// join into one, whatever the order, and a process that has not heard what a person did cannot undo it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRecord {
    /// The service's name.
    pub name: String,
    /// A person has opened its breaker, until a person resets it.
    pub forced_open: bool,
    /// Until when its breaker was opened by failures.
    pub open_until: Option<SystemTime>,
    /// How often its breaker opened in a row.
    pub openings: u32,
    /// Until when the service asked not to be called.
    pub paused_until: Option<SystemTime>,
    /// When a person last reset its breaker or opened it.
    pub reset_at: Option<SystemTime>,
    /// When any of this last changed.
    pub changed_at: SystemTime,
}

/// Where the records are kept for all processes.
pub trait ServiceRecords: Send + Sync + Debug {
    /// Gives all records.
    ///
    /// # Errors
    /// Any failure of the store; callers go on without it.
    fn all(&self) -> BoxFuture<'_, Result<Vec<ServiceRecord>, Failure>>;

    /// Writes the record of one service in place of the one before.
    ///
    /// # Errors
    /// Any failure of the store; callers go on without it.
    fn put<'a>(&'a self, record: &'a ServiceRecord) -> BoxFuture<'a, Result<(), Failure>>;
}

impl ServiceRecord {
    /// Makes the record of a service of which nothing is known.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            forced_open: false,
            open_until: None,
            openings: 0,
            paused_until: None,
            reset_at: None,
            changed_at: UNIX_EPOCH,
        }
    }

    /// Joins two records of one service: what either of them knows that the other has not made void.
    ///
    /// The order does not matter, and joining twice changes nothing.
    #[must_use]
    pub fn joined(&self, other: &Self) -> Self {
        let reset_at = self.reset_at.max(other.reset_at);
        let mut joined = Self {
            reset_at,
            changed_at: self.changed_at.max(other.changed_at),
            ..Self::new(&self.name)
        };
        for part in [self, other] {
            if part.reset_at != reset_at {
                continue;
            }
            joined.forced_open |= part.forced_open;
            joined.paused_until = joined.paused_until.max(part.paused_until);
            (joined.open_until, joined.openings) =
                (joined.open_until, joined.openings).max((part.open_until, part.openings));
        }
        joined
    }
}

impl ServiceRecord {
    /// Says whether two records say the same, whenever they were written.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        let changed_at = self.changed_at;
        *self
            == Self {
                changed_at,
                ..other.clone()
            }
    }

    /// Says whether calls are affected still: a record of which this is false need not be told again.
    pub(super) fn matters(&self, now: SystemTime) -> bool {
        let ahead = |time: Option<SystemTime>| time.is_some_and(|time| time > now);
        self.forced_open || ahead(self.open_until) || ahead(self.paused_until)
    }

    /// Begins a new epoch at `now`, or just after the one before if that lies ahead; only a pause is kept.
    pub(super) fn begin_epoch(&mut self, now: SystemTime) {
        self.reset_at = Some(next_epoch(self.reset_at, now));
        self.forced_open = false;
        self.open_until = None;
        self.openings = 0;
    }
}

/// Gives the time of an act of a person that must count as later than the one before, even if the clock was set back.
pub(super) fn next_epoch(before: Option<SystemTime>, now: SystemTime) -> SystemTime {
    let least = before.and_then(|before| before.checked_add(Duration::from_millis(1)));
    let now = whole_milliseconds(now);
    least.map_or(now, |least| least.max(now))
}

/// Cuts a time to whole milliseconds, as records hold it.
pub(super) fn whole_milliseconds(time: SystemTime) -> SystemTime {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let milliseconds = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
    UNIX_EPOCH
        .checked_add(Duration::from_millis(milliseconds))
        .unwrap_or(UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(second)
    }

    fn any_record() -> impl Strategy<Value = ServiceRecord> {
        let time = || proptest::option::of((0_u64..4).prop_map(at));
        (any::<bool>(), time(), 0_u32..4, time(), time(), 0_u64..4).prop_map(
            |(forced_open, open_until, openings, paused_until, reset_at, changed)| ServiceRecord {
                forced_open,
                open_until,
                openings,
                paused_until,
                reset_at,
                changed_at: at(changed),
                ..ServiceRecord::new("github")
            },
        )
    }

    proptest! {
        #[test]
        fn joining_depends_on_no_order(one in any_record(), two in any_record(), three in any_record()) {
            prop_assert_eq!(one.joined(&two), two.joined(&one));
            prop_assert_eq!(one.joined(&two).joined(&three), one.joined(&two.joined(&three)));
            prop_assert_eq!(one.joined(&two).joined(&two), one.joined(&two));
        }
    }

    #[test]
    fn who_has_not_heard_of_a_reset_cannot_undo_it() {
        let forced = ServiceRecord {
            forced_open: true,
            reset_at: Some(at(1)),
            ..ServiceRecord::new("github")
        };
        let mut reset = forced.clone();
        reset.begin_epoch(at(2));
        let late = ServiceRecord {
            paused_until: Some(at(9)),
            changed_at: at(5),
            ..forced.clone()
        };
        let joined = reset.joined(&late);
        assert!(!joined.forced_open && joined.paused_until.is_none());
        reset.begin_epoch(at(0));
        assert!(reset.reset_at > Some(at(2)), "a clock that was set back");
    }
}
