//! The state machine of a circuit breaker. Reads no clock, emits nothing, knows no other thread: all of it comes from `breaker`.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::{
    record::{ServiceRecord, next_epoch, whole_milliseconds},
    ring::TimeRing,
};
use crate::config::ServicePolicy;

/// When a call that a half-open breaker has no permit for may ask again: the calls in flight decide soon.
const WHILE_PROBING: Duration = Duration::from_secs(1);

/// The bound of what a policy may ask for, so that no sum of times overflows.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The states, by the names of resilience4j.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Closed { since: Instant },
    Open { until: Instant },
    HalfOpen { out: u32 },
    ForcedOpen,
    Disabled,
}

impl State {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Closed { .. } => "closed",
            Self::Open { .. } => "open",
            Self::HalfOpen { .. } => "half_open",
            Self::ForcedOpen => "forced_open",
            Self::Disabled => "disabled",
        }
    }
}

/// How a call that was let through ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Success,
    Failure,
    Limited,
    Ignored,
}

/// One change of the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) from: &'static str,
    pub(super) to: &'static str,
    pub(super) reason: &'static str,
}

/// A call is not let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) retry_after: Duration,
    pub(super) forced: bool,
}

/// What the window holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) calls: u32,
    failures: u32,
    slow: u32,
}

/// The moment of something that happens, by both clocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// For everything that is measured.
    pub(super) now: Instant,
    /// For what other processes and people are told.
    pub(super) wall: SystemTime,
}

/// The breaker of one service.
#[derive(Debug)]
pub(super) struct Machine {
    policy: ServicePolicy,
    state: State,
    /// Changes with every state, so that late verdicts of an earlier one are told apart.
    generation: u64,
    window: TimeRing<Tally>,
    pub(super) consecutive_failures: u32,
    /// How often it opened in a row.
    openings: u32,
    pub(super) reason: Option<&'static str>,
    pub(super) opened_at: Option<SystemTime>,
    pub(super) not_permitted: u64,
    /// The last opening as other processes know it; stays when the breaker closes.
    shared_opening: (Option<SystemTime>, u32),
    /// The last reset by a person, in any process.
    reset_at: Option<SystemTime>,
}

impl Machine {
    pub(super) fn new(policy: ServicePolicy, now: Instant) -> Self {
        let policy = ServicePolicy {
            window: policy.window.min(LONGEST),
            open_longest: policy.open_longest.min(LONGEST),
            ..policy
        };
        Self {
            state: home(&policy, now),
            window: TimeRing::new(policy.window, now),
            policy,
            generation: 0,
            consecutive_failures: 0,
            openings: 0,
            reason: None,
            opened_at: None,
            not_permitted: 0,
            shared_opening: (None, 0),
            reset_at: None,
        }
    }

