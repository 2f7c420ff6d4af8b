//! Sums over the last stretch of time in bounded memory. Reads no clock.

use std::time::Duration;

use tokio::time::Instant;

/// How many parts a stretch is cut into; the oldest is forgotten as a whole.
const SLOTS: usize = 10;

/// What happened in the last stretch of time, in ten parts; so it covers between nine and ten tenths of the stretch.
#[derive(Debug)]
pub(super) struct TimeRing<T> {
    start: Instant,
    width: Duration,
    newest: u64,
    slots: [T; SLOTS],
}

impl<T: Copy + Default> TimeRing<T> {
    /// Makes an empty ring over a stretch of time; one of less than ten milliseconds counts as that.
    pub(super) fn new(stretch: Duration, now: Instant) -> Self {
        Self {
            start: now,
            width: (stretch / SLOTS as u32).max(Duration::from_millis(1)),
            newest: 0,
            slots: [T::default(); SLOTS],
        }
    }

    /// Gives the part that `now` falls into.
    pub(super) fn current(&mut self, now: Instant) -> &mut T {
        self.advance(now);
        &mut self.slots[Self::place(self.newest)]
    }

    /// Gives all parts that are not forgotten, in no particular order.
    pub(super) fn slots(&mut self, now: Instant) -> &[T] {
        self.advance(now);
        &self.slots
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.slots = [T::default(); SLOTS];
    }

    fn advance(&mut self, now: Instant) {
        let since = now.saturating_duration_since(self.start).as_nanos();
        let tick = u64::try_from(since / self.width.as_nanos()).unwrap_or(u64::MAX);
        let passed = tick.saturating_sub(self.newest).min(SLOTS as u64);
        for step in 0..passed {
            self.slots[Self::place(tick - step)] = T::default();
        }
        self.newest = self.newest.max(tick);
    }

    fn place(tick: u64) -> usize {
        (tick % SLOTS as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_older_than_the_stretch_is_forgotten() {
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let mut ring = TimeRing::<u32>::new(Duration::from_secs(10), start);
        for second in 0..10 {
            *ring.current(at(second)) += 1;
        }
        let mut check = |second: u64, expected: u32| {
            assert_eq!(
                ring.slots(at(second)).iter().sum::<u32>(),
                expected,
                "after {second} s"
            );
        };
        check(9, 10);
        check(10, 9);
        check(9, 9);
        check(18, 1);
        check(19, 0);
        check(1_000_000_000, 0);
    }
}
