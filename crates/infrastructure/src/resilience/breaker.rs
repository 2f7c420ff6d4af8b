//! The circuit breaker of one service: asked before each call, told how it ended. Sends nothing itself.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use serde::Serialize;
use synthesizer_model::failure::{ErrorCode, Failure};
use tokio::time::Instant;

use super::{
    record::ServiceRecord,
    states::{Change, Machine, Moment, Refusal, State, Verdict},
    waits::whole_seconds,
};
use crate::{
    clock,
    config::ServicePolicy,
    telemetry::events::{BreakerChanged, BreakerMeasured, CallNotPermitted},
};

/// The circuit breaker of one service. Clones are the same breaker.
#[derive(Debug, Clone)]
pub struct Breaker {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    name: String,
    machine: Mutex<Machine>,
}

/// The right to make one call; tell it how the call ended. Dropped without that, it gives itself back and counts as nothing.
#[derive(Debug)]
#[must_use = "a permit that is dropped at once guards nothing"]
pub struct Permit {
    breaker: Breaker,
    generation: u64,
    started: Instant,
    settled: bool,
}

/// A call that the breaker does not let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rejected {
    /// When it makes sense to ask again; says nothing for a forced one.
    pub retry_after: Duration,
    /// A person has opened the breaker, and it stays so until a person resets it.
    pub forced: bool,
}

