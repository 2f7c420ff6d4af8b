//! The arithmetic of a rate limit: when the next calls of a waiting line are free. Waits for nothing and reads no clock.

use std::{
    cell::Cell,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use governor::{
    Quota, RateLimiter,
    clock::Clock,
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::{NotKeyed, StateStore},
};
use tokio::time::Instant;

/// The largest burst; much beyond it the limiter's own arithmetic would overflow.
const LARGEST_BURST: u32 = 1_000_000;

/// A limit of so many calls per minute, of which some may follow each other at once.
#[derive(Debug)]
pub(super) struct Pace {
    limiter: RateLimiter<NotKeyed, Slot, SetClock, NoOpMiddleware<Nanos>>,
    only_asked: Arc<AtomicBool>,
    start: Instant,
    burst: NonZeroU32,
    interval: Duration,
}

impl Pace {
    /// Makes a limit whose burst is free; `None` when there is no limit.
    pub(super) fn new(requests_per_minute: u32, burst: u32, start: Instant) -> Option<Self> {
        let requests_per_minute = NonZeroU32::new(requests_per_minute)?;
        let burst = NonZeroU32::new(burst.min(LARGEST_BURST)).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_minute(requests_per_minute).allow_burst(burst);
        let slot = Slot::default();
        Some(Self {
            only_asked: Arc::clone(&slot.only_asked),
            limiter: RateLimiter::new(quota, slot, SetClock::default()),
            start,
            burst,
            interval: quota.replenish_interval(),
        })
    }

    /// Gives when the last of a line of `calls` is free, the first of which may not go before `from`. Takes nothing.
    pub(super) fn last_free(&self, calls: u32, from: Instant) -> Instant {
        let together =
            NonZeroU32::new(calls).map_or(NonZeroU32::MIN, |calls| calls.min(self.burst));
        self.only_asked.store(true, Ordering::Relaxed);
        self.show(from);
        let free = match self.limiter.check_n(together) {
            Ok(Err(not_until)) => {
                let free = Duration::from(not_until.earliest_possible());
                self.start.checked_add(free).unwrap_or(from)
            }
            // No more than the burst is asked for, so there is always room in the end.
            Ok(Ok(())) | Err(_) => from,
        };
        // Those beyond a burst go one by one after it.
        let further = calls.saturating_sub(together.get());
        let later = self.interval.saturating_mul(further);
        free.checked_add(later).unwrap_or(free)
    }

    /// Takes the right to one call now, if one is free.
    pub(super) fn take(&self, now: Instant) -> bool {
        self.only_asked.store(false, Ordering::Relaxed);
        self.show(now);
        self.limiter.check().is_ok()
    }

    fn show(&self, time: Instant) {
        let since = time.saturating_duration_since(self.start).as_nanos();
        let clock = self.limiter.clock();
        // Half the range, which is three centuries, leaves room for the limiter's own sums.
        clock
            .now
            .set(u64::try_from(since).unwrap_or(u64::MAX).min(u64::MAX / 2));
    }
}

/// The limiter's clock: shows the time that it is asked about, which may lie ahead.
#[derive(Debug, Clone, Default)]
struct SetClock {
    now: Cell<u64>,
}

impl Clock for SetClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::new(self.now.get())
    }
}

/// The limiter's memory, which can be asked without being changed.
#[derive(Debug, Default)]
struct Slot {
    arrival: Cell<Option<Nanos>>,
    only_asked: Arc<AtomicBool>,
}

impl StateStore for Slot {
    type Key = NotKeyed;

    fn measure_and_replace<T, F, E>(&self, _key: &NotKeyed, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let (result, arrival) = measure(self.arrival.get())?;
        if !self.only_asked.load(Ordering::Relaxed) {
            self.arrival.set(Some(arrival));
        }
        Ok(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asking_takes_nothing_and_the_line_is_reckoned_exactly() {
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        // One each two seconds, three at once.
        let pace = Pace::new(30, 3, start).expect("a limit");
        let check = |calls: u32, from: u64, expected: u64| {
            let free = pace.last_free(calls, at(from));
            assert_eq!(free, at(expected), "{calls} from {from} s");
        };
        for _ in 0..100 {
            check(3, 0, 0);
        }
        check(4, 0, 2);
        check(10, 0, 14);
        assert!(pace.take(at(0)) && pace.take(at(0)) && pace.take(at(0)));
        assert!(!pace.take(at(0)));
        check(1, 0, 2);
        check(2, 0, 4);
        check(5, 0, 10);
        check(1, 1, 2);
        // After a long pause the burst is free again.
        check(3, 100, 100);
        check(5, 100, 104);
        assert!(!pace.take(at(1)) && pace.take(at(2)) && !pace.take(at(3)));
    }

    #[test]
    fn the_largest_figures_overflow_nothing() {
        let start = Instant::now();
        for (requests_per_minute, burst) in [(1, u32::MAX), (u32::MAX, u32::MAX), (u32::MAX, 0)] {
            let pace = Pace::new(requests_per_minute, burst, start).expect("a limit");
            assert!(pace.take(start));
            let far = start + Duration::from_secs(60 * 60 * 24 * 365 * 100);
            assert!(pace.last_free(u32::MAX, far) >= far);
        }
        assert!(Pace::new(0, 5, start).is_none());
    }
}
