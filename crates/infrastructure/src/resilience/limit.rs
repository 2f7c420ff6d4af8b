//! The rate limit of one service with the pause that it asked for. Callers wait in line, and none waits in vain.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use synthesizer_model::failure::{ErrorCode, Failure};
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep_until, timeout_at},
};

use super::{
    pace::Pace,
    record::whole_milliseconds,
    waits::{LONGEST_PAUSE, whole_seconds},
};
use crate::{config::ServicePolicy, telemetry::events::LimitWaited};

/// The rate limit of one service. Clones are the same limit.
#[derive(Debug, Clone)]
pub struct Limiter {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    name: String,
    requests_per_minute: u32,
    line: Mutex<Line>,
    /// Who is first in line; the semaphore is fair.
    turn: Semaphore,
}

#[derive(Debug)]
struct Line {
    pace: Option<Pace>,
    pause: Option<Pause>,
    /// Callers that wait, the first in line included.
    waiting: u32,
}

/// Until when nothing may be asked, by the clock that is waited on and by the one that other processes know.
#[derive(Debug, Clone, Copy)]
struct Pause {
    until: Instant,
    wall: SystemTime,
}

/// A place in the line; given up when dropped.
#[derive(Debug)]
struct Place<'a>(&'a Inner);

impl Limiter {
    /// Makes a limit whose burst is free.
    pub fn new(name: &str, policy: &ServicePolicy) -> Self {
        Self {
            inner: Arc::new(Inner {
                name: name.to_owned(),
                requests_per_minute: policy.requests_per_minute,
                line: Mutex::new(Line {
                    pace: Pace::new(policy.requests_per_minute, policy.burst, Instant::now()),
                    pause: None,
                    waiting: 0,
                }),
                turn: Semaphore::new(1),
            }),
        }
    }

    /// Lets nothing through for so long, at most a day; a pause that ends later stays.
    pub fn pause_for(&self, length: Duration) {
        let length = length.min(LONGEST_PAUSE);
        let now = SystemTime::now();
        let wall = whole_milliseconds(now.checked_add(length).unwrap_or(now));
        let until = Instant::now() + length;
        let mut line = self.inner.lock();
        if line.pause.is_none_or(|pause| pause.until < until) {
            line.pause = Some(Pause { until, wall });
        }
    }

    /// Ends a pause. Callers that wait for its end already go on waiting for that.
    pub fn resume(&self) {
        self.inner.lock().pause = None;
    }

    /// Gives until when nothing is let through; may be past.
    pub fn paused_until(&self) -> Option<SystemTime> {
        self.inner.lock().pause.map(|pause| pause.wall)
    }

    /// Obeys a pause that another process was asked for; what was known before changes nothing.
    pub(super) fn adopt_pause(&self, wall: SystemTime) {
        if self.paused_until().is_some_and(|known| known >= wall) {
            return;
        }
        let length = wall.duration_since(SystemTime::now()).unwrap_or_default();
        if length.is_zero() {
            return;
        }
        let until = Instant::now() + length.min(LONGEST_PAUSE);
        let mut line = self.inner.lock();
        if line.pause.is_none_or(|pause| pause.until < until) {
            line.pause = Some(Pause { until, wall });
        }
    }

    /// Waits until a call may be made, and gives how long that took.
    ///
    /// A caller that could not go before `deadline` takes nothing from the limit. Dropping the future gives its place up.
    ///
    /// # Errors
    /// `E_RATE_LIMITED` with `retry_after_seconds`: at once when the wait would outlast `deadline`; later when a new pause makes it so.
    pub async fn wait(&self, deadline: Instant) -> Result<Duration, Failure> {
        let asked = Instant::now();
        let Some(place) = self.inner.arrive(asked, deadline)? else {
            return Ok(Duration::ZERO);
        };
        self.inner.wait_in_line(deadline).await?;
        drop(place);
        let wait = asked.elapsed();
        LimitWaited {
            service: &self.inner.name,
            wait,
        }
        .emit();
        Ok(wait)
    }
}

impl Inner {
    /// Takes a call that is free now, or else a place in the line.
    fn arrive(&self, now: Instant, deadline: Instant) -> Result<Option<Place<'_>>, Failure> {
        let mut line = self.lock();
        if line.waiting == 0 && line.take(now) {
            return Ok(None);
        }
        let free = line.last_free(line.waiting.saturating_add(1), now);
        if free > deadline {
            return Err(self.too_late(&line, free, now));
        }
        line.waiting = line.waiting.saturating_add(1);
        Ok(Some(Place(self)))
    }

    async fn wait_in_line(&self, deadline: Instant) -> Result<(), Failure> {
        let turn = timeout_at(deadline, self.turn.acquire()).await;
        let Ok(_turn) = turn else {
            let line = self.lock();
            let now = Instant::now();
            return Err(self.too_late(&line, line.last_free(line.waiting, now), now));
        };
        while let Some(free) = self.take_or_tell(deadline)? {
            sleep_until(free).await;
        }
        Ok(())
    }

    /// Takes a call for the first in line, or tells when to ask again.
    fn take_or_tell(&self, deadline: Instant) -> Result<Option<Instant>, Failure> {
        let line = self.lock();
        let now = Instant::now();
        if line.take(now) {
            return Ok(None);
        }
        let free = line.last_free(1, now);
        if free > deadline {
            return Err(self.too_late(&line, free, now));
        }
        Ok(Some(free))
    }

    fn too_late(&self, line: &Line, free: Instant, now: Instant) -> Failure {
        let seconds = whole_seconds(free.saturating_duration_since(now)).max(1);
        let name = &self.name;
        let message = if line.pause.is_some_and(|pause| pause.until > now) {
            format!(
                "{name} asked not to be called for a while, which is longer than this call may take"
            )
        } else {
            let limit = self.requests_per_minute;
            format!("no call to {name} is free in time under the limit of {limit} a minute")
        };
        let mut failure = Failure::new(ErrorCode::RateLimited, message);
        failure.retry_after_seconds = Some(seconds);
        failure
    }

    fn lock(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    fn take(&self, now: Instant) -> bool {
        let paused = self.pause.is_some_and(|pause| pause.until > now);
        !paused && self.pace.as_ref().is_none_or(|pace| pace.take(now))
    }

    /// Gives when the last of a line of `calls` may go.
    fn last_free(&self, calls: u32, now: Instant) -> Instant {
        let from = self.pause.map_or(now, |pause| pause.until.max(now));
        match &self.pace {
            Some(pace) => pace.last_free(calls, from),
            None => from,
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut line = self.0.lock();
        line.waiting = line.waiting.saturating_sub(1);
    }
}

#[cfg(test)]
#[path = "limit_tests.rs"]
mod tests;