/// What a breaker shows of itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BreakerStatus {
    /// The service's name.
    pub name: String,
    /// `closed`, `open`, `half_open`, `forced_open` or `disabled`. An open breaker turns half-open at the first call after its time.
    pub state: String,
    /// The share of failures in the window, 0 to 1; none while it holds too few calls.
    pub failure_rate: Option<f64>,
    /// The share of slow calls in the window, 0 to 1; none while it holds too few calls.
    pub slow_rate: Option<f64>,
    /// Calls in the window.
    pub calls: u32,
    /// Failures in a row.
    pub consecutive_failures: u32,
    /// Calls that were not let through since the process started.
    pub not_permitted: u64,
    /// When it opened, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opened_at: Option<String>,
    /// When it will let a call through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u64>,
    /// Why it is in its state, such as `consecutive_failures`; none before the first change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Breaker {
    /// Makes a closed breaker, or a disabled one where the policy says so.
    pub fn new(name: &str, policy: ServicePolicy) -> Self {
        Self {
            inner: Arc::new(Inner {
                name: name.to_owned(),
                machine: Mutex::new(Machine::new(policy, Instant::now())),
            }),
        }
    }

    /// Gives the service's name.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// Says whether a call would be let through, without taking a permit.
    ///
    /// # Errors
    /// The rejection, which counts as a call not permitted.
    pub fn check(&self) -> Result<(), Rejected> {
        let now = Instant::now();
        let asked = self.change(|machine| (machine.wake(now), machine.ask(now)));
        asked.map_err(|refusal| self.rejected(refusal))
    }

    /// Takes a permit for one call, which begins now.
    ///
    /// # Errors
    /// The rejection, which counts as a call not permitted.
    pub fn acquire(&self) -> Result<Permit, Rejected> {
        let now = Instant::now();
        let taken = self.change(|machine| {
            let change = machine.wake(now);
            let taken = machine.take(now);
            (change, taken.map(|()| machine.generation()))
        });
        let generation = taken.map_err(|refusal| self.rejected(refusal))?;
        Ok(Permit {
            breaker: self.clone(),
            generation,
            started: now,
            settled: false,
        })
    }

    /// Closes it and forgets what was counted; calls in flight count nothing then.
    pub fn reset(&self) {
        self.change(|machine| (machine.reset(moment()), ()));
        self.measure();
    }

    /// Lets nothing through until [`Breaker::reset`].
    pub fn force_open(&self) {
        self.change(|machine| (machine.force_open(SystemTime::now()), ()));
    }

    /// Says whether a person has opened it.
    pub fn is_forced_open(&self) -> bool {
        self.lock().state() == State::ForcedOpen
    }

    /// Shows it.
    pub fn status(&self) -> BreakerStatus {
        let now = Instant::now();
        let mut machine = self.lock();
        let (failure_rate, slow_rate) = machine.rates(now);
        let left = match machine.state() {
            State::Open { until } => Some(until.saturating_duration_since(now)),
            State::Closed { .. } | State::HalfOpen { .. } | State::ForcedOpen | State::Disabled => {
                None
            }
        };
        BreakerStatus {
            name: self.inner.name.clone(),
            state: machine.state().name().to_owned(),
            failure_rate,
            slow_rate,
            calls: machine.tally(now).calls,
            consecutive_failures: machine.consecutive_failures,
            not_permitted: machine.not_permitted,
            opened_at: machine.opened_at.map(clock::rfc3339),
            retry_after_seconds: left.map(whole_seconds),
            reason: machine.reason.map(str::to_owned),
        }
    }

    /// Shows the breaker of a service that this process has not called, by what other processes say.
    pub(super) fn status_of(record: &ServiceRecord) -> BreakerStatus {
        let left = record
            .open_until
            .and_then(|until| until.duration_since(SystemTime::now()).ok());
        let (state, reason) = match (record.forced_open, left) {
            (true, _) => ("forced_open", Some("forced")),
            (false, Some(_)) => ("open", Some("another_process")),
            (false, None) => ("closed", None),
        };
        BreakerStatus {
            name: record.name.clone(),
            state: state.to_owned(),
            failure_rate: None,
            slow_rate: None,
            calls: 0,
            consecutive_failures: 0,
            not_permitted: 0,
            opened_at: None,
            retry_after_seconds: left.filter(|_| !record.forced_open).map(whole_seconds),
            reason: reason.map(str::to_owned),
        }
    }

    /// Obeys what another process did to the breaker of this service; `found` says that it did so before this process looked first.
    pub(super) fn adopt(&self, record: &ServiceRecord, found: bool) {
        let moment = moment();
        self.change_as(found, |machine| (machine.adopt(record, moment), ()));
        self.change_as(found, |machine| (machine.adopt_opening(record, moment), ()));
    }

    /// Gives the shares of failures and of slow calls in the window, as it is now.
    pub(super) fn rates(&self) -> (Option<f64>, Option<f64>) {
        self.lock().rates(Instant::now())
    }

    fn measure(&self) {
        let (failure_rate, slow_rate) = self.rates();
        BreakerMeasured {
            service: &self.inner.name,
            failure_rate,
            slow_rate,
        }
        .emit();
    }

    /// Writes what other processes should know into the record of the service.
    pub(super) fn share(&self, record: &mut ServiceRecord) {
        self.lock().share(record);
    }

    /// Counts the holders of this breaker, permits included.
    pub(super) fn holders(&self) -> usize {
        Arc::strong_count(&self.inner)
    }

    fn settle(&self, permit: &mut Permit, verdict: Verdict) {
        permit.settled = true;
        let moment = moment();
        let took = moment.now.saturating_duration_since(permit.started);
        self.change(|machine| {
            let change = machine.settle(permit.generation, verdict, took, moment);
            (change, ())
        });
        self.measure();
    }

    /// Does something to the machine, and says so once if its state changed. The lock is held meanwhile, so that changes are seen in order.
    fn change<T>(&self, act: impl FnOnce(&mut Machine) -> (Option<Change>, T)) -> T {
        self.change_as(false, act)
    }

    /// As [`Breaker::change`]; `found` says that the state is older than this process's knowledge of it.
    fn change_as<T>(
        &self,
        found: bool,
        act: impl FnOnce(&mut Machine) -> (Option<Change>, T),
    ) -> T {
        let mut machine = self.lock();
        let (change, result) = act(&mut machine);
        if let Some(Change { from, to, reason }) = change {
            BreakerChanged {
                service: &self.inner.name,
                from,
                to,
                reason,
                found,
            }
            .emit();
        }
        result
    }

    fn rejected(&self, refusal: Refusal) -> Rejected {
        CallNotPermitted {
            service: &self.inner.name,
        }
        .emit();
        Rejected {
            retry_after: refusal.retry_after,
            forced: refusal.forced,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Machine> {
        let machine = self.inner.machine.lock();
        machine.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    /// The call went well; a slow one counts as slow.
    pub fn succeed(mut self) {
        self.breaker.clone().settle(&mut self, Verdict::Success);
    }

    /// The call failed, and that was the service or the way to it.
    pub fn fail(mut self) {
        self.breaker.clone().settle(&mut self, Verdict::Failure);
    }

    /// The service refused because of a limit: part of the rate, but never a failure in a row.
    pub fn limited(mut self) {
        self.breaker.clone().settle(&mut self, Verdict::Limited);
    }

    /// The service answered, and what it answered says nothing about its health, such as 404.
    pub fn ignore(mut self) {
        self.breaker.clone().settle(&mut self, Verdict::Ignored);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if !self.settled {
            self.breaker.lock().give_back(self.generation);
        }
    }
}

impl Rejected {
    /// Gives the failure that a caller sees.
    pub fn into_failure(self, service: &str) -> Failure {
        let message = if self.forced {
            format!("calls to {service} are switched off by hand")
        } else {
            format!("{service} failed too often and is left alone for a while")
        };
        let hint = format!("`synthesizer breakers reset {service}` lets calls through now");
        let mut failure = Failure::new(ErrorCode::CircuitOpen, message).with_hint(hint);
        // Who renders a failure says when to try again; what a person switched off, no time switches on.
        let seconds = whole_seconds(self.retry_after).max(1);
        failure.retry_after_seconds = (!self.forced).then_some(seconds);
        failure
    }
}

fn moment() -> Moment {
    Moment {
        now: Instant::now(),
        wall: SystemTime::now(),
    }
}

#[cfg(test)]
#[path = "breaker_tests.rs"]
mod tests;
