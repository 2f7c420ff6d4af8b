//! One guard a service in this process, kept in step with the other processes of this machine. A broken store never fails a call.

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use synthesizer_model::failure::{ErrorCode, Failure};
use tokio::{
    sync::OnceCell,
    time::{Instant, timeout},
};

use super::{
    breaker::{Breaker, BreakerStatus},
    limit::Limiter,
    record::{ServiceRecord, ServiceRecords, whole_milliseconds},
    retry::RetryBudget,
};
use crate::{
    config::ServicePolicy,
    telemetry::events::{BreakerMeasured, ServiceRecordsFailed},
};

/// How many services are guarded at once.
const MOST_GUARDS: usize = 512;

/// How many records of other processes are looked at.
const MOST_RECORDS: usize = 1_024;

/// How often the records are read at most.
const READ_INTERVAL: Duration = Duration::from_secs(1);

/// How long a store may take; calls wait for it.
const STORE_DEADLINE: Duration = Duration::from_secs(2);

/// What guards the calls to one service. Clones are the same guard.
#[derive(Debug, Clone)]
pub struct Guard {
    /// Whether calls make sense now.
    pub breaker: Breaker,
    /// When the next call may go.
    pub limiter: Limiter,
    /// How many further tries there may be.
    pub budget: RetryBudget,
}

/// The guards of all services. Clones are the same registry.
#[derive(Debug, Clone)]
pub struct Registry {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    records: Option<Arc<dyn ServiceRecords>>,
    first_read: OnceCell<()>,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    guards: BTreeMap<String, Held>,
    /// Everything that was read, done or told, joined.
    heard: BTreeMap<String, ServiceRecord>,
    /// What the store holds, as far as is known.
    stored: BTreeMap<String, ServiceRecord>,
    uses: u64,
    read_at: Option<Instant>,
    /// Whether anything was read yet; what is heard then is what was left by others, not what happens.
    has_heard: bool,
    store_fails: bool,
}

#[derive(Debug)]
struct Held {
    guard: Guard,
    used: u64,
}

impl Registry {
    /// Makes an empty registry; without `records` this process knows of itself alone.
    pub fn new(records: Option<Arc<dyn ServiceRecords>>) -> Self {
        Self {
            inner: Arc::new(Inner {
                records,
                first_read: OnceCell::new(),
                known: Mutex::new(Known::default()),
            }),
        }
    }

    /// Gives the guard of a service: the same for the same name, whose policy is that of the first call.
    ///
    /// Of more than 512 the least recently asked for is forgotten, those in use and those forced open last.
    pub fn guard(&self, name: &str, policy: ServicePolicy) -> Guard {
        let mut known = self.lock();
        known.uses += 1;
        let used = known.uses;
        if let Some(held) = known.guards.get_mut(name) {
            held.used = used;
            return held.guard.clone();
        }
        let guard = Guard::new(name, policy);
        if let Some(record) = known.heard.get(name) {
            guard.adopt(record, true);
        }
        known.make_room();
        let held = Held {
            guard: guard.clone(),
            used,
        };
        known.guards.insert(name.to_owned(), held);
        guard
    }

    /// Shows the breakers of all services that this process or another knows, by name.
    pub fn list(&self) -> Vec<BreakerStatus> {
        let known = self.lock();
        let heard = known
            .heard
            .values()
            .map(|record| (record.name.as_str(), Breaker::status_of(record)));
        let own = known
            .guards
            .iter()
            .map(|(name, held)| (name.as_str(), held.guard.breaker.status()));
        let all: BTreeMap<&str, BreakerStatus> = heard.chain(own).collect();
        all.into_values().collect()
    }

    /// Measures the rates of all breakers anew, because windows move on also while nobody calls. Of several hosts of one kind, the highest
    /// counts.
    pub fn measure(&self) {
        let mut families: BTreeMap<String, (Option<f64>, Option<f64>)> = BTreeMap::new();
        for (name, held) in &self.lock().guards {
            let family = name.split_once(':').map_or(name.as_str(), |(kind, _)| kind);
            let (failures, slow) = held.guard.breaker.rates();
            let highest = families.entry(family.to_owned()).or_default();
            // Nothing is less than any rate.
            if failures > highest.0 {
                highest.0 = failures;
            }
            if slow > highest.1 {
                highest.1 = slow;
            }
        }
        for (family, (failure_rate, slow_rate)) in &families {
            BreakerMeasured {
                service: family,
                failure_rate: *failure_rate,
                slow_rate: *slow_rate,
            }
            .emit();
        }
    }

