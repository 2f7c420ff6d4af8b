//! Events of operations: what a caller asked for, from its beginning to its end.

use std::time::Duration;

use tokio::time::Instant;

use super::labels;
use crate::telemetry::metrics::Metric;

const BUCKETS: &[f64] = &[
    0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0,
];

static OPERATIONS: Metric = Metric::counter(
    "synthesizer_operations_total",
    "Operations that ended, by outcome: ok or the code of the failure.",
);
static DURATION: Metric = Metric::durations(
    OPERATION_DURATION,
    BUCKETS,
    "Time that operations took; percentiles come from the buckets.",
);
static IN_FLIGHT: Metric = Metric::gauge(
    "synthesizer_operations_in_flight",
    "Operations that are being worked on.",
);

pub(super) static METRICS: &[&Metric] = &[&OPERATIONS, &DURATION, &IN_FLIGHT];

/// The metric of how long operations took.
pub(in crate::telemetry) const OPERATION_DURATION: &str = "synthesizer_operation_duration_seconds";

/// An operation ended.
#[derive(Debug)]
pub struct OperationFinished<'a> {
    /// Such as `search` or `analyze`.
    pub operation: &'a str,
    /// `ok`, or the failure's code in lower case without `E_`; see [`super::outcome`].
    pub outcome: &'a str,
    /// How long it took.
    pub duration: Duration,
}

impl OperationFinished<'_> {
    /// Logs and counts the event: a defect as an error, everything else in detail only, because the caller has the answer.
    pub fn emit(self) {
        let event = &self;
        macro_rules! line {
            ($level:ident, $message:literal) => {
                tracing::$level!(
                    operation = event.operation,
                    outcome = event.outcome,
                    duration_seconds = event.duration.as_secs_f64(),
                    $message
                )
            };
        }
        match event.outcome {
            "internal" => line!(error, "operation failed"),
            _ => line!(debug, "operation finished"),
        }
        let operation = labels::operation(event.operation);
        let outcome = labels::outcome_label(event.outcome);
        OPERATIONS.add([("operation", operation.clone()), ("outcome", outcome)], 1);
        DURATION.observe([("operation", operation)], event.duration);
    }
}

/// An operation that is being worked on; when dropped before [`OperationInFlight::finish`], it was cancelled.
#[derive(Debug)]
pub struct OperationInFlight {
    operation: &'static str,
    outcome: &'static str,
    start: Instant,
}

impl OperationInFlight {
    /// Logs and counts the beginning.
    pub fn begin(operation: &'static str) -> Self {
        tracing::debug!(operation, "operation begun");
        IN_FLIGHT.change([("operation", labels::operation(operation))], 1.0);
        Self {
            operation,
            outcome: "cancelled",
            start: Instant::now(),
        }
    }

    /// Ends it with an outcome; see [`OperationFinished::outcome`].
    pub fn finish(mut self, outcome: &'static str) {
        self.outcome = outcome;
    }
}

impl Drop for OperationInFlight {
    fn drop(&mut self) {
        IN_FLIGHT.change([("operation", labels::operation(self.operation))], -1.0);
        OperationFinished {
            operation: self.operation,
            outcome: self.outcome,
            duration: self.start.elapsed(),
        }
        .emit();
    }
}
