//! What is remembered of a service for people: its last answer, failure and quota. Decides nothing.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use synthesizer_model::{
    discovery::Quota,
    failure::{ErrorCode, Failure},
};

use super::service::ServiceReport;
use crate::{clock, telemetry::events::QuotaSeen};

/// What is known of one service.
#[derive(Debug)]
pub(super) struct Known {
    service: &'static str,
    report: Mutex<ServiceReport>,
}

impl Known {
    pub(super) fn new(service: &'static str) -> Self {
        Self {
            service,
            report: Mutex::default(),
        }
    }

    /// Notes what the service says of its limit.
    pub(super) fn quota(&self, quota: Quota) {
        QuotaSeen {
            service: self.service,
            limit: quota.limit,
            remaining: quota.remaining,
        }
        .emit();
        self.lock().quota = Some(quota);
    }

    /// Notes how a call to the service itself ended, after its last try.
    ///
    /// What the caller or our own bounds are to blame for says nothing of the service. A limit is remembered as the last failure,
    /// but does not make a service ill. An open breaker leaves the failure that opened it in place.
    pub(super) fn ended<T>(&self, outcome: &Result<T, Failure>) {
        let failure = match outcome {
            Ok(_) => {
                self.lock().healthy = Some(true);
                return;
            }
            Err(failure) => failure,
        };
        let mut report = self.lock();
        match failure.code {
            ErrorCode::Upstream | ErrorCode::Timeout => report.healthy = Some(false),
            ErrorCode::RateLimited => {}
            _ => return,
        }
        report.last_error = Some(failure.clone());
        report.last_error_at = Some(clock::rfc3339(SystemTime::now()));
    }

    /// Gives it all, with the state of the breaker.
    pub(super) fn report(&self, breaker: &str) -> ServiceReport {
        ServiceReport {
            breaker: breaker.to_owned(),
            ..self.lock().clone()
        }
    }

    fn lock(&self) -> MutexGuard<'_, ServiceReport> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_call_says_whether_a_service_is_healthy() {
        let known = Known::new("test");
        let check = |outcome: Option<ErrorCode>, healthy: Option<bool>, last: Option<ErrorCode>| {
            known.ended(&outcome.map_or(Ok(()), |code| Err(Failure::new(code, "x"))));
            let report = known.report("closed");
            assert_eq!(report.breaker, "closed");
            assert_eq!(report.healthy, healthy, "after {outcome:?}");
            assert_eq!(report.last_error.map(|failure| failure.code), last);
            assert_eq!(report.last_error_at.is_some(), last.is_some());
        };
        check(Some(ErrorCode::Forbidden), None, None);
        check(
            Some(ErrorCode::RateLimited),
            None,
            Some(ErrorCode::RateLimited),
        );
        check(None, Some(true), Some(ErrorCode::RateLimited));
        check(
            Some(ErrorCode::Timeout),
            Some(false),
            Some(ErrorCode::Timeout),
        );
        check(
            Some(ErrorCode::CircuitOpen),
            Some(false),
            Some(ErrorCode::Timeout),
        );
        check(None, Some(true), Some(ErrorCode::Timeout));
    }
}