    /// Closes a breaker, forgets what it counted and ends a pause. [`Registry::publish`] tells the other processes.
    ///
    /// # Errors
    /// `E_NOT_FOUND` for a name that no process knows.
    pub fn reset(&self, name: &str) -> Result<(), Failure> {
        let mut known = self.lock();
        known.require(name)?;
        if let Some(held) = known.guards.get(name) {
            held.guard.breaker.reset();
            held.guard.limiter.resume();
        } else if let Some(record) = known.heard.get_mut(name) {
            record.begin_epoch(SystemTime::now());
            record.paused_until = None;
        }
        known.hear_of_own(name);
        Ok(())
    }

    /// Lets nothing through until [`Registry::reset`]. [`Registry::publish`] tells the other processes.
    ///
    /// # Errors
    /// `E_NOT_FOUND` for a name that no process knows.
    pub fn force_open(&self, name: &str) -> Result<(), Failure> {
        let mut known = self.lock();
        known.require(name)?;
        if let Some(held) = known.guards.get(name) {
            held.guard.breaker.force_open();
        } else if let Some(record) = known.heard.get_mut(name)
            && !record.forced_open
        {
            record.begin_epoch(SystemTime::now());
            record.forced_open = true;
        }
        known.hear_of_own(name);
        Ok(())
    }

    /// Obeys what other processes did, and tells again what they have not heard. Reads at most once a second; the first call waits for the
    /// first read, also when another caller does it.
    pub async fn synchronise(&self) {
        let Some(records) = &self.inner.records else {
            return;
        };
        if !self.inner.first_read.initialized() {
            let read = || self.read_and_tell(records.as_ref());
            self.inner.first_read.get_or_init(read).await;
        } else if self.lock().is_due() {
            self.read_and_tell(records.as_ref()).await;
        }
    }

    /// Tells other processes what happened to the breaker and the pause of a service. Does nothing when nothing did, so it may be called
    /// after every call that failed.
    pub async fn publish(&self, name: &str) {
        let Some(records) = &self.inner.records else {
            return;
        };
        if !self.lock().has_news(name) {
            return;
        }
        // Another process may have written since the last read, and what it wrote must not be lost.
        if self.read(records.as_ref()).await {
            self.tell(records.as_ref(), name).await;
        }
    }

    async fn read_and_tell(&self, records: &dyn ServiceRecords) {
        if !self.read(records).await {
            return;
        }
        let unheard = self.lock().unheard();
        for name in unheard {
            self.tell(records, &name).await;
        }
    }

    async fn read(&self, records: &dyn ServiceRecords) -> bool {
        self.lock().read_at = Some(Instant::now());
        let Some(all) = self.ask_store("read", records.all()).await else {
            return false;
        };
        self.lock().hear(all);
        true
    }

    async fn tell(&self, records: &dyn ServiceRecords, name: &str) {
        let record = self.lock().news(name);
        let Some(record) = record else { return };
        let put = self.ask_store("write", records.put(&record)).await;
        if put.is_some() {
            self.lock().stored.insert(name.to_owned(), record);
        }
    }

