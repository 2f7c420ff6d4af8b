//! Further tries of a call that failed: how many, after which wait, within which budget. The only place that tries again.

use std::{
    future::Future,
    hash::{BuildHasher as _, Hasher as _, RandomState},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use synthesizer_model::failure::{ErrorCode, Failure};
use tokio::time::{Instant, sleep};

use super::{ring::TimeRing, waits::whole_seconds};
use crate::{config::ServicePolicy, telemetry::events::CallRetried};

/// How long a call counts for the budget.
const BUDGET_SECONDS: u32 = 10;

/// What one further try costs; a call pays in the policy's `retry_percent`.
const PRICE: i64 = 100;

/// How many further tries all calls to one service may have together. Clones are the same budget.
///
/// Over any ten seconds these are at most `retry_percent` of the calls and `retry_reserve` per second. Counted in whole hundredths, so
/// that every percentage holds exactly; tower's `TpsBudget` rounds 30 % to a third and 60 % to one try for each call.
#[derive(Debug, Clone)]
pub struct RetryBudget {
    purse: Arc<Mutex<TimeRing<i64>>>,
    deposit: i64,
    reserve: i64,
}

impl RetryBudget {
    /// Makes the budget of a policy, of which nothing is spent.
    pub fn new(policy: &ServicePolicy) -> Self {
        let stretch = Duration::from_secs(BUDGET_SECONDS.into());
        Self {
            purse: Arc::new(Mutex::new(TimeRing::new(stretch, Instant::now()))),
            deposit: policy.retry_percent.into(),
            reserve: i64::from(policy.retry_reserve) * i64::from(BUDGET_SECONDS) * PRICE,
        }
    }

    /// Counts a call.
    pub fn deposit(&self) {
        self.change(|purse, now| {
            let slot = purse.current(now);
            *slot = slot.saturating_add(self.deposit);
        });
    }

    /// Takes a further try, if one is left.
    pub fn withdraw(&self) -> bool {
        self.change(|purse, now| {
            let slots = purse.slots(now).iter();
            let balance = slots.fold(self.reserve, |sum, slot| sum.saturating_add(*slot));
            if balance < PRICE {
                return false;
            }
            let slot = purse.current(now);
            *slot = slot.saturating_sub(PRICE);
            true
        })
    }

    fn change<T>(&self, act: impl FnOnce(&mut TimeRing<i64>, Instant) -> T) -> T {
        let mut purse = self.purse.lock().unwrap_or_else(PoisonError::into_inner);
        act(&mut purse, Instant::now())
    }
}

/// A try that failed.
#[derive(Debug)]
pub struct FailedAttempt {
    /// Why.
    pub failure: Failure,
    /// Whether the same request may be sent again and could fare better.
    pub retryable: bool,
    /// The wait that the service asked for; beats our own.
    pub retry_after: Option<Duration>,
}

/// Runs the tries of calls to one service.
#[derive(Debug, Clone)]
pub struct Retrier {
    service: String,
    policy: ServicePolicy,
    budget: RetryBudget,
}

impl Retrier {
    /// Makes it for a service; `budget` is shared by all its calls.
    pub fn new(service: &str, policy: ServicePolicy, budget: RetryBudget) -> Self {
        Self {
            service: service.to_owned(),
            policy,
            budget,
        }
    }

    /// Runs tries, the first with 1, until one succeeds or no further one is allowed. Does not end a try itself at `deadline`.
    ///
    /// No further try follows `E_CIRCUIT_OPEN`, a failure that is not retryable, the policy's last try, an empty budget, or when the wait
    /// would reach `deadline`.
    ///
    /// # Errors
    /// The failure of the last try, at once.
    pub async fn run<T, F, R>(&self, deadline: Instant, mut attempt: F) -> Result<T, Failure>
    where
        F: FnMut(u32) -> R,
        R: Future<Output = Result<T, FailedAttempt>>,
    {
        self.budget.deposit();
        let mut tries = 1;
        let mut before: Option<FailedAttempt> = None;
        loop {
            let mut failed = match attempt(tries).await {
                Ok(value) => return Ok(value),
                Err(failed) => failed,
            };
            // A further try that we ourselves did not let out tells less than what the service did to the one before.
            if !failed.retryable
                && matches!(
                    failed.failure.code,
                    ErrorCode::RateLimited | ErrorCode::CircuitOpen
                )
                && let Some(real) = before.take()
            {
                failed = FailedAttempt {
                    retryable: false,
                    ..real
                };
            }
            let Some(wait) = self.wait_after(&failed, tries, deadline) else {
                return Err(told_when(failed));
            };
            CallRetried {
                service: &self.service,
                reason: reason(failed.failure.code),
                wait,
            }
            .emit();
            sleep(wait).await;
            tries += 1;
            before = Some(failed);
        }
    }

    /// Gives the wait before a further try, or `None` when there is none. Asks the budget last, so that nothing is spent in vain.
    fn wait_after(
        &self,
        failed: &FailedAttempt,
        tries: u32,
        deadline: Instant,
    ) -> Option<Duration> {
        let final_code = matches!(
            failed.failure.code,
            ErrorCode::CircuitOpen | ErrorCode::Cancelled
        );
        if final_code || !failed.retryable || tries >= self.policy.tries {
            return None;
        }
        let asked = failed.retry_after.filter(|wait| !wait.is_zero());
        let wait = asked.unwrap_or_else(|| backoff(&self.policy, tries - 1, random_share()));
        let in_time = Instant::now()
            .checked_add(wait)
            .is_some_and(|next| next < deadline);
        (in_time && self.budget.withdraw()).then_some(wait)
    }
}

/// Gives the wait before a further try: a random share of a bound that doubles from `policy.backoff` to `policy.backoff_longest`.
///
/// `attempt` counts the failed tries before the last one, from 0; `random` lies between 0 and 1.
pub fn backoff(policy: &ServicePolicy, attempt: u32, random: f64) -> Duration {
    let bound = policy.backoff.saturating_mul(1_u32 << attempt.min(31));
    let share = if random.is_finite() { random } else { 1.0 };
    bound
        .min(policy.backoff_longest)
        .mul_f64(share.clamp(0.0, 1.0))
}

fn told_when(failed: FailedAttempt) -> Failure {
    let mut failure = failed.failure;
    if failure.retry_after_seconds.is_none() {
        failure.retry_after_seconds = failed.retry_after.map(whole_seconds);
    }
    failure
}

/// Gives the reason label of a code: the few codes that are retried at all.
fn reason(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::Upstream => "upstream",
        ErrorCode::Timeout => "timeout",
        ErrorCode::RateLimited => "rate_limited",
        _ => "other",
    }
}

/// Gives a random share between 0 and 1, from the standard library's per-process random keys.
fn random_share() -> f64 {
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u8(0);
    (hasher.finish() >> 32) as f64 / f64::from(u32::MAX)
}

#[cfg(test)]
#[path = "retry_tests.rs"]
mod tests;
