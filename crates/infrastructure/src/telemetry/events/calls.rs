//! Events of calls to other services: their end, further tries, waits for limits, what is left of a quota.

use std::time::Duration;

use super::labels;
use crate::telemetry::metrics::Metric;

const BUCKETS: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
];

pub(super) static CALLS: Metric = Metric::counter(
    "synthesizer_calls_total",
    "Calls to a service that ended, with all their tries, by outcome: ok or the code of the failure.",
);
static DURATION: Metric = Metric::durations(
    "synthesizer_call_duration_seconds",
    BUCKETS,
    "Time that calls to a service took, with waits and tries.",
);
pub(super) static REQUESTS: Metric = Metric::counter(
    "synthesizer_call_requests_total",
    "Requests that were really sent to a service; a call answered by a cache or an open breaker sends none.",
);
static RETRIES: Metric = Metric::counter(
    "synthesizer_call_retries_total",
    "Further tries of calls to a service, by the outcome of the try before.",
);
static WAITS: Metric = Metric::counter(
    "synthesizer_limit_waits_total",
    "Calls that waited for the rate limit of a service.",
);
static WAIT: Metric = Metric::durations(
    "synthesizer_limit_wait_seconds",
    BUCKETS,
    "Time that calls waited for the rate limit of a service.",
);
static QUOTA_LIMIT: Metric = Metric::gauge(
    "synthesizer_upstream_quota_limit",
    "Calls per window that a service allows, by its last answer; absent until it says so.",
);
static QUOTA_REMAINING: Metric = Metric::gauge(
    "synthesizer_upstream_quota_remaining",
    "Calls that a service still allows in this window, by its last answer; absent until it says so.",
);

pub(super) static METRICS: &[&Metric] = &[
    &CALLS,
    &DURATION,
    &REQUESTS,
    &RETRIES,
    &WAITS,
    &WAIT,
    &QUOTA_LIMIT,
    &QUOTA_REMAINING,
];

/// A call to a service ended, with all its tries.
#[derive(Debug)]
pub struct CallFinished<'a> {
    /// The service's name.
    pub service: &'a str,
    /// `ok`, or the failure's code in lower case without `E_`, such as `timeout`; see [`super::outcome`].
    pub outcome: &'a str,
    /// The last status, if there was one.
    pub status: Option<u16>,
    /// How long it took.
    pub duration: Duration,
    /// How many requests were sent.
    pub tries: u32,
}

impl CallFinished<'_> {
    /// Logs and counts the event: a defect as a warning, every other failure as information, because the caller has the answer; that a
    /// service is in trouble is what [`super::BreakerChanged`] warns of.
    pub fn emit(self) {
        let event = &self;
        macro_rules! line {
            ($level:ident, $message:literal) => {
                tracing::$level!(
                    service = event.service,
                    outcome = event.outcome,
                    status = event.status,
                    duration_seconds = event.duration.as_secs_f64(),
                    tries = event.tries,
                    $message
                )
            };
        }
        match event.outcome {
            "ok" => line!(debug, "call finished"),
            "internal" => line!(warn, "call failed"),
            _ => line!(info, "call failed"),
        }
        let service = labels::service(event.service);
        let outcome = labels::outcome_label(event.outcome);
        CALLS.add([("service", service.clone()), ("outcome", outcome)], 1);
        DURATION.observe([("service", service.clone())], event.duration);
        REQUESTS.add([("service", service)], event.tries.into());
    }
}

/// A call is about to be tried again.
#[derive(Debug)]
pub struct CallRetried<'a> {
    /// The service's name.
    pub service: &'a str,
    /// Why, such as `upstream` or `timeout`.
    pub reason: &'a str,
    /// How long it waits first.
    pub wait: Duration,
}

impl CallRetried<'_> {
    /// Logs and counts the event.
    pub fn emit(self) {
        tracing::debug!(
            service = self.service,
            reason = self.reason,
            wait_seconds = self.wait.as_secs_f64(),
            "call is tried again"
        );
        let service = labels::service(self.service);
        let reason = labels::outcome_label(self.reason);
        RETRIES.add([("service", service), ("reason", reason)], 1);
    }
}

/// A call waited for a rate limit.
#[derive(Debug)]
pub struct LimitWaited<'a> {
    /// The service's name.
    pub service: &'a str,
    /// How long.
    pub wait: Duration,
}

impl LimitWaited<'_> {
    /// Logs and counts the event.
    pub fn emit(self) {
        tracing::debug!(
            service = self.service,
            wait_seconds = self.wait.as_secs_f64(),
            "call waited for a limit"
        );
        let service = labels::service(self.service);
        WAITS.add([("service", service.clone())], 1);
        WAIT.observe([("service", service)], self.wait);
    }
}

/// A service told what is left of its limit.
#[derive(Debug)]
pub struct QuotaSeen<'a> {
    /// The service's name.
    pub service: &'a str,
    /// Calls per window.
    pub limit: Option<u64>,
    /// Calls that are left.
    pub remaining: Option<u64>,
}

impl QuotaSeen<'_> {
    /// Logs and measures the event; what the service does not say stays as it is.
    pub fn emit(self) {
        tracing::debug!(
            service = self.service,
            limit = self.limit,
            remaining = self.remaining,
            "quota seen"
        );
        let service = labels::service(self.service);
        if let Some(limit) = self.limit {
            QUOTA_LIMIT.set([("service", service.clone())], limit as f64);
        }
        if let Some(remaining) = self.remaining {
            QUOTA_REMAINING.set([("service", service)], remaining as f64);
        }
    }
}