    /// Waits for the store within bounds; logs the first of several failures and counts each.
    async fn ask_store<T>(
        &self,
        operation: &'static str,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Option<T> {
        let answer = timeout(STORE_DEADLINE, work).await.unwrap_or_else(|_| {
            let message = "the store of service records took too long";
            Err(Failure::new(ErrorCode::Timeout, message))
        });
        let failed_before = std::mem::replace(&mut self.lock().store_fails, answer.is_err());
        answer
            .inspect_err(|failure| {
                ServiceRecordsFailed {
                    operation,
                    error: &failure.message,
                    again: failed_before,
                }
                .emit();
            })
            .ok()
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        let known = self.inner.known.lock();
        known.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn require(&self, name: &str) -> Result<(), Failure> {
        if self.guards.contains_key(name) || self.heard.contains_key(name) {
            return Ok(());
        }
        let mut names: Vec<&str> = self
            .guards
            .keys()
            .chain(self.heard.keys())
            .map(String::as_str)
            .collect();
        names.sort_unstable();
        names.dedup();
        let hint = match names.as_slice() {
            [] => "no service has been called yet".to_owned(),
            names => format!("known services: {}", names.join(", ")),
        };
        let shown: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
        Err(
            Failure::new(ErrorCode::NotFound, format!("no service is called {shown}"))
                .with_hint(hint),
        )
    }

    /// Drops one guard if the room is used up; a guard that only the registry holds first.
    fn make_room(&mut self) {
        if self.guards.len() < MOST_GUARDS {
            return;
        }
        let oldest = self.guards.iter().min_by_key(|(_, held)| {
            let breaker = &held.guard.breaker;
            (breaker.is_forced_open(), breaker.holders() > 1, held.used)
        });
        if let Some(name) = oldest.map(|(name, _)| name.clone()) {
            self.guards.remove(&name);
        }
    }

    /// Says whether the records should be read again, and has the caller do it.
    fn is_due(&mut self) -> bool {
        let now = Instant::now();
        let due = self
            .read_at
            .is_none_or(|read_at| now.saturating_duration_since(read_at) >= READ_INTERVAL);
        if due {
            self.read_at = Some(now);
        }
        due
    }

    /// Joins what the store holds with what is known, and has the guards obey it.
    fn hear(&mut self, all: Vec<ServiceRecord>) {
        self.hear_of_all_own();
        self.stored.clear();
        for record in all.into_iter().take(MOST_RECORDS) {
            let name = record.name.clone();
            let before = self.heard.remove(&name);
            let joined = before
                .as_ref()
                .map_or_else(|| record.clone(), |before| before.joined(&record));
            if let Some(held) = self.guards.get(&name) {
                if joined.reset_at > before.and_then(|before| before.reset_at)
                    && !joined.forced_open
                {
                    held.guard.limiter.resume();
                }
                held.guard.adopt(&joined, !self.has_heard);
            }
            self.heard.insert(name.clone(), joined);
            self.stored.insert(name, record);
        }
        let now = SystemTime::now();
        let (guards, stored) = (&self.guards, &self.stored);
        self.heard.retain(|name, record| {
            guards.contains_key(name) || stored.contains_key(name) || record.matters(now)
        });
        self.has_heard = true;
    }

    fn hear_of_all_own(&mut self) {
        let names: Vec<String> = self.guards.keys().cloned().collect();
        names.iter().for_each(|name| self.hear_of_own(name));
    }

    /// Joins what happened to a guard of this process with what is known.
    fn hear_of_own(&mut self, name: &str) {
        let Some(held) = self.guards.get(name) else {
            return;
        };
        let mut own = ServiceRecord::new(name);
        held.guard.breaker.share(&mut own);
        own.paused_until = held.guard.limiter.paused_until();
        if let Some(heard) = self.heard.get_mut(name) {
            *heard = heard.joined(&own);
        } else if !own.says_the_same(&ServiceRecord::new(name)) {
            self.heard.insert(name.to_owned(), own);
        }
    }

    fn has_news(&mut self, name: &str) -> bool {
        self.hear_of_own(name);
        self.heard.get(name).is_some_and(|record| {
            let stored = self.stored.get(name);
            stored.is_none_or(|stored| !record.says_the_same(stored))
        })
    }

    /// Gives what to write of a service, if it is news: what is known, dated now.
    fn news(&mut self, name: &str) -> Option<ServiceRecord> {
        if !self.has_news(name) {
            return None;
        }
        let record = self.heard.get_mut(name)?;
        record.changed_at = record.changed_at.max(whole_milliseconds(SystemTime::now()));
        Some(record.clone())
    }

    /// Gives the services of which the store lacks something that still matters.
    fn unheard(&self) -> Vec<String> {
        let now = SystemTime::now();
        let lacks = |record: &&ServiceRecord| match self.stored.get(&record.name) {
            Some(stored) => !record.says_the_same(stored),
            None => record.matters(now),
        };
        let missing = self.heard.values().filter(lacks);
        missing.map(|record| record.name.clone()).collect()
    }
}

impl Guard {
    fn new(name: &str, policy: ServicePolicy) -> Self {
        Self {
            breaker: Breaker::new(name, policy),
            limiter: Limiter::new(name, &policy),
            budget: RetryBudget::new(&policy),
        }
    }

    fn adopt(&self, record: &ServiceRecord, found: bool) {
        self.breaker.adopt(record, found);
        if let Some(paused_until) = record.paused_until {
            self.limiter.adopt_pause(paused_until);
        }
    }
}

#[cfg(test)]
#[path = "registry_tests.rs"]
mod tests;