    pub(super) fn state(&self) -> State {
        self.state
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    /// Turns an open breaker whose time has come half-open.
    pub(super) fn wake(&mut self, now: Instant) -> Option<Change> {
        match self.state {
            State::Open { until } if until <= now => {
                Some(self.enter(State::HalfOpen { out: 0 }, "wait_over"))
            }
            State::Open { .. }
            | State::Closed { .. }
            | State::HalfOpen { .. }
            | State::ForcedOpen
            | State::Disabled => None,
        }
    }

    /// Says whether a call would be let through; hands nothing out.
    pub(super) fn ask(&mut self, now: Instant) -> Result<(), Refusal> {
        let (retry_after, forced) = match self.state {
            State::Closed { .. } | State::Disabled => return Ok(()),
            State::HalfOpen { out } if out < self.probes() => return Ok(()),
            State::HalfOpen { .. } => (WHILE_PROBING, false),
            State::Open { until } => (until.saturating_duration_since(now), false),
            State::ForcedOpen => (self.policy.open_longest, true),
        };
        self.not_permitted = self.not_permitted.saturating_add(1);
        Err(Refusal {
            retry_after,
            forced,
        })
    }

    /// Lets a call through, or not; a half-open breaker has one permit less then.
    pub(super) fn take(&mut self, now: Instant) -> Result<(), Refusal> {
        self.ask(now)?;
        if let State::HalfOpen { out } = &mut self.state {
            *out += 1;
        }
        Ok(())
    }

    /// Takes a permit back that has no verdict.
    pub(super) fn give_back(&mut self, generation: u64) {
        if let State::HalfOpen { out } = &mut self.state
            && generation == self.generation
        {
            *out = out.saturating_sub(1);
        }
    }

    /// Takes the verdict on a call; one of an earlier generation counts nothing.
    pub(super) fn settle(
        &mut self,
        generation: u64,
        verdict: Verdict,
        took: Duration,
        moment: Moment,
    ) -> Option<Change> {
        if generation != self.generation {
            return None;
        }
        match self.state {
            State::Closed { since } => self.settle_closed(since, verdict, took, moment),
            State::HalfOpen { .. } => self.settle_half_open(verdict, moment),
            State::Disabled => {
                self.count(verdict, took, moment.now);
                None
            }
            // Entering them began a new generation, and they let no call through.
            State::Open { .. } | State::ForcedOpen => None,
        }
    }

    fn settle_closed(
        &mut self,
        since: Instant,
        verdict: Verdict,
        took: Duration,
        moment: Moment,
    ) -> Option<Change> {
        self.count(verdict, took, moment.now);
        let reason = self.reason_to_open(moment.now)?;
        if moment.now.saturating_duration_since(since) >= self.policy.window {
            self.openings = 0;
        }
        Some(self.open(reason, moment))
    }

    fn settle_half_open(&mut self, verdict: Verdict, moment: Moment) -> Option<Change> {
        match verdict {
            Verdict::Success => Some(self.close("probe_succeeded", moment.now)),
            Verdict::Ignored => Some(self.close("probe_answered", moment.now)),
            Verdict::Failure => Some(self.open("probe_failed", moment)),
            Verdict::Limited => {
                self.give_back(self.generation);
                None
            }
        }
    }

    fn count(&mut self, verdict: Verdict, took: Duration, now: Instant) {
        match verdict {
            Verdict::Success => self.consecutive_failures = 0,
            Verdict::Failure => {
                self.consecutive_failures = self.consecutive_failures.saturating_add(1);
            }
            Verdict::Limited => {}
            Verdict::Ignored => return,
        }
        let tally = self.window.current(now);
        tally.calls = tally.calls.saturating_add(1);
        if verdict != Verdict::Success {
            tally.failures = tally.failures.saturating_add(1);
        }
        if took >= self.policy.slow_call {
            tally.slow = tally.slow.saturating_add(1);
        }
    }

    fn reason_to_open(&mut self, now: Instant) -> Option<&'static str> {
        if self.consecutive_failures >= self.policy.consecutive_failures.max(1) {
            return Some("consecutive_failures");
        }
        let (failure_rate, slow_rate) = self.rates(now);
        let reaches = |rate: Option<f64>, percent: u32| {
            rate.is_some_and(|rate| rate > 0.0 && rate * 100.0 >= f64::from(percent))
        };
        if reaches(failure_rate, self.policy.failure_percent) {
            Some("failure_rate")
        } else if reaches(slow_rate, self.policy.slow_percent) {
            Some("slow_rate")
        } else {
            None
        }
    }

    /// Gives what the window holds.
    pub(super) fn tally(&mut self, now: Instant) -> Tally {
        let slots = self.window.slots(now);
        slots.iter().fold(Tally::default(), |sum, slot| Tally {
            calls: sum.calls.saturating_add(slot.calls),
            failures: sum.failures.saturating_add(slot.failures),
            slow: sum.slow.saturating_add(slot.slow),
        })
    }

    /// Gives the shares of failures and of slow calls, 0 to 1; `None` while the window holds too few calls.
    pub(super) fn rates(&mut self, now: Instant) -> (Option<f64>, Option<f64>) {
        let tally = self.tally(now);
        if tally.calls < self.policy.minimum_calls.max(1) {
            return (None, None);
        }
        let share = |count: u32| Some(f64::from(count) / f64::from(tally.calls));
        (share(tally.failures), share(tally.slow))
    }

    /// Opens it by hand, until a reset.
    pub(super) fn force_open(&mut self, wall: SystemTime) -> Option<Change> {
        if self.state == State::ForcedOpen {
            return None;
        }
        self.begin_epoch(next_epoch(self.reset_at, wall));
        self.force(wall)
    }

    fn force(&mut self, wall: SystemTime) -> Option<Change> {
        if self.state == State::ForcedOpen {
            return None;
        }
        self.opened_at = Some(wall);
        Some(self.enter(State::ForcedOpen, "forced"))
    }

    /// Closes it by hand and forgets everything that was counted.
    pub(super) fn reset(&mut self, moment: Moment) -> Option<Change> {
        self.begin_epoch(next_epoch(self.reset_at, moment.wall));
        self.go_home(moment.now)
    }

    fn begin_epoch(&mut self, reset_at: SystemTime) {
        self.reset_at = Some(reset_at);
        self.shared_opening = (None, 0);
        self.openings = 0;
    }

