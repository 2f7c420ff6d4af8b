//! Events of circuit breakers. Names and meanings follow resilience4j.

use super::{
    calls,
    labels::{self, BREAKER_STATES, CALL_OUTCOMES},
};
use crate::telemetry::metrics::Metric;

static STATE: Metric = Metric::gauge(
    "synthesizer_breaker_state",
    "1 for the state that the breaker of a service is in, 0 for the others; of several hosts, the one that changed last.",
);
static TRANSITIONS: Metric = Metric::counter(
    "synthesizer_breaker_transitions_total",
    "Changes of state of the breaker of a service.",
);
static NOT_PERMITTED: Metric = Metric::counter(
    "synthesizer_breaker_not_permitted_total",
    "Calls that the breaker of a service did not let through.",
);
static FAILURE_RATIO: Metric = Metric::gauge(
    "synthesizer_breaker_failure_ratio",
    "Share of failures in the breaker's window, 0 to 1; absent while the window holds too few calls (where resilience4j says -1).",
);
static SLOW_RATIO: Metric = Metric::gauge(
    "synthesizer_breaker_slow_ratio",
    "Share of slow calls in the breaker's window, 0 to 1; absent while the window holds too few calls (where resilience4j says -1).",
);

pub(super) static METRICS: &[&Metric] = &[
    &STATE,
    &TRANSITIONS,
    &NOT_PERMITTED,
    &FAILURE_RATIO,
    &SLOW_RATIO,
];

/// Makes a service's series known with its breaker in a state such as `closed`, so that a rate over them counts the first call too.
///
/// Call it once when the service is made, before its first call.
pub fn introduce_service(name: &str, state: &str) {
    let service = labels::service(name);
    for outcome in CALL_OUTCOMES {
        let labels = [("service", service.clone()), ("outcome", (*outcome).into())];
        calls::CALLS.add(labels, 0);
    }
    calls::REQUESTS.add([("service", service.clone())], 0);
    NOT_PERMITTED.add([("service", service.clone())], 0);
    set_state(name, state);
}

fn set_state(service: &str, state: &str) {
    let service = labels::service(service);
    for known in BREAKER_STATES {
        let labels = [("service", service.clone()), ("state", (*known).into())];
        STATE.set(labels, f64::from(u8::from(*known == state)));
    }
}

/// A breaker changed its state.
#[derive(Debug)]
pub struct BreakerChanged<'a> {
    /// The service's name.
    pub service: &'a str,
    /// Such as `closed`.
    pub from: &'a str,
    /// Such as `open`.
    pub to: &'a str,
    /// Why, such as `consecutive_failures`.
    pub reason: &'a str,
    /// It did not happen now: a process that begins finds the state that another one left.
    pub found: bool,
}

impl BreakerChanged<'_> {
    /// Logs and counts the event: opening as a warning, everything else as information, also what was found.
    pub fn emit(self) {
        let event = &self;
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    service = event.service,
                    from = event.from,
                    to = event.to,
                    reason = event.reason,
                    "breaker changed"
                )
            };
        }
        match event.to {
            "open" | "forced_open" if !event.found => line!(warn),
            _ => line!(info),
        }
        let labels = [
            ("service", labels::service(event.service)),
            ("from", labels::breaker_state(event.from)),
            ("to", labels::breaker_state(event.to)),
        ];
        TRANSITIONS.add(labels, 1);
        set_state(event.service, event.to);
    }
}

/// A breaker let no call through.
#[derive(Debug)]
pub struct CallNotPermitted<'a> {
    /// The service's name.
    pub service: &'a str,
}

impl CallNotPermitted<'_> {
    /// Logs and counts the event.
    pub fn emit(self) {
        tracing::debug!(service = self.service, "call not permitted");
        NOT_PERMITTED.add([("service", labels::service(self.service))], 1);
    }
}

/// The two rates of a breaker's window, 0 to 1; `None` while it holds too few calls.
#[derive(Debug)]
pub struct BreakerMeasured<'a> {
    /// The service's name.
    pub service: &'a str,
    /// The share of failures.
    pub failure_rate: Option<f64>,
    /// The share of slow calls.
    pub slow_rate: Option<f64>,
}

impl BreakerMeasured<'_> {
    /// Logs and measures the event.
    pub fn emit(self) {
        tracing::debug!(
            service = self.service,
            failure_rate = self.failure_rate,
            slow_rate = self.slow_rate,
            "breaker measured"
        );
        let service = labels::service(self.service);
        // What is not a number is not written.
        let (failures, slow) = (self.failure_rate, self.slow_rate);
        FAILURE_RATIO.set([("service", service.clone())], failures.unwrap_or(f64::NAN));
        SLOW_RATIO.set([("service", service)], slow.unwrap_or(f64::NAN));
    }
}
