//! Events of the store in which processes tell each other about services.

use crate::telemetry::metrics::Metric;

static FAILURES: Metric = Metric::counter(
    "synthesizer_service_records_failures_total",
    "Uses of the store of service records that failed, by operation: read or write. Calls go on without it.",
);

pub(super) static METRICS: &[&Metric] = &[&FAILURES];

/// The store of service records could not be used.
#[derive(Debug)]
pub struct ServiceRecordsFailed<'a> {
    /// `read` or `write`.
    pub operation: &'static str,
    /// Why.
    pub error: &'a str,
    /// Whether the use before failed too; only the first of several is a warning.
    pub again: bool,
}

impl ServiceRecordsFailed<'_> {
    /// Logs and counts the event.
    pub fn emit(self) {
        let event = &self;
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    operation = event.operation,
                    error = event.error,
                    "service records failed"
                )
            };
        }
        match event.again {
            false => line!(warn),
            true => line!(debug),
        }
        FAILURES.add([("operation", event.operation.into())], 1);
    }
}