    fn go_home(&mut self, now: Instant) -> Option<Change> {
        let home = home(&self.policy, now);
        if home.name() != self.state.name() {
            return Some(self.enter(home, "reset"));
        }
        self.state = home;
        self.generation += 1;
        self.forget();
        None
    }

    /// Obeys what another process did to the breaker of this service; what was known before, or is older than what a person did last,
    /// changes nothing.
    pub(super) fn adopt(&mut self, record: &ServiceRecord, moment: Moment) -> Option<Change> {
        let mut change = None;
        if let Some(reset_at) = record.reset_at
            && record.reset_at > self.reset_at
        {
            self.begin_epoch(reset_at);
            if !record.forced_open {
                change = self.go_home(moment.now);
            }
        }
        if record.reset_at != self.reset_at {
            return None;
        }
        if record.forced_open {
            return self.force(moment.wall);
        }
        change
    }

    /// Obeys an opening by failures in another process, as [`Machine::adopt`] does.
    pub(super) fn adopt_opening(
        &mut self,
        record: &ServiceRecord,
        moment: Moment,
    ) -> Option<Change> {
        if record.reset_at != self.reset_at || record.forced_open {
            return None;
        }
        let opening = (record.open_until, record.openings);
        if opening <= self.shared_opening {
            return None;
        }
        self.shared_opening = opening;
        self.open_as(record, moment)
    }

    fn open_as(&mut self, record: &ServiceRecord, moment: Moment) -> Option<Change> {
        let until = record.open_until?;
        let Ok(left) = until.duration_since(moment.wall) else {
            let over = moment.wall.duration_since(until).unwrap_or_default();
            let recent = over < self.policy.window;
            if recent && matches!(self.state, State::Closed { .. }) {
                self.openings = self.openings.max(record.openings);
            }
            return None;
        };
        if left > self.policy.open_longest {
            // By a wrong clock or another configuration, such as that of a checkout: not what this one allows.
            return None;
        }
        let until = moment.now + left;
        match self.state {
            State::Closed { .. } | State::HalfOpen { .. } => {
                self.openings = self.openings.max(record.openings);
                self.opened_at = Some(moment.wall);
                Some(self.enter(State::Open { until }, "another_process"))
            }
            State::Open { until: before } => {
                self.openings = self.openings.max(record.openings);
                self.state = State::Open {
                    until: until.max(before),
                };
                None
            }
            State::ForcedOpen | State::Disabled => None,
        }
    }

    /// Writes what other processes should know into the record of the service.
    pub(super) fn share(&self, record: &mut ServiceRecord) {
        record.forced_open = self.state == State::ForcedOpen;
        (record.open_until, record.openings) = self.shared_opening;
        record.reset_at = self.reset_at;
    }

    fn open(&mut self, reason: &'static str, moment: Moment) -> Change {
        self.openings = self.openings.saturating_add(1);
        let length = open_time(&self.policy, self.openings);
        self.opened_at = Some(moment.wall);
        let until = moment.wall.checked_add(length).unwrap_or(moment.wall);
        self.shared_opening = (Some(whole_milliseconds(until)), self.openings);
        let until = moment.now + length;
        self.enter(State::Open { until }, reason)
    }

    fn close(&mut self, reason: &'static str, now: Instant) -> Change {
        self.enter(State::Closed { since: now }, reason)
    }

    fn enter(&mut self, state: State, reason: &'static str) -> Change {
        let change = Change {
            from: self.state.name(),
            to: state.name(),
            reason,
        };
        self.state = state;
        self.generation += 1;
        self.reason = Some(reason);
        if matches!(state, State::Closed { .. } | State::Disabled) {
            self.forget();
        }
        change
    }

    fn forget(&mut self) {
        self.window.clear();
        self.consecutive_failures = 0;
        self.opened_at = None;
    }

    fn probes(&self) -> u32 {
        self.policy.half_open_calls.max(1)
    }
}

/// Gives the state of a breaker that nothing has happened to.
fn home(policy: &ServicePolicy, now: Instant) -> State {
    if policy.breaker {
        State::Closed { since: now }
    } else {
        State::Disabled
    }
}

/// Gives how long a breaker stays open that opened so often in a row.
fn open_time(policy: &ServicePolicy, openings: u32) -> Duration {
    let doublings = openings.saturating_sub(1).min(31);
    let length = policy.open.saturating_mul(1_u32 << doublings);
    length.min(policy.open_longest)
}

#[cfg(test)]
#[path = "states_tests.rs"]
mod tests;
